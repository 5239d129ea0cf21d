/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "format/wim_dentry.h"
#include "wim_tree_samples.h"

#include <errno.h>
#include <inttypes.h>

static void puts_files_and_folders(void **state)
{
	(void)state;
	const struct wim_tree_file files[] = {
		file_of("\\pewter\\drivers\\1\\x64\\b.sys", 1),
		file_of("pewter/drivers/1/X64/a.sys", 2),
		file_of("/Pewter/manifest.json", 3),
		file_of("Windows/System32/winpeshl.ini", 4),
		file_of("WINDOWS/system32/CMD.EXE", 5),
		file_of("Windows/a", 6),
		file_of("Windows/z", 0),
	};
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_put(tree, files, ARRAY_SIZE(files), &counts, &err), 0);
	assert_int_equal(counts.files, 6);
	assert_int_equal(counts.folders, 4);
	assert_int_equal(counts.bytes, 10 * (1 + 2 + 3 + 4 + 5 + 6));
	size_t n;
	const uint8_t *replaced = wim_tree_replaced(tree, &n);
	assert_int_equal(n, 1);
	assert_int_equal(replaced[0], 0xc1);

	for (int again = 0; again < 2; again++) {
		uint64_t n_files, n_folders;
		assert_list(tree, "", "empty|Gerätetreiber|Junction|pewter|windows|");
		assert_list(tree, "windows", "a|link-b|System32|z|");
		assert_list(tree, "windows/system32",
			"cmd.exe|drivers|link-a|streams.txt|winpeshl.ini|");
		assert_list(tree, "pewter", "drivers|manifest.json|");
		assert_list(tree, "pewter/drivers/1", "X64|");
		assert_list(tree, "pewter/drivers/1/x64", "a.sys|b.sys|");
		assert_content(tree, "pewter/drivers/1/x64/a.sys", 2);
		assert_content(tree, "pewter/drivers/1/x64/b.sys", 1);
		assert_content(tree, "windows/system32/cmd.exe", 5);
		assert_content(tree, "windows/system32/streams.txt", 0xc4);
		assert_content(tree, "windows/z", 0);
		wim_tree_count(tree, &n_files, &n_folders);
		assert_int_equal(n_files, 13);
		assert_int_equal(n_folders, 9);
		reopen(&tree);
	}
}

/* Only 20 bytes of SHA-1, the times, the group of links. */
static void a_file_is_replaced_in_its_place(void **state)
{
	(void)state;
	const struct wim_tree_file file = file_of("windows/system32/link-a", 9);
	struct wim_tree_counts counts;
	struct wim_node node;
	struct error err = ERROR_NULL;
	struct buffer before = made_metadata(entries, N_ENTRIES);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), 0);
	assert_int_equal(counts.files, 0);
	assert_int_equal(counts.folders, 0);
	assert_int_equal(counts.bytes, 90);

	size_t n, n_different = 0;
	const uint8_t *after = wim_tree_bytes(tree, &n);
	assert_int_equal(n, before.size);
	for (size_t i = 0; i < n; i++)
		n_different += after[i] != before.bytes[i];
	assert_int_equal(n_different, 20 + 2 + 1);
	assert_int_equal(wim_tree_find(tree, file.path, &node, &err), 0);
	assert_int_equal(node.hard_link, 0);
	const uint8_t *unlinked = wim_tree_unlinked(tree, &n);
	assert_int_equal(n, 1);
	assert_int_equal(unlinked[0], 0xc2);
	assert_content(tree, "windows/link-b", 0xc2);
	buffer_free(&before);
}

static void named_streams_go_with_what_is_replaced(void **state)
{
	(void)state;
	const struct wim_tree_file file = file_of("windows/system32/Streams.txt", 9);
	struct wim_tree_counts counts;
	struct wim_node node;
	struct error err = ERROR_NULL;
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), 0);
	size_t n;
	const uint8_t *replaced = wim_tree_replaced(tree, &n);
	assert_int_equal(n, 2);
	assert_int_equal(replaced[0], 0xc4);
	assert_int_equal(replaced[WIM_SHA1_BYTES], 0xc5);
	(void)wim_tree_unlinked(tree, &n);
	assert_int_equal(n, 0);
	reopen(&tree);
	assert_list(tree, "windows/system32", "cmd.exe|drivers|link-a|streams.txt|");
	assert_content(tree, "windows/system32/streams.txt", 9);
	assert_int_equal(wim_tree_find(tree, file.path, &node, &err), 0);
	assert_int_equal(node.attributes, 0x21);
	unsigned uses[256] = {0};
	assert_int_equal(wim_tree_blobs(tree, count_blob, uses), 0);
	assert_int_equal(uses[0xc4], 0);
	assert_int_equal(uses[0xc5], 0);
	assert_int_equal(uses[9], 1);
}

