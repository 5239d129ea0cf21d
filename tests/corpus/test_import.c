/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The corpus of real INFs (corpus.h) is imported as a folder: every INF becomes a package, or is
 * passed over for a reason that is right for it.
 */
#include "../unit.h"

#include "../store/scratch.h"
#include "corpus.h"

#include "driver/import.h"

/* The reasons for which a real INF may be passed over. */
static const char *const reasons[] = {
	"no [Version] section", "no [Manufacturer] section",
	"no TargetOS decoration",       /* "NT$ARCH$": a template, filled in when it is built */
	"names a hardware id",          /* network components without a device */
	"no section in the whole file", /* fragments, joined when they are built */
};

struct folder {
	char name[CORPUS_FOLDER_BYTES];
	uint64_t n_added, n_already, n_skipped[ARRAY_SIZE(reasons)], n_incomplete, n_models;
	uint64_t hash; /* sum of those of its packages */
};

static struct folder folders[CORPUS_FOLDERS_MAX];
static size_t n_folders;

static struct folder *folder_of(const char *path)
{
	char name[CORPUS_FOLDER_BYTES];
	corpus_folder_of(path, name);
	for (size_t i = 0; i < n_folders; i++)
		if (strcmp(folders[i].name, name) == 0)
			return &folders[i];
	assert_true(n_folders < CORPUS_FOLDERS_MAX);
	memcpy(folders[n_folders].name, name, sizeof(name));
	return &folders[n_folders++];
}

static uint64_t add_text(uint64_t hash, const char *text)
{
	return corpus_hash(hash, text, strlen(text));
}

static uint64_t hash_of(const struct driver_package *package)
{
	char numbers[64];
	uint64_t hash = add_text(CORPUS_HASH_START, package->id);
	hash = add_text(hash, package->class);
	hash = add_text(hash, package->provider);
	hash = add_text(hash, package->archs);
	(void)snprintf(numbers, sizeof(numbers), "%u %llu", package->date,
		(unsigned long long)package->version);
	hash = add_text(hash, numbers);
	for (size_t i = 0; i < package->n_models; i++)
		for (size_t k = 0; k < package->models[i].n_ids; k++)
			hash = add_text(hash, package->models[i].ids[k]);
	for (size_t i = 0; i < package->n_missing; i++)
		hash = add_text(hash, package->missing[i]);
	return hash;
}

static void take_skipped(struct folder *folder, const struct import_item *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (strstr(item->reason, reasons[i]) != NULL && !item->is_fault) {
			folder->n_skipped[i]++;
			return;
		}
	}
	fail_msg("%s: %s", item->path, item->reason);
}

static int take(void *context, const struct import_item *item)
{
	struct folder *folder = folder_of(item->path);
	(void)context;
	if (item->result == IMPORT_SKIPPED) {
		take_skipped(folder, item);
		return 0;
	}
	/* Silently empty is what no package may be. */
	assert_true(item->package->n_models > 0 && item->package->n_files > 0);
	*(item->result == IMPORT_ADDED ? &folder->n_added : &folder->n_already) += 1;
	folder->n_incomplete += item->package->n_missing > 0;
	folder->n_models += item->package->n_models;
	folder->hash += hash_of(item->package);
	return 0;
}

static void row_of(const struct folder *folder, char line[static CORPUS_ROW_BYTES])
{
	int n = snprintf(line, CORPUS_ROW_BYTES, "%-20s %5llu %7llu %10llu %6llu ", folder->name,
		(unsigned long long)folder->n_added, (unsigned long long)folder->n_already,
		(unsigned long long)folder->n_incomplete, (unsigned long long)folder->n_models);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		n += snprintf(line + n, CORPUS_ROW_BYTES - (size_t)n, " %4llu",
			(unsigned long long)folder->n_skipped[i]);
	(void)snprintf(line + n, CORPUS_ROW_BYTES - (size_t)n, "  %016llx\n",
		(unsigned long long)folder->hash);
}

static void the_corpus_imports_as_before(void **state)
{
	static corpus_row rows[CORPUS_FOLDERS_MAX];
	struct error err = ERROR_NULL;
	struct store *store = NULL;

	(void)state;
	corpus_find();
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_ok(driver_import(store, corpus_root, take, NULL, NULL, &err));
	(void)store_close(store);
	scratch_remove();
	for (size_t i = 0; i < n_folders; i++)
		row_of(&folders[i], rows[i]);
	corpus_compare("import",
		"# folder, packages added, already there, of both incomplete, their models; passed "
		"over: no [Version], no [Manufacturer], no TargetOS, no ids, no section; hash\n",
		rows, n_folders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_corpus_imports_as_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
