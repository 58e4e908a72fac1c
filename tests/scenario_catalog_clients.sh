#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Scripts of xflate catalog sql, statement by statement, with a client that goes on after errors and others at work between them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" "$here/catalog/clients.py"
