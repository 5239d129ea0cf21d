/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of one image, prepared together: one revision that serves them all, and their plans. */
#pragma once

#include "prepare/member.h"

/* Prepares those of one image, and tells of those that are done. Those that wait afterwards begin
 * again: each with is_alone by itself, the others together, because of one that failed. -ESTALE if
 * another revision came between: nothing has been kept, begin again. Any other error is of all that
 * wait. */
int together_prepare(const struct prepare_request *request, struct member *const *members, size_t n,
	prepare_told *told, void *context, struct error *err) MUST_CHECK;
