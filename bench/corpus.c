/* SPDX-License-Identifier: GPL-3.0-or-later */
/* corpus VOLUME PLAIN MEGABYTES BLOCK RECORD: makes the volume that the benchmark converts, and the same file data as one
 * stream for the programs that know no volumes.
 *
 * The data is what a Debian machine has under /usr, in the proportions of a system backup, and made-up logs, database
 * pages and noise by a fixed seed.  The same machine gives the same bytes each time, another one gives others of much the
 * same kind: so the ratios are printed.  The kinds are mixed file by file, so a smaller corpus is a shorter one, not
 * another one.  Files keep their sizes: the many small ones come as one small record each, with attributes and an MD5
 * digest, as a client sends them; longer ones in records of RECORD bytes. */
#include "format/stream.h"
#include "volume/packer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LIMIT_BYTES ((size_t)8 << 20) /* so that no single file is a kind of its own */
#define PROBE_BYTES 4096u
#define DEPTH_MAX 24
#define TIME 0x65000000u

enum kind { PROGRAMS, LIBRARIES, TEXT, SOURCE, PACKED, LOGS, PAGES, NOISE, KINDS };

static const struct {
	const char *name;
	unsigned share;    /* of 1000 bytes */
	size_t made_bytes; /* size of one made-up file; 0: from the machine */
} kinds[KINDS] = {
	[PROGRAMS] = {"ELF programs", 265, 0},      [LIBRARIES] = {"shared libraries", 221, 0}, [TEXT] = {"texts", 145, 0},
	[SOURCE] = {"scripts and headers", 70, 0},  [PACKED] = {"compressed files", 90, 0},     [LOGS] = {"logs", 98, 1u << 20},
	[PAGES] = {"database pages", 41, 4u << 20}, [NOISE] = {"noise", 70, 1u << 20},
};

struct list {
	char **paths;
	size_t count, cap, next;
	uint64_t bytes; /* written */
	uint64_t files;
};

static struct list lists[KINDS];

