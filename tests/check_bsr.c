/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bootstraps: made, read, and mended; and which jobs and files they are for. */
#include "catalog/bsrmend.h"
#include "catalog/bsrread.h"
#include "catalog/wanted.h"

#include "volume_maker.h"

static struct mapped_volume *volumes[2];
static struct bsr_options options;
static char *text;
static size_t text_len;
static FILE *out;

static void add(int volume, uint32_t session, uint64_t start, int32_t first, int32_t last)
{
	struct err e = {0};
	const struct mapped_range b = {.start = start, .end = start + 99, .first = first, .last = last, .blocks = 1};
	ck_assert_int_eq(mapped_add(volumes[volume], MAPPED_NEW, session, 50, &b, &e), 0);
}

/* Session 1 from volume A on to B, session 2 on A between its blocks: labels alone in the first and the last block. */
static void setup(void)
{
	options = (struct bsr_options){0};
	for (int i = 0; i < 2; i++) {
		volumes[i] = mapped_new();
		snprintf(volumes[i]->name, sizeof volumes[i]->name, i == 0 ? "A" : "B");
		snprintf(volumes[i]->new_name, sizeof volumes[i]->new_name, i == 0 ? "A" : "B");
		snprintf(volumes[i]->media_type, sizeof volumes[i]->media_type, "File");
	}
	add(0, 1, 100, 0, 0);
	add(0, 1, 200, 1, 1);
	add(0, 2, 300, 1, 4);
	add(0, 1, 400, 1, 3);
	add(0, 1, 500, 4, 6);
	add(0, 2, 600, 5, 9);
	add(0, 1, 700, 6, 8);
	add(1, 1, 100, 8, 8);
	add(1, 1, 200, 8, 9);
	add(1, 1, 300, 0, 0);
}

static void teardown(void)
{
	mapped_free(volumes[0]);
	mapped_free(volumes[1]);
	free(text);
	text = NULL;
}

static int write_for(uint32_t session, const char *wanted, struct err *e)
{
	struct indexes files = {0};
	free(text);
	ck_assert(wanted == NULL || indexes_parse(&files, wanted, e) == 0);
	out = open_memstream(&text, &text_len);
	int rc = bsr_write(out, volumes, 2, session, 50, wanted ? &files : NULL, &options, e);
	ck_assert_int_eq(fclose(out), 0);
	indexes_free(&files);
	return rc;
}

static void expect(uint32_t session, const char *wanted, const char *written)
{
	struct err e = {0};
	ck_assert_int_eq(write_for(session, wanted, &e), 0);
	ck_assert_str_eq(text, written);
}

#define SECTION(volume, session, addresses, files) \
	"Volume=\"" volume "\"\nMediaType=\"File\"\nVolSessionId=" session "\nVolSessionTime=50\nVolAddr=" addresses "\n" files

START_TEST(test_whole_job)
{
	expect(1, NULL, SECTION("A", "1", "100-799", "FileIndex=1-8\n") SECTION("B", "1", "100-399", "FileIndex=8-9\n"));
	expect(2, NULL, SECTION("A", "2", "300-699", "FileIndex=1-9\n"));
}
END_TEST

START_TEST(test_files)
{
	expect(1, "1", SECTION("A", "1", "200-499", "FileIndex=1\n"));
	expect(1, "2,3", SECTION("A", "1", "400-499", "FileIndex=2-3\n"));
	expect(1, "5", SECTION("A", "1", "500-599", "FileIndex=5\n"));
	/* Blocks that follow each other are one stretch; another one begins behind a block that nobody wants. */
	expect(1, "3,5", SECTION("A", "1", "400-599", "FileIndex=3\nFileIndex=5\n"));
	expect(1, "2,7", SECTION("A", "1", "400-499", "FileIndex=2\n") SECTION("A", "1", "700-799", "FileIndex=7\n"));
	/* A file that goes on. */
	expect(1, "8", SECTION("A", "1", "700-799", "FileIndex=8\n") SECTION("B", "1", "100-299", "FileIndex=8\n"));
	expect(1, "9", SECTION("B", "1", "200-299", "FileIndex=9\n"));
	expect(1, "1-9", SECTION("A", "1", "200-799", "FileIndex=1-8\n") SECTION("B", "1", "100-299", "FileIndex=8-9\n"));
}
END_TEST

