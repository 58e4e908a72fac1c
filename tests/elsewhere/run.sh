#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [PART...] - the program under other compilers, processors, C libraries and systems, and what analyzers say of it; all parts, or those
# that are named:
#
#   clang      builds without a warning, and its unit tests pass
#   analyzers  cppcheck and gcc -fanalyzer find nothing that is not in analyzers.known
#   valgrind   the unit tests of secrets and ciphers, and commands with keys: no invalid access, nothing uninitialised decides, no leak
#   user       the tests as an ordinary user, in a folder with a long name, without network, in another language
#   i386       32 bits: builds without a warning, unit tests and some scenarios pass
#   trixie     the next Debian, with its gcc and OpenSSL: the same
#   s390x      a big-endian processor, emulated: builds without a warning, unit tests pass, and it writes the bytes that this one writes
#   musl       another C library: every file compiles, as far as Debian's headers of the libraries do without glibc
#
#   XFLATE=path      this system's program, whose bytes s390x must write (default: build/xflate)
#   SCENARIOS=names  for user, i386 and trixie, instead of the five or so that each takes; all: every one there is
#   MIRROR=url       of Debian (default: http://deb.debian.org/debian)
#   S390X_SECONDS=n  for the runs whose bytes are compared (default: 600; all of them take longer)
#   KEEP=1           leaves the work folder, and says where it is
#
# i386, trixie and s390x take root: each is a folder that mmdebstrap fills from the mirror, and a chroot in namespaces of its own, without
# network.  Prints what is tried, after each part its time, and last "N passed, N failed".
# shellcheck disable=SC2317 # check calls functions by name
VOLUMES=$(cd "$(dirname "$0")/../volumes" && pwd)
export VOLUMES
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
top=${here%/tests/elsewhere}
[ -z "${KEEP:-}" ] || trap 'echo "# kept: $work"' EXIT
jobs=$(nproc)
SCENARIOS=${SCENARIOS:-scenario_convert scenario_verify scenario_encrypt scenario_keys scenario_cache scenario_extract scenario_catalog}
[ "$SCENARIOS" != all ] || SCENARIOS=$(cd "$top/tests" && basename -s .sh scenario_*.sh | paste -sd' ' -)
S390X_SECONDS=${S390X_SECONDS:-600}
MIRROR=${MIRROR:-http://deb.debian.org/debian}

# quietly COMMAND...: its last words where it fails; all of them are in $work/log
quietly() { "$@" >"$work/log" 2>&1 </dev/null || { tail -n 15 "$work/log"; return 1; }; }

# has PROGRAM... : else that is what failed
has() {
	for program; do
		command -v "$program" >/dev/null || { not_ok "$part: there is no $program here: tests/packages.sh elsewhere"; return 1; }
	done
}
is_root() { [ "$(id -u)" = 0 ] || { not_ok "$part: a system of its own takes root"; return 1; }; }

# sources FOLDER: what git has of the last commit
sources() { mkdir -p "$1" && git -C "$top" archive HEAD | tar -xf - -C "$1"; }

# suite TEXT COMMAND...: tests/run, which reports that all passed; how many they are
suite() {
	suite=$1
	shift
	"$@" >"$work/log" 2>&1 </dev/null
	result=$(tail -n 1 "$work/log" | grep -E '^[0-9]+ passed, [0-9]+ failed$')
	case $result in
	'') not_ok "$suite: broke off" && tail -n 15 "$work/log" | sed 's/^/# /' ;;
	*' 0 failed') ok "$suite: $result$(sed -n 's/^\([0-9]* skipped\):.*/, \1/p' "$work/log")" ;;
	*) not_ok "$suite: $result" && grep -E -A 3 '^ *not ok|FAILED:' "$work/log" | head -n 200 | sed 's/^/# /' ;;
	esac
}

clang() {
	has clang || return
	sources "$work/clang"
	cd "$work/clang" || return
	check 'clang: builds without a warning' quietly make -j"$jobs" CC=clang WERROR=1 all checks
	# shellcheck disable=SC2046 # names
	suite 'clang: unit tests' tests/run $(basename -s .c tests/check_*.c)
}

# none_new WHO REPORT: it has no finding but those of analyzers.known, which are none: one a line, FILE ID, and why behind #
none_new() {
	known=$(grep -c "^$1 " "$here/analyzers.known")
	sed -nE "s/ *#.*//; s/^$1 //p" "$here/analyzers.known" >"$work/known"
	is "$(sort -u "$2" | grep -vxFf "$work/known")" '' "$1 finds nothing but the $known that were looked at"
	# Those that are gone are struck off the list.
	is "$(grep -vxFf "$2" "$work/known")" '' "$1: of analyzers.known each is still found"
}

