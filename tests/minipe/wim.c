/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wim.h"
#include "decompress.h"

#define HEADER_BYTES     208
#define VERSION          0x10d00
#define FLAG_COMPRESSED  0x2
#define FLAG_XPRESS      0x20000
#define FLAG_LZX         0x40000
#define RESOURCE_META    0x02
#define RESOURCE_PACKED  0x04
#define RESOURCE_SPANNED 0x08
#define RESOURCE_SOLID   0x10
#define BLOB_BYTES       50
#define DENTRY_BYTES     102 /* without the name */
#define STREAM_BYTES     38
#define SIZE_MAX_BYTES   (1ULL << 30)

struct resource {
	uint64_t stored_size, offset, size;
	uint8_t flags;
};

static struct resource resource_parse(const uint8_t *p)
{
	return (struct resource){
		.stored_size = get_le64(p) & 0x00ffffffffffffffULL,
		.flags = p[7],
		.offset = get_le64(p + 8),
		.size = get_le64(p + 16),
	};
}

/* A table of chunk ends, counted from its own end and without the last, then the chunks. A chunk
 * that would not shrink is stored as it is. */
static bool unpack(uint32_t flags, struct bytes stored, uint8_t *out, uint64_t size)
{
	uint64_t n_chunks = (size + CHUNK_BYTES - 1) / CHUNK_BYTES;
	struct bytes table = bytes_piece(stored, 0, (n_chunks - 1) * 4);
	struct bytes chunks;

	if (!table.data)
		return false;
	chunks = bytes_piece(stored, table.size, stored.size - table.size);
	for (uint64_t i = 0; i < n_chunks; i++) {
		uint64_t start = i ? get_le32(table.data + 4 * (i - 1)) : 0;
		uint64_t end = i + 1 < n_chunks ? get_le32(table.data + 4 * i) : chunks.size;
		uint64_t out_size = size - i * CHUNK_BYTES;
		struct bytes chunk;

		if (out_size > CHUNK_BYTES)
			out_size = CHUNK_BYTES;
		if (start > end)
			return false;
		chunk = bytes_piece(chunks, start, end - start);
		if (!chunk.data || chunk.size > out_size)
			return false;
		if (chunk.size == out_size)
			bytes_copy(out + i * CHUNK_BYTES, chunk.data, chunk.size);
		else if (flags & FLAG_XPRESS
				 ? !xpress_decompress(chunk, out + i * CHUNK_BYTES, out_size)
				 : !lzx_decompress(chunk, out + i * CHUNK_BYTES, out_size))
			return false;
	}
	return true;
}

static const char *resource_read(const struct wim *wim, struct resource resource,
	wim_allocate *allocate, struct bytes *ret_data)
{
	struct bytes stored = bytes_piece(wim->file, resource.offset, resource.stored_size);
	uint8_t *out;

	if (!stored.data)
		return "a resource lies past the end of the WIM";
	if (resource.flags & (RESOURCE_SOLID | RESOURCE_SPANNED))
		return "solid or split WIM";
	if (!(resource.flags & RESOURCE_PACKED) || !resource.size) {
		*ret_data = stored;
		return NULL;
	}
	if (resource.size > SIZE_MAX_BYTES)
		return "a resource is too large";
	out = allocate((size_t)resource.size);
	if (!out)
		return "out of memory";
	if (!unpack(wim->flags, stored, out, resource.size))
		return "a compressed resource is damaged";
	*ret_data = (struct bytes){out, (size_t)resource.size};
	return NULL;
}

