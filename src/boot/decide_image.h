/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which image the machine gets, and which revision of it. */
#pragma once

#include "boot/thought.h"

/* The image chosen for the machine, else the default one, else the only one that its firmware can
 * start. NULL after a reason that says why there is none. */
const struct boot_image *decide_image(struct thought *t);
/* Sets the decision's revision, whose image is decided: that of the machine's plan, else the
 * newest: a machine that is to be restored is better off with that than with none. */
void decide_revision(struct thought *t);
