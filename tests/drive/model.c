/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drive: commands, the tape, faults. */
#include "model.h"

#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

/* ---- sense ---- */

uint8_t model_sense(struct answer *a, uint8_t key, uint8_t asc, uint8_t ascq)
{
	memset(a->sense, 0, sizeof a->sense);
	a->sense[0] = 0x70;
	a->sense[2] = key;
	a->sense[7] = 10;
	a->sense[12] = asc;
	a->sense[13] = ascq;
	a->sense_len = 18;
	return CHECK;
}

static uint8_t invalid(struct answer *a, uint8_t asc, uint8_t flags, unsigned byte)
{
	model_sense(a, 5, asc, 0);
	a->sense[15] = (uint8_t)(0x80 | flags);
	put16(a->sense + 16, byte);
	return CHECK;
}

uint8_t model_invalid_cdb(struct answer *a, unsigned byte)
{
	return invalid(a, 0x24, 0x40, byte);
}

uint8_t model_invalid_list(struct answer *a, unsigned byte)
{
	return invalid(a, 0x26, 0, byte);
}

static uint8_t tape_sense(struct answer *a, uint8_t flags, uint8_t key, uint8_t ascq, long information)
{
	model_sense(a, key, 0, ascq);
	a->sense[0] |= 0x80;
	a->sense[2] |= flags;
	put32(a->sense + 3, (unsigned long)information & 0xffffffffu);
	return CHECK;
}

void model_attention(struct drive *d, uint8_t asc, uint8_t ascq)
{
	if (d->attention_count == sizeof d->attentions / sizeof d->attentions[0])
		return;
	d->attentions[d->attention_count][0] = asc;
	d->attentions[d->attention_count++][1] = ascq;
}

/* ---- the tape ---- */

void model_blank(struct drive *d)
{
	for (size_t i = 0; i < d->end; i++)
		free(d->tape[i].data);
	memset(d->tape, 0, sizeof d->tape);
	d->pos = d->end = 0;
}

static void cut_tape(struct drive *d)
{
	for (size_t i = d->pos; i < d->end; i++) {
		free(d->tape[i].data);
		memset(&d->tape[i], 0, sizeof d->tape[i]);
	}
	d->end = d->pos;
}

static uint8_t read_block(struct drive *d, const uint8_t *cdb, uint8_t *in, size_t room, size_t *n, struct answer *a)
{
	size_t want = get32(cdb + 1) & 0xffffff;
	if ((cdb[1] & 1) != 0)
		return model_invalid_cdb(a, 1);
	if (d->pos >= d->end)
		return tape_sense(a, 0, 8, 5, (long)want);
	struct block *b = &d->tape[d->pos];
	if (b->mark) {
		d->pos++;
		return tape_sense(a, 0x80, 0, 1, (long)want);
	}
	if (b->encrypted && d->decryption == 0)
		return model_sense(a, 7, 0x74, 1);
	if (b->encrypted && d->decryption == 1 && !b->raw_readable)
		return model_sense(a, 7, 0x74, 0x0a); /* not enabled for raw reading */
	if (!b->encrypted && d->decryption == 2)
		return model_sense(a, 7, 0x74, 2);
	uint8_t *plain = malloc(b->len + 16);
	bool fits = true;
	if (b->encrypted && d->decryption >= 2)
		fits = model_open(d, b, plain);
	else
		memcpy(plain, b->data, b->len);
	if (!fits) {
		free(plain);
		d->wrong += !d->failed_read;
		d->failed_read = true;
		d->locked = d->p->lockout && d->wrong >= 10;
		return model_sense(a, 7, 0x74, 3);
	}
	if (b->encrypted)
		d->wrong = 0;
	*n = b->len < want ? b->len : want;
	*n = *n < room ? *n : room;
	memcpy(in, plain, *n);
	free(plain);
	d->read += b->len;
	d->pos++;
	bool silent = cdb[1] & 2;
	return b->len != want && !(silent && b->len < want) && !silent ? tape_sense(a, 0x20, 0, 0, (long)want - (long)b->len) : GOOD;
}

