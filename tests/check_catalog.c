/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps read back, rows of a catalog, the plan made of both, and whether a catalog is the right one. */
#include "catalog/plan.h"
#include "catalog/sql.h"
#include "catalog/verdict.h"

#include "volume_maker.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static struct mk_dir dir;
static struct mapped_list maps;
static struct rows rows;
static struct plan plan;

static void setup(void)
{
	mk_dir_new(&dir);
}

static void teardown(void)
{
	plan_free(&plan);
	rows_free(&rows);
	mapped_list_free(&maps);
	mk_dir_remove(&dir);
}

static void put_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/* Each in a file of its own, which lives as long as the test. */
static const char *file_of(const char *text)
{
	static char paths[16][128];
	static unsigned used;
	char name[16];
	char *path = paths[used++ % 16];
	snprintf(name, sizeof name, "f%u", used);
	mk_in_dir(&dir, name, path);
	put_file(path, text, strlen(text));
	return path;
}

/* With its checksum behind it. */
static const char *summed(const char *text)
{
	static char whole[8192];
	snprintf(whole, sizeof whole, "%sxxh64\t%016llx\n", text, (unsigned long long)XXH64(text, strlen(text), 0));
	return whole;
}

#define LABEL_LINES "old\t0\t207\t0\t0\t0\t0\t0\nnew\t0\t207\t0\t0\t0\t0\t0\n"

/* One volume, two sessions, the second with labels in blocks of their own. */
static const char first_map[] = "xflate-map\t1\nvolume\tV1\tfile\n" LABEL_LINES "old\t208\t999\t1\t500\t0\t1\t3\n"
				"old\t1000\t1999\t2\t500\t0\t0\t0\n"
				"old\t2000\t2999\t1\t500\t1\t3\t7\n"
				"old\t3000\t3999\t2\t500\t1\t1\t2\n"
				"new\t208\t399\t1\t500\t0\t1\t2\n"
				"new\t400\t599\t1\t500\t1\t2\t5\n"
				"new\t600\t799\t1\t500\t2\t5\t7\n"
				"new\t800\t899\t2\t500\t0\t0\t0\n"
				"new\t900\t1099\t2\t500\t1\t1\t2\n"
				"new\t1100\t1199\t2\t500\t2\t0\t0\n"
				"end\t4000\t1200\t5\t7\n";

static const char second_map[] = "xflate-map\t1\nvolume\tV1\tfile\n" LABEL_LINES "old\t208\t399\t1\t500\t0\t1\t2\n"
				 "old\t400\t599\t1\t500\t1\t2\t5\n"
				 "old\t600\t799\t1\t500\t2\t5\t7\n"
				 "old\t800\t899\t2\t500\t0\t0\t0\n"
				 "old\t900\t1099\t2\t500\t1\t1\t2\n"
				 "old\t1100\t1199\t2\t500\t2\t0\t0\n"
				 "new\t208\t9999\t1\t500\t0\t1\t7\n"
				 "new\t10000\t10999\t2\t500\t0\t1\t2\n"
				 "end\t1200\t11000\t7\t3\n";

static const char second_version[] = "xflate-map\t2\nvolume\tV1\ttape\tV2\tfile\t3\nlabel\tbacula\tLTO\tPool A\t1700000000\n"
				     "old\t0\t0\t0\t0\t0\t0\t0\t1\nnew\t0\t207\t0\t0\t0\t0\t0\t1\n"
				     "old\t1\t9\t7\t500\t0\t1\t4\t9\n"
				     "new\t208\t999\t7\t500\t0\t1\t4\t2\n"
				     "session\t7\t500\t12\tjob.1\t1\t9\t1\t4\t9\t208\t999\t1\t4\t2\n"
				     "form\told\tBB02\t64512\tnone\t-\n"
				     "form\tnew\tBB03\t70000\tAES-256-XTS key 00112233\t0123456789abcdef\n"
				     "damage\t0\nend\t500000\t1000\t10\t3\t1\t0\nexit\t0\n";

static int read_map(const char *text, struct err *e)
{
	return mapfile_read(&maps, file_of(text), e);
}

static void must_read(const char *text)
{
	struct err e = {0};
	ck_assert_msg(read_map(summed(text), &e) == 0, "%s", e.text);
}