static void fail(const char *what)
{
	fprintf(stderr, "corpus: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *need(void *memory)
{
	if (memory == NULL)
		fail("memory");
	return memory;
}

/* ---- what the machine has ---- */

static bool ends_in(const char *name, const char *const *endings)
{
	size_t n = strlen(name);
	for (; *endings; endings++) {
		size_t e = strlen(*endings);
		if (n > e && strcmp(name + n - e, *endings) == 0)
			return true;
	}
	return false;
}

/* Tells the kind of a file from its name and its first bytes; KINDS if it is none that is wanted. */
static enum kind kind_of(const char *path, const char *name)
{
	static const char *const source[] = {".py", ".h", ".c", ".hpp", ".pl", ".pm", ".sh", ".js", ".rb", NULL};
	static const char *const packed[] = {".gz", ".xz", ".bz2", ".zst", ".png", ".jpg", ".woff2", ".jar", ".whl", NULL};
	uint8_t probe[PROBE_BYTES];
	if (ends_in(name, packed))
		return PACKED;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return KINDS;
	ssize_t n = read(fd, probe, sizeof probe);
	close(fd);
	if (n <= 0)
		return KINDS;
	if (n > 4 && memcmp(probe, "\177ELF", 4) == 0)
		return strstr(name, ".so") ? LIBRARIES : PROGRAMS;
	if (memchr(probe, 0, (size_t)n))
		return KINDS;
	return ends_in(name, source) ? SOURCE : TEXT;
}

static void add_file(const char *path, const char *name)
{
	enum kind kind = kind_of(path, name);
	if (kind == KINDS)
		return;
	struct list *l = &lists[kind];
	if (l->count == l->cap) {
		l->cap = l->cap * 2 + 1024;
		l->paths = need(realloc(l->paths, l->cap * sizeof(char *)));
	}
	l->paths[l->count++] = need(strdup(path));
}

static void walk(const char *folder, int depth)
{
	struct dirent **entries;
	int n = depth < DEPTH_MAX ? scandir(folder, &entries, NULL, NULL) : -1;
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct stat st;
		const char *name = entries[i]->d_name;
		int len = snprintf(path, sizeof path, "%s/%s", folder, name);
		bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
		if (!dots && len > 0 && (size_t)len < sizeof path && lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				walk(path, depth + 1);
			else if (S_ISREG(st.st_mode) && st.st_size > 0)
				add_file(path, name);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* FNV-1a with a finish: an order that mixes folders and is the same each time. */
static uint64_t order_of(const char *path)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * 0x100000001b3u;
	h ^= h >> 29;
	return h * 0xbf58476d1ce4e5b9u;
}

static int by_order(const void *a, const void *b)
{
	const char *const *p = a, *const *q = b;
	uint64_t x = order_of(*p), y = order_of(*q);
	return x != y ? (x < y ? -1 : 1) : strcmp(*p, *q);
}

static size_t read_file(const char *path, uint8_t *data)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct err e = {0};
	size_t got = 0;
	if (fd < 0 || io_read(&(struct io){.fd = fd, .type = S_IFREG}, data, FILE_LIMIT_BYTES, FILE_LIMIT_BYTES, &got, &e) != 0)
		got = 0;
	if (fd >= 0)
		close(fd);
	return got;
}

/* ---- what is made up ---- */

static uint64_t seed;

/* splitmix64 */
static uint64_t random64(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
	return (unsigned)(random64() >> 32) % n;
}

static int web_line(char *to, size_t room, unsigned long second)
{
	static const char *const pages[] = {"/",      "/index.html",      "/api/v1/items",    "/static/app.js",
					    "/login", "/search?q=backup", "/images/logo.png", "/feed.xml"};
	static const char *const agents[] = {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
					     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "curl/7.88.1", "Wget/1.21.3"};
	static const unsigned codes[] = {200, 200, 200, 200, 304, 302, 404, 500};
	return snprintf(to, room, "10.%u.%u.%u - - [%02lu/Nov/2025:%02lu:%02lu:%02lu +0000] \"GET %s?id=%u HTTP/1.1\" %u %u \"-\" \"%s\"\n",
			below(4), below(256), below(256), second / 86400 % 28 + 1, second / 3600 % 24, second / 60 % 60, second % 60,
			pages[below(8)], below(1000000), codes[below(8)], below(65536), agents[below(4)]);
}

static int system_line(char *to, size_t room, unsigned long second)
{
	static const char *const users[] = {"root", "admin", "backup", "www-data", "alice", "bob"};
	char when[40];
	snprintf(when, sizeof when, "Nov %2lu %02lu:%02lu:%02lu host%u", second / 86400 % 28 + 1, second / 3600 % 24, second / 60 % 60,
		 second % 60, below(4));
	switch (below(4)) {
	case 0:
		return snprintf(to, room, "%s sshd[%u]: Accepted publickey for %s from 10.0.%u.%u port %u ssh2: ED25519 SHA256:%016llx\n",
				when, below(32768), users[below(6)], below(256), below(256), 1024 + below(60000),
				(unsigned long long)random64());
	case 1:
		return snprintf(to, room, "%s sshd[%u]: Failed password for invalid user %s from 203.0.113.%u port %u ssh2\n", when,
				below(32768), users[below(6)], below(256), 1024 + below(60000));
	case 2:
		return snprintf(to, room, "%s kernel: [%6lu.%06u] eth0: rx %u tx %u dropped %u\n", when, second, below(1000000),
				below(1u << 30), below(1u << 30), below(100));
	default:
		return snprintf(to, room, "%s CRON[%u]: (%s) CMD (/usr/local/bin/job%u --quiet)\n", when, below(32768), users[below(6)],
				below(20));
	}
}

static void make_log(uint8_t *data, size_t n)
{
	unsigned long second = below(1u << 20);
	bool web = below(2) != 0;
	for (size_t at = 0; at < n;) {
		char line[512];
		size_t len = (size_t)(web ? web_line(line, sizeof line, second) : system_line(line, sizeof line, second));
		len = len < n - at ? len : n - at;
		memcpy(data + at, line, len);
		at += len;
		second += below(3);
	}
}

/* Pages of 8 KiB, the first half rows of a table, the second half free space. */
static void make_pages(uint8_t *data, size_t n)
{
	memset(data, 0, n);
	for (size_t page = 0; page < n; page += 8192) {
		uint32_t id = (uint32_t)(page / 8192) * 64;
		for (size_t row = 0; row < 4096 && page + row + 64 <= n; row += 64) {
			struct wr w = wr_over(data + page + row, 64);
			wr_be32(&w, id++);
			wr_be32(&w, 0x00010002);
			wr_be64(&w, 1700000000u + below(1u << 24));
			for (int i = 0; i < 3; i++)
				wr_be64(&w, random64());
			wr_bytes(&w, "pending\0customer\0\0", 18);
		}
	}
}

static void make_noise(uint8_t *data, size_t n)
{
	for (size_t at = 0; at + 8 <= n; at += 8) {
		uint64_t v = random64();
		memcpy(data + at, &v, 8);
	}
}

/* The next file of a kind; its length, 0 if there is none. */
static size_t next_file(enum kind kind, uint8_t *data)
{
	struct list *l = &lists[kind];
	size_t made = kinds[kind].made_bytes;
	/* The next round of a kind that the machine has too little of gives its files again. */
	for (size_t tries = 0; made == 0 && tries < l->count; tries++) {
		size_t got = read_file(l->paths[l->next++ % l->count], data);
		if (got > 0)
			return got;
	}
	if (made == 0)
		made = (size_t)1 << 16;
	seed = (uint64_t)kind << 32 | l->files;
	if (kind == LOGS)
		make_log(data, made);
	else if (kind == PAGES)
		make_pages(data, made);
	else
		make_noise(data, made);
	return made;
}

/* ---- the volume ---- */

struct writer {
	struct packer *packer;
	struct sink sink;
	struct volume_info volume;
	struct job job;
	uint32_t block, record;
	int32_t file_index;
	uint64_t job_bytes, records;
	EVP_MD_CTX *md5;
};

static void wr_string(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text) + 1);
}

