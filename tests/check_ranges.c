/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only ranges of volumes: what comes out of them is what a pass over everything gives, and hardly more is read.
 *
 *   check_ranges                      attacks, on volumes made in memory
 *   check_ranges SEED KEY VOLUME...   seeded choices of the files of one set, KEY "" or a file, extracted both ways: a line of what was
 *                                     tried, and status 1 where the two differ */
#include "pipeline/filter.h"
#include "restore/extract.h"
#include "volume/reader.h"

#include "volume_maker.h"

#include <inttypes.h>

/* Here no framework is at work. */
#define MUST(x) ((x) ? (void)0 : (fprintf(stderr, "check_ranges: %d: %s\n", __LINE__, #x), exit(2)))

/* ---- what a pass over everything finds ---- */

struct spot {
	size_t input;
	uint64_t at, end; /* addresses in the input: of a block, and behind it */
	uint64_t inside;  /* where its volume begins there */
	uint32_t id, time;
	int32_t first, last; /* FileIndexes in it */
};

static struct {
	const char *paths[16];
	size_t count;
	uint64_t sizes[16];
	struct volkey_source source;
	const struct volkey_source *keys; /* NULL: none */
	struct spot *spots;
	size_t spot_count, spot_room;
	uint64_t dice;
	bool hurt;     /* there was damage */
	bool no_sums;  /* blocks have no checksum: what stands behind them is looked at */
	uint64_t most; /* bytes of a block */
} set;

static uint32_t roll(uint32_t sides)
{
	set.dice = set.dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(set.dice >> 33) % sides;
}

/* A tape that was read file by file has one row of addresses. */
static void place(const struct item *item, struct spot *s)
{
	s->input = item->volume->input;
	s->inside = item->volume->inside;
	s->at = item->addr + item->volume->inside;
	while (s->input + 1 < set.count && s->at >= set.sizes[s->input])
		s->at -= set.sizes[s->input++];
}

static void add_spot(const struct item *item, int32_t first, int32_t last)
{
	struct spot s = {.first = first < last ? first : last, .last = first < last ? last : first};
	place(item, &s);
	s.end = s.at + (item->kind == ITEM_BLOCK ? item->len : 0);
	/* In BB01 others may be in it, too. */
	if (item->kind == ITEM_RECORD || item->form.version > 1) {
		s.id = item->job->session_id;
		s.time = item->job->session_time;
	}
	if (set.spot_count == set.spot_room) {
		set.spot_room = set.spot_room * 2 + 64;
		set.spots = realloc(set.spots, set.spot_room * sizeof *set.spots);
		MUST(set.spots != NULL);
	}
	set.spots[set.spot_count++] = s;
}

static void on_block(void *arg, const struct item *block)
{
	(void)arg;
	set.no_sums = set.no_sums || !block->form.checksum;
	set.most = block->len > set.most ? block->len : set.most;
	if (block->job && block->first_index > 0 && !block->again)
		add_spot(block, block->first_index, block->last_index);
}

struct jobs {
	struct wanted {
		uint32_t id, time;
		int32_t highest;
		bool *known; /* by FileIndex: its attributes came */
	} all[64];
	size_t count;
};

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct jobs *j = arg;
	const struct item *item = plain->item;
	(void)e;
	if (item->job == NULL || item->file_index <= 0 || item->file_index > 1000000)
		return 0;
	size_t i = 0;
	while (i < j->count && (j->all[i].id != item->job->session_id || j->all[i].time != item->job->session_time))
		i++;
	if (i == j->count && i < 64)
		j->all[j->count++] = (struct wanted){.id = item->job->session_id, .time = item->job->session_time};
	if (i == 64)
		return 0;
	/* Of bad blocks not all is known before their records come. */
	if (set.hurt)
		add_spot(item, item->file_index, item->file_index);
	struct wanted *w = &j->all[i];
	if (item->file_index > w->highest) {
		w->known = realloc(w->known, (size_t)item->file_index + 1);
		MUST(w->known != NULL);
		memset(w->known + w->highest + 1, 0, (size_t)(item->file_index - w->highest));
		w->highest = item->file_index;
	}
	w->known[item->file_index] = w->known[item->file_index] || (attributes_are(item->stream) && plain->whole);
	return 0;
}

static void on_finding(void *arg, const struct finding *f)
{
	(void)arg;
	(void)f;
	set.hurt = true;
}

