/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes made in memory, and what the reader makes of them: one line an item. */
#include "volume/reader.h"

#include <stdarg.h>

#include "volume_maker.h"

static struct mk_dir dir;
static char text[1 << 20];
static char paths[4][128];
static struct mk vol[4];
static unsigned volumes;

static void setup(void)
{
	mk_dir_new(&dir);
	volumes = 0;
}

static void teardown(void)
{
	mk_dir_remove(&dir);
	for (unsigned i = 0; i < 4; i++)
		mk_free(&vol[i]);
}

/* Byte i of a record's content: tells where a piece of it belongs. */
static uint8_t content(int32_t index, uint32_t stream, uint32_t i)
{
	uint64_t x = ((uint64_t)(uint32_t)index << 40 ^ (uint64_t)stream << 32 ^ i) * 0x9e3779b97f4a7c15u;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9u;
	return (uint8_t)(x >> 56);
}

/* A part: bytes from..from+n of the record, its header saying len. */
static void part_len(struct mk *m, int32_t index, int32_t stream, uint32_t len, uint32_t from, uint32_t n)
{
	uint8_t *data = malloc(n ? n : 1);

	for (uint32_t i = 0; i < n; i++)
		data[i] = content(index, (uint32_t)(stream < 0 ? -stream : stream), from + i);
	mk_part(m, index, stream, len, data, n);
	free(data);
}

/* Bytes from..to of a record of total bytes, as volume-format.md 2.1 wants the header. */
static void part(struct mk *m, int32_t index, int32_t stream, uint32_t total, uint32_t from, uint32_t to)
{
	part_len(m, index, from > 0 ? -stream : stream, total - from, from, to - from);
}

/* A continuation, even where nothing was written before it. */
static void rest(struct mk *m, int32_t index, int32_t stream, uint32_t total, uint32_t from, uint32_t to)
{
	part_len(m, index, -stream, total - from, from, to - from);
}

static void whole(struct mk *m, int32_t index, int32_t stream, uint32_t total)
{
	part(m, index, stream, total, 0, total);
}

static struct mk *new_volume(const char *name)
{
	struct mk *m = &vol[volumes++];

	mk_label(m, 2, name, true);
	return m;
}

static void block(struct mk *m, uint32_t sid, uint32_t number)
{
	mk_begin(m, 2, sid, MK_TIME, number, true);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + used, sizeof text - used, format, ap);
	va_end(ap);
}

static bool is_content(const struct item *it, uint32_t from)
{
	for (uint32_t i = 0; i < it->data.len; i++) {
		if (it->data.data[i] != content(it->file_index, it->stream, from + i))
			return false;
	}
	return true;
}

static void say_record(const struct item *it)
{
	uint32_t from = 0;

	say("R%u %d/%u %u", it->job->session_id, it->file_index, it->stream, it->len);
	if (it->data.len != it->len)
		say(" has %zu", it->data.len);
	if (it->file_index > 0) {
		while (from < 300000 && !is_content(it, from))
			from++;
		if (from)
			say(" @%u", from);
	}
	say("%s%s", it->head_missing ? " head" : "", it->tail_missing ? " tail" : "");
	for (unsigned i = 0; i < it->cuts; i++)
		say(" cut %u", it->cut[i]);
	say("\n");
}

static void say_item(const struct item *it)
{
	switch (it->kind) {
	case ITEM_END: say("."); break;
	case ITEM_VOLUME_START: say("V %s\n", it->volume->has_label ? it->volume->label.volume : "?"); break;
	case ITEM_VOLUME_LABEL: say(it->whole_block ? "L\n" : "l\n"); break;
	case ITEM_BLOCK:
		say("B%u %llu+%u %d-%d\n", it->job ? it->job->session_id : 0, (unsigned long long)it->addr, it->len, it->first_index,
		    it->last_index);
		break;
	case ITEM_RECORD: say_record(it); break;
	case ITEM_DAMAGE:
		say("D");
		if (it->job)
			say("%u %d/%u", it->job->session_id, it->file_index, it->stream);
		say(" %llu: %s\n", (unsigned long long)it->damage_len, it->verdict.reason);
		break;
	case ITEM_FILE_MARK: say("M\n"); break;
	case ITEM_FOREIGN: say("F\n"); break;
	case ITEM_VOLUME_END: say("E %llu\n", (unsigned long long)it->volume->bytes); break;
	}
}

static struct reader_options options;

/* Reads the first count volumes that were made; what came is in text. */
static void read_paths(const char *const *list, size_t count)
{
	struct buf_pool *pool = buf_pool_new(1 << 20);
	struct item it;
	struct err e = {0};

	options.paths = list;
	options.path_count = count;
	struct reader *r = reader_new(&options, pool);

	text[0] = 0;
	do {
		int rc = reader_next(r, &it, &e);

		if (rc != 0) {
			say("error %d: %s: %s", rc, e.volume, e.text);
			break;
		}
		say_item(&it);
	} while (it.kind != ITEM_END);
	reader_free(r);
	buf_pool_free(pool);
}

static void read_all(void)
{
	const char *list[4];

	for (unsigned i = 0; i < volumes; i++) {
		char name[16];

		snprintf(name, sizeof name, "v%u", i);
		list[i] = mk_in_dir(&dir, name, paths[i]);
		mk_write(list[i], vol[i].p, vol[i].len);
	}
	read_paths(list, volumes);
}

/* text without the byte counts of E */
static void expect(const char *want)
{
	char *to = text;

	for (const char *from = text; *from;) {
		*to++ = *from;
		if (*from == 'E' && (from == text || from[-1] == '\n')) {
			while (*from && *from != '\n')
				from++;
		} else {
			from++;
		}
	}
	*to = 0;
	ck_assert_str_eq(text, want);
}

