#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh - the packages: built from what git has, looked at by lintian, installed into a fresh Debian, which runs their tests, and removed
# again without a trace.  Prints what is tried, and last "N passed, N failed".
#
#   FULL=1    also: builds the package once more in another folder, with another umask, time zone and language, byte for byte the same;
#             that of rpm; and starts the units of systemd, by systemd itself (boot.sh), the key's with the test drive of tests/drive
#   KEEP=1    leaves the work folder, and says where it is
#
# The fresh Debian is a folder that mmdebstrap fills, from the mirror of this machine's apt, and a chroot: that takes root, and neither mounts
# nor a running systemd; FULL=1 takes namespaces, too.
# shellcheck disable=SC2317 # check, fails and need call functions by name
VOLUMES=$(cd "$(dirname "$0")/../volumes" && pwd)
XFLATE=none
export VOLUMES XFLATE
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
top=${here%/tests/package}
[ -z "${KEEP:-}" ] || trap 'echo "# kept: $work"' EXIT

finish() {
	echo "$((tests - failures)) passed, $failures failed"
	[ "$failures" = 0 ]
	exit
}
# need TEXT COMMAND...: without it there is no use in going on
need() { check "$@" || finish; }

need 'only root may fill a folder with a system' test "$(id -u)" = 0
version=$(cat "$top/VERSION")
arch=$(dpkg --print-architecture)
deb=xflate_${version}_$arch.deb
debug=xflate-dbgsym_${version}_$arch.deb

check 'versions and packages that are needed are the same everywhere' "$top/tests/lint_packages"

# --- built ---