START_TEST(test_first_version)
{
	must_read(first_map);
	ck_assert_uint_eq(maps.count, 1);
	const struct mapped_volume *v = maps.volumes[0];
	ck_assert_str_eq(v->name, "V1");
	ck_assert_str_eq(v->new_name, "V1");
	ck_assert(!v->product_known && v->exit_status == -1 && !v->side[MAPPED_OLD].tape);
	ck_assert_uint_eq(v->side[MAPPED_OLD].bytes, 4000);
	ck_assert_uint_eq(v->side[MAPPED_NEW].blocks, 7);
	ck_assert(v->side[MAPPED_OLD].labelled);
	ck_assert_uint_eq(v->side[MAPPED_OLD].label_end, 207);
	ck_assert_uint_eq(v->session_count, 2);
	const struct mapped_session *s = v->sessions[1];
	ck_assert_uint_eq(s->id, 2);
	ck_assert_uint_eq(s->side[MAPPED_NEW].start, 800);
	ck_assert_uint_eq(s->side[MAPPED_NEW].data_start, 900);
	ck_assert_uint_eq(s->side[MAPPED_NEW].end, 1199);
	ck_assert_int_eq(s->side[MAPPED_NEW].first, 1);
	ck_assert_int_eq(s->side[MAPPED_NEW].last, 2);
	ck_assert_uint_eq(s->run_count, 1);
	ck_assert_uint_eq(v->sessions[0]->run_count, 3);
}
END_TEST

START_TEST(test_second_version)
{
	must_read(second_version);
	const struct mapped_volume *v = maps.volumes[0];
	ck_assert_str_eq(v->new_name, "V2");
	ck_assert(v->product_known && v->product == PRODUCT_BACULA);
	ck_assert_str_eq(v->media_type, "LTO");
	ck_assert_str_eq(v->pool, "Pool A");
	ck_assert_uint_eq(v->chain, 3);
	ck_assert_int_eq(v->exit_status, 0);
	ck_assert(v->side[MAPPED_OLD].tape && !v->side[MAPPED_NEW].tape);
	ck_assert_uint_eq(v->side[MAPPED_OLD].files, 1);
	ck_assert_uint_eq(v->side[MAPPED_NEW].longest, 70000);
	ck_assert_str_eq(v->side[MAPPED_NEW].encryption, "AES-256-XTS key 00112233");
	ck_assert_str_eq(v->side[MAPPED_NEW].digest, "0123456789abcdef");
	ck_assert_str_eq(v->side[MAPPED_OLD].digest, "");
	ck_assert_uint_eq(v->sessions[0]->job_id, 12);
	ck_assert_str_eq(v->sessions[0]->job, "job.1");
	ck_assert_uint_eq(v->sessions[0]->side[MAPPED_OLD].blocks, 9);
}
END_TEST

/* Cut anywhere, or with any byte changed, a map is none: nothing is made of it. */
START_TEST(test_damaged_map)
{
	static char text[8192];
	snprintf(text, sizeof text, "%s", summed(_i ? second_version : first_map));
	size_t len = strlen(text);
	char path[128];
	mk_in_dir(&dir, "damaged", path);
	for (size_t i = 0; i < len; i++) {
		struct err e = {0};
		put_file(path, text, i);
		ck_assert_int_ne(mapfile_read(&maps, path, &e), 0);
		text[i] ^= 1;
		e = (struct err){0};
		put_file(path, text, len);
		ck_assert_int_ne(mapfile_read(&maps, path, &e), 0);
		text[i] ^= 1;
		ck_assert_uint_eq(maps.count, 0);
	}
}
END_TEST

