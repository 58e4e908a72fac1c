/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI of tape drives as bytes: CDBs, pages of SECURITY PROTOCOL IN and OUT.  No I/O.
 *
 * Every reader takes what the device has transferred, believes no length beyond it, and returns false for an answer that
 * is too short or of another page.  Sources: SPC-4, SSC-4, formats/keys-and-drives.md 5. */
#ifndef SCSI_H
#define SCSI_H

#include "base/bytes.h"

/* ---- CDBs ---- */

#define SCSI_CDB_MAX_BYTES 16

struct scsi_cdb {
	uint8_t bytes[SCSI_CDB_MAX_BYTES];
	size_t len;
};

#define SCSI_PROTOCOL_INFORMATION 0x00 /* which protocols there are */
#define SCSI_PROTOCOL_TAPE 0x20        /* tape data encryption */

enum scsi_page {
	SCSI_PAGE_PROTOCOLS = 0x0000, /* of protocol 00h */
	SCSI_PAGE_IN_PAGES = 0x0000,  /* of protocol 20h */
	SCSI_PAGE_OUT_PAGES = 0x0001,
	SCSI_PAGE_CAPABILITIES = 0x0010, /* in */
	SCSI_PAGE_SET = 0x0010,          /* out */
	SCSI_PAGE_KEY_FORMATS = 0x0011,
	SCSI_PAGE_MANAGEMENT = 0x0012,
	SCSI_PAGE_STATUS = 0x0020,
	SCSI_PAGE_NEXT_BLOCK = 0x0021,
	SCSI_PAGE_RANDOM = 0x0030,
	SCSI_PAGE_WRAPPING_KEY = 0x0031,
};

/* A page and its header: what bscrypto asks for. */
#define SCSI_PAGE_MAX_BYTES 8196u

/* Each makes one CDB.  room: bytes that the answer may have; len: bytes that are sent. */
struct scsi_cdb scsi_make_test_unit_ready(void);
struct scsi_cdb scsi_make_request_sense(uint8_t room);
struct scsi_cdb scsi_make_inquiry(uint16_t room);
struct scsi_cdb scsi_make_inquiry_vpd(uint8_t page, uint16_t room);
/* Current cumulative values, as sg_logs and smartmontools ask for them. */
struct scsi_cdb scsi_make_log_sense(uint8_t page, uint16_t room);
struct scsi_cdb scsi_make_security_in(uint8_t protocol, uint16_t page, uint32_t room);
/* Another room for SECURITY PROTOCOL IN or REPORT SUPPORTED OPERATION CODES: where it is, is the same. */
#define SCSI_CDB_ROOM_BYTE 6
void scsi_set_room(struct scsi_cdb *c, uint32_t room);
struct scsi_cdb scsi_make_security_out(uint8_t protocol, uint16_t page, uint32_t len);
/* Attributes of the cartridge memory from number first on. */
struct scsi_cdb scsi_make_read_attribute(uint16_t first, uint32_t room);
struct scsi_cdb scsi_make_mode_sense(uint8_t page, uint8_t room);
struct scsi_cdb scsi_make_read_position(void);
struct scsi_cdb scsi_make_rewind(void);
/* REPORT SUPPORTED OPERATION CODES: all commands, with timeouts descriptors. */
struct scsi_cdb scsi_make_report_opcodes(uint32_t room);
/* One block of variable length; shorter ones are no error. */
struct scsi_cdb scsi_make_read(uint32_t room);

/* ---- key-associated data ---- */

enum scsi_kad_type { SCSI_KAD_U = 0, SCSI_KAD_A = 1, SCSI_KAD_NONCE = 2, SCSI_KAD_M = 3, SCSI_KAD_WRAPPED = 4 };

#define SCSI_KADS_MAX 8
#define SCSI_KAD_MAX_BYTES 256

struct scsi_kad {
	uint8_t type;
	uint8_t authenticated; /* 0 none said, 1 not covered, 2 not tried, 3 authenticated, 4 failed */
	uint16_t len;
	uint8_t data[SCSI_KAD_MAX_BYTES];
};

struct scsi_kads {
	unsigned count;
	bool cut;       /* more was announced than was transferred, or than there is room for */
	bool unordered; /* types do not ascend: a device that breaks the rule */
	struct scsi_kad kads[SCSI_KADS_MAX];
};

/* "U-KAD" and so on; "KAD type 9" is not a constant, so NULL. */
const char *scsi_kad_name(uint8_t type);

/* NULL if there is none of that type. */
const struct scsi_kad *scsi_find_kad(const struct scsi_kads *kads, uint8_t type);

/* ---- SECURITY PROTOCOL IN ---- */

/* Protocol 00h page 0000h: is protocol listed? */
bool scsi_read_protocols(struct span answer, uint8_t protocol, bool *listed);

/* Protocol 20h, pages 0000h and 0001h: is page listed? */
bool scsi_read_page_list(struct span answer, uint16_t list, uint16_t page, bool *listed);

/* Page 0031h: the public key that keys for this drive can be wrapped with; key points into answer. */
bool scsi_read_wrapping_key(struct span answer, uint32_t *type, uint32_t *format, struct span *key);

/* Page 0011h: bit n for format n (0 plain, 1 vendor reference, 2 wrapped, 3 ESP-SCSI). */
bool scsi_read_key_formats(struct span answer, unsigned *formats);

