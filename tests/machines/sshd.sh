#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# For scenarios that go to other hosts: Debian's sshd, each the only thing in a PID namespace with a host name of its own.  Read behind lib.sh;
# the user's key is $work/ssh/user, the port 2211.
# shellcheck disable=SC2154 # work: of tests/lib.sh

mkdir -p /run/sshd "$work/ssh" || exit 1
for key in host user; do ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/$key" || exit 1; done
cp "$work/ssh/user.pub" "$work/ssh/authorized"
chmod 755 "$work"
# host NAME ADDRESS [LINE]: $! is what keeps it alive; a further line of sshd_config
host() {
	cat >"$work/ssh/$1.conf" <<END
ListenAddress $2
Port 2211
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/authorized
PidFile none
UsePAM no
StrictModes no
MaxStartups 100
${3:-}
END
	# shellcheck disable=SC2016 # for the inner shell
	unshare --pid --fork --kill-child --mount-proc --uts sh -c 'hostname "$1"; exec /usr/sbin/sshd -D -e -f "$2"' sh "$1" "$work/ssh/$1.conf" 2>"$work/ssh/$1.log" &
}
