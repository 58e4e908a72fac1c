/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stream numbers of records: what they carry and what they become.  formats/volume-format.md 4 */
#ifndef FORMAT_STREAM_H
#define FORMAT_STREAM_H

#include "base/digest.h"

#define STREAM_NUMBER_MASK 0x7ffu          /* the rest are flags, always kept */
#define STREAM_BIT_OFFSETS (1u << 26)      /* Bacula: 8-byte offset first, whatever the number */
#define STREAM_BIT_DEDUPLICATED (1u << 24) /* Bacula: the data are references, hands off */
#define STREAM_BIT_DELTA (1u << 27)        /* the data are a difference to another job's */
#define STREAM_PREFIX_BYTES 8u

enum {
	STREAM_ATTRIBUTES = 1,
	STREAM_FILE = 2,
	STREAM_MD5 = 3,
	STREAM_GZIP = 4,
	STREAM_ATTRIBUTES_EX = 5,
	STREAM_SPARSE = 6,
	STREAM_SPARSE_GZIP = 7,
	STREAM_SHA1 = 10,
	STREAM_WIN32 = 11,
	STREAM_WIN32_GZIP = 12,
	STREAM_MACOS_FORK = 13,
	STREAM_SHA256 = 17,
	STREAM_SHA512 = 18,
	STREAM_SIGNATURE = 19,
	STREAM_ENCRYPTED_FILE = 20,
	STREAM_ENCRYPTED_WIN32 = 21,
	STREAM_ENCRYPTED_SESSION = 22,
	STREAM_ENCRYPTED_GZIP = 23,
	STREAM_ENCRYPTED_WIN32_GZIP = 24,
	STREAM_ENCRYPTED_FORK = 25,
	STREAM_PLUGIN_NAME = 26,
	STREAM_PLUGIN_DATA = 27,
	STREAM_RESTORE_OBJECT = 28,
	STREAM_COMPRESSED = 29,
	STREAM_SPARSE_COMPRESSED = 30,
	STREAM_WIN32_COMPRESSED = 31,
	STREAM_ENCRYPTED_COMPRESSED = 32,
	STREAM_ENCRYPTED_WIN32_COMPRESSED = 33,
	STREAM_PLUGIN_OBJECT = 34,
	STREAM_PLUGIN_META_BLOB = 35,
	STREAM_PLUGIN_META_CATALOG = 36,
	STREAM_ATTRIBUTES_UPDATE = 37,
	STREAM_XXH64 = 39,
	STREAM_XXH128_BAREOS = 40, /* Bacula: XXH3-64 */
	STREAM_XXH128_BACULA = 41,
	STREAM_NDMP_SEPARATOR = 999,
	STREAM_ACL_LINUX_DEFAULT = 1007,
	STREAM_ACL_LINUX_ACCESS = 1008,
	STREAM_XATTR_LINUX = 1998,
};

enum stream_form {
	STREAM_OPAQUE, /* passed untouched: metadata, digests, cipher text, references */
	STREAM_PLAIN,  /* 2, 6, 11 */
	STREAM_LEGACY, /* 4, 7, 12: a bare zlib stream */
	STREAM_HEADED, /* 29, 30, 31: 12-byte compression header, then the payload */
};

/* Form of a record's data; stream is the positive header field with its flags.  Labels (FileIndex < 0) must not be asked
 * about: their Stream is a JobId. */
enum stream_form stream_form(uint32_t stream);

/* The number alone. */
static inline uint32_t stream_number(uint32_t stream)
{
	return stream & STREAM_NUMBER_MASK;
}

/* Data of a sparse file: in any form each record begins with its address. */
bool stream_is_sparse(uint32_t stream);

/* Does the data begin with an 8-byte file address or offset? */
bool stream_has_prefix(uint32_t stream);

/* The same kind of stream (file, sparse, win32) in another form, flags kept. */
uint32_t stream_in_form(uint32_t stream, enum stream_form form);

/* Does a record belong to the file whose attributes came before it, so that it is of no use without them? */
bool stream_needs_attributes(uint32_t stream);

/* Attributes, or what stands in their place: restore objects and the like. */
bool stream_begins_file(uint32_t stream);

/* May data of any stream stand behind it, as behind attributes?  volume-format.md 4.7 */
bool stream_precedes_data(uint32_t stream);

/* Content that is not for us to read: of plugins, of forks, references, what the client encrypted. */
bool stream_is_closed_content(uint32_t stream);

static inline bool stream_is_restore_object(uint32_t stream)
{
	return stream_number(stream) == STREAM_RESTORE_OBJECT;
}

/* Attributes alone: the content is that of an older job. */
static inline bool stream_is_update(uint32_t stream)
{
	return stream_number(stream) == STREAM_ATTRIBUTES_UPDATE;
}

static inline bool stream_is_plugin_name(uint32_t stream)
{
	return stream_number(stream) == STREAM_PLUGIN_NAME;
}

/* What follows is of a device that wants it back as it was.  volume-format.md 10, item 31 */
static inline bool stream_is_ndmp_separator(uint32_t stream)
{
	return stream_number(stream) == STREAM_NDMP_SEPARATOR;
}

/* Digests that both products make, but under other numbers: the number that this one's readers know (volume-format.md 4.2). */
uint32_t stream_for(bool bareos, uint32_t stream, size_t len);

/* Do Bareos's readers know what a record of this stream and length holds?  Others cost a warning, and nothing else. */
bool stream_known_to_bareos(uint32_t stream, size_t len);

/* Of a stream of cipher text of a client's: the one that it would have been; 0: it is none.  formats/restore-format.md 2.6 */
uint32_t stream_decrypted(uint32_t stream);

/* Encrypted by the client: what is inside, compressed with what, nobody else sees. */
bool stream_is_client_encrypted(uint32_t stream);

/* The same, or the keys of its session? */
bool stream_is_of_encryption(uint32_t stream);

/* File data that the client encrypted, forks apart? */
bool stream_is_encrypted(uint32_t stream);

/* A digest of the file's content, of whatever length? */
bool stream_is_digest(uint32_t stream);

/* Which digest a record of this stream and length holds; Bareos and Bacula give stream 40 to different ones.  False if none of its
 * stream has that length; *kind is then one that has another. */
bool stream_digest_kind(uint32_t stream, size_t len, enum digest_kind *kind);

/* "COMPRESSED_DATA"; "stream" numbers that nobody defined give NULL. */
const char *stream_name(uint32_t stream);

#endif
