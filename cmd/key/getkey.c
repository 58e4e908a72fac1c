/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate getkey: Bacula's Encryption Command.  The daemon reads standard output and standard error as one stream of answers
 * and throws everything away unless the exit status is 0: so every error is an "error:" line, and standard error stays
 * empty.  formats/bacula-encryption.md 3.5, 3.6 */
#include "cmd/command.h"

#include "base/base64.h"
#include "base/msg.h"
#include "cmd/events.h"
#include "cmd/trust.h"
#include "crypt/getkey.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_KEY_DIR "/etc/bacula/keydir"
#define DEFAULT_CONFIG "/etc/bacula/key-manager.conf"
#define SECONDS 45u       /* the daemon waits for 60 */
#define EVENT_SECONDS 5u  /* of the 60, for who is asked, and again for who is told */
#define SECONDS_LONG 300u /* when people wait */

struct request {
	const char *key_dir, *config, *log;
	enum xts_cipher cipher;
	struct events events;
	bool selftest, migrate, help;
	const char *wrong; /* what is wrong with the options; NULL: nothing */
};

static const struct option long_options[] = {
	{"key-dir", required_argument, NULL, 'k'},
	{"config", required_argument, NULL, 'C'},
	{"cipher", required_argument, NULL, 'c'},
	{"log", required_argument, NULL, 'l'},
	{"debug", no_argument, NULL, 'd'},
	{"verbose", no_argument, NULL, 'v'},
	{"selftest", no_argument, NULL, 's'},
	{"migrate", no_argument, NULL, 'm'},
	{"help", no_argument, NULL, 'h'},
	{"events", required_argument, NULL, 'e'},
	{"events-veto", no_argument, NULL, 'E'},
	{"events-for", required_argument, NULL, 'f'},
	{NULL, 0, NULL, 0},
};

/* What is wrong is kept, not said: who listens is known only when all options are.  So this is not cmd/options' work, which tells of the
 * first fault on standard error: a daemon reads that as an answer, and wants its "error:" line with exit status 0. */
static void parse(struct request *q, int argc, char **argv)
{
	int option;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "k:C:c:dvh", long_options, NULL)) != -1) {
		switch (option) {
		case 'k': q->key_dir = optarg; break;
		case 'C': q->config = optarg; break;
		case 'l': q->log = optarg; break;
		case 'c':
			if (!xts_parse(optarg, strlen(optarg), &q->cipher))
				q->wrong = "--cipher must be AES_128_XTS, AES_256_XTS or NULL";
			break;
		case 'd':
		case 'v': break; /* key-manager.py's: our audit line is always the same */
		case 's': q->selftest = true; break;
		case 'm': q->migrate = true; break;
		case 'h': q->help = true; break;
		case 'e': q->events.command = optarg; break;
		case 'E': q->events.veto = true; break;
		case 'f': q->events.only = optarg; break;
		default: q->wrong = "unknown option, or its value is missing";
		}
	}
	if (optind < argc)
		q->wrong = "takes no arguments but options";
	if (events_wrong(&q->events))
		q->wrong = events_wrong(&q->events);
	if (q->events.command && (q->selftest || q->migrate))
		q->wrong = "--events goes with the daemon's requests";
	if (q->selftest && q->migrate)
		q->wrong = "--selftest or --migrate, not both";
}

/* The directory, the configuration; both are closed by leave(). */
static int enter(const struct request *q, struct keydir *dir, struct keyconf **conf, bool make, struct err *e)
{
	const char *config = q->config ? q->config : DEFAULT_CONFIG;
	*dir = KEYDIR_CLOSED;
	int rc = keyconf_load(conf, config, q->config == NULL, e);
	return rc == 0 ? keydir_open(dir, q->key_dir, make, e) : rc;
}

static void leave(struct keydir *dir, struct keyconf *conf)
{
	keydir_close(dir);
	keyconf_free(conf);
}

/* ---- the audit line ---- */

struct audit {
	char operation[16], volume[ANSWER_NAME_BYTES], result[400];
};

