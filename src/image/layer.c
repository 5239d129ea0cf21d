/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer.h"

#include "base/limits.h"
#include "base/text.h"
#include "format/wim_xml.h"
#include "image/ground.h"
#include "image/layer_room.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A layer while it is made. */
struct making {
	const struct layer_request *request;
	struct ground *ground; /* the request's, or own */
	struct ground own_ground;
	struct contents contents;
	struct wim_tree_counts counts;
	struct blob_uses uses;
	struct metadata_hash hash;
	struct composition composition;
	struct wim_blob_entry metadata;
	size_t metadata_at;  /* in the composition's own bytes: where it stands in the table */
	struct view **views; /* of the blobs that pieces name, by index; owned with what is in it */
	uint64_t *blob_at;   /* where in the WIM each of them begins */
	bool *is_used;       /* of the parts: does the WIM hold it? */
	size_t n_views;
	int layer_fd; /* what is its own, on disk, but for the SHA-1; -1 */
	struct revision_record record;
	struct revision_adding adding;
};

static void making_clear(struct making *making)
{
	for (size_t i = 0; i < making->n_views; i++)
		(void)view_unref(making->views[i]);
	free(making->views);
	free(making->blob_at);
	free(making->is_used);
	store_revision_abort(&making->adding);
	store_blob_discard(making->request->store, making->layer_fd);
	revision_record_clear(&making->record);
	composition_clear(&making->composition);
	blob_uses_clear(&making->uses);
	metadata_hash_wait(&making->hash);
	contents_clear(&making->contents);
	ground_clear(&making->own_ground);
}

/* ---- what is added ---- */

/* 100 ns since 1601. */
static uint64_t filetime(int64_t unix_ms)
{
	return (uint64_t)(unix_ms + INT64_C(11644473600000)) * 10000;
}

static int put_files(struct making *making, struct error *err)
{
	const struct contents *contents = &making->contents;
	size_t n = contents->n_files;
	CLEANUP(memory_freep) struct wim_tree_file *files = calloc(n + 1, sizeof(*files));
	if (files == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		files[i].path = contents->files[i].path;
		files[i].size = contents->files[i].original_bytes;
		files[i].time = filetime(making->request->now_ms);
		memcpy(files[i].sha1, contents->files[i].sha1, sizeof(files[i].sha1));
	}
	int rc = wim_tree_put(making->ground->tree, files, n, &making->counts, err);
	if (rc < 0)
		return rc;
	size_t n_replaced;
	const uint8_t *replaced = wim_tree_replaced(making->ground->tree, &n_replaced);
	return blob_uses_find(
		&making->ground->frame, contents, replaced, n_replaced, &making->uses, err);
}

/* Parts are read for an integrity table alone: what is checked before a revision is recorded lies
 * in front of them and behind. Otherwise their length is enough. */
