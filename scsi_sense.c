/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scsi_sense.h"

#include "scsi.h"

#include <stdio.h>

#define ANY 0xff /* for a key or an ascq */

/* ---- reading ---- */

/* SKSV, C/D, and the field pointer: three bytes that mean this for ILLEGAL REQUEST alone. */
static void read_field_pointer(struct rd *r, struct scsi_sense *s)
{
	uint8_t flags = rd_u8(r);
	uint16_t field = rd_be16(r);
	if (r->bad || (flags & 0x80) == 0 || s->key != SCSI_SENSE_ILLEGAL_REQUEST)
		return;
	s->has_field = true;
	s->in_cdb = flags & 0x40;
	s->field = field;
}

static void read_flags(uint8_t flags, struct scsi_sense *s)
{
	s->filemark = flags & 0x80;
	s->eom = flags & 0x40;
	s->ili = flags & 0x20;
}

/* Behind byte 0.  Old devices send less than 14 bytes: then there is a key and no code. */
static void read_fixed(struct rd *r, bool info_valid, struct scsi_sense *s)
{
	bool cut = false;
	rd_u8(r);
	uint8_t flags = rd_u8(r);
	s->valid = !r->bad;
	read_flags(flags, s);
	s->key = flags & 0xf;
	s->info = rd_be32(r);
	s->has_info = info_valid && !r->bad;
	uint8_t more = rd_u8(r);
	struct rd rest = rd_announced(r, more, &cut);
	rd_bytes(&rest, 4);
	s->asc = rd_u8(&rest);
	s->ascq = rd_u8(&rest);
	s->has_code = !rest.bad;
	if (!s->has_code)
		s->asc = s->ascq = 0;
	rd_u8(&rest); /* field replaceable unit */
	read_field_pointer(&rest, s);
}

static void read_descriptors(struct rd *r, struct scsi_sense *s)
{
	bool cut = false;
	s->key = rd_u8(r) & 0xf;
	s->asc = rd_u8(r);
	s->ascq = rd_u8(r);
	s->valid = s->has_code = !r->bad;
	rd_bytes(r, 3);
	uint8_t more = rd_u8(r);
	struct rd list = rd_announced(r, more, &cut);
	while (!list.bad && rd_left(&list) >= 2) {
		uint8_t type = rd_u8(&list), len = rd_u8(&list);
		struct rd d = rd_announced(&list, len, &cut);
		if (type == 0) { /* information */
			bool is_valid = rd_u8(&d) & 0x80;
			rd_u8(&d);
			s->info = rd_be64(&d);
			s->has_info = is_valid && !d.bad;
		} else if (type == 2) { /* sense key specific */
			rd_be16(&d);
			read_field_pointer(&d, s);
		} else if (type == 4) { /* stream commands */
			rd_u8(&d);
			read_flags(rd_u8(&d), s);
		}
	}
}

bool scsi_sense_read(struct span bytes, struct scsi_sense *s)
{
	struct rd r = rd_over(bytes.data, bytes.len);
	*s = (struct scsi_sense){0};
	uint8_t first = rd_u8(&r);
	s->deferred = (first & 0x7f) == 0x71 || (first & 0x7f) == 0x73;
	switch (first & 0x7f) {
	case 0x70:
	case 0x71: read_fixed(&r, first & 0x80, s); break;
	case 0x72:
	case 0x73: read_descriptors(&r, s); break;
	default: break;
	}
	if (!s->valid)
		*s = (struct scsi_sense){0};
	return s->valid;
}

bool scsi_sense_is(const struct scsi_sense *s, uint8_t key, uint8_t asc, uint8_t ascq)
{
	return s->valid && s->key == key && s->asc == asc && s->ascq == ascq;
}

/* ---- words ---- */

const char *scsi_sense_key(uint8_t key)
{
	static const char *const names[16] = {
		"NO SENSE",	  "RECOVERED ERROR", "NOT READY",	"MEDIUM ERROR",
		"HARDWARE ERROR", "ILLEGAL REQUEST", "UNIT ATTENTION",	"DATA PROTECT",
		"BLANK CHECK",	  "VENDOR SPECIFIC", "COPY ABORTED",	"ABORTED COMMAND",
		"RESERVED",	  "VOLUME OVERFLOW", "MISCOMPARE",	"COMPLETED",
	};
	return names[key & 0xf];
}