static void clean(char *to, size_t to_bytes, const char *from)
{
	snprintf(to, to_bytes, "%s", from ? from : "");
	for (char *p = to; *p; p++)
		*p = (unsigned char)*p < 0x21 || (unsigned char)*p > 0x7e ? '?' : *p;
}

static void describe(struct audit *audit, const struct answer *a, enum getkey_way way)
{
	char id[SECRET_ID_BYTES], master[ANSWER_MASTER_ID_BYTES + 1] = "", text[ANSWER_MASTER_ID_BYTES + 1];
	secret_id(&a->key, XTS_KEY_DOMAIN, id);
	memcpy(master, a->master_id, a->master_id_len);
	clean(text, sizeof text, master);
	snprintf(audit->result, sizeof audit->result, "cipher=%s key=%s from=%s%s%s", xts_name(a->cipher), id, getkey_way_text(way),
		 text[0] ? " master=" : "", text);
}

struct given {
	const char *operation, *volume;
	const struct answer *answer;
	enum getkey_way way;
};

static void put_asked(struct json *j, const void *about)
{
	const struct given *g = about;
	json_text(j, "operation", g->operation);
	json_text(j, "volume", g->volume);
}

static void put_given(struct json *j, const void *about)
{
	const struct given *g = about;
	char id[SECRET_ID_BYTES];
	secret_id(&g->answer->key, XTS_KEY_DOMAIN, id);
	put_asked(j, g);
	json_text(j, "key_id", id);
	json_text(j, "cipher", xts_name(g->answer->cipher));
	json_text(j, "from", getkey_way_text(g->way));
}

/* Nothing is done yet: a LABEL that is refused has made no key, and leaves the one in force. */
static int ask_before(struct request *q, const char *operation, const char *volume, struct err *e)
{
	const struct given g = {.operation = operation, .volume = volume};
	q->events.verb = "getkey";
	q->events.silent = true;
	q->events.seconds = EVENT_SECONDS;
	return events_tell(&q->events, "key-asked", put_asked, &g, e);
}

/* One line for each request, whole or not at all; to the system's log if there is no file or it cannot be written. */
static void write_audit(const struct request *q, const struct audit *a)
{
	char line[800], when[32];
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int n = snprintf(line, sizeof line, "%s getkey[%d] %s volume=%s %s\n", when, (int)getpid(), a->operation, a->volume, a->result);
	int fd = q->log ? open(q->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600) : -1;
	if (fd < 0 || write(fd, line, (size_t)n) != n) {
		openlog("xflate", LOG_PID, LOG_AUTHPRIV);
		syslog(LOG_INFO, "getkey %s volume=%s %s", a->operation, a->volume, a->result);
		closelog();
	}
	if (fd >= 0)
		close(fd);
}

/* ---- the command itself ---- */

static const char *variable(const char *name)
{
	const char *v = getenv(name);
	return v ? v : "";
}

static int decode(const char *name, uint8_t *to, size_t most, struct span *bytes, struct err *e)
{
	const char *text = variable(name);
	size_t len;
	if (!base64_read(text, strnlen(text, ANSWER_MAX_BYTES), to, most, &len))
		return err_set(e, XE_KEY, "environment variable %s is no base64, or longer than %zu bytes", name, most);
	*bytes = (struct span){to, len};
	return 0;
}

static int serve(const struct getkey *g, const char *operation, const char *volume, struct answer *a, enum getkey_way *way, struct err *e)
{
	uint8_t enc[2048], id[ANSWER_MASTER_ID_BYTES];
	struct span enc_key, master_id;
	if (strcmp(operation, "LABEL") == 0)
		return getkey_label(g, volume, a, way, e);
	int rc = decode("ENC_CIPHER_KEY", enc, sizeof enc, &enc_key, e);
	if (rc == 0)
		rc = decode("MASTER_KEYID", id, sizeof id, &master_id, e);
	return rc == 0 ? getkey_read(g, volume, enc_key, master_id, a, way, e) : rc;
}

