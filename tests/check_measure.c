/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at volumes: their blocks and sessions, as a map tells of them. */
#include "catalog/measure.h"

#include "volume_maker.h"

static struct mk_dir dir;
static char paths[2][128];
static struct mapped_list list;
static size_t blocks, files, ends, damages;
static char names[256];

static int on_block(void *arg, struct mapped_volume *v, const struct mapped_session *s, const struct mapped_range *b, bool again,
		    struct err *e)
{
	(void)e;
	ck_assert_ptr_eq(arg, &list);
	ck_assert_ptr_eq(v, list.volumes[list.count - 1]);
	ck_assert_ptr_eq(mapped_find(v, s->id, s->time), s);
	ck_assert_uint_eq(b->blocks, 1);
	ck_assert(!again);
	blocks++;
	return 0;
}

static int on_file(void *arg, const struct mapped_session *s, int32_t file_index, const struct attributes *a, struct err *e)
{
	size_t n = strlen(names);
	(void)arg;
	(void)e;
	snprintf(names + n, sizeof names - n, "%u:%d:%s:%d ", s->id, file_index, a->name, a->content);
	files++;
	return 0;
}

static int on_end(void *arg, struct mapped_volume *v, struct err *e)
{
	(void)arg;
	(void)e;
	ck_assert_uint_gt(v->side[MAPPED_NEW].bytes, 0);
	ends++;
	return 0;
}

static void on_damage(void *arg, const struct finding *f)
{
	(void)arg;
	ck_assert_int_eq(f->kind, FINDING_DAMAGE);
	damages++;
}

static void setup(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "one", paths[0]);
	mk_in_dir(&dir, "two", paths[1]);
	blocks = files = ends = damages = 0;
	names[0] = '\0';
}

static void teardown(void)
{
	mapped_list_free(&list);
	mk_dir_remove(&dir);
}

static void attributes(struct mk *m, int32_t index, const char *name, const char *stat)
{
	char text[256];
	int n = snprintf(text, sizeof text, "%d %s %s", index, stat[0] == 'L' ? "1" : "3", name) + 1;
	n += snprintf(text + n, sizeof text - (size_t)n, "A B C D E F G H I J K L M %s", stat[0] == 'L' ? stat + 1 : "A") + 1;
	mk_record(m, index, 1, text, (size_t)n + 1);
}

/* Sessions 1 and 2 of which 1 goes on on the second volume; a file of it is cut there. */
static void make(bool damaged)
{
	static const uint8_t data[400];
	struct mk m = {0};
	mk_label(&m, 2, "V1", true);
	mk_begin(&m, 2, 1, 50, 0, true);
	mk_sos(&m, 11);
	attributes(&m, 1, "/a", "");
	mk_record(&m, 1, 2, data, 100);
	mk_end(&m);
	mk_begin(&m, 2, 2, 50, 0, true);
	mk_sos(&m, 12);
	attributes(&m, 1, "/b", "");
	mk_end(&m);
	mk_begin(&m, 2, 1, 50, 1, true);
	attributes(&m, 2, "/c", "LB"); /* a name more of file 1 */
	mk_part(&m, 3, 2, 400, data, 150);
	size_t last = m.len;
	mk_end(&m);
	if (damaged)
		m.p[last - 20] ^= 1;
	mk_write(paths[0], m.p, m.len);
	mk_free(&m);
	m = (struct mk){0};
	mk_label(&m, 2, "V2", true);
	mk_begin(&m, 2, 1, 50, 2, true);
	mk_part(&m, 3, -2, 250, data + 150, 250);
	mk_end(&m);
	mk_begin(&m, 2, 1, 50, 3, true);
	const struct mk_totals totals = {.files = 3};
	mk_eos(&m, 11, &totals);
	mk_end(&m);
	mk_write(paths[1], m.p, m.len);
	mk_free(&m);
}

static int measure(size_t count, bool runs, struct err *e)
{
	const char *const given[] = {paths[0], paths[1]};
	const struct measure_options o = {.paths = given,
					  .path_count = count,
					  .runs = runs,
					  .arg = &list,
					  .block = on_block,
					  .file = on_file,
					  .end_volume = on_end,
					  .damage = on_damage};
	struct measure *m = measure_new(&o);
	ck_assert_ptr_nonnull(m);
	int rc = measure_run(m, &list, e);
	ck_assert(rc != 0 || measure_bytes(m) > 0);
	measure_free(m);
	return rc;
}

