/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "wims.h"

#include "base/limits.h"
#include "image/check.h"
#include "image/ground.h"
#include "image/remake.h"

#include <errno.h>

static struct wim_world world;

static int set_up(void **state)
{
	(void)state;
	world_open(&world);
	for (int i = 0; i < 300; i++) {
		char path[64], text[32];
		(void)snprintf(path, sizeof(path), "Windows/System32/file %d.dll", i);
		(void)snprintf(text, sizeof(text), "content %d", i / 2);
		put_text(world.tree, path, text);
	}
	put_text(world.tree, "Windows/System32/winpeshl.ini", "[LaunchApps]\r\nwpeinit\r\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static void add(enum wimlib_compression_type type, struct image_record *image)
{
	struct error err = ERROR_NULL;
	capture(&world, "base.wim", type, 0);
	add_image(&world, "pe", "base.wim");
	assert_ok(store_image_get(world.store, "pe", image, &err));
}

static void open_ground(const struct image_record *image, struct ground *ground)
{
	struct error err = ERROR_NULL;
	assert_ok(ground_begin(world.store, image, ground, &err));
	assert_ok(ground_finish(ground, &err));
}

static void assert_winpeshl(const struct ground *ground)
{
	struct error err = ERROR_NULL;
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(LIMIT_WINPESHL_BYTES);
	assert_ok(ground_read_winpeshl(ground, &text, &err));
	assert_string_equal((const char *)text.bytes, "[LaunchApps]\r\nwpeinit\r\n");
}

static void assert_same_ground(const struct ground *a, const struct ground *b)
{
	uint64_t files[2], folders[2];
	size_t n[2];
	const uint8_t *left = wim_tree_bytes(a->tree, &n[0]);
	const uint8_t *right = wim_tree_bytes(b->tree, &n[1]);
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(left, right, n[0]);
	wim_tree_count(a->tree, &files[0], &folders[0]);
	wim_tree_count(b->tree, &files[1], &folders[1]);
	assert_int_equal(files[0], files[1]);
	assert_int_equal(folders[0], folders[1]);
	assert_int_equal(a->data_end, b->data_end);
	assert_int_equal(a->frame.n_entries, b->frame.n_entries);
	assert_memory_equal(a->frame.entry.sha1, b->frame.entry.sha1, WIM_SHA1_BYTES);
	assert_int_equal(a->frame.xml.size, b->frame.xml.size);
	for (size_t i = 0; i < a->frame.n_entries; i++) {
		struct wim_blob_entry entry;
		size_t found[2] = {1, 2};
		frame_entry(&a->frame, i, &entry);
		assert_int_equal(frame_find(&a->frame, entry.sha1, &found[0], &entry),
			frame_find(&b->frame, entry.sha1, &found[1], &entry));
		if ((entry.resource.flags & WIM_RESOURCE_METADATA) == 0)
			assert_int_equal(found[0], found[1]);
	}
}

/* Was it believed? */
static bool is_from_outline(const struct ground *ground)
{
	return ground->is_drawn;
}

static void an_outline_says_what_the_base_says(void **state)
{
	(void)state;
	static const enum wimlib_compression_type types[] = {
		WIMLIB_COMPRESSION_TYPE_LZX, WIMLIB_COMPRESSION_TYPE_XPRESS};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct image_record image;
		CLEANUP(ground_clear) struct ground drawn, read;
		(void)set_up(NULL);
		add(types[i], &image);
		assert_true(image.outline.size > 0);
		open_ground(&image, &drawn);
		assert_true(is_from_outline(&drawn));
		image.outline.size = 0;
		open_ground(&image, &read);
		assert_false(is_from_outline(&read));
		assert_same_ground(&drawn, &read);
		assert_int_equal(read.winpeshl.size, 0);
		assert_int_not_equal(drawn.winpeshl.size, 0);
		assert_winpeshl(&drawn);
		assert_winpeshl(&read);
		image_record_clear(&image);
		if (i + 1 < ARRAY_SIZE(types))
			(void)tear_down(NULL);
	}
}

static void change(const struct blob *blob, uint64_t at)
{
	char path[512];
	uint8_t byte;
	blob_path(&world, blob, path, sizeof(path));
	assert_int_equal(chmod(path, 0600), 0);
	CLEANUP(file_closep) int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/* Wherever it is damaged: the base is read, and says the same. */
static void a_damaged_outline_is_not_believed(void **state)
{
	(void)state;
	struct image_record image;
	CLEANUP(ground_clear) struct ground good;
	char path[512];
	add(WIMLIB_COMPRESSION_TYPE_LZX, &image);
	struct image_record bare = image;
	bare.outline.size = 0;
	open_ground(&bare, &good);
	const uint64_t places[] = {
		0, 8, 12, 16, 24, 50, 88, 100, image.outline.size / 2, image.outline.size - 1};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(ground_clear) struct ground ground;
		change(&image.outline, places[i]);
		open_ground(&image, &ground);
		assert_false(is_from_outline(&ground));
		assert_same_ground(&good, &ground);
		change(&image.outline, places[i]);
	}
	blob_path(&world, &image.outline, path, sizeof(path));
	const off_t sizes[] = {1000, 50, 0};
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP(ground_clear) struct ground ground;
		assert_int_equal(truncate(path, sizes[i]), 0);
		open_ground(&image, &ground);
		assert_same_ground(&good, &ground);
	}
	assert_int_equal(unlink(path), 0);
	CLEANUP(ground_clear) struct ground ground;
	open_ground(&image, &ground);
	assert_same_ground(&good, &ground);
	image_record_clear(&image);
}

