/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vendors' codes, and the standard's where a vendor means something else or more by them; finding both; causes in words. */
#include "tape/sense_table.h"

#include <string.h>
#include <strings.h>

#define ANY 0xffffu
#define K(n) (1u << (n))
#define I SENSE_IBM
#define H SENSE_HP
#define Q SENSE_QUANTUM

#define METHOD SENSE_METHOD
#define WRONG SENSE_WRONG_KEY
#define REQUEST SENSE_REQUEST
#define INFORMATION SENSE_INFORMATION
#define LIBRARY SENSE_LIBRARY

#define NEW_IMAGE "get the firmware image for just this drive"

/* clang-format off: a table */
static const struct sense_entry entries[] = {
	/* ---- IBM, keys by a manager ---- */
	{ANY, 0xee, 0x00, 0x00, METHOD, "the key service is not enabled", NULL, I},
	{ANY, 0xee, 0x01, 0x01, METHOD, "the key service is not configured", NULL, I},
	{ANY, 0xee, 0x02, 0x02, METHOD, "the key service is not available", NULL, I},
	{ANY, 0xee, 0x0d, 0x0d, METHOD, "wrong content of a message of the key manager", NULL, I},
	{ANY, 0xee, 0x0e, 0x0e, METHOD, "the key service timed out", NULL, I},
	{ANY, 0xee, 0x0f, 0x0f, METHOD, "the key service failed", NULL, I},
	{ANY, 0xee, 0x10, 0x10, METHOD, "a key is required", NULL, I},
	{ANY, 0xee, 0x11, 0x11, METHOD, "key generation asked for", NULL, I},
	{ANY, 0xee, 0x12, 0x12, SENSE_KEY, "a key change was detected: the next block has another key", NULL, I},
	{ANY, 0xee, 0x13, 0x13, METHOD, "key translation asked for", NULL, I},
	{ANY, 0xee, 0x18, 0x18, INFORMATION, "encryption was changed since the last read", NULL, I},
	{ANY, 0xee, 0x19, 0x19, INFORMATION, "encryption was changed since the last write", NULL, I},
	{ANY, 0xee, 0x20, 0x20, REQUEST, "too many keys", NULL, I},
	{ANY, 0xee, 0x21, 0x21, REQUEST, "key aliases that are too long or too many", NULL, I},
	{ANY, 0xee, 0x22, 0x22, REQUEST, "the key is reserved", NULL, I},
	{ANY, 0xee, 0x23, 0x23, REQUEST, "key conflict", NULL, I},
	{ANY, 0xee, 0x24, 0x24, METHOD, "the key management method was changed", NULL, I},
	{ANY, 0xee, 0x25, 0x25, REQUEST, "key format not supported", NULL, I},
	{ANY, 0xee, 0x26, 0x26, METHOD, "unauthorised request: dAK, an authentication key", NULL, I},
	{ANY, 0xee, 0x27, 0x27, METHOD, "unauthorised request: dSK, a session key", NULL, I},
	{ANY, 0xee, 0x28, 0x28, METHOD, "unauthorised request: eAK, an authentication key", NULL, I},
	{ANY, 0xee, 0x29, 0x29, METHOD, "authentication failed", NULL, I},
	{ANY, 0xee, 0x2a, 0x2a, METHOD, "invalid index of a random data key (RDKi)", NULL, I},
	{ANY, 0xee, 0x2b, 0x2b, WRONG, "wrong key", NULL, I},
	{ANY, 0xee, 0x2c, 0x2c, METHOD, "key wrapping failed", NULL, I},
	{ANY, 0xee, 0x2d, 0x2d, METHOD, "messages of the key manager out of sequence", NULL, I},
	{ANY, 0xee, 0x2e, 0x2e, METHOD, "unsupported type of a key or message", NULL, I},
	{ANY, 0xee, 0x2f, 0x2f, SENSE_WAIT, "a write with a new key is pending", NULL, I},
	{ANY, 0xee, 0x30, 0x30, METHOD, "prohibited request", NULL, I},
	{ANY, 0xee, 0x31, 0x31, WRONG, "the key is unknown",
	 "look at the key manager's log; or xflate key probe finds the key, xflate key load loads it", I},
	{ANY, 0xee, 0x32, 0x32, METHOD, "unauthorised request: dCERT, a certificate", NULL, I},
	{ANY, 0xee, 0x40, 0x40, INFORMATION, "the key manager's identifier was changed", NULL, I},
	{ANY, 0xee, 0x41, 0x41, INFORMATION, "the key manager's challenge was changed", NULL, I},
	{ANY, 0xee, 0x42, 0x42, SENSE_WAIT, "a challenge of the key manager is pending", NULL, I},
	{ANY, 0xee, 0x50, 0x50, INFORMATION, "the initiator's identifier was changed", NULL, I},
	{ANY, 0xee, 0x51, 0x51, INFORMATION, "the initiator's response was changed", NULL, I},
	{ANY, 0xee, 0x60, 0x60, METHOD, "command error of the key proxy", NULL, I},
	{ANY, 0xee, 0xd0, 0xd0, WRONG, "the block that was read could not be decrypted", NULL, I},
	{ANY, 0xee, 0xd1, 0xd1, SENSE_HARDWARE, "what was just written could not be decrypted: the drive's encryption is faulty", NULL, I},
	{ANY, 0xee, 0xe0, 0xe0, METHOD, "key translation failed", NULL, I},
	{ANY, 0xee, 0xe1, 0xe1, METHOD, "key translation is ambiguous", NULL, I},
	{ANY, 0xee, 0xe2, 0xe2, METHOD, "key translation is not allowed", NULL, I},
	{ANY, 0xee, 0xf0, 0xf0, SENSE_HARDWARE, "decryption is fenced off", NULL, I},
	{ANY, 0xee, 0xf1, 0xf1, SENSE_HARDWARE, "encryption is fenced off", NULL, I},
	{ANY, 0xee, 0xff, 0xff, METHOD, "a function that security forbids", NULL, I},
	{ANY, 0xee, 0x00, 0xfe, METHOD, "encryption, a code that is not known", NULL, I},
	{ANY, 0xef, 0x01, 0x01, METHOD, "the key service is not configured", NULL, I},
	{ANY, 0xef, 0x10, 0x10, METHOD, "a key is required", NULL, I},
	{ANY, 0xef, 0x11, 0x11, METHOD, "key generation asked for", NULL, I},
	{ANY, 0xef, 0x13, 0x13, METHOD, "key translation asked for", NULL, I},
	{ANY, 0xef, 0x1a, 0x1a, METHOD, "a key is optional, clear writing is allowed, too", NULL, I},
	{ANY, 0xef, 0x31, 0x31, METHOD, "the key is unknown", NULL, I},
	{ANY, 0xef, 0xa0, 0xa0, METHOD, "a key is required, by the method of T10", NULL, I},
	{ANY, 0xef, 0xa1, 0xa1, METHOD, "key generation asked for, by the method of T10", NULL, I},
	{ANY, 0xef, 0xc0, 0xc0, METHOD, "encryption: no operation, the command is to be repeated", NULL, I},
	{ANY, 0xef, 0x00, 0xff, METHOD, "encryption, keys by the library or a key manager", NULL, I},
	/* ---- codes of their own ---- */
	{ANY, 0x82, 0x82, 0x82, SENSE_CLEAN, "the drive wants to be cleaned", NULL, I | H | Q},
	{K(6), 0x82, 0x83, 0x83, INFORMATION, "the drive has been cleaned (old firmware)", NULL, I},
	{ANY, 0x82, 0x83, 0x83, SENSE_FIRMWARE, "a bad firmware image", NEW_IMAGE, I | H | Q},
	{ANY, 0x82, 0x52, 0x52, SENSE_WORN, "the medium is degraded", NULL, I | Q},
	{ANY, 0x83, 0x83, 0x83, INFORMATION, "the drive has been cleaned", NULL, I | Q},
	{ANY, 0x80, 0x00, 0x00, METHOD, "the drive is in control-unit mode", NULL, I | Q},
	{K(1) | K(6), 0x85, 0x00, 0x00, INFORMATION, "the limit of a search list is reached", NULL, I | Q},
	{K(1), 0x85, 0x01, 0x01, INFORMATION, "a search has found what it looked for", NULL, I | Q},
	{ANY, 0x85, 0x00, 0x00, SENSE_PROTECTED, "write protected because of a failure of tape or drive",
	 "copy what is on the cartridge; see xflate alerts", I | Q},
	{ANY, 0x85, 0x01, 0x01, SENSE_PROTECTED, "write protected because of a failure of the tape",
	 "copy what is on the cartridge, then retire it", I | Q},
	{ANY, 0x85, 0x02, 0x02, SENSE_PROTECTED, "write protected because of a failure of the drive", "call service for the drive", I | Q},
	{ANY, 0x85, 0x03, 0x03, SENSE_PROTECTED, "write protected at this place of the tape", "append at the end of data", I | Q},
	{ANY, 0xa3, 0x01, 0x01, REQUEST, "a condition of the drive's seller (OEM)", NULL, I},
	{ANY, 0x47, 0x80, 0x80, SENSE_HARDWARE, "internal CRC error in the drive, while reading", NULL, I | Q},
	{ANY, 0x47, 0x81, 0x81, SENSE_HARDWARE, "internal CRC error in the drive, while writing", NULL, I | Q},
	{ANY, 0x04, 0x83, 0x83, LIBRARY, "library: an aisle has no power", NULL, Q},
	{ANY, 0x04, 0x8d, 0x8d, LIBRARY, "library: an aisle is off line", NULL, Q},
	{ANY, 0x08, 0x80, 0x88, SENSE_CABLE, "library: the link to the drive failed", NULL, Q},
	{ANY, 0x08, 0xb0, 0xb7, SENSE_CABLE, "library: the link to the drive failed", NULL, Q},
	{ANY, 0x3b, 0xa0, 0xa0, LIBRARY, "library: the type of medium does not fit", NULL, Q},
	{ANY, 0x53, 0x81, 0x81, LIBRARY, "library: the mail slot is open", "close it", Q},
	{ANY, 0x53, 0x82, 0x82, LIBRARY, "library: the mail slot cannot be locked", NULL, Q},
	{ANY, 0x53, 0x83, 0x83, LIBRARY, "library: the mail slot cannot be unlocked", NULL, Q},
	{K(3), 0x83, 0x90, 0x94, SENSE_PROTECTED, "making a WORM tape failed (DLT-S4)", NULL, Q},
	{K(3), 0x31, 0x94, 0x94, SENSE_PROTECTED, "WORM integrity failed (DLT-S4)",
	 "somebody may have tampered with it: verify what is on it", Q},
	{K(4) | K(5), 0x83, 0x04, 0x04, LIBRARY, "library: the drive is not installed", NULL, Q},
	{K(4) | K(5), 0x83, 0x05, 0x05, LIBRARY, "library: the drive is off line", "set it online at the library's panel", Q},
	{K(4) | K(5), 0x83, 0x06, 0x06, LIBRARY, "library: the element cannot be reached", NULL, Q},
	{K(4) | K(5), 0x83, 0x00, 0x03, LIBRARY, "library: barcode or label is not usable", "look at the barcode", Q},
	{ANY, 0x80, 0x01, 0x01, SENSE_CLEAN, "library (ESL9000): the drive wants to be cleaned", NULL, H},
	{ANY, 0x26, 0x80, 0x80, METHOD, "invalid certificate of the certification authority", NULL, H},
	{ANY, 0x2a, 0x80, 0x80, METHOD, "the security configuration was changed", NULL, H},
	{ANY, 0x74, 0x80, 0x80, INFORMATION, "key-associated data has changed, no error", NULL, H},
	{ANY, 0x74, 0x82, 0x82, SENSE_WORN, "key-associated data could not be kept in the cartridge memory", NULL, H},
	{ANY, 0x26, 0x90, 0x90, SENSE_FIRMWARE, "wrong firmware image: boot code", NEW_IMAGE, I | H | Q},
	{ANY, 0x26, 0x91, 0x91, SENSE_FIRMWARE, "wrong firmware image: of another personality", NEW_IMAGE, I | H | Q},
	{ANY, 0x26, 0x93, 0x93, SENSE_FIRMWARE, "wrong firmware image: checksum", NEW_IMAGE, I | H | Q},
	/* ---- the standard's codes, and what a vendor means by them ---- */
	{K(7), 0x74, 0x05, 0x05, INFORMATION, "key-associated data differs from that of the last block, no error",
	 "go on reading; on other vendors' drives it is an error of decryption", H},
	{K(2), 0x04, 0x00, 0x00, SENSE_WAIT, "not ready: the cartridge is being unloaded", NULL, H},
	{ANY, 0x27, 0x08, 0x08, SENSE_FULL, "too many blocks and file marks on this partition", "use another cartridge, with larger blocks",
	 H},
	{ANY, 0x53, 0x03, 0x03, SENSE_WAIT, "not enough resources to unload", NULL, H},
	{K(4), 0x03, 0x02, 0x02, SENSE_HARDWARE, "too many write errors: the drive has fenced itself", NULL, I},
	{K(4), 0x04, 0x03, 0x03, SENSE_HARDWARE, "the tape is stuck, or the drive needs service",
	 "do not force it out; call service for the drive", I},
	{K(7), 0x27, 0x00, 0x00, SENSE_PROTECTED, "write protected: by its switch, a defective cartridge memory, or append-only mode", NULL,
	 I},
	{K(5), 0x29, 0x04, 0x04, SENSE_FIRMWARE, "the drive's firmware has failed, and takes no command until its dump is read",
	 "read the dump with the vendor's tool (ITDT), or switch the drive off and on; update the firmware; load keys again", I},
	{K(3), 0x30, 0x00, 0x00, SENSE_WORN, "trouble with the cartridge memory, or a WORM cartridge that was tampered with", NULL, I},
	{K(7), 0x30, 0x00, 0x00, SENSE_PROTECTED, "this generation of medium can only be read here",
	 "use a medium of the drive's generation", I},
	{K(5), 0x2c, 0x00, 0x00, SENSE_POSITION, "the place on the tape is not known after a recovery in the middle of it",
	 "rewind, locate or load first", I},
	{K(5), 0x3b, 0x00, 0x00, SENSE_POSITION, "ALLOW OVERWRITE named another place than the tape's", NULL, I},
	{K(5), 0x3b, 0x0c, 0x0c, SENSE_POSITION, "the command wants the tape at its beginning", "rewind it", I},
	{ANY, 0x44, 0x00, 0x00, SENSE_HARDWARE, "internal failure of the drive, or it must be cleaned",
	 "clean the drive; switch it off and on; call service for the drive", I},
	{K(4), 0x52, 0x00, 0x00, SENSE_WORN, "the tape is loose or not attached, or the cartridge cannot be initialized",
	 "try another cartridge", I},
	{K(7), 0x52, 0x00, 0x00, SENSE_CLEAN, "a bad cleaning cartridge", "take a new one", I},
	{K(5), 0x74, 0x08, 0x08, SENSE_FIRMWARE, "the signature of the firmware image is wrong", NEW_IMAGE, I},
};
/* clang-format on */

