# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for xflate
# shellcheck shell=bash

_xflate() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev='' verb=filter words='' word
	local algorithms='gzip lzo lzfast lz4 lz4hc zstd'
	local keys='--key --key-dir --key-config --key-command' new_keys='--new-key --new-key-dir --new-key-command'
	COMPREPLY=()
	[[ $COMP_CWORD -gt 0 ]] && prev=${COMP_WORDS[COMP_CWORD-1]}
	# bash makes words of "=" and ":": --target=any is three, gzip:9 too.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' && $COMP_CWORD -gt 1 ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	if [[ $COMP_CWORD -gt 1 ]]; then
		case ${COMP_WORDS[1]} in
		filter | list | verify | compare | alerts | changer | getkey | help) verb=${COMP_WORDS[1]} ;;
		key | cache)
			verb=${COMP_WORDS[1]}
			[[ $COMP_CWORD -gt 2 ]] && verb+=" ${COMP_WORDS[2]}"
			;;
		esac
	fi

	case $verb:$prev in
	filter:-d | filter:--deflate | filter:-r | filter:--recompress) words=$algorithms ;;
	filter:--target) words='bareos bareos-22 bacula any' ;;
	filter:--on-damage | compare:--on-damage) words='stop skip keep' ;;
	filter:--progress | verify:--progress) words='auto never always json' ;;
	filter:-T | filter:--threads | compare:-T | compare:--threads | verify:-T | verify:--threads | filter:--max-block | *:--max-memory) return ;;
	filter:-o | filter:--output | filter:--map | filter:--report)
		compopt -o default 2>/dev/null
		return
		;;
	filter:--encrypt) words='aes-128-xts aes-256-xts' ;;
	filter:--block-format) words='bb02 bb03' ;;
	getkey:-c | getkey:--cipher) words='AES_128_XTS AES_256_XTS' ;;
	*:--key-command | *:--new-key-command) compopt -o default 2>/dev/null ;;
	*:--key-dir | *:--new-key-dir | *:--key-config | getkey:-k | getkey:-C | getkey:--config | getkey:--log)
		compopt -o default 2>/dev/null
		return
		;;
	filter:--key | list:--key | verify:--key | compare:--key | filter:--new-key | compare:--new-key)
		words='tty - fd: cred:'
		compopt -o default 2>/dev/null
		;;
	help:*) words='filter list verify compare key cache alerts drives changer getkey' ;;
	key:*) words='generate show wrap unwrap rewrap split join load clear status probe --help' ;;
	cache:*) words='list get import export renew remove check --help' ;;
	*:--qr) words='text svg html' ;;
	'key '*:--format | 'cache '*:--format) words='lines json sql' ;;
	'key load':--mode | changer:--mode) words='mixed decrypt raw' ;;
	'key '*:--wait | changer:--wait) words='ready' ;;
	'key '*:--key | 'key '*:--kek | changer:--kek | 'key '*:--new-kek | 'cache '*:--kek)
		words='tty - fd: cred:'
		compopt -o default 2>/dev/null
		;;
	'key '*:-o | 'key '*:--output | 'cache '*:-o | 'cache '*:--output | 'cache '*:--bundle)
		compopt -o default 2>/dev/null
		return
		;;
	*)
		if [[ $cur == -* ]]; then
			case $verb in
			filter)
				words='--inflate --deflate --recompress --target --output --force --threads --max-block
					--max-memory --on-damage --repair --decrypt --encrypt --strong --block-format --keep-layout
					--map --report --progress --quiet --verbose --help'
				words+=" $keys $new_keys"
				[[ $COMP_CWORD -eq 1 ]] && words+=' --version'
				;;
			list) words="--blocks --records --json --max-memory --verbose --quiet --help $keys" ;;
			verify) words="--threads --all-digests --whole --json --max-memory --progress --quiet --verbose --help $keys" ;;
			compare) words="--vs --threads --on-damage --max-memory --json --quiet --verbose --help $keys $new_keys" ;;
			getkey) words='--key-dir --config --cipher --log --selftest --migrate --help' ;;
			'key generate') words='--volumes --cache --catalog-command --missing --rotate --pool --media-type --storage --format --output --force --kek --base64 --raw-key --quiet --help' ;;
			'key show') words='--output --force --kek --base64 --raw-key --id --quiet --help' ;;
			'key wrap') words='--output --force --kek --raw-key --format --quiet --help' ;;
			'key unwrap') words='--output --force --kek --base64 --format --quiet --help' ;;
			'key rewrap') words='--output --force --kek --new-kek --format --quiet --help' ;;
			'key split') words='--shares --threshold --output --kek --qr --quiet --help' ;;
			'key join') words='--output --force --quiet --help' ;;
			'key load') words='--key --volume --auto --rewind --cache --catalog-command --kek --raw-key --mode --algorithm --kad
				--clear-on-demount --raw-readable --wait --dry-run --json --quiet --verbose --help' ;;
			'key clear') words='--wait --json --quiet --verbose --help' ;;
			'key status') words='--json --bscrypto --wait --explain --vendor --quiet --verbose --help' ;;
			'key probe') words='--cache --catalog-command --kek --first --tries --algorithm --force --wait --json --quiet --verbose --help' ;;
			alerts) words='--all --keep --json --explain --type --quiet --verbose --help' ;;
			drives) words='--json --quiet --verbose --help' ;;
			changer) words='--cache --catalog-command --kek --device --require-key --kad --clear-on-demount --raw-readable --mode --algorithm
				--wait --quiet --verbose --help' ;;
			'cache list') words='--no-keys --json --quiet --help' ;;
			'cache get') words='--output --force --kek --quiet --help' ;;
			'cache export') words='--output --force --format --bundle --kek --plain-keys --qr --quiet --help' ;;
			'cache check') words='--bundle --kek --json --quiet --help' ;;
			'cache '*) words='--force --quiet --help' ;;
			esac
		else
			[[ $COMP_CWORD -eq 1 ]] && words='filter list verify compare key cache alerts drives changer getkey help'
			compopt -o default 2>/dev/null
			while IFS= read -r word; do
				COMPREPLY+=("$word")
			done < <(compgen -W "$words" -- "$cur"; compgen -f -- "$cur")
			return
		fi
		;;
	esac
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <(compgen -W "$words" -- "$cur")
}
complete -o filenames -F _xflate xflate
