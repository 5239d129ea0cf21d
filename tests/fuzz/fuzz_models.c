/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the bytes of an INF to its models and files; what is missing is asked with none there. */
#include "driver/models.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_files(const struct inf *inf, struct driver_package *package)
{
	struct inf_file_list files;
	if (models_files(inf, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		const char *path = files.files[i].path;
		if (path[0] == 0 || path[0] == '/' || strncmp(path, "../", 3) == 0 ||
			strstr(path, "/../") || strchr(path, '\\'))
			abort();
	}
	bool *is_there = calloc(files.n + 1, sizeof(*is_there));
	if (is_there && models_missing(inf, &files, is_there, package, NULL) < 0)
		abort();
	free(is_there);
	inf_file_list_clear(&files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct driver_package package = {0};
	CLEANUP(inf_freep) struct inf *inf = NULL;
	if (inf_parse(data, size, NULL, &inf, NULL) < 0 || models_read(inf, &package, NULL) < 0)
		return 0;
	for (size_t i = 0; i < package.n_models; i++)
		if (package.models[i].section >= package.n_sections || package.models[i].n_ids == 0)
			abort();
	ask_files(inf, &package);
	driver_package_clear(&package);
	return 0;
}
