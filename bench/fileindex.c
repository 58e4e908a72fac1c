/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An index of many rows, filled and asked as find does it: bench/fileindex FILE [ROWS [VERSIONS]].  FILE is made, and must not be there.
 * ROWS rows in jobs of which each has all names, VERSIONS of them. */
#include "index/fileindex.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define FILES_IN_FOLDER 40u

static struct err e;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double processor(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void want(int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", e.volume, e.text);
	exit(1);
}

/* The n-th name: some folders, each of some files; names that are in many folders among them. */
static void name_of(uint64_t n, char *text, size_t text_bytes)
{
	static const char *const often[] = {"Makefile", "index.html", "README", "config.yml"};
	uint64_t folder = n / FILES_IN_FOLDER, of = n % FILES_IN_FOLDER;

	if (of < 4)
		snprintf(text, text_bytes, "/srv/home/user%03llu/project%02llu/dir%04llu/%s", (unsigned long long)folder % 499,
			 (unsigned long long)folder / 499 % 40, (unsigned long long)folder / 19960, often[of]);
	else
		snprintf(text, text_bytes, "/srv/home/user%03llu/project%02llu/dir%04llu/%06llx-document.%s",
			 (unsigned long long)folder % 499, (unsigned long long)folder / 499 % 40, (unsigned long long)folder / 19960,
			 (unsigned long long)(n * 0x9e3779b97f4a7c15u >> 40), of % 3 ? "pdf" : "c");
}

static void put(struct fileindex *x, int64_t job, int64_t volume, uint64_t n, char *name)
{
	struct fileindex_file f = {
		.job = job,
		.file_index = (int32_t)n + 1,
		.stat = {.file_index = (int32_t)n + 1,
			 .type = FILESTAT_FILE,
			 .name = name,
			 .link = "",
			 .extended = "",
			 .system = 2049,
			 .inode = 1000000 + n * 3,
			 .mode = 0100644,
			 .uid = 1000,
			 .gid = 1000,
			 .links = 1,
			 .size = n * 7919 % 1000003,
			 .atime = 1795351213,
			 .mtime = 1700000048 + (int64_t)n,
			 .ctime = 1700000048 + (int64_t)n},
		.bytes = n * 7919 % 1000003,
		.stored = n * 7919 % 500003,
		.data_stream = 29,
		.has_digest = true,
		.digest = DIGEST_SHA1,
		.value_bytes = 20,
		.verdict = FILEINDEX_PROVEN,
		.flags = FILEINDEX_COMPRESSED,
		.first = {volume, n * 64512},
		.last = {volume, n * 64512 + 64512},
	};

	for (size_t i = 0; i < 20; i++)
		f.value[i] = (uint8_t)(n * 0x9e3779b97f4a7c15u >> i);
	name_of(n, name, 256);
	want(fileindex_put_file(x, &f, &e));
}

static int count_one(void *arg, const struct fileindex_file *f, struct err *err)
{
	(void)f;
	(void)err;
	++*(uint64_t *)arg;
	return 0;
}

static void ask(struct fileindex *x, const char *pattern)
{
	uint64_t found = 0;
	const struct fileindex_query q = {.patterns = &pattern, .pattern_count = 1};
	double began = now(), used = processor();

	want(fileindex_find(x, &q, count_one, &found, &e));
	printf("  %-44s %10llu found  %8.3f s, %8.3f s of processor time\n", pattern, (unsigned long long)found, now() - began,
	       processor() - used);
}

static void fill(struct fileindex *x, uint64_t rows, unsigned versions)
{
	char name[256];
	uint64_t each = rows / versions;

	for (unsigned v = 1; v <= versions; v++) {
		struct fileindex_volume volume = {.label_time = v, .path = "/vol", .size = rows * 64512};
		struct fileindex_job job = {.session_id = v, .session_time = 1, .begun = true, .start = {.job_id = v, .time = v}};
		double began = now(), used = processor();

		snprintf(volume.name, sizeof volume.name, "vol-%u", v);
		want(fileindex_begin(x, &e));
		want(fileindex_put_volume(x, &volume, &e));
		want(fileindex_put_job(x, &job, &e));
		want(fileindex_put_job_volume(x, job.id, volume.id, &e));
		for (uint64_t n = 0; n < each; n++)
			put(x, job.id, volume.id, n, name);
		double rows_there = now();

		want(fileindex_commit(x, &e));
		printf("job %u: %llu rows in %.1f s and %.1f s to finish, %.1f s of processor time: %.0f rows a second\n", v,
		       (unsigned long long)each, rows_there - began, now() - rows_there, processor() - used,
		       (double)each / (now() - began));
	}
}

int main(int argc, char **argv)
{
	uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
	unsigned versions = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	struct stat st;

	if (argc < 2 || rows == 0 || versions == 0) {
		fputs("usage: fileindex FILE [ROWS [VERSIONS]]\n", stderr);
		return 2;
	}
	struct fileindex *x = fileindex_open(argv[1], FILEINDEX_WRITE, 0, &e);
	want(x ? 0 : e.code);
	if (fileindex_paths(x) == 0)
		fill(x, rows, versions);
	fileindex_free(x);
	want(stat(argv[1], &st) == 0 ? 0 : -1);
	printf("%.1f bytes a row\n", (double)st.st_size / (double)rows);
	double began = now();

	x = fileindex_open(argv[1], FILEINDEX_READ, 0, &e);
	want(x ? 0 : e.code);
	printf("opened in %.3f s; found:\n", now() - began);
	ask(x, "/srv/home/user007/project03/dir0002/Makefile");
	ask(x, "srv/home/user007/project03/dir0002/*.pdf");
	ask(x, "srv/home/user007/project03/");
	ask(x, "9e377*");
	ask(x, "no-such-name");
	ask(x, "*/project03/config.yml");
	ask(x, "*9e37-*.pdf");
	ask(x, "*/dir0003/*9e3*");
	fileindex_free(x);
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	printf("memory at most %ld MiB\n", use.ru_maxrss / 1024);
	return 0;
}
