/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate alerts: the TapeAlert flags of a drive or a library, or of a page that was pasted. */
#include "cmd/command.h"

#include "base/msg.h"
#include "cmd/drive/alerttext.h"
#include "cmd/drive/device.h"
#include "cmd/drive/pasted.h"
#include "tape/pagekind.h"

struct request {
	const char *device;
	char *explain;
	enum alerttext_of type; /* ALERTTEXT_UNKNOWN: not said */
	bool all, keep, json;
};

static int print(const struct request *q, const struct alerttext *a, const struct tapealert *t)
{
	if (q->json)
		alerttext_json(a, t);
	else
		alerttext_print(a, t);
	return alerttext_is_critical(t, a->of) ? 3 : 0;
}

/* ---- of a device ---- */

/* What the flags mean depends on it, and reading clears them: so it is asked first. */
static int find_type(struct drive *d, struct alerttext *a, struct err *e)
{
	struct identity device;
	int rc = drive_inquire(d, &device, e);
	if (rc != 0)
		return rc;
	if (device.type != IDENTITY_TYPE_TAPE && device.type != IDENTITY_TYPE_CHANGER)
		return err_set(
			e, XE_REFUSED,
			"%s %s is neither a tape drive nor a library (device type %u): it was not asked for its alerts, since reading "
			"clears them",
			device.vendor, device.product, device.type);
	a->of = device.type == IDENTITY_TYPE_TAPE ? ALERTTEXT_DRIVE : ALERTTEXT_LIBRARY;
	return 0;
}

static bool has_no_page(const struct drive *d)
{
	return sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x24, 0) || sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x20, 0);
}

/* Page 2Eh, or 12h where there is none; with --keep 12h alone. */
static int read_flags(struct drive *d, bool keep, struct alerttext *a, struct tapealert *t, struct err *e)
{
	struct err mine = {0};
	a->page = keep ? TAPEALERT_RESPONSE_PAGE : TAPEALERT_PAGE;
	int rc = drive_alerts(d, a->page, t, &mine);
	if (rc != 0 && !keep && has_no_page(d)) {
		struct err second = {0};
		a->page = TAPEALERT_RESPONSE_PAGE;
		rc = drive_alerts(d, a->page, t, &second);
	}
	a->cleared = a->page == TAPEALERT_PAGE;
	if (rc != 0 && keep && has_no_page(d))
		return err_set(
			e, XE_REFUSED,
			"it has no page 12h, which leaves the flags as they are; without --keep page 2Eh is read, which clears them");
	return rc == 0 ? 0 : err_pass(e, &mine);
}

/* Of the device, whatever is done with it then. */
struct reading {
	const struct request *q;
	struct alerttext a;
	struct tapealert t;
};

static int read_alerts(void *reading, struct drive *d, enum drive_ready ready, struct err *e)
{
	struct reading *r = reading;
	(void)ready;
	int rc = find_type(d, &r->a, e);
	return rc == 0 ? read_flags(d, r->q->keep, &r->a, &r->t, e) : rc;
}

static int run_alerts(const struct request *q)
{
	struct reading r = {.q = q, .a = {.device = q->device, .all = q->all}};
	int status = device_run(&(struct device_visit){.device = q->device, .json = q->json, .act = read_alerts, .arg = &r});
	return status != 0 ? status : print(q, &r.a, &r.t);
}

/* ---- of a page ---- */

static int find_page(struct pasted *p, struct span *page, struct err *e)
{
	bool is_cut = false;
	if (p->guard != KEYGUARD_NONE || p->command)
		return err_set(e, XE_FAILED,
			       "--explain: this holds a Set Data Encryption page, or may: nothing of it is shown; whoever saw it may be "
			       "able to read the tape");
	for (unsigned i = 0; i < p->paste.sections; i++) {
		*page = paste_bytes(&p->paste, &p->paste.section[i]);
		if (p->paste.section[i].why == NULL && pagekind_of_log(*page) != PAGEKIND_NONE)
			return 0;
		is_cut = is_cut || pagekind_is_cut_tapealert(*page) || (p->paste.section[i].why && page->len > 0);
	}
	if (is_cut)
		return err_set(
			e, XE_FAILED,
			"--explain: only a part of a TapeAlert page, or a damaged one: which flags are active cannot be told from it");
	return err_set(e, XE_FAILED, "--explain: %zu bytes that are no TapeAlert log page (2Eh or 12h)", p->paste.len);
}

