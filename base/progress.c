/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/progress.h"

#include "base/elapsed.h"
#include "base/msg.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEFT_MAX 3599999999.0 /* seconds that are told: what has stalled takes for ever */

static struct {
	enum progress_mode mode;
	void (*get)(void *arg, struct progress_state *state);
	void *arg;
	pthread_t thread;
	bool running, alone;
	struct timespec began;
	_Atomic bool stop;
} progress;

const char *const progress_modes[] = {"auto", "never", "always", "json", NULL};

/* Seconds until all is read, if it goes on so; < 0: nobody knows. */
static double seconds_left(const struct progress_state *state, double rate)
{
	return state->total > 0 && rate > 0 && state->done <= state->total ? (double)(state->total - state->done) / rate : -1;
}

/* What is not known is left out. */
static void describe_json(const struct progress_state *state, double seconds, double left, char *text, size_t text_bytes)
{
	char total[64] = "", estimate[64] = "";
	if (state->total > 0)
		snprintf(total, sizeof total, ",\"bytes_total\":%llu", (unsigned long long)state->total);
	if (left >= 0)
		snprintf(estimate, sizeof estimate, ",\"seconds_left\":%.0f", left < LEFT_MAX ? left : LEFT_MAX);
	snprintf(text, text_bytes, "{\"format\":1,\"bytes_in\":%llu%s,\"bytes_out\":%llu,\"seconds\":%.3f%s}\n",
		 (unsigned long long)state->done, total, (unsigned long long)state->out, seconds, estimate);
}

static void describe(char *text, size_t text_bytes)
{
	struct progress_state state = {0};
	progress.get(progress.arg, &state);
	double t = elapsed_since(&progress.began);
	double rate = t > 0 ? (double)state.done / t : 0;
	char done[MSG_SIZE_BYTES], total[MSG_SIZE_BYTES], out[MSG_SIZE_BYTES], speed[MSG_SIZE_BYTES];
	msg_size(state.done, done);
	msg_size(state.total, total);
	const char *arrow = state.reads_only ? "" : " -> ";
	out[0] = '\0';
	if (!state.reads_only)
		msg_size(state.out, out);
	msg_size((uint64_t)rate, speed);
	double left = seconds_left(&state, rate);
	if (progress.mode == PROGRESS_JSON) {
		describe_json(&state, t, left, text, text_bytes);
	} else if (left >= 0) {
		unsigned s = (unsigned)((left < LEFT_MAX ? left : LEFT_MAX) + 0.5);
		snprintf(text, text_bytes, "xflate: %s of %s (%.0f%%)%s%s, %s/s, %u:%02u:%02u left", done, total,
			 100.0 * (double)state.done / (double)state.total, arrow, out, speed, s / 3600, s / 60 % 60, s % 60);
	} else {
		snprintf(text, text_bytes, "xflate: %s%s%s, %s/s, %.0f s", done, arrow, out, speed, t);
	}
}

static void show(bool once)
{
	char text[256];
	struct progress_state unseen = {0};
	if (progress.mode == PROGRESS_WATCHED) {
		progress.get(progress.arg, &unseen);
		return;
	}
	describe(text, sizeof text);
	if (progress.mode == PROGRESS_JSON) {
		ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
		(void)ignored;
	} else if (once) {
		msg_error("%s", text + strlen("xflate: "));
	} else {
		msg_progress(text);
	}
}

static bool is_regular(void)
{
	return progress.mode == PROGRESS_ALWAYS || progress.mode == PROGRESS_JSON || progress.mode == PROGRESS_WATCHED ||
	       (progress.mode == PROGRESS_AUTO && isatty(STDERR_FILENO) && msg_verbosity() >= 0);
}

static void *tell(void *arg)
{
	(void)arg;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	bool regular = is_regular();
	for (;;) {
		struct timespec second = {.tv_sec = 1};
		int got = sigtimedwait(&set, NULL, &second);
		if (progress.stop)
			return NULL;
		if (got == SIGUSR1)
			show(true);
		else if (got < 0 && errno == EAGAIN && regular)
			show(false);
	}
}

static void begin(enum progress_mode mode, void (*get)(void *arg, struct progress_state *state), void *arg)
{
	progress.mode = mode;
	progress.get = get;
	progress.arg = arg;
	progress.stop = false;
	clock_gettime(CLOCK_MONOTONIC, &progress.began);
}

void progress_start_alone(enum progress_mode mode, void (*get)(void *arg, struct progress_state *state), void *arg)
{
	begin(mode, get, arg);
	progress.alone = true;
}

void progress_tick(bool asked)
{
	if (progress.alone && (asked || is_regular()))
		show(asked);
}

void progress_start(enum progress_mode mode, void (*get)(void *arg, struct progress_state *state), void *arg)
{
	sigset_t usr1, all, old;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	begin(mode, get, arg);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	progress.running = pthread_create(&progress.thread, NULL, tell, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void progress_stop(void)
{
	if (!progress.running && !progress.alone)
		return;
	progress.stop = true;
	if (progress.running) {
		pthread_kill(progress.thread, SIGUSR1);
		pthread_join(progress.thread, NULL);
	}
	progress.running = progress.alone = false;
	if (progress.mode != PROGRESS_JSON)
		msg_progress(NULL);
}