static struct filter_options pass(void)
{
	return (struct filter_options){.paths = set.paths,
				       .path_count = set.count,
				       .threads = 2,
				       .inflate = true,
				       .repair = true,
				       .incomplete_ok = true,
				       .on_damage = ON_DAMAGE_KEEP,
				       .cipher.read = set.keys};
}

/* ---- an extraction, as text ---- */

struct outcome {
	FILE *out;
	char *text;
	size_t len;
	uint64_t sum, bytes; /* of the file at hand */
	uint64_t read;
	struct err e;
};

static int begin(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct outcome *x = arg;
	(void)e;
	x->sum = x->bytes = 0;
	*m = (struct made){.how = MADE, .path = o->path};
	return 0;
}

static int write_at(void *arg, uint64_t at, struct span data, struct made *m, struct err *e)
{
	struct outcome *x = arg;
	(void)e;
	for (size_t i = 0; i < data.len; i++)
		x->sum += (at + i + 1) * 0x9e3779b97f4a7c15u * (data.data[i] + 1u);
	x->bytes += data.len;
	*m = (struct made){.how = MADE};
	return 0;
}

static int end(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e)
{
	struct outcome *x = arg;
	(void)e;
	fprintf(x->out, "file %s %o %d %" PRIu64 " %" PRIu64 " %" PRIx64 " extras %zu\n", o->path, o->mode, how, size, x->bytes, x->sum,
		o->extra_count);
	*m = (struct made){.how = MADE, .path = o->path};
	return 0;
}

static int make(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct outcome *x = arg;
	(void)e;
	fprintf(x->out, "made %d %s %o %s extras %zu\n", o->kind, o->path, o->mode, o->link ? o->link : "", o->extra_count);
	*m = (struct made){.how = MADE, .path = o->path};
	return 0;
}

static int finish(void *arg, bool whole, struct finished *f, struct err *e)
{
	(void)arg;
	(void)whole;
	(void)e;
	*f = (struct finished){0};
	return 0;
}

static void told(void *arg, const struct extract_file *f)
{
	fprintf(((struct outcome *)arg)->out, "told %d %s %d %d %s\n", f->file_index, f->name, f->result, f->proved, f->why);
}

static void problem(void *arg, const struct finding *f)
{
	struct outcome *x = arg;
	/* Its name may stand before the range. */
	fprintf(x->out, "PROBLEM %s %" PRIu64 "+%u %d: %s\n", f->volume ? f->volume->path : "", f->addr, f->offset, f->file_index,
		f->reason);
}

static void extract(struct outcome *out, const struct wanted *job, const char *indexes, const struct reader_range *ranges, size_t count)
{
	const struct target target = {out, begin, write_at, end, make, finish};
	char name[32];
	struct err e = {0};
	*out = (struct outcome){0};
	out->out = open_memstream(&out->text, &out->len);
	struct choice *c = choice_new();
	MUST(c != NULL);
	snprintf(name, sizeof name, "%u/%u", job->id, job->time);
	choice_job(c, name);
	MUST(choice_indexes(c, indexes, &e) == 0);
	choice_ready(c);
	struct extract *x = extract_new(&(struct extract_options){.choice = c,
								  .target = &target,
								  .devices = true,
								  .all_digests = true,
								  .by_ranges = ranges != NULL,
								  .arg = out,
								  .file = told,
								  .problem = problem});
	struct filter_options o = pass();
	o.ranges = ranges;
	o.range_count = count;
	o.observer = extract_observer(x);
	struct filter *f = filter_new(&o);
	MUST(f != NULL);
	int rc = filter_run(f, &out->e);
	MUST(extract_finish(x, rc == 0, &e) == 0);
	uint64_t written;
	filter_progress(f, &out->read, &written);
	for (size_t i = 0; choice_unmet(c, i); i++)
		fprintf(out->out, "unmet %s\n", choice_unmet(c, i));
	filter_free(f);
	extract_free(x);
	choice_free(c);
	fclose(out->out);
}

/* ---- both ways ---- */

