/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree out of the input's lines ("SIZE PATH", size in the first byte), built and looked at from
 * outside: whatever is taken is all there, under its name. */
#include "../format/fat_checker.h"
#include "format/fat.h"

#define FILES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct fat_request *request, struct view *volume)
{
	struct checked_volume checked;
	fat_check(volume, &checked);
	for (size_t i = 0; i < request->n_files; i++) {
		const struct fat_file *file = &request->files[i];
		const struct checked_file *found = checked_find(&checked, file->path);
		/* A folder may have been named before in another case. */
		FAT_MUST(found != NULL || strchr(file->path, '/') != NULL || file->view == NULL);
		FAT_MUST(found == NULL || file->view == NULL ||
			 found->size == view_size(file->view));
	}
	checked_clear(&checked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fat_file files[FILES_MAX];
	struct fat_request request = {.files = files, .time = 1700000000};
	struct view *volume = NULL;
	char *text = malloc(size + 1);
	FAT_MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	for (char *line = text, *end; line < text + size && request.n_files < FILES_MAX;
		line = end) {
		end = line + strcspn(line, "\n");
		*end++ = 0;
		if (line[0] == 0)
			continue;
		struct fat_file *file = &files[request.n_files++];
		*file = (struct fat_file){.path = line + 1};
		const uint8_t n = (uint8_t)line[0];
		if (n == '/')
			continue;
		FAT_MUST(view_new(&file->view) == 0 && view_add_zeros(file->view, n * 100ULL) == 0);
	}
	request.must_be_32 = size % 7 == 0;
	if (fat_build(&request, &volume, NULL) == 0)
		check(&request, volume);
	(void)view_unref(volume);
	for (size_t i = 0; i < request.n_files; i++)
		(void)view_unref(files[i].view);
	free(text);
	return 0;
}
