/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files put into an image of a WIM by src/format alone, for tests/system/wim-oracle: the base's
 * bytes, behind them the files, the chunks of the metadata that changed (and those that did not,
 * as they were), blob table, XML, and integrity table if the base has one.
 *
 *   wim_put BASE OUT IMAGE LIST
 *
 * LIST has lines "path in the image<TAB>file here". Prints what it cost, as JSON.
 */
#include "adapter/crypto.h"
#include "adapter/file.h"
#include "adapter/wim_codec.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "format/wim_chunks.h"
#include "format/wim_table.h"
#include "format/wim_tree.h"
#include "format/wim_xml.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FILES_MAX    100000
#define NOW_FILETIME UINT64_C(0x01db12345678abcd)

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "wim_put: %s: %s\n", what, why);
	exit(1);
}

static void must(int rc, const char *what, const struct error *err)
{
	if (rc < 0)
		fail(what, err != NULL && err->text[0] != 0 ? err->text : strerror(-rc));
}

static double now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct buffer read_file(const char *path)
{
	struct buffer bytes = buffer_with_max(SIZE_MAX / 4);
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(path, "cannot be opened");
	must(file_read_all(fd, &bytes), path, NULL);
	return bytes;
}

/* ---- the base ---- */

struct world {
	struct buffer out; /* the new WIM, growing behind the base's bytes */
	struct wim_header header;
	struct wim_codec *codec;
	struct buffer table; /* entries, in their new form */
	size_t metadata_at;  /* its entry's place */
	struct wim_blob_index *index;
	struct buffer base_metadata; /* expanded */
	struct wim_xml_change change;
	size_t n_chunks, n_changed;
};

static const uint8_t *resource_at(const struct world *world, const struct wim_resource *resource)
{
	if (resource->offset > world->out.size ||
		resource->stored_bytes > world->out.size - resource->offset)
		fail("base", "a resource lies past its end");
	return world->out.bytes + resource->offset;
}

static struct wim_blob_entry entry_at(const struct world *world, size_t place)
{
	struct wim_blob_entry entry;
	wim_blob_entry_read(world->table.bytes + place * WIM_BLOB_ENTRY_BYTES, &entry);
	return entry;
}

static void put_entry(struct world *world, size_t place, const struct wim_blob_entry *entry)
{
	wim_blob_entry_write(entry, world->table.bytes + place * WIM_BLOB_ENTRY_BYTES);
}

static void expand(
	const struct world *world, const struct wim_resource *resource, struct buffer *out)
{
	const uint8_t *bytes = resource_at(world, resource);
	struct error err = ERROR_NULL;
	struct wim_chunks chunks;

	must(buffer_reserve(out, resource->original_bytes), "expand", NULL);
	if ((resource->flags & WIM_RESOURCE_COMPRESSED) == 0) {
		must(buffer_add(out, bytes, resource->stored_bytes), "expand", NULL);
		return;
	}
	must(wim_chunks_read(bytes, resource->stored_bytes, resource->stored_bytes,
		     resource->original_bytes, &chunks, &err),
		"chunks", &err);
	for (size_t i = 0; i < chunks.n; i++) {
		const struct wim_chunk *chunk = &chunks.chunks[i];
		uint8_t *to = out->bytes + out->size;
		if (chunk->stored_bytes == chunk->original_bytes)
			memcpy(to, bytes + chunk->at, chunk->original_bytes);
		else
			must(wim_codec_expand(world->codec, bytes + chunk->at, chunk->stored_bytes,
				     to, chunk->original_bytes),
				"expand", NULL);
		out->size += chunk->original_bytes;
	}
	wim_chunks_clear(&chunks);
}

