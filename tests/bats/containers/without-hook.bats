#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Isolation without the hook, as docs/other-ways.md describes it: the runtimes' unified
# resources, an isolated ancestor, libcgroup, and sci-service.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2034,SC2086,SC2154
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

# unified NAME [VALUE]: a bundle without hook that asks for isolation itself
unified() {
	bundle $1
	configure $1 'del(.hooks) | .linux.resources.unified = { "sci.enabled": "1" }'
}

@test "runc: unified resources isolate a container, and write +sci along its path" {
	unified c1
	configure c1 '.linux.cgroupsPath = "/sci-test/deep/er/c1"'
	runtime run c1 $counting
	all_isolated
	[[ " $(<$top/deep/er/cgroup.subtree_control) " == *" sci "* ]]
}

@test "runc: a wrong value in the unified resources refuses the container" {
	unified c1
	configure c1 '.linux.resources.unified["sci.enabled"] = "yes"'
	runtime run c1 touch /witness/started
	fails
	prints sci.enabled
	did_not_run
}

@test "crun: unified resources isolate a container where the cgroup above has +sci" {
	runtime=$crun
	echo +sci >$top/cgroup.subtree_control
	unified c1
	runtime run c1 $counting
	all_isolated
}

@test "crun: unified resources refuse the container where the cgroup above lacks +sci" {
	runtime=$crun
	unified c1
	configure c1 '.linux.cgroupsPath = "/sci-test/deep/c1"'
	runtime run c1 touch /witness/started
	fails
	prints "controller" "sci" "not available"
	did_not_run
}

@test "runc and crun: a container below an isolated cgroup is isolated whatever its annotation says" {
	isolated_cgroup tenant
	for runtime in runc "$crun"; do
		bundle c1 false
		configure c1 '.linux.cgroupsPath = "/sci-test/tenant/c1" | del(.hooks)'
		runtime run c1 $counting
		exits 0
		at_least "isolated calls of tenant" "$(isolated_syscalls $top/tenant)" 300
		isolated=$(isolated_syscalls $top/tenant)
		runtime run c1 $counting
		at_least "isolated calls of tenant" "$(isolated_syscalls $top/tenant)" $((isolated + 300))
	done
}

@test "libcgroup: cgcreate, cgset, cgexec and cgget isolate a command" {
	cgcreate -g sci:sci-test-lib
	cgset -r sci.enabled=1 sci-test-lib
	run cgget -n -v -r sci.enabled.effective sci-test-lib
	equals "cgget" "$output" 1
	run cgexec -g sci:sci-test-lib $programs/calls count 300
	cgdelete -g sci:sci-test-lib
	all_isolated
}

@test "libcgroup: cgset fails for a value that the file refuses" {
	cgcreate -g sci:sci-test-lib
	run cgset -r sci.enabled=2 sci-test-lib
	say "$output"
	effective=$(<$root_cgroup/sci-test-lib/sci.enabled.effective)
	cgdelete -g sci:sci-test-lib
	fails
	equals "sci.enabled.effective" "$effective" 0
}

@test "libcgroup: cgconfigparser isolates a group for which cgconfig.conf says so" {
	cat >$BATS_TEST_TMPDIR/cgconfig.conf <<-'END'
		group sci-test-lib {
		    sci {
		        sci.enabled = 1;
		    }
		}
	END
	cgconfigparser -l $BATS_TEST_TMPDIR/cgconfig.conf
	run cgexec -g sci:sci-test-lib $programs/calls count 300
	effective=$(<$root_cgroup/sci-test-lib/sci.enabled.effective)
	cgdelete -g sci:sci-test-lib
	equals "sci.enabled.effective" "$effective" 1
	all_isolated
}

# sci-service, which a systemd service runs first. (There is no systemd in this guest.)

@test "sci-service isolates the cgroup that it runs in, and the program after it" {
	mkdir -p $top/a.slice/b.slice/x.service
	run inside $top/a.slice/b.slice/x.service \
		sh -c "/sci/runtime-hooks/sci-service && exec $programs/calls count 300"
	all_isolated
	equals "sci.enabled.effective above" "$(<$top/a.slice/b.slice/sci.enabled.effective)" 0
}

@test "sci-service fails where the cgroup cannot be isolated" {
	run inside $root_cgroup /sci/runtime-hooks/sci-service
	fails
	prints "cannot isolate"
	# processes in an ancestor: +sci is refused there
	mkdir -p $top/busy/x.service
	sleep 600 3>&- &
	echo $! >$top/busy/cgroup.procs
	run inside $top/busy/x.service /sci/runtime-hooks/sci-service
	fails
}
