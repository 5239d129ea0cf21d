/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long work tells whoever waits for it how far it is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct progress_sink {
	/* what: "copying", "converting"; total: 0 while not known. Called often; whoever shows it
	 * picks the moments. */
	void (*report)(void *context, const char *what, uint64_t done, uint64_t total);
	void *context;
};

/* progress may be NULL: nobody waits. */
static inline void progress_tell(
	const struct progress_sink *progress, const char *what, uint64_t done, uint64_t total)
{
	if (progress != NULL)
		progress->report(progress->context, what, done, total);
}
