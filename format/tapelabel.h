/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose tape is it?  What its first block says. */
#ifndef FORMAT_TAPELABEL_H
#define FORMAT_TAPELABEL_H

#include "format/label.h"

/* The Volume Name in the first block of a tape: of Bareos's and Bacula's own labels, and ANSI's VOL1. */
bool tapelabel_name(struct span block, char name[static LABEL_NAME_BYTES]);

#endif
