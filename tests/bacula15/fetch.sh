#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fetch.sh LIST FOLDER [CACHE] - the packages of group "bacula15" in LIST and all they depend on, and those of group "schema15"
# alone, of Debian trixie, unpacked below FOLDER; FOLDER/loader names the dynamic loader to run its programs with.
#
# The host need not be trixie: apt works on a status and lists of its own in CACHE, with the mirror that the host's apt uses
# for Debian. Nothing is installed or configured. CACHE keeps lists and downloads.
set -eu

list=$1
dest=$2
cache=${3:-$dest/apt}
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$dest" "$cache/lists/partial" "$cache/archives/partial"
dest=$(cd "$dest" && pwd)
cache=$(cd "$cache" && pwd)
say() { echo "fetch.sh: $*" >&2; }

[ -r "$keyring" ] || { say "there is no $keyring (package debian-archive-keyring)"; exit 1; }
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
	awk -F '|' '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4; exit }')
[ -n "$mirror" ] || { say "apt knows no mirror of Debian; apt-get update first"; exit 1; }

: >"$cache/status"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$cache/sources.list"
private() {
	timeout 240 apt-get -q -y -o Dir::State="$cache" -o Dir::State::Lists="$cache/lists" -o Dir::State::status="$cache/status" \
		-o Dir::Cache="$cache" -o Dir::Etc::sourcelist="$cache/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null -o APT::Sandbox::User=root \
		-o Acquire::Languages=none "$@" >"$dest/apt.log" 2>&1 || { cat "$dest/apt.log" >&2; return 1; }
}

packages=$(awk '$1 == "bacula15" { print $2 }' "$list")
set -- "$cache"/archives/*.deb
if [ ! -e "$1" ]; then
	private update
	# shellcheck disable=SC2086 # a list of names
	private --no-install-recommends --download-only install $packages
fi
# Its schemas for other databases alone: nothing that they depend on.
while read -r group package _; do
	[ "$group" = schema15 ] || continue
	set -- "$cache/archives/${package}_"*.deb
	[ -e "$1" ] || (cd "$cache/archives" && private download "$package")
done <"$list"
set -- "$cache"/archives/*.deb
for package; do dpkg -x "$package" "$dest"; done
for loader in "$dest"/usr/lib*/ld-linux*.so.* "$dest"/lib*/ld-linux*.so.*; do
	[ -x "$loader" ] || continue
	ln -sf "$loader" "$dest/loader"
	exit 0
done
say "the packages have no dynamic loader"
exit 1
