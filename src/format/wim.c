/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim.h"

#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Before the version field: 8 bytes of magic, then the header's own size. */
#define WIM_MAGIC_BYTES 8

#define WIM_VERSION_DEFAULT 0x10d00U
#define WIM_VERSION_SOLID   0x00e00U /* also Windows 8's "ESD" */

/* The original size that marks a solid resource itself among the blobs inside it. */
#define WIM_SOLID_MARK 0x100000000U

static const uint8_t magic_plain[WIM_MAGIC_BYTES] = "MSWIM\0\0";
static const uint8_t magic_pipable[WIM_MAGIC_BYTES] = "WLPWM\0\0";

bool wim_is_magic(const void *bytes, size_t n)
{
	return n >= WIM_MAGIC_BYTES && (memcmp(bytes, magic_plain, WIM_MAGIC_BYTES) == 0 ||
					       memcmp(bytes, magic_pipable, WIM_MAGIC_BYTES) == 0);
}

/* RESHDR_DISK_SHORT: 7 bytes of stored size, one of flags, offset, original size. */
struct wim_resource wim_resource_read(struct reader *reader)
{
	struct wim_resource resource;
	uint64_t size_and_flags = reader_le64(reader);
	resource.stored_bytes = size_and_flags & WIM_STORED_BYTES_MAX;
	resource.flags = (uint8_t)(size_and_flags >> 56);
	resource.offset = reader_le64(reader);
	resource.original_bytes = reader_le64(reader);
	return resource;
}

static int read_compression(
	const struct wim_header *header, enum wim_compression *ret_compression, struct error *err)
{
	uint32_t kinds = header->flags & (WIM_FLAG_XPRESS | WIM_FLAG_LZX | WIM_FLAG_LZMS);
	if ((header->flags & WIM_FLAG_COMPRESSED) == 0)
		*ret_compression = WIM_COMPRESSION_NONE;
	else if (kinds == WIM_FLAG_XPRESS)
		*ret_compression = WIM_COMPRESSION_XPRESS;
	else if (kinds == WIM_FLAG_LZX)
		*ret_compression = WIM_COMPRESSION_LZX;
	else if (kinds == WIM_FLAG_LZMS)
		*ret_compression = WIM_COMPRESSION_LZMS;
	else
		return error_set(err, -EINVAL,
			"WIM header, byte 16: compression flags 0x%" PRIx32
			" name no method that is known",
			header->flags);
	return 0;
}

static int check_fields(const struct wim_header *header, struct error *err)
{
	if (header->version != WIM_VERSION_DEFAULT && header->version != WIM_VERSION_SOLID)
		return error_set(err, -EINVAL,
			"WIM header, byte 12: format version 0x%" PRIx32 " is not known",
			header->version);
	if ((header->flags & WIM_FLAG_WRITE_IN_PROGRESS) != 0)
		return error_set(err, -EINVAL,
			"WIM header, byte 16: the file was being written when its writer stopped; "
			"make it anew or repair it with wimlib-imagex optimize");
	if ((header->flags & (WIM_FLAG_RESOURCE_ONLY | WIM_FLAG_METADATA_ONLY)) != 0)
		return error_set(err, -EINVAL,
			"WIM header, byte 16: the file holds only half of an image (flags "
			"0x%" PRIx32 ")",
			header->flags);
	if (header->part == 0 || header->part > header->n_parts)
		return error_set(err, -EINVAL, "WIM header, byte 40: it calls itself part %u of %u",
			header->part, header->n_parts);
	if (header->n_images > LIMIT_WIM_IMAGES)
		return error_set(err, -EINVAL,
			"WIM header, byte 44: %" PRIu32 " images; %d are accepted",
			header->n_images, LIMIT_WIM_IMAGES);
	/* Parts after the first carry no images of their own and the first one's boot index. */
	if (header->part == 1 && header->boot_index > header->n_images)
		return error_set(err, -EINVAL,
			"WIM header, byte 120: image %" PRIu32 " is marked bootable, of %" PRIu32,
			header->boot_index, header->n_images);
	return 0;
}

