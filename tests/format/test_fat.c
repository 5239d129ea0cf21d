/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT volumes of all sizes, looked at by tests/format/fat_checker.h. fsck.vfat and mtools do the
 * same in tests/system/fat. */
#include "../unit.h"

#include "fat_checker.h"
#include "format/fat.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static struct error err;

static struct view *text_view(const char *text)
{
	struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_copy(view, text, strlen(text)), 0);
	return view;
}

static struct view *zero_view(uint64_t n)
{
	struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_zeros(view, n), 0);
	return view;
}

static void build(const struct fat_request *request, struct view **view, struct checked_volume *v)
{
	*view = NULL;
	const int rc = fat_build(request, view, &err);
	if (rc != 0)
		fail_msg("fat_build: %d: %s", rc, err.text);
	fat_check(*view, v);
}

static int refused(const char *const *paths, size_t n)
{
	struct fat_file files[8];
	CLEANUP(view_unrefp) struct view *view = NULL, *content = text_view("x");
	for (size_t i = 0; i < n; i++)
		files[i] = (struct fat_file){.path = paths[i], .view = content};
	const struct fat_request request = {.files = files, .n_files = n};
	return fat_build(&request, &view, &err);
}

static void sizes_decide_which_fat_it_is(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		bool must_be_32;
		unsigned bits;
		uint32_t cluster_bytes;
	} cases[] = {
		{0, false, 12, 512},
		{1474560, false, 12, 512},
		{4084ULL * 512, false, 12, 512},
		{4200ULL * 512, false, 12, 2048},
		{8000000, false, 12, 2048},
		{8U << 20, false, 12, 4096},
		{16000000, false, 12, 4096},
		{16U << 20, false, 16, 2048},
		{100000000, false, 16, 2048},
		{200000000, false, 16, 4096},
		{500000000, false, 16, 8192},
		{600000000, false, 32, 4096},
		{0, true, 32, 512},
		{34U << 20, true, 32, 512},
		{260ULL << 20, true, 32, 512},
		{(260ULL << 20) + 512, true, 32, 4096},
		{8ULL << 30, true, 32, 4096},
		{(8ULL << 30) + 512, true, 32, 8192},
		{16ULL << 30, true, 32, 8192},
		{32ULL << 30, true, 32, 16384},
		{64ULL << 30, true, 32, 32768},
	};
	CLEANUP(view_unrefp) struct view *content = text_view("content of a file");
	const struct fat_file files[] = {{"A.TXT", content}, {"folder/b.txt", content}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fat_request request = {.files = files,
			.n_files = 2,
			.label = "label",
			.serial = 0xabcd1234,
			.time = 1700000001,
			.volume_bytes = cases[i].bytes,
			.hidden_sectors = 2048,
			.must_be_32 = cases[i].must_be_32};
		CLEANUP(view_unrefp) struct view *view = NULL;
		struct checked_volume v;
		build(&request, &view, &v);
		assert_int_equal(v.bits, cases[i].bits);
		assert_int_equal(v.cluster_bytes, cases[i].cluster_bytes);
		if (cases[i].bytes != 0)
			assert_int_equal(v.bytes, cases[i].bytes / 512 * 512);
		assert_string_equal(v.label, "LABEL      ");
		assert_int_equal(v.serial, 0xabcd1234);
		assert_int_equal(v.hidden, 2048);
		assert_int_equal(v.n, 3);
		if (v.bits == 32 && v.cluster_bytes >= 4096)
			assert_int_equal(v.data % 4096, 0);
		checked_clear(&v);
	}
}

static void volumes_near_the_borders_are_refused_or_right(void **state)
{
	(void)state;
	/* fat_check() looks at whether type and number of clusters agree. */
	static const uint64_t around[] = {
		4084, 4085, 4 * 4085, 8 * 4085, 4 * 65525ULL, 65525, 66600};
	size_t n_built = 0;
	for (size_t i = 0; i < ARRAY_SIZE(around); i++) {
		for (int off = -80; off <= 1600; off += 16) {
			const struct fat_request request = {
				.volume_bytes = (uint64_t)((int64_t)around[i] + off) * 512,
				.must_be_32 = around[i] > 65000 && around[i] < 70000};
			CLEANUP(view_unrefp) struct view *view = NULL;
			struct checked_volume v;
			if (fat_build(&request, &view, &err) < 0)
				continue;
			fat_check(view, &v);
			checked_clear(&v);
			n_built++;
		}
	}
	assert_true(n_built > 500);
}

