/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: violations.
 */
#ifndef _SCI_RUN_VIOLATION_H
#define _SCI_RUN_VIOLATION_H

#include <linux/compiler_attributes.h>

#include "../verify/verdict.h"

struct sci_space;

void sci_violation(struct sci_space *space, unsigned long target, enum sci_verdict verdict);
void sci_found(struct sci_space *space, unsigned long target, enum sci_verdict verdict);
void sci_bad_exit(unsigned long function);
void sci_bad_creds(struct sci_space *space);
void sci_bad_text(struct sci_space *space);
void sci_bad_mm(struct sci_space *space);
void __noreturn sci_rewind_and_die(void);
void __noreturn sci_die(void);

#endif /* _SCI_RUN_VIOLATION_H */
