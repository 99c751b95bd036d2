# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Loaded by every suite in a guest: brings assertions, cgroups and processes.

programs=/sci/build/programs
modules=/sci/build/modules

# shellcheck source=tests/bats/lib/assert.bash
source "${BASH_SOURCE[0]%/*}/assert.bash"
# shellcheck source=tests/bats/lib/cgroup.bash
source "${BASH_SOURCE[0]%/*}/cgroup.bash"
# shellcheck source=tests/bats/lib/process.bash
source "${BASH_SOURCE[0]%/*}/process.bash"

# load_module NAME: of tests/modules, unless it is loaded. The suites leave those loaded that
# isolated tasks may have been killed in: such a task's file stays open, and removing the
# module would wait for it.
load_module() {
	[[ -e /sys/module/$1 ]] || insmod "$modules/$1.ko"
}
