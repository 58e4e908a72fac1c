#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The examples of the manual that go to another host: sshd of Debian, the only thing in a PID namespace with the name "backup", with the
# volumes in /srv/volumes.  Mounts are of this scenario's namespace (run.sh).
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/machines/sshd.sh
. "$(dirname "$0")/sshd.sh"

mount -t tmpfs none /srv && mkdir -p /srv/volumes /srv/restored "$work/bin" || exit 1
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
host backup 127.0.0.11 "SetEnv PATH=$work/bin:/usr/bin:/bin"
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
