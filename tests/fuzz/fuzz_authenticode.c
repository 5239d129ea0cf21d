/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a program is hashed: ranges in order, inside the file, without its signature. */
#include "format/authenticode.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct authenticode program;
	uint64_t at = 0;
	if (authenticode_ranges(data, size, size, &program) < 0)
		return 0;
	assert(program.n_ranges <= 4 && program.padding < 8);
	for (size_t i = 0; i < program.n_ranges; i++) {
		assert(program.ranges[i].at >= at && program.ranges[i].size > 0);
		at = program.ranges[i].at + program.ranges[i].size;
	}
	assert(at <= size);
	return 0;
}