START_TEST(test_plain)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	mk_sos(m, 30); /* JobId 30: labels come first */
	whole(m, 1, 5, 40);
	whole(m, 1, 2, 1000);
	whole(m, 1, 2, 0);
	whole(m, 1, 3, 16);
	mk_eos(m, 30, &(struct mk_totals){.files = 1, .bytes = 1056});
	mk_end(m);
	read_all();
	char want[300];

	snprintf(want, sizeof want, "V v1\nL\nR7 -4/30 144\nR7 1/5 40\nR7 1/2 1000\nR7 1/2 0\nR7 1/3 16\nR7 -5/30 180\nE\n.");
	expect(want);
}
END_TEST

START_TEST(test_job_known)
{
	struct mk *m = new_volume("v1");
	struct buf_pool *pool = buf_pool_new(0);
	const char *list[1] = {mk_in_dir(&dir, "v", paths[0])};
	struct item it;
	struct err e = {0};
	char name[200];

	block(m, 7, 3);
	mk_sos(m, 12);
	whole(m, 1, 2, 9);
	mk_end(m);
	mk_write(paths[0], m->p, m->len);
	struct reader *r = reader_new(&(struct reader_options){.paths = list, .path_count = 1}, pool);

	ck_assert_int_eq(reader_next(r, &it, &e), 0);
	ck_assert_int_eq(it.kind, ITEM_VOLUME_START);
	ck_assert(it.volume->has_label);
	ck_assert_str_eq(it.volume->label.volume, "v1");
	ck_assert_str_eq(it.volume->name, paths[0]);
	ck_assert(it.volume->product_known);
	ck_assert_int_eq(it.volume->product, PRODUCT_BAREOS);
	ck_assert_ptr_eq(it.volume->medium, &medium_file);
	ck_assert_uint_eq(it.volume->size, m->len);
	ck_assert_int_eq(reader_next(r, &it, &e), 0);
	ck_assert_int_eq(it.kind, ITEM_VOLUME_LABEL);
	ck_assert(it.whole_block);
	ck_assert_uint_eq(it.addr, 0);
	ck_assert_uint_eq(it.data.len, m->block);
	ck_assert_mem_eq(it.data.data, m->p, m->block);
	ck_assert_int_eq(reader_next(r, &it, &e), 0);
	ck_assert_int_eq(it.file_index, -4);
	ck_assert(it.job->has_label);
	ck_assert_uint_eq(it.job->label.job_id, 12);
	job_describe(it.job, name, sizeof name);
	ck_assert_str_eq(name, "job 12 (backup-job.2024-01-01_00.00.00_04)");
	ck_assert_int_eq(reader_next(r, &it, &e), 0);
	ck_assert_int_eq(it.kind, ITEM_RECORD);
	ck_assert_uint_eq(it.addr, m->block);
	ck_assert_uint_eq(it.number, 3);
	ck_assert_uint_eq(it.form.version, 2);
	ck_assert(it.form.checksum);
	ck_assert_uint_eq(it.largest, m->len - m->block > m->block ? m->len - m->block : m->block);
	ck_assert_int_eq(reader_next(r, &it, &e), 0);
	ck_assert_int_eq(it.kind, ITEM_VOLUME_END);
	ck_assert_uint_eq(it.volume->bytes, m->len);
	ck_assert_uint_eq(reader_bytes(r), m->len);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(reader_next(r, &it, &e), 0);
		ck_assert_int_eq(it.kind, ITEM_END);
	}
	reader_free(r);
	buf_pool_free(pool);
}
END_TEST

/* What an item says of its volume and its job stays as it was when the item came, whatever is learnt behind it. */
START_TEST(test_known_is_constant)
{
	struct mk *m = &vol[volumes++];
	struct buf_pool *pool = buf_pool_new(1 << 20);
	const char *list[1] = {mk_in_dir(&dir, "v", paths[0])};
	static struct {
		struct item item;
		struct volume_info volume;
		struct job job;
	} seen[32];
	size_t count = 0;
	struct err e = {0};

	block(m, 7, 0);
	whole(m, 1, 2, 9);
	mk_sos(m, 12);
	whole(m, 2, 2, 9);
	/* Behind the end of a job it is not looked for ahead of its time. */
	mk_eos(m, 12, &(struct mk_totals){.files = 2, .bytes = 18});
	mk_end(m);
	mk_label(m, 2, "late", true);
	block(m, 7, 1);
	whole(m, 3, 2, 9);
	mk_end(m);
	mk_write(paths[0], m->p, m->len);
	struct reader *r = reader_new(&(struct reader_options){.paths = list, .path_count = 1, .blocks = true}, pool);

	do {
		ck_assert_int_eq(reader_next(r, &seen[count].item, &e), 0);
		const struct item *it = &seen[count].item;

		if (it->volume)
			seen[count].volume = *it->volume;
		if (it->job)
			seen[count].job = *it->job;
	} while (seen[count++].item.kind != ITEM_END && count < 32);
	bool labelled = false, named = false;

	for (size_t i = 0; i + 1 < count; i++) {
		const struct item *it = &seen[i].item;

		ck_assert_mem_eq(it->volume, &seen[i].volume, sizeof seen[i].volume);
		ck_assert_uint_eq(it->volume->index, 0);
		labelled = labelled || (it->kind == ITEM_BLOCK && it->begins_volume);
		ck_assert(it->volume->has_label == labelled);
		if (it->job == NULL)
			continue;
		ck_assert_mem_eq(it->job, &seen[i].job, sizeof seen[i].job);
		ck_assert_uint_eq(it->job->index, 0);
		named = named || it->file_index == -4;
		ck_assert(it->job->has_label == named);
	}
	ck_assert(labelled && named);
	ck_assert_uint_eq(seen[count - 2].volume.bytes, m->len);
	ck_assert_uint_eq(seen[count - 3].volume.bytes, 0);
	reader_free(r);
	buf_pool_free(pool);
}
END_TEST

