/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wimlib opens files only, and a revision is none. So it gets a shadow: a sparse file of the
 * revision's size that holds header, metadata, blob table and XML in their places, some hundred
 * kB whatever the base. By that it reads the structure. The data it would read from holes; that we
 * expand ourselves (with wimlib's own decompressors) from where it lies, so that a proof copies no
 * base.
 */
#include "image/verify_room.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "adapter/scratch.h"
#include "adapter/wimlib.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define THREADS_MAX 16
#define STEP_BYTES  (1U << 20)

/* Memory and descriptors are our own trouble; everything else is the WIM's. */
static int judge(struct verifying *verifying, int rc, const struct error *why, struct error *err)
{
	if (rc == -ENOMEM || rc == -EMFILE || rc == -ENOSPC)
		return error_set(err, rc, "%s", why->text);
	if (rc < 0)
		verify_fault(verifying->result, "%s@%u: %s", verifying->revision->image,
			verifying->revision->revision, why->text);
	return 0;
}

/* ---- structure ---- */

static int open_tree(struct verifying *verifying, struct error *err)
{
	struct buffer metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	const struct frame *frame = &verifying->frame;
	int rc = frame_expand(frame, &frame->entry.resource, frame->entry.sha1, &metadata, err);
	if (rc == 0)
		rc = wim_tree_open(&metadata, &verifying->tree, err);
	buffer_free(&metadata);
	return rc < 0 ? error_prefix(err, rc, "its metadata") : 0;
}

static bool is_same(const struct wim_resource *a, const struct wim_resource *b)
{
	return a->offset == b->offset && a->stored_bytes == b->stored_bytes &&
	       a->original_bytes == b->original_bytes;
}

static void check_header(struct verifying *verifying)
{
	const struct wim_header *header = &verifying->frame.header;
	if (!is_same(&header->boot_metadata, &verifying->frame.entry.resource))
		verify_fault(verifying->result,
			"the header names metadata at byte %" PRIu64
			" to boot, the table at byte %" PRIu64,
			header->boot_metadata.offset, verifying->frame.entry.resource.offset);
	if (header->boot_index != verifying->image->boot_index)
		verify_fault(verifying->result, "the header boots image %u of the WIM, not %u",
			header->boot_index, verifying->image->boot_index);
}

struct counting {
	struct verifying *verifying;
	uint32_t *n_uses; /* of each entry of the table */
};

static int count_use(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	struct counting *counting = context;
	struct wim_blob_entry entry;
	size_t index;
	if (frame_find(&counting->verifying->frame, sha1, &index, &entry))
		counting->n_uses[index]++;
	else
		verify_fault(counting->verifying->result,
			"a file's content (SHA-1 %02x%02x%02x%02x...) is not in the WIM", sha1[0],
			sha1[1], sha1[2], sha1[3]);
	return 0;
}

static int check_uses(struct verifying *verifying, struct error *err)
{
	const struct frame *frame = &verifying->frame;
	CLEANUP(memory_freep) uint32_t *n_uses = calloc(frame->n_entries + 1, sizeof(*n_uses));
	struct counting counting = {verifying, n_uses};
	if (n_uses == NULL || wim_tree_blobs(verifying->tree, count_use, &counting) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < frame->n_entries; i++) {
		struct wim_blob_entry entry;
		frame_entry(frame, i, &entry);
		if ((entry.resource.flags & WIM_RESOURCE_METADATA) == 0 &&
			entry.n_uses != n_uses[i])
			verify_fault(verifying->result,
				"blob table entry %zu says %u names, and there are %u", i + 1,
				entry.n_uses, n_uses[i]);
	}
	return 0;
}

/* ---- as wimlib sees it ---- */

static int copy_resource(
	const struct verifying *verifying, const struct wim_resource *resource, int fd)
{
	CLEANUP(memory_freep) uint8_t *step = malloc(STEP_BYTES);
	int rc = step == NULL ? -ENOMEM : 0;
	for (uint64_t done = 0; rc == 0 && done < resource->stored_bytes;) {
		uint64_t left = resource->stored_bytes - done;
		size_t n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
		rc = view_read(verifying->view, resource->offset + done, step, n);
		if (rc == 0)
			rc = file_write_at(fd, resource->offset + done, step, n);
		done += n;
	}
	return rc;
}

/* The integrity table is left out: it is over the data. */
static int make_shadow(const struct verifying *verifying, int fd)
{
	struct wim_header header = verifying->frame.header;
	uint8_t head[WIM_HEADER_BYTES];
	header.integrity = (struct wim_resource){.offset = 0};
	wim_header_write(&header, verifying->frame.head, head);
	int rc = ftruncate(fd, (off_t)view_size(verifying->view)) < 0 ? -errno : 0;
	if (rc == 0)
		rc = file_write_at(fd, 0, head, sizeof(head));
	if (rc == 0)
		rc = copy_resource(verifying, &verifying->frame.entry.resource, fd);
	if (rc == 0)
		rc = copy_resource(verifying, &header.blob_table, fd);
	return rc < 0 ? rc : copy_resource(verifying, &header.xml, fd);
}

static int ask_wimlib(struct verifying *verifying, struct error *err)
{
	CLEANUP(scratch_closep) struct scratch *scratch = NULL;
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	char path[4096];
	int fd;
	int rc = scratch_open(store_directory(verifying->store), &scratch, err);
	if (rc < 0)
		return rc;
	(void)snprintf(path, sizeof(path), "%s/shadow.wim", scratch_folder(scratch));
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	rc = make_shadow(verifying, fd);
	(void)close(fd);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", path, strerror(-rc));
	struct error why = ERROR_NULL;
	rc = wim_file_open(path, &wim, &why);
	if (rc == 0)
		rc = wim_file_check_complete(wim, verifying->frame.header.boot_index, &why);
	if (rc < 0)
		(void)error_prefix(&why, rc, "wimlib says that it");
	return judge(verifying, rc, &why, err);
}

/* ---- data ---- */

struct data_check {
	struct verifying *verifying;
	pthread_mutex_t lock; /* over all below, and the result */
	size_t next;
	uint64_t done, total;
	int rc; /* our own trouble */
	struct error err;
};

static void note_data(struct data_check *check, const struct wim_blob_entry *entry, int rc,
	const struct error *why)
{
	struct verifying *verifying = check->verifying;
	(void)pthread_mutex_lock(&check->lock);
	if (rc < 0)
		rc = judge(verifying, rc, why, &check->err);
	if (rc < 0)
		check->rc = rc;
	verifying->result->n_resources++;
	check->done += entry->resource.original_bytes;
	progress_tell(verifying->progress, "checking", check->done, check->total);
	(void)pthread_mutex_unlock(&check->lock);
}

static bool take_entry(struct data_check *check, struct wim_blob_entry *entry)
{
	const struct frame *frame = &check->verifying->frame;
	(void)pthread_mutex_lock(&check->lock);
	bool is_one = check->rc == 0 && check->next < frame->n_entries;
	if (is_one)
		frame_entry(frame, check->next++, entry);
	(void)pthread_mutex_unlock(&check->lock);
	return is_one;
}

static void *check_data(void *context)
{
	struct data_check *check = context;
	CLEANUP(wim_codec_closep) struct wim_codec *codec = NULL;
	struct wim_blob_entry entry;
	struct error why = ERROR_NULL;
	int rc = frame_codec(&check->verifying->frame, &codec, &why);
	while (rc == 0 && take_entry(check, &entry)) {
		int result = frame_check(
			&check->verifying->frame, &entry.resource, entry.sha1, codec, &why);
		note_data(check, &entry, result, &why);
	}
	if (rc < 0) {
		(void)pthread_mutex_lock(&check->lock);
		check->rc = rc;
		check->err = why;
		(void)pthread_mutex_unlock(&check->lock);
	}
	return NULL;
}

static int check_all_data(struct verifying *verifying, struct error *err)
{
	struct data_check check = {
		.verifying = verifying, .lock = PTHREAD_MUTEX_INITIALIZER, .err = ERROR_NULL};
	pthread_t threads[THREADS_MAX];
	long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
	long n_started = 0;
	for (size_t i = 0; i < verifying->frame.n_entries; i++) {
		struct wim_blob_entry entry;
		frame_entry(&verifying->frame, i, &entry);
		check.total += entry.resource.original_bytes;
	}
	while (n_started + 1 < n_processors && n_started < THREADS_MAX &&
		pthread_create(&threads[n_started], NULL, check_data, &check) == 0)
		n_started++;
	(void)check_data(&check);
	while (n_started > 0)
		(void)pthread_join(threads[--n_started], NULL);
	if (check.rc < 0)
		*err = check.err;
	return check.rc;
}

/* ---- the integrity table ---- */

static int read_integrity(const struct verifying *verifying, struct buffer *bytes,
	uint32_t *ret_chunk_bytes, const uint8_t **ret_hashes, size_t *ret_n, struct error *err)
{
	const struct wim_header *header = &verifying->frame.header;
	uint64_t covered =
		header->blob_table.offset + header->blob_table.stored_bytes - WIM_HEADER_BYTES;
	size_t n = (size_t)header->integrity.stored_bytes;
	int rc = buffer_reserve(bytes, n);
	if (rc == 0)
		rc = view_read(verifying->view, header->integrity.offset, bytes->bytes, n);
	if (rc < 0)
		return error_set(err, rc, "its integrity table: %s", strerror(-rc));
	return wim_integrity_read(
		bytes->bytes, n, covered, ret_chunk_bytes, ret_hashes, ret_n, err);
}

static int check_integrity(struct verifying *verifying, struct error *err)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_WIM_BLOB_TABLE_BYTES);
	CLEANUP(memory_freep) uint8_t *step = malloc(STEP_BYTES);
	CLEANUP(sha1_freep) struct sha1 *hash = NULL;
	const struct wim_header *header = &verifying->frame.header;
	const uint8_t *hashes;
	uint32_t chunk_bytes;
	size_t n;
	if (header->integrity.stored_bytes == 0)
		return 0;
	if (step == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = read_integrity(verifying, &bytes, &chunk_bytes, &hashes, &n, err);
	if (rc == 0 && sha1_new(&hash) < 0)
		rc = error_set(err, -ENOMEM, "out of memory");
	uint64_t at = WIM_HEADER_BYTES;
	uint64_t end = header->blob_table.offset + header->blob_table.stored_bytes;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint8_t digest[SHA1_BYTES];
		uint64_t chunk_end = end - at < chunk_bytes ? end : at + chunk_bytes;
		while (rc == 0 && at < chunk_end) {
			size_t part =
				chunk_end - at < STEP_BYTES ? (size_t)(chunk_end - at) : STEP_BYTES;
			rc = view_read(verifying->view, at, step, part);
			if (rc == 0)
				rc = sha1_add(hash, step, part);
			at += part;
		}
		if (rc < 0)
			return error_set(err, rc, "its integrity table: %s", strerror(-rc));
		sha1_finish(hash, digest);
		if (memcmp(digest, hashes + i * SHA1_BYTES, sizeof(digest)) != 0)
			return error_set(err, -EINVAL,
				"its integrity table does not match the bytes before byte %" PRIu64,
				at);
	}
	return rc;
}

int verify_wim(struct verifying *verifying, struct error *err)
{
	struct error why = ERROR_NULL;
	int rc = frame_open(verifying->view, &verifying->frame, &why);
	if (rc == 0)
		rc = open_tree(verifying, &why);
	if (rc < 0)
		return judge(verifying, rc, &why, err);
	check_header(verifying);
	rc = check_uses(verifying, err);
	if (rc == 0)
		rc = ask_wimlib(verifying, err);
	if (rc == 0)
		rc = check_all_data(verifying, err);
	if (rc < 0)
		return rc;
	rc = check_integrity(verifying, &why);
	return judge(verifying, rc, &why, err);
}
