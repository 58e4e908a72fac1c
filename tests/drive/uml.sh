#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# uml.sh - the test drive behind a true st and sg: boots Debian's user-mode-linux on the files of this machine (read-only,
# under an overlay), makes the drive with target_core_user and tcm_loop, runs scenario_uml.sh in it.  Needs no root and no
# KVM.  Prints its TAP and, last, "N passed, N failed".
#
#   BUILD=dir    where xflate is (default: build); no sanitizers: they do not start in there
#   UML=dir      an unpacked package user-mode-linux (default: the installed one)
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
UML=${UML:-}
linux=$UML/usr/bin/linux.uml
if ! [ -x "$linux" ]; then
	echo "uml.sh: $linux is not there: apt-get install user-mode-linux" >&2
	exit 1
fi
modules=$(echo "$UML"/usr/lib/uml/modules/*/kernel)
[ -d "$modules" ] || modules=$(echo "$UML"/usr/lib/modules/*/kernel)
share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
trap 'exit 1' INT TERM HUP

cc=${CC:-cc}
for part in model model_crypto model_info model_medium; do
	$cc -O1 -g -std=c17 -D_GNU_SOURCE -c -o "$share/$part.o" "tests/drive/$part.c" || exit 1
done
# Not with _GNU_SOURCE: the kernel's header has an iovec of its own.
$cc -O1 -g -std=gnu17 -o "$share/tcmu_drive" tests/drive/tcmu_drive.c "$share"/*.o -lcrypto || exit 1
$cc -O1 -std=gnu17 -shared -fPIC -o "$share/xstate.so" tests/drive/uml_xstate.c -ldl || exit 1

cat >"$share/init" <<INIT
#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -n -t proc p /proc; mount -n -t sysfs s /sys
# Without kmod, which need not be installed.
/usr/bin/python3 -c 'import ctypes, os, sys
for path in sys.argv[2:]:
    fd = os.open(sys.argv[1] + "/" + path + ".ko", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).syscall(313, fd, b"", 0) != 0:
        print(path, os.strerror(ctypes.get_errno()))' $modules \\
	fs/configfs/configfs drivers/scsi/scsi_common drivers/target/target_core_mod drivers/uio/uio \\
	drivers/target/target_core_user drivers/scsi/scsi_mod drivers/target/loopback/tcm_loop drivers/scsi/st drivers/scsi/sg \\
	fs/overlayfs/overlay
mount -n -t tmpfs t /mnt; mkdir /mnt/u /mnt/w /mnt/r
mount -n -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w o /mnt/r
mount -n -t devtmpfs d /mnt/r/dev; mount -n --move /proc /mnt/r/proc; mount -n --move /sys /mnt/r/sys
mount -n -t configfs c /mnt/r/sys/kernel/config
mkdir -p /mnt/r/share; mount -n -t hostfs -o $share h /mnt/r/share
mkdir -p /mnt/r/run; mount -n -t tmpfs t /mnt/r/run
chroot /mnt/r /bin/sh /share/run; sync
/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
INIT
cat >"$share/run" <<RUN
config=/sys/kernel/config/target; store=\$config/core/user_0/tape; mkdir -p \$store
printf %s dev_config=xflate/tape,dev_size=1048576,hw_block_size=512,nl_reply_supported=-1 >\$store/control
echo 1 >\$store/enable
mkfifo /run/ctl
/share/tcmu_drive /dev/uio0 hp-lto6 /run/ctl /run/state 2>/share/handler.log &
loop=\$config/loopback/naa.6001405000000001; mkdir -p \$loop/tpgt_1
echo naa.6001405000000002 >\$loop/tpgt_1/nexus; mkdir \$loop/tpgt_1/lun/lun_0; ln -s \$store \$loop/tpgt_1/lun/lun_0/x
for i in \$(seq 200); do [ -c /dev/nst0 ] && [ -c /dev/sg0 ] && break; sleep 0.05; done
cd $top
NST=/dev/nst0 SG=/dev/sg0 CTL=/run/ctl STATE=/run/state TMPDIR=/tmp XFLATE=$BUILD/xflate sh tests/drive/scenario_uml.sh >/share/tap 2>&1
echo \$? >/share/status
RUN
chmod +x "$share/init"
timeout -k 5 "${UML_SECONDS:-300}" env LD_PRELOAD="$share/xstate.so" "$linux" mem="${UML_MEM:-512M}" root=/dev/root rootfstype=hostfs rootflags=/ ro quiet loglevel=1 \
	con=null con0=null,fd:2 con1=fd:0,fd:1 init="$share/init" </dev/null >"$share/console" 2>&1
if ! [ -f "$share/status" ]; then
	echo "not ok - the guest did not come to its end"
	sed 's/^/# /' "$share/console" | head -n 20
	[ ! -f "$share/tap" ] || sed 's/^/# /' "$share/tap" | tail -n 20
	echo "0 passed, 1 failed"
	exit 1
fi
grep -vE '^1\.\.' "$share/tap" | grep -v '^ok '
failed=$(grep -c '^not ok ' "$share/tap")
grep -q "^1\.\.$(grep -cE '^(not )?ok ' "$share/tap")\$" "$share/tap" || failed=$((failed + 1))
echo "$(grep -c '^ok ' "$share/tap") passed, $failed failed"
[ "$failed" -eq 0 ]
