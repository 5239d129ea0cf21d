/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store when things go wrong: a process killed at any instant of an import, several processes
 * writing at once, a disk that is full, blobs that somebody cut. What must hold: an image or driver
 * package that can be seen has all its blobs, whole.
 */
#include "../unit.h"

#include "adapter/crypto.h"
#include "base/text.h"
#include "store/drivers.h"

#include "driver_count.h"
#include "driver_samples.h"
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

static void seccomp_releasep(scmp_filter_ctx *filter)
{
	if (*filter != NULL)
		seccomp_release(*filter);
}

static void assert_blob_whole(struct store *store, const struct blob *blob)
{
	struct error err = ERROR_NULL;
	int fd;
	char content[4096], text[SHA256_TEXT_BYTES];
	uint8_t digest[SHA256_BYTES];
	assert_ok(store_blob_open(store, blob->sha256, &fd, &err));
	ssize_t n = read(fd, content, sizeof(content));
	assert_int_equal(n, blob->size);
	assert_int_equal(close(fd), 0);
	assert_int_equal(sha256_of(content, (size_t)n, digest), 0);
	text_hex(digest, sizeof(digest), text);
	assert_string_equal(text, blob->sha256);
}

/* Every image that can be seen is whole; their number. */
static size_t assert_images_whole(struct store *store)
{
	struct error err = ERROR_NULL;
	struct image_record *list;
	size_t n;
	assert_ok(store_image_list(store, &list, &n, &err));
	for (size_t i = 0; i < n; i++) {
		assert_blob_whole(store, &list[i].base);
		assert_int_equal(list[i].n_files, 2);
		for (size_t f = 0; f < 2; f++)
			assert_blob_whole(store, &list[i].files[f].blob);
	}
	image_records_free(list, n);
	return n;
}

