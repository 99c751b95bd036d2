#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sci.profile and sci.sealed: the system calls and the kernel text that a cgroup has used, as
# text. A cgroup with a profile that was written before it was enabled uses nothing else, nor
# does one that was sealed.
#
# limit: 420

# Paths have no spaces; variables are those of bats, of helpers.bash and of attack.bash.
# shellcheck disable=SC2030,SC2031,SC2046,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

profile=$BATS_FILE_TMPDIR/profile

setup() {
	make_top
	dmesg -C
}

teardown() {
	remove_top
}

# works CGROUP: the program that is learnt, as a process there
works() {
	run inside $1 bash -c 'read -r line <$BATS_TEST_FILENAME && echo "$line"; (exit 3)'
	exits 3
	equals "output" "$output" "#!/usr/bin/env bats"
}

# learn: an isolated cgroup, and $profile of what "works" uses there
learn() {
	local i

	isolated_cgroup learn
	for ((i = 0; i < 5; i++)); do
		works $top/learn
	done
	cat $top/learn/sci.profile >$profile
}

# without_stat: $profile lacks the text that reads /proc/self/stat, and no other kernel text
without_stat() {
	if [[ ! -e $profile.stat ]]; then
		learn
		no_text do_task_stat
		cp $profile $profile.stat
	fi
	cp $profile.stat $profile
}

# no_text FUNCTION: give $profile all text but the page of a function, if there is one of that
# name. So text that is needed rarely, such as for moving a process to another CPU, is there.
no_text() {
	{
		grep -v '^text\|^end' $profile
		awk -v pages=$((($(address_of _etext) - $(address_of _text) + 4095) / 4096)) \
			-v without=$((($(address_of $1) - $(address_of _text)) / 4096)) 'BEGIN {
			for (i = 0; i < pages; i++)
				if (i != without)
					printf "text %x\n", i * 4096
		}'
		grep '^text.*+' $profile || true
		echo end
	} >$profile.no
	mv $profile.no $profile
}

address_of() {
	awk -v name=$1 '$3 == name { print "0x" $1; exit }' /proc/kallsyms | grep . || echo 0
}

# pages_of FUNCTION OFFSET: the line of a profile; several if there are more of that name
pages_of() {
	local address

	awk -v name=$1 '$3 == name { print "0x" $1 }' /proc/kallsyms | while read -r address; do
		printf 'text %x\n' $(((address + $2 - $(address_of _text)) / 4096 * 4096))
	done | grep .
}

# sealed_cgroup NAME [PROFILE]: a cgroup with that profile, isolated
sealed_cgroup() {
	make_cgroup $1
	[[ -z ${SCI_TEST_NO_ENABLE-} ]] || return 0
	cat ${2-$profile} >$top/$1/sci.profile
	echo 1 >$top/$1/sci.enabled
}

# reads_proc CGROUP: a process there reads /proc/self/stat
reads_proc() {
	run inside $1 bash -c 'read -r line </proc/self/stat && echo "$line"'
}

build_id() {
	od -An -v -tx1 /sys/kernel/notes | tr -d ' \n' |
		grep -o '040000001400000003000000474e5500.\{40\}' | tail -c 41
}

# The file

@test "a profile lists the kernel, the system calls and the text in use" {
	make_cgroup learn
	equals "profile before" "$(<$top/learn/sci.profile)" ""
	equals "sealed" "$(<$top/learn/sci.sealed)" 0
	learn
	equals "its first line" "$(head -n 1 $profile)" "sci-profile $(build_id)"
	equals "its last line" "$(tail -n 1 $profile)" end
	grep -qx "syscall x86_64:0" $profile
	grep -qx "syscall x86_64:59" $profile
	equals "calls" $(grep -c ^syscall $profile) $(wc -l <$top/learn/sci.views)
	at_least "pages of text" $(grep -c '^text [0-9a-f]*000$\|^text 0$' $profile) 100
	! grep -vE '^(sci-profile [0-9a-f]{40}|syscall (x86_64|i386):[0-9]+|text ([a-z0-9_]+\+)?([0-9a-f]*000|0)|end)$' $profile
}

@test "a program works in a cgroup that has its profile, except for text that it needs rarely" {
	local i name offset

	learn
	make_cgroup a
	echo audit >$top/a/sci.mode
	sealed_cgroup a
	equals "sealed" "$(<$top/a/sci.sealed)" 1
	equals "enabled" "$(<$top/a/sci.enabled.effective)" 1
	for ((i = 0; i < 5; i++)); do
		works $top/a
	done
	equals "denied" $(key $top/a/sci.stat denied_syscalls) 0
	at_least "faults" $(key $top/a/sci.stat code_faults) 100
	within "violations" $(key $top/a/sci.events violations) 0 20
	# each one in the log is used now and was not learnt; several system calls may have met it
	cat $top/a/sci.profile $profile $profile | sort | uniq -u >$profile.new
	while read -r name offset; do
		say "missed: $name+$offset"
		pages_of $name $offset >$profile.page
		grep -qxFf $profile.page $profile.new
	done < <(dmesg | sed -n 's/.*audited violation: .* target \([^ +]*\)+\(0x[0-9a-f]*\)\/.* reason not-in-profile.*/\1 \2/p')
}

