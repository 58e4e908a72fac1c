/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels rewritten: every cut of one, every length of key fields, host names longer and shorter than the word for them. */
#include "format/label.h"
#include "format/relabel.h"

#include "guarded.h"

#include <stdio.h>

static uint8_t data[4096];
static size_t len;

static void put_text(const char *s)
{
	memcpy(data + len, s, strlen(s) + 1);
	len += strlen(s) + 1;
}

static void put_number(uint64_t v, size_t bytes)
{
	while (bytes-- > 0)
		data[len++] = (uint8_t)(v >> (8 * bytes));
}

/* fields: 15 as Bareos writes, 20 as Bacula does in BB02, 25 in BB03. */
static struct span make_label(int fields, const char *host, const char *enc_key, const char *master_id)
{
	len = 0;
	put_text("Bacula 1.0 immortal\n");
	put_number(11, 4);
	put_number(1, 8);
	put_number(2, 8);
	put_number(0, 16);
	put_text("Vol-1");
	put_text("");
	put_text("Pool");
	put_text("Backup");
	put_text("File");
	put_text(host);
	put_text("sd");
	put_text("Ver. 15.0.3");
	put_text("today");
	if (fields >= 20) {
		put_text("");
		put_number(0, 16);
		put_number(4096, 4);
	}
	if (fields >= 25) {
		put_number(strlen(enc_key), 4);
		memcpy(data + len, enc_key, strlen(enc_key));
		len += strlen(enc_key);
		put_number(strlen(master_id), 4);
		memcpy(data + len, master_id, strlen(master_id));
		len += strlen(master_id);
		put_number(0, 4);
	}
	return (struct span){data, len};
}

START_TEST(test_read)
{
	struct relabel_keys k;
	struct span d = make_label(25, "host", "KEY", "ID");
	ck_assert(relabel_read_keys(d, &k));
	ck_assert_uint_eq(k.block_size, 4096);
	ck_assert_uint_eq(k.enc_key.len, 3);
	ck_assert_mem_eq(k.enc_key.data, "KEY", 3);
	ck_assert_uint_eq(k.master_id.len, 2);
	for (size_t n = 0; n < d.len; n++) {
		uint8_t *cut = malloc(n + 1);
		memcpy(cut, d.data, n);
		ck_assert(!relabel_read_keys((struct span){cut, n}, &k));
		ck_assert_uint_eq(k.enc_key.len + k.master_id.len, 0);
		uint8_t out[RELABEL_MAX_BYTES];
		size_t out_len;
		struct relabel to = {.bb03 = true};
		relabel_volume((struct span){cut, n}, &to, out, &out_len);
		free(cut);
	}
}
END_TEST

/* A length that goes beyond the label. */
START_TEST(test_hostile_lengths)
{
	static const uint32_t lengths[] = {0xffffffff, 0x80000000, 2048, 4};
	for (size_t i = 0; i < 4; i++) {
		struct relabel_keys k;
		struct span d = make_label(20, "host", "", "");
		put_number(lengths[i], 4);
		d.len = len;
		ck_assert(!relabel_read_keys(d, &k));
		ck_assert_ptr_null(k.enc_key.data);
	}
}
END_TEST

static void rewrite(struct span d, const struct relabel *to, struct span *out)
{
	static uint8_t bytes[RELABEL_MAX_BYTES];
	const char *fault = relabel_volume(d, to, bytes, &out->len);
	ck_assert_msg(fault == NULL, "%s", fault ? fault : "");
	out->data = bytes;
}