static void files_of_all_lengths_are_there(void **state)
{
	(void)state;
	static const uint64_t lengths[] = {0, 1, 511, 512, 513, 4095, 4096, 4097, 12288};
	struct fat_file files[ARRAY_SIZE(lengths)];
	char names[ARRAY_SIZE(lengths)][16];
	static uint8_t bytes[12288], back[12288];
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct checked_volume v;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%zu.bin", i);
		files[i] = (struct fat_file){.path = names[i]};
		assert_int_equal(view_new(&files[i].view), 0);
		assert_int_equal(view_add_copy(files[i].view, bytes, lengths[i]), 0);
	}
	const struct fat_request request = {.files = files,
		.n_files = ARRAY_SIZE(lengths),
		.volume_bytes = 300U << 20,
		.must_be_32 = true};
	build(&request, &view, &v);
	assert_int_equal(v.cluster_bytes, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		const struct checked_file *file = checked_find(&v, names[i]);
		assert_non_null(file);
		assert_int_equal(file->size, lengths[i]);
		if (file->size > 0)
			assert_int_equal(view_read(view, v.data + (file->first - 2) * 4096ULL, back,
						 file->size),
				0);
		assert_memory_equal(back, bytes, file->size);
		if (i + 1 == ARRAY_SIZE(lengths)) /* the largest */
			assert_int_equal((v.data + (file->first - 2) * 4096ULL) % 65536, 0);
		(void)view_unref(files[i].view);
	}
	checked_clear(&v);
}

static void the_largest_file_fits_and_one_byte_more_is_refused(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = NULL, *most = zero_view(UINT32_MAX);
	CLEANUP(view_unrefp) struct view *more = zero_view(1ULL << 32);
	struct checked_volume v;
	struct fat_file file = {"sources/boot.wim", most};
	const struct fat_request request = {.files = &file, .n_files = 1, .must_be_32 = true};
	build(&request, &view, &v);
	assert_int_equal(checked_find(&v, "sources/boot.wim")->size, UINT32_MAX);
	checked_clear(&v);
	file.view = more;
	struct view *none = NULL;
	assert_int_equal(fat_build(&request, &none, &err), -EFBIG);
	assert_non_null(strstr(err.text, "sources/boot.wim has 4294967296 bytes"));
	assert_non_null(strstr(err.text, "`pewter media iso`"));
}

static void short_names_are_what_windows_makes(void **state)
{
	(void)state;
	static const struct {
		const char *path, *is_short;
		bool has_long;
	} cases[] = {
		{"BOOTMGR", "BOOTMGR    ", false},
		{"BOOTX64.EFI", "BOOTX64 EFI", false},
		{"12345678.123", "12345678123", false},
		{"boot.wim", "BOOT    WIM", true},
		{"wgl4_boot.ttf", "WGL4_B~1TTF", true},
		{"two words.txt", "TWOWOR~1TXT", true},
		{"a.tar.gz", "ATAR~1  GZ ", true},
		{"x.html", "X~1     HTM", true},
		{".hidden", "HIDDEN~1   ", true},
		{"\xc3\xbc.txt", "_~1     TXT", true},
		{"a+b=c", "A_B_C~1    ", true},
		{"BOOTX64~1.EFI", "BOOTX6~1EFI", true},
		{"many letters 1", "MANYLE~1   ", true},
		{"many letters 2", "MANYLE~2   ", true},
		{"many letters 3", "MANYLE~3   ", true},
		{"many letters 4", "MANYLE~4   ", true},
	};
	struct fat_file files[ARRAY_SIZE(cases) + 2];
	CLEANUP(view_unrefp) struct view *view = NULL, *content = text_view("x");
	struct checked_volume v;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		files[i] = (struct fat_file){cases[i].path, content};
	files[ARRAY_SIZE(cases)] = (struct fat_file){"many letters 5", content};
	files[ARRAY_SIZE(cases) + 1] = (struct fat_file){"many letters 6", content};
	const struct fat_request request = {.files = files, .n_files = ARRAY_SIZE(files)};
	build(&request, &view, &v);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct checked_file *file = checked_find(&v, cases[i].path);
		if (file == NULL)
			fail_msg("%s is not there", cases[i].path);
		assert_string_equal(file->short_name, cases[i].is_short);
		assert_int_equal(file->has_long, cases[i].has_long);
	}
	/* From the fifth on: two letters, a hash, a number. */
	const char *fifth = checked_find(&v, "many letters 5")->short_name;
	assert_memory_equal(fifth, "MA", 2);
	assert_memory_equal(fifth + 6, "~1", 2);
	assert_string_not_equal(fifth, checked_find(&v, "many letters 6")->short_name);
	checked_clear(&v);
}

