/* SPDX-License-Identifier: GPL-3.0-or-later */
/* References: "INF SourceDisksFiles Section", "INF SourceDisksNames Section". */
#include "driver/models_sources.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define DISK_FLAG_CABINET                                                                          \
	0x10 /* "forces Windows to use tag-or-cab-file as a cabinet file name"                     \
	      */

#define PLAIN INF_N_ARCHS

void sources_clear(struct sources *sources)
{
	for (size_t i = 0; i < N_SOURCE_SETS; i++) {
		name_table_clear(&sources->files[i]);
		name_table_clear(&sources->disks[i]);
	}
}

static int read_names(const struct inf *inf, const char *section_name, int set,
	struct models_steps *steps, struct name_table *names, struct error *err)
{
	struct inf_scratch scratch;
	const char *arch = set == PLAIN ? "" : inf_arch_names[set];
	*names = name_table_empty();
	uint32_t section = models_find(inf, (struct inf_text){section_name, strlen(section_name)},
		set == PLAIN ? "" : ".", arch);
	if (section == INF_NONE)
		return 0;
	for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
		line = inf_next_line(inf, line)) {
		int rc = models_step(steps, 1, err);
		if (rc < 0)
			return rc;
		struct inf_text key = inf_field(inf, line, 0, &scratch);
		if (!inf_has_key(inf, line) || key.length >= FILE_NAME_BYTES)
			continue;
		uint32_t first;
		rc = name_table_add(names, key.text, key.length, line, &first);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sources_read(const struct inf *inf, struct models_steps *steps, struct sources *ret_sources,
	struct error *err)
{
	static const char version_name[] = "Version", layout[] = "LayoutFile";
	uint32_t version = inf_find_section(inf, version_name, strlen(version_name));
	ret_sources->has_layout_file =
		version != INF_NONE &&
		inf_find_line(inf, version, layout, strlen(layout), INF_NONE) != INF_NONE;
	int rc = 0;
	for (int set = 0; set < N_SOURCE_SETS && rc == 0; set++) {
		rc = read_names(inf, "SourceDisksFiles", set, steps, &ret_sources->files[set], err);
		if (rc == 0)
			rc = read_names(
				inf, "SourceDisksNames", set, steps, &ret_sources->disks[set], err);
	}
	return rc;
}

/* The architecture's own section comes first. */
static uint32_t find_source(
	const struct name_table tables[N_SOURCE_SETS], enum inf_arch arch, struct inf_text name)
{
	uint32_t line;
	if (name_table_find(&tables[arch], name.text, name.length, &line) ||
		name_table_find(&tables[PLAIN], name.text, name.length, &line))
		return line;
	return INF_NONE;
}

/* ---- paths ---- */

/* Appends the names of a path, '/' between them; ".." takes one away and never leads above the
 * INF's folder. False if it does not fit. */
static bool append_names(struct source_path *path, struct inf_text more)
{
	size_t at = 0;
	while (at < more.length) {
		size_t start = at;
		while (at < more.length && more.text[at] != '\\' && more.text[at] != '/')
			at++;
		size_t length = at++ - start;
		const char *name = more.text + start;
		if (length == 0 || (length == 1 && name[0] == '.'))
			continue;
		if (length == 2 && name[0] == '.' && name[1] == '.') {
			while (path->length > 0 && path->text[path->length - 1] != '/')
				path->length--;
			path->length -= path->length > 0;
			continue;
		}
		if (length + 2 > sizeof(path->text) - path->length || memchr(name, 0, length))
			return false;
		if (path->length > 0)
			path->text[path->length++] = '/';
		memcpy(path->text + path->length, name, length);
		path->length += length;
	}
	path->text[path->length] = 0;
	return true;
}

static bool ends_in_cab(struct inf_text name)
{
	static const char cab[] = ".cab";
	size_t n = sizeof(cab) - 1;
	return name.length > n &&
	       inf_text_equal((struct inf_text){name.text + name.length - n, n}, cab);
}

/* "diskid = description,[tag-or-cab-file],[unused],[path],[flags],[tag-file]" */
static bool append_disk(
	const struct inf *inf, uint32_t disk, struct source_path *path, struct source_path *cabinet)
{
	struct inf_scratch scratch;
	if (!append_names(path, inf_field(inf, disk, 4, &scratch)))
		return false;
	int64_t flags = 0;
	if (!inf_field_number(inf, disk, 5, &flags))
		flags = 0;
	struct inf_text tag = inf_field(inf, disk, 2, &scratch);
	if (tag.length == 0 || !((flags & DISK_FLAG_CABINET) || ends_in_cab(tag)))
		return true;
	*cabinet = *path;
	return append_names(cabinet, tag);
}

/* "Path of a file = INF's folder + path of the disk + subdir of the file". One that is named
 * nowhere lies beside the INF. */
bool sources_locate(const struct inf *inf, const struct sources *sources, enum inf_arch arch,
	struct inf_text name, struct source_path *path, struct source_path *cabinet,
	bool *ret_is_inbox)
{
	struct inf_scratch scratch;
	path->length = cabinet->length = 0;
	uint32_t file = find_source(sources->files, arch, name);
	*ret_is_inbox = file == INF_NONE && sources->has_layout_file;
	if (file != INF_NONE) {
		uint32_t disk =
			find_source(sources->disks, arch, inf_field(inf, file, 1, &scratch));
		if (disk != INF_NONE && !append_disk(inf, disk, path, cabinet))
			return false;
		if (!append_names(path, inf_field(inf, file, 2, &scratch)))
			return false;
	}
	return append_names(path, name) && path->length > 0;
}
