/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk: its partitions, the FAT volumes in them, what media check looks for there. */
#include "format/fat_read.h"
#include "format/partition_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct view *disk, const struct partition_place *place)
{
	static const char *const paths[] = {"pewter/medium.json", "sources/boot.wim"};
	struct error err = ERROR_NULL;
	struct fat_volume volume;
	if (place->offset > view_size(disk) || place->length > view_size(disk) - place->offset)
		abort();
	if (fat_open(disk, place->offset, place->length, &volume, &err) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(view_unrefp) struct view *file = NULL;
		uint8_t byte;
		if (fat_find(&volume, paths[i], &file, &err) == 0 && view_size(file) > 0 &&
			view_read(file, view_size(file) - 1, &byte, 1) < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(view_unrefp) struct view *disk = NULL;
	struct partition_place places[PARTITIONS_MAX];
	if (view_new(&disk) < 0 || view_add_static(disk, data, size) < 0)
		abort();
	size_t n = partitions_find(disk, places);
	for (size_t i = 0; i < n; i++)
		look(disk, &places[i]);
	return 0;
}
