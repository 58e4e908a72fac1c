/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks out of files, pipes and dumps of tapes; damage and where reading goes on behind it. */
#include "volume/source.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "volume_maker.h"

static struct mk_dir dir;
static char path[128];
static char text[1 << 20], other[1 << 20];
static struct mk vol;
static uint64_t padding;

static void setup(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "v", path);
}

static void teardown(void)
{
	mk_dir_remove(&dir);
	mk_free(&vol);
}

static void say(char *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(char *to, const char *format, ...)
{
	size_t used = strlen(to);
	va_list ap;

	va_start(ap, format);
	vsnprintf(to + used, sizeof text - used, format, ap);
	va_end(ap);
}

/* "B addr+len number" and "D addr+len reason", one line each.  Whatever comes, it covers the volume without a gap that is
 * not padding. */
static void read_fd(int fd, char *to)
{
	struct buf_pool *pool = buf_pool_new(1 << 20);
	struct medium_input in;
	struct source_item it;
	struct err e = {0};
	uint64_t at = 0, covered = 0;

	medium_describe(&in, fd);
	struct source *s = source_new(pool, &in, NULL, NULL);

	to[0] = 0;
	for (;;) {
		int rc = source_next(s, &it, &e);

		if (rc != 0) {
			say(to, "error %d %s", rc, e.text);
			break;
		}
		if (it.event == SOURCE_END)
			break;
		ck_quick(it.addr >= at && it.len > 0);
		at = it.addr + it.len;
		covered += it.len;
		if (it.event == SOURCE_BLOCK) {
			say(to, "B %llu+%llu %u%s\n", (unsigned long long)it.addr, (unsigned long long)it.len, it.header.number,
			    it.verdict.encrypted ? " encrypted" : "");
			ck_quick(it.len == it.header.len && mk_get32(it.data + 4) == it.len);
		} else if (it.event == SOURCE_FOREIGN) {
			say(to, "F %llu+%llu\n", (unsigned long long)it.addr, (unsigned long long)it.len);
		} else {
			ck_quick(it.event == SOURCE_DAMAGE);
			say(to, "D %llu+%llu %s%s\n", (unsigned long long)it.addr, (unsigned long long)it.len, it.data ? "* " : "",
			    it.verdict.reason);
		}
	}
	padding = source_padding(s);
	if (e.code == 0)
		ck_quick(covered + padding == source_bytes(s) && source_bytes(s) == vol.len);
	source_free(s);
	buf_pool_free(pool);
}

static void read_file(void)
{
	mk_write(path, vol.p, vol.len);
	read_fd(open(path, O_RDONLY), text);
}

/* Through a pipe in pieces of at most `piece` bytes. */
static void read_pipe(size_t piece)
{
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		signal(SIGPIPE, SIG_IGN);
		close(p[0]);
		for (size_t at = 0; at < vol.len;) {
			ssize_t n = write(p[1], vol.p + at, vol.len - at < piece ? vol.len - at : piece);

			if (n < 0)
				break;
			at += (size_t)n;
			if (piece > 1000)
				usleep(20);
		}
		_exit(0);
	}
	close(p[1]);
	read_fd(p[0], other);
	waitpid(child, NULL, 0);
}

/* From a file and through pipes the items must be the same. */
static void expect(const char *want)
{
	static const size_t pieces[] = {7, 1000, 4099, 65536};

	read_file();
	ck_assert_str_eq(text, want);
	uint64_t of_file = padding;

	for (size_t i = vol.len > 200000; i < sizeof pieces / sizeof pieces[0]; i++) {
		read_pipe(pieces[i]);
		if (strcmp(other, want) != 0)
			ck_abort_msg("in pieces of %zu:\n%s\nnot\n%s", pieces[i], other, want);
		ck_assert_uint_eq(padding, of_file);
	}
}

static void block(uint32_t sid, uint32_t number, size_t n)
{
	uint8_t *data = malloc(n);

	mk_begin(&vol, 2, sid, MK_TIME, number, true);
	sample_fill(data, n, SAMPLE_RANDOM, number * 31 + sid);
	mk_record(&vol, 1, 2, data, n);
	mk_end(&vol);
	free(data);
}

static size_t label;

static void begin(void)
{
	vol.len = 0;
	mk_label(&vol, 2, "v1", true);
	label = vol.len;
}

