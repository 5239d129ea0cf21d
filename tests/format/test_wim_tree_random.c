/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of random shapes, changed at random: afterwards every entry that was not given is what it
 * was, byte for byte, and every one that was given is what was asked for; and there are no gaps. */
#include "../unit.h"

#include "base/cleanup.h"
#include "format/wim_dentry.h"
#include "format/wim_tree.h"
#include "metadata_maker.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES_MAX 60
#define FILES_MAX   12
#define DUMP_MAX    2000
#define PATH_CHARS  200

static uint64_t random_state = 0x2545f4914f6cdd1dU;

static unsigned next(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 20) % below;
}

/* ---- what a tree holds ---- */

struct entry {
	char path[PATH_CHARS];
	uint8_t sha1;
	uint64_t hash; /* of all its bytes, but for where its list is */
	bool is_folder;
};

struct dump {
	const struct wim_tree *tree;
	const char *folder;
	struct entry entries[DUMP_MAX];
	size_t n;
	size_t bytes; /* that entries, streams and ends of lists have */
};

static int add_entry(void *context, const struct wim_node *node)
{
	struct dump *dump = context;
	struct entry *entry = &dump->entries[dump->n++];
	struct wim_dentry dentry;
	struct error err = ERROR_NULL;
	size_t n;
	const uint8_t *bytes = wim_tree_bytes(dump->tree, &n);

	assert_true(dump->n < DUMP_MAX);
	int length = snprintf(entry->path, PATH_CHARS, "%s\\%s", dump->folder, node->name);
	assert_in_range(length, 1, PATH_CHARS - 1);
	entry->sha1 = node->sha1[0];
	entry->is_folder = (node->attributes & WIM_ATTRIBUTE_DIRECTORY) != 0;
	assert_int_equal(wim_dentry_read(bytes, n, node->at, &dentry, &err), 1);
	dump->bytes += dentry.all_bytes;
	if (entry->is_folder && dentry.children != 0)
		dump->bytes += WIM_DENTRY_END_BYTES;
	entry->hash = 0xcbf29ce484222325U;
	for (size_t i = 0; i < dentry.all_bytes; i++) {
		if (i < 16 || i >= 24)
			entry->hash = (entry->hash ^ bytes[node->at + i]) * 0x100000001b3U;
	}
	return 0;
}

static void fill_dump(struct dump *dump, const struct wim_tree *tree)
{
	struct error err = ERROR_NULL;
	struct wim_dentry root;
	size_t n;
	const uint8_t *bytes = wim_tree_bytes(tree, &n);
	assert_int_equal(wim_dentry_read(bytes, n, MADE_ROOT_AT, &root, &err), 1);
	dump->bytes = MADE_ROOT_AT + root.all_bytes + 2 * WIM_DENTRY_END_BYTES;
	dump->tree = tree;
	dump->folder = "";
	dump->n = 0;
	assert_int_equal(wim_tree_list(tree, "", add_entry, dump, &err), 0);
	for (size_t i = 0; i < dump->n; i++) {
		dump->folder = dump->entries[i].path;
		if (dump->entries[i].is_folder)
			assert_int_equal(
				wim_tree_list(tree, dump->folder, add_entry, dump, &err), 0);
	}
	/* No byte that none of them has: 7-Zip adds them up. */
	assert_int_equal(dump->bytes, n);
}

static const struct entry *find(const struct dump *dump, const char *path)
{
	for (size_t i = 0; i < dump->n; i++) {
		if (text_equal_nocase(dump->entries[i].path, path))
			return &dump->entries[i];
	}
	return NULL;
}

/* ---- one tree, some changes ---- */

