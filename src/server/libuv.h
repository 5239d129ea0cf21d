/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libuv is loaded when the first loop is made (libuv.c); who wants to hear why it cannot be, asks
 * first. */
#pragma once

#include "adapter/library.h"

int loop_load_library(struct error *err) MUST_CHECK;
