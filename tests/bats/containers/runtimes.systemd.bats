#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# runc and crun under the systemd manager, with sub-cgroups and without, with the hook,
# with unified resources, and as sci-runc and sci-crun; and systemd services that isolate
# themselves.
#
# guest: --systemd
# limit: 900

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/bundle.bash

runc="runc --systemd-cgroup"
crun="crun --systemd-cgroup"

setup_file() {
	load_module sci_attack
}

setup() {
	make_top
	prepare_bundles
}

teardown() {
	stop_containers
	[[ ! -e $root_cgroup/scitest.slice ]] || echo 1 >$root_cgroup/scitest.slice/cgroup.kill
	systemctl stop sci-test.service scitest.slice 2>/dev/null || true
	rm -rf /run/systemd/system/sci-test.service{,.d}
	remove_top
}

# scope NAME [ANNOTATION]: a bundle in a scope of its own
scope() {
	bundle "$@"
	configure $1 '.linux.cgroupsPath = "scitest.slice:sci:" + $name | .process.args = ["/programs/calls", "spin"]' --arg name $1
}

# in_and_out NAME: the container is isolated, as seen from outside and from inside, and an
# attack in it is stopped
in_and_out() {
	is_isolated $pid
	run $runtime --root $state exec $1 $counting
	all_isolated_among_others
	run $runtime --root $state exec $1 sh -c 'read -r path </proc/self/cgroup; cat /sys/fs/cgroup${path#0::}/sci.enabled.effective'
	equals "from inside" "$output" 1
	run $runtime --root $state exec $1 /programs/attacker escalate
	attack_stopped $pid
}

@test "runc: an annotated container is isolated in its scope" {
	runtime=$runc
	scope c1 true
	spin c1
	equals "cgroup" $dir $root_cgroup/scitest.slice/sci-c1.scope
	in_and_out c1
	$runtime --root $state delete --force c1
	eventually 10 test ! -e $dir
}