/* key-manager.py's words, where it has some. */
static int check_request(const struct request *q, const char *operation, const char *volume, struct err *e)
{
	if (q->wrong)
		return err_set(e, XE_USAGE, "getkey: %s", q->wrong);
	if (*volume == '\0')
		return err_set(e, XE_USAGE, "environment variable VOLUME_NAME missing or empty");
	if (*operation == '\0')
		return err_set(e, XE_USAGE, "environment variable OPERATION missing or empty");
	if (strcmp(operation, "LABEL") != 0 && strcmp(operation, "READ") != 0)
		return err_set(e, XE_USAGE, "environment variable OPERATION invalid");
	return keydir_check_name(volume, e);
}

/* In one write, from the pages that are not to be swapped. */
static bool say(const struct secret *text)
{
	size_t done = 0;
	while (done < text->len) {
		ssize_t n = write(STDOUT_FILENO, text->data + done, text->len - done);
		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool say_error(const struct err *e)
{
	char line[ERR_TEXT_BYTES + 16];
	struct err ignored = {0};
	struct secret text = SECRET_NONE;
	int n = snprintf(line, sizeof line, "error: %s\n", e->text);
	for (int i = 0; i + 1 < n; i++)
		line[i] = (unsigned char)line[i] < 0x20 || line[i] == 0x7f ? '?' : line[i];
	bool said = secret_set(&text, line, (size_t)n, &ignored) == 0 && say(&text);
	secret_free(&text);
	return said;
}

static int answer_daemon(struct request *q)
{
	struct keydir dir = KEYDIR_CLOSED;
	struct keyconf *conf = NULL;
	struct answer a = {0};
	struct secret text = SECRET_NONE;
	struct audit audit = {0};
	struct err e = {0};
	enum getkey_way way;
	const char *operation = variable("OPERATION"), *volume = variable("VOLUME_NAME");
	/* Whatever a library may want to say there would be read as an answer. */
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (nothing >= 0)
		dup2(nothing, STDERR_FILENO);
	int rc = check_request(q, operation, volume, &e);
	if (rc == 0)
		rc = ask_before(q, operation, volume, &e);
	if (rc == 0)
		rc = enter(q, &dir, &conf, strcmp(operation, "LABEL") == 0, &e);
	const struct getkey g = {.dir = &dir, .conf = conf, .cipher = q->cipher, .seconds = SECONDS};
	if (rc == 0)
		rc = serve(&g, operation, volume, &a, &way, &e);
	if (rc == 0)
		rc = answer_write(&a, true, &text, &e);
	clean(audit.operation, sizeof audit.operation, *operation ? operation : "-");
	clean(audit.volume, sizeof audit.volume, *volume ? volume : "-");
	if (rc == 0)
		describe(&audit, &a, way);
	else
		snprintf(audit.result, sizeof audit.result, "error: %.380s", e.text);
	/* Before the answer: no key leaves unrecorded. */
	write_audit(q, &audit);
	bool said = rc == 0 ? say(&text) : say_error(&e);
	if (rc == 0 && said)
		events_note(&q->events, "key-loaded", put_given, &(struct given){operation, volume, &a, way});
	secret_free(&text);
	answer_free(&a);
	leave(&dir, conf);
	return said ? 0 : 1;
}

/* ---- --selftest and --migrate ---- */

struct survey {
	const struct getkey *g;
	bool migrate;
	unsigned volumes, changed;
	int status;
};

static void complain(struct survey *s, const char *subject, const struct err *e)
{
	struct err named = *e;
	snprintf(named.volume, sizeof named.volume, "%s", subject);
	s->status = err_worse_status(s->status, msg_fail(&named));
}

static void warn_of_mode(int fd, const char *path)
{
	struct stat st;
	int own = fd < 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : fd;
	if (own >= 0 && fstat(own, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		msg_warning("%s: others than its owner have access (mode %04o)", path, (unsigned)(st.st_mode & 07777));
	if (own >= 0 && fd < 0)
		close(own);
}

static void try_section(struct survey *s, const struct keyconf_section *section)
{
	struct answer a = {.has_cipher = true, .cipher = XTS_AES_256};
	struct err e = {0};
	uint8_t sample[64];
	for (size_t i = 0; i < sizeof sample; i++)
		sample[i] = (uint8_t)i;
	int rc = secret_set(&a.key, sample, sizeof sample, &e);
	if (rc == 0)
		rc = getkey_encrypt(s->g, section, &a, &e);
	if (rc != 0)
		complain(s, section->name, &e);
	else
		printf("master key %s: %s a test key, %zu bytes in a label%s\n", section->name,
		       section->check ? "encrypted and decrypted" : "encrypted", a.enc_key_len + a.master_id_len,
		       section->volumes ? "" : "; no volume_regex, so no volume gets it");
	answer_free(&a);
}

static bool is_under(const struct answer *a, const struct keyconf_section *section)
{
	return a->enc_key_len > 0 && a->master_id_len == strlen(section->name) &&
	       memcmp(a->master_id, section->name, a->master_id_len) == 0;
}

/* The copy under the master key, where there is one and its secret key may be tried. */
static int check_copy(const struct survey *s, struct answer *a, bool *checked, struct err *e)
{
	char id[ANSWER_MASTER_ID_BYTES + 1] = "";
	memcpy(id, a->master_id, a->master_id_len);
	const struct keyconf_section *section = keyconf_by_name(s->g->conf, id);
	*checked = a->enc_key_len > 0 && ((section && section->check) || a->key.len == 0);
	if (!*checked)
		return 0;
	struct secret clear = a->key;
	a->key = SECRET_NONE;
	int rc = getkey_decrypt(s->g, a, e);
	if (rc == 0 && clear.len > 0 && !secret_equal(&clear, &a->key))
		rc = err_set(e, XE_KEY, "its copy under the master key is another key");
	secret_free(&clear);
	return rc;
}

static int migrate(struct survey *s, struct answer *a, const struct keyconf_section *section, bool keep_copy, struct err *e)
{
	struct keydir *dir = s->g->dir;
	int rc = keep_copy ? 0 : getkey_encrypt(s->g, section, a, e);
	if (rc == 0)
		rc = keydir_lock(dir, s->g->seconds, e);
	if (rc != 0)
		return rc;
	struct secret key = a->key;
	if (section->stealth)
		a->key = SECRET_NONE;
	rc = keydir_write(dir, a, &key, e);
	a->key = key;
	keydir_in_use(dir, a->volume);
	keydir_unlock(dir);
	s->changed++;
	return rc;
}

static int survey_volume(void *arg, const char *volume, struct err *unused)
{
	(void)unused;
	struct survey *s = arg;
	struct answer a = {0};
	struct err e = {0};
	bool found = false, checked = false;
	char id[SECRET_ID_BYTES] = "";
	const char *done = "";
	s->volumes++;
	int rc = keydir_read(s->g->dir, volume, &a, &found, &e);
	bool stealthy = rc == 0 && found && a.key.len == 0;
	if (rc == 0)
		rc = check_copy(s, &a, &checked, &e);
	if (rc == 0)
		rc = answer_check(&a, &e);
	if (rc == 0)
		rc = xts_check_key(a.cipher, &a.key, &e);
	const struct keyconf_section *section = NULL;
	if (rc == 0)
		rc = keyconf_for_volume(s->g->conf, volume, &section, &e);
	bool wanted = rc == 0 && section && section->master;
	bool under = wanted && is_under(&a, section), move = wanted && (!under || stealthy != section->stealth);
	if (move && s->migrate) {
		rc = migrate(s, &a, section, under, &e);
		done = ", moved there now";
	} else if (move) {
		done = under ? ", but its stealth is not as configured: --migrate does it" : ", which --migrate would do";
	}
	if (rc != 0) {
		complain(s, volume, &e);
	} else {
		secret_id(&a.key, XTS_KEY_DOMAIN, id);
		printf("volume %s: %s, key %s, %s%s%s%s%s\n", volume, xts_name(a.cipher), id,
		       wanted          ? "under master key "
		       : a.enc_key_len ? "under a master key"
				       : "no master key",
		       wanted ? section->name : "", wanted && section->stealth ? ", in stealth" : "", done, checked ? " (checked)" : "");
	}
	answer_free(&a);
	return 0;
}

static int survey(const struct request *q)
{
	struct keydir dir = KEYDIR_CLOSED;
	struct keyconf *conf = NULL;
	struct err e = {0};
	if (enter(q, &dir, &conf, false, &e) != 0) {
		leave(&dir, conf);
		return msg_fail(&e);
	}
	const struct getkey g = {.dir = &dir, .conf = conf, .cipher = q->cipher, .seconds = SECONDS_LONG};
	struct survey s = {.g = &g, .migrate = q->migrate};
	warn_of_mode(dir.fd, q->key_dir);
	trust_folder(q->key_dir);
	if (conf)
		warn_of_mode(-1, q->config ? q->config : DEFAULT_CONFIG);
	const struct keyconf_section *section;
	for (size_t i = 0; (section = keyconf_at(conf, i)) != NULL; i++) {
		if (section->master)
			try_section(&s, section);
	}
	/* Nothing is moved to a master key that does not work. */
	if (s.status == 0 || !s.migrate) {
		if (keydir_each(&dir, survey_volume, &s, &e) != 0)
			complain(&s, q->key_dir, &e);
	}
	printf("%s: %u volume%s", q->key_dir, s.volumes, s.volumes == 1 ? "" : "s");
	if (s.migrate)
		printf(", %u moved", s.changed);
	printf("%s\n", s.status == 0 ? ", all well" : "");
	leave(&dir, conf);
	return s.status;
}

static int cmd_getkey(int argc, char **argv)
{
	struct request q = {.key_dir = DEFAULT_KEY_DIR, .cipher = XTS_AES_128};
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	parse(&q, argc, argv);
	if (q.help) {
		fputs(command_getkey.help, stdout);
		return 0;
	}
	if (!q.selftest && !q.migrate)
		return answer_daemon(&q);
	if (q.wrong)
		return msg_usage("getkey", "%s", q.wrong);
	return survey(&q);
}

const struct command command_getkey = {
	.name = "getkey",
	.path = "getkey",
	.summary = "Bacula's Encryption Command",
	.help = "Usage: xflate getkey [OPTIONS]\n"
		"\n"
		"The Encryption Command of Bacula's storage daemon, in the place of\n"
		"key-manager.py: same environment, answers, key directory and configuration.\n"
		"\n"
		"  Encryption Command = \"/usr/bin/xflate getkey -k /etc/bacula/keydir\"\n"
		"\n"
		"A new key is on the disk, read back, and (under a master key) decrypted again\n"
		"before it is given out; the key before stays in DIR/.old.  Errors are answered\n"
		"in an \"error:\" line with exit status 0, as the daemon wants it.\n"
		"\n"
		"  -k, --key-dir DIR    default: " DEFAULT_KEY_DIR "\n"
		"  -C, --config FILE    cipher and GnuPG master key by Volume Name; default:\n"
		"                       " DEFAULT_CONFIG ", if it is there\n"
		"  -c, --cipher NAME    AES_128_XTS (the default) or AES_256_XTS, for volumes\n"
		"                       that the configuration says nothing of\n"
		"      --log FILE       a line for each request, without a key (default: the\n"
		"                       system's log, authpriv)\n"
		"      --events COMMAND [--events-veto] [--events-for EVENT,...]\n"
		"                       is told that a key is asked for, and may refuse it\n"
		"  -d, -v               taken and without effect, as key-manager.py has them\n"
		"\n"
		"      --selftest       try all master keys, check all key files\n"
		"      --migrate        the same, and bring each key under the master key that\n"
		"                       the configuration names for its volume\n",
	.run = cmd_getkey,
	.own_options = true,
};