static uint8_t write_block(struct drive *d, const uint8_t *out, size_t len, struct answer *a)
{
	if (d->write_protected)
		return model_sense(a, 7, 0x27, 0);
	if (d->worm && d->pos < d->end)
		return model_sense(a, 7, 0x30, 0x0c);
	if (d->pos >= BLOCKS_MAX)
		return tape_sense(a, 0x40, 13, 2, 0);
	cut_tape(d);
	struct block *b = &d->tape[d->pos];
	b->data = malloc(len + 16);
	b->len = len;
	if (d->encryption == 2)
		model_seal(d, b, out, len);
	else
		memcpy(b->data, out, len);
	if (d->encryption == 2)
		model_key_text(d, d->last_write);
	else
		snprintf(d->last_write, sizeof d->last_write, "clear");
	d->written += len;
	d->end = ++d->pos;
	return GOOD;
}

static uint8_t write_marks(struct drive *d, unsigned long count, struct answer *a)
{
	if (d->write_protected)
		return model_sense(a, 7, 0x27, 0);
	if (d->worm && count > 0 && d->pos < d->end)
		return model_sense(a, 7, 0x30, 0x0c);
	if (count > 0)
		cut_tape(d);
	for (; count > 0 && d->pos < BLOCKS_MAX; count--) {
		d->tape[d->pos].mark = true;
		d->end = ++d->pos;
	}
	return GOOD;
}

static uint8_t space(struct drive *d, const uint8_t *cdb, struct answer *a)
{
	long count = (long)(get32(cdb + 1) & 0xffffff);
	count = count & 0x800000 ? count - 0x1000000 : count;
	switch (cdb[1] & 7) {
	case 0:
		for (; count > 0; count--) {
			if (d->pos >= d->end)
				return tape_sense(a, 0, 8, 5, count);
			if (d->tape[d->pos++].mark)
				return tape_sense(a, 0x80, 0, 1, count);
		}
		for (; count < 0; count++) {
			if (d->pos == 0)
				return tape_sense(a, 0x40, 0, 4, -count);
			if (d->tape[--d->pos].mark)
				return tape_sense(a, 0x80, 0, 1, -count);
		}
		return GOOD;
	case 1:
		for (; count > 0; count--) {
			while (d->pos < d->end && !d->tape[d->pos].mark)
				d->pos++;
			if (d->pos >= d->end)
				return tape_sense(a, 0, 8, 5, count);
			d->pos++;
		}
		for (; count < 0; count++) {
			do {
				if (d->pos == 0)
					return tape_sense(a, 0x40, 0, 4, -count);
				d->pos--;
			} while (!d->tape[d->pos].mark);
		}
		return GOOD;
	case 3: d->pos = d->end; return GOOD;
	default: return model_invalid_cdb(a, 1);
	}
}

static void unload(struct drive *d)
{
	if (d->medium == MEDIUM_NONE)
		return;
	if (d->ckod)
		model_forget_key(d);
	d->wrong = 0;
	d->locked = d->failed_read = false;
	d->shelf = d->medium;
	d->medium = MEDIUM_NONE;
	d->pos = 0;
}

static void load(struct drive *d)
{
	if (d->medium == MEDIUM_NONE && d->shelf != MEDIUM_NONE) {
		d->medium = d->shelf;
		d->pos = 0;
		d->loads++;
		model_attention(d, 0x28, 0);
	}
}

/* ---- modes ---- */

static uint8_t density(enum medium m)
{
	static const uint8_t codes[] = {0x00, 0x44, 0x46, 0x5a, 0x5e};
	return codes[m];
}

/* IBM's types; HP's are 00h and 01h. */
static uint8_t medium_type(const struct drive *d)
{
	static const uint8_t types[] = {0x00, 0x38, 0x48, 0x68, 0x88};
	bool ibm = strcmp(d->p->vendor, "IBM") == 0;
	return (uint8_t)(ibm ? types[d->medium] + (d->worm ? 4 : 0) : d->worm);
}

