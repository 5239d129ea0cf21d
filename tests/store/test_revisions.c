/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts and revisions: what goes in comes out, nobody's revision is lost, what is used is kept. */
#include "../unit.h"

#include "driver_samples.h"
#include "revision_samples.h"

#include <errno.h>
#include <sqlite3.h>

static struct store *open_store(void)
{
	struct error err = ERROR_NULL;
	struct store *store;
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	return store;
}

static void add_image(struct store *store, const char *name, const char *content)
{
	struct error err = ERROR_NULL;
	struct image_file files[2];
	struct image_record record;
	assert_ok(scratch_image(store, name, content, files, &record, &err));
	assert_ok(store_image_add(store, &record, true, &err));
}

static void test_parts(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct part_record part, found;
	char package[SHA256_TEXT_BYTES];
	scratch_make();
	struct store *store = open_store();

	sample_package_id(7, package);
	assert_int_equal(store_part_get(store, package, "LZX", &found, &err), -ENOENT);
	assert_ok(sample_part(store, 7, &part, &err));
	assert_int_equal(store_part_get(store, package, "XPRESS", &found, &err), -ENOENT);
	assert_ok(store_part_get(store, package, "LZX", &found, &err));
	assert_string_equal(found.id, part.id);
	assert_string_equal(found.blob.sha256, part.blob.sha256);
	assert_int_equal(found.blob.size, part.blob.size);
	assert_int_equal(found.n_files, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(found.files[i].path, part.files[i].path);
		assert_memory_equal(found.files[i].sha1, part.files[i].sha1, 20);
		assert_int_equal(found.files[i].offset, part.files[i].offset);
		assert_int_equal(found.files[i].stored_bytes, part.files[i].stored_bytes);
		assert_int_equal(found.files[i].original_bytes, part.files[i].original_bytes);
		assert_int_equal(found.files[i].is_compressed, part.files[i].is_compressed);
	}
	part_record_clear(&found);
	/* Twice is once, also of another package. */
	assert_ok(store_part_put(store, package, &part, &err));
	sample_package_id(8, package);
	assert_ok(store_part_put(store, package, &part, &err));
	assert_ok(store_part_by_id(store, part.id, &found, &err));
	assert_string_equal(found.id, part.id);
	part_record_clear(&found);
	assert_int_equal(store_part_by_id(store, package, &found, &err), -ENOENT);

	/* The same listing over other bytes is another part. */
	char id[SHA256_TEXT_BYTES];
	(void)text_copy(id, sizeof(id), part.id);
	assert_ok(store_blob_add_bytes(store, "resources of package ?", 22, &part.blob, &err));
	assert_ok(part_id(&part));
	assert_string_not_equal(part.id, id);
	/* A blob that is not there. */
	memset(part.blob.sha256, '0', SHA256_TEXT_BYTES - 1);
	assert_int_equal(store_part_put(store, package, &part, &err), -ENOENT);
	part_record_clear(&part);

	/* Nothing but empty files: no blob. */
	struct part_file empty = {.path = (char[]){"empty"}};
	part = (struct part_record){.compression = "XPRESS", .files = &empty, .n_files = 1};
	assert_ok(part_id(&part));
	assert_ok(store_part_put(store, package, &part, &err));
	assert_ok(store_part_get(store, package, "XPRESS", &found, &err));
	assert_int_equal(found.blob.size, 0);
	assert_int_equal(found.n_files, 1);
	part_record_clear(&found);
	store_close(store);
	scratch_remove();
}

static void assert_same_nics(const struct nic_set *a, const struct nic_set *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->ids[i].vendor, b->ids[i].vendor);
		assert_int_equal(a->ids[i].device, b->ids[i].device);
		assert_int_equal(a->ids[i].any_board, b->ids[i].any_board);
	}
}

