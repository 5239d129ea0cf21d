/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers of packed records: LEB128, seven bits a byte, the lowest first. The database may have
 * been damaged, or put there by somebody, so reading fails as struct reader does: once and for all.
 */
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"

int pack_number(struct buffer *out, uint64_t number) MUST_CHECK;
uint64_t unpack_number(struct reader *reader);
uint32_t unpack_u32(struct reader *reader);
/* A count of things that take at least a byte each: more than there are bytes is damage. */
size_t unpack_count(struct reader *reader);