static const char *want_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *want_text(const char *format, ...)
{
	static char want[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(want, sizeof want, format, ap);
	va_end(ap);
	return want;
}

START_TEST(test_blocks)
{
	begin();
	block(7, 0, 100);
	block(7, 1, 60000);
	block(8, 0, 1);
	expect(want_text("B 0+%zu 0\nB %zu+136 0\nB %zu+60036 1\nB %zu+37 0\n", label, label, label + 136, label + 60172));
	ck_assert_uint_eq(padding, 0);
}
END_TEST

/* Blocks larger than any buffer, and of 20 000 000 bytes. */
START_TEST(test_large)
{
	begin();
	block(7, 0, 20000000 - 36);
	block(7, 1, 1000000);
	block(7, 2, 19999999 - 36);
	read_file();
	ck_assert_str_eq(text, want_text("B 0+%zu 0\nB %zu+20000000 0\nB %zu+1000036 1\nB %zu+19999999 2\n", label, label, label + 20000000,
					 label + 21000036));
}
END_TEST

/* ---- dumps of tapes, volume-format.md 1.6 ---- */

START_TEST(test_padding)
{
	/* 512 is no drive's of ours, but the same here; 64512 and 65536: fixed blocks, no full one yet.  Labels always are
	 * 64512 bytes. */
	static const size_t units[] = {512, 1024, 64512, 65536};
	size_t unit = units[_i], at[4];

	begin();
	mk_pad(&vol, 64512);
	for (uint32_t i = 0; i < 4; i++) {
		block(7, i, 5000 + i * 13);
		at[i] = vol.block;
		mk_pad(&vol, unit);
	}
	expect(want_text("B 0+%zu 0\nB %zu+5036 0\nB %zu+5049 1\nB %zu+5062 2\nB %zu+5075 3\n", label, at[0], at[1], at[2], at[3]));
	ck_assert_uint_eq(padding, vol.len - label - 5036 - 5049 - 5062 - 5075);
}
END_TEST

/* Minimum Block Size 4096: what is shorter is padded to it, what is longer to the next 1024. */
START_TEST(test_padding_minimum)
{
	size_t at[4];

	begin();
	mk_pad(&vol, 64512);
	for (uint32_t i = 0; i < 4; i++) {
		block(7, i, i % 2 ? 7000 : 1000);
		at[i] = vol.block;
		mk_pad(&vol, i % 2 ? 1024 : 4096);
	}
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nB %zu+7036 1\nB %zu+1036 2\nB %zu+7036 3\n", label, at[0], at[1], at[2], at[3]));
}
END_TEST

/* The label block padded to 1024 only, and blocks that fill their unit. */
START_TEST(test_padding_some)
{
	size_t second;

	begin();
	mk_pad(&vol, 1024);
	block(7, 0, 2048 - 36);
	block(7, 1, 2048 - 36);
	block(7, 2, 1000);
	mk_pad(&vol, 1024);
	second = vol.len;
	block(7, 3, 10);
	mk_pad(&vol, 1024);
	expect(want_text("B 0+%zu 0\nB 1024+2048 0\nB 3072+2048 1\nB 5120+1036 2\nB %zu+46 3\n", label, second));
}
END_TEST

/* A header may begin with zeros: BB02 without checksum, BB03 with options 0. */
START_TEST(test_padding_zero_headers)
{
	for (unsigned version = 2; version <= 3; version++) {
		size_t at[3];

		vol.len = 0;
		mk_label(&vol, version, "v1", false);
		label = vol.len;
		mk_pad(&vol, 64512);
		for (uint32_t i = 0; i < 3; i++) {
			mk_begin(&vol, version, 7, MK_TIME, i, false);
			mk_record(&vol, 1, 2, "0123456789", 10);
			at[i] = mk_end(&vol);
			mk_pad(&vol, 1024);
		}
		size_t n = version == 2 ? 46 : 54;

		expect(want_text("B 0+%zu 0\nB %zu+%zu 0\nB %zu+%zu 1\nB %zu+%zu 2\n", label, at[0], n, at[1], n, at[2], n));
	}
}
END_TEST

/* ---- padding that hides no lost block ---- */

/* How the blocks of a dump are padded: bytes of the tape's record for a block of len bytes.  Bareos's label block has a size of its
 * own, Bacula's has none, and `dd bs=N conv=sync` makes all alike. */
struct pad_rule {
	size_t label, least, fixed;
	const char *what;
};

static const struct pad_rule pad_rules[] = {
	{64512, 0, 0, "Bareos, variable"},        {0, 0, 0, "Bacula, variable"},
	{64512, 64512, 64512, "fixed 64512"},     {64512, 65536, 65536, "Bareos, fixed 65536"},
	{65536, 65536, 65536, "dd of 65536"},     {20000, 20000, 20000, "dd of 20000"},
	{262144, 262144, 262144, "dd of 262144"}, {16384, 16384, 16384, "dd of 16384"},
	{64512, 8192, 0, "Bareos, minimum 8192"}, {8192, 8192, 0, "Bacula, minimum 8192"},
};

static size_t padded(const struct pad_rule *r, size_t len, bool is_label)
{
	size_t least = is_label ? r->label : r->least;

	return len <= least ? least : (len + 1023) / 1024 * 1024;
}

static size_t random_length(uint64_t *seed, const struct pad_rule *r)
{
	/* Daemons write multiples of 1024. */
	size_t most = r->fixed && r->fixed < 64512 ? r->fixed / 1024 * 1024 : 64512, draw = sample_next(seed) % 4;

	if (draw == 0)
		return most - sample_next(seed) % 12; /* full */
	if (draw == 1)
		return 100 + sample_next(seed) % 1000;
	return 100 + sample_next(seed) % (most - 100);
}

/* Lengths at random, some blocks overwritten with zeros: damage is told if and only if one was, and every other block comes. */
static void padding_case(uint64_t seed, const struct pad_rule *r, bool none_lost)
{
	uint64_t s = seed;
	size_t count = 4 + sample_next(&s) % 8, at[12], len[12], lost = 0, gone = 0;
	bool minimum = r->least && !r->fixed;
	bool checksums = sample_next(&s) % 4 != 0;

	vol.len = 0;
	vol.block = 0;
	mk_label(&vol, 2, "v1", checksums);
	mk_put(&vol, NULL, padded(r, vol.len, true) - vol.len);
	for (size_t i = 0; i < count; i++) {
		/* A single short block tells of no minimum. */
		len[i] = minimum && i % 3 == 0 ? 100 + sample_next(&s) % 5000 : random_length(&s, r);
		mk_begin(&vol, 2, 7 + (uint32_t)(sample_next(&s) % 3), MK_TIME, (uint32_t)i, checksums);
		uint8_t *data = malloc(len[i]);
		sample_fill(data, len[i], SAMPLE_RANDOM, s + i);
		mk_record(&vol, 1, 2, data, len[i] - 36);
		free(data);
		at[i] = mk_end(&vol);
		mk_put(&vol, NULL, padded(r, len[i], false) - len[i]);
	}
	/* Where every second one is gone, a dump looks as if its blocks were twice as large: at most a third. */
	for (size_t k = none_lost ? 0 : 1 + sample_next(&s) % (count / 3); k > 0; k--) {
		size_t i = sample_next(&s) % count;

		i -= minimum && i % 3 == 0 && i > 0;
		gone += !(lost >> i & 1);
		lost |= (size_t)1 << i;
		memset(vol.p + at[i], 0, len[i]);
	}
	read_file();
	bool told = strstr(text, "D ") != NULL;
	if (told != (gone > 0))
		ck_abort_msg("seed %llu, %s, lost %zx of %zu:\n%s", (unsigned long long)seed, r->what, lost, count, text);
	for (size_t i = 0; i < count; i++) {
		char want[64];

		snprintf(want, sizeof want, "B %zu+%zu %zu\n", at[i], len[i], i);
		if ((strstr(text, want) == NULL) != (lost >> i & 1))
			ck_abort_msg("seed %llu, %s, lost %zx of %zu, block %zu (%s):\n%s", (unsigned long long)seed, r->what, lost, count,
				     i, want, text);
	}
}

START_TEST(test_padding_lost)
{
	for (uint64_t seed = 1; seed <= 150; seed++) {
		padding_case(seed, &pad_rules[_i], false);
		padding_case(seed, &pad_rules[_i], true);
	}
}
END_TEST

/* The first, the last, and all but one. */
START_TEST(test_padding_lost_edges)
{
	size_t at[5];

	for (size_t k = 0; k < 5; k++) {
		begin();
		mk_pad(&vol, 16384);
		for (uint32_t i = 0; i < 4; i++) {
			block(7 + i, 0, 5000 + i * 13);
			at[i + 1] = vol.block;
			mk_pad(&vol, 16384);
		}
		at[0] = 0;
		for (size_t i = 1; i <= 4; i++) {
			if (k == 4 ? i != 3 : i - 1 == k)
				memset(vol.p + at[i], 0, 16384);
		}
		read_file();
		/* With one block alone nothing tells for sure how long the lost ones were. */
		ck_assert_msg(strstr(text, k == 4 ? "+16384 zeros where a block should be: it could not be read from the tape, or was lost"
						  : want_text("\nD %zu+16384 zeros where", at[k + 1])) != NULL,
			      "%zu: %s", k, text);
	}
	/* The label itself. */
	memset(vol.p, 0, 16384);
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("D 0+%zu", at[3])));
}
END_TEST