analyzers() {
	sources "$work/analyzed"
	cd "$work/analyzed" || return
	has cppcheck || return
	# What it says of how things might be put otherwise is not asked for.
	check 'cppcheck runs' quietly cppcheck -j"$jobs" --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingInclude \
		--template='{file} {id}' --output-file="$work/cppcheck" -D_GNU_SOURCE -I. ./*.c base codec format crypt medium volume pipeline restore \
		prove catalog index mount keys tape cmd
	none_new cppcheck "$work/cppcheck"
	# Leaks it sees wherever a pointer goes into an array by a compound literal (58 places, all none); valgrind and AddressSanitizer see the true ones.
	check 'gcc -fanalyzer runs' quietly make -j"$jobs" BUILD=analyze CFLAGS='-O1 -fanalyzer -Wno-analyzer-malloc-leak' all
	sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: warning: .* \[-W(analyzer-[a-z-]*)\]$/\1 \2/p' "$work/log" >"$work/gcc"
	none_new gcc "$work/gcc"
}

# checked COMMAND...: under valgrind.  Its exit status 99 is a finding
checked() { quietly env CK_FORK=no CK_TIMEOUT_MULTIPLIER=50 valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite "$@"; }

valgrinds() {
	has valgrind || return
	sources "$work/valgrind"
	cd "$work/valgrind" || return
	# Its processor has no AVX-512; what is chosen at run time is what it has.
	check 'valgrind: built' quietly make -j"$jobs" WERROR=1 all checks
	# Without keydir, whose test kills its own child.
	for unit in secret keywrap cryptocache shamir share bundle keylist crypt pki; do
		check "valgrind: check_$unit" checked "build/tests/check_$unit"
	done
	xflate=build/xflate
	"$top/tests/prepare" "$work/volumes"
	(umask 077 && head -c 32 /dev/urandom >"$work/key")
	check 'valgrind: encrypt' checked $xflate filter -T1 -q --encrypt aes-128-xts --new-key "$work/key" -o "$work/locked" "$work/volumes/bacula/plain-gzip1-sparse"
	check 'valgrind: decrypt' checked $xflate filter -T2 -q --decrypt --key "$work/key" -o "$work/open" "$work/locked"
	check 'valgrind: verify' checked $xflate verify -q -T2 --key "$work/key" "$work/locked"
	check 'valgrind: key generate' checked $xflate key generate -o "$work/new"
}

# As root the user is nobody; else who runs this.
ordinary() {
	folder="$work/a folder with a rather long name, and one more in it/$(printf 'x%.0s' $(seq 150))/xflate"
	sources "$folder"
	if [ "$(id -u)" = 0 ]; then
		as='unshare -n setpriv --reuid=nobody --regid=nogroup --clear-groups'
		chown -R nobody "$work/a folder with a rather long name, and one more in it"
	else
		as='unshare -cn'
	fi
	chmod 711 "$work"
	cd "$folder" || return
	# shellcheck disable=SC2086 # a command
	as_nobody() { $as env -u HOME -u CCACHE_DIR PATH=/usr/bin:/bin LC_ALL=de_DE.UTF-8 sh -c "umask 077; $1"; }
	# shellcheck disable=SC2086 # a command
	check 'user: without network' $as true || return
	check 'user: builds without a warning' quietly as_nobody "make -j$jobs WERROR=1 all checks" || return
	suite 'user: unit tests' as_nobody "tests/run \$(basename -s .c tests/check_*.c)"
	suite 'user: scenarios' as_nobody "tests/run $SCENARIOS"
}

# debian NAME ARCHITECTURE SUITE PACKAGES: a folder with that system.  Once more where the mirror did not answer.
debian() {
	for attempt in 1 2; do
		rm -rf "${work:?}/$1"
		! quietly mmdebstrap --quiet --variant=minbase --architectures="$2" --include="$4" "$3" "$work/$1" "deb $MIRROR $3 main" || return 0
	done
	echo "mmdebstrap cannot make it from $MIRROR ($attempt times):"
	tail -n 8 "$work/log"
	return 1
}
# packages GROUP...: as packages.txt has them
packages() { for group; do awk -v group="$group" '$1 == group { print $2 }' "$top/packages.txt"; done | paste -sd, -; }
# inside NAME COMMAND: in that system, which has a /proc of its own, no network, and ends with its last process
inside() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --net --ipc --propagation private sh -c 'mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev/shm" &&
		mount -t devpts devpts "$1/dev/pts" && exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root sh -c "cd /xflate && $2"' \
		sh "$work/$1" "$2"
}

elsewhere() {
	is_root && has mmdebstrap unshare || return
	check "$1: the system is there" debian "$1" "$2" "$3" "$(packages build check)" || return
	sources "$work/$1/xflate"
	check "$1: builds without a warning" quietly inside "$1" "$4 make -j$jobs WERROR=1 all checks" || return
	suite "$1: unit tests" inside "$1" "$4 tests/run \$(basename -s .c tests/check_*.c)"
	suite "$1: scenarios" inside "$1" "$4 tests/run $SCENARIOS"
	rm -rf "${work:?}/$1"
}

# libraries ARCHITECTURE: what the build takes of it
libraries() { awk -v arch="$1" '$1 == "build" && $2 ~ /^z?lib/ { print $2 ":" arch } END { print "check:" arch }' "$top/packages.txt"; }

s390x() {
	is_root && has mmdebstrap unshare || return
	cross='make,pkg-config,gcc-s390x-linux-gnu,libc6-dev-s390x-cross,qemu-user-static'
	root=$work/s390x
	check 's390x: the system is there' debian s390x "$(dpkg --print-architecture),s390x" bookworm "$cross,$(libraries s390x | paste -sd,)" || return
	sources "$root/xflate"
	# In the environment: what make's own line sets, make before 4.4 does not hand to $(shell).
	pkgs=PKG_CONFIG_LIBDIR=/usr/lib/s390x-linux-gnu/pkgconfig:/usr/share/pkgconfig
	check 's390x: builds without a warning' quietly inside s390x \
		"$pkgs make -j$jobs WERROR=1 CC=s390x-linux-gnu-gcc AR=s390x-linux-gnu-ar all checks" || return
	for unit in "$root"/xflate/tests/check_*.c; do
		unit=$(basename -s .c "$unit")
		check "s390x: $unit" quietly inside s390x "CK_TIMEOUT_MULTIPLIER=20 timeout 300 qemu-s390x-static build/tests/$unit"
	done
	for corpus in "$root"/xflate/fuzz/corpus/*/; do
		target=$(basename "$corpus")
		check "s390x: the fuzzer's inputs of $target" quietly inside s390x \
			"timeout 300 qemu-s390x-static build/fuzz/replay_$target fuzz/corpus/$target"
	done
	"$top/tests/prepare" "$root/volumes"
	cp "$here/convert.sh" "$root/volumes/convert.sh"
	# In another order, always the same: as far as the time goes it is some of every kind.
	shuf --random-source="$root/volumes/list" -o "$root/volumes/list" "$root/volumes/list"
	inside s390x "cd /volumes && SECONDS_LEFT=$S390X_SECONDS sh convert.sh qemu-s390x-static /xflate/build/xflate" >"$work/there"
	(cd "$root/volumes" && sh convert.sh "$XFLATE") >"$work/all"
	head -n "$(wc -l <"$work/there")" "$work/all" >"$work/own"
	check "s390x: $(wc -l <"$work/there") runs of $(wc -l <"$work/all"): 100 at least" test "$(wc -l <"$work/there")" -ge 100
	check 's390x: the same bytes, words and exit status as here' quietly diff "$work/there" "$work/own"
	rm -rf "${root:?}"
}