static int by_place(const void *a, const void *b)
{
	const struct reader_range *x = a, *y = b;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

struct list {
	struct reader_range *all;
	size_t count;
};

static void add(struct list *l, size_t input, uint64_t from, uint64_t to)
{
	l->all = realloc(l->all, (l->count + 1) * sizeof *l->all);
	MUST(l->all != NULL);
	l->all[l->count++] = (struct reader_range){input, from, to};
}

static void sort(struct list *l)
{
	size_t n = 0;
	if (l->count > 0)
		qsort(l->all, l->count, sizeof *l->all, by_place);
	for (size_t i = 0; i < l->count; i++) {
		struct reader_range *last = n > 0 ? &l->all[n - 1] : NULL;
		if (last && last->input == l->all[i].input && l->all[i].from <= last->to)
			last->to = l->all[i].to > last->to ? l->all[i].to : last->to;
		else
			l->all[n++] = l->all[i];
	}
	l->count = n;
}

/* HULL: from its first block to its last, whatever is between.  PARTS: the same, volume by volume.  BLOCKS: its own alone. */
enum how { HULL, PARTS, BLOCKS, HOWS };

static bool has_job(const struct spot *s, const struct wanted *job)
{
	return s->id == 0 || (s->id == job->id && s->time == job->time);
}

static bool has(const struct spot *s, const struct wanted *job, int32_t index)
{
	return has_job(s, job) && s->first <= index && index <= s->last;
}

static bool is_before(const struct spot *a, const struct spot *b)
{
	return a->input < b->input || (a->input == b->input && a->at < b->at);
}

static void add_hull(struct list *l, const struct spot *from, const struct spot *to)
{
	if (from->input == to->input) {
		add(l, from->input, from->at, to->at);
		return;
	}
	add(l, from->input, from->at, UINT64_MAX);
	for (size_t i = from->input + 1; i < to->input; i++)
		add(l, i, 0, UINT64_MAX);
	add(l, to->input, 0, to->at);
}

static void add_file(struct list *l, const struct wanted *job, int32_t index, enum how how)
{
	const struct spot *first = NULL, *last = NULL;
	for (size_t i = 0; i < set.spot_count; i++) {
		const struct spot *s = &set.spots[i];
		if (!has(s, job, index))
			continue;
		if (s->inside > 0)
			add(l, s->input, s->inside, s->inside);
		if (how == BLOCKS)
			add(l, s->input, s->at, s->at);
		if (how == PARTS && last && last->input != s->input) {
			add_hull(l, first, last);
			first = last = NULL;
		}
		first = first && !is_before(s, first) ? first : s;
		last = last && is_before(s, last) ? last : s;
	}
	/* What is lost behind what came may be of it, too. */
	for (const struct spot *s = last; set.hurt && s && s < set.spots + set.spot_count; s++) {
		if (has_job(s, job) && is_before(last, s)) {
			last = s;
			break;
		}
	}
	if (first && how != BLOCKS)
		add_hull(l, first, last);
}

/* Bytes of their blocks. */
static uint64_t bytes_of(const struct list *l)
{
	uint64_t n = 0;
	for (size_t i = 0; i < l->count; i++) {
		const struct reader_range *r = &l->all[i];
		uint64_t upto = r->to < set.sizes[r->input] ? r->to : set.sizes[r->input];
		for (size_t k = 0; k < set.spot_count; k++) {
			if (set.spots[k].input == r->input && set.spots[k].at == r->to)
				upto = set.spots[k].end;
		}
		n += upto - r->from;
	}
	return n;
}

/* Every line of a that is a problem is one of b, too. */
static bool told_before(const char *a, const char *b)
{
	while (*a) {
		size_t n = strcspn(a, "\n") + 1;
		char line[4096];
		snprintf(line, sizeof line, "%.*s", (int)n, a);
		if (strncmp(line, "PROBLEM", 7) == 0 && strstr(b, line) == NULL)
			return false;
		a += n;
	}
	return true;
}

static void without_problems(char *text)
{
	char *to = text;
	for (char *at = text; *at;) {
		size_t n = strcspn(at, "\n") + 1;
		if (strncmp(at, "PROBLEM", 7) != 0) {
			memmove(to, at, n);
			to += n;
		}
		at += n;
	}
	*to = '\0';
}

static bool same(const struct wanted *job, const char *indexes, const struct list *l, enum how how)
{
	static const char *const hows[] = {"hull", "parts", "blocks"};
	struct outcome whole, part;
	extract(&whole, job, indexes, NULL, 0);
	extract(&part, job, indexes, l->all, l->count);
	uint64_t wanted = bytes_of(l), total = 0;
	for (size_t i = 0; i < set.count; i++)
		total += set.sizes[i];
	/* What an input begins with, and what proves its key, or its padding; the header of one more block, or where only what is behind a block
	 * says that it is one, all of it. */
	uint64_t allowed = wanted + set.count * (2 * set.most + 2000) + l->count * (set.no_sums ? 2 * set.most : 100);
	bool known = told_before(part.text, whole.text), good;
	bool frugal = set.hurt || part.read <= allowed;
	without_problems(whole.text);
	without_problems(part.text);
	good = known && frugal && part.e.code == whole.e.code && strcmp(whole.text, part.text) == 0;
	if (!good) {
		printf("# job %u/%u files %s by %s: error %d (%s), not %d (%s); read %" PRIu64 " of %" PRIu64 ", for %" PRIu64 "%s\n",
		       job->id, job->time, indexes, hows[how], part.e.code, part.e.text, whole.e.code, whole.e.text, part.read, total,
		       wanted, known ? "" : "; problems that the whole has not");
		for (size_t i = 0; i < l->count && i < 10; i++)
			printf("# range %zu %" PRIu64 "-%" PRIu64 "\n", l->all[i].input, l->all[i].from, l->all[i].to);
		printf("# --- all\n%.2000s# --- ranges\n%.2000s", whole.text, part.text);
	}
	free(whole.text);
	free(part.text);
	return good;
}

static bool try(const struct wanted *job, enum how how)
{
	char indexes[256] = "";
	struct list l = {0};
	uint32_t files = 1 + roll(4);
	for (uint32_t i = 0; i < files; i++) {
		int32_t index = 1 + (int32_t)roll((uint32_t)job->highest);
		int32_t last = roll(3) == 0 && index < job->highest && job->known[index + 1] ? index + 1 : index;
		if (!job->known[index])
			continue;
		size_t used = strlen(indexes);
		snprintf(indexes + used, sizeof indexes - used, "%s%d-%d", used ? "," : "", index, last);
		for (; index <= last; index++)
			add_file(&l, job, index, how);
	}
	sort(&l);
	if (indexes[0] == '\0')
		return true;
	static const struct reader_range nothing;
	struct list lent = {l.all ? l.all : (struct reader_range *)(uintptr_t)&nothing, l.count};
	bool good = same(job, indexes, &lent, how);
	free(l.all);
	return good;
}

static void open_key(const char *path)
{
	struct secret text = SECRET_NONE;
	struct err e = {0};
	FILE *f = fopen(path, "re");
	MUST(f != NULL);
	MUST(secret_read(&text, fileno(f), 65536, path, &e) == 0);
	MUST(volkey_parse(&set.source.key, &text, &e) == 0);
	set.keys = &set.source;
	fclose(f);
}

static int prove(int argc, char **argv)
{
	struct jobs jobs = {0};
	struct err e = {0};
	unsigned tried = 0, bad = 0;
	set.dice = strtoull(argv[1], NULL, 10) * 2 + 1;
	if (argv[2][0])
		open_key(argv[2]);
	for (int i = 3; i < argc && set.count < 16; i++) {
		struct stat st;
		MUST(stat(argv[i], &st) == 0);
		set.sizes[set.count] = (uint64_t)st.st_size;
		set.paths[set.count++] = argv[i];
	}
	const struct observer all = {.arg = &jobs, .record = on_record, .finding = on_finding, .block = on_block};
	struct filter_options o = pass();
	o.observer = &all;
	struct filter *f = filter_new(&o);
	MUST(f != NULL);
	int rc = filter_run(f, &e);
	filter_free(f);
	for (size_t i = 0; rc == 0 && i < jobs.count; i++) {
		for (unsigned n = 0; n < (jobs.count > 4 ? 3 : 9); n++, tried++)
			bad += !try(&jobs.all[i], set.hurt ? n % BLOCKS : n % HOWS);
		free(jobs.all[i].known);
	}
	printf("%u tried, %u differ%s%s\n", tried, bad, rc != 0 ? ": " : "", rc != 0 ? e.text : "");
	volkey_source_free(&set.source);
	free(set.spots);
	return bad > 0;
}

/* ---- attacks ---- */

static struct mk_dir dir;
static char path[2][128];
static size_t at[64]; /* where the blocks of the first volume begin */
static size_t blocks;
static struct mk volume;

static void mk_file(struct mk *m, int32_t index, size_t bytes)
{
	static uint8_t data[70000];
	char attributes[64];
	size_t n = (size_t)snprintf(attributes, sizeof attributes, "%d 3 file%d%cP0 A IGk%c%c", index, index, 0, 0, 0);
	for (size_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)(i * 7 + (size_t)index);
	mk_split(m, 1000, index, 1, (const uint8_t *)attributes, n);
	mk_split(m, 1000, index, 2, data, bytes);
}

/* Of session 1 a label, and 20 files of 1500 bytes in blocks of 1000. */
static void make_volume(struct mk *m, const char *name, uint32_t session, size_t bytes)
{
	mk_label(m, 2, name, true);
	mk_begin(m, 2, session, MK_TIME, 0, true);
	mk_sos(m, 7);
	for (int32_t i = 1; i <= 20; i++)
		mk_file(m, i, bytes);
	mk_eos(m, 7, &(struct mk_totals){.files = 20, .bytes = 20 * bytes});
	mk_end(m);
}

static void find_blocks(const struct mk *m)
{
	blocks = 0;
	for (size_t i = 0; i < m->len && blocks < 64; i += mk_get32(m->p + i + 4))
		at[blocks++] = i;
}

static void setup(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "one", path[0]);
	mk_in_dir(&dir, "two", path[1]);
	make_volume(&volume, "one", 1, 1500);
	find_blocks(&volume);
	ck_assert_uint_gt(blocks, 30);
	mk_write(path[0], volume.p, volume.len);
	set.paths[0] = path[0];
	set.paths[1] = path[1];
	set.count = 1;
}

