/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: functions whose address is taken.
 */
#ifndef _SCI_VERIFY_TAKEN_H
#define _SCI_VERIFY_TAKEN_H

#include <linux/types.h>

int sci_taken_init(void);
bool sci_address_taken(unsigned long function);

#endif /* _SCI_VERIFY_TAKEN_H */
