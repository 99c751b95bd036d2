# SPDX-License-Identifier: GPL-2.0-only
# Builds the modules of the directory whose Makefile includes this, out of tree:
#   make KDIR=<kernel build directory> MO=<directory for the objects>
HERE := $(abspath $(dir $(firstword $(MAKEFILE_LIST))))
TOP  := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
KDIR ?= $(TOP)/build/kernel
MO   ?= $(TOP)/build/modules/$(notdir $(HERE))

# kbuild of 6.12 leaves the objects beside the sources, and the sources are
# not to be written to: build from a copy.
SOURCES := Kbuild $(notdir $(wildcard $(HERE)/*.[chS]))
COPIES  := $(addprefix $(MO)/,$(SOURCES))

# Always: only kbuild knows which of the kernel's headers have changed.
all: $(COPIES)
	$(MAKE) -C $(KDIR) M=$(MO) modules

$(MO)/%: $(HERE)/%
	@mkdir -p $(@D)
	@cp $< $@

clean:
	rm -rf $(MO)

.PHONY: all clean