@test "a profile may be written in any pieces, with comments and empty lines" {
	local size

	without_stat
	{ echo "# a comment"; echo; sed 's/$/ /' $profile; } >$profile.spaced
	for size in 7 100 4096; do
		make_cgroup a
		dd bs=$size if=$profile.spaced of=$top/a/sci.profile status=none
		echo 1 >$top/a/sci.enabled
		equals "sealed" "$(<$top/a/sci.sealed)" 1
		works $top/a
		eventually 10 rmdir $top/a
	done
}

# Sealed cgroups

@test "a system call that the profile lacks fails with ENOSYS, and is counted" {
	without_stat
	isolated_cgroup open
	run inside $top/open bash -c 'cd /proc && echo $PWD'
	equals "not sealed" "$output" /proc
	sealed_cgroup a
	run inside $top/a bash -c 'cd /proc && echo $PWD'
	prints "cd: /proc: Function not implemented"
	at_least "denied" $(key $top/a/sci.stat denied_syscalls) 1
	counted $top/a 0 0
}

@test "text that the profile lacks is a violation" {
	local views bytes i

	without_stat
	sealed_cgroup a
	reads_proc $top/a
	exits 137
	counted $top/a 1 1
	# the first process has not made it the text of the others
	reads_proc $top/a
	exits 137
	counted $top/a 2 2
	dmesg | grep "sci: violation: bash\[.* syscall x86_64:.* reason not-in-profile"
	works $top/a
	# views that no task enters any more still take memory, though they are not counted
	views=$(key $top/a/sci.stat views)
	bytes=$(key $top/a/sci.stat table_bytes)
	for i in {1..10}; do
		reads_proc $top/a
	done
	within "views" "$(key $top/a/sci.stat views)" $((views - 5)) $((views + 5))
	at_least "table_bytes" "$(key $top/a/sci.stat table_bytes)" $((bytes + 9 * 4 * 4096))
	isolated_cgroup open
	reads_proc $top/open
	exits 0
	counted $top/open 0 0
}

@test "in audit mode text that the profile lacks is counted once, and system calls that it lacks are made" {
	local once

	without_stat
	make_cgroup a
	echo audit >$top/a/sci.mode
	sealed_cgroup a
	reads_proc $top/a
	exits 0
	once=$(key $top/a/sci.events violations)
	at_least "violations" $once 1
	reads_proc $top/a
	counted $top/a $once 0
	dmesg | grep "sci: audited violation: bash\[.* reason not-in-profile"
	run inside $top/a bash -c 'cd /proc && echo $PWD'
	equals "output" "$output" /proc
	at_least "denied" $(key $top/a/sci.stat denied_syscalls) 1
	# text that was let through can be read, and learnt
	cat $top/a/sci.profile >$profile.more
	grep -qx "$(pages_of do_task_stat 0)" $profile.more
}

@test "writing seal limits a cgroup to what it has used so far" {
	learn
	echo audit >$top/learn/sci.mode
	writes $top/learn/sci.profile seal
	equals "sealed" "$(<$top/learn/sci.sealed)" 1
	writes $top/learn/sci.profile $'seal\n'
	works $top/learn
	run inside $top/learn bash -c 'cd /proc'
	at_least "denied" $(key $top/learn/sci.stat denied_syscalls) 1
	reads_proc $top/learn
	at_least "violations" $(key $top/learn/sci.events violations) 1
	dmesg | grep "audited violation: .* reason not-in-profile"
}

@test "a profile may allow any text and limit the system calls only" {
	learn
	{ grep -v '^text\|^end' $profile; echo "text any"; echo end; } >$profile.calls
	sealed_cgroup a $profile.calls
	works $top/a
	reads_proc $top/a
	exits 0
	run inside $top/a bash -c 'cd /proc'
	prints "cd: /proc: Function not implemented"
	counted $top/a 0 0
}

@test "a profile lists text of modules, and such text that it lacks is a violation" {
	load_module sci_attack
	isolated_cgroup a
	attack $top/a call int_sqrt start 1764
	cat $top/a/sci.profile >$profile
	grep -q "^text sci_attack+" $profile
	no_text none
	sealed_cgroup b
	attack $top/b call int_sqrt start 1764
	equals "what b uses" "$(grep -c "^text sci_attack+" $top/b/sci.profile)" \
		"$(grep -c "^text sci_attack+" $profile)"
	sed '/^text sci_attack+/d' $profile >$profile.none
	sealed_cgroup c $profile.none
	attack $top/c call int_sqrt start 1764
	exits 137
	dmesg | grep "sci: violation: attacker.* target .*\[sci_attack\] reason not-in-profile"
}

@test "a corrupted pointer to a function of the right type on a page that the profile lacks is a violation" {
	load_module sci_attack
	isolated_cgroup a
	attack $top/a run-work typed
	exits 0
	counted $top/a 0 0
	cat $top/a/sci.profile >$profile
	no_text delayed_work_timer_fn
	sealed_cgroup b
	attack $top/b run-work typed
	say "$output"
	exits 137
	counted $top/b 1 1
	dmesg | grep "sci: violation: attacker.* target delayed_work_timer_fn+0x0/.* reason not-in-profile"
}