START_TEST(test_forms)
{
	struct span out;
	struct relabel_keys k;
	/* BB03 to BB02 and back: the last three fields go and come. */
	size_t with = make_label(25, "host", "KEY", "ID").len, without = make_label(20, "host", "", "").len;
	rewrite(make_label(25, "host", "KEY", "ID"), &(struct relabel){0}, &out);
	ck_assert_uint_eq(out.len, without);
	ck_assert_mem_eq(out.data, make_label(20, "host", "", "").data, without);
	rewrite(make_label(20, "host", "", ""), &(struct relabel){.bb03 = true}, &out);
	ck_assert_uint_eq(out.len, without + 12);
	ck_assert(relabel_read_keys(out, &k));
	ck_assert_uint_eq(k.enc_key.len + k.master_id.len, 0);
	/* What old daemons did not write is made. */
	rewrite(make_label(15, "host", "", ""), &(struct relabel){.bb03 = true}, &out);
	ck_assert(relabel_read_keys(out, &k));
	/* For Bareos: its Id, its version, nothing behind the program's date. */
	rewrite(make_label(25, "host", "KEY", "ID"), &(struct relabel){.owner = RELABEL_BAREOS}, &out);
	struct volume_label l;
	ck_assert(label_read_volume(out, &l));
	ck_assert_str_eq(l.id, "Bareos 2.0 immortal\n");
	ck_assert_uint_eq(l.version, 20);
	ck_assert_str_eq(l.volume, "Vol-1");
	ck_assert_str_eq(l.program, "xflate");
	ck_assert_int_eq(label_product(&l, 2), PRODUCT_BAREOS);
	ck_assert_uint_eq(out.len, make_label(15, "host", "", "").len -
					   strlen("sd"
						  "Ver. 15.0.3"
						  "today") +
					   strlen("xflate" XFLATE_VERSION));
	/* And back for Bacula: with the fields that it reads, and no version of Bareos that would tell otherwise. */
	uint8_t bareos[RELABEL_MAX_BYTES];
	struct span theirs = {memcpy(bareos, out.data, out.len), out.len};
	for (int bb03 = 0; bb03 < 2; bb03++) {
		rewrite(theirs, &(struct relabel){.owner = RELABEL_BACULA, .bb03 = bb03}, &out);
		ck_assert(label_read_volume(out, &l));
		ck_assert_str_eq(l.id, "Bacula 1.0 immortal\n");
		ck_assert_uint_eq(l.version, 11);
		ck_assert_str_eq(l.volume, "Vol-1");
		ck_assert_str_eq(l.program, "xflate");
		ck_assert_int_eq(label_product(&l, 2), PRODUCT_BACULA);
		ck_assert_int_eq(relabel_read_keys(out, &k), bb03);
	}
	uint8_t other[RELABEL_MAX_BYTES];
	size_t other_len;
	ck_assert_ptr_nonnull(relabel_volume(theirs, &(struct relabel){.owner = RELABEL_BAREOS}, other, &other_len));
	ck_assert_uint_gt(with, without);
}
END_TEST

START_TEST(test_obfuscation)
{
	static const char *const hosts[] = {"", "h", "ninechars", "OBFUSCATED", "a-much-longer-host-name.example.org"};
	for (size_t i = 0; i < 5; i++) {
		struct span out, old = make_label(25, hosts[i], "", "");
		struct volume_label l;
		rewrite(old, &(struct relabel){.bb03 = true, .obfuscate = true}, &out);
		ck_assert(label_read_volume(out, &l));
		ck_assert_str_eq(l.host, "OBFUSCATED");
		old = make_label(25, hosts[i], "", "");
		rewrite(old, &(struct relabel){.bb03 = true, .obfuscate = true, .fixed_len = old.len}, &out);
		ck_assert_uint_eq(out.len, old.len);
		ck_assert(label_read_volume(out, &l));
		size_t n = strlen(hosts[i]) < 10 ? strlen(hosts[i]) : 10;
		ck_assert_uint_eq(strlen(l.host), n);
		ck_assert_mem_eq(l.host, "OBFUSCATED", n);
		ck_assert_str_eq(l.program, "sd");
	}
}
END_TEST

/* In place: what is shorter is followed by zeros, what is longer is refused. */
START_TEST(test_fixed_length)
{
	uint8_t out[RELABEL_MAX_BYTES];
	size_t n;
	static const uint8_t key[64] = {1, 2, 3};
	for (size_t bytes = 0; bytes <= 12; bytes++) {
		struct span old = make_label(25, "host", "KEYKEY", "IDID");
		struct relabel to = {.bb03 = true, .enc_key = {key, bytes}, .fixed_len = old.len};
		const char *fault = relabel_volume(old, &to, out, &n);
		ck_assert_int_eq(fault != NULL, bytes > 10);
		if (fault)
			continue;
		struct relabel_keys k;
		ck_assert_uint_eq(n, old.len);
		ck_assert(relabel_read_keys((struct span){out, n}, &k));
		ck_assert_uint_eq(k.enc_key.len, bytes);
		ck_assert_uint_eq(k.master_id.len, 0);
	}
	/* Never more than readers take, whatever is there already. */
	struct span long_label = make_label(25, "host", "", "");
	memset(data + len, 0, sizeof data - len);
	long_label.len = RELABEL_MAX_BYTES + 1;
	ck_assert_ptr_nonnull(relabel_volume(long_label, &(struct relabel){.bb03 = true, .fixed_len = long_label.len}, out, &n));
	static uint8_t large[RELABEL_MAX_BYTES];
	struct relabel to = {.bb03 = true, .enc_key = {large, sizeof large - 100}};
	ck_assert_ptr_nonnull(relabel_volume(make_label(25, "host", "", ""), &to, out, &n));
}
END_TEST

