/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drive of model.h behind Linux's target_core_user: the kernel makes genuine st and sg nodes of it.  Runs inside of
 * user-mode-linux; uml_init.sh makes the device.
 *
 * usage: tcmu_drive /dev/uioN PERSONALITY CONTROL-FIFO STATE-FILE */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/target_core_user.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct drive drive;

static size_t cdb_bytes(uint8_t op)
{
	return op < 0x20 ? 6 : op < 0x60 ? 10 : op < 0xa0 ? 16 : 12;
}

static bool writes(uint8_t op)
{
	static const uint8_t ops[] = {0x0a, 0xb5, 0x15, 0x55, 0x1d};
	return memchr(ops, op, sizeof ops) != NULL;
}

/* The request and the response are a union: everything is taken out before the answer is put in. */
static void serve(struct tcmu_mailbox *mb, struct tcmu_cmd_entry *e)
{
	uint8_t *base = (uint8_t *)mb, cdb[16] = {0};
	size_t total = 0, at = 0, len = cdb_bytes(base[e->req.cdb_off]), count = e->req.iov_cnt;
	struct iovec parts[64];
	struct answer a;
	memcpy(cdb, base + e->req.cdb_off, len);
	count = count < 64 ? count : 64;
	for (size_t i = 0; i < count; i++) {
		parts[i] = (struct iovec){base + (size_t)e->req.iov[i].iov_base, e->req.iov[i].iov_len};
		total += parts[i].iov_len;
	}
	bool out = writes(cdb[0]);
	uint8_t *data = calloc(1, total + 1);
	for (size_t i = 0; out && i < count; at += parts[i++].iov_len)
		memcpy(data + at, parts[i].iov_base, parts[i].iov_len);
	model_command(&drive, cdb, len, out ? data : NULL, out ? total : 0, out ? NULL : data, out ? 0 : total, &a);
	at = 0;
	for (size_t i = 0; !out && i < count && at < a.in_len; i++) {
		size_t n = parts[i].iov_len < a.in_len - at ? parts[i].iov_len : a.in_len - at;
		memcpy(parts[i].iov_base, data + at, n);
		at += n;
	}
	free(data);
	memset(&e->rsp, 0, sizeof e->rsp);
	e->rsp.scsi_status = a.status;
	memcpy(e->rsp.sense_buffer, a.sense, sizeof a.sense);
	if (!out && (mb->flags & TCMU_MAILBOX_FLAG_CAP_READ_LEN) && a.in_len > 0) {
		e->hdr.uflags |= TCMU_UFLAG_READ_LEN;
		e->rsp.read_len = (uint32_t)a.in_len;
	}
}

static void serve_all(struct tcmu_mailbox *mb, int fd)
{
	uint32_t v = 0;
	while (mb->cmd_tail != __atomic_load_n(&mb->cmd_head, __ATOMIC_ACQUIRE)) {
		struct tcmu_cmd_entry *e = (void *)((char *)mb + mb->cmdr_off + mb->cmd_tail);
		if (tcmu_hdr_get_op(e->hdr.len_op) == TCMU_OP_CMD)
			serve(mb, e);
		else if (tcmu_hdr_get_op(e->hdr.len_op) != TCMU_OP_PAD)
			e->hdr.uflags |= TCMU_UFLAG_UNKNOWN_OP;
		__atomic_store_n(&mb->cmd_tail, (mb->cmd_tail + tcmu_hdr_get_len(e->hdr.len_op)) % mb->cmdr_size, __ATOMIC_RELEASE);
		(void)!write(fd, &v, sizeof v);
	}
}

/* A line on the FIFO changes the drive; its state is written to a file after each, whole. */
static void control(int fifo, const char *state_path)
{
	char line[512], text[2048], temporary[512];
	ssize_t n = read(fifo, line, sizeof line - 1);
	char *save = NULL;
	if (n <= 0)
		return;
	line[n] = '\0';
	for (char *one = strtok_r(line, "\n", &save); one; one = strtok_r(NULL, "\n", &save)) {
		if (strcmp(one, "state") != 0 && !model_control(&drive, one))
			fprintf(stderr, "tcmu_drive: what is \"%s\"?\n", one);
	}
	snprintf(temporary, sizeof temporary, "%s.new", state_path);
	FILE *f = fopen(temporary, "w");
	if (f) {
		fwrite(text, 1, model_state(&drive, text, sizeof text), f);
		fclose(f);
		rename(temporary, state_path);
	}
}

int main(int argc, char **argv)
{
	char path[128];
	unsigned long size = 0;
	const struct personality *p = argc > 4 ? model_personality(argv[2]) : NULL;
	if (p == NULL) {
		fprintf(stderr, "usage: tcmu_drive /dev/uioN PERSONALITY CONTROL-FIFO STATE-FILE\n");
		return 64;
	}
	snprintf(path, sizeof path, "/sys/class/uio/%s/maps/map0/size", strrchr(argv[1], '/') + 1);
	FILE *f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%lx", &size) != 1) {
		perror(path);
		return 1;
	}
	fclose(f);
	int fd = open(argv[1], O_RDWR | O_CLOEXEC), fifo = open(argv[3], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct tcmu_mailbox *mb = fd < 0 || fifo < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mb == MAP_FAILED) {
		perror(argv[1]);
		return 1;
	}
	model_power_on(&drive, p);
	struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.fd = fifo, .events = POLLIN}};
	for (;;) {
		serve_all(mb, fd);
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			return 1;
		uint32_t v;
		if (polled[0].revents)
			(void)!read(fd, &v, sizeof v);
		if (polled[1].revents)
			control(fifo, argv[4]);
	}
}
