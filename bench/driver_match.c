/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: driver_match fill STATE FOLDER N_IDS
 *        driver_match time STATE N_DEVICES TARGET DEVICES_FILE
 *
 * fill reads every INF below FOLDER and puts their packages into a new database, again and again
 * with other ids, until it has N_IDS of them; each package with three small files.
 *
 * time makes a machine of PCI devices, each of which some package serves, matches it against the
 * database, first with nothing in memory of this process, then warm (CPU time), and writes it to
 * DEVICES_FILE as `lspci -vmmnn` would tell it.
 *
 * One JSON document on stdout.
 */
#include "../tests/store/driver_count.h"
#include "adapter/crypto.h"
#include "base/text.h"
#include "driver/marks.h"
#include "driver/match.h"
#include "driver/models.h"
#include "device/pci.h"
#include "format/inf.h"
#include "store/drivers.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MAX_PACKAGES       4096
#define PACKAGES_PER_BATCH 100 /* as an import has them */
#define WARM_ROUNDS        50

static struct driver_package packages[MAX_PACKAGES];
static size_t n_packages;
/* The ids as they came: copies are made of these. */
static char ***original_ids[MAX_PACKAGES];

static double now_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this process alone: other work on the machine counts less. A match waits for no disk. */
static double cpu_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void check(int rc, const struct error *err)
{
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "driver_match: %s\n", err->text[0] != 0 ? err->text : strerror(-rc));
	exit(1);
}

static void *need(void *memory)
{
	struct error err = ERROR_NULL;
	check(memory == NULL ? -ENOMEM : 0, &err);
	return memory;
}

/* ---- fill ---- */

static void *read_file(const char *path, size_t size)
{
	void *bytes = need(malloc(size + 1));
	FILE *file = fopen(path, "re");
	if (file == NULL || fread(bytes, 1, size, file) != size) {
		perror(path);
		exit(1);
	}
	(void)fclose(file);
	return bytes;
}

static void keep_ids(size_t index)
{
	struct driver_package *package = &packages[index];
	original_ids[index] = need(calloc(package->n_models + 1, sizeof(char **)));
	for (size_t i = 0; i < package->n_models; i++) {
		struct driver_model *model = &package->models[i];
		original_ids[index][i] = model->ids;
		model->ids = need(calloc(model->n_ids + 1, sizeof(char *)));
	}
}

static int take_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	size_t length = strlen(path);
	if (kind != FTW_F || n_packages == MAX_PACKAGES || length < 4 ||
		strcasecmp(path + length - 4, ".inf") != 0)
		return 0;
	struct error err = ERROR_NULL;
	struct driver_package *package = &packages[n_packages];
	CLEANUP(inf_freep) struct inf *inf = NULL;
	CLEANUP(memory_freep) void *bytes = read_file(path, (size_t)status->st_size);
	if (inf_parse(bytes, (size_t)status->st_size, NULL, &inf, &err) < 0 ||
		models_read(inf, package, &err) < 0) {
		driver_package_clear(package);
		return 0;
	}
	(void)text_copy(package->inf, sizeof(package->inf), path + place->base);
	(void)text_copy(package->source, sizeof(package->source), path);
	keep_ids(n_packages++);
	return 0;
}

/* The same id of another maker: other digits behind VEN_ (or VID_), else a number at the end. */
static char *change_id(const char *id, unsigned copy)
{
	char *changed = NULL;
	const char *maker = strstr(id, "VEN_");
	if (maker == NULL)
		maker = strstr(id, "VID_");
	char *end = NULL;
	unsigned long number = maker != NULL ? strtoul(maker + 4, &end, 16) : 0;
	int n;
	if (copy == 0 || id[0] == 0)
		return need(strdup(id));
	if (maker != NULL && end == maker + 8)
		n = asprintf(&changed, "%.*s%04lX%s", (int)(maker + 4 - id), id,
			(number + copy * 257UL) & 0xffff, end);
	else
		n = asprintf(&changed, "%s_%02X", id, copy);
	return need(n < 0 ? NULL : changed);
}

static void change_package(size_t index, unsigned copy)
{
	struct driver_package *package = &packages[index];
	char text[32];
	uint8_t digest[SHA256_BYTES];
	(void)snprintf(text, sizeof(text), "%zu of copy %u", index, copy);
	need(sha256_of(text, strlen(text), digest) < 0 ? NULL : text);
	text_hex(digest, sizeof(digest), package->id);
	for (size_t i = 0; i < package->n_models; i++) {
		for (size_t k = 0; k < package->models[i].n_ids; k++) {
			free(package->models[i].ids[k]);
			package->models[i].ids[k] = change_id(original_ids[index][i][k], copy);
		}
	}
}

