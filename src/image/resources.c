/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/resources.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "base/text.h"
#include "format/wim_chunks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint32_t chunk_size(uint64_t original_bytes, uint64_t index)
{
	uint64_t left = original_bytes - index * WIM_CHUNK_BYTES;
	return left < WIM_CHUNK_BYTES ? (uint32_t)left : WIM_CHUNK_BYTES;
}

/* Chunks go into the press in the order of the files, and come out of it in that order. */
struct writing {
	resource_opener *opener;
	void *context;
	struct press *press;
	struct sha1 *sha1, *again; /* of what is read first, and second */
	struct sha256 *sha256;
	struct resource *resources;
	int out;
	uint64_t at; /* in out: where the next resource begins */
	/* The resource that comes out of the press. */
	size_t index;
	uint32_t *sizes; /* of its chunks; owned */
	size_t n_sizes, n_chunks;
	uint64_t chunks_at; /* in out: where its next chunk goes */
	uint64_t done, total;
	const struct progress_sink *progress;
};

/* ---- out of the press ---- */

/* As it is: over the chunks that were written in vain. */
static int write_plain(struct writing *writing, struct resource *resource, struct error *err)
{
	struct resource_input input = {.fd = -1};
	int rc = writing->opener(writing->context, writing->index, &input, err);
	if (rc < 0)
		return rc;
	CLEANUP(file_closep) int fd = input.fd;
	uint8_t bytes[WIM_CHUNK_BYTES], digest[SHA1_BYTES];
	for (uint64_t done = 0; rc == 0 && done < resource->original_bytes;) {
		uint32_t n = chunk_size(resource->original_bytes, done / WIM_CHUNK_BYTES);
		rc = file_read_at(fd, done, bytes, n);
		if (rc == 0)
			rc = sha1_add(writing->again, bytes, n);
		if (rc == 0)
			rc = file_write_at(writing->out, resource->offset + done, bytes, n);
		done += n;
	}
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	/* All of it was read before its last chunk came out, so that the first hash is there. */
	sha1_finish(writing->again, digest);
	if (memcmp(digest, resource->sha1, sizeof(digest)) != 0)
		return error_set(err, -EIO, "a file has changed while it was read; begin again");
	resource->is_compressed = false;
	resource->stored_bytes = resource->original_bytes;
	return 0;
}

static int finish_resource(struct writing *writing, struct error *err)
{
	struct resource *resource = &writing->resources[writing->index];
	resource->stored_bytes = writing->chunks_at - resource->offset;
	resource->is_compressed = true;
	int rc = 0;
	if (resource->stored_bytes >= resource->original_bytes) {
		rc = write_plain(writing, resource, err);
	} else {
		CLEANUP(buffer_free) struct buffer table = buffer_with_max(SIZE_MAX);
		rc = wim_chunks_write_table(
			writing->sizes, writing->n_chunks, resource->original_bytes, &table);
		if (rc == 0)
			rc = file_write_at(writing->out, resource->offset, table.bytes, table.size);
		if (rc < 0)
			(void)error_set(err, rc, "%s", strerror(-rc));
	}
	writing->at = resource->offset + resource->stored_bytes;
	writing->n_chunks = 0;
	writing->index++;
	return rc;
}

