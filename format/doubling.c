/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/doubling.h"

#include "base/divisor.h"
#include "format/stream.h"

bool doubling_begins(struct span address, struct span data)
{
	return address.len == STREAM_PREFIX_BYTES && data.len >= STREAM_PREFIX_BYTES &&
	       memcmp(address.data, data.data, STREAM_PREFIX_BYTES) == 0;
}

enum doubling_finding doubling_add(struct doubling *d, struct span address, struct span data)
{
	if (!doubling_begins(address, data)) {
		if (d->told == DOUBLING_OPEN)
			d->told = DOUBLING_NO;
		return d->told;
	}
	struct rd rd = rd_over(address.data, address.len);
	uint64_t at = rd_be64(&rd);
	/* Without a hole between them, the one before ends here, or reaches in here by the length of an address. */
	if (d->told == DOUBLING_OPEN && d->records > 0 && at <= d->next_address)
		d->told = at == d->next_address ? DOUBLING_NO : DOUBLING_YES;
	d->records++;
	d->next_address = at + data.len;
	d->step = divisor_common(d->step, at);
	d->longest = data.len > d->longest ? data.len : d->longest;
	return d->told;
}

enum doubling_finding doubling_judge(const struct doubling *d, uint64_t size)
{
	if (d->told != DOUBLING_OPEN || d->records == 0)
		return d->told == DOUBLING_YES ? DOUBLING_YES : DOUBLING_NO;
	/* The last chunk of a file is always kept, so it ends where the file ends. */
	if (d->next_address == size + STREAM_PREFIX_BYTES)
		return DOUBLING_YES;
	if (d->next_address == size)
		return DOUBLING_NO;
	/* A client reads chunks of one length, so addresses are multiples of it; only the last one may be shorter. */
	bool whole_chunk = d->records > 1 || size > d->next_address;
	bool as_is = whole_chunk && d->step % d->longest == 0;
	bool shorter = whole_chunk && d->longest > STREAM_PREFIX_BYTES && d->step % (d->longest - STREAM_PREFIX_BYTES) == 0;
	if (as_is != shorter)
		return shorter ? DOUBLING_YES : DOUBLING_NO;
	/* Eight bytes that are an address are hardly chance; zeros are. */
	return d->step != 0 ? DOUBLING_YES : DOUBLING_NO;
}