/* A file that is larger than its volume, as one that was given its size beforehand, is no dump. */
START_TEST(test_zero_tail)
{
	begin();
	block(7, 0, 1000);
	size_t end = vol.len;

	mk_put(&vol, NULL, 100000);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+100000 no block header (BB01, BB02, BB03) where one should be\n", label, label,
			 end));
	/* Of a small block behind another, the zeros could be the padding of that. */
	begin();
	block(7, 0, 500);
	block(7, 1, 1024 - 536 - 36);
	size_t hole = vol.block;

	block(7, 2, 800);
	block(7, 3, 800);
	memset(vol.p + hole, 0, 488);
	expect(want_text("B 0+%zu 0\nB %zu+536 0\nD %zu+488 no block header (BB01, BB02, BB03) where one should be\n"
			 "B %zu+836 2\nB %zu+836 3\n",
			 label, label, hole, hole + 488, hole + 488 + 836));
	ck_assert_uint_eq(padding, 0);
}
END_TEST

/* ---- tape labels of other systems ---- */

/* 80 bytes, in EBCDIC for those who want that. */
static void tape_label(const char *name, bool ebcdic)
{
	uint8_t l[80];

	memset(l, ebcdic ? 0x40 : ' ', sizeof l);
	for (size_t i = 0; name[i]; i++) {
		static const uint8_t letters[] = {0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd1, 0xd2, 0xd3, 0xd4,
						  0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9};
		char c = name[i];

		l[i] = !ebcdic ? (uint8_t)c : c >= 'A' ? letters[c - 'A'] : (uint8_t)(0xf0 + c - '0');
	}
	vol.block = vol.len;
	mk_put(&vol, l, sizeof l);
}

/* bit 1: EBCDIC; 2: as dd conv=sync makes them, padded as all the rest */
START_TEST(test_tape_labels)
{
	bool ebcdic = _i & 1;
	size_t unit = _i & 2 ? 65536 : 80, data = _i & 2 ? 65536 : 1024, at[10], n = 0;
	static const char *const before[] = {"VOL1TAPE01", "UVL1", "HDR1BAREOS", "HDR2F32252", "UHL1"};
	static const char *const behind[] = {"EOF1BAREOS", "EOV2F32252", "UTL9"};

	vol.len = 0;
	for (size_t i = 0; i < 5; i++) {
		at[n++] = vol.len;
		tape_label(before[i], ebcdic);
		mk_pad(&vol, unit);
	}
	size_t first = vol.len, second;

	mk_label(&vol, 2, "v1", true);
	label = vol.len - first;
	mk_pad(&vol, _i & 2 ? unit : 64512);
	second = vol.len;
	block(7, 0, 1000);
	mk_pad(&vol, data);
	for (size_t i = 0; i < 3; i++) {
		at[n++] = vol.len;
		tape_label(behind[i], ebcdic);
		mk_pad(&vol, unit);
	}
	expect(want_text("F %zu+80\nF %zu+80\nF %zu+80\nF %zu+80\nF %zu+80\nB %zu+%zu 0\nB %zu+1036 0\nF %zu+80\nF %zu+80\nF %zu+80\n",
			 at[0], at[1], at[2], at[3], at[4], first, label, second, at[5], at[6], at[7]));
	/* The volume's label was lost, and its zeros are not theirs. */
	memset(vol.p + first, 0, label);
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("F %zu+80\nD ", at[4])));
	/* Something else that begins so. */
	vol.len = 0;
	tape_label("VOL0", ebcdic);
	read_file();
	ck_assert_ptr_nonnull(strstr(text, "D 0+80 "));
	vol.len = 0;
	tape_label("VOL1", ebcdic);
	vol.p[50] = 7;
	read_file();
	ck_assert_ptr_nonnull(strstr(text, "D 0+80 "));
}
END_TEST

