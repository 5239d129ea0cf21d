/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prepare To Restore: match clients' devices, make the revision that they need, keep the plans.
 *
 * Machines that are prepared for one image together get one revision. Each has its turn, and its
 * plan is made against what the newest revision and those before it brought; whoever changes that
 * makes all have another turn, until every plan needs nothing beyond it. So the revision is what
 * each plan was made against, and every rule holds for each machine as if it were alone.
 */
#pragma once

#include "prepare/request.h"

/* -ENODATA if no devices of the client are known: says how to tell them. -ENOENT for a client that
 * is not there, and for no image (says which there are). -EOPNOTSUPP for an SDI. */
int prepare(const struct prepare_request *request, const struct prepare_client *client,
	struct prepare_result *ret_result, struct error *err) MUST_CHECK;

/* None that fails stops the others. Each client may be there once. */
int prepare_several(const struct prepare_request *request, const struct prepare_client *clients,
	size_t n, prepare_told *told, void *context, struct error *err) MUST_CHECK;
