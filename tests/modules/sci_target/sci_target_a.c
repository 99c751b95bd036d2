// SPDX-License-Identifier: GPL-2.0-only
#define VARIANT 'a'
#include "target.h"
