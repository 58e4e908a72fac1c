/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/xattr.h"

#define MAGIC 0x005c5884u

bool xattr_next(struct rd *r, struct xattr *x)
{
	*x = (struct xattr){.value = {NULL, 0}};
	if (r->bad || rd_left(r) == 0)
		return false;
	bool right = rd_be32(r) == MAGIC;
	struct span name = rd_span(r, rd_be32(r));
	x->value = rd_span(r, rd_be32(r));
	r->bad = r->bad || !right || name.len == 0 || name.len >= sizeof x->name || memchr(name.data, 0, name.len);
	if (r->bad)
		return false;
	memcpy(x->name, name.data, name.len);
	return true;
}
