# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2030,SC2031
#
# sci-hook on the make-believe kernel of fake-kernel.c. The Makefile makes two
# copies of this file, valgrind.bats and sanitizers.bats; a copy runs the test
# build of its name. Memory errors are exit status 99.

setup() {
    build=$(basename "$BATS_TEST_FILENAME" .bats)
    dir=$BATS_TEST_TMPDIR
    options=()
    export FAKE_ROOT=$dir/root
    cgroups=$FAKE_ROOT/sys/fs/cgroup
    export ASAN_OPTIONS=exitcode=99:detect_leaks=1
    sleep 600 3>&- &
    pid=$!
    disown # or bash reports its end

    mkdir -p "$FAKE_ROOT/proc/self" "$FAKE_ROOT/proc/$pid"
    echo "ro quiet" >"$FAKE_ROOT/proc/cmdline"
    echo "0::/system/runtime" >"$FAKE_ROOT/proc/self/cgroup"
    cgroup ""
    echo "memory sci pids" >"$cgroups/cgroup.controllers"
    cgroup /system
    cgroup /system/runtime
    container_in /machine/pod/web
}

teardown() {
    kill "$pid" || true
}

# A cgroup below a parent without +sci.
cgroup() {
    mkdir -p "$cgroups$1"
    : >"$cgroups$1/cgroup.procs"
    echo "memory pids" | tee "$cgroups$1/cgroup.controllers" >"$cgroups$1/cgroup.subtree_control"
}