static struct wim_dentry entry_of(const struct wim_tree *tree, const char *path)
{
	struct wim_node node;
	struct wim_dentry dentry;
	struct error err = ERROR_NULL;
	size_t n;
	const uint8_t *bytes = wim_tree_bytes(tree, &n);
	assert_int_equal(wim_tree_find(tree, path, &node, &err), 0);
	assert_int_equal(wim_dentry_read(bytes, n, node.at, &dentry, &err), 1);
	return dentry;
}

/* All fields that we know nothing of with them; but for where their lists are. */
static void old_entries_keep_their_bytes(void **state)
{
	(void)state;
	const struct wim_tree_file file = file_of("windows/new", 9);
	const char *const old[] = {"windows", "windows/system32", "windows/system32/drivers",
		"windows/system32/cmd.exe", "windows/system32/streams.txt", "windows/link-b"};
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	size_t n;
	CLEANUP(wim_tree_closep) struct wim_tree *before = open_tree();
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		const struct wim_dentry was = entry_of(before, old[i]);
		const struct wim_dentry is = entry_of(tree, old[i]);
		const uint8_t *was_bytes = wim_tree_bytes(before, &n) + was.at;
		const uint8_t *is_bytes = wim_tree_bytes(tree, &n) + is.at;
		assert_int_equal(is.all_bytes, was.all_bytes);
		assert_memory_equal(is_bytes, was_bytes, 16);
		assert_memory_equal(is_bytes + 24, was_bytes + 24, was.all_bytes - 24);
	}
}

/* The one item behind the names is well-formed, and reaches to the end of the entry. */
static void assert_padding(
	const struct wim_tree *tree, const char *path, size_t at, size_t expected)
{
	const struct wim_dentry dentry = entry_of(tree, path);
	size_t n;
	const uint8_t *bytes = wim_tree_bytes(tree, &n) + dentry.at;
	struct reader reader = reader_over(bytes + at, dentry.bytes - at);

	assert_int_equal(dentry.bytes, dentry.all_bytes);
	assert_int_equal(dentry.bytes, at + expected);
	if (expected == 0)
		return;
	assert_int_equal(reader_le32(&reader), WIM_PADDING_TAG);
	assert_int_equal(reader_le32(&reader), expected - 8);
	for (size_t i = 8; i < expected; i++)
		assert_int_equal(reader_u8(&reader), 0);
}

/* What becomes free and is not used is the padding of entries that are new. */
static void no_gaps_are_left(void **state)
{
	(void)state;
	const struct wim_tree_file added = file_of("windows/new", 9);
	const struct wim_tree_file replaced = file_of("windows/system32/streams.txt", 9);
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	const struct wim_dentry old = entry_of(tree, replaced.path);
	const uint64_t in_windows = place_of("windows", true);
	const uint64_t behind_it = place_of("windows/system32", true);
	const size_t size = wim_dentry_size(strlen("new"));
	size_t n_before, n;
	(void)wim_tree_bytes(tree, &n_before);

	/* Streams that go are padding of the entry that they belonged to. */
	assert_int_equal(wim_tree_put(tree, &replaced, 1, &counts, &err), 0);
	assert_padding(tree, replaced.path, old.bytes, old.all_bytes - old.bytes);
	(void)wim_tree_bytes(tree, &n);
	assert_int_equal(n, n_before);

	/* The list behind that of the folder moves to the end. */
	assert_true(in_windows < behind_it);
	assert_int_equal(wim_tree_put(tree, &added, 1, &counts, &err), 0);
	(void)wim_tree_bytes(tree, &n);
	const size_t moved = n - n_before;
	assert_true(moved > size);
	assert_padding(tree, added.path, size, moved - size);
	reopen(&tree);
	assert_content(tree, replaced.path, 9);
	assert_content(tree, added.path, 9);
}

