/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify over a small volume, laid out as for fuzz_filter.  What is told must add up; what --repair made of a volume that is
 * but wounded is sound. */
#include "fuzz/fuzz.h"

#include "pipeline/filter.h"
#include "prove/verify.h"

enum { RESEAL = 1, RELENGTH = 2, ALL = 4 };

struct told {
	uint64_t problems[FINDING_KINDS], files[PROOF_VERDICTS];
};

static void problem(void *arg, const struct finding *p)
{
	struct told *told = arg;
	FUZZ_MUST(p->reason && p->reason[0] && p->file && p->volume && p->file_index >= 0);
	told->problems[p->kind]++;
}

static void file(void *arg, const struct proof_file *f)
{
	struct told *told = arg;
	FUZZ_MUST(f->file_index > 0 && f->name);
	told->files[f->verdict]++;
}

/* Returns what filter_run does. */
static int verify(const char *path, bool all, struct told *told)
{
	struct verify_options o = {
		.all_digests = all,
		.arg = told,
		.problem = problem,
		.file = file,
	};
	struct err e = {0};
	struct verify *v = verify_new(&o);
	FUZZ_MUST(v);
	struct filter *f = filter_new(&(struct filter_options){
		.paths = &path,
		.path_count = 1,
		.threads = 1,
		.inflate = true,
		.on_damage = ON_DAMAGE_KEEP,
		.incomplete_ok = true,
		.observer = verify_observer(v),
	});
	FUZZ_MUST(f);
	int rc = filter_run(f, &e);
	FUZZ_MUST(rc == e.code && (rc == 0 || e.text[0]));
	struct told sum = {0};
	uint64_t damage = 0;
	const struct tally *t = verify_tally(v);
	for (size_t i = 0; i < t->job_count; i++) {
		const struct tally_job *k = t->jobs[i];
		for (int n = 0; k && n < PROOF_VERDICTS; n++)
			sum.files[n] += k->files[n];
		damage += k ? k->problems : 0;
		FUZZ_MUST(k == NULL || k->damaged.count <= k->problems);
	}
	for (int n = 0; n <= FINDING_NOTE; n++)
		FUZZ_MUST(t->problems[n] == told->problems[n]);
	FUZZ_MUST(damage <= told->problems[FINDING_DAMAGE]);
	FUZZ_MUST(memcmp(sum.files, told->files, sizeof sum.files) == 0);
	FUZZ_MUST(told->files[PROOF_WRONG] <= told->problems[FINDING_DAMAGE]);
	filter_free(f);
	verify_free(v);
	return rc;
}

static int out = -1;

static int open_output(void *arg, const struct filter_volume *v, struct io *to, struct err *e)
{
	(void)arg;
	(void)v;
	if (out >= 0)
		return err_set(e, XE_FAILED, "one volume is enough");
	out = memfd_create("out", MFD_CLOEXEC);
	FUZZ_MUST(out >= 0);
	*to = (struct io){.fd = out, .type = S_IFREG};
	return 0;
}

static int close_output(void *arg, const struct filter_volume *v, struct err *e)
{
	(void)arg;
	(void)v;
	(void)e;
	return 0;
}

static void mend(const char *path)
{
	struct filter_options o = {
		.paths = &path,
		.path_count = 1,
		.threads = 1,
		.repair = true,
		.callbacks = {.open_output = open_output, .close_output = close_output},
	};
	struct err e = {0};
	struct filter *f = filter_new(&o);
	FUZZ_MUST(f);
	int rc = filter_run(f, &e);
	filter_free(f);
	if (rc != 0 || out < 0)
		return;
	char mended[FUZZ_PATH_BYTES];
	struct told told = {0};
	snprintf(mended, sizeof mended, "/proc/self/fd/%d", out);
	FUZZ_MUST(verify(mended, false, &told) == 0);
	FUZZ_MUST(told.problems[FINDING_CUT_BY_NETWORK] == 0 && told.files[PROOF_WRONG] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	char path[FUZZ_PATH_BYTES];
	int in = fuzz_volume(data, size, 3, data[0] & RESEAL, data[0] & RELENGTH, path);
	struct told told = {0};
	int rc = verify(path, data[0] & ALL, &told);
	if (rc == 0 && told.problems[FINDING_DAMAGE] == 0 && told.problems[FINDING_UNPROVED] == 0)
		mend(path);
	if (out >= 0)
		close(out);
	out = -1;
	close(in);
	return 0;
}
