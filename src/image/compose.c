/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/compose.h"

#include <errno.h>

/* Of a layer: metadata, table, XML of one image at their limits. */
#define OWN_BYTES_MAX (512U << 20)

struct composition composition_empty(void)
{
	return (struct composition){.own = buffer_with_max(OWN_BYTES_MAX)};
}

void composition_clear(struct composition *composition)
{
	free(composition->pieces);
	buffer_free(&composition->own);
	*composition = composition_empty();
}

int compose_range(struct composition *composition, uint32_t blob, uint64_t offset, uint64_t length)
{
	if (length == 0)
		return 0;
	struct revision_piece *last =
		composition->n > 0 ? &composition->pieces[composition->n - 1] : NULL;
	if (last != NULL && last->blob == blob && last->offset + last->length == offset) {
		last->length += length;
		composition->size += length;
		return 0;
	}
	if (composition->n == composition->capacity) {
		size_t n = composition->capacity == 0 ? 32 : 2 * composition->capacity;
		struct revision_piece *pieces = realloc(composition->pieces, n * sizeof(*pieces));
		if (pieces == NULL)
			return -ENOMEM;
		composition->pieces = pieces;
		composition->capacity = n;
	}
	composition->pieces[composition->n++] = (struct revision_piece){blob, offset, length};
	composition->size += length;
	return 0;
}

int compose_bytes(struct composition *composition, const void *bytes, size_t n)
{
	uint64_t at = composition->own.size;
	int rc = buffer_add(&composition->own, bytes, n);
	return rc < 0 ? rc : compose_range(composition, COMPOSE_OWN, at, n);
}

int compose_view(
	const struct composition *composition, struct view *const *views, struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = view_new(&view);
	for (size_t i = 0; rc == 0 && i < composition->n; i++) {
		const struct revision_piece *piece = &composition->pieces[i];
		if (piece->blob == COMPOSE_OWN)
			rc = view_add_static(
				view, composition->own.bytes + piece->offset, piece->length);
		else
			rc = view_add_view(view, views[piece->blob], piece->offset, piece->length);
	}
	if (rc == 0)
		*ret_view = TAKE(view);
	return rc;
}