/* Three files of its own, as small as records of them need. */
static void add_files(struct blob_batch *batch, struct driver_package *package)
{
	static const char *const names[] = {"driver.inf", "driver.cat", "driver.sys"};
	struct error err = ERROR_NULL;
	if (package->files == NULL) {
		package->files = need(calloc(ARRAY_SIZE(names), sizeof(*package->files)));
		package->n_files = ARRAY_SIZE(names);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			package->files[i] = (struct driver_file){
				.path = need(strdup(names[i])), .kind = (enum driver_file_kind)i};
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char text[100];
		int n = snprintf(text, sizeof(text), "%s %s", package->id, names[i]);
		check(store_blob_batch_add_bytes(
			      batch, text, (size_t)n, &package->files[i].blob, &err),
			&err);
	}
}

static void add_records(struct store *store, size_t first, size_t n)
{
	struct error err = ERROR_NULL;
	check(store_begin_durable(store, &err), &err);
	for (size_t i = first; i < first + n; i++)
		check(store_driver_add(store, &packages[i], &err), &err);
	check(store_commit(store, &err), &err);
}

static int fill(const char *state, const char *folder, uint64_t n_wanted)
{
	struct error err = ERROR_NULL;
	struct store *store;
	struct blob_batch *batch;
	uint64_t n_stored = 0, n_ids = 0;
	size_t n_models = 0;
	double files_s = 0, records_s = 0;
	if (nftw(folder, take_file, 20, FTW_PHYS) != 0 || n_packages == 0) {
		(void)fprintf(stderr, "driver_match: no INF below %s\n", folder);
		return 1;
	}
	check(store_open(state, STORE_CREATE, &store, &err), &err);
	check(store_blob_batch_open(store, &batch, &err), &err);
	for (unsigned copy = 0; n_ids < n_wanted; copy++) {
		for (size_t first = 0; first < n_packages; first += PACKAGES_PER_BATCH) {
			size_t n = n_packages - first < PACKAGES_PER_BATCH ? n_packages - first
									   : PACKAGES_PER_BATCH;
			for (size_t i = first; i < first + n; i++) {
				change_package(i, copy);
				n_models += packages[i].n_models;
			}
			double begin = now_s();
			for (size_t i = first; i < first + n; i++)
				add_files(batch, &packages[i]);
			check(store_blob_batch_commit(batch, &err), &err);
			double middle = now_s();
			add_records(store, first, n);
			files_s += middle - begin;
			records_s += now_s() - middle;
		}
		check(count_drivers(store, &n_stored, &n_ids, &err), &err);
	}
	store_blob_batch_close(batch);
	store_close(store);
	(void)printf("{\"packages\": %llu, \"ids\": %llu, \"models\": %zu, \"files_s\": %.3f, "
		     "\"records_s\": %.3f}\n",
		(unsigned long long)n_stored, (unsigned long long)n_ids, n_models, files_s,
		records_s);
	return 0;
}

/* ---- time ---- */

static uint32_t random_state = 1;

/* The same machine in every run. */
static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)random_state * n >> 32);
}

/* A function that the package has a driver for; false if it has none for PCI. */
static bool take_function(struct store *store, int64_t row, struct pci_function *ret_function)
{
	struct error err = ERROR_NULL;
	char **ids;
	size_t n;
	bool found = false;
	check(store_driver_ids(store, row, &ids, &n, &err), &err);
	for (size_t i = n > 0 ? random_below((uint32_t)n) : 0; i < n && !found; i++)
		found = strncmp(ids[i], "PCI\\VEN_", 8) == 0 &&
			pci_parse_id(ids[i], ret_function) && ret_function->device != 0;
	driver_ids_free(ids, n);
	if (!ret_function->has_subsystem) {
		ret_function->subsystem_vendor = 0x1028;
		ret_function->subsystem_device = (uint16_t)random_below(65536);
	}
	if (!ret_function->has_class) {
		ret_function->base_class = 2;
		ret_function->sub_class = 0;
	}
	ret_function->has_subsystem = ret_function->has_revision = true;
	ret_function->has_class = ret_function->has_prog_if = true;
	ret_function->has_port_type = true; /* an endpoint's ids are the most */
	return found;
}

