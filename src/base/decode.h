/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole files of text in whatever encoding Windows tools wrote them -> UTF-8. Almost all of such
 * files is ASCII, so that is what is fast: 16 or 64 bytes (UTF-16: eight units) are looked at in
 * one go, and only what is none of it is taken apart.
 */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>

enum text_encoding {
	TEXT_CP1252,
	TEXT_UTF8, /* also what is all ASCII */
	TEXT_UTF8_BOM,
	TEXT_UTF16LE, /* with a byte order mark or without */
	TEXT_UTF16BE,
};

/*
 * A byte order mark decides; without one what looks like UTF-16 (most units have a zero byte on the
 * same side) is that, what is well-formed UTF-8 is that, and the rest is cp1252.
 */
enum text_encoding text_detect(const void *bytes, size_t n);
const char *text_encoding_name(enum text_encoding encoding);

/*
 * Appends the text, without a byte order mark. What is ill-formed becomes U+FFFD, and
 * *ret_ill_formed (may be NULL) is set. -ENOMEM, or -EFBIG past the buffer's maximum, which is
 * compared with the worst case of three bytes for each unit.
 */
int text_decode(const void *bytes, size_t n, enum text_encoding encoding, struct buffer *out,
	bool *ret_ill_formed) MUST_CHECK;
