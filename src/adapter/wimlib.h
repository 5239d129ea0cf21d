/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is inside a WIM, through wimlib: images, folders, files, and one image written anew as a
 * plain LZX WIM. Paths inside an image are found whatever their case, with '\\' or '/'. The header
 * itself is read by format/wim.h, which a caller asks first.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wim_file;

/* What the WIM's XML says of one image; "" and 0 where it says nothing. */
struct wim_image {
	uint32_t index;        /* 1-based */
	char name[128];        /* UTF-8, as the WIM has it: print it with care */
	char arch[8];          /* "amd64", "x86", "arm64", "arm"; "" for others */
	char installation[32]; /* "WindowsPE", "Client", "Server" */
	char edition[32];      /* "WindowsPE", "Professional" */
	uint32_t version[4];   /* major, minor, build, service pack build */
	bool has_version;
};

struct wim_entry {
	const char *name; /* as the image has it; lives during the call */
	const char *path;
	uint64_t size;       /* bytes of the unnamed stream */
	const uint8_t *sha1; /* of those bytes: 20; zeros for none */
	bool is_folder;
	bool is_file; /* an ordinary file: no link, no folder, not encrypted */
};

/* Non-zero stops the listing and is what it returns. */
typedef int wim_entry_function(void *context, const struct wim_entry *entry);

/* Errors: -EINVAL for a broken WIM, -ENOENT for a path or image that is not there, -ENOSPC, -EIO.
 */
int wim_file_open(const char *path, struct wim_file **ret_file, struct error *err) MUST_CHECK;
/* An NTFS volume (a file with nothing but it) as image 1 of a WIM that is not written anywhere: to
 * be listed and read like one. -EBADMSG for a volume that cannot be read, -EOPNOTSUPP where wimlib
 * was built without it. Neither it nor the file is changed. */
int wim_file_open_volume(
	const char *path, struct wim_file **ret_file, struct error *err) MUST_CHECK;
struct wim_file *wim_file_close(struct wim_file *file);
DEFINE_FREEP(struct wim_file, wim_file_close);

/* The other parts of a split WIM, by their paths. */
int wim_file_add_parts(
	struct wim_file *file, const char *const *paths, size_t n, struct error *err) MUST_CHECK;

uint32_t wim_file_n_images(const struct wim_file *file);
int wim_file_image(struct wim_file *file, uint32_t index, struct wim_image *ret_image,
	struct error *err) MUST_CHECK;

/* The children of a folder; -ENOENT if there is no such folder. */
int wim_file_list(struct wim_file *file, uint32_t index, const char *folder,
	wim_entry_function *function, void *context, struct error *err) MUST_CHECK;
/* All that is in a folder, and in the folders in it; -ENOENT if there is no such folder. */
int wim_file_walk(struct wim_file *file, uint32_t index, const char *folder,
	wim_entry_function *function, void *context, struct error *err) MUST_CHECK;
/* Calls function once. */
int wim_file_look(struct wim_file *file, uint32_t index, const char *path,
	wim_entry_function *function, void *context, struct error *err) MUST_CHECK;
/* Is the data of every file of the image in this WIM? -EINVAL if some is missing. */
int wim_file_check_complete(struct wim_file *file, uint32_t index, struct error *err) MUST_CHECK;

/* Decompresses everything and compares it with the SHA-1s in the WIM. -EINVAL if something is
 * damaged. */
int wim_file_verify(
	struct wim_file *file, const struct progress_sink *progress, struct error *err) MUST_CHECK;

/* The bytes of one ordinary file, appended to out; -EFBIG past its maximum. scratch: an empty
   folder in which wimlib puts the file for a moment. */
int wim_file_read(struct wim_file *file, uint32_t index, const char *path, const char *scratch,
	struct buffer *out, struct error *err) MUST_CHECK;

/* Many ordinary files at once, by the paths that a listing gave: below the scratch folder they have
 * the same ones. None of them, or -EINVAL, if one is damaged. */
int wim_file_extract(struct wim_file *file, uint32_t index, const char *const *paths, size_t n,
	const char *scratch, struct error *err) MUST_CHECK;

/* Writes the image as the only and bootable one of a new non-solid LZX WIM to fd, which is open for
   reading and writing and empty. Data that is in that form already is not compressed again. */
int wim_file_export(struct wim_file *file, uint32_t index, int fd,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
