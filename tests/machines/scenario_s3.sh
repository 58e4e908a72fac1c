#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/s3: from bucket to bucket of a real S3 server (OpenStack Swift), with rclone and s3cmd: killed, told to stop, cut short, done once.
# shellcheck disable=SC2317 # called by name
# A newline is not for names of objects here.
ODD="it's one"
# shellcheck source=tests/machines/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" "$here/s3server.py" "$work/s3" 4568 >"$work/s3.log" 2>&1 &
cat >"$work/s3cfg" <<'EOF2'
[default]
access_key = test:tester
secret_key = testing
host_base = 127.0.0.1:4568
host_bucket = 127.0.0.1:4568
use_https = False
EOF2
cat >"$work/rclone.conf" <<'EOF2'
[s3]
type = s3
provider = Other
access_key_id = test:tester
secret_access_key = testing
endpoint = http://127.0.0.1:4568
region = us-east-1
force_path_style = true
EOF2
S3CMD_OPTIONS="-c $work/s3cfg"
RCLONE_CONFIG=$work/rclone.conf
ROOT=$volumes
TMPDIR=$work
export S3CMD_OPTIONS RCLONE_CONFIG ROOT TMPDIR
unset AWS_CA_BUNDLE
# shellcheck disable=SC2086 # words
check 'the S3 server has a bucket' until_true 20 timeout 10 s3cmd $S3CMD_OPTIONS -q mb s3://source || tail -n 5 "$work/s3.log" | sed 's/^/# /'
check 'and one more' rclone mkdir s3:target
check 'volumes are in it' rclone copy "$volumes" s3:source

rc=s3:
sc=s3://
there() { rclone lsf -R --files-only s3:target 2>/dev/null | sort | tr '\n' ' '; }
unit() { # HOW UNIT OPTION...
	how=$1
	listed=$2
	shift 2
	# shellcheck disable=SC2086 # words
	run "$contrib/s3/xflate-s3" "$(list_of "$listed")" "${how}source" "${how}target" $options "$@"
}
slow() {
	# shellcheck disable=SC2086 # words
	"$contrib/s3/xflate-s3" "$(list_of "$1")" "$2source" "$2target" $options --limit-rate 300k 2>"$work/slow.err" &
	slow=$!
	until_true 10 pgrep -f 'limit-rate 300k --exit-class' && sleep 0.5
}

# ---- what goes wrong leaves nothing that looks as if it had gone well ----
check 'one is in the middle' slow vol-gzip6 $rc
kill -KILL "$slow"
wait "$slow" 2>/dev/null
pkill -f 'limit-rate 300k'
check 'killed: nothing stands under a true name' sh -c "! rclone lsf s3:target | grep -v '^.staging/'"
until_true 10 sh -c '! pgrep -f rcat'
rclone purge s3:target/.staging 2>/dev/null
check 'one more is in the middle' slow vol-gzip6 $sc
kill -TERM "$slow"
wait "$slow"
is $? 75 'told to stop: try again'
is "$(there)" '' 'and nothing is left'
for how in $rc $sc; do
	unit "$how" enc256-append
	expect_status 65 "$how without the key: give up"
	is "$(there)" '' "$how the pipe's end is not taken for the end of a volume"
done
# The network gives half of an object and says that all is well; and: all of it, and then that it is not.
mkdir "$work/cut" "$work/late"
real=$(command -v rclone)
# shellcheck disable=SC2016 # for the scripts
printf '#!/bin/sh\n[ "$1" = cat ] || exec %s "$@"\ncase $2 in *:source/*) %s "$@" | head -c %s ;; *) exec %s "$@" ;; esac\n' "$real" "$real" 300000 "$real" >"$work/cut/rclone"
# shellcheck disable=SC2016 # for the scripts
printf '#!/bin/sh\n%s "$@"\nstatus=$?\n[ "$1" != cat ] || exit 1\nexit $status\n' "$real" >"$work/late/rclone"
chmod +x "$work/cut/rclone" "$work/late/rclone"
path=$PATH
PATH=$work/cut:$path
unit $rc plain-interleave
expect_status 75 'an object that is cut short: try again'
PATH=$work/late:$path
unit $rc plain-interleave
expect_status 75 'an error at its end: try again'
# Without --on-damage xflate ends with an error of its own where the network breaks off.
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\n[ "$1" = cat ] || exec %s "$@"\n%s "$@" | head -c %s\nexit 1\n' "$real" "$real" 300000 >"$work/late/rclone"
options='-q -r gzip:1'
unit $rc plain-interleave
expect_status 75 'broken off in the middle, without --on-damage: try again'
options='-q -r gzip:1 --on-damage=skip'
PATH=$path
is "$(there)" '' 'nothing is written of both'

# Objects of one name in two folders.
for year in 2023 2024; do
	check "$year: an object" rclone copyto "$volumes/$([ $year = 2023 ] && echo vol-gzip6 || echo plain-interleave)" s3:source/$year/same
	printf '%s\0' "$year/same" >"$work/1.same-$year"
	run "$contrib/s3/xflate-s3" "$work/1.same-$year" ${rc}source ${rc}target -q -r gzip:1
	expect_status 0 "$year: a unit of an object of the same name"
done
is "$(there)" '2023/same 2024/same same-2023.map same-2023.report.json same-2024.map same-2024.report.json ' 'each stays in its folder'
printf '2023/same\0' | cat - "$work/1.same-2024" >"$work/1.both"
run "$contrib/s3/xflate-s3" "$work/1.both" ${rc}source ${rc}target -q -r gzip:1
expect_status 65 'both in one unit: refused'
rclone purge s3:target/2023
rclone purge s3:target/2024
rclone delete s3:target --include 'same-*'

# ---- what goes well: a pipe, and a set through scratch space, with each of them ----
all='vol-span-gzip6-1 vol-multi small-lzo vol-gzip6'
how=$sc
for name in $all; do
	unit "$how" "$name"
	expect_status 0 "$how $name"
	[ "$how" = $sc ] && how=$rc || how=$sc
done
mkdir "$work/to"
check 'what came of it' rclone copy s3:target "$work/to"
wrong=
for name in $all; do
	for volume in "$work/wanted/$name"/*; do cmp "$volume" "$work/to/${volume##*/}" || wrong=yes; done
done
is "$wrong" '' 'each volume has the bytes that it must have'
is "$(find "$work/to" -name '*.report.json' | wc -l) $(find "$work/to" -name '*.map' | wc -l) $(find "$work/to" -type f | wc -l)" '4 4 13' \
	'four units have their reports and maps; nothing else is there'
run "$XFLATE" report merge "$work/to"
is "$(merged "$out" | sed 's/^[0-9]* reports[^:]*: //')" '3 done, 1 damaged, 0 failed, 0 twice' 'the merged report'
there >"$work/before"
unit $rc vol-gzip6
expect_status 0 'once more'
says 'vol-gzip6: done already' 'done already'
there >"$work/after"
check 'nothing anew' cmp "$work/before" "$work/after"

done_testing