START_TEST(test_session_label)
{
	struct span d = make_label(20, "h", "", "");
	uint8_t copy[256];
	memcpy(copy, d.data, d.len);
	ck_assert(!relabel_session(copy, d.len, RELABEL_AS_IT_IS));
	ck_assert(!relabel_session(copy, d.len, RELABEL_BACULA));
	ck_assert(relabel_session(copy, d.len, RELABEL_BAREOS));
	ck_assert_mem_eq(copy, "Bareos 2.0 immortal\n\0\0\0\0\x14", 25);
	ck_assert_mem_eq(copy + 25, d.data + 25, d.len - 25);
	ck_assert(!relabel_session(copy, d.len, RELABEL_BAREOS)); /* once */
	ck_assert(relabel_session(copy, d.len, RELABEL_BACULA));
	ck_assert_mem_eq(copy, d.data, d.len);
	copy[24] = 10; /* the layout before version 11 is another one */
	ck_assert(!relabel_session(copy, d.len, RELABEL_BAREOS));
	for (size_t n = 0; n < 25; n++)
		ck_assert(!relabel_session(copy, n, RELABEL_BAREOS));
}
END_TEST

/* The id of a cloud's parts is 5 bytes longer. */
START_TEST(test_cloud_session_label)
{
	static const char cloud[] = "Bacula 1.0 S3 Cloud Data\n\0\0\0\x9c\x40\0\0\0\1fields";
	static const char bareos[] = "Bareos 2.0 immortal\n\0\0\0\0\x14\0\0\0\1fields";
	uint8_t copy[sizeof cloud];
	memcpy(copy, cloud, sizeof cloud);
	ck_assert(!relabel_session(copy, sizeof copy, RELABEL_BACULA));
	ck_assert_uint_eq(relabel_session(copy, sizeof copy, RELABEL_BAREOS), sizeof bareos);
	ck_assert_mem_eq(copy, bareos, sizeof bareos);
	for (size_t n = 0; n < 30; n++) {
		memcpy(copy, cloud, sizeof cloud);
		ck_assert(!relabel_session(copy, n, RELABEL_BAREOS));
		ck_assert_mem_eq(copy, cloud, sizeof cloud);
	}
}
END_TEST

/* A label made anew is one that is read, whole, and ends where its readers expect it to. */
START_TEST(test_lost)
{
	struct relabel_lost lost = {
		.bacula = _i & 1, .bb03 = _i & 2, .volume = "Vol-1", .pool = "Pool", .media_type = "LTO", .time = 1700000000000000};
	struct volume_label label;
	struct relabel_keys keys;
	size_t n = relabel_lost(&lost, data);
	ck_assert_uint_gt(n, 0);
	ck_assert(label_read_volume((struct span){data, n}, &label));
	ck_assert(!label_read_volume((struct span){data, n - (_i & 1 ? 21 : 0) - (_i & 2 ? 12 : 0) - 1}, &label));
	ck_assert_str_eq(label.id, lost.bacula ? "Bacula 1.0 immortal\n" : "Bareos 2.0 immortal\n");
	ck_assert_uint_eq(label.version, lost.bacula ? 11 : 20);
	ck_assert_str_eq(label.volume, "Vol-1");
	ck_assert_str_eq(label.pool, "Pool");
	ck_assert_str_eq(label.media_type, "LTO");
	ck_assert_str_eq(label.program, "xflate");
	ck_assert_int_eq(label.write_time, lost.time);
	if (_i == 3)
		ck_assert(relabel_read_keys((struct span){data, n}, &keys) && keys.enc_key.len == 0 && keys.block_size == 0);

	char name[LABEL_NAME_BYTES + 1];

	memset(name, 'v', sizeof name);
	name[LABEL_NAME_BYTES - 1] = '\0';
	lost.volume = lost.pool = lost.media_type = name;
	ck_assert_uint_gt(relabel_lost(&lost, data), 0);
	name[LABEL_NAME_BYTES - 1] = 'v';
	name[LABEL_NAME_BYTES] = '\0';
	ck_assert_uint_eq(relabel_lost(&lost, data), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("relabel");
	TCase *t = tcase_create("relabel");
	tcase_add_test(t, test_read);
	tcase_add_test(t, test_hostile_lengths);
	tcase_add_test(t, test_forms);
	tcase_add_test(t, test_obfuscation);
	tcase_add_test(t, test_fixed_length);
	tcase_add_test(t, test_session_label);
	tcase_add_test(t, test_cloud_session_label);
	tcase_add_loop_test(t, test_lost, 0, 4);
	suite_add_tcase(s, t);
	return check_run(s);
}
