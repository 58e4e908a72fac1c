#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Several inputs: those that share a job are one set, the others are each for themselves.  A bad one costs its own set only, and what
# is made of a set is what is made of it alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

bareos=$VOLUMES/bareos
append=$VOLUMES/bacula-mixed/plain-append
head -c 3000 "$bareos/vol-none" | tail -c 2900 >novolume
head -c 200000 "$bareos/vol-span-gzip6-2" >vol-span-gzip6-2
mkdir copy
cp "$bareos/vol-gzip6" copy/vol-gzip6-copy
ls "$bareos"/vol-* "$VOLUMES"/bacula/plain-lzo-sparse "$append" >all

# --- each as if it were alone ---

# of_volumes MAP: what it says of them, but for the number of their set
of_volumes() { awk -F '\t' -v OFS='\t' '$1 == "volume" { $6 = "-" } $1 !~ /^(xflate-map|exit|xxh64)$/' "$1"; }

# alone OPTIONS: one run over all of them in the order of ./all, and one for each set
alone() {
	rm -rf together apart
	mkdir together apart
	# shellcheck disable=SC2046,SC2086 # paths; options
	run "$XFLATE" -q $1 -o together --map map --force --report report $(cat all)
	expect_status 0 "$1, all: exit status" || return
	: >wanted.map
	while read -r volume; do
		name=${volume##*/}
		case $name in
		vol-span-gzip6-1) set -- "$1" "$volume" "${volume%1}2" ;;
		vol-span-gzip6-2) continue ;;
		*) set -- "$1" "$volume" ;;
		esac
		options=$1
		shift
		to=apart/
		[ $# -gt 1 ] || to=apart/$name
		# shellcheck disable=SC2086 # options
		xflate -qq $options -o "$to" --map one.map --force "$@" || not_ok "$options, $name alone"
		of_volumes one.map >>wanted.map
		set -- "$options"
	done <all
	check "$1: the bytes of each set alone" diff -r together apart
	of_volumes map >got.map
	check "$1: the map of each set alone, one behind the other" cmp wanted.map got.map
	is "$(sed -n 's/^volume\t\(.*\)\t.*\t.*\t.*\t/\1 /p' map | awk '$1 ~ /span/ { print $2 }' | uniq -c | awk '{ print $1 }')" 2 \
		"$1: the two of a set have one number"
	is "$(sed -n 's/^volume\t.*\t//p' map | uniq | tr '\n' ' ')" "$(seq $(($(wc -l <all) - 1)) | tr '\n' ' ')" "$1: each set has its own"
	is "$(grep -c '"job_id"' report)" "$(while read -r v; do xflate list "$v" 2>/dev/null; done <all | grep -c '^job ')" "$1: the report has every job" ||
		true
}
sed -i '/vol-span-gzip6-2/d; s|\(.*\)/vol-span-gzip6-1$|&\n\1/vol-span-gzip6-2|' all
alone '-r gzip'
alone '-r lzo -T1'
alone '-i -T8'
alone ''

# --- a bad one costs itself ---

good="$bareos/vol-gzip6 $append $bareos/vol-append"
for bad in novolume missing "$VOLUMES/made/bad-adler" "$VOLUMES/made/bad-crc" "$VOLUMES/bacula/enc256-append" /etc; do
	for place in first middle last; do
		# shellcheck disable=SC2086 # paths
		set -- $good
		case $place in
		first) set -- "$bad" "$@" ;;
		middle) set -- "$1" "$bad" "$2" "$3" ;;
		last) set -- "$@" "$bad" ;;
		esac
		rm -rf out
		mkdir out
		run "$XFLATE" -q -i -o out --map map --force --report report "$@"
		wanted=1
		[ "$bad" != "$VOLUMES/bacula/enc256-append" ] || wanted=4
		expect_status "$wanted" "${bad##*/} $place: its exit status"
		says '^xflate: 3 of 4 inputs are converted, 1 not$' "${bad##*/} $place: counted"
		is "$(in_folder out)" 'plain-append vol-append vol-gzip6 ' "${bad##*/} $place: the good ones are there, and nothing else"
		is "$(grep -c '^volume' map)" 3 "${bad##*/} $place: three in the map"
		check "${bad##*/} $place: named in the report" grep -Fq "\"input\": \"$bad\"," report
		check "${bad##*/} $place: the report says so" grep -q '^  "complete": false,$' report
	done
