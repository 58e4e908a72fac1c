/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/acl.h"

#include "base/lines.h"

#include <stdio.h>
#include <stdlib.h>

#define VERSION 2u
#define HEADER_BYTES 4u
#define ENTRY_BYTES 8u
#define NO_ID 0xffffffffu

/* As the kernel numbers them. */
enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };

struct entry {
	unsigned tag, rights;
	uint32_t id;
};

static size_t fail(char why[static ACL_WHY_BYTES], const char *text, struct span line)
{
	size_t n = line.len < 200 ? line.len : 200;
	snprintf(why, ACL_WHY_BYTES, "%s: %.*s", text, (int)n, (const char *)line.data);
	return 0;
}

static bool is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.data, word, s.len) == 0;
}

/* Up to the next colon, which goes, too. */
static struct span field(struct span *line)
{
	const uint8_t *colon = line->len > 0 ? memchr(line->data, ':', line->len) : NULL;
	size_t n = colon ? (size_t)(colon - line->data) : line->len;
	struct span s = {line->data, n};
	*line = lines_skip(*line, n + (colon != NULL));
	return s;
}

static bool read_rights(struct span s, unsigned *rights)
{
	static const char letters[] = "rwx";
	*rights = 0;
	for (size_t i = 0; i < 3; i++) {
		if (s.len != 3 || (s.data[i] != (uint8_t)letters[i] && s.data[i] != '-'))
			return false;
		*rights |= s.data[i] == '-' ? 0 : 4u >> i;
	}
	return true;
}

static bool read_id(struct span s, bool group, acl_resolve *resolve, void *arg, uint32_t *id)
{
	char name[ACL_NAME_BYTES];
	if (s.len == 0 || s.len >= sizeof name)
		return false;
	memcpy(name, s.data, s.len);
	name[s.len] = '\0';
	char *end;
	unsigned long long number = strtoull(name, &end, 10);
	bool decimal = name[0] >= '0' && name[0] <= '9' && *end == '\0';
	if (decimal)
		*id = (uint32_t)number;
	return decimal ? number < NO_ID : resolve(arg, group, name, id);
}

/* "user:daemon:rwx", with blanks and a comment behind it. */
static bool read_entry(struct span line, acl_resolve *resolve, void *arg, struct entry *e, const char **fault)
{
	struct span tag = field(&line), who = field(&line), rights = line;
	*e = (struct entry){.id = NO_ID};
	*fault = "this is no entry of an access list";
	bool user = is(tag, "user"), group = is(tag, "group");
	if ((!user && !group && !is(tag, "mask") && !is(tag, "other")) || !read_rights(lines_trim(rights), &e->rights))
		return false;
	e->tag = user ? (who.len ? USER : USER_OBJ) : group ? (who.len ? GROUP : GROUP_OBJ) : (is(tag, "mask") ? MASK : OTHER);
	if (e->tag != USER && e->tag != GROUP)
		return who.len == 0;
	*fault = "its access list names somebody who is not known here";
	return read_id(who, group, resolve, arg, &e->id);
}

static int in_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void put(struct wr *w, const struct entry *e)
{
	const uint8_t half[4] = {(uint8_t)e->tag, (uint8_t)(e->tag >> 8), (uint8_t)e->rights, 0};
	wr_bytes(w, half, sizeof half);
	wr_le32(w, e->id);
}

size_t acl_pack(struct span text, acl_resolve *resolve, void *arg, uint8_t *packed, char why[static ACL_WHY_BYTES])
{
	static const size_t most = (ACL_PACKED_BYTES - HEADER_BYTES) / ENTRY_BYTES;
	struct entry *entries = malloc(most * sizeof *entries);
	size_t n = 0;
	const struct span whole = text;
	/* The NUL behind it is stored, too. */
	const uint8_t *nul = text.len > 0 ? memchr(text.data, 0, text.len) : NULL;
	text.len = nul ? (size_t)(nul - text.data) : text.len;
	const char *fault = entries ? NULL : "out of memory";
	struct span line = whole;
	while (fault == NULL && text.len > 0) {
		line = lines_next(&text);
		const uint8_t *comment = line.len > 0 ? memchr(line.data, '#', line.len) : NULL;
		line.len = comment ? (size_t)(comment - line.data) : line.len;
		line = lines_trim(line);
		struct entry e;
		if (line.len > 0 && !read_entry(line, resolve, arg, &e, &fault))
			break;
		fault = line.len > 0 && n == most ? "this access list is too long" : NULL;
		if (line.len > 0 && n < most)
			entries[n++] = e;
	}
	if (fault == NULL && n == 0)
		fault = "there is nothing in this access list";
	struct wr w = wr_over(packed, ACL_PACKED_BYTES);
	wr_le32(&w, VERSION);
	if (fault == NULL)
		qsort(entries, n, sizeof *entries, in_order);
	for (size_t i = 0; fault == NULL && i < n; i++)
		put(&w, &entries[i]);
	free(entries);
	return fault ? fail(why, fault, line) : HEADER_BYTES + n * ENTRY_BYTES;
}
