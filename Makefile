# SPDX-License-Identifier: GPL-2.0-or-later
#
# make demo     a container with and without isolation, and an attack on each
# make check    all tests
# make help     the other targets
#
# Everything is built below build/, and only what is missing or out of date.

VARIANT ?= lean
BUILD := $(CURDIR)/build
RUN := scripts/run-guest

.PHONY: help deps kernel guest shell programs modules hook deb demo check check-bochs audit runtime-suites crio bench attack-table \
	series series-check check-off checkpatch sparse w1 lint clean
.NOTPARALLEL:

help:
	@echo "make deps        install the Debian packages needed (done by the others, too)"
	@echo "make kernel      build/kernel: the guest kernel with SCI"
	@echo "                 VARIANT=debug (lockdep and more) or VARIANT=vanilla (without SCI)"
	@echo "make guest       build/guest/guest.img: the guest's disk"
	@echo "make shell       a guest with a shell; GUEST='--append sci=off' for options"
	@echo "make hook        build/hook/sci-hook: the OCI hook"
	@echo "make deb         build/deb: the hook and sci-install as a Debian package"
	@echo "make programs    build/programs: the test programs"
	@echo "make modules     build/modules: the test modules; with VARIANT=debug the debug kernel's"
	@echo "make demo        a container with and without isolation, and an attack on each"
	@echo "make check       all tests; TESTS='tests/bats/DIR/FILE.bats ...' for some"
	@echo "make check-bochs isolation on an emulated CPU with PCID; CASES='pti ...' for some"
	@echo "make audit       a long run in audit mode; ITEMS='stress:vm self:x86' for some"
	@echo "make runtime-suites RUNC=DIR CRUN=DIR  the suites of these checkouts, isolated and not"
	@echo "make crio CRIO=DIR  pods with CRI-O, built from this checkout"
	@echo "make bench       costs, into bench/results.json"
	@echo "make attack-table  docs/threat-model.md's table, of the last check's results"
	@echo "make series      build/series: the kernel part as patches for git am"
	@echo "make series-check  applies and builds them one by one; SERIES_CHECK=--full for all of each"
	@echo "make check-off   the kernel without SCI is the same code as Debian's"
	@echo "make checkpatch  the kernel's checkpatch --strict on kernel files and patches"
	@echo "make sparse, w1  the kernel files under sparse, and with W=1 and kernel-doc"
	@echo "make lint        shellcheck on all scripts, layers of the kernel files"
	@echo "make clean       remove build/"

# Installed packages are looked for once, and again when the list changes.
$(BUILD)/.deps: scripts/deps.sh
	@scripts/deps.sh
	@mkdir -p $(@D) && touch $@

deps: $(BUILD)/.deps

kernel: $(BUILD)/.deps
	@scripts/kernel.sh $(VARIANT)

guest: $(BUILD)/.deps
	@scripts/guest-image.sh

shell: kernel guest
	@$(RUN) --kernel $(VARIANT) $(GUEST) --shell

programs: $(BUILD)/.deps
	@$(MAKE) --no-print-directory -C tests/programs BUILD=$(BUILD)/programs

# Out of tree, against the kernel that was built before. The debug kernel's guest has its own
# in the place of the others.
DEBUG := $(if $(filter debug,$(VARIANT)),debug-)
modules: kernel
	@mkdir -p $(BUILD)/$(DEBUG)modules
	@set -e; for dir in tests/modules/*/; do \
		name=$$(basename $$dir); out=$(BUILD)/$(DEBUG)modules; \
		$(MAKE) --no-print-directory -C $$dir KDIR=$(BUILD)/$(DEBUG)kernel MO=$$out/$$name; \
		cp -u $$out/$$name/*.ko $$out/; \
	done

hook: $(BUILD)/.deps
	@$(MAKE) --no-print-directory -C oci-hook BUILD=$(BUILD)/hook

deb: $(BUILD)/.deps
	@packaging/deb

demo: kernel guest modules programs hook
	@demo/run

check: $(BUILD)/.deps
	@scripts/check $(TESTS)

# Not part of 'make check': it needs packages of its own.
check-bochs: kernel modules programs
	@scripts/deps.sh bochs
	@tests/bochs/run $(CASES)

# Not part of 'make check': it needs packages of its own, and an hour.
audit: kernel guest
	@scripts/deps.sh audit
	@tests/audit/run $(ITEMS)

# Not part of 'make check': it needs checkouts of runc and crun.
runtime-suites: kernel guest
	@tests/suites/run $(if $(RUNC),--runc $(RUNC)) $(if $(CRUN),--crun $(CRUN)) $(TESTS)

# Not part of 'make check': it needs a checkout of CRI-O, and half an hour.
crio: kernel guest programs hook modules
	@scripts/deps.sh crio
	@tests/cri/run $(CRIO)

bench: guest programs hook
	@scripts/kernel.sh lean
	@scripts/kernel.sh vanilla
	@bench/run

attack-table:
	@scripts/attack-table

series:
	@scripts/series

# Not part of 'make check': they build whole kernels, without SCI among others.
series-check: $(BUILD)/.deps
	@scripts/series-check $(SERIES_CHECK)

check-off: $(BUILD)/.deps
	@scripts/check-off

checkpatch sparse w1: $(BUILD)/.deps
	@scripts/kernel-lint $@

lint: $(BUILD)/.deps
	@scripts/lint

clean:
	rm -rf $(BUILD)