const struct sense_list sense_vendors = {entries, sizeof entries / sizeof entries[0]};

/* ---- finding ---- */

const struct sense_entry *sense_find(const struct sense_list *list, const struct sense_entry *after, unsigned vendors, uint8_t key,
				     uint8_t asc, uint8_t ascq)
{
	const struct sense_entry *t = after ? after + 1 : list->entries, *end = list->entries + list->count;
	for (; t < end; t++) {
		bool whose = vendors == 0 || (t->vendors & vendors) != 0;
		if (whose && (t->keys >> (key & 0xf) & 1) != 0 && t->asc == asc && t->first <= ascq && ascq <= t->last)
			return t;
	}
	return NULL;
}

/* ---- words ---- */

static const struct {
	const char *name, *advice;
} causes[SENSE_CAUSES] = {
	[SENSE_INFORMATION] = {"informational: nothing is wrong", NULL},
	[SENSE_RECOVERED] = {"recovered: the command has succeeded", "nothing to do now; if it comes often, see xflate alerts"},
	[SENSE_DRILL] = {"a drill: nothing is wrong", "nothing to do: somebody tests the alarm"},
	[SENSE_KEY] = {"a key must be loaded", "load the key of this volume: xflate key probe finds it, xflate key load loads it"},
	[SENSE_WRONG_KEY] = {"a wrong key, or none", "another key is needed: xflate key probe finds it, xflate key load loads it"},
	[SENSE_METHOD] = {"key management: keys come from the library or a key manager",
			  "look at the library's or key manager's log; or set the drive's encryption method to application managed there"},
	[SENSE_WAIT] = {"not ready yet", "wait, then try again (--wait SECONDS)"},
	[SENSE_LOADING] = {"not ready yet",
			   "wait, then try again (--wait SECONDS); a new LTO-9 cartridge takes up to two hours once: do not interrupt it"},
	[SENSE_PROTECTED] =
		{"write protection",
		 "move the cartridge's write protect switch if that is not meant; use another cartridge if that is WORM or read-only here"},
	[SENSE_NO_ENCRYPTION] = {"not supported", "this cannot be encrypted by the drive"},
	[SENSE_CLEAN] = {"cleaning", "clean the drive"},
	[SENSE_WORN] = {"a bad or worn medium", "see xflate alerts; clean the drive, copy what can be read, retire the cartridge"},
	[SENSE_HARDWARE] = {"hardware", "see xflate alerts; switch the drive off and on; if it comes again, call service for the drive"},
	[SENSE_FIRMWARE] = {"firmware", "look for newer firmware of the drive"},
	[SENSE_CABLE] = {"the way between host and drive", "check cables, connectors, host adapter and its driver; repeat the command"},
	[SENSE_OTHER_HOST] = {"another host or program", "look who else uses this drive"},
	[SENSE_POSITION] = {"the place on the tape", NULL},
	[SENSE_FULL] = {"the end of the medium", "go on with another cartridge"},
	[SENSE_REQUEST] = {"a request that the drive does not take",
			   "xflate key status DEVICE tells what the drive takes; newer firmware may help"},
	[SENSE_LIBRARY] = {"handling of cartridges", "look at the library and its cartridges"},
};