/* Zeros that no drive made: a hole in a file volume. */
START_TEST(test_hole)
{
	size_t hole;

	begin();
	block(7, 0, 1000);
	block(7, 1, 1000);
	hole = vol.len;
	mk_put(&vol, NULL, 4096);
	block(7, 2, 1000);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nB %zu+1036 1\n"
			 "D %zu+4096 no block header (BB01, BB02, BB03) where one should be\nB %zu+1036 2\n",
			 label, label, label + 1036, hole, hole + 4096));
	ck_assert_uint_eq(padding, 0);
	/* A block of it became zeros. */
	begin();
	block(7, 0, 1000);
	block(7, 1, 5000);
	hole = vol.block;
	memset(vol.p + hole, 0, vol.len - hole);
	block(7, 2, 1000);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\n"
			 "D %zu+5036 no block header (BB01, BB02, BB03) where one should be\nB %zu+1036 2\n",
			 label, label, hole, hole + 5036));
}
END_TEST

/* ---- damage ---- */

START_TEST(test_garbage)
{
	size_t at;

	begin();
	block(7, 0, 1000);
	at = vol.len;
	mk_put(&vol, "some bytes that nobody expects BB0 BB02", 39);
	block(7, 1, 1000);
	mk_put(&vol, "BB02 behind the end", 19);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\n"
			 "D %zu+39 no block header (BB01, BB02, BB03) where one should be\nB %zu+1036 1\n"
			 "D %zu+19 no block header (BB01, BB02, BB03) where one should be\n",
			 label, label, at, at + 39, at + 39 + 1036));
}
END_TEST

START_TEST(test_no_volume)
{
	vol.len = 0;
	mk_put(&vol, "This is a text file, not a volume.\n", 35);
	expect("D 0+35 this is no volume: no block header (BB01, BB02, BB03) at its beginning\n");
	vol.len = 0;
	mk_put(&vol, "short", 5);
	expect("D 0+5 the volume ends inside a block header\n");
	vol.len = 0;
	mk_put(&vol, NULL, 100000);
	expect("D 0+100000 this is no volume: no block header (BB01, BB02, BB03) at its beginning\n");
	vol.len = 0;
	expect("");
}
END_TEST

START_TEST(test_cut_tail)
{
	begin();
	block(7, 0, 1000);
	size_t full = vol.len;

	for (size_t n = 1; n < 1036; n++) {
		vol.len = full - n;
		read_file();
		ck_quick(strstr(text, "\nD ") != NULL);
		if (!strstr(text, n <= 1036 - 24 ? "is cut short" : "the volume ends inside a block header"))
			ck_abort_msg("%zu bytes of the block are there: %s", 1036 - n, text);
	}
	vol.len = full - 500;
	expect(want_text("B 0+%zu 0\nD %zu+536 block of 1036 bytes is cut short: the volume ends after 536 of them\n", label, label));
	vol.len = full - 1036 + 10;
	expect(want_text("B 0+%zu 0\nD %zu+10 the volume ends inside a block header\n", label, label));
}
END_TEST

START_TEST(test_overwritten_header)
{
	size_t bad;

	begin();
	block(7, 0, 1000);
	block(7, 1, 3000);
	bad = vol.block;
	block(7, 2, 1000);
	for (int i = 0; i < 4; i++) {
		uint8_t keep[24];

		memcpy(keep, vol.p + bad, 24);
		if (i == 0)
			memset(vol.p + bad, 0xff, 24);
		else if (i == 1)
			mk_set32(vol.p + bad + 4, 20000001); /* impossible */
		else if (i == 2)
			mk_set32(vol.p + bad + 4, 23);
		else
			mk_set32(vol.p + bad + 4, 100000); /* beyond the end */
		static const char *const reasons[] = {"no block header (BB01, BB02, BB03) where one should be",
						      "block length 20000001 is impossible", "block length 23 is impossible",
						      "block of 100000 bytes is cut short: the volume ends after 4072 of them"};
		expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+3036 %s\nB %zu+1036 2\n", label, label, bad, reasons[i], bad + 3036));
		memcpy(vol.p + bad, keep, 24);
	}
}
END_TEST

/* A wrong length that is possible: the blocks behind are found all the same. */
START_TEST(test_wrong_length)
{
	begin();
	block(7, 0, 1000);
	block(7, 1, 3000);
	size_t bad = vol.block;

	for (uint32_t i = 2; i < 6; i++)
		block(7, i, 1000);
	for (uint32_t len = 24; len < 7000; len += 97) {
		mk_set32(vol.p + bad + 4, len);
		read_file();
		char *damage = strstr(text, "\nD ");
		char want[100];

		ck_quick(damage != NULL);
		snprintf(want, sizeof want, "\nD %zu+3036 ", bad);
		if (strncmp(damage, want, strlen(want)) != 0)
			ck_abort_msg("length %u: %s", len, text);
		ck_quick(strstr(text, "+1036 2\n") && strstr(text, "+1036 5\n"));
	}
}
END_TEST

