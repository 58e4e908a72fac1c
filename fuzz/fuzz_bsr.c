/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bootstrap of a director, mended for two volumes. */
#include "fuzz.h"

#include "catalog/bsrmend.h"

static struct mapped_volume *volume(const char *name, uint64_t block)
{
	struct err e = {0};
	struct mapped_volume *v = mapped_new();
	FUZZ_MUST(v != NULL);
	snprintf(v->name, sizeof v->name, "%s", name);
	snprintf(v->new_name, sizeof v->new_name, "%s", name);
	for (uint32_t i = 0; i < 12; i++) {
		const struct mapped_range b = {.start = 100 + i * block,
					       .end = 99 + (i + 1) * block,
					       .first = (int32_t)(1 + i),
					       .last = (int32_t)(2 + i),
					       .blocks = 1};
		FUZZ_MUST(mapped_add(v, MAPPED_NEW, 1 + i % 2, 50, &b, &e) == 0);
	}
	return v;
}

/* What was mended is a bootstrap, and mended again it is the same. */
static void mend_again(const char *text, size_t len, struct mapped_volume *const *volumes)
{
	struct bsrfile b = {0};
	struct err e = {0};
	char *again = NULL;
	size_t again_len = 0;
	FILE *out = open_memstream(&again, &again_len);
	FUZZ_MUST(out != NULL);
	FUZZ_MUST(bsrfile_parse(&b, (struct span){(const uint8_t *)text, len}, &e) == 0);
	FUZZ_MUST(bsrmend_write(out, &b, volumes, 2, &(struct bsr_options){0}, &e) == 0);
	fclose(out);
	FUZZ_MUST(again_len == len && memcmp(again, text, len) == 0);
	free(again);
	bsrfile_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mapped_volume *volumes[] = {volume("A", 100), volume("B", 1000)};
	struct bsrfile b = {0};
	struct err e = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	FUZZ_MUST(out != NULL);
	int rc = bsrfile_parse(&b, (struct span){data, size}, &e);
	if (rc == 0)
		rc = bsrmend_write(out, &b, volumes, 2, &(struct bsr_options){0}, &e);
	fclose(out);
	FUZZ_MUST(rc == 0 || e.text[0]);
	/* Files of a section may lie on none of its several volumes: then nothing is left of it. */
	if (rc == 0 && len > 0 && strstr(text, "Volume"))
		mend_again(text, len, volumes);
	free(text);
	bsrfile_free(&b);
	mapped_free(volumes[0]);
	mapped_free(volumes[1]);
	return 0;
}