/* Page 0012h. */
struct scsi_management {
	bool lock, ckod, ckorp, ckorl, all_nexus, local, public;
};

/* As all readers here. */
bool scsi_read_management(struct span answer, struct scsi_management *m);

/* Page 0020h. */
struct scsi_status {
	uint8_t nexus_scope, key_scope;
	uint8_t encryption; /* 0 disable, 1 external, 2 encrypt */
	uint8_t decryption; /* 0 disable, 1 raw, 2 decrypt, 3 mixed */
	uint8_t algorithm;
	uint32_t counter; /* key instances */
	uint8_t control;  /* 0 not reported, 1 application, 2 drive, 3 library, 4 management interface */
	bool vcelb;       /* the volume contains encrypted blocks */
	uint8_t ceems;
	bool rdmd;
	uint8_t kad_format; /* 0 not specified, 1 binary key name, 2 ASCII key name */
	uint16_t supplemental;
	struct scsi_kads kads; /* of the key in the drive */
};

/* As all readers here; so are those below. */
bool scsi_read_status(struct span answer, struct scsi_status *s);

/* Page 0021h. */
enum scsi_block {
	SCSI_BLOCK_UNKNOWN = 0,
	SCSI_BLOCK_UNKNOWN_NOW = 1,
	SCSI_BLOCK_NONE = 2, /* not a logical block: a file mark, the end of data */
	SCSI_BLOCK_CLEAR = 3,
	SCSI_BLOCK_OTHER_ALGORITHM = 4,
	SCSI_BLOCK_DECRYPTABLE = 5,
	SCSI_BLOCK_LOCKED = 6, /* encrypted, and the key is missing or wrong */
};

struct scsi_next_block {
	uint64_t object;     /* logical object number */
	uint8_t compression; /* 0 to 4 as encryption 0 to 3; 4 compressed */
	uint8_t encryption;  /* enum scsi_block */
	uint8_t algorithm;
	bool emes, rdmds;
	uint8_t kad_format;
	struct scsi_kads kads; /* of the block */
};

bool scsi_read_next_block(struct span answer, struct scsi_next_block *b);

/* Page 0010h. */
#define SCSI_ALGORITHM_GCM 0x00010014u /* AES-256-GCM-128 */
#define SCSI_ALGORITHMS_MAX 32
#define SCSI_KEY_BYTES 32

struct scsi_algorithm {
	uint8_t index;
	bool valid_for_volume;    /* AVFMV */
	uint8_t encrypt, decrypt; /* 0 no, 1 software, 2 hardware, 3 under external control */
	bool sdk;                 /* takes supplemental keys */
	bool kad_format, vcelb;   /* KADF_C, VCELB_C */
	bool ukad_fixed;
	uint16_t ukad_max, akad_max; /* bytes */
	uint16_t key_bytes;
	uint8_t kads;          /* DKAD_C: 1 required, 2 not allowed, 3 allowed */
	uint8_t external, raw; /* EEMC_C, RDMC_C */
	uint32_t code;
};

struct scsi_capabilities {
	uint8_t external; /* EXTDECC */
	uint8_t config;   /* CFG_P: 1 this nexus may set parameters, 2 it may not */
	unsigned count;
	bool cut; /* more than fit, or than were transferred */
	struct scsi_algorithm algorithms[SCSI_ALGORITHMS_MAX];
};

bool scsi_read_capabilities(struct span answer, struct scsi_capabilities *c);

/* The algorithm for AES-256-GCM in hardware: by its code and key size, one that is valid for the mounted volume if there
 * is one.  NULL if none will do.  encrypt: it must encrypt, too. */
const struct scsi_algorithm *scsi_choose_algorithm(const struct scsi_capabilities *c, bool encrypt);

/* The one of that index; NULL if there is none. */
const struct scsi_algorithm *scsi_find_algorithm(const struct scsi_capabilities *c, uint8_t index);

/* "AES-256-GCM-128"; NULL for codes without a name here. */
const char *scsi_algorithm_name(uint32_t code);

/* ---- SECURITY PROTOCOL OUT ---- */

/* Set Data Encryption, page 0010h. */
struct scsi_set {
	uint8_t scope; /* 0 public, 1 local, 2 all I_T nexus */
	bool lock;
	uint8_t ceem, rdmc;
	bool sdk, ckod, ckorp, ckorl;
	uint8_t encryption, decryption;
	uint8_t algorithm;
	uint8_t key_format, kad_format;
	struct span key;        /* data NULL and a length: that many zeros */
	struct span ukad, akad; /* data NULL: none */
};

#define SCSI_SCOPE_ALL_NEXUS 2
#define SCSI_SET_MAX_BYTES 1024u
#define SCSI_SET_KEY_OFFSET 20

/* What Bareos sends to set a key (encrypt and mixed), or to clear it: 32 zero bytes. */
struct scsi_set scsi_bareos_set(uint8_t algorithm, struct span key);
struct scsi_set scsi_bareos_clear(uint8_t algorithm);

/* The page's bytes; 0 if it does not fit.  The page holds the key: secret_wipe is the caller's. */
size_t scsi_write_set(const struct scsi_set *s, uint8_t *page, size_t room) __attribute__((warn_unused_result));

/* For pages seen elsewhere; the spans point into page. */
bool scsi_read_set(struct span page, struct scsi_set *s);

/* The field of the Set page that byte n belongs to, for the field pointer of a refusal. */
const char *scsi_set_field(uint16_t byte);

#endif
