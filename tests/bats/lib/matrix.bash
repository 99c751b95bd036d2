# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the attacks of tests/attacks.txt, for attacks/matrix.bats and matrix.off.bats, and
# compares what came of them with what the file says. Needs attack.bash.

# Paths have no spaces; variables are those of bats and of attack.bash.
# shellcheck disable=SC2086,SC2154
matrix=/sci/tests/attacks.txt
proof=/run/sci-attack-proof
direct=/sys/kernel/debug/provoke-crash/DIRECT
cg=$top/attack

load_matrix() {
	load_module sci_attack
	load_module sci_bystander
	[[ -e $direct ]] || mount -t debugfs none /sys/kernel/debug
}

# attacks PART: its lines of tests/attacks.txt
attacks() {
	awk -v part="[$1]" '/^\[/ { on = $1 == part; next } /^#/ || !NF { next } on' $matrix
}

# oops_kind: which part of the hardware's protection the oops in $log is due to
oops_kind() {
	case $log in
	*"kernel tried to execute NX-protected page"*) echo nx ;;
	*"unable to execute userspace code"*) echo smep ;;
	*"#PF: supervisor write access"*"error_code(0x0003)"*) echo ro ;;
	*"NULL pointer dereference"*"#PF: supervisor instruction fetch"*) echo null ;;
	*"#PF: supervisor instruction fetch"*"not-present page"*) echo null ;;
	*"#PF: supervisor read access"*"not-present page"*) echo null ;;
	*) echo "of another kind" ;;
	esac
}

# proven: the root program has run; a worker may take some time to start it
proven() {
	local i

	for ((i = 0; i < 100; i++)); do
		[[ ! -e $proof ]] || return 0
		sleep 0.1
	done
	return 1
}

# survivor WITHOUT: the achievement of an attack that came back
survivor() {
	case $1 in
	"root program") ! proven || echo "root program" ;;
	"user mode") [[ ${lines[1]} != after:* || ${#lines[@]} != 2 ]] || echo "user mode" ;;
	survived)
		if [[ $log == *"lkdtm: FAIL: "* || ${lines[2]} == "value: $secret" || $kept == changed ]]; then
			echo survived
		else
			echo "came back without the secret"
		fi ;;
	*)
		if [[ ${lines[1]} == "after: uid 0, capabilities $all_caps" ]]; then
			echo root
		elif [[ ${lines[2]} == "value: 42" ]]; then
			echo 42
		else
			echo "came back with nothing"
		fi
	esac
}

# victim WITHOUT: the cause of the attacker's death: SCI has counted and logged it once, or it
# is an oops of which SCI knows nothing
victim() {
	local counted='' oopsed='' reasons='' how=killed rest=$log
	local violation='sci: violation: attacker\[[0-9]+\] syscall [^ ]+ target [^ ]+( \[[a-z_]+\])? reason ([a-z-]+)'

	[[ ! -e $cg/sci.events ]] || counted=$(<"$cg/sci.events")
	while [[ $rest =~ $violation ]]; do
		reasons+=" ${BASH_REMATCH[2]}"
		rest=${rest#*"${BASH_REMATCH[0]}"}
	done
	[[ $log != *"BUG: "* && $log != *"Oops: "* ]] || oopsed="oops $(oops_kind)"
	case ${counted//[!0-9]/}:$oopsed in
	11:)
		[[ $1 != "root program" ]] || ! proven || how=late
		echo "$how$reasons" ;;
	:oops* | 00:oops*) echo "$oopsed$reasons" ;;
	*) echo "killed, $counted, $oopsed,$reasons" ;;
	esac
}

# outcome on|off WITHOUT ARGUMENT...: make the attack in a new cgroup, isolated or on a kernel
# that was booted with sci=off; what came of it is in $outcome
outcome() {
	local sci=$1 without=$2 who=(-u 1000) log where='' secret=42 kept='' last

	shift 2
	last=${*: -1}
	if [[ $last == KEEPER:* ]]; then
		keep "${last#KEEPER:}"
		set -- "${@:1:$#-1}" "$where"
	fi
	[[ $1 != -f ]] || who=()
	rm -f $proof
	dmesg --clear
	case $sci in
	on) isolated_cgroup attack ;;
	off) make_cgroup attack ;;
	esac
	run inside "$cg" "$attacker" "${who[@]}" "${@/#DIRECT/$direct}"
	log=$(dmesg)
	[[ ! $where ]] || look_after
	case $status in
	0) outcome=$(survivor "$without") ;;
	137) outcome=$(victim "$without") ;;
	*) outcome="status $status: $output" ;;
	esac
	if [[ $where && $kept != intact && $outcome != survived ]]; then
		outcome+=", secret $kept"
	fi
	remove_cgroup $cg
}

# as_expected on|off PART: all its attacks come to what the matrix says. Each outcome is
# printed, for scripts/attack-table.
as_expected() {
	local name arguments without with expected words wrong=0 made=0

	while IFS='|' read -r name arguments without with _; do
		read -r name <<<"$name"
		read -ra words <<<"$arguments"
		read -r without <<<"$without"
		read -r with <<<"$with"
		expected=$with
		[[ $1 == on ]] || expected=$without
		outcome "$1" "$without" "${words[@]}"
		# No more than ten lines in five seconds get into the log.
		if [[ $outcome == killed ]]; then
			sleep 6
			outcome "$1" "$without" "${words[@]}"
		fi
		made=$((made + 1))
		echo "# attack $name: $outcome" >&3
		if [[ $outcome != "$expected" ]]; then
			say "$name: \"$outcome\", should be \"$expected\"; it said: $output"
			wrong=$((wrong + 1))
		fi
	done < <(attacks "$2")
	((made > 0 && wrong == 0)) || {
		say "$wrong of $made attacks did not come to what they should"
		return 1
	}
}

# all_told PART...: the matrix has these parts and no others
all_told() {
	equals "parts" "$(sed -n 's/^\[\([^]]*\)\].*/\1/p' $matrix | tr '\n' ' ')" "$* "
}