static struct item item_of(const struct writer *w, int32_t file_index, uint32_t stream, const void *data, size_t len)
{
	return (struct item){
		.kind = ITEM_RECORD,
		.volume = &w->volume,
		.job = &w->job,
		.addr = 1, /* with End 0 in the label: the packer fills in addresses as Bareos does */
		.form = {2, 0, true},
		.largest = w->block,
		.file_index = file_index,
		.stream = stream,
		.len = (uint32_t)len,
		.data = {data, len},
	};
}

static void check(int rc, const struct err *e)
{
	if (rc == 0)
		return;
	fprintf(stderr, "corpus: %s\n", e->text);
	exit(1);
}

static void put(struct writer *w, int32_t file_index, uint32_t stream, const void *data, size_t len)
{
	struct item item = item_of(w, file_index, stream, data, len);
	struct outrecord r = {.stream = stream, .len = (uint32_t)len, .body = item.data};
	struct err e = {0};
	check(packer_put(w->packer, &item, &r, 1, &e), &e);
	if (file_index > 0)
		w->job_bytes += len;
	w->records++;
}

static void put_volume_label(struct writer *w)
{
	uint8_t data[1024];
	struct wr l = wr_over(data, sizeof data);
	wr_string(&l, "Bareos 2.0 immortal\n");
	wr_be32(&l, 20);
	wr_be64(&l, 1700000000000000u);
	wr_be64(&l, 1700000000000000u);
	wr_be64(&l, 0);
	wr_be64(&l, 0);
	static const char *const names[] = {"Bench-0001", "", "Full", "Backup", "File", "host", "bareos-sd", "Ver. 22.0.0", "Build"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		wr_string(&l, names[i]);
	struct item item = item_of(w, LABEL_VOLUME, 0, data, (size_t)(l.p - data));
	item.kind = ITEM_VOLUME_LABEL;
	struct err e = {0};
	check(packer_label(w->packer, &item, &e), &e);
}

/* volume-format.md 3.3 */
static void put_session_label(struct writer *w, int32_t kind)
{
	uint8_t data[1024];
	struct wr l = wr_over(data, sizeof data);
	wr_string(&l, "Bareos 2.0 immortal\n");
	wr_be32(&l, 20);
	wr_be32(&l, 1);
	wr_be64(&l, 1700000000000000u);
	wr_be64(&l, 0);
	static const char *const names[] = {"Full", "Backup", "bench", "bareos-fd", "bench.2025-11-22_12.00.00_01", "Set"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		wr_string(&l, names[i]);
	wr_be32(&l, 'B');
	wr_be32(&l, 'F');
	wr_string(&l, "AbCdEfGhIjKlMnOpQrStUv");
	if (kind == LABEL_SESSION_END) {
		wr_be32(&l, (uint32_t)w->file_index);
		wr_be64(&l, w->job_bytes);
		for (int i = 0; i < 5; i++)
			wr_be32(&l, 0);
		wr_be32(&l, 'T');
	}
	put(w, kind, 1, data, (size_t)(l.p - data));
}

static void base64_number(uint64_t n, char *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char reversed[16];
	size_t k = 0;
	do
		reversed[k++] = digits[n & 63];
	while ((n >>= 6) > 0);
	while (k > 0)
		*to++ = reversed[--k];
	*to = 0;
}

/* "FileIndex type" NUL name NUL stat fields NUL link NUL extended NUL delta: a client's attributes */
static void put_attributes(struct writer *w, enum kind kind, size_t size)
{
	const uint64_t fields[] = {0xfc00,     0x12a00u + (uint32_t)w->file_index,
				   0100644,    1,
				   0,          0,
				   0,          size,
				   4096,       (size + 511) / 512,
				   1700000000, 1700000000,
				   1700000000, 0,
				   0,          STREAM_FILE};
	uint8_t data[1024];
	char text[256];
	struct wr a = wr_over(data, sizeof data);
	int n = snprintf(text, sizeof text, "%d 3 ", w->file_index);
	wr_bytes(&a, text, (size_t)n);
	snprintf(text, sizeof text, "/srv/bench/%s/%d", kinds[kind].name, w->file_index);
	wr_string(&a, text);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		base64_number(fields[i], text);
		wr_bytes(&a, text, strlen(text));
		wr_bytes(&a, i + 1 < sizeof fields / sizeof *fields ? " " : "", 1);
	}
	wr_string(&a, "");
	wr_string(&a, "0");
	wr_bytes(&a, "", 1);
	put(w, w->file_index, STREAM_ATTRIBUTES, data, (size_t)(a.p - data));
}

static void put_file(struct writer *w, enum kind kind, const uint8_t *data, size_t n)
{
	w->file_index++;
	put_attributes(w, kind, n);
	for (size_t at = 0; at < n; at += w->record)
		put(w, w->file_index, STREAM_FILE, data + at, n - at < w->record ? n - at : w->record);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len;
	if (!EVP_DigestInit_ex(w->md5, EVP_md5(), NULL) || !EVP_DigestUpdate(w->md5, data, n) ||
	    !EVP_DigestFinal_ex(w->md5, digest, &digest_len))
		fail("MD5");
	put(w, w->file_index, STREAM_MD5, digest, digest_len);
}

/* The kind that lags furthest behind its share. */
static enum kind next_kind(void)
{
	enum kind best = 0;
	for (enum kind k = 0; k < KINDS; k++) {
		if (lists[k].bytes * kinds[best].share < lists[best].bytes * kinds[k].share)
			best = k;
	}
	return best;
}

static uint64_t write_all(struct writer *w, int plain_fd, uint64_t wanted)
{
	uint8_t *data = need(malloc(FILE_LIMIT_BYTES));
	struct err e = {0};
	uint64_t bytes = 0;
	while (bytes < wanted) {
		enum kind kind = next_kind();
		size_t n = next_file(kind, data);
		n = n < wanted - bytes ? n : (size_t)(wanted - bytes);
		put_file(w, kind, data, n);
		check(io_write(plain_fd, data, n, &e), &e);
		lists[kind].bytes += n;
		lists[kind].files++;
		bytes += n;
	}
	free(data);
	return bytes;
}

static int create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		fail(path);
	return fd;
}

