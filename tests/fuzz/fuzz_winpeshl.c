/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A winpeshl.ini that somebody's image has. What is made of it must be read as ours. */
#include "image/startup.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_with_max(1U << 20);
	const struct startup_base base = {.winpeshl = data, .n_winpeshl = size};
	(void)startup_is_ours(data, size);
	if (startup_write_winpeshl(&base, &out) == 0)
		assert(startup_is_ours(out.bytes, out.size));
	buffer_free(&out);
	return 0;
}
