/* SPDX-License-Identifier: GPL-2.0-or-later */
/* +sci down to the cgroup, then mode, profile and sci.enabled, then the proof. */
#ifndef SCI_HOOK_ISOLATE_H
#define SCI_HOOK_ISOLATE_H

#include "message.h"
#include "state.h"

/* Isolates an untrusted container and its pod's sandbox; with --dry-run prints how. */
int isolate(const struct options *options, const struct state *state, struct error *err);

#endif
