/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/pkioptions.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/command_type.h"
#include "cmd/secretsource.h"

#include <string.h>

#define PASSPHRASE_BYTES 1024u

static int take(const struct command *verb, struct pkisources *s, const char *option, const char *value)
{
	if (value[0] == '\0')
		return msg_usage(verb->path, "%s is empty", option);
	if (s->count == PKIOPTIONS_MAX)
		return msg_usage(verb->path, "%s: at most %u of them", option, PKIOPTIONS_MAX);
	s->names[s->count++] = value;
	return 0;
}

int pkioptions_take_key(const struct command *verb, void *place, const char *value)
{
	return take(verb, &((struct pkioptions *)place)->keys, "--pki-key", value);
}

int pkioptions_take_cert(const struct command *verb, void *place, const char *value)
{
	return take(verb, &((struct pkioptions *)place)->certs, "--pki-cert", value);
}

int pkioptions_take_passphrase(const struct command *verb, void *place, const char *value)
{
	return take(verb, &((struct pkioptions *)place)->passphrases, "--pki-passphrase", value);
}

static bool given(const struct pkioptions *p)
{
	return p->keys.count + p->certs.count > 0;
}

static size_t count_stdin(const char *const *names, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += names[i] && strcmp(names[i], "-") == 0;
	return n;
}

int pkioptions_check(const struct pkioptions *p, const char *verb, const char *const *paths, size_t count, const char *list,
		     const char *key)
{
	const char *const others[] = {list, key};
	size_t ours = count_stdin(p->keys.names, p->keys.count) + count_stdin(p->certs.names, p->certs.count) +
		      count_stdin(p->passphrases.names, p->passphrases.count);
	size_t all = ours + count_stdin(others, 2) + (count_stdin(paths, count) > 0);
	if (p->passphrases.count > 0 && p->keys.count == 0)
		return msg_usage(verb, "--pki-passphrase goes with --pki-key, whose key it opens");
	if (ours > 0 && all > 1)
		return msg_usage(verb, "standard input can give one thing only; name a file, fd:N or tty");
	return 0;
}

/* ---- reading ---- */

static int read_passphrases(const struct pkisources *s, struct secret *passphrases, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		rc = secretsource_read(s->names[i], "pass phrase of the client's key", false, PASSPHRASE_BYTES, &passphrases[i], e);
		secret_trim(&passphrases[i]);
	}
	return rc;
}

static int read_key(struct pkioptions *p, const char *source, const struct secret *passphrases, struct err *e)
{
	struct secret pem = SECRET_NONE;
	int rc = secretsource_read(source, "client's key", false, PKIKEYS_PEM_MAX_BYTES, &pem, e);
	if (rc == 0 && (rc = pkikeys_add_key(p->opened, &pem, passphrases, p->passphrases.count, e)) != 0)
		err_volume(e, source);
	secret_free(&pem);
	return rc;
}

/* It is public, and may be read by anybody. */
static int read_cert(struct pkioptions *p, const char *source, struct err *e)
{
	struct secret pem = SECRET_NONE;
	bool others;
	int rc = secretsource_read_quietly(source, "client's certificate", false, PKIKEYS_PEM_MAX_BYTES, &pem, &others, e);
	if (rc == 0 && (rc = pkikeys_add_certificates(p->opened, &pem, e)) != 0)
		err_volume(e, source);
	secret_free(&pem);
	return rc;
}

int pkioptions_open(struct pkioptions *p, struct err *e)
{
	struct secret passphrases[PKIOPTIONS_MAX] = {SECRET_NONE};
	if (!given(p))
		return 0;
	secret_guard_process();
	p->opened = pkikeys_new();
	int rc = p->opened ? read_passphrases(&p->passphrases, passphrases, e) : err_memory(e, 0, "keys");
	for (size_t i = 0; rc == 0 && i < p->keys.count; i++)
		rc = read_key(p, p->keys.names[i], passphrases, e);
	for (size_t i = 0; rc == 0 && i < p->certs.count; i++)
		rc = read_cert(p, p->certs.names[i], e);
	for (size_t i = 0; i < PKIOPTIONS_MAX; i++)
		secret_free(&passphrases[i]);
	return rc;
}

/* ---- the run ---- */

static void on_locked(void *arg, const struct job *job, const char *why)
{
	char name[LABEL_NAME_BYTES + 64];
	(void)arg;
	job_describe(job, name, sizeof name);
	msg_warning("%s: %s", name, why);
}

const struct observer *pkioptions_observer(struct pkioptions *p, const struct observer *to, bool (*wants)(void *arg, const struct item *a),
					   void *arg)
{
	if (p->opened == NULL)
		return to;
	unlock_free(p->unlock);
	p->unlock = unlock_new(&(struct unlock_options){.keys = p->opened, .to = to, .wants = wants, .locked = on_locked, .arg = arg});
	return p->unlock ? unlock_observer(p->unlock) : NULL;
}

void pkioptions_close(struct pkioptions *p)
{
	unlock_free(p->unlock);
	pkikeys_free(p->opened);
	p->unlock = NULL;
	p->opened = NULL;
}

/* ---- the report ---- */

static void print_count(FILE *out, uint64_t n, const char *name, const char *text)
{
	if (n > 0)
		fprintf(out, "  %-11s %llu file%s%s\n", name, (unsigned long long)n, n == 1 ? "" : "s", text);
}

void pkioptions_print(const struct pkioptions *p, FILE *out)
{
	if (p->unlock == NULL)
		return;
	const struct unlock_counts *n = unlock_counts(p->unlock);
	print_count(out, n->opened, "decrypted:", "");
	print_count(out, n->signatures, "signed:", " by the certificates given");
	print_count(out, n->unchecked, "unchecked:", " signed by others, whose certificates are not given (--pki-cert)");
	print_count(out, n->not_signed, "unsigned:", "");
}

void pkioptions_json(const struct pkioptions *p, struct json *j)
{
	if (p->unlock == NULL)
		return;
	const struct unlock_counts *n = unlock_counts(p->unlock);
	json_object(j, "client_encryption");
	json_number(j, "files_decrypted", n->opened);
	json_number(j, "signatures_checked", n->signatures);
	json_number(j, "signatures_not_checked", n->unchecked);
	json_number(j, "files_not_signed", n->not_signed);
	json_end_object(j);
}
