#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Command lines: what the tables of options say is what help, manual and completions say; how they are read, and what is said of wrong ones.
# shellcheck disable=SC2016 # for inner shells
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$here/.." && pwd)
tab=$(printf '\t')

# ---- one table, four readers ----
"$XFLATE" help --options >table
check 'the table has every verb' [ "$(cut -f 1 table | sort -u | wc -l)" -ge 22 ]
cut -f 1 table | sort -u >verbs
grep -- '--help' table | cut -f 1 | sort -u >helped
check 'and each verb has --help' cmp verbs helped
: >missing
while IFS= read -r verb; do
	# shellcheck disable=SC2086 # it may be two words
	"$XFLATE" help $verb | sed "/^Exit status/,\$d" >text
	[ "$verb" = 'key generate' ] && "$XFLATE" key generate --volumes --help >>text
	grep "^$verb${tab}" table | while IFS=$tab read -r _ letter name _; do
		case $name in --help | --quiet | --verbose) continue ;; esac
		grep -q -- "$name\\>" text || echo "help of $verb: $name" >>missing
		[ "$letter" = - ] || grep -q -- "^ *$letter, " text || echo "help of $verb: $letter" >>missing
		grep -q -- "Fl $(echo "$name" | sed 's/^-//; s/-/[-]/g')\\>" "$root/man/xflate-${verb%% *}.1" || echo "manual: $name ($verb)" >>missing
	done
	grep -q "^\.\(Op \)*Cm $verb\\>" "$root/man/xflate-${verb%% *}.1" || echo "manual: $verb" >>missing
done <verbs
check 'help and manual know every option of the table' [ ! -s missing ] || sed 's/^/# /' missing

# And the other way: what a page says are options, in the items of its lists, are some of its command, and its synopsis has only verbs that are there.
# (getkey takes its arguments as key-manager.py does: not by the table, but its help tells them.)
"$XFLATE" help getkey >text
has() { # COMMAND OPTION
	if [ "$1" = getkey ]; then
		grep -q -- "^ .*$2\\>" text
	else
		grep -q -- "^$1\\( [^$tab]*\\)*$tab.*$2$tab" table
	fi
}
: >unknown
for page in "$root"/man/xflate-*.1; do
	top=${page##*/xflate-}
	top=${top%.1}
	# An item may go on behind a backslash.  Behind Fl stands one letter, or - and a long name.
	sed -e ':a' -e '/\\$/N; s/\\\n/ /; ta' "$page" | sed -n 's/^\.It \(Fl .*\)/\1/p' | grep -o 'Fl [^ ]*\|[|,] -[a-z-]*' | sed 's/^[^ ]* /-/' | sort -u >said
	while IFS= read -r option; do
		case $option in
		--* | -?) has "$top" "$option" || echo "$top: $option" >>unknown ;;
		*) [ "$option" = -vv ] || echo "$top: $option is no option" >>unknown ;;
		esac
	done <said
	grep -q "^$top " verbs || continue
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.Cm \([a-z]* [a-z]*\).*/\1/p' "$page" | while IFS= read -r verb; do
		grep -q "^$verb$" verbs || echo "$top: $verb" >>unknown
	done
done
check 'pages of commands were read' [ "$(wc -l <said)" -gt 5 ]
check 'and the manual knows no option that is not there' [ ! -s unknown ] || sed 's/^/# /' unknown

# zsh has a part for each command of the top: with the options, their letters, and the words that a value may be.
zsh_of() { # VERB: its part, with what it shares
	sed -n "/^_xflate_filter() {/,/^}/p; /^	$1)/,/;;/p" "$root/completion/_xflate" | if [ "$1" = filter ]; then cat; else sed '/^_xflate_filter/,/^}/d'; fi >part
	for shared in _xflate_keys _xflate_new_keys _xflate_pki; do
		! grep -q "\$$shared\>" part || sed -n "/^$shared=(/,/^)/p" "$root/completion/_xflate" >>part
	done
}
: >missing
cut -d ' ' -f 1 verbs | sort -u | while IFS= read -r top; do
	zsh_of "$top"
	grep "^${top}[ $tab]" table | while IFS=$tab read -r verb letter name _ words; do
		case $name in --quiet | --verbose) continue ;; esac
		grep -q -- "${name}[=\[,}]" part || echo "zsh: $name ($verb)"
		[ "$letter" = - ] || [ "$letter" = -h ] || grep -q -- "{$letter+\{0,1\},$name" part || echo "zsh: $letter ($verb)"
		[ -z "$words" ] || grep -q -- "$name=.*:($(echo "$words" | tr '|' ' '))'" part || echo "zsh: $name $words ($verb)"
	done
