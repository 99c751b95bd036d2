/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: profiles.
 */
#ifndef _SCI_VIEWS_PROFILE_H
#define _SCI_VIEWS_PROFILE_H

#include <linux/types.h>

struct sci_profile;

bool sci_profile_has_syscall(const struct sci_profile *profile, unsigned int nr);
bool sci_profile_has_text(struct sci_profile *profile, unsigned long address);

#endif /* _SCI_VIEWS_PROFILE_H */