/* Their checksum is right, and still they are none. */
static const char *const impossible[] = {
	"",
	"xflate-map\t3\n",
	"xflate-map\t1\nold\t0\t207\t0\t0\t0\t0\t0\n",
	"xflate-map\t1\nvolume\tV\tfile\n",
	"xflate-map\t1\nvolume\tV\tdrum\nend\t1\t1\t0\t0\n",
	"xflate-map\t1\nvolume\tV\tfile\nvolume\tW\tfile\nend\t1\t1\t0\t0\n",
	"xflate-map\t1\nvolume\tV\tfile\nold\t9\t8\t1\t1\t0\t1\t1\nend\t10\t10\t1\t1\n",
	"xflate-map\t1\nvolume\tV\tfile\nold\t0\t9\t1\t1\t0\t1\t1\nend\t9\t10\t1\t1\n",
	"xflate-map\t1\nvolume\tV\tfile\nold\t-1\t9\t1\t1\t0\t1\t1\nend\t10\t10\t1\t1\n",
	"xflate-map\t1\nvolume\tV\tfile\nold\t0\t9\t1\t1\t0\t1\t99999999999\nend\t10\t10\t1\t1\n",
	"xflate-map\t1\nvolume\tV\tfile\nold\t0\t9\t1\t1\t0\t1\t1\t1\nend\t10\t10\t1\t1\n",
	"xflate-map\t1\nvolume\tV\tfile\nend\t1\t1\t0\t0\nexit\t0\n",
	("xflate-map\t2\nvolume\tV\tfile\tV\tfile\t1\nnew\t1\t2\t1\t1\t0\t1\t1\t1\n"
	 "session\t1\t1\t0\t\t0\t0\t0\t0\t0\t1\t3\t1\t1\t1\nend\t9\t9\t1\t1\t0\t0\n"),
	"xflate-map\t2\nvolume\tV\tfile\tV\tfile\t1\nsession\t1\t1\t0\t\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\nend\t9\t9\t1\t1\t0\t0\n",
	"xflate-map\t2\nvolume\tV\tfile\tV\tfile\t1\nnew\t1\t2\t1\t1\t0\t1\t1\t0\nend\t9\t9\t1\t1\t0\t0\n",
};

START_TEST(test_impossible_map)
{
	struct err e = {0};
	ck_assert_int_ne(read_map(summed(impossible[_i]), &e), 0);
	ck_assert_uint_eq(maps.count, 0);
	ck_assert(e.text[0] != '\0');
}
END_TEST

/* However many blocks, the reader's memory has a bound, and what it says of sessions stays exact. */
START_TEST(test_many_runs)
{
	struct mapped_volume *v = mapped_new();
	struct err e = {0};
	const uint64_t count = MAPPED_RUNS_MAX * 2 + 5;
	for (uint64_t i = 0; i < count; i++) {
		const struct mapped_range r = {
			.start = 100 * i, .end = 100 * i + 99, .first = (int32_t)i + 1, .last = (int32_t)i + 2, .blocks = 1};
		ck_assert_int_eq(mapped_add(v, MAPPED_NEW, 1, 1, &r, &e), 0);
	}
	const struct mapped_session *s = v->sessions[0];
	ck_assert_uint_le(s->run_count, 2 * MAPPED_RUNS_MAX);
	ck_assert_uint_eq(s->side[MAPPED_NEW].blocks, count);
	uint64_t next = 0, blocks = 0;
	for (size_t i = 0; i < s->run_count; i++) {
		ck_assert_uint_eq(s->runs[i].start, next);
		next = s->runs[i].end + 1;
		blocks += s->runs[i].blocks;
	}
	ck_assert_uint_eq(next, count * 100);
	ck_assert_uint_eq(blocks, count);
	mapped_free(v);
}
END_TEST

/* ---- rows ---- */

#define VERSION_ROW "xflate-version|2250|0|0|0|0|0|0|0|0|0|0||||\n"
#define MEDIA_ROW "xflate-media|9|0|4000|0|4|0|3999|0|1|0|0|V1|File|Append|\n"
#define JOB_ROWS "xflate-job|21|1|500|7|0|0|0|0|0|0|0|a.2026|a|B|T\nxflate-job|22|2|500|2|0|0|0|0|0|0|0|b.2026|b|B|T\n"
#define JOBMEDIA_ROWS                                    \
	"xflate-row|31|21|9|1|1|3|0|208|0|999|0||||\n"   \
	"xflate-row|33|21|9|2|3|7|0|1000|0|2999|0||||\n" \
	"xflate-row|34|22|9|1|1|2|0|3000|0|3999|0||||\n"
#define END_ROW "xflate-end|3|0|0|0|0|0|0|0|0|0|0||||\n"

static int read_rows(const char *text, struct err *e)
{
	rows_free(&rows);
	return rows_read(&rows, file_of(text), e);
}

