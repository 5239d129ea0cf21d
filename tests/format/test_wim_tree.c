/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/limits.h"
#include "wim_tree_samples.h"

#include <errno.h>
#include <inttypes.h>

/* ---- reading ---- */

static void finds_what_is_there(void **state)
{
	(void)state;
	static const struct {
		const char *path, *name;
		uint8_t sha1;
	} rows[] = {
		{"", "", 0},
		{"\\", "", 0},
		{"windows", "windows", 0},
		{"/Windows/SYSTEM32/Cmd.exe", "cmd.exe", 0xc1},
		{"\\windows\\System32\\cmd.exe", "cmd.exe", 0xc1},
		{"windows/system32\\link-A", "link-a", 0xc2},
		{"windows/link-b", "link-b", 0xc2},
		{"windows/system32/STREAMS.TXT", "streams.txt", 0xc4},
		{"EMPTY", "empty", 0},
		{"GERÄTETREIBER", "Gerätetreiber", 0},
		{"gerätetreiber/name", "name", 0xc7},
		{"gerätetreiber/NAME", "NAME", 0xc8},
		{"gerätetreiber/Name", "name", 0xc7},
		{"junction", "Junction", 0xc6},
	};
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wim_node node;
		struct error err = ERROR_NULL;
		uint8_t sha1[WIM_SHA1_BYTES];
		print_message("%s\n", rows[i].path);
		assert_int_equal(wim_tree_find(tree, rows[i].path, &node, &err), 0);
		assert_string_equal(node.name, rows[i].name);
		memset(sha1, rows[i].sha1, sizeof(sha1));
		assert_memory_equal(node.sha1, sha1, sizeof(sha1));
	}
}

static void says_what_is_not_there(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		int rc;
	} rows[] = {
		{"nothing", -ENOENT},
		{"windows/nothing/more", -ENOENT},
		{"windows/system32/cmd.exe/more", -ENOTDIR},
		{"empty/x", -ENOTDIR},
		{"junction/x", -ENOENT},
		{"windows//system32", -EINVAL},
		{"windows/", -EINVAL},
		{"//", -EINVAL},
		{"wind\xffows", -EINVAL},
		{"wind\nows", -EINVAL},
	};
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wim_node node;
		struct error err = ERROR_NULL;
		print_message("%s\n", rows[i].path);
		assert_int_equal(wim_tree_find(tree, rows[i].path, &node, &err), rows[i].rc);
		assert_true(err.text[0] != 0);
	}
}

static void lists_folders(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_list(tree, "", "empty|Gerätetreiber|Junction|windows|");
	assert_list(tree, "windows/SYSTEM32", "cmd.exe|drivers|link-a|streams.txt|");
	assert_list(tree, "windows/system32/drivers", "");
	assert_int_equal(wim_tree_list(tree, "empty", add_name, NULL, &err), -ENOTDIR);
	assert_int_equal(wim_tree_list(tree, "none", add_name, NULL, &err), -ENOENT);

	uint64_t n_files, n_folders;
	wim_tree_count(tree, &n_files, &n_folders);
	assert_int_equal(n_files, 7);
	assert_int_equal(n_folders, 5);
}

static void tells_every_use_of_a_blob(void **state)
{
	(void)state;
	unsigned uses[256] = {0};
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_blobs(tree, count_blob, uses), 0);
	for (unsigned i = 0; i < 256; i++) {
		unsigned expected = i == 0xc2 ? 2 : i >= 0xc1 && i <= 0xc8 && i != 0xc3 ? 1 : 0;
		assert_int_equal(uses[i], expected);
	}
}

/* ---- hostile trees ---- */