done >missing
check 'zsh knows every option of each command, and what its value may be' [ ! -s missing ] || sed 's/^/# /' missing
zsh_of help
cut -d ' ' -f 1 verbs | sort -u | while IFS= read -r top; do grep -q "command:(.*\<$top\>.*)" part || echo "$top"; done >missing
check 'zsh knows what there is help of' [ ! -s missing ] || sed 's/^/# /' missing
# And the other way round: what they name is in the table (getkey, bscrypto and help read their own).
sed -n 's/^ *'"'"'.*\(--[a-z-]*\)=\{0,1\}\[.*/\1/p' "$root/completion/_xflate" | sort -u >named
grep -v -x -e --cipher -e --config -e --log -e --selftest -e --migrate -e --debug -e --options named | while IFS= read -r name; do
	grep -q -- "${tab}$name${tab}" table || echo "$name"
done >unknown
check 'zsh names no option that is not there' [ ! -s unknown ] || sed 's/^/# /' unknown

cat >complete.bash <<'EOF'
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
_xflate; printf '%s\n' "${COMPREPLY[@]}"
EOF
completes() { bash complete.bash "$root/completion/xflate.bash" "$XFLATE" "$@"; }
check 'bash: the options of filter are the table'\''s' [ "$(completes filter -- | grep '^--' | sort)" = "$(sed -n "s/^filter${tab}[^${tab}]*${tab}\\(--[a-z-]*\\).*/\\1/p" table | sort)" ]
check 'bash: those of key load, too' [ "$(completes key load --ra | sort | tr '\n' ' ')" = '--raw-key --raw-readable ' ]
check 'bash: what a value may be' [ "$(completes alerts --type '' | tr '\n' ' ')" = 'drive library ' ]
check 'bash: behind a letter and =, too' [ "$(completes filter --on-damage = sk)" = skip ]
check 'bash: standard input is no option without a letter' [ "$(completes filter - --rep | tr '\n' ' ')" = '--repair --report ' ]
check 'bash: a command behind -q' [ "$(completes -q ver | grep -x verify)" = verify ]
check 'bash: and its options' [ "$(completes -q verify --who)" = --whole ]
"$XFLATE" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' | sort >commands
completes '' | grep -F -x -f commands | sort >named
check 'bash: all commands' cmp commands named
sed -n "/^	commands=(/,/^	)/s/^		['\"]\([a-z]*\):.*/\1/p" "$root/completion/_xflate" | sort >named
check 'zsh: all commands' cmp commands named
for top in key cache catalog; do
	sed -n "s/^$top \([a-z]*\)$/\1/p" verbs >below
	completes $top '' | grep -v -e --help | sort >named
	check "bash: all below $top" cmp below named
	zsh_of $top
	sed -n "s/^		*'1:what:(\(.*\))'.*/\1/p" part | tr ' ' '\n' | sort >named
	check "zsh: all below $top" cmp below named
done
check 'bash: help of what is below key' [ "$(completes help key pro)" = probe ]
check 'bash: verbs' [ "$(completes ver | grep -x verify)" = verify ]

