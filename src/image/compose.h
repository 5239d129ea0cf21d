/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is put together of ranges: of the base, of the layer's own bytes, of parts. */
#pragma once

#include "base/buffer.h"
#include "base/view.h"
#include "store/revisions.h"

/* Indices of blobs in pieces; parts follow from COMPOSE_PARTS on. */
enum {
	COMPOSE_BASE,
	COMPOSE_OWN,
	COMPOSE_PARTS,
};

struct composition {
	struct revision_piece *pieces; /* owned */
	size_t n, capacity;
	struct buffer own; /* the bytes of COMPOSE_OWN */
	uint64_t size;     /* of all pieces */
};
struct composition composition_empty(void);
void composition_clear(struct composition *composition);

/* A range that continues the last one becomes one with it; nothing for length 0. */
int compose_range(struct composition *composition, uint32_t blob, uint64_t offset,
	uint64_t length) MUST_CHECK;
/* New bytes of the layer's own. */
int compose_bytes(struct composition *composition, const void *bytes, size_t n) MUST_CHECK;
/* The file as it is so far, from the views of the blobs (that of COMPOSE_OWN is not looked at): as
 * long as nothing is added. */
int compose_view(const struct composition *composition, struct view *const *views,
	struct view **ret_view) MUST_CHECK;