static void names_that_fat_has_not_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "a//b", "/a", "a/", ".", "..", "a/../b", "end.",
		"end ", "a:b", "a\\b", "a*", "a?", "\"a\"", "<", ">", "|", "a\nb", "a\x7f", "a\xff",
		"a\xc3"};
	char long_name[300];
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (refused(&bad[i], 1) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	memset(long_name, 'n', sizeof(long_name));
	long_name[256] = 0;
	assert_int_equal(refused((const char *[]){long_name}, 1), -EINVAL);
	long_name[255] = 0;
	assert_int_equal(refused((const char *[]){long_name}, 1), 0);
	/* Of a letter outside the first plane the halves count. */
	assert_int_equal(refused((const char *[]){"\xf0\x9f\x98\x80.txt"}, 1), 0);
}

static void names_that_collide_are_refused(void **state)
{
	(void)state;
	assert_int_equal(refused((const char *[]){"boot", "BOOT"}, 2), -EEXIST);
	assert_int_equal(refused((const char *[]){"boot", "boot/bcd"}, 2), -EEXIST);
	assert_int_equal(refused((const char *[]){"boot/bcd", "boot"}, 2), -EEXIST);
	assert_int_equal(refused((const char *[]){"\xc3\xa4/x", "\xc3\x84/X"}, 2), -EEXIST);
	assert_int_equal(refused((const char *[]){"\xd0\xb6", "\xd0\x96"}, 2), -EEXIST);
	/* Bytes of UTF-16 that look like letters of other cases are none. */
	assert_int_equal(refused((const char *[]){"\xe4\x84\x80", "\xe6\x84\x80"}, 2), 0);
	assert_int_equal(refused((const char *[]){"boot/a", "Boot/b", "BOOT/c"}, 3), 0);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *content = zero_view(2U << 20);
	const struct fat_file file = {"a", content};
	struct view *view = NULL;
	struct fat_request request = {.files = &file, .n_files = 1, .volume_bytes = 1474560};
	assert_int_equal(fat_build(&request, &view, &err), -ENOSPC);
	request.volume_bytes = 511;
	assert_int_equal(fat_build(&request, &view, &err), -EINVAL);
	request.volume_bytes = 20U << 20;
	request.must_be_32 = true;
	assert_int_equal(fat_build(&request, &view, &err), -EINVAL);
	request.volume_bytes = 3ULL << 40;
	assert_int_equal(fat_build(&request, &view, &err), -EINVAL);
	request.volume_bytes = 0;
	request.label = "TWELVE CHARS";
	assert_int_equal(fat_build(&request, &view, &err), -EINVAL);
	request.label = "a*";
	assert_int_equal(fat_build(&request, &view, &err), -EINVAL);
}

/* No cluster is left over but where the kind of FAT asks for more. */
static void as_small_as_can_be_leaves_nothing_free(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 40U << 20; n = n * 5 / 2 + 1000) {
		CLEANUP(view_unrefp) struct view *view = NULL, *content = zero_view(n);
		const struct fat_file file = {"a", content};
		const struct fat_request request = {.files = &file, .n_files = 1};
		struct checked_volume v;
		build(&request, &view, &v);
		assert_true(v.n_used == v.n_clusters || v.n_clusters == 4085 + 16 ||
			    v.n_clusters == 65525 + 16);
		assert_true(v.data + (uint64_t)v.n_clusters * v.cluster_bytes == v.bytes);
		checked_clear(&v);
	}
}