static uint8_t mode_sense(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a)
{
	unsigned page = cdb[2] & 0x3f;
	bool descriptor = (cdb[1] & 8) == 0;
	r[1] = medium_type(d);
	r[2] = (uint8_t)(d->write_protected ? 0x90 : 0x10);
	r[3] = descriptor ? 8 : 0;
	*n = 4;
	if (descriptor) {
		r[4] = density(d->medium);
		*n = 12;
	}
	if (page == 0x10) { /* device configuration */
		r[*n] = 0x10;
		r[*n + 1] = 0x0e;
		*n += 16;
	} else if (page == 0x0f) { /* data compression */
		r[*n] = 0x0f;
		r[*n + 1] = 0x0e;
		r[*n + 2] = 0xc0;
		*n += 16;
	} else if (page != 0 && page != 0x3f) {
		return model_invalid_cdb(a, 2);
	}
	r[0] = (uint8_t)(*n - 1);
	return GOOD;
}

static size_t position(const struct drive *d, uint8_t *r)
{
	r[0] = d->pos == 0 ? 0x80 : 0;
	put32(r + 4, (unsigned long)d->pos);
	put32(r + 8, (unsigned long)d->pos);
	return 20;
}

/* ---- commands ---- */

static bool needs_medium(uint8_t op)
{
	static const uint8_t ops[] = {0x00, 0x01, 0x08, 0x0a, 0x10, 0x11, 0x2b, 0x34};
	return memchr(ops, op, sizeof ops) != NULL;
}

static uint8_t not_ready(const struct drive *d, struct answer *a)
{
	model_sense(a, 2, d->loading_asc, d->loading_ascq);
	if (d->loading_all > 0) {
		a->sense[15] = 0x80;
		put16(a->sense + 16, (d->loading_all - d->loading_polls) * 65536u / d->loading_all);
	}
	return CHECK;
}

static uint8_t execute(struct drive *d, const uint8_t *cdb, const uint8_t *out, size_t out_len, uint8_t *in, size_t room, uint8_t *r,
		       size_t *n, size_t *alloc, struct answer *a)
{
	if (cdb[0] == 0x00 && d->loading && d->loading_polls > 0 && --d->loading_polls == 0)
		d->loading = false;
	if (needs_medium(cdb[0]) && d->loading)
		return not_ready(d, a);
	if (needs_medium(cdb[0]) && d->medium == MEDIUM_NONE)
		return model_sense(a, 2, 0x3a, 0);
	switch (cdb[0]) {
	case 0x00: return GOOD;
	case 0x01: d->pos = 0; return GOOD;
	case 0x03:
		r[0] = 0x70;
		r[7] = 10;
		*n = 18;
		*alloc = cdb[4];
		return GOOD;
	case 0x05:
		put32(r, 0x00800000);
		put16(r + 4, 1);
		*n = 6;
		return GOOD;
	case 0x0a: return (cdb[1] & 1) != 0 ? model_invalid_cdb(a, 1) : write_block(d, out, out_len, a);
	case 0x10: return write_marks(d, get32(cdb + 1) & 0xffffff, a);
	case 0x11: return space(d, cdb, a);
	case 0x12: *alloc = get16(cdb + 3); return model_inquiry(d, cdb, r, n, a);
	case 0x15: return GOOD;
	case 0x1a: *alloc = cdb[4]; return mode_sense(d, cdb, r, n, a);
	case 0x1b:
		if (cdb[4] & 1)
			load(d);
		else
			unload(d);
		return GOOD;
	case 0x1e: return GOOD;
	case 0x2b: d->pos = get32(cdb + 3) < d->end ? get32(cdb + 3) : d->end; return GOOD;
	case 0x34: *n = position(d, r); return GOOD;
	case 0x4d: *alloc = get16(cdb + 7); return model_log_sense(d, cdb, r, n, a);
	case 0x8c: *alloc = get32(cdb + 10); return model_attribute(d, cdb, r, n, a);
	case 0xa2: *alloc = get32(cdb + 6); return model_security_in(d, cdb, r, n, a);
	case 0xa3: *alloc = get32(cdb + 6); return model_opcodes(d, cdb, r, n, a);
	case 0xb5: return model_security_out(d, cdb, out, out_len, a);
	default:
		(void)in;
		(void)room;
		return model_sense(a, 5, 0x20, 0);
	}
}

