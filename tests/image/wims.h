/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small boot WIMs made by wimlib, images of a state that have them for a base, and WIMs read by
 * wimlib, which knows nothing of layers. Include after unit.h.
 */
#pragma once

#include "../driver/packs.h"

#include "image/export.h"
#include "image/ground.h"
#include "image/revision_view.h"
#include "store/revisions.h"

#include <wimlib.h>

#define assert_wim(call)                                                                           \
	do {                                                                                       \
		int wim_code = (call);                                                             \
		if (wim_code != 0)                                                                 \
			fail_msg("%s: %s", #call,                                                  \
				wimlib_get_error_string((enum wimlib_error_code)wim_code));        \
	} while (0)

struct wim_world {
	struct store *store;
	char folder[128], state[160], tree[160];
};

static inline void world_open(struct wim_world *world)
{
	struct error err = ERROR_NULL;
	assert_wim(wimlib_global_init(
		WIMLIB_INIT_FLAG_ASSUME_UTF8 | WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE));
	(void)snprintf(world->folder, sizeof(world->folder), "%s", scratch_make());
	(void)snprintf(world->state, sizeof(world->state), "%s/state", world->folder);
	(void)snprintf(world->tree, sizeof(world->tree), "%s/tree", world->folder);
	assert_int_equal(mkdir(world->tree, 0700), 0);
	assert_ok(store_open(world->state, STORE_CREATE, &world->store, &err));
}

static inline void world_close(struct wim_world *world)
{
	world->store = store_close(world->store);
	scratch_remove();
}

static inline void world_path(
	const struct wim_world *world, const char *name, char path[static 256])
{
	(void)snprintf(path, 256, "%s/%s", world->folder, name);
}

enum { WIM_WITH_INTEGRITY = WIMLIB_WRITE_FLAG_CHECK_INTEGRITY };

/* Captures world->tree as the one bootable image of a WIM. */
static inline void capture(const struct wim_world *world, const char *name,
	enum wimlib_compression_type type, int write_flags)
{
	char path[256];
	WIMStruct *wim;
	world_path(world, name, path);
	assert_wim(wimlib_create_new_wim(type, &wim));
	assert_wim(wimlib_add_image(wim, world->tree, "Windows PE", NULL,
		WIMLIB_ADD_FLAG_BOOT | WIMLIB_ADD_FLAG_NO_ACLS));
	assert_wim(wimlib_set_image_property(wim, 1, "WINDOWS/ARCH", "9"));
	assert_wim(wimlib_write(wim, path, WIMLIB_ALL_IMAGES, write_flags, 1));
	wimlib_free(wim);
}

/* As an import does; nothing for a WIM that an import would refuse. */
static inline void draw_outline(
	const struct wim_world *world, const struct blob *base, struct blob *ret_outline)
{
	struct error err = ERROR_NULL;
	CLEANUP(view_unrefp) struct view *view = NULL;
	CLEANUP(buffer_free) struct buffer outline = buffer_with_max(100U << 20);
	assert_ok(ground_open_blob(world->store, base, &view, &err));
	if (ground_outline(view, &outline, &err) == 0)
		assert_ok(store_blob_add_bytes(
			world->store, outline.bytes, outline.size, ret_outline, &err));
}

/* The WIM becomes the base of an image of the state. */
static inline void add_image(const struct wim_world *world, const char *name, const char *wim)
{
	struct error err = ERROR_NULL;
	struct image_record record = {.boot_index = 1};
	char path[256];
	int fd;
	world_path(world, wim, path);
	(void)snprintf(record.name, sizeof(record.name), "%s", name);
	(void)snprintf(record.arch, sizeof(record.arch), "amd64");
	(void)snprintf(record.version, sizeof(record.version), "10.0.22621.1");
	(void)snprintf(record.winpe, sizeof(record.winpe), "11");
	CLEANUP(file_closep) int in = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t size;
	assert_true(in >= 0);
	assert_int_equal(file_size(in, &size), 0);
	assert_ok(store_blob_create(world->store, &fd, &err));
	assert_int_equal(file_copy(in, fd, size, NULL), 0);
	assert_ok(store_blob_commit(world->store, fd, &record.base, &err));
	draw_outline(world, &record.base, &record.outline);
	assert_ok(store_image_add(world->store, &record, false, &err));
}

static inline void blob_path(
	const struct wim_world *world, const struct blob *blob, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/blobs/%.2s/%s", world->state, blob->sha256, blob->sha256);
}

