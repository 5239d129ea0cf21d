/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/view.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What lives as long as the view. */
struct holding {
	void *bytes;        /* a copy that a memory segment shows */
	int fd;             /* -1 for none */
	struct view *other; /* whose bytes this view shows too */
};

struct view {
	atomic_uint n_references;
	uint64_t size;
	size_t n_segments, n_segments_max;
	struct view_segment *segments;
	uint64_t *starts; /* of each segment in the view */
	size_t n_holdings, n_holdings_max;
	struct holding *holdings;
};

int view_new(struct view **ret_view)
{
	struct view *view = calloc(1, sizeof(*view));
	if (view == NULL)
		return -ENOMEM;
	atomic_init(&view->n_references, 1);
	*ret_view = view;
	return 0;
}

struct view *view_ref(struct view *view)
{
	atomic_fetch_add_explicit(&view->n_references, 1, memory_order_relaxed);
	return view;
}

static void let_go(const struct holding *holding)
{
	free(holding->bytes);
	if (holding->fd >= 0)
		(void)close(holding->fd);
	(void)view_unref(holding->other); /* as deep as views were added to views */
}

struct view *view_unref(struct view *view)
{
	if (view == NULL)
		return NULL;
	if (atomic_fetch_sub_explicit(&view->n_references, 1, memory_order_acq_rel) != 1)
		return NULL;

	for (size_t i = 0; i < view->n_holdings; i++)
		let_go(&view->holdings[i]);
	free(view->holdings);
	free(view->segments);
	free(view->starts);
	free(view);
	return NULL;
}

/* ---- adding ---- */

static int make_room(struct view *view)
{
	if (view->n_segments == VIEW_SEGMENTS_MAX)
		return -E2BIG;
	if (view->n_segments < view->n_segments_max)
		return 0;
	size_t n = view->n_segments_max == 0 ? 4 : 2 * view->n_segments_max;
	struct view_segment *segments = realloc(view->segments, n * sizeof(*segments));
	if (segments == NULL)
		return -ENOMEM;
	view->segments = segments;
	uint64_t *starts = realloc(view->starts, n * sizeof(*starts));
	if (starts == NULL)
		return -ENOMEM;
	view->starts = starts;
	view->n_segments_max = n;
	return 0;
}

/* Two ranges of one file that follow each other are one: fewer reads. So are zeros. */
static bool continues(const struct view_segment *last, const struct view_segment *next)
{
	if (last->kind != next->kind)
		return false;
	if (last->kind == VIEW_ZEROS)
		return true;
	return last->kind == VIEW_FILE && last->fd == next->fd &&
	       last->offset + last->length == next->offset;
}

static int add_segment(struct view *view, const struct view_segment *segment)
{
	if (segment->length > UINT64_MAX - view->size)
		return -EOVERFLOW;
	if (view->n_segments > 0 && continues(&view->segments[view->n_segments - 1], segment)) {
		view->segments[view->n_segments - 1].length += segment->length;
		view->size += segment->length;
		return 0;
	}
	int rc = make_room(view);
	if (rc < 0)
		return rc;
	view->segments[view->n_segments] = *segment;
	view->starts[view->n_segments] = view->size;
	view->n_segments++;
	view->size += segment->length;
	return 0;
}

/* Takes it over, on failure too. */
static int hold(struct view *view, const struct holding *holding)
{
	if (view->n_holdings == view->n_holdings_max) {
		size_t n = view->n_holdings_max == 0 ? 4 : 2 * view->n_holdings_max;
		struct holding *holdings = realloc(view->holdings, n * sizeof(*holdings));
		if (holdings == NULL) {
			let_go(holding);
			return -ENOMEM;
		}
		view->holdings = holdings;
		view->n_holdings_max = n;
	}
	view->holdings[view->n_holdings++] = *holding;
	return 0;
}

int view_add_static(struct view *view, const void *bytes, size_t length)
{
	if (length == 0)
		return 0;
	struct view_segment segment = {
		.kind = VIEW_MEMORY, .length = length, .memory = bytes, .fd = -1};
	return add_segment(view, &segment);
}

int view_add_copy(struct view *view, const void *bytes, size_t length)
{
	if (length == 0)
		return 0;
	struct holding holding = {.bytes = malloc(length), .fd = -1};
	if (holding.bytes == NULL)
		return -ENOMEM;
	memcpy(holding.bytes, bytes, length);
	int rc = hold(view, &holding);
	return rc < 0 ? rc : view_add_static(view, holding.bytes, length);
}

