/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the policies of cgroups.  <linux/sci_controller.h> has the
 * functions for the controller.
 */
#ifndef _SCI_TASKS_POLICY_H
#define _SCI_TASKS_POLICY_H

int sci_policy_init(void);

#endif /* _SCI_TASKS_POLICY_H */
