/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way into Windows PE: which loader the machine gets, and how the offer names it. */
#pragma once

#include "boot/thought.h"

/* Sets loader, path and offer of the decision, whose image is decided. False after a reason that
 * says what is missing. */
bool decide_way(struct thought *t);
