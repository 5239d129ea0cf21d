/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole WIM: its frame, its tree, each content in its table, one file expanded. */
#include "image/frame.h"
#include "image/ground.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expand_first(struct view *view)
{
	struct error err = ERROR_NULL;
	struct frame frame;
	struct wim_blob_entry entry;
	struct buffer out = buffer_with_max(1U << 20);
	if (frame_open(view, &frame, &err) < 0)
		return;
	frame_entry(&frame, frame.n_entries - 1, &entry);
	(void)!frame_expand(&frame, &entry.resource, NULL, &out, &err);
	buffer_free(&out);
	frame_clear(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_NULL;
	struct view *view;
	if (view_new(&view) < 0)
		return 0;
	if (view_add_static(view, data, size) == 0) {
		(void)!ground_read(view, &err);
		expand_first(view);
	}
	(void)view_unref(view);
	return 0;
}
