/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the direct maps without user memory.
 */
#ifndef _SCI_MEMORY_DIRECT_H
#define _SCI_MEMORY_DIRECT_H

#include <linux/sci_cgroup.h>

/**
 * enum sci_direct_map - the direct maps
 * @SCI_DIRECT_RO: page tables are read-only
 * @SCI_DIRECT_RW: page tables can be written
 * @NR_SCI_DIRECT_MAPS: their number
 */
enum sci_direct_map {
	SCI_DIRECT_RO,
	SCI_DIRECT_RW,
	NR_SCI_DIRECT_MAPS,
};

static inline enum sci_direct_map sci_direct_map_for(bool writes_tables)
{
	return writes_tables ? SCI_DIRECT_RW : SCI_DIRECT_RO;
}

/* Does vmalloc space, where stacks are, share a top-level entry with the direct map? */
extern bool sci_direct_shared;

bool sci_direct_init(void);
int sci_direct_build(void);
void sci_direct_enter(unsigned long *pgd, enum sci_direct_map map);
bool sci_direct_change(unsigned long pfn, unsigned long end, enum sci_kind kind);
bool sci_direct_has(unsigned int i);
bool sci_direct_maps(enum sci_direct_map map, unsigned long address, bool write);
bool sci_direct_is_table(unsigned long address);
bool sci_direct_hides(unsigned long address);
void sci_direct_flush(unsigned long start, unsigned long end);

#endif /* _SCI_MEMORY_DIRECT_H */
