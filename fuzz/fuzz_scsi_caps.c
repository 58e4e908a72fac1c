/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page 0010h and the choice of an algorithm; the lists of protocols and pages. */
#include "scsi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span answer = {data, size};
	struct scsi_capabilities c;
	struct scsi_management m;
	unsigned formats;
	bool listed;
	if (scsi_read_capabilities(answer, &c)) {
		const struct scsi_algorithm *a = scsi_choose_algorithm(&c, true);
		if (c.count > SCSI_ALGORITHMS_MAX || 20 + 24 * (size_t)c.count > size)
			abort();
		if (a && (a->key_bytes != SCSI_KEY_BYTES || a->code != SCSI_ALGORITHM_GCM || scsi_find_algorithm(&c, a->index) == NULL))
			abort();
	}
	(void)scsi_read_protocols(answer, 0x20, &listed);
	(void)scsi_read_page_list(answer, SCSI_PAGE_IN_PAGES, SCSI_PAGE_STATUS, &listed);
	(void)scsi_read_key_formats(answer, &formats);
	(void)scsi_read_management(answer, &m);
	return 0;
}