int view_add_file(struct view *view, int fd, uint64_t offset, uint64_t length)
{
	if (offset > INT64_MAX || length > INT64_MAX - offset || length == 0) {
		(void)close(fd);
		return length == 0 ? 0 : -EOVERFLOW;
	}
	int rc = hold(view, &(struct holding){.fd = fd});
	struct view_segment segment = {
		.kind = VIEW_FILE, .length = length, .fd = fd, .offset = offset};
	return rc < 0 ? rc : add_segment(view, &segment);
}

int view_add_zeros(struct view *view, uint64_t length)
{
	struct view_segment segment = {.kind = VIEW_ZEROS, .length = length, .fd = -1};
	return length == 0 ? 0 : add_segment(view, &segment);
}

int view_add_view(struct view *view, struct view *other, uint64_t offset, uint64_t length)
{
	if (offset > other->size || length > other->size - offset)
		return -ERANGE;
	if (length == 0)
		return 0;
	bool is_held = view->n_holdings > 0 && view->holdings[view->n_holdings - 1].other == other;
	int rc = is_held ? 0 : hold(view, &(struct holding){.fd = -1, .other = view_ref(other)});
	while (rc == 0 && length > 0) {
		uint64_t within;
		struct view_segment segment = *view_find(other, offset, &within);
		segment.length -= within;
		if (segment.length > length)
			segment.length = length;
		if (segment.kind == VIEW_MEMORY)
			segment.memory += within;
		else if (segment.kind == VIEW_FILE)
			segment.offset += within;
		offset += segment.length;
		length -= segment.length;
		rc = add_segment(view, &segment);
	}
	return rc;
}

/* ---- reading ---- */

uint64_t view_size(const struct view *view)
{
	return view->size;
}

size_t view_n_segments(const struct view *view)
{
	return view->n_segments;
}

const struct view_segment *view_segment(const struct view *view, size_t index)
{
	return index < view->n_segments ? &view->segments[index] : NULL;
}

const struct view_segment *view_find(const struct view *view, uint64_t offset, uint64_t *ret_within)
{
	if (offset >= view->size)
		return NULL;
	/* The last segment that starts at or before it. */
	size_t low = 0, high = view->n_segments;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (view->starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	*ret_within = offset - view->starts[low];
	return &view->segments[low];
}

static int read_file(const struct view_segment *segment, uint64_t within, uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t got = pread(segment->fd, bytes, n, (off_t)(segment->offset + within));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO; /* the file shrank under us */
		bytes += got;
		within += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

int view_read(const struct view *view, uint64_t offset, void *bytes, size_t length)
{
	if (offset > view->size || length > view->size - offset)
		return -ERANGE;

	uint8_t *out = bytes;
	while (length > 0) {
		uint64_t within = 0;
		const struct view_segment *segment = view_find(view, offset, &within);
		if (segment == NULL)
			return -ERANGE;
		uint64_t left = segment->length - within;
		size_t n = left < length ? (size_t)left : length;
		int rc = 0;
		switch (segment->kind) {
		case VIEW_MEMORY: memcpy(out, segment->memory + within, n); break;
		case VIEW_ZEROS: memset(out, 0, n); break;
		case VIEW_FILE: rc = read_file(segment, within, out, n); break;
		}
		if (rc < 0)
			return rc;
		out += n;
		offset += n;
		length -= n;
	}
	return 0;
}

bool view_is_shared(const struct view *a, uint64_t a_offset, const struct view *b,
	uint64_t b_offset, uint64_t length)
{
	uint64_t a_within = 0, b_within = 0;
	const struct view_segment *x = view_find(a, a_offset, &a_within);
	const struct view_segment *y = view_find(b, b_offset, &b_within);
	return x != NULL && y != NULL && x->kind == VIEW_FILE && y->kind == VIEW_FILE &&
	       x->fd == y->fd && x->offset + a_within == y->offset + b_within &&
	       length <= x->length - a_within && length <= y->length - b_within;
}

int view_map(const struct view *view, uint64_t offset, size_t n, size_t room, struct buffer *out)
{
	uint64_t within = 0;
	const struct view_segment *segment = view_find(view, offset, &within);
	if (segment != NULL && segment->kind == VIEW_FILE && n <= segment->length - within &&
		buffer_map(out, segment->fd, segment->offset + within, n, room) == 0)
		return 0;
	out->size = 0;
	int rc = buffer_reserve(out, n);
	if (rc == 0)
		rc = view_read(view, offset, out->bytes, n);
	if (rc < 0)
		return rc;
	out->size = n;
	out->bytes[n] = 0;
	return 0;
}
