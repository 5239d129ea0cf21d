/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small driver for tests: the head of a PE with its data directories, and a body. */
#pragma once

#include "base/bytes.h"

#include <string.h>

#define MADE_PE_AT           0x80
#define MADE_PE_OPTIONAL     (MADE_PE_AT + 4 + 20)
#define MADE_PE_HEAD         512
#define MADE_PE_BYTES        700
/* Of PE32+ and of PE32. */
#define MADE_PE_ENTRY(is_64) (MADE_PE_OPTIONAL + ((is_64) ? 112 : 96) + 4 * 8)

/* 700 bytes: no multiple of 8, as signing would want it. */
static inline void make_driver(uint8_t bytes[static MADE_PE_BYTES], bool is_64, uint8_t filling)
{
	memset(bytes, 0, MADE_PE_HEAD);
	memset(bytes + MADE_PE_HEAD, filling, MADE_PE_BYTES - MADE_PE_HEAD);
	memcpy(bytes, "MZ", 2);
	bytes[0x3c] = MADE_PE_AT;
	memcpy(bytes + MADE_PE_AT, "PE\0\0", 4);
	struct writer w = writer_over(bytes + MADE_PE_AT + 4, MADE_PE_HEAD - MADE_PE_AT - 4);
	writer_le16(&w, is_64 ? 0x8664 : 0x14c);
	writer_zeros(&w, 14);
	writer_le16(&w, is_64 ? 240 : 224);
	writer_zeros(&w, 2);
	writer_le16(&w, is_64 ? 0x20b : 0x10b);
	writer_zeros(&w, is_64 ? 106 : 90);
	writer_le32(&w, 16); /* data directories */
	assert_false(w.failed);
}

static inline void set_le32(uint8_t *at, uint32_t value)
{
	struct writer w = writer_over(at, 4);
	writer_le32(&w, value);
}
