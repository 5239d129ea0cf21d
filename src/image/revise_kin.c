/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/revise_kin.h"

#include "base/text.h"
#include "driver/served.h"

#include <errno.h>
#include <string.h>

static bool is_family(const struct revision_package *held, const struct driver_package *package)
{
	return text_equal_nocase(held->inf, package->inf) &&
	       text_equal_nocase(held->provider, package->provider);
}

static bool is_newer(const struct driver_package *a, const struct revision_package *b)
{
	if (a->date != b->date)
		return a->date > b->date;
	return a->version > b->version;
}

struct id_list {
	const char **ids; /* owned */
	size_t n;
};

static void id_list_clear(struct id_list *list)
{
	free(list->ids);
}

static int compare(const struct driver_package *held, const struct driver_package *package,
	bool is_newer, const struct target *target, enum kinship *ret_kinship)
{
	CLEANUP(id_list_clear) struct id_list old = {.n = 0};
	CLEANUP(id_list_clear) struct id_list new = {.n = 0};
	int rc = served_ids(held, target, &old.ids, &old.n);
	if (rc == 0)
		rc = served_ids(package, target, &new.ids, &new.n);
	if (rc < 0)
		return rc;
	*ret_kinship = KIN_NONE;
	/* What drives nothing here takes nobody's place. */
	if (is_newer && new.n > 0 && !package->is_incomplete &&
		served_is_subset(old.ids, old.n, new.ids, new.n))
		*ret_kinship = KIN_OLDER;
	if (!is_newer && !held->is_incomplete && served_is_subset(new.ids, new.n, old.ids, old.n))
		*ret_kinship = KIN_NEWER;
	return 0;
}

int revise_kinship(struct store *store, const struct target *target,
	const struct revision_package *held, const struct driver_package *package,
	enum kinship *ret_kinship, struct error *err)
{
	CLEANUP(driver_package_clear) struct driver_package record = {.row = 0};
	struct error unheard;
	*ret_kinship = KIN_NONE;
	if (!is_family(held, package))
		return 0;
	int rc = store_driver_get(store, held->id, &record, &unheard);
	/* What the database has forgotten is in nobody's way. */
	if (rc < 0)
		return rc == -ENOENT ? 0 : error_set(err, rc, "%s", unheard.text);
	rc = compare(&record, package, is_newer(package, held), target, ret_kinship);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}