/* One record over many blocks, another session's blocks between them. */
START_TEST(test_split)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	part(m, 1, 29, 900, 0, 100);
	mk_end(m);
	block(m, 9, 0);
	part(m, 1, 2, 50, 0, 20);
	mk_end(m);
	block(m, 7, 1);
	part(m, 1, 29, 900, 100, 100); /* a header alone is legal, too */
	mk_end(m);
	block(m, 7, 2);
	part(m, 1, 29, 900, 100, 899);
	mk_end(m);
	block(m, 9, 1);
	part(m, 1, 2, 50, 20, 50);
	whole(m, 1, 3, 16);
	mk_end(m);
	block(m, 7, 3);
	part(m, 1, 29, 900, 899, 900);
	whole(m, 2, 2, 1);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 10\nR9 1/2 50\nR9 1/3 16\nR7 1/29 900\nR7 2/2 1\nE\n.");
}
END_TEST

/* The splitting machine of 2.2 at every capacity: the records come back. */
START_TEST(test_every_capacity)
{
	static const uint32_t lens[] = {5, 0, 40, 100, 1, 0, 3, 77, 12};
	uint8_t data[100];

	for (size_t capacity = 24 + 13; capacity < 200; capacity++) {
		for (unsigned version = 2; version <= 3; version++) {
			size_t cap = capacity + (version == 3 ? 8 : 0);

			volumes = 0;
			vol[0].len = 0;
			volumes = 1;
			mk_label(&vol[0], version, "v1", true);
			mk_begin(&vol[0], version, 7, MK_TIME, 0, true);
			for (uint32_t i = 0; i < 9; i++) {
				for (uint32_t k = 0; k < lens[i]; k++)
					data[k] = content((int32_t)i + 1, 2, k);
				mk_split(&vol[0], cap, (int32_t)i + 1, 2, data, lens[i]);
			}
			mk_end(&vol[0]);
			read_all();
			expect("V v1\nL\nR7 1/2 5\nR7 2/2 0\nR7 3/2 40\nR7 4/2 100\nR7 5/2 1\nR7 6/2 0\nR7 7/2 3\nR7 8/2 77\n"
			       "R7 9/2 12\nE\n.");
		}
	}
}
END_TEST

/* Bareos: an empty record at the block's end is followed by a continuation of length 0.  2.2(2) */
START_TEST(test_empty_repeated)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 0);
	mk_end(m);
	block(m, 9, 0);
	whole(m, 1, 2, 3);
	mk_end(m);
	block(m, 7, 1);
	part_len(m, 1, -2, 0, 0, 0);
	whole(m, 1, 3, 16);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 0\nR9 1/2 3\nR7 1/3 16\nE\n.");
}
END_TEST

START_TEST(test_empty_not_repeated)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 0);
	mk_end(m);
	block(m, 7, 1);
	part_len(m, 2, -2, 0, 0, 0); /* of another file */
	whole(m, 2, 3, 16);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 0\nD7 2/2 0: the beginning of this record is missing\nR7 2/3 16\nE\n.");
}
END_TEST

START_TEST(test_dangling)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	mk_end(m);
	block(m, 7, 1);
	part(m, 1, 2, 50, 20, 50); /* its beginning is nowhere */
	whole(m, 1, 3, 16);
	part(m, 2, 2, 90, 0, 40);
	mk_end(m);
	block(m, 7, 2);
	whole(m, 3, 2, 5); /* the rest of 2/2 is nowhere */
	part(m, 4, 2, 90, 0, 40);
	mk_end(m);
	block(m, 7, 3);
	part_len(m, 4, -2, 49, 41, 49); /* one byte is missing: wrong remaining length */
	whole(m, 4, 3, 16);
	part(m, 5, 2, 90, 0, 40);
	mk_end(m);
	block(m, 7, 4);
	part(m, 5, 29, 90, 40, 90); /* another stream */
	whole(m, 6, 3, 16);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 10\n"
	       "D7 1/2 30: the beginning of this record is missing\nR7 1/3 16\n"
	       "D7 2/2 90: the rest of this record does not follow\nR7 3/2 5\n"
	       "D7 4/2 90: the rest of this record does not follow\n"
	       "D7 4/2 49: the beginning of this record is missing\nR7 4/3 16\n"
	       "D7 5/2 90: the rest of this record does not follow\n"
	       "D7 5/29 50: the beginning of this record is missing\nR7 6/3 16\nE\n.");
}
END_TEST

/* High bits of the stream belong to it.  2.3 */
START_TEST(test_high_bits)
{
	struct mk *m = new_volume("v1");
	int32_t stream = 1 << 26 | 2;

	block(m, 7, 0);
	part(m, 1, stream, 50, 0, 20);
	mk_end(m);
	block(m, 7, 1);
	part(m, 1, stream, 50, 20, 50);
	part(m, 2, stream, 50, 0, 20);
	mk_end(m);
	block(m, 7, 2);
	part(m, 2, 2, 50, 20, 50);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/67108866 50\nD7 2/67108866 50: the rest of this record does not follow\n"
	       "D7 2/2 30: the beginning of this record is missing\nE\n.");
}
END_TEST

/* A damaged block between the parts. */
START_TEST(test_lost_middle)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 300, 0, 100);
	mk_end(m);
	block(m, 7, 1);
	part(m, 1, 2, 300, 100, 200);
	mk_end(m);
	m->p[m->block + 50] ^= 1;
	size_t damaged = m->len - m->block;

	block(m, 7, 2);
	part(m, 1, 2, 300, 200, 300);
	whole(m, 1, 3, 16);
	mk_end(m);
	read_all();
	char *crc = strstr(text, "CRC32 is ");
	char want[400];

	ck_assert_ptr_nonnull(crc);
	snprintf(want, sizeof want,
		 "V v1\nL\nD7 1/0 %zu: %.39s\nD7 1/2 300: the rest of this record does not follow\n"
		 "D7 1/2 100: the beginning of this record is missing\nR7 1/3 16\nE\n.",
		 damaged, crc);
	expect(want);
}
END_TEST

