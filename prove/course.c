/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/course.h"

#include <stdlib.h>

void course_free(struct course *c)
{
	free(c->name.text);
	free(c->lost_name.text);
	missing_free(&c->missing);
	*c = (struct course){0};
}

static int keep_name(struct course_name *n, int32_t file_index, const char *name, struct err *e)
{
	int rc = attributes_keep_name(name, &n->text, &n->cap, e);
	n->of = rc == 0 ? file_index : 0;
	return rc;
}

/* Was there damage since the last file?  It may lie in a block whose job nobody knows. */
static bool is_hurt(const struct course *c, uint64_t lost_blocks)
{
	return lost_blocks + c->wounds != c->wounds_before;
}

static int see_file(struct course *c, int32_t file_index, uint64_t lost_blocks, struct err *e)
{
	bool hurt = is_hurt(c, lost_blocks);
	if (file_index > c->missing.highest)
		c->wounds_before = lost_blocks + c->wounds;
	return missing_see(&c->missing, file_index, hurt, e);
}

/* One wrong bit in a FileIndex shall not make a thousand files lost: its block has a right checksum, or its attributes or
 * another record say the same. */
int course_see(struct course *c, const struct item *item, uint64_t lost_blocks, struct err *e)
{
	int32_t index = item->file_index;
	bool sure = (item->form.checksum && !item->suspect) || item->attributes.file_index == index || c->last_index == index ||
		    index - 1 <= c->missing.highest;
	c->last_index = index;
	return sure ? see_file(c, index, lost_blocks, e) : 0;
}

static void begin(struct course *c)
{
	c->begun = c->missing.begun = true;
	c->ended = false;
}

int course_record(struct course *c, const struct item *item, const struct session_label *label, uint64_t lost_blocks, struct err *e)
{
	totals_read(&c->totals, item);
	if (item->file_index == LABEL_SESSION_START)
		begin(c);
	if (item->file_index == LABEL_SESSION_END && !item->suspect && label)
		return missing_end(&c->missing, label->job_files, is_hurt(c, lost_blocks), e);
	if (item->file_index <= 0)
		return 0;
	int rc = course_see(c, item, lost_blocks, e);
	if (rc != 0 || !attributes_are(item->stream))
		return rc;
	return keep_name(&c->name, item->file_index, item->attributes.name, e);
}

void course_record_done(struct course *c, const struct item *item)
{
	if (item->file_index != LABEL_SESSION_END)
		return;
	totals_end(&c->totals);
	c->ended = true;
}

int course_lose_file(struct course *c, int32_t file_index, const char *name, uint64_t lost_blocks, struct err *e)
{
	int rc = see_file(c, file_index, lost_blocks, e);
	/* It may go on in the next block. */
	bool known = name == c->name.text || name == c->lost_name.text;
	return rc != 0 || known ? rc : keep_name(&c->lost_name, file_index, name, e);
}

const char *course_file(const struct course *c, int32_t file_index)
{
	if (file_index > 0 && c->name.of == file_index)
		return c->name.text;
	return file_index > 0 && c->lost_name.of == file_index ? c->lost_name.text : "";
}

struct finding course_missing(const struct course *c, size_t range, const struct volume_info *on)
{
	const struct missing_range *r = &c->missing.ranges[range];
	return (struct finding){
		.volume = on,
		.job = c->job,
		.file_index = r->first,
		.last_index = r->last,
		.file = "",
		.reason = r->first == r->last ? "nothing of this file is here" : "nothing of these files is here",
	};
}
