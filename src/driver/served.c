/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/served.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t sort(const char **ids, size_t n)
{
	size_t n_unique = 0;
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(ids[n_unique - 1], ids[i]) != 0)
			ids[n_unique++] = ids[i];
	return n_unique;
}

int served_ids(const struct driver_package *package, const struct target *target,
	const char ***ret_ids, size_t *ret_n)
{
	CLEANUP(memory_freep) bool *taken = NULL;
	size_t n = 0;
	if (target != NULL) {
		taken = target_sections(package, target);
		if (taken == NULL)
			return -ENOMEM;
	}
	for (size_t i = 0; i < package->n_models; i++)
		n += package->models[i].n_ids;
	const char **ids = calloc(n + 1, sizeof(*ids));
	if (ids == NULL)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		if (taken != NULL && !taken[model->section])
			continue;
		for (size_t k = 0; k < model->n_ids; k++)
			if (model->ids[k][0] != 0)
				ids[n++] = model->ids[k];
	}
	*ret_n = sort(ids, n);
	*ret_ids = ids;
	return 0;
}

bool served_is_subset(const char *const *ids, size_t n, const char *const *others, size_t n_others)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		while (at < n_others && strcmp(others[at], ids[i]) < 0)
			at++;
		if (at == n_others || strcmp(others[at], ids[i]) != 0)
			return false;
	}
	return true;
}
