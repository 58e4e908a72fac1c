#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/slurm: slurmctld and three slurmd, each of them in a PID namespace of its own; a node is cut off in the middle, the controller is killed.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/machines/lib.sh
. "$(dirname "$0")/lib.sh"

slurm=$work/slurm
mkdir -p /run/munge "$slurm/state" "$slurm/spool" || exit 1
chmod 755 "$work" /run/munge
hostname machine
echo "127.0.0.1 localhost machine n1 n2 n3" >"$slurm/hosts"
mount --bind "$slurm/hosts" /etc/hosts
head -c 128 /dev/urandom >"$slurm/munge.key"
chmod 400 "$slurm/munge.key"
munged --foreground --force --key-file "$slurm/munge.key" --socket /run/munge/socket --pid-file "$slurm/munge.pid" --seed-file "$slurm/munge.seed" \
	--log-file "$slurm/munge.log" 2>"$slurm/munge.err" &
check 'munged answers' until_true 10 sh -c 'munge -S /run/munge/socket -n | unmunge -S /run/munge/socket'

# What makes a test of minutes one of seconds is in the last lines.
cat >"$slurm/slurm.conf" <<EOF2
ClusterName=test
SlurmctldHost=machine(127.0.0.1)
SlurmctldPort=17000
SlurmUser=root
AuthInfo=socket=/run/munge/socket
CommunicationParameters=NoInAddrAny
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool/%n
SlurmctldPidFile=$slurm/ctld.pid
SlurmdPidFile=$slurm/%n.pid
SlurmctldLogFile=$slurm/ctld.log
SlurmdLogFile=$slurm/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SlurmdParameters=config_overrides
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/linear
JobRequeue=1
ReturnToService=2
NodeName=n1 NodeHostname=machine NodeAddr=127.0.0.1 Port=17001 CPUs=1
NodeName=n2 NodeHostname=machine NodeAddr=127.0.0.1 Port=17002 CPUs=1
NodeName=n3 NodeHostname=machine NodeAddr=127.0.0.1 Port=17003 CPUs=1
PartitionName=all Nodes=n1,n2,n3 Default=YES MaxTime=10
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
KillWait=2
MinJobAge=300
EOF2
SLURM_CONF=$slurm/slurm.conf
export SLURM_CONF
start_controller() {
	slurmctld -D -f "$SLURM_CONF" >>"$slurm/ctld.out" 2>&1 &
	ctld=$!
}
# A node has its own host name for what runs there: xflate-unit names its folder so.
node() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare --pid --fork --kill-child --mount-proc --uts sh -c 'hostname "$1"; exec slurmd -D -N "$1" -f "$SLURM_CONF"' sh "$1" >"$slurm/$1.out" 2>&1 &
}
start_controller
node n1
node n2
n2=$!
node n3
all_idle() { [ "$(sinfo -h -N -o '%t' | grep -c '^idle$')" = 3 ]; }
check 'three nodes are idle' until_true 20 all_idle || { tail -n 5 "$slurm"/*.log "$slurm"/*.out | sed 's/^/# /'; sinfo -N | sed 's/^/# /'; }

# ---- a plan ----
# shellcheck disable=SC2086 # words
run "$contrib/slurm/xflate-slurm" "$plan" "$results" $options --limit-rate "$rate"
expect_status 0 'a plan is given to Slurm'
array=$(head -n 1 "$out")
merge=$(tail -n 1 "$out")
is "$(wc -l <"$out")" 2 'as one array, and the merge'
check 'n2 is in the middle of a unit' until_true 20 at_work n2
task=$(squeue -h -w n2 -o %i | head -n 1)
kill -KILL "$n2"
wait "$n2" 2>/dev/null
# Without this it takes Slurm half a minute to see, and two until the task runs again.
check 'n2 is cut off: the administrator says so' scontrol update nodename=n2 state=down reason=test
check 'its task, which was running, waits again' until_true 10 sh -c "squeue -h -j '$task' -o %T | grep PENDING"
check 'and may begin at once' scontrol update "jobid=$task" StartTime=now
is "$(scontrol show job "$task" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p')" 1 'for the second time'

# What the controller knows it writes every few seconds.
touch "$work/marker"
saved() { find "$slurm/state/job_state" -newer "$work/marker" | grep -q .; }
check 'the controller has written what it knows' until_true 20 saved
kill -KILL "$ctld"
wait "$ctld" 2>/dev/null
before=$(done_units)
sleep 1
start_controller
check 'the controller was killed, and is there again' until_true 20 scontrol ping
check 'with units still to be done' [ "$before" -lt 10 ]
through() { ! squeue -h -o %i | grep -q .; }
# What Slurm would do in two minutes; and what it leaves to the administrator: a task whose launch a dying node or controller broke off is held,
# and the node on which it was broken off may be taken out of service, all but the dead n2.
nudge() {
	sinfo -h -N -o '%N %T' | while read -r name how; do
		case $name:$how in
		n2:*) ;;
		*:drain* | *:down* | *:fail*) scontrol update "nodename=$name" state=resume ;;
		esac
	done
	squeue -h -t PENDING -o '%i %r' | while read -r waiting why; do
		case $why in
		*BeginTime*) scontrol update "jobid=$waiting" StartTime=now ;;
		*held*) scontrol release "$waiting" ;;
		esac
	done
}
tries=0
until until_true 3 through || [ "$tries" = 40 ]; do
	nudge
	tries=$((tries + 1))
done
check 'all jobs come to their end' through || { squeue; sinfo -N -l; sinfo -R; tail -n 40 "$slurm/ctld.log"; tail -n 10 "$slurm"/n?.log; } | sed 's/^/# /'
is "$(merged "$results/.log/merge")" "$wanted_line" 'the merged report'
check 'each is done, with the bytes that it must have' as_wanted || tail -n 3 "$results/.log"/* | sed 's/^/# /'
state() { scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p'; }
is "$(state "$merge")" FAILED 'the merge ends as one unit did: it has failed'
is "$(scontrol show job "${array}_1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p')" 0 'which was not tried again: give up'

done_testing
