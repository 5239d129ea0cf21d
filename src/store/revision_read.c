/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading revisions. */
#include "store/revisions.h"

#include "store/internal.h"
#include "store/revision_pack.h"

#include <errno.h>
#include <string.h>

/* A blob that pieces may name, and where it stands in the record. */
struct numbered_blob {
	struct blob blob;
	uint32_t index; /* in the record's blobs + 1; 0: not yet among them */
};

/* A revision being read. */
struct reading {
	struct store *store;
	struct revision_record *record;
	struct numbered_blob *blobs; /* owned; by their numbers in packed pieces */
	size_t n_blobs;
	uint8_t *pieces; /* owned */
	size_t n_pieces_bytes;
	int64_t id;
};

static void reading_clear(struct reading *reading)
{
	free(reading->blobs);
	free(reading->pieces);
}

static int damaged(const struct reading *reading, int rc, struct error *err)
{
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	return error_set(err, -EBADMSG,
		"%s: the record of revision %s@%u is damaged; put a copy of the database back, or "
		"make the revision anew",
		reading->store->database, reading->record->image, reading->record->revision);
}

/* ---- the revision itself ---- */

static int add_numbered(struct reading *reading, const struct blob *blob)
{
	struct numbered_blob *blobs = sql_grow(reading->blobs, reading->n_blobs, sizeof(*blobs));
	if (blobs == NULL)
		return -ENOMEM;
	reading->blobs = blobs;
	reading->blobs[reading->n_blobs++] = (struct numbered_blob){.blob = *blob};
	return 0;
}

#define SELECT_REVISION                                                                            \
	"SELECT image_revision.id, image.name, image_revision.revision,"                           \
	" image_revision.created_ms, why, image_revision.size, base.sha256, base.size,"            \
	" layer.sha256, layer.size, is_own"
#define FROM_REVISION                                                                              \
	" FROM image_revision JOIN image ON image.name = image_revision.image"                     \
	" JOIN blob AS base ON base.sha256 = image.base"                                           \
	" LEFT JOIN blob AS layer ON layer.sha256 = image_revision.layer "

static int64_t read_record(
	struct sql_query *query, struct revision_record *record, struct blob *ret_base)
{
	int64_t id = sql_get_i64(query);
	sql_get_text(query, record->image, sizeof(record->image));
	record->revision = (uint32_t)sql_get_u64(query);
	record->created_ms = sql_get_i64(query);
	sql_get_text(query, record->why, sizeof(record->why));
	record->size = sql_get_u64(query);
	sql_get_text(query, ret_base->sha256, sizeof(ret_base->sha256));
	ret_base->size = sql_get_u64(query);
	sql_get_text(query, record->layer.sha256, sizeof(record->layer.sha256));
	record->layer.size = sql_get_u64(query);
	record->is_own = sql_get_i64(query) != 0;
	return id;
}

static int no_such(struct store *store, const char *image, uint32_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "SELECT 1 FROM image WHERE name = ?");
	sql_put_text(&query, image);
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	return rc > 0 ? revision_unknown(image, revision, err) : image_unknown(image, err);
}

static int read_head(
	struct reading *reading, const char *image, uint32_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(reading->store->sql, SELECT_REVISION
		", pieces, nics" FROM_REVISION " WHERE image.name = ? AND image_revision.revision ="
		" CASE ? WHEN 0 THEN image.revision ELSE ? END");
	struct blob base;
	size_t n;
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	sql_put_i64(&query, revision);
	int rc = sql_step(&query, err);
	if (rc <= 0)
		return rc < 0 ? rc : no_such(reading->store, image, revision, err);
	reading->id = read_record(&query, reading->record, &base);
	rc = add_numbered(reading, &base);
	if (rc == 0)
		rc = add_numbered(reading, &reading->record->layer);
	const void *pieces = sql_get_bytes_in_place(&query, &n);
	if (rc == 0) {
		reading->pieces = malloc(n + 1);
		rc = reading->pieces == NULL ? -ENOMEM : 0;
	}
	if (rc == 0 && n > 0)
		memcpy(reading->pieces, pieces, n);
	reading->n_pieces_bytes = n;
	const void *nics = sql_get_bytes_in_place(&query, &n);
	if (rc == 0)
		rc = nics_unpack(nics, n, &reading->record->nics);
	return rc < 0 ? damaged(reading, rc, err) : 0;
}

/* ---- what it holds ---- */

