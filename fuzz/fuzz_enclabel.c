/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volume labels of encrypted volumes rewritten: key fields lie within the label, what is written reads back, a label in place
 * keeps its length.  Input: a byte of wishes, a byte for the length of a new key field, the label. */
#include "fuzz/fuzz.h"

#include "format/label.h"
#include "format/relabel.h"

static bool within(struct span field, struct span data)
{
	return field.len == 0 || (field.data >= data.data && field.data + field.len <= data.data + data.len);
}

static void rewrite(struct span data, const struct relabel *to)
{
	uint8_t out[RELABEL_MAX_BYTES];
	size_t len = 0;
	if (relabel_volume(data, to, out, &len) != NULL)
		return;
	FUZZ_MUST(len <= sizeof out);
	FUZZ_MUST(to->fixed_len == 0 || len == to->fixed_len);
	struct volume_label before, after;
	FUZZ_MUST(label_read_volume(data, &before) && label_read_volume((struct span){out, len}, &after));
	FUZZ_MUST(strcmp(before.volume, after.volume) == 0 &&
		  (to->owner != RELABEL_AS_IT_IS || strcmp(before.program, after.program) == 0));
	if (!to->bb03)
		return;
	struct relabel_keys keys;
	FUZZ_MUST(to->owner == RELABEL_BAREOS || relabel_read_keys((struct span){out, len}, &keys));
	FUZZ_MUST(to->owner == RELABEL_BAREOS || keys.enc_key.len == to->enc_key.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[256];
	if (size < 2)
		return 0;
	struct span label = {data + 2, size - 2};
	struct relabel_keys keys;
	relabel_read_keys(label, &keys);
	FUZZ_MUST(within(keys.enc_key, label) && within(keys.master_id, label));
	const struct relabel to = {
		.bb03 = data[0] & 1,
		.obfuscate = data[0] & 2,
		.owner = (data[0] & 5) == 4 ? RELABEL_BAREOS
			 : data[0] & 16     ? RELABEL_BACULA
					    : RELABEL_AS_IT_IS,
		.enc_key = {key, data[1]},
		.fixed_len = data[0] & 8 ? label.len : 0,
	};
	rewrite(label, &to);
	uint8_t *copy = malloc(label.len ? label.len : 1);
	FUZZ_MUST(copy != NULL);
	memcpy(copy, label.data, label.len);
	for (int to_whom = RELABEL_AS_IT_IS; to_whom <= RELABEL_BACULA; to_whom++) {
		enum relabel_owner owner = (enum relabel_owner)to_whom;
		size_t len = relabel_session(copy, label.len, owner);
		FUZZ_MUST((len > 0) == relabel_applies(label, owner) && len <= label.len);
		FUZZ_MUST(!relabel_applies((struct span){copy, len > 0 ? len : label.len}, owner));
		memcpy(copy, label.data, label.len);
	}
	free(copy);
	return 0;
}
