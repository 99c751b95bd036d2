#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Containers of runc and crun with the hook: the annotation isolates, and only the
# annotation; a container that cannot be isolated does not start.
#
# limit: 900

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/bundle.bash

setup() {
	make_top
	prepare_bundles
}

teardown() {
	stop_containers
	remove_top
}

# Annotation and result

@test "runc: an annotated container is isolated, as seen from outside and from inside" {
	bundle c1 true
	runtime run c1 $counting
	all_isolated

	bundle c2 true
	spin c2
	equals "sci.enabled" "$(<$top/c2/sci.enabled)" 1
	equals "sci.enabled.effective" "$(<$top/c2/sci.enabled.effective)" 1
	rises $top/c2
	no_violations $top/c2
}

@test "runc: an isolated container reads 1 from its own sci.enabled.effective" {
	bundle c1 true
	runtime run c1 cat /sys/fs/cgroup/sci.enabled.effective
	equals "output" "$output" 1
}

@test "runc: a container without the annotation is not isolated" {
	bundle c1
	runtime run c1 $counting
	none_isolated

	bundle c2
	spin c2
	equals "sci.enabled.effective" "$(<$top/c2/sci.enabled.effective)" 0
	still $top/c2 "$(<$top/c2/cgroup.procs)"
}

@test "runc: a container whose annotation is false is not isolated" {
	bundle c1 false
	runtime run c1 $counting
	none_isolated
}

@test "runc: an annotated container without the hook is not isolated" {
	bundle c1 true
	configure c1 'del(.hooks)'
	runtime run c1 $counting
	none_isolated
}

@test "runc: a malformed annotation refuses the container with a message, and leaves nothing behind" {
	local value

	for value in True 1 "" " true" "true\n"; do
		bundle c1 "$value"
		runtime run c1 touch /witness/started
		say "\"$value\": $status: $output"
		fails
		prints "sci-hook: " "io.sci.untrusted" "neither true nor false"
		did_not_run
		runtime state c1
		fails
		[[ ! -d $top/c1 ]]
	done
}

@test "runc: the hook works also as prestart hook" {
	bundle c1 true
	configure c1 '.hooks = { prestart: .hooks.createRuntime }'
	runtime run c1 $counting
	all_isolated
}

@test "runc: the hook twice, as prestart and createRuntime, does no harm" {
	bundle c1 true
	configure c1 '.hooks.prestart = .hooks.createRuntime'
	runtime run c1 $counting
	all_isolated
}

@test "runc: a container is isolated when it is created, before its program starts" {
	bundle c1 true
	configure c1 '.process.args = ["/programs/calls", "spin"]'
	$runtime --root $state create --bundle $bundles/c1 c1 </dev/null >/dev/null 2>&1 3>&-
	equals "sci.enabled.effective" "$(<$top/c1/sci.enabled.effective)" 1
	$runtime --root $state start c1
	rises $top/c1
}

@test "runc: exec into an isolated container runs isolated" {
	bundle c1 true
	spin c1
	run $runtime --root $state exec c1 $counting
	exits 0
	all_isolated_among_others
}

# learn_profile NAME: $profile is that of an isolated container and a process that joins it
learn_profile() {
	profile=$BATS_TEST_TMPDIR/profile
	bundle $1 true
	spin $1
	run $runtime --root $state exec $1 cat /proc/version
	exits 0
	profile_of_syscalls $top/$1 >$profile
}

@test "runc: with --profile a container cannot make the system calls that its profile lacks" {
	learn_profile c1
	bundle c2 true
	configure c2 '.hooks.createRuntime[0].args = ["sci-hook", "--profile", $file]' --arg file $profile
	spin c2
	equals "sci.sealed" "$(<$top/c1/sci.sealed)$(<$top/c2/sci.sealed)" 01
	rises $top/c2
	run $runtime --root $state exec c2 cat /proc/version
	exits 0
	run $runtime --root $state exec c1 mkdir /witness/c1
	exits 0
	run $runtime --root $state exec c2 mkdir /witness/c2
	exits 1
	prints "Function not implemented"
	at_least "denied" "$(key $top/c2/sci.stat denied_syscalls)" 1
	no_violations $top/c2
}

@test "runc: with --profile a container whose profile is not this kernel's or not complete does not start" {
	learn_profile c1
	sed '1s/.*/sci-profile 0123456789012345678901234567890123456789/' $profile >$profile.other
	head -n -1 $profile >$profile.part
	bundle c2 true
	configure c2 '.hooks.createRuntime[0].args = ["sci-hook", "--profile", $file]' \
		--arg file $profile.other
	runtime run c2 $counting
	((status))
	prints "cannot write line 1 of $profile.other" "Stale file handle; the profile is another kernel's"
	[[ ! -e $top/c2 ]]
	configure c2 '.hooks.createRuntime[0].args[2] = $file' --arg file $profile.part
	runtime run c2 $counting
	((status))
	prints "cannot write 1 to " "sci.enabled: Invalid argument"
	[[ ! -e $top/c2 ]]
}