static void assert_same(const struct revision_record *a, const struct revision_record *b)
{
	assert_string_equal(a->image, b->image);
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->created_ms, b->created_ms);
	assert_string_equal(a->why, b->why);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->n_pieces, b->n_pieces);
	for (size_t i = 0; i < a->n_pieces; i++) {
		assert_string_equal(
			a->blobs[a->pieces[i].blob].sha256, b->blobs[b->pieces[i].blob].sha256);
		assert_int_equal(a->pieces[i].offset, b->pieces[i].offset);
		assert_int_equal(a->pieces[i].length, b->pieces[i].length);
	}
	assert_int_equal(a->n_packages, b->n_packages);
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct revision_package *x = &a->packages[i], *y = &b->packages[i];
		assert_int_equal(x->number, y->number);
		assert_string_equal(x->id, y->id);
		assert_string_equal(x->inf, y->inf);
		assert_string_equal(x->class, y->class);
		assert_string_equal(x->provider, y->provider);
		assert_int_equal(x->date, y->date);
		assert_int_equal(x->has_version, y->has_version);
		assert_true(x->version == y->version);
		assert_string_equal(x->part, y->part);
	}
	assert_int_equal(a->n_files, b->n_files);
	for (size_t i = 0; i < a->n_files; i++) {
		assert_string_equal(a->files[i].part, b->files[i].part);
		assert_string_equal(a->files[i].source, b->files[i].source);
	}
	assert_same_nics(&a->nics, &b->nics);
}

