/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chunks compressed on all processors: filled one by one, pressed together, taken out in order. */
#pragma once

#include "adapter/wim_codec.h"
#include "format/wim.h"

#include <stdbool.h>
#include <stdint.h>

struct press;

struct press_way {
	enum wim_compression compression;
	size_t max_threads; /* 0: as many as there are processors */
};

#define PRESS_THREADS_MAX 32
/* The processors that there are, as far as they are of use. */
size_t press_processors(void);

/* n_chunks: how many there will be in all, for how many threads are worth it. -EOPNOTSUPP for
 * compressions that no layer has. */
int press_open(const struct press_way *way, uint64_t n_chunks, struct press **ret_press,
	struct error *err) MUST_CHECK;
struct press *press_close(struct press *press);
DEFINE_FREEP(struct press, press_close);

/* Room for the next chunk of WIM_CHUNK_BYTES; NULL: full, press first. */
uint8_t *press_room(struct press *press);
/* It was filled with n bytes, at least one. */
void press_add(struct press *press, uint32_t n);

void press_run(struct press *press);
/* After press_run(). */
size_t press_n(const struct press *press);
/* What is to be stored of a chunk: as it was, if it does not become smaller. */
const uint8_t *press_chunk(const struct press *press, size_t index, uint32_t *ret_n);
void press_empty(struct press *press);