START_TEST(test_options)
{
	static const uint32_t slots[] = {0, 7};
	options = (struct bsr_options){.storage = "S", .device = "D", .media_type = "LTO", .slots = slots, .slot_count = 2};
	expect(1, "8",
	       "Storage=\"S\"\nVolume=\"A\"\nMediaType=\"LTO\"\nDevice=\"D\"\nVolSessionId=1\nVolSessionTime=50\nVolAddr=700-"
	       "799\nFileIndex=8\n"
	       "Storage=\"S\"\nVolume=\"B\"\nMediaType=\"LTO\"\nDevice=\"D\"\nSlot=7\nVolSessionId=1\nVolSessionTime=50\nVolAddr=100-299\n"
	       "FileIndex=8\n");
}
END_TEST

START_TEST(test_refused)
{
	struct err e = {0};
	ck_assert_int_eq(write_for(1, "9-10", &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "FileIndex 10 to 10"));
	ck_assert_uint_eq(text_len, 0);
	e = (struct err){0};
	ck_assert_int_eq(write_for(3, NULL, &e), XE_USAGE);
	e = (struct err){0};
	snprintf(volumes[1]->new_name, sizeof volumes[1]->new_name, "B\"|");
	ck_assert_int_eq(write_for(1, NULL, &e), XE_USAGE);
	/* The other way round. */
	snprintf(volumes[1]->new_name, sizeof volumes[1]->new_name, "B");
	struct mapped_volume *a = volumes[0];
	volumes[0] = volumes[1];
	volumes[1] = a;
	e = (struct err){0};
	ck_assert_int_eq(write_for(1, NULL, &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "order"));
	ck_assert_uint_eq(text_len, 0);
}
END_TEST

/* A volume between is missing. */
START_TEST(test_gap)
{
	struct err e = {0};
	add(1, 4, 1000, 5, 6);
	add(0, 4, 1000, 1, 3);
	ck_assert_int_eq(write_for(4, NULL, &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "FileIndex 4 to 4"));
}
END_TEST

/* A hundred thousand files, every second one: no daemon is to look through so many sections. */
START_TEST(test_many_sections)
{
	struct err e = {0};
	struct indexes files = {0};
	struct bsr_stretch *parts;
	size_t count;
	for (int32_t i = 1; i <= 4000; i++) {
		add(0, 9, 10000 + 100 * (uint64_t)i, i, i);
		if (i % 2 == 0)
			ck_assert_int_eq(indexes_add(&files, i, i, &e), 0);
	}
	const struct mapped_session *s = mapped_find(volumes[0], 9, 50);
	ck_assert_int_eq(bsr_stretches(s, &files, &parts, &count, &e), 0);
	ck_assert_uint_gt(count, 0);
	ck_assert_uint_le(count, BSR_SECTIONS_MAX);
	ck_assert_uint_eq(parts[0].start, 10200);
	ck_assert_uint_eq(parts[count - 1].end, 410099);
	free(parts);
	indexes_free(&files);
}
END_TEST

/* ---- old ones ---- */

static int mend(const char *old, struct err *e)
{
	struct bsrfile b = {0};
	free(text);
	out = open_memstream(&text, &text_len);
	int rc = bsrfile_parse(&b, (struct span){(const uint8_t *)old, strlen(old)}, e);
	if (rc == 0)
		rc = bsrmend_write(out, &b, volumes, 2, &options, e);
	ck_assert_int_eq(fclose(out), 0);
	bsrfile_free(&b);
	return rc;
}

static void mended(const char *old, const char *now)
{
	struct err e = {0};
	ck_assert_msg(mend(old, &e) == 0, "%s", e.text);
	ck_assert_str_eq(text, now);
}

#define OLD(volume, rest) "Volume=" volume "\n" rest
#define ONE "VolSessionId=1\nVolSessionTime=50\n"

