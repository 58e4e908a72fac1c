/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pools of volumes as drives fill them, with jobs side by side: whatever order they are given in, the units are what was written
 * together, in the order in which it was, and filter's own way of finding sets finds the same.  What is taken away is missed.
 *
 *   check_units               such pools, made in memory
 *   check_units VOLUME...     of any volumes: a glance and a look at every block find the same units, and filter the same sets; status 1 and
 *                             a line where they do not */
#include "volume/kin.h"
#include "volume/units.h"
#include "volume_maker.h"

#define VOLUMES_MAX 24u
#define SESSIONS_MAX 64u
#define CAPACITY 700u
#define SEEDS 240

/* What was written of a session on a volume. */
struct trace {
	bool here, begins, ends;
	uint32_t rest_before, rest_behind;
	unsigned last_block;
};

struct made_volume {
	struct mk bytes;
	char name[24], path[128];
	unsigned blocks, last_begin;
	struct trace traces[SESSIONS_MAX];
	bool gone;
	uint32_t set;
};

struct running {
	uint32_t id;
	int32_t index;
	uint32_t rest;
	unsigned left; /* records */
	bool begun;
};

static struct mk_dir dir;
static struct made_volume volumes[VOLUMES_MAX];
static unsigned volume_count, session_count;
static bool timed; /* labels have the times at which they were written: all is known of the order, else only what jobs tell */
static const uint8_t data[4000];

static unsigned below(unsigned n)
{
	return (unsigned)rand() % n;
}

static struct made_volume *new_volume(void)
{
	struct made_volume *v = &volumes[volume_count++];
	*v = (struct made_volume){.set = volume_count - 1};
	char name[sizeof v->name];
	snprintf(name, sizeof name, "V%u-%u", below(1000), volume_count);
	memcpy(v->name, name, sizeof name);
	mk_in_dir(&dir, name, v->path);
	mk_label(&v->bytes, 2, name, true);
	/* write_btime.  formats/volume-format.md 3.2 */
	mk_set32(v->bytes.p + 24 + 12 + 37, timed ? volume_count : 1);
	mk_end(&v->bytes);
	return v;
}

/* The records that fit, and a part of the next one; sometimes it ends with a whole one. */
static void write_block(struct made_volume *v, struct running *r)
{
	struct mk *m = &v->bytes;
	struct trace *t = &v->traces[r->id];
	size_t used = 24;
	v->blocks++;
	mk_begin(m, 2, r->id, 7, 0, true);
	if (!t->here)
		t->rest_before = r->rest;
	t->here = true;
	t->last_block = v->blocks;
	if (!r->begun) {
		mk_sos(m, r->id);
		r->begun = t->begins = true;
		v->last_begin = v->blocks;
		used += 300;
	}
	while (r->left > 0 || r->rest > 0) {
		if (used + 12 >= CAPACITY || (used > 24 && r->rest == 0 && below(6) == 0))
			break;
		bool goes_on = r->rest > 0;
		uint32_t len = goes_on ? r->rest : 1 + below(below(4) ? 500 : 3900);
		uint32_t part = used + 12 + len > CAPACITY ? (uint32_t)(CAPACITY - used - 12) : len;
		r->index += !goes_on;
		r->left -= !goes_on;
		mk_part(m, r->index, goes_on ? -2 : 2, len, data, part);
		used += 12 + part;
		r->rest = len - part;
	}
	t->rest_behind = r->rest;
	if (r->left == 0 && r->rest == 0) {
		struct mk_totals totals = {0};
		mk_eos(m, r->id, &totals);
		t->ends = true;
		r->id = 0;
	}
	mk_end(m);
}

/* Some volumes one after the other, up to three jobs at a time. */
static void write_drive(unsigned most)
{
	struct running jobs[3] = {{0}};
	unsigned side_by_side = 1 + below(3), to_come = 1 + below(6), room = 1 + below(12), full = 0;
	struct made_volume *v = NULL;
	for (;;) {
		struct running *r = &jobs[below(side_by_side)];
		if (r->id == 0 && to_come > 0 && session_count + 1 < SESSIONS_MAX) {
			*r = (struct running){.id = ++session_count, .left = below(40)};
			to_come--;
		}
		bool any = false;
		for (unsigned i = 0; i < 3; i++)
			any = any || jobs[i].id > 0;
		if (!any)
			break;
		if (r->id == 0)
			continue;
		if (v == NULL || (v->blocks >= room && full < most)) {
			v = new_volume();
			full++;
		}
		write_block(v, r);
	}
}