START_TEST(test_wrong_checksum)
{
	begin();
	block(7, 0, 1000);
	block(7, 1, 1000);
	size_t bad = vol.block;

	block(7, 2, 1000);
	vol.p[bad + 700] ^= 0x10;
	char reason[80];

	snprintf(reason, sizeof reason, "CRC32 is %08lx, header says %08x", crc32(0, vol.p + bad + 4, 1032), mk_get32(vol.p + bad));
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+1036 * %s\nB %zu+1036 2\n", label, label, bad, reason, bad + 1036));
	/* the last one */
	vol.p[bad + 700] ^= 0x10;
	vol.p[vol.len - 1] ^= 0x10;
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("\nD %zu+1036 * CRC32", vol.block)));
	/* Bacula's */
	vol.len = 0;
	mk_label(&vol, 3, "v1", true);
	mk_begin(&vol, 3, 7, MK_TIME, 1, true);
	mk_record(&vol, 1, 2, "hello", 5);
	mk_end(&vol);
	vol.p[vol.block + 33] ^= 1;
	read_file();
	ck_assert_ptr_nonnull(strstr(text, "* XXH3 is "));
}
END_TEST

/* Right checksum, wrong records. */
START_TEST(test_mad_records)
{
	begin();
	block(7, 0, 1000);
	mk_begin(&vol, 2, 7, MK_TIME, 1, true);
	mk_part(&vol, 1, 2, 20000000, "abc", 3);
	mk_end(&vol);
	block(7, 2, 1000);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+39 * a record is longer than any reader takes\nB %zu+1036 2\n", label, label,
			 label + 1036, label + 1036 + 39));
}
END_TEST

/* The checksum of one block is 0 though its job's others have one. */
START_TEST(test_checksum_gone)
{
	begin();
	block(7, 0, 1000);
	block(7, 1, 1000);
	memset(vol.p + vol.block, 0, 4);
	size_t bad = vol.block;

	block(7, 2, 1000);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\n"
			 "D %zu+1036 * its checksum is gone, though the other blocks of its job have one\nB %zu+1036 2\n",
			 label, label, bad, bad + 1036));
	/* In BB03 the option says it. */
	vol.len = 0;
	mk_label(&vol, 3, "v1", true);
	label = vol.len;
	for (uint32_t i = 0; i < 3; i++) {
		mk_begin(&vol, 3, 7, MK_TIME, i, i != 1);
		mk_record(&vol, 1, 2, "hello", 5);
		mk_end(&vol);
	}
	expect(want_text("B 0+%zu 0\nB %zu+49 0\n"
			 "D %zu+49 * its checksum is gone, though the other blocks of its job have one\nB %zu+49 2\n",
			 label, label, label + 49, label + 98));
}
END_TEST

/* One block in 2^32 has a CRC of 0 by right. */
START_TEST(test_checksum_zero_by_right)
{
	begin();
	block(7, 0, 1000);
	/* CRC of 4 bytes more is 0 if they undo the register: the table tells which. */
	mk_begin(&vol, 2, 7, MK_TIME, 1, true);
	mk_record(&vol, 1, 2, "0123456789abcdef", 16);
	mk_end(&vol);
	uint8_t *p = vol.p + vol.block;
	size_t n = vol.len - vol.block;
	const z_crc_t *table = get_crc_table();
	uint32_t want = 0xffffffff; /* register that gives 0 */

	for (int i = 0; i < 4; i++) {
		uint32_t k = 0;

		while (table[k] >> 24 != want >> 24)
			k++;
		want = (uint32_t)((want ^ table[k]) << 8 | k);
	}
	uint32_t have = (uint32_t)crc32(0, p + 4, (uInt)n - 8) ^ 0xffffffff;

	for (int i = 0; i < 4; i++)
		p[n - 4 + (size_t)i] = (uint8_t)((want ^ have) >> (8 * i));
	ck_assert_uint_eq(crc32(0, p + 4, (uInt)n - 4), 0);
	mk_set32(p, 0);
	block(7, 2, 1000);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nB %zu+52 1\nB %zu+1036 2\n", label, label, label + 1036, label + 1036 + 52));
}
END_TEST

START_TEST(test_no_checksums)
{
	size_t at[4];

	vol.len = 0;
	mk_label(&vol, 2, "v1", false);
	label = vol.len;
	for (uint32_t i = 0; i < 4; i++) {
		at[i] = vol.len;
		mk_begin(&vol, 2, 7, MK_TIME, i, false);
		mk_record(&vol, 1, 2, vol.p, 200);
		mk_end(&vol);
	}
	expect(want_text("B 0+%zu 0\nB %zu+236 0\nB %zu+236 1\nB %zu+236 2\nB %zu+236 3\n", label, at[0], at[1], at[2], at[3]));
	/* An overwritten header: the next ones are found by their lengths. */
	memset(vol.p + at[1], 0xaa, 24);
	expect(want_text("B 0+%zu 0\nB %zu+236 0\nD %zu+236 no block header (BB01, BB02, BB03) where one should be\n"
			 "B %zu+236 2\nB %zu+236 3\n",
			 label, at[0], at[1], at[2], at[3]));
}
END_TEST

/* ---- not to be fooled ---- */

/* Headers in file data: ids alone, with possible lengths, of the session itself, with a right checksum but of another
 * session. */
START_TEST(test_ids_in_data)
{
	struct mk in = {0};

	for (int i = 0; i < 20; i++)
		mk_put(&in, "BB02BB03BB01BB0", 15);
	for (uint32_t len = 24; len < 2000; len += 100) {
		uint8_t h[24];

		mk_seal(h, 2, 0, len, 1, 7, MK_TIME, false);
		h[0] = 1;
		mk_put(&in, h, 24);
	}
	begin();
	block(7, 0, 1000);
	mk_begin(&vol, 2, 7, MK_TIME, 1, true);
	mk_record(&vol, 1, 2, in.p, in.len);
	mk_end(&vol);
	size_t bad = vol.block, len = vol.len - bad;

	block(7, 2, 1000);
	memset(vol.p + bad, 0, 24);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+%zu no block header (BB01, BB02, BB03) where one should be\nB %zu+1036 2\n", label,
			 label, bad, len, bad + len));
	mk_free(&in);
}
END_TEST

