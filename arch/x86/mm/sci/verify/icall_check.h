/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: constants of icall_check.S and icall.c.
 */
#ifndef _SCI_VERIFY_ICALL_CHECK_H
#define _SCI_VERIFY_ICALL_CHECK_H

/*
 * The table of known indirect calls is a hash table of their keys.  A key is the return
 * address, shifted left by 32, exclusive-or the target.  No two indirect calls share a
 * key, because kernel text is in the last 2 GiB.  The topmost bits of a key's product with
 * the prime give its place.  If that is taken, the key is in one of the next places.  An
 * empty place ends the search, and there is always one: the last ones are never used.
 */
#define SCI_ICALL_BITS	15
#define SCI_ICALL_PRIME	0x61c88647
#define SCI_ICALL_PROBES	16
#define SCI_ICALL_PLACES	((1 << SCI_ICALL_BITS) + SCI_ICALL_PROBES)

/* The distance from one register's check to the next one's. */
#define SCI_ICALL_CHECK_SIZE	128

#endif /* _SCI_VERIFY_ICALL_CHECK_H */
