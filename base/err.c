/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include "base/system.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* False if e holds a fault already. */
__attribute__((format(printf, 3, 0))) static bool fill(struct err *e, enum xerr code, const char *format, va_list ap)
{
	if (e->code != XE_OK)
		return false;
	e->code = code;
	vsnprintf(e->text, sizeof e->text, format, ap);
	return true;
}

int err_set(struct err *e, enum xerr code, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fill(e, code, format, ap);
	va_end(ap);
	return e->code;
}

int err_errno(struct err *e, enum xerr code, int errnum, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	bool fresh = fill(e, code, format, ap);
	va_end(ap);
	if (!fresh)
		return e->code;
	e->errnum = errnum;
	size_t used = strlen(e->text);
	char reason[128];
	snprintf(e->text + used, sizeof e->text - used, ": %s", system_reason(errnum, reason, sizeof reason));
	return code;
}

int err_pass(struct err *e, const struct err *mine)
{
	if (e->code == XE_OK)
		*e = *mine;
	return mine->code;
}

int err_within(struct err *e, const char *where, const struct err *mine)
{
	if (e->code != XE_OK)
		return e->code;
	err_set(e, mine->code, "%s: %s", where, mine->text);
	e->errnum = mine->errnum;
	return mine->code;
}

void err_add(struct err *e, const char *format, ...)
{
	char more[ERR_TEXT_BYTES];
	va_list ap;
	va_start(ap, format);
	vsnprintf(more, sizeof more, format, ap);
	va_end(ap);
	size_t used = strlen(e->text), need = strlen(more);
	if (used + need >= sizeof e->text)
		used = sizeof e->text - 1 - need;
	memcpy(e->text + used, more, need + 1);
}

int err_memory(struct err *e, uint64_t bytes, const char *what)
{
	bool fresh = e->code == XE_OK;
	err_set(e, XE_FAILED, "out of memory (%llu bytes for %s)", (unsigned long long)bytes, what);
	e->errnum = fresh ? ENOMEM : e->errnum;
	return e->code;
}

void err_volume(struct err *e, const char *volume)
{
	if (e->volume[0] == '\0')
		snprintf(e->volume, sizeof e->volume, "%s", volume);
}

int err_exit_status(enum xerr code)
{
	switch (code) {
	case XE_OK: return 0;
	case XE_FAILED: return 1;
	case XE_USAGE: return 2;
	case XE_DAMAGE: return 1; /* 3 is for runs that finished in spite of damage */
	case XE_KEY: return 4;
	case XE_NOT_READY: return 5;
	case XE_REFUSED: return 6;
	case XE_PERMISSION: return 7;
	}
	return 1;
}

/* What is not there may be on a disk that is not mounted. */
static bool may_pass(int errnum)
{
	static const int passing[] = {EIO,          ENOSPC,    EDQUOT,      ENOMEM,       EMFILE,       ENFILE,   EAGAIN,
				      EINTR,        EBUSY,     ETIMEDOUT,   ESTALE,       ENOENT,       ENODEV,   ENXIO,
				      ENOMEDIUM,    EREMOTEIO, ECONNRESET,  ECONNREFUSED, ECONNABORTED, ENOTCONN, EHOSTDOWN,
				      EHOSTUNREACH, ENETDOWN,  ENETUNREACH, ENETRESET,    ETXTBSY,      ENOLCK};
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		if (passing[i] == errnum)
			return true;
	}
	return false;
}

int err_class(const struct err *e)
{
	if (e->code == XE_OK)
		return ERR_CLASS_DONE;
	return e->code == XE_NOT_READY || may_pass(e->errnum) ? ERR_CLASS_AGAIN : ERR_CLASS_GIVE_UP;
}

int err_worse_class(int a, int b)
{
	return a == ERR_CLASS_AGAIN || b == ERR_CLASS_AGAIN ? ERR_CLASS_AGAIN : a != ERR_CLASS_DONE ? a : b;
}

int err_worse_status(int a, int b)
{
	/* From what can be lived with to what tells least: 3 says "finished", 2 that the request makes no sense there. */
	static const int order[] = {0, 3, 2, 4, 5, 6, 7};
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		if (a == order[i])
			return b;
		if (b == order[i])
			return a;
	}
	return a;
}
