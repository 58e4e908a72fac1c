/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tape/freebsd.c uses of libcam and the kernel's CAM headers, as cam(3) and cam_cdbparse(3) have it. */
#ifndef ELSEWHERE_CAMLIB_H
#define ELSEWHERE_CAMLIB_H

#include <stdint.h>
#include <sys/types.h>

typedef enum { CAM_DIR_IN = 0x40, CAM_DIR_OUT = 0x80, CAM_DIR_NONE = 0xc0, CAM_DEV_QFRZDIS = 0x400 } ccb_flags;

struct ccb_hdr {
	uint32_t status, flags;
};

struct scsi_sense_data {
	uint8_t error_code, sense_buf[251];
};

typedef union {
	uint8_t *cdb_ptr;
	uint8_t cdb_bytes[16];
} cdb_t;

struct ccb_scsiio {
	struct ccb_hdr ccb_h;
	uint8_t *data_ptr;
	uint32_t dxfer_len;
	struct scsi_sense_data sense_data;
	uint8_t sense_len, cdb_len, scsi_status, sense_resid;
	uint32_t resid;
	cdb_t cdb_io;
};

union ccb {
	struct ccb_hdr ccb_h;
	struct ccb_scsiio csio;
};

#define CCB_CLEAR_ALL_EXCEPT_HDR(ccbp) \
	__builtin_memset((uint8_t *)(ccbp) + sizeof((ccbp)->ccb_h), 0, sizeof(*(ccbp)) - sizeof((ccbp)->ccb_h))

struct cam_device;
extern char cam_errbuf[];
struct cam_device *cam_open_device(const char *path, int flags);
void cam_close_device(struct cam_device *dev);
int cam_send_ccb(struct cam_device *device, union ccb *ccb);
union ccb *cam_getccb(struct cam_device *dev);
void cam_freeccb(union ccb *ccb);

/* Inline in cam_ccb.h. */
void cam_fill_csio(struct ccb_scsiio *csio, uint32_t retries, void (*cbfcnp)(void *periph, union ccb *ccb), uint32_t flags,
		   uint8_t tag_action, uint8_t *data_ptr, uint32_t dxfer_len, uint8_t sense_len, uint8_t cdb_len, uint32_t timeout);

#endif