static void teardown(void)
{
	mk_free(&volume);
	mk_dir_remove(&dir);
}

/* What comes of it: "1/2:1500" for a record of file 1, stream 2; with "<" and ">" where its beginning or its end is missing; DAMAGE. */
static char seen[4096];
static uint64_t bytes_read;
static bool keep; /* keep_suspect */
static struct err e;

static int see(const struct reader_range *ranges, size_t count)
{
	const struct reader_options o = {
		.paths = set.paths, .path_count = set.count, .keep_suspect = keep, .ranges = ranges, .range_count = count};
	struct buf_pool *pool = buf_pool_new(1 << 20);
	struct reader *r = reader_new(&o, pool);
	struct item item = {.kind = ITEM_VOLUME_START};
	FILE *to = fmemopen(seen, sizeof seen, "w");
	int rc = 0;
	e = (struct err){0};
	ck_assert(r && to);
	while (rc == 0 && item.kind != ITEM_END) {
		rc = reader_next(r, &item, &e);
		if (rc == 0 && item.kind == ITEM_RECORD)
			fprintf(to, "%s%d/%u:%zu%s ", item.head_missing ? "<" : "", item.file_index, item.stream, item.data.len,
				item.tail_missing ? ">" : "");
		if (rc == 0 && item.kind == ITEM_DAMAGE)
			fputs("DAMAGE ", to);
		if (rc == 0 && item.kind == ITEM_VOLUME_LABEL)
			fprintf(to, "[%s] ", item.volume->label.volume);
	}
	bytes_read = reader_bytes(r);
	reader_free(r);
	buf_pool_free(pool);
	fclose(to);
	return rc;
}