int main(int argc, char **argv)
{
	static struct writer w;
	uint64_t megabytes = argc == 6 ? strtoull(argv[3], NULL, 10) : 0;
	w.block = argc == 6 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	w.record = argc == 6 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0;
	if (megabytes == 0 || w.block < PACKER_BLOCK_MIN_BYTES || w.block > BLOCK_MAX_BYTES || w.record == 0 ||
	    w.record > RECORD_MAX_BYTES) {
		fprintf(stderr, "usage: corpus VOLUME PLAIN MEGABYTES BLOCK-BYTES RECORD-BYTES\n");
		return 2;
	}
	walk("/usr", 0);
	for (enum kind k = 0; k < KINDS; k++) {
		if (lists[k].count > 0)
			qsort(lists[k].paths, lists[k].count, sizeof(char *), by_order);
	}

	struct packer_options options = {.max_block = w.block};
	w.packer = need(packer_new(&options));
	w.md5 = need(EVP_MD_CTX_new());
	w.volume = (struct volume_info){.name = "corpus", .medium = &medium_file, .product = PRODUCT_BAREOS};
	w.job.session_id = 1;
	w.job.session_time = TIME;
	struct io out;
	io_describe(&out, create(argv[1]));
	int plain_fd = create(argv[2]);
	sink_open(&w.sink, &out, NULL, NULL, NULL);
	packer_begin_volume(w.packer, &w.sink);
	put_volume_label(&w);
	put_session_label(&w, LABEL_SESSION_START);
	uint64_t bytes = write_all(&w, plain_fd, megabytes * 1000000);
	put_session_label(&w, LABEL_SESSION_END);
	struct err e = {0};
	check(packer_end_volume(w.packer, &e), &e);
	check(sink_finish(&w.sink, &e), &e);
	if (close(plain_fd) != 0 || close(out.fd) != 0)
		fail("close");

	printf("%.1f MB of file data, %d files, %llu records, %llu blocks of %u bytes:", (double)bytes / 1e6, w.file_index,
	       (unsigned long long)w.records, (unsigned long long)w.sink.blocks, w.block);
	for (enum kind k = 0; k < KINDS; k++)
		printf("%s %s %.1f MB", k ? "," : "", kinds[k].name, (double)lists[k].bytes / 1e6);
	printf("\n");
	packer_free(w.packer);
	EVP_MD_CTX_free(w.md5);
	for (enum kind k = 0; k < KINDS; k++) {
		for (size_t i = 0; i < lists[k].count; i++)
			free(lists[k].paths[i]);
		free(lists[k].paths);
	}
	return 0;
}
