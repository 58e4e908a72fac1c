/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate verify: is every byte still what the daemon and the client wrote? */
#include "cmd/command.h"

#include "base/msg.h"
#include "cmd/volume/expected.h"
#include "cmd/volume/sandbox.h"
#include "cmd/volume/verifymany.h"

struct request {
	struct verifyset set;
	struct verifymany_options many;
	bool as_json, no_sandbox;
	struct sandbox sandbox;
};

static const struct option_row rows[] = {
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, set.run.threads),
	OPTION_FLAG(0, "all-digests", struct request, set.o.all_digests),
	OPTION_FLAG(0, "whole", struct request, set.o.whole),
	OPTION_FLAG(0, "json", struct request, as_json),
	PICTURE_ROWS(struct request, set.plot),
	VERIFYMANY_ROWS(struct request, many),
	COMMAND_MAX_MEMORY(struct request, set.run.max_memory),
	COMMAND_LIMIT_RATE(struct request, set.pace.rate),
	EXPECTED_ROW(struct request, set.expected),
	COMMAND_PROGRESS(struct request, set.progress),
	KEYOPTIONS_ROWS(struct request, set.keys),
	PKIOPTIONS_ROWS(struct request, set.pki),
	EVENTS_ROWS(struct request, set.events.to),
	SANDBOX_ROW(struct request, no_sandbox),
	OPTIONS_END,
};

/* It writes its state; which volumes there are is learnt from folders and lists. */
static int run_many(struct request *q, const struct operands *volumes)
{
	int status = verifymany_check(&q->many, &q->set, volumes);
	if (status != 0)
		return status;
	q->many.sandbox = &q->sandbox;
	sandbox_output(&q->sandbox, q->many.state);
	sandbox_inputs(&q->sandbox, volumes->names, volumes->count);
	sandbox_close_writes(&q->sandbox, false);
	return verifymany_run(&q->many, &q->set, volumes);
}

static int run_set(struct request *q, const struct operands *volumes)
{
	sandbox_output(&q->sandbox, q->set.plot.path);
	sandbox_inputs(&q->sandbox, volumes->names, volumes->count);
	sandbox_close(&q->sandbox, false);
	return verifyset_run(&q->set);
}

static int cmd_verify(int argc, char **argv)
{
	/* Of a block whose checksum alone is wrong the digests tell which of its files is hurt. */
	struct request q = {
		.set.run = {.inflate = true, .on_damage = ON_DAMAGE_KEEP, .incomplete_ok = true, .threads = command_processors()},
	};
	struct json json = {.out = stdout};
	struct operands volumes;
	int status;
	if (!options_parse(&command_verify, argc, argv, &q, &volumes, &status))
		return status;
	if (volumes.count == 0 && q.many.list.files_from == NULL)
		return msg_usage("verify", "no volume named (- is standard input)");
	q.set.run.paths = volumes.names;
	q.set.run.path_count = volumes.count;
	q.set.run.pace = &q.set.pace;
	q.set.json = q.as_json ? &json : NULL;
	q.set.quiet = msg_verbosity() < 0;
	status = picture_check(&q.set.plot, "verify", q.as_json);
	if (status == 0 && q.set.plot.path && verifymany_wanted(&q.many))
		status = msg_usage("verify", "--plot draws one set of volumes: leave it out, or --recursive and the like");
	if (status == 0)
		status = events_check(&q.set.events.to, "verify");
	if (status == 0)
		status = keyoptions_check(&q.set.keys, "verify");
	if (status == 0)
		status = keyoptions_check_inputs(&q.set.keys, "verify", volumes.names, volumes.count);
	if (status == 0)
		status = pkioptions_check(&q.set.pki, "verify", volumes.names, volumes.count, NULL, q.set.keys.key);
	if (status != 0)
		return status;
	const struct sandbox_of of = {.off = q.no_sandbox, .events = &q.set.events.to, .keys = &q.set.keys, .pki = &q.set.pki};
	sandbox_begin(&q.sandbox, &of);
	return verifymany_wanted(&q.many) ? run_many(&q, &volumes) : run_set(&q, &volumes);
}

const struct command command_verify = {
	.name = "verify",
	.path = "verify",
	.summary = "prove every checksum, record, payload and file",
	.help = "Usage: xflate verify [OPTIONS] VOLUME...|--recursive FOLDER...\n"
		"\n"
		"Proves volumes: block ids, lengths and checksums, records and their\n"
		"continuations, labels and totals; decodes every payload, and counts every file\n"
		"whose digest the client stored (MD5, SHA-1, SHA-256, SHA-512, XXH64, XXH3).\n"
		"VOLUME is a file, a tape device or - (standard input).  All are one set, in\n"
		"order; with one of the first options any number, told unit by unit.\n"
		"\n"
		"      --recursive      all volumes in folders, and below\n"
		"      --files-from FILE, --null    names, a line each, or ending in NUL\n"
		"      --state FILE     keeps what was proved when; what failed comes first, then\n"
		"                       what is new or has changed, then the oldest proofs\n"
		"      --sample N/M     of these N/M of all bytes: a rolling proof, 1/30 a night\n"
		"      --forget         volumes that are gone leave the state\n"
		"      --max-duration TIME    behind it no unit is begun: 4h, 1h30m, 30s\n"
		"\n"
		"  -T, --threads N      workers, 0: one a processor (the default)\n"
		"      --all-digests    count every kind of digest of large files; wanted only\n"
		"                       where one job uses several kinds\n"
		"      --whole          each job is to begin and to end on these volumes: exit\n"
		"                       status 3 where one does not, which is a note otherwise\n"
		"      --max-memory BYTES     for sessions and records that wait (default: 1G)\n"
		"      --expect-bytes BYTES   exit status 3 where the volumes have not so many\n"
		"      --limit-rate BYTES     to read a second, no more\n"
		"      --json           the report as JSON\n"
		"      --plot FILE|-    maps, as SVG or text; --force: FILE is replaced\n"
		"      --progress auto|never|always|json; --no-sandbox: see xflate(1)\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"      --pki-key SOURCE, --pki-cert FILE, --pki-passphrase SOURCE\n"
		"                       opens files that their client encrypted, as with extract\n"
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]\n"
		"                       is told what happens, and may stop it\n"
		"  -q, --quiet          nothing but what is wrong, on standard error; -qq: the\n"
		"                       exit status alone, or why it could not be told\n"
		"  -v, --verbose        a line for each file, too; of units first the reports\n"
		"\n"
		"Exit status: 0 sound; 3 damaged, or wounds that filter --repair mends were\n"
		"found, or a job is not whole (--whole); 1 it could not be told, or a volume is\n"
		"gone from the state, or units are left of a --sample; 4 a key is missing.\n",
	.run = cmd_verify,
	.options = rows,
};