static int explain_page(const struct request *q, struct pasted *p, struct err *e)
{
	struct alerttext a = {.of = q->type, .all = q->all};
	struct tapealert t;
	struct span page;
	int rc = find_page(p, &page, e);
	if (rc != 0)
		return command_fail(e, q->json);
	if (!tapealert_read(page, &t)) { /* the list of pages */
		(void)alerttext_print_page(page, q->type);
		return 0;
	}
	a.page = page.data[0] & 0x3f;
	return print(q, &a, &t);
}

static int run_explain(const struct request *q)
{
	struct pasted p = PASTED_NONE;
	struct err e = {0};
	int rc = pasted_read(&p, q->explain, &e);
	int status = rc == 0 ? explain_page(q, &p, &e) : command_fail(&e, q->json);
	pasted_free(&p);
	secret_wipe_registers();
	return status;
}

static const char *const types[] = {[ALERTTEXT_DRIVE] = "drive", [ALERTTEXT_LIBRARY] = "library", NULL};

static const struct option_row rows[] = {
	OPTION_FLAG(0, "all", struct request, all),          OPTION_FLAG(0, "keep", struct request, keep),
	OPTION_FLAG(0, "json", struct request, json),        OPTION_TAKE_AT(0, "explain", pasted_option, struct request, explain),
	OPTION_WORD(0, "type", types, struct request, type), OPTIONS_END,
};

static int cmd_alerts(int argc, char **argv)
{
	struct request q = {.type = ALERTTEXT_UNKNOWN};
	struct operands rest;
	int status;
	if (!options_parse(&command_alerts, argc, argv, &q, &rest, &status))
		return status;
	if (q.explain && (rest.count > 0 || q.keep))
		return msg_usage("alerts",
				 "--explain needs no device and no --keep; put what you paste in quotes, or give it to --explain -");
	if (!q.explain && q.type != ALERTTEXT_UNKNOWN)
		return msg_usage("alerts", "--type goes with --explain: a device tells its type by itself");
	if (q.explain)
		return run_explain(&q);
	status = device_operand("alerts", &rest, &q.device);
	return status != 0 ? status : run_alerts(&q);
}

const struct command command_alerts = {
	.name = "alerts",
	.path = "alerts",
	.summary = "TapeAlert flags of a tape drive or a library",
	.help = "Usage: xflate alerts [OPTIONS] DEVICE\n"
		"       xflate alerts [OPTIONS] --explain HEX\n"
		"\n"
		"Prints the active ones of the 64 TapeAlert flags of a tape drive or a library,\n"
		"with severity, meaning and advice.  READING CLEARS THEM for this host: do not\n"
		"ask a drive that a storage daemon watches (Drive Tape Alert Enabled) without\n"
		"--keep.  DEVICE: /dev/nst0, /dev/sg3, iscsi://host/target/lun; without it,\n"
		"$TAPE.  Of other devices nothing is read.\n"
		"\n"
		"      --all    the flags that are not active, too\n"
		"      --keep   ask by another page (12h) that leaves the flags alone; not every\n"
		"               device has it.  Without --keep, it is asked where 2Eh is missing\n"
		"      --json   as JSON\n"
		"      --explain HEX   no device: the log page that sg_logs -H, sg_raw, xxd, od,\n"
		"               hexdump or a log has printed; - reads it from standard input\n"
		"      --type drive|library   what has sent that page, which it does not tell\n"
		"  -q, --quiet\n"
		"\n"
		"Exit status: 0 no critical flag; 1 failed; 2 wrong usage; 3 a critical flag is\n"
		"active; 5 drive not ready; 6 refused by the drive, or no drive or library; 7 not\n"
		"permitted.\n",
	.run = cmd_alerts,
	.options = rows,
};
