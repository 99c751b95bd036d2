/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: constants of icall_check.S and icall.c.
 */
#ifndef _SCI_VERIFY_ICALL_CHECK_H
#define _SCI_VERIFY_ICALL_CHECK_H

/*
 * The table of known calls is a hash table of their keys.  The key is the return
 * address, shifted left by 32, exclusive-or the target: kernel text is in the last
 * 2 GiB, so two calls do not share one.  Its place is made of the topmost bits of
 * its product with the prime; a key whose place is taken follows behind.  An empty
 * place ends the search, and there is always one.
 */
#define SCI_ICALL_BITS	15
#define SCI_ICALL_PRIME	0x61c88647
#define SCI_ICALL_PROBES	16
#define SCI_ICALL_PLACES	((1 << SCI_ICALL_BITS) + SCI_ICALL_PROBES)

/* Distance from one register's check to the next one's. */
#define SCI_ICALL_CHECK_SIZE	128

#endif /* _SCI_VERIFY_ICALL_CHECK_H */
