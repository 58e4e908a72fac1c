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
	"$XFLATE" help $verb >text
	[ "$verb" = 'key generate' ] && "$XFLATE" key generate --volumes --help >>text
	grep "^$verb${tab}" table | while IFS=$tab read -r _ letter name _; do
		case $name in --help | --quiet | --verbose) continue ;; esac
		grep -q -- "$name\\>" text || echo "help of $verb: $name" >>missing
		[ "$letter" = - ] || grep -q -- "^ *$letter, " text || echo "help of $verb: $letter" >>missing
		grep -q -- "Fl $(echo "$name" | sed 's/^-//; s/-/[-]/g')\\>" "$root/man/xflate.1" || echo "manual: $name ($verb)" >>missing
		grep -q -- "$name\\>" "$root/completion/_xflate" || echo "zsh: $name ($verb)" >>missing
	done
done <verbs
check 'help, manual and zsh know every option of the table' [ ! -s missing ] || sed 's/^/# /' missing
# And the other way round: what they name is in the table (getkey and bscrypto read their own).
sed -n 's/^ *'"'"'.*\(--[a-z-]*\)=\{0,1\}\[.*/\1/p' "$root/completion/_xflate" | sort -u >named
grep -v -x -e --cipher -e --config -e --log -e --selftest -e --migrate -e --debug named | while IFS= read -r name; do
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
check 'it names those that begin so' grep -q -F -- '--recompress, --repair, --report' "$err"
usage 'a missing value' '--map: its value is missing' filter "$small" --map
usage 'a missing value of a letter' '-o: its value is missing' filter -i -o
usage 'a value that is none'\''s' '--json takes no value' list --json=yes "$small"
usage 'an unknown letter among known ones' '-iX: unknown option: -X' filter -iX "$small"
usage 'an option twice' '--map is given twice' filter --map a --map b "$small"
usage 'a source that is empty' '--key is empty' verify --key= "$small"
usage 'a mistyped verb' 'verfy: no such command, and no such file; did you mean verify?' verfy "$small"
usage 'a mistyped verb below a verb' 'key genrate: no such command; did you mean generate?' key genrate
usage 'too many operands' 'show: it takes one FILE' key show a b
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
