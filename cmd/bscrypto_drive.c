/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bscrypto -s, -c, -e, -v. */
#include "cmd/bscrypto.h"

static int no_drive(const char *device)
{
	return bscrypto_fail("%s: this version of xflate cannot talk to tape drives; nothing was done", device);
}

static int set_key(const char *device, const struct secret *drive_key)
{
	(void)drive_key;
	return no_drive(device);
}

const struct bscrypto_drive bscrypto_drive = {
	.set = set_key,
	.clear = no_drive,
	.drive_status = no_drive,
	.volume_status = no_drive,
};
