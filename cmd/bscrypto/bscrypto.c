/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/bscrypto/bscrypto.h"

#include "base/msg.h"
#include "cmd/key/cache.h"
#include "cmd/keyout.h"
#include "cmd/secretsource.h"
#include "keys/keylist_read.h"
#include "keywrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEYFILE_BYTES 64u /* that the original reads */
#define KEY_PROMPT "Enter Encryption Key (close with ^D): "
#define CACHE_PROMPT "Enter cache entries (close with ^D): "

bool bscrypto_is_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	return strcmp(slash ? slash + 1 : argv0, "bscrypto") == 0;
}

/* ---- key files ---- */

/* Up to KEYFILE_BYTES from fd; one line alone if another secret follows on the same input. */
static int read_keyfile(int fd, bool line, struct secret *s, struct err *e)
{
	int r = secret_new(s, KEYFILE_BYTES, e);
	while (r == 0 && s->len < KEYFILE_BYTES) {
		ssize_t n = read(fd, s->data + s->len, line ? 1 : KEYFILE_BYTES - s->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = err_errno(e, XE_FAILED, errno, "cannot read");
		if (n <= 0)
			break;
		s->len += (size_t)n;
		if (line && s->data[s->len - 1] == '\n')
			break;
	}
	return r;
}

/* The text of a key file: trimmed, and as a C string would have it. */
static int read_key(const char *path, bool line, struct secret *s)
{
	struct err e = {0};
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
	if (fd < 0)
		return bscrypto_fail("Cannot open keyfile %s", path);
	if (standard) {
		fputs(KEY_PROMPT, stdout);
		fflush(stdout);
	}
	if (standard && isatty(fd))
		r = secretsource_read_line(fd, "key", KEYFILE_BYTES, s, &e);
	else
		r = read_keyfile(fd, line, s, &e);
	if (!standard)
		close(fd);
	if (r != 0 || s->len == 0)
		return bscrypto_fail("Cannot read from keyfile %s", path);
	const uint8_t *nul = memchr(s->data, 0, s->len);
	s->len = nul ? (size_t)(nul - s->data) : s->len;
	secret_trim(s);
	return 0;
}

/* The first 16 bytes of a KEK count, and of a short one zeros behind it: so bscrypto has always wrapped. */
static int read_kek(const char *path, bool line, struct secret *kek)
{
	struct err e = {0};
	int status = read_key(path, line, kek);
	if (status == 0 && secret_grow(kek, KEYWRAP_KEK_BYTES, &e) != 0)
		return bscrypto_fail("%s", e.text);
	for (; status == 0 && kek->len < KEYWRAP_KEK_BYTES; kek->len++)
		kek->data[kek->len] = 0;
	return status;
}

/* ---- -g ---- */

static int generate(const struct bscrypto_options *o)
{
	static struct keyout out;
	struct secret key = SECRET_NONE, kek = SECRET_NONE, text = SECRET_NONE;
	struct err e = {0};
	bool standard = strcmp(o->generate, "-") == 0;
	int status = o->kek ? read_kek(o->kek, false, &kek) : 0;
	int r = status == 0 ? keywrap_generate(&key, &e) : XE_FAILED;
	if (r == 0)
		r = keywrap_seal(&key, o->kek ? KEYWRAP_WRAPPED : o->base64 ? KEYWRAP_BASE64 : KEYWRAP_PASSPHRASE, &kek, &text, &e);
	if (r == 0 && (r = keyout_open(&out, o->generate, true, false, &e)) != 0)
		status = bscrypto_fail("Cannot open keyfile %s", o->generate);
	if (r == 0) {
		fwrite(text.data, 1, text.len, out.stream);
		if (standard)
			putc('\n', out.stream);
		r = keyout_commit(&out, &e);
		keyout_close(&out);
	}
	if (r != 0 && status == 0)
		status = bscrypto_fail("Failed to write the keydata to %s: %s", o->generate, e.text);
	secret_free(&key);
	secret_free(&kek);
	secret_free(&text);
	return status;
}

/* ---- -k, -s ---- */

static int unwrap(const char *path, const char *kek_path, const struct secret *text, const struct secret *kek, struct secret *key)
{
	struct err e = {0};
	int r = XE_KEY;
	if (keywrap_form_of((const char *)text->data, text->len) == KEYWRAP_WRAPPED)
		r = keywrap_open((const char *)text->data, text->len, kek, key, &e);
	else
		err_set(&e, XE_KEY, "%zu characters, which are no wrapped key (54)", text->len);
	if (r == 0)
		return 0;
	return bscrypto_fail("Failed to aes unwrap the keydata read from %s using the wrap data from %s ERR=%s, aborting...", path,
			     kek_path, e.text);
}

static int decode(const char *path, const struct secret *text, struct secret *key)
{
	struct err e = {0};
	enum keywrap_form form = keywrap_form_of((const char *)text->data, text->len);
	if (form == KEYWRAP_WRAPPED)
		return bscrypto_fail("The keydata read from %s is wrapped; use -w to unwrap it", path);
	if (form == KEYWRAP_BASE64 && keywrap_open((const char *)text->data, text->len, NULL, key, &e) == 0)
		return 0;
	return bscrypto_fail("Failed to base64 decode the keydata read from %s: %zu characters, which are no base64 of a passphrase (43)",
			     path, text->len);
}

/* Reads and opens a key as -b and -w say. */
static int read_opened(const struct bscrypto_options *o, const char *path, struct secret *key)
{
	struct secret text = SECRET_NONE, kek = SECRET_NONE;
	struct err e = {0};
	bool both = o->kek && strcmp(path, "-") == 0 && strcmp(o->kek, "-") == 0;
	int status = read_key(path, both, &text);
	if (status == 0 && o->kek)
		status = read_kek(o->kek, both, &kek);
	if (status == 0 && o->kek)
		status = unwrap(path, o->kek, &text, &kek, key);
	else if (status == 0 && o->base64)
		status = decode(path, &text, key);
	else if (status == 0 && secret_set(key, text.data, text.len, &e) != 0)
		status = bscrypto_fail("%s", e.text);
	secret_free(&text);
	secret_free(&kek);
	return status;
}

static int show(const struct bscrypto_options *o)
{
	struct secret key = SECRET_NONE;
	struct err e = {0};
	int status = read_opened(o, o->show, &key);
	if (key.len > KEYWRAP_PASSPHRASE_BYTES)
		key.len = KEYWRAP_PASSPHRASE_BYTES;
	if (status == 0 && keyout_line(NULL, false, false, &key, &e) != 0)
		status = bscrypto_fail("%s", e.text);
	secret_free(&key);
	return status;
}

/* A catalog key taken for a passphrase would make tapes that nobody can read. */
static int set(const struct bscrypto_options *o)
{
	struct secret key = SECRET_NONE, drive_key = SECRET_NONE;
	struct err e = {0};
	int status = read_opened(o, o->set, &key);
	enum keywrap_form form = status == 0 ? keywrap_form_of((const char *)key.data, key.len) : KEYWRAP_UNKNOWN;
	if (status == 0 && (form == KEYWRAP_BASE64 || form == KEYWRAP_WRAPPED))
		status = bscrypto_fail("The keydata read from %s is %s; use %s", o->set, form == KEYWRAP_WRAPPED ? "wrapped" : "base64",
				       form == KEYWRAP_WRAPPED ? "-w" : "-b");
	if (status == 0 && keywrap_drive_key(&key, &drive_key, &e) != 0)
		status = bscrypto_fail("%s", e.text);
	if (status == 0)
		status = bscrypto_drive_set(o->device, &drive_key);
	secret_free(&key);
	secret_free(&drive_key);
	return status;
}

/* ---- -D, -p, -r ---- */

static int dump(const char *path)
{
	static struct keyout out;
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct err e = {0};
	int r = cryptocache_read(&c, path, &e);
	if (r == 0 && (r = keyout_open(&out, NULL, false, false, &e)) == 0) {
		cache_print(out.stream, &c, false);
		r = keyout_commit(&out, &e);
		keyout_close(&out);
	}
	cryptocache_free(&c);
	return r == 0 ? 0 : bscrypto_fail("%s: %s", e.volume, e.text);
}

static int put_all(struct cryptocache *c, void *arg, struct err *e)
{
	const struct keylist *list = arg;
	enum cryptocache_change change;
	int r = 0;
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = cryptocache_put(c, list->entries[i].volume, list->entries[i].key, time(NULL), &change, e);
	return r;
}

static int renew_all(struct cryptocache *c, void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	for (size_t i = 0; i < c->count; i++)
		c->entries[i].added = time(NULL);
	return 0;
}

static int populate(const char *path)
{
	struct secret typed = SECRET_NONE;
	struct keylist list = KEYLIST_NONE;
	struct err e = {0};
	fputs(CACHE_PROMPT, stdout);
	fflush(stdout);
	int r = secret_read(&typed, STDIN_FILENO, KEYARGS_LIST_MAX_BYTES, "standard input", &e);
	if (r == XE_KEY)
		return 0; /* nothing was entered */
	if (r == 0)
		r = keylist_read(&list, (struct span){typed.data, typed.len}, &e);
	for (size_t i = 0; i < list.fault_count && i < KEYLIST_FAULTS_MAX; i++)
		bscrypto_fail("line %zu: %s", list.faults[i].line, list.faults[i].text);
	if (r == 0)
		r = cryptocache_update(path, true, put_all, &list, &e);
	secret_free(&typed);
	keylist_free(&list);
	return r == 0 ? 0 : bscrypto_fail("%s: %s; nothing was changed", path, e.text);
}

static int renew(const char *path)
{
	struct err e = {0};
	int r = cryptocache_update(path, false, renew_all, NULL, &e);
	return r == 0 ? 0 : bscrypto_fail("%s: %s", e.volume, e.text);
}

/* The first that was asked for, in the original's order; -e and -v go together. */
static int run(const struct bscrypto_options *o)
{
	if (o->dump)
		return dump(o->dump);
	if (o->populate)
		return populate(o->populate);
	if (o->renew)
		return renew(o->renew);
	if (o->generate)
		return generate(o);
	if (o->show)
		return show(o);
	if (o->clear)
		return bscrypto_drive_clear(o->device);
	int status = o->drive_status ? bscrypto_drive_status(o->device) : 0;
	if (status == 0 && o->set)
		return set(o);
	if (status == 0 && o->volume_status)
		status = bscrypto_drive_volume(o->device);
	return status;
}

int bscrypto_main(int argc, char **argv)
{
	struct bscrypto_options o;
	secret_guard_process();
	msg_set_verbosity(-2); /* no word that the original would not say */
	int status = bscrypto_parse(argc, argv, &o);
	return status >= 0 ? status : run(&o);
}
