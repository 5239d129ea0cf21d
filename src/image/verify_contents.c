/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/verify_room.h"

#include "base/limits.h"
#include "base/name_table.h"
#include "base/text.h"
#include "image/manifest.h"
#include "image/own_paths.h"
#include "image/startup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t no_sha1[WIM_SHA1_BYTES];

/* ---- files ---- */

static void expect_file(
	struct verifying *verifying, const char *path, const uint8_t *sha1, const char *whose)
{
	struct wim_node node;
	struct error why = ERROR_NULL;
	if (wim_tree_find(verifying->tree, path, &node, &why) < 0)
		verify_fault(verifying->result, "\\%s of %s is not in the WIM", path, whose);
	else if (memcmp(node.sha1, sha1, WIM_SHA1_BYTES) != 0)
		verify_fault(verifying->result, "\\%s is not what %s has there", path, whose);
}

/* How many files are below a folder; 0 if there is none. */
struct counting {
	struct buffer folders; /* paths still to be looked at, each with its NUL */
	const char *folder;
	size_t n_files;
};

static int count_entry(void *context, const struct wim_node *node)
{
	struct counting *counting = context;
	if ((node->attributes & WIM_ATTRIBUTE_DIRECTORY) == 0) {
		counting->n_files++;
		return 0;
	}
	int rc = buffer_printf(&counting->folders, "%s/%s", counting->folder, node->name);
	return rc < 0 ? rc : buffer_add(&counting->folders, "", 1);
}

static int count_files(
	const struct verifying *verifying, const char *folder, size_t *ret_n, struct error *err)
{
	struct counting counting = {.folders = buffer_with_max(LIMIT_FOLDER_NAMES_BYTES)};
	int rc = buffer_add(&counting.folders, folder, strlen(folder) + 1);
	for (size_t at = 0; rc == 0 && at < counting.folders.size;) {
		char path[LIMIT_PATH_BYTES * 4];
		struct error unheard;
		bool fits =
			text_copy(path, sizeof(path), (const char *)counting.folders.bytes + at);
		at += strlen((const char *)counting.folders.bytes + at) + 1;
		if (!fits)
			continue; /* its files are missed, and told so */
		counting.folder = path;
		rc = wim_tree_list(verifying->tree, path, count_entry, &counting, &unheard);
		if (rc == -ENOENT)
			rc = 0;
	}
	buffer_free(&counting.folders);
	*ret_n = counting.n_files;
	return rc < 0 ? error_set(err, rc, "\\%s: %s", folder, strerror(-rc)) : 0;
}

/* ---- packages ---- */

static int check_package(
	struct verifying *verifying, const struct revision_package *package, struct error *err)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	char folder[64], whose[256];
	struct error why = ERROR_NULL;
	size_t n_files;
	(void)snprintf(whose, sizeof(whose), "package %s (%.12s)", package->inf, package->id);
	int rc = store_part_by_id(verifying->store, package->part, &part, &why);
	if (rc == -ENOMEM)
		return error_set(err, rc, "%s", why.text);
	if (rc < 0) {
		verify_fault(verifying->result, "%s: %s", whose, why.text);
		return 0;
	}
	(void)snprintf(folder, sizeof(folder), OWN_DRIVERS "/%u", package->number);
	for (size_t i = 0; i < part.n_files; i++) {
		char path[LIMIT_PATH_BYTES * 4];
		(void)snprintf(path, sizeof(path), "%s/%s", folder, part.files[i].path);
		expect_file(verifying, path, part.files[i].sha1, whose);
	}
	rc = count_files(verifying, folder, &n_files, err);
	if (rc == 0 && n_files > part.n_files)
		verify_fault(verifying->result, "\\%s has %zu files that %s has not", folder,
			n_files - part.n_files, whose);
	return rc;
}

/* Of two that put a file there the later one counts; winpeshl.ini is Pewter's once there are
 * drivers. */
