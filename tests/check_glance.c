/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One volume at a glance: its two ends, volumes inside of what was backed up, damage, cut blocks, every form of block, and what is no
 * volume. */
#include "volume/glance.h"
#include "volume/glanceblocks.h"
#include "volume_maker.h"

#include <fcntl.h>

#define PAYLOAD 60000u

static struct mk_dir dir;
static char path[128];
static struct glance_room room;
static struct glance g;

static void begin_all(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "volume", path);
}

static void end_all(void)
{
	glance_free(&g);
	glance_room_free(&room);
	mk_dir_remove(&dir);
}

static void look(bool whole)
{
	struct err e = {0};
	glance_free(&g);
	int rc = glance_at(&g, path, whole, &room, &e);
	ck_assert_msg(rc == 0, "%s", e.text);
}

static const struct glance_session *session(uint32_t id)
{
	for (size_t i = 0; i < g.session_count; i++) {
		if (g.sessions[i].id == id)
			return &g.sessions[i];
	}
	return NULL;
}

static bool is_inner(uint32_t id)
{
	for (size_t i = 0; i < g.inner_count; i++) {
		if (g.inner[i] == ((uint64_t)7 << 32 | id))
			return true;
	}
	return false;
}

/* A block of a session with one piece of a record, of n bytes. */
static void put_block(struct mk *m, uint32_t id, int32_t index, const uint8_t *data, size_t n, bool goes_on, bool begins, bool ends)
{
	mk_begin(m, 2, id, 7, 0, true);
	if (begins)
		mk_sos(m, id);
	mk_part(m, index, goes_on ? -2 : 2, (uint32_t)n + (ends ? 0 : 5), data, n);
	if (ends)
		mk_eos(m, id, &(struct mk_totals){0});
	mk_end(m);
}

/* Data that are themselves a row of blocks of session 666, as a volume is that was backed up; they end where it ends, or before. */
static struct mk inside_data(bool exact)
{
	struct mk m = {0};
	static const uint8_t some[4000];
	mk_label(&m, 2, "inside", true);
	while (m.len + 4036 < PAYLOAD)
		put_block(&m, 666, 1, some, 4000, true, false, false);
	size_t rest = PAYLOAD - m.len;
	put_block(&m, 666, 1, some, rest - 36 - (exact ? 0 : 100), true, false, false);
	for (unsigned i = 0; !exact && i < 100; i++)
		mk_put(&m, "x", 1);
	ck_assert_uint_eq(m.len, PAYLOAD);
	return m;
}

/* Session 1 came from elsewhere and ends in the middle; 2 begins and ends there; 3 begins there and goes on elsewhere. */
static void put_large(struct mk *m, unsigned blocks, bool exact)
{
	struct mk data = inside_data(exact);
	mk_label(m, 2, "LARGE", true);
	for (unsigned i = 0; i < blocks; i++) {
		unsigned third = blocks / 3;
		uint32_t id = i < third ? 1 : i < 2 * third ? 2 : 3;
		put_block(m, id, (int32_t)i + 1, data.p, PAYLOAD, i > 0, i == third || i == 2 * third,
			  i == third - 1 || i == 2 * third - 1);
	}
	mk_free(&data);
}

static void check_large(unsigned blocks, bool whole)
{
	ck_assert(g.labelled && !g.another && !g.encrypted);
	ck_assert_str_eq(g.label.volume, "LARGE");
	ck_assert_uint_gt(g.largest, PAYLOAD);
	ck_assert_uint_eq(g.block_version, 2);
	ck_assert(session(666) == NULL && !is_inner(666));
	const struct glance_session *one = session(1), *three = session(3);
	ck_assert(one && three);
	ck_assert(one->begin_seen && !one->begins);
	ck_assert(three->end_seen && !three->ends && !three->overtaken);
	ck_assert_int_eq(one->first_index, 1);
	ck_assert_int_eq(three->last_index, (int32_t)blocks);
	ck_assert_uint_eq(three->rest_behind, 5);
	ck_assert_int_eq(one->ends, whole);
	ck_assert_int_eq(three->begins, whole);
	ck_assert_int_eq(is_inner(2), whole);
	ck_assert_int_eq(g.whole, whole);
	if (whole)
		ck_assert(three->labelled && three->job_id == 3);
}

/* The tail may begin anywhere in a block, also right before a volume in its data. */
START_TEST(both_ends_of_a_large_volume)
{
	struct mk m = {0};
	put_large(&m, 300, _i);
	mk_write(path, m.p, m.len);
	look(true);
	check_large(300, true);
	ck_assert(!g.damaged);
	for (unsigned i = 0; i < 40; i++) {
		struct mk longer = {0};
		mk_put(&longer, m.p, m.len);
		/* Short blocks behind the others move the place where the tail begins. */
		for (unsigned k = 0; k < i; k++) {
			static const uint8_t some[1500];
			put_block(&longer, 3, 300, some, sizeof some, true, false, false);
		}
		mk_write(path, longer.p, longer.len);
		look(false);
		check_large(300, false);
		ck_assert(!g.damaged);
		mk_free(&longer);
	}
	ck_assert_uint_lt(room.bytes, (size_t)16 << 20);
	mk_free(&m);
}
END_TEST