static void open_base(struct world *world, const char *path, uint32_t image)
{
	struct error err = ERROR_NULL;
	world->out = read_file(path);
	world->table = buffer_with_max(SIZE_MAX / 4);
	world->base_metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	must(wim_header_parse(world->out.bytes, world->out.size, &world->header, &err), path, &err);
	must(wim_codec_open(world->header.compression == WIM_COMPRESSION_XPRESS ? WIM_CODEC_XPRESS
										: WIM_CODEC_LZX,
		     &world->codec, &err),
		path, &err);
	must(buffer_add(&world->table, resource_at(world, &world->header.blob_table),
		     world->header.blob_table.stored_bytes),
		path, NULL);
	/* Of the base's table, which stays where it is while ours grows. */
	struct buffer *kept = calloc(1, sizeof(*kept));
	*kept = buffer_with_max(SIZE_MAX / 4);
	must(buffer_add(kept, world->table.bytes, world->table.size), path, NULL);
	must(wim_blob_index_open(kept->bytes, kept->size, &world->index, &err), path, &err);
	int64_t place = wim_blob_index_metadata(world->index, image - 1);
	if (place < 0)
		fail(path, "has no such image");
	world->metadata_at = (size_t)place;
	const struct wim_blob_entry entry = entry_at(world, world->metadata_at);
	expand(world, &entry.resource, &world->base_metadata);
}

/* ---- what is appended ---- */

/* The bytes as a resource; chunks that equal those of like (if any) are taken from the base. */
static struct wim_resource append(struct world *world, const uint8_t *bytes, size_t n,
	const struct wim_resource *like, const struct buffer *like_bytes)
{
	const size_t n_chunks = wim_chunks_count(n);
	struct wim_resource resource = {
		.offset = world->out.size, .original_bytes = n, .stored_bytes = n};
	struct buffer stored = buffer_with_max(SIZE_MAX / 4);
	struct buffer table = buffer_with_max(SIZE_MAX / 4);
	struct wim_chunks chunks = {0};
	struct error err = ERROR_NULL;
	static uint8_t pressed[WIM_CODEC_CHUNK_BYTES];
	uint32_t *sizes = calloc(n_chunks + 1, sizeof(*sizes));

	if (like != NULL && (like->flags & WIM_RESOURCE_COMPRESSED) != 0)
		must(wim_chunks_read(resource_at(world, like), like->stored_bytes,
			     like->stored_bytes, like->original_bytes, &chunks, &err),
			"chunks", &err);
	world->n_chunks = n_chunks;
	world->n_changed = 0;
	for (size_t i = 0; i < n_chunks; i++) {
		const uint8_t *from = bytes + i * WIM_CHUNK_BYTES;
		size_t n_from = n - i * WIM_CHUNK_BYTES < WIM_CHUNK_BYTES ? n - i * WIM_CHUNK_BYTES
									  : WIM_CHUNK_BYTES;
		if (i < chunks.n && chunks.chunks[i].original_bytes == n_from &&
			memcmp(from, like_bytes->bytes + i * WIM_CHUNK_BYTES, n_from) == 0) {
			sizes[i] = chunks.chunks[i].stored_bytes;
			must(buffer_add(&stored,
				     world->out.bytes + like->offset + chunks.chunks[i].at,
				     sizes[i]),
				"append", NULL);
			continue;
		}
		world->n_changed++;
		size_t n_pressed = wim_codec_compress(world->codec, from, n_from, pressed);
		sizes[i] = (uint32_t)(n_pressed > 0 ? n_pressed : n_from);
		must(buffer_add(&stored, n_pressed > 0 ? pressed : from, sizes[i]), "append", NULL);
	}
	must(wim_chunks_write_table(sizes, n_chunks, n, &table), "append", NULL);
	if (table.size + stored.size < n) {
		resource.stored_bytes = table.size + stored.size;
		resource.flags = WIM_RESOURCE_COMPRESSED;
		must(buffer_add(&world->out, table.bytes, table.size), "append", NULL);
		must(buffer_add(&world->out, stored.bytes, stored.size), "append", NULL);
	} else {
		must(buffer_add(&world->out, bytes, n), "append", NULL);
	}
	wim_chunks_clear(&chunks);
	buffer_free(&stored);
	buffer_free(&table);
	free(sizes);
	return resource;
}

static void sha1_of(const uint8_t *bytes, size_t n, uint8_t ret_sha1[static WIM_SHA1_BYTES])
{
	CLEANUP(sha1_freep) struct sha1 *hash = NULL;
	must(sha1_new(&hash), "SHA-1", NULL);
	must(sha1_add(hash, bytes, n), "SHA-1", NULL);
	sha1_finish(hash, ret_sha1);
}

