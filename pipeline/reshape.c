/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/reshape.h"

#include "base/array.h"
#include "format/label.h"

#include <string.h>

#define ENCRYPTION (BLOCK_OPTION_VOLUME_ENCRYPTED | BLOCK_OPTION_BLOCK_ENCRYPTED)

bool reshape_wanted(const struct reshape *r)
{
	return r->decrypt || r->encrypt || r->owner != RELABEL_AS_IT_IS || r->version != 0 || r->name_count > 0 ||
	       r->kind != RELABEL_ANY_KIND;
}

const char *reshape_new_name(const struct reshape_name *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i].from, name) == 0)
			return names[i].to;
	}
	return NULL;
}

static unsigned version_of(const struct reshape *r, unsigned old)
{
	if (r->version)
		return r->version;
	if (r->encrypt)
		return 3;
	return r->owner == RELABEL_BAREOS && old == 3 ? 2 : old;
}

struct block_form reshape_form(const struct reshape *r, const struct block_form *old)
{
	struct block_form form = {.version = version_of(r, old->version), .checksum = old->checksum};
	if (form.version != 3)
		return form;
	form.options = old->version == 3 ? old->options : 0;
	form.options &= ~(uint32_t)BLOCK_OPTION_CHECKSUM;
	if (form.checksum)
		form.options |= BLOCK_OPTION_CHECKSUM;
	if (r->decrypt || r->encrypt)
		form.options &= ~(uint32_t)ENCRYPTION;
	if (r->encrypt)
		form.options |= ENCRYPTION;
	return form;
}

static int reserve(struct reshape_buffer *b, size_t bytes, struct err *e)
{
	uint8_t *data = array_reach(b->data, &b->cap, bytes - 1, 1);
	if (data == NULL)
		return err_memory(e, bytes, "a block");
	b->data = data;
	return 0;
}

/* ---- labels ---- */

/* A label in its block, as it was. */
struct old_label {
	struct block_header block;
	struct record_header record;
	struct span data;
	bool alone;
};

static bool find_label(const struct item *item, struct old_label *old)
{
	*old = (struct old_label){.block = {.version = item->form.version, .number = item->number, .options = item->form.options}};
	bool block = item->kind == ITEM_BLOCK || item->whole_block;
	if (!block) {
		old->record = (struct record_header){.file_index = item->file_index, .stream = (int32_t)item->stream, .len = item->len};
		old->data = item->data;
		return true;
	}
	struct rd rest = rd_over(item->data.data, item->data.len);
	bool good = block_header_read(item->data.data, item->data.len, &old->block);
	rd_bytes(&rest, good ? block_header_bytes(old->block.version) : 0);
	good = good && record_next(&rest, old->block.version, &old->record, &old->data) && old->data.len == old->record.len;
	old->alone = rd_left(&rest) == 0;
	return good;
}

static struct relabel what_to_write(const struct reshape *r, const struct cipher_volume *cv, const struct item *item,
				    const struct old_label *old, unsigned version, bool in_place)
{
	struct relabel_keys keys = {0};
	if (old->block.version == 3)
		relabel_read_keys(old->data, &keys);
	struct relabel to = {
		.bb03 = version == 3,
		.kind = r->kind,
		.owner = relabel_applies(old->data, r->owner) ? r->owner : RELABEL_AS_IT_IS,
		.obfuscate = r->encrypt && r->strong,
		.fixed_len = in_place ? old->data.len : 0,
		.name = reshape_new_name(r->names, r->name_count, item->volume->label.volume),
	};
	/* Without the volume's bit nobody looks at the key fields: where lengths must not change they stay.  So they do with
	 * a key that has not changed. */
	bool keep = in_place || (!r->decrypt && !r->encrypt);
	if (r->encrypt && cv->enc_key_len > 0) {
		to.enc_key = (struct span){cv->enc_key, cv->enc_key_len};
		to.master_id = (struct span){cv->master_id, cv->master_id_len};
	} else if (r->encrypt ? cv->same_key : keep) {
		to.enc_key = keys.enc_key;
		to.master_id = keys.master_id;
	}
	return to;
}

static uint32_t label_options(const struct reshape *r, const struct item *item)
{
	struct block_form form = reshape_form(r, &item->form);
	/* The label itself is never encrypted. */
	return form.options & ~(uint32_t)BLOCK_OPTION_BLOCK_ENCRYPTED;
}

