/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes for people, and lines on standard error that foreign names cannot break. */
#include "base/msg.h"

#include <fcntl.h>
#include <stdio.h>

#include "guarded.h"

START_TEST(test_size)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{1, "1 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{1049, "1.0 kB"},
		{1051, "1.1 kB"},
		{999949, "999.9 kB"},
		{999950, "1.0 MB"},
		{999999, "1.0 MB"},
		{1000000, "1.0 MB"},
		{1900000, "1.9 MB"},
		{999949999, "999.9 MB"},
		{999999999, "1.0 GB"},
		{2500000000u, "2.5 GB"},
		{1000000000000u, "1.0 TB"},
		{1000000000000000u, "1.0 PB"},
		{1000000000000000000u, "1.0 EB"},
		{UINT64_MAX, "18.4 EB"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[MSG_SIZE_BYTES];
		ck_assert_ptr_eq(msg_size(cases[i].bytes, text), text);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

static int saved;
static FILE *caught;

static void catch (void)
{
	caught = tmpfile();
	saved = dup(STDERR_FILENO);
	dup2(fileno(caught), STDERR_FILENO);
}

static const char *released(void)
{
	static char text[20000];
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(caught);
	text[fread(text, 1, sizeof text - 1, caught)] = 0;
	fclose(caught);
	return text;
}

START_TEST(test_lines)
{
	struct err e = {.code = XE_DAMAGE, .volume = "vol\x1b[2J1", .text = "bad\nnews"};
	char big[9000];
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = 0;
	catch ();
	msg_set_verbosity(0);
	msg_info("i%d", 0);
	msg_warning("w%d", 0);
	msg_set_verbosity(-1);
	msg_info("i%d", 1);
	msg_warning("w%d", 1);
	msg_set_verbosity(-2);
	msg_warning("w%d", 2);
	int status = msg_fail(&e);
	int usage = msg_usage("filter", "what is %s", "that");
	ck_assert_str_eq(released(), "xflate: i0\nxflate: w0\nxflate: w1\nxflate: vol?[2J1: bad?news\n"
				     "xflate: what is that\nxflate: try 'xflate filter --help'\n");
	ck_assert_int_eq(status, 1);
	ck_assert_int_eq(usage, 2);
	catch ();
	msg_error("%s", big);
	const char *line = released();
	ck_assert_uint_lt(strlen(line), sizeof big); /* cut, with its newline */
	ck_assert_uint_eq((size_t)(strchr(line, '\n') - line), strlen(line) - 1);
}
END_TEST

START_TEST(test_progress)
{
	catch ();
	msg_progress(NULL);
	msg_progress("10%");
	msg_progress("20%");
	msg_error("stop");
	msg_progress("30%");
	msg_progress(NULL);
	msg_progress(NULL);
	ck_assert_str_eq(released(), "\r\033[K10%\r\033[K20%\r\033[Kxflate: stop\n\r\033[K30%\r\033[K");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("msg");
	TCase *t = tcase_create("msg");
	tcase_add_test(t, test_size);
	tcase_add_test(t, test_lines);
	tcase_add_test(t, test_progress);
	suite_add_tcase(s, t);
	return check_run(s);
}
