/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A revision that begins before its layer's content is known: others see all of it or nothing. */
#include "../unit.h"

#include "revision_samples.h"

#include <errno.h>
#include <unistd.h>

static struct store *store, *other;

static int set_up(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct image_file files[2];
	struct image_record image;
	scratch_make();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	assert_ok(store_open(scratch_directory, STORE_READ, &other, &err));
	store_set_patience(other, 0);
	assert_ok(scratch_image(store, "win11", "the base", files, &image, &err));
	assert_ok(store_image_add(store, &image, true, &err));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	other = store_close(other);
	store = store_close(store);
	scratch_remove();
	return 0;
}

/* A record whose layer is not in the store, and the layer's content. */
static void make(
	unsigned first, unsigned n, struct revision_record *record, char content[static 64])
{
	struct error err = ERROR_NULL;
	assert_ok(sample_revision(store, "win11", first, n, record, &err));
	size_t size = (size_t)record->blobs[1].size;
	assert_in_range(size, 1, 63);
	memset(content, '.', size);
	content[0] = (char)('A' + first);
	record->blobs[1].sha256[0] = 0;
}

static void newest(struct store *of, struct revision_record *record)
{
	struct error err = ERROR_NULL;
	assert_ok(store_revision_get(of, "win11", 0, record, &err));
}

static void assert_same_lists(const struct revision_record *a, const struct revision_record *b)
{
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->n_packages, b->n_packages);
	for (size_t i = 0; i < a->n_packages; i++) {
		assert_int_equal(a->packages[i].number, b->packages[i].number);
		assert_string_equal(a->packages[i].id, b->packages[i].id);
		assert_string_equal(a->packages[i].part, b->packages[i].part);
	}
}

static void add(unsigned first, unsigned n)
{
	struct error err = ERROR_NULL;
	CLEANUP(revision_record_clear) struct revision_record before, record, found;
	struct revision_adding adding;
	char content[64], read_back[64];
	int fd;
	newest(store, &before);
	make(first, n, &record, content);
	const size_t size = (size_t)record.blobs[1].size;
	content[5] = '?';
	assert_ok(store_blob_prepare(store, content, size, &fd, &err));
	assert_ok(store_revision_begin(store, &record, &before, false, &adding, &err));
	newest(other, &found);
	assert_int_equal(found.revision, before.revision);
	revision_record_clear(&found);

	/* What was not known at first is what counts in the end. */
	content[5] = '!';
	assert_ok(store_blob_complete(store, fd, content, size, 4, 3, &record.layer, &err));
	assert_ok(store_revision_end(&adding, fd, &record.layer, &err));
	store_revision_abort(&adding); /* of what has ended: nothing */
	newest(other, &found);
	assert_same_lists(&record, &found);
	assert_string_equal(found.layer.sha256, record.layer.sha256);
	assert_int_equal(found.layer.size, size);
	assert_ok(store_blob_open(other, found.layer.sha256, &fd, &err));
	assert_int_equal(pread(fd, read_back, sizeof(read_back), 0), size);
	assert_memory_equal(read_back, content, size);
	assert_int_equal(close(fd), 0);
}

/* Lists that begin as the one before them did, that are shorter, that have nothing of it. */
static void revisions_follow_each_other(void **state)
{
	(void)state;
	add(1, 5);
	add(1, 7);
	add(1, 3);
	add(2, 3);
	add(20, 4);
	add(20, 0);
	add(1, 2);
}

static void what_is_broken_off_was_never_there(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(revision_record_clear) struct revision_record before, record, found;
	struct revision_adding adding;
	struct blob blob;
	char content[64];
	int fd;
	newest(store, &before);
	make(1, 2, &record, content);
	assert_ok(store_blob_prepare(store, content, (size_t)record.blobs[1].size, &fd, &err));
	assert_ok(store_revision_begin(store, &record, &before, false, &adding, &err));
	/* Nobody else writes meanwhile. */
	assert_int_equal(store_blob_add_bytes(other, "x", 1, &blob, &err), -EBUSY);
	store_revision_abort(&adding);
	store_revision_abort(&adding);
	store_blob_discard(store, fd);
	store_blob_discard(store, -1);
	assert_ok(store_blob_add_bytes(other, "x", 1, &blob, &err));
	newest(other, &found);
	assert_int_equal(found.revision, 1);
	assert_int_equal(found.n_packages, 0);
}

/* Somebody was faster, or the record at hand is not what the database has. */
static void another_ones_revision_is_not_lost(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(revision_record_clear) struct revision_record before, record, false_before;
	struct revision_adding adding;
	char content[64];
	newest(store, &before);
	make(1, 2, &record, content);
	add(1, 4);
	assert_int_equal(
		store_revision_begin(store, &record, &before, false, &adding, &err), -ESTALE);
	assert_non_null(strstr(err.text, "try again"));

	/* One that claims to hold what revision 2 does not. */
	make(1, 6, &false_before, content);
	revision_record_clear(&record);
	make(1, 6, &record, content);
	false_before.revision = 2;
	assert_int_equal(
		store_revision_begin(store, &record, &false_before, false, &adding, &err), -ESTALE);
	add(1, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(revisions_follow_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_broken_off_was_never_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			another_ones_revision_is_not_lost, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