START_TEST(test_mend)
{
	/* All but the addresses stays, in its form. */
	mended("# of a director\n\nStorage = \"S\"\nvolume = \"A\" # here\n mediatype=File\nVOLSESSIONID=1\nVolSessionTime = 50\n"
	       "VolAddr=1-2\nFileIndex=2-3\nCount=2\nFileRegex=\"^/x,y;\"\nStream=1\n# the end",
	       "# of a director\n\nStorage = \"S\"\nvolume = \"A\" # here\n mediatype=File\nVOLSESSIONID=1\nVolSessionTime = 50\n"
	       "VolAddr=400-499\nFileIndex=2-3\nCount=2\nFileRegex=\"^/x,y;\"\nStream=1\n# the end\n");
	/* The older spellings become the newer one. */
	mended(OLD("A", ONE "VolFile=0\nVolBlock=5-900\nFileIndex=5\n"), OLD("A", ONE "VolAddr=500-599\nFileIndex=5\n"));
	mended(OLD("A", "VolAddr=3-4\nVolAddr=5-6\n" ONE), OLD("A", "VolAddr=200-799\n" ONE));
	/* Lists and ranges of sessions, any time, any session. */
	mended(OLD("A", "VolSessionId=1,2\nVolAddr=1-2\nFileIndex=4\nFileIndex=5,6\n"),
	       OLD("A", "VolSessionId=1,2\nVolAddr=300-799\nFileIndex=4\nFileIndex=5,6\n"));
	mended(OLD("A", "VolSessionId=2-9\nVolAddr=1-2\nFileIndex=\"9\"\n"),
	       OLD("A", "VolSessionId=2-9\nVolAddr=600-699\nFileIndex=\"9\"\n"));
	mended(OLD("A", "VolAddr=1-2\n"), OLD("A", "VolAddr=200-799\n"));
	/* Without addresses there is nothing to mend, whatever volume it is. */
	mended(OLD("Z", ONE "FileIndex=77\n"), OLD("Z", ONE "FileIndex=77\n"));
	mended("\r\nVolume=A\r\nVolAddr=1-2\r\n", "\r\nVolume=A\r\nVolAddr=200-799\n");
}
END_TEST

START_TEST(test_mend_several_volumes)
{
	mended("Storage=S\nVolume=\"A|B\"\n" ONE "VolAddr=1-2\nCount=9\nStorage=T\nVolume=A\n" ONE,
	       "Storage=S\nVolume=\"A\"\n" ONE "VolAddr=200-799\nVolume=\"B\"\n" ONE "VolAddr=100-299\nStorage=T\nVolume=A\n" ONE);
	mended("Volume=A|B\n" ONE "FileIndex=3,5\nVolAddr=1-2\nFileIndex=8-9\n",
	       "Volume=\"A\"\n" ONE "FileIndex=3\nFileIndex=5\nFileIndex=8\nVolAddr=400-799\nVolume=\"B\"\n" ONE
	       "FileIndex=8-9\nVolAddr=100-299\n");
	mended("Volume=\"A\",\"B\"\n" ONE "FileIndex=9\nVolAddr=1-2\n", "Volume=\"B\"\n" ONE "FileIndex=9\nVolAddr=200-299\n");
}
END_TEST

/* Rows of one session do not overlap, but for a block that both need. */
START_TEST(test_mend_rows)
{
#define ROW(addresses, files) "Volume=A\n" ONE "VolAddr=" addresses "\nFileIndex=" files "\n"
	mended(ROW("1-2", "1-1") ROW("3-4", "1-6") ROW("5-6", "6-8"), ROW("200-499", "1-1") ROW("400-799", "1-6") ROW("700-799", "6-8"));
	mended(ROW("1-2", "1-3") ROW("3-4", "3-6") ROW("5-6", "6-8"), ROW("200-499", "1-3") ROW("500-799", "3-6") ROW("700-799", "6-8"));
	mended(ROW("1-2", "4-5") ROW("3-4", "6-8"), ROW("500-599", "4-5") ROW("500-799", "6-8"));
	/* In any order: each whole. */
	mended(ROW("3-4", "6-8") ROW("1-2", "4-5"), ROW("500-799", "6-8") ROW("500-599", "4-5"));
	/* Files between those of the section before it. */
	mended(ROW("1-2", "1,7") ROW("3-4", "4,8"), ROW("200-799", "1,7") ROW("500-799", "4,8"));
}
END_TEST