static uint32_t set_of(uint32_t i)
{
	while (volumes[i].set != i)
		i = volumes[i].set;
	return i;
}

static void make_pool(int seed)
{
	srand((unsigned)seed);
	timed = seed % 2;
	volume_count = session_count = 0;
	while (volume_count < VOLUMES_MAX - 9)
		write_drive(1 + below(8));
	for (unsigned i = 0; i < volume_count; i++)
		mk_write(volumes[i].path, volumes[i].bytes.p, volumes[i].bytes.len);
}

/* Who shares a session with whom, of what is there. */
static void join_sets(void)
{
	for (unsigned s = 1; s <= session_count; s++) {
		uint32_t before = VOLUMES_MAX;
		for (uint32_t i = 0; i < volume_count; i++) {
			if (!volumes[i].traces[s].here || volumes[i].gone)
				continue;
			if (before < VOLUMES_MAX)
				volumes[set_of(i)].set = set_of(before);
			before = i;
		}
	}
}

/* Does the set of volume i lack something that can be seen? */
static bool lacks(uint32_t set)
{
	for (unsigned s = 1; s <= session_count; s++) {
		const struct trace *before = NULL;
		const struct made_volume *last = NULL;
		for (uint32_t i = 0; i < volume_count; i++) {
			const struct trace *t = &volumes[i].traces[s];
			if (!t->here || volumes[i].gone || set_of(i) != set)
				continue;
			if ((before == NULL && !t->begins) || (before && before->rest_behind != t->rest_before))
				return true;
			before = t;
			last = &volumes[i];
		}
		if (before && !before->ends && last->last_begin <= before->last_block)
			return true;
	}
	return false;
}

static void free_pool(void)
{
	for (unsigned i = 0; i < volume_count; i++)
		mk_free(&volumes[i].bytes);
}

static struct units_input inputs[VOLUMES_MAX];
static struct glance glances[VOLUMES_MAX];
static uint32_t made_of[VOLUMES_MAX]; /* inputs, which volume */

static size_t look_at_shuffled(bool whole)
{
	struct glance_room room = GLANCE_ROOM_NONE;
	size_t n = 0;
	for (uint32_t i = 0; i < volume_count; i++) {
		if (!volumes[i].gone)
			made_of[n++] = i;
	}
	for (size_t i = n; i > 1; i--) {
		size_t k = below((unsigned)i);
		uint32_t other = made_of[k];
		made_of[k] = made_of[i - 1];
		made_of[i - 1] = other;
	}
	for (size_t i = 0; i < n; i++) {
		struct err e = {0};
		ck_assert_int_eq(glance_at(&glances[i], volumes[made_of[i]].path, whole, &room, &e), 0);
		ck_assert(glances[i].whole && !glances[i].damaged);
		inputs[i] = (struct units_input){volumes[made_of[i]].path, &glances[i]};
	}
	glance_room_free(&room);
	return n;
}

/* What filter would find of them in this order. */
static void check_kin(const struct units *u, size_t count)
{
	const char *paths[VOLUMES_MAX];
	for (size_t i = 0; i < count; i++)
		paths[i] = inputs[u->volumes[i]].path;
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *unit = &u->all[i];
		struct kin *kin = kin_new(paths + unit->first, unit->count);
		struct kin *rest = kin_new(paths, count);
		size_t end;
		struct err e = {0};
		ck_assert(kin && rest);
		ck_assert_int_eq(kin_end(kin, 0, 0, &end, &e), 0);
		ck_assert_uint_eq(end, unit->count);
		ck_assert_int_eq(kin_end(rest, unit->first, unit->first + unit->count - 1, &end, &e), 0);
		ck_assert_uint_eq(end, unit->first + unit->count);
		kin_free(kin);
		kin_free(rest);
	}
}

