// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: state that all layers share.
 */
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/sci_cgroup.h>

bool sci_available __ro_after_init;

/* Exported for the inline functions of <linux/sci_page.h>, such as sci_kmap(). */
struct static_key_false sci_key = STATIC_KEY_FALSE_INIT;
EXPORT_SYMBOL(sci_key);
DEFINE_PER_CPU(u8, sci_on_view);
EXPORT_PER_CPU_SYMBOL(sci_on_view);
