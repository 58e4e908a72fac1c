/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libcrypto does not survive an allocation of its own that fails: OpenSSL 3.0 uses what it did not get.  With this the
 * program ends in good order instead. */
#ifndef BASE_CRYPTOMEM_H
#define BASE_CRYPTOMEM_H

/* First thing in main, before libcrypto allocates anything. */
void cryptomem_guard(void);

#endif