int wim_header_parse(const void *bytes, size_t n, struct wim_header *ret_header, struct error *err)
{
	struct wim_header header = {0};
	struct reader reader = reader_over(bytes, n);

	if (n < WIM_HEADER_BYTES)
		return error_set(err, -EINVAL, "%zu bytes are too few for a WIM header (%d)", n,
			WIM_HEADER_BYTES);
	if (!wim_is_magic(bytes, n))
		return error_set(err, -EINVAL, "not a WIM: it does not begin with MSWIM");
	header.is_pipable = memcmp(bytes, magic_pipable, WIM_MAGIC_BYTES) == 0;
	reader_skip(&reader, WIM_MAGIC_BYTES);

	uint32_t header_bytes = reader_le32(&reader);
	if (header_bytes != WIM_HEADER_BYTES)
		return error_set(err, -EINVAL,
			"WIM header, byte 8: it says %" PRIu32 " bytes for itself, not %d",
			header_bytes, WIM_HEADER_BYTES);
	header.version = reader_le32(&reader);
	header.flags = reader_le32(&reader);
	header.chunk_bytes = reader_le32(&reader);
	reader_copy(&reader, header.guid.bytes, sizeof(header.guid.bytes));
	header.part = reader_le16(&reader);
	header.n_parts = reader_le16(&reader);
	header.n_images = reader_le32(&reader);
	header.blob_table = wim_resource_read(&reader);
	header.xml = wim_resource_read(&reader);
	header.boot_metadata = wim_resource_read(&reader);
	header.boot_index = reader_le32(&reader);
	header.integrity = wim_resource_read(&reader);
	assert(!reader.failed);

	int rc = check_fields(&header, err);
	if (rc == 0)
		rc = read_compression(&header, &header.compression, err);
	if (rc == 0)
		*ret_header = header;
	return rc;
}

static int check_range(const struct wim_resource *resource, const char *name, uint64_t file_bytes,
	uint64_t max_original_bytes, struct error *err)
{
	if (resource->stored_bytes == 0)
		return 0;
	if (resource->offset < WIM_HEADER_BYTES)
		return error_set(err, -EINVAL,
			"the WIM's %s lies at byte %" PRIu64 ", in its header", name,
			resource->offset);
	if (resource->offset > file_bytes || resource->stored_bytes > file_bytes - resource->offset)
		return error_set(err, -EINVAL,
			"the WIM's %s should be %" PRIu64 " bytes at byte %" PRIu64
			", but the file ends at byte %" PRIu64
			": it is cut or broken; copy it again",
			name, resource->stored_bytes, resource->offset, file_bytes);
	if (resource->original_bytes > max_original_bytes)
		return error_set(err, -EINVAL,
			"the WIM's %s claims %" PRIu64 " bytes; %" PRIu64 " are accepted", name,
			resource->original_bytes, max_original_bytes);
	return 0;
}

int wim_header_check(const struct wim_header *header, uint64_t file_bytes, struct error *err)
{
	if (header->blob_table.stored_bytes == 0)
		return error_set(err, -EINVAL,
			"WIM header, byte 48: it names no blob table; the file is cut or was never "
			"finished");
	if (header->xml.stored_bytes == 0)
		return error_set(err, -EINVAL,
			"WIM header, byte 72: it names no XML description of its images");

	int rc = check_range(
		&header->blob_table, "blob table", file_bytes, LIMIT_WIM_BLOB_TABLE_BYTES, err);
	if (rc == 0)
		rc = check_range(
			&header->xml, "XML description", file_bytes, LIMIT_WIM_XML_BYTES, err);
	if (rc == 0)
		rc = check_range(&header->boot_metadata, "boot metadata", file_bytes,
			LIMIT_WIM_METADATA_BYTES, err);
	if (rc == 0)
		rc = check_range(&header->integrity, "integrity table", file_bytes,
			LIMIT_WIM_BLOB_TABLE_BYTES, err);
	return rc;
}