@test "crun: an annotated container is isolated in the sub-cgroup of its scope" {
	runtime=$crun
	scope c1 true
	spin c1
	equals "cgroup" $dir $root_cgroup/scitest.slice/sci-c1.scope/container
	equals "sci.enabled of the scope" "$(<${dir%/*}/sci.enabled)" 0
	in_and_out c1
	$runtime --root $state delete --force c1
	eventually 10 test ! -e ${dir%/*}
}

@test "crun: without a sub-cgroup, and with a delegated one below it, a container is isolated" {
	runtime=$crun
	scope c1 true
	configure c1 '.annotations["run.oci.systemd.subgroup"] = ""'
	spin c1
	equals "cgroup" $dir $root_cgroup/scitest.slice/sci-c1.scope
	in_and_out c1
	scope c2 true
	configure c2 '.annotations["run.oci.delegate-cgroup"] = "sub"'
	spin c2
	equals "cgroup" $dir $root_cgroup/scitest.slice/sci-c2.scope/container/sub
	in_and_out c2
}

@test "runc and crun: without the annotation, and with false, a container is not isolated" {
	for runtime in "$runc" "$crun"; do
		scope c1
		spin c1
		is_not_isolated $pid
		$runtime --root $state delete --force c1
		scope c1 false
		spin c1
		is_not_isolated $pid
		$runtime --root $state delete --force c1
	done
}

@test "runc and crun: a malformed annotation refuses the container, and the journal says why" {
	for runtime in "$runc" "$crun"; do
		scope c-${runtime%% *} True
		runtime run c-${runtime%% *} touch /witness/started
		fails
		did_not_run
		eventually 10 journal_has -t sci-hook "container c-${runtime%% *}: cannot read the annotation io.sci.untrusted"
	done
}

# journal_has -t IDENTIFIER | -u UNIT TEXT
journal_has() {
	journalctl --quiet "$1" "$2" --output cat | grep -F "$3"
}

@test "systemd's reload, re-execution and changes of properties leave containers isolated" {
	for runtime in "$runc" "$crun"; do
		scope c-${runtime%% *} true
		spin c-${runtime%% *}
		systemctl daemon-reload
		systemctl daemon-reexec
		systemctl set-property --runtime sci-c-${runtime%% *}.scope MemoryMax=512M CPUWeight=50
		systemctl set-property --runtime scitest.slice MemoryMax=1G
		is_isolated $pid
	done
}

@test "runc: unified resources isolate a container in its scope" {
	runtime=$runc
	scope c1
	configure c1 'del(.hooks) | .linux.resources.unified = { "sci.enabled": "1" }'
	spin c1
	in_and_out c1
}

@test "crun: unified resources refuse the container, because nobody writes +sci for its scope" {
	runtime=$crun
	scope c1
	configure c1 'del(.hooks) | .linux.resources.unified = { "sci.enabled": "1" }'
	runtime run c1 touch /witness/started
	fails
	prints "controller" "sci" "not available"
	did_not_run
}

# The runtime that isolates

# isolating RUNTIME: sci-RUNTIME, with the hook where it looks for it
isolating() {
	install -D $hook $installed_hook
	install -D /sci/runtime-hooks/sci-runc $BATS_TEST_TMPDIR/bin/sci-$1
	runtime="$BATS_TEST_TMPDIR/bin/sci-$1 --systemd-cgroup"
}

@test "sci-runc and sci-crun: a container with neither hook nor annotation is isolated when it is created" {
	for name in runc crun; do
		isolating $name
		scope c1 false
		configure c1 'del(.hooks)'
		$runtime --root $state create --bundle $bundles/c1 c1 </dev/null >/dev/null 2>&1 3>&-
		look_at c1
		equals "sci.enabled.effective" "$(<$dir/sci.enabled.effective)" 1
		$runtime --root $state start c1
		in_and_out c1
		$runtime --root $state delete --force c1
	done
}

@test "sci-runc and sci-crun: a container that cannot be isolated is deleted, and the log says why" {
	for name in runc crun; do
		isolating $name
		printf '%s\n' '#!/bin/sh' "exec unshare --mount sh -c 'mount -o remount,bind,ro /sys/fs/cgroup && exec $hook --require'" \
			>$installed_hook
		scope c1
		configure c1 'del(.hooks) | .process.args = ["/bin/touch", "/witness/started"]'
		rm -f $BATS_TEST_TMPDIR/log
		run $runtime --root $state --log $BATS_TEST_TMPDIR/log --log-format json create --bundle $bundles/c1 c1 3>&-
		fails
		prints "sci-hook: container c1: " "Read-only file system"
		jq -es 'last | .level == "error" and (.msg | contains("Read-only file system"))' $BATS_TEST_TMPDIR/log
		run $name --root $state state c1
		fails
		did_not_run
	done
}

@test "sci-runc and sci-crun: run and restore are refused" {
	for name in runc crun; do
		isolating $name
		scope c1
		for verb in run restore; do
			run $runtime --root $state $verb --bundle $bundles/c1 c1
			fails
			prints "use create and start"
		done
		run $name --root $state state c1
		fails
	done
}

# Services, as docs/other-ways.md describes them

# service [LINE...]: one that runs "calls spin", with these lines; its process is $pid
service() {
	install -D /sci/runtime-hooks/sci-service /usr/share/sci/sci-service
	printf '%s\n' '[Service]' 'ExecStart=/sci/build/programs/calls spin' 'User=nobody' "$@" \
		>/run/systemd/system/sci-test.service
	systemctl daemon-reload
	systemctl start sci-test.service || return
	pid=$(systemctl show --property MainPID --value sci-test.service)
	at_least "main process" "$pid" 1
}

drop_in() {
	mkdir -p /run/systemd/system/sci-test.service.d
	printf '%s\n' '[Service]' 'ExecStartPre=+/usr/share/sci/sci-service' >/run/systemd/system/sci-test.service.d/sci.conf
}

@test "a service without the drop-in is not isolated" {
	service
	is_not_isolated $pid
}

@test "a service with the drop-in is isolated, also after a restart and in a sandbox of systemd's" {
	drop_in
	service ProtectControlGroups=yes ProtectSystem=strict PrivateTmp=yes NoNewPrivileges=yes
	is_isolated $pid
	systemctl restart sci-test.service
	pid=$(systemctl show --property MainPID --value sci-test.service)
	is_isolated $pid
}

@test "a service with the drop-in that cannot be isolated does not start, and the journal says why" {
	drop_in
	# as the service's user, who may not write there
	sed -i 's/=+/=/' /run/systemd/system/sci-test.service.d/sci.conf
	run service Slice=scitest.slice
	fails
	equals "state" "$(systemctl show --property ActiveState --value sci-test.service)" failed
	eventually 10 journal_has -u sci-test.service "sci-service: cannot write +sci to $root_cgroup/scitest.slice/cgroup.subtree_control"
}