/* Damage between the ends is not seen by a glance; in them it is told, and what is behind it is seen. */
START_TEST(damage)
{
	struct mk m = {0};
	put_large(&m, 300, false);
	static const size_t places[] = {0, 1000, 100000, 9000000, 0, 0, 0};
	for (size_t i = 0; i < 7; i++) {
		size_t at = i < 4 ? places[i] : m.len - (size_t[]){100000, 400, 0}[i - 4];
		size_t n = i == 6 ? 0 : i == 0 ? 5000 : 300;
		struct mk hurt = {0};
		mk_put(&hurt, m.p, m.len);
		memset(hurt.p + at, 0x42, n);
		hurt.len -= i == 6 ? 777 : 0;
		mk_write(path, hurt.p, hurt.len);
		look(false);
		ck_assert_int_eq(g.damaged, i != 3);
		ck_assert_int_eq(g.labelled, i != 0);
		ck_assert_msg(session(1) && session(3) && !session(666), "%zu: %d %d %d", i, session(1) != NULL, session(3) != NULL,
			      session(666) != NULL);
		ck_assert(!session(1)->begins && session(1)->begin_seen && session(3)->end_seen && !session(3)->ends);
		look(true);
		ck_assert(g.damaged);
		ck_assert(session(1) && is_inner(2) && session(3));
		mk_free(&hurt);
	}
	mk_free(&m);
}
END_TEST

/* Of large blocks the windows are larger, and what is read stays bounded. */
START_TEST(large_blocks)
{
	struct mk m = {0};
	size_t n = (size_t)1500 << 10;
	uint8_t *data = calloc(1, n);
	mk_label(&m, 2, "LARGE", true);
	for (unsigned i = 0; i < 80; i++)
		put_block(&m, i < 20 ? 1 + i % 2 : i < 60 ? 3 : 4 + i % 2, (int32_t)i + 1, data, n, true, false, false);
	mk_write(path, m.p, m.len);
	look(false);
	ck_assert(!g.whole && !g.damaged);
	ck_assert(session(1) && session(2) && session(4) && session(5) && session(3));
	ck_assert(session(2)->begin_seen && session(4)->end_seen && session(5)->end_seen);
	ck_assert_uint_lt(room.bytes, (size_t)70 << 20);
	mk_free(&m);
	free(data);
}
END_TEST

/* Padding of a tape, and another system's labels. */
START_TEST(dumps_of_tapes)
{
	struct mk m = {0};
	static const uint8_t some[1000];
	mk_put(&m, "VOL1", 4);
	mk_put(&m, NULL, 76);
	for (unsigned i = 0; i < 6000; i++) {
		i == 0 ? (void)mk_label(&m, 2, "TAPE", false) : put_block(&m, 1 + i / 3000, 5, some, 1000, true, false, i == 5999);
		mk_pad(&m, i == 0 ? 64512 : 2048);
	}
	mk_put(&m, "EOF1", 4);
	mk_put(&m, NULL, 76);
	mk_write(path, m.p, m.len);
	for (int whole = 0; whole < 2; whole++) {
		look(whole);
		ck_assert(g.labelled && !g.damaged);
		ck_assert(session(1) && session(2));
		ck_assert(session(2)->ends && !session(1)->begins);
	}
	mk_free(&m);
}
END_TEST

/* In BB01 records tell whose they are; the label's block may hold more; encrypted blocks tell a session, and no more. */
START_TEST(forms_of_blocks)
{
	struct mk m = {0};
	mk_label(&m, 1, "OLD", true);
	mk_begin(&m, 1, 1, 7, 0, true);
	mk_sos(&m, 1);
	m.sid = 2;
	mk_record(&m, 4, 2, "abc", 3);
	m.sid = 1;
	mk_record(&m, 1, 2, "abc", 3);
	mk_eos(&m, 1, &(struct mk_totals){0});
	m.sid = 0;
	mk_end(&m);
	mk_write(path, m.p, m.len);
	look(false);
	ck_assert(is_inner(1) && g.session_count == 1);
	ck_assert(session(2) && !session(2)->begins && session(2)->first_index == 4 && !session(2)->overtaken);
	mk_free(&m);

	mk_label(&m, 2, "FIFO", true);
	m.sid = 1;
	m.stime = 7;
	mk_sos(&m, 1);
	mk_end(&m);
	mk_write(path, m.p, m.len);
	look(false);
	ck_assert(g.labelled && session(1) && session(1)->begins && session(1)->labelled);
	mk_free(&m);

	mk_label(&m, 3, "SHUT", true);
	for (unsigned i = 0; i < 3; i++) {
		mk_begin(&m, 3, 5, 7, i, true);
		mk_put(&m, "no record is to be read here", 28);
		m.options |= BLOCK_OPTION_VOLUME_ENCRYPTED | BLOCK_OPTION_BLOCK_ENCRYPTED;
		mk_end(&m);
	}
	mk_write(path, m.p, m.len);
	look(false);
	ck_assert(g.labelled && g.encrypted && !g.damaged);
	ck_assert(session(5) && !session(5)->readable && !session(5)->begins && !session(5)->ends);
	mk_free(&m);
}
END_TEST