/* The same with keep_suspect: the block's records are taken after all. */
START_TEST(test_keep_suspect)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 300, 0, 100);
	mk_end(m);
	block(m, 7, 1);
	part(m, 1, 2, 300, 100, 200);
	mk_end(m);
	m->p[m->block] ^= 1; /* the checksum itself */
	block(m, 7, 2);
	part(m, 1, 2, 300, 200, 300);
	mk_end(m);
	block(m, 7, 3); /* here the records are not sane */
	part_len(m, 1, 2, 20000000, 0, 20);
	mk_end(m);
	m->p[m->block] ^= 1;
	block(m, 7, 4);
	whole(m, 2, 2, 3);
	mk_end(m);
	options.keep_suspect = true;
	read_all();
	ck_assert_ptr_nonnull(strstr(text, "V v1\nL\nD7 1/0 136: CRC32 is"));
	ck_assert_ptr_nonnull(strstr(text, "\nR7 1/2 300\nD7 0/0 56: CRC32 is"));
	ck_assert_ptr_nonnull(strstr(text, "\nR7 2/2 3\nE"));
}
END_TEST

/* A block is gone without a trace: after damage (and only then) its number is missed. */
START_TEST(test_gap)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	mk_end(m);
	block(m, 7, 5); /* no damage: numbers may do as they like (A5) */
	whole(m, 2, 2, 10);
	mk_end(m);
	block(m, 7, 5);
	whole(m, 3, 2, 10);
	mk_end(m);
	for (int i = 0; i < 64; i++)
		mk_put(m, "garbage", 8);
	block(m, 7, 6);
	whole(m, 4, 2, 10);
	mk_end(m);
	mk_put(m, "garbage", 8);
	block(m, 7, 9);
	whole(m, 6, 2, 10);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 10\nR7 2/2 10\nR7 3/2 10\n"
	       "D 512: no block header (BB01, BB02, BB03) where one should be\nR7 4/2 10\n"
	       "D 8: no block header (BB01, BB02, BB03) where one should be\n"
	       "D7 4/0 0: 2 of this job's blocks missing before here, with data of FileIndex 4 to 6\nR7 6/2 10\nE\n.");
}
END_TEST

#define ONCE_MORE "a block of this job stands here once more; nothing is missing for it\n"

/* Three blocks with two split records; the middle one again: just behind itself, and later, where FileIndex would go back, a
 * record would be broken off, or the job has ended. */
START_TEST(test_repeated_block)
{
	struct mk *m = new_volume("v1");

	for (uint32_t i = 0; i < 5; i++) {
		static const uint32_t number[] = {0, 1, 1, 2, 1};

		block(m, 7, number[i]);
		if (number[i] == 0) {
			part(m, 1, 2, 500, 0, 100);
		} else if (number[i] == 1) {
			part(m, 1, 2, 500, 100, 500);
			whole(m, 2, 2, 9);
			part(m, 3, 2, 50, 0, 20);
		} else {
			part(m, 3, 2, 50, 20, 50);
			if (_i == 1)
				part(m, 4, 2, 80, 0, 40);
			if (_i == 2)
				mk_eos(m, 7, &(struct mk_totals){.files = 3});
		}
		mk_end(m);
	}
	if (_i == 1) {
		block(m, 7, 3);
		part(m, 4, 2, 80, 40, 80);
		mk_end(m);
	}
	read_all();
	static const char *const ends[] = {"", "R7 4/2 80\n", ""};
	const char *end = _i == 2 ? strstr(text, "R7 -5/7 ") : NULL;

	ck_assert(_i != 2 || end);
	ck_assert_ptr_nonnull(strstr(text, "R7 1/2 500\nR7 2/2 9\nD7 0/0 489: " ONCE_MORE "R7 3/2 50\n"));
	ck_assert_ptr_nonnull(strstr(end ? end : text, "\nD7 0/0 489: " ONCE_MORE));
	ck_assert_ptr_nonnull(strstr(text, ends[_i]));
	ck_assert_ptr_null(strstr(text, "missing\n"));
	ck_assert_ptr_null(strstr(text, "does not follow"));
}
END_TEST

/* The same bytes in order are no repetition, whatever their number; what cannot go on so is one, also without a checksum. */
START_TEST(test_alike_blocks)
{
	struct mk *m = new_volume("v1");

	for (uint32_t i = 0; i < 3; i++) {
		mk_begin(m, 2, 7, MK_TIME, 0, _i == 0);
		whole(m, 1, 2, 10);
		mk_end(m);
	}
	for (uint32_t i = 0; i < 2 && _i == 1; i++) {
		mk_begin(m, 2, 7, MK_TIME, 1, false);
		part(m, 2, 2, 500, 0, 100);
		mk_end(m);
	}
	read_all();
	expect(_i == 0 ? "V v1\nL\nR7 1/2 10\nR7 1/2 10\nR7 1/2 10\nE\n."
		       : "V v1\nL\nR7 1/2 10\nR7 1/2 10\nR7 1/2 10\n"
			 "D7 0/0 136: a block of this job stands here once more; nothing is missing for it\n"
			 "R7 2/2 500 has 100 tail\nE\n.");
}
END_TEST

/* A file before the one whose record was going on is whole. */
START_TEST(test_gap_in_record)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	part(m, 2, 2, 500, 0, 100);
	mk_end(m);
	mk_put(m, "garbage", 8);
	block(m, 7, 2);
	part(m, 3, 2, 500, 300, 500);
	whole(m, 4, 2, 10);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 10\nD 8: no block header (BB01, BB02, BB03) where one should be\n"
	       "D7 2/0 0: 1 of this job's blocks missing before here, with data of FileIndex 2 to 3\n"
	       "D7 2/2 500: the rest of this record does not follow\n"
	       "D7 3/2 200: the beginning of this record is missing\nR7 4/2 10\nE\n.");
}
END_TEST

