/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the volumes of a disk lie: MBR (primary partitions), GPT, or a volume without a table.
 * UEFI 2.10, chapter 5.
 */
#pragma once

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

#define PARTITIONS_MAX 128

struct partition_place {
	uint64_t offset, length; /* bytes; inside the disk */
};

/* How many there are: the whole disk first, for a volume without a table. Places that are not
 * inside the disk are left out. */
size_t partitions_find(
	const struct view *disk, struct partition_place ret_places[static PARTITIONS_MAX]);
/* How large the disk has to be by its table: where the last partition ends. 0 without a table. */
uint64_t partitions_end(const struct view *disk);
