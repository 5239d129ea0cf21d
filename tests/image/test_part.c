/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "../driver/packs.h"

#include "adapter/crypto.h"
#include "adapter/wim_codec.h"
#include "base/view.h"
#include "format/pe.h"
#include "format/wim_chunks.h"
#include "image/part.h"

#include <errno.h>

static char state_folder[128], root[128];
static struct store *store;

static int set_up(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	const char *folder = scratch_make();
	(void)snprintf(state_folder, sizeof(state_folder), "%s/state", folder);
	(void)snprintf(root, sizeof(root), "%s/in", folder);
	assert_int_equal(mkdir(root, 0700), 0);
	assert_ok(store_open(state_folder, STORE_CREATE, &store, &err));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

static void fill_text(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t) "the quick brown fox "[(i * i / 977) % 20];
}

static void fill_noise(uint8_t *bytes, size_t n)
{
	uint32_t x = 12345;
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
}

static struct view *open_part(const struct part_record *part)
{
	struct error err = ERROR_NULL;
	struct view *view;
	int fd;
	assert_int_equal(view_new(&view), 0);
	if (part->blob.size > 0) {
		assert_ok(store_blob_open(store, part->blob.sha256, &fd, &err));
		assert_int_equal(view_add_file(view, fd, 0, part->blob.size), 0);
	}
	return view;
}

/* The content of a file as a reader of WIMs finds it. */
static void expand(const struct part_record *part, const struct part_file *file, uint8_t *out)
{
	struct error err = ERROR_NULL;
	CLEANUP(view_unrefp) struct view *view = open_part(part);
	CLEANUP(wim_codec_closep) struct wim_codec *codec = NULL;
	CLEANUP(wim_chunks_clear) struct wim_chunks chunks = {0};
	CLEANUP(memory_freep) uint8_t *stored = malloc(file->stored_bytes + 1);
	assert_int_equal(view_read(view, file->offset, stored, file->stored_bytes), 0);
	if (!file->is_compressed) {
		assert_int_equal(file->stored_bytes, file->original_bytes);
		memcpy(out, stored, file->stored_bytes);
		return;
	}
	assert_true(file->stored_bytes < file->original_bytes);
	enum wim_codec_kind kind =
		strcmp(part->compression, "LZX") == 0 ? WIM_CODEC_LZX : WIM_CODEC_XPRESS;
	assert_ok(wim_codec_open(kind, &codec, &err));
	assert_ok(wim_chunks_read(stored, file->stored_bytes, file->stored_bytes,
		file->original_bytes, &chunks, &err));
	for (size_t i = 0; i < chunks.n; i++) {
		const struct wim_chunk *chunk = &chunks.chunks[i];
		uint8_t *to = out + i * WIM_CHUNK_BYTES;
		if (chunk->stored_bytes == chunk->original_bytes)
			memcpy(to, stored + chunk->at, chunk->original_bytes);
		else
			assert_int_equal(wim_codec_expand(codec, stored + chunk->at,
						 chunk->stored_bytes, to, chunk->original_bytes),
				0);
	}
}

static const struct part_file *file_of(const struct part_record *part, const char *path)
{
	for (size_t i = 0; i < part->n_files; i++)
		if (strcmp(part->files[i].path, path) == 0)
			return &part->files[i];
	fail_msg("%s is not in the part", path);
	return NULL;
}

static void expect_content(
	const struct part_record *part, const char *path, const uint8_t *bytes, size_t n)
{
	const struct part_file *file = file_of(part, path);
	CLEANUP(memory_freep) uint8_t *out = malloc(n + 1);
	CLEANUP(sha1_freep) struct sha1 *hash = NULL;
	uint8_t digest[SHA1_BYTES] = {0};
	assert_int_equal(file->original_bytes, n);
	expand(part, file, out);
	assert_memory_equal(out, bytes, n);
	assert_int_equal(sha1_new(&hash), 0);
	assert_int_equal(sha1_add(hash, bytes, n), 0);
	if (n > 0)
		sha1_finish(hash, digest);
	assert_memory_equal(file->sha1, digest, sizeof(digest));

	/* The same by its own reader, behind what is there; not past the maximum. */
	struct error err = ERROR_NULL;
	CLEANUP(buffer_free) struct buffer whole = buffer_with_max(n + 1);
	assert_int_equal(buffer_add_text(&whole, "x"), 0);
	assert_ok(part_read_file(store, part, path, &whole, &err));
	assert_int_equal(whole.size, n + 1);
	assert_memory_equal(whole.bytes + 1, bytes, n);
	if (n > 0)
		assert_int_equal(part_read_file(store, part, path, &whole, &err), -EFBIG);
	assert_int_equal(part_read_file(store, part, "not there", &whole, &err), -ENOENT);
}

/* ---- files of the user's ---- */

#define LARGE_BYTES (12U << 20)

