/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many blobs with one sync. */
#include "../unit.h"

#include "store/store.h"

#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static struct store *store;
static const char *directory;
static struct error err;

static int setup(void **state)
{
	(void)state;
	directory = scratch_make();
	err = ERROR_NULL;
	return store_open(directory, STORE_CREATE, &store, &err);
}

static int teardown(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

static bool is_stored(const struct blob *blob)
{
	int fd;
	int rc = store_blob_open(store, blob->sha256, &fd, &err);
	if (rc == 0)
		assert_int_equal(close(fd), 0);
	else
		assert_int_equal(rc, -ENOENT);
	return rc == 0;
}

static void add_text(struct blob_batch *batch, const char *text, struct blob *ret_blob)
{
	assert_ok(store_blob_batch_add_bytes(batch, text, strlen(text), ret_blob, &err));
	assert_int_equal(ret_blob->size, strlen(text));
}

static void add_file(struct blob_batch *batch, const char *text, struct blob *ret_blob)
{
	int fd;
	assert_ok(store_blob_create(store, &fd, &err));
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_ok(store_blob_batch_add(batch, fd, ret_blob, &err));
}

static void test_names_come_with_the_commit(void **state)
{
	(void)state;
	struct blob_batch *batch;
	struct blob one, two, empty, single;
	assert_ok(store_blob_batch_open(store, &batch, &err));
	assert_ok(store_blob_batch_commit(batch, &err)); /* of nothing */
	add_text(batch, "one", &one);
	add_file(batch, "two", &two);
	add_text(batch, "", &empty);
	assert_false(is_stored(&one));
	assert_false(is_stored(&two));
	assert_ok(store_blob_batch_commit(batch, &err));
	assert_true(is_stored(&one) && is_stored(&two) && is_stored(&empty));

	/* The same hash as the way of a single one gives, and its file is taken as it is. */
	assert_ok(store_blob_add_bytes(store, "two", 3, &single, &err));
	assert_string_equal(single.sha256, two.sha256);
	assert_int_equal(single.size, two.size);

	/* Filled again, with what is there already and with the same thing twice. */
	add_file(batch, "one", &single);
	assert_string_equal(single.sha256, one.sha256);
	add_text(batch, "three", &two);
	add_file(batch, "three", &single);
	assert_string_equal(single.sha256, two.sha256);
	assert_ok(store_blob_batch_commit(batch, &err));
	assert_true(is_stored(&single));
	store_blob_batch_close(batch);
}

static void test_dropped_without_commit(void **state)
{
	(void)state;
	struct blob_batch *batch;
	struct blob blob;
	assert_ok(store_blob_batch_open(store, &batch, &err));
	add_text(batch, "never to be named", &blob);
	store_blob_batch_close(batch);
	assert_false(is_stored(&blob));
}

/* More files than the process may have open: the batch commits itself. */
static void test_thousands(void **state)
{
	(void)state;
	struct blob_batch *batch;
	static struct blob blobs[3000];
	size_t n;
	assert_ok(store_blob_batch_open(store, &batch, &err));
	for (size_t i = 0; i < ARRAY_SIZE(blobs); i++) {
		char text[32];
		(void)snprintf(text, sizeof(text), "file %zu", i);
		if (i % 2 == 0)
			add_text(batch, text, &blobs[i]);
		else
			add_file(batch, text, &blobs[i]);
	}
	assert_ok(store_blob_batch_commit(batch, &err));
	store_blob_batch_close(batch);
	/* Nobody has named them yet, but an import may be about to. */
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 0);
	for (size_t i = 0; i < ARRAY_SIZE(blobs); i++)
		assert_true(is_stored(&blobs[i]));
}

/* A blob that somebody cut is no blob that is there already. */
static void test_mends(void **state)
{
	(void)state;
	struct blob_batch *batch;
	struct blob blob;
	char path[256], content[16];
	int fd;
	assert_ok(store_blob_add_bytes(store, "content", 7, &blob, &err));
	(void)snprintf(path, sizeof(path), "%s/blobs/%.2s/%s", directory, blob.sha256, blob.sha256);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 3), 0);
	assert_ok(store_blob_batch_open(store, &batch, &err));
	add_text(batch, "content", &blob);
	assert_ok(store_blob_batch_commit(batch, &err));
	store_blob_batch_close(batch);
	assert_ok(store_blob_open(store, blob.sha256, &fd, &err));
	assert_int_equal(read(fd, content, sizeof(content)), 7);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_come_with_the_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped_without_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_thousands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mends, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
