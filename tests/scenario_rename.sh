#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# filter --rename: another Volume Name in the label, and nothing else.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cp "$VOLUMES/bareos/vol-multi" .
mkdir folder
run "$XFLATE" -q --rename vol-multi=New-1 --map map -o new vol-multi
expect_status 0 'a volume gets another name'
is "$("$XFLATE" list new | sed -n 1p)" 'volume New-1' 'which its label says'
run "$XFLATE" compare vol-multi --vs new
expect_status 0 'its jobs are the same'
run "$XFLATE" -q --keep-layout --rename vol-multi=vol-other -o there vol-multi
run "$XFLATE" -q --keep-layout --rename vol-other=vol-multi -o back there
check 'there and back, where it stands: the same bytes' cmp vol-multi back
run "$XFLATE" -q -r lz4 --rename vol-multi=a.much-longer_name:2 -o longer vol-multi
expect_status 0 'a longer name, and another algorithm'
run "$XFLATE" compare vol-multi --vs longer
expect_status 0 'the same jobs'
run "$XFLATE" -q --rename vol-multi=New-1 -o folder vol-multi
is "$(ls folder)" New-1 'in a folder its file has the name, too'
run "$XFLATE" -q --keep-layout --rename vol-multi=short -o layout vol-multi
expect_status 0 'where it stands, a shorter one'
is "$(wc -c <layout | tr -d ' ')" "$(wc -c <vol-multi | tr -d ' ')" 'no block has moved'
run "$XFLATE" verify -q layout
expect_status 0 'and it is sound'
run "$XFLATE" -q --keep-layout --rename vol-multi=longer-than-before -o none vol-multi
expect_status 1 'a longer one has no room there'
run "$XFLATE" -q --rename vol-mult=New-1 -o none vol-multi
expect_status 2 'a name that no volume has is an error'
check 'and nothing is written' [ ! -e none ]
for wrong in vol-multi vol-multi= =New vol-multi=a/b 'vol-multi=a b' "vol-multi=a'b" vol-multi=..; do
	run "$XFLATE" -q "--rename=$wrong" -o none vol-multi
	expect_status 2 "$wrong is no renaming"
done
run "$XFLATE" -q --rename vol-multi=a --rename vol-multi=b -o none vol-multi
expect_status 2 'one volume, two names'
run "$XFLATE" -q --rename vol-multi=a --rename other=a -o none vol-multi
expect_status 2 'two volumes, one name'
done_testing
