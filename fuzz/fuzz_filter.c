/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole run of the filter over a small volume.  What it wrote must be a volume that passes through it again without a
 * word of damage and comes out the same.  Byte 0 chooses the blocks' repair, --on-damage and the stages, byte 1 codec and
 * target, byte 2 the rest. */
#include "fuzz/fuzz.h"

#include "pipeline/filter.h"

#include <sys/stat.h>

enum { RESEAL = 1, RELENGTH = 2, KEEP = 4, INFLATE = 8, DEFLATE = 16, FORCE = 32, TARGET = 64, SMALL = 128 };

#define VOLUMES 8 /* that one input may turn out to hold */

struct run {
	int out[VOLUMES];
	unsigned volumes;
	uint64_t losses;
};

static int open_output(void *arg, const struct filter_volume *v, struct io *out, struct err *e)
{
	(void)v;
	struct run *run = arg;
	if (run->volumes == VOLUMES)
		return err_set(e, XE_FAILED, "more volumes than are looked at");
	int fd = memfd_create("out", MFD_CLOEXEC);
	FUZZ_MUST(fd >= 0);
	run->out[run->volumes++] = fd;
	*out = (struct io){.fd = fd, .type = S_IFREG};
	return 0;
}

static int close_output(void *arg, const struct filter_volume *v, struct err *e)
{
	(void)arg;
	(void)v;
	(void)e;
	return 0;
}

static void loss(void *arg, const struct finding *l)
{
	struct run *run = arg;
	FUZZ_MUST(l->volume && l->reason && l->reason[0]);
	run->losses++;
}

static void close_all(struct run *run)
{
	while (run->volumes > 0)
		close(run->out[--run->volumes]);
}

/* Returns what filter_run returns; each volume's output is in a file in memory. */
static int filter(struct filter_options *o, const char *path, struct run *run, struct err *e)
{
	o->paths = &path;
	o->path_count = 1;
	o->threads = 1;
	o->callbacks = (struct filter_callbacks){
		.arg = run,
		.open_output = open_output,
		.close_output = close_output,
		.loss = loss,
	};
	struct filter *f = filter_new(o);
	FUZZ_MUST(f);
	int rc = filter_run(f, e);
	FUZZ_MUST(rc == e->code && (rc == 0 || e->text[0]));
	FUZZ_MUST(rc != 0 || filter_damaged(f) == run->losses);
	filter_free(f);
	return rc;
}

static size_t file_bytes(int fd)
{
	struct stat st;
	FUZZ_MUST(fstat(fd, &st) == 0);
	return (size_t)st.st_size;
}

static bool same(int a, int b)
{
	size_t n = file_bytes(a);
	if (n != file_bytes(b))
		return false;
	if (n == 0)
		return true;
	void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, a, 0), *q = mmap(NULL, n, PROT_READ, MAP_PRIVATE, b, 0);
	FUZZ_MUST(p != MAP_FAILED && q != MAP_FAILED);
	bool equal = memcmp(p, q, n) == 0;
	munmap(p, n);
	munmap(q, n);
	return equal;
}

/* What skip wrote is clean: a checked copy finds nothing, and is the same. */
static void check_clean(int fd)
{
	char path[FUZZ_PATH_BYTES];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct filter_options copy = {.on_damage = ON_DAMAGE_STOP};
	struct run run = {0};
	struct err e = {0};
	int rc = filter(&copy, path, &run, &e);
	if (rc != 0)
		fprintf(stderr, "the output: %s\n", e.text);
	FUZZ_MUST(rc == 0 && run.losses == 0 && run.volumes == 1);
	FUZZ_MUST(same(fd, run.out[0]));
	close_all(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	uint8_t how = data[0];
	char path[FUZZ_PATH_BYTES];
	int in = fuzz_volume(data, size, 3, how & RESEAL, how & RELENGTH, path);

	const struct codec *codec = codec_by_id((enum codec_id)(data[1] & 15) % CODEC_COUNT);
	struct filter_options o = {
		.inflate = how & INFLATE,
		.deflate = how & DEFLATE,
		.recompress = how & FORCE,
		.codec = codec,
		.level = codec->level_min,
		.target_given = how & TARGET,
		.target = (enum product)(data[1] >> 4 & 3),
		.on_damage = how & KEEP ? ON_DAMAGE_KEEP : ON_DAMAGE_SKIP,
		.max_block = how & SMALL ? PACKER_BLOCK_MIN_BYTES : 0,
		.repack = data[2] & 1,
		.repair = data[2] & 2,
	};
	struct run run = {0};
	struct err e = {0};
	int rc = filter(&o, path, &run, &e);
	for (unsigned i = 0; rc == 0 && !(how & KEEP) && i < run.volumes; i++) {
		if (file_bytes(run.out[i]) > 0)
			check_clean(run.out[i]);
	}
	close_all(&run);
	close(in);
	return 0;
}
