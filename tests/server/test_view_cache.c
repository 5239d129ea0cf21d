/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "boot_world.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

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

static void revisions_share_descriptors(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct image_record image;
	struct view *views[20], *view;
	for (unsigned i = 0; i < 20; i++)
		add_revision(f, 1, i + 10);
	assert_ok(store_image_get(f->store, "sample", &image, &err));
	size_t before = count_descriptors();
	for (uint32_t i = 0; i < 20; i++)
		assert_ok(view_cache_revision(f->cache, &image, i + 2, &views[i], &err));
	/* One for the base, one for each layer, one for each of 29 packages. */
	assert_int_equal(count_descriptors() - before, 1 + 20 + 29);
	assert_ok(view_cache_revision(f->cache, &image, 0, &view, &err));
	assert_ptr_equal(view, views[19]);
	view_unref(view);
	/* News close nothing that is still there. */
	view_cache_refresh(f->cache);
	assert_int_equal(view_cache_count(f->cache), 1 + 20 + 29);
	assert_ok(view_cache_revision(f->cache, &image, 21, &view, &err));
	assert_int_equal(count_descriptors() - before, 1 + 20 + 29);
	view_unref(view);
	for (size_t i = 0; i < 20; i++)
		views[i] = view_unref(views[i]);
	image_record_clear(&image);
}

/* What is cached and unused makes room; what does not fit at all is an error. */
static void descriptors_run_out(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct image_record image;
	struct rlimit limit, small;
	struct view *view;
	add_revision(f, 1, 20);
	add_revision(f, 101, 20);
	assert_ok(store_image_get(f->store, "sample", &image, &err));
	assert_ok(view_cache_revision(f->cache, &image, 2, &view, &err));
	view_unref(view);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	int free_fd = dup(0); /* the lowest that is free */
	assert_true(free_fd >= 0);
	assert_int_equal(close(free_fd), 0);
	small = (struct rlimit){(rlim_t)free_fd + 4, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	int rc = view_cache_revision(f->cache, &image, 3, &view, &err);
	if (rc == 0)
		view_unref(view);
	small.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	int without = view_cache_revision(f->cache, &image, 2, &view, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(without, -EMFILE);
	assert_ok(view_cache_revision(f->cache, &image, 2, &view, &err));
	view_unref(view);
	image_record_clear(&image);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	const struct CMUnitTest tests[] = {
		IN_WORLD(revisions_share_descriptors),
		IN_WORLD(descriptors_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