/* One more use of the blob, appended if it is new: those few are looked for one by one. */
static void use_blob(struct world *world, const struct buffer *bytes, const uint8_t *sha1)
{
	int64_t place = wim_blob_index_find(world->index, sha1);
	const size_t n = world->table.size / WIM_BLOB_ENTRY_BYTES;

	for (size_t i = world->header.blob_table.original_bytes / WIM_BLOB_ENTRY_BYTES;
		place < 0 && i < n; i++) {
		if (memcmp(entry_at(world, i).sha1, sha1, WIM_SHA1_BYTES) == 0)
			place = (int64_t)i;
	}
	if (place >= 0) {
		struct wim_blob_entry entry = entry_at(world, (size_t)place);
		entry.n_uses++;
		put_entry(world, (size_t)place, &entry);
		return;
	}
	struct wim_blob_entry entry = {.part = 1, .n_uses = 1};
	memcpy(entry.sha1, sha1, WIM_SHA1_BYTES);
	entry.resource = append(world, bytes->bytes, bytes->size, NULL, NULL);
	must(buffer_add_zeros(&world->table, WIM_BLOB_ENTRY_BYTES), "table", NULL);
	put_entry(world, n, &entry);
}

static uint64_t size_of(const struct world *world, const uint8_t *sha1)
{
	int64_t place = wim_blob_index_find(world->index, sha1);
	return place < 0 ? 0 : entry_at(world, (size_t)place).resource.original_bytes;
}

static void lose_blob(struct world *world, const uint8_t *sha1)
{
	int64_t place = wim_blob_index_find(world->index, sha1);
	if (place < 0)
		fail("base", "an entry's blob is not in its table");
	struct wim_blob_entry entry = entry_at(world, (size_t)place);
	world->change.bytes -= (int64_t)entry.resource.original_bytes;
	if (entry.n_uses > 0)
		entry.n_uses--;
	put_entry(world, (size_t)place, &entry);
}

/* ---- the way through ---- */

