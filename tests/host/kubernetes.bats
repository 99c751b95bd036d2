#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manifests of kubernetes/ under the API's types and under kubectl, and the verdicts
# of the admission policies. Packages from npm are installed once, into build/kubernetes.

# shellcheck disable=SC2154
bats_require_minimum_version 1.5.0
load ../bats/lib/assert.bash

setup_file() {
	export repo
	repo=$(realpath "$BATS_TEST_DIRNAME/../..")
	export work=$repo/build/kubernetes
	mkdir -p "$work"
	command -v npm >/dev/null || return 0
	cmp -s "$repo/tests/kubernetes/package.json" "$work/package.json" && [[ -e $work/node_modules/.complete ]] || {
		cp "$repo/tests/kubernetes/package.json" "$work"
		(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock) >"$work/log" 2>&1 &&
			touch "$work/node_modules/.complete"
	} || true
	cp "$repo"/tests/kubernetes/*.mjs "$work"
}

setup() {
	manifests=("$repo"/kubernetes/base/[!k]*.yaml "$repo"/kubernetes/examples/*.yaml)
}

need_packages() {
	command -v npm >/dev/null || skip "npm is not installed"
	[[ -e $work/node_modules/.complete ]] || skip "npm could not install the packages: $(tail -n 1 "$work/log")"
	cd "$work"
}

need_kubectl() {
	command -v kubectl >/dev/null || skip "kubectl is not installed"
}

@test "kubernetes: every object is valid, strictly, under the types of the API" {
	need_packages
	run node strict.mjs "${manifests[@]}"
	exits 0
	[[ $output =~ ([0-9]+)\ objects ]]
	[[ ${BASH_REMATCH[1]} == "$(cat "${manifests[@]}" | grep -c '^kind:')" ]]
}

@test "kubernetes: a field that is unknown, missing or of a wrong type would be found" {
	need_packages
	for change in 's/^handler:/handlr:/' 's/nodeSelector:/nodeSelectr:/' 's/handler: sci/handler: 1/'; do
		sed "$change" "$repo/kubernetes/base/runtimeclass.yaml" >"$BATS_TEST_TMPDIR/wrong.yaml"
		run ! node strict.mjs "$BATS_TEST_TMPDIR/wrong.yaml"
	done
}

@test "kubernetes: kubectl builds the base, which has every object of the files" {
	need_kubectl
	kubectl kustomize "$repo/kubernetes/base" >"$BATS_TEST_TMPDIR/all.yaml"
	[[ $(grep -c '^kind:' "$BATS_TEST_TMPDIR/all.yaml") == "$(cat "$repo"/kubernetes/base/[!k]*.yaml | grep -c '^kind:')" ]]
}

@test "kubernetes: kubectl's client-side dry run takes every object" {
	need_kubectl
	coproc "$repo/tests/kubernetes/api" 3>&-
	read -r port <&"${COPROC[0]}"
	export HOME=$BATS_TEST_TMPDIR
	for file in "${manifests[@]}"; do
		run -0 kubectl --server "http://127.0.0.1:$port" create --dry-run=client --validate=false -f "$file"
		echo "$output"
		[[ $(grep -c 'created (dry run)' <<<"$output") == "$(grep -c '^kind:' "$file")" ]]
	done
	kill "$COPROC_PID"
}

# verdict POLICY: of the request on standard input
verdict() {
	node policy.mjs "$repo/kubernetes/base/$1.yaml"
}

@test "kubernetes: a namespace of untrusted pods admits the class sci, and nothing else" {
	need_packages
	[[ $(verdict untrusted-policy <<<'{"object":{"spec":{"runtimeClassName":"sci"}}}') == allowed ]]
	for spec in '{}' '{"runtimeClassName":""}' '{"runtimeClassName":"runc"}' '{"runtimeClassName":"SCI"}'; do
		[[ $(verdict untrusted-policy <<<"{\"object\":{\"spec\":$spec}}") == "this namespace is untrusted"* ]]
	done
}

# change ACCOUNT NODE OBJECT: by the account, with a token of that node, of node n1
change() {
	verdict installer-policy <<-END
		{ "request": { "userInfo": { "username": "$1",
		      "extra": { "authentication.kubernetes.io/node-name": ["$2"] } } },
		  "oldObject": { "metadata": { "name": "n1", "labels": { "a": "b" }, "annotations": { "x": "y" } },
		      "spec": { "podCIDR": "10.0.0.0/24" } },
		  "object": $3 }
	END
}

@test "kubernetes: the installer may set its label on its own node, and change nothing else" {
	need_packages
	account=system:serviceaccount:sci-system:sci-installer
	good='{"metadata":{"name":"n1","labels":{"a":"b","io.sci.node":"true"},"annotations":{"x":"y"}},"spec":{"podCIDR":"10.0.0.0/24"}}'
	[[ $(change $account n1 "$good") == allowed ]]
	[[ $(change $account n2 "$good") == *"its own node only"* ]]
	for wrong in 's/"a":"b",//' 's/"a":"b"/"a":"c"/' 's/"a":"b"/"a":"b","z":"1"/' 's/"x":"y"/"x":"z"/' 's/10\.0/10.1/'; do
		[[ $(change $account n1 "$(sed "$wrong" <<<"$good")") == *"io.sci.node only"* ]]
	done
	[[ $(change system:node:n2 n2 "${good/\"a\":\"b\",/}") == allowed ]]
}

# The installer's image

@test "kubernetes: the DaemonSet's names are those that the other files use" {
	label=$(sed -n 's/.*io\.sci\.node\\":\$1.*/io.sci.node/p' "$repo/kubernetes/installer/entrypoint")
	grep -q "$label: \"true\"" "$repo/kubernetes/base/runtimeclass.yaml"
	grep -q 'handler: sci$' "$repo/kubernetes/base/runtimeclass.yaml"
}

