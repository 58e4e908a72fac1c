#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bootstraps of xflate catalog bsr: bextract takes them, and makes what they ask for and nothing else; and what catalog check says of
# the director's own rows.  Read by run.sh behind its backups.
# shellcheck disable=SC2154 # for run.sh

# take CONF: bextract with the bootstrap $work/b
take() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	peer 60 bextract -c "$work/conf/$1" -b "$work/b" Disk "$work/tree" >"$work/out" 2>&1 || :
}
# is_file PATH...: the restored tree holds these files, as they are in the source, and no other
is_file() {
	for path; do
		cmp "$path" "$work/tree$path" || return 1
	done
	(cd "$work/tree" && find . -type f | sed 's/^\.//' | sort) >"$work/restored"
	printf '%s\n' "$@" | sort | diff - "$work/restored"
}
not() { ! "$@"; }
bsr() { xflate catalog bsr "$@" >"$work/b"; }
# Volumes of a set, in folder $1
paths() { for volume in $(volumes "$2"); do echo "$1/$volume"; done; }
# Regular files of a tree with content and names of one line, some of them.
some_files() { find "$1" -type f -size +0 -links 1 | grep -v '[^ -~]' | sort | awk 'NR % 17 == 3' | grep -Fx -f "$work/named"; }

# bootstraps TITLE FOLDER: of the volumes there
bootstraps() {
	title=$1
	configure sd.conf.in sd-bsr.conf ARCHIVE "$2"
	mix=$(paths "$2" mix)
	# shellcheck disable=SC2046 # a list of files
	set -- $(paths "$2" span) "$2"
	for job in mixa mixb; do
		tree=src
		[ "$job" = mixa ] || tree=srcb
		check "$title, $job: a bootstrap" bsr --job "$job" "$mix" || continue
		take sd-bsr.conf
		check "$title, $job: bextract has no complaint" no_complaint "$work/out" || :
		check "$title, $job: bextract restores the source, and nothing of the job beside it" is_source "$work/tree" $tree -x || :
		cp "$work/b" "$work/base/$job.now"
		rm -f "$work/index"
		check "$title, $job: an index" xflate find -qq --index "$work/index" --update "$mix" "$1" "$2" || continue
		check "$title, $job: a bootstrap out of the index" bsr --index "$work/index" --job "$job" || continue
		take sd-bsr.conf
		check "$title, $job: bextract has no complaint of that one" no_complaint "$work/out" || :
		check "$title, $job: bextract restores the source by the index" is_source "$work/tree" $tree -x || :
		# A start that is no block's.
		sed 's/^VolAddr=\([0-9]*\)-/VolAddr=\1000-/' "$work/base/$job.now" >"$work/b"
		take sd-bsr.conf
		check "$title, $job: a wrong start does not" not is_source "$work/tree" $tree -x || :
		check "$title, $job: files that it has not are refused" not bsr --job "$job" --file-index 1-99999 "$mix" || :
		xflate list -vv "$mix" 2>/dev/null | sed -n 's/^.* FileIndex [0-9]*, stream 1 .*, \(\/.*\)$/\1/p' >"$work/named"
		for file in $(some_files "$work/$tree"); do
			check "$title, $job: a bootstrap for ${file##*/}" bsr --job "$job" --file "$file" "$mix" || continue
			take sd-bsr.conf
			check "$title, $job: bextract restores that file, and no other" is_file "$file" || :
			cp "$work/b" "$work/by-volumes"
			check "$title, $job: a bootstrap for ${file##*/} out of the index" bsr --index "$work/index" --job "$job" --file "$file" || continue
			take sd-bsr.conf
			check "$title, $job: bextract restores that file by the index, and no other" is_file "$file" || :
			cp "$work/by-volumes" "$work/b"
			awk -F '[=-]' '/^VolAddr=/ { printf "VolAddr=%d-%d\n", $2, $3 - 1; next } { print }' "$work/b" >"$work/b.short"
			mv "$work/b.short" "$work/b"
			take sd-bsr.conf
			check "$title, $job: an end that is one too small loses it" not is_file "$file" || :
		done
	done
	folder=$3
	check "$title, span: a bootstrap over two volumes" bsr "$1" "$2" || return 0
	take sd-bsr.conf
	check "$title, span: bextract has no complaint" no_complaint "$work/out" || :
	check "$title, span: bextract restores the source" is_source "$work/tree" src -x || :
	index=$(sed -n 's/^FileIndex=.*-//p' "$work/b" | head -n 1)
	file=$(xflate list -vv "$1" "$2" 2>/dev/null | sed -n "s/^.* FileIndex $index, stream 1 .*, \(\/.*\)$/\1/p" | head -n 1)
	check "$title, span: a bootstrap for the file that the volumes share" bsr --file-index "$index" "$1" "$2" || return 0
	check "$title, span: of two sections" [ "$(grep -c '^Volume=' "$work/b")" = 2 ] || :
	take sd-bsr.conf
	check "$title, span: bextract restores that file, and no other" is_file "$file" || :
	for o in '' "--file-index $index"; do
		# shellcheck disable=SC2086 # options
		check "$title, span${o:+, }$o: out of the index" bsr --index "$work/index" --job span $o || continue
		take sd-bsr.conf
		if [ -z "$o" ]; then
			check "$title, span: bextract restores the source by the index" is_source "$work/tree" src -x || :
		else
			check "$title, span: bextract restores that file by the index, and no other" is_file "$file" || :
		fi
	done
	# shellcheck disable=SC2046 # a list of files
	check "$title: the last save of a job" bsr --catalog-job gzip $(paths "$folder" gzip) "$mix" || return 0
	take sd-bsr.conf
	check "$title: bextract restores it" is_source "$work/tree" src -x || :
}