static int check_users_files(struct verifying *verifying, struct error *err)
{
	const struct revision_record *revision = verifying->revision;
	struct name_table seen = name_table_empty();
	int rc = 0;
	for (size_t i = revision->n_files; rc == 0 && i-- > 0;) {
		CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
		struct error why = ERROR_NULL;
		if (store_part_by_id(verifying->store, revision->files[i].part, &part, &why) < 0)
			verify_fault(verifying->result, "the files added from %s: %s",
				revision->files[i].source, why.text);
		for (size_t j = part.n_files; rc == 0 && j-- > 0;) {
			const char *path = part.files[j].path;
			uint32_t first = 0, number = (uint32_t)(i * LIMIT_ARCHIVE_ENTRIES + j);
			rc = name_table_add(&seen, path, strlen(path), number, &first);
			if (rc < 0 || first != number ||
				(revision->n_packages > 0 && text_equal_nocase(path, WINPESHL)))
				continue;
			expect_file(verifying, path, part.files[j].sha1, revision->files[i].source);
		}
	}
	name_table_clear(&seen);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

/* ---- the manifest ---- */

static int read_file(
	struct verifying *verifying, const char *path, struct buffer *out, struct error *err)
{
	struct wim_node node;
	struct wim_blob_entry entry;
	int rc = wim_tree_find(verifying->tree, path, &node, err);
	if (rc < 0)
		return rc;
	if (memcmp(node.sha1, no_sha1, sizeof(no_sha1)) == 0)
		return 0;
	if (!frame_find(&verifying->frame, node.sha1, NULL, &entry))
		return error_set(err, -EINVAL, "\\%s has no content", path);
	return frame_expand(&verifying->frame, &entry.resource, node.sha1, out, err);
}

static const struct revision_package *find_number(
	const struct revision_package *packages, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		if (packages[i].number == number)
			return &packages[i];
	return NULL;
}

static bool is_same(const struct revision_package *a, const struct revision_package *b)
{
	return a != NULL && strcmp(a->id, b->id) == 0 && strcmp(a->inf, b->inf) == 0;
}

static void compare_manifest(struct verifying *verifying, const struct manifest *manifest)
{
	const struct revision_record *revision = verifying->revision;
	if (strcmp(manifest->image, revision->image) != 0 ||
		manifest->revision != revision->revision ||
		strcmp(manifest->base, verifying->image->base.sha256) != 0)
		verify_fault(verifying->result, "\\" OWN_MANIFEST " is that of %s@%u on base %.12s",
			manifest->image, manifest->revision, manifest->base);
	for (size_t i = 0; i < revision->n_packages; i++) {
		const struct revision_package *package = &revision->packages[i];
		if (!is_same(find_number(manifest->packages, manifest->n_packages, package->number),
			    package))
			verify_fault(verifying->result,
				"\\" OWN_MANIFEST " does not name package %u, %s (%.12s)",
				package->number, package->inf, package->id);
	}
	for (size_t i = 0; i < manifest->n_packages; i++) {
		const struct revision_package *package = &manifest->packages[i];
		if (!is_same(find_number(revision->packages, revision->n_packages, package->number),
			    package))
			verify_fault(verifying->result,
				"\\" OWN_MANIFEST " names package %u, %s (%.12s), which the "
				"revision does not have",
				package->number, package->inf, package->id);
	}
}

static int check_manifest(struct verifying *verifying, struct error *err)
{
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(LIMIT_MANIFEST_BYTES);
	CLEANUP(manifest_clear) struct manifest manifest = {.packages = NULL};
	struct error why = ERROR_NULL;
	int rc = read_file(verifying, OWN_MANIFEST, &text, &why);
	if (rc == 0)
		rc = manifest_read(text.bytes != NULL ? text.bytes : (const void *)"", text.size,
			&manifest, &why);
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	if (rc < 0)
		verify_fault(verifying->result, "\\" OWN_MANIFEST ": %s", why.text);
	else
		compare_manifest(verifying, &manifest);
	return 0;
}

static void check_startup(struct verifying *verifying)
{
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(4 * LIMIT_WINPESHL_BYTES);
	struct wim_node node;
	struct error why = ERROR_NULL;
	if (wim_tree_find(verifying->tree, OWN_SCRIPT, &node, &why) < 0)
		verify_fault(verifying->result, "\\" OWN_SCRIPT " is not in the WIM");
	if (read_file(verifying, WINPESHL, &text, &why) < 0)
		verify_fault(verifying->result, "\\" WINPESHL ": %s", why.text);
	else if (text.size == 0 || !startup_is_ours(text.bytes, text.size))
		verify_fault(verifying->result, "\\" WINPESHL " does not run \\" OWN_SCRIPT);
}

int verify_contents(struct verifying *verifying, struct error *err)
{
	const struct revision_record *revision = verifying->revision;
	int rc = 0;
	if (revision->n_blobs < 2)
		return 0; /* the base as it is */
	rc = check_manifest(verifying, err);
	if (rc == 0 && revision->n_packages > 0)
		check_startup(verifying);
	for (size_t i = 0; rc == 0 && i < revision->n_packages; i++)
		rc = check_package(verifying, &revision->packages[i], err);
	return rc < 0 ? rc : check_users_files(verifying, err);
}
