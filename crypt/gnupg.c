/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/gnupg.h"

#include "crypt/child.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENTS 24u

/* The words behind "[GNUPG:] KEYWORD" in the first such line; NULL if there is none. */
static const char *status(const char *text, const char *keyword)
{
	size_t n = strlen(keyword);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "[GNUPG:] ", 9) == 0 && strncmp(line + 9, keyword, n) == 0 &&
		    (line[9 + n] == ' ' || line[9 + n] == '\n' || line[9 + n] == '\0'))
			return line[9 + n] == ' ' ? line + 10 + n : line + 9 + n;
	}
	return NULL;
}

/* Reasons of INV_RECP and KEY_CONSIDERED, doc/DETAILS of GnuPG. */
static const char *why_no_recipient(const char *reason)
{
	switch (*reason ? *reason : '0') {
	case '1': return reason[1] == '0' ? "is not trusted: sign it or set its ownertrust" : "is not in the key ring";
	case '2': return "is named ambiguously";
	case '3': return "may not be used to encrypt";
	case '4': return "is revoked";
	case '5': return "has expired";
	case '8': return "needs a policy";
	case '9': return "has no secret key";
	default: return "cannot be used";
	}
}

static int explain_encrypt(const struct child_result *r, const char *recipient, struct err *e)
{
	const char *s = r->status, *reason = status(s, "INV_RECP");
	if (reason == NULL)
		reason = status(s, "INV_SGNR");
	if (status(s, "KEYEXPIRED"))
		return err_set(e, XE_KEY, "gpg: the master key %s has expired", recipient);
	if (status(s, "KEYREVOKED"))
		return err_set(e, XE_KEY, "gpg: the master key %s is revoked", recipient);
	if (reason)
		return err_set(e, XE_KEY, "gpg: the master key %s %s", recipient, why_no_recipient(reason));
	return err_set(e, XE_KEY, "gpg: cannot encrypt with the master key %s (exit status %d)", recipient, r->exit_status);
}

static int explain_decrypt(const struct child_result *r, struct err *e)
{
	const char *s = r->status, *id = status(s, "NO_SECKEY");
	const char *failure = status(s, "ERROR");
	bool phrase = status(s, "BAD_PASSPHRASE") || status(s, "MISSING_PASSPHRASE");
	/* "ERROR pkdecrypt_failed NUMBER": the lower 16 bits are libgpg-error's code. */
	unsigned number = 0;
	if (failure && sscanf(failure, "%*s %u", &number) == 1)
		number &= 0xffff;
	if (id)
		return err_set(e, XE_KEY, "gpg: the secret key %.16s is not in the key ring", id);
	if (phrase || number == 11)
		return err_set(e, XE_KEY, "gpg: the pass phrase of the master key is wrong or missing");
	if (number == 99 || number == 198 || status(s, "PINENTRY_LAUNCHED"))
		return err_set(e, XE_KEY, "gpg: nobody gave the pass phrase of the master key");
	if (number == 77 || number == 78 || number == 119)
		return err_set(e, XE_KEY, "gpg: gpg-agent cannot be reached or cannot ask for the pass phrase");
	if (status(s, "NODATA") || status(s, "UNEXPECTED"))
		return err_set(e, XE_KEY, "gpg: the encrypted key is no OpenPGP message");
	return err_set(e, XE_KEY, "gpg: cannot decrypt the key (exit status %d)", r->exit_status);
}

static const char *const common[] = {"gpg", "--batch", "--no-tty", "--status-fd", "4", NULL};

/* tail: NULL at the end. */
static void arguments(const struct gnupg *g, const char *const *tail, const char *argv[static ARGUMENTS])
{
	size_t n = 0;
	while (common[n]) {
		argv[n] = common[n];
		n++;
	}
	if (g->home) {
		argv[n++] = "--homedir";
		argv[n++] = g->home;
	}
	while (*tail && n < ARGUMENTS - 1)
		argv[n++] = *tail++;
	argv[n] = NULL;
}

static int run(const struct gnupg *g, const char *const *tail, struct span in, struct span passphrase, size_t max, struct child_result *r,
	       struct err *e)
{
	const char *argv[ARGUMENTS];
	arguments(g, tail, argv);
	const struct child c = {.argv = argv, .what = "gpg", .in = in, .feed = passphrase, .out_max = max, .seconds = g->seconds};
	return child_run(&c, r, e);
}

int gnupg_encrypt(const struct gnupg *g, const char *recipient, const struct secret *plain, uint8_t *out, size_t out_bytes, size_t *out_len,
		  struct err *e)
{
	/* Not under sender's defaults: --no-encrypt-to, as no other than the master key is to open it. */
	const char *const tail[] = {"--no-encrypt-to", "--encrypt", "--recipient", recipient, NULL};
	struct child_result r;
	*out_len = 0;
	int rc = run(g, tail, (struct span){plain->data, plain->len}, (struct span){NULL, 0}, out_bytes, &r, e);
	if (rc == 0 && (r.exit_status != 0 || !status(r.status, "END_ENCRYPTION") || r.out.len == 0))
		rc = explain_encrypt(&r, recipient, e);
	if (rc == 0) {
		memcpy(out, r.out.data, r.out.len);
		*out_len = r.out.len;
	}
	secret_free(&r.out);
	return rc;
}

int gnupg_decrypt(const struct gnupg *g, const uint8_t *message, size_t len, size_t max, struct secret *plain, struct err *e)
{
	static const char *const asks[] = {"--decrypt", NULL};
	static const char *const told[] = {"--pinentry-mode", "loopback", "--passphrase-fd", "3", "--decrypt", NULL};
	struct secret line = SECRET_NONE;
	struct child_result r = {.out = SECRET_NONE};
	int rc = 0;
	if (g->passphrase) {
		size_t n = strlen(g->passphrase);
		rc = secret_new(&line, n + 1, e);
		if (rc == 0) {
			memcpy(line.data, g->passphrase, n);
			line.data[n] = '\n';
			line.len = n + 1;
		}
	}
	if (rc == 0)
		rc = run(g, g->passphrase ? told : asks, (struct span){message, len}, (struct span){line.data, line.len}, max, &r, e);
	if (rc == 0 && (r.exit_status != 0 || !status(r.status, "DECRYPTION_OKAY")))
		rc = explain_decrypt(&r, e);
	if (rc == 0)
		rc = secret_set(plain, r.out.data, r.out.len, e);
	secret_free(&r.out);
	secret_free(&line);
	return rc;
}
