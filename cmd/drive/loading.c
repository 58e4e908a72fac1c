/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/loading.h"

#include "base/msg.h"
#include "cmd/drive/keyevents.h"

#include <stdio.h>
#include <string.h>

const char *const loading_modes[] = {"mixed", "decrypt", "raw", NULL};

int loading_kad(const char *format, const char *volume, const char *key_id, char text[static SCSI_KAD_MAX_BYTES], struct err *e)
{
	size_t n = 0;
	for (const char *p = format; *p; p++) {
		const char *put = NULL;
		if (*p == '%') {
			p++;
			put = *p == 'v' ? volume : *p == 'k' ? key_id : *p == '%' ? "%" : NULL;
			if (put == NULL)
				return err_set(e, XE_USAGE, "--kad: only %%v, %%k and %%%% stand for something");
			if (*put == '\0')
				return err_set(e, XE_USAGE, "--kad: %%%c, but there is no %s", *p, *p == 'v' ? "volume name" : "key");
		}
		char one[2] = {*p, '\0'};
		put = put ? put : one;
		for (; *put; put++) {
			if (*put < 0x20 || *put > 0x7e)
				return err_set(e, XE_USAGE, "--kad: only printable ASCII");
			if (n + 1 >= SCSI_KAD_MAX_BYTES)
				return err_set(e, XE_USAGE, "--kad: longer than any drive takes");
			text[n++] = *put;
		}
	}
	text[n] = '\0';
	return n > 0 ? 0 : err_set(e, XE_USAGE, "--kad: empty");
}

static void tell(const char *device, const struct loading_options *o, const char *volume, const struct drivekey *k,
		 const struct keyload_result *r)
{
	const char *algorithm = scsi_algorithm_name(r->algorithm.code);
	char what[256];
	if (o->mode == KEYLOAD_RAW)
		snprintf(what, sizeof what, "raw reading");
	else
		snprintf(what, sizeof what, "key %s%s%.128s", k->id, volume[0] ? " of volume " : "", volume);
	if (r->fallback)
		msg_warning("%s: the drive has no list of algorithms: index %u is tried, as Bareos does", device, r->algorithm.index);
	if (r->known && !r->algorithm.valid_for_volume && r->has_medium)
		msg_warning("%s: the drive does not say that algorithm %u is valid for this medium", device, r->algorithm.index);
	if (r->has_medium && r->medium.write_protected && o->mode == KEYLOAD_MIXED)
		msg_info("%s: the cartridge is write protected", device);
	if (r->had_key)
		msg_info("%s: %s a key that was in the drive%s", device, o->dry_run ? "would replace" : "replaces",
			 r->before.kads.count ? " (its descriptor: xflate key status)" : "");
	if (o->dry_run)
		msg_info("%s: %s would be loaded: algorithm %u%s%s%s, mode %s", device, what, r->algorithm.index, algorithm ? " (" : "",
			 algorithm ? algorithm : "", algorithm ? ")" : "", loading_modes[o->mode]);
	else
		msg_info("%s: %s is in the drive: algorithm %u%s%s%s, mode %s, key instance counter %u", device, what, r->algorithm.index,
			 algorithm ? " (" : "", algorithm ? algorithm : "", algorithm ? ")" : "", loading_modes[o->mode], r->after.counter);
}

int loading_run(struct drive *d, enum drive_ready ready, const char *device, const struct loading_options *o, const char *volume,
		const struct drivekey *k, struct keyload_result *result, struct err *e)
{
	char kad[SCSI_KAD_MAX_BYTES];
	struct keyload_options load = {.mode = o->mode,
				       .algorithm = o->algorithm,
				       .clear_on_demount = o->clear_on_demount,
				       .raw_readable = o->raw_readable,
				       .dry_run = o->dry_run};
	if (o->mode != KEYLOAD_RAW)
		load.key = (struct span){k->key.data, k->key.len};
	int rc = 0;
	if (o->kad) {
		rc = loading_kad(o->kad, volume, k->id, kad, e);
		load.kad = (struct span){(const uint8_t *)kad, rc == 0 ? strlen(kad) : 0};
	}
	if (rc == 0)
		rc = keyload_run(d, ready, &load, result, e);
	if (rc != 0)
		return rc;
	tell(device, o, volume, k, result);
	return o->dry_run ? 0 : keyevents_loaded(o->events, device, volume, k->id, loading_modes[o->mode], &result->after, e);
}