/* The blocks of session 1 that hold data of the file, to the last. */
static struct reader_range blocks_of(int32_t index, size_t input)
{
	struct reader_range r = {.input = input};
	for (size_t i = 1; i < blocks; i++) {
		struct rd rest = block_records(volume.p + at[i], mk_get32(volume.p + at[i] + 4), 2);
		struct record_header h;
		struct span part;
		while (record_next(&rest, 2, &h, &part)) {
			if (h.file_index != index)
				continue;
			r.from = r.from ? r.from : at[i];
			r.to = at[i];
		}
	}
	ck_assert_uint_gt(r.from, 0);
	return r;
}

static bool has_whole(int32_t index)
{
	char data[32], attributes[32];
	snprintf(data, sizeof data, " %d/2:1500 ", index);
	snprintf(attributes, sizeof attributes, " %d/1:", index);
	return strstr(seen, data) && strstr(seen, attributes);
}

START_TEST(test_one_file)
{
	const struct reader_range r = blocks_of(_i, 0);
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_msg(has_whole(_i), "%s", seen);
	ck_assert_ptr_null(strstr(seen, "DAMAGE"));
	ck_assert_ptr_null(strchr(seen, '<'));
	ck_assert_ptr_nonnull(strstr(seen, "[one] "));
	/* The label, its blocks, and the header of one behind the last. */
	ck_assert_uint_le(bytes_read, at[1] + (r.to + 1000 - r.from) + 64);
}
END_TEST