/* A folder with one INF and files of so many bytes, for an import. */
static inline void put_package(
	const struct wim_world *world, const char *inf, const char *seed, size_t n)
{
	char folder[256], path[512];
	uint8_t *bytes = malloc(n + FAKE_SYS_BYTES);
	world_path(world, "pack", folder);
	assert_non_null(bytes);
	(void)mkdir(folder, 0700);
	fake_sys(bytes, 0x8664, 6, 1);
	for (size_t i = 0; i < n; i++)
		bytes[FAKE_SYS_BYTES + i] =
			(uint8_t)((uint8_t)seed[i % strlen(seed)] + (i / 64) * (i / 4096));
	(void)snprintf(path, sizeof(path), "%s/%s", seed, inf);
	put_text(folder, path, INF_PLAIN);
	(void)snprintf(path, sizeof(path), "%s/card32.sys", seed);
	put_file(folder, path, bytes, FAKE_SYS_BYTES + n / 2);
	(void)snprintf(path, sizeof(path), "%s/card64.sys", seed);
	put_file(folder, path, bytes, FAKE_SYS_BYTES + n);
	free(bytes);
}

/* A package of that kind; its record. */
static inline void add_package(const struct wim_world *world, const char *inf, const char *seed,
	size_t n, struct driver_package *ret_package)
{
	struct error err = ERROR_NULL;
	static struct told told;
	char path[512];
	put_package(world, inf, seed, n);
	(void)snprintf(path, sizeof(path), "%s/pack/%s", world->folder, seed);
	told = (struct told){0};
	assert_ok(driver_import(world->store, path, write_down, &told, NULL, &err));
	assert_int_equal(told.n_added + told.n_already, 1);
	assert_ok(store_driver_get(world->store, told.id, ret_package, &err));
}

/* ---- as wimlib reads it ---- */

/* Writes the revision to a file, opens that with its integrity table, and verifies all data. */
static inline WIMStruct *export_and_verify(
	const struct wim_world *world, const struct revision_record *revision)
{
	struct error err = ERROR_NULL;
	CLEANUP(view_unrefp) struct view *view = NULL;
	enum export_method method;
	WIMStruct *wim;
	char path[256];
	world_path(world, "out.wim", path);
	assert_ok(revision_view_open(world->store, revision, &view, &err));
	assert_int_equal(view_size(view), revision->size);
	assert_ok(view_export(view, path, true, NULL, &method, &err));
	assert_wim(wimlib_open_wim(path, WIMLIB_OPEN_FLAG_CHECK_INTEGRITY, &wim));
	assert_wim(wimlib_verify_wim(wim, 0));
	return wim;
}

struct wim_look {
	uint64_t size;
	uint32_t n_uses; /* of its content */
	char name[256];
	int n_children;
};

static inline int wim_look_once(const struct wimlib_dir_entry *entry, void *context)
{
	struct wim_look *look = context;
	if (look->n_children++ > 0)
		return 0;
	look->size = entry->streams[0].resource.uncompressed_size;
	look->n_uses = entry->streams[0].resource.reference_count;
	(void)snprintf(look->name, sizeof(look->name), "%s",
		entry->filename != NULL ? entry->filename : "");
	return 0;
}

/* False if it is not there. */
static inline bool wim_look(WIMStruct *wim, const char *path, struct wim_look *ret_look)
{
	*ret_look = (struct wim_look){0};
	return wimlib_iterate_dir_tree(wim, 1, path, 0, wim_look_once, ret_look) == 0;
}

/* The content of a file, with a NUL. */
static inline uint8_t *wim_content(
	const struct wim_world *world, WIMStruct *wim, const char *path, size_t *ret_n)
{
	char folder[256], file[600];
	struct wim_look look;
	assert_true(wim_look(wim, path, &look));
	world_path(world, "extracted", folder);
	(void)mkdir(folder, 0700);
	const char *const paths[] = {path};
	assert_wim(wimlib_extract_paths(wim, 1, folder, paths, 1,
		WIMLIB_EXTRACT_FLAG_NO_ACLS | WIMLIB_EXTRACT_FLAG_NO_PRESERVE_DIR_STRUCTURE));
	(void)snprintf(file, sizeof(file), "%s/%s", folder, look.name);
	struct buffer bytes = buffer_with_max(64U << 20);
	CLEANUP(file_closep) int fd = open(file, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_read_all(fd, &bytes), 0);
	assert_int_equal(buffer_add(&bytes, "", 0), 0);
	(void)unlink(file);
	*ret_n = bytes.size;
	return bytes.bytes;
}

static inline void expect_text(
	const struct wim_world *world, WIMStruct *wim, const char *path, const char *text)
{
	size_t n;
	uint8_t *bytes = wim_content(world, wim, path, &n);
	assert_string_equal((const char *)bytes, text);
	free(bytes);
}