#define ADVICE_LIBRARY \
	"the drive takes its keys from the library or a key manager; set its encryption method to application managed there"
#define ADVICE_MANAGER "look at the library's or key manager's log: the drive waits for them"
#define ADVICE_KEY "load the key of this volume: xflate key probe finds it, xflate key load loads it"

/* The first entry that fits counts: particular ones stand before general ones. */
static const struct entry {
	uint8_t key, asc, ascq;
	const char *meaning, *advice;
} table[] = {
	{ANY, 0x00, 0x01, "file mark", NULL},
	{ANY, 0x00, 0x02, "end of the partition or medium", NULL},
	{ANY, 0x00, 0x04, "beginning of the partition or medium", NULL},
	{ANY, 0x00, 0x05, "end of data", NULL},
	{ANY, 0x00, 0x17, "cleaning requested", "clean the drive"},
	{ANY, 0x04, 0x00, "not ready, the drive does not say why", "wait, then try again"},
	{ANY, 0x04, 0x01, "becoming ready", "wait, then try again (--wait SECONDS)"},
	{ANY, 0x04, 0x02, "not ready: the cartridge must be loaded", "mt -f DEVICE load"},
	{ANY, 0x04, 0x03, "not ready: someone must look at the drive", NULL},
	{ANY, 0x04, 0x07, "not ready: an operation is in progress", "wait, then try again (--wait SECONDS)"},
	{ANY, 0x04, 0x12, "offline", "set the drive online at the library"},
	{ANY, 0x04, ANY, "not ready", "wait, then try again (--wait SECONDS)"},
	{ANY, 0x08, 0x00, "the logical unit does not communicate", "check cables and the library"},
	{ANY, 0x08, 0x01, "the logical unit timed out", "check cables and the library"},
	{ANY, 0x09, ANY, "track following error", NULL},
	{ANY, 0x0b, ANY, "warning of the drive", "see xflate alerts"},
	{ANY, 0x0c, ANY, "write error", "see xflate alerts; clean the drive, try another cartridge"},
	{ANY, 0x11, ANY, "unrecovered read error", "see xflate alerts; clean the drive, try another drive"},
	{ANY, 0x14, 0x03, "end of data not found", "the medium is blank, or its end was never written"},
	{ANY, 0x14, ANY, "what was looked for is not on the medium", NULL},
	{ANY, 0x15, ANY, "positioning error", NULL},
	{ANY, 0x1a, 0x00, "wrong length of the parameter list", "the drive's firmware wants another form of this page"},
	{ANY, 0x20, 0x00, "the drive does not know this command",
	 "a drive that answers so to SECURITY PROTOCOL cannot encrypt, or its encryption licence is missing"},
	{ANY, 0x21, ANY, "address out of range", NULL},
	{ANY, 0x24, 0x00, "invalid field in the command",
	 "the drive does not know this page, or its firmware is picky about lengths"},
	{ANY, 0x25, 0x00, "there is no such logical unit", NULL},
	{ANY, 0x26, 0x00, "invalid field in the parameter list",
	 "algorithm index, key length, KAD or clear-on-demount does not suit the drive or the medium in it; "
	 "xflate key status DEVICE tells what it takes"},
	{ANY, 0x26, 0x01, "parameter not supported", "xflate key status DEVICE tells what the drive takes"},
	{ANY, 0x26, 0x02, "parameter value invalid", "xflate key status DEVICE tells what the drive takes"},
	{ANY, 0x26, 0x10, "too many wrong keys: the drive takes no more of them",
	 "unload and load the cartridge, or switch the drive off and on; then load the right key"},
	{ANY, 0x26, 0x11, "incomplete key-associated data", "this drive wants a key descriptor: --kad TEXT"},
	{ANY, 0x26, 0x12, "the drive does not know the vendor-specific key reference", NULL},
	{ANY, 0x27, ANY, "write protected", "move the cartridge's write protect switch if that is not meant"},
	{ANY, 0x28, 0x00, "the medium may have been changed", NULL},
	{ANY, 0x28, 0x01, "import or export element accessed", NULL},
	{ANY, 0x29, ANY, "power on or reset: the drive has lost its key", "load the key again"},
	{ANY, 0x2a, 0x01, "mode parameters were changed", NULL},
	{ANY, 0x2a, 0x02, "log parameters were changed", NULL},
	{ANY, 0x2a, 0x03, "reservations were preempted", NULL},
	{ANY, 0x2a, 0x04, "reservations were released", NULL},
	{ANY, 0x2a, 0x11, "the encryption parameters were changed by another initiator", "look who else uses this drive"},
	{ANY, 0x2a, 0x12, "the encryption parameters were changed by a vendor-specific event", NULL},
	{ANY, 0x2a, 0x13, "the key instance counter has changed: another key than the locked one is in the drive",
	 "load the key again; look who else uses this drive"},
	{ANY, 0x2a, ANY, "parameters were changed", NULL},
	{ANY, 0x2c, 0x00, "command sequence error", NULL},
	{ANY, 0x2f, ANY, "commands were cleared by another initiator", NULL},
	{ANY, 0x30, 0x03, "a cleaning cartridge is in the drive", NULL},
	{ANY, 0x30, 0x07, "cleaning failed", NULL},
	{ANY, 0x30, 0x0c, "WORM medium: overwriting attempted", NULL},
	{ANY, 0x30, 0x0d, "WORM medium: integrity check failed", NULL},
	{ANY, 0x30, ANY, "medium of another kind or format than this needs", "use a medium of the drive's generation"},
	{ANY, 0x31, ANY, "the medium's format is corrupted", NULL},
	{ANY, 0x33, ANY, "tape length error", NULL},
	{ANY, 0x37, ANY, "rounded parameter", NULL},
	{ANY, 0x3a, ANY, "no medium", "load a cartridge"},
	{ANY, 0x3b, 0x00, "tape position error", NULL},
	{ANY, 0x3b, 0x0c, "position past the beginning of the medium", NULL},
	{ANY, 0x3b, ANY, "position error", NULL},
	{ANY, 0x3d, ANY, "invalid bits in the identify message", NULL},
	{ANY, 0x3e, ANY, "the drive has not configured itself, or failed its self-test", NULL},
	{ANY, 0x3f, 0x01, "the microcode was changed", NULL},
	{ANY, 0x3f, ANY, "operating conditions have changed", NULL},
	{ANY, 0x40, ANY, "diagnostic failure of a component", "service the drive"},
	{ANY, 0x43, ANY, "message error", NULL},
	{ANY, 0x44, ANY, "internal failure of the drive", "switch it off and on; service the drive"},
	{ANY, 0x45, ANY, "select or reselect failure", NULL},
	{ANY, 0x47, ANY, "transfer error on the bus", "check cables"},
	{ANY, 0x48, ANY, "initiator detected error", NULL},
	{ANY, 0x49, ANY, "invalid message", NULL},
	{ANY, 0x4b, ANY, "data phase error", "check cables"},
	{ANY, 0x4e, 0x00, "overlapped commands", NULL},
	{ANY, 0x50, ANY, "append error", NULL},
	{ANY, 0x51, ANY, "erase failure", NULL},
	{ANY, 0x52, ANY, "cartridge fault", "try another cartridge"},
	{ANY, 0x53, 0x02, "removal of the medium is prevented", "the software that locked it must unlock it"},
	{ANY, 0x53, ANY, "load or eject failed", "see xflate alerts"},
	{ANY, 0x55, ANY, "no resources in the drive", "wait, then try again"},
	{ANY, 0x5a, ANY, "operator request at the drive", NULL},
	{ANY, 0x5d, ANY, "the drive expects to fail", "service the drive"},
	{ANY, 0x74, 0x00, "security error", ADVICE_KEY},
	{ANY, 0x74, 0x01, "unable to decrypt: there is no key in the drive, or decryption is off", ADVICE_KEY},
	{ANY, 0x74, 0x02, "a block that is not encrypted, while the drive is to decrypt",
	 "load the key with --mode mixed to read clear blocks, too"},
	{ANY, 0x74, 0x03, "wrong key", ADVICE_KEY "; ten wrong ones lock some drives"},
	{ANY, 0x74, 0x04, "the block's integrity check failed", "the block is damaged or forged; try another drive"},
	{ANY, 0x74, 0x05, "error while decrypting", "try again, then try another drive"},
	{ANY, 0x74, 0x06, "unknown signature verification key", NULL},
	{ANY, 0x74, 0x07, "the encryption parameters cannot be used", "load the key again"},
	{ANY, 0x74, 0x08, "digital signature check failed", NULL},
	{ANY, 0x74, 0x09, "the block's encryption mode is another than the drive's", "load the key with --mode mixed"},
	{ANY, 0x74, 0x0a, "the block was written as not to be read raw", "load its key instead of reading raw"},
	{ANY, 0x74, 0x0b, "wrong encryption parameters", "load the key again"},
	{ANY, 0x74, 0x0c, "the drive cannot decrypt the parameter list", NULL},
	{ANY, 0x74, 0x0d, "the encryption algorithm is disabled", NULL},
	{ANY, 0x74, 0x40, "authentication failed", NULL},
	{ANY, 0x74, 0x61, "the external key manager cannot be reached", ADVICE_MANAGER},
	{ANY, 0x74, 0x62, "the external key manager answered with an error", ADVICE_MANAGER},
	{ANY, 0x74, 0x63, "the external key manager has no such key", ADVICE_MANAGER},
	{ANY, 0x74, 0x64, "the external key manager does not authorise this request", ADVICE_MANAGER},
	{ANY, 0x74, 0x6e, "the external control of encryption timed out", ADVICE_LIBRARY},
	{ANY, 0x74, 0x6f, "error of the external control of encryption", ADVICE_LIBRARY},
	{ANY, 0x74, 0x71, "access to the logical unit is not authorised", NULL},
	{ANY, 0x74, ANY, "security error", ADVICE_KEY},
	/* IBM LTO and TS11x0, also as sold by Dell, Lenovo and others. */
	{ANY, 0xee, 0x00, "IBM: the key service is not enabled", ADVICE_LIBRARY},
	{ANY, 0xee, 0x01, "IBM: the key service is not configured", ADVICE_LIBRARY},
	{ANY, 0xee, 0x02, "IBM: the key service is not available", ADVICE_MANAGER},
	{ANY, 0xee, 0x0d, "IBM: wrong content of a message of the key manager", ADVICE_MANAGER},
	{ANY, 0xee, 0x0e, "IBM: the key service timed out", ADVICE_MANAGER},
	{ANY, 0xee, 0x0f, "IBM: the key service failed", ADVICE_MANAGER},
	{5, 0xee, 0x10, "IBM: a key is required", ADVICE_LIBRARY},
	{ANY, 0xee, 0x11, "IBM: key generation asked for", ADVICE_LIBRARY},
	{ANY, 0xee, 0x12, "IBM: a key change was detected", NULL},
	{ANY, 0xee, 0x13, "IBM: key translation asked for", ADVICE_LIBRARY},
	{ANY, 0xee, 0x18, "IBM: encryption was changed before a read", NULL},
	{ANY, 0xee, 0x19, "IBM: encryption was changed before a write", NULL},
	{ANY, 0xee, 0x20, "IBM: too many keys", NULL},
	{ANY, 0xee, 0x21, "IBM: too many key aliases", NULL},
	{ANY, 0xee, 0x22, "IBM: the key is reserved", NULL},
	{ANY, 0xee, 0x23, "IBM: key conflict", NULL},
	{ANY, 0xee, 0x24, "IBM: the key method was changed", ADVICE_LIBRARY},
	{ANY, 0xee, 0x25, "IBM: key format not supported", ADVICE_MANAGER},
	{ANY, 0xee, 0x29, "IBM: authentication failed", ADVICE_MANAGER},
	{ANY, 0xee, 0x2b, "IBM: wrong key", ADVICE_KEY},
	{ANY, 0xee, 0x2c, "IBM: key wrapping failed", ADVICE_MANAGER},
	{ANY, 0xee, 0x2f, "IBM: a write with a new key is pending", NULL},
	{ANY, 0xee, 0x30, "IBM: prohibited request", ADVICE_LIBRARY},
	{ANY, 0xee, 0x31, "IBM: the key is unknown", ADVICE_MANAGER},
	{ANY, 0xee, 0x40, "IBM: the key manager's identifier was changed", NULL},
	{ANY, 0xee, 0x41, "IBM: the key manager's challenge was changed", NULL},
	{ANY, 0xee, 0x42, "IBM: a challenge of the key manager is pending", ADVICE_MANAGER},
	{3, 0xee, 0xd1, "IBM: what was just written could not be decrypted", "the drive's encryption is faulty: service it"},
	{ANY, 0xee, 0xe0, "IBM: key translation failed", ADVICE_MANAGER},
	{ANY, 0xee, 0xe1, "IBM: key translation is ambiguous", ADVICE_MANAGER},
	{ANY, 0xee, 0xe2, "IBM: key translation is not allowed", ADVICE_MANAGER},
	{ANY, 0xee, 0xf0, "IBM: decryption is fenced", "service the drive"},
	{ANY, 0xee, 0xf1, "IBM: encryption is fenced", "service the drive"},
	{ANY, 0xee, 0xff, "IBM: a function that security forbids", ADVICE_LIBRARY},
	{ANY, 0xee, ANY, "IBM: encryption", ADVICE_LIBRARY},
	{ANY, 0xef, 0x01, "IBM: the key service is not configured", ADVICE_LIBRARY},
	{ANY, 0xef, 0x10, "IBM: a key is required", ADVICE_MANAGER},
	{ANY, 0xef, 0x11, "IBM: key generation asked for", ADVICE_MANAGER},
	{ANY, 0xef, 0x13, "IBM: key translation asked for", ADVICE_MANAGER},
	{ANY, 0xef, 0x1a, "IBM: a key is optional", ADVICE_LIBRARY},
	{ANY, 0xef, 0x31, "IBM: the key is unknown", ADVICE_MANAGER},
	{ANY, 0xef, 0xc0, "IBM: encryption: no operation", ADVICE_MANAGER},
	{ANY, 0xef, ANY, "IBM: encryption, keys by the library or a key manager", ADVICE_LIBRARY},
};

