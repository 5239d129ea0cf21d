/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon: everything opened in its order, run on one loop, and closed again. */
#pragma once

#include "base/error.h"
#include "server/config.h"

/* Serves until SIGTERM or SIGINT. config outlives the call. 0 after a clean stop. */
int serve_run(const char *state, const struct config *config, struct error *err) MUST_CHECK;