# sources FOLDER: what git has of the last commit, also if there is another one meanwhile
commit=$(git -C "$top" rev-parse HEAD)
sources() { mkdir -p "$1" && git -C "$top" archive "$commit" | tar -xf - -C "$1"; }
# build KIND FOLDER VARIABLE=VALUE...: Debian's packages of the sources there, into the folder above
build() {
	kind=$1
	folder=$2
	shift 2
	(cd "$folder" && env -i PATH="$PATH" HOME="$work" LC_ALL=C DEB_BUILD_PROFILES=nocheck DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" "$@" dpkg-buildpackage --build="$kind" -us -uc) \
		>"$work/built" 2>&1 || { tail -n 30 "$work/built"; return 1; }
}
sources "$work/one/xflate"
need 'the package is built' build full "$work/one/xflate"
cd "$work/one" || exit 1
for flag in 'stack-protector' '_FORTIFY_SOURCE' 'z,now' 'Werror=format-security'; do
	check "with $flag, as Debian wants it" grep -q -- "$flag" "$work/built"
done
# -P: pedantic ones are not asked for; volumes and the corpus have long lines.
check 'lintian has nothing to say, be it for information' lintian --allow-root --fail-on error,warning,info -I "xflate_${version}_$arch.changes"
dpkg-deb -c "$deb" | awk '{ print $6 }' >"$work/holds"
fails 'it holds no file of a name that Bareos has' grep -E '/(s?bin/bscrypto|man8/bscrypto\.8.*)$' "$work/holds"

if [ -n "${FULL:-}" ]; then
	sources "$work/another folder/of a longer name/xflate-$version"
	umask 027
	check 'it is built in another folder, at another time, in another language' \
		build binary "$work/another folder/of a longer name/xflate-$version" TZ=Asia/Kathmandu LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS='nocheck parallel=1'
	umask 022
	for package in "$deb" "$debug"; do
		check "$package: the same, byte for byte" cmp "$package" "../another folder/of a longer name/$package"
	done

	git -C "$top" archive --prefix="xflate-$version/" "$commit" | gzip -n >"$work/xflate-$version.tar.gz"
	# Debian's rpm knows none of the packages that are needed; the tests run elsewhere.
	check 'rpmbuild makes a package of it' rpmbuild --quiet --nodeps --nocheck --define "_topdir $work/rpm" -tb "$work/xflate-$version.tar.gz"
	rpm -qlp "$work"/rpm/RPMS/*/xflate-"$version"-*.rpm >"$work/rpmholds" 2>/dev/null
	for file in /usr/bin/xflate /usr/lib/xflate/bscrypto /usr/lib/systemd/system/xflate-verify@.timer /usr/share/xflate/contrib/xflate-unit; do
		check "it holds $file" grep -qx "$file" "$work/rpmholds"
	done
	check 'it holds the page of bscrypto by a name of its own' grep -q '^/usr/share/man/man8/bscrypto\.xflate\.8' "$work/rpmholds"
	fails 'and no file of a name that Bareos has' grep -E '/(s?bin/bscrypto|man8/bscrypto\.8.*)$' "$work/rpmholds"
fi

# --- units and profiles ---

dpkg-deb -x "$deb" "$work/unpacked"
mkdir "$work/units"
unit_is_right() { systemd-analyze verify --man=no --recursive-errors=no "$1"; }
for name in key verify; do
	# Where the program is now.
	sed "s|\"/usr/|\"$work/unpacked/usr/|" "$work/unpacked/usr/lib/systemd/system/xflate-$name@.service" >"$work/units/xflate-$name@nst0.service"
	check "xflate-$name@: systemd has nothing to say" unit_is_right "$work/units/xflate-$name@nst0.service"
	check "xflate-$name@: nothing that it leaves open is of weight" systemd-analyze security --offline=true --threshold=20 --no-pager \
		"$work/units/xflate-$name@nst0.service"
done
cp "$work/unpacked/usr/lib/systemd/system/xflate-verify@.timer" "$work/units/xflate-verify@nst0.timer"
check 'the timer: systemd has nothing to say' unit_is_right "$work/units/xflate-verify@nst0.timer"
sed -i 's/^ProtectHome=/ProtectedHome=/' "$work/units/xflate-verify@nst0.service"
fails 'a word that systemd does not know is told' unit_is_right "$work/units/xflate-verify@nst0.service"
check 'AppArmor takes its profiles' apparmor_parser -Q -K "$work/unpacked/etc/apparmor.d/xflate"

# --- installed into a fresh Debian, used, removed ---

root=$work/root
. /etc/os-release
# This machine's apt may know other archives than Debian's.
archives() {
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk '$1 == "Debian" || $1 == "Ubuntu" { print "deb", $2, $3, $4 }' | sort -u
}
archives >"$work/archives"
depends=$(dpkg-deb -f "$deb" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g')
need 'a fresh Debian, with what the package depends on' mmdebstrap --quiet --variant=apt --include="$depends" "$VERSION_CODENAME" "$root" "$work/archives"
in_root() { DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
# What is there, with what it is and holds, but for the records of dpkg and apt, and logs.
stand() {
	(cd "$root" && find . \( -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log -o -path ./tmp -o -path ./proc -o -path ./dev \) \
		-prune -o -type f ! -name ld.so.cache -exec sha256sum {} + -o ! -type f -printf '%y %m %p %l\n' | sort)
}
mkdir -p "$root/tmp/packages"
cp "$deb" "$root/tmp/packages"
stand >"$work/before"
need 'it is installed' in_root dpkg -i "/tmp/packages/$deb"
is "$(in_root xflate --version | head -n 1)" "xflate $version" 'it runs'
in_root xflate --version >"$out"
check 'QR codes are built in' grep -q '^QR codes: libqrencode' "$out"
check 'indexes are built in' grep -q '^indexes: SQLite' "$out"
check 'so are archives, mounts and iSCSI' sh -c "ldd '$work/unpacked/usr/bin/xflate' | grep -c 'libarchive\|libfuse3\|libiscsi' | grep -qx 3"
is "$(in_root readlink -f /usr/bin/bscrypto)" /usr/bin/xflate 'bscrypto leads to it'
check 'bscrypto answers by its name' in_root bscrypto --help
is "$(in_root readlink -f /usr/share/man/man8/bscrypto.8.gz)" /usr/share/man/man8/bscrypto.xflate.8.gz 'so does its page'
check 'it is removed' in_root dpkg --purge xflate
stand >"$work/after"
check 'and leaves nothing' diff "$work/before" "$work/after"

# A package that has bscrypto as Bareos's has it.
mkdir -p "$work/bareos/DEBIAN" "$work/bareos/usr/bin" "$work/bareos/usr/share/man/man8"
printf '#!/bin/sh\necho of Bareos\n' >"$work/bareos/usr/bin/bscrypto"
chmod 755 "$work/bareos/usr/bin/bscrypto"
page=usr/share/man/man8/bscrypto.8.gz
echo of Bareos >"$work/bareos/$page"
# The program and its page.
whose() { in_root sh -c "bscrypto; cat /$page"; }
theirs='of Bareos
of Bareos'
printf 'Package: bareos-like\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@xflate.example>\nDescription: a bscrypto\n' >"$work/bareos/DEBIAN/control"
dpkg-deb -b "$work/bareos" "$root/tmp/packages/bareos.deb" >"$out" 2>&1
check 'a bscrypto of Bareos is installed' in_root dpkg -i /tmp/packages/bareos.deb
check 'and xflate behind it' in_root dpkg -i "/tmp/packages/$deb"
is "$(whose)" "$theirs" 'it is still of Bareos'
check 'xflate is removed' in_root dpkg --purge xflate
is "$(whose)" "$theirs" 'it is of Bareos even then'
check 'that of Bareos is removed' in_root dpkg --purge bareos-like
check 'xflate first' in_root dpkg -i "/tmp/packages/$deb"
check 'a bscrypto of Bareos behind it' in_root dpkg -i /tmp/packages/bareos.deb
is "$(whose)" "$theirs" 'it is of Bareos'
check 'xflate is removed before it' in_root dpkg --purge xflate
is "$(whose)" "$theirs" 'and does not take it along'
check 'it is removed, too' in_root dpkg --purge bareos-like
stand >"$work/after"
check 'and both leave nothing' diff "$work/before" "$work/after"

# --- its own tests, with Debian's Bacula ---

need 'its apt knows what there is' in_root apt-get -qq update
own_tests() {
	autopkgtest -q "$work/one/$deb" "$work/one/xflate" -- chroot "$root" >"$work/tests" 2>&1 && return
	grep -E 'not ok|PASS|FAIL' "$work/tests"
	return 1
}
check 'its own tests: bls and bextract of Debian, scenarios' own_tests
[ -n "${FULL:-}" ] || finish

# --- the units, started by systemd ---

# boots FILE: what is in it is done with systemd as the first process; $out has what is said, and the journal
boots() {
	cp "$here/$1" "$root/script"
	"$here/boot.sh" "$root" script
	cp "$root/said" "$out"
}
# was PATTERN TEXT: a line of that
was() {
	check "$2" grep -Eq -- "$1" "$out" || show "$out"
}
need 'systemd is installed' in_root apt-get -qq -y --no-install-recommends install systemd systemd-sysv dbus
need 'xflate is installed' in_root dpkg -i "/tmp/packages/$deb"
mkdir -p "$root/backup/my volumes" "$root/etc/xflate"
cp "$VOLUMES/bareos/vol-gzip6" "$root/backup/my volumes"
chmod 600 "$root/backup/my volumes/vol-gzip6"
boots verify.in
was '^start: 0$' 'xflate-verify@: a sound folder, with a volume that root alone may read'
was 'xflate.*: sound: 1 of 1 volume looked at, .* in 1 unit$' 'the journal says so'
was '^start once more: [^0]' 'a damaged one: the service fails'
was '^its status: 3$' 'with the exit status of damage'
was 'damaged: .*FileIndex 10 ' 'the journal says where'
was '^the timer is on: active$' 'the timer waits for its day'

# shellcheck disable=SC2046,SC2086 # options
check 'the test drive is built' ${CC:-cc} -O1 -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(pkg-config --cflags fuse3) -o "$root/fuse_drive" \
	"$top/tests/drive/fuse_drive.c" "$top/tests/drive/model.c" "$top/tests/drive/model_crypto.c" "$top/tests/drive/model_info.c" \
	"$top/tests/drive/model_medium.c" $(pkg-config --libs fuse3) -lcrypto
# Its first block is a label.
head -c 208 "$VOLUMES/bareos/vol-gzip6" >"$root/label"
boots key.in
was '^start: 0$' 'xflate-key@: it starts'
was '^key=[0-9a-f]{16}$' 'a key is in the drive'
was '^ukad=vol-gzip6 [0-9a-f]{8}$' 'and tells the drive whose it is'
was '^stop: 0$' 'it stops'
was '^key=none$' 'no key is in the drive any more'
was 'a label without a key: [^0]' 'a tape whose key is not there: it fails'
finish