# Mistakes

@test "text that is no profile is refused, and a cgroup with an incomplete profile cannot be enabled" {
	local line

	without_stat
	make_cgroup a
	refuses EINVAL $top/a/sci.profile $'end\n'
	refuses EINVAL $top/a/sci.enabled 1
	writes $top/a/sci.profile none
	for line in call "text" "text 1" "text 1001" "text -1000" "text 10000000" "text x" \
		"text +" "text a+1" "syscall" "syscall 1" "syscall x86_64:" "syscall x86_64:600" \
		"syscall i386:600" "syscall arm:1" "syscall x86_64:-1" "seal" "sci-profile" \
		"$(printf '%0200d' 0)"; do
		writes $top/a/sci.profile none
		head -n 1 $profile >$top/a/sci.profile
		refuses EINVAL $top/a/sci.profile "$line"$'\n' || [[ $line == seal ]]
		refuses EINVAL $top/a/sci.enabled 1
	done
	refuses EBUSY $top/a/sci.profile seal
	refuses ESTALE $top/a/sci.profile $'sci-profile 0123456789012345678901234567890123456789\n'
	refuses EINVAL $top/a/sci.enabled 1
	head -n -1 $profile >$top/a/sci.profile
	refuses EINVAL $top/a/sci.enabled 1
	equals "enabled" "$(<$top/a/sci.enabled)" 0
	echo end >$top/a/sci.profile
	refuses EINVAL $top/a/sci.profile $'text 0\n'
	writes $top/a/sci.enabled 1
	equals "sealed" "$(<$top/a/sci.sealed)" 1
}

@test "a profile with too many modules is refused" {
	local i

	without_stat
	make_cgroup a
	head -n 1 $profile >$top/a/sci.profile
	for ((i = 0; i < 1000; i++)); do
		echo "text module_$i+1000" >$top/a/sci.profile || break
	done
	within "modules" $i 64 128
	refuses ENOSPC $top/a/sci.profile "text module_$i+1000"$'\n'
	refuses EINVAL $top/a/sci.enabled 1
}

@test "an enabled cgroup takes no profile" {
	without_stat
	isolated_cgroup a
	refuses EBUSY $top/a/sci.profile "$(head -n 1 $profile)"$'\n'
	refuses EBUSY $top/a/sci.profile none
	equals "sealed" "$(<$top/a/sci.sealed)" 0
}

# Permissions

@test "a process without privileges can write a profile and cannot take it away" {
	without_stat
	make_cgroup a
	writes $top/a/sci.profile "$(<$profile)"$'\n' -c
	refuses EPERM $top/a/sci.profile none -c
	refuses EPERM $top/a/sci.profile "$(head -n 1 $profile)"$'\n' -c
	writes $top/a/sci.enabled 1 -c
	equals "sealed" "$(<$top/a/sci.sealed)" 1
	refuses EPERM $top/a/sci.enabled 0 -c
	writes $top/a/sci.enabled 0
	equals "sealed" "$(<$top/a/sci.sealed)" 0
}

@test "moving a task out of a sealed cgroup needs CAP_SYS_ADMIN, also when the other one is isolated" {
	local pid

	without_stat
	sealed_cgroup a
	make_cgroup a/below
	isolated_cgroup b
	# waits for a writer in system calls that the profile has
	mkfifo $BATS_TEST_TMPDIR/fifo
	start_inside $top/a/below bash -c 'read -r line <$0' $BATS_TEST_TMPDIR/fifo
	pid=$started
	refuses EPERM $top/b/cgroup.procs $pid -c
	writes $top/b/cgroup.procs $pid
	writes $top/a/below/cgroup.procs $pid -c
	kill $pid
}

# Cgroups below others

@test "a cgroup below a sealed one is sealed with it, and a cgroup below an isolated one can be sealed" {
	without_stat
	sealed_cgroup a
	make_cgroup a/below
	equals "sealed below" "$(<$top/a/below/sci.sealed)" 1
	reads_proc $top/a/below
	exits 137

	isolated_cgroup b
	sealed_cgroup b/inner
	equals "sealed" "$(<$top/b/sci.sealed)$(<$top/b/inner/sci.sealed)" 01
	works $top/b/inner
	reads_proc $top/b/inner
	exits 137
}

@test "sealed cgroups do not nest" {
	without_stat
	sealed_cgroup a
	make_cgroup a/inner
	cat $profile >$top/a/inner/sci.profile
	refuses EBUSY $top/a/inner/sci.enabled 1
	isolated_cgroup a/other
	refuses EBUSY $top/a/other/sci.profile seal

	isolated_cgroup b
	sealed_cgroup b/inner
	refuses EBUSY $top/b/sci.profile seal
	isolated_cgroup b/other
	refuses EBUSY $top/b/other/sci.profile seal
	make_cgroup c
	sealed_cgroup c/inner
	cat $profile >$top/c/sci.profile
	refuses EBUSY $top/c/sci.enabled 1
}
