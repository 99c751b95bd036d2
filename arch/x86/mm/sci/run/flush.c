// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: flushes of kernel mappings.
 */
#include <linux/sci_cgroup.h>

#include "../memory/direct.h"
#include "../views/modules.h"

/**
 * __sci_kernel_flush - kernel mappings have changed, TLBs are about to be flushed
 * @start: first address
 * @end: behind the last one
 *
 * This CPU gets no interrupt.  If it is on a view, that is brought up to date here.
 */
void __sci_kernel_flush(unsigned long start, unsigned long end)
{
	sci_direct_flush(start, end);
	__sci_text_gone(start, end);
	sci_module_flush(start, end);
}