START_TEST(test_rows)
{
	/* psql -A -t and sqlite3; mysql -B; psql as it is; mysql's table; CSV */
	static const char *const answers[] = {
		VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW,
		"xflate-version\tVersionId\nxflate-version\t2250\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t\t\t\t\n"
		"xflate-media\t9\t0\t4000\t0\t4\tNULL\t3999\t0\t1\t0\t0\tV1\tFile\tAppend\t\n"
		"xflate-row\t31\t21\t9\t1\t1\t3\t0\t208\t0\t999\t0\t\t\t\t\nxflate-end\t1\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t\t\t\t\n",
		" ?column? | versionid | ?column?\n----------+-----\n"
		" xflate-version | 2250 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |  |  |  | \n"
		" xflate-media | 9 | 0 | 4000 | 0 | 4 | 0 | 3999 | 0 | 1 | 0 | 0 | V1 | File | Append | \n"
		" xflate-row | 31 | 21 | 9 | 1 | 1 | 3 | 0 | 208 | 0 | 999 | 0 |  |  |  | \n"
		" xflate-end | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |  |  |  | \n(4 rows)\n\n",
		"+----+\n| xflate-version | 2250 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |  |  |  |  |\n"
		"| xflate-media | 9 | 0 | 4000 | 0 | 4 | 0 | 3999 | 0 | 1 | 0 | 0 | V1 | File | Append |  |\n"
		"| xflate-row | 31 | 21 | 9 | 1 | 1 | 3 | 0 | 208 | 0 | 999 | 0 |  |  |  |  |\n"
		"| xflate-end | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |  |  |  |  |\n+----+\n",
		("\"xflate-version\",2250,0,0,0,0,0,0,0,0,0,0,,,,\r\nxflate-media,9,0,4000,0,4,0,3999,0,1,0,0,\"V1\",File,Append,\r\n"
		 "xflate-row,31,21,9,1,1,3,0,208,0,999,0,,,,\r\nxflate-end,1,0,0,0,0,0,0,0,0,0,0,,,,\r\n"),
	};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct err e = {0};
		ck_assert_msg(read_rows(answers[i], &e) == 0, "%zu: %s", i, e.text);
		ck_assert_uint_eq(rows.version, 2250);
		const struct rows_media *m = rows_media_named(&rows, "V1");
		ck_assert_ptr_nonnull(m);
		ck_assert_uint_eq(m->bytes, 4000);
		ck_assert_uint_eq(m->end, 3999);
		ck_assert_str_eq(m->status, "Append");
		ck_assert_uint_eq(rows.jobmedia[0].at.end, 999);
		ck_assert_int_eq(rows.jobmedia[0].at.last, 3);
	}
}
END_TEST

START_TEST(test_rows_that_are_none)
{
	static const char *const answers[] = {
		"",
		VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS,                                          /* cut */
		VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS "xflate-end|4|0|0|0|0|0|0|0|0|0|0||||\n", /* one is missing */
		VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS "xflate-end|3|4|0|0|0|0|0|0|0|0|0||||\n", /* jobs are missing */
		MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW,                                              /* no version */
		VERSION_ROW "xflate-media|9|0|4000\n" END_ROW,                                         /* a line is cut */
		VERSION_ROW "xflate-row|31|21|9|1|1|3|0|-208|0|999|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		VERSION_ROW "xflate-row|31|21|9|1|1|3|0|208|0|4294967296|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		VERSION_ROW "xflate-row|31|21|9|1|1|3|0|208|0|99999999999999999999|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
	};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct err e = {0};
		ck_assert_msg(read_rows(answers[i], &e) != 0, "%zu", i);
	}
}
END_TEST

/* ---- plans ---- */

static char said[4096];

static void say(void *arg, const char *text)
{
	(void)arg;
	strncat(said, text, sizeof said - strlen(said) - 2);
	strcat(said, "\n");
}

static enum verdict judge(const char *answer)
{
	struct err e = {0};
	said[0] = '\0';
	plan_free(&plan);
	ck_assert_msg(plan_make(&plan, &maps, &e) == 0, "%s", e.text);
	ck_assert_msg(read_rows(answer, &e) == 0, "%s", e.text);
	ck_assert_int_eq(plan_rows(&plan, &rows, false, &e), 0);
	return verdict_of(&plan, 0, true, say, NULL);
}

