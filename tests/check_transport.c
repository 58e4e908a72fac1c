/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What three kernels report of a command's end; names of nodes on three systems; sysfs; the label of a tape. */
#include "cmd/drive/loading.h"
#include "format/tapelabel.h"
#include "tape/nodes.h"
#include "tape/outcome.h"

#include "guarded.h"
#include "volume_maker.h"

#include <stdio.h>
#include <sys/stat.h>

static struct transport_reply linux_reply(struct outcome_linux o)
{
	struct transport_reply r = {0};
	outcome_linux(&o, &r);
	return r;
}

START_TEST(test_linux)
{
	struct transport_reply r = linux_reply((struct outcome_linux){.len = 100, .resid = 40});
	ck_assert(r.status == 0 && r.transferred == 60 && r.sense_len == 0 && r.trouble[0] == '\0');
	/* Residues that cannot be. */
	ck_assert_uint_eq(linux_reply((struct outcome_linux){.len = 100, .resid = 100}).transferred, 0);
	ck_assert_uint_eq(linux_reply((struct outcome_linux){.len = 100, .resid = 101}).transferred, 0);
	ck_assert_uint_eq(linux_reply((struct outcome_linux){.len = 100, .resid = -1}).transferred, 100);
	ck_assert_uint_eq(linux_reply((struct outcome_linux){.len = 0, .resid = INT32_MIN}).transferred, 0);
	r = linux_reply((struct outcome_linux){.status = 2, .driver = 8, .sense_len = 18});
	ck_assert(r.status == 2 && r.sense_len == 18 && r.trouble[0] == '\0');
	/* Old adapters report a sense and status 0. */
	r = linux_reply((struct outcome_linux){.driver = 0x28, .sense_len = 18});
	ck_assert(r.status == 2 && r.trouble[0] == '\0');
	r = linux_reply((struct outcome_linux){.sense_len = 255});
	ck_assert_uint_eq(r.sense_len, TRANSPORT_SENSE_BYTES);
	/* Status 0 and yet no success: stenc would take these for one. */
	for (unsigned host = 1; host < 0x20; host++) {
		r = linux_reply((struct outcome_linux){.host = (uint16_t)host});
		ck_assert_msg(host == 0x11 ? r.status == 0x18 : r.trouble[0] != '\0', "host status %u", host);
	}
	r = linux_reply((struct outcome_linux){.host = 3});
	ck_assert_str_eq(r.trouble, "timed out (host status 03)");
	r = linux_reply((struct outcome_linux){.driver = 6});
	ck_assert_str_eq(r.trouble, "timed out (driver status 06)");
	for (unsigned driver = 1; driver < 8; driver++)
		ck_assert(linux_reply((struct outcome_linux){.driver = (uint16_t)driver}).trouble[0] != '\0');
	ck_assert(linux_reply((struct outcome_linux){.driver = 8}).trouble[0] == '\0');
	ck_assert_uint_eq(linux_reply((struct outcome_linux){.status = 0x18, .host = 0x11}).status, 0x18);
}
END_TEST

static struct transport_reply cam_reply(struct outcome_cam o)
{
	struct transport_reply r = {0};
	outcome_cam(&o, &r);
	return r;
}

START_TEST(test_cam)
{
	struct transport_reply r = cam_reply((struct outcome_cam){.cam_status = 0x01, .len = 10, .resid = 4});
	ck_assert(r.status == 0 && r.transferred == 6 && r.trouble[0] == '\0');
	/* Bareos takes this for success. */
	r = cam_reply((struct outcome_cam){.cam_status = 0x8c, .status = 2, .sense_len = 252, .sense_resid = 234});
	ck_assert(r.status == 2 && r.sense_len == 18 && r.trouble[0] == '\0');
	r = cam_reply((struct outcome_cam){.cam_status = 0x0c, .status = 2, .sense_len = 252});
	ck_assert(r.status == 2 && r.sense_len == 0); /* the sense is not valid */
	r = cam_reply((struct outcome_cam){.cam_status = 0x8c, .status = 2, .sense_len = 10, .sense_resid = 20});
	ck_assert_uint_eq(r.sense_len, 0);
	ck_assert_uint_eq(cam_reply((struct outcome_cam){.cam_status = 0x10}).status, 2);
	ck_assert_str_eq(cam_reply((struct outcome_cam){.cam_status = 0x4b}).trouble, "timed out (CAM status 0b)");
	for (uint32_t status = 0; status < 0x40; status++) {
		bool well = status == 0x01 || status == 0x10;
		ck_assert_msg((cam_reply((struct outcome_cam){.cam_status = status}).trouble[0] == '\0') == well, "CAM status %u", status);
	}
}
END_TEST

