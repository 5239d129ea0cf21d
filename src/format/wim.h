/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame of a Windows imaging file: the 208-byte header and the blob table, bytes -> struct, and
 * whether all of it lies inside the file. What is inside the images is wimlib's business
 * (adapter/wimlib.h). Reference: "Windows Imaging File Format (WIM)", Microsoft, 2007; wimlib's
 * header.h for pipable, solid and LZMS.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/guid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIM_HEADER_BYTES     208
#define WIM_BLOB_ENTRY_BYTES 50
#define WIM_SHA1_BYTES       20
/* What the 56 bits of a stored size hold. */
#define WIM_STORED_BYTES_MAX UINT64_C(0x00ffffffffffffff)
/* The one chunk size that every Windows loader decompresses. */
#define WIM_CHUNK_BYTES      32768

enum wim_compression {
	WIM_COMPRESSION_NONE,
	WIM_COMPRESSION_XPRESS,
	WIM_COMPRESSION_LZX,
	WIM_COMPRESSION_LZMS,
};

/* Header flags that we look at; others are passed over. */
#define WIM_FLAG_COMPRESSED        0x00000002U
#define WIM_FLAG_SPANNED           0x00000008U
#define WIM_FLAG_RESOURCE_ONLY     0x00000010U
#define WIM_FLAG_METADATA_ONLY     0x00000020U
#define WIM_FLAG_WRITE_IN_PROGRESS 0x00000040U
#define WIM_FLAG_XPRESS            0x00020000U
#define WIM_FLAG_LZX               0x00040000U
#define WIM_FLAG_LZMS              0x00080000U

#define WIM_RESOURCE_FREE       0x01U
#define WIM_RESOURCE_METADATA   0x02U
#define WIM_RESOURCE_COMPRESSED 0x04U
#define WIM_RESOURCE_SPANNED    0x08U
#define WIM_RESOURCE_SOLID      0x10U

/* Where a piece lies in the file; all zero for one that is not there. */
struct wim_resource {
	uint64_t offset;         /* bytes from the start of the file */
	uint64_t stored_bytes;   /* as it lies there; 56 bits on disk */
	uint64_t original_bytes; /* decompressed */
	uint8_t flags;           /* WIM_RESOURCE_... */
};

struct wim_header {
	bool is_pipable; /* wimlib's own form; its first header says little, the last 208 bytes of
			    the file hold the full one */
	uint32_t version;
	uint32_t flags;
	enum wim_compression compression;
	uint32_t chunk_bytes;
	struct guid guid;
	uint16_t part; /* 1-based */
	uint16_t n_parts;
	uint32_t n_images;
	uint32_t boot_index; /* 1-based; 0: none is marked bootable */
	struct wim_resource blob_table;
	struct wim_resource xml;
	struct wim_resource boot_metadata;
	struct wim_resource integrity;
};

/* Is this the start of a WIM, pipable ones included? n may be anything. */
bool wim_is_magic(const void *bytes, size_t n);

/* The 24 bytes that say where a resource lies, as header and blob table have them. */
struct wim_resource wim_resource_read(struct reader *reader);

/* -EINVAL with the place and the reason in err. bytes: the first 208 of the file, or of a pipable
   WIM the last. Checks each field by itself; wim_header_check() checks them against the file. */
int wim_header_parse(
	const void *bytes, size_t n, struct wim_header *ret_header, struct error *err) MUST_CHECK;
/* Does everything that the header names lie inside a file of file_bytes, in sizes we accept
 * (base/limits.h)? */
int wim_header_check(
	const struct wim_header *header, uint64_t file_bytes, struct error *err) MUST_CHECK;

/* Does every blob of this file lie inside it? bytes: the blob table, as it lies in the file if it
   is not compressed (it never is outside pipable WIMs). */
int wim_blob_table_check(const void *bytes, size_t n, const struct wim_header *header,
	uint64_t file_bytes, struct error *err) MUST_CHECK;

/* What keeps a WIM from being booted as it is, or from carrying layers: bits. 0: it can serve as a
 * base byte for byte. */
enum wim_form {
	WIM_FORM_SOLID = 1 << 0,
	WIM_FORM_PIPABLE = 1 << 1,
	WIM_FORM_SPLIT = 1 << 2,
	WIM_FORM_LZMS = 1 << 3,
	WIM_FORM_UNCOMPRESSED = 1 << 4,
	WIM_FORM_CHUNKS = 1 << 5, /* compressed in chunks of another size than loaders take */
	WIM_FORM_MULTIPLE = 1 << 6,
	WIM_FORM_NOT_BOOTABLE = 1 << 7, /* the header names no image to boot */
};

uint32_t wim_header_forms(const struct wim_header *header);
/* "in the solid .esd format", "split into parts", ... of the lowest bit in forms; "" for 0. */
const char *wim_form_text(uint32_t forms);
/* "LZX", ... */
const char *wim_compression_text(enum wim_compression compression);
