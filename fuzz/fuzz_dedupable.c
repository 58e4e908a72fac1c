/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config of a dedupable volume: no name leads out of the folder, none stands twice, and what is written of it is read as it was.  Behind
 * the config the entries of a block and of a part, from any bytes. */
#include "fuzz/fuzz.h"

#include "format/dedupable.h"

static void name(const char *text)
{
	FUZZ_MUST(memchr(text, 0, DEDUPABLE_NAME_BYTES) != NULL);
	FUZZ_MUST(text[0] != '\0' && text[0] != '.' && strchr(text, '/') == NULL);
}

static void config(struct span data)
{
	struct dedupable_config c, again;
	uint8_t written[DEDUPABLE_CONFIG_BYTES];
	if (dedupable_read_config(data, &c) != NULL)
		return;
	FUZZ_MUST(c.files > 0 && c.files <= DEDUPABLE_FILES);
	name(c.blocks.name);
	name(c.parts.name);
	for (unsigned i = 0; i < c.files; i++) {
		name(c.data[i].name);
		FUZZ_MUST(c.data[i].block_size > 0);
		FUZZ_MUST(strcmp(c.data[i].name, c.blocks.name) != 0 && strcmp(c.data[i].name, c.parts.name) != 0);
		for (unsigned k = 0; k < i; k++)
			FUZZ_MUST(c.data[k].index != c.data[i].index && strcmp(c.data[k].name, c.data[i].name) != 0);
	}
	size_t n = dedupable_write_config(&c, written);
	FUZZ_MUST(dedupable_read_config((struct span){written, n}, &again) == NULL);
	FUZZ_MUST(memcmp(&c, &again, sizeof c) == 0);
}

static void entries(const uint8_t *data)
{
	struct dedupable_block b;
	struct dedupable_part p;
	uint8_t block[DEDUPABLE_BLOCK_BYTES], part[DEDUPABLE_PART_BYTES];
	dedupable_read_block(data, &b);
	dedupable_write_block(&b, block);
	/* But for the padding. */
	FUZZ_MUST(memcmp(block, data, 28) == 0 && memcmp(block + 32, data + 32, 8) == 0);
	dedupable_read_part(data, &p);
	dedupable_write_part(&p, part);
	FUZZ_MUST(memcmp(part, data, sizeof part) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	config((struct span){data, size});
	if (size >= DEDUPABLE_BLOCK_BYTES)
		entries(data);
	return 0;
}