const char *sense_cause_name(enum sense_cause cause)
{
	return causes[cause].name;
}

const char *sense_cause_advice(enum sense_cause cause)
{
	return causes[cause].advice;
}

enum sense_cause sense_key_cause(uint8_t key)
{
	static const uint8_t of_key[16] = {
		SENSE_INFORMATION, SENSE_RECOVERED, SENSE_WAIT,     SENSE_WORN,        SENSE_HARDWARE, SENSE_REQUEST,
		SENSE_INFORMATION, SENSE_PROTECTED, SENSE_POSITION, SENSE_REQUEST,     SENSE_REQUEST,  SENSE_CABLE,
		SENSE_REQUEST,     SENSE_FULL,      SENSE_WORN,     SENSE_INFORMATION,
	};
	return of_key[key & 0xf];
}

const char *sense_vendor_name(unsigned vendors)
{
	static const char *const names[] = {"", "IBM", "HP", "IBM, HP", "Quantum", "IBM, Quantum", "HP, Quantum", "IBM, HP, Quantum"};
	return names[vendors & SENSE_VENDORS];
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

/* Dell and Lenovo sell IBM's drives.  From LTO-9 on HPE's answer with IBM's medium types, and maybe its codes. */
unsigned sense_vendor_of(const char *vendor, const char *product)
{
	if (begins(vendor, "HP"))
		return begins(product, "Ultrium 9") || begins(product, "Ultrium 10") ? SENSE_HP | SENSE_IBM : SENSE_HP;
	if (begins(vendor, "IBM") || begins(vendor, "DELL") || begins(vendor, "LENOVO") || begins(product, "ULT3580") ||
	    begins(product, "03592"))
		return SENSE_IBM;
	return begins(vendor, "QUANTUM") ? SENSE_QUANTUM : 0;
}
