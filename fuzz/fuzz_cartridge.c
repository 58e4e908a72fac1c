/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cartridge memory and volume statistics: texts end, and hold nothing but printable ASCII; what is not told has no value. */
#include "fuzz.h"
#include "tape/mam.h"
#include "tape/volstats.h"

static void must_be_clean(const char *text)
{
	FUZZ_MUST(strlen(text) < IDENTITY_TEXT_BYTES);
	for (; *text; text++)
		FUZZ_MUST(*text >= 0x20 && *text <= 0x7e);
}

static void must_be_told(struct told_number n)
{
	FUZZ_MUST(n.told || n.value == 0);
}

static void must_be_a_place(struct told_place p)
{
	FUZZ_MUST(p.kind == TOLD_AT || p.object == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span answer = {data, size};
	struct mam m = {0};
	struct volstats s;
	bool complete;
	bool read = mam_read(answer, &m, &complete);
	FUZZ_MUST(read == (size >= 4) && (read || !complete) && m.count <= size / 6);
	for (unsigned i = 0; i < MAM_NUMBERS; i++)
		must_be_told(m.number[i]);
	for (unsigned i = 0; i < MAM_TEXTS; i++)
		must_be_clean(m.text[i]);
	for (unsigned i = 0; i < MAM_PLACES; i++)
		must_be_a_place(m.place[i]);
	(void)volstats_read(answer, &s);
	for (unsigned i = 0; i < VOLSTATS_NUMBERS; i++)
		must_be_told(s.number[i]);
	for (unsigned i = 0; i < VOLSTATS_TEXTS; i++)
		must_be_clean(s.text[i]);
	for (unsigned i = 0; i < VOLSTATS_PLACES * VOLSTATS_PARTITIONS; i++)
		must_be_a_place(s.place[i / VOLSTATS_PARTITIONS][i % VOLSTATS_PARTITIONS]);
	return 0;
}
