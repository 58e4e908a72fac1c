/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels of volumes and sessions: every name ends within its field, totals written are the totals read. */
#include "fuzz/fuzz.h"

#include "format/label.h"

#define ENDS(field) FUZZ_MUST(memchr(field, 0, sizeof field) != NULL)

static void volume(struct span data)
{
	struct volume_label l;
	if (!label_read_volume(data, &l))
		return;
	ENDS(l.id);
	ENDS(l.volume);
	ENDS(l.pool);
	ENDS(l.media_type);
	ENDS(l.host);
	ENDS(l.program);
	ENDS(l.program_version);
	ENDS(l.program_date);
	for (unsigned version = 1; version <= 3; version++)
		FUZZ_MUST(product_name(label_product(&l, version)) != NULL);
	const char *kind = label_special_kind(&l);
	FUZZ_MUST(kind == NULL || *kind);
}

static void session(struct span data, bool end)
{
	struct session_label l, again;
	if (!label_read_session(data, end, &l))
		return;
	ENDS(l.id);
	ENDS(l.pool);
	ENDS(l.job_name);
	ENDS(l.client);
	ENDS(l.job);
	ENDS(l.fileset);
	if (!end || !l.has_totals)
		return;
	uint8_t *copy = malloc(data.len);
	FUZZ_MUST(copy != NULL && l.totals_at <= data.len);
	memcpy(copy, data.data, data.len);
	label_patch_totals(copy, data.len, &l);
	FUZZ_MUST(memcmp(copy, data.data, data.len) == 0);
	l.job_bytes ^= 0x123456789abcdef;
	l.start_block++;
	l.end_file--;
	label_patch_totals(copy, data.len, &l);
	FUZZ_MUST(label_read_session((struct span){copy, data.len}, true, &again));
	FUZZ_MUST(again.job_bytes == l.job_bytes && again.start_block == l.start_block && again.end_file == l.end_file &&
		  again.job_files == l.job_files && again.status == l.status);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span label = {data, size};
	volume(label);
	session(label, false);
	session(label, true);
	return 0;
}