static int refuse_label(const struct reshape *r, const struct item *item, const struct old_label *old, bool in_place, struct err *e)
{
	bool bareos = item->volume->product_known && item->volume->product != PRODUCT_BACULA;
	if (bareos && r->owner != RELABEL_BACULA && (r->encrypt || r->version == 3))
		return err_set(e, XE_USAGE, "is a volume of Bareos, which reads no %s blocks; --target bacula makes it one of Bacula",
			       r->encrypt ? "encrypted" : "BB03");
	if (bareos && r->owner != RELABEL_BACULA && r->kind == RELABEL_CLOUD)
		return err_set(e, XE_USAGE,
			       "is a volume of Bareos, which reads no parts of Bacula's cloud; --target bacula makes it one of Bacula");
	bool renamed = reshape_new_name(r->names, r->name_count, item->volume->label.volume) != NULL;
	bool encrypted = old->block.version == 3 && (old->block.options & BLOCK_OPTION_VOLUME_ENCRYPTED);
	if (renamed && (r->encrypt || (encrypted && !r->decrypt)))
		return err_set(e, XE_USAGE, "its key is kept under its name, which therefore stays; --rename goes with --decrypt alone");
	if (in_place && !old->alone)
		return err_set(e, XE_FAILED, "there is more than the label in its first block, which therefore cannot keep its place");
	if (in_place && r->encrypt && old->block.version != 3)
		return err_set(e, XE_USAGE,
			       "its blocks are BB0%u, and only BB03 can be encrypted where it stands; add --block-format "
			       "bb03 (then all blocks move)",
			       old->block.version);
	return 0;
}

int reshape_label(const struct reshape *r, const struct cipher_volume *cv, const struct item *item, bool in_place,
		  struct reshape_buffer *buffer, struct span *block, struct err *e)
{
	struct old_label old;
	uint8_t data[RELABEL_MAX_BYTES];
	size_t len;
	if (!find_label(item, &old))
		return err_set(e, XE_FAILED, "its label does not end in its block");
	int rc = refuse_label(r, item, &old, in_place, e);
	if (rc != 0)
		return rc;
	unsigned version = version_of(r, old.block.version);
	struct relabel to = what_to_write(r, cv, item, &old, version, in_place);
	const char *fault = relabel_volume(old.data, &to, data, &len);
	if (fault)
		return err_set(e, XE_FAILED, "%s%s", fault,
			       !in_place ? ""
			       : to.name ? "; without --keep-layout it is written, and all blocks move"
					 : "; without --keep-layout and with --block-format bb03 it is written, and all blocks move");
	struct block_header h = old.block;
	size_t header = block_header_bytes(version), record = record_header_bytes(version);
	h.version = version;
	h.options = label_options(r, item);
	h.len = (uint32_t)(header + record + len);
	if (to.owner != RELABEL_AS_IT_IS)
		h.session_id = h.session_time = 0;
	rc = reserve(buffer, h.len, e);
	if (rc != 0)
		return rc;
	old.record.len = (uint32_t)len;
	struct wr w = wr_over(buffer->data + header, record + len);
	record_header_write(&w, version, &old.record);
	wr_bytes(&w, data, len);
	block_seal(buffer->data, &h, item->form.checksum);
	*block = (struct span){buffer->data, h.len};
	return 0;
}

/* ---- blocks that keep their place ---- */

static int refuse_block(const struct reshape *r, const struct item *item, const struct block_header *h, struct err *e)
{
	char where[64];
	item->volume->medium->place(item->addr, 0, where, sizeof where);
	if (r->encrypt && h->version != 3)
		return err_set(e, XE_USAGE,
			       "block at %s: it is BB0%u, and only BB03 can be encrypted where it stands; add "
			       "--block-format bb03 (then all blocks move)",
			       where, h->version);
	if (r->encrypt && h->len > r->encrypted_max)
		return err_set(e, XE_USAGE,
			       "block at %s: Bacula's readers do not survive an encrypted block of %u bytes; rewrite with "
			       "--max-block %u (then all blocks move), or give --keep-layout --max-block %u",
			       where, h->len, r->encrypted_max, h->len);
	if (r->encrypt && h->len < block_header_bytes(3) + BLOCK_ENCRYPTED_BODY_MIN_BYTES)
		return err_set(e, XE_FAILED, "block at %s: %u bytes are too few to be encrypted where they stand", where, h->len);
	return 0;
}

int reshape_block(const struct reshape *r, const struct cipher_volume *cv, const struct item *item, uint32_t number,
		  struct reshape_buffer *buffer, struct span *block, struct err *e)
{
	struct block_header h;
	if (!block_header_read(item->data.data, item->data.len, &h))
		return err_set(e, XE_FAILED, "a block without a header");
	int rc = refuse_block(r, item, &h, e);
	if (rc == 0)
		rc = reserve(buffer, h.len, e);
	if (rc != 0)
		return rc;
	memcpy(buffer->data, item->data.data, h.len);
	h.options = reshape_form(r, &item->form).options;
	h.number = number;
	block_seal(buffer->data, &h, item->form.checksum);
	if (r->encrypt && !xts_encrypt_block(cv->xts, buffer->data, buffer->data, h.len))
		return err_set(e, XE_FAILED, "a block of %u bytes cannot be encrypted", h.len);
	*block = (struct span){buffer->data, h.len};
	return 0;
}
