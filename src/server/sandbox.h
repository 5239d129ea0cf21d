/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the daemon gives up once its ports are open: root, new rights of any kind, and every system
 * call that it has no use for. It never needs to start a program.
 */
#pragma once

#include "base/error.h"

/* What the two below need is loaded here, before anything is opened: a server that could not give
 * up its rights later is not to start. */
int sandbox_load_libraries(struct error *err) MUST_CHECK;
/* As root: gives the state directory to the user, so that the daemon can write there later. Folders
 * get the set-group-id bit: what root imports afterwards stays readable for the daemon. */
int sandbox_give_state(const char *directory, const char *user, struct error *err) MUST_CHECK;
/* Becomes the user; with none named, the owner of the state directory. If that is root, too, gives
 * up root's capabilities. These belong to threads: call it before there is a second one. Does
 * nothing if we are not root. */
int sandbox_become(const char *user, const char *directory, struct error *err) MUST_CHECK;
/* Allows only the system calls on our list, in all threads; others fail with EPERM, or kill the
 * process if $PEWTER_SECCOMP is "kill" (tests). Left out in builds with a sanitizer, which makes
 * calls of its own. */
int sandbox_filter_calls(struct error *err) MUST_CHECK;
