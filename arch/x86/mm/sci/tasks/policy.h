/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the policies of cgroups.  The controller uses the rest of
 * it, see <linux/sci_controller.h>.
 */
#ifndef _SCI_TASKS_POLICY_H
#define _SCI_TASKS_POLICY_H

int sci_policy_init(void);

#endif /* _SCI_TASKS_POLICY_H */
