#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fetch.sh LIST FOLDER [CACHE [GROUP...]] - the packages of these groups in LIST ("bacula" if none is named), unpacked below
# FOLDER.
#
# Nothing is installed or configured: no daemon starts, no database question is asked. A package that
# the host has already is left out, its programs are found where they are. CACHE keeps the downloads.
set -eu

list=$1
dest=$2
cache=${3:-$dest/debs}
shift $(($# < 3 ? $# : 3))
groups=${*:-bacula}
mkdir -p "$dest" "$cache"
dest=$(cd "$dest" && pwd)

missing=
while read -r group package rest; do
	case " $groups " in *" $group "*) ;; *) continue ;; esac
	[ -z "$rest" ] || { echo "fetch.sh: $list: words after $package" >&2; exit 1; }
	case " $missing " in *" $package "*) continue ;; esac
	status=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null) || status=
	case $status in
	*not-installed*|'') missing="$missing $package" ;;
	*installed*) ;;
	*) missing="$missing $package" ;;
	esac
done <"$list"

# apt drops to another user for downloads, which could not write here.
get() { (cd "$cache" && timeout 240 apt-get -q -o APT::Sandbox::User=root download "$@" >"$dest/apt.log" 2>&1); }

absent=
for package in $missing; do
	set -- "$cache/${package}_"*.deb
	[ -e "$1" ] || absent="$absent $package"
done
# shellcheck disable=SC2086 # a list of names
if [ -n "$absent" ] && ! get $absent; then
	# A fresh machine has no package lists yet.
	[ "$(id -u)" != 0 ] || timeout 240 apt-get -q update >"$dest/apt.log" 2>&1 || { cat "$dest/apt.log" >&2; exit 1; }
	get $absent || { cat "$dest/apt.log" >&2; exit 1; }
fi

for package in $missing; do
	set -- "$cache/${package}_"*.deb
	[ $# = 1 ] || { echo "fetch.sh: $cache holds $# versions of $package; remove it" >&2; exit 1; }
	dpkg -x "$1" "$dest"
done
