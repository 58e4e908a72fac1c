#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is on paper: the bundle and the shares of a KEK with QR codes, read back by zbar as a scanner would type them; codes in any
# order, twice, of another bundle, forgotten; key split and key join with every number of shares.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

umask 077
: >"$out"
cp "$here"/keys/kek-*.txt .
KEK=$(cat kek-32.txt)

# scan PICTURE...: what a scanner types
scan() { zbarimg -q --raw "$@" 2>/dev/null; }
# png DRAWING [OPTION...]: as a printer of 150 dots an inch draws it; a page says how large
png() {
	drawing=$1
	shift
	rsvg-convert -b white -d 150 -p 150 "$@" "$drawing" -o "${drawing%.svg}.png"
}

"$XFLATE" key generate -q --kek kek-16.txt --volumes A00001L4 A00002L4 A00003L4 A00004L4 A00005L4 --cache c -o list --format lines
same() { check "$1" sh -c '"$0" cache export "$1" | cmp - list' "$XFLATE" "$2"; rm -f "$2"; }

bundles() {
	for form in svg html text; do
		run "$XFLATE" cache export c --bundle "b.$form" --kek kek-16.txt --qr $form
		is "$status $(stat -c %a "b.$form") $(wc -c <"$err")" '0 600 0' "export --qr $form"
		is "$(grep -cF -e "$KEK" "b.$form")" 0 "... without the KEK"
	done
	check 'the page is UTF-8' iconv -f UTF-8 -t UTF-8 b.text
	# Drawing, picture, scanner.
	png b.svg
	scan b.png >typed
	is "$(grep -c '^code ' typed)" 2 'zbar reads every code of the drawing'
	run "$XFLATE" cache import new typed
	expect_status 0 'to paper and back'
	same '... the same keys' new
	# As zbarimg says it by itself.
	zbarimg -q b.png >typed 2>/dev/null
	check 'with what zbarimg puts before each' "$XFLATE" cache import -q new typed
	same '... the same keys' new
	is "$("$PYTHON" "$here/halfblocks.py" -svg page <b.html)" 2 'the page has as many'
	for i in 2 1; do
		png page-$i.svg -w 472
		scan page-$i.png
	done >typed
	check 'the codes of the page, in another order' "$XFLATE" cache import -q new typed
	same '... the same keys' new
	is "$("$PYTHON" "$here/halfblocks.py" text <b.text)" 5 'the text has five, one for each key'
	is "$("$PYTHON" -c 'import sys; print(max(map(len, open("b.text", encoding="utf-8").read().split("\n"))) <= 80)')" True '... of 80 columns'
	for i in 5 4 3 2 1; do scan text-$i.pgm; done >typed
	check 'the codes of the text, backwards' "$XFLATE" cache import -q new typed
	same '... the same keys' new
	check 'the text is a bundle as it is, too' "$XFLATE" cache import -q new b.text
	same '... the same keys' new
	run "$XFLATE" cache check --bundle typed --kek kek-16.txt
	is "$status $(grep -c ' ok$' "$out")" '0 5' 'check --bundle of what was scanned'
	cat typed typed >twice
	check 'each code twice' "$XFLATE" cache import -q new twice
	same '... the same keys' new
	for i in 1 2 4; do scan text-$i.pgm; done >typed
	run "$XFLATE" cache import new typed
	refused 1 'two codes are forgotten'
	says 'code 3 of 5 and others are missing' '... which'
	is "$(find . -name new)" '' '... nothing goes in'
	for i in 1 2 3 4; do scan text-$i.pgm; done >typed
	run "$XFLATE" cache import new typed
	says 'code 5 of 5 is missing' 'the last code is forgotten'
	"$XFLATE" cache export c --bundle other --kek kek-16.txt --force --qr text
	cp c c2
	"$XFLATE" cache remove -q c2 A00005L4
	"$XFLATE" cache export c2 --bundle other.text --kek kek-16.txt --qr text
	"$PYTHON" "$here/halfblocks.py" other <other.text >/dev/null
	scan other-2.pgm >>typed
	run "$XFLATE" cache import new typed
	refused 1 'a code of another bundle'
	says 'line [0-9]*: a code of another bundle' '... its line'
	for i in 1 2 3 4 5; do scan text-$i.pgm; done | sed '/^hex 3.1/s/ [1-9a-f]/ 0/3' >typed
	run "$XFLATE" cache import new typed
	refused 1 'a line of a code that was mistyped'
	says "line $(grep -n '^hex 3.1' typed | cut -d : -f 1): .*mistyped" '... is named'
	rm -f b.* other* typed twice text-* page-* c2
	# A name that fills the line.
	long=$(printf '%0127d' 1)
	printf '%s\t%s\nA<&>"%%\t%s\n' "$long" "$(cut -f 2 list | head -n 1)" "$(cut -f 2 list | head -n 1)" >odd
	"$XFLATE" cache import -q c3 odd
	"$XFLATE" cache export c3 --bundle odd.svg --kek kek-16.txt --qr svg
	png odd.svg
	scan odd.png >typed
	check 'odd names and long ones' "$XFLATE" cache import -q new typed
	check '... the same keys' sh -c '"$0" cache export new | cmp - odd' "$XFLATE"
	run "$XFLATE" cache export c --bundle x --kek kek-16.txt --qr pdf
	refused 2 '--qr: no such form'
	run "$XFLATE" cache export c --qr text
	refused 2 '--qr without --bundle'
	run sh -c '"$0" cache export c --bundle - --kek kek-16.txt --qr svg >/dev/full' "$XFLATE"
	is "$status" 1 '--qr: standard output is full'
	rm -f odd* new typed c3
}