/* Files before and behind do not come but for the beginning of the next one. */
START_TEST(test_cut)
{
	const struct reader_range r = blocks_of(9, 0);
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_ptr_null(strstr(seen, " 8/2"));
	ck_assert_ptr_null(strstr(seen, "10/2:1500"));
	ck_assert_ptr_nonnull(strstr(seen, "> "));
	/* The middle of one long record holds nothing. */
	mk_free(&volume);
	make_volume(&volume, "one", 1, 60000);
	find_blocks(&volume);
	mk_write(path[0], volume.p, volume.len);
	const struct reader_range middle = {0, at[10], at[12]};
	ck_assert_int_eq(see(&middle, 1), 0);
	ck_assert_str_eq(seen, "[one] ");
}
END_TEST

START_TEST(test_several)
{
	const struct reader_range r[] = {blocks_of(2, 0), blocks_of(7, 0), blocks_of(19, 0)};
	ck_assert_int_eq(see(r, 3), 0);
	ck_assert_msg(has_whole(2) && has_whole(7) && has_whole(19), "%s", seen);
	ck_assert_ptr_null(strstr(seen, "DAMAGE"));
	ck_assert_uint_lt(bytes_read, 10000);
	/* Nothing but the label. */
	ck_assert_int_eq(see(r, 0), 0);
	ck_assert_str_eq(seen, "[one] ");
	ck_assert_uint_le(bytes_read, at[1] + 64);
	/* All. */
	const struct reader_range all = {0, 0, UINT64_MAX};
	ck_assert_int_eq(see(&all, 1), 0);
	char whole[sizeof seen];
	strcpy(whole, seen);
	ck_assert_int_eq(see(NULL, 0), 0);
	ck_assert_str_eq(seen, whole);
}
END_TEST

START_TEST(test_does_not_fit)
{
	const struct reader_range wrong[] = {
		{0, at[5] + 1, at[6]},
		{0, at[5] - 1, at[6]},
		{0, 1, at[6]},
		{0, at[1] - 1, at[6]},
		{0, volume.len, UINT64_MAX},
		{0, volume.len - 5, volume.len},
		{0, UINT64_MAX - 1, UINT64_MAX},
		{0, (uint64_t)1 << 40, UINT64_MAX},
	};
	ck_assert_int_eq(see(&wrong[_i], 1), XE_FAILED);
	ck_assert_msg(strstr(e.text, "does not fit this volume"), "%s", e.text);
	ck_assert_ptr_null(strstr(seen, "/2:"));
	/* Behind one that does. */
	const struct reader_range two[] = {{0, at[2], at[3]}, wrong[_i]};
	ck_assert_int_eq(see(two, 2), wrong[_i].from > at[3] ? XE_FAILED : XE_USAGE);
}
END_TEST

START_TEST(test_out_of_order)
{
	const struct reader_range wrong[][2] = {
		{{0, at[5], at[6]}, {0, at[2], at[3]}}, {{0, at[2], at[6]}, {0, at[4], at[7]}}, {{0, at[2], at[3]}, {0, at[3], at[7]}},
		{{0, at[3], at[2]}, {0, at[4], at[7]}}, {{1, at[2], at[3]}, {0, at[4], at[7]}}, {{0, at[2], at[3]}, {1, at[4], at[7]}},
	};
	ck_assert_int_eq(see(wrong[_i], 2), XE_USAGE);
	ck_assert_str_eq(seen, "");
}
END_TEST

START_TEST(test_damage_inside)
{
	const struct reader_range r = blocks_of(9, 0);
	const struct reader_range both[] = {{0, at[2], at[2]}, {0, at[3], UINT64_MAX}};
	/* Of the second of its blocks. */
	size_t hit = 0;
	while (at[hit] <= r.from)
		hit++;
	ck_assert_uint_le(at[hit], r.to);
	volume.p[at[hit] + 500] ^= 1;
	mk_write(path[0], volume.p, volume.len);
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_ptr_nonnull(strstr(seen, "DAMAGE"));
	ck_assert(!has_whole(9));
	ck_assert_int_eq(see(both, 2), 0);
	ck_assert_msg(has_whole(7) && has_whole(12) && !has_whole(9), "%s", seen);
	/* The block with which a range begins has a wrong checksum: what is cut before it is no damage. */
	volume.p[at[hit] + 500] ^= 1;
	volume.p[r.from + 900] ^= 1;
	mk_write(path[0], volume.p, volume.len);
	const struct reader_range first = {0, r.from, r.from};
	ck_assert_int_eq(see(&first, 1), 0);
	ck_assert_str_eq(seen, "[one] DAMAGE ");
	volume.p[r.from + 900] ^= 1;
	/* Its header: where it begins a range that is no block any more. */
	memset(volume.p + at[hit], 0, 24);
	mk_write(path[0], volume.p, volume.len);
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_ptr_nonnull(strstr(seen, "DAMAGE"));
	const struct reader_range there = {0, at[hit], r.to};
	ck_assert_int_eq(see(&there, 1), XE_FAILED);
}
END_TEST

