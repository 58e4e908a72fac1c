# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What a program of the tests has said in TAP, for those that run them.  Sourced.

# tap_judge TAP STATUS: sets good, bad, skipped, and why it is no whole report, which is a failure more
tap_judge() {
	good=$(grep -c '^ok ' "$1")
	bad=$(grep -c '^not ok ' "$1")
	skipped=$(grep '^ok ' "$1" | grep -c '# SKIP ')
	good=$((good - skipped))
	plan=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$1")
	why=
	if [ "$plan" != $((good + bad + skipped)) ]; then
		why="its plan is \"$plan\", it reported $((good + bad + skipped)) (exit status $2)"
	elif [ "$plan" = 0 ]; then
		why='it tested nothing'
	elif [ "$2" != 0 ] && [ "$bad" = 0 ]; then
		why="exit status $2"
	fi
	[ -z "$why" ] || bad=$((bad + 1))
}

# tap_line NAME SECONDS: in one line
tap_line() {
	printf '%-28s %s passed, %s failed' "$1" "$good" "$bad"
	[ "$skipped" = 0 ] || printf ', %s skipped' "$skipped"
	printf ' (%s s)\n' "$2"
}

# tap_details FILE...: what failed or was not run, with the comments behind it; FILE: its TAP, and what else it has said
tap_details() {
	awk '/^not ok /{ on = 1 } /^ok |^1\.\./{ on = 0 } on || /^ok .*# SKIP /{ print "    " $0 }' "$1"
	[ -n "$why" ] || return 0
	echo "    not ok - $why"
	tail -n 20 "$@" | sed 's/^/    # /'
}