# The entrypoint on a make-believe node; curl is the API server.
node_with_podman() {
	host=$BATS_TEST_TMPDIR/host
	share=$BATS_TEST_TMPDIR/share
	mkdir -p "$host/sys/fs/cgroup" "$host/usr/bin" "$share" "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/account"
	echo sci >"$host/sys/fs/cgroup/cgroup.controllers"
	printf '#!/bin/sh\n' | tee "$host/usr/bin/podman" >"$share/sci-hook"
	chmod +x "$host/usr/bin/podman"
	cp "$repo"/runtime-hooks/{sci-install,sci-runc,*.json} "$share"
	echo secret >"$BATS_TEST_TMPDIR/account/token"
	sed -e "s|^host=.*|host=$host|" -e "s|^share=.*|share=$share|" -e "s|^account=.*|account=$BATS_TEST_TMPDIR/account|" \
		-e 's|"\$host\$2|"$host/${2#/}|g' -e 's|/run/installed|$BATS_TEST_TMPDIR/installed|; s|^exec sleep.*||' \
		"$repo/kubernetes/installer/entrypoint" >"$BATS_TEST_TMPDIR/entrypoint"
	for program in curl chroot; do
		printf '#!/bin/sh\nfor a in "$@"; do echo "%s: $a"; done\n' $program >"$BATS_TEST_TMPDIR/bin/$program"
	done
	chmod +x "$BATS_TEST_TMPDIR"/bin/* "$BATS_TEST_TMPDIR/entrypoint"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH BATS_TEST_TMPDIR
	export NODE_NAME=n1 KUBERNETES_SERVICE_HOST=10.0.0.1 KUBERNETES_SERVICE_PORT=443
}

@test "kubernetes: the installer labels the node after it has installed, and undo takes both away" {
	node_with_podman
	run -0 "$BATS_TEST_TMPDIR/entrypoint" install
	echo "$output"
	[[ -x $host/usr/libexec/oci/hooks.d/sci-hook && -e $host/usr/share/containers/oci/hooks.d/sci.json ]]
	prints 'curl: {"metadata":{"labels":{"io.sci.node":"true"}}}'
	prints "curl: https://10.0.0.1:443/api/v1/nodes/n1"
	[[ -e $BATS_TEST_TMPDIR/installed ]]
	run -0 "$BATS_TEST_TMPDIR/entrypoint" undo
	prints 'curl: {"metadata":{"labels":{"io.sci.node":null}}}'
	[[ ! -e $host/usr/share/containers/oci/hooks.d/sci.json && -x $host/usr/libexec/oci/hooks.d/sci-hook ]]
}

@test "kubernetes: a node without SCI in its kernel gets no label, and the pod is not ready" {
	node_with_podman
	echo memory >"$host/sys/fs/cgroup/cgroup.controllers"
	run ! "$BATS_TEST_TMPDIR/entrypoint" install
	prints "has no SCI"
	[[ $output != *curl:* && ! -e $BATS_TEST_TMPDIR/installed ]]
}
