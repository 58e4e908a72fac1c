#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The examples of the manual that go to another host: sshd of Debian, the only thing in a PID namespace with the name "backup", with the
# volumes in /srv/volumes.  Mounts are of this scenario's namespace (run.sh).
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

mount -t tmpfs none /srv && mkdir -p /srv/volumes /srv/restored /run/sshd "$work/ssh" "$work/bin" || exit 1
for key in host user; do ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/$key" || exit 1; done
cp "$work/ssh/user.pub" "$work/ssh/authorized"
chmod 755 "$work"
cat >"$work/ssh/sshd.conf" <<END
ListenAddress 127.0.0.11
Port 2211
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/authorized
PidFile none
UsePAM no
StrictModes no
SetEnv PATH=$work/bin:/usr/bin:/bin
END
cat >"$work/ssh/config" <<END
Host backup
	HostName 127.0.0.11
	Port 2211
	User root
	IdentityFile $work/ssh/user
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
	BatchMode yes
END
# ssh looks for its configuration in the home of the system's list of users, and nowhere else.
printf '#!/bin/sh\nexec /usr/bin/ssh -F "%s" "$@"\n' "$work/ssh/config" >"$work/bin/ssh"
chmod 755 "$work/bin/ssh"
# shellcheck disable=SC2016 # for the inner shell
unshare --pid --fork --kill-child --mount-proc --uts sh -c 'hostname backup; exec /usr/sbin/sshd -D -e -f "$1"' sh "$work/ssh/sshd.conf" 2>"$work/ssh/log" &
check 'the host answers' until_true 10 "$work/bin/ssh" backup true
is "$("$work/bin/ssh" backup hostname)" backup 'by its name'

# volumes_there PAGE: the other host has them
volumes_there() {
	rm -rf /srv/volumes/* /srv/restored/*
	mkdir -p restored
	cp -p Full-0001 Full-0002 /srv/volumes
}
examples machines volumes_there
done_testing
