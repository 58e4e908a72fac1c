/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels rewritten: the key fields and obfuscation of BB03, the fields that BB02 has not, the other product's name.
 * formats/bacula-encryption.md 2.1, volume-format.md 3.2, 8.4 */
#ifndef FORMAT_RELABEL_H
#define FORMAT_RELABEL_H

#include "base/bytes.h"

#include <stdbool.h>

#define RELABEL_MAX_BYTES 2048u /* of a label record, header and all: readers take no more */
#define RELABEL_MASTER_ID_BYTES 80u

/* What the label of an encrypted volume says of its key; zeros where it says nothing. */
struct relabel_keys {
	struct span enc_key, master_id; /* in the label's data */
	uint32_t block_size;            /* Maximum Block Size of the device that labelled it, 0: its default */
};

/* data: of a volume label in a BB03 block.  False if it ends inside these fields. */
bool relabel_read_keys(struct span data, struct relabel_keys *keys);

/* Whose Id and version a label is to bear: every product refuses the other's.  volume-format.md 3.2 */
enum relabel_owner { RELABEL_AS_IT_IS, RELABEL_BAREOS, RELABEL_BACULA };

/* What a label of Bacula's makes of its volume: one in a file or on a tape, or the parts of a cloud volume.  volume-kinds.md 3 */
enum relabel_kind { RELABEL_ANY_KIND, RELABEL_PLAIN, RELABEL_CLOUD };

struct relabel {
	enum relabel_kind kind;         /* labels of the other kind become this one's */
	bool bb03;                      /* with the fields 21 to 25 */
	bool obfuscate;                 /* the host name */
	enum relabel_owner owner;       /* Bacula's labels have fields behind the program's date that Bareos's have not; it is xflate that
				     wrote a label with another owner, for by the program's version readers tell the two apart */
	struct span enc_key, master_id; /* what is to stand there */
	const char *name;               /* its new Volume Name, NULL: as it is */
	size_t fixed_len; /* as long as the old one: shorter fields are followed by zeros, a longer name is cut; 0: as it comes */
};

/* Writes the label's data to out, RELABEL_MAX_BYTES of room, and its length to *len.  NULL, or what is in the way:
 * static. */
const char *relabel_volume(struct span data, const struct relabel *to, uint8_t *out, size_t *len);

/* What is left to tell of a volume whose label is lost. */
struct relabel_lost {
	bool bacula; /* its Id, else Bareos's */
	bool bb03;
	const char *volume, *pool, *media_type;
	int64_t time; /* microseconds since 1970 */
};

/* Writes the data of a new volume label to out, RELABEL_MAX_BYTES of room, and returns its length; 0 if the names are too long
 * for a label.  Its host is not known. */
size_t relabel_lost(const struct relabel_lost *lost, uint8_t *out) __attribute__((warn_unused_result));

/* Is this a label (of a session, of a volume) of the other product, of the version that has the same fields: Bacula's 11, Bareos's
 * 20?  False for RELABEL_AS_IT_IS. */
bool relabel_applies(struct span data, enum relabel_owner to);

/* Makes such a session label one of to's, in place, and returns its length: len, or less where it was one of a cloud volume.  0, and
 * nothing is changed, if it is none. */
size_t relabel_session(uint8_t *data, size_t len, enum relabel_owner to);

#endif
