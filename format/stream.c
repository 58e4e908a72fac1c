/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/stream.h"

#define XXH128_BYTES 16u

/* Rows: file, sparse, win32.  Columns: enum stream_form. */
static const uint16_t data_streams[3][4] = {
	{0, STREAM_FILE, STREAM_GZIP, STREAM_COMPRESSED},
	{0, STREAM_SPARSE, STREAM_SPARSE_GZIP, STREAM_SPARSE_COMPRESSED},
	{0, STREAM_WIN32, STREAM_WIN32_GZIP, STREAM_WIN32_COMPRESSED},
};

static bool find(uint32_t stream, size_t *row, enum stream_form *form)
{
	for (size_t r = 0; r < 3; r++) {
		for (int f = STREAM_PLAIN; f <= STREAM_HEADED; f++) {
			if (data_streams[r][f] == stream_number(stream)) {
				*row = r;
				*form = (enum stream_form)f;
				return true;
			}
		}
	}
	return false;
}

enum stream_form stream_form(uint32_t stream)
{
	size_t row;
	enum stream_form form;
	if ((stream & STREAM_BIT_DEDUPLICATED) || !find(stream, &row, &form))
		return STREAM_OPAQUE;
	return form;
}

bool stream_is_sparse(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return n == STREAM_SPARSE || n == STREAM_SPARSE_GZIP || n == STREAM_SPARSE_COMPRESSED;
}

bool stream_has_prefix(uint32_t stream)
{
	return stream_is_sparse(stream) || (stream & STREAM_BIT_OFFSETS);
}

uint32_t stream_in_form(uint32_t stream, enum stream_form form)
{
	size_t row;
	enum stream_form old;
	if (!find(stream, &row, &old))
		return stream;
	return (stream & ~STREAM_NUMBER_MASK) | data_streams[row][form];
}

bool stream_needs_attributes(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	bool data = (n >= 2 && n <= 25 && n != STREAM_ATTRIBUTES_EX && n != 8 && n != 9) || (n >= 29 && n <= 33);
	bool acl_or_xattr = n >= 1000 && n <= 1999;
	return data || stream_is_digest(stream) || acl_or_xattr;
}

bool stream_begins_file(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return n == STREAM_ATTRIBUTES || n == STREAM_ATTRIBUTES_EX || n == STREAM_RESTORE_OBJECT || n == STREAM_PLUGIN_OBJECT ||
	       n == STREAM_ATTRIBUTES_UPDATE;
}

bool stream_precedes_data(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return n == STREAM_ATTRIBUTES || n == STREAM_ATTRIBUTES_EX || n == STREAM_ENCRYPTED_SESSION || n == STREAM_PLUGIN_META_BLOB ||
	       n == STREAM_PLUGIN_META_CATALOG;
}

bool stream_is_closed_content(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return stream_is_client_encrypted(stream) || n == STREAM_MACOS_FORK || n == STREAM_PLUGIN_DATA ||
	       (stream & STREAM_BIT_DEDUPLICATED);
}

bool stream_is_encrypted(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return (n >= 20 && n <= 24 && n != STREAM_ENCRYPTED_SESSION) || n == 32 || n == 33;
}

bool stream_is_digest(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return n == STREAM_MD5 || n == STREAM_SHA1 || n == STREAM_SHA256 || n == STREAM_SHA512 ||
	       (n >= STREAM_XXH64 && n <= STREAM_XXH128_BACULA);
}

bool stream_digest_kind(uint32_t stream, size_t len, enum digest_kind *kind)
{
	static const struct {
		uint32_t number;
		size_t len;
		enum digest_kind kind;
	} kinds[] = {
		{STREAM_MD5, 16, DIGEST_MD5},
		{STREAM_SHA1, 20, DIGEST_SHA1},
		{STREAM_SHA256, 32, DIGEST_SHA256},
		{STREAM_SHA512, 64, DIGEST_SHA512},
		{STREAM_XXH64, 8, DIGEST_XXH64},
		{STREAM_XXH128_BAREOS, 8, DIGEST_XXH3_64},
		{STREAM_XXH128_BAREOS, XXH128_BYTES, DIGEST_XXH3_128},
		{STREAM_XXH128_BACULA, XXH128_BYTES, DIGEST_XXH3_128},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].number != stream_number(stream))
			continue;
		*kind = kinds[i].kind;
		if (kinds[i].len == len)
			return true;
	}
	return false;
}

uint32_t stream_for(bool bareos, uint32_t stream, size_t len)
{
	uint32_t n = stream_number(stream), theirs = bareos ? STREAM_XXH128_BACULA : STREAM_XXH128_BAREOS;
	if (n != theirs || len != XXH128_BYTES)
		return stream;
	return (stream & ~STREAM_NUMBER_MASK) | (bareos ? STREAM_XXH128_BAREOS : STREAM_XXH128_BACULA);
}

bool stream_known_to_bareos(uint32_t stream, size_t len)
{
	uint32_t n = stream_number(stream);
	bool bacula_only = (n >= 34 && n <= 38) || n == STREAM_XXH64 || n == STREAM_XXH128_BACULA;
	return !bacula_only && !(n == STREAM_XXH128_BAREOS && len != XXH128_BYTES);
}

bool stream_is_client_encrypted(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	return n == 20 || n == 21 || (n >= 23 && n <= 25) || n == 32 || n == 33;
}

