/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A reader for registry hives ("regf"), enough for a BCD: keys by name, values by name. Every
 * offset is checked; nothing is copied. Written apart from Pewter's own (which goes through hivex),
 * so that the one checks what the other wrote.
 */
#pragma once

#include "bytes.h"

/* False unless this is a hive with a root key. */
bool hive_root(struct bytes hive, uint32_t *ret_key);
bool hive_child(struct bytes hive, uint32_t key, const char *name, uint32_t *ret_key);
/* The value's bytes; false if there is none of that name. */
bool hive_value(struct bytes hive, uint32_t key, const char *name, struct bytes *ret_data);