START_TEST(test_head_missing)
{
	struct mk *m = new_volume("v2");

	block(m, 9, 4);
	part(m, 3, 2, 500, 200, 300);
	mk_end(m);
	block(m, 7, 4);
	part(m, 8, 29, 100, 60, 100);
	whole(m, 8, 3, 16);
	mk_end(m);
	block(m, 9, 5);
	part(m, 3, 2, 500, 300, 500);
	whole(m, 4, 2, 1);
	mk_end(m);
	read_all();
	expect("V v2\nL\nR7 8/29 40 @60 head\nR7 8/3 16\nR9 3/2 300 @200 head\nR9 4/2 1\nE\n.");
}
END_TEST

START_TEST(test_tail_missing)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 500, 0, 100);
	mk_end(m);
	block(m, 9, 0);
	whole(m, 1, 3, 16);
	part(m, 2, 2, 30, 0, 0);
	mk_end(m);
	block(m, 7, 1);
	part(m, 1, 2, 500, 100, 200);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR9 1/3 16\nR7 1/2 500 has 200 tail\nR9 2/2 30 has 0 tail\nE\n.");
}
END_TEST

/* The middle of a record alone: three volumes, only the second given. */
START_TEST(test_head_and_tail_missing)
{
	struct mk *m = new_volume("v2");

	block(m, 7, 5);
	part(m, 1, 2, 500, 100, 200);
	mk_end(m);
	read_all();
	expect("V v2\nL\nR7 1/2 400 has 100 @100 head tail\nE\n.");
}
END_TEST

static void two_volumes(uint32_t at)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	mk_sos(m, 1);
	part(m, 1, 2, 500, 0, at);
	mk_end(m);
	m = new_volume("v2");
	block(m, 7, 1);
	rest(m, 1, 2, 500, at, 500);
	whole(m, 1, 3, 16);
	mk_end(m);
}

START_TEST(test_two_volumes)
{
	char want[200];

	two_volumes((uint32_t)_i);
	read_all();
	snprintf(want, sizeof want, "V v1\nL\nR7 -4/1 144\nR7 1/2 500 cut %d\nE\nV v2\nL\nR7 1/3 16\nE\n.", _i);
	expect(want);
}
END_TEST

/* Three volumes; the second holds nothing but parts; another session is cut at each change, too. */
START_TEST(test_three_volumes)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 900, 0, 100);
	mk_end(m);
	block(m, 9, 0);
	part(m, 5, 29, 100, 0, 50);
	mk_end(m);
	m = new_volume("v2");
	block(m, 7, 1);
	part(m, 1, 2, 900, 100, 400);
	mk_end(m);
	block(m, 9, 1);
	part(m, 5, 29, 100, 50, 100);
	part(m, 6, 29, 200, 0, 0);
	mk_end(m);
	block(m, 7, 2);
	part(m, 1, 2, 900, 400, 600);
	mk_end(m);
	m = new_volume("v3");
	block(m, 9, 2);
	rest(m, 6, 29, 200, 0, 200);
	mk_end(m);
	block(m, 7, 3);
	part(m, 1, 2, 900, 600, 900);
	whole(m, 2, 2, 1);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 900 cut 100 cut 600\nR9 5/29 100 cut 50\nE\n"
	       "V v2\nL\nR9 6/29 200 cut 0\nE\n"
	       "V v3\nL\nR7 2/2 1\nE\n.");
}
END_TEST

/* Between the two, a volume of other jobs only: a slow job beside fast ones. */
START_TEST(test_volume_between)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 500, 0, 100);
	mk_end(m);
	m = new_volume("vx");
	block(m, 8, 0);
	whole(m, 1, 2, 4);
	mk_end(m);
	m = new_volume("v2");
	block(m, 7, 1);
	part(m, 1, 2, 500, 100, 500);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 500 cut 100 cut 100\nE\nV vx\nL\nR8 1/2 4\nE\nV v2\nL\nE\n.");
}
END_TEST

/* Two records of two jobs over three changes, each absent from another volume. */
START_TEST(test_volumes_between)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 500, 0, 100);
	mk_end(m);
	block(m, 8, 0);
	part(m, 1, 2, 300, 0, 30);
	mk_end(m);
	m = new_volume("v2");
	block(m, 8, 1);
	part(m, 1, 2, 300, 30, 60);
	mk_end(m);
	m = new_volume("v3");
	block(m, 7, 1);
	part(m, 1, 2, 500, 100, 499);
	mk_end(m);
	m = new_volume("v4");
	block(m, 8, 2);
	part(m, 1, 2, 300, 60, 300);
	mk_end(m);
	block(m, 7, 2);
	part(m, 1, 2, 500, 499, 500);
	whole(m, 2, 2, 1);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 500 cut 100 cut 100 cut 499\nR8 1/2 300 cut 30 cut 60 cut 60\nE\nV v2\nL\nE\nV v3\nL\nE\nV v4\nL\n"
	       "R7 2/2 1\nE\n.");
	/* Where a volume of it is missing, so is the record. */
	vol[2].len = 0; /* v2 once more */
	mk_put(&vol[2], vol[1].p, vol[1].len);
	read_all();
	ck_assert_ptr_nonnull(strstr(text, "R7 1/2 500 has 100 tail\n"));
}
END_TEST

/* What drives leave that warn early of a tape's end: the last block of a volume stands at the beginning of the next, too.  how: bits
 * 1: without checksums, 2: BB01, 4: the block begins a record, 8: it ends with whole ones. */
