#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh - the daemons of Bacula 15 (Debian trixie) with `xflate getkey` as their Encryption Command, and its bls and bextract
# on what xflate has encrypted, decrypted and re-keyed.
#
#   XFLATE=path          the program under test (default: build/xflate)
#   BACULA15_DEBS=folder keeps lists and packages for the next run
#   MUTATIONS=4          damaged copies of each bundled volume; MUTATION_SEED=1
#   KEEP=1               leaves the work folder and says where it is
#
# All of it runs as the current user from a private folder, on free ports of 127.0.0.1, with a catalog in SQLite. The tools of
# Bacula exit 0 after errors, so it is their words and the restored files that count.
#
# shellcheck disable=SC2317 # check and need call functions by name
set -eu
LC_ALL=C
TZ=UTC
export LC_ALL TZ
umask 077

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
XFLATE=${XFLATE:-$top/build/xflate}
# shellcheck source=tests/bacula/lib.sh
. "$top/tests/bacula/lib.sh"
refuses() { ! "$@"; }

# --- the work folder and its end ---

# Short, because the Encryption Command has 127 characters for everything.
work=$(mktemp -d /tmp/xf15.XXXXXX)
trap 'clean_up gpgconf --homedir "$work/gpg" --kill all' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/conf" "$work/run" "$work/log" "$work/v" "$work/out" "$work/k" "$work/gpg" "$work/src"

# --- programs ---

need "there is a program to test: ${XFLATE##*/}" test -x "$XFLATE"
ln -s "$XFLATE" "$work/xf"
xflate() { timeout -k 5 60 "$work/xf" "$@"; }
pkg=$work/pkg
need "the packages of Bacula 15 are there" "$here/fetch.sh" "$top/packages.txt" "$pkg" ${BACULA15_DEBS:+"$BACULA15_DEBS"}
triplet=$(basename "$(dirname "$(find "$pkg/usr/lib" -name 'libc.so.6' | head -n 1)")")
libraries=$pkg/usr/lib/bacula:$pkg/usr/lib/$triplet

# peer SECONDS PROGRAM...: with trixie's loader and libraries, which what the program itself starts does not see.
peer() {
	limit=$1
	program=$pkg/usr/$2
	shift 2
	timeout -k 5 "$limit" "$pkg/loader" --library-path "$libraries" "$program" "$@"
}
tools_run() {
	for tool in sbin/bacula-dir sbin/bacula-sd sbin/bacula-fd sbin/bconsole sbin/bls sbin/bextract; do
		peer 10 "$tool" -? >"$work/version" 2>&1 || : # the exit status of the help differs by tool
		grep 'Version: 15\.' "$work/version" || { echo "$tool:"; cat "$work/version"; return 1; }
	done
	test -s "$schema"
}
schema=$pkg/usr/share/dbconfig-common/data/bacula-director-sqlite3/install/sqlite3
need "director, daemons, bconsole, bls and bextract of Bacula 15 run" tools_run

# --- the bundled volumes, damaged ---

# In every way that mutate.py knows; bls reads what skip makes of each, and counts what is there.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
cat >"$work/bls" <<END
#!/bin/sh
exec "$pkg/loader" --library-path "$libraries" "$pkg/usr/sbin/bls" "\$@"
END
chmod 755 "$work/bls"
judged() {
	TMPDIR=/tmp PYTHONDONTWRITEBYTECODE=1 "$python" "$top/tests/mutate.py" --runs "${MUTATIONS:-4}" --seed "${MUTATION_SEED:-1}" \
		--bls "$work/bls" "$work/xf" "$work/volumes" >"$work/judged" 2>&1 || :
	grep -v '^ok ' "$work/judged"
	grep -q '^1\.\.[1-9]' "$work/judged" && ! grep -q '^not ok' "$work/judged"
}
need "the bundled volumes" "$top/tests/prepare" "$work/volumes"
check "bls reads all that skip makes of damaged volumes, ${MUTATIONS:-4} of each" judged || :
grep '^# .* runs' "$work/judged" || :

# --- a master key, and the configuration ---

