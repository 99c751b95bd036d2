# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# CRI-O, configured by sci-install, for cri.bash. Debian has no package of it: tests/cri/run
# builds it from a checkout. With CRIO_SANDBOXES=needed, which is CRI-O's default, only a
# pod whose containers share its pid namespace has a sandbox container, otherwise each.

# Paths have no spaces; variables are those of bats and of the other helpers.
# shellcheck disable=SC2034,SC2086,SC2154
socket=/run/crio/crio.sock
daemon=(/sci/build/crio/crio)
scope=crio
lacks_sandboxes=
[[ ${CRIO_SANDBOXES-} != needed ]] || lacks_sandboxes=1

configure_runtime() {
	local manager=cgroupfs monitor=pod

	if under_systemd; then
		manager=systemd monitor=system.slice
		cat >/run/systemd/system/crio.service <<-END
			[Service]
			Type=notify
			ExecStart=${daemon[*]}
			KillMode=process
			Delegate=yes
		END
		systemctl daemon-reload
	fi
	mkdir -p /etc/crio /etc/cni/net.d /etc/containers
	cat >/etc/crio/crio.conf <<-END
		[crio]
		root = "$BATS_FILE_TMPDIR/root"
		runroot = "/run/crio/storage"
		storage_driver = "vfs"
		log_dir = "$BATS_FILE_TMPDIR/log"
		version_file = "$BATS_FILE_TMPDIR/version"
		[crio.runtime]
		cgroup_manager = "$manager"
		conmon_cgroup = "$monitor"
		conmon = "$(command -v conmon)"
		pinns_path = "/sci/build/crio/pinns"
		default_runtime = "runc"
		drop_infra_ctr = $([[ $lacks_sandboxes ]] && echo true || echo false)
		container_exits_dir = "/run/crio/exits"
		[crio.runtime.runtimes.runc]
		runtime_path = "$(command -v runc)"
		runtime_type = "oci"
		runtime_root = "/run/runc"
		[crio.image]
		pause_image = "localhost/pause:1"
		pause_command = ""
		signature_policy = "/etc/crio/policy.json"
	END
	echo '{ "default": [ { "type": "insecureAcceptAnything" } ] }' >/etc/crio/policy.json
	install_for crio
}

forget_runtime() {
	rm -rf /etc/crio /run/systemd/system/crio.service
}

answers_calls() {
	[[ -S $socket ]]
}

import_image() {
	podman --root $BATS_FILE_TMPDIR/root --runroot /run/crio/storage --storage-driver vfs load --quiet --input $1
}