static void files_of_every_kind_come_back(void **state)
{
	(void)state;
	static const enum wim_compression compressions[] = {
		WIM_COMPRESSION_LZX, WIM_COMPRESSION_XPRESS};
	uint8_t *large = malloc(LARGE_BYTES), *noise = malloc(100000);
	fill_text(large, LARGE_BYTES);
	fill_noise(noise, 100000);
	/* Half noise: some chunks shrink, some do not. */
	memcpy(large + 3 * WIM_CHUNK_BYTES, noise, 100000);
	put_file(root, "tree/a/large.bin", large, LARGE_BYTES);
	put_file(root, "tree/a/noise.bin", noise, 100000);
	put_file(root, "tree/empty", "", 0);
	put_file(root, "tree/one", "x", 1);
	put_file(root, "tree/chunk", large, WIM_CHUNK_BYTES);
	put_file(root, "tree/chunk1", large, WIM_CHUNK_BYTES + 1);
	put_file(root, "noise", noise, 70000);
	put_file(root, "last", noise, 40000);
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		struct error err = ERROR_NULL;
		char tree[256], plain[256], last[256];
		(void)snprintf(tree, sizeof(tree), "%s/tree", root);
		(void)snprintf(plain, sizeof(plain), "%s/noise", root);
		(void)snprintf(last, sizeof(last), "%s/last", root);
		const struct part_source sources[] = {
			{tree, "\\Tools"}, {plain, "/x\\y//Z"}, {last, "in\\"}};
		CLEANUP(part_record_clear) struct part_record part, again;
		assert_ok(part_of_files(
			store, sources, ARRAY_SIZE(sources), compressions[i], NULL, &part, &err));
		assert_int_equal(part.n_files, 8);
		expect_content(&part, "Tools/a/large.bin", large, LARGE_BYTES);
		expect_content(&part, "Tools/a/noise.bin", noise, 100000);
		expect_content(&part, "Tools/empty", noise, 0);
		expect_content(&part, "Tools/one", (const uint8_t *)"x", 1);
		expect_content(&part, "Tools/chunk", large, WIM_CHUNK_BYTES);
		expect_content(&part, "Tools/chunk1", large, WIM_CHUNK_BYTES + 1);
		expect_content(&part, "x/y/Z", noise, 70000);
		expect_content(&part, "in/last", noise, 40000);
		assert_false(file_of(&part, "Tools/a/noise.bin")->is_compressed);
		assert_true(file_of(&part, "Tools/a/large.bin")->stored_bytes < LARGE_BYTES / 4);
		/* Nothing behind the last resource, though it was compressed in vain. */
		const struct part_file *end = file_of(&part, "in/last");
		assert_int_equal(end->offset + end->stored_bytes, part.blob.size);
		/* It can be found again, and twice is once. */
		assert_ok(store_part_by_id(store, part.id, &again, &err));
		assert_int_equal(again.n_files, part.n_files);
		part_record_clear(&again);
		assert_ok(part_of_files(
			store, sources, ARRAY_SIZE(sources), compressions[i], NULL, &again, &err));
		assert_string_equal(again.id, part.id);
	}
	free(large);
	free(noise);
}