/* Of few names, so that they meet; of different lengths, so that lists grow by much or little. */
static void random_name(char *name, size_t size)
{
	static const char longer[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	(void)snprintf(name, size, "%c%.*s", (next(2) == 0 ? 'a' : 'A') + (int)next(12),
		next(4) == 0 ? (int)next(40) : 0, longer);
}

static struct wim_tree *random_tree(void)
{
	static char names[ENTRIES_MAX][64];
	struct made_entry entries[ENTRIES_MAX];
	const int n = (int)next(ENTRIES_MAX);
	struct wim_tree *tree = NULL;
	struct error err = ERROR_NULL;

	for (int i = 0; i < n; i++) {
		int parent = (int)next((unsigned)i + 1) - 1;
		while (parent >= 0 && (entries[parent].attributes & MADE_FOLDER) == 0)
			parent--;
		random_name(names[i], sizeof(names[i]));
		/* Twice the same name in one folder is hostile, and another test's. */
		bool is_taken = false;
		for (int j = 0; j < i; j++)
			is_taken |= entries[j].parent == parent &&
				    text_equal_nocase(names[j], names[i]);
		if (is_taken)
			(void)snprintf(names[i], sizeof(names[i]), "unique-%d", i);
		entries[i] = (struct made_entry){.parent = parent,
			.name = names[i],
			.attributes = next(3) == 0 ? MADE_FOLDER : 0x20,
			.short_name = next(5) == 0 ? "SHORT~1" : NULL};
		if (entries[i].attributes == 0x20) {
			entries[i].sha1 = (uint8_t)(1 + next(100));
			entries[i].stream = next(6) == 0 ? "stream" : NULL;
			entries[i].hard_link = next(6) == 0 ? 1 + next(3) : 0;
		}
	}
	struct buffer metadata = made_metadata(entries, n);
	int rc = wim_tree_open(&metadata, &tree, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
	return tree;
}

static size_t random_files(struct wim_tree_file *files, char (*paths)[PATH_CHARS])
{
	const size_t n = 1 + next(FILES_MAX);
	for (size_t i = 0; i < n; i++) {
		const unsigned depth = 1 + next(4);
		size_t length = 0;
		for (unsigned d = 0; d < depth; d++) {
			char name[64];
			random_name(name, sizeof(name));
			length += (size_t)snprintf(
				paths[i] + length, PATH_CHARS - length, "\\%s", name);
			assert_true(length < PATH_CHARS);
		}
		files[i] = (struct wim_tree_file){
			.path = paths[i], .size = next(5) == 0 ? 0 : 100, .time = MADE_TIME + 9};
		memset(files[i].sha1, 100 + (int)next(100), sizeof(files[i].sha1));
	}
	return n;
}

static void check_change(const struct dump *before, const struct dump *after,
	const struct wim_tree_file *files, size_t n_files, const struct wim_tree_counts *counts)
{
	size_t n_old = 0;
	for (size_t i = 0; i < n_files; i++) {
		const struct entry *entry = find(after, files[i].path);
		assert_non_null(entry);
		assert_int_equal(entry->sha1, files[i].size > 0 ? files[i].sha1[0] : 0);
	}
	for (size_t i = 0; i < before->n; i++) {
		const struct entry *old = &before->entries[i];
		const struct entry *new = find(after, old->path);
		bool is_given = false;
		for (size_t j = 0; j < n_files; j++)
			is_given |= text_equal_nocase(files[j].path, old->path);
		assert_non_null(new);
		assert_string_equal(new->path, old->path);
		if (!is_given)
			assert_true(new->hash == old->hash);
		n_old++;
	}
	assert_int_equal(after->n, n_old + (size_t)counts->files + (size_t)counts->folders);
}

/* True if the change was made; if not, nothing is different. */
static bool change_once(struct wim_tree **tree)
{
	static struct dump before, after;
	static char paths[FILES_MAX][PATH_CHARS];
	struct wim_tree_file files[FILES_MAX];
	struct wim_tree_counts counts;
	struct error err = ERROR_NULL;
	const size_t n_files = random_files(files, paths);

	fill_dump(&before, *tree);
	bool is_made = wim_tree_put(*tree, files, n_files, &counts, &err) == 0;
	if (next(2) == 0)
		reopen(tree);
	fill_dump(&after, *tree);
	if (is_made)
		check_change(&before, &after, files, n_files, &counts);
	else
		check_change(&before, &after, NULL, 0, &(struct wim_tree_counts){0});
	return is_made;
}

static void changes_only_what_was_given(void **state)
{
	(void)state;
	unsigned n_made = 0, n_refused = 0;
	for (int round = 0; round < 1500; round++) {
		CLEANUP(wim_tree_closep) struct wim_tree *tree = random_tree();
		for (int i = 0; i < 4; i++) {
			if (change_once(&tree))
				n_made++;
			else
				n_refused++;
		}
	}
	print_message("%u changes made, %u refused\n", n_made, n_refused);
	assert_true(n_made > 1000);
	assert_true(n_refused > 100);
}

/* ---- which chunks were written ---- */

/* Of many chunks: folders of the names that changes meet, full of files. */
static struct buffer large_metadata(void)
{
	enum { FOLDERS = 12, FILES = 2500 };
	static char names[FOLDERS + FILES][32];
	static struct made_entry entries[FOLDERS + FILES];
	for (int i = 0; i < FOLDERS + FILES; i++) {
		bool is_folder = i < FOLDERS;
		(void)snprintf(names[i], sizeof(names[i]), is_folder ? "%c" : "file %d.dll",
			is_folder ? 'a' + i : i);
		entries[i] = (struct made_entry){
			.parent = is_folder ? MADE_ROOT : (int)next(FOLDERS + 2) - 1,
			.name = names[i],
			.attributes = is_folder ? MADE_FOLDER : 0x20,
			.sha1 = is_folder ? 0 : 7,
			.stream = is_folder || next(8) != 0 ? NULL : "stream"};
		if (!is_folder && entries[i].parent >= FOLDERS)
			entries[i].parent = MADE_ROOT;
	}
	return made_metadata(entries, FOLDERS + FILES);
}

static void what_was_not_touched_is_the_same(void **state)
{
	(void)state;
	size_t n_same = 0, n_touched = 0;
	for (int round = 0; round < 100; round++) {
		static char paths[FILES_MAX][PATH_CHARS];
		struct wim_tree_file files[FILES_MAX];
		struct wim_tree_counts counts;
		struct error err = ERROR_NULL;
		CLEANUP(buffer_free) struct buffer before = large_metadata();
		struct buffer copy = buffer_with_max(before.max);
		CLEANUP(wim_tree_closep) struct wim_tree *tree = NULL;
		size_t n;
		assert_int_equal(buffer_add(&copy, before.bytes, before.size), 0);
		assert_int_equal(wim_tree_open(&copy, &tree, &err), 0);
		const size_t n_chunks = before.size / WIM_CHUNK_BYTES;
		for (size_t i = 0; i < n_chunks; i++)
			assert_false(wim_tree_is_touched(tree, i));
		for (int i = 0; i < 3; i++)
			(void)!wim_tree_put(tree, files, random_files(files, paths), &counts, &err);
		const uint8_t *after = wim_tree_bytes(tree, &n);
		for (size_t i = 0; i < n_chunks; i++) {
			if (wim_tree_is_touched(tree, i)) {
				n_touched++;
				continue;
			}
			n_same++;
			assert_memory_equal(before.bytes + i * WIM_CHUNK_BYTES,
				after + i * WIM_CHUNK_BYTES, WIM_CHUNK_BYTES);
		}
		/* What came behind the end was not there. */
		assert_true(wim_tree_is_touched(tree, n / WIM_CHUNK_BYTES + 1));
	}
	print_message("%zu chunks were not touched, %zu were\n", n_same, n_touched);
	assert_true(n_same > 200 && n_touched > 200);
}

/* A tree that somebody else has walked says and takes the same. */
static void a_tree_is_resumed(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(buffer_free) struct buffer metadata = large_metadata();
	struct buffer copies[2];
	struct wim_tree *trees[2];
	const uint8_t *bytes[2];
	size_t n[2];
	CLEANUP(buffer_free) struct buffer drawing = buffer_with_max(SIZE_MAX);
	for (int i = 0; i < 2; i++) {
		const struct wim_tree_file file = {"a\\new\\file", {1}, 1, MADE_TIME};
		struct wim_tree_counts counts;
		copies[i] = buffer_with_max(metadata.max);
		assert_int_equal(buffer_add(&copies[i], metadata.bytes, metadata.size), 0);
		int rc = i == 0 ? wim_tree_open(&copies[i], &trees[i], &err)
				: wim_tree_resume(
					  &copies[i], drawing.bytes, drawing.size, &trees[i], &err);
		assert_int_equal(rc, 0);
		assert_null(copies[i].bytes);
		if (i == 0)
			assert_int_equal(wim_tree_draw(trees[i], &drawing), 0);
		assert_int_equal(wim_tree_put(trees[i], &file, 1, &counts, &err), 0);
		bytes[i] = wim_tree_bytes(trees[i], &n[i]);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(bytes[0], bytes[1], n[0]);
	for (int i = 0; i < 2; i++)
		(void)wim_tree_close(trees[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_only_what_was_given),
		cmocka_unit_test(what_was_not_touched_is_the_same),
		cmocka_unit_test(a_tree_is_resumed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