/* Files below blobs/, all folders together. */
static size_t count_files(const char *directory)
{
	char path[512];
	size_t n_files = 0;
	(void)snprintf(path, sizeof(path), "%s/blobs", directory);
	DIR *blobs = opendir(path);
	assert_non_null(blobs);
	for (struct dirent *entry; (entry = readdir(blobs)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/blobs/%s", directory, entry->d_name);
		DIR *folder = opendir(path);
		assert_non_null(folder);
		for (struct dirent *file; (file = readdir(folder)) != NULL;)
			n_files += file->d_name[0] != '.';
		(void)closedir(folder);
	}
	(void)closedir(blobs);
	return n_files;
}

/* Imports, replaces and removes for ever, saying so after each step; never returns. */
static void import_for_ever(const char *directory, int tell_fd, unsigned round)
{
	struct error err = ERROR_NULL;
	struct store *store;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (store_open(directory, STORE_CREATE, &store, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	for (unsigned i = 0;; i++) {
		char name[32], content[64];
		struct image_file files[2];
		struct image_record record;
		size_t n;
		(void)snprintf(name, sizeof(name), "image-%u-%u", round / 1000, i % 7);
		(void)snprintf(content, sizeof(content), "round %u, base %u", round, i);
		if (scratch_image(store, name, content, files, &record, &err) < 0 ||
			store_image_add(store, &record, true, &err) < 0 ||
			(i % 5 == 4 && store_image_remove(store, name, &err) < 0) ||
			(i % 3 == 2 && store_blob_sweep(store, &n, &err) < 0)) {
			(void)fprintf(stderr, "%s\n", err.text);
			_exit(1);
		}
		if (write(tell_fd, "", 1) != 1)
			_exit(2);
	}
}

/* ---- driver packages ---- */

/* A package of that number: two models with ids of its own, one that all share, two files. */
static int make_package(struct blob_batch *batch, unsigned number, struct driver_package *package,
	struct error *err)
{
	char text[64];
	uint8_t digest[SHA256_BYTES];
	*package = sample_package('0', "driver.inf", "P", 20200101 + number, 1);
	(void)snprintf(text, sizeof(text), "package %u", number);
	if (sha256_of(text, strlen(text), digest) < 0)
		return -ENOMEM;
	text_hex(digest, sizeof(digest), package->id);
	sample_section(package, 0, "Models", "NTamd64");
	for (unsigned i = 0; i < 2; i++) {
		struct blob blob;
		(void)snprintf(text, sizeof(text), "PKG\\%u.%u", number, i);
		sample_model(package, 0, text, "Install", text);
		sample_model(package, 0, text, "Install", "PKG\\ALL");
		(void)snprintf(text, sizeof(text), "package %u, file %u", number, i);
		int rc = store_blob_batch_add_bytes(batch, text, strlen(text), &blob, err);
		if (rc < 0)
			return rc;
		sample_file(package, i == 0 ? "driver.inf" : "driver.sys", DRIVER_FILE_OTHER, blob);
	}
	return 0;
}

#define PACKAGES_PER_BATCH 5

/* What an import does: files first, then all records in one transaction. */
static int add_batch(struct store *store, unsigned first, struct error *err)
{
	struct driver_package packages[PACKAGES_PER_BATCH] = {0};
	CLEANUP(store_blob_batch_closep) struct blob_batch *batch = NULL;
	int rc = store_blob_batch_open(store, &batch, err);
	for (unsigned i = 0; rc == 0 && i < PACKAGES_PER_BATCH; i++)
		rc = make_package(batch, first + i, &packages[i], err);
	if (rc == 0)
		rc = store_blob_batch_commit(batch, err);
	if (rc == 0)
		rc = store_begin_durable(store, err);
	for (unsigned i = 0; rc == 0 && i < PACKAGES_PER_BATCH; i++) {
		rc = store_driver_add(store, &packages[i], err);
		if (rc == -EEXIST)
			rc = 0;
	}
	if (rc == 0)
		rc = store_commit(store, err);
	for (unsigned i = 0; i < PACKAGES_PER_BATCH; i++)
		driver_package_clear(&packages[i]);
	return rc;
}

static int remove_newest(struct store *store, struct error *err)
{
	struct driver_package *list;
	size_t n;
	int rc = store_driver_list(store, &list, &n, err);
	if (rc < 0)
		return rc;
	if (n > 0)
		rc = store_driver_remove(store, list[0].id, err);
	driver_packages_free(list, n);
	return rc;
}

/* Adds and removes driver packages for ever. */
static void add_for_ever(const char *directory, int tell_fd, unsigned round)
{
	struct error err = ERROR_NULL;
	struct store *store;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (store_open(directory, STORE_CREATE, &store, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	for (unsigned i = 0;; i++) {
		size_t n;
		if (add_batch(store, (round * 7 + i) % 40 * PACKAGES_PER_BATCH, &err) < 0 ||
			(i % 2 == 1 && remove_newest(store, &err) < 0) ||
			(i % 3 == 2 && store_blob_sweep(store, &n, &err) < 0)) {
			(void)fprintf(stderr, "%s\n", err.text);
			_exit(1);
		}
		if (write(tell_fd, "", 1) != 1)
			_exit(2);
	}
}

/* Every package that can be seen has its models and files, and is found by its ids; no id leads to
 * one that is not there. Their number. */
static size_t assert_drivers_whole(struct store *store)
{
	struct error err = ERROR_NULL;
	struct driver_package *list;
	struct driver_search *search;
	const struct driver_hit *hits;
	const char *shared = "PKG\\ALL";
	uint64_t n_packages = 0, n_ids = 0;
	size_t n, n_hits;
	assert_ok(store_driver_list(store, &list, &n, &err));
	assert_ok(driver_search_open(store, NULL, &search, &err));
	for (size_t i = 0; i < n; i++) {
		struct driver_package package;
		assert_ok(store_driver_get(store, list[i].id, &package, &err));
		assert_int_equal(package.n_models, 4);
		assert_int_equal(package.n_files, 2);
		for (size_t f = 0; f < 2; f++)
			assert_blob_whole(store, &package.files[f].blob);
		for (size_t m = 0; m < 4; m += 2) {
			const char *id = package.models[m].ids[0];
			assert_ok(driver_search_ids(search, &id, 1, &hits, &n_hits, &err));
			assert_int_equal(n_hits, 1);
			assert_string_equal(
				driver_search_package(search, hits[0].package)->id, package.id);
		}
		driver_package_clear(&package);
	}
	assert_ok(driver_search_ids(search, &shared, 1, &hits, &n_hits, &err));
	assert_int_equal(n_hits, 2 * n);
	assert_ok(count_drivers(store, &n_packages, &n_ids, &err));
	assert_int_equal(n_packages, n);
	assert_int_equal(n_ids, n > 0 ? 2 * n + 1 : 0);
	driver_search_close(search);
	driver_packages_free(list, n);
	return n;
}

/* ---- the kill ---- */

typedef void work_function(const char *directory, int tell_fd, unsigned round);

/* Kills the worker after its first few steps plus some microseconds that differ each time, so that
 * the kill falls anywhere: into writing, hashing, linking, committing, sweeping. */
static void kill_worker(const char *directory, work_function *work, unsigned round)
{
	int pipe_fds[2];
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(pipe_fds[0]);
		work(directory, pipe_fds[1], round);
	}
	(void)close(pipe_fds[1]);
	char byte;
	for (unsigned i = 0; i < 1 + round % 6; i++)
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	struct timespec now, end;
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += (round * 37 % 60) * 20000L;
	do
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - end.tv_sec) * 1000000000L + now.tv_nsec - end.tv_nsec < 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	(void)close(pipe_fds[0]);
}

/* Kills as many workers as there are rounds; what can be seen after each is whole. The number of
 * things seen, all rounds together. */
static size_t see_through_kills(
	work_function *work, size_t (*assert_whole)(struct store *store), unsigned rounds)
{
	struct error err = ERROR_NULL;
	struct store *store;
	size_t n_seen = 0;
	const char *directory = scratch_make();
	for (unsigned round = 0; round < rounds; round++) {
		kill_worker(directory, work, round);
		assert_ok(store_open(directory, STORE_READ, &store, &err));
		n_seen += assert_whole(store);
		store = store_close(store);
	}
	scratch_remove();
	return n_seen;
}

static void test_killed(void **state)
{
	(void)state;
	assert_true(see_through_kills(import_for_ever, assert_images_whole, 60) > 60);
}

static void test_killed_with_drivers(void **state)
{
	(void)state;
	assert_true(see_through_kills(add_for_ever, assert_drivers_whole, 40) > 200);
}

/* Two importers, a sweeper and a reader at once. */
static void test_at_once(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	pid_t children[2];
	int pipe_fds[2];
	const char *directory = scratch_make();
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	for (unsigned i = 0; i < 2; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		/* Both open the directory while it has no schema yet. */
		if (children[i] == 0)
			import_for_ever(directory, pipe_fds[1], 1000 * i);
	}
	assert_int_equal(close(pipe_fds[1]), 0);
	char byte;
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	assert_ok(store_open(directory, STORE_READ, &store, &err));
	for (unsigned i = 0; i < 100; i++) {
		size_t n;
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
		assert_ok(store_blob_sweep(store, &n, &err));
	}
	for (unsigned i = 0; i < 2; i++) {
		int status;
		assert_int_equal(kill(children[i], SIGKILL), 0);
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		/* Neither had stopped with a failure of its own. */
		assert_true(WIFSIGNALED(status));
	}
	(void)close(pipe_fds[0]);
	assert_images_whole(store);
	store_close(store);
	scratch_remove();
}

static void test_sweep(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_file files[2];
	struct image_record record;
	struct blob blob, again;
	size_t n;
	char path[256];
	const char *directory = scratch_make();
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "one", "one", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));

	/* An import under way in another process has this one, and keeps it. */
	assert_ok(store_blob_add_bytes(store, "pending", 7, &blob, &err));
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 0);
	assert_blob_whole(store, &blob);

	/* A crash between link and commit left this one. */
	(void)snprintf(path, sizeof(path), "%s/blobs/%.2s/%064d", directory, blob.sha256, 7);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	assert_int_equal(count_files(directory), 5);
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(count_files(directory), 4);

	assert_ok(store_image_remove(store, "one", &err));
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 3);
	assert_int_equal(count_files(directory), 1);
	assert_int_equal(store_blob_open(store, record.base.sha256, &fd, &err), -ENOENT);

	/* The same content twice is one file, and a cut one is mended. */
	assert_ok(store_blob_add_bytes(store, "pending", 7, &again, &err));
	assert_string_equal(again.sha256, blob.sha256);
	assert_int_equal(count_files(directory), 1);
	(void)snprintf(path, sizeof(path), "%s/blobs/%.2s/%s", directory, blob.sha256, blob.sha256);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 3), 0);
	assert_ok(store_blob_add_bytes(store, "pending", 7, &again, &err));
	assert_blob_whole(store, &blob);
	assert_ok(store_blob_add_bytes(store, "", 0, &again, &err));
	assert_blob_whole(store, &again);

	/* Names from outside never become paths. */
	static const char *const bad[] = {"", "..", "../../etc/passwd",
		"ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789",
		"0000000000000000000000000000000000000000000000000000000000000000/"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(store_blob_open(store, bad[i], &fd, &err), -EINVAL);
	store_close(store);
	scratch_remove();
}