/* The outline is whole, and the base not any more: nothing is built on what it was. */
static void a_base_that_was_changed_is_seen(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct image_record image;
	CLEANUP(ground_clear) struct ground good;
	add(WIMLIB_COMPRESSION_TYPE_LZX, &image);
	open_ground(&image, &good);
	const struct wim_header *header = &good.frame.header;
	const uint64_t places[] = {header->blob_table.offset + 31, header->xml.offset + 10,
		header->boot_metadata.offset + 60, 24};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct ground ground;
		change(&image.base, places[i]);
		assert_ok(ground_begin(world.store, &image, &ground, &err));
		int rc = ground_finish(&ground, &err);
		/* What the strict reading of the base itself does not mind is as it says now. */
		if (rc == 0)
			assert_false(is_from_outline(&ground));
		else
			assert_true(rc == -EINVAL && err.text[0] != 0);
		ground_clear(&ground);
		change(&image.base, places[i]);
	}
	image_record_clear(&image);
}

/* ---- pewter check ---- */

struct found {
	size_t n, n_repaired;
	char what[512], remedy[512];
};

static int note_finding(void *context, const struct check_finding *finding)
{
	struct found *found = context;
	found->n++;
	found->n_repaired += finding->is_repaired;
	(void)snprintf(found->what, sizeof(found->what), "%s", finding->what);
	(void)snprintf(found->remedy, sizeof(found->remedy), "%s", finding->remedy);
	return 0;
}

static struct found run_check(bool repair)
{
	struct error err = ERROR_NULL;
	struct check_totals totals;
	struct found found = {.n = 0};
	const struct remake remake = {.store = world.store, .state = world.state};
	const struct check_request request = {
		.repair = repair,
		.sink = note_finding,
		.context = &found,
		.remake = image_remake_blob,
		.remake_context = (void *)(uintptr_t)&remake,
	};
	assert_ok(store_check(world.store, &request, &totals, &err));
	return found;
}

static void a_lost_outline_is_drawn_again(void **state)
{
	(void)state;
	struct image_record image;
	char path[512];
	add(WIMLIB_COMPRESSION_TYPE_LZX, &image);
	blob_path(&world, &image.outline, path, sizeof(path));
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			assert_int_equal(unlink(path), 0);
		else
			change(&image.outline, 200);
		struct found found = run_check(false);
		assert_int_equal(found.n, 1);
		assert_non_null(strstr(found.what, "(the outline of image pe)"));
		found = run_check(true);
		assert_int_equal(found.n_repaired, 1);
		assert_non_null(strstr(found.remedy, "drawn again from the base of image pe"));
		assert_int_equal(run_check(false).n, 0);
		CLEANUP(ground_clear) struct ground ground;
		open_ground(&image, &ground);
		assert_true(is_from_outline(&ground));
	}
	image_record_clear(&image);
}

/* It lives as long as its image. */
static void a_sweep_knows_outlines(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct image_record image;
	size_t n;
	int fd;
	add(WIMLIB_COMPRESSION_TYPE_LZX, &image);
	assert_ok(store_blob_sweep(world.store, &n, &err));
	assert_int_equal(n, 0);
	assert_ok(store_image_remove(world.store, "pe", &err));
	assert_ok(store_blob_sweep(world.store, &n, &err));
	assert_int_equal(store_blob_open(world.store, image.outline.sha256, &fd, &err), -ENOENT);
	image_record_clear(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_outline_says_what_the_base_says, NULL, tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_outline_is_not_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_base_that_was_changed_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lost_outline_is_drawn_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sweep_knows_outlines, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