static void tell_function(FILE *out, const struct pci_function *function, size_t index)
{
	(void)fprintf(out,
		"Slot:\t%02zx:%02zx.%zx\nClass:\tClass [%02x%02x]\nVendor:\tVendor [%04x]\n"
		"Device:\tDevice [%04x]\nSVendor:\tVendor [%04x]\nSDevice:\tDevice [%04x]\n"
		"Rev:\t%02x\nProgIf:\t%02x\n\n",
		index / 256, index / 8 % 32, index % 8, function->base_class, function->sub_class,
		function->vendor, function->device, function->subsystem_vendor,
		function->subsystem_device, function->revision, function->prog_if);
}

static void make_machine(
	struct store *store, size_t n_devices, FILE *out, struct device_list *machine)
{
	struct error err = ERROR_NULL;
	struct driver_package *list;
	size_t n;
	check(store_driver_list(store, &list, &n, &err), &err);
	while (machine->n < n_devices) {
		struct pci_function function = {.vendor = 0};
		if (!take_function(store, list[random_below((uint32_t)n)].row, &function))
			continue;
		tell_function(out, &function, machine->n);
		struct device *device = need(device_list_add(machine));
		check(pci_device(&function, device), &err);
	}
	driver_packages_free(list, n);
}

static double match(struct store *store, const struct driver_rules *rules,
	const struct device_list *machine, const struct target *target, size_t *ret_n_candidates,
	size_t *ret_n_picked)
{
	struct error err = ERROR_NULL;
	struct matching *matching;
	double begin = cpu_s();
	check(matching_open(store, rules, target, NULL, &matching, &err), &err);
	*ret_n_candidates = *ret_n_picked = 0;
	for (size_t i = 0; i < machine->n; i++) {
		const struct device_match *found;
		check(matching_device(matching, &machine->devices[i], &found, &err), &err);
		*ret_n_candidates += found->n;
		*ret_n_picked += found->pick >= 0;
	}
	matching_close(matching);
	return cpu_s() - begin;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int time_match(
	const char *state, size_t n_devices, const char *target_text, const char *devices_file)
{
	struct error err = ERROR_NULL;
	struct store *store;
	struct driver_rules *rules;
	struct target target;
	struct device_list machine = {.n = 0};
	size_t n_ids = 0, n_candidates, n_picked;
	double warm[WARM_ROUNDS];
	FILE *out = need(fopen(devices_file, "we"));
	check(target_parse(target_text, &target, &err), &err);
	check(store_open(state, STORE_READ, &store, &err), &err);
	make_machine(store, n_devices, out, &machine);
	store_close(store);
	need(fclose(out) == 0 ? out : NULL);
	for (size_t i = 0; i < machine.n; i++)
		n_ids += machine.devices[i].n_hardware_ids + machine.devices[i].n_compatible_ids;
	/* Opened anew: nothing is in SQLite's own cache. */
	check(store_open(state, STORE_READ, &store, &err), &err);
	check(driver_rules_load(store, NULL, 0, &rules, &err), &err);
	double first = match(store, rules, &machine, &target, &n_candidates, &n_picked);
	for (size_t i = 0; i < WARM_ROUNDS; i++)
		warm[i] = match(store, rules, &machine, &target, &n_candidates, &n_picked);
	qsort(warm, WARM_ROUNDS, sizeof(*warm), compare_doubles);
	driver_rules_free(rules);
	store_close(store);
	(void)printf("{\"devices\": %zu, \"lookups\": %zu, \"candidates\": %zu, \"picked\": %zu, "
		     "\"first_ms\": %.3f, \"warm_ms\": %.3f, \"median_ms\": %.3f}\n",
		machine.n, n_ids, n_candidates, n_picked, first * 1e3, warm[0] * 1e3,
		warm[WARM_ROUNDS / 2] * 1e3);
	device_list_clear(&machine);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t n;
	if (argc == 5 && strcmp(argv[1], "fill") == 0 && text_parse_u64(argv[4], 10000000, &n) &&
		n > 0)
		return fill(argv[2], argv[3], n);
	if (argc == 6 && strcmp(argv[1], "time") == 0 &&
		text_parse_u64(argv[3], LIMIT_DEVICES, &n) && n > 0)
		return time_match(argv[2], (size_t)n, argv[4], argv[5]);
	(void)fprintf(stderr, "usage: driver_match fill STATE FOLDER N_IDS\n"
			      "       driver_match time STATE N_DEVICES TARGET DEVICES_FILE\n");
	return 2;
}