START_TEST(test_mend_renamed)
{
	snprintf(volumes[0]->new_name, sizeof volumes[0]->new_name, "A-new");
	static const uint32_t slots[] = {4};
	options = (struct bsr_options){.media_type = "File2", .storage = "T", .device = "E", .slots = slots, .slot_count = 1};
	mended("Storage=S\nVolume=A\nMediaType=File\nSlot=1\nDevice=D\n" ONE "VolAddr=1-2\n",
	       "Storage=\"T\"\nVolume=\"A-new\"\nMediaType=\"File2\"\nSlot=4\nDevice=\"E\"\n" ONE "VolAddr=200-799\n");
}
END_TEST

static const struct {
	const char *old, *why;
} wrong[] = {
	{"", "no bootstrap"},
	{"# nothing\n", "no bootstrap"},
	{"VolAddr=1-2\nVolume=A\n", "line 1: it stands before the first Volume"},
	{"Volume=A\nVolAdr=1-2\n", "line 2: no keyword"},
	{"Volume=A\nhello\n", "line 2: not KEYWORD=VALUE"},
	{"Volume=\"A\nVolAddr=1-2\n", "line 1: not Volume="},
	{"Volume=\"A\" B\n", "line 1: not Volume="},
	{"Volume=A;VolAddr=1-2\n", "line 1: not Volume="},
	{"Volume=\"A||B\"\n", "line 1: no name"},
	{"Volume=\n", "line 1: not Volume="},
	{OLD("A", "VolSessionId=x\n"), "line 2: not a number"},
	{OLD("A", "VolSessionId=5-\n"), "line 2: not a number"},
	{OLD("A", "VolSessionId=5-4\n"), "line 2: not a number"},
	{OLD("A", "VolSessionId=1,\n"), "line 2: not a number"},
	{OLD("A", "VolSessionId=4294967296\n"), "line 2: not a number"},
	{OLD("A", "FileIndex=0\n"), "line 2: no FileIndex"},
	{OLD("A", "FileIndex=1-2147483648\n"), "line 2: no FileIndex"},
	{"\n" OLD("Z", ONE "VolAddr=1-2\n"), "line 2: volume Z is not among those"},
	{OLD("A", "VolSessionId=3\nVolAddr=1-2\n"), "line 1: volume A has nothing of its session"},
	{OLD("A", "VolSessionTime=51\nVolAddr=1-2\n"), "line 1: volume A has nothing of its session"},
	{OLD("A", ONE "VolAddr=1-2\nFileIndex=9\n"), "line 1: volume A has no FileIndex 9 to 9"},
	{OLD("A", ONE "VolAddr=1-2\nFileIndex=7-9\n"), "line 1: volume A has no FileIndex 9 to 9"},
};

START_TEST(test_mend_refuses)
{
	struct err e = {0};
	ck_assert_msg(mend(wrong[_i].old, &e) == XE_USAGE, "%s", wrong[_i].old);
	ck_assert_msg(strstr(e.text, wrong[_i].why) != NULL, "%s, not %s", e.text, wrong[_i].why);
}
END_TEST

/* A bootstrap that was just made is what mending makes of it. */
START_TEST(test_made_is_mended)
{
	static const char *const files[] = {NULL, "1", "3,5", "2,7", "8", "1-9"};
	struct err e = {0};
	ck_assert_int_eq(write_for(1, files[_i], &e), 0);
	char *made = strdup(text);
	ck_assert_ptr_nonnull(made);
	ck_assert_int_eq(mend(made, &e), 0);
	/* But for blocks of labels alone, which mending leaves out. */
	if (files[_i])
		ck_assert_str_eq(text, made);
	free(made);
}
END_TEST

/* ---- names ---- */

/* ---- what is to be read ---- */

#define JOB(id) "VolSessionId=" #id "\nVolSessionTime=50\n"