static bool take_fault(struct drive *d, const uint8_t *cdb, struct answer *a, bool *executed)
{
	struct fault *f = &d->fault;
	bool security = cdb[0] == 0xa2 || cdb[0] == 0xb5;
	*executed = false;
	if (f->count == 0 || (f->opcode >= 0 && f->opcode != cdb[0]) ||
	    (f->page >= 0 && (!security || get16(cdb + 2) != (unsigned)f->page)))
		return false;
	if (f->after > 0) {
		f->after--;
		return false;
	}
	f->count--;
	*executed = f->executed;
	a->status = f->status;
	a->host = f->host;
	a->driver = f->driver;
	a->error = f->error;
	if (f->status == CHECK && f->format >= 0x72) {
		memset(a->sense, 0, sizeof a->sense);
		a->sense[0] = f->format;
		a->sense[1] = f->key;
		a->sense[2] = f->asc;
		a->sense[3] = f->ascq;
		a->sense_len = 8;
	} else if (f->status == CHECK && f->format != 0) {
		model_sense(a, f->key, f->asc, f->ascq);
		a->sense[0] = f->format;
	}
	return true;
}

static void log_command(struct drive *d, const uint8_t *cdb, size_t cdb_len, const uint8_t *out, size_t out_len, uint8_t status)
{
	if (d->log == NULL)
		return;
	for (size_t i = 0; i < cdb_len; i++)
		fprintf(d->log, "%02x", cdb[i]);
	fprintf(d->log, " %02x ", status);
	for (size_t i = 0; cdb[0] == 0xb5 && i < out_len; i++)
		fprintf(d->log, "%02x", out[i]);
	fprintf(d->log, "\n");
	fflush(d->log);
}

void model_command(struct drive *d, const uint8_t *cdb, size_t cdb_len, const uint8_t *out, size_t out_len, uint8_t *in, size_t room,
		   struct answer *a)
{
	static uint8_t r[16384];
	size_t n = 0, alloc = room;
	struct answer work = {0};
	bool executed;
	*a = (struct answer){0};
	memset(r, 0, sizeof r);
	bool faulty = take_fault(d, cdb, a, &executed);
	bool quiet = cdb[0] == 0x12 || cdb[0] == 0xa0 || cdb[0] == 0x03;
	if (faulty && !executed) {
		/* nothing is done */
	} else if (d->attention_count > 0 && !quiet) {
		work.status = model_sense(&work, 6, d->attentions[0][0], d->attentions[0][1]);
		memmove(d->attentions, d->attentions + 1, sizeof d->attentions - sizeof d->attentions[0]);
		d->attention_count--;
	} else if (cdb[0] == 0x08) {
		bool gone = d->medium == MEDIUM_NONE;
		work.status = d->loading ? model_sense(&work, 2, d->loading_asc, d->loading_ascq)
			      : gone     ? model_sense(&work, 2, 0x3a, 0)
					 : read_block(d, cdb, in, room, &work.in_len, &work);
	} else {
		work.status = execute(d, cdb, out, out_len, in, room, r, &n, &alloc, &work);
		if (n >= 4 && d->lie && cdb[0] == 0xa2)
			put16(r + 2, get16(r + 2) + d->lie);
		n = n > d->cut ? n - d->cut : 0;
		n = n < alloc ? n : alloc;
		work.in_len = n < room ? n : room;
		if (in)
			memcpy(in, r, work.in_len);
	}
	bool too_slow = d->slow_opcode == cdb[0] && d->timeout > 0 && d->timeout < d->slow_seconds;
	if (!faulty)
		*a = work;
	if (!faulty && too_slow)
		*a = (struct answer){.host = 3}; /* it works on; nobody listens any more */
	log_command(d, cdb, cdb_len, out, out_len, a->status);
}

