/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/plan_kin.h"

#include "driver/family.h"
#include "driver/rank.h"

#include <string.h>

bool plan_is_newer(const struct driver_package *a, const struct driver_package *b)
{
	return driver_version_compare(a->date, a->version, b->date, b->version) > 0;
}

int plan_kinship_of(const struct plan_input *input, const struct driver_package *a,
	const struct driver_package *b, struct plan_kinship *ret_kinship)
{
	const char *const *ids_a, *const *ids_b;
	size_t n_a, n_b, n_common = 0;
	*ret_kinship = (struct plan_kinship){.is_family = false};
	if (!family_same_name(a, b))
		return 0;
	int rc = input->ids_of(input->context, a, &ids_a, &n_a);
	if (rc == 0)
		rc = input->ids_of(input->context, b, &ids_b, &n_b);
	if (rc < 0)
		return rc;
	for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
		int order = strcmp(ids_a[i], ids_b[k]);
		n_common += order == 0;
		i += order <= 0;
		k += order >= 0;
	}
	/* As family.c has it: what names nothing at all is told by its names alone. */
	ret_kinship->is_family = n_common > 0 || (n_a == 0 && n_b == 0);
	ret_kinship->names_all_of = n_common == n_b;
	return 0;
}
