/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libudfread, and libxml2 below wimlib, print what displeases them in a file to stderr, with no
 * way to ask them not to. Between quiet_begin() and quiet_end() that goes nowhere: what is wrong
 * with a file is said once, by us. For programs with one thread.
 */
#pragma once

#include <stdio.h>

/* What stderr was. */
FILE *quiet_begin(void);
void quiet_end(FILE *before);