# compiled FILE: its warnings are errors, but for those of headers that were written for glibc
compiled() {
	musl-gcc -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 '-DXFLATE_VERSION="0"' -Wall -Wextra -Werror -fsyntax-only -I. -idirafter /usr/include \
		-idirafter "/usr/include/$(gcc -print-multiarch)" "$1"
}

musl() {
	has musl-gcc || return
	sources "$work/musl"
	cd "$work/musl" || return
	for file in ./*.c base/*.c codec/*.c format/*.c crypt/*.c medium/*.c volume/*.c pipeline/*.c restore/*.c prove/*.c catalog/*.c index/*.c keys/*.c tape/*.c \
		mount/*.c cmd/*.c cmd/*/*.c; do
		quietly compiled "$file" || not_musl="${not_musl:-} $file"
	done
	is "${not_musl:-}" '' 'musl: every file compiles'
}

all='clang analyzers valgrind user i386 trixie s390x musl'
[ $# -gt 0 ] || eval "set -- $all"
for part; do
	case " $all " in
	*" $part "*) ;;
	*)
		[ "$part" != --help ] || { sed -n "3,/^# shellcheck/s/^# \{0,1\}//p" "$here/run.sh" | sed "\$d"; exit 0; }
		echo "run.sh: no part $part; parts: $all" >&2
		exit 2
		;;
	esac
done
for part; do
	began=$(date +%s)
	before=$tests
	case $part in
	valgrind) valgrinds ;;
	user) ordinary ;;
	i386) elsewhere i386 i386 bookworm linux32 ;;
	trixie) elsewhere trixie "$(dpkg --print-architecture)" trixie '' ;;
	*) "$part" ;;
	esac
	echo "# $part: $((tests - before)) tried, $(($(date +%s) - began)) s"
done
echo "$((tests - failures)) passed, $failures failed"
[ "$failures" = 0 ]
