/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scsi.h"

enum opcode {
	OP_TEST_UNIT_READY = 0x00,
	OP_REWIND = 0x01,
	OP_REQUEST_SENSE = 0x03,
	OP_READ = 0x08,
	OP_INQUIRY = 0x12,
	OP_MODE_SENSE = 0x1a,
	OP_READ_POSITION = 0x34,
	OP_LOG_SENSE = 0x4d,
	OP_READ_ATTRIBUTE = 0x8c,
	OP_SECURITY_IN = 0xa2,
	OP_MAINTENANCE_IN = 0xa3,
	OP_SECURITY_OUT = 0xb5,
};

/* ---- CDBs ---- */

static struct scsi_cdb cdb(enum opcode op, size_t len)
{
	return (struct scsi_cdb){.bytes = {(uint8_t)op}, .len = len};
}

static void put(struct scsi_cdb *c, size_t at, uint32_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		c->bytes[at + i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

struct scsi_cdb scsi_make_test_unit_ready(void)
{
	return cdb(OP_TEST_UNIT_READY, 6);
}

struct scsi_cdb scsi_make_request_sense(uint8_t room)
{
	struct scsi_cdb c = cdb(OP_REQUEST_SENSE, 6);
	c.bytes[4] = room;
	return c;
}

struct scsi_cdb scsi_make_inquiry(uint16_t room)
{
	struct scsi_cdb c = cdb(OP_INQUIRY, 6);
	put(&c, 3, room, 2);
	return c;
}

struct scsi_cdb scsi_make_inquiry_vpd(uint8_t page, uint16_t room)
{
	struct scsi_cdb c = scsi_make_inquiry(room);
	c.bytes[1] = 1;
	c.bytes[2] = page;
	return c;
}

struct scsi_cdb scsi_make_log_sense(uint8_t page, uint16_t room)
{
	struct scsi_cdb c = cdb(OP_LOG_SENSE, 10);
	c.bytes[2] = (uint8_t)(0x40 | (page & 0x3f));
	put(&c, 7, room, 2);
	return c;
}

struct scsi_cdb scsi_make_security_in(uint8_t protocol, uint16_t page, uint32_t room)
{
	struct scsi_cdb c = cdb(OP_SECURITY_IN, 12);
	c.bytes[1] = protocol;
	put(&c, 2, page, 2);
	scsi_set_room(&c, room);
	return c;
}

void scsi_set_room(struct scsi_cdb *c, uint32_t room)
{
	put(c, SCSI_CDB_ROOM_BYTE, room, 4);
}

struct scsi_cdb scsi_make_security_out(uint8_t protocol, uint16_t page, uint32_t len)
{
	struct scsi_cdb c = scsi_make_security_in(protocol, page, len);
	c.bytes[0] = OP_SECURITY_OUT;
	return c;
}

struct scsi_cdb scsi_make_read_attribute(uint16_t first, uint32_t room)
{
	struct scsi_cdb c = cdb(OP_READ_ATTRIBUTE, 16);
	put(&c, 8, first, 2);
	put(&c, 10, room, 4);
	return c;
}

struct scsi_cdb scsi_make_mode_sense(uint8_t page, uint8_t room)
{
	struct scsi_cdb c = cdb(OP_MODE_SENSE, 6);
	c.bytes[2] = page & 0x3f;
	c.bytes[4] = room;
	return c;
}

struct scsi_cdb scsi_make_read_position(void)
{
	return cdb(OP_READ_POSITION, 10);
}

struct scsi_cdb scsi_make_rewind(void)
{
	return cdb(OP_REWIND, 6);
}

struct scsi_cdb scsi_make_report_opcodes(uint32_t room)
{
	struct scsi_cdb c = cdb(OP_MAINTENANCE_IN, 12);
	c.bytes[1] = 0x0c; /* service action */
	c.bytes[2] = 0x80; /* RCTD; reporting options 0 */
	scsi_set_room(&c, room);
	return c;
}

struct scsi_cdb scsi_make_read(uint32_t room)
{
	struct scsi_cdb c = cdb(OP_READ, 6);
	c.bytes[1] = 2; /* SILI */
	put(&c, 2, room, 3);
	return c;
}

/* ---- key-associated data ---- */

const char *scsi_kad_name(uint8_t type)
{
	static const char *const names[] = {"U-KAD", "A-KAD", "nonce", "M-KAD", "wrapped-key KAD"};
	return type < sizeof names / sizeof names[0] ? names[type] : NULL;
}

const struct scsi_kad *scsi_find_kad(const struct scsi_kads *kads, uint8_t type)
{
	for (unsigned i = 0; i < kads->count; i++) {
		if (kads->kads[i].type == type)
			return &kads->kads[i];
	}
	return NULL;
}

/* A row of descriptors up to the end of r.  mhvtl announces more than it sends, so a descriptor of nothing but zeros ends
 * the row. */
static void read_kads(struct rd *r, bool cut, struct scsi_kads *kads)
{
	*kads = (struct scsi_kads){.cut = cut};
	while (rd_left(r) >= 4) {
		struct scsi_kad k = {.type = rd_u8(r)};
		k.authenticated = rd_u8(r) & 7;
		uint16_t len = rd_be16(r);
		if (k.type == 0 && k.authenticated == 0 && len == 0)
			return;
		struct span data = rd_span(r, len);
		if (r->bad || len > SCSI_KAD_MAX_BYTES || kads->count == SCSI_KADS_MAX) {
			kads->cut = true;
			return;
		}
		k.len = len;
		if (len > 0)
			memcpy(k.data, data.data, len);
		if (kads->count > 0 && kads->kads[kads->count - 1].type > k.type)
			kads->unordered = true;
		kads->kads[kads->count++] = k;
	}
	if (rd_left(r) > 0)
		kads->cut = true;
}

/* ---- SECURITY PROTOCOL IN ---- */

/* What was transferred of the body of a page of protocol 20h, and what of it was announced. */
static bool page_body(struct span answer, uint16_t page, struct rd *body, bool *cut)
{
	struct rd r = rd_over(answer.data, answer.len);
	uint16_t code = rd_be16(&r);
	size_t len = rd_be16(&r);
	if (r.bad || code != page)
		return false;
	*body = rd_announced(&r, len, cut);
	return true;
}

bool scsi_read_protocols(struct span answer, uint8_t protocol, bool *listed)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	rd_bytes(&r, 6);
	size_t len = rd_be16(&r);
	if (r.bad)
		return false;
	struct rd list = rd_announced(&r, len, &cut);
	*listed = false;
	while (rd_left(&list) > 0)
		*listed = rd_u8(&list) == protocol || *listed;
	return true;
}

bool scsi_read_page_list(struct span answer, uint16_t list, uint16_t page, bool *listed)
{
	struct rd body;
	bool cut = false;
	if (!page_body(answer, list, &body, &cut))
		return false;
	*listed = false;
	while (rd_left(&body) >= 2)
		*listed = rd_be16(&body) == page || *listed;
	return true;
}

bool scsi_read_wrapping_key(struct span answer, uint32_t *type, uint32_t *format, struct span *key)
{
	struct rd body;
	bool cut = false;
	*key = (struct span){0};
	if (!page_body(answer, SCSI_PAGE_WRAPPING_KEY, &body, &cut))
		return false;
	*type = rd_be32(&body);
	*format = rd_be32(&body);
	*key = rd_span(&body, rd_be16(&body));
	return !body.bad;
}

bool scsi_read_key_formats(struct span answer, unsigned *formats)
{
	struct rd body;
	bool cut = false;
	*formats = 0;
	if (!page_body(answer, SCSI_PAGE_KEY_FORMATS, &body, &cut))
		return false;
	while (rd_left(&body) > 0) {
		uint8_t f = rd_u8(&body);
		if (f < 32)
			*formats |= 1u << f;
	}
	return true;
}

bool scsi_read_management(struct span answer, struct scsi_management *m)
{
	struct rd r;
	bool cut = false;
	*m = (struct scsi_management){0};
	if (!page_body(answer, SCSI_PAGE_MANAGEMENT, &r, &cut))
		return false;
	m->lock = rd_u8(&r) & 1;
	uint8_t clear = rd_u8(&r);
	rd_u8(&r);
	uint8_t scopes = rd_u8(&r);
	m->ckod = clear & 4;
	m->ckorp = clear & 2;
	m->ckorl = clear & 1;
	m->all_nexus = scopes & 4;
	m->local = scopes & 2;
	m->public = scopes & 1;
	return !r.bad;
}

bool scsi_read_status(struct span answer, struct scsi_status *s)
{
	struct rd r;
	bool cut = false;
	*s = (struct scsi_status){0};
	if (!page_body(answer, SCSI_PAGE_STATUS, &r, &cut))
		return false;
	uint8_t scopes = rd_u8(&r);
	s->nexus_scope = scopes >> 5;
	s->key_scope = scopes & 7;
	s->encryption = rd_u8(&r);
	s->decryption = rd_u8(&r);
	s->algorithm = rd_u8(&r);
	s->counter = rd_be32(&r);
	uint8_t flags = rd_u8(&r);
	s->control = flags >> 4 & 7;
	s->vcelb = flags & 8;
	s->ceems = flags >> 1 & 3;
	s->rdmd = flags & 1;
	s->kad_format = rd_u8(&r);
	s->supplemental = rd_be16(&r);
	rd_bytes(&r, 8);
	if (r.bad)
		return false;
	read_kads(&r, cut, &s->kads);
	return true;
}

bool scsi_read_next_block(struct span answer, struct scsi_next_block *b)
{
	struct rd r;
	bool cut = false;
	*b = (struct scsi_next_block){0};
	if (!page_body(answer, SCSI_PAGE_NEXT_BLOCK, &r, &cut))
		return false;
	b->object = rd_be64(&r);
	uint8_t states = rd_u8(&r);
	b->compression = states >> 4;
	b->encryption = states & 0xf;
	b->algorithm = rd_u8(&r);
	uint8_t flags = rd_u8(&r);
	b->emes = flags & 2;
	b->rdmds = flags & 1;
	b->kad_format = rd_u8(&r);
	if (r.bad)
		return false;
	read_kads(&r, cut, &b->kads);
	return true;
}

/* The 20 bytes that follow an algorithm descriptor's index and length. */
static bool read_algorithm(struct rd *r, struct scsi_algorithm *a)
{
	uint8_t b4 = rd_u8(r), b5 = rd_u8(r);
	a->valid_for_volume = b4 & 0x80;
	a->sdk = b4 & 0x40;
	a->decrypt = b4 >> 2 & 3;
	a->encrypt = b4 & 3;
	a->kad_format = b5 & 8;
	a->vcelb = b5 & 4;
	a->ukad_fixed = b5 & 2;
	a->ukad_max = rd_be16(r);
	a->akad_max = rd_be16(r);
	a->key_bytes = rd_be16(r);
	uint8_t b12 = rd_u8(r);
	a->kads = b12 >> 6;
	a->external = b12 >> 4 & 3;
	a->raw = b12 >> 1 & 7;
	rd_bytes(r, 7);
	a->code = rd_be32(r);
	return !r->bad;
}

bool scsi_read_capabilities(struct span answer, struct scsi_capabilities *c)
{
	struct rd r;
	bool cut = false;
	*c = (struct scsi_capabilities){0};
	if (!page_body(answer, SCSI_PAGE_CAPABILITIES, &r, &cut))
		return false;
	uint8_t flags = rd_u8(&r);
	c->external = flags >> 2 & 3;
	c->config = flags & 3;
	rd_bytes(&r, 15);
	if (r.bad)
		return false;
	while (rd_left(&r) >= 4) {
		struct scsi_algorithm a = {.index = rd_u8(&r)};
		rd_u8(&r);
		size_t len = rd_be16(&r);
		if (len == 0) /* the zeros behind the last one, of a device that announces too much */
			break;
		struct rd body = rd_announced(&r, len, &cut);
		if (!read_algorithm(&body, &a) || c->count == SCSI_ALGORITHMS_MAX) {
			cut = true;
			break;
		}
		c->algorithms[c->count++] = a;
	}
	c->cut = cut || (rd_left(&r) > 0 && rd_left(&r) < 4);
	return true;
}

const struct scsi_algorithm *scsi_choose_algorithm(const struct scsi_capabilities *c, bool encrypt)
{
	const struct scsi_algorithm *best = NULL;
	for (unsigned i = 0; i < c->count; i++) {
		const struct scsi_algorithm *a = &c->algorithms[i];
		bool will_do = a->code == SCSI_ALGORITHM_GCM && a->key_bytes == SCSI_KEY_BYTES && a->decrypt == 2 &&
			       (a->encrypt == 2 || !encrypt);
		if (will_do && (best == NULL || (a->valid_for_volume && !best->valid_for_volume)))
			best = a;
	}
	return best;
}

const struct scsi_algorithm *scsi_find_algorithm(const struct scsi_capabilities *c, uint8_t index)
{
	for (unsigned i = 0; i < c->count; i++) {
		if (c->algorithms[i].index == index)
			return &c->algorithms[i];
	}
	return NULL;
}

const char *scsi_algorithm_name(uint32_t code)
{
	switch (code) {
	case 0x0001000c: return "AES-256-CBC-HMAC-SHA-1";
	case 0x00010010: return "AES-256-CCM-128";
	case SCSI_ALGORITHM_GCM: return "AES-256-GCM-128";
	case 0x00010016: return "AES-256-XTS-HMAC-SHA-512";
	default: return code >= 0x80010400u && code <= 0x8001ffffu ? "vendor specific" : NULL;
	}
}

/* ---- SECURITY PROTOCOL OUT ---- */

struct scsi_set scsi_bareos_set(uint8_t algorithm, struct span key)
{
	return (struct scsi_set){.scope = SCSI_SCOPE_ALL_NEXUS, .encryption = 2, .decryption = 3, .algorithm = algorithm, .key = key};
}

struct scsi_set scsi_bareos_clear(uint8_t algorithm)
{
	return (struct scsi_set){.scope = SCSI_SCOPE_ALL_NEXUS, .algorithm = algorithm, .key = {NULL, SCSI_KEY_BYTES}};
}

static void write_kad(struct wr *w, enum scsi_kad_type type, struct span data)
{
	if (data.data == NULL)
		return;
	const uint8_t head[2] = {(uint8_t)type, 0};
	wr_bytes(w, head, sizeof head);
	wr_be16(w, (uint16_t)data.len);
	wr_bytes(w, data.data, data.len);
}

size_t scsi_write_set(const struct scsi_set *s, uint8_t *page, size_t room)
{
	size_t ukad = s->ukad.data ? 4 + s->ukad.len : 0, akad = s->akad.data ? 4 + s->akad.len : 0;
	size_t limit = SCSI_SET_MAX_BYTES;
	if (s->key.len > limit || ukad > limit || akad > limit)
		return 0;
	size_t len = SCSI_SET_KEY_OFFSET + s->key.len + ukad + akad;
	if (len > room || len > limit)
		return 0;
	memset(page, 0, len); /* every reserved bit: stenc 1 left some to chance */
	struct wr w = wr_over(page, room);
	wr_be16(&w, SCSI_PAGE_SET);
	wr_be16(&w, (uint16_t)(len - 4));
	const uint8_t fields[] = {
		(uint8_t)((s->scope & 7) << 5 | s->lock),
		(uint8_t)((s->ceem & 3) << 6 | (s->rdmc & 3) << 4 | s->sdk << 3 | s->ckod << 2 | s->ckorp << 1 | s->ckorl),
		s->encryption,
		s->decryption,
		s->algorithm,
		s->key_format,
		s->kad_format,
		0,
		0,
		0,
		0,
		0,
		0,
		0};
	wr_bytes(&w, fields, sizeof fields);
	wr_be16(&w, (uint16_t)s->key.len);
	if (s->key.data)
		wr_bytes(&w, s->key.data, s->key.len);
	else
		w.p += s->key.len; /* zeros already; len was checked */
	write_kad(&w, SCSI_KAD_U, s->ukad);
	write_kad(&w, SCSI_KAD_A, s->akad);
	return w.bad ? 0 : len;
}

bool scsi_read_set(struct span page, struct scsi_set *s)
{
	struct rd r;
	bool cut = false;
	*s = (struct scsi_set){0};
	if (!page_body(page, SCSI_PAGE_SET, &r, &cut) || cut)
		return false;
	uint8_t b4 = rd_u8(&r), b5 = rd_u8(&r);
	s->scope = b4 >> 5;
	s->lock = b4 & 1;
	s->ceem = b5 >> 6;
	s->rdmc = b5 >> 4 & 3;
	s->sdk = b5 & 8;
	s->ckod = b5 & 4;
	s->ckorp = b5 & 2;
	s->ckorl = b5 & 1;
	s->encryption = rd_u8(&r);
	s->decryption = rd_u8(&r);
	s->algorithm = rd_u8(&r);
	s->key_format = rd_u8(&r);
	s->kad_format = rd_u8(&r);
	rd_bytes(&r, 7);
	s->key = rd_span(&r, rd_be16(&r));
	while (!r.bad && rd_left(&r) > 0) {
		uint8_t type = rd_u8(&r);
		rd_u8(&r);
		struct span data = rd_span(&r, rd_be16(&r));
		if (type == SCSI_KAD_U)
			s->ukad = data;
		else if (type == SCSI_KAD_A)
			s->akad = data;
	}
	return !r.bad;
}

const char *scsi_set_field(uint16_t byte)
{
	static const struct {
		uint16_t last;
		const char *name;
	} fields[] = {
		{1, "the page code"},       {3, "the page length"},     {4, "the scope or LOCK"},   {5, "CEEM, RDMC, SDK or CKOD"},
		{6, "the encryption mode"}, {7, "the decryption mode"}, {8, "the algorithm index"}, {9, "the key format"},
		{10, "the KAD format"},     {17, "a reserved byte"},    {19, "the key length"},     {51, "the key"},
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (byte <= fields[i].last)
			return fields[i].name;
	}
	return "the KAD";
}
