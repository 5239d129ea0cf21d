/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/wim_place.h"

#include <errno.h>

static uint32_t index_of(const struct wim_place *place)
{
	return place->index != 0 ? place->index : 1;
}

struct passing {
	boot_place_entry *function;
	void *context;
};

static int pass_entry(void *context, const struct wim_entry *entry)
{
	const struct passing *to = context;
	return to->function(to->context, entry->name, entry->is_folder);
}

static int list(void *context, const char *folder, boot_place_entry *function, void *entry_context,
	struct error *err)
{
	const struct wim_place *place = context;
	struct passing to = {function, entry_context};
	if (place->wim == NULL)
		return -ENOENT;
	return wim_file_list(place->wim, index_of(place), folder, pass_entry, &to, err);
}

static int read_file(void *context, const char *path, struct buffer *out, struct error *err)
{
	const struct wim_place *place = context;
	if (place->wim == NULL)
		return -ENOENT;
	return wim_file_read(place->wim, index_of(place), path, place->scratch, out, err);
}

struct boot_place wim_place_of(struct wim_place *place)
{
	return (struct boot_place){.context = place, .list = list, .read = read_file};
}