/* A short list, and a long one behind it; if asked for, two empty ones that are their ends. */
static struct wim_tree *open_short_and_long(bool are_shared)
{
	static char names[200][8];
	struct made_entry made[206] = {{MADE_ROOT, "a", MADE_FOLDER, 0, 0, NULL, NULL},
		{MADE_ROOT, "b", MADE_FOLDER, 0, 0, NULL, NULL}, {0, "1", 0x20, 1, 0, NULL, NULL},
		{0, "2", 0x20, 2, 0, NULL, NULL}};
	for (int i = 0; i < 200; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "f%d", i);
		made[4 + i] = (struct made_entry){1, names[i], 0x20, 3, 0, NULL, NULL};
	}
	made[204] = (struct made_entry){0, "d", MADE_FOLDER, 0, 0, NULL, NULL};
	made[205] = (struct made_entry){MADE_ROOT, "e", MADE_FOLDER, 0, 0, NULL, NULL};
	struct buffer metadata = made_metadata(made, ARRAY_SIZE(made));
	struct buffer copy = made_metadata(made, ARRAY_SIZE(made));
	struct wim_node b, d, e;
	struct wim_tree *tree = NULL;
	struct error err = ERROR_NULL;
	assert_int_equal(wim_tree_open(&metadata, &tree, &err), 0);
	if (!are_shared) {
		buffer_free(&copy);
		return tree;
	}
	assert_int_equal(wim_tree_find(tree, "b", &b, &err), 0);
	assert_int_equal(wim_tree_find(tree, "a/d", &d, &err), 0);
	assert_int_equal(wim_tree_find(tree, "e", &e, &err), 0);
	set(&copy, d.at + 16, b.children - 8, 8);
	set(&copy, e.at + 16, d.children - 8, 8);
	tree = wim_tree_close(tree);
	assert_int_equal(wim_tree_open(&copy, &tree, &err), 0);
	return tree;
}

/* A gap of the image's own behind a list: it may grow into that, and nothing else may, least of all
 * over what lies behind it. */
static void a_list_grows_into_a_gap(void **state)
{
	(void)state;
	static const struct made_entry rows[] = {
		{.parent = MADE_ROOT, .name = "a", .attributes = MADE_FOLDER},
		{.parent = 0, .name = "inside", .attributes = 0x20, .sha1 = 1},
		{.parent = MADE_ROOT, .name = "b", .attributes = MADE_FOLDER},
		{.parent = 2, .name = "inside", .attributes = 0x20, .sha1 = 2},
	};
	for (size_t n_files = 1; n_files < 4; n_files++) {
		const struct wim_tree_file files[] = {
			file_of("new/deep/file", 7), file_of("c", 8), file_of("d", 9)};
		struct error err = ERROR_NULL;
		struct wim_dentry root, a, inside;
		struct wim_tree_counts counts;
		struct buffer metadata = made_metadata(rows, ARRAY_SIZE(rows));
		assert_int_equal(
			wim_dentry_read(metadata.bytes, metadata.size, MADE_ROOT_AT, &root, &err),
			1);
		assert_int_equal(
			wim_dentry_read(metadata.bytes, metadata.size, root.children, &a, &err), 1);
		/* The list of a moves to the end, and leaves its place behind the root's. */
		assert_int_equal(
			wim_dentry_read(metadata.bytes, metadata.size, a.children, &inside, &err),
			1);
		CLEANUP(buffer_free) struct buffer list = buffer_with_max(1000);
		assert_int_equal(buffer_add(&list, metadata.bytes + a.children,
					 inside.all_bytes + WIM_DENTRY_END_BYTES),
			0);
		memset(metadata.bytes + a.children, 0, list.size);
		set(&metadata, a.at + 16, metadata.size, 8);
		assert_int_equal(buffer_add(&metadata, list.bytes, list.size), 0);
		CLEANUP(wim_tree_closep) struct wim_tree *tree = NULL;
		assert_int_equal(wim_tree_open(&metadata, &tree, &err), 0);
		assert_int_equal(wim_tree_put(tree, files, n_files, &counts, &err), 0);
		reopen(&tree);
		assert_content(tree, "a/inside", 1);
		assert_content(tree, "b/inside", 2);
		assert_content(tree, "new/deep/file", 7);
	}
}

/* Where a long list would have to move for a short one, this moves, and a new one or that of the
 * root takes its place; if there is none, the long one does move. */
static void a_long_list_moves_last(void **state)
{
	(void)state;
	static const struct {
		const char *paths[2];
		bool moves;
	} cases[] = {{{"a/3", "a/new/x"}, false}, {{"a/3", "new/x"}, false}, {{"a/3", "a/4"}, true},
		{{"a/3", "b/f1"}, true}, {{"a/3", "b/g"}, true}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct wim_tree_file files[] = {
			file_of(cases[i].paths[0], 4), file_of(cases[i].paths[1], 5)};
		struct wim_tree_counts counts;
		struct wim_node before, after;
		struct error err = ERROR_NULL;
		size_t n, n_after;
		CLEANUP(wim_tree_closep)
		struct wim_tree *tree = open_short_and_long(/* are_shared= */ false);
		(void)wim_tree_bytes(tree, &n);
		assert_int_equal(wim_tree_find(tree, "b", &before, &err), 0);
		assert_int_equal(wim_tree_put(tree, files, 2, &counts, &err), 0);
		assert_int_equal(wim_tree_find(tree, "b", &after, &err), 0);
		assert_int_equal(before.children != after.children, cases[i].moves);
		(void)wim_tree_bytes(tree, &n_after);
		assert_in_range(n_after - n, 2 * 112, cases[i].moves ? 30000 : 700);
		reopen(&tree);
		assert_content(tree, files[0].path, 4);
		assert_content(tree, files[1].path, 5);
		assert_content(tree, "b/f199", 3);
	}
}

