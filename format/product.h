/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who reads and writes volumes. */
#ifndef FORMAT_PRODUCT_H
#define FORMAT_PRODUCT_H

/* PRODUCT_BAREOS_22 stands for 22 and all before it; PRODUCT_ANY for what every reader takes. */
enum product { PRODUCT_BAREOS, PRODUCT_BAREOS_22, PRODUCT_BACULA, PRODUCT_ANY };

/* "bareos", "bareos-22", "bacula", "any" */
const char *product_name(enum product p);

#endif
