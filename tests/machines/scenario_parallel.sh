#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/parallel: GNU parallel over three sshd, each the only thing in a PID namespace with a host name of its own; one is cut off in the middle,
# then the controller is killed.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/machines/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/machines/sshd.sh
. "$(dirname "$0")/sshd.sh"

host h1 127.0.0.11
host h2 127.0.0.12
h2=$!
host h3 127.0.0.13
SSH_OPTIONS="-i $work/ssh/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p 2211"
export SSH_OPTIONS
# shellcheck disable=SC2086 # words
answers() { ssh -o BatchMode=yes $SSH_OPTIONS root@127.0.0.1$1 hostname; }
for n in 1 2 3; do check "h$n answers" until_true 10 answers $n; done
is "$(answers 2)" h2 'by its own name'
printf '1/root@127.0.0.1%s\n' 1 2 3 >"$work/hosts"

controller() {
	# shellcheck disable=SC2086 # words
	unshare --pid --fork --kill-child --mount-proc "$contrib/parallel/xflate-parallel" "$work/hosts" "$plan" "$results" $options --limit-rate "$rate" \
		>"$work/controller.out" 2>"$work/controller.err" &
	controller=$!
}

# ---- the controller is killed, at work ----
controller
check 'three units are done' until_true 30 at_least 3
kill -KILL "$controller"
wait "$controller" 2>/dev/null
check 'killed, it leaves work' [ "$(done_units)" -lt 10 ]
made >"$work/before"

# ---- the same command again, and a host dies ----
controller
check 'h2 is in the middle of a unit' until_true 30 at_work h2
kill -KILL "$h2"
wait "$h2" 2>/dev/null
fails 'it answers no more' answers 2
wait "$controller"
is $? 1 'all the others end the plan: one unit has failed'
cp "$work/controller.out" "$out"
cp "$work/controller.err" "$err"
is "$(merged "$out")" "$wanted_line" 'the merged report'
check 'each is done, with the bytes that it must have' as_wanted
made | grep -F -f "$work/before" >"$work/still"
check 'what was done before was not done again' cmp "$work/before" "$work/still"

# ---- and once more ----
made >"$work/before"
controller
wait "$controller"
is $? 1 'a third run'
is "$(merged "$work/controller.out")" "$wanted_line" 'finds the same'
made >"$work/after"
check 'and does nothing anew' cmp "$work/before" "$work/after"

done_testing