static void again_case(unsigned how)
{
	unsigned version = how & 2 ? 1 : 2;
	size_t at = 0, n = 0;

	for (unsigned v = 0; v < 3; v++) {
		char name[8];

		snprintf(name, sizeof name, "v%u", v + 1);
		struct mk *m = &vol[volumes++];
		mk_label(m, version, name, !(how & 1));
		if (v > 0)
			mk_put(m, vol[v - 1].p + at, n);
		mk_begin(m, version, 7, MK_TIME, v * 2, !(how & 1));
		if (v == 0)
			whole(m, 1, 2, 50);
		else if (!(how & 8))
			part(m, (int32_t)v + 1, 2, 500, how & 4 ? 20 : 100, 500);
		whole(m, (int32_t)v + 2, 3, 60);
		if (!(how & 12))
			part(m, (int32_t)v + 2, 2, 500, 0, 90);
		at = mk_end(m);
		if (!(how & 8)) {
			mk_begin(m, version, 7, MK_TIME, v * 2 + 1, !(how & 1));
			part(m, (int32_t)v + 2, 2, 500, how & 4 ? 0 : 90, how & 4 ? 20 : 100);
			at = mk_end(m);
		}
		n = m->len - at;
	}
	read_all();
	expect(how & 8   ? "V v1\nL\nR7 1/2 50\nR7 2/3 60\nE\nV v2\nL\nR7 3/3 60\nE\nV v3\nL\nR7 4/3 60\nE\n."
	       : how & 4 ? "V v1\nL\nR7 1/2 50\nR7 2/3 60\nR7 2/2 500 cut 20\nE\nV v2\nL\nR7 3/3 60\nR7 3/2 500 cut 20\nE\n"
			   "V v3\nL\nR7 4/3 60\nR7 4/2 500 has 20 tail\nE\n."
			 : "V v1\nL\nR7 1/2 50\nR7 2/3 60\nR7 2/2 500 cut 100\nE\nV v2\nL\nR7 3/3 60\nR7 3/2 500 cut 100\nE\n"
			   "V v3\nL\nR7 4/3 60\nR7 4/2 500 has 100 tail\nE\n.");
}

START_TEST(test_block_again)
{
	static const unsigned hows[] = {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11};

	again_case(hows[_i]);
	ck_assert_uint_eq(volumes, 3);
}
END_TEST

/* An empty record's header once more on the next volume that has something of the job (volume-format.md 2.2). */
START_TEST(test_empty_over_change)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 0);
	mk_end(m);
	m = new_volume("v2");
	if (_i == 1) {
		block(m, 8, 0);
		whole(m, 1, 2, 4);
		mk_end(m);
		m = new_volume("v3");
	}
	block(m, 7, 1);
	rest(m, 1, 2, 0, 0, 0);
	whole(m, 1, 3, 16);
	mk_end(m);
	read_all();
	expect(_i == 1 ? "V v1\nL\nR7 1/2 0\nE\nV v2\nL\nR8 1/2 4\nE\nV v3\nL\nR7 1/3 16\nE\n."
		       : "V v1\nL\nR7 1/2 0\nE\nV v2\nL\nR7 1/3 16\nE\n.");
}
END_TEST

/* In the wrong order: neither part is joined, neither is lost. */
START_TEST(test_wrong_order)
{
	two_volumes(100);
	struct mk first = vol[0];

	vol[0] = vol[1];
	vol[1] = first;
	read_all();
	expect("V v2\nL\nR7 1/2 400 @100 head\nR7 1/3 16\nE\nV v1\nL\nR7 -4/1 144\nR7 1/2 500 has 100 tail\nE\n.");
}
END_TEST

/* The next volume goes on with something else. */
START_TEST(test_next_does_not_fit)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 500, 0, 100);
	mk_end(m);
	m = new_volume("v3");
	block(m, 7, 9);
	part(m, 2, 2, 500, 100, 500);
	whole(m, 3, 2, 7);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 500 has 100 tail\nE\nV v3\nL\nR7 2/2 400 @100 head\nR7 3/2 7\nE\n.");
}
END_TEST

/* The next volume would go on with it, but for damage: then its beginning is not handed out either. */
START_TEST(test_next_is_damaged)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	part(m, 1, 2, 500, 0, 100);
	mk_end(m);
	m = new_volume("v2");
	block(m, 7, 1);
	part(m, 1, 2, 500, 100, 300);
	mk_end(m);
	m->p[m->len - 1] ^= 1;
	block(m, 7, 2);
	rest(m, 1, 2, 500, 300, 500);
	whole(m, 3, 2, 7);
	mk_end(m);
	read_all();
	ck_assert_ptr_nonnull(strstr(text, "V v1\nL\nD7 1/2 500: the rest of this record does not follow\nE"));
	ck_assert_ptr_nonnull(strstr(text, "\nD7 1/2 200: the beginning of this record is missing\nR7 3/2 7\nE"));
}
END_TEST

/* cat v1 v2: what the change cuts is joined, and belongs to the second. */
START_TEST(test_concatenated)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	part(m, 2, 2, 500, 0, 100);
	mk_end(m);
	size_t first = m->len;

	mk_label(m, 2, "v2", true);
	block(m, 7, 1);
	part(m, 2, 2, 500, 100, 500);
	whole(m, 2, 3, 16);
	mk_end(m);
	read_all();
	char want[300];

	snprintf(want, sizeof want, "V v1\nL\nR7 1/2 10\nE %zu\nV v2\nL\nR7 2/2 500\nR7 2/3 16\nE %zu\n.", first, m->len - first);
	ck_assert_str_eq(text, want);
}
END_TEST

START_TEST(test_label_again)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	mk_end(m);
	mk_label(m, 2, "v1", true);
	block(m, 7, 1);
	whole(m, 2, 2, 10);
	mk_end(m);
	read_all();
	ck_assert_ptr_nonnull(
		strstr(text, "the volume label stands here a second time: another volume of this name, or the same once more, begins here\n"
			     "R7 2/2 10\nE"));
}
END_TEST