static struct transport_reply uscsi_reply(struct outcome_uscsi o)
{
	struct transport_reply r = {0};
	outcome_uscsi(&o, &r);
	return r;
}

START_TEST(test_uscsi)
{
	struct transport_reply r = uscsi_reply((struct outcome_uscsi){.len = 10, .resid = 4});
	ck_assert(r.status == 0 && r.transferred == 6 && r.trouble[0] == '\0');
	/* ioctl fails with EIO for a check condition, too. */
	r = uscsi_reply((struct outcome_uscsi){.failed = true, .errnum = 5, .status = 2, .rq_len = 252, .rq_resid = 232});
	ck_assert(r.status == 2 && r.sense_len == 20 && r.trouble[0] == '\0');
	r = uscsi_reply((struct outcome_uscsi){.failed = true, .errnum = 5, .status = 2, .rq_status = 2, .rq_len = 252});
	ck_assert_uint_eq(r.sense_len, 0);
	ck_assert(uscsi_reply((struct outcome_uscsi){.failed = true, .errnum = 5}).trouble[0] != '\0');
	ck_assert_uint_eq(uscsi_reply((struct outcome_uscsi){.len = 10, .resid = 11}).transferred, 0);
	ck_assert_uint_eq(uscsi_reply((struct outcome_uscsi){.len = 10, .resid = SIZE_MAX}).transferred, 0);
	ck_assert_uint_eq(uscsi_reply((struct outcome_uscsi){.status = 2, .rq_len = 5, .rq_resid = 6}).sense_len, 0);
}
END_TEST

