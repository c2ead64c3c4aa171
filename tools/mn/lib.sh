# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What the front door and its verbs share: messages, the table of verbs, a progress line.
# Needs bash alone, because `run`, `setup`, `doctor` and `help` work before anything is installed.

mn_say() {
	printf 'mn: %s\n' "$*" >&2
}

# A message and an exit code of 1, or of 2 for a wrong command line.
mn_die() {
	mn_say "$@"
	exit 1
}

mn_usage() {
	mn_say "$@"
	exit 2
}

# Prints the verbs, one a line.
mn_verb_names() {
	local name rest
	while IFS='| ' read -r name rest; do
		[[ -z $name ]] || printf '%s\n' "$name"
	done <<<"$MN_VERBS"
}

# Prints the package groups of a verb; fails where there is no such verb.
mn_verb_groups() {
	local name groups summary
	while IFS='|' read -r name groups summary; do
		if [[ -n $summary && ${name// /} == "$1" ]]; then
			printf '%s\n' "$groups" | xargs
			return 0
		fi
	done <<<"$MN_VERBS"
	return 1
}

# Prints the groups of packages.txt, one a line, in its order.
mn_package_groups() {
	awk '/^[^#]/ && !seen[$1]++ { print $1 }' "$MN_ROOT/tools/mn/packages.txt"
}

# How many letters to change, add or drop to make one word of the other (Levenshtein).
mn_distance() {
	local a=$1 b=$2 i j best
	local -a row next
	for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
	for ((i = 1; i <= ${#a}; i++)); do
		next=("$i")
		for ((j = 1; j <= ${#b}; j++)); do
			best=$((row[j - 1] + 1))
			[[ ${a:i-1:1} != "${b:j-1:1}" ]] || best=${row[j - 1]}
			((row[j] + 1 >= best)) || best=$((row[j] + 1))
			((next[j - 1] + 1 >= best)) || best=$((next[j - 1] + 1))
			next[j]=$best
		done
		row=("${next[@]}")
	done
	printf '%s\n' "${row[${#b}]}"
}

# Ends with the verb that was probably meant; one that is far off is not worth a guess.
mn_unknown() {
	local name d best='' least=3 hint=''
	((${#1} > least)) || least=${#1}
	for name in $(mn_verb_names); do
		d=$(mn_distance "$1" "$name")
		[[ $name != "$1"* ]] || d=1
		if ((d < least)); then
			best=$name least=$d
		fi
	done
	[[ -z $best ]] || hint=" Did you mean '$best'?"
	mn_usage "unknown verb '$1'.$hint All verbs: ./mn help"
}

# Shows the progress of ninja or apt-get, whose output it reads: one line that is rewritten on
# a terminal, else a line per tenth. Everything else goes to the log: nothing to do, no output.
mn_progress() {
	local label=$1 log=$2 line percent text shown=-10
	while IFS= read -r line; do
		if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) ]]; then
			percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2])) text=${BASH_REMATCH[3]}
		elif [[ $line =~ ^(dl|pm)status:[^:]*:([0-9]+)[^:]*:(.*) ]]; then
			label=installing percent=${BASH_REMATCH[2]} text=${BASH_REMATCH[3]}
			[[ ${BASH_REMATCH[1]} == pm ]] || label=downloading
		else
			printf '%s\n' "$line" >>"$log"
			continue
		fi
		if [[ -t 2 ]]; then
			printf '\r\e[K%.*s' "$((${COLUMNS:-80} - 1))" "$label $percent% $text" >&2
		elif ((percent >= shown + 10 || percent < shown)); then
			printf '%s %d%%\n' "$label" "$percent" >&2
			shown=$((percent / 10 * 10))
		fi
	done
	[[ ! -t 2 ]] || printf '\r\e[K' >&2
}