# files N...: share.N...
files() { printf 'share.%s ' "$@"; }

shares() {
	run "$XFLATE" key split kek-32.txt --shares 5 --threshold 3 -o share
	is "$status $(in_folder . | tr ' ' '\n' | grep -c '^share\.[1-5]$') $(stat -c %a share.1)" '0 5 600' 'split: five files of mode 0600'
	says 'share.1 to share.5: any 3 of them make the KEK [0-9a-f]{8}' '... and how many are needed'
	cat share.* >first
	run "$XFLATE" key split kek-32.txt --shares 5 --threshold 3 -o share
	refused 1 'split again: shares are not replaced'
	says 'share.1: exists already; name another' '... it says what to do'
	check '... they are as they were' sh -c 'cat share.* | cmp - first'
	is "$(grep -cF "$KEK" share.*)" "$(printf 'share.%s:0\n' 1 2 3 4 5)" '... without the KEK'
	is "$(grep -c '^xflate-share ' share.3)" 1 '... each of one line'
	for set in '1 2 3' '5 3 1' '2 4 5' '1 2 3 4 5' '3 3 1 2'; do
		# shellcheck disable=SC2046,SC2086 # numbers
		run "$XFLATE" key join $(files $set) -o joined
		is "$status $(cat joined) $(stat -c %a joined)" "0 $KEK 600" "join: $set"
		rm -f joined
	done
	run sh -c 'cat share.2 share.5 share.4 | "$0" key join' "$XFLATE"
	is "$status $(cat "$out")" "0 $KEK" 'join: from standard input'
	for set in 1 '4 5' '2 2 2'; do
		# shellcheck disable=SC2046,SC2086 # numbers
		run "$XFLATE" key join $(files $set)
		refused 4 "join: $set are not enough"
		says 'of the 3 shares that are needed (is|are) here; [12] more of: ' '... it says how many and which'
	done
	"$XFLATE" key split -q kek-32.txt --shares 5 --threshold 3 -o second
	run "$XFLATE" key join share.1 second.2 share.3
	refused 4 'join: shares of two splits'
	says 'second.2, line 3: share 2 is of the split' '... which is the other'
	sed 's/^\(xflate-share .*\) .\(.*\)$/\1 x\2/' share.2 >wrong
	run "$XFLATE" key join share.1 wrong share.3
	refused 1 'join: a mistyped share'
	says 'wrong: line 3: .*mistyped' '... its file and line'
	run "$XFLATE" key join share.1 share.2 kek-16.txt
	refused 1 'join: a file that is no share'
	is "$(grep -cF "$(cut -c 1-12 kek-16.txt)" "$err")" 0 '... of which nothing is shown'
	run "$XFLATE" key split kek-32.txt --shares 5 --threshold 3 -o share
	refused 1 'split: files that are there stay'
	rm share.1 share.2
	run "$XFLATE" key split kek-32.txt --shares 5 --threshold 3 -o share
	refused 1 'split: one is there'
	is "$(in_folder . | tr ' ' '\n' | grep -c '^share')" 3 '... and none is made'
	rm -f share.* second.* wrong
	for bad in '--shares 1 --threshold 1' '--shares 5 --threshold 1' '--shares 3 --threshold 4' '--shares 256 --threshold 2' '--shares 5' '--threshold 2'; do
		# shellcheck disable=SC2086 # options
		run "$XFLATE" key split kek-32.txt $bad
		refused 2 "split: $bad"
	done
	run "$XFLATE" key split kek-short-5.txt --shares 3 --threshold 2
	refused 4 'split: no KEK'
	run "$XFLATE" key split kek-32.txt --shares 3 --threshold 2 --qr svg
	refused 2 'split: drawings need files'
	head -c 32 /dev/urandom >raw
	"$XFLATE" key split -q raw --shares 3 --threshold 2 -o share
	"$XFLATE" key join -q share.3 share.1 -o joined
	check 'a KEK of random bytes, byte by byte' cmp raw joined
	rm -f raw joined share.*
	run "$XFLATE" key split --kek kek-16.txt --shares 4 --threshold 2
	is "$status $(grep -c '^xflate-share' "$out")" '0 4' 'split: to standard output'
	says 'all shares in one place are the KEK' '... with a warning'
}

