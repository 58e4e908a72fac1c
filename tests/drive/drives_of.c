/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drives_of SYSFS DEV [--json]: xflate drives of another machine's files. */
#include "cmd/drive/drives.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: drives_of SYSFS DEV [--json]\n", stderr);
		return 2;
	}
	return drives_run(argv[1], argv[2], argc > 3);
}
