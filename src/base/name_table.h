/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to numbers, whatever the case of ASCII letters. It keeps copies of the names, in one text.
 */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_slot;

struct name_table {
	struct name_slot *slots;
	size_t n_slots, n;
	struct buffer names;
};

/* Of empty_table(); a zeroed one is empty too, but takes no name. */
struct name_table name_table_empty(void);
/* Adds the name unless it is there. *ret_value is what it has now. -ENOMEM, -EFBIG. */
int name_table_add(struct name_table *table, const char *name, size_t length, uint32_t value,
	uint32_t *ret_value) MUST_CHECK;
bool name_table_find(
	const struct name_table *table, const char *name, size_t length, uint32_t *ret_value);
void name_table_clear(struct name_table *table);
