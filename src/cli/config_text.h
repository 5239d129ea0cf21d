/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of config keys as text: for the man page, and as a file to begin with. */
#pragma once

#include "base/cleanup.h"

#include <stdio.h>

/* Both: -EIO if out cannot be written. */
int config_print_scdoc(FILE *out) MUST_CHECK;
/* A config file in which every key is commented out and stands at its default. */
int config_print_example(FILE *out) MUST_CHECK;
