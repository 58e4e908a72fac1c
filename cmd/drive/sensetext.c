/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/sensetext.h"

#include "base/printable.h"
#include "scsi.h"
#include "tape/identity.h"
#include "tape/pagekind.h"
#include "tape/sense_table.h"

#include <stdio.h>

static void line(const char *label, const char *text)
{
	printf("  %-21s %s\n", label, text);
}

static void print_information(const struct sense *s)
{
	if (!s->has_info)
		return;
	printf("  %-21s %lld", "information:", (long long)s->info);
	if (s->ili)
		printf(" (the block is %s than was asked for, by so many bytes)", s->info < 0 ? "longer" : "shorter");
	else if (s->filemark || s->eom || s->key == SENSE_KEY_MEDIUM_ERROR || s->key == SENSE_KEY_BLANK_CHECK)
		printf(" (what was asked for minus what was got)");
	putchar('\n');
}

static void print_field(const struct sense *s)
{
	if (s->has_field && !s->in_cdb)
		printf("  %-21s %s, if it was sent with a key\n", "field:", scsi_set_field(s->field));
	if (s->has_progress)
		printf("  %-21s %.2f %%\n", "progress:", s->progress * 100.0 / 65536);
	if (s->has_retries)
		printf("  %-21s %u\n", "retries:", s->retries);
	if (s->fru)
		printf("  %-21s %02xh, as the vendor numbers the parts that can be replaced\n", "part:", s->fru);
	if (s->fault && (s->vendor == 0 || (s->vendor & SENSE_IBM)))
		printf("  %-21s %04x (IBM's fault symptom code: tell it to their service)\n", "fault:", s->fault);
}

static void print_flags(const struct sense *s)
{
	if (s->filemark || s->eom || s->ili)
		printf("  %-21s %s%s%s\n", "flags:", s->filemark ? "file mark " : "", s->eom ? "end of medium " : "",
		       s->ili ? "wrong length" : "");
	if (s->overflow)
		line("flags:", "the drive had more to say than there was room for");
	if (s->deferred)
		line("deferred:", "the error is of an earlier command, maybe of another program: what it wrote may not be on the tape");
}

/* IBM's LTO tell the cartridge behind byte 17. */
static void print_label(const struct sense *s, struct span bytes)
{
	char text[IDENTITY_TEXT_BYTES];
	struct rd r = rd_over(bytes.data, bytes.len);
	bool fixed = (rd_u8(&r) & 0x7e) == 0x70;
	rd_bytes(&r, 20);
	uint8_t cleaning = rd_u8(&r);
	struct span label = rd_span(&r, 7);
	if (r.bad || !fixed || s->vendor != SENSE_IBM || pagekind_is_cut_sense(bytes))
		return;
	if (cleaning & 0x80)
		line("flags:", "the drive wants to be cleaned");
	printable_field(label, text, sizeof text);
	if (text[0] && strchr(text, '?') == NULL)
		line("cartridge:", text);
}

/* Who does not tell the vendor gets each one's help. */
static void print_advice(const struct sense *s)
{
	const char *advice = sense_advice(s);
	if (advice)
		line("advice:", advice);
	if (s->vendor != 0 || !sense_by_vendor(s))
		return;
	for (unsigned vendor = 1; vendor <= SENSE_VENDORS; vendor <<= 1) {
		struct sense of = *s;
		of.vendor = vendor;
		const char *own = sense_advice(&of);
		if (own && (advice == NULL || strcmp(own, advice) != 0))
			printf("  advice for %-10s %s\n", sense_vendor_name(vendor), own);
	}
	line("vendor:", "not told; with --vendor ibm, hp or quantum only that one's meaning is shown");
}

void sensetext_print(const struct sense *s, struct span bytes)
{
	char text[SENSE_TEXT_BYTES];
	sense_describe(s, false, text);
	line("meaning:", text);
	if (s->has_code || s->key <= SENSE_KEY_RECOVERED)
		line("kind:", sense_kind(s));
	print_field(s);
	print_information(s);
	print_flags(s);
	print_label(s, bytes);
	if (bytes.len > 0 && pagekind_is_cut_sense(bytes))
		line("cut:", "not all of the sense data are here");
	print_advice(s);
}