static int check_blob(
	const struct wim_resource *blob, size_t number, uint64_t file_bytes, struct error *err)
{
	const bool is_metadata = (blob->flags & WIM_RESOURCE_METADATA) != 0;

	/* Offsets of blobs inside a solid resource count from the start of that resource's
	   decompressed bytes; only the resource itself lies in the file. */
	if ((blob->flags & WIM_RESOURCE_SOLID) != 0 && blob->original_bytes != WIM_SOLID_MARK)
		return 0;
	int rc = check_range(blob, is_metadata ? "image metadata" : "file data", file_bytes,
		is_metadata ? LIMIT_WIM_METADATA_BYTES : UINT64_MAX, err);
	return rc < 0 ? error_prefix(err, rc, "blob table entry %zu", number) : 0;
}

int wim_blob_table_check(const void *bytes, size_t n, const struct wim_header *header,
	uint64_t file_bytes, struct error *err)
{
	struct reader reader = reader_over(bytes, n);

	if (n % WIM_BLOB_ENTRY_BYTES != 0)
		return error_set(err, -EINVAL,
			"the WIM's blob table has %zu bytes, which is no whole number of entries",
			n);
	for (size_t number = 1; reader_left(&reader) > 0; number++) {
		struct wim_resource blob = wim_resource_read(&reader);
		uint16_t part = reader_le16(&reader);
		reader_skip(&reader,
			4 + WIM_SHA1_BYTES); /* references, SHA-1: wimlib compares the hash */
		if (reader.failed)
			break;
		if (part != header->part || (blob.flags & WIM_RESOURCE_FREE) != 0)
			continue;
		int rc = check_blob(&blob, number, file_bytes, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

uint32_t wim_header_forms(const struct wim_header *header)
{
	uint32_t forms = 0;
	if (header->version == WIM_VERSION_SOLID)
		forms |= WIM_FORM_SOLID;
	if (header->is_pipable)
		forms |= WIM_FORM_PIPABLE;
	if (header->n_parts > 1 || (header->flags & WIM_FLAG_SPANNED) != 0)
		forms |= WIM_FORM_SPLIT;
	if (header->compression == WIM_COMPRESSION_LZMS)
		forms |= WIM_FORM_LZMS;
	if (header->compression == WIM_COMPRESSION_NONE)
		forms |= WIM_FORM_UNCOMPRESSED;
	else if (header->chunk_bytes != WIM_CHUNK_BYTES)
		forms |= WIM_FORM_CHUNKS;
	if (header->n_images > 1)
		forms |= WIM_FORM_MULTIPLE;
	/* The boot manager takes the metadata from the header, not from the blob table. */
	if (header->boot_index == 0 || header->boot_metadata.stored_bytes == 0)
		forms |= WIM_FORM_NOT_BOOTABLE;
	return forms;
}

const char *wim_form_text(uint32_t forms)
{
	static const char *const texts[] = {
		"in the solid .esd format",
		"pipable",
		"split into parts",
		"compressed with LZMS",
		"not compressed",
		"compressed in chunks of an unusual size",
		"of several images",
		"without an image marked bootable",
	};

	for (size_t bit = 0; bit < ARRAY_SIZE(texts); bit++) {
		if ((forms & 1U << bit) != 0)
			return texts[bit];
	}
	return "";
}

const char *wim_compression_text(enum wim_compression compression)
{
	switch (compression) {
	case WIM_COMPRESSION_NONE: return "none";
	case WIM_COMPRESSION_XPRESS: return "XPRESS";
	case WIM_COMPRESSION_LZX: return "LZX";
	case WIM_COMPRESSION_LZMS: return "LZMS";
	}
	return "unknown";
}
