/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/qr.h"

#include <errno.h>

#ifdef HAVE_LIBQRENCODE
#include "base/quit.h"

#include <fcntl.h>
#include <qrencode.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#define WIDTH_MAX 177u /* of version 40 */

void qr_free(struct qr *q)
{
	secret_free(&q->modules);
	*q = QR_NONE;
}

bool qr_is_dark(const struct qr *q, int x, int y)
{
	int width = (int)q->width;
	return x >= 0 && y >= 0 && x < width && y < width && q->modules.data[(size_t)y * q->width + (size_t)x];
}

#ifdef HAVE_LIBQRENCODE
bool qr_is_there(void)
{
	return true;
}

/* A pipe takes at least this at once (pipe(7)): nobody waits for anybody. */
static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* In the child; secrets of the parent are zeros here, so the text comes through a pipe. */
__attribute__((noreturn)) static void encode(int from, int to)
{
	static uint8_t text[QR_TEXT_MAX_BYTES];
	size_t len = 0;
	quit_in_child();
	for (ssize_t n = 1; n > 0 && len<sizeof text; len += n> 0 ? (size_t)n : 0)
		n = read(from, text + len, sizeof text - len);
	QRcode *code = QRcode_encodeData((int)len, text, 0, QR_ECLEVEL_M);
	if (code == NULL)
		_exit(1);
	size_t modules = (size_t)code->width * (size_t)code->width;
	for (size_t i = 0; i < modules; i++)
		code->data[i] &= 1;
	_exit(write_all(to, code->data, modules) ? 0 : 1);
}

static int wait_for(pid_t pid, struct err *e)
{
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "a QR code: the encoder is lost");
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
		       ? 0
		       : err_set(e, XE_FAILED, "a QR code cannot be made: no memory, or text that no code holds");
}

static int take_modules(struct qr *q, int fd, struct err *e)
{
	int r = secret_read(&q->modules, fd, WIDTH_MAX * WIDTH_MAX, "a QR code", e);
	for (q->width = 0; r == 0 && (size_t)q->width * q->width < q->modules.len;)
		q->width++;
	if (r == 0 && (size_t)q->width * q->width != q->modules.len)
		r = err_set(e, XE_FAILED, "a QR code came out incomplete");
	return r;
}

static void close_both(int *pair)
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
		pair[i] = -1;
	}
}

static int with_child(struct qr *q, struct span text, int *in, int *out, struct err *e)
{
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || !write_all(in[1], text.data, text.len))
		return err_errno(e, XE_FAILED, errno, "a QR code: no pipe");
	close(in[1]);
	in[1] = -1;
	pid_t pid = fork();
	if (pid < 0)
		return err_errno(e, XE_FAILED, errno, "a QR code: no process");
	if (pid == 0)
		encode(in[0], out[1]);
	close(out[1]);
	out[1] = -1;
	struct err lost = {0};
	int r = take_modules(q, out[0], &lost);
	int ended = wait_for(pid, e);
	return ended != 0 ? ended : r != 0 ? err_set(e, XE_FAILED, "%s", lost.text) : 0;
}

int qr_encode(struct qr *q, struct span text, struct err *e)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	qr_free(q);
	if (text.len == 0 || text.len > QR_TEXT_MAX_BYTES)
		return err_set(e, XE_USAGE, "a QR code of %zu bytes; there may be 1 to %u", text.len, QR_TEXT_MAX_BYTES);
	int r = with_child(q, text, in, out, e);
	close_both(in);
	close_both(out);
	if (r != 0)
		qr_free(q);
	return r;
}
#else
bool qr_is_there(void)
{
	return false;
}

int qr_encode(struct qr *q, struct span text, struct err *e)
{
	(void)text;
	qr_free(q);
	return err_set(e, XE_USAGE, "no QR codes: this xflate was built without libqrencode");
}
#endif
