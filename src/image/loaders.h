/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot files of an image: which there are, where each comes from (inside the WIM, or on the
 * media around it), and under which name clients ask for it. The table is in loaders.c, and in
 * words in docs/images.md. Nothing of these is ours: they come out of what the user imports.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_FILES_MAX       96
#define BOOT_NOTES_MAX       16
#define BOOT_FILE_NAME_BYTES 64

struct boot_file {
	char name[BOOT_FILE_NAME_BYTES]; /* lower case, what clients ask for */
	struct buffer bytes;
};

/* What was gathered, and what has to be said about it. */
struct boot_files {
	size_t n_files;
	struct boot_file files[BOOT_FILES_MAX];
	size_t total_bytes;
	size_t n_notes;
	char notes[BOOT_NOTES_MAX][ERROR_TEXT_BYTES];
};

void boot_files_clear(struct boot_files *files);
const struct boot_file *boot_files_find(const struct boot_files *files, const char *name);
void boot_files_note(struct boot_files *files, const char *format, ...) PRINTF_LIKE(2, 3);

/* Takes the bytes over; of a name that is there already the first one stays. */
int boot_files_add(struct boot_files *files, const char *name, struct buffer *bytes,
	struct error *err) MUST_CHECK;

/* Something that holds files: the image, or the media. Paths have '/' between names, none in front;
 * found whatever their case. */
typedef int boot_place_entry(void *context, const char *name, bool is_folder);
struct boot_place {
	void *context;
	/* -ENOENT if there is no such folder. */
	int (*list)(void *context, const char *folder, boot_place_entry *function,
		void *entry_context, struct error *err);
	/* -ENOENT if there is no such file. */
	int (*read)(void *context, const char *path, struct buffer *out, struct error *err);
};

/* What the table knows of, as far as it is there. A file that is there and cannot be used becomes a
 * note; so does what cannot be read. Files that are gathered already are kept. */
int boot_files_from_image(
	struct boot_files *files, const struct boot_place *image, struct error *err) MUST_CHECK;
int boot_files_from_media(
	struct boot_files *files, const struct boot_place *media, struct error *err) MUST_CHECK;

/* "uefi" or "bios" for a file that firmware starts, with its architecture; NULL for all others.
 */
const char *boot_file_firmware(const char *name, const char **ret_arch);
/* UEFI's word for an architecture in file names: "x64" for "amd64"; NULL if it has none. */
const char *boot_efi_word(const char *arch);
/* Does an image with these files start on that firmware ("uefi", "bios") and architecture? */
bool boot_files_serve(const struct boot_files *files, const char *firmware, const char *arch);
