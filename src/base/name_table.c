/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/name_table.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>

struct name_slot {
	uint32_t at, length; /* in names; an empty slot has length UINT32_MAX */
	uint32_t hash;
	uint32_t value;
};

#define EMPTY UINT32_MAX

struct name_table name_table_empty(void)
{
	return (struct name_table){.names = buffer_with_max(LIMIT_INF_BYTES)};
}

/* FNV-1a over the lower case. */
static uint32_t hash_of(const char *name, size_t length)
{
	uint32_t hash = 2166136261U;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text_lower(name[i])) * 16777619U;
	return hash;
}

static bool is_it(const struct name_table *table, const struct name_slot *slot, const char *name,
	size_t length, uint32_t hash)
{
	if (slot->hash != hash || slot->length != length)
		return false;
	const char *own = (const char *)table->names.bytes + slot->at;
	for (size_t i = 0; i < length; i++) {
		if (text_lower(own[i]) != text_lower(name[i]))
			return false;
	}
	return true;
}

/* Where it is, or the empty slot where it belongs. */
static struct name_slot *slot_of(
	const struct name_table *table, const char *name, size_t length, uint32_t hash)
{
	size_t mask = table->n_slots - 1;
	size_t i = hash & mask;
	while (table->slots[i].length != EMPTY &&
		!is_it(table, &table->slots[i], name, length, hash))
		i = (i + 1) & mask;
	return &table->slots[i];
}

static int grow(struct name_table *table)
{
	size_t n_slots = table->n_slots ? table->n_slots * 2 : 64;
	struct name_slot *slots = reallocarray(NULL, n_slots, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < n_slots; i++)
		slots[i].length = EMPTY;
	for (size_t i = 0; i < table->n_slots; i++) {
		if (table->slots[i].length == EMPTY)
			continue;
		size_t to = table->slots[i].hash & (n_slots - 1);
		while (slots[to].length != EMPTY)
			to = (to + 1) & (n_slots - 1);
		slots[to] = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->n_slots = n_slots;
	return 0;
}

int name_table_add(struct name_table *table, const char *name, size_t length, uint32_t value,
	uint32_t *ret_value)
{
	if (table->n >= table->n_slots / 2) {
		int rc = grow(table);
		if (rc < 0)
			return rc;
	}
	uint32_t hash = hash_of(name, length);
	struct name_slot *slot = slot_of(table, name, length, hash);
	if (slot->length == EMPTY) {
		size_t at = table->names.size;
		int rc = buffer_add(&table->names, name, length);
		if (rc < 0)
			return rc;
		*slot = (struct name_slot){(uint32_t)at, (uint32_t)length, hash, value};
		table->n++;
	}
	*ret_value = slot->value;
	return 0;
}

bool name_table_find(
	const struct name_table *table, const char *name, size_t length, uint32_t *ret_value)
{
	if (table->n == 0)
		return false;
	const struct name_slot *slot = slot_of(table, name, length, hash_of(name, length));
	if (slot->length == EMPTY)
		return false;
	*ret_value = slot->value;
	return true;
}

void name_table_clear(struct name_table *table)
{
	free(table->slots);
	buffer_free(&table->names);
	*table = name_table_empty();
}
