/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that are Pewter's own. */
#include "adapter/crypto.h"
#include "base/limits.h"
#include "base/text.h"
#include "image/contents_room.h"
#include "image/manifest.h"
#include "image/own_paths.h"
#include "image/startup.h"

#include <errno.h>
#include <string.h>

/* What they are made from, and into. */
struct writing {
	const struct layer_request *request;
	const struct ground *ground;
	struct buffer *own;
	struct contents *contents;
};

static int hash(const struct buffer *bytes, uint8_t ret_digest[static SHA1_BYTES])
{
	CLEANUP(sha1_freep) struct sha1 *sha1 = NULL;
	int rc = sha1_new(&sha1);
	if (rc == 0)
		rc = sha1_add(sha1, bytes->bytes, bytes->size);
	if (rc == 0)
		sha1_finish(sha1, ret_digest);
	return rc;
}

/* They lie there as they are: compressing some kilobytes would save less than loading a compressor
 * takes. */
static int put(
	struct writing *writing, const char *path, const struct buffer *bytes, struct error *err)
{
	struct wim_blob_entry there;
	struct content_file file = {.path = strdup(path), .blob = COMPOSE_OWN};
	int rc = 0;
	if (bytes->size > 0) {
		file.offset = writing->own->size;
		file.stored_bytes = file.original_bytes = bytes->size;
		rc = hash(bytes, file.sha1);
	}
	/* What the base has need not lie here too. */
	if (rc == 0 && bytes->size > 0 &&
		!frame_find(&writing->ground->frame, file.sha1, NULL, &there))
		rc = buffer_add(writing->own, bytes->bytes, bytes->size);
	if (rc < 0)
		free(file.path);
	else
		rc = contents_put(writing->contents, &file);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

/* ---- what the base has ---- */

static bool base_has(const struct wim_tree *tree, const char *path)
{
	struct wim_node node;
	struct error unheard;
	return wim_tree_find(tree, path, &node, &unheard) == 0 &&
	       (node.attributes & WIM_ATTRIBUTE_DIRECTORY) == 0;
}

struct numbers {
	uint32_t *numbers;
	size_t n;
};

static int note_number(void *context, const struct wim_node *node)
{
	struct numbers *numbers = context;
	uint64_t number;
	if ((node->attributes & WIM_ATTRIBUTE_DIRECTORY) == 0 ||
		!text_parse_u64(node->name, UINT32_MAX, &number))
		return 0;
	uint32_t *grown = realloc(numbers->numbers, (numbers->n + 1) * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	numbers->numbers = grown;
	grown[numbers->n++] = (uint32_t)number;
	return 0;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

int contents_base_drivers(
	const struct wim_tree *tree, uint32_t **ret_numbers, size_t *ret_n, struct error *err)
{
	struct numbers numbers = {.n = 0};
	struct error unheard;
	int rc = wim_tree_list(tree, OWN_DRIVERS, note_number, &numbers, &unheard);
	if (rc == -ENOMEM) {
		free(numbers.numbers);
		return error_set(err, rc, "out of memory");
	}
	if (numbers.n > 0)
		qsort(numbers.numbers, numbers.n, sizeof(*numbers.numbers), compare_u32);
	*ret_numbers = numbers.numbers;
	*ret_n = numbers.n;
	return 0;
}

/* ---- winpeshl.ini ---- */

static const struct content_file *find_file(const struct contents *contents, const char *path)
{
	for (size_t i = 0; i < contents->n_files; i++)
		if (text_equal_nocase(contents->files[i].path, path))
			return &contents->files[i];
	return NULL;
}

/* One of the user's, out of its part: by a frame that reads that in the place of a base. */
static int read_users(const struct writing *writing, const struct content_file *file,
	struct buffer *out, struct error *err)
{
	const struct part_record *part = &writing->contents->parts[file->blob - COMPOSE_PARTS];
	struct frame frame = {.header = writing->ground->frame.header};
	struct wim_resource resource = {
		.offset = file->offset,
		.stored_bytes = file->stored_bytes,
		.original_bytes = file->original_bytes,
		.flags = file->is_compressed ? WIM_RESOURCE_COMPRESSED : 0,
	};
	int fd;
	if (file->original_bytes == 0)
		return 0;
	int rc = store_blob_open(writing->request->store, part->blob.sha256, &fd, err);
	if (rc < 0)
		return rc;
	CLEANUP(view_unrefp) struct view *view = NULL;
	rc = view_new(&view);
	if (rc == 0)
		rc = view_add_file(view, fd, 0, part->blob.size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	frame.view = view;
	return frame_expand(&frame, &resource, file->sha1, out, err);
}

static int add_winpeshl(struct writing *writing, struct error *err)
{
	CLEANUP(buffer_free) struct buffer old = buffer_with_max(LIMIT_WINPESHL_BYTES);
	CLEANUP(buffer_free) struct buffer ours = buffer_with_max(4 * LIMIT_WINPESHL_BYTES);
	const struct content_file *users = find_file(writing->contents, WINPESHL);
	bool is_there = users != NULL || base_has(writing->ground->tree, WINPESHL);
	int rc = 0;
	if (users != NULL)
		rc = read_users(writing, users, &old, err);
	else if (is_there)
		rc = ground_read_winpeshl(writing->ground, &old, err);
	if (rc < 0)
		return error_prefix(err, rc, "\\" WINPESHL);
	const struct startup_base base = {
		.winpeshl = !is_there           ? NULL
			    : old.bytes != NULL ? old.bytes
						: (const void *)"",
		.n_winpeshl = old.size,
		.has_setup = base_has(writing->ground->tree, SETUP) ||
			     find_file(writing->contents, SETUP) != NULL,
	};
	rc = startup_write_winpeshl(&base, &ours);
	if (rc < 0)
		return error_set(err, rc, "\\" WINPESHL ": %s", strerror(-rc));
	/* An image that was one of ours has kept the first one already. */
	bool is_kept = users == NULL && base_has(writing->ground->tree, OWN_ORIGINAL) &&
		       startup_is_ours(old.bytes, old.size);
	if (is_there && !is_kept)
		rc = put(writing, OWN_ORIGINAL, &old, err);
	return rc < 0 ? rc : put(writing, WINPESHL, &ours, err);
}

/* ---- the script ---- */

static int add_script(struct writing *writing, struct error *err)
{
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(LIMIT_MANIFEST_BYTES);
	CLEANUP(memory_freep) uint32_t *brought = NULL;
	const struct contents *contents = writing->contents;
	size_t n_brought = 0, n = 0;
	int rc = contents_base_drivers(writing->ground->tree, &brought, &n_brought, err);
	if (rc < 0)
		return rc;
	CLEANUP(memory_freep)
	struct startup_driver *drivers =
		calloc(n_brought + contents->n_packages + 1, sizeof(*drivers));
	if (drivers == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n_brought; i++)
		drivers[n++] = (struct startup_driver){brought[i], NULL};
	for (size_t i = 0; i < contents->n_packages; i++)
		drivers[n++] = (struct startup_driver){
			contents->packages[i].number, contents->packages[i].inf};
	rc = startup_write_script(writing->request->image->name,
		writing->request->image->last_revision + 1, drivers, n, &text);
	if (rc < 0)
		return error_set(err, rc, OWN_SCRIPT ": %s", strerror(-rc));
	return put(writing, OWN_SCRIPT, &text, err);
}

/* ---- the manifest ---- */

static int add_manifest(struct writing *writing, struct error *err)
{
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(LIMIT_MANIFEST_BYTES);
	const struct layer_request *request = writing->request;
	struct revision_record revision = {
		.revision = request->image->last_revision + 1,
		.created_ms = request->now_ms,
		.packages = writing->contents->packages,
		.n_packages = writing->contents->n_packages,
		/* Only looked at. */
		.files = (struct revision_files *)(uintptr_t)request->files,
		.n_files = request->n_files,
	};
	(void)text_copy(revision.image, sizeof(revision.image), request->image->name);
	int rc = manifest_write(&revision, request->image->base.sha256, request->plan, &text);
	if (rc < 0)
		return error_set(err, rc, OWN_MANIFEST ": %s", strerror(-rc));
	return put(writing, OWN_MANIFEST, &text, err);
}

int contents_add_own(const struct layer_request *request, const struct ground *ground,
	struct buffer *own, struct contents *contents, struct error *err)
{
	struct writing writing = {
		.request = request, .ground = ground, .own = own, .contents = contents};
	int rc = 0;
	/* Without drivers the image starts as it always did. */
	if (rc == 0 && contents->n_packages > 0)
		rc = add_winpeshl(&writing, err);
	if (rc == 0 && contents->n_packages > 0)
		rc = add_script(&writing, err);
	return rc < 0 ? rc : add_manifest(&writing, err);
}