static int begin_resource(struct writing *writing, struct error *err)
{
	struct resource *resource = &writing->resources[writing->index];
	uint64_t n = wim_chunks_count(resource->original_bytes);
	if (n > writing->n_sizes) {
		uint32_t *sizes = realloc(writing->sizes, n * sizeof(*sizes));
		if (sizes == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		writing->sizes = sizes;
		writing->n_sizes = n;
	}
	resource->offset = writing->at;
	writing->chunks_at = writing->at + wim_chunks_table_bytes(resource->original_bytes);
	return 0;
}

static int put_chunk(struct writing *writing, size_t slot, struct error *err)
{
	/* Those without bytes put none into the press. */
	while (writing->resources[writing->index].original_bytes == 0)
		writing->index++;
	const struct resource *resource = &writing->resources[writing->index];
	int rc = writing->n_chunks == 0 ? begin_resource(writing, err) : 0;
	if (rc < 0)
		return rc;
	uint32_t n;
	const uint8_t *bytes = press_chunk(writing->press, slot, &n);
	rc = file_write_at(writing->out, writing->chunks_at, bytes, n);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	writing->chunks_at += n;
	writing->sizes[writing->n_chunks++] = n;
	writing->done += chunk_size(resource->original_bytes, writing->n_chunks - 1);
	progress_tell(writing->progress, "compressing", writing->done, writing->total);
	return writing->n_chunks == wim_chunks_count(resource->original_bytes)
		       ? finish_resource(writing, err)
		       : 0;
}

static int empty_press(struct writing *writing, struct error *err)
{
	int rc = 0;
	press_run(writing->press);
	for (size_t i = 0; rc == 0 && i < press_n(writing->press); i++)
		rc = put_chunk(writing, i, err);
	press_empty(writing->press);
	return rc;
}

/* ---- into the press ---- */

static int check_content(
	struct writing *writing, const struct resource_input *input, struct error *err)
{
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_BYTES];
	sha256_finish(writing->sha256, digest);
	text_hex(digest, sizeof(digest), text);
	if (strcmp(text, input->sha256) == 0)
		return 0;
	return error_set(err, -EIO,
		"blobs/%.2s/%s is damaged: its content is not what its name says; remove what it "
		"belongs to and add it again",
		input->sha256, input->sha256);
}

static int fill_chunk(
	struct writing *writing, const struct resource_input *input, uint64_t at, struct error *err)
{
	uint8_t *room = press_room(writing->press);
	int rc = 0;
	if (room == NULL) {
		rc = empty_press(writing, err);
		room = press_room(writing->press);
	}
	if (rc < 0)
		return rc;
	uint32_t n = chunk_size(input->size, at / WIM_CHUNK_BYTES);
	rc = file_read_at(input->fd, at, room, n);
	if (rc == -EIO)
		return error_set(err, rc,
			"it has become shorter than %llu bytes, or cannot be read",
			(unsigned long long)input->size);
	if (rc == 0)
		rc = sha1_add(writing->sha1, room, n);
	if (rc == 0 && input->sha256[0] != 0)
		rc = sha256_add(writing->sha256, room, n);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	press_add(writing->press, n);
	return 0;
}

static void input_close(const struct resource_input *input)
{
	file_closep(&input->fd);
}

static int fill(struct writing *writing, size_t index, struct error *err)
{
	CLEANUP(input_close) struct resource_input input = {.fd = -1};
	int rc = writing->opener(writing->context, index, &input, err);
	if (rc < 0)
		return rc;
	struct resource *resource = &writing->resources[index];
	*resource = (struct resource){.original_bytes = input.size};
	for (uint64_t at = 0; rc == 0 && at < input.size; at += WIM_CHUNK_BYTES)
		rc = fill_chunk(writing, &input, at, err);
	if (rc < 0)
		return rc;
	if (input.size > 0)
		sha1_finish(writing->sha1, resource->sha1);
	return input.sha256[0] != 0 ? check_content(writing, &input, err) : 0;
}

static void writing_end(struct writing *writing)
{
	(void)press_close(writing->press);
	(void)sha1_free(writing->sha1);
	(void)sha1_free(writing->again);
	(void)sha256_free(writing->sha256);
	free(writing->sizes);
}

int resources_write(const struct press_way *way, resource_opener *opener, void *context,
	size_t n_inputs, uint64_t total_bytes, int out, const struct progress_sink *progress,
	struct resource *ret_resources, struct error *err)
{
	CLEANUP(writing_end)
	struct writing writing = {
		.opener = opener,
		.context = context,
		.resources = ret_resources,
		.out = out,
		.total = total_bytes,
		.progress = progress,
	};
	int rc = press_open(way, total_bytes / WIM_CHUNK_BYTES + n_inputs, &writing.press, err);
	if (rc < 0)
		return rc;
	rc = sha1_new(&writing.sha1);
	if (rc == 0)
		rc = sha1_new(&writing.again);
	if (rc == 0)
		rc = sha256_new(&writing.sha256);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	for (size_t i = 0; rc == 0 && i < n_inputs; i++)
		rc = fill(&writing, i, err);
	if (rc == 0)
		rc = empty_press(&writing, err);
	if (rc < 0)
		return rc;
	/* Behind a last one that lies there as it is may be chunks of its. */
	return ftruncate(out, (off_t)writing.at) == 0
		       ? 0
		       : error_set(err, -errno, "%s", strerror(errno));
}