static void what_cannot_be_added_is_refused(void **state)
{
	(void)state;
	char file[256], folder[256], out[256], empty[256];
	put_text(root, "file", "text");
	put_text(root, "out/inside", "text");
	(void)snprintf(file, sizeof(file), "%s/file", root);
	(void)snprintf(folder, sizeof(folder), "%s/out", root);
	(void)snprintf(out, sizeof(out), "%s/out/link", root);
	(void)snprintf(empty, sizeof(empty), "%s/nothing", root);
	assert_int_equal(symlink("/etc/passwd", out), 0);
	assert_int_equal(mkdir(empty, 0700), 0);
	const struct {
		struct part_source source;
		int rc;
		const char *words;
	} rows[] = {
		{{file, "\\pewter\\manifest.json"}, -EPERM, "Pewter writes that itself"},
		{{file, "PEWTER/Start.CMD"}, -EPERM, "another place"},
		{{file, "/pewter//Drivers/1/x.inf"}, -EPERM, "another place"},
		{{file, "pewter\\drivers"}, -EPERM, "another place"},
		{{file, "a\\..\\b"}, -EINVAL, "no place inside an image"},
		{{"/nowhere", "a"}, -ENOENT, "/nowhere"},
		{{"/dev/null", "a"}, -EINVAL, "neither a file nor a folder"},
		{{folder, "a"}, -EINVAL, "a link that leads out of the folder"},
		{{empty, "a"}, -ENOENT, "holds no file"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_NULL;
		struct part_record part;
		assert_int_equal(part_of_files(store, &rows[i].source, 1, WIM_COMPRESSION_LZX, NULL,
					 &part, &err),
			rows[i].rc);
		if (strstr(err.text, rows[i].words) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", err.text, rows[i].words);
	}
	struct error err = ERROR_NULL;
	struct part_record part;
	const struct part_source both[] = {{file, "a\\b.txt"}, {file, "A/B.TXT"}};
	assert_int_equal(
		part_of_files(store, both, 2, WIM_COMPRESSION_LZX, NULL, &part, &err), -EINVAL);
	assert_non_null(strstr(err.text, "would both be \\A/B.TXT"));
	const struct part_source source = {file, "a"};
	assert_int_equal(part_of_files(store, &source, 1, WIM_COMPRESSION_LZMS, NULL, &part, &err),
		-EOPNOTSUPP);
}

/* ---- packages ---- */

static void add_package(struct driver_package *package, const uint8_t *large, size_t n)
{
	struct error err = ERROR_NULL;
	static struct told told;
	uint8_t sys[FAKE_SYS_BYTES];
	fake_sys(sys, PE_MACHINE_AMD64, 6, 1);
	put_text(root, "pack/card.inf", INF_PLAIN);
	put_file(root, "pack/card64.sys", large, n);
	put_file(root, "pack/card32.sys", sys, sizeof(sys));
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/pack", root);
	told = (struct told){0};
	assert_ok(driver_import(store, path, write_down, &told, NULL, &err));
	assert_true(told.n_added + told.n_already == 1);
	assert_ok(store_driver_get(store, told.id, package, &err));
}

static void blob_file(const struct blob *blob, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/blobs/%.2s/%s", state_folder, blob->sha256, blob->sha256);
}

static void a_package_becomes_a_part_once(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(driver_package_clear) struct driver_package package;
	CLEANUP(part_record_clear) struct part_record part, again, xpress;
	size_t n = 300000;
	uint8_t *large = malloc(n);
	fill_text(large, n);
	add_package(&package, large, n);
	assert_ok(part_of_package(store, &package, WIM_COMPRESSION_LZX, NULL, &part, &err));
	assert_string_equal(part.compression, "LZX");
	assert_int_equal(part.n_files, package.n_files);
	expect_content(&part, "card64.sys", large, n);
	expect_content(&part, "card.inf", (const uint8_t *)INF_PLAIN, strlen(INF_PLAIN));
	assert_ok(part_of_package(store, &package, WIM_COMPRESSION_XPRESS, NULL, &xpress, &err));
	expect_content(&xpress, "card64.sys", large, n);
	assert_string_not_equal(xpress.id, part.id);

	/* From the store, even when the files have gone since. */
	char path[512], kept[520];
	for (size_t i = 0; i < package.n_files; i++) {
		blob_file(&package.files[i].blob, path, sizeof(path));
		(void)snprintf(kept, sizeof(kept), "%s.kept", path);
		assert_int_equal(rename(path, kept), 0);
	}
	assert_ok(part_of_package(store, &package, WIM_COMPRESSION_LZX, NULL, &again, &err));
	assert_string_equal(again.id, part.id);
	/* Without the part's own blob it has to be made again, and cannot be. */
	char part_path[512];
	blob_file(&part.blob, part_path, sizeof(part_path));
	assert_int_equal(unlink(part_path), 0);
	struct part_record none;
	assert_int_equal(
		part_of_package(store, &package, WIM_COMPRESSION_LZX, NULL, &none, &err), -EIO);
	assert_non_null(strstr(err.text, "card.inf, file "));
	for (size_t i = 0; i < package.n_files; i++) {
		blob_file(&package.files[i].blob, path, sizeof(path));
		(void)snprintf(kept, sizeof(kept), "%s.kept", path);
		assert_int_equal(rename(kept, path), 0);
	}
	part_record_clear(&again);
	assert_ok(part_of_package(store, &package, WIM_COMPRESSION_LZX, NULL, &again, &err));
	assert_string_equal(again.id, part.id);
	expect_content(&again, "card64.sys", large, n);
	free(large);
}

static void damaged_content_is_told(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(driver_package_clear) struct driver_package package;
	struct part_record part;
	char path[512];
	uint8_t large[5000];
	fill_noise(large, sizeof(large));
	add_package(&package, large, sizeof(large));
	for (size_t i = 0; i < package.n_files; i++)
		if (strcmp(package.files[i].path, "card64.sys") == 0)
			blob_file(&package.files[i].blob, path, sizeof(path));
	assert_int_equal(chmod(path, 0600), 0);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "?", 1, 1000), 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(
		part_of_package(store, &package, WIM_COMPRESSION_LZX, NULL, &part, &err), -EIO);
	assert_non_null(strstr(err.text, "is damaged"));
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(
		part_of_package(store, &package, WIM_COMPRESSION_LZX, NULL, &part, &err), -EIO);
	assert_non_null(strstr(err.text, "card64.sys"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_of_every_kind_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_added_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_package_becomes_a_part_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_content_is_told, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
