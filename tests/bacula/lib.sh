#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests with a real Bacula share: the lines of their report, three daemons and their end.  Read with $XFLATE set;
# the work folder is $work.
# shellcheck disable=SC2034,SC2154 # for those who read it, and theirs

case $XFLATE in
/*) ;;
*) XFLATE=$PWD/$XFLATE ;;
esac

# --- lines of the report ---

passed=0
failed=0
ok() {
	passed=$((passed + 1))
	echo "ok - $1"
}
not_ok() {
	failed=$((failed + 1))
	echo "not ok - $1"
}
show() { tail -n 25 "$1" | cut -c 1-240 | sed 's/^/# /'; }
finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}
# check TEXT COMMAND...: true or false; what the command said is shown when it is false.
check() {
	text=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		ok "$text"
	else
		not_ok "$text"
		show "$work/said"
		return 1
	fi
}
# need TEXT COMMAND...: the same, and nothing after it makes sense without.
need() { check "$@" || finish; }

# of_package PATH: where it is: unpacked in $pkg, or of a package that the system has
of_package() { if [ -e "$pkg/$1" ]; then echo "$pkg/$1"; else echo "/$1"; fi; }

# --- daemons ---

dir_pid=
sd_pid=
fd_pid=
stop() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null || :
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$1" 2>/dev/null || break
		# Ended, and known as a number until somebody asks how.
		! grep -qs '^State:.Z' "/proc/$1/status" || break
		sleep 0.3
	done
	kill -KILL "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}
# ready STORAGE: all three daemons say so; console COMMAND... is the script's own
ready() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.5
		for pid in "$dir_pid" "$sd_pid" "$fd_pid"; do
			kill -0 "$pid" || { cat "$work/log/"*.out; return 1; }
		done
		console 'status director' "status storage=$1" 'status client=xf-fd' >"$work/status" 2>&1 || continue
		[ "$(grep -c '^Daemon started' "$work/status")" = 3 ] && return 0
	done
	cat "$work/status" "$work/log/"*.out
	return 1
}
# clean_up [COMMAND...]: at the end of the script, however it ends.  COMMAND when the daemons are gone.
clean_up() {
	trap '' INT TERM HUP
	stop "$dir_pid"
	stop "$sd_pid"
	stop "$fd_pid"
	"$@" 2>/dev/null || :
	if [ -n "${KEEP:-}" ]; then echo "kept: $work" >&2; else rm -rf "$work"; fi
}
password() { od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n'; }
