/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmocka needs these in this order in front of its header. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