static size_t read_list(struct world *world, const char *path, struct wim_tree_file *files)
{
	struct buffer list = read_file(path);
	size_t n = 0;
	char *rest = NULL;
	for (char *line = strtok_r((char *)list.bytes, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		char *tab = strchr(line, '\t');
		if (tab == NULL || n == FILES_MAX)
			fail(path, "not a list");
		*tab = 0;
		struct buffer bytes = read_file(tab + 1);
		struct wim_tree_file *file = &files[n++];
		*file = (struct wim_tree_file){
			.path = strdup(line), .size = bytes.size, .time = NOW_FILETIME};
		sha1_of(bytes.bytes, bytes.size, file->sha1);
		if (bytes.size > 0)
			use_blob(world, &bytes, file->sha1);
		buffer_free(&bytes);
	}
	buffer_free(&list);
	return n;
}

static void finish(struct world *world)
{
	struct wim_header *header = &world->header;
	struct buffer xml = buffer_with_max(LIMIT_WIM_XML_BYTES);
	const struct wim_resource old_xml = header->xml;
	const bool has_integrity = header->integrity.stored_bytes > 0;
	struct error err = ERROR_NULL;

	header->blob_table = (struct wim_resource){.offset = world->out.size,
		.stored_bytes = world->table.size,
		.original_bytes = world->table.size,
		.flags = WIM_RESOURCE_METADATA};
	must(buffer_add(&world->out, world->table.bytes, world->table.size), "table", NULL);
	const size_t covered = world->out.size - WIM_HEADER_BYTES;
	world->change.file_bytes = world->out.size;
	must(wim_xml_change(resource_at(world, &old_xml), old_xml.stored_bytes, &world->change,
		     &xml, &err),
		"XML", &err);
	header->xml.offset = world->out.size;
	header->xml.stored_bytes = header->xml.original_bytes = xml.size;
	must(buffer_add(&world->out, xml.bytes, xml.size), "XML", NULL);
	if (has_integrity) {
		struct buffer hashes = buffer_with_max(SIZE_MAX / 4);
		const uint32_t chunk = WIM_INTEGRITY_CHUNK_BYTES;
		for (size_t at = 0; at < covered; at += chunk) {
			uint8_t sha1[WIM_SHA1_BYTES];
			sha1_of(world->out.bytes + WIM_HEADER_BYTES + at,
				covered - at < chunk ? covered - at : chunk, sha1);
			must(buffer_add(&hashes, sha1, sizeof(sha1)), "integrity", NULL);
		}
		header->integrity.offset = world->out.size;
		must(wim_integrity_write(
			     hashes.bytes, hashes.size / WIM_SHA1_BYTES, chunk, &world->out),
			"integrity", NULL);
		header->integrity.stored_bytes = header->integrity.original_bytes =
			world->out.size - header->integrity.offset;
		buffer_free(&hashes);
	}
	wim_header_write(header, world->out.bytes, world->out.bytes);
	buffer_free(&xml);
}

static void put_metadata(struct world *world, uint32_t image, struct wim_tree *tree)
{
	size_t n;
	const uint8_t *metadata = wim_tree_bytes(tree, &n);
	struct wim_blob_entry entry = entry_at(world, world->metadata_at);

	sha1_of(metadata, n, entry.sha1);
	entry.resource = append(world, metadata, n, &entry.resource, &world->base_metadata);
	entry.resource.flags |= WIM_RESOURCE_METADATA;
	put_entry(world, world->metadata_at, &entry);
	if (world->header.boot_index == image)
		world->header.boot_metadata = entry.resource;
}

int main(int argc, char **argv)
{
	static struct wim_tree_file files[FILES_MAX];
	struct world world = {0};
	struct error err = ERROR_NULL;
	struct wim_tree *tree = NULL;
	struct wim_tree_counts counts;
	if (argc != 5)
		fail("usage", "wim_put BASE OUT IMAGE LIST");
	world.change.image = (uint32_t)strtoul(argv[3], NULL, 10);
	world.change.time = NOW_FILETIME;

	open_base(&world, argv[1], world.change.image);
	struct buffer metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	must(buffer_add(&metadata, world.base_metadata.bytes, world.base_metadata.size), "", NULL);
	const size_t n_files = read_list(&world, argv[4], files);
	const double t0 = now_ms();
	must(wim_tree_open(&metadata, &tree, &err), argv[1], &err);
	const double t1 = now_ms();
	must(wim_tree_put(tree, files, n_files, &counts, &err), argv[1], &err);
	const double t2 = now_ms();

	world.change.files = counts.files;
	world.change.folders = counts.folders;
	world.change.bytes = counts.bytes;
	wim_tree_count(tree, &world.change.all_files, &world.change.all_folders);
	size_t n_replaced;
	const uint8_t *replaced = wim_tree_replaced(tree, &n_replaced);
	for (size_t i = 0; i < n_replaced; i++)
		lose_blob(&world, replaced + i * WIM_SHA1_BYTES);
	const uint8_t *unlinked = wim_tree_unlinked(tree, &n_replaced);
	for (size_t i = 0; i < n_replaced; i++)
		world.change.link_bytes -= (int64_t)size_of(&world, unlinked + i * WIM_SHA1_BYTES);
	const size_t data_end = world.out.size;
	const double t3 = now_ms();
	put_metadata(&world, world.change.image, tree);
	const double t4 = now_ms();
	finish(&world);

	CLEANUP(file_closep) int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd < 0 ? -EIO : file_write(fd, world.out.bytes, world.out.size), argv[2], NULL);
	printf("{\"entries\": %" PRIu64 ", \"metadata_bytes\": %zu, \"chunks\": %zu, "
	       "\"changed_chunks\": %zu, \"layer_bytes\": %zu, \"open_ms\": %.3f, "
	       "\"put_ms\": %.3f, \"press_ms\": %.3f}\n",
		world.change.all_files + world.change.all_folders, world.base_metadata.size,
		world.n_chunks, world.n_changed, world.out.size - data_end, t1 - t0, t2 - t1,
		t4 - t3);
	(void)wim_tree_close(tree);
	return 0;
}
