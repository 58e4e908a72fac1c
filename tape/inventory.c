/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/inventory.h"

#include "base/array.h"
#include "base/printable.h"

#include <stdlib.h>

#if defined(__linux__)
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

/* ---- sysfs ---- */

/* A file of sysfs, or what is there of its first room bytes; 0 if there is none. */
static size_t read_attribute(const char *device, const char *name, void *data, size_t room)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s", device, name) >= (int)sizeof path)
		return 0;
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(data, 1, room, f) : 0;
	if (f)
		fclose(f);
	return n;
}

static void read_text(const char *device, const char *name, char *text, size_t room)
{
	uint8_t data[128];
	size_t n = read_attribute(device, name, data, sizeof data);
	while (n > 0 && data[n - 1] == '\n')
		n--;
	printable_field((struct span){data, n}, text, room);
}

static void read_serial(const char *device, char text[static IDENTITY_TEXT_BYTES])
{
	uint8_t page[256];
	size_t n = read_attribute(device, "vpd_pg80", page, sizeof page);
	identity_serial((struct span){page, n}, text);
}

/* "nst0" of the prefix nst; not nst0a, another mode of the same drive. */
static bool is_name(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *digits = name + n;
	return strncmp(name, prefix, n) == 0 && *digits && strspn(digits, "0123456789") == strlen(digits) &&
	       strlen(name) < INVENTORY_NAME_BYTES;
}

/* ---- units ---- */

static struct inventory_unit *find(struct inventory *i, const char *address)
{
	for (size_t n = 0; n < i->count; n++) {
		if (strcmp(i->units[n].address, address) == 0)
			return &i->units[n];
	}
	return NULL;
}

static struct inventory_unit *add(struct inventory *i, struct err *e)
{
	struct inventory_unit *units = array_reach(i->units, &i->room, i->count, sizeof *units);
	if (units == NULL) {
		err_memory(e, (i->count + 1) * sizeof *units, "the list of drives");
		return NULL;
	}
	i->units = units;
	return &units[i->count++];
}

/* The last part of where the kernel's link to the device leads, "3:0:1:0". */
static bool address_of(const char *device, char address[static INVENTORY_NAME_BYTES], unsigned place[static 4])
{
	char path[PATH_MAX], rest;
	if (realpath(device, path) == NULL)
		return false;
	const char *name = strrchr(path, '/') + 1;
	if (strlen(name) >= INVENTORY_NAME_BYTES || sscanf(name, "%u:%u:%u:%u%c", place, place + 1, place + 2, place + 3, &rest) != 4)
		return false;
	snprintf(address, INVENTORY_NAME_BYTES, "%s", name);
	return true;
}

/* One name of a class: a new unit, or another name of one that is known.  What goes away meanwhile, or is something else, is
 * left out. */
static int take(struct inventory *i, const char *device, const char *name, bool generic, struct err *e)
{
	char address[INVENTORY_NAME_BYTES], type[8];
	unsigned place[4];
	read_text(device, "type", type, sizeof type);
	bool tape = strcmp(type, "1") == 0, changer = strcmp(type, "8") == 0;
	if ((!tape && !changer) || !address_of(device, address, place))
		return 0;
	struct inventory_unit *u = find(i, address);
	if (u == NULL && (u = add(i, e)) == NULL)
		return e->code;
	u->type = tape ? IDENTITY_TYPE_TAPE : IDENTITY_TYPE_CHANGER;
	memcpy(u->address, address, sizeof address);
	memcpy(u->place, place, sizeof place);
	snprintf(generic ? u->sg : u->node, INVENTORY_NAME_BYTES, "%s", name);
	read_text(device, "vendor", u->vendor, sizeof u->vendor);
	read_text(device, "model", u->product, sizeof u->product);
	read_text(device, "rev", u->revision, sizeof u->revision);
	read_serial(device, u->serial);
	return 0;
}

/* A class that is not there has a driver that is not loaded. */
static int take_class(struct inventory *i, const char *sysfs, const char *class, const char *prefix, bool generic, struct err *e)
{
	char path[PATH_MAX], device[PATH_MAX];
	int rc = 0;
	snprintf(path, sizeof path, "%s/class/%s", sysfs, class);
	DIR *d = opendir(path);
	if (d == NULL)
		return errno == ENOENT ? 0 : err_errno(e, XE_FAILED, errno, "%s", path);
	for (struct dirent *entry; rc == 0 && (entry = readdir(d)) != NULL;) {
		if (is_name(entry->d_name, prefix) &&
		    snprintf(device, sizeof device, "%s/%s/device", path, entry->d_name) < (int)sizeof device)
			rc = take(i, device, entry->d_name, generic, e);
	}
	closedir(d);
	return rc;
}

static int by_address(const void *a, const void *b)
{
	const struct inventory_unit *x = a, *y = b;
	for (int n = 0; n < 4; n++) {
		if (x->place[n] != y->place[n])
			return x->place[n] < y->place[n] ? -1 : 1;
	}
	return 0;
}

int inventory_read(const char *sysfs, struct inventory *i, struct err *e)
{
	char path[PATH_MAX];
	*i = (struct inventory){0};
	snprintf(path, sizeof path, "%s/class", sysfs);
	if (access(path, R_OK | X_OK) != 0)
		return err_errno(e, XE_FAILED, errno, "%s: cannot be read, and that is where the kernel lists drives (is sysfs mounted?)",
				 path);
	int rc = take_class(i, sysfs, "scsi_generic", "sg", true, e);
	if (rc == 0)
		rc = take_class(i, sysfs, "scsi_tape", "nst", false, e);
	if (rc == 0)
		rc = take_class(i, sysfs, "scsi_changer", "sch", false, e);
	if (i->count > 0)
		qsort(i->units, i->count, sizeof *i->units, by_address);
	return rc;
}

/* ---- rights ---- */

static bool has_rawio(void)
{
	unsigned long long effective = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof line, f) != NULL && sscanf(line, "CapEff: %llx", &effective) != 1)
		continue;
	if (f)
		fclose(f);
	return effective >> CAP_SYS_RAWIO & 1;
}

static bool may(const char *dev, const char *name, int how)
{
	char path[PATH_MAX];
	return name[0] && snprintf(path, sizeof path, "%s/%s", dev, name) < (int)sizeof path &&
	       faccessat(AT_FDCWD, path, how, AT_EACCESS) == 0;
}

/* The rule of the kernel's sg and st, see linux.c; of changers, sg counts. */
enum inventory_rights inventory_rights(const char *dev, const struct inventory_unit *u)
{
	if (may(dev, u->sg, R_OK | W_OK))
		return INVENTORY_ALL;
	if (may(dev, u->sg, R_OK))
		return has_rawio() ? INVENTORY_ALL : INVENTORY_SOME;
	bool by_tape = u->type == IDENTITY_TYPE_TAPE && may(dev, u->node, R_OK);
	return by_tape && has_rawio() ? INVENTORY_ALL : INVENTORY_NONE;
}

#else

int inventory_read(const char *sysfs, struct inventory *i, struct err *e)
{
	(void)sysfs;
	*i = (struct inventory){0};
	return err_set(e, XE_REFUSED,
		       "drives are listed on Linux only; FreeBSD has camcontrol devlist -v, Solaris cfgadm -al and /dev/rmt");
}

enum inventory_rights inventory_rights(const char *dev, const struct inventory_unit *u)
{
	(void)dev;
	(void)u;
	return INVENTORY_NONE;
}

#endif

void inventory_free(struct inventory *i)
{
	free(i->units);
	*i = (struct inventory){0};
}
