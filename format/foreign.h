/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels of 80 bytes that ANSI X3.27 and IBM want on tapes, around what Bareos and Bacula write.  formats/volume-format.md 1.6 */
#ifndef FORMAT_FOREIGN_H
#define FORMAT_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#define FOREIGN_LABEL_BYTES 80u

/* Is this such a label: VOL1, HDR1, EOF1, EOV2, UHL1..., in ASCII or EBCDIC? */
bool foreign_is_label(const uint8_t at[static FOREIGN_LABEL_BYTES]);

/* One that begins a tape: VOL1, or a user's behind it? */
bool foreign_begins_tape(const uint8_t at[static FOREIGN_LABEL_BYTES]);

#endif