static void foreign_volume(struct mk *in, uint32_t sid, uint32_t blocks, size_t n)
{
	struct mk outer = vol;

	vol = *in;
	mk_label(&vol, 2, "inner", true);
	for (uint32_t i = 0; i < blocks; i++)
		block(sid, i, n);
	*in = vol;
	vol = outer;
}

/* A backed-up volume inside a block whose header is gone: its blocks are whole and good, and not ours. */
START_TEST(test_foreign_volume)
{
	struct mk in = {0};
	static const char behind[] = "and the file goes on";
	size_t before = _i % 2 ? 0 : 77;

	mk_put(&in, "filefilefilefilefilefilefilefilefilefilefilefilefilefilefilefilefilefilefilefilefile", before);
	foreign_volume(&in, 99, _i < 2 ? 1 : _i < 4 ? 5 : 7, _i < 4 ? 500 : 130000);
	mk_put(&in, behind, sizeof behind);
	begin();
	block(7, 0, 1000);
	mk_begin(&vol, 2, 7, MK_TIME, 1, true);
	mk_record(&vol, 1, 2, in.p, in.len);
	mk_end(&vol);
	size_t bad = vol.block, len = vol.len - bad;

	block(7, 2, 1000);
	block(7, 3, 1000);
	memset(vol.p + bad, 0x55, 24);
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+%zu no block header (BB01, BB02, BB03) where one should be\n"
			 "B %zu+1036 2\nB %zu+1036 3\n",
			 label, label, bad, len, bad + len, bad + len + 1036));
	mk_free(&in);
}
END_TEST

/* The same where only the block's checksum is wrong: its length is believed. */
START_TEST(test_foreign_volume_bad_checksum)
{
	struct mk in = {0};

	foreign_volume(&in, 99, 5, 500);
	begin();
	block(7, 0, 1000);
	mk_begin(&vol, 2, 7, MK_TIME, 1, true);
	mk_record(&vol, 1, 2, in.p, in.len);
	mk_end(&vol);
	size_t bad = vol.block, len = vol.len - bad;

	block(7, 2, 1000);
	vol.p[bad] ^= 1;
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("\nD %zu+%zu * CRC32", bad, len)));
	ck_assert_ptr_nonnull(strstr(text, want_text("\nB %zu+1036 2\n", bad + len)));
	mk_free(&in);
}
END_TEST

/* The record with the foreign volume goes over many blocks, several of which are gone. */
START_TEST(test_foreign_volume_over_blocks)
{
	struct mk in = {0};

	foreign_volume(&in, 99, 300, 700);
	begin();
	block(7, 0, 1000);
	mk_begin(&vol, 2, 7, MK_TIME, 1, true);
	size_t first = vol.block;

	mk_split(&vol, 64512, 1, 2, in.p, in.len);
	mk_end(&vol);
	block(7, 50, 1000);
	size_t lost = 0;

	/* The headers of the first two blocks. */
	memset(vol.p + first, 0x55, 24);
	memset(vol.p + first + 64512, 0x55, 24);
	lost = 2 * 64512;
	expect(want_text("B 0+%zu 0\nB %zu+1036 0\nD %zu+%zu no block header (BB01, BB02, BB03) where one should be\n"
			 "B %zu+64512 3\nB %zu+%zu 4\nB %zu+1036 50\n",
			 label, label, first, lost, first + lost, first + lost + 64512, vol.block - first - lost - 64512, vol.block));
	mk_free(&in);
}
END_TEST

/* ---- sessions that begin behind damage ---- */

/* Nobody has seen session 8 before; its blocks go on to the end, or far enough. */
START_TEST(test_new_session)
{
	static const struct {
		uint32_t blocks;
		size_t n;
	} cases[] = {{1, 100}, {1, 60000}, {3, 60000}, {10, 64000}, {20, 64000}, {60, 64000}, {1, 1000000}, {3, 1000000}, {12, 300000}};
	char want[8192] = "";
	size_t damage;

	begin();
	block(7, 0, 1000);
	damage = vol.len;
	mk_put(&vol, "garbage", 8);
	snprintf(want, sizeof want, "B 0+%zu 0\nB %zu+1036 0\nD %zu+8 no block header (BB01, BB02, BB03) where one should be\n", label,
		 label, damage);
	for (uint32_t i = 0; i < cases[_i].blocks; i++) {
		say(want, "B %zu+%zu %u\n", vol.len, cases[_i].n + 36, i);
		block(8, i, cases[_i].n);
	}
	expect(want);
}
END_TEST

/* The label block itself is gone. */
START_TEST(test_label_gone)
{
	for (int i = 0; i < 2; i++) {
		begin();
		for (uint32_t k = 0; k < 5; k++)
			block(7, k, 1000);
		memset(vol.p, i ? 0 : 0x77, 24);
		read_file();
		ck_assert_str_eq(text, want_text("D 0+%zu this is no volume: no block header (BB01, BB02, BB03) at its beginning\n"
						 "B %zu+1036 0\nB %zu+1036 1\nB %zu+1036 2\nB %zu+1036 3\nB %zu+1036 4\n",
						 label, label, label + 1036, label + 2 * 1036, label + 3 * 1036, label + 4 * 1036));
	}
}
END_TEST

START_TEST(test_damaged_dump)
{
	size_t at[4];

	begin();
	mk_pad(&vol, 64512);
	for (uint32_t i = 0; i < 4; i++) {
		block(7, i, 5000 + i * 13);
		at[i] = vol.block;
		mk_pad(&vol, 1024);
	}
	vol.p[at[1] + 900] ^= 1;
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("\nD %zu+5049 * CRC32", at[1])));
	ck_assert_ptr_nonnull(strstr(text, want_text("\nB %zu+5062 2\nB %zu+5075 3\n", at[2], at[3])));
	vol.p[at[1] + 900] ^= 1;
	memset(vol.p + at[1], 0, 24);
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("\nB %zu+5062 2\nB %zu+5075 3\n", at[2], at[3])));
}
END_TEST

