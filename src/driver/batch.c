/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/batch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define BATCH_PACKAGES       64
#define BATCH_BYTES          (64U << 20)
/* Records that wait take memory, and INFs of thousands of models take most. */
#define BATCH_RECORD_BYTES   (8U << 20)
/* Places that are done take space on the disk until the next flush. */
#define BATCH_RETIRED_PLACES 64
#define BATCH_RETIRED_BYTES  (256U << 20)

struct waiting {
	struct driver_package package;
	char *path;
	bool is_already; /* somebody else was faster */
};

struct batch {
	struct store *store;
	struct blob_batch *blobs;
	import_visitor *visitor;
	void *context;
	struct waiting waiting[BATCH_PACKAGES];
	size_t n;
	uint64_t n_bytes, n_record_bytes;
	struct place retired[BATCH_RETIRED_PLACES];
	size_t n_retired;
	uint64_t n_retired_bytes;
};

int batch_open(struct store *store, import_visitor *visitor, void *context,
	struct batch **ret_batch, struct error *err)
{
	CLEANUP(memory_freep) struct batch *batch = calloc(1, sizeof(*batch));
	if (batch == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	batch->store = store;
	batch->visitor = visitor;
	batch->context = context;
	int rc = store_blob_batch_open(store, &batch->blobs, err);
	if (rc == 0)
		*ret_batch = TAKE(batch);
	return rc;
}

static void empty(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		driver_package_clear(&batch->waiting[i].package);
		free(batch->waiting[i].path);
	}
	for (size_t i = 0; i < batch->n_retired; i++)
		place_clear(&batch->retired[i]);
	batch->n_retired = 0;
	batch->n_retired_bytes = 0;
	batch->n = 0;
	batch->n_bytes = 0;
	batch->n_record_bytes = 0;
}

struct batch *batch_close(struct batch *batch)
{
	if (batch == NULL)
		return NULL;
	empty(batch);
	batch->blobs = store_blob_batch_close(batch->blobs);
	free(batch);
	return NULL;
}

bool batch_has(const struct batch *batch, const char *id)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (strcmp(batch->waiting[i].package.id, id) == 0)
			return true;
	}
	return false;
}

/* What its lists take in memory, about. */
static uint64_t record_bytes(const struct driver_package *package)
{
	uint64_t n = sizeof(*package) + package->n_files * (sizeof(*package->files) + 48) +
		     package->n_sections * (sizeof(*package->sections) + 48) +
		     package->n_installs * (sizeof(*package->installs) + 160);
	for (size_t i = 0; i < package->n_models; i++)
		n += sizeof(*package->models) + 160 + package->models[i].n_ids * 80;
	return n;
}

int batch_add(struct batch *batch, struct package_draft *draft, const char *path, struct error *err)
{
	struct waiting *waiting = &batch->waiting[batch->n];
	int rc = package_store_files(draft, batch->store, batch->blobs, err);
	if (rc != 0)
		return rc;
	*waiting = (struct waiting){.package = draft->package, .path = strdup(path)};
	draft->package = (struct driver_package){.row = 0};
	batch->n++;
	if (waiting->path == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	batch->n_bytes += waiting->package.size;
	batch->n_record_bytes += record_bytes(&waiting->package);
	if (batch->n == BATCH_PACKAGES || batch->n_bytes >= BATCH_BYTES ||
		batch->n_record_bytes >= BATCH_RECORD_BYTES)
		return batch_flush(batch, err);
	return 0;
}

static int add_records(struct batch *batch, struct error *err)
{
	int rc = store_begin_durable(batch->store, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < batch->n; i++) {
		rc = store_driver_add(batch->store, &batch->waiting[i].package, err);
		batch->waiting[i].is_already = rc == -EEXIST;
		if (rc == -EEXIST)
			rc = 0;
	}
	if (rc == 0)
		rc = store_commit(batch->store, err);
	if (rc < 0)
		store_rollback(batch->store);
	return rc;
}

static int tell(struct batch *batch)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < batch->n; i++) {
		const struct waiting *waiting = &batch->waiting[i];
		const struct import_item item = {
			.result = waiting->is_already ? IMPORT_ALREADY : IMPORT_ADDED,
			.path = waiting->path,
			.package = &waiting->package};
		rc = batch->visitor(batch->context, &item);
	}
	return rc;
}

int batch_flush(struct batch *batch, struct error *err)
{
	if (batch->n == 0)
		return 0;
	int rc = store_blob_batch_commit(batch->blobs, err);
	if (rc == 0)
		rc = add_records(batch, err);
	if (rc == 0)
		rc = tell(batch);
	empty(batch);
	return rc;
}

static bool is_needed(const struct fileset *set)
{
	for (size_t i = 0; set->scratch != NULL && i < set->n; i++) {
		if (set->files[i].is_stored)
			return true;
	}
	return false;
}

static bool is_place_needed(const struct place *place)
{
	bool is = is_needed(&place->files) || is_needed(&place->expanded);
	for (size_t i = 0; !is && i < place->n_cabinets; i++)
		is = is_needed(&place->cabinets[i].files);
	return is;
}

int batch_retire(struct batch *batch, struct place *place, struct error *err)
{
	if (batch->n == 0 || !is_place_needed(place)) {
		place_clear(place);
		return 0;
	}
	for (size_t i = 0; i < place->files.n; i++)
		batch->n_retired_bytes += place->files.files[i].size;
	place_rest(place);
	batch->retired[batch->n_retired++] = *place;
	*place = place_empty();
	if (batch->n_retired == BATCH_RETIRED_PLACES ||
		batch->n_retired_bytes >= BATCH_RETIRED_BYTES)
		return batch_flush(batch, err);
	return 0;
}