static int read_package(struct sql_query *query, uint32_t number, struct revision_record *record)
{
	struct revision_package *packages =
		sql_grow(record->packages, record->n_packages, sizeof(*packages));
	uint8_t version[8];
	if (packages == NULL)
		return -ENOMEM;
	record->packages = packages;
	struct revision_package *package = &packages[record->n_packages++];
	*package = (struct revision_package){.number = number};
	sql_get_text(query, package->part, sizeof(package->part));
	sql_get_text(query, package->id, sizeof(package->id));
	sql_get_text(query, package->inf, sizeof(package->inf));
	sql_get_text(query, package->class, sizeof(package->class));
	sql_get_text(query, package->provider, sizeof(package->provider));
	package->date = (uint32_t)sql_get_u64(query);
	size_t n = sql_get_bytes(query, version, sizeof(version));
	package->has_version = n == sizeof(version);
	struct reader reader = reader_over(version, n);
	package->version = package->has_version ? reader_be64(&reader) : 0;
	return 0;
}

static int read_added_files(struct sql_query *query, struct revision_record *record)
{
	char skipped[2];
	struct revision_files *files = sql_grow(record->files, record->n_files, sizeof(*files));
	if (files == NULL)
		return -ENOMEM;
	record->files = files;
	struct revision_files *added = &files[record->n_files++];
	*added = (struct revision_files){.part = ""};
	sql_get_text(query, added->part, sizeof(added->part));
	for (int i = 0; i < 6; i++) /* what packages have */
		sql_get_text(query, skipped, sizeof(skipped));
	sql_get_text(query, added->source, sizeof(added->source));
	return 0;
}

static int read_items(struct reading *reading, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(reading->store->sql,
		"SELECT kind, number, blob.sha256, blob.size, part, package, inf, class, provider,"
		" date, version, source FROM revision_item"
		" JOIN layer_item ON layer_item.id = revision_item.item"
		" JOIN part ON part.id = layer_item.part"
		" LEFT JOIN blob ON blob.sha256 = part.blob"
		" WHERE revision_item.revision = ? ORDER BY place");
	sql_put_i64(&query, reading->id);
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		char kind[8];
		struct blob blob;
		sql_get_text(&query, kind, sizeof(kind));
		uint32_t number = (uint32_t)sql_get_u64(&query);
		sql_get_text(&query, blob.sha256, sizeof(blob.sha256));
		blob.size = sql_get_u64(&query);
		rc = add_numbered(reading, &blob);
		if (rc == 0)
			rc = strcmp(kind, "files") == 0
				     ? read_added_files(&query, reading->record)
				     : read_package(&query, number, reading->record);
		if (rc < 0)
			return error_set(err, rc, "out of memory");
	}
	return rc;
}

/* ---- its pieces ---- */

/* Puts it into the record's list, unless it is there: parts of the same bytes share a blob. */
static int use_blob(struct reading *reading, uint64_t number, uint32_t *ret_index)
{
	struct revision_record *record = reading->record;
	if (number >= reading->n_blobs || reading->blobs[number].blob.size == 0)
		return -EBADMSG;
	struct numbered_blob *used = &reading->blobs[number];
	if (used->index == 0) {
		struct blob *blobs = sql_grow(record->blobs, record->n_blobs, sizeof(*blobs));
		if (blobs == NULL)
			return -ENOMEM;
		record->blobs = blobs;
		record->blobs[record->n_blobs++] = used->blob;
		used->index = (uint32_t)record->n_blobs;
	}
	*ret_index = used->index - 1;
	return 0;
}

static int add_piece(struct reading *reading, const struct packed_piece *packed)
{
	struct revision_record *record = reading->record;
	uint32_t index;
	int rc = use_blob(reading, packed->blob, &index);
	if (rc < 0)
		return rc;
	const struct blob *blob = &record->blobs[index];
	struct revision_piece piece = {.blob = index,
		.offset = packed->is_whole ? 0 : packed->offset,
		.length = packed->is_whole ? blob->size : packed->length};
	if (piece.offset > blob->size || piece.length > blob->size - piece.offset)
		return -EBADMSG;
	struct revision_piece *pieces = sql_grow(record->pieces, record->n_pieces, sizeof(*pieces));
	if (pieces == NULL)
		return -ENOMEM;
	record->pieces = pieces;
	record->pieces[record->n_pieces++] = piece;
	return 0;
}