/* A label that shares its block with records (fifo devices, 1.7). */
START_TEST(test_label_not_alone)
{
	struct mk *m = &vol[volumes++];
	struct mk data = {0};

	mk_volume_label_data(&data, MK_BAREOS, 20, "v1", "23.0.1");
	block(m, 7, 0);
	mk_record(m, -2, 1, data.p, data.len);
	mk_free(&data);
	mk_sos(m, 1);
	whole(m, 1, 2, 10);
	mk_end(m);
	read_all();
	expect("V v1\nl\nR7 -4/1 144\nR7 1/2 10\nE\n.");
}
END_TEST

START_TEST(test_bb01)
{
	struct mk *m = &vol[volumes++];

	mk_label(m, 1, "v1", true);
	mk_begin(m, 1, 7, MK_TIME, 0, true);
	whole(m, 1, 2, 10);
	part(m, 2, 2, 50, 0, 20);
	mk_end(m);
	mk_begin(m, 1, 9, MK_TIME, 0, true);
	whole(m, 1, 2, 11);
	m->sid = 7;
	part(m, 2, 2, 50, 20, 50); /* behind a record of another session */
	m->sid = 9;
	whole(m, 2, 2, 12);
	mk_end(m);
	read_all();
	expect("V v1\nL\nR7 1/2 10\nR9 1/2 11\nR7 2/2 50\nR9 2/2 12\nE\n.");
}
END_TEST

START_TEST(test_bb03_mixed)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	part(m, 2, 2, 50, 0, 20);
	mk_end(m);
	mk_begin(m, 3, 7, MK_TIME, 1, true);
	part(m, 2, 2, 50, 20, 50);
	mk_end(m);
	mk_begin(m, 3, 7, MK_TIME, 2, true);
	m->options = 7;
	whole(m, 3, 2, 50);
	mk_end(m); /* NULL cipher: the checksum fits */
	mk_begin(m, 3, 7, MK_TIME, 3, true);
	m->options = 7;
	whole(m, 3, 2, 50);
	mk_end(m);
	m->p[m->len - 1] ^= 1; /* a cipher */
	read_all();
	expect("V v1\nL\nR7 1/2 10\nR7 2/2 50\nR7 3/2 50\nD7 0/0 94: the block is encrypted\nE\n.");
}
END_TEST

START_TEST(test_blocks_announced)
{
	struct mk *m = new_volume("v1");
	size_t label = m->len;

	block(m, 7, 0);
	mk_sos(m, 1);
	whole(m, 1, 2, 10);
	part(m, 4, 2, 50, 0, 20);
	mk_end(m);
	size_t second = m->len;

	block(m, 7, 1);
	part(m, 4, 2, 50, 20, 50);
	mk_end(m);
	options.blocks = options.indexes = true;
	read_all();
	char want[300];

	snprintf(want, sizeof want, "V v1\nB0 0+%zu 0-0\nL\nB7 %zu+%zu 1-4\nR7 -4/1 144\nR7 1/2 10\nB7 %zu+66 4-4\nR7 4/2 50\nE\n.", label,
		 label, second - label, second);
	expect(want);
}
END_TEST

START_TEST(test_keep_bytes)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 600); /* not split: the block is there anyway */
	part(m, 2, 2, 500, 0, 60);
	mk_end(m);
	block(m, 7, 1);
	part(m, 2, 2, 500, 60, 70);
	mk_end(m);
	block(m, 7, 2);
	part(m, 2, 2, 500, 70, 500);
	part(m, 3, 2, 90, 0, 10);
	mk_end(m);
	block(m, 7, 3);
	part(m, 3, 2, 90, 10, 90);
	part(m, 4, 2, 900, 0, 80);
	mk_end(m);
	options.keep_bytes = 64;
	read_all();
	expect("V v1\nL\nR7 1/2 600\nR7 2/2 500 has 64\nR7 3/2 90 has 64\nR7 4/2 900 has 64 tail\nE\n.");
}
END_TEST

/* Split session labels are joined, and known only then. */
START_TEST(test_split_label)
{
	struct mk *m = new_volume("v1");
	struct mk data = {0};

	mk_session_label_data(&data, MK_BAREOS, 20, 5, NULL);
	block(m, 7, 0);
	mk_split(m, 60, -4, 5, data.p, data.len);
	mk_end(m);
	mk_free(&data);
	read_all();
	expect("V v1\nL\nR7 -4/5 144\nE\n.");
}
END_TEST

START_TEST(test_empty_and_missing)
{
	const char *list[2] = {mk_in_dir(&dir, "empty", paths[0]), "/nonexistent/volume"};

	mk_write(list[0], "", 0);
	read_paths(list, 1);
	ck_assert_ptr_nonnull(strstr(text, "error -1:"));
	ck_assert_ptr_nonnull(strstr(text, "is empty"));
	read_paths(list + 1, 1);
	ck_assert_ptr_nonnull(strstr(text, "error -1: /nonexistent/volume: cannot open"));
	list[0] = dir.path;
	read_paths(list, 1);
	ck_assert_ptr_nonnull(strstr(text, "is a folder"));
	/* The second input is missing: the first is read, and its cut record stays cut. */
	volumes = 1;
	mk_label(&vol[0], 2, "v1", true);
	block(&vol[0], 7, 0);
	part(&vol[0], 1, 2, 500, 0, 100);
	mk_end(&vol[0]);
	list[0] = mk_in_dir(&dir, "v0", paths[0]);
	mk_write(list[0], vol[0].p, vol[0].len);
	read_paths(list, 2);
	ck_assert_ptr_nonnull(strstr(text, "L\nR7 1/2 500 has 100 tail\nE"));
	ck_assert_ptr_nonnull(strstr(text, "error -1: /nonexistent/volume: cannot open"));
}
END_TEST

START_TEST(test_no_label)
{
	struct mk *m = &vol[volumes++];

	block(m, 7, 0);
	whole(m, 1, 2, 10);
	mk_end(m);
	read_all();
	expect("V ?\nR7 1/2 10\nE\n.");
}
END_TEST