/* Around what is missing in the midst of a file only times tell. */
static void check_order(uint32_t before, uint32_t here)
{
	bool shared = timed;
	for (unsigned s = 1; s <= session_count && !lacks(set_of(here)); s++)
		shared = shared || (volumes[before].traces[s].here && volumes[here].traces[s].here);
	if (shared)
		ck_assert_uint_lt(before, here);
}

static void check_units_of(size_t count)
{
	struct units u;
	struct err e = {0};
	ck_assert_int_eq(units_find(&u, inputs, count, &e), 0);
	size_t total = 0;
	for (size_t i = 0; i < u.count; i++) {
		const struct unit *unit = &u.all[i];
		uint32_t first = made_of[u.volumes[unit->first]];
		ck_assert_str_eq(unit->name, volumes[first].name);
		ck_assert(i == 0 || strcmp(u.all[i - 1].name, unit->name) < 0);
		ck_assert_int_eq(unit->incomplete, lacks(set_of(first)));
		ck_assert(!unit->unsure);
		for (size_t k = 1; k < unit->count; k++) {
			uint32_t here = made_of[u.volumes[unit->first + k]];
			ck_assert_uint_eq(set_of(here), set_of(first));
			for (size_t n = 0; n < k; n++)
				check_order(made_of[u.volumes[unit->first + n]], here);
		}
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(set_of(first), set_of(made_of[u.volumes[u.all[k].first]]));
		total += unit->count;
	}
	ck_assert_uint_eq(total, count);
	check_kin(&u, count);
	units_free(&u);
	units_free(&u);
}

static void check_pool(void)
{
	for (int whole = 0; whole < 2; whole++) {
		size_t n = look_at_shuffled(whole);
		check_units_of(n);
		for (size_t i = 0; i < n; i++)
			glance_free(&glances[i]);
	}
}

START_TEST(units_are_what_was_written_together)
{
	for (int seed = _i * SEEDS / 8; seed < (_i + 1) * SEEDS / 8; seed++) {
		mk_dir_new(&dir);
		make_pool(seed);
		join_sets();
		check_pool();
		for (unsigned n = 0; n < 3; n++) {
			volumes[below(volume_count)].gone = true;
			for (uint32_t i = 0; i < volume_count; i++)
				volumes[i].set = i;
			join_sets();
			check_pool();
		}
		free_pool();
		mk_dir_remove(&dir);
	}
}
END_TEST

/* ---- by hand ---- */

/* A volume of these sessions, each "ID", its flags: b begins here, e ends here. */
static void by_hand(struct glance *g, const char *name, size_t count, const struct glance_session *sessions)
{
	*g = (struct glance){.labelled = name != NULL, .bytes = 100, .whole = true, .session_count = count};
	snprintf(g->label.volume, sizeof g->label.volume, "%s", name ? name : "");
	g->sessions = calloc(count + 1, sizeof *g->sessions);
	if (count > 0)
		memcpy(g->sessions, sessions, count * sizeof *sessions);
}

#define SESSION(n, ...) ((struct glance_session){.id = n, .time = 7, .begin_seen = true, .end_seen = true, .readable = true, __VA_ARGS__})

static struct units found;

static void find_by_hand(const char *const *paths, size_t count)
{
	struct err e = {0};
	for (size_t i = 0; i < count; i++)
		inputs[i] = (struct units_input){paths[i], &glances[i]};
	ck_assert_int_eq(units_find(&found, inputs, count, &e), 0);
}

static void free_by_hand(size_t count)
{
	units_free(&found);
	for (size_t i = 0; i < count; i++)
		glance_free(&glances[i]);
}

static size_t remarks_of(enum units_remark_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < found.remark_count; i++)
		n += found.remarks[i].kind == kind;
	return n;
}