void model_power_on(struct drive *d, const struct personality *p)
{
	FILE *log = d->log;
	model_blank(d);
	memset(d, 0, sizeof *d);
	d->p = p;
	d->log = log;
	d->medium = MEDIUM_LTO6;
	d->loads = 1;
	d->type = 1;
	d->index = p->algorithms ? p->algorithm[0].index : 0;
	d->fault.opcode = d->fault.page = -1;
	d->slow_opcode = -1;
	d->loading_asc = 0x04;
	d->loading_ascq = 0x01;
	snprintf(d->last_write, sizeof d->last_write, "none");
	model_attention(d, 0x29, 0);
}

/* ---- the control file ---- */

static bool set_medium(struct drive *d, const char *name)
{
	static const struct {
		const char *name;
		enum medium medium;
		bool write_protected, blank, worm;
	} media[] = {{"none", MEDIUM_NONE, false, false},     {"same", MEDIUM_LTO6, false, false},     {"blank", MEDIUM_LTO6, false, true},
		     {"lto3", MEDIUM_LTO3, false, true},      {"lto4", MEDIUM_LTO4, false, true},      {"lto8", MEDIUM_LTO8, false, true},
		     {"protected", MEDIUM_LTO6, true, false}, {"worm", MEDIUM_LTO6, false, true, true}};
	for (size_t i = 0; i < sizeof media / sizeof media[0]; i++) {
		if (strcmp(name, media[i].name) != 0)
			continue;
		unload(d);
		if (media[i].blank)
			model_blank(d);
		if (media[i].blank)
			d->written = d->read = d->loads = 0;
		d->write_protected = media[i].write_protected;
		d->worm = media[i].worm;
		d->shelf = media[i].medium;
		load(d);
		return true;
	}
	return false;
}

/* fault op=b5 page=0020 after=1 count=2 status=02 sense=5/26/00 form=72 host=3 driver=6 error=19 executed=1 */
static bool set_fault(struct drive *d, const char *line)
{
	struct fault f = {.count = 1, .opcode = -1, .page = -1, .format = 0x70};
	char copy[256], *save = NULL;
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');
		if (value == NULL)
			return false;
		*value++ = '\0';
		unsigned long v = strtoul(value, NULL, strcmp(word, "count") && strcmp(word, "after") && strcmp(word, "error") ? 16 : 10);
		unsigned key, asc, ascq;
		if (strcmp(word, "op") == 0)
			f.opcode = (int)v;
		else if (strcmp(word, "page") == 0)
			f.page = (int)v;
		else if (strcmp(word, "after") == 0)
			f.after = (unsigned)v;
		else if (strcmp(word, "count") == 0)
			f.count = (unsigned)v;
		else if (strcmp(word, "status") == 0)
			f.status = (uint8_t)v;
		else if (strcmp(word, "form") == 0)
			f.format = (uint8_t)v;
		else if (strcmp(word, "host") == 0)
			f.host = (int)v;
		else if (strcmp(word, "driver") == 0)
			f.driver = (int)v;
		else if (strcmp(word, "error") == 0)
			f.error = (int)v;
		else if (strcmp(word, "executed") == 0)
			f.executed = v != 0;
		else if (strcmp(word, "sense") == 0 && sscanf(value, "%x/%x/%x", &key, &asc, &ascq) == 3) {
			f.status = CHECK;
			f.key = (uint8_t)key;
			f.asc = (uint8_t)asc;
			f.ascq = (uint8_t)ascq;
		} else
			return false;
	}
	d->fault = f;
	return true;
}

