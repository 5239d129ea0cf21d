/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XML at the end of a WIM: UTF-16LE with a byte order mark. What a change must keep right in
 * it; everything else stays as it was, byte for byte. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct wim_xml_change {
	uint32_t image;                  /* its INDEX */
	int64_t files, folders;          /* added to FILECOUNT and DIRCOUNT */
	uint64_t all_files, all_folders; /* what there is now, for XML that has no such element;
					    all_folders 0: then it gets none */
	int64_t bytes;       /* added to the image's TOTALBYTES: each name's content counts */
	int64_t link_bytes;  /* added to HARDLINKBYTES: content of second and further names */
	uint64_t time;       /* LASTMODIFICATIONTIME: FILETIME */
	uint64_t file_bytes; /* WIM/TOTALBYTES: of the file without XML and integrity table */
};

/* Appends the changed XML to out. Elements that are not there are added, in the place where Windows
 * has them, but for sums of which only the difference is known; those that hold no number stay.
 * -EINVAL for XML without that image or that is none, -EFBIG past LIMIT_WIM_XML_BYTES. */
int wim_xml_change(const void *xml, size_t n, const struct wim_xml_change *change,
	struct buffer *out, struct error *err) MUST_CHECK;
/* One number of the image (FILECOUNT, ...), or with image 0 of the file (TOTALBYTES), for those who
 * check. -ENOENT if it is not there. */
int wim_xml_number(const void *xml, size_t n, uint32_t image, const char *element,
	uint64_t *ret_number, struct error *err) MUST_CHECK;
