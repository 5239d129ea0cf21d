/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fat_maker OUT BYTES fat|fat32 < "PATH<tab>FILE" lines (no FILE: an empty folder): a volume for
 * tests/system/fat, which holds others' programs to it. */
#include "format/fat.h"
#include "image/export.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char *what)
{
	(void)fprintf(stderr, "fat_maker: %s\n", what);
	return 1;
}

static int open_view(const char *path, struct view **ret_view)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0 || view_new(ret_view) < 0)
		return -1;
	return view_add_file(*ret_view, fd, 0, (uint64_t)status.st_size);
}

int main(int argc, char **argv)
{
	static struct fat_file files[20000];
	struct fat_request request = {
		.files = files, .label = "JUDGED", .serial = 0x1234abcd, .time = 1700000000};
	struct error err = ERROR_NULL;
	struct view *volume = NULL;
	enum export_method method;
	char *line = NULL;
	size_t room = 0;
	if (argc != 4)
		return fail("usage: fat_maker OUT BYTES fat|fat32");
	request.volume_bytes = strtoull(argv[2], NULL, 10);
	request.must_be_32 = strcmp(argv[3], "fat32") == 0;
	while (getline(&line, &room, stdin) > 0 && request.n_files < ARRAY_SIZE(files)) {
		line[strcspn(line, "\n")] = 0;
		struct fat_file *file = &files[request.n_files++];
		char *tab = strchr(line, '\t');
		if (tab != NULL)
			*tab++ = 0;
		file->path = strdup(line);
		if (tab != NULL && open_view(tab, &file->view) < 0)
			return fail(tab);
	}
	if (fat_build(&request, &volume, &err) < 0 ||
		view_export(volume, argv[1], true, NULL, &method, &err) < 0)
		return fail(err.text);
	free(line);
	return 0;
}