/* Any byte changed costs its own block and no other. */
START_TEST(test_every_byte)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};

	begin();
	for (uint32_t k = 0; k < 4; k++)
		block(7, k, 60);
	for (size_t i = 0; i < vol.len; i++) {
		vol.p[i] ^= masks[i % 3];
		read_file();
		for (uint32_t k = 0; k < 4; k++) {
			size_t at = label + k * 96;
			bool hit = i >= at && i < at + 96;
			bool there = strstr(text, want_text("B %zu+96 %u\n", at, k)) != NULL;

			if (there == hit)
				ck_abort_msg("byte %zu:\n%s", i, text);
		}
		vol.p[i] ^= masks[i % 3];
	}
}
END_TEST

START_TEST(test_encrypted)
{
	vol.len = 0;
	mk_label(&vol, 3, "v1", true);
	label = vol.len;
	for (int i = 0; i < 3; i++) {
		mk_begin(&vol, 3, 7, MK_TIME, (uint32_t)i, i < 2);
		vol.options = i < 2 ? 7 : 6;
		mk_record(&vol, 1, 2, "hello", 5);
		mk_end(&vol);
		if (i == 1)
			vol.p[vol.len - 1] ^= 1;
	}
	expect(want_text("B 0+%zu 0\nB %zu+49 0\nB %zu+49 1 encrypted\nB %zu+49 2 encrypted\n", label, label, label + 49, label + 98));
}
END_TEST

/* Three plain BB03 blocks, numbers 0 to 2, of 49 bytes; returns where the second begins. */
static size_t three_bb03(void)
{
	vol.len = 0;
	mk_label(&vol, 3, "v1", true);
	label = vol.len;
	for (uint32_t i = 0; i < 3; i++) {
		mk_begin(&vol, 3, 7, MK_TIME, i, true);
		mk_record(&vol, 1, 2, "hello", 5);
		mk_end(&vol);
	}
	return label + 49;
}

/* Option bits that no daemon writes are damage: such a block is not taken for an encrypted one, which would end the run. */
START_TEST(test_option_bits)
{
	static const uint32_t wrong[] = {5, 4, 15, 0x80000007, 0x42423037};
	size_t at = three_bb03();

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		mk_set32(vol.p + at, wrong[i]);
		expect(want_text("B 0+%zu 0\nB %zu+49 0\nD %zu+49 * its option bits make no sense\nB %zu+49 2\n", label, label, at,
				 at + 49));
	}
}
END_TEST

/* The header of an encrypted block in garbage or in a file's data: nothing proves it, and no block stands where it ends. */
START_TEST(test_encrypted_in_garbage)
{
	struct mk whole = {0};
	size_t at = three_bb03();

	mk_put(&whole, vol.p, vol.len);
	for (uint32_t options = 6; options < 8; options++) {
		uint8_t fake[60];

		memset(fake, 0xaa, sizeof fake);
		memcpy(fake + 10, whole.p + label, 32);
		mk_set32(fake + 10, options);
		mk_set32(fake + 14, 70);
		vol.len = at;
		mk_put(&vol, fake, sizeof fake);
		mk_put(&vol, whole.p + at, whole.len - at);
		expect(want_text("B 0+%zu 0\nB %zu+49 0\nD %zu+60 no block header (BB01, BB02, BB03) where one should be\n"
				 "B %zu+49 1\nB %zu+49 2\n",
				 label, label, at, at + 60, at + 109));
	}
	free(whole.p);
}
END_TEST

/* n bytes of headers close together that all claim a block of 20 MB with one long record. */
static void crowd(size_t n)
{
	uint8_t unit[36];

	mk_set32(unit, 0x12345678);
	mk_set32(unit + 4, 20000000);
	mk_set32(unit + 8, 1);
	memcpy(unit + 12, "BB02", 4);
	mk_set32(unit + 16, 7);
	mk_set32(unit + 20, MK_TIME);
	mk_set32(unit + 24, 1);
	mk_set32(unit + 28, 2);
	mk_set32(unit + 32, 19999990);
	for (size_t at = 0; at + sizeof unit <= n; at += sizeof unit)
		mk_put(&vol, unit, sizeof unit);
}

/* The search reads each byte a few times, not once for each header: else this takes an hour. */
START_TEST(test_crowd_of_headers)
{
	begin();
	block(7, 0, 1000);
	size_t at = vol.len;
	crowd(24000012);
	size_t good = vol.len;
	block(7, 1, 1000);
	block(7, 2, 1000);
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("D %zu+%zu ", at, good - at)));
	ck_assert_ptr_nonnull(strstr(text, want_text("B %zu+1036 1\nB %zu+1036 2\n", good, good + 1036)));
}
END_TEST

/* A row of small blocks of other sessions, each apart from the next, is part of a file's data: a block of a known session
 * follows.  That is found out once, not for each of them. */
START_TEST(test_crowd_of_foreign_blocks)
{
	struct mk inner = {0};

	for (uint32_t i = 0; i < 40000; i++) {
		mk_begin(&inner, 2, 1000 + i, MK_TIME, 0, true);
		mk_record(&inner, 1, 2, "hello", 5);
		mk_end(&inner);
		mk_put(&inner, "...", i & 1 ? 3 : 0);
	}
	begin();
	block(7, 0, 1000);
	size_t at = vol.len;
	mk_put(&vol, "!", 1);
	mk_put(&vol, inner.p, inner.len);
	mk_put(&vol, "!", 1);
	size_t good = vol.len;
	block(7, 1, 1000);
	read_file();
	ck_assert_str_eq(text, want_text("B 0+%zu 0\nB %zu+1036 0\n"
					 "D %zu+%zu no block header (BB01, BB02, BB03) where one should be\nB %zu+1036 1\n",
					 label, label, at, good - at, good));
	free(inner.p);
}
END_TEST

