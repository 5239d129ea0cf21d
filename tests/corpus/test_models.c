/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every INF of the corpus gives models and the list of its files, or is refused for the right
 * reason; and which ids are served on three Windows. See corpus.h. */
#include "../unit.h"

#include "corpus.h"
#include "driver/models.h"
#include "base/name_table.h"
#include "driver/target.h"

#include <strings.h>

static const char *const target_texts[] = {"10.0.22621/amd64", "6.1.7601/x86", "5.1.2600/x86"};

/* What is no driver: words of its reason. */
static const char *const reasons[] = {
	"no section in the whole file", /* fragments, joined when they are built */
	"no [Version] section",
	"no [Manufacturer] section",
	"is no TargetOS decoration", /* templates: NT$ARCH$ */
	"names a hardware id",
};

struct served {
	struct name_table ids; /* each once */
	uint64_t hash;         /* sum of those of the packages */
};

struct folder {
	char name[CORPUS_FOLDER_BYTES];
	unsigned n_refused[ARRAY_SIZE(reasons)];
	unsigned long n_packages, n_models, n_installs, n_files;
	struct served served[ARRAY_SIZE(target_texts)];
};

static struct folder folders[CORPUS_FOLDERS_MAX];
static size_t n_folders;

static struct folder *folder_of(const char *name)
{
	for (size_t i = 0; i < n_folders; i++)
		if (strcmp(folders[i].name, name) == 0)
			return &folders[i];
	assert_true(n_folders < CORPUS_FOLDERS_MAX);
	struct folder *folder = &folders[n_folders++];
	(void)snprintf(folder->name, sizeof(folder->name), "%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(folder->served); i++)
		folder->served[i].ids = name_table_empty();
	return folder;
}

static const struct driver_install *install_of(
	const struct driver_package *package, const char *name, const char *arch)
{
	for (size_t i = 0; i < package->n_installs; i++)
		if (strcasecmp(package->installs[i].name, name) == 0 &&
			strcmp(package->installs[i].arch, arch) == 0)
			return &package->installs[i];
	return NULL;
}

/* One Models line that the target takes: its ids and what they would install. */
static uint64_t serve(struct served *served, const struct driver_model *model,
	const struct driver_install *install, uint64_t hash)
{
	uint32_t first;
	hash = corpus_hash(hash, install->section, strlen(install->section)) +
	       install->feature_score;
	if (install->service != NULL)
		hash = corpus_hash(hash, install->service, strlen(install->service));
	for (size_t i = 0; i < model->n_ids; i++) {
		size_t length = strlen(model->ids[i]);
		hash = corpus_hash(hash, model->ids[i], length);
		if (length > 0)
			assert_int_equal(
				name_table_add(&served->ids, model->ids[i], length, 0, &first), 0);
	}
	return hash;
}

static void ask(struct folder *folder, const struct driver_package *package, size_t question)
{
	struct target target;
	uint64_t hash = CORPUS_HASH_START + package->date + package->version;
	assert_int_equal(target_parse(target_texts[question], &target, NULL), 0);
	for (size_t i = 0; i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		enum decoration_fit why;
		int taken = target_choose_section(package->sections, package->n_sections,
			package->sections[model->section].manufacturer, &target, &why);
		const struct driver_install *install =
			install_of(package, model->install, target.arch);
		if (taken == (int)model->section && install != NULL && install->section != NULL)
			hash = serve(&folder->served[question], model, install, hash);
	}
	folder->served[question].hash += hash;
}

static void refuse(struct folder *folder, const char *words)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (strstr(words, reasons[i]) == NULL)
			continue;
		folder->n_refused[i]++;
		return;
	}
	fail_msg("a file of %s is refused because of: %s", folder->name, words);
}

static void take_file(const char *folder_name, const void *bytes, size_t n)
{
	struct folder *folder = folder_of(folder_name);
	struct driver_package package = {0};
	struct inf_file_list files = {0};
	struct error err = ERROR_NULL;
	CLEANUP(inf_freep) struct inf *inf = NULL;
	if (inf_parse(bytes, n, NULL, &inf, &err) < 0 || models_read(inf, &package, &err) < 0) {
		refuse(folder, err.text);
		return;
	}
	if (models_files(inf, &files, &err) < 0)
		fail_msg("%s: %s", folder->name, err.text);
	folder->n_packages++;
	folder->n_models += package.n_models;
	folder->n_installs += package.n_installs;
	folder->n_files += files.n;
	for (size_t i = 0; i < ARRAY_SIZE(target_texts); i++)
		ask(folder, &package, i);
	inf_file_list_clear(&files);
	driver_package_clear(&package);
}

static void write_row(struct folder *folder, corpus_row row)
{
	size_t length = (size_t)snprintf(row, CORPUS_ROW_BYTES, "%-20s", folder->name);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		length += (size_t)snprintf(
			row + length, CORPUS_ROW_BYTES - length, " %2u", folder->n_refused[i]);
	length += (size_t)snprintf(row + length, CORPUS_ROW_BYTES - length, " %8lu %6lu %8lu %5lu",
		folder->n_packages, folder->n_models, folder->n_installs, folder->n_files);
	for (size_t i = 0; i < ARRAY_SIZE(folder->served); i++) {
		length += (size_t)snprintf(row + length, CORPUS_ROW_BYTES - length,
			"  %5zu %016llx", folder->served[i].ids.n,
			(unsigned long long)folder->served[i].hash);
		name_table_clear(&folder->served[i].ids);
	}
	(void)snprintf(row + length, CORPUS_ROW_BYTES - length, "\n");
}

static void the_corpus_serves_as_before(void **state)
{
	(void)state;
	static corpus_row rows[CORPUS_FOLDERS_MAX];
	corpus_walk(take_file);
	for (size_t i = 0; i < n_folders; i++)
		write_row(&folders[i], rows[i]);
	corpus_compare("models",
		"# refused: fragments, without [Version], without [Manufacturer], templates, "
		"without "
		"ids; then for each Windows the ids served, and a hash of what they install\n"
		"# folder             refused        packages models installs files  "
		"10.0.22621/amd64  "
		"      6.1.7601/x86            5.1.2600/x86\n",
		rows, n_folders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_corpus_serves_as_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
