/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A place to import drivers in: what is set up around each test, and what came out. Include after
 * unit.h. */
#pragma once

#include "../store/driver_count.h"
#include "packs.h"

#include "format/pe.h"

#include <dirent.h>

/* A state, and a folder beside it for what is imported. */
struct world {
	struct store *store;
	char state[128], root[128];
	uint8_t sys32[FAKE_SYS_BYTES], sys64[FAKE_SYS_BYTES];
};

static inline int set_up(void **state)
{
	struct error err = ERROR_NULL;
	struct world *world = calloc(1, sizeof(*world));
	assert_non_null(world);
	const char *folder = scratch_make();
	(void)snprintf(world->state, sizeof(world->state), "%s/state", folder);
	(void)snprintf(world->root, sizeof(world->root), "%s/in", folder);
	assert_int_equal(mkdir(world->root, 0700), 0);
	assert_ok(store_open(world->state, STORE_CREATE, &world->store, &err));
	fake_sys(world->sys32, PE_MACHINE_X86, 5, 1);
	fake_sys(world->sys64, PE_MACHINE_AMD64, 6, 1);
	*state = world;
	return 0;
}

/* Nothing of an import stays but records and blobs. */
static inline void check_state(const struct world *world)
{
	DIR *folder = opendir(world->state);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (strncmp(entry->d_name, ".import", 7) == 0)
			fail_msg("%s was left behind", entry->d_name);
	}
	(void)closedir(folder);
}

static inline int tear_down(void **state)
{
	struct world *world = *state;
	check_state(world);
	(void)store_close(world->store);
	free(world);
	scratch_remove();
	return 0;
}

static inline void import(const struct world *world, const char *name, struct told *told)
{
	struct error err = ERROR_NULL;
	char path[512];
	*told = (struct told){0};
	(void)snprintf(path, sizeof(path), "%s%s%s", world->root, name[0] != 0 ? "/" : "", name);
	assert_ok(driver_import(world->store, path, write_down, told, NULL, &err));
	check_state(world);
}

static inline void put_pack(const struct world *world, const char *folder, const char *inf)
{
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/card.inf", folder);
	put_text(world->root, path, inf);
	(void)snprintf(path, sizeof(path), "%s/Card32.SYS", folder);
	put_file(world->root, path, world->sys32, FAKE_SYS_BYTES);
	(void)snprintf(path, sizeof(path), "%s/CARD64.sys", folder);
	put_file(world->root, path, world->sys64, FAKE_SYS_BYTES);
}

static inline struct driver_package package_of(const struct world *world, const struct told *told)
{
	struct error err = ERROR_NULL;
	struct driver_package package;
	assert_ok(store_driver_get(world->store, told->id, &package, &err));
	return package;
}

static inline const struct driver_file *file_of(
	const struct driver_package *package, const char *path)
{
	for (size_t i = 0; i < package->n_files; i++) {
		if (strcmp(package->files[i].path, path) == 0)
			return &package->files[i];
	}
	fail_msg("%s is not in the package", path);
	return NULL;
}

static inline size_t count_packages(const struct world *world)
{
	struct error err = ERROR_NULL;
	uint64_t n_packages = 0, n_ids = 0;
	assert_ok(count_drivers(world->store, &n_packages, &n_ids, &err));
	return n_packages;
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
