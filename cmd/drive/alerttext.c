/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/alerttext.h"

#include "base/json.h"
#include "tape/pagekind.h"

#include <stdio.h>

static const char *const of_names[] = {"drive", "library"};

static bool is_active(const struct tapealert *t, unsigned n)
{
	return t->active >> (n - 1) & 1;
}

static bool is_of(enum alerttext_of of, enum alerttext_of one)
{
	return of == one || of == ALERTTEXT_UNKNOWN;
}

static const struct tapealert_flag *flag(enum alerttext_of one, unsigned n)
{
	return one == ALERTTEXT_LIBRARY ? tapealert_library_flag(n) : tapealert_flag(n);
}

bool alerttext_is_critical(const struct tapealert *t, enum alerttext_of of)
{
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		bool critical = (is_of(of, ALERTTEXT_DRIVE) && tapealert_flag(n)->severity == 'C') ||
				(is_of(of, ALERTTEXT_LIBRARY) && tapealert_library_flag(n)->severity == 'C');
		if (critical && is_active(t, n))
			return true;
	}
	return false;
}

/* ---- for people ---- */

static void print_flag(const struct alerttext *a, const struct tapealert *t, unsigned n)
{
	bool reported = t->reported >> (n - 1) & 1;
	for (enum alerttext_of one = ALERTTEXT_DRIVE; one <= ALERTTEXT_LIBRARY; one++) {
		const struct tapealert_flag *f = flag(one, n);
		if (!is_of(a->of, one))
			continue;
		printf("%2u %-8s %s%s%s: %s\n", n,
		       is_active(t, n) ? "ACTIVE"
		       : reported      ? "-"
				       : "not told",
		       a->of == ALERTTEXT_UNKNOWN ? of_names[one] : "", a->of == ALERTTEXT_UNKNOWN ? ": " : "",
		       tapealert_severity(f->severity), f->name);
		printf("            %s\n", f->meaning);
		if (is_active(t, n))
			printf("            what to do: %s\n", f->advice);
	}
}

static void print_flags(const struct alerttext *a, const struct tapealert *t)
{
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		if (is_active(t, n) || a->all)
			print_flag(a, t, n);
	}
	if (t->active == 0)
		printf("no TapeAlert flag is active\n");
}

void alerttext_print(const struct alerttext *a, const struct tapealert *t)
{
	print_flags(a, t);
	if (a->device)
		printf(a->cleared ? "Reading has cleared the flags for this host; they come back when their cause does.\n"
				  : "The flags are as they were: reading this page does not clear them.\n");
	else if (a->of == ALERTTEXT_UNKNOWN && t->active != 0)
		printf("The page does not tell whether a drive or a library has sent it: --type drive or --type library does.\n");
}

static void print_log_list(struct span page)
{
	static const struct {
		uint8_t page;
		const char *name;
	} known[] = {
		{0x00, "supported log pages"}, {0x02, "write errors"},
		{0x03, "read errors"},         {0x06, "other errors"},
		{0x0c, "sequential access"},   {0x0d, "temperature"},
		{0x11, "DT device status"},    {0x12, "TapeAlert response (reading leaves the flags)"},
		{0x13, "requested recovery"},  {0x14, "device statistics"},
		{0x15, "service buffers"},     {0x16, "tape diagnostics"},
		{0x17, "volume statistics"},   {0x18, "protocol specific port"},
		{0x1b, "data compression"},    {0x2e, "TapeAlert (reading clears the flags)"},
		{0x30, "tape usage"},          {0x31, "tape capacity"},
	};
	struct rd r = rd_over(page.data, page.len);
	bool cut = false;
	rd_be16(&r);
	size_t len = rd_be16(&r);
	struct rd list = rd_announced(&r, len, &cut);
	puts("supported log pages");
	while (rd_left(&list) > 0) {
		uint8_t code = rd_u8(&list);
		const char *name = "vendor's or another one";
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			name = known[i].page == code ? known[i].name : name;
		printf("  %02xh                   %s\n", code, name);
	}
}

bool alerttext_print_page(struct span page, enum alerttext_of of)
{
	const struct alerttext a = {.of = of};
	struct tapealert t;
	if (pagekind_of_log(page) == PAGEKIND_LOG_LIST) {
		print_log_list(page);
		return false;
	}
	(void)tapealert_read(page, &t);
	printf("TapeAlert%s\n", (page.data[0] & 0x3f) == TAPEALERT_RESPONSE_PAGE ? " response page" : " page");
	alerttext_print(&a, &t);
	return alerttext_is_critical(&t, of);
}

/* ---- JSON ---- */

static void json_flag(struct json *j, const struct alerttext *a, const struct tapealert *t, enum alerttext_of one, unsigned n)
{
	const struct tapealert_flag *f = flag(one, n);
	json_object(j, NULL);
	json_number(j, "flag", n);
	json_bool(j, "active", is_active(t, n));
	if (a->of == ALERTTEXT_UNKNOWN)
		json_text(j, "of", of_names[one]);
	json_text(j, "severity", tapealert_severity(f->severity));
	json_text(j, "name", f->name);
	json_text(j, "meaning", f->meaning);
	json_text(j, "advice", f->advice);
	json_end_object(j);
}

void alerttext_json(const struct alerttext *a, const struct tapealert *t)
{
	struct json j = json_begin(stdout);
	char mask[24];
	if (a->device)
		json_text(&j, "device", a->device);
	json_text(&j, "type", a->of == ALERTTEXT_UNKNOWN ? "unknown" : of_names[a->of]);
	snprintf(mask, sizeof mask, "%02x", a->page);
	json_text(&j, "page", mask);
	/* As Bareos's catalog has them, flag n in bit n, which leaves out the 64th. */
	snprintf(mask, sizeof mask, "0x%016llx", (unsigned long long)(t->active << 1));
	json_text(&j, "bareos_flags", mask);
	if (a->device)
		json_bool(&j, "cleared_by_reading", a->cleared);
	json_bool(&j, "critical", alerttext_is_critical(t, a->of));
	json_array(&j, "flags");
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		for (enum alerttext_of one = ALERTTEXT_DRIVE; one <= ALERTTEXT_LIBRARY; one++) {
			if ((is_active(t, n) || a->all) && is_of(a->of, one))
				json_flag(&j, a, t, one, n);
		}
	}
	json_end_array(&j);
	json_end_object(&j);
}
