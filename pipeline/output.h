/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the consumers share that make volumes: a volume's beginning, its label, which is made where it is lost, and its end. */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include "pipeline/consumer.h"

/* For struct consumer. */
int output_begin_volume(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));
int output_file_mark(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));
int output_foreign(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));
int output_end_volume(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* A block of the input: its checksum must be right, or made anew. */
int output_old_block(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* A block was written: for the books and the map. */
void output_new_block(void *w, const struct packed_block *b);

/* A volume label of the input; *again: the volume has one by now, and this one is lost. */
int output_label(struct writer *w, const struct item *item, bool *again, struct err *e) __attribute__((warn_unused_result));

/* It, as it is to be written. */
int output_put_label(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* Before item is written, the volume gets a label if it has none: Bareos and Bacula read no volume without.  session: NULL unless item is
 * the label of one. */
int output_need_label(struct writer *w, const struct item *item, const struct session_label *session, struct err *e)
	__attribute__((warn_unused_result));

#endif