bool model_control(struct drive *d, const char *line)
{
	unsigned a, b, polls, activity;
	unsigned long long written, read;
	if (strncmp(line, "drive ", 6) == 0 && model_personality(line + 6)) {
		model_power_on(d, model_personality(line + 6));
	} else if (strncmp(line, "medium ", 7) == 0) {
		return set_medium(d, line + 7);
	} else if (strncmp(line, "fault ", 6) == 0) {
		return set_fault(d, line + 6);
	} else if (strcmp(line, "reset") == 0) {
		model_forget_key(d);
		d->counter = 0;
		d->wrong = 0;
		d->locked = false;
		model_attention(d, 0x29, 0);
	} else if (sscanf(line, "attention %x/%x", &a, &b) == 2) {
		model_attention(d, (uint8_t)a, (uint8_t)b);
	} else if (sscanf(line, "alert %u", &a) == 1 && a >= 1 && a <= 64) {
		d->alerts |= (uint64_t)1 << (a - 1);
	} else if (sscanf(line, "type %u", &a) == 1 && a < 32) {
		d->type = (uint8_t)a;
	} else if (sscanf(line, "no-log %x", &a) == 1 && a < 64) {
		d->missing_logs |= (uint64_t)1 << a;
	} else if (sscanf(line, "no-memory %u", &a) == 1) {
		d->no_memory = a;
	} else if (sscanf(line, "life %u %llu %llu", &a, &written, &read) == 3) { /* loads, MB written, MB read */
		d->loads = a;
		d->written = written * 1000000;
		d->read = read * 1000000;
	} else if (sscanf(line, "lie %u", &a) == 1) {
		d->lie = a;
	} else if (sscanf(line, "cut %u", &a) == 1) {
		d->cut = a;
	} else if (sscanf(line, "unplug %u", &a) == 1) {
		d->unplugged = a;
	} else if (sscanf(line, "loading %u", &a) == 1) {
		d->loading = a;
		d->loading_polls = d->loading_all = 0;
		d->loading_asc = 0x04;
		d->loading_ascq = 0x01;
		d->activity = 2;
	} else if (sscanf(line, "not-ready %x/%x for %u doing %x", &a, &b, &polls, &activity) == 4) {
		d->loading = true;
		d->loading_asc = (uint8_t)a;
		d->loading_ascq = (uint8_t)b;
		d->loading_polls = d->loading_all = polls;
		d->activity = (uint8_t)activity;
	} else if (sscanf(line, "no-keys-yet %u", &a) == 1) {
		d->no_keys_yet = a;
	} else if (sscanf(line, "allocation-max %u", &a) == 1) {
		d->allocation_max = a;
	} else if (sscanf(line, "slow %x %u", &a, &b) == 2) {
		d->slow_opcode = (int)a;
		d->slow_seconds = b;
	} else if (sscanf(line, "ignore-set %u", &a) == 1) {
		d->ignore_set = a;
	} else if (sscanf(line, "ignore-kad %u", &a) == 1) {
		d->ignore_kad = a;
	} else if (sscanf(line, "stuck-counter %u", &a) == 1) {
		d->stuck_counter = a;
	} else {
		return false;
	}
	return true;
}

void model_key_text(const struct drive *d, char text[static 17])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	snprintf(text, 17, "none");
	SHA256(d->key, sizeof d->key, hash);
	for (int i = 0; d->has_key && i < 8; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

size_t model_state(const struct drive *d, char *text, size_t room)
{
	char key[17];
	model_key_text(d, key);
	int n = snprintf(text, room,
			 "drive=%s\nencryption=%u\ndecryption=%u\nalgorithm=%u\nkey=%s\ncounter=%u\nukad=%.*s\nkad_format=%u\nckod=%u\n"
			 "last_write=%s\nwrong=%u\nlocked=%u\nmedium=%d\nposition=%zu\nblocks=%zu\nencrypted=%zu\n",
			 d->p->name, d->encryption, d->decryption, d->index, key, d->counter, (int)d->ukad_len, (const char *)d->ukad,
			 d->kad_format, d->ckod, d->last_write, d->wrong, d->locked, (int)d->medium, d->pos, d->end, (size_t)0);
	size_t encrypted = 0;
	for (size_t i = 0; i < d->end; i++)
		encrypted += d->tape[i].encrypted;
	char *at = strstr(text, "encrypted=");
	if (at)
		n = (int)(at - text) + snprintf(at, room - (size_t)(at - text), "encrypted=%zu\n", encrypted);
	return (size_t)n;
}
