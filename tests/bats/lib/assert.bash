# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The assertions of all bats files, in guests and on the host. One that does not hold says
# what it found and what it should have found. Suites in guests get them by helpers.bash.

# say TEXT...: a diagnostic for the log
say() {
	printf '%s\n' "$*" >&2
}

# equals WHAT GOT WANTED
equals() {
	[[ $2 == "$3" ]] || {
		say "$1: \"$2\", should be \"$3\""
		return 1
	}
}

# at_least WHAT GOT MINIMUM
at_least() {
	(($2 >= $3)) || {
		say "$1: $2, should be at least $3"
		return 1
	}
}

# within WHAT GOT MINIMUM MAXIMUM
within() {
	(($2 >= $3 && $2 <= $4)) || {
		say "$1: $2, should be from $3 to $4"
		return 1
	}
}

# The next three are about the last command of bats's run: $status and $output.
# shellcheck disable=SC2154

# exits STATUS
exits() {
	((status == $1)) || {
		say "exit status $status, should be $1; output: $output"
		return 1
	}
}

# fails: with any exit status but 0
fails() {
	((status)) || {
		say "exit status 0, should be another; output: $output"
		return 1
	}
}

# prints TEXT...: the output has these texts, in this order
prints() {
	local text rest=$output

	for text; do
		[[ $rest == *"$text"* ]] || {
			say "output: \"$output\", should have \"$text\""
			return 1
		}
		rest=${rest#*"$text"}
	done
}

# eventually SECONDS COMMAND...: COMMAND succeeds within that time
eventually() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < end)) || {
			say "not within the time: $*"
			return 1
		}
		sleep 0.05
	done
}