/* In a mount namespace of its own, a state directory on a disk of 1 MiB. */
static int fill_disk(const char *directory)
{
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_file files[2];
	struct image_record record;
	static char content[64 << 10];
	unsigned n = 0;
	int rc = 0;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("pewter-test", directory, "tmpfs", 0, "size=1m") < 0)
		return 77;
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	for (; rc == 0 && n < 1000; n++) {
		char name[32];
		struct blob blob;
		memset(content, (int)('a' + n % 26), sizeof(content));
		(void)snprintf(name, sizeof(name), "image-%u", n);
		rc = scratch_image(store, name, name, files, &record, &err);
		if (rc == 0)
			rc = store_image_add(store, &record, false, &err);
		if (rc == 0 && n < 26)
			rc = store_blob_add_bytes(store, content, sizeof(content), &blob, &err);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_non_null(strstr(err.text, "no space left"));
	assert_true(assert_images_whole(store) >= n - 2);
	store = store_close(store);
	/* With room again all goes on. */
	assert_int_equal(mount("pewter-test", directory, "tmpfs", MS_REMOUNT, "size=4m"), 0);
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "after", "after", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	assert_images_whole(store);
	store_close(store);
	return 0;
}

static void test_disk_full(void **state)
{
	(void)state;
	const char *directory = scratch_make();
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0) {
		scratch_remove();
		print_message("skipped: a disk of its own needs root\n");
		skip();
	}
	int rc = fill_disk(directory);
	if (rc == 77) {
		scratch_remove();
		print_message("skipped: tmpfs cannot be mounted here\n");
		skip();
	}
	assert_int_equal(umount2(directory, MNT_DETACH), 0);
	scratch_remove();
}

