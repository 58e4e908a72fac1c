/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of one file from any place on: on every bundled volume it is what reading from beginning to end gives; of a damaged one, what is
 * damaged is told there and nowhere else. */
#include "mount/filebytes.h"

#include "base/array.h"
#include "format/filestat.h"
#include "format/stream.h"
#include "pipeline/cipher.h"
#include "pipeline/join.h"
#include "pipeline/stage.h"
#include "volume/reader.h"

#include "volume_maker.h"

#include <dirent.h>

#define VOLUMES_MAX 4
#define FILE_MAX ((size_t)64 << 20)

/* One file, as a plain reading of its volumes finds it. */
struct known {
	bool begun;
	struct filebytes_options o;
	char *name;
	struct filestat stat;
	uint64_t next, end;
	uint8_t *content;
	size_t cap;
	size_t extras;
	bool opaque, doubled;
};

/* What the volumes of a set hold. */
struct set {
	const char *paths[VOLUMES_MAX];
	struct filebytes_volume volumes[VOLUMES_MAX];
	size_t count;
	struct known *files;
	size_t file_count, file_cap;
	struct buf_pool *pool;
	struct cipher *cipher;
	struct volkey_source source;
};

static struct mk_dir dir;
static uint64_t seed = 0x6d6f756e74;

