/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scope-bound release of resources: CLEANUP(x_freep) struct x *x = NULL; ... return TAKE(x); */
#pragma once

#include <stdlib.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Moves a pointer out of a variable that CLEANUP watches. */
#define TAKE(pointer)                                                                              \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

/* Every function that can fail returns int (0, or a negative errno) and is marked so that no caller
 * forgets. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Defines x_freep() for CLEANUP from x_free(). */
#define DEFINE_FREEP(type, name)                                                                   \
	static inline void name##p(type **pointer)                                                 \
	{                                                                                          \
		name(*pointer);                                                                    \
	}                                                                                          \
	struct swallow_semicolon

static inline void memory_freep(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}
