/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/findingtext.h"

#include "base/msg.h"

#include <stdio.h>

const char *findingtext_volume(const struct volume_info *v)
{
	return v->has_label && v->label.volume[0] ? v->label.volume : v->name;
}

const char *findingtext_kind(enum finding_kind kind)
{
	static const char *const kinds[FINDING_KINDS] = {
		[FINDING_DAMAGE] = "damaged",     [FINDING_CUT_BY_NETWORK] = "cut",  [FINDING_DOUBLED] = "doubled",
		[FINDING_REVERSED] = "checksums", [FINDING_UNPROVED] = "not proved", [FINDING_NOT_WHOLE] = "not whole",
		[FINDING_NOTE] = "note",
	};
	return kinds[kind];
}

void findingtext_warn(const struct finding *f, const char *word, const char *nobody)
{
	char job[LABEL_NAME_BYTES + 64], index[48] = "", place[96] = "";
	snprintf(job, sizeof job, "%s", nobody);
	if (f->job)
		job_describe(f->job, job, sizeof job);
	if (f->last_index > 0 && f->last_index > f->file_index)
		snprintf(index, sizeof index, ", FileIndex %d to %d", f->file_index, f->last_index);
	else if (f->file_index > 0)
		snprintf(index, sizeof index, ", FileIndex %d", f->file_index);
	if (f->placed) {
		char at[64];
		f->volume->medium->place(f->addr, f->offset, at, sizeof at);
		snprintf(place, sizeof place, "%llu bytes at %s: ", (unsigned long long)f->len, at);
	}
	msg_warning("%s: %s: %s%s%s%s%s%s%s", f->volume ? f->volume->name : "", word, job, index, f->file[0] ? " " : "", f->file,
		    job[0] || index[0] || f->file[0] ? ": " : "", place, f->reason);
}

void findingtext_json_file(struct json *j, const struct finding *f)
{
	if (f->last_index > 0)
		json_signed(j, "last_file_index", f->last_index);
	if (f->file[0])
		json_text(j, "file", f->file);
}

void findingtext_json_place(struct json *j, const struct finding *f)
{
	if (!f->placed)
		return;
	json_number(j, "address", f->addr);
	json_number(j, "offset_in_block", f->offset);
	json_number(j, "bytes", f->len);
}