START_TEST(test_nodes)
{
	static const struct {
		enum nodes_system system;
		const char *path, *use; /* NULL: may be used */
	} cases[] = {
		{NODES_LINUX, "/dev/st0", "/dev/nst0"},
		{NODES_LINUX, "/dev/st12a", "/dev/nst12a"},
		{NODES_LINUX, "st0", "nst0"},
		{NODES_LINUX, "/dev/nst0", NULL},
		{NODES_LINUX, "/dev/sg0", NULL},
		{NODES_LINUX, "/dev/stx", NULL},
		{NODES_LINUX, "/dev/st0x", NULL},
		{NODES_LINUX, "/dev/st", NULL},
		{NODES_LINUX, "/dev/tape/by-id/x-nst", NULL},
		{NODES_LINUX, "/st0/nst0", NULL},
		{NODES_FREEBSD, "/dev/sa0", "/dev/nsa0"},
		{NODES_FREEBSD, "/dev/esa1", "/dev/nsa1"},
		{NODES_FREEBSD, "/dev/sa0.0", "/dev/nsa0.0"},
		{NODES_FREEBSD, "/dev/nsa0", NULL},
		{NODES_FREEBSD, "/dev/pass3", NULL},
		{NODES_FREEBSD, "/dev/sa0.ctl", NULL},
		{NODES_SOLARIS, "/dev/rmt/0", "/dev/rmt/0n"},
		{NODES_SOLARIS, "/dev/rmt/0cb", "/dev/rmt/0cbn"},
		{NODES_SOLARIS, "/dev/rmt/0cbn", NULL},
		{NODES_SOLARIS, "/dev/rmt/0n", NULL},
		{NODES_SOLARIS, "/tmp/0", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char use[64] = "";
		bool rewinds = nodes_rewinds(cases[i].system, cases[i].path, use, sizeof use);
		ck_assert_msg(rewinds == (cases[i].use != NULL), "%s", cases[i].path);
		ck_assert_str_eq(use, cases[i].use ? cases[i].use : "");
	}
}
END_TEST

START_TEST(test_sysfs)
{
	char top[] = "/tmp/xflate-sysfs.XXXXXX", path[256], name[40];
	unsigned major_number = 0, minor_number = 0;
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert(!linux_find_generic(top, 9, 128, name, sizeof name, &major_number, &minor_number));
	static const char *const folders[] = {"/dev",
					      "/dev/char",
					      "/dev/char/9:128",
					      "/dev/char/9:128/device",
					      "/dev/char/9:128/device/scsi_generic",
					      "/dev/char/9:128/device/scsi_generic/sg3"};
	for (size_t i = 0; i < 6; i++) {
		snprintf(path, sizeof path, "%s%s", top, folders[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	ck_assert(!linux_find_generic(top, 9, 128, name, sizeof name, &major_number, &minor_number));
	snprintf(path, sizeof path, "%s%s/dev", top, folders[5]);
	FILE *f = fopen(path, "w");
	fputs("21:3\n", f);
	fclose(f);
	ck_assert(linux_find_generic(top, 9, 128, name, sizeof name, &major_number, &minor_number));
	ck_assert_str_eq(name, "sg3");
	ck_assert(major_number == 21 && minor_number == 3);
	ck_assert(!linux_find_generic(top, 9, 129, name, sizeof name, &major_number, &minor_number));
	ck_assert(!linux_find_generic(top, 9, 128, name, 3, &major_number, &minor_number));
	remove(path);
	for (size_t i = 6; i-- > 0;) {
		snprintf(path, sizeof path, "%s%s", top, folders[i]);
		remove(path);
	}
	remove(top);
}
END_TEST

/* Labels of three forms in every truncation, and with every byte changed: the name, or none. */
START_TEST(test_label)
{
	char name[LABEL_NAME_BYTES];
	for (unsigned version = 1; version <= 3; version++) {
		struct mk m = {0};
		mk_label(&m, version, "TAPE-01", true);
		ck_assert(tapelabel_name((struct span){m.p, m.len}, name));
		ck_assert_str_eq(name, "TAPE-01");
		for (size_t n = 0; n < m.len; n++) {
			struct guarded g = guarded_copy(m.p, n);
			ck_quick(!tapelabel_name((struct span){g.p, n}, name));
			guarded_free(&g);
		}
		for (size_t n = 0; n < m.len; n++) {
			m.p[n] ^= 0x55;
			if (tapelabel_name((struct span){m.p, m.len}, name))
				ck_quick(strcmp(name, "TAPE-01") == 0);
			m.p[n] ^= 0x55;
		}
		mk_free(&m);
	}
	uint8_t ansi[80];
	memset(ansi, ' ', sizeof ansi);
	memcpy(ansi, "VOL1AB01", 8);
	ck_assert(tapelabel_name((struct span){ansi, 80}, name));
	ck_assert_str_eq(name, "AB01");
	ck_assert(!tapelabel_name((struct span){ansi, 79}, name));
	memset(ansi + 4, ' ', 6);
	ck_assert(!tapelabel_name((struct span){ansi, 80}, name));
	ck_assert(!tapelabel_name((struct span){NULL, 0}, name));
}
END_TEST

START_TEST(test_kad_text)
{
	char text[SCSI_KAD_MAX_BYTES], many[SCSI_KAD_MAX_BYTES + 1];
	struct err e = {0};
	ck_assert_int_eq(loading_kad("%v %k 100%%", "VOL1", "0123abcd", text, &e), 0);
	ck_assert_str_eq(text, "VOL1 0123abcd 100%");
	static const char *const bad[] = {"%", "%x", "", "a\nb", "\xc3\xa4", "%v"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		e = (struct err){0};
		ck_assert_int_eq(loading_kad(bad[i], "", "0123abcd", text, &e), XE_USAGE);
	}
	memset(many, 'x', SCSI_KAD_MAX_BYTES);
	many[SCSI_KAD_MAX_BYTES] = '\0';
	e = (struct err){0};
	ck_assert_int_eq(loading_kad(many, "", "", text, &e), XE_USAGE);
	e = (struct err){0};
	ck_assert_int_eq(loading_kad(many + 1, "", "", text, &e), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("transport");
	TCase *t = tcase_create("transport");
	tcase_add_test(t, test_linux);
	tcase_add_test(t, test_cam);
	tcase_add_test(t, test_uscsi);
	tcase_add_test(t, test_nodes);
	tcase_add_test(t, test_sysfs);
	tcase_add_test(t, test_label);
	tcase_add_test(t, test_kad_text);
	suite_add_tcase(s, t);
	return check_run(s);
}