/* The list that grows stays where it is, and what is behind it moves, if that is less. */
static void a_long_list_stays_in_its_place(void **state)
{
	(void)state;
	const struct wim_tree_file files[] = {file_of("windows/system32/t", 1),
		file_of("windows/system32/d/x", 2), file_of("x", 3)};
	struct wim_tree_counts counts;
	struct wim_node node;
	struct error err = ERROR_NULL;
	const uint64_t in_root = place_of("", true);
	const uint64_t in_system32 = place_of("windows/system32", true);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_put(tree, files, ARRAY_SIZE(files), &counts, &err), 0);
	assert_int_equal(wim_tree_find(tree, "windows/system32", &node, &err), 0);
	assert_int_equal(node.children, in_system32);
	assert_int_equal(wim_tree_find(tree, "", &node, &err), 0);
	assert_int_equal(node.children, in_root);
	reopen(&tree);
	assert_list(tree, "windows/system32", "cmd.exe|d|drivers|link-a|streams.txt|t|");
	assert_list(tree, "windows/system32/drivers", "");
	assert_list(tree, "gerätetreiber", "name|NAME|");
}

/* Of a list that moves, its end stays, if that is another list. */
static void ends_that_are_lists_stay(void **state)
{
	(void)state;
	static const char *const paths[][2] = {{"a/3", "a/new/x"}, {"a/3", "new/x"}, {"a/3", "a/4"},
		{"a/3", "b/g"}, {"new/x", "e/new/y"}, {"a/3", "e/new"}};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct wim_tree_file files[] = {
			file_of(paths[i][0], 4), file_of(paths[i][1], 5)};
		struct wim_tree_counts counts;
		struct error err = ERROR_NULL;
		CLEANUP(wim_tree_closep)
		struct wim_tree *tree = open_short_and_long(/* are_shared= */ true);
		assert_int_equal(wim_tree_put(tree, files, 2, &counts, &err), 0);
		reopen(&tree);
		assert_content(tree, files[0].path, 4);
		assert_content(tree, files[1].path, 5);
		assert_content(tree, "a/1", 1);
		assert_content(tree, "b/f199", 3);
		assert_list(tree, "a/d", "");
		if (i < 4)
			assert_list(tree, "e", "");
	}
}

static void puts_again_and_again(void **state)
{
	(void)state;
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	char path[100];
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	for (uint8_t i = 1; i < 60; i++) {
		(void)snprintf(path, sizeof(path), "windows/d%u/e/f%u", i % 7U, i % 13U);
		const struct wim_tree_file file = file_of(path, i);
		assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), 0);
		if (i % 10 == 0)
			reopen(&tree);
		assert_content(tree, path, i);
	}
	assert_list(tree, "windows", "d0|d1|d2|d3|d4|d5|d6|link-b|System32|");
}

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	static const struct {
		const char *paths[2];
		int rc;
	} rows[] = {
		{{"windows"}, -EISDIR},
		{{"windows/system32/cmd.exe/x"}, -ENOTDIR},
		{{"Empty/x"}, -ENOTDIR},
		{{"junction/x"}, -ENOTDIR},
		{{"junction"}, -EISDIR},
		{{""}, -EINVAL},
		{{"/"}, -EINVAL},
		{{"a//b"}, -EINVAL},
		{{"a/"}, -EINVAL},
		{{"a/../b"}, -EINVAL},
		{{"a/./b"}, -EINVAL},
		{{"a:b"}, -EINVAL},
		{{"a*"}, -EINVAL},
		{{"a?"}, -EINVAL},
		{{"a\"b"}, -EINVAL},
		{{"a<b"}, -EINVAL},
		{{"a>b"}, -EINVAL},
		{{"a|b"}, -EINVAL},
		{{"a\tb"}, -EINVAL},
		{{"a."}, -EINVAL},
		{{"a /b"}, -EINVAL},
		{{"nul"}, -EINVAL},
		{{"x/Con.txt"}, -EINVAL},
		{{"com1"}, -EINVAL},
		{{"LPT9.sys"}, -EINVAL},
		{{"com¹"}, -EINVAL},
		{{"aux .c"}, -EINVAL},
		{{"conout$"}, -EINVAL},
		{{"\xff\xfe"}, -EINVAL},
		{{"\xed\xa0\x80"}, -EINVAL}, /* a lone surrogate */
		{{"a", "a"}, -EINVAL},
		{{"a", "A"}, -EINVAL},
		{{"ä/b", "Ä/B"}, -EINVAL},
		{{"a", "A/b"}, -EINVAL},
		{{"A/b/c", "a/B"}, -EINVAL},
		{{"new", "windows"}, -EISDIR},
	};
	struct buffer before = made_metadata(entries, N_ENTRIES);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wim_tree_file files[2] = {file_of(rows[i].paths[0], 1)};
		struct wim_tree_counts counts;
		struct error err = ERROR_NULL;
		size_t n = 1;
		if (rows[i].paths[1] != NULL)
			files[n++] = file_of(rows[i].paths[1], 2);
		print_message("%s\n", rows[i].paths[0]);
		assert_int_equal(wim_tree_put(tree, files, n, &counts, &err), rows[i].rc);
		assert_true(err.text[0] != 0);
		const uint8_t *after = wim_tree_bytes(tree, &n);
		assert_int_equal(n, before.size);
		assert_memory_equal(after, before.bytes, n);
	}
	buffer_free(&before);
}

