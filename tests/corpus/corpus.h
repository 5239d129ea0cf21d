/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The corpus of real INFs ($PEWTER_CORPUS/inf, else ../shared/corpus/inf beside the sources;
 * vendors' files, never part of this repository), and tables of what was found in it before:
 * numbers and hashes for each vendor's folder, tests/corpus/NAME-golden.txt. A difference means
 * that files are read in another way than before. If it is meant, `PEWTER_CORPUS=...
 * PEWTER_RENEW=1 build/tests/test-corpus_NAME` writes the table anew; the commit says why.
 */
#pragma once

#include "base/cleanup.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CORPUS_FOLDERS_MAX  200
#define CORPUS_FOLDER_BYTES 64 /* "lan/Intel" */
#define CORPUS_ROW_BYTES    256

typedef void corpus_visitor(const char *folder, const void *bytes, size_t n);

static char corpus_root[512];
static corpus_visitor *corpus_visit;

/* Its folder in the corpus, of a file's path. */
static inline void corpus_folder_of(const char *path, char folder[static CORPUS_FOLDER_BYTES])
{
	const char *name = path + strlen(corpus_root) + 1, *end = strchr(name, '/');
	end = end == NULL ? NULL : strchr(end + 1, '/');
	size_t length = end == NULL ? strlen(name) : (size_t)(end - name);
	assert_true(length < CORPUS_FOLDER_BYTES);
	memcpy(folder, name, length);
	folder[length] = 0;
}

static inline int corpus_take(
	const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	char folder[CORPUS_FOLDER_BYTES];
	(void)place;
	if (kind != FTW_F)
		return 0;
	corpus_folder_of(path, folder);
	CLEANUP(memory_freep) char *bytes = malloc((size_t)stat->st_size + 1);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)stat->st_size, file), stat->st_size);
	(void)fclose(file);
	corpus_visit(folder, bytes, (size_t)stat->st_size);
	return 0;
}

/* Fills corpus_root, or skips the test, aloud. */
static inline void corpus_find(void)
{
	const char *corpus = getenv("PEWTER_CORPUS"), *source = getenv("PEWTER_SOURCE_ROOT");
	if (corpus != NULL)
		(void)snprintf(corpus_root, sizeof(corpus_root), "%s/inf", corpus);
	else
		(void)snprintf(corpus_root, sizeof(corpus_root), "%s/../shared/corpus/inf",
			source == NULL ? "." : source);
	if (access(corpus_root, R_OK) != 0) {
		print_message("SKIPPED: no corpus of INFs at %s\n", corpus_root);
		skip();
	}
}

/* Calls visit for every file, or skips the test. */
static inline void corpus_walk(corpus_visitor *visit)
{
	corpus_find();
	corpus_visit = visit;
	assert_int_equal(nftw(corpus_root, corpus_take, 64, FTW_PHYS), 0);
}

/* FNV-1a, with a byte behind each text that no text holds. */
#define CORPUS_HASH_START 0xcbf29ce484222325U
static inline uint64_t corpus_hash(uint64_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3U;
	return (hash ^ 0xff) * 0x100000001b3U;
}

typedef char corpus_row[CORPUS_ROW_BYTES]; /* ends with '\n' */

static inline int corpus_by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The rows, in the order of their names, against those of tests/corpus/NAME-golden.txt. */
static inline void corpus_compare(
	const char *name, const char *head, corpus_row *rows, size_t n_rows)
{
	char path[600], wanted[CORPUS_ROW_BYTES];
	const char *source = getenv("PEWTER_SOURCE_ROOT");
	size_t n_different = 0, n = 0;
	(void)snprintf(path, sizeof(path), "%s/tests/corpus/%s-golden.txt",
		source == NULL ? "." : source, name);
	qsort(rows, n_rows, sizeof(rows[0]), corpus_by_name);
	if (getenv("PEWTER_RENEW") != NULL) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		(void)fprintf(file,
			"# What tests/corpus/test_%s.c found in the corpus of real INFs; corpus.h "
			"says how to write this anew.\n%s",
			name, head);
		for (size_t i = 0; i < n_rows; i++)
			(void)fputs(rows[i], file);
		assert_int_equal(fclose(file), 0);
	}
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(wanted, sizeof(wanted), file) != NULL) {
		if (wanted[0] == '#')
			continue;
		assert_true(n < n_rows);
		if (strcmp(wanted, rows[n++]) == 0)
			continue;
		n_different++;
		print_error("expected %sfound    %s", wanted, rows[n - 1]);
	}
	(void)fclose(file);
	assert_int_equal(n, n_rows);
	assert_int_equal(n_different, 0);
}