START_TEST(test_plan)
{
	must_read(first_map);
	ck_assert_int_eq(judge(VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW), VERDICT_READY);
	ck_assert_str_eq(said, "");
	const struct plan_volume *v = &plan.volumes[0];
	ck_assert_uint_eq(v->row_count, 3);
	/* Two rows of three blocks: ascending, not overlapping, all of them. */
	ck_assert_uint_eq(v->row_to[0].to.start, 208);
	ck_assert_uint_eq(v->row_to[0].to.end, 399);
	ck_assert_int_eq(v->row_to[0].to.first, 1);
	ck_assert_int_eq(v->row_to[0].to.last, 2);
	ck_assert_uint_eq(v->row_to[1].to.start, 400);
	ck_assert_uint_eq(v->row_to[1].to.end, 799);
	ck_assert_int_eq(v->row_to[1].to.first, 2);
	ck_assert_int_eq(v->row_to[1].to.last, 7);
	/* The blocks of its labels belong to the job. */
	ck_assert_uint_eq(v->row_to[2].to.start, 800);
	ck_assert_uint_eq(v->row_to[2].to.end, 1199);
	ck_assert_int_eq(v->row_to[2].to.first, 1);
	ck_assert_int_eq(v->row_to[2].to.last, 2);
}
END_TEST

#define APPLIED_MEDIA "xflate-media|9|0|1200|0|6|0|1199|0|1|0|0|V1|File|Append|\n"
#define APPLIED_ROWS                                   \
	"xflate-row|31|21|9|1|1|2|0|208|0|399|0||||\n" \
	"xflate-row|33|21|9|2|2|7|0|400|0|799|0||||\n" \
	"xflate-row|34|22|9|1|1|2|0|800|0|1199|0||||\n"

START_TEST(test_applied)
{
	must_read(first_map);
	ck_assert_int_eq(judge(VERSION_ROW APPLIED_MEDIA JOB_ROWS APPLIED_ROWS END_ROW), VERDICT_APPLIED);
}
END_TEST

/* A volume converted by itself: of the one job the first file is whole on the volume before, of the other all that was here. */
START_TEST(test_files_left)
{
	char text[sizeof first_map];
	must_read(first_map);
	ck_assert_int_eq(judge(VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW), VERDICT_READY);
	ck_assert_ptr_null(plan_other_files(&plan));
	plan_free(&plan);
	mapped_list_free(&maps);
	snprintf(text, sizeof text, "%s", first_map);
	memcpy(strstr(text, "new\t900\t1099\t2\t500\t1\t1\t2"), "new\t900\t1099\t2\t500\t1\t0\t0",
	       strlen("new\t900\t1099\t2\t500\t1\t1\t2"));
	memcpy(strstr(text, "new\t208\t399\t1\t500\t0\t1"), "new\t208\t399\t1\t500\t0\t2", strlen("new\t208\t399\t1\t500\t0\t1"));
	must_read(text);
	ck_assert_int_eq(judge(VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW), VERDICT_READY);
	const struct plan_volume *v = &plan.volumes[0];
	ck_assert_ptr_eq(plan_other_files(&plan), v);
	ck_assert(!v->row_to[0].gone && !v->row_to[1].gone && v->row_to[2].gone);
	ck_assert_int_eq(v->row_to[0].to.first, 2);
	ck_assert_int_eq(v->row_to[1].to.last, 7);
	ck_assert_int_eq(judge(VERSION_ROW APPLIED_MEDIA JOB_ROWS
			       "xflate-row|31|21|9|1|2|2|0|208|0|399|0||||\nxflate-row|33|21|9|2|2|7|0|400|0|799|0||||\n"
			       "xflate-end|2|0|0|0|0|0|0|0|0|0|0||||\n"),
			 VERDICT_APPLIED);
}
END_TEST

