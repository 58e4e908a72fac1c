/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/pasted.h"

#include <string.h>

#define TEXT_MAX_BYTES ((size_t)1 << 20)

/* ---- keys ---- */

static unsigned rank(enum keyguard g)
{
	static const unsigned ranks[] = {
		[KEYGUARD_NONE] = 0, [KEYGUARD_COMMAND] = 1, [KEYGUARD_DAMAGED] = 2, [KEYGUARD_CUT] = 3, [KEYGUARD_PAGE] = 4};
	return ranks[g];
}

/* The descriptors are copied: the page itself is not kept. */
static void take_kad(struct pasted *p, uint8_t type, struct span data)
{
	if (data.len == 0)
		return;
	struct scsi_kad *k = &p->kads.kads[p->kads.count++];
	k->type = type;
	k->len = (uint16_t)(data.len < SCSI_KAD_MAX_BYTES ? data.len : SCSI_KAD_MAX_BYTES);
	memcpy(k->data, data.data, k->len);
}

static void look(struct pasted *p, struct span bytes)
{
	struct keyguard_find find;
	enum keyguard found = keyguard_look(bytes, &find);
	if (rank(found) <= rank(p->guard))
		return;
	p->guard = found;
	p->kads = (struct scsi_kads){0};
	if (found == KEYGUARD_PAGE) {
		take_kad(p, SCSI_KAD_U, find.set.ukad);
		take_kad(p, SCSI_KAD_A, find.set.akad);
	}
	find.set.key = find.set.ukad = find.set.akad = (struct span){NULL, 0};
	p->find = find;
}

/* In each way to read it. */
static void look_each_way(struct pasted *p, struct span bytes)
{
	if (bytes.len == 0)
		return;
	look(p, bytes);
	memcpy(p->spare.data, bytes.data, bytes.len);
	look(p, (struct span){p->spare.data, paste_unsign(p->spare.data, bytes.len)});
	memcpy(p->spare.data, bytes.data, bytes.len);
	paste_swap(p->spare.data, bytes.len);
	look(p, (struct span){p->spare.data, bytes.len});
}

/* The dumps alone, and all that are no command as one: a stray line may have torn a page apart. */
static void look_everywhere(struct pasted *p)
{
	const struct paste *t = &p->paste;
	size_t joined = 0;
	for (unsigned i = 0; i < t->sections; i++) {
		look_each_way(p, paste_bytes(t, &t->section[i]));
		if (t->section[i].command && p->guard == KEYGUARD_COMMAND) {
			p->command = true;
			p->guard = KEYGUARD_NONE;
		}
	}
	uint8_t *all = p->spare.data + p->spare.cap / 2;
	for (unsigned i = 0; i < t->sections; i++) {
		struct span s = paste_bytes(t, &t->section[i]);
		if (!t->section[i].command && s.len > 0) {
			memcpy(all + joined, s.data, s.len);
			joined += s.len;
		}
	}
	if (t->sections > 1)
		look_each_way(p, (struct span){all, joined});
}

/* ---- reading ---- */

static int take_text(struct pasted *p, char *text, struct err *e)
{
	if (strcmp(text, "-") == 0) {
		struct err mine = {0};
		int rc = secret_read(&p->text, 0, TEXT_MAX_BYTES, "standard input", &mine);
		if (rc == XE_KEY)
			return err_set(e, XE_USAGE, "--explain: nothing on standard input, or more than %zu bytes", TEXT_MAX_BYTES);
		return err_pass(e, &mine);
	}
	int rc = secret_set(&p->text, text, strlen(text), e);
	secret_wipe(text, strlen(text));
	return rc;
}

/* Text of two bytes a character, as Windows has it, without its zeros. */
static void narrow(struct secret *text)
{
	bool low = text->len >= 2 && text->data[0] == 0xff && text->data[1] == 0xfe,
	     high = text->len >= 2 && text->data[0] == 0xfe && text->data[1] == 0xff;
	size_t out = 0;
	if (!low && !high)
		return;
	for (size_t i = 2; i < text->len; i++) {
		if (text->data[i] != 0)
			text->data[out++] = text->data[i];
	}
	text->len = out;
}

static int take_bytes(struct pasted *p, struct err *e)
{
	struct span text = {p->text.data, p->text.len};
	if (!paste_is_binary(text))
		return paste_read(text, p->data.data, &p->paste) ? 0 : err_memory(e, text.len, "the text");
	memcpy(p->data.data, text.data, text.len);
	p->paste = (struct paste){.data = p->data.data, .cap = p->data.cap, .len = text.len, .sections = 1, .section = {{.len = text.len}}};
	return 0;
}

int pasted_read(struct pasted *p, char *text, struct err *e)
{
	*p = PASTED_NONE;
	int rc = take_text(p, text, e);
	narrow(&p->text);
	size_t room = paste_room(p->text.len);
	if (rc == 0)
		rc = secret_new(&p->data, room, e);
	if (rc == 0)
		rc = secret_new(&p->spare, 2 * room, e);
	if (rc == 0)
		rc = take_bytes(p, e);
	if (rc != 0)
		return rc;
	if (p->paste.len == 0 && p->paste.codes == 0)
		return err_set(e, XE_USAGE, "--explain: no hex digits and no sense code in it");
	look_everywhere(p);
	return 0;
}

struct span pasted_bytes(struct pasted *p, unsigned i, enum pasted_way way)
{
	struct span s = paste_bytes(&p->paste, &p->paste.section[i]);
	size_t len = s.len;
	if (way == PASTED_AS_IS || s.len == 0)
		return way == PASTED_AS_IS ? s : (struct span){NULL, 0};
	memcpy(p->spare.data, s.data, s.len);
	if (way == PASTED_UNSIGNED)
		len = paste_unsign(p->spare.data, s.len);
	else
		paste_swap(p->spare.data, s.len);
	bool differs = way == PASTED_UNSIGNED ? len < s.len : p->paste.section[i].words;
	return differs ? (struct span){p->spare.data, len} : (struct span){NULL, 0};
}

void pasted_free(struct pasted *p)
{
	secret_free(&p->text);
	secret_free(&p->data);
	secret_free(&p->spare);
}

int pasted_option(const struct command *verb, void *where, const char *text)
{
	(void)verb;
	*(char **)where = (char *)text;
	return 0;
}
