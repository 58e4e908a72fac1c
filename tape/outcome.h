/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernels say of a command's end, as one reply.  Pure, so that what runs on the others is tested on each. */
#ifndef TAPE_OUTCOME_H
#define TAPE_OUTCOME_H

#include "tape/transport.h"

/* Linux, sg_io_hdr: all three of status, host_status and driver_status count; a sense without a CHECK CONDITION is one. */
struct outcome_linux {
	uint8_t status;
	uint16_t host, driver;
	uint8_t sense_len; /* sb_len_wr */
	int resid;
	size_t len; /* dxfer_len */
};
void outcome_linux(const struct outcome_linux *o, struct transport_reply *reply);

/* FreeBSD, struct ccb_scsiio.  (Bareos takes every CAM_REQ_CMP and every check condition for success.) */
struct outcome_cam {
	uint32_t cam_status; /* with its flags */
	uint8_t status;
	uint8_t sense_len, sense_resid;
	size_t len;
	uint32_t resid;
};
void outcome_cam(const struct outcome_cam *o, struct transport_reply *reply);

/* Solaris, struct uscsi_cmd.  failed: ioctl returned -1; errnum its error. */
struct outcome_uscsi {
	bool failed;
	int errnum;
	uint8_t status, rq_status;
	uint8_t rq_len, rq_resid;
	size_t len, resid;
};
void outcome_uscsi(const struct outcome_uscsi *o, struct transport_reply *reply);

#endif
