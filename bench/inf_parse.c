/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads every .inf below a folder into memory, then parses them all K times on one core; with
 * --fields also asks for every field with its strings filled in. One JSON document on stdout:
 * files, bytes, CPU seconds of the fastest round.
 */
#include "format/inf.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILES 100000

static struct {
	const void *bytes;
	size_t n;
} files[MAX_FILES];
static size_t n_files;

static int take_file(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)place;
	size_t length = strlen(path);
	if (kind != FTW_F || stat->st_size == 0 || n_files == MAX_FILES || length < 4 ||
		strcasecmp(path + length - 4, ".inf") != 0)
		return 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes = file < 0 ? MAP_FAILED
			       : mmap(NULL, (size_t)stat->st_size, PROT_READ,
					 MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (bytes == MAP_FAILED) {
		perror(path);
		return 1;
	}
	(void)close(file);
	files[n_files].bytes = bytes;
	files[n_files++].n = (size_t)stat->st_size;
	return 0;
}

/* Of this process alone: other work on the machine counts less. */
static double cpu_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Bytes of all fields together, so that nobody can leave the work out. */
static size_t read_fields(const struct inf *inf, size_t *n_fields)
{
	static struct inf_scratch scratch;
	size_t bytes = 0;
	for (uint32_t section = 0; section < inf_n_sections(inf); section++)
		for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
			line = inf_next_line(inf, line)) {
			for (uint32_t i = 0; i <= inf_n_fields(inf, line); i++)
				bytes += inf_field(inf, line, i, &scratch).length;
			*n_fields += inf_n_fields(inf, line);
		}
	return bytes;
}

int main(int argc, char **argv)
{
	bool with_fields = argc > 1 && strcmp(argv[1], "--fields") == 0;
	if (argc - with_fields != 3) {
		(void)fprintf(stderr, "usage: %s [--fields] FOLDER ROUNDS\n", argv[0]);
		return 2;
	}
	if (nftw(argv[1 + with_fields], take_file, 64, FTW_PHYS) != 0 || n_files == 0) {
		(void)fprintf(stderr, "%s: no .inf found\n", argv[1 + with_fields]);
		return 1;
	}
	double best_s = 0;
	size_t n_bytes = 0, n_fields = 0, field_bytes = 0, n_refused = 0;
	int rounds = (int)strtol(argv[2 + with_fields], NULL, 10);
	for (int round = 0; round < rounds; round++) {
		n_bytes = n_fields = field_bytes = n_refused = 0;
		double start_s = cpu_s();
		for (size_t i = 0; i < n_files; i++) {
			CLEANUP(inf_freep) struct inf *inf = NULL;
			n_bytes += files[i].n;
			if (inf_parse(files[i].bytes, files[i].n, NULL, &inf, NULL) < 0)
				n_refused++;
			else if (with_fields)
				field_bytes += read_fields(inf, &n_fields);
		}
		double round_s = cpu_s() - start_s;
		if (best_s == 0 || round_s < best_s)
			best_s = round_s;
	}
	(void)printf("{\"files\": %zu, \"bytes\": %zu, \"refused\": %zu, \"fields\": %zu, "
		     "\"field_bytes\": %zu, \"seconds\": %.6f}\n",
		n_files, n_bytes, n_refused, n_fields, field_bytes, best_s);
	return 0;
}
