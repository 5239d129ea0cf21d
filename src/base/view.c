/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/view.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct view {
	atomic_uint n_references;
	uint64_t size;
	size_t n_segments;
	void *owned[VIEW_SEGMENTS_MAX]; /* copies that belong to memory segments, else NULL */
	struct view_segment segments[VIEW_SEGMENTS_MAX];
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

struct view *view_unref(struct view *view)
{
	if (view == NULL)
		return NULL;
	if (atomic_fetch_sub_explicit(&view->n_references, 1, memory_order_acq_rel) != 1)
		return NULL;

	for (size_t i = 0; i < view->n_segments; i++) {
		if (view->segments[i].kind == VIEW_FILE)
			(void)close(view->segments[i].fd);
		free(view->owned[i]);
	}
	free(view);
	return NULL;
}

static int add_segment(struct view *view, const struct view_segment *segment, void *owned)
{
	if (view->n_segments == VIEW_SEGMENTS_MAX)
		return -E2BIG;
	if (segment->length > UINT64_MAX - view->size)
		return -EOVERFLOW;
	view->segments[view->n_segments] = *segment;
	view->owned[view->n_segments] = owned;
	view->n_segments++;
	view->size += segment->length;
	return 0;
}

int view_add_static(struct view *view, const void *bytes, size_t length)
{
	if (length == 0)
		return 0;
	struct view_segment segment = {
		.kind = VIEW_MEMORY, .length = length, .memory = bytes, .fd = -1};
	return add_segment(view, &segment, NULL);
}

int view_add_copy(struct view *view, const void *bytes, size_t length)
{
	if (length == 0)
		return 0;
	uint8_t *copy = malloc(length);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, bytes, length);
	struct view_segment segment = {
		.kind = VIEW_MEMORY, .length = length, .memory = copy, .fd = -1};
	int rc = add_segment(view, &segment, copy);
	if (rc < 0)
		free(copy);
	return rc;
}

int view_add_file(struct view *view, int fd, uint64_t offset, uint64_t length)
{
	int rc = 0;
	if (offset > INT64_MAX || length > INT64_MAX - offset)
		rc = -EOVERFLOW;
	if (rc == 0 && length > 0) {
		struct view_segment segment = {
			.kind = VIEW_FILE, .length = length, .fd = fd, .offset = offset};
		rc = add_segment(view, &segment, NULL);
		if (rc == 0)
			return 0;
	}
	(void)close(fd);
	return rc;
}

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
	for (size_t i = 0; i < view->n_segments; i++) {
		if (offset < view->segments[i].length) {
			*ret_within = offset;
			return &view->segments[i];
		}
		offset -= view->segments[i].length;
	}
	return NULL;
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
		if (segment->kind == VIEW_MEMORY) {
			memcpy(out, segment->memory + within, n);
		} else {
			int rc = read_file(segment, within, out, n);
			if (rc < 0)
				return rc;
		}
		out += n;
		offset += n;
		length -= n;
	}
	return 0;
}
