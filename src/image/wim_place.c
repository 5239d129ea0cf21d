/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/wim_place.h"

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
	return wim_file_list(place->wim, 1, folder, pass_entry, &to, err);
}

static int read_file(void *context, const char *path, struct buffer *out, struct error *err)
{
	const struct wim_place *place = context;
	return wim_file_read(place->wim, 1, path, place->scratch, out, err);
}

struct boot_place wim_place_of(struct wim_place *place)
{
	return (struct boot_place){.context = place, .list = list, .read = read_file};
}