# ---- how they are read ----
small=$here/volumes/bacula/small-lzo
usage() { # NAME WORDS ARGUMENTS...: wrong usage, exit 2, and says WORDS
	said=$2 name=$1
	shift 2
	run "$XFLATE" "$@"
	check "$name: exit 2" [ "$status" = 2 ]
	check "$name: says so" grep -q -F -- "$said" "$err"
}
usage 'a mistyped option' "--on-damge: unknown option; did you mean --on-damage?" filter --on-damge=skip "$small"
usage 'an option that is like none' "--no-such-thing: unknown option" verify --no-such-thing "$small"
check 'nothing is suggested for it' sh -c '! grep -q mean "$1"' - "$err"
usage 'an ambiguous beginning' '--re: which one?' filter --re "$small"
check 'it names those that begin so' grep -q -F -- '--recompress, --repair, --rename, --report' "$err"
run "$XFLATE" list --verb "$small"
check 'a verb that has a -v of its own: --verb is that one' [ "$status" = 0 ]
run "$XFLATE" help --options
check 'no option of a verb is told twice' [ -z "$(cut -f 1,3 "$out" | sort | uniq -d | grep -v '^key generate')" ]
usage 'a missing value' '--map: its value is missing' filter "$small" --map
usage 'a missing value of a letter' '-o: its value is missing' filter -i -o
usage 'a value that is none'\''s' '--json takes no value' list --json=yes "$small"
usage 'an unknown letter among known ones' '-iX: unknown option: -X' filter -iX "$small"
usage 'an option twice' '--map is given twice' filter --map a --map b "$small"
run "$XFLATE" changer --cache no-such-1 --cache no-such-2 -- false load
check 'of an option of a drive verb the last counts: who wraps a wrapper may add one' sh -c '! grep -q twice "$1"' - "$err"
usage 'a source that is empty' '--key is empty' verify --key= "$small"
usage 'a mistyped verb' 'verfy: no such command, and no such file; did you mean verify?' verfy "$small"
usage 'a mistyped verb below a verb' 'key genrate: no such command; did you mean generate?' key genrate
usage 'a mistyped verb behind -q' 'did you mean verify?' -q verfy "$small"
usage 'a mistyped verb in help' 'verfy: no such command; did you mean verify?' help verfy
usage 'one below a verb in help' 'key gnerate: no such command; did you mean generate?' help key gnerate
usage 'nothing is below a verb that works' 'list list: no such command' help list list
usage 'a word that is none of those' '--on-damage never: must be stop, skip or keep' filter --on-damage=never "$small"
usage 'a number that is too small' '--tries 0: must be a number of keys, 1 to 1000000' key probe --tries 0
usage 'a size that is too small' '--max-memory 1: must be a number of bytes, 64M at least' list --max-memory=1 "$small"
usage 'no number' '--max-block 4096x: must be a number of bytes, 4096 to 20000000' filter --max-block 4096x "$small"
run "$XFLATE" ./verfy
check 'a path is no mistyped verb' grep -q 'verfy: cannot open' "$err"
usage 'too many operands' 'key show: it takes one FILE' key show a b
takes() { # NAME ARGUMENTS...
	name=$1
	shift
	run "$XFLATE" "$@"
	check "$name" [ "$status" = 0 ]
}
takes 'a beginning that only one option has' -q --infl --out a "$small"
takes 'letters that are joined, the last with its value' -qio b "$small"
check 'both do the same' cmp a b
takes 'values behind =' filter --inflate --output=c --quiet "$small"
check 'do the same' cmp a c
takes '-- ends the options' filter -q -i -o d -- "$small"
check 'does the same' cmp a d
cp "$small" ./-odd
takes 'a file behind -- that looks like an option' list -- -odd
cp "$small" verify
takes 'options after operands' filter "$small" -q -i -o e
takes '-q before the verb' -q verify "$small"
check 'is obeyed' [ ! -s "$err" ]
takes '-q before help' -q help verify
takes '-q before --version' -qq --version
takes 'numbers have units' filter --max-block 64k -q -o f "$small"
takes '-h is help everywhere' compare -h
takes 'help goes down the tree' help key load
check 'to the right one' grep -q '^Usage: xflate key load' "$out"
for verb in key cache; do
	run "$XFLATE" help $verb
	cp "$out" above
	run "$XFLATE" $verb --help
	check "$verb --help is help $verb" cmp "$out" above
done
run "$XFLATE" key split --help
check 'what has no help of its own shows that of the verb above' grep -q '^Usage: xflate key generate' "$out"
done_testing
