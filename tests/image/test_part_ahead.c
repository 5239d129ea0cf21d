/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts that are made when packages come in. */
#include "../unit.h"

#include "../driver/packs.h"

#include "base/text.h"
#include "image/part.h"
#include "image/part_ahead.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* More than one batch, and of every size: one is most of it, many have next to nothing. */
#define N_PACKAGES 70

static char folder[128], root[160];
static struct store *store;
static struct part_wish wishes[N_PACKAGES];
static size_t n_wishes;

static int wish(void *context, const struct import_item *item)
{
	(void)context;
	if (item->package == NULL)
		return 0;
	assert_true(n_wishes < ARRAY_SIZE(wishes));
	wishes[n_wishes] = (struct part_wish){.size = item->package->size};
	(void)text_copy(wishes[n_wishes++].package, SHA256_TEXT_BYTES, item->package->id);
	return 0;
}

static void put_package(size_t number, size_t n_bytes)
{
	char path[64], inf[4096];
	uint8_t *bytes = malloc(n_bytes + 1);
	for (size_t i = 0; i < n_bytes; i++)
		bytes[i] = (uint8_t) "the quick brown fox "[(i * i / (977 + number)) % 20];
	(void)snprintf(inf, sizeof(inf), "; %zu\r\n%s", number, INF_PLAIN);
	(void)snprintf(path, sizeof(path), "%zu/card.inf", number);
	put_text(root, path, inf);
	(void)snprintf(path, sizeof(path), "%zu/card64.sys", number);
	put_file(root, path, bytes, n_bytes);
	(void)snprintf(path, sizeof(path), "%zu/card32.sys", number);
	put_file(root, path, "", 0);
	free(bytes);
}

static int set_up(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	char path[160];
	(void)snprintf(folder, sizeof(folder), "%s", scratch_make());
	(void)snprintf(root, sizeof(root), "%s/in", folder);
	(void)snprintf(path, sizeof(path), "%s/state", folder);
	assert_int_equal(mkdir(root, 0700), 0);
	for (size_t i = 0; i < N_PACKAGES; i++)
		put_package(i, i == 3 ? 4000000 : i % 8 == 0 ? 200000 + i : i * 37);
	assert_ok(store_open(path, STORE_CREATE, &store, &err));
	n_wishes = 0;
	assert_ok(driver_import(store, root, wish, NULL, NULL, &err));
	assert_int_equal(n_wishes, N_PACKAGES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

static bool has_part(const char *package)
{
	struct error err = ERROR_NULL;
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	return store_part_get(store, package, "LZX", &part, &err) == 0 &&
	       part_is_whole(store, &part);
}

static void blob_path(const struct blob *blob, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/state/blobs/%.2s/%s", folder, blob->sha256, blob->sha256);
}

/* The file of one package that has its content alone. */
static void sys_path(const char *id, char *path, size_t size)
{
	struct error err = ERROR_NULL;
	CLEANUP(driver_package_clear) struct driver_package package;
	assert_ok(store_driver_get(store, id, &package, &err));
	for (size_t i = 0; i < package.n_files; i++)
		if (strcmp(package.files[i].path, "card64.sys") == 0)
			blob_path(&package.files[i].blob, path, size);
}

static uint64_t told_done, told_total;

static void note_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	(void)context;
	assert_string_equal(what, "compressing");
	told_done = done;
	told_total = total;
}

static void parts_are_what_they_would_be_later(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	const struct progress_sink sink = {.report = note_progress};
	char path[160];
	struct store *later;
	uint64_t n_bytes = 0;
	for (size_t i = 0; i < n_wishes; i++)
		n_bytes += wishes[i].size;
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, &sink, &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(told_total, n_bytes);
	assert_true(told_done > n_bytes / 2 && told_done <= n_bytes);
	(void)snprintf(path, sizeof(path), "%s/later", folder);
	assert_ok(store_open(path, STORE_CREATE, &later, &err));
	n_wishes = 0;
	assert_ok(driver_import(later, root, wish, NULL, NULL, &err));
	for (size_t i = 0; i < n_wishes; i++) {
		CLEANUP(driver_package_clear) struct driver_package package;
		CLEANUP(part_record_clear) struct part_record ahead = {.files = NULL};
		CLEANUP(part_record_clear) struct part_record at_use = {.files = NULL};
		assert_ok(store_driver_get(later, wishes[i].package, &package, &err));
		assert_ok(
			part_of_package(later, &package, WIM_COMPRESSION_LZX, NULL, &at_use, &err));
		assert_ok(store_part_get(store, wishes[i].package, "LZX", &ahead, &err));
		assert_string_equal(ahead.id, at_use.id);
		assert_true(part_is_whole(store, &ahead));
	}
	store_close(later);
}

static void what_is_there_is_not_made_again(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct part_record part;
	char path[512], sys[512];
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, NULL, &err), 0);
	/* Not one file is read: it would be missed. */
	sys_path(wishes[5].package, sys, sizeof(sys));
	assert_int_equal(unlink(sys), 0);
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, NULL, &err), 0);
	/* A part whose bytes were lost is, of the others none. */
	assert_ok(store_part_get(store, wishes[9].package, "LZX", &part, &err));
	blob_path(&part.blob, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	told_total = 0;
	const struct progress_sink sink = {.report = note_progress};
	uint64_t size = wishes[9].size;
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, &sink, &err), 0);
	assert_int_equal(told_total, size);
	assert_true(part_is_whole(store, &part));
	part_record_clear(&part);
}