/* A full copy of a set is a set; a copy of one volume stands alone. */
START_TEST(copies_go_with_copies)
{
	const char *const paths[] = {"x/B", "y/A", "x/A", "y/B", "z/A"};
	for (size_t i = 0; i < 5; i++) {
		bool a = paths[i][2] == 'A';
		by_hand(&glances[i], a ? "A" : "B", 1, &SESSION(1, .begins = a, .ends = !a, .first_index = a ? 1 : 9));
	}
	find_by_hand(paths, 5);
	ck_assert_uint_eq(found.count, 3);
	ck_assert_str_eq(found.all[0].name, "A");
	ck_assert_str_eq(found.all[1].name, "A-2");
	ck_assert_str_eq(found.all[2].name, "A-3");
	ck_assert_uint_eq(found.volumes[found.all[0].first], 2);
	ck_assert_uint_eq(found.volumes[found.all[0].first + 1], 0);
	ck_assert_uint_eq(found.volumes[found.all[1].first], 1);
	ck_assert_uint_eq(found.volumes[found.all[1].first + 1], 3);
	ck_assert_uint_eq(found.all[2].count, 1);
	ck_assert(!found.all[0].incomplete && !found.all[1].incomplete && found.all[2].incomplete);
	ck_assert_uint_eq(remarks_of(UNITS_VOLUME_TWICE), 3);
	ck_assert_uint_eq(remarks_of(UNITS_SESSION_TWICE), 0);
	free_by_hand(5);
}
END_TEST

/* Under another name a copy is told by its jobs. */
START_TEST(a_job_begins_once)
{
	const char *const paths[] = {"new", "old", "rest"};
	by_hand(&glances[0], "NEW", 1, &SESSION(1, .begins = true, .first_index = 1));
	by_hand(&glances[1], "OLD", 1, &SESSION(1, .begins = true, .first_index = 1));
	by_hand(&glances[2], "REST", 1, &SESSION(1, .ends = true, .first_index = 4));
	glances[0].label.write_time = 9;
	glances[1].label.write_time = 5;
	find_by_hand(paths, 3);
	ck_assert_uint_eq(found.count, 2);
	ck_assert_str_eq(found.all[0].name, "NEW");
	ck_assert(found.all[0].incomplete && !found.all[1].incomplete);
	ck_assert_uint_eq(found.all[1].count, 2);
	ck_assert_uint_eq(found.volumes[found.all[1].first + 1], 2);
	ck_assert_uint_eq(remarks_of(UNITS_SESSION_TWICE), 1);
	free_by_hand(3);
}
END_TEST

/* One session says this, another one that. */
START_TEST(a_contradiction_is_told)
{
	const char *const paths[] = {"a", "b"};
	const struct glance_session a[] = {SESSION(1, .begins = true), SESSION(2, .ends = true)};
	const struct glance_session b[] = {SESSION(1, .ends = true), SESSION(2, .begins = true)};
	by_hand(&glances[0], "A", 2, a);
	by_hand(&glances[1], "B", 2, b);
	find_by_hand(paths, 2);
	ck_assert_uint_eq(found.count, 1);
	ck_assert(found.all[0].unsure);
	ck_assert_uint_eq(found.volumes[0], 0);
	free_by_hand(2);
}
END_TEST

/* Nothing but the record that each end cuts, or the time of a label, tells of volumes in the midst of one file. */
START_TEST(cut_records_and_times_tell_the_order)
{
	const char *const paths[] = {"1", "2", "3", "4"};
	for (uint32_t i = 0; i < 4; i++)
		by_hand(&glances[i], paths[i], 1,
			&SESSION(1, .begins = i == 3, .ends = i == 0, .first_index = 1, .last_index = 1 + (i == 0),
				 .rest_before = i == 0   ? 30
						: i == 1 ? 20
						: i == 2 ? 10
							 : 0,
				 .rest_behind = i == 1   ? 30
						: i == 2 ? 20
						: i == 3 ? 10
							 : 0));
	find_by_hand(paths, 4);
	ck_assert_uint_eq(found.count, 1);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(found.volumes[i], 3 - i);
	ck_assert(!found.all[0].incomplete);
	free_by_hand(4);
	for (uint32_t i = 0; i < 4; i++) {
		by_hand(&glances[i], paths[i], 1, &SESSION(1, .begins = i == 3));
		glances[i].sessions[0].readable = false;
		glances[i].label.write_time = 9 - i;
	}
	find_by_hand(paths, 4);
	ck_assert_uint_eq(found.count, 1);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(found.volumes[i], 3 - i);
	free_by_hand(4);
}
END_TEST

