// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: flushes of kernel mappings.
 */
#include <linux/sci_cgroup.h>

#include "../memory/direct.h"
#include "../views/modules.h"

/**
 * __sci_kernel_flush - see sci_kernel_flush()
 * @start: the first address
 * @end: the address behind the last one
 *
 * This CPU gets no interrupt from the flush.  If it is on a view, these functions pause it,
 * and the end of the pause brings it up to date.
 */
void __sci_kernel_flush(unsigned long start, unsigned long end)
{
	sci_direct_flush(start, end);
	__sci_text_gone(start, end);
	sci_module_flush(start, end);
}
