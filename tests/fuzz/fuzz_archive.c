/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever an archive holds, no name leads out, and no more comes out of it than was granted. */
#include "adapter/archive.h"
#include "adapter/file.h"
#include "base/entry_name.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (4U << 20)
static uint64_t n_bytes;

static int name(void *context, const char *path, struct error *err)
{
	char again[LIMIT_PATH_BYTES];
	(void)context;
	(void)err;
	if (entry_name_read(path, strlen(path), ENTRY_CP1252, again, sizeof(again), NULL) < 0 ||
		strcmp(path, again) != 0)
		abort();
	return 0;
}

static int take(void *context, const void *bytes, size_t n, struct error *err)
{
	(void)context;
	(void)bytes;
	(void)err;
	n_bytes += n;
	if (n_bytes > BYTES_MAX)
		abort();
	return 0;
}

static int end(void *context, struct error *err)
{
	(void)context;
	(void)err;
	return 0;
}

static int again(void *context, const char *path, const char *before, struct error *err)
{
	return name(context, path, err) < 0 ? -1 : name(context, before, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct archive_sink sink = {NULL, name, name, take, end, again};
	struct archive_budget budget = {.bytes = BYTES_MAX, .entries = 1000};
	struct archive_place place;
	struct error err = ERROR_NULL;
	CLEANUP(file_closep) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	n_bytes = 0;
	if (fd < 0 || file_write(fd, data, size) < 0)
		return 0;
	if (archive_find(fd, &place, &err) < 0)
		return 0;
	if (archive_unpack(fd, &place, &budget, &sink, NULL, &err) < 0 && err.text[0] == 0)
		abort();
	return 0;
}
