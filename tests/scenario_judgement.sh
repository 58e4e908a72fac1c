#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One judgement: what verify calls sound is converted with exit status 0, what it does not is not, and what is converted with 0
# is sound again.  Every volume and set there is.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# What only verify looks at: content against digests, the order of records, labels that contradict each other.
verify_alone() {
	case $1 in
	false-missing-block | false-job-files | false-wreck | false-option* | false-doubled-block | false-label-[imnsv]*) return 1 ;;
	false-* | vol-ax-sparse-lz4 | wound-*) return 0 ;;
	esac
	return 1
}

# judged TEXT KEY-OPTIONS VOLUME...
judged() {
	text=$1
	keys=$2
	shift 2
	# shellcheck disable=SC2086 # options
	run "$XFLATE" verify -qq $keys "$@"
	sound=$status
	case $text in
	good-* | vol-* | plain-* | enc* | strong* | mk-* | nosum-* | small-* | pki-* | OUT1)
		[ "$text" = vol-ax-sparse-lz4 ] || is "$sound" 0 "$text: sound"
		;;
	*) is "$sound" 3 "$text: not sound" ;;
	esac
	target=bareos
	case $product in
	bacula*) target=bacula ;;
	esac
	algorithm=lz4
	[ "$target" = bareos ] || algorithm=lzo
	for options in -i "-r $algorithm"; do
		rm -rf result
		mkdir result
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q $options ${keys:+--decrypt $keys} -o result "$@"
		if [ "$sound" = 0 ]; then
			expect_status 0 "$text $options: converted" || continue
			# shellcheck disable=SC2046 # paths
			check "$text $options: sound again" xflate verify -qq $(for v; do echo "result/${v##*/}"; done)
		elif verify_alone "$text"; then
			expect_status 0 "$text $options: converted, for its digests and its order are not looked at"
		else
			expect_status 1 "$text $options: refused"
			# shellcheck disable=SC2086 # options
			run "$XFLATE" -q $options --on-damage=skip --force -o result "$@"
			expect_status 3 "$text $options skip: finished with damage"
		fi
	done
	rm -rf result
}

# one LINE of the list
one() {
	listed "$1"
	case $flags in
	'(encrypted)')
		case $name in
		mk-*) sed -n 's/^cipher_key: //p' "$here/keys/$name" >key ;;
		*) printf 'xflate-fixture:%s' "$name" | "$PYTHON" -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(sys.stdin.buffer.read()).digest()[:int(sys.argv[1])]).decode())' \
			"$(case $name in enc128*) echo 32 ;; *) echo 64 ;; esac)" >key ;;
		esac
		chmod 600 key
		judged "$name" '--key key' "$volume"
		;;
	*) judged "$name" '' "$volume" ;;
	esac
	done_testing
}

[ "${1:-}" != --one ] || one "$2"

grep -v -e '(set)' -e '^made/good-set-' "$VOLUMES/list" >"$work/list"
in_parallel "$work/list"
product=bareos
judged vol-span-gzip6-1 '' "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2"
judged good-set '' "$VOLUMES/made/good-set-1" "$VOLUMES/made/good-set-2" "$VOLUMES/made/good-set-3"
product=bacula
judged plain-span1 '' "$VOLUMES/bacula/plain-span1" "$VOLUMES/bacula/plain-span2"
done_testing