done
run "$XFLATE" -q -i --on-damage=skip -o out --force "$bareos/vol-gzip6" "$VOLUMES/made/bad-adler" "$append"
expect_status 3 'damage that is passed over: exit status 3'
is "$(in_folder out)" 'bad-adler plain-append vol-append vol-gzip6 ' 'damage that is passed over: all are there'
run "$XFLATE" -q -i --on-damage=skip -o out --force "$bareos/vol-gzip6" "$VOLUMES/made/bad-adler" missing
expect_status 1 'damage that is passed over, and a failure: that of the failure'

# --- a bad one in a set costs the set ---

rm -rf out
run "$XFLATE" -q -i -o out/ --map map --force "$bareos/vol-gzip6" "$bareos/vol-span-gzip6-1" vol-span-gzip6-2 "$append"
expect_status 1 'half a set: exit status'
is "$(in_folder out)" 'plain-append vol-gzip6 ' 'half a set: neither half is there'
says "^xflate: .*/vol-span-gzip6-1: is not converted: it is one set with vol-span-gzip6-2$" 'half a set: said of the other half'
says '^xflate: 2 of 4 inputs are converted, 2 not$' 'half a set: counted'
is "$(grep -c '^volume' map)" 2 'half a set: not in the map'
rm -rf out
run "$XFLATE" -q -i -o out/ "$bareos/vol-span-gzip6-2" "$bareos/vol-gzip6" "$bareos/vol-span-gzip6-1"
expect_status 1 'a set whose volumes stand apart and in the wrong order: refused'
rm -rf out
run "$XFLATE" -q -r lzo -o out/ novolume missing
expect_status 1 'none is good'
is "$(in_folder .)" "$(find . -mindepth 1 -path ./out -prune -o -print | sed 's|^./||' | sort | tr '\n' ' ')" 'none is good: no folder is left'

# --- each for its own product ---

for order in "$append $bareos/vol-gzip6" "$bareos/vol-gzip6 $append"; do
	rm -rf out
	# shellcheck disable=SC2086 # paths
	run "$XFLATE" -q -r zstd -o out/ $order
	expect_status 2 "zstd: Bareos cannot read it"
	is "$(in_folder out)" 'plain-append ' "zstd: only Bacula's volume"
	rm -rf out
	# shellcheck disable=SC2086 # paths
	run "$XFLATE" -q -r lz4 -o out/ $order
	expect_status 2 "lz4: Bacula cannot read it"
	is "$(in_folder out)" 'vol-gzip6 ' "lz4: only Bareos's volume"
	# shellcheck disable=SC2086 # paths
	cat $order >row
	run "$XFLATE" -q -r lz4 -o one row
	refused 2 'lz4: a row of both in one file'
done

# --- names before anything is read ---

rm -rf out
mkdir out
echo mine >out/vol-append
# shellcheck disable=SC2086 # paths
run "$XFLATE" -q -i -o out $good
refused 1 'an output exists'
says 'out/vol-append: exists already; use --force' 'an output exists: which'
is "$(in_folder out)" 'vol-append ' 'an output exists: nothing was begun'
is "$(cat out/vol-append)" mine 'an output exists: it is as it was'
cp "$bareos/vol-gzip6" out/
run "$XFLATE" -q -i --force -o out "$append" out/vol-gzip6
refused 2 'an input would be overwritten'
is "$(in_folder out)" 'vol-append vol-gzip6 ' 'an input would be overwritten: nothing was begun'
check 'an input would be overwritten: it is as it was' cmp out/vol-gzip6 "$bareos/vol-gzip6"
rm -rf out
run "$XFLATE" -q -i -o out/ "$bareos/vol-gzip6" copy/vol-gzip6-copy
expect_status 0 'the same volume twice: two sets'
check 'the same volume twice: the same bytes' cmp out/vol-gzip6 out/vol-gzip6-copy

for option in --map --report; do
	rm -rf out
	mkdir out
	ln -s out elsewhere
	for place in out/vol-append ./out//vol-append elsewhere/vol-append; do
		# shellcheck disable=SC2086 # paths
		run "$XFLATE" -q -i -o out $option $place $good
		refused 2 "$option $place: the name of a volume"
		is "$(in_folder out)" '' "$option $place: nothing was begun"
	done
	rm elsewhere
