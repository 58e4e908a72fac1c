/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tape/solaris.c uses, as uscsi(4I) has it. */
#ifndef ELSEWHERE_USCSI_H
#define ELSEWHERE_USCSI_H

#include <sys/types.h>

typedef unsigned char uchar_t;

struct uscsi_cmd {
	int uscsi_flags;
	short uscsi_status, uscsi_timeout;
	caddr_t uscsi_cdb, uscsi_bufaddr;
	size_t uscsi_buflen, uscsi_resid;
	uchar_t uscsi_cdblen, uscsi_rqlen, uscsi_rqstatus, uscsi_rqresid;
	caddr_t uscsi_rqbuf;
	void *uscsi_reserved_5;
};

enum { USCSI_SILENT = 0x1, USCSI_WRITE = 0x0, USCSI_READ = 0x8, USCSI_RQENABLE = 0x10000 };
#define USCSICMD (('u' << 8) | 201)

#endif