START_TEST(test_sessions)
{
	struct err e = {0};
	make(false);
	ck_assert_int_eq(measure(2, _i == 0, &e), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_uint_eq(ends, 2);
	ck_assert_uint_eq(damages, 0);
	const struct mapped_volume *one = list.volumes[0], *two = list.volumes[1];
	ck_assert_str_eq(one->name, "V1");
	ck_assert_str_eq(two->new_name, "V2");
	ck_assert_uint_eq(one->side[MAPPED_NEW].blocks, 4);
	ck_assert_uint_eq(two->side[MAPPED_NEW].blocks, 3);
	ck_assert_uint_eq(one->side[MAPPED_OLD].bytes, one->side[MAPPED_NEW].last + 1);
	ck_assert_uint_eq(blocks, 5);
	ck_assert_uint_eq(one->session_count, 2);
	const struct mapped_session *a = one->sessions[0], *b = one->sessions[1], *rest = two->sessions[0];
	ck_assert_uint_eq(a->id, 1);
	ck_assert_uint_eq(a->job_id, 11);
	ck_assert_uint_eq(b->job_id, 12);
	ck_assert(a->began > 0);
	ck_assert_int_eq(a->status, 0);
	ck_assert_int_ne(rest->status, 0);
	/* Of the job whose label is on the volume before. */
	ck_assert_str_eq(rest->job, a->job);
	ck_assert_uint_eq(rest->job_id, 11);
	ck_assert_uint_eq(a->run_count, _i == 0 ? 2 : 0);
	ck_assert_uint_eq(a->side[MAPPED_NEW].start, one->side[MAPPED_NEW].label_end + 1);
	ck_assert_uint_eq(a->side[MAPPED_NEW].end, one->side[MAPPED_NEW].last);
	ck_assert_int_eq(a->side[MAPPED_NEW].first, 1);
	ck_assert_int_eq(a->side[MAPPED_NEW].last, 3);
	ck_assert_int_eq(memcmp(&a->side[MAPPED_OLD], &a->side[MAPPED_NEW], sizeof a->side[0]), 0);
	ck_assert_int_eq(rest->side[MAPPED_NEW].first, 3);
	ck_assert_uint_eq(rest->side[MAPPED_NEW].blocks, 2);
	if (_i == 0) {
		ck_assert_uint_eq(rest->run_count, 1);
		ck_assert_uint_lt(rest->runs[0].end, rest->side[MAPPED_NEW].end);
		ck_assert_uint_gt(a->runs[1].start, b->runs[0].end);
	}
	ck_assert_str_eq(names, "1:1:/a:0 2:1:/b:0 1:2:/c:1 ");
}
END_TEST

/* A volume of a chain alone: what is cut there is no damage. */
START_TEST(test_alone)
{
	struct err e = {0};
	make(false);
	ck_assert_int_eq(measure(1, true, &e), 0);
	ck_assert_uint_eq(list.volumes[0]->damage, 0);
	memcpy(paths[0], paths[1], sizeof paths[0]);
	ck_assert_int_eq(measure(1, true, &e), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_uint_eq(list.volumes[1]->damage, 0);
	/* Its end label tells of the job, its beginning does not. */
	ck_assert_uint_eq(list.volumes[1]->sessions[0]->job_id, 11);
	ck_assert_int_eq((int)list.volumes[1]->sessions[0]->began, 0);
}
END_TEST

START_TEST(test_damaged)
{
	struct err e = {0};
	make(true);
	ck_assert_int_eq(measure(2, true, &e), 0);
	ck_assert_uint_gt(damages, 0);
	ck_assert_uint_gt(list.volumes[0]->damage + list.volumes[1]->damage, 0);
}
END_TEST

START_TEST(test_label)
{
	struct err e = {0};
	make(false);
	ck_assert_int_eq(measure_label(paths[1], &list, &e), 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.volumes[0]->name, "V2");
	ck_assert_uint_eq(list.volumes[0]->session_count, 0);
	ck_assert(list.volumes[0]->product_known);
	mk_write(paths[0], "nothing", 7);
	ck_assert_int_eq(measure_label(paths[0], &list, &e), XE_FAILED);
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

/* Without a label, or behind another volume: no daemon finds it. */
START_TEST(test_no_volumes)
{
	struct err e = {0};
	make(false);
	struct mk m = mk_read(paths[0]), n = mk_read(paths[1]);
	if (_i == 0) {
		mk_put(&m, n.p, n.len);
		mk_write(paths[0], m.p, m.len);
	} else {
		size_t label = mk_get32(m.p + 4);
		mk_write(paths[0], m.p + label, m.len - label);
	}
	mk_free(&m);
	mk_free(&n);
	ck_assert_int_eq(measure(1, true, &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, _i == 0 ? "behind another volume" : "no volume label"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("measure");
	TCase *t = tcase_create("measure");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_sessions, 0, 2);
	tcase_add_test(t, test_alone);
	tcase_add_test(t, test_damaged);
	tcase_add_test(t, test_label);
	tcase_add_loop_test(t, test_no_volumes, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
