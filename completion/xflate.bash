# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for xflate
# shellcheck shell=bash

_xflate() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev='' verb=filter words='' word at=1
	local algorithms='gzip lzo lzfast lz4 lz4hc zstd'
	COMPREPLY=()
	[[ $COMP_CWORD -gt 0 ]] && prev=${COMP_WORDS[COMP_CWORD-1]}
	# bash makes words of "=" and ":": --target=any is three, gzip:9 too.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' && $COMP_CWORD -gt 1 ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	# The command may stand behind -q and -v.
	while [[ $at -lt $COMP_CWORD && ${COMP_WORDS[at]} =~ ^(-[qv]+|--quiet|--verbose)$ ]]; do
		at=$((at + 1))
	done
	# xflate itself knows: a line for each option of each command, with its letter, its name, "value" if it has one, and what that may be.
	local table of letter name value commands='' below='' options='' choices='' first=${COMP_WORDS[at]} above=${COMP_WORDS[at]}
	[[ $first == help && $COMP_CWORD -gt $((at + 1)) ]] && above=${COMP_WORDS[at+1]}
	table=$("${COMP_WORDS[0]}" help --options 2>/dev/null)
	while IFS=$'\t' read -r of _; do
		[[ "$commands " == *" ${of%% *} "* ]] || commands+=" ${of%% *}"
		[[ $of != "$above "* || "$below " == *" ${of#* } "* ]] || below+=" ${of#* }"
	done <<<"$table"
	if [[ $COMP_CWORD -gt $at && "$commands " == *" $first "* ]]; then
		verb=$first
		[[ $first == "$above" && -n $below && $COMP_CWORD -gt $((at + 1)) ]] && verb+=" ${COMP_WORDS[at+1]}"
	fi
	while IFS=$'\t' read -r of letter name value word; do
		[[ $of == "$verb" ]] || continue
		options+=" $name"
		[[ $prev == -?* && $value == value ]] && [[ $prev == "$letter" || $prev == "$name" ]] && choices=${word//|/ }
	done <<<"$table"
	if [[ -n $choices ]]; then
		while IFS= read -r word; do
			COMPREPLY+=("$word")
		done < <(compgen -W "$choices" -- "$cur")
		return
	fi

	case $verb:$prev in
	filter:-d | filter:--deflate | filter:-r | filter:--recompress) words=$algorithms ;;
	*:-T | *:--threads | *:--max-block | *:--max-memory | *:--limit-rate | *:--expect-bytes | *:--rate-high | *:--rate-low | *:--tries | *:--algorithm | *:--shares | *:--threshold | *:--media-type | *:--storage | *:--catalog-version) return ;;
	*:--job | *:--file | *:--file-index | *:--strip | *:--catalog-job | catalog*:--device | *:--slot | *:--rename) return ;;
	filter:-o | filter:--output | filter:--map | filter:--report | catalog*:--rows | catalog*:--undo)
		compopt -o default 2>/dev/null
		return
		;;
	getkey:-c | getkey:--cipher) words='AES_128_XTS AES_256_XTS' ;;
	*:--key-command | *:--new-key-command) compopt -o default 2>/dev/null ;;
	*:--key-dir | *:--new-key-dir | *:--key-config | getkey:-k | getkey:-C | getkey:--config | getkey:--log)
		compopt -o default 2>/dev/null
		return
		;;
	*:--pki-key | *:--pki-passphrase | *:--pki-cert | filter:--key | list:--key | verify:--key | compare:--key | extract:--key | catalog*:--key | filter:--new-key | compare:--new-key)
		words='tty - fd: cred:'
		compopt -o default 2>/dev/null
		;;
	help:help) words="$commands --options" ;;
	help:*) words=$below ;;
	key:* | cache:* | catalog:* | report:report) words="$below --help" ;;
	'key '*:--format | 'cache '*:--format) words='lines json sql' ;;
	'key status':--vendor) words='ibm hp quantum' ;;
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
			words=$options
			[[ $verb == getkey ]] && words='--key-dir --config --cipher --log --selftest --migrate --help'
			[[ $COMP_CWORD -eq $at ]] && words+=' --version'
		else
			[[ $COMP_CWORD -eq $at ]] && words=$commands
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