master_key() {
	gpg --homedir "$work/gpg" --batch --quiet --pinentry-mode loopback --passphrase sesame \
		--quick-generate-key 'xflate test <test@localhost>' rsa2048 encr,sign never 2>&1
	gpg --homedir "$work/gpg" --batch --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }' >"$work/fingerprint"
	test -s "$work/fingerprint"
}
need "a GnuPG master key" master_key
fingerprint=$(cat "$work/fingerprint")
cat >"$work/c" <<END
[DEFAULT]
gnupghome = "$work/gpg"

[$fingerprint]
volume_regex = mk-
cipher = AES_256_XTS
passphrase = sesame
stealth = on
END

ports=$(python3 -c 'import socket
s = [socket.socket() for i in range(3)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
command="$work/xf getkey -k $work/k -C $work/c --log $work/log/a"
check "the Encryption Command has ${#command} of 127 characters" test ${#command} -lt 128 || :
# shellcheck disable=SC2086 # three words
set -- $ports
printf 's|@%s@|%s|g\n' WORK "$work" DIRPORT "$1" FDPORT "$2" SDPORT "$3" DIRPASS "$(password)" FDPASS "$(password)" \
	SDPASS "$(password)" >"$work/conf/values.sed"
: >"$work/conf/query.sql"
# configure TEMPLATE RESULT [ARCHIVE [COMMAND]]
configure() {
	sed -f "$work/conf/values.sed" -e "s|@ARCHIVE@|${3:-}|g" -e "s|@COMMAND@|${4:-$command}|g" "$here/$1" >"$work/conf/$2"
}
configure fd.conf.in fd.conf
configure console.conf.in console.conf
configure dir.conf.in dir.conf
configure sd.conf.in sd.conf "$work/v"
configure sd.conf.in out.conf "$work/out"

console() { printf '%s\n' "$@" quit | peer 100 sbin/bconsole -n -c "$work/conf/console.conf"; }
query() { peer 20 bin/sqlite3 -cmd '.timeout 10000' "$work/run/bacula.db" "$1"; }
daemon() {
	name=$1
	shift
	"$pkg/loader" --library-path "$libraries" "$pkg/usr/sbin/$name" -f "$@" >"$work/log/$name.out" 2>&1 &
}

# --- a source tree ---

cd "$work/src"
mkdir -p deep/er empty
seq 1 60000 >numbers
head -c 300000 /dev/urandom >deep/noise
head -c 65536 /dev/zero >deep/er/zeros
printf x >one
: >none
ln one deep/same
ln -s ../one deep/er/link
# The file daemon keeps whole seconds.
find . -depth -exec touch -h -d @1700000000 {} +
cd "$work"
manifest() { "$top/tests/bacula/manifest.sh" -x "$1"; }
manifest "$work/src" >"$work/src.list"
# came_back FOLDER: the tree below it is the source.
came_back() {
	[ -d "$1$work/src" ] || { echo "nothing was restored"; return 1; }
	manifest "$1$work/src" >"$work/back.list"
	diff "$work/src.list" "$work/back.list"
}

# --- label, back up, append, restore, relabel ---

make_catalog() { query '.read '"$schema"; }
need "a catalog in SQLite" make_catalog
daemon bacula-fd -c "$work/conf/fd.conf"
fd_pid=$!
daemon bacula-sd -c "$work/conf/sd.conf"
sd_pid=$!
daemon bacula-dir -c "$work/conf/dir.conf"
dir_pid=$!
need "director, storage daemon and file daemon answer" ready Enc

label() {
	console 'label storage=Enc volume=enc-1 pool=Enc slot=0 drive=0' 'label storage=Enc volume=mk-1 pool=Mk slot=0 drive=0' \
		>"$work/labelled" 2>&1
	cat "$work/labelled"
	[ "$(grep -c 'successfully created' "$work/labelled")" = 2 ]
}
need "two volumes are labelled" label
check "each has a key file with mode 0600" test "$(find "$work/k" -maxdepth 1 -type f -perm 600 | wc -l)" = 2 || :
check "under the master key, in stealth, there is no clear key" refuses grep -q '^cipher_key' "$work/k/mk-1" || :

good_jobs() {
	query 'select JobId, Name, JobStatus, JobErrors, JobFiles from Job'
	[ "$(query "select count(*) from Job where Type = 'B' and JobStatus = 'T' and JobErrors = 0 and JobFiles > 5")" = "$1" ]
}
console 'run job=enc yes' wait 'run job=mk yes' wait 'run job=strong yes' wait 'run job=enc yes' wait messages >"$work/log/backups" 2>&1 || :
need "four backups end well, one appends" good_jobs 4
# The first job on a volume writes its label anew: with the same key, because no READ came before the first was in use.
said_of() { awk -v v="volume=$1" '$4 == v { print $3 }' "$work/log/a" | uniq | tr '\n' ' '; }
check "what was asked for enc-1: $(said_of enc-1)" grep -q 'LABEL volume=enc-1 .* from=new' "$work/log/a" || :
secrets() { sed -n 's/^cipher_key: //p' "$work/k/"* "$work/k/.old/"* 2>/dev/null; }
no_secret() {
	secrets >"$work/secrets"
	test -s "$work/secrets" && ! grep -rqFf "$work/secrets" "$work/log" "$work/run"
}
check "no key stands in any log" no_secret || :
check "the volumes are encrypted" refuses xflate -i -o "$work/x" "$work/v/enc-1" || :

restore() {
	rm -rf "$work/restore"
	console "restore jobid=$1 client=xf-fd restorejob=restore where=$work/restore all done yes" wait messages >"$work/restored" 2>&1 || :
	cat "$work/restored"
	grep -q 'Termination: *Restore OK$' "$work/restored" && came_back "$work/restore"
}
job() { query "select JobId from Job where Name = '$1' and Type = 'B' order by JobId $2 limit 1"; }
check "the director restores the first job" restore "$(job enc asc)" || :
check "the director restores the appended job" restore "$(job enc desc)" || :
check "the director restores from a volume with a stealthy master key" restore "$(job mk asc)" || :
check "the director restores from a strongly encrypted volume" restore "$(job strong asc)" || :
mv "$work/k/mk-1" "$work/k/.away"
check "with the key file lost, the label and the master key give the key" restore "$(job mk asc)" || :
mv "$work/k/.away" "$work/k/mk-1"

# --- what xflate makes of them, in the eyes of bls and bextract ---

# A complaint is a complaint whatever the exit status says.
no_complaint() {
	if sed -E 's/(Job)?Errors *[:=] *0( |$)/ /; /warning: No catalog/d' "$1" |
		grep -niE 'error|mismatch|corrupt|damage|invalid|illegal|wrong|wanted|fail|abort|cannot|could not|not found|no such|bad '; then
		return 1
	fi
}
# look FILE CONF DEVICE: bls and bextract of one volume; only the first of two equal jobs is compared
look() {
	peer 30 sbin/bls -j -c "$work/conf/$2" -V "$1" "$3" >"$work/bls" 2>&1 </dev/null || :
	cat "$work/bls"
	no_complaint "$work/bls" && grep -q 'Begin Job Session' "$work/bls" && grep -q 'End Job Session' "$work/bls" || return 1
	rm -rf "$work/tree"
	mkdir "$work/tree"
	peer 30 sbin/bextract -c "$work/conf/$2" -V "$1" "$3" "$work/tree" >"$work/bextract" 2>&1 </dev/null || :
	cat "$work/bextract"
	no_complaint "$work/bextract" && came_back "$work/tree"
}
# put OPTIONS...: converts $volume into the folder of conversions
put() { xflate "$@" --force -o "$work/out/$volume" "$work/v/$volume"; }

stop "$sd_pid"
sd_pid=
for volume in enc-1 mk-1; do
	check "$volume: bls and bextract read the original" look "$volume" sd.conf Enc || :
	need "$volume: xflate verify finds it sound" xflate verify -q --key-dir "$work/k" --key-config "$work/c" "$work/v/$volume"
	keys="--key-dir $work/k --key-config $work/c"
	# shellcheck disable=SC2086 # words
	{
		check "$volume: xflate --decrypt" put --decrypt $keys || :
		check "$volume: decrypted: they read it on a device without encryption" look "$volume" out.conf Plain || :
		cp "$work/out/$volume" "$work/$volume.clear"
		rm -rf "$work/n"
		configure sd.conf.in new.conf "$work/out" "$work/xf getkey -k $work/n -C $work/c --log $work/log/a"
		check "$volume: xflate --decrypt --encrypt, a new key" put --decrypt $keys --encrypt aes-256-xts --new-key-dir "$work/n" || :
		check "$volume: re-keyed: they read it with the new key" look "$volume" new.conf Enc || :
		case $volume in
		mk-1) check "$volume: re-keyed: the label's copy under the master key opens it, whatever the key directory says" look "$volume" out.conf Enc || : ;;
		*) check "$volume: re-keyed: they do not read it with the old key" refuses look "$volume" out.conf Enc || : ;;
		esac
		check "$volume: xflate recompresses and encrypts" put --decrypt $keys -r lzo --encrypt aes-256-xts --new-key-dir "$work/n" || :
		check "$volume: recompressed: they read it" look "$volume" new.conf Enc || :
		check "$volume: xflate re-keys to AES-128" put --decrypt $keys --encrypt aes-128-xts --strong --new-key-command "$work/xf getkey -k $work/n2 -c AES_128_XTS" || :
	}
	configure sd.conf.in new2.conf "$work/out" "$work/xf getkey -k $work/n2 -c AES_128_XTS"
	check "$volume: AES-128: they read it" look "$volume" new2.conf Enc || :
	check "$volume: xflate --encrypt of the decrypted one" xflate --encrypt aes-256-xts --new-key-dir "$work/n" --force -o "$work/out/$volume" "$work/$volume.clear" || :
	check "$volume: encrypted again: they read it" look "$volume" new.conf Enc || :
	# shellcheck disable=SC2086 # words
	check "$volume: xflate --block-format bb02" put --decrypt $keys --block-format bb02 || :
	check "$volume: BB02: they read it" look "$volume" out.conf Plain || :
	rm -rf "$work/n2"
done

# --- in place of the original, under the director ---

keys="--key-dir $work/k"
volume=enc-1
cp "$work/v/enc-1" "$work/enc-1.orig"
# shellcheck disable=SC2086 # words
check "enc-1: decrypted, every block where it was" put --decrypt $keys --keep-layout || :
check "... which is as long as before" test "$(stat -c %s "$work/out/enc-1")" = "$(stat -c %s "$work/v/enc-1")" || :
cp "$work/out/enc-1" "$work/v/enc-1"
daemon bacula-sd -c "$work/conf/sd.conf"
sd_pid=$!
need "the storage daemon is back" ready Enc
check "the director restores from the decrypted volume with its old catalog" restore "$(job enc desc)" || :
cp "$work/enc-1.orig" "$work/v/enc-1"
# shellcheck disable=SC2086 # words
check "enc-1: re-keyed, every block where it was" put --decrypt $keys --encrypt aes-256-xts --new-key-dir "$work/n3" || :
cp "$work/out/enc-1" "$work/v/enc-1"
cp "$work/n3/enc-1" "$work/k/enc-1"
check "the director restores from the re-keyed volume with its old catalog" restore "$(job enc desc)" || :
more_jobs() {
	console 'run job=enc yes' wait messages
	good_jobs 5
}
check "a job is appended to the re-keyed volume" more_jobs || :
check "the director restores it" restore "$(job enc desc)" || :
check "xflate verify finds the volume sound" xflate verify -q --key-dir "$work/k" "$work/v/enc-1" || :

relabel() {
	console 'purge volume=enc-1 yes' 'relabel storage=Enc oldvolume=enc-1 volume=enc-2 pool=Enc slot=0 drive=0' >"$work/relabelled" 2>&1
	cat "$work/relabelled"
	# A volume on disk keeps its file, which Bacula then looks for under the new name.
	[ -e "$work/v/enc-2" ] || mv "$work/v/enc-1" "$work/v/enc-2"
	grep -q 'successfully created' "$work/relabelled" && test -s "$work/k/enc-2" && test -s "$work/k/enc-1"
}
check "a volume is relabelled; the old name's key stays" relabel || :
again() {
	console 'run job=enc yes' wait messages
	good_jobs "$1"
}
jobs_left=$(($(query "select count(*) from Job where Type = 'B' and JobStatus = 'T' and JobErrors = 0 and JobFiles > 5") + 1))
check "a job is written to it" again "$jobs_left" || :
check "the director restores it" restore "$(job enc desc)" || :
check "no key stands in any log" no_secret || :
check "every answer was right: no error in the audit log" refuses grep -n 'error:' "$work/log/a" || :
finish
