/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iscsi_echo URL: blocks to a tape over iSCSI and back, through the transport alone: data in both directions, lengths,
 * sense, a command without data.  Prints TAP. */
#include "scsi.h"
#include "tape/sense.h"
#include "tape/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned tests, failed;

static void report(bool good, const char *text, const struct err *e, const struct transport_reply *r)
{
	tests++;
	failed += !good;
	printf("%sok - %s\n", good ? "" : "not ", text);
	if (!good)
		printf("# %s; status %u, %zu bytes, %zu of sense, \"%s\"\n", e->text, r->status, r->transferred, r->sense_len, r->trouble);
}

static bool send(struct transport *t, struct scsi_cdb c, enum transport_way way, void *data, size_t len, struct transport_reply *r,
		 struct err *e)
{
	const struct transport_request q = {c.bytes, c.len, way, data, len, TRANSPORT_SECONDS};
	*e = (struct err){0};
	return transport_send(t, &q, r, e) == 0;
}

int main(int argc, char **argv)
{
	struct transport *t = NULL;
	struct transport_reply r = {0};
	struct err e = {0};
	static uint8_t block[52], back[4096];
	if (argc < 2 || transport_open(&t, argv[1], &e) != 0) {
		printf("not ok - %s\n1..1\n", e.text);
		return 1;
	}
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = (uint8_t)(i * 7 + 1);
	for (int i = 0; i < 4; i++) /* attentions */
		(void)send(t, scsi_make_test_unit_ready(), TRANSPORT_NO_DATA, NULL, 0, &r, &e);
	report(r.status == 0 && r.trouble[0] == '\0', "TEST UNIT READY", &e, &r);
	bool ok = send(t, scsi_make_rewind(), TRANSPORT_NO_DATA, NULL, 0, &r, &e);
	report(ok && r.status == 0, "REWIND", &e, &r);
	struct scsi_cdb write6 = {.bytes = {0x0a, 0, 0, 0, sizeof block}, .len = 6};
	ok = send(t, write6, TRANSPORT_OUT, block, sizeof block, &r, &e);
	report(ok && r.status == 0 && r.transferred == sizeof block, "52 bytes out", &e, &r);
	struct scsi_cdb mark = {.bytes = {0x10, 0, 0, 0, 1}, .len = 6};
	ok = send(t, mark, TRANSPORT_NO_DATA, NULL, 0, &r, &e);
	report(ok && r.status == 0, "a file mark", &e, &r);
	ok = send(t, scsi_make_rewind(), TRANSPORT_NO_DATA, NULL, 0, &r, &e);
	report(ok && r.status == 0, "REWIND again", &e, &r);
	ok = send(t, scsi_make_read(sizeof block), TRANSPORT_IN, back, sizeof block, &r, &e);
	report(ok && r.status == 0 && r.transferred == sizeof block && memcmp(back, block, sizeof block) == 0, "the same 52 bytes in", &e,
	       &r);
	struct sense s = {0};
	ok = send(t, scsi_make_read(sizeof block), TRANSPORT_IN, back, sizeof block, &r, &e);
	sense_read((struct span){r.sense, r.sense_len}, &s);
	report(ok && r.status == 2 && s.valid && s.filemark, "the file mark's sense", &e, &r);
	ok = send(t, scsi_make_inquiry(sizeof back), TRANSPORT_IN, back, sizeof back, &r, &e);
	report(ok && r.status == 0 && r.transferred >= 36 && r.transferred < sizeof back,
	       "INQUIRY with too much room: what came is counted", &e, &r);
	size_t whole = r.transferred;
	memset(back, 0xee, sizeof back);
	ok = send(t, scsi_make_inquiry(20), TRANSPORT_IN, back, 20, &r, &e);
	report(ok && r.transferred <= 20 && back[20] == 0xee && whole > 20, "... with too little: no byte beyond it", &e, &r);
	ok = send(t, scsi_make_security_in(0x20, 0x20, sizeof back), TRANSPORT_IN, back, sizeof back, &r, &e);
	sense_read((struct span){r.sense, r.sense_len}, &s);
	report(ok && r.status == 2 && sense_is(&s, 5, 0x20, 0), "a refusal has its sense", &e, &r);
	transport_close(t);
	printf("1..%u\n", tests);
	return failed > 0;
}
