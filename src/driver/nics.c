/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/nics.h"

#include "base/limits.h"
#include "base/text.h"
#include "device/pci.h"

#include <errno.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct nic_id *x = a, *y = b;
	uint32_t left = (uint32_t)x->vendor << 16 | x->device;
	uint32_t right = (uint32_t)y->vendor << 16 | y->device;
	return (left > right) - (left < right);
}

/* Sorts, each once; returns how many are left. */
static size_t compact(struct nic_id *ids, size_t n_ids)
{
	size_t n = 0;
	if (n_ids > 0)
		qsort(ids, n_ids, sizeof(*ids), compare);
	for (size_t i = 0; i < n_ids; i++) {
		if (n > 0 && compare(&ids[n - 1], &ids[i]) == 0)
			ids[n - 1].any_board |= ids[i].any_board;
		else
			ids[n++] = ids[i];
	}
	return n;
}

/*
 * Cards in several tiers (driver/tiers.h) are named by a bus driver of class System. Whether its
 * second half is there too only a plan can tell, so such a card is driven perhaps. What merely
 * gives a part of the chipset its name has no service.
 */
static bool is_bus_driver(const struct driver_package *package)
{
	return text_equal_nocase(package->class, "System");
}

static bool is_installed(
	const struct driver_package *package, const char *name, const struct target *target)
{
	for (size_t i = 0; i < package->n_installs; i++) {
		const struct driver_install *install = &package->installs[i];
		if (strcmp(install->arch, target->arch) == 0 &&
			text_equal_nocase(install->name, name))
			return install->section != NULL && install->n_missing == 0 &&
			       (!is_bus_driver(package) || install->service != NULL);
	}
	return false;
}

/* Ids with a class code are no card's: one driver for all cards is the Windows' own business. */
static void add_model(struct nic_set *set, const struct driver_model *model, bool is_bus)
{
	for (size_t i = 0; i < model->n_ids; i++) {
		struct pci_function function;
		if (pci_parse_id(model->ids[i], &function) && !function.has_class)
			set->ids[set->n++] = (struct nic_id){.vendor = function.vendor,
				.device = function.device,
				.any_board = !function.has_subsystem && !is_bus};
	}
}

/* What the package names, with room for all of it. */
static int gather(
	const struct driver_package *package, const struct target *target, struct nic_set *ret_set)
{
	size_t n = 1;
	for (size_t i = 0; i < package->n_models; i++)
		n += package->models[i].n_ids;
	CLEANUP(memory_freep) bool *taken = target_sections(package, target);
	struct nic_set set = {.ids = calloc(n, sizeof(*set.ids))};
	if (taken == NULL || set.ids == NULL) {
		nic_set_clear(&set);
		return -ENOMEM;
	}
	const char *install = NULL;
	bool is_good = false;
	for (size_t i = 0; i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		if (!taken[model->section])
			continue;
		/* Neighbours often name the same one. */
		if (install == NULL || strcmp(install, model->install) != 0)
			is_good = is_installed(package, model->install, target);
		install = model->install;
		if (is_good)
			add_model(&set, model, is_bus_driver(package));
	}
	/* The same id stands in section after section. */
	set.n = compact(set.ids, set.n);
	*ret_set = set;
	return 0;
}

/* Both are in order, and so is what becomes of them: hundreds of packages cost no sorting of all.
 */
static int merge(struct nic_set *set, const struct nic_set *more)
{
	struct nic_id *ids = calloc(set->n + more->n + 1, sizeof(*ids));
	size_t n = 0, i = 0, k = 0;
	if (ids == NULL)
		return -ENOMEM;
	while (i < set->n || k < more->n) {
		int order = i == set->n    ? 1
			    : k == more->n ? -1
					   : compare(&set->ids[i], &more->ids[k]);
		ids[n] = order <= 0 ? set->ids[i] : more->ids[k];
		if (order == 0)
			ids[n].any_board |= more->ids[k].any_board;
		i += order <= 0;
		k += order >= 0;
		n++;
	}
	free(set->ids);
	set->ids = ids;
	set->n = n;
	return 0;
}

int nics_add_package(struct nic_set *set, const struct driver_package *package,
	const struct target *target, struct error *err)
{
	CLEANUP(nic_set_clear) struct nic_set more = {.ids = NULL};
	if (!text_equal_nocase(package->class, "Net") && !is_bus_driver(package))
		return 0;
	int rc = gather(package, target, &more);
	if (rc == 0 && more.n > 0)
		rc = merge(set, &more);
	return rc < 0 ? error_set(err, rc, "no memory for the ids of network cards") : 0;
}

void nics_finish(struct nic_set *set)
{
	set->n = compact(set->ids, set->n);
	struct nic_id *fitted =
		set->n == 0 ? NULL : reallocarray(set->ids, set->n, sizeof(*fitted));
	if (fitted != NULL)
		set->ids = fitted;
}

const struct nic_id *nics_find(const struct nic_set *set, uint16_t vendor, uint16_t device)
{
	const struct nic_id wanted = {.vendor = vendor, .device = device};
	return set->n == 0 ? NULL : bsearch(&wanted, set->ids, set->n, sizeof(*set->ids), compare);
}
