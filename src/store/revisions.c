/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revisions: adding, removing, who uses what. revision_read.c reads them. */
#include "store/revisions.h"

#include "base/bytes.h"
#include "store/internal.h"
#include "store/revision_pack.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

void nic_set_clear(struct nic_set *set)
{
	free(set->ids);
	*set = (struct nic_set){.ids = NULL};
}

void revision_record_clear(struct revision_record *record)
{
	free(record->blobs);
	free(record->pieces);
	free(record->packages);
	free(record->files);
	nic_set_clear(&record->nics);
	*record = (struct revision_record){.blobs = NULL};
}

struct revision_record *revision_records_free(struct revision_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		revision_record_clear(&records[i]);
	free(records);
	return NULL;
}

/* ---- what a record's blobs are ---- */

/* Places: those of the files first, then those of the packages; they name the parts' blobs. */
static size_t n_places(const struct revision_record *record)
{
	return record->n_files + record->n_packages;
}

static const char *part_at(const struct revision_record *record, size_t place)
{
	return place < record->n_files ? record->files[place].part
				       : record->packages[place - record->n_files].part;
}

/* A blob and its number in packed pieces. */
struct known_blob {
	struct blob blob;
	uint64_t number;
};

static int compare_known(const void *a, const void *b)
{
	const struct known_blob *x = a, *y = b;
	int order = strcmp(x->blob.sha256, y->blob.sha256);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static const struct known_blob *find_known(
	const struct known_blob *known, size_t n, const struct blob *blob)
{
	size_t low = 0;
	for (size_t high = n; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(known[middle].blob.sha256, blob->sha256) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && strcmp(known[low].blob.sha256, blob->sha256) == 0 &&
			       known[low].blob.size == blob->size
		       ? &known[low]
		       : NULL;
}

static int read_part_blob(
	struct store *store, const char *part, struct blob *ret_blob, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT blob.sha256, blob.size FROM part"
		" LEFT JOIN blob ON blob.sha256 = part.blob WHERE part.id = ?");
	sql_put_text(&query, part);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return error_set(err, -ESTALE,
			"part %.12s has been swept meanwhile, with the package it was made of; try "
			"again",
			part);
	if (rc < 0)
		return rc;
	sql_get_text(&query, ret_blob->sha256, sizeof(ret_blob->sha256));
	ret_blob->size = sql_get_u64(&query);
	return 0;
}

/* Base and parts, sorted. */
static int know_blobs(struct store *store, const struct revision_record *record,
	struct known_blob **ret_known, size_t *ret_n, struct error *err)
{
	CLEANUP(memory_freep)
	struct known_blob *known = calloc(1 + n_places(record), sizeof(*known));
	if (known == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	size_t n = 0;
	known[n++] = (struct known_blob){record->blobs[0], 0};
	for (size_t place = 0; place < n_places(record); place++) {
		struct known_blob *next = &known[n];
		int rc = read_part_blob(store, part_at(record, place), &next->blob, err);
		if (rc < 0)
			return rc;
		next->number = 2 + place;
		n += next->blob.size > 0;
	}
	qsort(known, n, sizeof(*known), compare_known);
	*ret_known = TAKE(known);
	*ret_n = n;
	return 0;
}

/* The number of each of the record's blobs; the one that is nobody's is the layer. */
static int number_blobs(struct store *store, const struct revision_record *record,
	uint64_t *numbers, struct blob *ret_layer, struct error *err)
{
	CLEANUP(memory_freep) struct known_blob *known = NULL;
	size_t n = 0;
	*ret_layer = (struct blob){.size = 0};
	int rc = know_blobs(store, record, &known, &n, err);
	for (size_t i = 0; rc == 0 && i < record->n_blobs; i++) {
		const struct blob *blob = &record->blobs[i];
		const struct known_blob *found = find_known(known, n, blob);
		numbers[i] = found != NULL ? found->number : 1;
		if (found != NULL)
			continue;
		if (ret_layer->sha256[0] != 0)
			return error_set(err, -EINVAL,
				"revision %u of \"%s\": blob %.12s belongs to none of its parts",
				record->revision, record->image, blob->sha256);
		*ret_layer = *blob;
		rc = blob_claim(store, blob, err);
	}
	return rc;
}

/* ---- adding ---- */

static int pack_pieces(const struct revision_record *record, const uint64_t *numbers,
	struct buffer *out, struct error *err)
{
	uint64_t size = 0;
	int rc = buffer_add_text(out, ""); /* so that there is a pointer to no bytes */
	for (size_t i = 0; rc == 0 && i < record->n_pieces; i++) {
		const struct revision_piece *piece = &record->pieces[i];
		const struct blob *blob =
			piece->blob < record->n_blobs ? &record->blobs[piece->blob] : NULL;
		if (blob == NULL || piece->length == 0 || piece->offset > blob->size ||
			piece->length > blob->size - piece->offset ||
			piece->length > INT64_MAX - size)
			return error_set(err, -EINVAL,
				"revision %u of \"%s\": piece %zu lies outside its blob",
				record->revision, record->image, i);
		size += piece->length;
		rc = revision_pack_piece(&(struct packed_piece){.blob = numbers[piece->blob],
						 .offset = piece->offset,
						 .length = piece->length,
						 .is_whole = piece->length == blob->size},
			out);
	}
	if (rc < 0)
		return error_set(err, rc, "revision %u of \"%s\": too many pieces",
			record->revision, record->image);
	if (size != record->size)
		return error_set(err, -EINVAL,
			"revision %u of \"%s\": its pieces have %llu bytes, not %llu",
			record->revision, record->image, (unsigned long long)size,
			(unsigned long long)record->size);
	return 0;
}

/* Is the image still what the revision was built on? */
static int check_image(struct store *store, const struct revision_record *record, uint32_t built_on,
	struct error *err)
{
	char base[SHA256_TEXT_BYTES];
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "SELECT base, revision, last_revision FROM image WHERE name = ?");
	sql_put_text(&query, record->image);
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	if (rc > 0)
		sql_get_text(&query, base, sizeof(base));
	if (rc == 0 || strcmp(base, record->blobs[0].sha256) != 0)
		return error_set(err, -ENOENT,
			"image \"%s\" has been %s meanwhile; nothing was added to it",
			record->image, rc == 0 ? "removed" : "replaced");
	uint64_t newest = sql_get_u64(&query), last = sql_get_u64(&query);
	if (record->revision > last + 1)
		return error_set(err, -EINVAL, "revision %u of \"%s\" does not follow %llu",
			record->revision, record->image, (unsigned long long)last);
	if (newest != built_on || record->revision != last + 1)
		return error_set(err, -ESTALE,
			"image \"%s\" has got revision %llu meanwhile; try again", record->image,
			(unsigned long long)last);
	return 0;
}

static int insert_revision(struct store *store, const struct revision_record *record,
	const struct blob *layer, const struct buffer *pieces, struct error *err)
{
	CLEANUP(buffer_free) struct buffer nics = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	int rc = buffer_add_text(&nics, "");
	if (rc == 0)
		rc = nics_pack(&record->nics, &nics);
	if (rc < 0)
		return error_set(err, rc, "revision %u of \"%s\": its network cards: %s",
			record->revision, record->image, strerror(-rc));
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO image_revision (image, revision, created_ms, why, size, layer, pieces,"
		" nics, is_own) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_put_text(&query, record->image);
	sql_put_i64(&query, record->revision);
	sql_put_i64(&query, record->created_ms != 0 ? record->created_ms : store_now_ms());
	sql_put_text(&query, record->why);
	sql_put_u64(&query, record->size);
	sql_put_text(&query, layer->sha256[0] != 0 ? layer->sha256 : NULL);
	sql_put_bytes(&query, pieces->bytes, pieces->size);
	sql_put_bytes(&query, nics.bytes, nics.size);
	sql_put_i64(&query, record->is_own);
	return sql_execute(&query, err);
}

/* What one place holds, as layer_item says it. */
struct item {
	const char *kind, *package, *inf, *class, *provider, *source, *part;
	uint32_t date, number;
	uint8_t version[8];
	size_t version_bytes;
};

static struct item item_at(const struct revision_record *record, size_t place)
{
	if (place < record->n_files) {
		const struct revision_files *files = &record->files[place];
		return (struct item){.kind = "files",
			.package = "",
			.inf = "",
			.class = "",
			.provider = "",
			.source = files->source,
			.part = files->part};
	}
	const struct revision_package *package = &record->packages[place - record->n_files];
	struct item item = {.kind = "driver",
		.package = package->id,
		.inf = package->inf,
		.class = package->class,
		.provider = package->provider,
		.source = "",
		.part = package->part,
		.date = package->date,
		.number = package->number};
	struct writer writer = writer_over(item.version, sizeof(item.version));
	writer_be64(&writer, package->version);
	item.version_bytes = package->has_version ? sizeof(item.version) : 0;
	return item;
}

static int insert_item(struct store *store, const struct item *item, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO layer_item (kind, package, inf, class, provider, date, version,"
		" source, part) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_put_text(&query, item->kind);
	sql_put_text(&query, item->package);
	sql_put_text(&query, item->inf);
	sql_put_text(&query, item->class);
	sql_put_text(&query, item->provider);
	sql_put_i64(&query, item->date);
	sql_put_bytes(&query, item->version, item->version_bytes);
	sql_put_text(&query, item->source);
	sql_put_text(&query, item->part);
	return sql_execute(&query, err);
}

/* 1, or 0 for an item that no revision has had before. */
static int insert_place(struct store *store, int64_t revision, size_t place,
	const struct item *item, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO revision_item (revision, place, number, item)"
		" SELECT ?, ?, ?, id FROM layer_item"
		" WHERE kind = ? AND package = ? AND source = ? AND part = ?");
	sql_put_i64(&query, revision);
	sql_put_u64(&query, place);
	sql_put_i64(&query, item->number);
	sql_put_text(&query, item->kind);
	sql_put_text(&query, item->package);
	sql_put_text(&query, item->source);
	sql_put_text(&query, item->part);
	int rc = sql_execute(&query, err);
	return rc < 0 ? rc : sql_n_changed(store->sql) > 0;
}

/* Most items are those of the revision before. */
static int add_place(struct store *store, int64_t revision, size_t place, const struct item *item,
	struct error *err)
{
	int rc = insert_place(store, revision, place, item, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = insert_item(store, item, err);
	if (rc == 0)
		rc = insert_place(store, revision, place, item, err);
	assert(rc != 0);
	return rc < 0 ? rc : 0;
}

/* From here on the revision keeps them, however the time ends that their makers were given. */
static int claim_parts(struct store *store, int64_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"UPDATE blob SET pending_until_ms = 0 WHERE pending_until_ms <> 0 AND sha256 IN"
		" (SELECT part.blob FROM revision_item"
		"  JOIN layer_item ON layer_item.id = revision_item.item"
		"  JOIN part ON part.id = layer_item.part WHERE revision_item.revision = ?)");
	sql_put_i64(&query, revision);
	return sql_execute(&query, err);
}

static int set_newest(struct store *store, const struct revision_record *record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"UPDATE image SET last_revision = ?1,"
		" revision = CASE ?2 WHEN 0 THEN ?1 ELSE revision END WHERE name = ?3");
	sql_put_i64(&query, record->revision);
	sql_put_i64(&query, record->is_own);
	sql_put_text(&query, record->image);
	return sql_execute(&query, err);
}

static int add_revision(struct store *store, const struct revision_record *record,
	const struct blob *layer, const struct buffer *pieces, struct error *err)
{
	int rc = insert_revision(store, record, layer, pieces, err);
	int64_t id = sql_last_id(store->sql);
	for (size_t place = 0; rc == 0 && place < n_places(record); place++) {
		struct item item = item_at(record, place);
		rc = add_place(store, id, place, &item, err);
	}
	if (rc == 0)
		rc = claim_parts(store, id, err);
	return rc == 0 ? set_newest(store, record, err) : rc;
}

/* layer_fd: -1 if it is in the store. */
static int check_and_add(struct store *store, const struct revision_record *record,
	uint32_t built_on, int layer_fd, uint64_t *numbers, struct error *err)
{
	CLEANUP(buffer_free) struct buffer pieces = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	struct blob layer;
	int rc = check_image(store, record, built_on, err);
	if (rc == 0 && layer_fd >= 0)
		rc = blob_take(store, layer_fd, &record->layer, err);
	if (rc == 0)
		rc = number_blobs(store, record, numbers, &layer, err);
	if (rc == 0)
		rc = pack_pieces(record, numbers, &pieces, err);
	return rc == 0 ? add_revision(store, record, &layer, &pieces, err) : rc;
}

static int add_on(struct store *store, const struct revision_record *record, uint32_t built_on,
	int layer_fd, enum sql_durability durability, struct error *err)
{
	CLEANUP(memory_freep)
	uint64_t *numbers = calloc(record->n_blobs + 1, sizeof(*numbers));
	struct sql_scope scope;
	if (numbers == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	/* The image was read before the revision that it is built on was made. */
	if (record->revision <= built_on)
		return error_set(err, -ESTALE, "\"%s\" has got revision %u meanwhile; try again",
			record->image, built_on);
	if (record->n_blobs == 0 || record->n_pieces == 0)
		return error_set(err, -EINVAL, "revision %u of \"%s\" does not follow %u",
			record->revision, record->image, built_on);
	int rc = sql_enter(store->sql, durability, &scope, err);
	if (rc < 0)
		return rc;
	rc = check_and_add(store, record, built_on, layer_fd, numbers, err);
	return sql_leave(store->sql, &scope, rc, err);
}

int store_revision_add(struct store *store, const struct revision_record *record, uint32_t built_on,
	struct error *err)
{
	return add_on(store, record, built_on, -1, SQL_DURABLE, err);
}

int store_revision_add_new(struct store *store, const struct revision_record *record,
	uint32_t built_on, int layer_fd, bool has_plan, struct error *err)
{
	int rc =
		add_on(store, record, built_on, layer_fd, has_plan ? SQL_ATOMIC : SQL_DURABLE, err);
	blob_drop(store, layer_fd);
	(void)close(layer_fd);
	return rc;
}

int revision_add_first(struct store *store, const struct image_record *image, int64_t created_ms,
	struct error *err)
{
	CLEANUP(buffer_free) struct buffer none = buffer_with_max(1);
	struct blob layer = {.size = 0};
	struct revision_record record = {
		.revision = 1, .created_ms = created_ms, .why = "import", .size = image->base.size};
	memcpy(record.image, image->name, sizeof(record.image));
	if (buffer_add_text(&none, "") < 0)
		return error_set(err, -ENOMEM, "out of memory");
	return insert_revision(store, &record, &layer, &none, err);
}

/* ---- removing ---- */

static int check_unused(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	char client[LIMIT_IMAGE_NAME_BYTES + 1];
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT client_name FROM plan WHERE image = ? AND revision = ?"
		" ORDER BY client_name LIMIT 1");
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	int rc = sql_step(&query, err);
	if (rc <= 0)
		return rc;
	sql_get_text(&query, client, sizeof(client));
	return error_set(err, -EBUSY,
		"%s@%u is what the plan of client %s names; `pewter prepare` makes it a newer one, "
		"then try again",
		image, revision, client);
}

static int check_not_newest(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT 1 FROM image WHERE name = ? AND revision = ?");
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	int rc = sql_step(&query, err);
	return rc <= 0 ? rc
		       : error_set(err, -EBUSY,
				 "%s@%u is the newest revision, and what machines boot; `pewter "
				 "image remove %s` removes all of the image",
				 image, revision, image);
}

static int delete_revision(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "DELETE FROM image_revision WHERE image = ? AND revision = ?");
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return revision_unknown(image, revision, err);
	return rc;
}

int store_revision_remove(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = check_not_newest(store, image, revision, err);
	if (rc == 0)
		rc = check_unused(store, image, revision, err);
	if (rc == 0)
		rc = delete_revision(store, image, revision, err);
	return sql_leave(store->sql, &scope, rc, err);
}

int revision_unknown(const char *image, uint32_t revision, struct error *err)
{
	return error_set(err, -ENOENT,
		"there is no %s@%u; `pewter image show %s` tells the revisions there are", image,
		revision, image);
}

/* ---- network cards of the base ---- */

int store_image_inbox_nics_put(
	struct store *store, const char *image, const struct nic_set *nics, struct error *err)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	int rc = buffer_add_text(&bytes, ""); /* none is not the same as not asked */
	if (rc == 0)
		rc = nics_pack(nics, &bytes);
	if (rc < 0)
		return error_set(
			err, rc, "the network cards of image \"%s\": %s", image, strerror(-rc));
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "UPDATE image SET inbox_nics = ? WHERE name = ?");
	sql_put_bytes(&query, bytes.bytes, bytes.size);
	sql_put_text(&query, image);
	rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return error_set(err, -ENOENT, "image \"%s\" has been removed meanwhile", image);
	return rc;
}
