/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/packed.h"

#include <string.h>

#define PACKED(name, command) "this is " name ", and no volume: unpack it first (" command ")"

/* The magic numbers of RFC 1952, xz-file-format.txt, RFC 8878, the bzip2 and lz4 programs, APPNOTE.TXT, POSIX ustar. */
static const struct {
	size_t at, len;
	const char *magic, *hint;
} kinds[] = {
	{0, 2, "\x1f\x8b", PACKED("a gzip file", "gzip -dc FILE | xflate ...")},
	{0, 6,
	 "\xfd"
	 "7zXZ\0",
	 PACKED("an xz file", "xz -dc FILE | xflate ...")},
	{0, 4, "\x28\xb5\x2f\xfd", PACKED("a zstd file", "zstd -dc FILE | xflate ...")},
	{0, 3, "BZh", PACKED("a bzip2 file", "bzip2 -dc FILE | xflate ...")},
	{0, 4, "\x04\x22\x4d\x18", PACKED("an lz4 file", "lz4 -dc FILE | xflate ...")},
	{0, 4, "LZIP", PACKED("an lzip file", "lzip -dc FILE | xflate ...")},
	{0, 9, "\x89LZO\0\r\n\x1a\n", PACKED("an lzop file", "lzop -dc FILE | xflate ...")},
	{0, 4, "PK\3\4", PACKED("a zip archive", "unzip -p FILE NAME | xflate ...")},
	{0, 6, "7z\xbc\xaf\x27\x1c", PACKED("a 7-Zip archive", "7z x -so FILE NAME | xflate ...")},
	{257, 5, "ustar", PACKED("a tar archive", "tar -xOf FILE NAME | xflate ...")},
};

const char *packed_hint(struct span begins)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (begins.len >= kinds[i].at + kinds[i].len && memcmp(begins.data + kinds[i].at, kinds[i].magic, kinds[i].len) == 0)
			return kinds[i].hint;
	}
	return NULL;
}
