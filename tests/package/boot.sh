#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# boot.sh ROOT SCRIPT - systemd itself, started in the folder ROOT that holds a Debian with systemd: it runs /SCRIPT of it and ends.  What that
# says is in ROOT/said, in the end the journal of all units whose names begin with "xflate".
#
# systemd is the first process of namespaces of its own: nothing of it is seen outside, and nothing is left.  That takes root, and mounts.
set -eu
if [ "${1:-}" != inside ]; then
	root=$1
	cat >"$root/etc/systemd/system/boot.target" <<-'END'
		[Unit]
		Requires=boot.service
	END
	cat >"$root/etc/systemd/system/boot.service" <<-END
		[Unit]
		DefaultDependencies=no
		SuccessAction=exit-force
		FailureAction=exit-force
		[Service]
		Type=oneshot
		StandardOutput=append:/said
		StandardError=inherit
		ExecStart=/bin/sh /$2
		ExecStopPost=/bin/sh -c 'journalctl --sync; journalctl -q -b --no-pager -o short-monotonic -u "xflate*"'
	END
	rm -f "$root/said"
	# What systemd says to a console goes nowhere.
	timeout -k 5 100 unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup sh "$0" inside "$root" </dev/null >/dev/null 2>&1 || :
	# Of the control groups it has its own one, which is empty now.
	rmdir /sys/fs/cgroup/init.scope /sys/fs/cgroup/unified/init.scope 2>/dev/null || :
	exit 0
fi
root=$2
mount --make-rprivate /
mount --bind "$root" "$root"
for folder in run tmp dev; do mount -t tmpfs none "$root/$folder"; done
mount -t proc none "$root/proc"
mount -t sysfs -o ro none "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
cd "$root/dev"
while read -r name major minor; do mknod -m 666 "$name" c "$major" "$minor"; done <<END
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
fuse 10 229
END
mkdir pts shm
mount -t devpts -o newinstance,ptmxmode=0666 none pts
ln -s pts/ptmx ptmx
cd "$root"
pivot_root . mnt
# Units see what is mounted for them only where mounts are shared.
mount --make-rshared /
exec env -i container=boot PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --log-target=journal --unit=boot.target