# What the director would write into a file of Write Bootstrap for a job.
written() {
	query first "select 'Volume=\"' || m.VolumeName || '\"' || char(10) || 'MediaType=\"' || m.MediaType || '\"' || char(10) ||
		'VolSessionId=' || j.VolSessionId || char(10) || 'VolSessionTime=' || j.VolSessionTime || char(10) ||
		'VolAddr=' || (r.StartFile * 4294967296 + r.StartBlock) || '-' || (r.EndFile * 4294967296 + r.EndBlock) || char(10) ||
		'FileIndex=' || r.FirstIndex || '-' || r.LastIndex || char(10) || 'Count=' || (r.LastIndex - r.FirstIndex + 1)
		from Job j join JobMedia r using (JobId) join Media m using (MediaId)
		where j.Name = '$1' and r.FirstIndex > 0 order by r.VolIndex, r.JobMediaId"
}

bootstraps 'bsr, as written' "$work/orig"

mkdir "$work/bsr"
for set in gzip mix span; do
	options='-i -d lzo'
	[ "$set" = gzip ] || options='-i'
	# shellcheck disable=SC2046,SC2086 # lists of words
	check "bsr: $set converted" xflate -q $options --map "$work/map.$set" -o "$work/bsr/" $(paths "$work/orig" "$set") || :
done
bootstraps 'bsr, converted' "$work/bsr"
for job in mixa mixb span gzip; do
	written "$job" >"$work/old.bsr"
	check "bsr --update, $job: the director's rows" grep -q '^VolAddr=' "$work/old.bsr" || :
	cp "$work/old.bsr" "$work/b"
	tree=src
	[ "$job" != mixb ] || tree=srcb
	take sd-bsr.conf
	# The first job of a volume that grew may begin where it did.
	check "bsr --update, $job: stale, they do not restore the source" not is_source "$work/tree" $tree -x || :
	# shellcheck disable=SC2046 # a list of files
	check "bsr --update, $job: mended" bsr --update "$work/old.bsr" $(paths "$work/bsr" mix) $(paths "$work/bsr" span) $(paths "$work/bsr" gzip) || continue
	take sd-bsr.conf
	check "bsr --update, $job: bextract has no complaint" no_complaint "$work/out" || :
	check "bsr --update, $job: bextract restores the source" is_source "$work/tree" $tree -x || :
	cp "$work/b" "$work/by-volumes"
	check "bsr --update, $job: mended by maps" bsr --update "$work/old.bsr" "$work"/map.* || continue
	check "bsr --update, $job: it is the same" cmp "$work/b" "$work/by-volumes" || :
done

# --- the director's rows, and these volumes ---

all_paths() { for set in $sets; do paths "$1" "$set"; done; }
# shellcheck disable=SC2046 # a list of files
xflate catalog rows $(all_paths "$work/orig") >"$work/query" 2>"$work/said"
answers() { peer 20 sqlite3 "$work/run/first.db" <"$work/query" >"$work/rows"; }
check "catalog rows: SQLite answers" answers || :
# shellcheck disable=SC2046 # a list of files
check "catalog check: the rows of a director fit what its daemon wrote" xflate catalog check --rows "$work/rows" $(all_paths "$work/orig") || :
# shellcheck disable=SC2046 # a list of files
check "catalog check: and not what became of it" not xflate catalog check --rows "$work/rows" $(paths "$work/bsr" mix) $(paths "$work/bsr" span) || :
