/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A revision's view: its bytes, one descriptor for each blob, and blobs that are not as they were.
 */
#include "../unit.h"

#include "image/revision_view.h"

#include "../store/revision_samples.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static struct store *store;
static struct revision_record revision;

static void set_up(unsigned n_packages)
{
	struct error err = ERROR_NULL;
	struct image_file files[2];
	struct image_record record;
	scratch_make();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "win11", "the base of it", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	assert_ok(sample_revision(store, "win11", 1, n_packages, &revision, &err));
	assert_ok(store_revision_add(store, &revision, 1, &err));
	revision_record_clear(&revision);
	assert_ok(store_revision_get(store, "win11", 0, &revision, &err));
}

static void tear_down(void)
{
	revision_record_clear(&revision);
	store = store_close(store);
	scratch_remove();
}

static size_t count_descriptors(void)
{
	size_t n = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder) != NULL)
		n++;
	(void)closedir(folder);
	return n;
}

static void test_bytes(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct view *view;
	char bytes[256] = "";
	set_up(2);
	size_t before = count_descriptors();
	assert_ok(revision_view_open(store, &revision, &view, &err));
	assert_int_equal(view_size(view), revision.size);
	assert_ok(view_read(view, 0, bytes, (size_t)revision.size));
	assert_string_equal(bytes, "layer of win11@2 with 2 packages from 1"
				   "he base of it"
				   "resources of package 1"
				   "resources of package 2");
	/* Two pieces of the base more share its descriptor. */
	view = view_unref(view);
	struct revision_piece pieces[] = {
		{0, 4, 4}, {revision.pieces[0].blob, 0, 5}, {0, 0, 3}, {0, 3, 5}};
	struct revision_record other = revision;
	other.pieces = pieces;
	other.n_pieces = ARRAY_SIZE(pieces);
	assert_ok(revision_view_open(store, &other, &view, &err));
	assert_int_equal(count_descriptors(), before + 2);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(view_size(view), 17);
	assert_ok(view_read(view, 0, bytes, 17));
	assert_string_equal(bytes, "baselayerthe base");
	assert_int_equal(view_n_segments(view), 3);
	view_unref(view);
	assert_int_equal(count_descriptors(), before);
	tear_down();
}

static void test_damage(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct view *view;
	char path[256];
	set_up(3);
	size_t before = count_descriptors();
	const char *hash = revision.blobs[revision.n_blobs - 1].sha256;
	(void)snprintf(path, sizeof(path), "%s/blobs/%.2s/%s", scratch_directory, hash, hash);
	/* Shorter than it was. */
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 3), 0);
	assert_int_equal(revision_view_open(store, &revision, &view, &err), -EIO);
	assert_non_null(strstr(err.text, path));
	/* Not there. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(revision_view_open(store, &revision, &view, &err), -ENOENT);
	assert_non_null(strstr(err.text, path));
	/* Pieces that are none. */
	struct revision_piece pieces[] = {{9, 0, 1}};
	struct revision_record other = revision;
	other.pieces = pieces;
	other.n_pieces = 1;
	assert_int_equal(revision_view_open(store, &other, &view, &err), -EBADMSG);
	pieces[0] = (struct revision_piece){0, 10, 5};
	assert_int_equal(revision_view_open(store, &other, &view, &err), -ERANGE);
	assert_int_equal(count_descriptors(), before);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
