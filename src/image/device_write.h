/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view written over a block device: a stick in the drive. */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "base/view.h"

#include <stdbool.h>

bool is_block_device(const char *path);
/* -EPERM unless force: all that is on it goes. -EBUSY if it or a part of it is mounted or otherwise
 * in use, -ENOSPC if it is too small. What a failure leaves on it is of no use. */
int device_write(const struct view *view, const char *path, bool force,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
