/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/check.h"

#include "base/text.h"
#include "image/ground.h"
#include "image/remake.h"
#include "image/revision_view.h"
#include "store/revisions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct images_check {
	struct store *store;
	const struct check_request *request;
	size_t n_revisions;
};

static int tell(const struct images_check *check, const char *image, uint32_t revision,
	const char *why, const char *remedy, bool is_repaired, struct error *err)
{
	struct check_finding finding = {.kind = CHECK_REVISION, .is_repaired = is_repaired};
	(void)snprintf(finding.subject, sizeof(finding.subject), "%s@%u", image, revision);
	(void)snprintf(finding.what, sizeof(finding.what), "%s@%u cannot be served: %.380s", image,
		revision, why);
	(void)text_copy(finding.remedy, sizeof(finding.remedy), remedy);
	int rc = check->request->sink(check->request->context, &finding);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : rc;
}

/* Without its layer a revision is still known by what it holds. The newest one gets a successor
 * that holds the same; an older one is not needed, unless it is the one that somebody is to boot.
 */
static int mend(const struct images_check *check, const struct image_record *image,
	const struct revision_record *broken, const char *why, struct error *err)
{
	char remedy[ERROR_TEXT_BYTES + 64];
	struct error reason = ERROR_NULL;
	uint32_t successor = 0;
	int rc = -ECANCELED;
	if (check->request->repair && broken->revision == image->revision)
		rc = image_remake_revision(
			check->store, image, broken, check->request->now_ms, &successor, &reason);
	else if (check->request->repair)
		rc = store_revision_remove(check->store, image->name, broken->revision, &reason);
	if (rc == 0 && successor != 0)
		(void)snprintf(remedy, sizeof(remedy), "%s@%u holds the same and takes its place",
			image->name, successor);
	else if (rc == 0)
		(void)text_copy(remedy, sizeof(remedy), "removed: nobody is to boot it");
	else if (rc == -ECANCELED)
		(void)text_copy(remedy, sizeof(remedy),
			"`pewter check --repair` makes one that holds the same, if its base and "
			"drivers are whole");
	else
		(void)snprintf(remedy, sizeof(remedy), "it cannot be mended: %s", reason.text);
	return tell(check, image->name, broken->revision, why, remedy, rc == 0, err);
}

static int check_revision(struct images_check *check, const struct image_record *image,
	uint32_t revision, struct error *err)
{
	CLEANUP(revision_record_clear) struct revision_record record = {.blobs = NULL};
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct error why = ERROR_NULL;
	int rc = store_revision_get(check->store, image->name, revision, &record, err);
	if (rc == -ENOENT) /* removed meanwhile */
		return 0;
	if (rc < 0)
		return rc;
	check->n_revisions++;
	rc = revision_view_open(check->store, &record, &view, &why);
	if (rc == 0 && !image->is_sdi)
		rc = ground_read(view, &why);
	if (rc == 0)
		return 0;
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	/* What its base lacks has been told, with what mends it. */
	if (record.layer.size == 0)
		return 0;
	return mend(check, image, &record, why.text, err);
}

static int check_image(
	struct images_check *check, const struct image_record *image, struct error *err)
{
	struct revision_record *revisions;
	size_t n;
	int rc = store_revision_list(check->store, image->name, &revisions, &n, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check_revision(check, image, revisions[i].revision, err);
	(void)revision_records_free(revisions, n);
	return rc;
}

int image_check(
	struct store *store, const struct check_request *request, size_t *ret_n, struct error *err)
{
	struct images_check check = {.store = store, .request = request};
	struct image_record *images;
	size_t n;
	int rc = store_image_list(store, &images, &n, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check_image(&check, &images[i], err);
	(void)image_records_free(images, n);
	if (rc == 0)
		*ret_n = check.n_revisions;
	return rc;
}