static void refuses_hostile_trees(void **state)
{
	(void)state;
	const uint64_t windows = place_of("windows", false);
	const uint64_t system32 = place_of("windows/system32", false);
	const uint64_t cmd = place_of("windows/system32/cmd.exe", false);
	const uint64_t drivers = place_of("windows/system32/drivers", false);
	const uint64_t streams = place_of("windows/system32/streams.txt", false);
	const uint64_t in_root = place_of("", true);
	const struct {
		const char *what;
		uint64_t at, value;
		size_t n;
	} rows[] = {
		{"a folder within itself", windows + 16, in_root, 8},
		{"a folder that is its own list", system32 + 16, system32, 8},
		{"a list over another's", drivers + 16, cmd, 8},
		{"a list in the security descriptors", system32 + 16, 8, 8},
		{"a list that ends within an entry", drivers + 16, streams + 64, 8},
		{"a list over the root", system32 + 16, MADE_ROOT_AT, 8},
		{"a list at an odd place", system32 + 16, cmd + 1, 8},
		{"a list past the end", system32 + 16, 1U << 20, 8},
		{"a list at 2^56", system32 + 16, UINT64_C(1) << 56, 8},
		{"a list at the last byte of all", system32 + 16, UINT64_MAX, 8},
		{"a list at the last 8 bytes of all", system32 + 16, UINT64_MAX - 7, 8},
		{"an entry of 2^56 bytes", cmd, UINT64_C(1) << 56, 8},
		{"an entry of all bytes", cmd, UINT64_MAX, 8},
		{"an entry past the end", cmd, 100000, 8},
		{"an entry that is too short", cmd, 101, 8},
		{"an entry of 9 bytes", cmd, 9, 8},
		{"a name past its entry", cmd + 100, 400, 2},
		{"a name of an odd length", cmd + 100, 13, 2},
		{"no name", cmd + 100, 0, 2},
		{"a short name past its entry", cmd + 98, 40, 2},
		{"65535 streams", cmd + 96, 65535, 2},
		{"a name of NULs", cmd + 102, 0, 2},
		{"a slash in a name", cmd + 104, '/', 2},
		{"a backslash in a name", cmd + 104, '\\', 2},
		{"a stream of 2^56 bytes", streams + 128, UINT64_C(1) << 56, 8},
		{"a stream that is too short", streams + 128, 37, 8},
		{"a stream of no bytes", streams + 128, 0, 8},
		{"a stream whose name is too long", streams + 128 + 36, 100, 2},
		{"a root that is a file", MADE_ROOT_AT + 8, 0x20, 4},
		{"a root that is none", MADE_ROOT_AT, 0, 8},
		{"a root past the end", 0, 100000, 4},
		{"a root at 2^32 - 1", 0, UINT32_MAX, 4},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buffer metadata = made_metadata(entries, N_ENTRIES);
		struct wim_tree *tree = NULL;
		struct error err = ERROR_NULL;
		print_message("%s: ", rows[i].what);
		set(&metadata, rows[i].at, rows[i].value, rows[i].n);
		assert_int_equal(wim_tree_open(&metadata, &tree, &err), -EINVAL);
		print_message("%s\n", err.text);
		assert_non_null(strstr(err.text, "image metadata, byte "));
		buffer_free(&metadata);
	}
}

static void refuses_names_that_lead_elsewhere(void **state)
{
	(void)state;
	const char *const names[] = {".", ".."};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct made_entry one[] = {
			{MADE_ROOT, names[i], MADE_FOLDER, 0, 0, NULL, NULL}};
		struct buffer metadata = made_metadata(one, 1);
		struct wim_tree *tree = NULL;
		struct error err = ERROR_NULL;
		assert_int_equal(wim_tree_open(&metadata, &tree, &err), -EINVAL);
		assert_non_null(strstr(err.text, "\"..\""));
		buffer_free(&metadata);
	}
}

static void refuses_what_is_cut(void **state)
{
	(void)state;
	struct buffer whole = made_metadata(entries, N_ENTRIES);
	for (size_t n = 0; n < whole.size; n++) {
		struct buffer cut = buffer_with_max(64U << 20);
		struct wim_tree *tree = NULL;
		struct error err = ERROR_NULL;
		/* Exactly as long, for the sanitizers. */
		cut.bytes = malloc(n + 1);
		assert_non_null(cut.bytes);
		memcpy(cut.bytes, whole.bytes, n);
		cut.size = n;
		cut.capacity = n + 1;
		assert_int_equal(wim_tree_open(&cut, &tree, &err), -EINVAL);
		assert_true(err.text[0] != 0);
		buffer_free(&cut);
	}
	buffer_free(&whole);
}

/* Every folder may name the same empty list: nothing is told twice by that. */
static void empty_lists_may_be_shared(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	const uint64_t drivers = place_of("windows/system32/drivers", false);
	const uint64_t end = place_of("", true) - 8;
	struct buffer metadata = made_metadata(entries, N_ENTRIES);
	set(&metadata, drivers + 16, end, 8);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = NULL;
	assert_int_equal(wim_tree_open(&metadata, &tree, &err), 0);
	assert_list(tree, "windows/system32/drivers", "");
}

static void a_million_entries_are_enough(void **state)
{
	(void)state;
	struct buffer metadata = made_metadata(NULL, 0);
	struct wim_tree *tree = NULL;
	struct error err = ERROR_NULL;
	struct made_entry entry = {MADE_ROOT, "x", 0x20, 0, 0, NULL, NULL};
	metadata.max = LIMIT_WIM_METADATA_BYTES;
	metadata.size -= 8;
	for (size_t i = 0; i <= LIMIT_WIM_TREE_ENTRIES; i++)
		made_entry_add(&metadata, &entry, 0);
	made_add(&metadata, 0, 8);
	assert_int_equal(wim_tree_open(&metadata, &tree, &err), -EFBIG);
	assert_true(err.text[0] != 0);
	buffer_free(&metadata);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_there),
		cmocka_unit_test(says_what_is_not_there),
		cmocka_unit_test(lists_folders),
		cmocka_unit_test(tells_every_use_of_a_blob),
		cmocka_unit_test(refuses_hostile_trees),
		cmocka_unit_test(refuses_names_that_lead_elsewhere),
		cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(empty_lists_may_be_shared),
		cmocka_unit_test(a_million_entries_are_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
