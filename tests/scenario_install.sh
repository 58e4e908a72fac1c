#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install and uninstall, to folders with spaces and apostrophes; a bscrypto that is another's; make dist; a build in such a folder.
# shellcheck disable=SC2317 # check calls functions by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
top=${here%/tests}
build=$work/build
mkdir "$build"
cp "$XFLATE" "$build/xflate"
to="$work/a 'folder'"
prefix="/opt/it's here"
at=$to$prefix

# Of the program that is there; the flags of whoever runs the tests, and a job server, are not for this one.
make_of() { # FOLDER WORD...
	folder=$1
	shift
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u WERROR -u SANITIZE -u BUILD make --no-print-directory -C "$folder" "$@"
}
install_it() { make_of "$top" -o all BUILD="$build" DESTDIR="$to" PREFIX="$prefix" "$@"; }

# --- to a folder of any name, whatever the umask ---

umask 077
check 'make install, to a folder with spaces and an apostrophe' install_it install
umask 022
# Of the files that are there, by their mode.
listed() { (cd "$1" && find . -type f -printf '%m %P\n' | sort); }
{
	echo "755 bin/xflate"
	echo "644 share/bash-completion/completions/xflate"
	echo "644 share/zsh/site-functions/_xflate"
	cd "$top" || exit 1
	# The page of bscrypto has a name of its own.
	for page in man/*.[1-8]; do echo "644 share/man/man${page##*.}/${page##*/}"; done | sed 's|/bscrypto\.8$|/bscrypto.xflate.8|'
	for page in README.md CHANGELOG.md docs/*.md docs/*.svg docs/formats/*.md docs/schemas/* contrib/*.md contrib/*/*.md; do echo "644 share/doc/xflate/$page"; done
	find contrib -type f ! -name '*.md' ! -name '*@*' \( -perm -u+x -printf '755 share/xflate/%p\n' -o -printf '644 share/xflate/%p\n' \)
	for unit in contrib/systemd/*@*; do echo "644 lib/systemd/system/${unit##*/}"; done
	cd "$work/here" || exit 1
} | sort >"$work/wanted"
listed "$at" >"$work/got"
check 'the program, manual, completions, documents, units and contrib are in their places, with their modes' diff "$work/wanted" "$work/got"
is "$(find "$to" -mindepth 1 -type d ! -perm 755 | head -n 3)" '' 'folders are there for everybody'
check 'the program is the one that was built' cmp "$XFLATE" "$at/bin/xflate"
is "$(readlink "$at/bin/bscrypto")" xflate 'bscrypto leads to it'
run "$at/bin/bscrypto" --help
check 'and answers by that name' grep -q -- '--generate-passphrase' "$out"
page=share/man/man8/bscrypto.8
is "$(readlink "$at/$page")" bscrypto.xflate.8 'its page is there by that name'
check 'and is that of ours' cmp "$top/man/bscrypto.8" "$at/$page"
is "$(grep -l '@[A-Z]*@' "$at"/lib/systemd/system/*)" '' 'no unit has a place that nobody filled in'
check 'units run what was installed' grep -qF "ExecStart=\"$prefix/bin/xflate\"" "$at/lib/systemd/system/xflate-key@.service"
check 'the proof, too' grep -qF "ExecStart=\"$prefix/bin/xflate\" verify " "$at/lib/systemd/system/xflate-verify@.service"

check 'make install once more, over it' install_it install
listed "$at" >"$work/got"
check 'is the same' diff "$work/wanted" "$work/got"
echo mine >"$at/share/doc/xflate/docs/mine"
check 'make uninstall' install_it uninstall
is "$(find "$to" ! -type d -printf '%P\n')" "${prefix#/}/share/doc/xflate/docs/mine" 'leaves nothing but what is not its own'
rm "$at/share/doc/xflate/docs/mine"
check 'make uninstall of what is not there' install_it uninstall
check 'its own folders are gone' test ! -e "$at/share/xflate" -a ! -e "$at/share/doc/xflate"

# --- bscrypto of Bareos ---

mkdir -p "$at/bin"
echo 'of Bareos' >"$at/bin/bscrypto"
check "make install where there is a bscrypto" install_it install
is "$(cat "$at/bin/bscrypto")" 'of Bareos' 'leaves it'
check 'and takes no page of its name' test ! -e "$at/$page" -a ! -h "$at/$page"
check 'so does make uninstall' install_it uninstall
is "$(cat "$at/bin/bscrypto")" 'of Bareos' '... leave it'
rm "$at/bin/bscrypto"
for theirs in "$page" "$page.gz"; do
	echo 'of Bareos' >"$at/$theirs"
	check "make install where there is ${theirs##*/}" install_it install
	is "$(cat "$at/$theirs")" 'of Bareos' 'leaves it'
	is "$(find "$at/share/man/man8" -name 'bscrypto.8*' | wc -l)" 1 'and no other page of that name is there'
	check 'so does make uninstall' install_it uninstall
	is "$(find "$to" ! -type d -exec cat {} +)" 'of Bareos' '... leave it'
	rm "$at/$theirs"