static void takes_what_windows_takes(void **state)
{
	(void)state;
	char longest[WIM_NAME_BYTES];
	memset(longest, 'x', 255);
	longest[255] = 0;
	const char *const paths[] = {"com", "com0", "com10", "console", "nul-", "a.b.c", ".hidden",
		"..x", "a b", "…", "\xf0\x9f\x92\xbe", "$x~1", "[a]{b}(c)", longest};
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct wim_tree_file file = file_of(paths[i], (uint8_t)(i + 1));
		struct wim_tree_counts counts;
		struct error err = ERROR_NULL;
		assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), 0);
		assert_content(tree, paths[i], (uint8_t)(i + 1));
	}
	reopen(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_content(tree, paths[i], (uint8_t)(i + 1));

	char too_long[300];
	memset(too_long, 'x', 256);
	too_long[256] = 0;
	const struct wim_tree_file file = file_of(too_long, 1);
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), -ENAMETOOLONG);
}

static void nothing_is_no_change(void **state)
{
	(void)state;
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	struct buffer before = made_metadata(entries, N_ENTRIES);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_put(tree, NULL, 0, &counts, &err), 0);
	assert_int_equal(counts.files, 0);
	size_t n;
	assert_memory_equal(wim_tree_bytes(tree, &n), before.bytes, before.size);
	assert_int_equal(n, before.size);
	buffer_free(&before);
}

/* An image that holds nothing yet, with a list of its own and without. */
static void an_empty_image_takes_files(void **state)
{
	(void)state;
	for (int has_list = 0; has_list < 2; has_list++) {
		struct buffer metadata = made_metadata(NULL, 0);
		struct wim_tree_counts counts;
		struct error err = ERROR_NULL;
		const struct wim_tree_file file = file_of("a/b", 1);
		if (has_list == 0) {
			memset(metadata.bytes + MADE_ROOT_AT + 16, 0, 8);
			metadata.size -= 8;
		}
		CLEANUP(wim_tree_closep) struct wim_tree *tree = NULL;
		assert_int_equal(wim_tree_open(&metadata, &tree, &err), 0);
		assert_int_equal(wim_tree_put(tree, &file, 1, &counts, &err), 0);
		reopen(&tree);
		assert_content(tree, "a/b", 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_files_and_folders),
		cmocka_unit_test(a_file_is_replaced_in_its_place),
		cmocka_unit_test(named_streams_go_with_what_is_replaced),
		cmocka_unit_test(old_entries_keep_their_bytes),
		cmocka_unit_test(no_gaps_are_left),
		cmocka_unit_test(a_list_grows_into_a_gap),
		cmocka_unit_test(a_long_list_moves_last),
		cmocka_unit_test(a_long_list_stays_in_its_place),
		cmocka_unit_test(ends_that_are_lists_stay),
		cmocka_unit_test(puts_again_and_again),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(takes_what_windows_takes),
		cmocka_unit_test(nothing_is_no_change),
		cmocka_unit_test(an_empty_image_takes_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