static uint64_t next_random(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

static void setup(void)
{
	mk_dir_new(&dir);
}

static void teardown(void)
{
	mk_dir_remove(&dir);
}

/* ---- a plain reading ---- */

static struct known *file_of(struct set *s, const struct item *item)
{
	for (size_t i = s->file_count; i-- > 0;) {
		struct known *k = &s->files[i];
		if (k->o.session_id == item->job->session_id && k->o.session_time == item->job->session_time &&
		    k->o.file_index == item->file_index)
			return k;
	}
	s->files = array_reach(s->files, &s->file_cap, s->file_count, sizeof *s->files);
	struct known *k = &s->files[s->file_count++];
	k->o = (struct filebytes_options){.session_id = item->job->session_id,
					  .session_time = item->job->session_time,
					  .file_index = item->file_index,
					  .from = item->addr};
	k->o.volumes = &s->volumes[item->volume->input];
	k->o.volume_count = s->count - item->volume->input;
	return k;
}

static void put_at(struct known *k, uint64_t at, struct span data)
{
	if (at + data.len > FILE_MAX)
		return;
	if (at + data.len > k->cap) {
		size_t cap = (size_t)(at + data.len) * 2;
		k->content = realloc(k->content, cap);
		memset(k->content + k->cap, 0, cap - k->cap);
		k->cap = cap;
	}
	memcpy(k->content + at, data.data, data.len);
	k->next = at + data.len;
	k->end = k->next > k->end ? k->next : k->end;
	k->o.bytes += data.len;
}

static void take_record(struct set *s, struct stage_ctx *stage, const struct item *item)
{
	struct known *k = file_of(s, item);
	struct span address = {0}, plain = {0};
	k->o.last_volume = item->volume->input - (size_t)(k->o.volumes - s->volumes);
	k->o.last = item->addr;
	if (attributes_are(item->stream)) {
		char *copy = malloc(item->data.len);
		memcpy(copy, item->data.data, item->data.len);
		ck_assert(filestat_read((struct span){(uint8_t *)copy, item->data.len}, &k->stat));
		k->o.name = k->stat.name;
		k->name = copy;
	} else if (stream_is_digest(item->stream)) {
		k->o.has_digest = stream_digest_kind(item->stream, item->data.len, &k->o.digest);
		memcpy(k->o.value, item->data.data, item->data.len);
		k->o.value_bytes = item->data.len;
	} else if (stream_form(item->stream) != STREAM_OPAQUE) {
		ck_assert_int_eq(stage_plain(stage, item, &address, &plain), STAGE_DONE);
		struct rd rd = rd_over(address.data, address.len);
		k->o.sparse = k->o.sparse || address.len > 0;
		put_at(k, address.len ? rd_be64(&rd) : k->next, plain);
	} else if (extra_is_restored(stream_number(item->stream))) {
		k->extras++;
	} else {
		k->opaque = k->opaque || stream_is_client_encrypted(stream_number(item->stream));
	}
}

static void read_set(struct set *s)
{
	struct err e = {0};
	struct item item;
	s->pool = buf_pool_new(1 << 20);
	s->cipher = cipher_new(&(struct cipher_options){.read = s->source.key.len ? &s->source : NULL});
	const struct reader_options ro = {.paths = s->paths, .path_count = s->count, .keys = cipher_keys(s->cipher)};
	struct reader *reader = reader_new(&ro, s->pool);
	struct joiner *joiner = joiner_new(reader, s->pool);
	struct stage_ctx *stage = stage_ctx_new();
	do {
		ck_assert_msg(joiner_next(joiner, &item, &e) == 0, "%s: %s", s->paths[0], e.text);
		if (item.kind == ITEM_VOLUME_LABEL)
			s->volumes[item.volume->input] = (struct filebytes_volume){.path = s->paths[item.volume->input],
										   .name = strdup(item.volume->label.volume),
										   .label_time = item.volume->label.label_time};
		if (item.kind == ITEM_RECORD && item.file_index > 0 && item.job && !item.head_missing && !item.tail_missing)
			take_record(s, stage, &item);
	} while (item.kind != ITEM_END);
	stage_ctx_free(stage);
	joiner_free(joiner);
	reader_free(reader);
	for (size_t i = 0; i < s->file_count; i++) {
		struct known *k = &s->files[i];
		k->o.keys = cipher_keys(s->cipher);
		k->o.size = k->o.sparse && k->stat.size > k->end ? k->stat.size : k->end;
		if (k->o.size > k->cap) {
			k->content = realloc(k->content, k->o.size);
			memset(k->content + k->cap, 0, k->o.size - k->cap);
			k->cap = k->o.size;
		}
	}
}

static void free_set(struct set *s)
{
	for (size_t i = 0; i < s->file_count; i++) {
		free(s->files[i].content);
		free(s->files[i].name);
	}
	for (size_t i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->volumes[i].name);
	free(s->files);
	cipher_free(s->cipher);
	volkey_source_free(&s->source);
	buf_pool_free(s->pool);
}

/* ---- both against each other ---- */

static void read_piece(struct filebytes *f, const struct known *k, uint64_t at, size_t n)
{
	struct err e = {0};
	uint8_t *out = malloc(n ? n : 1);
	memset(out, 0xee, n);
	ck_assert_msg(filebytes_read(f, at, out, n, &e) == 0, "%s: %zu bytes at %llu: %s", k->o.name, n, (unsigned long long)at, e.text);
	ck_assert_msg(n == 0 || memcmp(out, k->content + at, n) == 0, "%s: %zu bytes at %llu differ", k->o.name, n, (unsigned long long)at);
	free(out);
}

static size_t piece_at(const struct known *k, uint64_t at)
{
	uint64_t left = k->o.size - at, most = next_random(3) == 0 ? 300000 : 5000;
	uint64_t n = 1 + next_random(most);
	return (size_t)(n < left ? n : left);
}

static void compare(const struct known *k)
{
	struct err e = {0};
	const struct extra *extras;
	size_t count;
	struct filebytes *f = filebytes_new(&k->o);
	unsigned order = (unsigned)next_random(3);
	for (uint64_t at = 0; order == 0 && at < k->o.size; at += 100000)
		read_piece(f, k, at, (size_t)(k->o.size - at < 100000 ? k->o.size - at : 100000));
	for (unsigned i = 0; k->o.size > 0 && i < 24; i++) {
		uint64_t at = next_random(k->o.size);
		read_piece(f, k, at, piece_at(k, at));
		if (next_random(6) == 0)
			filebytes_rest(f);
	}
	read_piece(f, k, 0, 0);
	for (uint64_t at = 0; order == 1 && at < k->o.size; at += 131072)
		read_piece(f, k, at, (size_t)(k->o.size - at < 131072 ? k->o.size - at : 131072));
	ck_assert_int_eq(filebytes_extras(f, &extras, &count, &e), 0);
	ck_assert_uint_eq(count, k->extras);
	filebytes_free(f);
}

static size_t compare_set(struct set *s)
{
	seed = 0x6d6f756e74;
	size_t done = 0;
	read_set(s);
	for (size_t i = 0; i < s->file_count; i++) {
		const struct known *k = &s->files[i];
		if (k->o.name == NULL || k->opaque || k->end > FILE_MAX)
			continue;
		compare(k);
		done++;
	}
	free_set(s);
	return done;
}

/* ---- bundled volumes ---- */

static const char *volumes_dir(void)
{
	static char path[512];
	const char *tests = getenv("TESTS");
	snprintf(path, sizeof path, "%s/volumes", tests ? tests : "tests");
	return path;
}

/* The path of a bundled volume, unpacked if it has to be. */
static const char *bundled(const char *name)
{
	static char paths[VOLUMES_MAX][1024];
	static unsigned turn;
	char *path = paths[turn++ % VOLUMES_MAX], command[2400];
	snprintf(path, 1024, "%s/%s", volumes_dir(), name);
	if (access(path, R_OK) == 0)
		return path;
	snprintf(path, 1024, "%s/%u", dir.path, turn);
	snprintf(command, sizeof command, "xz -dc '%s/%s.xz' >'%s'", volumes_dir(), name, path);
	ck_assert_msg(system(command) == 0, "%s: cannot be unpacked", name);
	return path;
}

static size_t compare_bundled(const char *first, const char *second, size_t key_bytes)
{
	struct set s = {.count = second ? 2 : 1, .paths = {bundled(first), second ? bundled(second) : NULL}};
	struct err e = {0};
	if (key_bytes > 0) {
		char text[128];
		uint8_t value[DIGEST_MAX_BYTES];
		snprintf(text, sizeof text, "xflate-fixture:%s", strchr(first, '/') + 1);
		struct digest *d = digest_new(DIGEST_SHA512);
		digest_add(d, text, strlen(text));
		ck_assert_uint_eq(digest_value(d, value), 64);
		digest_free(d);
		ck_assert_int_eq(secret_set(&s.source.key, value, key_bytes, &e), 0);
	}
	return compare_set(&s);
}

START_TEST(one_volume)
{
	static const char *const names[] = {
		"bareos/vol-append",        "bareos/vol-gzip6",          "bareos/vol-lz4hc",          "bareos/vol-lzfast",
		"bareos/vol-lzo",           "bareos/vol-multi",          "bareos/vol-nochecksum",     "bareos/vol-none",
		"bareos/vol-sparse-gzip6",  "bareos/vol-sparse-lz4",     "bareos/vol-crashed",        "bacula/encnull-gzip6",
		"bacula/nosum-gzip6",       "bacula/plain-gzip1-sparse", "bacula/plain-interleave",   "bacula/plain-lzo-sparse",
		"bacula/plain-none-sparse", "bacula/plain-xxh3-128",     "bacula/plain-zstd1-sparse", "bacula/plain-zstd3",
		"bacula/small-lzo",
	};
	size_t files = compare_bundled(names[_i], NULL, 0);
	ck_assert_msg(files > 4, "%s: %zu files", names[_i], files);
}
END_TEST

START_TEST(several_volumes)
{
	ck_assert_uint_gt(compare_bundled("bareos/vol-span-gzip6-1", "bareos/vol-span-gzip6-2", 0), 20);
	ck_assert_uint_gt(compare_bundled("bacula/plain-span1", "bacula/plain-span2", 0), 20);
}
END_TEST

START_TEST(encrypted)
{
	ck_assert_uint_gt(compare_bundled("bacula/enc256-spoolseg", NULL, 64), 20);
	ck_assert_uint_gt(compare_bundled("bacula/strong256-gzip6", NULL, 64), 20);
	ck_assert_uint_gt(compare_bundled("bacula/enc128-gzip6-sparse", NULL, 32), 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("filebytes");
	TCase *t = tcase_create("bundled");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, one_volume, 0, 21);
	tcase_add_test(t, several_volumes);
	tcase_add_test(t, encrypted);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