# Moves the container's process to this cgroup, and makes those that are missing.
container_in() {
    local path=$1 part=
    echo "0::$path" >"$FAKE_ROOT/proc/$pid/cgroup"
    while [[ $part != "$path" ]]; do
        local rest=${path#"$part"/}
        part+=/${rest%%/*}
        [[ -d $cgroups$part ]] || cgroup "$part"
    done
    echo "$pid" >"$cgroups$path/cgroup.procs"
}

# The state of a container with this annotations object, or with none.
state() {
    if [[ $# -gt 0 ]]; then
        printf '{"ociVersion":"1.0.2-dev","id":"web","status":"creating","pid":%s,"bundle":"/b","annotations":%s}' \
            "$pid" "$1"
    else
        printf '{"ociVersion":"1.0.2-dev","id":"web","status":"creating","pid":%s,"bundle":"/b"}' "$pid"
    fi
}

untrusted='{"io.sci.untrusted":"true"}'

# Runs the hook, with $options, on the text given, or on the state of an untrusted container.
hook() {
    if [[ $# -gt 0 ]]; then
        printf '%s' "$1" >"$dir/state"
    else
        state "$untrusted" >"$dir/state"
    fi
    hook_on "$dir/state"
}

hook_on() {
    rm -f "$FAKE_ROOT/log" "$FAKE_ROOT/syslog"
    status=0
    program "${options[@]}" <"$1" >"$dir/stdout" 2>"$dir/stderr" || status=$?
    show
}

# A test sets $directly if valgrind, which needs a working directory and a standard input, cannot run.
program() {
    local wrapper=()
    if [[ $build = valgrind && -z ${directly-} ]]; then
        wrapper=(valgrind --quiet --leak-check=full --error-exitcode=99 --log-file="$dir/valgrind")
    fi
    "${wrapper[@]}" "$HOOK_BUILD/test/$build" "$@"
}

# For the report of a test that fails.
show() {
    echo "status $status"
    local file
    for file in "$dir/stdout" "$dir/stderr" "$FAKE_ROOT/log" "$dir/valgrind"; do
        [[ ! -s $file ]] || sed "s|^|${file##*/}: |" "$file"
    done
}

same() {
    [[ $1 = "$2" ]] || { printf 'expected: %s\nfound:    %s\n' "$2" "$1"; return 1; }
}

writes() {
    [[ ! -e $FAKE_ROOT/log ]] || sed -n 's/^write //p' "$FAKE_ROOT/log"
}

isolated() {
    same "$status" 0
    same "$(cat "$dir/stdout" "$dir/stderr")" ""
    same "$(cat "$cgroups$1/sci.enabled.effective")" 1
    [[ ! -e $FAKE_ROOT/syslog ]]
}

# One line, on stderr and in syslog (3 is LOG_ERR).
refused_as() {
    same "$status" 1
    same "$(cat "$dir/stdout")" ""
    printf 'sci-hook: %s\n' "$1" | diff - "$dir/stderr"
    printf '3 %s\n' "$1" | diff - "$FAKE_ROOT/syslog"
}

refused() {
    refused_as "container web: $1"
}

nothing_written() {
    same "$(writes)" ""
}

nothing_touched() {
    same "$status" 0
    same "$(cat "$dir/stdout" "$dir/stderr")" ""
    [[ ! -e $FAKE_ROOT/log && ! -e $FAKE_ROOT/syslog ]]
}

json_advice="this must be the container's state as JSON, as OCI runtimes give it to hooks"
gone_advice="the container is gone: start it again"
memory_advice="free memory, then start the container again"
root_advice="run the container runtime as root, outside of user and cgroup namespaces"
link_advice="remove the link or mount that lies on this path in the cgroup file system"
syscall_advice="use Linux 5.6 or later, and let no seccomp filter of the runtime forbid openat2 and pidfd_open"
missing_advice="the kernel has sci, but this cgroup lacks the file: it must be a domain (see cgroup.type), and nothing may take sci out of cgroup.subtree_control above it"

# Isolation

@test "true isolates the cgroup of the process, from the root down" {
    hook
    isolated /machine/pod/web
    same "$(writes)" "/sys/fs/cgroup/cgroup.subtree_control +sci
/sys/fs/cgroup/machine/cgroup.subtree_control +sci
/sys/fs/cgroup/machine/pod/cgroup.subtree_control +sci
/sys/fs/cgroup/machine/pod/web/sci.enabled 1"
}

@test "a cgroup right below the root is isolated" {
    container_in /web
    hook
    isolated /web
    same "$(writes)" "/sys/fs/cgroup/cgroup.subtree_control +sci
/sys/fs/cgroup/web/sci.enabled 1"
}

@test "+sci is not written where it is set, and nothing else is mistaken for it" {
    hook
    echo "scipio sci0 memory-sci" >"$cgroups/machine/cgroup.subtree_control"
    echo sci >"$cgroups/machine/pod/cgroup.subtree_control"
    hook
    isolated /machine/pod/web
    same "$(writes)" "/sys/fs/cgroup/machine/cgroup.subtree_control +sci
/sys/fs/cgroup/machine/pod/web/sci.enabled 1"
}

@test "a second run on an isolated container succeeds" {
    hook
    isolated /machine/pod/web
    hook
    isolated /machine/pod/web
    same "$(writes)" "/sys/fs/cgroup/machine/pod/web/sci.enabled 1"
}

@test "crun with systemd: the scope above the container's sub-cgroup passes sci on" {
    container_in /system/crun-web.scope/container
    cgroup /system/crun-web.scope/container/inner
    hook
    isolated /system/crun-web.scope/container
    same "$(writes)" "/sys/fs/cgroup/cgroup.subtree_control +sci
/sys/fs/cgroup/system/cgroup.subtree_control +sci
/sys/fs/cgroup/system/crun-web.scope/cgroup.subtree_control +sci
/sys/fs/cgroup/system/crun-web.scope/container/sci.enabled 1"
}

@test "neither version, status nor unknown members of the state matter" {
    hook "{\"root\":\"/r\",\"ociVersion\":[9],\"status\":\"created\",\"x\":{\"y\":null},\"pid\":$pid,\"annotations\":{\"io.sci.untrusted\":\"true\",\"a\":\"b\"}}"
    isolated /machine/pod/web
}

@test "the lines of cgroup v1 hierarchies beside the one of v2 do not matter" {
    printf '%s\n' "9:name=systemd:/x" "4:memory:/0::/y" "0::/machine/pod/web" "1:cpu:/z" >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    isolated /machine/pod/web
}

@test "reads and writes that are interrupted or short are completed" {
    export FAKE_SLOW=1
    hook
    isolated /machine/pod/web
    hook "$(state '{"io.sci.untrusted":"no"}')"
    refused 'cannot read the annotation io.sci.untrusted: "no" is neither true nor false; write "true" or "false"'
}

@test "a working directory that is gone does not matter" {
    mkdir "$dir/gone"
    cd "$dir/gone"
    rmdir "$dir/gone"
    directly=1
    hook
    isolated /machine/pod/web
}

@test "a runtime in a cgroup whose name starts like the container's does not matter" {
    echo "0::/machine/pod/web2" >"$FAKE_ROOT/proc/self/cgroup"
    hook
    isolated /machine/pod/web
}

@test "one MiB of state is read" {
    hook "$(state "$untrusted"; printf '%*s' 900000 "")"
    isolated /machine/pod/web
    hook "$(state "$untrusted")$(printf '%*s' $((1048576 - $(state "$untrusted" | wc -c))) "")"
    same "$(wc -c <"$dir/state")" 1048576
    isolated /machine/pod/web
}

# The pod's sandbox

# A pod of containerd, and the hook on the state of its container "web".
pod_of() {
    container_in "$1"
    [[ -z $2 ]] || container_beside "$2"
    hook "$(state '{"io.sci.untrusted":"true","io.kubernetes.cri.sandbox-id":"'"${3-s1}"'"}')"
}

# A cgroup where others live.
container_beside() {
    local path=$1 part=
    while [[ $part != "$path" ]]; do
        local rest=${path#"$part"/}
        part+=/${rest%%/*}
        [[ -d $cgroups$part ]] || cgroup "$part"
    done
}

sandbox_todo="start the pod again, and report this if it does not help: the cgroups of container and sandbox should differ in the id only"

@test "the sandbox of the container's pod is isolated with it" {
    pod_of /pods/web7/web /pods/web7/s1
    isolated /pods/web7/web
    isolated /pods/web7/s1
    same "$(writes)" "/sys/fs/cgroup/cgroup.subtree_control +sci
/sys/fs/cgroup/pods/cgroup.subtree_control +sci
/sys/fs/cgroup/pods/web7/cgroup.subtree_control +sci
/sys/fs/cgroup/pods/web7/web/sci.enabled 1
/sys/fs/cgroup/pods/web7/s1/sci.enabled 1"
}

@test "the sandbox is found under systemd" {
    pod_of /pods.slice/cri-web.scope /pods.slice/cri-s1.scope
    isolated /pods.slice/cri-web.scope
    isolated /pods.slice/cri-s1.scope
}

@test "the sandbox is found in a sub-cgroup of crun" {
    pod_of /crun.slice/crun-web.scope/container /crun.slice/crun-s1.scope/container
    isolated /crun.slice/crun-web.scope/container
    isolated /crun.slice/crun-s1.scope/container
    [[ $(writes) == *"/crun.slice/crun-s1.scope/cgroup.subtree_control +sci"* ]]
}

@test "the sandbox gets the mode of the container" {
    options=(--mode audit)
    pod_of /pods/web /pods/s1
    isolated /pods/s1
    same "$(cat "$cgroups/pods/s1/sci.mode.effective")" audit
}

@test "--require isolates the sandbox too, and --dry-run says so" {
    options=(--require --dry-run)
    container_in /pods/web
    container_beside /pods/s1
    hook "$(state '{"io.kubernetes.cri.sandbox-id":"s1"}')"
    same "$(tail -n 2 "$dir/stdout")" "would write 1 to /sys/fs/cgroup/pods/web/sci.enabled
would write 1 to /sys/fs/cgroup/pods/s1/sci.enabled"
    options=(--require)
    hook "$(state '{"io.kubernetes.cri.sandbox-id":"s1"}')"
    isolated /pods/s1
}

@test "the sandbox itself is a container like others" {
    pod_of /pods/web "" web
    isolated /pods/web
}

@test "a sandbox that is not found is refused" {
    pod_of /pods/web ""
    refused "cannot open the cgroup /sys/fs/cgroup/pods/s1: No such file or directory; $sandbox_todo"
}

@test "a container whose cgroup has no id to find the sandbox by is refused" {
    pod_of /others/other /others/s1
    refused "cannot find the cgroup of the pod's sandbox: the container's cgroup /others/other does not have the container's id in its path; $sandbox_todo"
    [[ $(writes) != */s1/* ]]
}

@test "a sandbox that cannot be isolated is refused, and so is one with the runtime in it" {
    container_beside /pods/s1
    for order in "write SHORT" "read EIO"; do
        export FAKE_FAIL="write /sys/fs/cgroup/pods/s1/sci.enabled SHORT"
        [[ $order != read* ]] || FAKE_FAIL="read /sys/fs/cgroup/pods/s1/sci.enabled.effective EIO"
        pod_of /pods/web ""
        same "$status" 1
        grep -F "/pods/s1/sci.enabled" "$dir/stderr"
    done
    FAKE_FAIL=
    echo "0::/pods/s1" >"$FAKE_ROOT/proc/self/cgroup"
    pod_of /pods/web ""
    refused "cannot isolate /pods/s1: the container runtime itself is in this cgroup; let the container runtime make a cgroup for the container"
}

@test "a symlink in place of the sandbox's cgroup is refused" {
    container_in /pods/web
    ln -s web "$cgroups/pods/s1"
    pod_of /pods/web ""
    same "$status" 1
    # valgrind's walk has another errno than the kernel
    grep -E "^sci-hook: container web: cannot open the cgroup /sys/fs/cgroup/pods/s1: (Too many levels of symbolic links|Not a directory); " \
        "$dir/stderr"
}

@test "ids that are not names are refused, and nothing is written" {
    container_in /pods/web
    local id
    for id in '"../s1"' '""' '"."' '".."' '"a/b"' 1 null "\"$(printf '%0256d' 1)\""; do
        hook "$(state '{"io.sci.untrusted":"true","io.kubernetes.cri.sandbox-id":'"$id"'}')"
        refused "cannot tell the pod's sandbox: the container's id and the annotation io.kubernetes.cri.sandbox-id must be names; report this: container runtimes do not give such ids"
        nothing_written
    done
    hook "{\"pid\":$pid,\"annotations\":{\"io.sci.untrusted\":\"true\",\"io.kubernetes.cri.sandbox-id\":\"s1\"}}"
    same "$status" 1
    nothing_written
}

# As pod_of, with CRI-O.
crio_pod_of() {
    container_in "$1"
    [[ -z $2 ]] || container_beside "$2"
    hook "$(state '{"io.sci.untrusted":"true","io.kubernetes.cri-o.SandboxID":"s1"'"${3-}"'}')"
}

@test "the sandbox of a CRI-O pod is isolated with its container" {
    crio_pod_of /pods.slice/crio-web.scope /pods.slice/crio-s1.scope
    isolated /pods.slice/crio-web.scope
    isolated /pods.slice/crio-s1.scope
}

@test "a CRI-O pod need not have a sandbox" {
    crio_pod_of /pods.slice/crio-web.scope ""
    isolated /pods.slice/crio-web.scope
}

@test "a pod cannot pass another runtime's annotation for its own runtime's" {
    crio_pod_of /pods/web /pods/s1 ',"io.kubernetes.cri.sandbox-id":"s2"'
    refused "cannot open the cgroup /sys/fs/cgroup/pods/s2: No such file or directory; $sandbox_todo"
}

@test "a CRI-O sandbox whose cgroup cannot be looked at is refused" {
    container_in /pods/web
    ln -s web "$cgroups/pods/s1"
    hook "$(state '{"io.sci.untrusted":"true","io.kubernetes.cri-o.SandboxID":"s1"}')"
    same "$status" 1
    grep -F "cannot open the cgroup /sys/fs/cgroup/pods/s1: " "$dir/stderr"
}

@test "the sandbox of a pod that is not marked is not touched" {
    container_in /pods/web
    container_beside /pods/s1
    hook "$(state '{"io.kubernetes.cri.sandbox-id":"s1"}')"
    nothing_touched
}

# --require

@test "--require isolates whatever the annotation says, false included" {
    local annotations
    options=(--require)
    for annotations in '{"io.sci.untrusted":"false"}' '{}' null '{"io.sci.untrusted":"True"}' '{"io.sci.untrusted":1}' \
        '[]' "$untrusted"; do
        echo 0 >"$cgroups/machine/pod/web/sci.enabled.effective"
        hook "$(state "$annotations")"
        isolated /machine/pod/web
    done
    echo 0 >"$cgroups/machine/pod/web/sci.enabled.effective"
    hook "$(state)"
    isolated /machine/pod/web
}

@test "--require refuses a state that is not an object, and one without a pid" {
    options=(--require)
    hook '[]'
    refused_as "cannot parse the state on standard input: not an object; $json_advice"
    hook '{"id":"web","annotations":{"io.sci.untrusted":"false"}}'
    refused "cannot read the state: it has no pid of a process; install the hook for createRuntime, where runtimes give the pid"
}

# --mode

web=/sys/fs/cgroup/machine/pod/web

@test "--mode audit is written before sci.enabled, and confirmed" {
    options=(--mode audit)
    hook
    isolated /machine/pod/web
    same "$(writes | tail -n 2)" "$web/sci.mode audit
$web/sci.enabled 1"
    same "$(cat "$cgroups/machine/pod/web/sci.mode.effective")" audit
    grep -F "open $web/sci.mode.effective" "$FAKE_ROOT/log"
    hook
    isolated /machine/pod/web
    same "$(writes)" "$web/sci.enabled 1"
}

@test "--mode enforce is the default, and written only where the cgroup has another" {
    local mode
    for mode in "" "--mode enforce"; do
        read -ra options <<<"$mode"
        hook
        isolated /machine/pod/web
        [[ $(writes) != *sci.mode* ]]
        echo audit >"$cgroups/machine/pod/web/sci.mode"
        hook
        isolated /machine/pod/web
        same "$(writes)" "$web/sci.mode enforce
$web/sci.enabled 1"
        same "$(cat "$cgroups/machine/pod/web/sci.mode.effective")" enforce
    done
}

@test "a kernel without sci.mode enforces" {
    export FAKE_OLD=1
    hook
    isolated /machine/pod/web
    options=(--mode enforce)
    hook
    isolated /machine/pod/web
    same "$(writes)" "$web/sci.enabled 1"
}

@test "--mode audit on a kernel without sci.mode is refused, not enforced" {
    export FAKE_OLD=1
    options=(--mode audit)
    hook
    refused "cannot read $web/sci.mode: No such file or directory; boot a kernel whose SCI can audit, or leave --mode out"
    same "$(cat "$cgroups/machine/pod/web/sci.enabled.effective")" 0
}

@test "a mode that cannot be read or written is refused, and nothing is enabled" {
    FAKE_FAIL="read $web/sci.mode EIO" hook
    refused "cannot read $web/sci.mode: Input/output error; see the kernel log"
    options=(--mode audit)
    FAKE_FAIL="open $web/sci.mode EACCES" hook
    refused "cannot read $web/sci.mode: Permission denied; $root_advice"
    FAKE_FAIL="write $web/sci.mode EPERM" hook
    refused "cannot write audit to $web/sci.mode: Operation not permitted; $root_advice"
    [[ $(writes) != *sci.enabled* ]]
    same "$(cat "$cgroups/machine/pod/web/sci.enabled.effective")" 0
}

mode_advice="look at sci.mode and sci.enabled of the cgroups above it"

@test "a mode in effect that differs from the one asked for is refused" {
    local mode
    for mode in off audit ""; do
        FAKE_AFTER="echo '$mode' >'$cgroups/machine/pod/web/sci.mode.effective'" hook
        refused "cannot confirm the mode: $web/sci.mode.effective is \"$mode?\", not enforce; $mode_advice"
    done
    options=(--mode audit)
    FAKE_AFTER="echo enforce >'$cgroups/machine/pod/web/sci.mode.effective'" hook
    refused "cannot confirm the mode: $web/sci.mode.effective is \"enforce?\", not audit; $mode_advice"
}

@test "a mode in effect that cannot be read is refused" {
    FAKE_FAIL="read $web/sci.mode.effective EIO" hook
    refused "cannot read $web/sci.mode.effective: Input/output error; see the kernel log"
    options=(--mode audit)
    FAKE_AFTER="rm '$cgroups/machine/pod/web/sci.mode.effective'" hook
    refused "cannot read $web/sci.mode.effective: No such file or directory; $missing_advice"
}

# --profile

# A profile in the make-believe tree, of these lines, and the option for it.
profile_of() {
    printf '%s\n' "$@" >"$FAKE_ROOT/profile"
    options=(--profile /profile)
}

profile_advice="correct this line of the profile, see docs/interface.md"

@test "--profile is written line by line before sci.enabled, and confirmed" {
    profile_of "sci-profile 01" "" "syscall x86_64:0" end
    hook
    isolated /machine/pod/web
    same "$(writes | grep -v 'sci.profile $' | tail -n 4)" "$web/sci.profile sci-profile 01
$web/sci.profile syscall x86_64:0
$web/sci.profile end
$web/sci.enabled 1"
    same "$(cat "$cgroups/machine/pod/web/sci.profile")" "$(cat "$FAKE_ROOT/profile")"
    grep -F "open $web/sci.sealed" "$FAKE_ROOT/log"
}

@test "--profile: slow and interrupted writes, and a last line without a newline" {
    printf 'sci-profile 01\n# end\n\nend\n#' >"$FAKE_ROOT/profile"
    options=(--profile /profile)
    FAKE_SLOW=1 hook
    isolated /machine/pod/web
    same "$(cat "$cgroups/machine/pod/web/sci.profile")" "$(cat "$FAKE_ROOT/profile")"
}

@test "--profile is for the container, not for the sandbox of its pod" {
    profile_of end
    container_in /pods/c1
    cgroup /pods/s1
    hook '{"id":"c1","pid":'"$pid"',"annotations":{"io.sci.untrusted":"true","io.kubernetes.cri.sandbox-id":"s1"}}'
    isolated /pods/c1
    same "$(cat "$cgroups/pods/c1/sci.sealed")" 1
    same "$(cat "$cgroups/pods/s1/sci.sealed")" 0
    same "$(cat "$cgroups/pods/s1/sci.enabled.effective")" 1
}

@test "--profile: a line that the kernel does not take is named, and nothing is enabled" {
    profile_of "sci-profile 01" wrong end
    hook
    refused "cannot write line 2 of /profile to $web/sci.profile: Invalid argument; $profile_advice"
    same "$(cat "$cgroups/machine/pod/web/sci.enabled")" 0
    profile_of end
    FAKE_FAIL="write $web/sci.profile SHORT" hook
    refused "cannot write line 1 of /profile to $web/sci.profile: Invalid argument; $profile_advice"
}

@test "--profile: each other error of the kernel has its advice" {
    local busy="isolate the container in one way only, and in a new cgroup: this one is enabled or has a profile already, and the hook cannot replace that"
    profile_of end
    FAKE_FAIL="write $web/sci.profile ESTALE" hook
    refused "cannot write line 1 of /profile to $web/sci.profile: Stale file handle; the profile is another kernel's: make one on the kernel that runs"
    FAKE_FAIL="write $web/sci.profile ENOSPC" hook
    refused "cannot write line 1 of /profile to $web/sci.profile: No space left on device; shorten the profile: the kernel accepts the text of at most 100 modules"
    FAKE_FAIL="write $web/sci.profile EBUSY" hook
    refused "cannot write line 1 of /profile to $web/sci.profile: Device or resource busy; $busy"
    FAKE_FAIL="write $web/sci.profile EPERM" hook
    refused "cannot write line 1 of /profile to $web/sci.profile: Operation not permitted; $busy"
    FAKE_FAIL="write $web/sci.profile EIO" hook
    refused "cannot write line 1 of /profile to $web/sci.profile: Input/output error; see the kernel log"
}

@test "--profile on a kernel without profiles is refused, not isolated without" {
    profile_of end
    FAKE_OLD=1 hook
    refused "cannot write line 1 of /profile to $web/sci.profile: No such file or directory; boot a kernel whose SCI has profiles, or leave the profile out"
    same "$(cat "$cgroups/machine/pod/web/sci.enabled")" 0
}

@test "--profile: a file that cannot be read, or is too long, is refused" {
    local make="make the profile on this host, from sci.profile of a cgroup that has done the work"
    options=(--profile /profile)
    hook
    refused "cannot read /profile: No such file or directory; $make"
    profile_of end
    FAKE_FAIL="read /profile EIO" hook
    refused "cannot read /profile: Input/output error; $make"
    head -c 1048577 /dev/zero >"$FAKE_ROOT/profile"
    hook
    refused "cannot read /profile: File too large; $make"
}

@test "--profile that is not in force in the end is refused" {
    local whole="write a whole profile to that file: it ends with the line end"
    profile_of "sci-profile 01"
    hook
    refused "cannot confirm the profile /profile: $web/sci.sealed is \"0?\", not 1; $whole"
    FAKE_FAIL="read $web/sci.sealed EIO" hook
    refused "cannot read $web/sci.sealed: Input/output error; see the kernel log"
}

@test "--profile with --dry-run reads it, and writes nothing" {
    profile_of end
    options+=(--dry-run)
    hook
    same "$status" 0
    grep -Fx "would write /profile to $web/sci.profile" "$dir/stdout"
    FAKE_FAIL="open $web/sci.profile EACCES" hook
    same "$status" 1
    grep -F "cannot write line 1 of /profile to $web/sci.profile: Permission denied; $root_advice" "$dir/stderr"
    hook '{"id":"web","pid":'"$pid"',"annotations":{}}'
    same "$(cat "$dir/stdout")" "would do nothing"
}

# The annotation io.sci.profile

# An untrusted container's annotations that name this profile, and the profile.
named_profile() {
    mkdir -p "$FAKE_ROOT/etc/sci/profiles"
    echo end >"$FAKE_ROOT/etc/sci/profiles/$1"
    annotations='{"io.sci.untrusted":"true","io.sci.profile":"'$1'"}'
}

@test "io.sci.profile names a file in /etc/sci/profiles" {
    named_profile web-1.2_x
    hook "$(state "$annotations")"
    isolated /machine/pod/web
    same "$(cat "$cgroups/machine/pod/web/sci.profile")" end
    same "$(cat "$cgroups/machine/pod/web/sci.sealed")" 1
}

@test "io.sci.profile of a container that is isolated by --require" {
    named_profile web
    options=(--require)
    hook "$(state '{"io.sci.profile":"web"}')"
    isolated /machine/pod/web
    same "$(cat "$cgroups/machine/pod/web/sci.sealed")" 1
}

@test "io.sci.require isolates whatever its value and io.sci.untrusted are, with a profile too" {
    local other value
    for value in '"true"' '"false"' '""' null; do
        for other in '' ',"io.sci.untrusted":"false"' ',"io.sci.untrusted":1'; do
            hook "$(state '{"io.sci.require":'"$value$other"'}')"
            isolated /machine/pod/web
            echo 0 | tee "$cgroups/machine/pod/web/sci.enabled" >"$cgroups/machine/pod/web/sci.enabled.effective"
        done
    done
    named_profile web
    hook "$(state '{"io.sci.require":"true","io.sci.profile":"web"}')"
    isolated /machine/pod/web
    same "$(cat "$cgroups/machine/pod/web/sci.sealed")" 1
}

@test "--profile overrides io.sci.profile" {
    named_profile web
    profile_of "sci-profile 01" end
    hook "$(state "$annotations")"
    isolated /machine/pod/web
    same "$(cat "$cgroups/machine/pod/web/sci.profile")" "sci-profile 01
end"
}

@test "--profile overrides an io.sci.profile that is not a name" {
    profile_of end
    hook "$(state '{"io.sci.untrusted":"true","io.sci.profile":"../x"}')"
    isolated /machine/pod/web
    same "$(cat "$cgroups/machine/pod/web/sci.sealed")" 1
}

@test "io.sci.profile is for the containers of a pod, not for its sandbox" {
    local kind
    named_profile web
    for kind in cri.sandbox-id cri-o.SandboxID; do
        container_in /pods/c1-$kind
        container_in /pods/s1-$kind
        container_in /pods/s2-$kind
    done
    for kind in cri.sandbox-id cri-o.SandboxID; do
        container_in /pods/c1-$kind
        hook '{"id":"c1-'$kind'","pid":'"$pid"',"annotations":{"io.sci.untrusted":"true","io.sci.profile":"web","io.kubernetes.'$kind'":"s1-'$kind'"}}'
        isolated /pods/c1-$kind
        same "$(cat "$cgroups/pods/c1-$kind/sci.sealed")" 1
        same "$(cat "$cgroups/pods/s1-$kind/sci.sealed")" 0
        # the sandbox itself, where the runtime gives it hooks
        container_in /pods/s2-$kind
        hook '{"id":"s2-'$kind'","pid":'"$pid"',"annotations":{"io.sci.untrusted":"true","io.sci.profile":"web","io.kubernetes.'$kind'":"s2-'$kind'"}}'
        isolated /pods/s2-$kind
        same "$(cat "$cgroups/pods/s2-$kind/sci.sealed")" 0
    done
}

@test "io.sci.profile that is not a name is refused" {
    local value
    for value in '""' '"."' '".."' '"../web"' '"a/b"' '"/web"' '"-web"' '" web"' true 1 null '["web"]' "\"$(printf '%0256d' 0)\""; do
        hook "$(state '{"io.sci.untrusted":"true","io.sci.profile":'"$value"'}')"
        refused "cannot read the annotation io.sci.profile: not the name of a profile; write the name of a file in /etc/sci/profiles/, which begins with a letter or a digit"
        same "$(writes)" ""
    done
}

@test "io.sci.profile of a file that is not there is refused" {
    local name
    for name in web "$(printf '%0255d' 0)"; do
        hook "$(state '{"io.sci.untrusted":"true","io.sci.profile":"'"$name"'"}')"
        refused "cannot read /etc/sci/profiles/$name: No such file or directory; make the profile on this host, from sci.profile of a cgroup that has done the work"
    done
    same "$(cat "$cgroups/machine/pod/web/sci.enabled")" 0
}

@test "io.sci.profile without io.sci.untrusted is refused; with false it says nothing" {
    hook "$(state '{"io.sci.profile":"web"}')"
    refused 'cannot use the annotation io.sci.profile: the container is not isolated; write io.sci.untrusted: "true" as well, or leave io.sci.profile out'
    hook "$(state '{"io.sci.untrusted":"false","io.sci.profile":"web"}')"
    same "$status" 0
    same "$(writes)" ""
}

# --dry-run

# Checks the answer, and that the cgroup tree is as before. --dry-run logs no line.
would() {
    same "$status" 0
    printf '%s\n' "$@" | diff - "$dir/stdout"
    same "$(cat "$dir/stderr")" ""
    nothing_written
    [[ ! -e $FAKE_ROOT/syslog ]]
}

would_not() {
    same "$status" 1
    printf 'sci-hook: container web: %s\n' "$1" | diff - "$dir/stderr"
    nothing_written
    [[ ! -e $FAKE_ROOT/syslog ]]
}

@test "--dry-run prints what would be written, and writes nothing" {
    options=(--dry-run)
    hook
    would "would write +sci to /sys/fs/cgroup/cgroup.subtree_control" \
        "would write +sci to /sys/fs/cgroup/machine/cgroup.subtree_control" \
        "would write +sci to /sys/fs/cgroup/machine/pod/cgroup.subtree_control" \
        "would write 1 to $web/sci.enabled"
    [[ ! -e $cgroups/machine/pod/web/sci.enabled ]]

    options=()
    hook
    options=(--dry-run --require --mode audit)
    hook "$(state '{"io.sci.untrusted":"false"}')"
    would "would write audit to $web/sci.mode" "would write 1 to $web/sci.enabled"
}

@test "--dry-run before +sci prints the mode as well" {
    options=(--mode audit --dry-run)
    hook
    same "$(tail -n 2 "$dir/stdout")" "would write audit to $web/sci.mode
would write 1 to $web/sci.enabled"
}

@test "--dry-run says so where there is nothing to do" {
    options=(--dry-run)
    hook "$(state '{"io.sci.untrusted":"false"}')"
    would "would do nothing"
    hook '{}'
    would "would do nothing"
}

@test "--dry-run fails where the hook would, and logs nothing" {
    options=(--dry-run)
    : >"$cgroups/cgroup.controllers"
    hook
    would_not "cannot find sci in /sys/fs/cgroup/cgroup.controllers; boot a kernel with SCI, or see in 'dmesg | grep sci:' why this kernel cannot use it"
    echo sci >"$cgroups/cgroup.controllers"
    FAKE_FAIL="open $web/sci.enabled EROFS" hook
    would_not "cannot write 1 to $web/sci.enabled: Read-only file system; mount the cgroup2 file system writable for the container runtime"
    options=(--dry-run --mode audit)
    FAKE_FAIL="open $web/sci.mode EACCES" hook
    would_not "cannot read $web/sci.mode: Permission denied; $root_advice"
}

@test "--dry-run on a kernel without sci.mode finds that it cannot audit" {
    export FAKE_OLD=1
    hook
    options=(--dry-run --mode audit)
    hook
    would_not "cannot read $web/sci.mode: No such file or directory; boot a kernel whose SCI can audit, or leave --mode out"
}

@test "--dry-run finds a cgroup that lacks the files though its parent gives them" {
    hook
    rm "$cgroups/machine/pod/web/sci.enabled"
    options=(--dry-run)
    hook
    would_not "cannot write 1 to $web/sci.enabled: No such file or directory; $missing_advice"
}

@test "--dry-run finds processes that would make +sci fail, except in the root" {
    options=(--dry-run)
    echo 1 >"$cgroups/cgroup.procs"
    hook
    same "$status" 0
    echo 7 >"$cgroups/machine/cgroup.procs"
    hook
    would_not "cannot give sci to the children of /sys/fs/cgroup/machine: Device or resource busy; move the processes that live in this cgroup itself into a child cgroup"
    FAKE_FAIL="read /sys/fs/cgroup/machine/cgroup.procs EIO" hook
    would_not "cannot read /sys/fs/cgroup/machine/cgroup.procs: Input/output error; see the kernel log"
}

@test "--dry-run fails when its answer cannot be written" {
    options=(--dry-run)
    FAKE_FAIL="write stdout ENOSPC" hook
    would_not "cannot write to standard output: No space left on device; give it a standard output that can be written"
    FAKE_FAIL="write stdout ENOSPC" hook '{"id":"web"}'
    would_not "cannot write to standard output: No space left on device; give it a standard output that can be written"
}

@test "--dry-run: a cgroup's name cannot drive a terminal" {
    options=(--dry-run)
    container_in $'/a\e[2Jb'
    hook
    same "$(tail -n 1 "$dir/stdout")" "would write 1 to /sys/fs/cgroup/a?[2Jb/sci.enabled"
}

# Nothing to do

@test "false touches nothing" {
    hook "$(state '{"io.sci.untrusted":"false"}')"
    nothing_touched
}

@test "an absent annotation touches nothing" {
    local annotations
    for annotations in '{}' 'null' '{"a":"true"}' '{"io.sci.untrusted.x":"true"}' '{"IO.SCI.UNTRUSTED":"true"}'; do
        hook "$(state "$annotations")"
        nothing_touched
    done
    hook "$(state)"
    nothing_touched
}

@test "no pid is needed where there is nothing to do" {
    hook '{"annotations":{"io.sci.untrusted":"false"}}'
    nothing_touched
    hook '{}'
    nothing_touched
}

# Annotation and state

@test "any other value of the annotation is refused" {
    local value
    for value in "" True TRUE FALSE 1 0 yes " true" "true " truefalse; do
        hook "$(state "{\"io.sci.untrusted\":\"$value\"}")"
        refused "cannot read the annotation io.sci.untrusted: \"$value\" is neither true nor false; write \"true\" or \"false\""
        [[ ! -e $FAKE_ROOT/log ]] || nothing_written
    done
}

@test "an annotation that is not a string is refused" {
    local value
    for value in true false null 1 0.5 '[]' '["true"]' '{}'; do
        hook "$(state "{\"io.sci.untrusted\":$value}")"
        refused 'cannot read the annotation io.sci.untrusted: not a string; write "true" or "false", in quotes'
        nothing_written
    done
}

@test "annotations that are not an object are refused" {
    local annotations
    for annotations in '[]' '"io.sci.untrusted"' true 1; do
        hook "$(state "$annotations")"
        refused "cannot read the state: annotations is not an object; $json_advice"
    done
}

@test "a state that is not JSON is refused" {
    local text
    for text in '{' 'x' '{"pid":1,}' '{"a":1}x' "{'a':1}" '{"a":NaN}' '{"a":"\u0000"}' $'{"a":"\x80"}' $'{"a":"\x01"}' \
        '{"id":"web","id":"web"}' '{"annotations":{"io.sci.untrusted":"false","io.sci.untrusted":"true"}}' \
        '{"pid":9223372036854775808}' "$(printf '%*s' 5000 "" | tr ' ' '[')"; do
        hook "$text"
        same "$status" 1
        same "$(wc -l <"$dir/stderr")" 1
        grep -F "sci-hook: cannot parse the state on standard input: line 1: " "$dir/stderr"
        grep -F "; $json_advice" "$dir/stderr"
        nothing_written
    done
}

@test "JSON that is not an object is refused" {
    hook '[]'
    refused_as "cannot parse the state on standard input: not an object; $json_advice"
}

@test "an empty state is refused" {
    hook ""
    refused_as "cannot read the state on standard input: it is empty; the container runtime must give the container's state to the hook"
}

@test "a closed standard input is refused" {
    status=0
    directly=1
    program <&- >"$dir/stdout" 2>"$dir/stderr" || status=$?
    show
    refused_as "cannot read the state on standard input: it is empty; the container runtime must give the container's state to the hook"
}

@test "a standard input that cannot be read is refused" {
    hook_on "$dir"
    refused_as "cannot read the state on standard input: Is a directory; the container runtime must give the container's state to the hook"
    FAKE_FAIL="read stdin EIO" hook
    refused_as "cannot read the state on standard input: Input/output error; the container runtime must give the container's state to the hook"
}

@test "a state of more than one MiB is refused" {
    hook "$(state "$untrusted")$(printf '%*s' $((1048577 - $(state "$untrusted" | wc -c))) "")"
    same "$(wc -c <"$dir/state")" 1048577
    refused_as "cannot read the state on standard input: it is longer than 1 MiB; shorten the container's annotations"
}

@test "an untrusted container without a usable pid is refused" {
    local pid_member
    for pid_member in '' '"pid":0,' '"pid":-1,' '"pid":2147483648,' '"pid":4294967297,' '"pid":1.0,' '"pid":"1",' \
        '"pid":null,' '"pid":true,'; do
        hook "{\"id\":\"web\",$pid_member\"annotations\":$untrusted}"
        refused "cannot read the state: it has no pid of a process; install the hook for createRuntime, where runtimes give the pid"
        [[ ! -e $FAKE_ROOT/log ]]
    done
}

@test "names cannot forge a line or drive a terminal" {
    hook '{"id":"a\nsci-hook: fine\u001b[2J\u009b","annotations":{"io.sci.untrusted":"x\ry\tz"}}'
    refused_as 'container a?sci-hook: fine?[2J??: cannot read the annotation io.sci.untrusted: "x?y?z" is neither true nor false; write "true" or "false"'
}

@test "long names are shortened" {
    local long
    long=$(printf '%*s' 1000 "" | tr ' ' x)
    hook "{\"id\":\"$long\",\"annotations\":{\"io.sci.untrusted\":\"$long\"}}"
    refused_as "container ${long:0:100}: cannot read the annotation io.sci.untrusted: \"${long:0:80}\" is neither true nor false; write \"true\" or \"false\""
}

# Process and its cgroup

@test "a process that has ended is refused" {
    pid=$(bash -c 'echo $$')
    hook
    refused "cannot open process $pid: No such process; $gone_advice"
    sleep 600 3>&- &
    pid=$!
    disown # or bash reports its end
}

@test "a kernel without pidfd_open is refused" {
    FAKE_FAIL="pidfd  ENOSYS" hook
    refused "cannot open process $pid: Function not implemented; $syscall_advice"
    nothing_written
}

@test "too many open files is refused" {
    FAKE_FAIL="pidfd  EMFILE" hook
    refused "cannot open process $pid: Too many open files; raise the limit on open files"
}

@test "a cgroup file of the process that cannot be read is refused" {
    FAKE_FAIL="open /proc/$pid/cgroup EACCES" hook
    refused "cannot read /proc/$pid/cgroup: Permission denied; $root_advice"
    FAKE_FAIL="read /proc/$pid/cgroup ESRCH" hook
    refused "cannot read /proc/$pid/cgroup: No such process; $gone_advice"
    truncate -s 17M "$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot read /proc/$pid/cgroup: File too large; see the kernel log"
    rm "$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot read /proc/$pid/cgroup: No such file or directory; $gone_advice"
}

@test "a host without cgroup v2 is refused" {
    printf '%s\n' "2:pids:/x" "10::/machine/pod/web" "1:name=0:::/y" >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot find the cgroup in /proc/$pid/cgroup: there is no line that starts with 0::; SCI needs cgroup v2: boot with systemd.unified_cgroup_hierarchy=1"
    : >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot find the cgroup in /proc/$pid/cgroup: there is no line that starts with 0::; SCI needs cgroup v2: boot with systemd.unified_cgroup_hierarchy=1"
}

@test "a cgroup file that is cut off or has two answers is refused" {
    printf '0::/machine/pod/web' >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot find the cgroup in /proc/$pid/cgroup: \"0::/machine/pod/web\" is not expected; report this: the kernel does not write such a file"
    printf '0::/machine/pod/web\n0::/other\n' >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot find the cgroup in /proc/$pid/cgroup: \"0::/other\" is not expected; report this: the kernel does not write such a file"
    nothing_written
}

@test "a cgroup outside of the cgroup namespace is refused" {
    local path
    for path in /.. /../x /../../x; do
        echo "0::$path" >"$FAKE_ROOT/proc/$pid/cgroup"
        hook
        refused "cannot use $path, the cgroup of process $pid: it is outside of the hook's cgroup namespace; run the container runtime in the host's cgroup namespace"
        nothing_written
    done
}

@test "the root cgroup is refused" {
    echo "0::/" >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot use /, the cgroup of process $pid: the root cgroup cannot be isolated; let the container runtime use cgroup v2, and do not disable cgroups"
    nothing_written
}

@test "a removed cgroup is refused" {
    echo "0::/machine/pod/web (deleted)" >"$FAKE_ROOT/proc/$pid/cgroup"
    hook
    refused "cannot use /machine/pod/web (deleted), the cgroup of process $pid: it was removed; $gone_advice"
}

@test "a path that no cgroup can have is refused" {
    local path
    for path in "" machine ../machine //machine /machine//pod /machine/ // /machine/.. /machine/../machine /./machine \
        /machine/.; do
        echo "0::$path" >"$FAKE_ROOT/proc/$pid/cgroup"
        hook
        refused "cannot use \"$path\", the cgroup of process $pid: not a cgroup's path; report this: the kernel does not write such a path"
        nothing_written
    done
}

@test "names that start with a dot are names" {
    container_in /.../..a/.b/a..
    hook
    isolated /.../..a/.b/a..
}

@test "the cgroup of the runtime itself is refused" {
    local own
    for own in /machine/pod/web /machine/pod/web/supervisor; do
        echo "0::$own" >"$FAKE_ROOT/proc/self/cgroup"
        hook
        refused "cannot isolate /machine/pod/web: the container runtime itself is in this cgroup; let the container runtime make a cgroup for the container"
        nothing_written
    done
}

@test "an unknown cgroup of the runtime is refused" {
    FAKE_FAIL="open /proc/self/cgroup EACCES" hook
    refused "cannot read /proc/self/cgroup: Permission denied; $root_advice"
    nothing_written
}

# Mount

hybrid() {
    mkdir "$FAKE_ROOT/tmp"
    mv "$cgroups" "$FAKE_ROOT/tmp/unified"
    mkdir "$cgroups"
    mv "$FAKE_ROOT/tmp/unified" "$cgroups/unified"
    cat >"$FAKE_ROOT/proc/self/mountinfo" <<EOF
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:40 / /sys/fs/cgroup/decoy rw - ext4 /dev/x - cgroup2 rw
40 31 0:38 /machine /sys/fs/cgroup/part rw,relatime - cgroup2 cgroup2 rw
$1
EOF
}

@test "another mount of cgroup2 is found in mountinfo" {
    hybrid "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate"
    mkdir "$cgroups/part"
    : >"$cgroups/part/cgroup.procs"
    cgroups+=/unified
    hook
    isolated /machine/pod/web
    same "$(writes | head -n 1)" "/sys/fs/cgroup/unified/cgroup.subtree_control +sci"
}

@test "a missing mount of cgroup2 is refused" {
    hybrid "41 31 0:38 / /sys/fs/cgroup/gone rw,relatime - cgroup2 cgroup2 rw"
    hook
    refused "cannot find the root of the cgroup2 file system: not at /sys/fs/cgroup, not in /proc/self/mountinfo; mount it: mount -t cgroup2 none /sys/fs/cgroup"
    rm -r "$cgroups"
    hook
    refused "cannot find the root of the cgroup2 file system: not at /sys/fs/cgroup, not in /proc/self/mountinfo; mount it: mount -t cgroup2 none /sys/fs/cgroup"
}

@test "a mountinfo that cannot be read is refused" {
    hybrid ""
    FAKE_FAIL="read /proc/self/mountinfo EPERM" hook
    refused "cannot look for the cgroup2 mount in /proc/self/mountinfo: Operation not permitted; $root_advice"
}

@test "a process whose cgroup is not in the mount is refused" {
    rm -r "$cgroups/machine/pod/web"
    hook
    refused "cannot open the cgroup /sys/fs/cgroup/machine/pod/web: No such file or directory; run the container runtime and the hook in the same cgroup and mount namespaces"
    nothing_written
}

@test "a symlink on the path to the cgroup is refused" {
    mv "$cgroups/machine" "$cgroups/real"
    ln -s real "$cgroups/machine"
    hook
    refused "cannot open the cgroup /sys/fs/cgroup/machine/pod/web: Too many levels of symbolic links; $link_advice"
    nothing_written
}

@test "a symlink in place of a cgroup's file is refused" {
    hook
    mv "$cgroups/machine/pod/web/sci.enabled" "$dir/elsewhere"
    ln -s "$dir/elsewhere" "$cgroups/machine/pod/web/sci.enabled"
    hook
    refused "cannot write 1 to /sys/fs/cgroup/machine/pod/web/sci.enabled: Too many levels of symbolic links; $link_advice"
    nothing_written
}

@test "a mount on the path to the cgroup is refused" {
    FAKE_FAIL="open /sys/fs/cgroup/machine/pod/web EXDEV" hook
    refused "cannot open the cgroup /sys/fs/cgroup/machine/pod/web: Invalid cross-device link; $link_advice"
    nothing_written
}

@test "a kernel without openat2 is refused" {
    FAKE_FAIL="open /sys/fs/cgroup/machine/pod/web ENOSYS" hook
    refused "cannot open the cgroup /sys/fs/cgroup/machine/pod/web: Function not implemented; $syscall_advice"
    nothing_written
}

@test "a path that is too long is refused" {
    local length
    for length in 4096 20000; do
        printf '0::/%*s\n' "$length" "" | tr ' ' x >"$FAKE_ROOT/proc/$pid/cgroup"
        hook
        same "$status" 1
        same "$(wc -l <"$dir/stderr")" 1
        grep -E '^sci-hook: container web: cannot open the cgroup /sys/fs/cgroup/x+: File name too long; see the kernel log$' \
            "$dir/stderr"
        nothing_written
    done
}

# Controller

@test "a kernel without SCI is refused, and the message says to boot one" {
    echo "memory scipio pids" >"$cgroups/cgroup.controllers"
    hook
    refused "cannot find sci in /sys/fs/cgroup/cgroup.controllers; boot a kernel with SCI, or see in 'dmesg | grep sci:' why this kernel cannot use it"
    nothing_written
    FAKE_FAIL="open /proc/cmdline EACCES" hook
    refused "cannot find sci in /sys/fs/cgroup/cgroup.controllers; boot a kernel with SCI, or see in 'dmesg | grep sci:' why this kernel cannot use it"
}

@test "a kernel booted with sci=off is refused, and the message says so" {
    : >"$cgroups/cgroup.controllers"
    echo "console=ttyS0 sci=off quiet" >"$FAKE_ROOT/proc/cmdline"
    hook
    refused "cannot find sci in /sys/fs/cgroup/cgroup.controllers; the kernel was booted with sci=off: remove that and boot again"
    nothing_written
}

@test "controllers that cannot be read are refused" {
    FAKE_FAIL="read /sys/fs/cgroup/cgroup.controllers EPERM" hook
    refused "cannot read /sys/fs/cgroup/cgroup.controllers: Operation not permitted; $root_advice"
    nothing_written
}

# Each failure of writing +sci stops the walk there.
@test "+sci that cannot be written is refused" {
    local pair
    for pair in "EBUSY|Device or resource busy|move the processes that live in this cgroup itself into a child cgroup" \
        "EROFS|Read-only file system|mount the cgroup2 file system writable for the container runtime" \
        "EPERM|Operation not permitted|$root_advice" \
        "EACCES|Permission denied|$root_advice" \
        "ENOSPC|No space left on device|$memory_advice" \
        "ENOMEM|Cannot allocate memory|$memory_advice" \
        "ENODEV|No such device|$gone_advice" \
        "EOPNOTSUPP|Operation not supported|make it a domain cgroup: SCI does not work in threaded ones (see cgroup.type)" \
        "EINVAL|Invalid argument|see the kernel log" \
        "SHORT|Input/output error|see the kernel log"; do
        local error text todo
        IFS='|' read -r error text todo <<<"$pair"
        FAKE_FAIL="write /sys/fs/cgroup/machine/cgroup.subtree_control $error" hook
        refused "cannot write +sci to /sys/fs/cgroup/machine/cgroup.subtree_control: $text; $todo"
        [[ $(writes) != *machine/pod* ]]
        same "$(cat "$cgroups/machine/cgroup.subtree_control")" "memory pids"
    done
}

@test "a read-only cgroup file system is refused" {
    FAKE_FAIL="open /sys/fs/cgroup/cgroup.subtree_control EROFS" hook
    refused "cannot read /sys/fs/cgroup/cgroup.subtree_control: Read-only file system; mount the cgroup2 file system writable for the container runtime"
    nothing_written
}

@test "+sci that is taken away above meanwhile is refused" {
    echo "sci" >"$cgroups/cgroup.subtree_control"
    hook
    refused "cannot write +sci to /sys/fs/cgroup/machine/cgroup.subtree_control: No such file or directory; $missing_advice"
}

@test "an ancestor that is gone is refused" {
    FAKE_FAIL="open /sys/fs/cgroup/machine/pod ENOENT" hook
    refused "cannot open the cgroup /sys/fs/cgroup/machine/pod: No such file or directory; run the container runtime and the hook in the same cgroup and mount namespaces"
}

# Proof

@test "a cgroup without sci.enabled is refused" {
    echo threaded >"$cgroups/machine/pod/web/cgroup.type"
    hook
    refused "cannot write 1 to /sys/fs/cgroup/machine/pod/web/sci.enabled: No such file or directory; $missing_advice"
}

@test "sci.enabled that cannot be written is refused" {
    local pair
    for pair in "EPERM|Operation not permitted|$root_advice" \
        "ENOMEM|Cannot allocate memory|$memory_advice" \
        "EROFS|Read-only file system|mount the cgroup2 file system writable for the container runtime" \
        "SHORT|Input/output error|see the kernel log"; do
        local error text todo
        IFS='|' read -r error text todo <<<"$pair"
        FAKE_FAIL="write /sys/fs/cgroup/machine/pod/web/sci.enabled $error" hook
        refused "cannot write 1 to /sys/fs/cgroup/machine/pod/web/sci.enabled: $text; $todo"
        same "$(cat "$cgroups/machine/pod/web/sci.enabled.effective")" 0
    done
}

@test "isolation that does not become effective is refused" {
    FAKE_INERT=1 hook
    refused "cannot confirm the isolation: /sys/fs/cgroup/machine/pod/web/sci.enabled.effective is \"0?\", not 1; see the kernel log"
}

@test "an unexpected sci.enabled.effective is refused" {
    local text
    for text in "" 1 10 "1 1" "01" $'0\n1' x; do
        FAKE_AFTER="printf '%s' '$text' >'$cgroups/machine/pod/web/sci.enabled.effective'" hook
        refused "cannot confirm the isolation: /sys/fs/cgroup/machine/pod/web/sci.enabled.effective is \"${text/$'\n'/?}\", not 1; see the kernel log"
    done
}

@test "sci.enabled.effective that cannot be read is refused" {
    FAKE_FAIL="read /sys/fs/cgroup/machine/pod/web/sci.enabled.effective EIO" hook
    refused "cannot read /sys/fs/cgroup/machine/pod/web/sci.enabled.effective: Input/output error; see the kernel log"
}

@test "a process that is not in the cgroup is refused before anything is written" {
    local procs
    for procs in "" "1$pid" "${pid}1" "${pid%?}"; do
        echo "$procs" >"$cgroups/machine/pod/web/cgroup.procs"
        hook
        refused "cannot find process $pid in /sys/fs/cgroup/machine/pod/web/cgroup.procs; nothing may move or end the container's process while it is created"
        nothing_written
    done
}

@test "the process is found among others" {
    printf '%s\n' "1$pid" 7 "$pid" 8 >"$cgroups/machine/pod/web/cgroup.procs"
    hook
    isolated /machine/pod/web
}

@test "members that cannot be read are refused" {
    FAKE_FAIL="read /sys/fs/cgroup/machine/pod/web/cgroup.procs EOPNOTSUPP" hook
    refused "cannot read /sys/fs/cgroup/machine/pod/web/cgroup.procs: Operation not supported; make it a domain cgroup: SCI does not work in threaded ones (see cgroup.type)"
    nothing_written
}

@test "a process that moves away meanwhile is refused" {
    FAKE_AFTER="echo 1 >'$cgroups/machine/pod/web/cgroup.procs'" hook
    refused "cannot find process $pid in /sys/fs/cgroup/machine/pod/web/cgroup.procs; nothing may move or end the container's process while it is created"
}

@test "a process that ends meanwhile is refused, even if its pid is there again" {
    FAKE_AFTER="kill -9 $pid; sleep 0.2" hook
    refused "cannot isolate process $pid: it has ended; $gone_advice"
}

@test "no memory at any moment is refused" {
    local call
    for call in {1..30}; do
        FAKE_FAIL="malloc $call ENOMEM" hook
        [[ $status != 0 ]] || break
        same "$status" 1
        same "$(wc -l <"$dir/stderr")" 1
        grep -F "Cannot allocate memory; " "$dir/stderr"
    done
    same "$status" 0
    [[ $call -gt 9 ]]
    for call in 1 2; do
        FAKE_FAIL="strdup $call ENOMEM" hook
        refused "cannot prepare the isolation: Cannot allocate memory; $memory_advice"
    done
}

# Messages

@test "a closed stderr puts no message into a cgroup's file" {
    status=0
    state "$untrusted" >"$dir/state"
    FAKE_INERT=1 program <"$dir/state" >&- 2>&- || status=$?
    same "$status" 1
    same "$(grep -r sci-hook "$cgroups" || true)" ""
    same "$(wc -l <"$FAKE_ROOT/syslog")" 1
}

@test "standard streams that are closed and cannot be replaced are refused" {
    status=0
    directly=1
    FAKE_FAIL="open /dev/null EACCES" program <&- >"$dir/stdout" 2>"$dir/stderr" || status=$?
    same "$status" 1
    nothing_written
}

@test "a stderr that nobody reads still leaves the line in syslog" {
    state "$untrusted" >"$dir/state"
    FAKE_INERT=1 program <"$dir/state" 2> >(exec true) || status=$?
    grep -F "3 container web: cannot confirm the isolation" "$FAKE_ROOT/syslog"
    FAKE_FAIL="write stderr EPIPE" FAKE_INERT=1 hook
    same "$status" 1
    grep -F "3 container web: cannot confirm the isolation" "$FAKE_ROOT/syslog"
}

@test "a syslog daemon that hangs is given up, and the container too" {
    SECONDS=0
    FAKE_HANG=1 hook '{'
    same "$status" 1
    same "$(wc -l <"$dir/stderr")" 1
    [[ $SECONDS -lt 20 ]]
}

# Command line

@test "--version and --help answer, and do nothing else" {
    same "$(program --version <"$dir")" "sci-hook $HOOK_VERSION"
    program --help <"$dir" | grep -F 'usage: sci-hook [--require]'
    [[ ! -e $FAKE_ROOT/log ]]
}

@test "--version and --help fail when their answer cannot be written" {
    local option
    for option in --version --help; do
        status=0
        FAKE_FAIL="write stdout ENOSPC" program $option || status=$?
        same "$status" 1
    done
}

wrong_line() {
    status=0
    state "$untrusted" >"$dir/state"
    program "${@:2}" <"$dir/state" >"$dir/stdout" 2>"$dir/stderr" || status=$?
    show
    same "$status" 2
    same "$(cat "$dir/stdout")" ""
    same "$(cat "$dir/stderr")" "sci-hook: cannot use the command line: $1"
    [[ ! -e $FAKE_ROOT/log ]]
}

@test "any other command line is refused" {
    local word
    wrong_line '"p" does not begin with /; write the full path of the profile' --profile p
    for word in x -h --versions --req --mode --mode=audit --profile --profile=/p ""; do
        wrong_line "\"$word\" is not known; see sci-hook --help" "$word"
    done
    wrong_line '"--mode" is not known; see sci-hook --help' --require --mode
    wrong_line '"--help" is not known; see sci-hook --help' --help --version
    wrong_line '"--version" is not known; see sci-hook --help' --require --version
    wrong_line '"x" is not known; see sci-hook --help' x --help
    for word in "" Enforce --require; do
        wrong_line "the mode \"$word\" is not known; see sci-hook --help" --mode "$word"
    done
}

@test "args that begin with an option in place of the program's name are refused" {
    status=0
    state '{"io.sci.untrusted":"false"}' >"$dir/state"
    (exec -a --require "$HOOK_BUILD/test/$build" <"$dir/state" 2>"$dir/stderr") || status=$?
    show
    same "$status" 2
    same "$(cat "$dir/stderr")" \
        "sci-hook: cannot use the command line: \"--require\" is in place of the name; begin the hook's args with the program's name"
}
