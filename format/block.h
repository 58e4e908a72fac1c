/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volume blocks BB01, BB02, BB03: headers, checksums, record headers.  formats/volume-format.md 1 and 2,
 * bacula-encryption.md 1.1 */
#ifndef FORMAT_BLOCK_H
#define FORMAT_BLOCK_H

#include "base/bytes.h"

#define BLOCK_MAX_BYTES 20000000u  /* readers call a larger block insane */
#define BLOCK_DEFAULT_BYTES 64512u /* 126 * 512, and the limit for label blocks */
#define BLOCK_HEADER_MAX_BYTES 32u
#define BLOCK_PROBE_BYTES 16u        /* enough to recognise a block: up to and with its id */
#define RECORD_MAX_BYTES 19999999u   /* readers want data_len < 20 000 000 */
#define RECORD_NETWORK_BYTES 999996u /* a longer record is cut on its way to the client */
#define RECORD_HEADER_MAX_BYTES 20u

/* BB03 option bits, bacula-encryption.md 1.1 */
#define BLOCK_OPTION_CHECKSUM 1u
#define BLOCK_OPTION_VOLUME_ENCRYPTED 2u
#define BLOCK_OPTION_BLOCK_ENCRYPTED 4u
#define BLOCK_ENCRYPTED_BODY_MIN_BYTES 16u /* the cipher takes no less */

struct block_header {
	unsigned version;  /* 1, 2, 3 for BB01, BB02, BB03 */
	uint32_t options;  /* BB03 only */
	uint64_t checksum; /* CRC-32 for BB01 and BB02, XXH3-64 for BB03; 0 if there is none */
	uint32_t len;      /* of the whole block: header and records, without padding */
	uint32_t number;
	uint32_t session_id, session_time; /* 0 for BB01: there they are in each record */
};

/* Header bytes of a block of this version (1, 2, 3): 16, 24 or 32, and of a record: 20 or 12. */
size_t block_header_bytes(unsigned version);
size_t record_header_bytes(unsigned version);

/* Does a block header stand at at[0..BLOCK_PROBE_BYTES)?  Its version, or 0.  Looks at the id only. */
unsigned block_probe(const uint8_t at[static BLOCK_PROBE_BYTES]);

/* Reads a header of left >= block_header_bytes(block_probe(at)) bytes.  False if the id is none or the length is
 * impossible. */
bool block_header_read(const uint8_t *at, size_t left, struct block_header *h);

/* Completes a block of h->len bytes in place: header (h->checksum is ignored) and, if wanted, checksum. */
void block_seal(uint8_t *block, const struct block_header *h, bool checksum);

/* Does the header claim a checksum?  BB01 and BB02 have no flag, there 0 stands for none.  volume-format.md 1.3 */
bool block_has_checksum(const struct block_header *h);

/* Checksum of the h->len bytes at block; of BB03 with the option bits of h, whatever stands in the block. */
uint64_t block_checksum(const uint8_t *block, const struct block_header *h);

/* The checksum that Bareos 19.2.4 and 19.2.5 made of BB01 and BB02 on FreeBSD, where code for big-endian processors ran on
 * others: CRC-32 of the same bytes with each four of them reversed, as far as there are 64 more; what is left behind those is
 * taken as it comes.  Below 68 bytes that is the ordinary one; above, both are the same for one block in four thousand million,
 * and for those whose fours read the same backwards. */
#define BLOCK_REVERSED_TEXT "checksum as Bareos 19.2.4/5 on FreeBSD made it"
uint64_t block_checksum_reversed(const uint8_t *block, const struct block_header *h);

/* Cannot be looked into without a key.  Both option bits of encryption tell; one bit of them alone may be damage.
 * formats/bacula-encryption.md 1.1 */
bool block_is_encrypted(const struct block_header *h);

/* Does BB03's option bit say that there is a checksum where the field is 0, or that there is none where it is not?  No daemon
 * writes such. */
bool block_options_lie(const struct block_header *h);

/* Are BB03's option bits such as a daemon writes? */
bool block_options_known(const struct block_header *h);

struct record_header {
	uint32_t session_id, session_time; /* BB01 only */
	int32_t file_index;                /* > 0 data, < 0 label */
	int32_t stream;                    /* < 0: continuation of a record begun in an earlier block */
	uint32_t len;                      /* data bytes from here to the record's end, in this block and later ones */
};

/* record_header_bytes of the cursor, whatever they say.  volume-format.md 2.1 */
void record_header_read(struct rd *r, unsigned version, struct record_header *h);
void record_header_write(struct wr *w, unsigned version, const struct record_header *h);

/* A cursor over the records of a block, behind its header: of its first len bytes.  For record_next. */
struct rd block_records(const uint8_t *block, size_t len, unsigned version);

/* Takes one record part (header and the data that is in this block) off the rest of a block.  Returns false at the
 * end of the block; fewer bytes than a header are no record (volume-format.md 2.3) and are left. */
bool record_next(struct rd *block_rest, unsigned version, struct record_header *h, struct span *part);

/* Do the records of a block keep the rules: sane lengths, continuation only at the start, only the last one cut, nothing behind
 * it?  NULL if so, else the rule that is broken; *offset is where in the block. */
const char *block_check_records(const uint8_t *block, const struct block_header *h, size_t *offset);

/* The same from *offset on, where a record that is not the first begins. */
const char *block_check_records_from(const uint8_t *block, const struct block_header *h, size_t *offset);

/* Why a record with this header cannot be one; NULL if it can. */
const char *record_header_fault(const struct record_header *h, unsigned version, bool first);

#endif
