#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# packages.sh GROUP... - installs what packages.txt names for these groups and the machine has not.
#
# Silent, and without root, when all is there. Where it cannot install it prints the command that does
# and exits 1. On a system without dpkg it only warns. PACKAGES=FILE: another list.
set -eu
LC_ALL=C
export LC_ALL

list=${PACKAGES:-$(dirname "$0")/../packages.txt}
me=packages.sh

[ $# -gt 0 ] || { echo "usage: tests/packages.sh GROUP... (groups: see packages.txt)" >&2; exit 2; }
for group; do
	# A group may be announced in a comment and still be empty.
	grep -Eq "^${group}[[:space:]]|^#.*[[:space:]]${group}:" "$list" ||
		{ echo "$me: no group $group in packages.txt" >&2; exit 2; }
done

# Names of the groups' packages, each once, in the list's order.
wanted() {
	awk -v groups="$*" '
		BEGIN { n = split(groups, g); for (i = 1; i <= n; i++) want[g[i]] = 1 }
		/^#/ || NF < 2 { next }
		($1 in want) && !seen[$2]++ { print $2 }' "$list"
}

# Those that are neither installed nor provided by something installed (libssl3t64 provides libssl3).
missing() {
	dpkg-query -W -f '${db:Status-Abbrev}\t${Architecture}\t${Package}\t${Provides}\n' 2>/dev/null |
		awk -F '\t' -v arch="$(dpkg --print-architecture)" -v wanted="$(wanted "$@" | tr '\n' ' ')" '
		$1 ~ /^.i/ && ($2 == arch || $2 == "all") {
			have[$3] = 1
			n = split($4, p, /, */)
			for (i = 1; i <= n; i++) { sub(/[ :(].*/, "", p[i]); have[p[i]] = 1 }
		}
		END {
			n = split(wanted, w, " ")
			for (i = 1; i <= n; i++) if (!(w[i] in have)) printf "%s%s", sep++ ? " " : "", w[i]
		}'
}

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "$me: no dpkg here; this needs what Debian calls: $(wanted "$@" | tr '\n' ' ')" >&2
	exit 0
fi

need=$(missing "$@")
[ -n "$need" ] || exit 0

give_up() {
	echo "$me: $1; type as root" >&2
	echo "apt-get update && apt-get install --no-install-recommends $need" >&2
	exit 1
}

apt() {
	set -- env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

command -v apt-get >/dev/null 2>&1 || give_up "missing: $need, and there is no apt-get"
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || give_up "missing: $need, and there is no sudo"
	# Without a terminal nobody can type a password.
	[ -t 0 ] || sudo -n true 2>/dev/null || give_up "missing: $need, and sudo asks for a password"
fi

echo "$me: installing $need" >&2
# What a mirror refuses now may be in the lists already: the install decides.
apt update >&2 || echo "$me: apt-get update failed; trying with the lists that are there" >&2
# shellcheck disable=SC2086 # a list of names
apt install --no-install-recommends $need >&2 || give_up "apt-get install failed"

need=$(missing "$@")
[ -z "$need" ] || give_up "still missing: $need"