static int open_part(
	struct making *making, const struct blob *blob, struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	if (making->ground->frame.header.integrity.stored_bytes > 0)
		return ground_open_blob(making->request->store, blob, ret_view, err);
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_zeros(view, blob->size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	*ret_view = TAKE(view);
	return 0;
}

static int open_views(struct making *making, struct error *err)
{
	const struct contents *contents = &making->contents;
	size_t n = COMPOSE_PARTS + contents->n_parts;
	making->views = calloc(n, sizeof(struct view *));
	making->blob_at = calloc(n, sizeof(*making->blob_at));
	making->is_used = calloc(n, sizeof(*making->is_used));
	if (making->views == NULL || making->blob_at == NULL || making->is_used == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	making->n_views = n;
	making->views[COMPOSE_BASE] = view_ref(making->ground->view);
	for (size_t i = 0; i < making->uses.n; i++)
		if (blob_use_is_new(&making->uses.uses[i]))
			making->is_used[making->uses.uses[i].file->blob] = true;
	int rc = 0;
	for (size_t i = COMPOSE_PARTS; rc == 0 && i < n; i++)
		if (making->is_used[i])
			rc = open_part(making, &contents->parts[i - COMPOSE_PARTS].blob,
				&making->views[i], err);
	return rc;
}

/* ---- composing ---- */

/* header | base | parts | Pewter's own files */
static int compose_data(struct making *making, struct error *err)
{
	struct composition *composition = &making->composition;
	const struct contents *contents = &making->contents;
	uint64_t n_own = composition->own.size - WIM_HEADER_BYTES;
	uint64_t end = making->ground->data_end;
	int rc = compose_range(composition, COMPOSE_OWN, 0, WIM_HEADER_BYTES);
	if (rc == 0)
		rc = compose_range(
			composition, COMPOSE_BASE, WIM_HEADER_BYTES, end - WIM_HEADER_BYTES);
	for (size_t i = 0; rc == 0 && i < contents->n_parts; i++) {
		making->blob_at[COMPOSE_PARTS + i] = composition->size;
		if (making->is_used[COMPOSE_PARTS + i])
			rc = compose_range(composition, COMPOSE_PARTS + (uint32_t)i, 0,
				contents->parts[i].blob.size);
	}
	/* Their offsets count from the header on. */
	making->blob_at[COMPOSE_OWN] = composition->size - WIM_HEADER_BYTES;
	if (rc == 0)
		rc = compose_range(composition, COMPOSE_OWN, WIM_HEADER_BYTES, n_own);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

/* What the second and further names of files weighed that are files of their own now. */
static int64_t unlinked_bytes(const struct frame *base, const struct wim_tree *tree)
{
	int64_t sum = 0;
	size_t n;
	const uint8_t *sha1s = wim_tree_unlinked(tree, &n);
	for (size_t i = 0; i < n; i++) {
		struct wim_blob_entry entry;
		if (frame_find(base, sha1s + i * WIM_SHA1_BYTES, NULL, &entry))
			sum += (int64_t)entry.resource.original_bytes;
	}
	return sum;
}

static int compose_xml(struct making *making, struct wim_resource *resource, struct error *err)
{
	CLEANUP(buffer_free) struct buffer xml = buffer_with_max(LIMIT_WIM_XML_BYTES);
	const struct frame *base = &making->ground->frame;
	struct wim_xml_change change = {
		.image = base->header.boot_index,
		.files = making->counts.files,
		.folders = making->counts.folders,
		.bytes = making->counts.bytes,
		.time = filetime(making->request->now_ms),
		.file_bytes = making->composition.size,
		.link_bytes = -unlinked_bytes(base, making->ground->tree),
	};
	wim_tree_count(making->ground->tree, &change.all_files, &change.all_folders);
	for (size_t i = 0; i < making->uses.n; i++) {
		const struct blob_use *use = &making->uses.uses[i];
		struct wim_blob_entry entry;
		/* counts.bytes has what was put; what went has lost as many uses. */
		if (use->n_lost == 0 || use->entry < 0)
			continue;
		frame_entry(base, (size_t)use->entry, &entry);
		change.bytes -= use->n_lost * (int64_t)entry.resource.original_bytes;
	}
	int rc = wim_xml_change(base->xml.bytes, base->xml.size, &change, &xml, err);
	if (rc < 0)
		return error_prefix(err, rc, "the WIM's XML");
	*resource = (struct wim_resource){
		.offset = making->composition.size,
		.stored_bytes = xml.size,
		.original_bytes = xml.size,
		.flags = base->header.xml.flags & (uint8_t)~WIM_RESOURCE_COMPRESSED,
	};
	rc = compose_bytes(&making->composition, xml.bytes, xml.size);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

/* The metadata's SHA-1 takes longer than composing all the rest, and checking it. */
static int set_hash(struct making *making, struct error *err)
{
	metadata_hash_wait(&making->hash);
	if (making->hash.rc < 0)
		return error_set(
			err, making->hash.rc, "the metadata: %s", strerror(-making->hash.rc));
	memcpy(making->metadata.sha1, making->hash.digest, sizeof(making->metadata.sha1));
	wim_blob_entry_write(
		&making->metadata, making->composition.own.bytes + making->metadata_at);
	return 0;
}

/* ... | metadata | blob table | XML | integrity table, and then the header, which names them. */
static int compose_frame(struct making *making, struct error *err)
{
	struct composition *composition = &making->composition;
	struct wim_header header = making->ground->frame.header;
	int rc = layer_add_metadata(
		&making->ground->frame, making->ground->tree, composition, &making->metadata, err);
	if (rc < 0)
		return rc;
	header.boot_metadata = making->metadata.resource;
	header.blob_table.offset = composition->size;
	rc = layer_add_table(&making->ground->frame, &making->uses, &making->metadata,
		making->blob_at, composition, &making->metadata_at, err);
	header.blob_table.stored_bytes = composition->size - header.blob_table.offset;
	header.blob_table.original_bytes = header.blob_table.stored_bytes;
	uint64_t covered_end = composition->size;
	if (rc == 0)
		rc = compose_xml(making, &header.xml, err);
	/* It counts in the integrity table. */
	if (rc == 0 && making->ground->frame.header.integrity.stored_bytes > 0)
		rc = set_hash(making, err);
	if (rc == 0)
		rc = layer_add_integrity(&making->ground->frame, making->ground->data_end,
			covered_end, making->views, composition, &header.integrity, err);
	if (rc < 0)
		return rc;
	wim_header_write(&header, making->ground->frame.head, composition->own.bytes);
	return 0;
}

static int compose(struct making *making, struct error *err)
{
	int rc = compose_data(making, err);
	return rc < 0 ? rc : compose_frame(making, err);
}

static int check(struct making *making, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = compose_view(&making->composition, making->views, &view);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	const struct layer_expected expected = {
		.base = &making->ground->frame,
		.tree = making->ground->tree,
		.contents = &making->contents,
		.uses = &making->uses,
	};
	rc = layer_check(view, &expected, err);
	return rc < 0 ? error_prefix(err, rc, "what was composed is not right (please report this)")
		      : 0;
}

/* ---- the record ---- */

/* Blobs in the order of their indices; parts that the WIM does not need bytes of are left out. */
static int list_blobs(
	const struct making *making, struct revision_record *record, struct error *err)
{
	const struct composition *composition = &making->composition;
	CLEANUP(memory_freep) uint32_t *index = calloc(making->n_views, sizeof(*index));
	record->blobs = calloc(making->n_views, sizeof(*record->blobs));
	record->pieces = calloc(composition->n, sizeof(*record->pieces));
	if (index == NULL || record->blobs == NULL || record->pieces == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	record->blobs[COMPOSE_BASE] = making->request->image->base;
	index[COMPOSE_OWN] = COMPOSE_OWN;
	record->n_blobs = COMPOSE_PARTS;
	for (size_t i = 0; i < making->contents.n_parts; i++) {
		if (!making->is_used[COMPOSE_PARTS + i])
			continue;
		index[COMPOSE_PARTS + i] = (uint32_t)record->n_blobs;
		record->blobs[record->n_blobs++] = making->contents.parts[i].blob;
	}
	for (size_t i = 0; i < composition->n; i++) {
		record->pieces[i] = composition->pieces[i];
		record->pieces[i].blob = index[composition->pieces[i].blob];
	}
	record->n_pieces = composition->n;
	record->size = composition->size;
	return 0;
}

static int copy_lists(
	const struct making *making, struct revision_record *record, struct error *err)
{
	const struct layer_request *request = making->request;
	const struct contents *contents = &making->contents;
	record->packages = calloc(contents->n_packages + 1, sizeof(*record->packages));
	record->files = calloc(request->n_files + 1, sizeof(*record->files));
	record->nics.ids = calloc(request->nics.n + 1, sizeof(*record->nics.ids));
	if (record->packages == NULL || record->files == NULL || record->nics.ids == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	memcpy(record->packages, contents->packages,
		contents->n_packages * sizeof(*record->packages));
	record->n_packages = contents->n_packages;
	if (request->n_files > 0)
		memcpy(record->files, request->files, request->n_files * sizeof(*record->files));
	record->n_files = request->n_files;
	if (request->nics.n > 0)
		memcpy(record->nics.ids, request->nics.ids,
			request->nics.n * sizeof(*record->nics.ids));
	record->nics.n = request->nics.n;
	return 0;
}

/* All but the layer's content, which is whole when the metadata's SHA-1 is counted. */
static int begin_record(struct making *making, struct error *err)
{
	const struct layer_request *request = making->request;
	struct revision_record *record = &making->record;
	*record = (struct revision_record){
		.revision = request->image->last_revision + 1,
		.created_ms = request->now_ms,
		.is_own = request->is_own,
	};
	(void)text_copy(record->image, sizeof(record->image), request->image->name);
	(void)text_copy(record->why, sizeof(record->why), request->why);
	int rc = list_blobs(making, record, err);
	if (rc == 0)
		rc = copy_lists(making, record, err);
	if (rc < 0)
		return rc;
	record->blobs[COMPOSE_OWN].size = making->composition.own.size;
	return store_revision_begin(request->store, record, request->before, request->plan != NULL,
		&making->adding, err);
}

static int end_record(
	struct making *making, struct revision_record *ret_revision, struct error *err)
{
	struct revision_record *record = &making->record;
	const struct buffer *own = &making->composition.own;
	int rc = store_blob_complete(making->request->store, making->layer_fd, own->bytes,
		own->size, making->metadata_at, WIM_BLOB_ENTRY_BYTES, &record->layer, err);
	if (rc < 0)
		return rc;
	int fd = making->layer_fd;
	making->layer_fd = -1;
	rc = store_revision_end(&making->adding, fd, &record->layer, err);
	if (rc < 0)
		return rc;
	record->blobs[COMPOSE_OWN] = record->layer;
	*ret_revision = *record;
	*record = (struct revision_record){.blobs = NULL};
	return 0;
}

static int compression_of(const struct view *base, const struct image_record *image,
	enum wim_compression *ret_compression, struct error *err)
{
	struct wim_header header;
	uint8_t head[WIM_HEADER_BYTES];
	int rc = view_read(base, 0, head, sizeof(head));
	if (rc < 0)
		return error_set(err, rc, "the base of image %s: %s", image->name, strerror(-rc));
	rc = wim_header_parse(head, sizeof(head), &header, err);
	if (rc < 0)
		return error_prefix(
			err, rc, "the base of image %s cannot be built on", image->name);
	*ret_compression = header.compression;
	return 0;
}

/* The parts are made while the base is read. */
static int gather(struct making *making, struct error *err)
{
	const struct layer_request *request = making->request;
	enum wim_compression compression = WIM_COMPRESSION_NONE;
	struct ground *ground = request->ground != NULL ? request->ground : &making->own_ground;
	/* Room for the header; what follows is counted from there. */
	int rc = buffer_add_zeros(&making->composition.own, WIM_HEADER_BYTES);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	making->ground = ground;
	if (request->ground == NULL)
		rc = ground_begin(request->store, request->image, ground, err);
	if (rc == 0)
		rc = compression_of(ground->view, request->image, &compression, err);
	if (rc == 0)
		rc = contents_gather_parts(request, compression, &making->contents, err);
	if (rc < 0)
		return rc;
	rc = ground_finish(ground, err);
	if (rc < 0)
		return error_prefix(
			err, rc, "the base of image %s cannot be built on", request->image->name);
	return contents_settle(request, ground, &making->composition.own, &making->contents, err);
}

int layer_make(const struct layer_request *request, struct revision_record *ret_revision,
	struct error *err)
{
	CLEANUP(making_clear)
	struct making making = {
		.request = request, .composition = composition_empty(), .layer_fd = -1};
	if (request->image->is_sdi)
		return error_set(err, -EOPNOTSUPP,
			"%s is an SDI: its file system cannot carry layers; import a WIM",
			request->image->name);
	int rc = gather(&making, err);
	if (rc == 0)
		rc = put_files(&making, err);
	if (rc == 0) {
		metadata_hash_begin(&making.hash, making.ground->tree);
		rc = open_views(&making, err);
	}
	if (rc == 0)
		rc = compose(&making, err);
	/* The disk has most of it while the SHA-1 is counted. */
	if (rc == 0)
		rc = store_blob_prepare(request->store, making.composition.own.bytes,
			making.composition.own.size, &making.layer_fd, err);
	if (rc == 0)
		rc = begin_record(&making, err);
	if (rc == 0)
		rc = check(&making, err);
	if (rc == 0)
		rc = set_hash(&making, err);
	return rc < 0 ? rc : end_record(&making, ret_revision, err);
}

int image_target(const struct image_record *image, struct target *ret_target, struct error *err)
{
	char text[sizeof(image->version) + sizeof(image->arch) + 1];
	(void)snprintf(text, sizeof(text), "%s/%s", image->version, image->arch);
	if (image->version[0] == 0)
		return error_set(err, -EINVAL,
			"image %s does not say which Windows it is: its WIM's XML has no version",
			image->name);
	int rc = target_parse(text, ret_target, err);
	return rc < 0 ? error_prefix(err, rc, "image %s", image->name) : 0;
}

int layer_compression(struct store *store, const struct image_record *image,
	enum wim_compression *ret_compression, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = ground_open_blob(store, &image->base, &view, err);
	return rc < 0 ? rc : compression_of(view, image, ret_compression, err);
}
