/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPS_H
#define CAPS_H

#include "check.h"
#include <linux/capability.h>

/* Root without CAP_SYS_ADMIN, until the next exec. */
static inline void drop_sys_admin(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	unsigned int bit = 1U << CAP_SYS_ADMIN;

	CHECK(!syscall(SYS_capget, &head, data));
	data[0].effective &= ~bit;
	data[0].permitted &= ~bit;
	data[0].inheritable &= ~bit;
	CHECK(!syscall(SYS_capset, &head, data));
}

#endif /* CAPS_H */
