// SPDX-License-Identifier: GPL-2.0-only
#define VARIANT 'b'
#include "target.h"
