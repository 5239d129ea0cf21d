/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every INF of the corpus is read: see corpus.h. */
#include "../unit.h"

#include "corpus.h"
#include "format/inf.h"

struct folder {
	char name[CORPUS_FOLDER_BYTES];
	uint64_t n_files, n_refused, n_sections, n_lines, n_fields, n_problems;
	uint64_t hash; /* sum of those of its files: their order does not count */
};

static struct folder folders[CORPUS_FOLDERS_MAX];
static size_t n_folders;

static struct folder *folder_of(const char *name)
{
	for (size_t i = 0; i < n_folders; i++)
		if (strcmp(folders[i].name, name) == 0)
			return &folders[i];
	assert_true(n_folders < CORPUS_FOLDERS_MAX);
	(void)snprintf(folders[n_folders].name, sizeof(folders[0].name), "%s", name);
	return &folders[n_folders++];
}

static void count(struct folder *folder, const struct inf *inf)
{
	static struct inf_scratch scratch;
	uint64_t hash = CORPUS_HASH_START;
	size_t n, n_problems;
	(void)inf_problems(inf, &n, &n_problems);
	folder->n_problems += n_problems;
	folder->n_sections += inf_n_sections(inf);
	for (uint32_t i = 0; i < inf_n_sections(inf); i++) {
		struct inf_text name = inf_section_name(inf, i);
		hash = corpus_hash(hash, name.text, name.length);
		for (uint32_t line = inf_first_line(inf, i); line != INF_NONE;
			line = inf_next_line(inf, line)) {
			folder->n_lines++;
			folder->n_fields += inf_n_fields(inf, line);
			hash += inf_has_key(inf, line);
			for (uint32_t k = 0; k <= inf_n_fields(inf, line); k++) {
				struct inf_text field = inf_field(inf, line, k, &scratch);
				hash = corpus_hash(hash, field.text, field.length);
			}
		}
	}
	folder->hash += hash;
}

static void take_file(const char *folder_name, const void *bytes, size_t n)
{
	struct folder *folder = folder_of(folder_name);
	CLEANUP(inf_freep) struct inf *inf = NULL;
	struct error err = ERROR_NULL;
	folder->n_files++;
	if (inf_parse(bytes, n, NULL, &inf, &err) == 0) {
		count(folder, inf);
		return;
	}
	folder->n_refused++;
	assert_non_null(strstr(err.text, "no section")); /* fragments, joined when they are built */
}

static void the_corpus_reads_as_before(void **state)
{
	(void)state;
	static corpus_row rows[CORPUS_FOLDERS_MAX];
	char head[CORPUS_ROW_BYTES];
	corpus_walk(take_file);
	(void)snprintf(head, sizeof(head), "%-20s %5s %7s %8s %7s %8s %8s  %s\n", "# folder",
		"files", "refused", "sections", "lines", "fields", "problems", "hash");
	for (size_t i = 0; i < n_folders; i++) {
		const struct folder *folder = &folders[i];
		(void)snprintf(rows[i], sizeof(rows[i]),
			"%-20.60s %5llu %7llu %8llu %7llu %8llu %8llu  %016llx\n", folder->name,
			(unsigned long long)folder->n_files, (unsigned long long)folder->n_refused,
			(unsigned long long)folder->n_sections, (unsigned long long)folder->n_lines,
			(unsigned long long)folder->n_fields,
			(unsigned long long)folder->n_problems, (unsigned long long)folder->hash);
	}
	corpus_compare("inf", head, rows, n_folders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_corpus_reads_as_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
