#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# migrating.sh - every command of docs/migrating.md, in its order, and what its comments "comes back: JOB...", "appends: JOB" and
# "bootstrap: JOB" ask for.
# Run by run.sh, which says what $pkg, $libraries and $servers are.
#
# The chapter's folder of volumes is ours, and the programs that it names are our Bacula's and our server's.
#
# shellcheck disable=SC2317 # check and need call functions by name
set -eu
LC_ALL=C
TZ=UTC
export LC_ALL TZ
umask 022

kind=96-chapter
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/catalog/begin.sh
. "$here/begin.sh"
chapter=$top/docs/migrating.md

# Its volumes are Full-0001, and Long-0002 to Long-0004.
backups() {
	tell 'run job=seqa yes' wait 'run job=seqb yes' wait 'run job=span yes' wait messages
	cat "$work/log/console"
	[ "$(volumes Full | tr '\n' ' ')$(volumes Long | tr '\n' ' ')" = 'Full-0001 Long-0002 Long-0003 Long-0004 ' ]
}
need "the chapter's volumes" backups

# --- its programs ---

mkdir "$work/programs"
program_of() {
	printf '#!/bin/sh\n%s\n' "$2" >"$work/programs/$1"
	chmod 755 "$work/programs/$1"
}
program_of xflate "exec '$XFLATE' \"\$@\""
program_of psql "exec '$bin/psql' \"\$@\""
program_of pg_dump "exec '$bin/pg_dump' \"\$@\""
program_of bconsole "LD_LIBRARY_PATH='$libraries' exec timeout -k 5 60 '$(command -v bconsole)' -n -c '$work/conf/console.conf'"
# It only says what is to be done; the daemons are ours.
program_of systemctl "echo \"\$@\" >>'$work/systemctl'"

# services: what systemctl was asked for
services() {
	[ -e "$work/systemctl" ] || return 0
	while read -r what names; do
		case "$what $names" in
		'stop bacula-director bacula-sd') stop_daemons ;;
		'start bacula-sd bacula-director') start_daemons ;;
		*) not_ok "systemctl $what $names: not what this test knows" ;;
		esac
	done <"$work/systemctl"
	rm "$work/systemctl"
}
stop_daemons() {
	stop "$dir_pid"
	stop "$sd_pid"
	dir_pid=
	sd_pid=
}
start_daemons() {
	stop "$fd_pid"
	start
	need "the daemons are there again" ready Disk
}

# --- its blocks ---

# Pieces of the chapter in their order: N.sh a block of commands, N.comes or N.appends a comment.
mkdir "$work/blocks"
sed "s|/var/lib/bacula/storage|$work/v|g; s|/var/lib/bacula/migration|$work/migration|g" "$chapter" |
	awk -v to="$work/blocks" '
	function name(kind) { return sprintf("%s/%02d.%s", to, ++n, kind) }
	/^```sh$/ { f = name("sh"); on = 1; next }
	/^```/ { if (on) close(f); on = 0 }
	on { print >f }
	/^<!-- comes back: / { f = name("comes"); sub(/^<!-- comes back: /, ""); sub(/ *-->$/, ""); print >f; close(f) }
	/^<!-- bootstrap: / { f = name("bootstrap"); sub(/^<!-- bootstrap: /, ""); sub(/ *-->$/, ""); print >f; close(f) }
	/^<!-- appends: / { f = name("appends"); sub(/^<!-- appends: /, ""); sub(/ *-->$/, ""); print >f; close(f) }'
check "the chapter has commands" test "$(find "$work/blocks" -name '*.sh' | wc -l)" -ge 10 || :
# No other command stands in it: a block that is not sh would not be run.
check "all blocks of the chapter are run" test "$(grep -c '^```' "$chapter")" = $((2 * $(grep -c '^```sh$' "$chapter"))) || :

run_block() { (cd "$work/v" && PATH=$work/programs:$PATH timeout -k 5 120 sh -eu "$1"); }
title() { grep -v '^cd \|^mkdir ' "$1" | head -n 1 | cut -c 1-70; }
appends() {
	tell "run job=$1 yes" wait messages
	cat "$work/log/console"
	! grep -i 'do not match' "$work/log/console" && grep -q 'Ready to append' "$work/log/console"
}
changes=0
for block in "$work/blocks/"*; do
	case $block in
	*.comes)
		# shellcheck disable=SC2046 # words
		restores "chapter" $(cat "$block")
		;;
	*.bootstrap) check "chapter: $(cat "$block") comes back by its file of Write Bootstrap" by_bootstrap "$(cat "$block")" "$work/bsr/$(cat "$block").bsr" || : ;;
	*.appends) check "chapter: $(cat "$block") is appended" appends "$(cat "$block")" || : ;;
	*)
		need "chapter: $(title "$block") ..." run_block "$block"
		if grep -q '^psql.* -v ON_ERROR_STOP' "$block"; then
			changes=$((changes + 1))
			grep -oE '^xflate: (changed|already applied|REFUSED)' "$work/said" | sort -u >"$work/verdicts"
			check "chapter: ... the catalog was changed, and nothing refused" test "$(cat "$work/verdicts")" = 'xflate: changed' || :
		fi
		services
		;;
	esac
done
check "chapter: the catalog was changed at least five times" test "$changes" -ge 5 || :
finish
