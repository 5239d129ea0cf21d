/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the service manager how we are, as sd_notify(3) does. */
#pragma once

/* "READY=1", "STOPPING=1", "RELOADING=1". Does nothing where nobody listens. */
void notify_manager(const char *state);
