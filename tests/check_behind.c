/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file written behind has the bytes of one that is written at once; where a write fails it ends there, and that is told. */
#include "medium/behind.h"
#include "medium/sink.h"

#include "guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PIECE 4096u

static int make_file(void)
{
	FILE *f = tmpfile();
	ck_assert_ptr_nonnull(f);
	int fd = dup(fileno(f));
	ck_assert_int_ge(fd, 0);
	fclose(f);
	return fd;
}

static void fill(uint8_t *p, uint64_t number, size_t n)
{
	sample_fill(p, n, SAMPLE_RANDOM, number);
}

static void check_piece(int fd, off_t at, uint64_t number, size_t n)
{
	uint8_t want[PIECE], have[PIECE];
	fill(want, number, n);
	ck_assert_int_eq(pread(fd, have, n, at), (ssize_t)n);
	ck_assert_mem_eq(have, want, n);
}

/* The reverse of what is posted, as helpers may do it, and now and then nothing until it must be. */
START_TEST(test_bytes)
{
	for (unsigned threads = 1; threads < 20; threads++) {
		struct err e = {0};
		struct tasks *all = tasks_new();
		int fd = make_file();
		ck_assert_int_eq(write(fd, "head", 4), 4);
		struct behind *b = behind_new(all, threads, fd, 4, PIECE);
		for (uint64_t i = 0; i < 100; i++) {
			uint8_t *room = behind_room(b, &e);
			ck_assert_ptr_nonnull(room);
			fill(room, i + 1, PIECE - i % 3);
			behind_post(b, PIECE - i % 3);
			while ((i * threads) % 5 == 0 && tasks_help(all))
				;
		}
		ck_assert_int_eq(behind_finish(b, &e), 0);
		off_t at = 4;
		for (uint64_t i = 0; i < 100; i++) {
			check_piece(fd, at, i + 1, PIECE - i % 3);
			at += (off_t)(PIECE - i % 3);
		}
		/* Who writes on does so behind it. */
		ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), at);
		ck_assert_int_eq(lseek(fd, 0, SEEK_END), at);
		behind_free(b);
		tasks_free(all);
		close(fd);
	}
}
END_TEST

/* The file may not become longer than limit; pieces behind the one that fails are tried, and must not stay.  Returns how many were
 * posted before it was told. */
static unsigned until_full(unsigned threads, rlim_t limit, bool helped)
{
	struct err e = {0};
	struct tasks *all = tasks_new();
	int fd = make_file();
	struct behind *b = behind_new(all, threads, fd, 0, PIECE);
	struct rlimit old, small;
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){limit, old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	unsigned posted = 0;
	uint8_t *room;
	while (posted < 64 && (room = behind_room(b, &e)) != NULL) {
		fill(room, posted + 1, PIECE);
		behind_post(b, PIECE);
		posted++;
		while (helped && tasks_help(all))
			;
	}
	setrlimit(RLIMIT_FSIZE, &old);
	struct err told = {0};
	ck_assert_int_eq(behind_finish(b, &told), XE_FAILED);
	ck_assert_int_eq(told.errnum, EFBIG);
	struct stat st;
	fstat(fd, &st);
	ck_assert_uint_eq((rlim_t)st.st_size, limit);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), st.st_size);
	for (rlim_t at = 0; at + PIECE <= limit; at += PIECE)
		check_piece(fd, (off_t)at, at / PIECE + 1, PIECE);
	behind_free(b);
	tasks_free(all);
	close(fd);
	return posted;
}

START_TEST(test_full)
{
	for (unsigned threads = 1; threads < 8; threads++) {
		ck_assert_uint_le(until_full(threads, 10 * PIECE + 100, true), 10 + threads + 2);
		ck_assert_uint_le(until_full(threads, 10 * PIECE + 100, false), 10 + threads + 2);
		until_full(threads, 3 * PIECE, false);
		until_full(threads, 0, false);
	}
}
END_TEST

/* A later piece is written, an earlier one fails: nothing of the later one stays, and no hole. */
START_TEST(test_hole)
{
	struct err e = {0};
	struct tasks *all = tasks_new();
	int fd = make_file();
	struct behind *b = behind_new(all, 4, fd, 0, PIECE);
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit old, small;
	getrlimit(RLIMIT_FSIZE, &old);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *room = behind_room(b, &e);
		fill(room, i + 1, PIECE);
		behind_post(b, PIECE);
		small = (struct rlimit){PIECE + 10, old.rlim_max};
		setrlimit(RLIMIT_FSIZE, i == 1 ? &small : &old);
		ck_assert(tasks_help(all));
		setrlimit(RLIMIT_FSIZE, &old);
	}
	struct stat st;
	fstat(fd, &st);
	ck_assert_int_eq(st.st_size, 3 * PIECE); /* with a hole */
	ck_assert_int_eq(behind_finish(b, &e), XE_FAILED);
	fstat(fd, &st);
	ck_assert_int_eq(st.st_size, PIECE + 10);
	check_piece(fd, 0, 1, PIECE);
	behind_free(b);
	tasks_free(all);
	close(fd);
}
END_TEST

/* Let go of without an end: what is there has no hole, and the descriptor is not touched any more. */
START_TEST(test_left)
{
	struct err e = {0};
	struct tasks *all = tasks_new();
	for (unsigned helped = 0; helped < 4; helped++) {
		int fd = make_file();
		struct behind *b = behind_new(all, 4, fd, 0, PIECE);
		for (unsigned i = 0; i < 3; i++) {
			fill(behind_room(b, &e), i + 1, PIECE);
			behind_post(b, PIECE);
		}
		for (unsigned i = 0; i < helped; i++)
			ck_assert(tasks_help(all));
		ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
		behind_free(b);
		ck_assert(!tasks_wait(all));
		ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 7);
		ck_assert_int_eq(lseek(fd, 0, SEEK_END), helped * PIECE);
		for (unsigned i = 0; i < helped; i++)
			check_piece(fd, i * PIECE, i + 1, PIECE);
		close(fd);
	}
	tasks_free(all);
	behind_free(NULL);
}
END_TEST

/* What is written at the end of a file, whoever writes there, has no places to be written to: it goes in its order. */
START_TEST(test_appended)
{
	struct err e = {0};
	struct tasks *all = tasks_new();
	int fd = make_file();
	for (int append = 0; append < 2; append++) {
		struct io out;
		struct sink s = SINK_CLOSED;
		ck_assert_int_eq(fcntl(fd, F_SETFL, append ? O_APPEND : 0), 0);
		ck_assert(io_describe(&out, fd));
		sink_open(&s, &out, NULL, NULL, NULL);
		ck_assert_int_eq(sink_write_behind(&s, all, 4, &e), 0);
		ck_assert((s.behind == NULL) == (append != 0));
		ck_assert_int_eq(sink_finish(&s, &e), 0);
		sink_close(&s);
	}
	tasks_free(all);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("behind");
	TCase *t = tcase_create("behind");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_bytes);
	tcase_add_test(t, test_full);
	tcase_add_test(t, test_hole);
	tcase_add_test(t, test_left);
	tcase_add_test(t, test_appended);
	suite_add_tcase(s, t);
	return check_run(s);
}
