# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# containerd, configured by sci-install, for cri.bash.

# Paths have no spaces; variables are those of bats and of the other helpers.
# shellcheck disable=SC2034,SC2086,SC2154
socket=/run/containerd/containerd.sock
daemon=(containerd)
scope=cri-containerd
lacks_sandboxes=

configure_runtime() {
	mkdir -p /etc/containerd
	cat >/etc/containerd/config.toml <<-END
		version = 2
		root = "$BATS_FILE_TMPDIR/root"
		state = "/run/containerd"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "localhost/pause:1"
	END
	! under_systemd || cat >>/etc/containerd/config.toml <<-END
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		  runtime_type = "io.containerd.runc.v2"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		    SystemdCgroup = true
	END
	install_for containerd
}

forget_runtime() {
	rm -r /etc/containerd
}

answers_calls() {
	ctr version >/dev/null
}

import_image() {
	ctr --namespace k8s.io images import $1
}