uint32_t stream_decrypted(uint32_t stream)
{
	static const uint16_t numbers[][2] = {
		{STREAM_ENCRYPTED_FILE, STREAM_FILE},
		{STREAM_ENCRYPTED_WIN32, STREAM_WIN32},
		{STREAM_ENCRYPTED_GZIP, STREAM_GZIP},
		{STREAM_ENCRYPTED_WIN32_GZIP, STREAM_WIN32_GZIP},
		{STREAM_ENCRYPTED_FORK, STREAM_MACOS_FORK},
		{STREAM_ENCRYPTED_COMPRESSED, STREAM_COMPRESSED},
		{STREAM_ENCRYPTED_WIN32_COMPRESSED, STREAM_WIN32_COMPRESSED},
	};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (numbers[i][0] == stream_number(stream) && !(stream & STREAM_BIT_DEDUPLICATED))
			return (stream & ~STREAM_NUMBER_MASK) | numbers[i][1];
	}
	return 0;
}

bool stream_is_of_encryption(uint32_t stream)
{
	return stream_is_client_encrypted(stream) || stream_number(stream) == STREAM_ENCRYPTED_SESSION;
}

struct named {
	uint16_t number;
	const char *name;
};

static const struct named names[] = {
	{1, "UNIX_ATTRIBUTES"},
	{2, "FILE_DATA"},
	{3, "MD5_DIGEST"},
	{4, "GZIP_DATA"},
	{5, "UNIX_ATTRIBUTES_EX"},
	{6, "SPARSE_DATA"},
	{7, "SPARSE_GZIP_DATA"},
	{8, "PROGRAM_NAMES"},
	{9, "PROGRAM_DATA"},
	{10, "SHA1_DIGEST"},
	{11, "WIN32_DATA"},
	{12, "WIN32_GZIP_DATA"},
	{13, "MACOS_FORK_DATA"},
	{14, "HFSPLUS_ATTRIBUTES"},
	{15, "UNIX_ACCESS_ACL"},
	{16, "UNIX_DEFAULT_ACL"},
	{17, "SHA256_DIGEST"},
	{18, "SHA512_DIGEST"},
	{19, "SIGNED_DIGEST"},
	{20, "ENCRYPTED_FILE_DATA"},
	{21, "ENCRYPTED_WIN32_DATA"},
	{22, "ENCRYPTED_SESSION_DATA"},
	{23, "ENCRYPTED_FILE_GZIP_DATA"},
	{24, "ENCRYPTED_WIN32_GZIP_DATA"},
	{25, "ENCRYPTED_MACOS_FORK_DATA"},
	{26, "PLUGIN_NAME"},
	{27, "PLUGIN_DATA"},
	{28, "RESTORE_OBJECT"},
	{29, "COMPRESSED_DATA"},
	{30, "SPARSE_COMPRESSED_DATA"},
	{31, "WIN32_COMPRESSED_DATA"},
	{32, "ENCRYPTED_FILE_COMPRESSED_DATA"},
	{33, "ENCRYPTED_WIN32_COMPRESSED_DATA"},
	{34, "PLUGIN_OBJECT"},
	{35, "PLUGIN_META_BLOB"},
	{36, "PLUGIN_META_CATALOG"},
	{37, "UNIX_ATTRIBUTE_UPDATE"},
	{38, "FILEEVENT"},
	{39, "XXHASH64_DIGEST"},
	{40, "XXH128_DIGEST"},
	{41, "XXH3_128_DIGEST"},
	{200, "ADATA_BLOCK_HEADER"},
	{201, "ADATA_RECORD_HEADER"},
	{999, "NDMP_SEPARATOR"},
	{1000, "ACL_AIX_TEXT"},
	{1001, "ACL_DARWIN_ACCESS"},
	{1002, "ACL_FREEBSD_DEFAULT"},
	{1003, "ACL_FREEBSD_ACCESS"},
	{1004, "ACL_HPUX"},
	{1005, "ACL_IRIX_DEFAULT"},
	{1006, "ACL_IRIX_ACCESS"},
	{1007, "ACL_LINUX_DEFAULT"},
	{1008, "ACL_LINUX_ACCESS"},
	{1009, "ACL_TRU64_DEFAULT"},
	{1010, "ACL_TRU64_DEFAULT_DIR"},
	{1011, "ACL_TRU64_ACCESS"},
	{1012, "ACL_SOLARIS_ACLENT"},
	{1013, "ACL_SOLARIS_ACE"},
	{1014, "ACL_AFS_TEXT"},
	{1015, "ACL_AIX_AIXC"},
	{1016, "ACL_AIX_NFS4"},
	{1017, "ACL_FREEBSD_NFS4"},
	{1018, "ACL_HURD_DEFAULT"},
	{1019, "ACL_HURD_ACCESS"},
	{1020, "ACL_PLUGIN"},
	{1021, "ACL_GPFS_DEFAULT"},
	{1022, "ACL_GPFS_ACCESS"},
	{1987, "XATTR_GPFS"},
	{1988, "XATTR_PLUGIN"},
	{1989, "XATTR_HURD"},
	{1990, "XATTR_IRIX"},
	{1991, "XATTR_TRU64"},
	{1992, "XATTR_AIX"},
	{1993, "XATTR_OPENBSD"},
	{1994, "XATTR_SOLARIS_SYS"},
	{1995, "XATTR_SOLARIS"},
	{1996, "XATTR_DARWIN"},
	{1997, "XATTR_FREEBSD"},
	{1998, "XATTR_LINUX"},
	{1999, "XATTR_NETBSD"},
};

const char *stream_name(uint32_t stream)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (names[i].number == stream_number(stream))
			return names[i].name;
	}
	return NULL;
}