START_TEST(test_replaced)
{
	const struct reader_range r = blocks_of(9, 0);
	struct mk other = {0};
	/* Of the same size, and other jobs; with blocks elsewhere; cut off; emptied; gone. */
	make_volume(&other, "one", 2, 1500);
	mk_write(path[0], other.p, other.len);
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_ptr_null(strstr(seen, "DAMAGE"));
	mk_free(&other);
	make_volume(&other, "another-name", 2, 1400);
	mk_write(path[0], other.p, other.len);
	ck_assert_int_eq(see(&r, 1), XE_FAILED);
	mk_free(&other);
	mk_write(path[0], volume.p, r.from + 1200);
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert(!has_whole(9));
	ck_assert_ptr_nonnull(strstr(seen, "DAMAGE"));
	mk_write(path[0], volume.p, 0);
	ck_assert_int_eq(see(&r, 1), XE_FAILED);
	mk_write(path[0], "no volume at all", 16);
	ck_assert_int_eq(see(&r, 1), XE_FAILED);
	remove(path[0]);
	ck_assert_int_eq(see(&r, 1), XE_FAILED);
	set.paths[0] = "-";
	ck_assert_int_eq(see(&r, 1), XE_USAGE);
}
END_TEST

/* A record over two volumes, of which the last block of the one and the first of the other are wanted, others lie between. */
START_TEST(test_over_volumes)
{
	struct mk one = {0}, two = {0};
	uint8_t data[3000];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)i;
	mk_label(&one, 2, "one", true);
	mk_begin(&one, 2, 1, MK_TIME, 4, true);
	mk_part(&one, 5, 1, 9, "5 3 file5", 9);
	mk_part(&one, 5, 2, 3000, data, 1000);
	size_t begins = mk_end(&one);
	for (uint32_t i = 0; i < 5; i++) {
		mk_begin(&one, 2, 2, MK_TIME, i, true);
		mk_part(&one, 1, 2, 100, data, 100);
		mk_end(&one);
	}
	size_t before = mk_label(&two, 2, "two", true);
	for (uint32_t i = 5; i < 10; i++) {
		mk_begin(&two, 2, 2, MK_TIME, i, true);
		mk_part(&two, 1, 2, 100, data, 100);
		before = mk_end(&two);
	}
	mk_begin(&two, 2, 1, MK_TIME, 5, true);
	mk_part(&two, 5, -2, 2000, data + 1000, 2000);
	size_t ends = mk_end(&two);
	mk_write(path[0], one.p, one.len);
	mk_write(path[1], two.p, two.len);
	set.count = 2;
	const struct reader_range tight[] = {{0, begins, begins}, {1, ends, ends}}, wide[] = {{0, begins, UINT64_MAX}, {1, 0, ends}};
	ck_assert_uint_lt(before, ends);
	ck_assert_int_eq(see(tight, 2), 0);
	ck_assert_str_eq(seen, "[one] 5/1:9 [two] 5/2:3000 ");
	ck_assert_int_eq(see(wide, 2), 0);
	ck_assert_ptr_nonnull(strstr(seen, "5/2:3000 "));
	ck_assert_ptr_null(strstr(seen, "DAMAGE"));
	/* The beginning alone, and the end alone. */
	ck_assert_int_eq(see(tight, 1), 0);
	ck_assert_str_eq(seen, "[one] 5/1:9 [two] 5/2:1000> ");
	ck_assert_int_eq(see(tight + 1, 1), 0);
	ck_assert_str_eq(seen, "[one] [two] ");
	mk_free(&one);
	mk_free(&two);
}
END_TEST

