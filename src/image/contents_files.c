/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a revision adds, each name once. */
#include "image/contents_room.h"

#include <errno.h>
#include <string.h>

void contents_clear(struct contents *contents)
{
	for (size_t i = 0; i < contents->n_files; i++)
		free(contents->files[i].path);
	free(contents->files);
	for (size_t i = 0; i < contents->n_parts; i++)
		part_record_clear(&contents->parts[i]);
	free(contents->parts);
	free(contents->packages);
	name_table_clear(&contents->names);
	*contents = (struct contents){.files = NULL};
}

int contents_put(struct contents *contents, const struct content_file *file)
{
	uint32_t index = 0;
	int rc = file->path == NULL
			 ? -ENOMEM
			 : name_table_add(&contents->names, file->path, strlen(file->path),
				   (uint32_t)contents->n_files, &index);
	if (rc == 0 && index < contents->n_files) {
		free(contents->files[index].path);
		contents->files[index] = *file;
		return 0;
	}
	if (rc == 0 && contents->n_files == contents->files_max) {
		size_t n = contents->files_max == 0 ? 64 : 2 * contents->files_max;
		struct content_file *files = realloc(contents->files, n * sizeof(*files));
		if (files == NULL) {
			rc = -ENOMEM;
		} else {
			contents->files = files;
			contents->files_max = n;
		}
	}
	if (rc < 0) {
		free(file->path);
		return rc;
	}
	contents->files[contents->n_files++] = *file;
	return 0;
}
