/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INQUIRY, VPD, MODE SENSE, READ ATTRIBUTE, READ POSITION, timeouts, activity: texts end, and hold nothing but printable ASCII. */
#include "tape/identity.h"
#include "tape/timeouts.h"

#include <stdlib.h>

static void must_be_clean(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span answer = {data, size}, value;
	struct identity d;
	struct identity_position p;
	char text[IDENTITY_TEXT_BYTES];
	struct timeouts t;
	uint8_t density, activity;
	bool flag;
	if (identity_inquiry(answer, &d)) {
		must_be_clean(d.vendor);
		must_be_clean(d.product);
		must_be_clean(d.revision);
	}
	if (identity_serial(answer, text))
		must_be_clean(text);
	if (identity_name(answer, text))
		must_be_clean(text);
	if (identity_attribute(answer, IDENTITY_ATTRIBUTE_BARCODE, &value) && value.len > 0 &&
	    (value.data < data || value.data + value.len > data + size))
		abort();
	(void)identity_density(answer, &density, &flag);
	(void)identity_position(answer, &p);
	if (timeouts_read(answer, &t) && (timeouts_seconds(&t, 0xa2) < 60 || timeouts_seconds(&t, 0xa2) > TIMEOUTS_MAX_S))
		abort();
	(void)identity_activity(answer, &activity);
	return 0;
}
