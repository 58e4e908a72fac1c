/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "medium/behind.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECES_MAX 16u

struct piece {
	struct task task;
	int fd;
	uint64_t at; /* where it goes; when it is written, where it ends */
	uint8_t *data;
	size_t bytes;
	bool posted;
	struct err err;
};

struct behind {
	struct tasks *tasks;
	int fd;
	size_t piece_bytes;
	uint64_t at; /* of the next piece */
	struct piece *pieces;
	size_t count, next;
	struct err err; /* the first that failed, in the order of the file, */
	uint64_t whole; /* and up to where it is written then */
};

static void write_piece(struct task *t)
{
	struct piece *p = (struct piece *)t;
	p->err = (struct err){0};
	/* Its error is kept, for who asks. */
	int rc = io_write_at(p->fd, &p->at, p->data, p->bytes, &p->err);
	(void)rc;
}

struct behind *behind_new(struct tasks *tasks, unsigned threads, int fd, uint64_t at, size_t piece_bytes)
{
	struct behind *b = calloc(1, sizeof *b);
	if (b == NULL)
		return NULL;
	*b = (struct behind){.tasks = tasks, .fd = fd, .piece_bytes = piece_bytes, .at = at};
	b->count = threads + 1 < PIECES_MAX ? threads + 1 : PIECES_MAX;
	b->pieces = calloc(b->count, sizeof *b->pieces);
	if (b->pieces == NULL) {
		free(b);
		return NULL;
	}
	for (size_t i = 0; i < b->count; i++)
		b->pieces[i] = (struct piece){.task.run = write_piece, .fd = fd};
	return b;
}

void behind_free(struct behind *b)
{
	if (b == NULL)
		return;
	/* The youngest first: none is written behind one that is not. */
	for (size_t i = b->count; i > 0; i--) {
		struct piece *p = &b->pieces[(b->next + i - 1) % b->count];
		tasks_withdraw(b->tasks, &p->task);
		free(p->data);
	}
	free(b->pieces);
	free(b);
}

/* The oldest piece is written, or has failed; from the first failure on nothing counts. */
static void await(struct behind *b, struct piece *p)
{
	tasks_finish(b->tasks, &p->task);
	if (p->posted && p->err.code != XE_OK && b->err.code == XE_OK) {
		b->err = p->err;
		b->whole = p->at;
	}
	p->posted = false;
}

uint8_t *behind_room(struct behind *b, struct err *e)
{
	struct piece *p = &b->pieces[b->next];
	await(b, p);
	if (p->data == NULL && (p->data = malloc(b->piece_bytes)) == NULL)
		err_memory(e, b->piece_bytes, "the output");
	return err_pass(e, &b->err) == 0 && p->data ? p->data : NULL;
}

void behind_post(struct behind *b, size_t n)
{
	struct piece *p = &b->pieces[b->next];
	p->at = b->at;
	p->bytes = n;
	p->posted = true;
	b->at += n;
	b->next = (b->next + 1) % b->count;
	tasks_post(b->tasks, &p->task);
}

int behind_finish(struct behind *b, struct err *e)
{
	for (size_t i = 0; i < b->count; i++)
		await(b, &b->pieces[(b->next + i) % b->count]);
	uint64_t end = b->err.code == XE_OK ? b->at : b->whole;
	bool cut = b->err.code == XE_OK || ftruncate(b->fd, (off_t)end) == 0;
	if (!cut || lseek(b->fd, (off_t)end, SEEK_SET) < 0)
		err_errno(&b->err, XE_FAILED, errno, "write error");
	return err_pass(e, &b->err);
}
