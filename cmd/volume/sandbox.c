/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/sandbox.h"

#include "base/msg.h"
#include "base/place.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- what every run needs ---- */

/* Time zones, names of users, configuration of libcrypto, what libraries load on demand, who we are. */
static const char *const always_read[] = {
	"/etc/localtime",
	"/usr/share/zoneinfo",
	"/etc/passwd",
	"/etc/group",
	"/etc/nsswitch.conf",
	"/etc/ld.so.cache",
	"/etc/ssl/openssl.cnf",
	"/etc/pki/tls/openssl.cnf",
	"/etc/pki/tls/openssl.d",
	"/etc/crypto-policies",
	"/usr/local/ssl/openssl.cnf",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/usr/share/locale",
	"/proc/self",
	"/sys/devices/system/cpu",
	"/dev/urandom",
	"/dev/random",
};
static const char *const always_write[] = {"/dev/null"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_path(const char *path)
{
	return path && path[0] && strcmp(path, "-") != 0;
}

void sandbox_input(struct sandbox *s, const char *path)
{
	if (!s->on || !is_path(path))
		return;
	confine_allow_read(&s->writes, path);
	confine_allow_read(&s->reads, path);
}

static void write_to(struct sandbox *s, const char *path)
{
	confine_allow_write(&s->writes, path);
	confine_allow_write(&s->reads, path);
}

static void below(struct sandbox *s, const char *folder, bool nodes)
{
	confine_allow_below(&s->writes, folder, nodes);
	confine_allow_below(&s->reads, folder, nodes);
}

static void allow_environment(struct sandbox *s)
{
	static const char *const variables[] = {"OPENSSL_CONF", "OPENSSL_MODULES"};
	for (size_t i = 0; i < COUNT(variables); i++)
		sandbox_input(s, getenv(variables[i]));
}

/* ---- keys ---- */

/* As secretsource_read names them. */
static void allow_source(struct sandbox *s, const char *source)
{
	if (source && strcmp(source, "tty") == 0)
		write_to(s, "/dev/tty");
	else if (source && strncmp(source, "cred:", 5) == 0)
		sandbox_input(s, getenv("CREDENTIALS_DIRECTORY"));
	else if (source && strncmp(source, "fd:", 3) != 0)
		sandbox_input(s, source);
}

static void allow_sources(struct sandbox *s, const struct pkisources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		allow_source(s, sources->names[i]);
}

static void allow_keys(struct sandbox *s, const struct sandbox_of *of)
{
	if (of->keys) {
		allow_source(s, of->keys->key);
		allow_source(s, of->keys->new_key);
		sandbox_input(s, of->keys->dir);
		sandbox_output(s, of->keys->new_dir);
	}
	if (of->pki) {
		allow_sources(s, &of->pki->keys);
		allow_sources(s, &of->pki->certs);
		allow_sources(s, &of->pki->passphrases);
	}
}

/* A key-manager.conf means GnuPG. */
static bool starts_programs(const struct sandbox_of *of)
{
	const struct keyoptions *k = of->keys;
	return (of->events && of->events->command) || (k && (k->command || k->new_command || k->config));
}

void sandbox_begin(struct sandbox *s, const struct sandbox_of *of)
{
	*s = (struct sandbox){.on = !of->off && !starts_programs(of), .writes = {.rules = -1}, .reads = {.rules = -1}};
	if (!s->on) {
		if (!of->off && msg_verbosity() > 0)
			msg_info("this run starts programs, and is not confined");
		return;
	}
	/* TZ may name any file. */
	tzset();
	confine_begin(&s->writes, CONFINE_WRITES);
	confine_begin(&s->reads, CONFINE_READS);
	for (size_t i = 0; i < COUNT(always_read); i++)
		confine_allow_read(&s->reads, always_read[i]);
	for (size_t i = 0; i < COUNT(always_write); i++)
		write_to(s, always_write[i]);
	allow_environment(s);
	allow_keys(s, of);
}

/* ---- inputs ---- */

/* For each symbolic link in a folder; nothing where path is none. */
static void each_link(struct sandbox *s, const char *folder, void (*allow)(struct sandbox *s, const char *path))
{
	char path[PLACE_PATH_BYTES];
	struct stat st;
	DIR *dir = opendir(folder);
	const struct dirent *d;
	while (dir && (d = readdir(dir)) != NULL) {
		if (d->d_type != DT_LNK && d->d_type != DT_UNKNOWN)
			continue;
		int n = snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
		if (n > 0 && (size_t)n < sizeof path && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
			allow(s, path);
	}
	if (dir)
		closedir(dir);
}

/* Pieces of a volume that is a folder may lie on another disk. */
void sandbox_inputs(struct sandbox *s, const char *const *paths, size_t count)
{
	for (size_t i = 0; s->on && i < count; i++) {
		struct stat st;
		sandbox_input(s, paths[i]);
		if (is_path(paths[i]) && stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			each_link(s, paths[i], sandbox_input);
	}
}

void sandbox_inputs_around(struct sandbox *s, const char *const *paths, size_t count)
{
	char folder[PLACE_PATH_BYTES], last[PLACE_PATH_BYTES] = "";
	struct stat st;
	sandbox_inputs(s, paths, count);
	for (size_t i = 0; s->on && i < count; i++) {
		if (!is_path(paths[i]) || stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		place_folder(paths[i], folder);
		if (strcmp(folder, last) == 0)
			continue;
		sandbox_input(s, folder);
		snprintf(last, sizeof last, "%s", folder);
	}
}

void sandbox_input_any(struct sandbox *s)
{
	sandbox_input(s, "/");
}

/* ---- outputs ---- */

static void give_up(struct sandbox *s)
{
	confine_give_up(&s->writes);
	confine_give_up(&s->reads);
}

/* What it is that path leads to tells what may be done there: a plain file is replaced from beside it, a device never. */
static void allow_place(struct sandbox *s, const char *path)
{
	struct place p;
	struct err unsaid = {0};
	char folder[PLACE_PATH_BYTES];
	if (place_find(&p, path, &unsaid) != 0) {
		give_up(s);
		return;
	}
	place_folder(p.path, folder);
	switch (p.kind) {
	case PLACE_FREE:
	case PLACE_FILE: below(s, folder, false); break;
	case PLACE_OTHER: write_to(s, p.path); break;
	case PLACE_DESCRIPTOR: break;
	}
}

/* Outputs are written to where links of their names lead; those that cannot be followed are refused when their turn comes. */
static void allow_link(struct sandbox *s, const char *path)
{
	struct place p;
	struct err unsaid = {0};
	if (place_find(&p, path, &unsaid) == 0)
		allow_place(s, path);
}

/* A folder that is to be made may have a slash behind it. */
static bool without_slashes(const char *path, char plain[static PLACE_PATH_BYTES])
{
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return snprintf(plain, PLACE_PATH_BYTES, "%.*s", (int)n, path) < PLACE_PATH_BYTES;
}

void sandbox_output(struct sandbox *s, const char *path)
{
	char plain[PLACE_PATH_BYTES];
	struct stat st;
	if (!s->on || !is_path(path))
		return;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		below(s, path, false);
		each_link(s, path, allow_link);
		return;
	}
	if (without_slashes(path, plain))
		allow_place(s, plain);
}

void sandbox_outputs(struct sandbox *s, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sandbox_output(s, paths[i]);
}

/* One that is not there has no rule.  What is wrong with it is told when its turn comes. */
bool sandbox_tree(struct sandbox *s, const char *folder)
{
	char plain[PLACE_PATH_BYTES], around[PLACE_PATH_BYTES];
	if (!s->on)
		return false;
	bool made = mkdir(folder, 0777) == 0;
	below(s, folder, true);
	if (made && without_slashes(folder, plain)) {
		place_folder(plain, around);
		confine_allow_rmdir(&s->writes, around);
	}
	return made;
}

void sandbox_spool(struct sandbox *s, const char *folder)
{
	if (s->on && is_path(folder))
		below(s, folder, false);
}

void sandbox_database(struct sandbox *s, const char *path)
{
	const char *const folders[] = {getenv("SQLITE_TMPDIR"), getenv("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp", "."};
	struct stat st;
	if (!s->on || !is_path(path))
		return;
	sandbox_output(s, path);
	/* The first that will do, as SQLite has it. */
	for (size_t i = 0; i < COUNT(folders); i++) {
		if (folders[i] && stat(folders[i], &st) == 0 && S_ISDIR(st.st_mode) && access(folders[i], W_OK | X_OK) == 0) {
			below(s, folders[i], false);
			break;
		}
	}
}

/* ---- users ---- */

static bool is_asked_by_socket(const char *line)
{
	static const char *const others[] = {"files", "compat", "systemd", "db"};
	char word[32];
	int n;
	for (const char *at = strchr(line, ':') + 1; sscanf(at, " %31[^ \t\n]%n", word, &n) == 1; at += n) {
		bool plain = word[0] == '[' || word[0] == '#';
		for (size_t i = 0; i < COUNT(others); i++)
			plain = plain || strcmp(word, others[i]) == 0;
		if (word[0] == '#')
			break;
		if (!plain)
			return true;
	}
	return false;
}

/* Of a directory of the net (sssd, nslcd, winbind) a daemon on this machine is asked. */
static bool users_are_elsewhere(void)
{
	FILE *f = fopen("/etc/nsswitch.conf", "re");
	char line[256];
	bool elsewhere = false;
	while (f && !elsewhere && fgets(line, sizeof line, f)) {
		bool users = strncmp(line, "passwd:", 7) == 0 || strncmp(line, "group:", 6) == 0;
		elsewhere = users && is_asked_by_socket(line);
	}
	if (f)
		fclose(f);
	return elsewhere;
}

/* ---- in force ---- */

void sandbox_close_writes(struct sandbox *s, bool users)
{
	if (!s->on)
		return;
	bool sockets = users && users_are_elsewhere();
	if (sockets) {
		sandbox_input(s, "/var/lib/sss");
		sandbox_input(s, "/run/nscd");
	}
	s->bound = true;
	s->files = confine_enforce(&s->writes);
	s->calls = confine_calls(sockets);
}

static void tell(const struct sandbox *s)
{
	if (msg_verbosity() < 1)
		return;
	if (!s->files)
		msg_info("this run is not confined to its files: %s",
			 confine_version() == 0 ? "the kernel has no Landlock that would do" : "its rules could not be set");
	if (!s->calls)
		msg_info("this run is not confined in its calls: %s",
			 confine_knows_calls() ? "the kernel has no filter for them" : "there is no table of them for this processor");
}

void sandbox_close(struct sandbox *s, bool users)
{
	if (!s->on)
		return;
	if (!s->bound)
		sandbox_close_writes(s, users);
	s->files = confine_enforce(&s->reads) && s->files;
	tell(s);
	s->on = false;
}