/* Whatever lies on a volume, and however many rows there are: each block with data is in a row that has its files, and no two overlap. */
START_TEST(test_every_file)
{
	struct err e = {0};
	unsigned seed = (unsigned)_i;
	struct mapped_volume *v = mapped_new();
	ck_assert_int_eq(mapped_list_add(&maps, v, &e), 0);
	v->path = "map";
	snprintf(v->name, sizeof v->name, "V1");
	snprintf(v->new_name, sizeof v->new_name, "V1");
	unsigned blocks = 1 + (unsigned)rand_r(&seed) % 30, row_count = 1 + (unsigned)rand_r(&seed) % 40;
	bool ascending = rand_r(&seed) % 2;
	int32_t at = 1;
	for (unsigned i = 0; i < blocks; i++) {
		int32_t first = ascending ? at : 1 + rand_r(&seed) % 50, last = first + rand_r(&seed) % 4;
		bool labels = (i == 0 || i + 1 == blocks) && blocks > 2 && rand_r(&seed) % 2;
		const struct mapped_range r = {
			.start = 100 + 10 * i, .end = 109 + 10 * i, .first = labels ? 0 : first, .last = labels ? 0 : last, .blocks = 1};
		ck_assert_int_eq(mapped_add(v, MAPPED_NEW, 1, 500, &r, &e), 0);
		at = last;
	}
	rows = (struct rows){.version = 2250, .media_count = 1, .job_count = 1, .jobmedia_count = row_count};
	rows.media = calloc(1, sizeof *rows.media);
	rows.jobs = calloc(1, sizeof *rows.jobs);
	rows.jobmedia = calloc(row_count, sizeof *rows.jobmedia);
	*rows.media = (struct rows_media){.id = 9, .name = "V1"};
	*rows.jobs = (struct rows_job){.id = 21, .session_id = 1, .session_time = 500};
	for (unsigned i = 0; i < row_count; i++)
		rows.jobmedia[i] = (struct rows_jobmedia){.id = i + 1, .job_id = 21, .media_id = 9, .vol_index = i + 1};
	ck_assert_int_eq(plan_make(&plan, &maps, &e), 0);
	ck_assert_int_eq(plan_rows(&plan, &rows, false, &e), 0);
	const struct mapped_session *s = v->sessions[0];
	const struct plan_row *to = plan.volumes[0].row_to;
	uint64_t behind = 0;
	for (unsigned k = 0; k < row_count; k++) {
		ck_quick(to[k].gone || (to[k].to.start >= behind && to[k].to.end >= to[k].to.start));
		behind = to[k].gone ? behind : to[k].to.end + 1;
	}
	ck_quick(to[0].to.start == s->side[MAPPED_NEW].start && behind == s->side[MAPPED_NEW].end + 1);
	for (size_t i = 0; i < s->run_count; i++) {
		const struct mapped_range *r = &s->runs[i];
		bool covered = false;
		for (unsigned k = 0; k < row_count; k++) {
			const struct rows_place *p = &to[k].to;
			covered = covered ||
				  (!to[k].gone && p->start <= r->start && p->end >= r->end && p->first <= r->first && p->last >= r->last);
		}
		ck_quick(covered);
	}
}
END_TEST

/* A job that read the volume while the script ran gives it its old size again. */
START_TEST(test_written_back)
{
	must_read(first_map);
	ck_assert_int_eq(judge(VERSION_ROW MEDIA_ROW JOB_ROWS APPLIED_ROWS END_ROW), VERDICT_WRITTEN_BACK);
	const struct plan_volume *v = &plan.volumes[0];
	for (size_t i = 0; i < v->row_count; i++)
		ck_assert(!v->row_to[i].gone && memcmp(&v->row_to[i].to, &v->rows[i].at, sizeof v->rows[i].at) == 0);
}
END_TEST

/* Real catalogs are not tidy: a row of Bacula begins where the device stood; jobs are pruned; rows without a job; the emergency form. */
START_TEST(test_tolerance)
{
	static const char *const sound[] = {
		VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|31|21|9|1|1|7|0|208|0|2999|0||||\n"
					       "xflate-row|34|22|9|1|1|2|0|208|0|3999|0||||\nxflate-end|2|0|0|0|0|0|0|0|0|0|0||||\n",
		VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|34|22|9|1|1|2|0|1000|0|3999|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		VERSION_ROW MEDIA_ROW "xflate-end|0|0|0|0|0|0|0|0|0|0|0||||\n",
		VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS
		"xflate-row|99|77|9|1|1|2|0|0|0|1|0||||\nxflate-end|4|0|0|0|0|0|0|0|0|0|0||||\n",
		VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|31|21|9|1|1|7|0|0|2147483647|4294967295|0||||\n"
					       "xflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
	};
	must_read(first_map);
	for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
		ck_assert_msg(judge(sound[i]) == VERDICT_READY, "%zu: %s", i, said);
}
END_TEST

