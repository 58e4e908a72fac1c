#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# manifest.sh [-x] FOLDER - everything of a tree that a restore must bring back, a line each:
#   path type mode owner size mtime target   every entry (the size of regular files only)
#   = digest path                            content
#   + path path...                           names of one file
#   @ ...                                    extended attributes and ACLs (not with -x)
set -eu
LC_ALL=C
export LC_ALL

attributes=true
[ "$1" != -x ] || { attributes=false; shift; }
cd "$1"

tab=$(printf '\t')
find . \( -type f -printf '%p\t%y\t%m\t%U:%G\t%s\t%T@\n' -o -printf '%p\t%y\t%m\t%U:%G\t-\t%T@\t%l\n' \) |
	sed 's/\.0000000000//' | sort
find . -type f -print0 | sort -z | xargs -0 sha256sum | sed 's/^/= /'
find . -type f -links +1 -printf '%i\t%p\n' | sort -t "$tab" -k 2 | awk -F '\t' '
	!($1 in names) { order[++n] = $1 }
	{ names[$1] = names[$1] " " $2 }
	END { for (i = 1; i <= n; i++) print "+" names[order[i]] }'
if $attributes; then
	find . \( -type f -o -type d \) -print0 | sort -z |
		xargs -0 getfattr -h -d -m '^(user\.|system\.posix_acl)' -e hex -- | sed '/^$/d; s/^/@ /'
fi