const char *scsi_sense_meaning(const struct scsi_sense *s, const char **advice)
{
	*advice = NULL;
	for (size_t i = 0; s->has_code && i < sizeof table / sizeof table[0]; i++) {
		const struct entry *t = &table[i];
		if ((t->key == ANY || t->key == s->key) && t->asc == s->asc && (t->ascq == ANY || t->ascq == s->ascq)) {
			*advice = t->advice;
			return t->meaning;
		}
	}
	if (!s->has_code || (s->asc == 0 && s->ascq == 0))
		return "nothing more is said";
	return s->asc >= 0x80 || s->ascq >= 0x80 ? "a vendor's own code" : "a code that is not in xflate's table";
}

void scsi_sense_describe(const struct scsi_sense *s, bool set_page, char text[static SCSI_SENSE_TEXT_BYTES])
{
	const char *advice;
	if (!s->valid) {
		snprintf(text, SCSI_SENSE_TEXT_BYTES, "no sense data");
		return;
	}
	int n = snprintf(text, SCSI_SENSE_TEXT_BYTES, "%x/%02x/%02x %s%s: %s", s->key, s->asc, s->ascq, scsi_sense_key(s->key),
			 s->deferred ? " of an earlier command" : "", scsi_sense_meaning(s, &advice));
	if (s->has_field && n > 0 && n < SCSI_SENSE_TEXT_BYTES)
		snprintf(text + n, SCSI_SENSE_TEXT_BYTES - (size_t)n, " (byte %u%s%s)", s->field,
			 s->in_cdb ? " of the command" : set_page ? ", " : "",
			 !s->in_cdb && set_page ? scsi_set_field(s->field) : "");
}
