/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/cartridgetext.h"

#include <inttypes.h>
#include <stdio.h>

/* "A written, B read": what is told of both; "" and none where there is but one. */
static void pair(const char *label, struct told_number a, const char *of_a, struct told_number b, const char *of_b)
{
	if (!a.told && !b.told)
		return;
	printf("  %-21s ", label);
	if (a.told)
		printf("%" PRIu64 " %s", a.value, of_a);
	if (b.told)
		printf("%s%" PRIu64 " %s", a.told ? ", " : "", b.value, of_b);
	putchar('\n');
}

static void print_kind(const struct cartridge *c, const struct drive_medium *m)
{
	const char *kind = cartridge_is_cleaning(c)  ? "a cleaning cartridge"
			   : cartridge_is_worm(c, m) ? "WORM (written once, for good)"
						     : NULL;
	char type[32] = "";
	if (m->type != 0)
		snprintf(type, sizeof type, "type %02xh", m->type);
	if (kind || m->type != 0)
		printf("  %-21s %s%s%s\n", "medium:", kind ? kind : "rewritable", type[0] ? ", " : "", type);
}

/* A place is told of each partition; most tapes have one. */
static const char *place(struct told_place p, char text[static 40])
{
	switch (p.kind) {
	case TOLD_NOTHING: return "not told";
	case TOLD_NONE: return "none";
	case TOLD_SOMEWHERE: return "not known where, or whether";
	case TOLD_AT: break;
	}
	snprintf(text, 40, "block %" PRIu64, p.object);
	return text;
}

static void print_encrypted(const struct cartridge *c)
{
	for (unsigned i = 0; i < VOLSTATS_PARTITIONS; i++) {
		struct told_place first = cartridge_place(c, VOLSTATS_FIRST_ENCRYPTED, MAM_FIRST_ENCRYPTED, i);
		struct told_place clear = cartridge_place(c, VOLSTATS_FIRST_CLEAR, MAM_FIRST_CLEAR, i);
		char one[40], other[40], partition[40] = "";
		if (first.kind == TOLD_NOTHING)
			continue;
		if (i > 0)
			snprintf(partition, sizeof partition, "partition %u: ", i);
		printf("  %-21s %s%s", "first encrypted:", partition, place(first, one));
		if (first.kind != TOLD_NONE && clear.kind != TOLD_NOTHING)
			printf("; first clear one behind it: %s", place(clear, other));
		putchar('\n');
	}
}

void cartridgetext_print(const struct cartridge *c, const struct drive_medium *m)
{
	const struct told_number *s = c->stats.number, none = {0};
	struct told_number loads = cartridge_number(c, VOLSTATS_MOUNTS, MAM_LOADS);
	print_kind(c, m);
	pair("loaded:", loads, loads.value == 1 ? "time" : "times", none, "");
	pair("in its life:", cartridge_number(c, VOLSTATS_WRITTEN_MB, MAM_WRITTEN_MB), "MB written",
	     cartridge_number(c, VOLSTATS_READ_MB, MAM_READ_MB), "MB read");
	pair("lasting errors:", s[VOLSTATS_WRITE_ERRORS], "of writing", s[VOLSTATS_READ_ERRORS], "of reading");
	pair("retries:", s[VOLSTATS_WRITE_RETRIES], "of writing", s[VOLSTATS_READ_RETRIES], "of reading");
	pair("native capacity:", s[VOLSTATS_CAPACITY_MB], "MB", s[VOLSTATS_USED_MB], "MB of it used");
	if (!s[VOLSTATS_CAPACITY_MB].told)
		pair("native capacity:", c->mam.number[MAM_CAPACITY_MIB], "MiB", c->mam.number[MAM_REMAINING_MIB], "MiB of it free");
	pair("life remaining:", s[VOLSTATS_LIFE_PERCENT], "%", none, "");
	print_encrypted(c);
}

/* ---- JSON ---- */

/* With its partition where there may be several. */
static void json_place(struct json *j, const char *key, struct told_place p, int partition)
{
	static const char *const kinds[] = {[TOLD_NONE] = "none", [TOLD_SOMEWHERE] = "unknown", [TOLD_AT] = "at"};
	json_object(j, key);
	if (partition >= 0)
		json_number(j, "partition", (uint64_t)partition);
	json_text(j, "state", kinds[p.kind]);
	if (p.kind == TOLD_AT)
		json_number(j, "object", p.object);
	json_end_object(j);
}

static void json_number_told(struct json *j, const char *key, struct told_number n)
{
	if (n.told)
		json_number(j, key, n.value);
}

static void json_text_told(struct json *j, const char *key, const char *text)
{
	if (text[0])
		json_text(j, key, text);
}

static void json_memory(struct json *j, const struct mam *m)
{
	json_object(j, "cartridge_memory");
	for (unsigned i = 0; i < MAM_NUMBERS; i++)
		json_number_told(j, mam_number_name(i), m->number[i]);
	for (unsigned i = 0; i < MAM_TEXTS; i++)
		json_text_told(j, mam_text_name(i), m->text[i]);
	if (m->place[MAM_FIRST_ENCRYPTED].kind != TOLD_NOTHING)
		json_place(j, "first_encrypted", m->place[MAM_FIRST_ENCRYPTED], -1);
	if (m->place[MAM_FIRST_CLEAR].kind != TOLD_NOTHING)
		json_place(j, "first_clear", m->place[MAM_FIRST_CLEAR], -1);
	json_end_object(j);
}

static void json_places(struct json *j, const char *key, const struct told_place places[static VOLSTATS_PARTITIONS])
{
	json_array(j, key);
	for (int i = 0; i < VOLSTATS_PARTITIONS; i++) {
		if (places[i].kind != TOLD_NOTHING)
			json_place(j, NULL, places[i], i);
	}
	json_end_array(j);
}

static void json_statistics(struct json *j, const struct volstats *s)
{
	json_object(j, "volume_statistics");
	for (unsigned i = 0; i < VOLSTATS_NUMBERS; i++)
		json_number_told(j, volstats_number_name(i), s->number[i]);
	for (unsigned i = 0; i < VOLSTATS_TEXTS; i++)
		json_text_told(j, volstats_text_name(i), s->text[i]);
	json_places(j, "first_encrypted", s->place[VOLSTATS_FIRST_ENCRYPTED]);
	json_places(j, "first_clear", s->place[VOLSTATS_FIRST_CLEAR]);
	json_end_object(j);
}

void cartridgetext_json(struct json *j, const struct cartridge *c, const struct drive_medium *m)
{
	json_number(j, "medium_type", m->type);
	json_bool(j, "worm", cartridge_is_worm(c, m));
	json_bool(j, "cleaning_cartridge", cartridge_is_cleaning(c));
	if (c->has_mam)
		json_memory(j, &c->mam);
	if (c->has_stats)
		json_statistics(j, &c->stats);
}