static int read_pieces(struct reading *reading)
{
	struct reader reader = reader_over(reading->pieces, reading->n_pieces_bytes);
	struct packed_piece piece = {.is_whole = true};
	uint32_t base;
	uint64_t size = 0;
	int rc = use_blob(reading, 0, &base);
	if (rc == 0 && reading->n_pieces_bytes == 0)
		rc = add_piece(reading, &piece);
	while (rc == 0 && (rc = revision_unpack_piece(&reader, &piece)) > 0)
		rc = add_piece(reading, &piece);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < reading->record->n_pieces; i++)
		size += reading->record->pieces[i].length;
	return size == reading->record->size ? 0 : -EBADMSG;
}

/* ---- asking ---- */

int store_revision_get(struct store *store, const char *image, uint32_t revision,
	struct revision_record *ret_record, struct error *err)
{
	CLEANUP(revision_record_clear) struct revision_record record = {.blobs = NULL};
	CLEANUP(reading_clear) struct reading reading = {.store = store, .record = &record};
	bool began;
	int rc = sql_begin_reading(store->sql, &began, err);
	if (rc < 0)
		return rc;
	rc = read_head(&reading, image, revision, err);
	if (rc == 0)
		rc = read_items(&reading, err);
	sql_end_reading(store->sql, began);
	if (rc < 0)
		return rc;
	rc = read_pieces(&reading);
	if (rc < 0)
		return damaged(&reading, rc, err);
	*ret_record = record;
	record = (struct revision_record){.blobs = NULL};
	return 0;
}

static void read_listed(struct sql_query *query, void *item)
{
	struct revision_record *record = item;
	struct blob base;
	*record = (struct revision_record){.blobs = NULL};
	(void)read_record(query, record, &base);
	record->n_packages = (size_t)sql_get_u64(query);
}

int store_revision_list(struct store *store, const char *image,
	struct revision_record **ret_records, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_REVISION
		", (SELECT count(*) FROM revision_item JOIN layer_item ON layer_item.id = item"
		"  WHERE revision_item.revision = image_revision.id AND kind = "
		"'driver')" FROM_REVISION "WHERE image.name = ? ORDER BY image_revision.revision");
	void *records = NULL;
	sql_put_text(&query, image);
	int rc = sql_collect(
		&query, read_listed, sizeof(struct revision_record), &records, ret_n, err);
	if (rc == 0 && *ret_n == 0)
		return image_unknown(image, err);
	if (rc == 0)
		*ret_records = records;
	return rc;
}

static void read_user(struct sql_query *query, void *item)
{
	struct revision_user *user = item;
	sql_get_text(query, user->image, sizeof(user->image));
	user->revision = (uint32_t)sql_get_u64(query);
	sql_get_text(query, user->client, sizeof(user->client));
}

int store_revisions_with_package(struct store *store, const char *package,
	struct revision_user **ret_users, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"WITH used AS (SELECT name AS image, revision, '' AS client FROM image"
		"  UNION ALL SELECT image, revision, client_name FROM plan)"
		" SELECT used.image, used.revision, client FROM used"
		" JOIN image_revision ON image_revision.image = used.image"
		"  AND image_revision.revision = used.revision"
		" WHERE EXISTS (SELECT 1 FROM revision_item"
		"  WHERE revision_item.revision = image_revision.id AND item IN"
		"  (SELECT id FROM layer_item WHERE kind = 'driver' AND package = ?))"
		" ORDER BY 1, 2, 3");
	void *users = NULL;
	sql_put_text(&query, package);
	int rc = sql_collect(&query, read_user, sizeof(struct revision_user), &users, ret_n, err);
	if (rc == 0)
		*ret_users = users;
	return rc;
}

int store_image_inbox_nics_get(
	struct store *store, const char *image, struct nic_set *ret_nics, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "SELECT inbox_nics IS NULL, inbox_nics FROM image WHERE name = ?");
	size_t n;
	sql_put_text(&query, image);
	int rc = sql_step(&query, err);
	if (rc <= 0)
		return rc < 0 ? rc : image_unknown(image, err);
	if (sql_get_i64(&query) != 0)
		return error_set(err, -ENODATA,
			"image \"%s\" was imported before Pewter looked for the network cards that "
			"an image drives by itself; import it again, with --replace",
			image);
	const void *bytes = sql_get_bytes_in_place(&query, &n);
	rc = nics_unpack(bytes, n, ret_nics);
	return rc == 0 ? 0
		       : error_set(err, rc,
				 "%s: the network cards of image \"%s\" are damaged; import it "
				 "again, with --replace",
				 store->database, image);
}
