// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tsc_khz - print how many kHz this machine's time stamp counter has
 *
 * For scripts/run-guest, on the host.  The counter is compared with the clock over a
 * tenth of a second.  Both are read several times at either end, and the reading counts
 * that took the least time: no other program has run in the middle of that.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct reading {
	uint64_t tsc;
	int64_t ns;
};

static struct reading read_both(void)
{
	struct reading best = { 0 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t before = __rdtsc(), after;
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		after = __rdtsc();
		if (after - before >= least)
			continue;
		least = after - before;
		best.tsc = before + least / 2;
		best.ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	}
	return best;
}

int main(void)
{
	const struct timespec tenth = { .tv_nsec = 100000000 };
	struct reading first = read_both(), last;

	nanosleep(&tenth, NULL);
	last = read_both();
	printf("%llu\n", (unsigned long long)((last.tsc - first.tsc) * 1000000. / (last.ns - first.ns)));
	return 0;
}
