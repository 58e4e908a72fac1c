/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/verify_end.h"

#include <stdio.h>

/* What is listed as damaged counts as nothing else: the verdict becomes that.  False: the file stands here a second time, and
 * is not counted again. */
static bool count_file(struct verify_job *k, struct proof_file *f)
{
	const struct damaged_file *listed = damaged_find(&k->damaged, f->file_index);
	bool bad = f->verdict == PROOF_WRONG || f->verdict == PROOF_DAMAGED;
	if (listed && listed->judged)
		return false;
	if (listed)
		damaged_judge(&k->damaged, listed);
	f->verdict = listed && !bad ? PROOF_DAMAGED : f->verdict;
	k->files[f->verdict]++;
	return true;
}

int verify_end_file(void *arg, const struct proof_file *f, struct err *e)
{
	struct verify *v = arg;
	struct tracked *k = verify_job_of(v, f->job, e);
	if (k == NULL)
		return e->code;
	k->result.bytes += f->bytes;
	k->result.joined += f->joined;
	k->result.doubled += f->doubled;
	if (f->verdict == PROOF_RIGHT)
		k->result.digests |= 1u << f->digest;
	char text[256] = "";
	struct finding p = {
		.volume = v->volume_count ? v->volumes[v->volume_count - 1].info : NULL,
		.job = f->job,
		.file_index = f->file_index,
		.file = f->name,
		.reason = text,
	};
	if (f->verdict == PROOF_WRONG) {
		snprintf(text, sizeof text, "its content does not match its %s digest", digest_name(f->digest));
		p.kind = FINDING_DAMAGE;
		verify_report(v, &p);
	} else if (f->verdict == PROOF_UNCOUNTED) {
		snprintf(text, sizeof text,
			 "is large, and its %s digest is not of the kind that the job began with: rerun "
			 "with --all-digests to prove it",
			 digest_name(f->digest));
		p.kind = FINDING_UNPROVED;
		verify_report(v, &p);
	}
	struct proof_file counted = *f;
	bool told = count_file(&k->result, &counted);
	if (f->joined) {
		snprintf(text, sizeof text,
			 "its records were cut at 999996 bytes by the client's network layer: restores lose "
			 "it, xflate filter --repair mends it");
		p.kind = FINDING_CUT_BY_NETWORK;
		verify_report(v, &p);
	}
	if (f->doubled) {
		snprintf(text, sizeof text,
			 "each address in it is stored twice, by Bareos's autoxflate: it restores shifted "
			 "by 8 bytes, xflate filter --repair mends it");
		p.kind = FINDING_DOUBLED;
		verify_report(v, &p);
	}
	if (v->o.file && told)
		v->o.file(v->o.arg, &counted);
	return 0;
}

/* Whole files that are not here.  Where nothing else is wrong, a program left them out in order. */
static void conclude_missing(struct verify *v, struct tracked *k)
{
	const struct missing *m = k->result.missing;
	for (size_t i = 0; i < m->count; i++) {
		const struct missing_range *r = &m->ranges[i];
		if (!r->hurt && !k->files_gone)
			continue;
		verify_report(v, &(struct finding){
					 .kind = FINDING_DAMAGE,
					 .volume = v->volumes[v->volume_count - 1].info,
					 .job = k->result.job,
					 .file_index = r->first,
					 .last_index = r->last,
					 .file = "",
					 .reason = r->first == r->last ? "nothing of this file is here" : "nothing of these files is here",
				 });
	}
	uint64_t left_out = k->files_gone ? 0 : missing_unhurt(m);
	if (left_out == 0)
		return;
	char text[160];
	snprintf(text, sizeof text, "%llu file%s missing in its FileIndex: left out when this volume was made",
		 (unsigned long long)left_out, left_out == 1 ? " is" : "s are");
	verify_found_of_job(v, k, FINDING_NOTE, text);
}

void verify_end_job(struct verify *v, struct tracked *k)
{
	char text[160];
	enum finding_kind kind = v->o.whole ? FINDING_NOT_WHOLE : FINDING_NOTE;
	if (!k->result.begun && k->first_index > 1) {
		snprintf(text, sizeof text,
			 "has no start of session here, nor files before FileIndex %d: they lie on another volume, or "
			 "were lost",
			 k->first_index);
		verify_found_of_job(v, k, kind, text);
	} else if (!k->result.begun) {
		verify_found_of_job(v, k, kind, "has no start of session here: it lies on another volume, or was lost");
	}
	if (!k->result.ended)
		verify_found_of_job(v, k, kind, "has no end here: it was cancelled, goes on elsewhere, or was cut off");
	/* In a dump of a tape they are places on the tape. */
	const struct verify_volume *misplaced_on = k->misplaced_on ? verify_volume_of(v, k->misplaced_on, &v->err) : NULL;
	if (misplaced_on && misplaced_on->info->padding == 0)
		verify_found_of_job(v, k, FINDING_NOTE, "the addresses in its end-of-session label lie behind it, as bcopy leaves them");
	conclude_missing(v, k);
	if (k->misnumbered > 0 && k->result.problems == 0) {
		snprintf(text, sizeof text, "%llu of its blocks do not bear the number that follows", (unsigned long long)k->misnumbered);
		verify_found_of_job(v, k, FINDING_NOTE, text);
	}
}

/* formats/bacula-encryption.md 1.6 */
static void note_tweaks(struct verify *v, const struct verify_volume *on)
{
	char text[200];
	struct finding p = {.kind = FINDING_NOTE, .volume = on->info, .file = "", .reason = text};
	if (on->info->reused == 0)
		return;
	snprintf(text, sizeof text,
		 "%llu of %llu encrypted blocks bear a number that their session had before, so tweaks repeat: "
		 "Bacula's data spooling does so, and --encrypt with a new key cures it",
		 (unsigned long long)on->info->reused, (unsigned long long)on->info->opened);
	verify_report(v, &p);
}

/* What is in order, and is on no other volumes. */
static void note_oddities(struct verify *v, const struct verify_volume *on)
{
	char text[VOLUME_ODDITY_BYTES];
	const struct finding p = {.kind = FINDING_NOTE, .volume = on->info, .file = "", .reason = text};
	for (unsigned i = 0; volume_oddity(on->info, i, text); i++)
		verify_report(v, &p);
}

void verify_end_volume(struct verify *v, const struct verify_volume *on)
{
	struct finding p = {.volume = on->info, .file = ""};
	note_tweaks(v, on);
	note_oddities(v, on);
	if (on->problems == 0)
		p.reason = !on->info->has_label ? volume_label_missing(on->info)
			   : on->headless       ? "its volume label is not in its first block, where each daemon looks for it"
						: NULL;
	if (p.reason) {
		p.kind = FINDING_DAMAGE;
		verify_report(v, &p);
	}
	char text[200];
	if (on->reversed > 0) {
		snprintf(text, sizeof text,
			 "%llu of %llu blocks: " BLOCK_REVERSED_TEXT ": other versions read none of them, xflate "
			 "filter --repair mends it",
			 (unsigned long long)on->reversed, (unsigned long long)on->blocks);
		p.kind = FINDING_REVERSED;
		p.reason = text;
		verify_report(v, &p);
	}
	if (on->without_checksum > 0) {
		snprintf(text, sizeof text, "%llu of %llu blocks bear no checksum: what no digest covers in them is not proved",
			 (unsigned long long)on->without_checksum, (unsigned long long)on->blocks);
		p.kind = FINDING_NOTE;
		p.reason = text;
		verify_report(v, &p);
	}
}
