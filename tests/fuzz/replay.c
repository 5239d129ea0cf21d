/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target without libFuzzer: over every file of its corpus, over each of these cut at
 * every length (up to 4 KiB) and over a fixed number of mutations from a fixed seed, so that the
 * normal test run already has teeth.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX      (1U << 20)
#define MUTATIONS      200
#define TRUNCATION_MAX 4096

/* A copy of exactly the right size, so that the sanitizers see a read past the end. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void run_variants(uint8_t *data, size_t size)
{
	run(data, size);
	for (size_t n = 0; n < size && n < TRUNCATION_MAX; n++)
		run(data, n);
	if (size == 0)
		return;
	uint64_t state = 0x9e3779b97f4a7c15U;
	for (int i = 0; i < MUTATIONS; i++) {
		size_t at = next_random(&state) % size;
		uint8_t old = data[at];
		data[at] = (uint8_t)next_random(&state);
		run(data, size);
		data[at] = old;
	}
}

int main(int argc, char **argv)
{
	static uint8_t data[INPUT_MAX];
	size_t n_files = 0;
	DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
	if (folder == NULL) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER (cannot open it)\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		FILE *file = fopen(path, "rb");
		if (file == NULL) {
			perror(path);
			return 1;
		}
		size_t size = fread(data, 1, sizeof(data), file);
		(void)fclose(file);
		run_variants(data, size);
		n_files++;
	}
	(void)closedir(folder);
	if (n_files == 0) {
		(void)fprintf(stderr, "%s holds no input: this target tests nothing\n", argv[1]);
		return 1;
	}
	(void)printf("%zu inputs replayed with their variants\n", n_files);
	return 0;
}