static void test_revisions(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revision_record record, found, *list;
	struct image_record image;
	size_t n;
	scratch_make();
	struct store *store = open_store(), *other = open_store();
	add_image(store, "win11", "the base");
	assert_int_equal(store_revision_get(other, "none", 0, &found, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no image"));
	assert_int_equal(store_revision_list(other, "none", &list, &n, &err), -ENOENT);
	assert_int_equal(store_revision_get(other, "win11", 2, &found, &err), -ENOENT);
	assert_non_null(strstr(err.text, "win11@2"));

	/* The import is revision 1: the base, whole. */
	assert_ok(store_revision_get(other, "win11", 0, &found, &err));
	assert_int_equal(found.revision, 1);
	assert_string_equal(found.why, "import");
	assert_int_equal(found.size, 8);
	assert_int_equal(found.n_blobs, 1);
	assert_int_equal(found.n_pieces, 1);
	assert_int_equal(found.pieces[0].length, 8);
	assert_int_equal(found.layer.size, 0);
	revision_record_clear(&found);

	assert_ok(sample_revision(store, "win11", 1, 5, &record, &err));
	record.files = calloc(1, sizeof(*record.files));
	record.n_files = 1;
	(void)text_copy(record.files[0].part, SHA256_TEXT_BYTES, record.packages[3].part);
	(void)text_copy(record.files[0].source, 20, "tools");
	assert_ok(store_revision_add(store, &record, 1, &err));
	assert_ok(store_revision_get(other, "win11", 0, &found, &err));
	assert_same(&record, &found);
	assert_string_equal(found.layer.sha256, record.blobs[1].sha256);
	assert_int_equal(found.layer.size, record.blobs[1].size);
	revision_record_clear(&found);
	assert_ok(store_image_get(other, "win11", &image, &err));
	assert_int_equal(image.revision, 2);
	image_record_clear(&image);

	/* The same again was built on what is no longer the newest. */
	assert_int_equal(store_revision_add(store, &record, 1, &err), -ESTALE);
	assert_non_null(strstr(err.text, "revision 2"));
	revision_record_clear(&record);

	assert_ok(sample_revision(store, "win11", 3, 4, &record, &err));
	assert_ok(store_revision_add(store, &record, 2, &err));
	revision_record_clear(&record);
	assert_ok(store_revision_list(other, "win11", &list, &n, &err));
	assert_int_equal(n, 3);
	assert_int_equal(list[0].revision, 1);
	assert_int_equal(list[1].n_packages, 5);
	assert_int_equal(list[2].n_packages, 4);
	assert_true(list[2].layer.size > 0);
	revision_records_free(list, n);

	/* Neither the newest nor what is not there can be removed; numbers are not used again. */
	assert_int_equal(store_revision_remove(store, "win11", 3, &err), -EBUSY);
	assert_int_equal(store_revision_remove(store, "win11", 4, &err), -ENOENT);
	assert_ok(store_revision_remove(store, "win11", 2, &err));
	assert_int_equal(store_revision_get(store, "win11", 2, &found, &err), -ENOENT);
	assert_ok(sample_revision(store, "win11", 9, 1, &record, &err));
	assert_int_equal(record.revision, 4);
	revision_record_clear(&record);
	store_close(other);
	store_close(store);
	scratch_remove();
}

/* One client's own stand aside: neither what others boot nor what the next one is built on. */
static void test_own_revisions(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revision_record record, found;
	struct image_record image;
	scratch_make();
	struct store *store = open_store();
	add_image(store, "win11", "the base");
	assert_ok(sample_revision(store, "win11", 1, 2, &record, &err));
	assert_ok(store_revision_add(store, &record, 1, &err));
	revision_record_clear(&record);
	assert_ok(sample_revision(store, "win11", 7, 1, &record, &err));
	assert_int_equal(record.revision, 3);
	record.is_own = true;
	assert_ok(store_revision_add(store, &record, 2, &err));
	assert_int_equal(store_revision_add(store, &record, 2, &err), -ESTALE);
	/* Image and revision were read at different moments. */
	record.revision = 2;
	assert_int_equal(store_revision_add(store, &record, 2, &err), -ESTALE);
	revision_record_clear(&record);

	assert_ok(store_image_get(store, "win11", &image, &err));
	assert_int_equal(image.revision, 2);
	assert_int_equal(image.last_revision, 3);
	image_record_clear(&image);
	assert_ok(store_revision_get(store, "win11", 0, &found, &err));
	assert_int_equal(found.revision, 2);
	assert_false(found.is_own);
	revision_record_clear(&found);
	assert_ok(store_revision_get(store, "win11", 3, &found, &err));
	assert_true(found.is_own);
	revision_record_clear(&found);

	/* It may go at any time, its number not. */
	assert_ok(store_revision_remove(store, "win11", 3, &err));
	assert_ok(sample_revision(store, "win11", 9, 1, &record, &err));
	assert_int_equal(record.revision, 4);
	assert_int_equal(store_revision_add(store, &record, 3, &err), -ESTALE);
	assert_ok(store_revision_add(store, &record, 2, &err));
	revision_record_clear(&record);
	assert_ok(store_image_get(store, "win11", &image, &err));
	assert_int_equal(image.revision, 4);
	image_record_clear(&image);
	store_close(store);
	scratch_remove();
}

static void test_refusals(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revision_record record, found;
	struct revision_piece kept;
	scratch_make();
	struct store *store = open_store();
	add_image(store, "win11", "the base");
	assert_ok(sample_revision(store, "win11", 1, 2, &record, &err));

	/* Pieces outside their blobs, of nothing, of no blob; another sum. */
	static const struct revision_piece wrong[] = {
		{0, 0, 9}, {0, 8, 1}, {0, UINT64_MAX, 2}, {0, 1, 0}, {4, 0, 1}, {0, 1, 6}};
	kept = record.pieces[1];
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		record.pieces[1] = wrong[i];
		assert_int_equal(store_revision_add(store, &record, 1, &err), -EINVAL);
	}
	record.pieces[1] = kept;
	/* Two blobs that no part has. */
	char part[SHA256_TEXT_BYTES];
	(void)text_copy(part, sizeof(part), record.packages[1].part);
	(void)text_copy(record.packages[1].part, sizeof(part), record.packages[0].part);
	assert_int_equal(store_revision_add(store, &record, 1, &err), -EINVAL);
	/* A part that is not there (any more). */
	memset(record.packages[1].part, '0', SHA256_TEXT_BYTES - 1);
	assert_int_equal(store_revision_add(store, &record, 1, &err), -ESTALE);
	(void)text_copy(record.packages[1].part, sizeof(part), part);
	/* Cards that are not sorted. */
	struct nic_id ids[2] = {{.vendor = 2, .device = 1}, {.vendor = 1, .device = 2}}, *cards;
	cards = record.nics.ids;
	record.nics = (struct nic_set){ids, 2};
	assert_int_equal(store_revision_add(store, &record, 1, &err), -EINVAL);
	record.nics = (struct nic_set){cards, 1};
	/* Not the next one. */
	record.revision = 3;
	assert_int_equal(store_revision_add(store, &record, 1, &err), -EINVAL);
	record.revision = 2;
	/* A layer whose bytes are not in the store. */
	struct blob layer = record.blobs[1];
	memset(record.blobs[1].sha256, '1', SHA256_TEXT_BYTES - 1);
	assert_int_equal(store_revision_add(store, &record, 1, &err), -ENOENT);
	record.blobs[1] = layer;
	/* Nothing of all that left anything behind. */
	assert_int_equal(store_revision_get(store, "win11", 2, &found, &err), -ENOENT);
	assert_ok(store_revision_get(store, "win11", 0, &found, &err));
	assert_int_equal(found.revision, 1);
	revision_record_clear(&found);

	/* Another base under the same name, or none. */
	add_image(store, "win11", "another base");
	assert_int_equal(store_revision_add(store, &record, 1, &err), -ENOENT);
	assert_non_null(strstr(err.text, "replaced"));
	assert_ok(store_image_remove(store, "win11", &err));
	assert_int_equal(store_revision_add(store, &record, 1, &err), -ENOENT);
	assert_non_null(strstr(err.text, "removed"));
	revision_record_clear(&record);
	store_close(store);
	scratch_remove();
}

/* The same base again (to bring back what a disk lost) keeps what was made on it. */
static void test_renewed_image(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revision_record record;
	struct image_record image;
	scratch_make();
	struct store *store = open_store();
	add_image(store, "win11", "the base");
	assert_ok(sample_revision(store, "win11", 1, 2, &record, &err));
	assert_ok(store_revision_add(store, &record, 1, &err));
	revision_record_clear(&record);
	add_image(store, "win11", "the base");
	assert_ok(store_image_get(store, "win11", &image, &err));
	assert_int_equal(image.revision, 2);
	assert_int_equal(image.n_files, 2);
	image_record_clear(&image);
	assert_ok(store_revision_get(store, "win11", 2, &record, &err));
	assert_int_equal(record.n_packages, 2);
	revision_record_clear(&record);
	add_image(store, "win11", "another base");
	assert_ok(store_image_get(store, "win11", &image, &err));
	assert_int_equal(image.revision, 1);
	image_record_clear(&image);
	assert_int_equal(store_revision_get(store, "win11", 2, &record, &err), -ENOENT);
	store_close(store);
	scratch_remove();
}

/* Several processes, each adding its revisions to one image, as fast as they can. */
static void test_many_writers(void **state)
{
	(void)state;
	enum { WRITERS = 4, EACH = 12 };
	struct error err = ERROR_NULL;
	pid_t writers[WRITERS];
	struct revision_record *list;
	size_t n;
	scratch_make();
	struct store *store = open_store();
	add_image(store, "win11", "the base");
	store = store_close(store);

	for (unsigned w = 0; w < WRITERS; w++) {
		writers[w] = fork();
		assert_true(writers[w] >= 0);
		if (writers[w] > 0)
			continue;
		store = open_store();
		for (unsigned done = 0; done < EACH;) {
			struct revision_record record;
			assert_ok(
				sample_revision(store, "win11", w * 100 + done, 3, &record, &err));
			int rc = store_revision_add(store, &record, record.revision - 1, &err);
			revision_record_clear(&record);
			if (rc != 0 && rc != -ESTALE)
				_exit(1);
			done += rc == 0;
		}
		store_close(store);
		_exit(0);
	}
	for (unsigned w = 0; w < WRITERS; w++) {
		int status;
		assert_int_equal(waitpid(writers[w], &status, 0), writers[w]);
		assert_int_equal(status, 0);
	}
	store = open_store();
	assert_ok(store_revision_list(store, "win11", &list, &n, &err));
	assert_int_equal(n, 1 + WRITERS * EACH);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(list[i].revision, i + 1);
	revision_records_free(list, n);
	/* Each writer's revisions are all there. */
	bool seen[WRITERS][EACH] = {{false}};
	for (uint32_t i = 2; i <= 1 + WRITERS * EACH; i++) {
		struct revision_record found;
		assert_ok(store_revision_get(store, "win11", i, &found, &err));
		unsigned first = found.nics.ids[0].device;
		assert_false(seen[first / 100][first % 100]);
		seen[first / 100][first % 100] = true;
		revision_record_clear(&found);
	}
	store_close(store);
	scratch_remove();
}

static bool has_blob(struct store *store, const struct blob *blob)
{
	int fd;
	if (store_blob_open(store, blob->sha256, &fd, NULL) < 0)
		return false;
	(void)close(fd);
	return true;
}

/* The day that an import is given has passed. */
static void let_a_day_pass(void)
{
	char path[128];
	sqlite3 *db;
	(void)snprintf(path, sizeof(path), "%s/pewter.db", scratch_directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "UPDATE blob SET pending_until_ms = 1"
				 " WHERE pending_until_ms <> 0",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_sweep(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revision_record first, second;
	struct part_record unused, cached, found;
	size_t n;
	scratch_make();
	struct store *store = open_store();
	add_image(store, "win11", "the base");
	assert_ok(sample_revision(store, "win11", 1, 3, &first, &err));
	assert_ok(store_revision_add(store, &first, 1, &err));
	assert_ok(sample_revision(store, "win11", 3, 1, &second, &err));
	assert_ok(store_revision_add(store, &second, 2, &err));
	assert_ok(sample_part(store, 50, &unused, &err));
	/* One whose package is in the database. */
	struct driver_package package = sample_package('a', "a.inf", "P", 1, 1);
	assert_ok(store_driver_add(store, &package, &err));
	assert_ok(sample_part(store, 51, &cached, &err));
	assert_ok(store_part_put(store, package.id, &cached, &err));

	/* What was just made is nobody's garbage. */
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 0);
	let_a_day_pass();
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 1);
	assert_false(has_blob(store, &unused.blob));
	assert_int_equal(store_part_by_id(store, unused.id, &found, &err), -ENOENT);
	assert_true(has_blob(store, &cached.blob));
	for (size_t i = 0; i < first.n_blobs; i++)
		assert_true(has_blob(store, &first.blobs[i]));

	/* Without the first layer: its own bytes and the parts that only it had. */
	assert_ok(store_revision_remove(store, "win11", 2, &err));
	assert_ok(store_driver_remove(store, package.id, &err));
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 4);
	assert_false(has_blob(store, &cached.blob));
	assert_false(has_blob(store, &first.blobs[1]));
	assert_false(has_blob(store, &first.blobs[2]));
	assert_true(has_blob(store, &first.blobs[4]));
	for (size_t i = 0; i < second.n_blobs; i++)
		assert_true(has_blob(store, &second.blobs[i]));

	/* With the image goes all of it: base, its boot files, layer, part. */
	assert_ok(store_image_remove(store, "win11", &err));
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 5);
	part_record_clear(&unused);
	part_record_clear(&cached);
	revision_record_clear(&first);
	revision_record_clear(&second);
	store_close(store);
	scratch_remove();
}