done
check 'make install BSCRYPTO=0' install_it BSCRYPTO=0 install
check 'makes no bscrypto' test ! -h "$at/bin/bscrypto"
check 'and no page of that name' test ! -h "$at/$page"
check 'make uninstall of that' install_it uninstall
is "$(find "$to" ! -type d)" '' 'leaves nothing'

# --- units and folders of the proof ---

# pool FOLDER: what the unit runs
pool() {
	# shellcheck disable=SC2016 # for the inner shell
	run sh -c "$(sed -n 's|^ExecStart="@BINDIR@/xflate"|"$XFLATE"|p' "$top/contrib/systemd/xflate-verify@.service" | sed 's| %f| "$1"|')" sh "$1"
}
mkdir "$work/pool" "$work/empty" "$work/pool/two"
cp "$VOLUMES/bareos/vol-gzip6" "$work/pool/one with a space"
cp "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2" "$work/pool/two"
VERIFY_OPTIONS='-T 1 --max-memory 1G'
export VERIFY_OPTIONS
pool "$work/pool"
expect_status 0 'the proof of a folder: sound volumes'
is "$(cat "$out" "$err")" '' 'the journal is told nothing'
printf x | dd of="$work/pool/one with a space" bs=1 seek=300000 conv=notrunc 2>/dev/null
pool "$work/pool"
expect_status 3 'the proof of a folder: a damaged one'
says '^xflate: DAMAGED: 3 of 3 volumes looked at, .* in 2 units, 1 not sound$' 'the other is proved all the same; those that share a job are one unit'
says 'damaged: .*FileIndex' 'where it is damaged is told'
rm "$work/pool/two/vol-span-gzip6-2"
cp "$VOLUMES/bareos/vol-gzip6" "$work/pool/one with a space"
pool "$work/pool"
expect_status 3 'the proof of a folder: one that is missing'
pool "$work/empty"
expect_status 1 'the proof of a folder: no volume at all is no proof'
pool "$work/nowhere"
expect_status 1 'the proof of a folder: no such folder'
# The service's user may read nothing but by its capability.
as_service='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search'
# shellcheck disable=SC2086 # words, here and below
if $as_service true 2>/dev/null; then
	mkdir -m 755 "$work/service"
	cp "$XFLATE" "$work/service/xflate"
	chmod 755 "$work" "$work/service/xflate"
	cp -r "$work/pool" "$work/service/pool"
	chmod -R go= "$work/service/pool"
	# shellcheck disable=SC2086
	run $as_service "$work/service/xflate" verify --recursive "$work/service/pool"
	expect_status 0 'a folder that only a capability opens is proved'
	check 'all of it' grep -q '^sound: 2 of 2 volumes looked at' "$out"
else
	skip 'a folder that only a capability opens' 'no right to give another user a capability'
fi
cp "$VOLUMES/bacula/enc256-append" "$work/empty"
pool "$work/empty"
expect_status 4 'the proof of a folder: encrypted, and no key'

# --- the archive of the sources, and a build in a folder of another name ---

if [ -d "$top/.git" ] || [ -f "$top/.git" ]; then
	git clone -q --no-hardlinks "$top" "$work/the clone's" 2>"$err" || show "$err"
	version=$(cat "$work/the clone's/VERSION")
	tar_of() { make_of "$work/the clone's" dist && mv "$work/the clone's/xflate-$version.tar.gz" "$1"; }
	check 'make dist' tar_of "$work/first"
	umask 077
	touch "$work/the clone's/xflate.c"
	check 'make dist, with another umask and later' tar_of "$work/second"
	umask 022
	check 'is the same, byte for byte' cmp "$work/first" "$work/second"
	mkdir "$work/sources"
	tar -xzf "$work/first" -C "$work/sources"
	sources=$work/sources/xflate-$version
	(cd "$top" && git ls-tree -r --name-only HEAD | sort) >"$work/wanted"
	(cd "$sources" && find . ! -type d -printf '%P\n' | sort) >"$work/got"
	check 'it holds what git has, and nothing else' diff "$work/wanted" "$work/got"
	# One file stands for all: its place would be in its debugging information.
	object() { # FOLDER
		make_of "$1" build/base/err.o && test -s "$1/build/base/err.o" && ! grep -qaF "$1" "$1/build/base/err.o"
	}
	mv "$sources" "$work/the source's"
	check 'a build in a folder with a space and an apostrophe' object "$work/the source's"
	mv "$work/the source's" "$work/moved"
	cp "$work/moved/build/base/err.o" "$work/object"
	rm -r "$work/moved/build"
	check 'a build elsewhere' object "$work/moved"
	check 'is the same, byte for byte, and does not tell where' cmp "$work/object" "$work/moved/build/base/err.o"
else
	skip 'make dist' 'these sources have no git with them'
fi
done_testing