const char *wim_open(struct bytes file, wim_allocate *allocate, struct wim *ret_wim)
{
	struct wim wim = {.file = file};
	const char *wrong;

	if (file.size < HEADER_BYTES || !bytes_equal(file.data, "MSWIM\0\0\0", 8))
		return "not a WIM";
	if (get_le32(file.data + 12) != VERSION)
		return "a WIM of another version (solid images cannot be booted)";
	wim.flags = get_le32(file.data + 16);
	wim.boot_index = get_le32(file.data + 0x78);
	if (wim.flags & FLAG_COMPRESSED && !(wim.flags & (FLAG_XPRESS | FLAG_LZX)))
		return "a compression that cannot be booted";
	if (wim.flags & FLAG_COMPRESSED && get_le32(file.data + 20) != CHUNK_BYTES)
		return "a chunk size other than 32768";
	if (!wim.boot_index)
		return "no image is marked bootable";
	wrong = resource_read(&wim, resource_parse(file.data + 0x30), allocate, &wim.blobs);
	if (wrong)
		return wrong;
	wrong = resource_read(&wim, resource_parse(file.data + 0x60), allocate, &wim.metadata);
	if (wrong)
		return wrong;
	*ret_wim = wim;
	return NULL;
}

/* The content's hash is in the entry itself, or in the stream without a name that follows it. */
static void unnamed_stream(const struct wim *wim, uint64_t *offset, unsigned n, uint8_t sha1[20])
{
	for (unsigned i = 0; i < n; i++) {
		struct bytes stream = bytes_piece(wim->metadata, *offset, STREAM_BYTES);
		uint64_t length;

		if (!stream.data)
			return;
		length = get_le64(stream.data);
		if (length < STREAM_BYTES || length > wim->metadata.size)
			return;
		if (!get_le16(stream.data + 36))
			bytes_copy(sha1, stream.data + 16, 20);
		*offset += (length + 7) & ~7ULL;
	}
}

bool wim_entry_at(const struct wim *wim, uint64_t offset, struct wim_entry *ret_entry)
{
	struct bytes dentry = bytes_piece(wim->metadata, offset, DENTRY_BYTES), name;
	struct wim_entry entry = {0};
	uint64_t length;

	if (!dentry.data)
		return false;
	length = get_le64(dentry.data);
	if (length < DENTRY_BYTES || length > wim->metadata.size)
		return false;
	name = bytes_piece(wim->metadata, offset + DENTRY_BYTES, get_le16(dentry.data + 100));
	if (!name.data)
		return false;
	text_from_utf16(name.data, name.size, entry.name, sizeof(entry.name));
	entry.is_folder = get_le32(dentry.data + 8) & 0x10;
	entry.children = get_le64(dentry.data + 16);
	bytes_copy(entry.sha1, dentry.data + 64, 20);
	entry.next = offset + ((length + 7) & ~7ULL);
	unnamed_stream(wim, &entry.next, get_le16(dentry.data + 96), entry.sha1);
	*ret_entry = entry;
	return true;
}

bool wim_find(const struct wim *wim, const char *path, struct wim_entry *ret_entry)
{
	uint64_t security;
	struct wim_entry at;

	if (wim->metadata.size < 8)
		return false;
	security = get_le32(wim->metadata.data);
	if (!wim_entry_at(wim, security < 8 ? 8 : (security + 7) & ~7ULL, &at))
		return false;
	for (;;) {
		char part[256];
		size_t n = 0;
		uint64_t offset = at.children;
		bool found = false;

		while (*path == '\\' || *path == '/')
			path++;
		while (*path && *path != '\\' && *path != '/' && n < sizeof(part) - 1)
			part[n++] = *path++;
		part[n] = '\0';
		if (!n)
			break;
		if (!at.is_folder || !offset)
			return false;
		while (!found && wim_entry_at(wim, offset, &at)) {
			found = text_equal(at.name, part);
			offset = at.next;
		}
		if (!found)
			return false;
	}
	*ret_entry = at;
	return true;
}

const char *wim_read(const struct wim *wim, const struct wim_entry *entry, wim_allocate *allocate,
	struct bytes *ret_data)
{
	for (size_t at = 0; at + BLOB_BYTES <= wim->blobs.size; at += BLOB_BYTES) {
		const uint8_t *blob = wim->blobs.data + at;

		if (blob[7] & RESOURCE_META || !bytes_equal(blob + 30, entry->sha1, 20))
			continue;
		return resource_read(wim, resource_parse(blob), allocate, ret_data);
	}
	return "the file's content is not in the blob table";
}
