/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_json.h"

#include "base/moment.h"
#include "image/loaders.h"

#include <stdio.h>

static json_t *blob_to_json(const struct blob *blob)
{
	return json_pack("{s:s, s:I}", "sha256", blob->sha256, "size", (json_int_t)blob->size);
}

static json_t *loader_to_json(const struct image_file *file, const char *firmware, const char *arch)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", file->name, "firmware", firmware,
		"arch", arch, "sha256", file->blob.sha256, "size", (json_int_t)file->blob.size);
}

static json_t *file_to_json(const struct image_file *file)
{
	return json_pack("{s:s, s:s, s:I}", "name", file->name, "sha256", file->blob.sha256, "size",
		(json_int_t)file->blob.size);
}

/* The volume in an SDI. */
static json_t *ramdisk_to_json(const struct image_record *record)
{
	return record->is_sdi
		       ? json_pack("{s:I, s:I}", "offset", (json_int_t)record->ramdisk_offset,
				 "length", (json_int_t)record->ramdisk_length)
		       : json_null();
}

json_t *image_to_json(const struct image_record *record)
{
	char created[MOMENT_TEXT_BYTES];
	json_t *loaders = json_array();
	json_t *files = json_array();
	int rc = 0;

	for (size_t i = 0; i < record->n_files; i++) {
		const struct image_file *file = &record->files[i];
		const char *arch = "";
		const char *firmware = boot_file_firmware(file->name, &arch);
		/* The *_new functions take the reference, NULL too (and then fail). */
		rc |= firmware != NULL
			      ? json_array_append_new(loaders, loader_to_json(file, firmware, arch))
			      : json_array_append_new(files, file_to_json(file));
	}
	if (rc != 0) {
		json_decref(loaders);
		json_decref(files);
		return NULL;
	}
	moment_format(record->created_ms, created);
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:s, s:o, s:o, s:o}",
		"name", record->name, "revision", (int)record->revision, "arch", record->arch,
		"version", record->version, "winpe", record->winpe, "description",
		record->description, "source", record->source, "format",
		record->is_sdi ? "sdi" : "wim", "ramdisk", ramdisk_to_json(record), "boot_index",
		(int)record->boot_index, "created", created, "base", blob_to_json(&record->base),
		"loaders", loaders, "files", files);
}

void image_loaders_text(const struct image_record *record, char *out, size_t size)
{
	size_t at = 0;
	(void)snprintf(out, size, "none");
	for (size_t i = 0; i < record->n_files && at < size; i++) {
		const char *arch;
		if (boot_file_firmware(record->files[i].name, &arch) == NULL)
			continue;
		int n = snprintf(
			out + at, size - at, "%s%s", at > 0 ? ", " : "", record->files[i].name);
		at += n > 0 ? (size_t)n : 0;
	}
}

void image_version_text(const struct image_record *record, char *out, size_t size)
{
	if (record->version[0] == 0)
		(void)snprintf(out, size, "-");
	else if (record->winpe[0] == 0)
		(void)snprintf(out, size, "%s", record->version);
	else
		(void)snprintf(out, size, "%s (WinPE %s)", record->version, record->winpe);
}
