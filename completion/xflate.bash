# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for xflate
# shellcheck shell=bash

_xflate() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev='' verb=filter words='' word
	local algorithms='gzip lzo lzfast lz4 lz4hc zstd'
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
		filter | list | verify | compare | alerts | drives | changer | getkey | help) verb=${COMP_WORDS[1]} ;;
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
			# xflate itself knows: a line for each option of each verb, the long name in the third field.
			words=$("${COMP_WORDS[0]}" help --options 2>/dev/null | while IFS=$'\t' read -r of _ name _; do
				[[ $of == "$verb" ]] && echo "$name"
			done)
			[[ $verb == getkey ]] && words='--key-dir --config --cipher --log --selftest --migrate --help'
			[[ $COMP_CWORD -eq 1 ]] && words+=' --version'
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