/* What labels and files are called may be anything. */
START_TEST(names_can_be_those_of_files)
{
	const char *const paths[] = {"/x/-a b", "/x/..", "q", "r", "s", "/"};
	const char *const labels[] = {NULL, NULL, "V", "V-2", "V", NULL};
	static const char *const names[] = {"V", "V-2", "V-3", "_", "_.", "_a_b"};
	for (size_t i = 0; i < 6; i++)
		by_hand(&glances[i], labels[i], 0, NULL);
	find_by_hand(paths, 6);
	ck_assert_uint_eq(remarks_of(UNITS_NO_LABEL), 3);
	ck_assert_uint_eq(found.count, 6);
	bool seen[6] = {false};
	for (size_t i = 0; i < 6; i++) {
		for (size_t k = 0; k < 6; k++)
			seen[k] = seen[k] || strcmp(found.all[i].name, names[k]) == 0;
	}
	for (size_t k = 0; k < 6; k++)
		ck_assert_msg(seen[k], "%s", names[k]);
	free_by_hand(6);
	find_by_hand(paths, 0);
	ck_assert_uint_eq(found.count, 0);
	free_by_hand(0);
}
END_TEST

/* ---- any volumes ---- */

static struct glance_room room_of_any;

struct any {
	struct glance *glances;
	struct units_input *inputs;
	struct units units;
};

static int find_any(struct any *a, char **names, size_t count, bool whole)
{
	struct err e = {0};
	*a = (struct any){.glances = calloc(count, sizeof *a->glances), .inputs = calloc(count, sizeof *a->inputs)};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = glance_at(&a->glances[i], names[i], whole, &room_of_any, &e);
		a->inputs[i] = (struct units_input){names[i], &a->glances[i]};
	}
	if (rc == 0)
		rc = units_find(&a->units, a->inputs, count, &e);
	if (rc != 0)
		fprintf(stderr, "%s: %s\n", e.volume, e.text);
	return rc;
}

static void free_any(struct any *a, size_t count)
{
	units_free(&a->units);
	for (size_t i = 0; i < count; i++)
		glance_free(&a->glances[i]);
	free(a->glances);
	free(a->inputs);
}

static bool same_units(const struct any *x, const struct any *y, size_t count)
{
	bool same = x->units.count == y->units.count && memcmp(x->units.volumes, y->units.volumes, count * sizeof(size_t)) == 0;
	for (size_t i = 0; same && i < x->units.count; i++)
		same = x->units.all[i].first == y->units.all[i].first && x->units.all[i].count == y->units.all[i].count;
	if (!same)
		fprintf(stderr, "a glance and a look at every block find other units\n");
	return same;
}

/* filter is given the units one behind the other. */
static bool same_sets(const struct any *a, size_t count)
{
	const char **paths = calloc(count, sizeof *paths);
	bool same = true;
	for (size_t i = 0; i < count; i++)
		paths[i] = a->inputs[a->units.volumes[i]].path;
	struct kin *kin = kin_new(paths, count);
	for (size_t i = 0; same && i < a->units.count; i++) {
		const struct unit *u = &a->units.all[i];
		struct err e = {0};
		size_t end;
		same = kin_end(kin, u->first, u->first, &end, &e) == 0 && end == u->first + u->count;
		if (!same)
			fprintf(stderr, "%s: filter's set is of %zu volumes, and not of %zu\n", u->name, end - u->first, u->count);
	}
	kin_free(kin);
	free(paths);
	return same;
}

static int check_any(char **names, size_t count)
{
	struct any quick, whole;
	bool good = find_any(&quick, names, count, false) == 0;
	good = find_any(&whole, names, count, true) == 0 && good;
	good = good && same_units(&quick, &whole, count) && same_sets(&quick, count);
	free_any(&quick, count);
	free_any(&whole, count);
	glance_room_free(&room_of_any);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return check_any(argv + 1, (size_t)argc - 1);
	Suite *suite = suite_create("units");
	TCase *tests = tcase_create("all");
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, units_are_what_was_written_together, 0, 8);
	tcase_add_test(tests, copies_go_with_copies);
	tcase_add_test(tests, a_job_begins_once);
	tcase_add_test(tests, a_contradiction_is_told);
	tcase_add_test(tests, cut_records_and_times_tell_the_order);
	tcase_add_test(tests, names_can_be_those_of_files);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
