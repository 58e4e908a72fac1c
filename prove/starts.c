/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/starts.h"

#include <stdio.h>

static enum starts_verdict judge_start(const struct starts *s, const struct session_label *label, bool data_before,
				       char text[static STARTS_TEXT_BYTES])
{
	bool of_another = label && s->count > 0 && !s->data && label->job_id != s->first.job_id;
	if (s->again) {
		snprintf(text, STARTS_TEXT_BYTES,
			 "a start-of-session label behind the job's end: it was run again under its session, or is a copy of "
			 "several");
		return STARTS_NOTE;
	}
	if (of_another) {
		snprintf(text, STARTS_TEXT_BYTES,
			 "a second start-of-session label, of JobId %u: Bareos 17.2 to 18.2 copies that of the "
			 "original, too",
			 label->job_id);
		return STARTS_NOTE;
	}
	if (!s->begun && !data_before)
		return STARTS_RIGHT;
	snprintf(text, STARTS_TEXT_BYTES, s->begun ? "a second start-of-session label" : "a start-of-session label behind the job's data");
	return STARTS_WRONG;
}

enum starts_verdict starts_begin(struct starts *s, const struct session_label *label, bool data_before, bool broken_off,
				 char text[static STARTS_TEXT_BYTES])
{
	s->again = s->ended || (broken_off && label && s->count > 0 && label->time != s->first.time);
	enum starts_verdict v = judge_start(s, label, data_before, text);
	if (s->again)
		s->count = 0;
	s->begun = true;
	s->ended = s->data = false;
	if (label) {
		s->last = *label;
		s->first = s->count++ == 0 ? *label : s->first;
	}
	return v;
}

enum starts_verdict starts_end(struct starts *s, const struct session_label *end, char text[static STARTS_TEXT_BYTES])
{
	s->ended = true;
	const char *what = s->count > 0 ? label_contradiction(&s->first, end) : NULL;
	if (what && label_contradiction(&s->last, end) != NULL) {
		snprintf(text, STARTS_TEXT_BYTES, "the labels at its start and its end are of different jobs: the %s differs", what);
		return STARTS_WRONG;
	}
	if (s->count == 0 || what || s->first.level == end->level)
		return STARTS_RIGHT;
	snprintf(text, STARTS_TEXT_BYTES, "the job's level is another one at its end");
	return STARTS_NOTE;
}