/* "1/50 files 5-9: 0:100-199 0:300-399 2:0-end" of what it asks for, or the error. */
static const char *asks(const char *bootstrap, const char *job)
{
	static const char *const names[] = {"A", "", "B"};
	static char said[512];
	struct bsrfile b = {0};
	struct bsrread r = {0};
	struct err e = {0};
	ck_assert_int_eq(bsrfile_parse(&b, (struct span){(const uint8_t *)bootstrap, strlen(bootstrap)}, &e), 0);
	FILE *to = fmemopen(said, sizeof said, "w");
	if (bsrread_make(&r, &b, names, 3, job, &e) == 0) {
		fprintf(to, r.any_job ? "any files" : "%u/%u files", r.session_id, r.session_time);
		for (size_t i = 0; i < r.files.count; i++)
			fprintf(to, " %d-%d", r.files.ranges[i].first, r.files.ranges[i].last);
		fputs(r.all_files ? " all:" : ":", to);
		for (size_t i = 0; i < r.range_count; i++)
			fprintf(to, " %zu:%llu-%lld", r.order[r.ranges[i].input], (unsigned long long)r.ranges[i].from,
				(long long)r.ranges[i].to);
		for (size_t i = 1; i < r.range_count; i++)
			ck_assert(r.ranges[i].input > r.ranges[i - 1].input || r.ranges[i].from > r.ranges[i - 1].to);
	} else {
		ck_assert_int_eq(e.code, XE_USAGE);
		fputs(e.text, to);
	}
	fclose(to);
	bsrread_free(&r);
	bsrfile_free(&b);
	return said;
}

static const struct {
	const char *bootstrap, *job, *asked;
} asked[] = {
	{"Volume=A\n" JOB(1) "VolAddr=100-199\nFileIndex=5-9\nFileIndex=2\nCount=6\nSlot=3\n", NULL, "1/50 files 2-2 5-9: 0:100-199"},
	/* Two rows of a job, from volume to volume; in whatever order, over one another. */
	{"Volume=A\n" JOB(1) "VolAddr=300-399\nFileIndex=5\nVolume=A\n" JOB(1) "VolAddr=100-199,150-250\nFileIndex=1-5\nVolume=B\n" JOB(
		 1) "VolAddr=0-7\nFileIndex=6\n",
	 NULL, "1/50 files 1-6: 0:100-250 0:300-399 2:0-7"},
	/* It goes back. */
	{"Volume=B\n" JOB(1) "VolAddr=5-6\nVolume=A\n" JOB(1) "VolAddr=1-2\nVolume=B\n" JOB(1) "VolAddr=7-8\n", NULL,
	 "1/50 files all: 2:5-6 0:1-2 2:7-8"},
	{"Volume=\"A|B\"\n" JOB(1), NULL, "1/50 files all: 0:0--1 2:0--1"},
	{"Volume=A\nVolSessionId=1-2\nVolSessionTime=50\nVolAddr=1-2\n", NULL, "any files all: 0:1-2"},
	{"Volume=A\nVolFile=1-2\nVolBlock=7-9\n", NULL, "any files all: 0:4294967303-8589934601"},
	{"Volume=A\nVolAddr=18446744073709551615\n", NULL, "any files all: 0:18446744073709551615--1"},
	{"Volume=A\n" JOB(1) "VolAddr=1-2\nVolume=A\n" JOB(2) "VolAddr=3-4\nFileIndex=1\n", "2/50", "2/50 files 1-1: 0:3-4"},
	{"Volume=A\n" JOB(1) "Volume=A\n" JOB(2), NULL,
	 "the bootstrap is of several jobs, of the sessions 1/50 and 2/50 among them: say with --job SESSIONID/SESSIONTIME which one is "
	 "wanted, "
	 "one run for each"},
	{"Volume=A\n" JOB(1), "7", "the bootstrap asks for no job 7; with --bsr a job is called by its session, SESSIONID/SESSIONTIME"},
	{"Volume=C\n" JOB(1), NULL, "the bootstrap wants volume C, and none of those that are given is called so: give it, too"},
	{"Volume=A\n" JOB(1) "FileRegex=\"x\"\n", NULL, "line 4 of the bootstrap: nothing is chosen by that here: FileRegex=\"x\""},
	{"Volume=A\n" JOB(1) "FileIndex=1\nVolume=B\n" JOB(1), NULL,
	 "some sections of the bootstrap name files (FileIndex), and some do not: it cannot be told which are meant"},
	{"Volume=A\n" JOB(1) "VolAddr=5-4\n", NULL, "line 4 of the bootstrap: not an address, A-B, or several with commas between"},
	{"Volume=A\nVolAddr=18446744073709551616\n", NULL, "line 2 of the bootstrap: not an address, A-B, or several with commas between"},
	{"Volume=A\nVolBlock=4294967296\n", NULL, "line 2 of the bootstrap: too large a number"},
};

