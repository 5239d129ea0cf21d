/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which network cards the revisions drive that machines may get: what the boot decision asks, for
 * all of them at once. */
#include "store/revisions.h"

#include "store/internal.h"
#include "store/revision_pack.h"

#include <errno.h>

struct revision_nics *revision_nics_free(struct revision_nics *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nic_set_clear(&list[i].nics);
	free(list);
	return NULL;
}

static int read_row(
	struct store *store, struct sql_query *query, struct revision_nics *row, struct error *err)
{
	size_t n;
	sql_get_text(query, row->image, sizeof(row->image));
	row->revision = (uint32_t)sql_get_u64(query);
	const void *bytes = sql_get_bytes_in_place(query, &n);
	int rc = nics_unpack(bytes, n, &row->nics);
	if (rc == 0 || rc == -ENOMEM)
		return rc == 0 ? 0 : error_set(err, rc, "out of memory");
	return error_set(err, rc,
		"%s: the network cards of revision %s@%u are damaged; put a copy "
		"of the database back, or make the revision anew",
		store->database, row->image, row->revision);
}

int store_revision_nics_list(
	struct store *store, struct revision_nics **ret_list, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT r.image, r.revision, r.nics FROM image_revision r"
		" JOIN image ON name = r.image WHERE r.revision = image.revision OR EXISTS"
		" (SELECT 1 FROM plan WHERE plan.image = r.image AND plan.revision = r.revision)"
		" ORDER BY r.image, r.revision");
	struct revision_nics *list = NULL;
	size_t n = 0;
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		struct revision_nics *grown = sql_grow(list, n, sizeof(*list));
		if (grown == NULL) {
			rc = error_set(err, -ENOMEM, "out of memory");
			break;
		}
		list = grown;
		list[n] = (struct revision_nics){.revision = 0};
		rc = read_row(store, &query, &list[n++], err);
		if (rc < 0)
			break;
	}
	if (rc < 0) {
		revision_nics_free(list, n);
		return rc;
	}
	*ret_list = list;
	*ret_n = n;
	return 0;
}