static void dates_are_utc_and_within_what_fat_knows(void **state)
{
	(void)state;
	static const struct {
		uint64_t time;
		unsigned year, month, day, hour, minute, second;
	} cases[] = {
		{0, 1980, 1, 1, 0, 0, 0},
		{315532800, 1980, 1, 1, 0, 0, 0},
		{951782400, 2000, 2, 29, 0, 0, 0},
		{1700000001, 2023, 11, 14, 22, 13, 20},
		{1735689599, 2024, 12, 31, 23, 59, 58},
		{4107542399, 2100, 2, 28, 23, 59, 58},
		{4107542400, 2100, 3, 1, 0, 0, 0},
		{4354819199, 2107, 12, 31, 23, 59, 58},
	};
	CLEANUP(view_unrefp) struct view *content = text_view("x");
	const struct fat_file file = {"a", content};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fat_request request = {
			.files = &file, .n_files = 1, .time = cases[i].time};
		CLEANUP(view_unrefp) struct view *view = NULL;
		struct checked_volume v;
		build(&request, &view, &v);
		assert_int_equal(v.files[0].date,
			(cases[i].year - 1980) << 9 | cases[i].month << 5 | cases[i].day);
		assert_int_equal(v.files[0].time,
			cases[i].hour << 11 | cases[i].minute << 5 | cases[i].second / 2);
		checked_clear(&v);
	}
}

static void thousands_of_files_and_deep_folders(void **state)
{
	(void)state;
	enum { N = 6000 };
	struct fat_file *files = calloc(N + 1, sizeof(*files));
	char(*paths)[64] = calloc(N, sizeof(*paths)), deep[2048] = "";
	CLEANUP(view_unrefp) struct view *view = NULL, *content = text_view("some content");
	struct checked_volume v;
	assert_true(files != NULL && paths != NULL);
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "folder %zu/file with a number %zu.txt",
			i / 2000, i);
		files[i] = (struct fat_file){paths[i], content};
	}
	for (size_t i = 0; i < 200; i++)
		(void)snprintf(deep + strlen(deep), sizeof(deep) - strlen(deep), "level%zu/", i);
	(void)snprintf(deep + strlen(deep), sizeof(deep) - strlen(deep), "end");
	files[N] = (struct fat_file){deep, content};
	const struct fat_request request = {.files = files, .n_files = N + 1};
	build(&request, &view, &v);
	assert_int_equal(v.n, N + 3 + 1 + 200);
	assert_non_null(checked_find(&v, deep));
	assert_non_null(checked_find(&v, paths[N - 1]));
	checked_clear(&v);
	free(files);
	free(paths);
}

static void a_root_of_more_than_512_entries_is_made(void **state)
{
	(void)state;
	enum { N = 900 };
	static struct fat_file files[N];
	static char paths[N][16];
	CLEANUP(view_unrefp) struct view *view = NULL, *content = text_view("x");
	struct checked_volume v;
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "FILE%zu", i);
		files[i] = (struct fat_file){paths[i], content};
	}
	const struct fat_request request = {.files = files, .n_files = N};
	build(&request, &view, &v);
	assert_int_equal(v.bits, 12);
	assert_int_equal(v.n, N);
	checked_clear(&v);
}

static void no_byte_of_a_file_is_copied(void **state)
{
	(void)state;
	int fd = memfd_create("wim", MFD_CLOEXEC);
	CLEANUP(view_unrefp) struct view *view = NULL, *content = NULL;
	assert_int_equal(ftruncate(fd, 10000000), 0);
	assert_int_equal(view_new(&content), 0);
	assert_int_equal(view_add_file(content, fd, 0, 10000000), 0);
	const struct fat_file file = {"sources/boot.wim", content};
	const struct fat_request request = {.files = &file, .n_files = 1, .must_be_32 = true};
	struct checked_volume v;
	size_t n_files = 0;
	build(&request, &view, &v);
	for (size_t i = 0; i < view_n_segments(view); i++) {
		const struct view_segment *segment = view_segment(view, i);
		n_files += segment->kind == VIEW_FILE && segment->fd == fd &&
			   segment->length == 10000000;
	}
	assert_int_equal(n_files, 1);
	checked_clear(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_decide_which_fat_it_is),
		cmocka_unit_test(volumes_near_the_borders_are_refused_or_right),
		cmocka_unit_test(files_of_all_lengths_are_there),
		cmocka_unit_test(the_largest_file_fits_and_one_byte_more_is_refused),
		cmocka_unit_test(short_names_are_what_windows_makes),
		cmocka_unit_test(names_that_fat_has_not_are_refused),
		cmocka_unit_test(names_that_collide_are_refused),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(as_small_as_can_be_leaves_nothing_free),
		cmocka_unit_test(dates_are_utc_and_within_what_fat_knows),
		cmocka_unit_test(thousands_of_files_and_deep_folders),
		cmocka_unit_test(a_root_of_more_than_512_entries_is_made),
		cmocka_unit_test(no_byte_of_a_file_is_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
