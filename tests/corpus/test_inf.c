/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every INF of the corpus of real ones ($PEWTER_CORPUS/inf, else ../shared/corpus/inf beside the
 * sources; vendors' files, never part of this repository) is read, and what was found is compared
 * with tests/corpus/inf-golden.txt: numbers and a hash over all names, keys and fields, for each
 * vendor's folder. A difference means that files are read in another way than before. If it is
 * meant, `PEWTER_CORPUS=... PEWTER_RENEW=1 build/tests/test-corpus_inf` writes the table anew; the
 * commit says why.
 */
#include "../unit.h"

#include "format/inf.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_MAX 200
#define LINE_BYTES  200

struct folder {
	char name[64]; /* "lan/Intel" */
	uint64_t n_files, n_refused, n_sections, n_lines, n_fields, n_problems;
	uint64_t hash; /* sum of those of its files: their order does not count */
};

static struct folder folders[FOLDERS_MAX];
static size_t n_folders;
static char root[512];

static struct folder *folder_of(const char *path)
{
	const char *name = path + strlen(root) + 1, *end = strchr(name, '/');
	end = end == NULL ? NULL : strchr(end + 1, '/');
	size_t length = end == NULL ? strlen(name) : (size_t)(end - name);
	for (size_t i = 0; i < n_folders; i++)
		if (strlen(folders[i].name) == length && memcmp(folders[i].name, name, length) == 0)
			return &folders[i];
	assert_true(n_folders < FOLDERS_MAX && length < sizeof(folders[0].name));
	memcpy(folders[n_folders].name, name, length);
	return &folders[n_folders++];
}

/* FNV-1a, with a byte behind each text that no text holds. */
static uint64_t add_text(uint64_t hash, struct inf_text text)
{
	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (uint8_t)text.text[i]) * 0x100000001b3U;
	return (hash ^ 0xff) * 0x100000001b3U;
}

static void count(struct folder *folder, const struct inf *inf)
{
	static struct inf_scratch scratch;
	uint64_t hash = 0xcbf29ce484222325U;
	size_t n, n_problems;
	(void)inf_problems(inf, &n, &n_problems);
	folder->n_problems += n_problems;
	folder->n_sections += inf_n_sections(inf);
	for (uint32_t i = 0; i < inf_n_sections(inf); i++) {
		hash = add_text(hash, inf_section_name(inf, i));
		for (uint32_t line = inf_first_line(inf, i); line != INF_NONE;
			line = inf_next_line(inf, line)) {
			folder->n_lines++;
			folder->n_fields += inf_n_fields(inf, line);
			hash += inf_has_key(inf, line);
			for (uint32_t k = 0; k <= inf_n_fields(inf, line); k++)
				hash = add_text(hash, inf_field(inf, line, k, &scratch));
		}
	}
	folder->hash += hash;
}

static int take_file(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)place;
	if (kind != FTW_F)
		return 0;
	struct folder *folder = folder_of(path);
	CLEANUP(inf_freep) struct inf *inf = NULL;
	CLEANUP(memory_freep) char *bytes = malloc((size_t)stat->st_size + 1);
	struct error err = ERROR_NULL;
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)stat->st_size, file), stat->st_size);
	(void)fclose(file);
	folder->n_files++;
	if (inf_parse(bytes, (size_t)stat->st_size, NULL, &inf, &err) == 0) {
		count(folder, inf);
		return 0;
	}
	folder->n_refused++;
	assert_non_null(strstr(err.text, "no section")); /* fragments, joined when they are built */
	return 0;
}

static bool find_corpus(void)
{
	const char *corpus = getenv("PEWTER_CORPUS"), *source = getenv("PEWTER_SOURCE_ROOT");
	if (corpus != NULL)
		(void)snprintf(root, sizeof(root), "%s/inf", corpus);
	else
		(void)snprintf(root, sizeof(root), "%s/../shared/corpus/inf",
			source == NULL ? "." : source);
	return access(root, R_OK) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct folder *)a)->name, ((const struct folder *)b)->name);
}

static void row_of(const struct folder *folder, char line[static LINE_BYTES])
{
	(void)snprintf(line, LINE_BYTES, "%-20s %5llu %7llu %8llu %7llu %8llu %8llu  %016llx\n",
		folder->name, (unsigned long long)folder->n_files,
		(unsigned long long)folder->n_refused, (unsigned long long)folder->n_sections,
		(unsigned long long)folder->n_lines, (unsigned long long)folder->n_fields,
		(unsigned long long)folder->n_problems, (unsigned long long)folder->hash);
}

static void golden_path(char *path, size_t size)
{
	const char *source = getenv("PEWTER_SOURCE_ROOT");
	(void)snprintf(path, size, "%s/tests/corpus/inf-golden.txt", source == NULL ? "." : source);
}

static void renew(const char *path)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file,
		"# What tests/corpus/test_inf.c found in the corpus of real INFs; it says how to "
		"write this anew.\n%-20s %5s %7s %8s %7s %8s %8s  %s\n",
		"# folder", "files", "refused", "sections", "lines", "fields", "problems", "hash");
	for (size_t i = 0; i < n_folders; i++) {
		char line[LINE_BYTES];
		row_of(&folders[i], line);
		(void)fputs(line, file);
	}
	assert_int_equal(fclose(file), 0);
}

static void the_corpus_reads_as_before(void **state)
{
	(void)state;
	char path[600], wanted[LINE_BYTES], found[LINE_BYTES];
	size_t n_different = 0, n = 0;

	if (!find_corpus()) {
		print_message("SKIPPED: no corpus of INFs at %s\n", root);
		skip();
	}
	assert_int_equal(nftw(root, take_file, 64, FTW_PHYS), 0);
	qsort(folders, n_folders, sizeof(folders[0]), by_name);
	golden_path(path, sizeof(path));
	if (getenv("PEWTER_RENEW") != NULL)
		renew(path);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(wanted, sizeof(wanted), file) != NULL) {
		if (wanted[0] == '#')
			continue;
		assert_true(n < n_folders);
		row_of(&folders[n++], found);
		if (strcmp(wanted, found) == 0)
			continue;
		n_different++;
		print_error("expected %sfound    %s", wanted, found);
	}
	(void)fclose(file);
	assert_int_equal(n, n_folders);
	assert_int_equal(n_different, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_corpus_reads_as_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
