/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of drives, from a sysfs that the test makes: shaped like the kernel's, and in other shapes. */
#include "tape/inventory.h"

#include "guarded.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static __attribute__((format(printf, 1, 0))) const char *at(const char *format, va_list args)
{
	static char path[PATH_MAX];
	char rest[PATH_MAX / 2];
	vsnprintf(rest, sizeof rest, format, args);
	snprintf(path, sizeof path, "%s/%s", root, rest);
	return path;
}

/* All folders on the way, too. */
static __attribute__((format(printf, 1, 2))) void folder(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", at(format, args));
	va_end(args);
	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0755);
}

static __attribute__((format(printf, 3, 4))) void file(const void *data, size_t len, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	FILE *f = fopen(at(format, args), "w");
	va_end(args);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

#define TEXT(text, ...) file(text, strlen(text), __VA_ARGS__)

static void device(const char *address, const char *type, const char *vendor, const char *model, const char *serial)
{
	uint8_t page[64] = {0, 0x80, 0, (uint8_t)strlen(serial)};
	memcpy(page + 4, serial, strlen(serial));
	folder("devices/%s", address);
	TEXT(type, "devices/%s/type", address);
	TEXT(vendor, "devices/%s/vendor", address);
	TEXT(model, "devices/%s/model", address);
	TEXT("35GD\n", "devices/%s/rev", address);
	file(page, 4 + strlen(serial), "devices/%s/vpd_pg80", address);
}

static void name(const char *class, const char *entry, const char *address)
{
	char path[PATH_MAX], target[PATH_MAX];
	folder("class/%s/%s", class, entry);
	snprintf(path, sizeof path, "%s/class/%s/%s/device", root, class, entry);
	snprintf(target, sizeof target, "../../../devices/%s", address);
	ck_assert_int_eq(symlink(target, path), 0);
}

static void begin(void)
{
	snprintf(root, sizeof root, "/tmp/xflate-inventory.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	folder("class");
	folder("dev");
}

static void end(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	ck_assert_int_eq(system(command), 0);
}

static struct inventory inventory(void)
{
	struct inventory i;
	struct err e = {0};
	ck_assert_msg(inventory_read(root, &i, &e) == 0, "%s", e.text);
	return i;
}

START_TEST(test_none)
{
	struct inventory i = inventory();
	ck_assert_uint_eq(i.count, 0);
	inventory_free(&i);
	inventory_free(&i);
	struct err e = {0};
	ck_assert_int_eq(inventory_read("/nonexistent", &i, &e), XE_FAILED);
	inventory_free(&i);
}
END_TEST

START_TEST(test_machine)
{
	device("11:0:2:0", "1\n", "IBM     \n", "ULT3580-HH8     \n", "IBM0002");
	device("2:0:0:0", "1\n", "HP      \n", "Ultrium 6-SCSI  \n", "HU0001  ");
	device("2:0:0:1", "8\n", "HP      \n", "MSL G3 Series   \n", "MSL01");
	device("0:0:0:0", "0\n", "ATA     \n", "DISK            \n", "D1");
	name("scsi_generic", "sg0", "0:0:0:0");
	name("scsi_generic", "sg1", "2:0:0:0");
	name("scsi_generic", "sg2", "2:0:0:1");
	name("scsi_generic", "sg10", "11:0:2:0");
	static const char *const modes[] = {"st0", "nst0", "nst0a", "nst0l", "nst0m", "st0a"};
	for (size_t n = 0; n < 6; n++)
		name("scsi_tape", modes[n], "2:0:0:0");
	name("scsi_tape", "nst1", "11:0:2:0");
	name("scsi_changer", "sch0", "2:0:0:1");
	struct inventory i = inventory();
	ck_assert_uint_eq(i.count, 3);
	const struct inventory_unit *u = i.units;
	ck_assert_uint_eq(u[0].type, IDENTITY_TYPE_TAPE);
	ck_assert_str_eq(u[0].address, "2:0:0:0");
	ck_assert_str_eq(u[0].node, "nst0");
	ck_assert_str_eq(u[0].sg, "sg1");
	ck_assert_str_eq(u[0].vendor, "HP");
	ck_assert_str_eq(u[0].product, "Ultrium 6-SCSI");
	ck_assert_str_eq(u[0].revision, "35GD");
	ck_assert_str_eq(u[0].serial, "HU0001");
	ck_assert_uint_eq(u[1].type, IDENTITY_TYPE_CHANGER);
	ck_assert_str_eq(u[1].node, "sch0");
	ck_assert_str_eq(u[1].sg, "sg2");
	ck_assert_str_eq(u[2].address, "11:0:2:0"); /* behind 2, as a number */
	ck_assert_str_eq(u[2].node, "nst1");
	ck_assert_str_eq(u[2].sg, "sg10");
	inventory_free(&i);
}
END_TEST

/* One driver of the two, no serial number. */
START_TEST(test_drivers)
{
	device("1:0:0:0", "1\n", "HP\n", "Ultrium 6-SCSI\n", "");
	device("1:0:1:0", "1\n", "HP\n", "Ultrium 6-SCSI\n", "B");
	name("scsi_generic", "sg0", "1:0:1:0");
	name("scsi_tape", "nst0", "1:0:0:0");
	struct inventory i = inventory();
	ck_assert_uint_eq(i.count, 2);
	ck_assert_str_eq(i.units[0].sg, "");
	ck_assert_str_eq(i.units[0].node, "nst0");
	ck_assert_str_eq(i.units[0].serial, "");
	ck_assert_str_eq(i.units[1].sg, "sg0");
	ck_assert_str_eq(i.units[1].node, "");
	inventory_free(&i);
}
END_TEST

/* What goes away while it is read, and what is no device at all. */
START_TEST(test_odd)
{
	device("1:0:0:0", "1\n", "\033[31mHP\n", "Ultrium with a name that is too long for the field\n", "S");
	file("\0\200\377\377AB", 6, "devices/1:0:0:0/vpd_pg80");
	name("scsi_generic", "sg0", "1:0:0:0");
	name("scsi_generic", "sg1", "9:9:9:9"); /* gone */
	name("scsi_generic", "sg", "1:0:0:0");  /* no number */
	name("scsi_generic", "sg2x", "1:0:0:0");
	name("scsi_tape", "nst0123456789012345678901234567890123456789", "1:0:0:0");
	device("target1:0:0", "1\n", "HP\n", "no address\n", "S");
	name("scsi_generic", "sg3", "target1:0:0");
	device("1:0:0:0:0", "1\n", "HP\n", "nor this\n", "S");
	name("scsi_generic", "sg4", "1:0:0:0:0");
	device("1:0:0:7", "", "HP\n", "no type\n", "S");
	name("scsi_generic", "sg5", "1:0:0:7");
	device("1:0:0:8", "11\n", "HP\n", "another type\n", "S");
	name("scsi_generic", "sg6", "1:0:0:8");
	folder("class/scsi_generic/sg7"); /* no device */
	struct inventory i = inventory();
	ck_assert_uint_eq(i.count, 1);
	ck_assert_str_eq(i.units[0].sg, "sg0");
	ck_assert_str_eq(i.units[0].node, "");
	ck_assert_str_eq(i.units[0].vendor, "?[31mHP");
	ck_assert_str_eq(i.units[0].product, "Ultrium with a n");
	ck_assert_str_eq(i.units[0].serial, "AB"); /* it announces more */
	inventory_free(&i);
}
END_TEST

/* Root sees past modes, and has every capability. */
static enum inventory_rights rights_of_nobody(const char *dev, const struct inventory_unit *u, mode_t mode)
{
	char sg[PATH_MAX];
	bool root_runs = geteuid() == 0;
	snprintf(sg, sizeof sg, "%s/%s", dev, u->sg);
	ck_assert_int_eq(chmod(sg, mode), 0);
	if (root_runs)
		ck_assert_int_eq(seteuid(65534), 0);
	enum inventory_rights rights = inventory_rights(dev, u);
	if (root_runs)
		ck_assert_int_eq(seteuid(0), 0);
	return rights;
}

START_TEST(test_rights)
{
	char dev[PATH_MAX];
	snprintf(dev, sizeof dev, "%s/dev", root);
	struct inventory_unit u = {.type = IDENTITY_TYPE_TAPE, .node = "nst0", .sg = "sg0"};
	ck_assert_int_eq(inventory_rights(dev, &u), INVENTORY_NONE);
	TEXT("", "dev/sg0");
	ck_assert_int_eq(inventory_rights(dev, &u), INVENTORY_ALL);
	struct inventory_unit nameless = {.type = IDENTITY_TYPE_TAPE};
	ck_assert_int_eq(inventory_rights(dev, &nameless), INVENTORY_NONE);
	struct inventory_unit changer = {.type = IDENTITY_TYPE_CHANGER, .node = "sch0"};
	TEXT("", "dev/sch0");
	ck_assert_int_eq(inventory_rights(dev, &changer), INVENTORY_NONE);
	chmod(root, 0755); /* for nobody, too */
	ck_assert_int_eq(rights_of_nobody(dev, &u, 0666), INVENTORY_ALL);
	ck_assert_int_eq(rights_of_nobody(dev, &u, 0444), INVENTORY_SOME);
	ck_assert_int_eq(rights_of_nobody(dev, &u, 0000), INVENTORY_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inventory");
	TCase *t = tcase_create("inventory");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, test_none);
	tcase_add_test(t, test_machine);
	tcase_add_test(t, test_drivers);
	tcase_add_test(t, test_odd);
	tcase_add_test(t, test_rights);
	suite_add_tcase(s, t);
	return check_run(s);
}
