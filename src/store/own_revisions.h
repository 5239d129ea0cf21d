/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Revisions that were made for one client alone (revision_record.is_own) go with the plan that
 * names them: when the client gets another plan, and when it is removed. One that a boot under way
 * was told to load stays; so does, for a day, one that no plan names yet. What stayed goes when one
 * of these functions is called later. Their files are removed by store_blob_sweep(); who reads one
 * reads it to its end.
 */
#pragma once

#include "store/plans.h"

struct revision_name {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
};

/* As store_plan_put(). *ret_gone: what went; free() releases it. */
int store_plan_replace(struct store *store, const struct plan_record *plan,
	struct revision_name **ret_gone, size_t *ret_n_gone, struct error *err) MUST_CHECK;
/* Of what its client boots until now, what would go; nothing is changed. The plan's revision need
 * not be there yet. */
int store_plan_would_free(struct store *store, const struct plan_record *plan,
	struct revision_name **ret_names, size_t *ret_n, struct error *err) MUST_CHECK;
/* As store_client_remove(). */
int store_client_forget(struct store *store, int64_t client, struct revision_name **ret_gone,
	size_t *ret_n_gone, struct error *err) MUST_CHECK;