done
rm -rf out
mkdir out
ln -s ../target out/vol-gzip6
ln -s ../target out/vol-append
echo x >target
# shellcheck disable=SC2086 # paths
run "$XFLATE" -q -i --force -o out $good
expect_status 2 'two outputs are one file, through links'
xflate -qq -i -o wanted --force "$bareos/vol-gzip6"
check 'two outputs are one file: the first has it' cmp target wanted
says '^xflate: 2 of 3 inputs are converted, 1 not$' 'two outputs are one file: the second has not'
rm -rf out target
mkdir out
echo keep >out/another
run "$XFLATE" -q --force -o out "$VOLUMES/made/false-two-volumes"
expect_status 1 'a volume inside an input, called as a file that is there'
is "$(cat out/another)" keep 'a volume inside an input: nobody named that file'

# --- copies ---

head -c 1263000 "$bareos/vol-multi" >torn
cp "$bareos/vol-multi" whole
head -c 1263331 "$bareos/vol-multi" >cut1
cp cut1 cut2
for mode in stop skip; do
	rm -rf out
	run "$XFLATE" -q -i --on-damage=$mode -o out/ torn "$bareos/vol-lzo" whole
	case $mode in stop) expect_status 1 'a torn copy before the whole: refused' ;; *) expect_status 3 'a torn copy before the whole: passed over' ;; esac
	check "a torn copy before the whole, $mode: the whole is whole" xflate compare -q whole --vs out/whole
done
rm -rf out
run "$XFLATE" -q -i -o out/ cut1 cut2
expect_status 0 'two equal copies of a volume whose job goes on elsewhere'
check 'two equal copies: equal' cmp out/cut1 out/cut2
rm -rf out
cp "$bareos/vol-span-gzip6-1" copy1
run "$XFLATE" -q -i -o out/ "$bareos/vol-span-gzip6-1" copy1 "$bareos/vol-span-gzip6-2"
[ "$status" != 0 ] || check 'a copy inside a set: what is made of the set is sound' xflate verify -qq out/vol-span-gzip6-1 out/vol-span-gzip6-2
[ "$status" = 0 ] || ok 'a copy inside a set: refused'

# A set with others between its parts is one all the same.
for between in vol-lzo vol-none vol-multi; do
	rm -rf out
	run "$XFLATE" -q -i -o out/ "$bareos/vol-span-gzip6-1" "$bareos/$between" "$bareos/vol-span-gzip6-2"
	expect_status 0 "a set with $between between"
	check "a set with $between between: sound" xflate verify -qq out/vol-span-gzip6-1 "out/$between" out/vol-span-gzip6-2
	check "a set with $between between: the same" xflate compare -q "$bareos/vol-span-gzip6-1" "$bareos/$between" "$bareos/vol-span-gzip6-2" \
		--vs out/vol-span-gzip6-1 "out/$between" out/vol-span-gzip6-2
done

# The worst status, in whatever order.
for order in "missing $bareos/vol-gzip6" "$bareos/vol-gzip6 missing"; do
	rm -rf out
	# shellcheck disable=SC2086 # paths
	run "$XFLATE" -q -r zstd -o out/ $order
	expect_status 1 'the worst of 1 and 2'
done
for order in "$VOLUMES/bacula/enc256-append $bareos/vol-gzip6" "$bareos/vol-gzip6 $VOLUMES/bacula/enc256-append"; do
	rm -rf out
	# shellcheck disable=SC2086 # paths
	run "$XFLATE" -q -r zstd -o out/ $order
	expect_status 4 'the worst of 2 and 4'
done

# --- where nothing can be taken back they are one set ---

rm -rf out
mkfifo pipe.map
cat pipe.map >map &
run "$XFLATE" -q -i -o out/ --map pipe.map "$bareos/vol-gzip6" novolume "$append"
wait
expect_status 1 'a map into a pipe: one bad one ends the run'
is "$(find out -type f 2>/dev/null | wc -l)" 0 'a map into a pipe: none is there'
run "$XFLATE" -q -i "$bareos/vol-gzip6" novolume "$append"
expect_status 1 'standard output: one bad one ends the run'

# --- jobs without an end ---

# Looked for on all that comes, and on none of it: they are no set with anybody.
rm -rf out
run "$XFLATE" -q -i -o out/ --force "$bareos/vol-crashed" novolume "$bareos/vol-gzip6"
expect_status 1 'a crashed job before a bad one'
is "$(in_folder out)" 'vol-crashed vol-gzip6 ' 'a crashed job before a bad one: no set with it'
done_testing