/* Items keep their bytes as long as somebody holds the buffer, whatever is read later. */
START_TEST(test_held)
{
	struct mk *m = new_volume("v1");
	const char *list[1] = {mk_in_dir(&dir, "v", paths[0])};
	struct item held[400], it;
	size_t count = 0;
	struct err e = {0};
	struct buf_pool *pool = buf_pool_new(1 << 22);

	for (int i = 0; i < 100; i++) {
		block(m, 7, (uint32_t)i * 2);
		whole(m, i + 1, 2, 20000);
		part(m, i + 1, 29, 9000, 0, 5000);
		mk_end(m);
		block(m, 7, (uint32_t)i * 2 + 1);
		part(m, i + 1, 29, 9000, 5000, 9000);
		mk_end(m);
	}
	mk_write(paths[0], m->p, m->len);
	struct reader *r = reader_new(&(struct reader_options){.paths = list, .path_count = 1}, pool);

	do {
		ck_assert_int_eq(reader_next(r, &it, &e), 0);
		if (it.kind == ITEM_RECORD) {
			buf_ref(it.buf);
			held[count++] = it;
		}
	} while (it.kind != ITEM_END);
	ck_assert_uint_eq(count, 200);
	for (size_t i = 0; i < count; i++) {
		ck_quick(held[i].len == (i % 2 ? 9000 : 20000) && held[i].data.len == held[i].len);
		ck_quick(is_content(&held[i], 0));
		buf_unref(held[i].buf);
	}
	reader_free(r);
	buf_pool_free(pool);
}
END_TEST

/* Any byte of a volume changed: the run ends, and what is delivered as undamaged is right or gone. */
START_TEST(test_every_byte_changed)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	mk_sos(m, 1);
	whole(m, 1, 2, 30);
	part(m, 2, 2, 50, 0, 20);
	mk_end(m);
	block(m, 7, 1);
	part(m, 2, 2, 50, 20, 50);
	whole(m, 2, 3, 16);
	mk_end(m);
	for (size_t i = 0; i < m->len; i++) {
		m->p[i] ^= (uint8_t)(1 + i % 255);
		read_all();
		ck_quick(strstr(text, "\nE ") && text[strlen(text) - 1] == '.');
		ck_quick(strstr(text, "\nD") != NULL);
		/* No wrong content; a part whose beginning is lost says so. */
		const char *at = strstr(text, "@");
		if (at && strncmp(at, "@20 head", 8) != 0)
			ck_abort_msg("byte %zu: %s", i, text);
		m->p[i] ^= (uint8_t)(1 + i % 255);
	}
}
END_TEST

START_TEST(test_every_truncation)
{
	struct mk *m = new_volume("v1");

	block(m, 7, 0);
	whole(m, 1, 2, 30);
	part(m, 2, 2, 50, 0, 20);
	mk_end(m);
	block(m, 7, 1);
	part(m, 2, 2, 50, 20, 50);
	mk_end(m);
	size_t full = m->len;

	for (size_t n = 1; n < full; n++) {
		m->len = n;
		read_all();
		if (strstr(text, "error")) {
			if (n > 179 || !strstr(text, "error -1"))
				ck_abort_msg("%zu bytes: %s", n, text);
			continue;
		}
		ck_quick(strstr(text, "\nE ") && text[strlen(text) - 1] == '.');
		ck_quick(strstr(text, "D ") || strstr(text, " tail") || strstr(text, "V v1\nL\nE"));
		ck_quick(strstr(text, "@") == NULL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reader");
	TCase *t = tcase_create("reader");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_known_is_constant);
	tcase_add_test(t, test_plain);
	tcase_add_test(t, test_job_known);
	tcase_add_test(t, test_split);
	tcase_add_test(t, test_every_capacity);
	tcase_add_test(t, test_empty_repeated);
	tcase_add_test(t, test_empty_not_repeated);
	tcase_add_test(t, test_dangling);
	tcase_add_test(t, test_high_bits);
	tcase_add_test(t, test_lost_middle);
	tcase_add_test(t, test_keep_suspect);
	tcase_add_test(t, test_gap);
	tcase_add_loop_test(t, test_repeated_block, 0, 3);
	tcase_add_loop_test(t, test_alike_blocks, 0, 2);
	tcase_add_test(t, test_gap_in_record);
	tcase_add_test(t, test_head_missing);
	tcase_add_test(t, test_tail_missing);
	tcase_add_test(t, test_head_and_tail_missing);
	tcase_add_loop_test(t, test_two_volumes, 0, 3);
	tcase_add_loop_test(t, test_two_volumes, 498, 500);
	tcase_add_test(t, test_three_volumes);
	tcase_add_test(t, test_volume_between);
	tcase_add_test(t, test_volumes_between);
	tcase_add_loop_test(t, test_block_again, 0, 11);
	tcase_add_loop_test(t, test_empty_over_change, 0, 2);
	tcase_add_test(t, test_wrong_order);
	tcase_add_test(t, test_next_does_not_fit);
	tcase_add_test(t, test_next_is_damaged);
	tcase_add_test(t, test_concatenated);
	tcase_add_test(t, test_label_again);
	tcase_add_test(t, test_label_not_alone);
	tcase_add_test(t, test_bb01);
	tcase_add_test(t, test_bb03_mixed);
	tcase_add_test(t, test_blocks_announced);
	tcase_add_test(t, test_keep_bytes);
	tcase_add_test(t, test_split_label);
	tcase_add_test(t, test_empty_and_missing);
	tcase_add_test(t, test_no_label);
	tcase_add_test(t, test_held);
	tcase_add_test(t, test_every_byte_changed);
	tcase_add_test(t, test_every_truncation);
	suite_add_tcase(s, t);
	return check_run(s);
}
