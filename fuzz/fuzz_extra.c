/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind a file's content: first byte even, an access list as text; odd, extended attributes. */
#include "fuzz/fuzz.h"

#include "format/acl.h"
#include "format/xattr.h"

static bool resolve(void *arg, bool group, const char *name, uint32_t *id)
{
	(void)arg;
	FUZZ_MUST(name[0] && strlen(name) < ACL_NAME_BYTES);
	*id = (uint32_t)strlen(name);
	return group || name[0] != 'x';
}

static void acl(struct span text)
{
	static uint8_t packed[ACL_PACKED_BYTES];
	char why[ACL_WHY_BYTES] = "";
	size_t n = acl_pack(text, resolve, NULL, packed, why);
	FUZZ_MUST(n == 0 ? why[0] != '\0' : n >= 12 && n <= sizeof packed && n % 8 == 4 && packed[0] == 2);
	FUZZ_MUST(memchr(why, 0, sizeof why));
	for (size_t at = 4; n > 0 && at + 8 < n; at += 8)
		FUZZ_MUST(packed[at] <= packed[at + 8] && packed[at + 2] <= 7);
}

static void xattrs(struct span record)
{
	struct rd r = rd_over(record.data, record.len);
	struct xattr x;
	size_t sum = 0;
	while (xattr_next(&r, &x)) {
		FUZZ_MUST(x.name[0] && memchr(x.name, 0, sizeof x.name));
		FUZZ_MUST(x.value.len == 0 || (x.value.data > record.data && x.value.data + x.value.len <= record.data + record.len));
		sum += 12 + strlen(x.name) + x.value.len;
	}
	FUZZ_MUST(r.bad ? sum <= record.len : sum == record.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	uint8_t *copy = malloc(size);
	FUZZ_MUST(copy);
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		xattrs((struct span){copy, size - 1});
	else
		acl((struct span){copy, size - 1});
	free(copy);
	return 0;
}