static void test_inbox_nics(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct nic_id ids[] = {
		{.vendor = 0x10ec, .device = 0x8168},
		{.vendor = 0x8086, .device = 0x100e, .any_board = true},
		{.vendor = 0x8086, .device = 0x15f3},
	};
	struct nic_set nics = {ids, 3}, found;
	scratch_make();
	struct store *store = open_store();
	add_image(store, "win11", "the base");
	assert_int_equal(store_image_inbox_nics_get(store, "win11", &found, &err), -ENODATA);
	assert_int_equal(store_image_inbox_nics_get(store, "none", &found, &err), -ENOENT);
	assert_int_equal(store_image_inbox_nics_put(store, "none", &nics, &err), -ENOENT);
	assert_ok(store_image_inbox_nics_put(store, "win11", &nics, &err));
	assert_ok(store_image_inbox_nics_get(store, "win11", &found, &err));
	assert_same_nics(&nics, &found);
	nic_set_clear(&found);
	/* None is an answer, too. */
	nics.n = 0;
	assert_ok(store_image_inbox_nics_put(store, "win11", &nics, &err));
	assert_ok(store_image_inbox_nics_get(store, "win11", &found, &err));
	assert_int_equal(found.n, 0);
	nic_set_clear(&found);
	store_close(store);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_revisions),
		cmocka_unit_test(test_own_revisions),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_renewed_image),
		cmocka_unit_test(test_many_writers),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_inbox_nics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
