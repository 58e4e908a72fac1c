/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/progress.h"

#include "base/elapsed.h"
#include "base/msg.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define USUAL_COLUMNS 80u
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

/* The parts of a line.  state is the caller's, and filled here. */
struct line {
	char done[MSG_SIZE_BYTES], total[MSG_SIZE_BYTES], out[MSG_SIZE_BYTES + 4], speed[MSG_SIZE_BYTES];
	double seconds, rate, left; /* left < 0: nobody knows */
	char left_text[32];
	double percent; /* where left is known */
};

static void fill(struct line *l, struct progress_state *state)
{
	char out[MSG_SIZE_BYTES];
	*state = (struct progress_state){0};
	progress.get(progress.arg, state);
	l->seconds = elapsed_since(&progress.began);
	l->rate = l->seconds > 0 ? (double)state->done / l->seconds : 0;
	l->left = seconds_left(state, l->rate);
	msg_size(state->done, l->done);
	msg_size(state->total, l->total);
	msg_size((uint64_t)l->rate, l->speed);
	snprintf(l->out, sizeof l->out, "%s%s", state->reads_only ? "" : " -> ", state->reads_only ? "" : msg_size(state->out, out));
	l->left = l->left < LEFT_MAX ? l->left : LEFT_MAX;
	unsigned s = l->left >= 0 ? (unsigned)(l->left + 0.5) : 0;
	snprintf(l->left_text, sizeof l->left_text, "%u:%02u:%02u left", s / 3600, s / 60 % 60, s % 60);
	l->percent = state->total > 0 ? 100.0 * (double)state->done / (double)state->total : 0;
}

/* What is not known is left out. */
static void describe_json(char *text, size_t text_bytes)
{
	struct progress_state state;
	struct line l;
	char total[64] = "", estimate[64] = "";
	fill(&l, &state);
	if (state.total > 0)
		snprintf(total, sizeof total, ",\"bytes_total\":%llu", (unsigned long long)state.total);
	if (l.left >= 0)
		snprintf(estimate, sizeof estimate, ",\"seconds_left\":%.0f", l.left);
	snprintf(text, text_bytes, "{\"format\":1,\"bytes_in\":%llu%s,\"bytes_out\":%llu,\"seconds\":%.3f%s}\n",
		 (unsigned long long)state.done, total, (unsigned long long)state.out, l.seconds, estimate);
}

/* The index-th way to say it, each shorter than the one before, the last is nothing. */
static void say(const struct line *l, unsigned index, char *text, size_t n)
{
	bool ends = l->left >= 0;
	text[0] = '\0';
	switch (index) {
	case 0:
		if (ends)
			snprintf(text, n, "xflate: %s of %s (%.0f%%)%s, %s/s, %s", l->done, l->total, l->percent, l->out, l->speed,
				 l->left_text);
		else
			snprintf(text, n, "xflate: %s%s, %s/s, %.0f s", l->done, l->out, l->speed, l->seconds);
		break;
	case 1:
		if (ends)
			snprintf(text, n, "%s of %s (%.0f%%), %s/s, %s", l->done, l->total, l->percent, l->speed, l->left_text);
		else
			snprintf(text, n, "%s, %s/s, %.0f s", l->done, l->speed, l->seconds);
		break;
	case 2:
		if (ends)
			snprintf(text, n, "%.0f%%, %s/s, %s", l->percent, l->speed, l->left_text);
		else
			snprintf(text, n, "%s, %.0f s", l->done, l->seconds);
		break;
	case 3:
		if (ends)
			snprintf(text, n, "%.0f%%, %s", l->percent, l->left_text);
		else
			snprintf(text, n, "%s", l->done);
		break;
	case 4:
		if (ends)
			snprintf(text, n, "%.0f%%", l->percent);
		break;
	default: break;
	}
}

/* Bytes that one line of the terminal takes without going on in the next; asked each time, for windows change. */
static size_t line_bytes(size_t most)
{
	struct winsize w;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0)
		return most;
	size_t columns = w.ws_col > 0 ? w.ws_col : USUAL_COLUMNS;
	return columns - 1 < most ? columns - 1 : most;
}

static void describe(char *text, size_t text_bytes, size_t fits)
{
	struct progress_state state;
	struct line l;
	fill(&l, &state);
	unsigned index = 0;
	do
		say(&l, index++, text, text_bytes);
	while (strlen(text) > fits);
}

static void show(bool once)
{
	char text[256];
	struct progress_state unseen = {0};
	if (progress.mode == PROGRESS_WATCHED) {
		progress.get(progress.arg, &unseen);
		return;
	}
	if (progress.mode == PROGRESS_JSON) {
		describe_json(text, sizeof text);
		ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
		(void)ignored;
	} else if (once) {
		describe(text, sizeof text, sizeof text);
		msg_error("%s", text + strlen("xflate: "));
	} else {
		describe(text, sizeof text, line_bytes(sizeof text));
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