/* Behind damage, what looks like the header of an encrypted block is none if no other block follows on it. */
START_TEST(test_false_cipher)
{
	vol.len = 0;
	mk_label(&vol, 3, "v1", true);
	label = vol.len;
	for (uint32_t i = 0; i < 3; i++) {
		mk_begin(&vol, 3, 7, MK_TIME, i, true);
		mk_record(&vol, 1, 2, "hello, hello, hello, hello, hello, hello, hello, hello", 54);
		mk_end(&vol);
	}
	uint8_t *hurt = vol.p + label + 98;

	memset(hurt, 0xff, 98);
	mk_set32(hurt + 30, 7);
	mk_set32(hurt + 34, 120); /* over the last block, so that none of this job would follow */
	memcpy(hurt + 42, "BB03", 4);
	expect(want_text("B 0+%zu 0\nB %zu+98 0\nD %zu+98 no block header (BB01, BB02, BB03) where one should be\nB %zu+98 2\n", label,
			 label, label + 98, label + 196));
}
END_TEST

/* A length that is wrong reaches just to the end of a good block behind: those inside of it are found. */
START_TEST(test_wrong_length_fits)
{
	begin();
	for (uint32_t i = 0; i < 6; i++)
		block(7, i, 1000);
	mk_set32(vol.p + label + 1036 + 4, 1036 * (uint32_t)(2 + _i));
	read_file();
	ck_assert_ptr_nonnull(strstr(text, want_text("B %zu+1036 0\nD %zu+1036 CRC32 is ", label, label + 1036)));
	ck_assert_ptr_nonnull(strstr(text, want_text("\nB %zu+1036 2\nB %zu+1036 3\nB %zu+1036 4\nB %zu+1036 5\n", label + 2 * 1036,
						     label + 3 * 1036, label + 4 * 1036, label + 5 * 1036)));
}
END_TEST

/* Bytes of a block without a checksum are gone: it reaches over the next one, which is found all the same. */
START_TEST(test_reaches_over)
{
	static const size_t gone[] = {1, 4, 30, 50};

	vol.len = 0;
	mk_label(&vol, 2, "v1", false);
	label = vol.len;
	for (uint32_t i = 0; i < 4; i++) {
		mk_begin(&vol, 2, 7, MK_TIME, i, false);
		mk_record(&vol, 1, 2, "hello, hello, hello, hello, hello, hello, hello, hello", 54);
		mk_end(&vol);
	}
	size_t n = gone[_i], at = label + 90 + 36;

	memmove(vol.p + at, vol.p + at + n, vol.len - at - n);
	vol.len -= n;
	expect(want_text("B 0+%zu 0\nB %zu+90 0\nD %zu+%zu bytes of this block are missing: the next one begins inside of it\n"
			 "B %zu+90 2\nB %zu+90 3\n",
			 label, label, label + 90, 90 - n, label + 180 - n, label + 270 - n));
}
END_TEST

START_TEST(test_read_error)
{
	begin();
	mk_write(path, vol.p, vol.len);
	read_fd(open(path, O_WRONLY), text);
	ck_assert_ptr_nonnull(strstr(text, "error -1 read error"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("source");
	TCase *t = tcase_create("source");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_blocks);
	tcase_add_test(t, test_large);
	tcase_add_loop_test(t, test_padding, 0, 4);
	tcase_add_test(t, test_padding_minimum);
	tcase_add_test(t, test_padding_some);
	tcase_add_test(t, test_padding_zero_headers);
	tcase_add_loop_test(t, test_padding_lost, 0, (int)(sizeof pad_rules / sizeof pad_rules[0]));
	tcase_add_test(t, test_padding_lost_edges);
	tcase_add_test(t, test_zero_tail);
	tcase_add_loop_test(t, test_tape_labels, 0, 4);
	tcase_add_test(t, test_hole);
	tcase_add_test(t, test_garbage);
	tcase_add_test(t, test_no_volume);
	tcase_add_test(t, test_cut_tail);
	tcase_add_test(t, test_overwritten_header);
	tcase_add_test(t, test_wrong_length);
	tcase_add_test(t, test_wrong_checksum);
	tcase_add_test(t, test_mad_records);
	tcase_add_test(t, test_checksum_gone);
	tcase_add_test(t, test_checksum_zero_by_right);
	tcase_add_test(t, test_no_checksums);
	tcase_add_test(t, test_ids_in_data);
	tcase_add_loop_test(t, test_foreign_volume, 0, 6);
	tcase_add_test(t, test_foreign_volume_bad_checksum);
	tcase_add_test(t, test_foreign_volume_over_blocks);
	tcase_add_loop_test(t, test_new_session, 0, 9);
	tcase_add_test(t, test_label_gone);
	tcase_add_test(t, test_damaged_dump);
	tcase_add_test(t, test_every_byte);
	tcase_add_test(t, test_encrypted);
	tcase_add_test(t, test_option_bits);
	tcase_add_test(t, test_encrypted_in_garbage);
	tcase_add_test(t, test_crowd_of_headers);
	tcase_add_test(t, test_crowd_of_foreign_blocks);
	tcase_add_test(t, test_false_cipher);
	tcase_add_loop_test(t, test_reaches_over, 0, 4);
	tcase_add_loop_test(t, test_wrong_length_fits, 0, 4);
	tcase_add_test(t, test_read_error);
	suite_add_tcase(s, t);
	return check_run(s);
}
