/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/inbox_look.h"

#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INF_FOLDER     "/Windows/INF"
#define DRIVERS_FOLDER "/Windows/System32/drivers"
#define SYSTEM_FOLDER  "/Windows/System32"
#define STORE_FOLDER   "/Windows/System32/DriverStore/FileRepository"

void inbox_look_clear(struct inbox_look *look)
{
	for (size_t i = 0; i < look->n_infs; i++)
		free(look->infs[i].path);
	free(look->infs);
	name_table_clear(&look->binaries);
	name_table_clear(&look->stored);
	*look = (struct inbox_look){.n_infs = 0};
}

static bool is_inf(const struct wim_entry *entry)
{
	return entry->is_file && entry->size > 0 && entry->size <= LIMIT_INF_BYTES &&
	       text_equal_nocase(path_extension(entry->name), ".inf");
}

/* store_at: where in the path the name of the driver store's folder begins; 0 for none. */
static int add_inf(struct inbox_look *look, const struct wim_entry *entry, size_t store_at)
{
	if (look->n_infs == LIMIT_INBOX_INFS) {
		look->n_left_out++;
		return 0;
	}
	struct inbox_inf *grown = reallocarray(look->infs, look->n_infs + 1, sizeof(*look->infs));
	if (grown == NULL)
		return -ENOMEM;
	look->infs = grown;
	struct inbox_inf *inf = &grown[look->n_infs];
	*inf = (struct inbox_inf){.path = strdup(entry->path), .size = entry->size};
	if (inf->path == NULL)
		return -ENOMEM;
	inf->name = path_name(inf->path);
	inf->store = store_at > 0 ? inf->path + store_at : NULL;
	memcpy(inf->sha1, entry->sha1, sizeof(inf->sha1));
	look->n_infs++;
	return 0;
}

static int take_inf(void *context, const struct wim_entry *entry)
{
	return is_inf(entry) ? add_inf(context, entry, 0) : 0;
}

static int take_binary(void *context, const struct wim_entry *entry)
{
	struct inbox_look *look = context;
	uint32_t number;
	if (!entry->is_file)
		return 0;
	return name_table_add(&look->binaries, entry->name, strlen(entry->name), 0, &number);
}

static int take_stored(void *context, const struct wim_entry *entry)
{
	struct inbox_look *look = context;
	char key[2 * 256 + 2];
	uint32_t number;
	/* The image may write the folders otherwise, but as long. */
	const size_t store_at = sizeof(STORE_FOLDER "/") - 1;
	if (!entry->is_file || strlen(entry->path) <= store_at)
		return 0;
	const char *folder = entry->path + store_at;
	size_t length = strcspn(folder, "/");
	/* A file that lies in no package's folder. */
	if (folder[length] == 0)
		return 0;
	/* An INF of a folder in the folder is what an extension left behind, or none. */
	bool is_direct = strchr(folder + length + 1, '/') == NULL;
	int n = snprintf(key, sizeof(key), "%.*s/%s", (int)length, folder, entry->name);
	if (n < 0 || (size_t)n >= sizeof(key))
		return 0;
	int rc = name_table_add(&look->stored, key, (size_t)n, 0, &number);
	return rc == 0 && is_direct && is_inf(entry) ? add_inf(look, entry, store_at) : rc;
}

typedef int lister(struct wim_file *file, uint32_t index, const char *folder,
	wim_entry_function *function, void *context, struct error *err);

static int list_if_there(struct wim_file *wim, lister *list, const char *folder,
	wim_entry_function *function, struct inbox_look *look, struct error *err)
{
	struct error why = ERROR_NULL;
	int rc = list(wim, 1, folder, function, look, &why);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return error_set(
			err, rc, "%s: %s", folder, rc == -ENOMEM ? "out of memory" : why.text);
	return 0;
}

static bool is_same(const struct inbox_inf *a, const struct inbox_inf *b)
{
	return memcmp(a->sha1, b->sha1, sizeof(a->sha1)) == 0 ||
	       text_equal_nocase(a->name, b->name);
}

/* \Windows\INF is what Windows goes by; the store's INFs are most often the same files. */
static void find_shadowed(struct inbox_look *look, size_t n_in_folder)
{
	for (size_t i = n_in_folder; i < look->n_infs; i++) {
		for (size_t k = 0; k < n_in_folder && !look->infs[i].is_shadowed; k++)
			look->infs[i].is_shadowed = is_same(&look->infs[i], &look->infs[k]);
	}
}

int inbox_look(struct wim_file *wim, struct inbox_look *ret_look, struct error *err)
{
	CLEANUP(inbox_look_clear)
	struct inbox_look look = {.binaries = name_table_empty(), .stored = name_table_empty()};
	int rc = list_if_there(wim, wim_file_list, INF_FOLDER, take_inf, &look, err);
	size_t n_in_folder = look.n_infs;
	if (rc == 0)
		rc = list_if_there(wim, wim_file_walk, STORE_FOLDER, take_stored, &look, err);
	if (rc == 0)
		rc = list_if_there(wim, wim_file_list, SYSTEM_FOLDER, take_binary, &look, err);
	if (rc == 0)
		rc = list_if_there(wim, wim_file_walk, DRIVERS_FOLDER, take_binary, &look, err);
	if (rc < 0)
		return rc;
	find_shadowed(&look, n_in_folder);
	*ret_look = look;
	look = (struct inbox_look){.n_infs = 0};
	return 0;
}

/* ---- asking ---- */

static bool is_in_store(
	const struct inbox_look *look, const struct inbox_inf *stored, const char *file)
{
	char key[2 * 256 + 2];
	uint32_t number;
	int n = snprintf(
		key, sizeof(key), "%.*s/%s", (int)strcspn(stored->store, "/"), stored->store, file);
	return n > 0 && (size_t)n < sizeof(key) &&
	       name_table_find(&look->stored, key, (size_t)n, &number);
}

bool inbox_holds(const struct inbox_look *look, const struct inbox_inf *inf, const char *file)
{
	uint32_t number;
	if (name_table_find(&look->binaries, file, strlen(file), &number))
		return true;
	if (inf->store != NULL)
		return is_in_store(look, inf, file);
	for (size_t i = 0; i < look->n_infs; i++) {
		const struct inbox_inf *stored = &look->infs[i];
		if (stored->is_shadowed && is_same(stored, inf) && is_in_store(look, stored, file))
			return true;
	}
	return false;
}

const char *inbox_original_name(const struct inbox_look *look, const struct inbox_inf *inf)
{
	for (size_t i = 0; inf->store == NULL && i < look->n_infs; i++) {
		const struct inbox_inf *stored = &look->infs[i];
		if (stored->is_shadowed && memcmp(stored->sha1, inf->sha1, sizeof(inf->sha1)) == 0)
			return stored->name;
	}
	return inf->name;
}