/* Every truncation of a small one: never more than is there, and no crash. */
START_TEST(cut_anywhere)
{
	struct mk m = {0};
	static const uint8_t some[200];
	mk_label(&m, 2, "CUT", true);
	size_t label = m.len;
	put_block(&m, 1, 1, some, sizeof some, false, true, false);
	put_block(&m, 1, 1, some, sizeof some, true, false, true);
	for (size_t n = 0; n <= m.len; n++) {
		struct err e = {0};
		mk_write(path, m.p, n);
		glance_free(&g);
		int rc = glance_at(&g, path, n % 2, &room, &e);
		ck_assert_int_eq(rc, n < label ? XE_FAILED : 0);
		ck_assert(n == m.len ? is_inner(1) : !is_inner(1));
		ck_assert(rc != 0 || g.labelled);
	}
	mk_free(&m);
}
END_TEST

static void must_fail(const char *what, enum xerr code, const char *says)
{
	struct err e = {0};
	glance_free(&g);
	ck_assert_int_eq(glance_at(&g, what, false, &room, &e), (int)code);
	ck_assert_msg(strstr(e.text, says), "%s", e.text);
	ck_assert_msg(e.volume[0], "%s", e.text);
}

START_TEST(no_volumes)
{
	char other[128];
	must_fail(mk_in_dir(&dir, "missing", other), XE_FAILED, "No such file");
	must_fail(dir.path, XE_FAILED, "is a folder, and no volume");
	must_fail("-", XE_USAGE, "can be read only once");
	must_fail("/dev/zero", XE_USAGE, "can be read only once");
	ck_assert_int_eq(mkfifo(mk_in_dir(&dir, "fifo", other), 0600), 0);
	must_fail(other, XE_USAGE, "can be read only once");
	mk_write(path, "", 0);
	must_fail(path, XE_FAILED, "is empty");
	uint8_t *noise = malloc((size_t)20 << 20);
	for (size_t i = 0; i < (size_t)20 << 20; i++)
		noise[i] = (uint8_t)(i * 7 + (i >> 8));
	mk_write(path, noise, (size_t)20 << 20);
	must_fail(path, XE_FAILED, "at its beginning and end");
	free(noise);
}
END_TEST

/* Headers at every place that claim to be large blocks: each is a block to be summed up, and there is no end of them. */
START_TEST(a_crowd_of_headers)
{
	struct mk m = {0};
	mk_label(&m, 2, "BOMB", true);
	while (m.len < (size_t)4 << 20) {
		mk_begin(&m, 2, 1, 7, 0, false);
		mk_seal(m.p + m.block, 2, 0, 900000, 0, 1, 7, false);
		mk_set32(m.p + m.block, 1);
	}
	mk_write(path, m.p, m.len);
	look(false);
	ck_assert(g.damaged && g.labelled && g.session_count == 0);
	mk_free(&m);
}
END_TEST

START_TEST(a_crowd_of_sessions)
{
	struct mk m = {0};
	struct err e = {0};
	mk_label(&m, 2, "CROWD", true);
	for (uint32_t i = 0; i <= GLANCE_SESSIONS_MAX; i++) {
		mk_begin(&m, 2, i + 1, 7, 0, true);
		mk_record(&m, 1, 2, "x", 1);
		mk_end(&m);
	}
	mk_write(path, m.p, m.len);
	look(false);
	ck_assert_uint_gt(g.session_count, 100000);
	glance_free(&g);
	ck_assert_int_eq(glance_at(&g, path, true, &room, &e), XE_FAILED);
	ck_assert(strstr(e.text, "more than 262144 sessions"));
	mk_free(&m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("glance");
	TCase *tests = tcase_create("all");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, begin_all, end_all);
	tcase_add_loop_test(tests, both_ends_of_a_large_volume, 0, 2);
	tcase_add_test(tests, damage);
	tcase_add_test(tests, large_blocks);
	tcase_add_test(tests, dumps_of_tapes);
	tcase_add_test(tests, forms_of_blocks);
	tcase_add_test(tests, cut_anywhere);
	tcase_add_test(tests, no_volumes);
	tcase_add_test(tests, a_crowd_of_headers);
	tcase_add_test(tests, a_crowd_of_sessions);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