START_TEST(test_read)
{
	ck_assert_str_eq(asks(asked[_i].bootstrap, asked[_i].job), asked[_i].asked);
}
END_TEST

START_TEST(test_jobs)
{
	const struct wanted_job j = {.session_id = 50, .session_time = 1795351262, .job_id = 12, .job = "Full-a.2026-11-22_12.44.19_42"};
	static const char *const called[] = {"12", "Full-a", "Full-a.2026-11-22_12.44.19_42", "50/1795351262"};
	static const char *const others[] = {"",        "1",      "50",  "Full", "Full-a.2026-11-22_12.44.19",
					     "Full-a.", "full-a", "50/", "50/1", "Full-a.2026-11-22_12.44.19_4"};
	for (size_t i = 0; i < sizeof called / sizeof *called; i++)
		ck_assert_msg(wanted_is_called(&j, called[i]), "%s", called[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!wanted_is_called(&j, others[i]), "%s", others[i]);
	const struct wanted_job nameless = {.session_id = 1, .session_time = 2};
	ck_assert(!wanted_is_called(&nameless, "0") && !wanted_is_called(&nameless, "") && wanted_is_called(&nameless, "1/2"));
}
END_TEST

START_TEST(test_newest)
{
	static const struct {
		const char *job;
		int64_t began;
		char status;
		bool here;
	} runs[] = {
		{"Cat.2026-11-22_12.44.19_42", 100, 'T', true},  {"Cat.2026-11-23_12.44.19_42", 200, 'W', true},
		{"Cat.2026-11-24_12.44.19_42", 300, 'f', true},  {"Cat.2026-11-25_12.44.19_42", 400, 0, true},
		{"Cat.2026-11-26_12.44.19_42", 0, 'T', true},    {"Cat.2026-11-27_12.44.19_42", 500, 'T', false},
		{"Cats.2026-11-28_12.44.19_42", 600, 'T', true},
	};
	struct wanted w = {0};
	for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct wanted_job *j = wanted_session(&w, i, 1);
		snprintf(j->job, sizeof j->job, "%s", runs[i].job);
		j->began = runs[i].began;
		j->status = runs[i].status;
		j->here = runs[i].here;
	}
	ck_assert_uint_eq(wanted_newest(&w, "Cat")->session_id, 1);
	ck_assert_uint_eq(wanted_newest(&w, "Cats")->session_id, 6);
	ck_assert_ptr_null(wanted_newest(&w, "Ca"));
	wanted_free(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bsr");
	TCase *t = tcase_create("bsr");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_whole_job);
	tcase_add_test(t, test_files);
	tcase_add_test(t, test_options);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_gap);
	tcase_add_test(t, test_many_sections);
	tcase_add_test(t, test_mend);
	tcase_add_test(t, test_mend_several_volumes);
	tcase_add_test(t, test_mend_rows);
	tcase_add_test(t, test_mend_renamed);
	tcase_add_loop_test(t, test_mend_refuses, 0, sizeof wrong / sizeof *wrong);
	tcase_add_loop_test(t, test_made_is_mended, 0, 6);
	tcase_add_loop_test(t, test_read, 0, sizeof asked / sizeof *asked);
	tcase_add_test(t, test_jobs);
	tcase_add_test(t, test_newest);
	suite_add_tcase(s, t);
	return check_run(s);
}
