/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The next revision of an image. */
#include "store/revisions.h"

#include "base/bytes.h"
#include "store/internal.h"
#include "store/revision_pack.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static bool is_same_item(const struct item *a, const struct item *b)
{
	return a->number == b->number && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->package, b->package) == 0 && strcmp(a->source, b->source) == 0 &&
	       strcmp(a->part, b->part) == 0;
}

/* How many of the first places hold what they held before. */
static size_t count_same(const struct revision_record *record, const struct revision_record *before)
{
	size_t n = 0;
	for (; n < revision_n_places(record) && n < revision_n_places(before); n++) {
		const struct item new = item_at(record, n), old = item_at(before, n);
		if (!is_same_item(&new, &old))
			break;
	}
	return n;
}

/* One statement for all of them: a revision with hundreds of packages differs from the one before
 * it by some. */
static int take_places(struct store *store, int64_t revision, const struct revision_record *before,
	size_t n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO revision_item (revision, place, number, item)"
		" SELECT ?, place, number, item FROM revision_item"
		"  JOIN image_revision ON image_revision.id = revision_item.revision"
		" WHERE image = ? AND image_revision.revision = ? AND place < ?");
	sql_put_i64(&query, revision);
	sql_put_text(&query, before->image);
	sql_put_i64(&query, before->revision);
	sql_put_u64(&query, n);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) != (int64_t)n)
		return error_set(err, -ESTALE,
			"revision %u of \"%s\" has gone meanwhile; try again", before->revision,
			before->image);
	return rc;
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

/* before: NULL if its record is not at hand. */
static int insert_all(struct store *store, const struct revision_record *record,
	const struct revision_record *before, const struct blob *layer, const struct buffer *pieces,
	int64_t *ret_row, struct error *err)
{
	size_t n_same = before != NULL ? count_same(record, before) : 0;
	int rc = insert_revision(store, record, layer, pieces, err);
	int64_t row = sql_last_id(store->sql);
	if (rc == 0 && n_same > 0)
		rc = take_places(store, row, before, n_same, err);
	for (size_t place = n_same; rc == 0 && place < revision_n_places(record); place++) {
		struct item item = item_at(record, place);
		rc = add_place(store, row, place, &item, err);
	}
	if (rc == 0)
		rc = claim_parts(store, row, err);
	if (rc == 0)
		rc = set_newest(store, record, err);
	*ret_row = row;
	return rc;
}

static int check_and_insert(struct store *store, const struct revision_record *record,
	uint32_t built_on, const struct revision_record *before, int64_t *ret_row,
	struct error *err)
{
	CLEANUP(buffer_free) struct buffer pieces = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	CLEANUP(memory_freep)
	uint64_t *numbers = calloc(record->n_blobs + 1, sizeof(*numbers));
	struct blob layer;
	if (numbers == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = check_image(store, record, built_on, err);
	if (rc == 0)
		rc = revision_number_blobs(store, record, numbers, &layer, err);
	if (rc == 0)
		rc = pack_pieces(record, numbers, &pieces, err);
	return rc < 0 ? rc : insert_all(store, record, before, &layer, &pieces, ret_row, err);
}

static int begin(struct store *store, const struct revision_record *record, uint32_t built_on,
	const struct revision_record *before, enum sql_durability durability,
	struct revision_adding *ret_adding, struct error *err)
{
	struct revision_adding adding = {.store = store};
	struct sql_scope scope;
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
	adding.is_savepoint = scope.is_savepoint;
	rc = check_and_insert(store, record, built_on, before, &adding.row, err);
	if (rc < 0)
		return sql_leave(store->sql, &scope, rc, err);
	*ret_adding = adding;
	return 0;
}

static int leave(struct revision_adding *adding, int rc, struct error *err)
{
	const struct sql_scope scope = {.is_savepoint = adding->is_savepoint};
	struct store *store = adding->store;
	adding->store = NULL;
	return sql_leave(store->sql, &scope, rc, err);
}

int store_revision_add(struct store *store, const struct revision_record *record, uint32_t built_on,
	struct error *err)
{
	struct revision_adding adding;
	int rc = begin(store, record, built_on, NULL, SQL_DURABLE, &adding, err);
	return rc < 0 ? rc : leave(&adding, 0, err);
}

int store_revision_begin(struct store *store, const struct revision_record *record,
	const struct revision_record *before, bool has_plan, struct revision_adding *ret_adding,
	struct error *err)
{
	return begin(store, record, before->revision, before, has_plan ? SQL_ATOMIC : SQL_DURABLE,
		ret_adding, err);
}

static int set_layer(
	const struct revision_adding *adding, const struct blob *layer, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(adding->store->sql, "UPDATE image_revision SET layer = ? WHERE id = ?");
	sql_put_text(&query, layer->sha256);
	sql_put_i64(&query, adding->row);
	return sql_execute(&query, err);
}

int store_revision_end(
	struct revision_adding *adding, int layer_fd, const struct blob *layer, struct error *err)
{
	struct store *store = adding->store;
	int rc = blob_take(store, layer_fd, layer, err);
	if (rc == 0)
		rc = blob_claim(store, layer, err);
	if (rc == 0)
		rc = set_layer(adding, layer, err);
	rc = leave(adding, rc, err);
	store_blob_discard(store, layer_fd);
	return rc;
}

void store_revision_abort(struct revision_adding *adding)
{
	if (adding->store != NULL)
		(void)!leave(adding, -ECANCELED, NULL);
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