START_TEST(test_wrong_catalogs)
{
	static const struct {
		const char *rows, *word;
	} wrong[] = {
		{VERSION_ROW "xflate-media|9|0|4001|0|4|0|3999|0|1|0|0|V1|File|Append|\n" JOB_ROWS JOBMEDIA_ROWS END_ROW, "4001 bytes"},
		{VERSION_ROW "xflate-media|9|0|4000|0|4|0|3999|0|1|0|0|V2|File|Append|\n" JOB_ROWS JOBMEDIA_ROWS END_ROW,
		 "no volume of this name"},
		{VERSION_ROW MEDIA_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW, "no volume of this name"},
		{VERSION_ROW "xflate-media|9|0|4000|0|4|0|3999|0|1|0|0|V1|File|Recycle|\n" JOB_ROWS JOBMEDIA_ROWS END_ROW, "recycled"},
		{VERSION_ROW "xflate-media|9|1|4000|0|4|0|3999|0|1|0|0|V1|File|Append|\n" JOB_ROWS JOBMEDIA_ROWS END_ROW, "ANSI"},
		{"xflate-version|1026|0|0|0|0|0|0|0|0|0|0||||\n" MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW, "version 1026"},
		{VERSION_ROW MEDIA_ROW JOB_ROWS
		 "xflate-job|23|3|500|2|0|0|0|0|0|0|0|c|c|B|T\nxflate-row|35|23|9|1|1|2|0|4000|0|4999|0||||\n" JOBMEDIA_ROWS
		 "xflate-end|4|0|0|0|0|0|0|0|0|0|0||||\n",
		 "JobId 23"},
		/* cut short at the end, too late a start, another file */
		{VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|34|22|9|1|1|2|0|3000|0|3998|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		 "JobId 22"},
		{VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|34|22|9|1|1|2|0|3001|0|3999|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		 "JobId 22"},
		{VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|34|22|9|1|1|3|0|3000|0|3999|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		 "JobId 22"},
		{VERSION_ROW MEDIA_ROW JOB_ROWS "xflate-row|34|22|9|1|1|2|0|207|0|3999|0||||\nxflate-end|1|0|0|0|0|0|0|0|0|0|0||||\n",
		 "JobId 22"},
		/* half applied */
		{VERSION_ROW APPLIED_MEDIA JOB_ROWS JOBMEDIA_ROWS END_ROW, "1200 bytes"},
	};
	must_read(first_map);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_msg(judge(wrong[i].rows) == VERDICT_REFUSED, "%zu", i);
		ck_assert_msg(strstr(said, wrong[i].word) != NULL, "%zu: %s", i, said);
	}
}
END_TEST

/* Converted twice: the first map's old side, the last one's new; fewer blocks than rows. */
START_TEST(test_twice)
{
	must_read(first_map);
	must_read(second_map);
	ck_assert_int_eq(judge(VERSION_ROW MEDIA_ROW JOB_ROWS JOBMEDIA_ROWS END_ROW), VERDICT_READY);
	ck_assert_uint_eq(plan.count, 1);
	const struct plan_volume *v = &plan.volumes[0];
	ck_assert_uint_eq(v->to->side[MAPPED_NEW].bytes, 11000);
	ck_assert_uint_eq(v->row_to[0].to.end, 9999);
	ck_assert_int_eq(v->row_to[0].to.last, 7);
	ck_assert(!v->row_to[0].gone && v->row_to[1].gone && !v->row_to[2].gone);
}
END_TEST

START_TEST(test_maps_that_do_not_follow)
{
	struct err e = {0};
	must_read(second_map);
	must_read(first_map);
	ck_assert_int_eq(plan_make(&plan, &maps, &e), XE_USAGE);
	ck_assert(strstr(e.text, "order") != NULL);
}
END_TEST

START_TEST(test_refused_maps)
{
	static char text[4096];
	static const struct {
		const char *from, *to;
		int rc;
	} cases[] = {
		{"exit\t0", "exit\t3", XE_DAMAGE},
		{"damage\t0", "damage\t1", XE_DAMAGE},
		{"volume\tV1", "volume\tV'1", XE_USAGE},
		{"\tV2\t", "\tV 2\t", XE_USAGE},
	};
	snprintf(text, sizeof text, "%s", second_version);
	char *at = strstr(text, cases[_i].from);
	char rest[4096];
	snprintf(rest, sizeof rest, "%s", at + strlen(cases[_i].from));
	snprintf(at, sizeof text - (size_t)(at - text), "%s%s", cases[_i].to, rest);
	must_read(text);
	struct err e = {0};
	ck_assert_int_eq(plan_make(&plan, &maps, &e), cases[_i].rc);
}
END_TEST

