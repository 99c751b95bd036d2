# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The program as it is installed, on this host, and the files that install it.

bats_require_minimum_version 1.5.0

setup() {
    hook=$HOOK_BUILD/sci-hook
    top=$BATS_TEST_DIRNAME/../..
    hooks=$top/runtime-hooks
    sleep 600 3>&- &
    pid=$!
    disown # or bash reports its end
}

teardown() {
    kill "$pid"
}

state() {
    printf '{"id":"web","pid":%s,"annotations":{"io.sci.untrusted":"%s"}}' "$pid" "$1"
}

@test "product: it is hardened" {
    readelf -hW "$hook" | grep -E 'Type: +DYN'
    readelf -dW "$hook" | grep -E 'FLAGS_1.*NOW.*PIE'
    readelf -lW "$hook" | grep GNU_RELRO
    readelf -lW "$hook" | grep -E 'GNU_STACK.* RW '
    nm -D "$hook" | grep __stack_chk_fail
    nm -D "$hook" | grep __snprintf_chk
}

@test "product: it reads no environment, runs no program, has no way into it for tests" {
    nm -D "$hook" | grep -w syscall
    run ! bash -c "nm -D '$hook' | grep -E 'getenv|environ|exec|system|popen|fork|dlopen'"
    run ! grep -a FAKE "$hook"
}

@test "product: --version, --help and a wrong command line" {
    [[ $("$hook" --version) = "sci-hook $HOOK_VERSION" ]]
    "$hook" --help | grep -F io.sci.untrusted
    run ! bash -c "'$hook' --version >/dev/full"
    run -2 "$hook" --isolate </dev/null
}

@test "product: a trusted container needs nothing from the host" {
    state false | "$hook"
    echo '{}' | "$hook"
}

# Here the test runs in the cgroup of the process itself, so that even a kernel
# with SCI has to refuse it.
@test "product: this host's process is refused, in one line" {
    status=0
    state true | "$hook" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
    cat "$BATS_TEST_TMPDIR/stderr"
    [[ $status = 1 && $(wc -l <"$BATS_TEST_TMPDIR/stderr") = 1 ]]
    grep -E '^sci-hook: container web: cannot .*; .' "$BATS_TEST_TMPDIR/stderr"
}

@test "product: a process in a cgroup of its own is refused while the kernel has no SCI" {
    local mount own=
    mount=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET) || skip "cgroup2 is not mounted"
    ! grep -qw sci "$mount/cgroup.controllers" || skip "this kernel has SCI: tests/bats covers it"
    own=$mount/sci-hook-test-$$
    mkdir "$own" 2>/dev/null || skip "may not make a cgroup in $mount"
    if ! echo "$pid" 2>/dev/null >"$own/cgroup.procs"; then
        rmdir "$own"
        skip "may not move a process to $own"
    fi
    status=0
    state true | "$hook" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
    echo "$pid" >"$mount/cgroup.procs"
    rmdir "$own"
    cat "$BATS_TEST_TMPDIR/stderr"
    [[ $status = 1 ]]
    grep -F "sci-hook: container web: cannot find sci in $mount/cgroup.controllers; boot a kernel with SCI" \
        "$BATS_TEST_TMPDIR/stderr"
}

@test "product: install puts the hook where the hook files look for it" {
    make -s -C "$top/oci-hook" BUILD="$HOOK_BUILD" DESTDIR="$BATS_TEST_TMPDIR" install
    mandoc -T ascii "$BATS_TEST_TMPDIR/usr/share/man/man8/sci-hook.8" | tail -n 1 | grep "^sci-hook $HOOK_VERSION "
    local file
    for file in "$hooks/sci.json" "$hooks/config-fragment.json"; do
        local path
        path=$(jq -r '[.. | .path? // empty] | unique | if length == 1 then .[0] else error end' "$file")
        [[ -x $BATS_TEST_TMPDIR$path ]]
    done
}

@test "product: the man page is well-formed, and has each option of --help" {
    local option page=$top/oci-hook/sci-hook.8
    [[ -z $(mandoc -T lint -W warning "$page") ]]
    for option in $("$hook" --help | grep -o -e '--[a-z-]*' | sort -u); do
        mandoc -T ascii "$page" | sed 's|.\x08||g' | grep -E "^ +$option"
    done
}

@test "product: sci.json matches the annotation with any value, and nothing else" {
    jq -e '.version == "1.0.0" and .stages == ["createRuntime"] and (.when | keys == ["annotations"])' "$hooks/sci.json"
    local key value
    key=$(jq -r '.when.annotations | keys[0]' "$hooks/sci.json")
    value=$(jq -r '.when.annotations[]' "$hooks/sci.json")
    [[ io.sci.untrusted =~ $key ]]
    [[ ! io.sci.untrusted.x =~ $key && ! xio.sci.untrusted =~ $key && ! io-sci-untrusted =~ $key ]]
    local string
    for string in true false "" yes $'\n'; do
        [[ $string =~ $value ]]
    done
}

@test "product: the jq line of the documentation adds the hook to a config.json, and keeps what is there" {
    local line
    line=$(sed -n "s/^ *jq -s /jq -s /p" "$hooks/README.md")
    [[ $(wc -l <<<"$line") = 1 ]]
    cp "$hooks/config-fragment.json" "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    cat >config.json <<'EOF'
{"ociVersion": "1.0.2", "annotations": {"a": "b"},
 "hooks": {"createRuntime": [{"path": "/first"}], "poststop": [{"path": "/last"}]}}
EOF
    bash -c "$line"
    jq -e '.annotations == {"a": "b", "io.sci.untrusted": "true"} and .ociVersion == "1.0.2" and
        (.hooks.createRuntime | map(.path)) == ["/first", "/usr/libexec/oci/hooks.d/sci-hook"] and
        .hooks.poststop == [{"path": "/last"}]' config.json
    echo '{"ociVersion": "1.0.2"}' >config.json
    bash -c "$line"
    jq -e '.hooks.createRuntime | length == 1' config.json
}