/* What a file system without unnamed files answers (NFS, many FUSE ones), by the kernel's own hand.
 */
static int forbid_unnamed_files(void)
{
	CLEANUP(seccomp_releasep) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		return -ENOMEM;
	int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_TMPFILE, O_TMPFILE));
	return rc < 0 ? rc : seccomp_load(filter);
}

/* In a child, because a filter is for ever. Ends with a blob that is not committed. */
static int use_named_files(const char *directory)
{
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_file files[2];
	struct image_record record;
	struct blob blob;
	size_t n;
	int fd;
	if (forbid_unnamed_files() < 0)
		return 77;
	if (store_open(directory, STORE_CREATE, &store, &err) < 0 ||
		scratch_image(store, "one", "one", files, &record, &err) < 0 ||
		store_image_add(store, &record, false, &err) < 0 ||
		store_blob_add_bytes(store, "one", 3, &blob, &err) < 0 ||
		store_blob_create(store, &fd, &err) < 0 ||
		/* Its maker lives. */
		store_blob_sweep(store, &n, &err) < 0 || n != 0 || write(fd, "x", 1) != 1) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	store_close(store);
	return 0;
}

static void test_named_files(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	size_t n;
	int status;
	const char *directory = scratch_make();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(use_named_files(directory));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		scratch_remove();
		print_message("skipped: no seccomp filters here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	/* The blobs under their names, and the one that was left behind. */
	assert_int_equal(count_files(directory), 4);
	assert_ok(store_open(directory, STORE_READ, &store, &err));
	assert_int_equal(assert_images_whole(store), 1);
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(count_files(directory), 3);
	store_close(store);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_named_files),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_killed_with_drivers),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_disk_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