share_codes() {
	"$XFLATE" key split -q kek-32.txt --shares 3 --threshold 2 -o share --qr svg
	"$XFLATE" key split -q kek-32.txt --shares 3 --threshold 2 -o page --qr html
	"$XFLATE" key split -q kek-32.txt --shares 3 --threshold 2 -o text --qr text
	is "$(stat -c %a share.1.svg page.2.html text.3 | tr '\n' ' ')" '600 600 600 ' 'split --qr: a file for each'
	png share.1.svg
	png share.3.svg
	scan share.1.png share.3.png | tr '[:lower:]' '[:upper:]' >typed
	run "$XFLATE" key join typed
	is "$status $(cat "$out")" "0 $KEK" 'shares to paper and back, from a scanner in capitals'
	for i in 2 3; do
		"$PYTHON" "$here/halfblocks.py" -svg page <page.$i.html >/dev/null
		png page-1.svg -w 472
		scan page-1.png
	done >typed
	run "$XFLATE" key join typed
	is "$status $(cat "$out")" "0 $KEK" 'shares of pages'
	for i in 1 2; do
		"$PYTHON" "$here/halfblocks.py" text <text.$i >/dev/null
		scan text-1.pgm
	done >typed
	run "$XFLATE" key join typed
	is "$status $(cat "$out")" "0 $KEK" 'shares of texts'
	run "$XFLATE" key join text.3 text.1
	is "$status $(cat "$out")" "0 $KEK" '... which are files as they are, too'
	# What is seen in a drawing can be typed, line by line.
	sed -n 's/^<text.*>\([^<]*\)<\/text>$/\1/p' share.2.svg | tail -n +2 >typed
	run "$XFLATE" key join typed share.1.png
	expect_status 1 'a picture is no share'
	scan share.1.png >>typed
	run "$XFLATE" key join typed
	is "$status $(cat "$out")" "0 $KEK" 'the lines under a drawing, typed'
	rm -f share.* page* text* typed
}

shares
run "$XFLATE" cache export c --bundle probe --kek kek-16.txt --qr text
if grep -q 'without libqrencode' "$err"; then
	skip 'QR codes' 'built without libqrencode'
elif ! command -v zbarimg >/dev/null || ! command -v rsvg-convert >/dev/null; then
	skip 'QR codes' 'no zbarimg or no rsvg-convert'
else
	rm -f probe
	bundles
	share_codes
fi
done_testing