@test "runc: two isolated containers have views of their own" {
	bundle c1 true
	bundle c2 true
	spin c1
	runtime run c2 sh -c 'mkdir /tmp/x; rmdir /tmp/x; cat /sys/fs/cgroup/sci.views'
	prints "x86_64:84 "
	run grep '^x86_64:84 ' $top/c1/sci.views
	equals "rmdir in the views of the other" "$output" ""
	grep -q '^x86_64:110 ' $top/c1/sci.views
}

@test "runc: a deleted container leaves no cgroup behind" {
	bundle c1 true
	spin c1
	rises $top/c1
	$runtime --root $state delete --force c1
	[[ ! -e $top/c1 ]]
	runtime state c1
	fails
}

@test "runc: root with all capabilities in the container does not end its isolation" {
	bundle c1 true
	configure c1 '(.mounts[] | select(.type == "cgroup").options) -= ["ro"]
		| .process.capabilities[] = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]'
	runtime run c1 sh -c 'echo 0 2>&1 >/sys/fs/cgroup/sci.enabled; /programs/put /sys/fs/cgroup/sci.enabled 0; cat /sys/fs/cgroup/sci.enabled.effective'
	say "$output"
	equals "write" "${lines[-2]}" EPERM
	equals "sci.enabled.effective" "${lines[-1]}" 1
}

@test "runc: an isolated container works: shell, files, processes, /proc" {
	bundle c1 true
	runtime run c1 sh -ec 'cd /tmp; for i in 1 2 3 4 5; do echo $i >f$i; done; cat f? | wc -l; ls -l /proc/self/ | wc -l >/dev/null; (sleep 0.1; echo late) & wait; sort -r f? | head -n 1'
	exits 0
	equals "output" "$output" $'5\nlate\n5'
}

# crun, which enables for its containers only the controllers that it knows

@test "crun: an annotated container is isolated, and +sci is written along the path where it is missing" {
	runtime=$crun
	bundle c1 true
	configure c1 '.linux.cgroupsPath = "/sci-test/deep/er/c1"'
	runtime run c1 $counting
	all_isolated
	[[ " $(<$top/deep/er/cgroup.subtree_control) " == *" sci "* ]]
}

@test "crun: a running annotated container is isolated as seen from outside, and so is exec into it" {
	runtime=$crun
	bundle c1 true
	spin c1
	equals "sci.enabled.effective" "$(<$top/c1/sci.enabled.effective)" 1
	rises $top/c1
	run $runtime --root $state exec c1 $counting
	all_isolated_among_others
	no_violations $top/c1
	$runtime --root $state delete --force c1
	[[ ! -e $top/c1 ]]
}

@test "crun: without the annotation, and with false, a container is not isolated" {
	local value

	runtime=$crun
	bundle c1
	spin c1
	[[ ! -e $top/c1/sci.enabled.effective || $(<$top/c1/sci.enabled.effective) == 0 ]]
	$runtime --root $state delete --force c1
	echo +sci >$top/cgroup.subtree_control
	bundle c2 false
	spin c2
	equals "sci.enabled.effective" "$(<$top/c2/sci.enabled.effective)" 0
	still $top/c2 "$(<$top/c2/cgroup.procs)"
}

@test "crun: a malformed annotation refuses the container" {
	local value

	runtime=$crun
	for value in True 1 ""; do
		bundle c1 "$value"
		runtime run c1 touch /witness/started
		say "\"$value\": $status: $output"
		fails
		did_not_run
	done
}

# Checkpoint and restore

# counting_container NAME [ANNOTATION]: a container that writes numbers to /witness/count
counting_container() {
	bundle "$@"
	# CRIU would need more of the kernel for a network namespace.
	configure $1 '.linux.namespaces |= map(select(.type != "network"))
		| .process.args = ["/bin/sh", "-c", "while echo $((++n)) >/witness/count; do sleep 0.1; done"]'
	runc --root $state run --detach --bundle $bundles/$1 $1 </dev/null >/dev/null 2>&1 3>&-
	eventually 10 above_count 3
	runc --root $state checkpoint --image-path $bundles/$1/image $1
	[[ ! -e $top/$1 ]]
	count=$(<$witness/count)
}

above_count() {
	local now

	# At first there is no file, and at moments it is empty.
	now=$(cat $witness/count 2>/dev/null || true)
	((${now:-0} > $1))
}

restore() {
	run runc --root $state restore --detach --image-path $bundles/$1/image --bundle $bundles/$1 $1 </dev/null 3>&-
	say "$output"
}

@test "runc: a restored container goes on, isolated" {
	counting_container c1 true
	restore c1
	exits 0
	equals "sci.enabled.effective" "$(<$top/c1/sci.enabled.effective)" 1
	rises $top/c1
	eventually 10 above_count $((count + 5))
	no_violations $top/c1
}

@test "runc: a container that cannot be isolated is not restored" {
	counting_container c1 true
	configure c1 '.annotations["io.sci.untrusted"] = "True"'
	restore c1
	fails
	sleep 1
	equals "count" "$(<$witness/count)" $count
}
