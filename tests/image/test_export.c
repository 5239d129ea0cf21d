/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "adapter/file.h"
#include "image/export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SOURCE_BYTES (3U << 20)

static char folder[64];
static uint8_t content[SOURCE_BYTES];

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/pewter-export-XXXXXX");
	assert_non_null(mkdtemp(folder));
	uint32_t x = 1;
	for (size_t i = 0; i < sizeof(content); i++) {
		x = x * 1664525 + 1013904223;
		content[i] = (uint8_t)(x >> 24);
	}
	return 0;
}

static const char *in_folder(const char *name)
{
	static char path[128];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static size_t n_entries(void)
{
	DIR *open_folder = opendir(folder);
	assert_non_null(open_folder);
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(open_folder)) != NULL;)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	(void)closedir(open_folder);
	return n;
}

static int tear_down(void **state)
{
	(void)state;
	static const char *const names[] = {"source", "out", "link", "there"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(in_folder(names[i]));
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static void put(const char *name, const void *bytes, size_t n)
{
	CLEANUP(file_closep) int fd = open(in_folder(name), O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes, n), 0);
}

static void add_range(struct view *view, uint64_t offset, uint64_t length)
{
	int fd = open(in_folder("source"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(view_add_file(view, fd, offset, length), 0);
}

/* Memory, a large range in its place, one out of its place, memory. */
static struct view *sample(void)
{
	struct view *view;
	put("source", content, sizeof(content));
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_copy(view, "HEAD", 4), 0);
	add_range(view, 4, SOURCE_BYTES - 4);
	add_range(view, 77777, 12345);
	assert_int_equal(view_add_static(view, "TAIL", 4), 0);
	assert_int_equal(view_add_zeros(view, 5000), 0);
	return view;
}

static void expect_sample(const char *name)
{
	CLEANUP(file_closep) int fd = open(in_folder(name), O_RDONLY);
	struct buffer bytes = buffer_with_max(SOURCE_BYTES * 2);
	assert_true(fd >= 0);
	assert_int_equal(file_read_all(fd, &bytes), 0);
	assert_int_equal(bytes.size, SOURCE_BYTES + 12345 + 4 + 5000);
	assert_memory_equal(bytes.bytes, "HEAD", 4);
	assert_memory_equal(bytes.bytes + 4, content + 4, SOURCE_BYTES - 4);
	assert_memory_equal(bytes.bytes + SOURCE_BYTES, content + 77777, 12345);
	assert_memory_equal(bytes.bytes + SOURCE_BYTES + 12345, "TAIL", 4);
	for (size_t i = bytes.size - 5000; i < bytes.size; i++)
		assert_int_equal(bytes.bytes[i], 0);
	buffer_free(&bytes);
}

static void remember(void *context, const char *what, uint64_t done, uint64_t total)
{
	uint64_t *last = context;
	assert_string_equal(what, "exporting");
	assert_true(done >= *last && done <= total);
	*last = done;
}

static void a_view_becomes_a_file(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = sample();
	struct error err = ERROR_NULL;
	enum export_method method;
	uint64_t last = 0;
	const struct progress_sink progress = {.report = remember, .context = &last};
	assert_int_equal(view_export(view, in_folder("out"), false, &progress, &method, &err), 0);
	expect_sample("out");
	assert_int_equal(last, view_size(view));
	assert_int_equal(n_entries(), 2);
	struct stat status;
	assert_int_equal(stat(in_folder("out"), &status), 0);
	assert_int_equal(status.st_mode & 0111, 0);
}

static void nothing_is_overwritten_unasked(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = sample();
	struct error err = ERROR_NULL;
	enum export_method method;
	put("there", "old", 3);
	assert_int_equal(
		view_export(view, in_folder("there"), false, NULL, &method, &err), -EEXIST);
	assert_non_null(strstr(err.text, "--replace"));
	struct stat status;
	assert_int_equal(stat(in_folder("there"), &status), 0);
	assert_int_equal(status.st_size, 3);
	assert_int_equal(view_export(view, in_folder("there"), true, NULL, &method, &err), 0);
	expect_sample("there");
	assert_int_equal(unlink(in_folder("there")), 0);
}

static void only_files_are_replaced(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = sample();
	struct error err = ERROR_NULL;
	enum export_method method;
	size_t n_before = n_entries();
	assert_int_equal(view_export(view, folder, true, NULL, &method, &err), -EISDIR);
	assert_int_equal(view_export(view, "/dev/null", true, NULL, &method, &err), -EINVAL);
	assert_int_equal(symlink("nowhere", in_folder("link")), 0);
	assert_int_equal(view_export(view, in_folder("link"), true, NULL, &method, &err), -EINVAL);
	assert_int_equal(unlink(in_folder("link")), 0);
	assert_int_equal(n_entries(), n_before);
}

/* Whoever mistypes a folder reads which one, and what to do. */
static void the_folder_must_be_there(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		int rc;
		const char *said;
	} rows[] = {
		{"none/of/it", -ENOENT, "/none/of is not there; `mkdir -p /tmp/pewter-export-"},
		{"source/out", -ENOTDIR, "/source is no folder; name another"},
		{"/proc/out", -ENOENT, "nothing can be written into the folder /proc (No such"},
	};
	CLEANUP(view_unrefp) struct view *view = sample();
	enum export_method method;
	size_t n_before = n_entries();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_NULL;
		const char *path = rows[i].path[0] == '/' ? rows[i].path : in_folder(rows[i].path);
		int rc = view_export(view, path, i % 2 == 1, NULL, &method, &err);
		if (rc != rows[i].rc || strstr(err.text, rows[i].said) == NULL)
			fail_msg("%s: %d: %s", path, rc, err.text);
	}
	assert_int_equal(n_entries(), n_before);
}

/* A base that has become shorter: nothing of the file appears. */
static void a_cut_source_leaves_nothing(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = sample();
	struct error err = ERROR_NULL;
	enum export_method method;
	(void)unlink(in_folder("out"));
	assert_int_equal(truncate(in_folder("source"), SOURCE_BYTES / 2), 0);
	size_t n_before = n_entries();
	assert_int_equal(view_export(view, in_folder("out"), false, NULL, &method, &err), -EIO);
	assert_non_null(strstr(err.text, "shorter"));
	assert_int_equal(n_entries(), n_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_becomes_a_file),
		cmocka_unit_test(nothing_is_overwritten_unasked),
		cmocka_unit_test(only_files_are_replaced),
		cmocka_unit_test(the_folder_must_be_there),
		cmocka_unit_test(a_cut_source_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
