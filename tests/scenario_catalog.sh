#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The rows of a real Bareos catalog, in SQLite: right after xflate catalog, or refused and unchanged.  With PostgreSQL, MariaDB and
# directors that restore: make check-catalog.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" "$here/catalog/prove.py" bareos sqlite