/* Between two blocks of a session others were passed over, and the second begins with a record: is it of the same file, or behind it? */
START_TEST(test_comes_back)
{
	static const struct {
		unsigned version;
		uint32_t number;
		int32_t index;
		bool attributes;
		const char *seen;
	} cases[] = {
		{2, 5, 5, false, "[one] 5/1:9 5/2:100 5/2:100 "}, /* it goes on */
		{2, 9, 5, false, "[one] 5/1:9 5/2:100 5/2:100 "}, /* with another number, as those of spooled jobs */
		{1, 9, 5, false, "[one] 5/1:9 5/2:100 5/2:100 "},
		{2, 5, 6, false, "[one] 5/1:9 5/2:100 6/2:100 "}, /* the next one; it has no attributes */
		{2, 9, 6, false, "[one] 5/1:9 5/2:100 "},         /* that began between */
		{1, 5, 6, false, "[one] 5/1:9 5/2:100 "},
		{2, 9, 6, true, "[one] 5/1:9 5/2:100 6/1:9 6/2:100 "},
		{1, 9, 6, true, "[one] 5/1:9 5/2:100 6/1:9 6/2:100 "},
	};
	struct mk m = {0};
	uint8_t data[100] = {0};
	unsigned version = cases[_i].version;
	mk_label(&m, version, "one", true);
	mk_begin(&m, version, 1, MK_TIME, 4, true);
	mk_record(&m, 5, 1, "5 3 file5", 9);
	mk_record(&m, 5, 2, data, 100);
	size_t first = mk_end(&m);
	mk_begin(&m, version, 2, MK_TIME, 1, true);
	mk_record(&m, 1, 2, data, 100);
	mk_end(&m);
	mk_begin(&m, version, 1, MK_TIME, cases[_i].number, true);
	if (cases[_i].attributes)
		mk_record(&m, cases[_i].index, 1, "6 3 file6", 9);
	mk_record(&m, cases[_i].index, 2, data, 100);
	size_t second = mk_end(&m);
	mk_write(path[0], m.p, m.len);
	const struct reader_range r[] = {{0, first, first}, {0, second, second}};
	ck_assert_int_eq(see(r, 2), 0);
	ck_assert_str_eq(seen, cases[_i].seen);
	mk_free(&m);
}
END_TEST

/* Behind a range's damaged first block stands data of a file that may have begun there; in one that is taken all the same, of one that began
 * before it. */
START_TEST(test_damage_first)
{
	struct mk m = {0};
	uint8_t data[100] = {0};
	mk_label(&m, 2, "one", true);
	mk_begin(&m, 2, 1, MK_TIME, 1, true);
	mk_record(&m, 4, 1, "4 3 file4", 9);
	mk_part(&m, 4, 2, 150, data, 50);
	mk_end(&m);
	mk_begin(&m, 2, 1, MK_TIME, 2, true);
	mk_part(&m, 4, -2, 100, data, 100);
	mk_record(&m, 5, 1, "5 3 file5", 9);
	size_t bad = mk_end(&m);
	mk_begin(&m, 2, 1, MK_TIME, 3, true);
	mk_record(&m, 5, 2, data, 100);
	mk_end(&m);
	m.p[bad + 50] ^= 1;
	mk_write(path[0], m.p, m.len);
	const struct reader_range r = {0, bad, UINT64_MAX};
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_str_eq(seen, "[one] DAMAGE 5/2:100 ");
	keep = true;
	ck_assert_int_eq(see(&r, 1), 0);
	ck_assert_str_eq(seen, "[one] DAMAGE 5/1:9 5/2:100 ");
	keep = false;
	mk_free(&m);
}
END_TEST

/* A volume behind another in the same file: its label is asked for first. */
START_TEST(test_behind_another)
{
	struct mk both = {0};
	mk_put(&both, volume.p, volume.len);
	make_volume(&both, "two", 1, 1500);
	mk_write(path[0], both.p, both.len);
	struct reader_range r[] = {{0, volume.len, volume.len}, blocks_of(9, 0)};
	/* Both labels are as long. */
	r[1].from += volume.len;
	r[1].to += volume.len;
	ck_assert_int_eq(see(r, 2), 0);
	ck_assert_msg(has_whole(9) && strstr(seen, "[one] [two] ") == seen, "%s", seen);
	ck_assert_ptr_null(strstr(seen, "DAMAGE"));
	mk_free(&both);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 3)
		return prove(argc, argv);
	Suite *s = suite_create("ranges");
	TCase *t = tcase_create("ranges");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_one_file, 1, 21);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_several);
	tcase_add_loop_test(t, test_does_not_fit, 0, 8);
	tcase_add_loop_test(t, test_out_of_order, 0, 6);
	tcase_add_test(t, test_damage_inside);
	tcase_add_test(t, test_replaced);
	tcase_add_test(t, test_over_volumes);
	tcase_add_loop_test(t, test_comes_back, 0, 8);
	tcase_add_test(t, test_damage_first);
	tcase_add_test(t, test_behind_another);
	suite_add_tcase(s, t);
	return check_run(s);
}
