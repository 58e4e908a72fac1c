/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/verify_end.h"

#include <stdio.h>

/* What is listed as damaged counts as nothing else.  False: the file was counted already. */
static bool count_file(struct tally_job *k, struct proof_file *f)
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

/* Wounds that restores suffer from, and --repair mends. */
static void report_wounds(struct tally *t, struct finding f, const struct proof_file *file)
{
	f.reason = "its records were cut at 999996 bytes by the client's network layer: restores lose it, xflate filter --repair mends it";
	f.kind = FINDING_CUT_BY_NETWORK;
	if (file->joined)
		tally_report(t, &f);
	f.reason = "each address in it is stored twice, by Bareos's autoxflate: it restores shifted by 8 bytes, xflate filter --repair "
		   "mends it";
	f.kind = FINDING_DOUBLED;
	if (file->doubled)
		tally_report(t, &f);
}

bool verify_end_file(struct tally *t, struct proof_file *f)
{
	struct tally_job *k = t->jobs[f->job->index];
	k->bytes += f->bytes;
	k->joined += f->joined;
	k->doubled += f->doubled;
	if (f->verdict == PROOF_RIGHT)
		k->digests |= 1u << f->digest;
	char text[256];
	struct finding p = {
		.volume = t->volume_count ? t->volumes[t->volume_count - 1].info : NULL,
		.job = f->job,
		.file_index = f->file_index,
		.file = f->name,
		.reason = text,
	};
	if (f->verdict == PROOF_WRONG) {
		snprintf(text, sizeof text, "its content does not match its %s digest", digest_name(f->digest));
		tally_report(t, &p);
	} else if (f->verdict == PROOF_UNCOUNTED) {
		snprintf(text, sizeof text,
			 "is large, and its %s digest is not of the kind that the job began with: rerun "
			 "with --all-digests to prove it",
			 digest_name(f->digest));
		p.kind = FINDING_UNPROVED;
		tally_report(t, &p);
	}
	bool counted = count_file(k, f);
	report_wounds(t, p, f);
	return counted;
}

/* Whole files that are not here.  Where nothing else is wrong, a program left them out in order. */
static void conclude_missing(struct tally *t, const struct tally_job *k)
{
	const struct missing *m = &k->course->missing;
	for (size_t i = 0; i < m->count; i++) {
		const struct finding f = course_missing(k->course, i, t->volumes[t->volume_count - 1].info);
		if (m->ranges[i].hurt || k->files_gone)
			tally_report(t, &f);
	}
	uint64_t left_out = k->files_gone ? 0 : missing_unhurt(m);
	if (left_out > 0)
		tally_report_job(t, k, FINDING_NOTE, "%llu file%s missing in its FileIndex: left out when this volume was made",
				 (unsigned long long)left_out, left_out == 1 ? " is" : "s are");
}

void verify_end_job(struct tally *t, const struct tally_job *k, enum finding_kind endless)
{
	if (!k->course->begun && k->first_index > 1)
		tally_report_job(t, k, endless,
				 "has no start of session here, nor files before FileIndex %d: they lie on another volume, or "
				 "were lost",
				 k->first_index);
	else if (!k->course->begun)
		tally_report_job(t, k, endless, "has no start of session here: it lies on another volume, or was lost");
	if (!k->course->ended)
		tally_report_job(t, k, endless, COURSE_ENDLESS);
	/* In a dump of a tape they are places on the tape. */
	const struct tally_volume *misplaced_on = k->misplaced_on ? tally_volume(t, k->misplaced_on, &t->err) : NULL;
	if (misplaced_on && misplaced_on->info->padding == 0)
		tally_report_job(t, k, FINDING_NOTE, "the addresses in its end-of-session label lie behind it, as bcopy leaves them");
	conclude_missing(t, k);
	if (k->misnumbered > 0 && k->problems == 0)
		tally_report_job(t, k, FINDING_NOTE, "%llu of its blocks do not bear the number that follows",
				 (unsigned long long)k->misnumbered);
}

/* What is in order, and is on no other volumes. */
static void note_oddities(struct tally *t, const struct tally_volume *on)
{
	char text[VOLUME_ODDITY_BYTES];
	/* formats/bacula-encryption.md 1.6 */
	if (on->info->reused > 0)
		tally_report_volume(t, on, FINDING_NOTE,
				    "%llu of %llu encrypted blocks bear a number that their session had before, so tweaks repeat: "
				    "Bacula's data spooling does so, and --encrypt with a new key cures it",
				    (unsigned long long)on->info->reused, (unsigned long long)on->info->opened);
	for (unsigned i = 0; volume_oddity(on->info, i, text); i++)
		tally_report_volume(t, on, FINDING_NOTE, "%s", text);
}

void verify_end_volume(struct tally *t, const struct tally_volume *on)
{
	note_oddities(t, on);
	bool sound = on->problems == 0;
	if (sound && !on->info->has_label)
		tally_report_volume(t, on, FINDING_DAMAGE, "%s", volume_label_missing(on->info));
	else if (sound && on->headless)
		tally_report_volume(t, on, FINDING_DAMAGE, "its volume label is not in its first block, where each daemon looks for it");
	if (on->reversed > 0)
		tally_report_volume(t, on, FINDING_REVERSED,
				    "%llu of %llu blocks: " BLOCK_REVERSED_TEXT ": other versions read none of them, xflate "
				    "filter --repair mends it",
				    (unsigned long long)on->reversed, (unsigned long long)on->blocks);
	if (on->without_checksum > 0)
		tally_report_volume(t, on, FINDING_NOTE,
				    "%llu of %llu blocks bear no checksum: what no digest covers in them is not proved",
				    (unsigned long long)on->without_checksum, (unsigned long long)on->blocks);
}
