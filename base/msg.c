/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/msg.h"

#include "base/printable.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 8192

static int verbosity_level;
static bool progress_shown;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void msg_set_verbosity(int verbosity)
{
	verbosity_level = verbosity;
}

int msg_verbosity(void)
{
	return verbosity_level;
}

static void put(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static const char clear_line[] = "\r\033[K";

/* One write for a whole line, so that lines of several processes do not mix. */
static __attribute__((format(printf, 1, 0))) void print_line(const char *format, va_list ap)
{
	char line[LINE_BYTES];
	int head = snprintf(line, sizeof line, "xflate: ");
	vsnprintf(line + head, sizeof line - (size_t)head - 1, format, ap);
	size_t len = printable_make(line);
	line[len++] = '\n';
	pthread_mutex_lock(&lock);
	if (progress_shown)
		put(clear_line, sizeof clear_line - 1);
	progress_shown = false;
	put(line, len);
	pthread_mutex_unlock(&lock);
}

void msg_error(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
}

void msg_warning(const char *format, ...)
{
	if (verbosity_level < -1)
		return;
	va_list ap;
	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
}

void msg_info(const char *format, ...)
{
	if (verbosity_level < 0)
		return;
	va_list ap;
	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
}

int msg_fail(const struct err *e)
{
	msg_error("%s%s%s", e->volume, e->volume[0] ? ": " : "", e->text);
	return err_exit_status(e->code);
}

int msg_usage(const char *command, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
	if (command && command[0])
		msg_error("try 'xflate %s --help'", command);
	else
		msg_error("try 'xflate --help'");
	return err_exit_status(XE_USAGE);
}

void msg_progress(const char *text)
{
	pthread_mutex_lock(&lock);
	if (text || progress_shown)
		put(clear_line, sizeof clear_line - 1);
	if (text)
		put(text, strlen(text));
	progress_shown = text != NULL;
	pthread_mutex_unlock(&lock);
}

const char *msg_size(uint64_t bytes, char text[static MSG_SIZE_BYTES])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)bytes;
	size_t u = 0;
	while (v >= 999.95 && u + 1 < sizeof units / sizeof units[0]) {
		v /= 1000;
		u++;
	}
	snprintf(text, MSG_SIZE_BYTES, u == 0 ? "%.0f %s" : "%.1f %s", v, units[u]);
	return text;
}