static void a_damaged_package_is_alone_in_that(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	char damaged[SHA256_TEXT_BYTES], missing[SHA256_TEXT_BYTES], sys[512];
	memcpy(damaged, wishes[16].package, sizeof(damaged));
	memcpy(missing, wishes[33].package, sizeof(missing));
	sys_path(damaged, sys, sizeof(sys));
	assert_int_equal(chmod(sys, 0600), 0);
	int fd = open(sys, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "?", 1, 50), 1);
	assert_int_equal(close(fd), 0);
	sys_path(missing, sys, sizeof(sys));
	assert_int_equal(unlink(sys), 0);
	/* Nobody misses one that has been removed. */
	memset(wishes[20].package, 'f', SHA256_TEXT_BYTES - 1);
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, NULL, &err), 2);
	if (strstr(err.text, "is damaged") == NULL && strstr(err.text, "is missing") == NULL)
		fail_msg("%s", err.text);
	size_t n_with = 0;
	for (size_t i = 0; i < n_wishes; i++)
		n_with += has_part(wishes[i].package);
	assert_false(has_part(damaged) || has_part(missing));
	assert_int_equal(n_with, N_PACKAGES - 3);
}

static void a_disk_that_is_full_ends_it(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	/* Below the part of the largest, which goes first. */
	none.rlim_cur = 4096;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	size_t n_failed = part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(n_failed, N_PACKAGES);
	assert_string_not_equal(err.text, "");
	for (size_t i = 0; i < n_wishes; i++)
		assert_false(has_part(wishes[i].package));
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, NULL, &err), 0);
	for (size_t i = 0; i < n_wishes; i++)
		assert_true(has_part(wishes[i].package));
}

static void parts_go_with_their_packages(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct part_record part;
	char path[512];
	size_t n;
	assert_int_equal(
		part_make_ahead(store, wishes, n_wishes, WIM_COMPRESSION_LZX, NULL, &err), 0);
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 0);
	assert_ok(store_part_get(store, wishes[0].package, "LZX", &part, &err));
	blob_path(&part.blob, path, sizeof(path));
	assert_int_equal(access(path, F_OK), 0);
	assert_ok(store_driver_remove(store, wishes[0].package, &err));
	/* Its INF, its file for amd64 and what both became: the empty one is everybody's. */
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 3);
	assert_int_equal(access(path, F_OK), -1);
	part_record_clear(&part);
	assert_int_equal(store_part_get(store, wishes[0].package, "LZX", &part, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			parts_are_what_they_would_be_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_there_is_not_made_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_package_is_alone_in_that, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_disk_that_is_full_ends_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_go_with_their_packages, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