/* Volumes of one chain change together; a chain is one across maps, where a later one takes it up. */
START_TEST(test_chains)
{
	must_read("xflate-"
		  "map\t2\nvolume\tA\tfile\tA\tfile\t1\nend\t10\t20\t0\t0\t0\t0\nvolume\tB\tfile\tB\tfile\t2\nend\t10\t20\t0\t0\t0\t0\n"
		  "volume\tC\tfile\tC\tfile\t1\nend\t10\t20\t0\t0\t0\t0\nexit\t0\n");
	struct err e = {0};
	ck_assert_int_eq(plan_make(&plan, &maps, &e), 0);
	ck_assert_uint_eq(plan.chains, 2);
	ck_assert_str_eq(plan.volumes[0].from->name, "A");
	ck_assert_str_eq(plan.volumes[1].from->name, "C");
	ck_assert_uint_eq(plan.volumes[1].chain, 0);
	ck_assert_uint_eq(plan.volumes[2].chain, 1);
	plan_free(&plan);
	must_read("xflate-"
		  "map\t2\nvolume\tC\tfile\tC\tfile\t1\nend\t20\t30\t0\t0\t0\t0\nvolume\tB\tfile\tB\tfile\t1\nend\t20\t30\t0\t0\t0\t0\nexit"
		  "\t0\n");
	ck_assert_msg(plan_make(&plan, &maps, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(plan.chains, 1);
	ck_assert_uint_eq(plan.count, 3);
}
END_TEST

/* So are volumes that share a job, though each has a map of its own; the same maps in another order are the same chain. */
START_TEST(test_chain_of_maps)
{
	struct err e = {0};
	must_read("xflate-map\t1\nvolume\tA\tfile\nold\t0\t9\t4\t5\t0\t1\t1\nnew\t0\t9\t4\t5\t0\t1\t1\nend\t10\t10\t1\t1\n");
	must_read("xflate-map\t1\nvolume\tX\tfile\nold\t0\t9\t5\t5\t0\t1\t1\nnew\t0\t9\t5\t5\t0\t1\t1\nend\t10\t10\t1\t1\n");
	must_read("xflate-map\t1\nvolume\tB\tfile\nold\t0\t9\t4\t5\t0\t2\t2\nnew\t0\t9\t4\t5\t0\t2\t2\nend\t10\t10\t1\t1\n");
	ck_assert_int_eq(plan_make(&plan, &maps, &e), 0);
	ck_assert_uint_eq(plan.chains, 2);
	ck_assert_str_eq(plan.volumes[0].from->name, "A");
	ck_assert_str_eq(plan.volumes[1].from->name, "B");
	ck_assert_uint_eq(plan.volumes[1].chain, 0);
	ck_assert_uint_eq(plan.volumes[2].chain, 1);
}
END_TEST

/* One volume that became two, by two conversions of it; two that became one. */
START_TEST(test_maps_that_part)
{
	static const char *const others[] = {"A\tfile\tC", "D\tfile\tB"};
	char text[256];
	struct err e = {0};
	must_read("xflate-map\t2\nvolume\tA\tfile\tB\tfile\t1\nend\t10\t20\t0\t0\t0\t0\nexit\t0\n");
	snprintf(text, sizeof text, "xflate-map\t2\nvolume\t%s\tfile\t1\nend\t10\t30\t0\t0\t0\t0\nexit\t0\n", others[_i]);
	must_read(text);
	ck_assert_int_eq(plan_make(&plan, &maps, &e), XE_USAGE);
	ck_assert_str_eq(e.volume, _i == 0 ? "A" : "B");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("catalog");
	TCase *t = tcase_create("catalog");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60); /* two million blocks, on a busy machine */
	tcase_add_test(t, test_first_version);
	tcase_add_test(t, test_second_version);
	tcase_add_loop_test(t, test_damaged_map, 0, 2);
	tcase_add_loop_test(t, test_impossible_map, 0, sizeof impossible / sizeof *impossible);
	tcase_add_test(t, test_many_runs);
	tcase_add_test(t, test_rows);
	tcase_add_test(t, test_rows_that_are_none);
	tcase_add_test(t, test_plan);
	tcase_add_test(t, test_applied);
	tcase_add_test(t, test_files_left);
	tcase_add_loop_test(t, test_every_file, 0, 300);
	tcase_add_test(t, test_written_back);
	tcase_add_test(t, test_tolerance);
	tcase_add_test(t, test_wrong_catalogs);
	tcase_add_test(t, test_twice);
	tcase_add_test(t, test_maps_that_do_not_follow);
	tcase_add_loop_test(t, test_maps_that_part, 0, 2);
	tcase_add_loop_test(t, test_refused_maps, 0, 4);
	tcase_add_test(t, test_chains);
	tcase_add_test(t, test_chain_of_maps);
	suite_add_tcase(s, t);
	return check_run(s);
}
