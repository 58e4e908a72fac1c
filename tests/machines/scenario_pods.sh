#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/kubernetes: no cluster; what its container runs, word for word, as process number 1 of a PID namespace with JOB_COMPLETION_INDEX set, as its
# indexed Job would begin it: pods killed and stopped, begun anew as its rules for exit codes say.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/machines/lib.sh
. "$(dirname "$0")/lib.sh"

# The command, with where things are here, and a rate.
"$PYTHON" - "$contrib/kubernetes/job.yaml" "$work" <<'EOF2'
import sys
import yaml
job = yaml.safe_load(open(sys.argv[1]))
spec = job['spec']
assert (job['apiVersion'], job['kind'], spec['completionMode']) == ('batch/v1', 'Job', 'Indexed')
container = spec['template']['spec']['containers'][0]
assert container['command'] == ['/bin/sh', '-c'] and len(container['args']) == 1
rule = spec['podFailurePolicy']['rules'][0]
assert (rule['action'], rule['onExitCodes']['containerName'], rule['onExitCodes']['operator']) == ('FailIndex', container['name'], 'In')
with open(sys.argv[2] + '/command', 'w') as f:
    f.write(container['args'][0])
with open(sys.argv[2] + '/hopeless', 'w') as f:
    f.write(' '.join(str(value) for value in rule['onExitCodes']['values']))
EOF2
is "$(cat "$work/hopeless")" 65 'the Job gives up an index with exit status 65'
mkdir "$work/bin"
ln -s "$XFLATE_UNIT" "$work/bin/xflate-unit"
ln -s "$XFLATE" "$work/bin/xflate"
ln -s "$shared" "$work/shared"
unset XFLATE
check 'the command names what it must' grep -q 'xflate-unit .*/shared/plan/units /shared/results --recompress zstd --on-damage skip' "$work/command"
command=$(sed "s|/shared|$work/shared|g; s|--recompress zstd|-q --recompress gzip:1 --limit-rate $rate|" "$work/command")

# pod INDEX: $! is its first process's parent; kill -9 of that is a node that is gone
pod() {
	# shellcheck disable=SC2016 # for the inner shell
	JOB_COMPLETION_INDEX=$1 PATH=$work/bin:$PATH unshare --pid --fork --kill-child --mount-proc --uts \
		sh -c 'hostname "xflate-$JOB_COMPLETION_INDEX"; exec /bin/sh -c "$0"' "$command" 2>>"$work/pods.err" &
}
pod 9
node=$!
check 'a pod is in the middle' until_true 10 at_work xflate-9
kill -KILL "$node"
wait "$node" 2>/dev/null
pod 8
stopped=$!
check 'one more is' until_true 10 at_work xflate-8
kill -TERM "$(pgrep -P "$stopped")"
wait "$stopped"
is $? 75 'told to stop, as process number 1, it ends: try again'

# What the Job does: two at a time; who fails is begun anew, five times, but for who is to be given up.
index_of() { # INDEX
	for _ in 1 2 3 4 5; do
		pod "$1"
		wait $!
		ended=$?
		case $ended in 0 | 65) break ;; esac
	done
	echo "$ended" >"$work/index.$1"
}
(for index in 0 2 4 6 8 10; do index_of $index; done) &
one=$!
for index in 1 3 5 7 9; do index_of $index; done
wait "$one"
is "$(cat "$work"/index.* | sort | uniq -c | tr -s ' \n' ' ')" ' 10 0 1 65 ' 'ten indexes succeed, one fails'
XFLATE=$work/bin/xflate "$contrib/xflate-merge" "$plan" "$results" >"$out"
is "$(merged "$out")" "$wanted_line" 'the merged report'
check 'each is done, with the bytes that it must have' as_wanted

done_testing
