/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single files packed by COMPRESS.EXE, whose names end in '_': "e1000325.sy_". Two formats, SZDD
 * and KWAJ, around one LZSS: a window of 4096 bytes, matches of 3 to 18.
 *
 * Reference: "COMPRESS.EXE file formats: SZDD and KWAJ" of the libmspack documentation. The two
 * Huffman methods of KWAJ (3 and 4) are not read: no driver is known to come in them.
 *
 *   szdd_head_parse(first bytes) -> szdd_begin() -> szdd_push() for every piece -> szdd_end()
 */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* As much of the start of a file as szdd_head_parse() may need. */
#define SZDD_HEAD_BYTES 512
/* The most that one byte of input expands to: half a match. */
#define SZDD_GROWTH     9

enum szdd_method {
	SZDD_LZSS,
	SZDD_STORED,
	SZDD_INVERTED, /* each byte is the complement of the file's */
};

struct szdd_head {
	enum szdd_method method;
	uint16_t window_at; /* where in the window the first byte goes */
	bool has_size;
	uint32_t size;    /* of the file expanded */
	uint32_t data_at; /* where the packed bytes begin */
	char last;        /* the letter for which '_' stands; 0 unknown */
};

#define SZDD_WINDOW_BYTES 4096

struct szdd {
	struct szdd_head head;
	uint64_t n_out; /* bytes given so far */
	uint8_t window[SZDD_WINDOW_BYTES];
	uint16_t at;       /* in the window */
	uint8_t flags;     /* of the group on its way */
	uint8_t n_flags;   /* not used yet */
	bool has_low;      /* the first byte of a match was the last of its piece */
	uint8_t match_low; /* that byte */
};

/* -EINVAL if it is neither format, or cut; -ENOTSUP for the methods that are not read. */
int szdd_head_parse(const void *bytes, size_t n, struct szdd_head *ret_head) MUST_CHECK;
void szdd_begin(struct szdd *szdd, const struct szdd_head *head);
/* The next packed bytes; what they give is added to out. Bytes past the size of the head are
 * ignored. -EFBIG or -ENOMEM of the buffer. */
int szdd_push(struct szdd *szdd, const void *bytes, size_t n, struct buffer *out) MUST_CHECK;
/* -EINVAL if the file is shorter than its head says, or ends within a match. */
int szdd_end(const struct szdd *szdd) MUST_CHECK;
