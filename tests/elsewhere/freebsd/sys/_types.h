/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted by the stddef.h of gcc, for types that it makes itself here. */
