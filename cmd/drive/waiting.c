/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/waiting.h"

#include "base/msg.h"
#include "base/quit.h"

#include <stdio.h>
#include <time.h>

#define PAUSE_MS 250
#define FIRST_WORD_S 5 /* shorter waits are not worth a line */
#define NEXT_WORD_S 60

const char *waiting_time(unsigned seconds, char text[static WAITING_TIME_BYTES])
{
	if (seconds >= 3600)
		snprintf(text, WAITING_TIME_BYTES, "%u h %02u min", seconds / 3600, seconds / 60 % 60);
	else if (seconds >= 120)
		snprintf(text, WAITING_TIME_BYTES, "%u min", seconds / 60);
	else
		snprintf(text, WAITING_TIME_BYTES, "%u s", seconds);
	return text;
}

static unsigned seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)(now.tv_sec - start->tv_sec);
}

/* NULL where it does not tell, or nothing that helps. */
static const char *doing(enum drive_activity activity)
{
	switch (activity) {
	case DRIVE_ACTIVITY_CLEANING: return "it is being cleaned";
	case DRIVE_ACTIVITY_LOADING: return "it is loading";
	case DRIVE_ACTIVITY_UNLOADING: return "it is unloading";
	case DRIVE_ACTIVITY_REWINDING: return "it is rewinding";
	case DRIVE_ACTIVITY_FORMATTING: return "it is formatting the medium";
	case DRIVE_ACTIVITY_CALIBRATING:
		return "it is calibrating: an LTO-9 medium is optimized when it is loaded for the first time, which takes up to two hours "
		       "and "
		       "must not be interrupted";
	case DRIVE_ACTIVITY_FIRMWARE: return "it is changing its firmware: do not switch it off";
	default: return NULL;
	}
}

/* Why it is not ready, in words.  Some codes stand for loading as well as for hours of optimizing: what the drive says that it
 * is doing is told instead of what it might be. */
static void name_reason(struct drive *d, char *text, size_t room)
{
	const struct sense *s = &d->not_ready;
	char sense[SENSE_TEXT_BYTES], progress[16] = "";
	if (!s->valid) {
		snprintf(text, room, "the drive is busy");
		return;
	}
	const char *now = doing(drive_activity(d));
	sense_describe(s, false, sense);
	if (now && sense_is_becoming_ready(s))
		snprintf(sense, sizeof sense, "2/04/%02x NOT READY: becoming ready", s->ascq);
	if (s->has_progress)
		snprintf(progress, sizeof progress, ", %u %% done", s->progress * 100u / 65536);
	snprintf(text, room, "%.320s%s%s%s", sense, progress, now ? "; " : "", now ? now : "");
}

static void tell(struct drive *d, const char *device, unsigned elapsed)
{
	char reason[ERR_TEXT_BYTES], time[WAITING_TIME_BYTES];
	name_reason(d, reason, sizeof reason);
	msg_info("%s: waiting, %s so far: %s", device, waiting_time(elapsed, time), reason);
}

static unsigned limit_now(const struct drive *d, unsigned seconds)
{
	if (seconds != WAITING_READY)
		return seconds;
	return drive_is_becoming_ready(d) ? WAITING_BECOMING_MAX_S : WAITING_DEFAULT_S;
}

int waiting_open(struct drive *d, const char *device, unsigned seconds, enum drive_ready *ready, struct err *e)
{
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		struct err mine = {0};
		int rc = drive_open(d, device, ready, &mine);
		bool again = rc == XE_NOT_READY && seconds > 0 && quit_asked() == 0 &&
			     seconds_since(&start) < (seconds == WAITING_READY ? WAITING_DEFAULT_S : seconds);
		if (!again) {
			return err_pass(e, &mine);
		}
		quit_sleep(PAUSE_MS);
	}
}

static int too_late(struct drive *d, unsigned elapsed, struct err *e)
{
	char reason[ERR_TEXT_BYTES], time[WAITING_TIME_BYTES];
	name_reason(d, reason, sizeof reason);
	return err_set(e, XE_NOT_READY, "the drive is not ready after %s: %.320s; wait longer (--wait SECONDS)",
		       waiting_time(elapsed, time), reason);
}

int waiting_run(struct drive *d, const char *device, unsigned seconds, unsigned tape_seconds, enum drive_ready *ready, struct err *e)
{
	struct timespec start;
	unsigned elapsed = 0, next_word = FIRST_WORD_S;
	bool busy = false;
	clock_gettime(CLOCK_MONOTONIC, &start);
	tape_seconds = tape_seconds < seconds ? tape_seconds : seconds;
	for (;; elapsed = seconds_since(&start)) {
		bool expected = *ready == DRIVE_NO_MEDIUM && elapsed < tape_seconds;
		if (!busy && *ready != DRIVE_NOT_YET && !expected)
			return 0;
		if (!expected && elapsed >= limit_now(d, seconds))
			return too_late(d, elapsed, e);
		if (quit_asked() != 0)
			return err_set(e, XE_NOT_READY, "interrupted by a signal while waiting for the drive");
		if (elapsed >= next_word) {
			tell(d, device, elapsed);
			next_word = elapsed + NEXT_WORD_S;
		}
		quit_sleep(PAUSE_MS);
		struct err mine = {0};
		int rc = drive_ready(d, ready, &mine);
		busy = rc == XE_NOT_READY; /* BUSY, attentions without end: this passes, too */
		if (rc != 0 && !busy) {
			return err_pass(e, &mine);
		}
	}
}
