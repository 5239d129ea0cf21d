/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Range header (RFC 9110 14.2), as far as a file server has to honour it: one byte range. */
#pragma once

#include <stdint.h>

enum http_range_result {
	HTTP_RANGE_WHOLE,         /* no range, several, or one we do not understand: answer 200 */
	HTTP_RANGE_PART,          /* answer 206 */
	HTTP_RANGE_UNSATISFIABLE, /* answer 416 */
};

/* header may be NULL. Writes the range only for HTTP_RANGE_PART; its length is never 0. */
enum http_range_result http_range_parse(
	const char *header, uint64_t size, uint64_t *ret_offset, uint64_t *ret_length);
