/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_inbox.h"

#include "store/revisions.h"

#include <errno.h>
#include <stdio.h>

int image_inbox_get(struct store *store, const struct image_record *record,
	struct image_inbox *ret_inbox, struct error *err)
{
	CLEANUP(nic_set_clear) struct nic_set nics = {.ids = NULL};
	struct image_inbox inbox = {.is_known = false};
	int rc = store_image_inbox_nics_get(store, record->name, &nics, err);
	if (rc < 0 && rc != -ENODATA)
		return rc;
	inbox.is_known = rc == 0;
	rc = store_inbox_count(store, record->base.sha256, &inbox.count, err);
	if (rc == 0)
		*ret_inbox = inbox;
	return rc;
}

json_t *image_inbox_json(const struct image_inbox *inbox)
{
	if (!inbox->is_known)
		return json_null();
	return json_pack("{s:I, s:I}", "drivers", (json_int_t)inbox->count.n, "nics",
		(json_int_t)inbox->count.n_nics);
}

void image_inbox_format(const struct image_inbox *inbox, char text[static IMAGE_INBOX_TEXT_BYTES])
{
	if (inbox->is_known)
		(void)snprintf(text, IMAGE_INBOX_TEXT_BYTES, "%zu, of them for network cards: %zu",
			inbox->count.n, inbox->count.n_nics);
	else
		(void)snprintf(text, IMAGE_INBOX_TEXT_BYTES,
			"unknown: it does not say which Windows it is, or an older Pewter took it "
			"in");
}
