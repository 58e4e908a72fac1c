/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/product.h"

const char *product_name(enum product p)
{
	switch (p) {
	case PRODUCT_BAREOS: return "bareos";
	case PRODUCT_BAREOS_22: return "bareos-22";
	case PRODUCT_BACULA: return "bacula";
	case PRODUCT_ANY: return "any";
	}
	return "";
}
