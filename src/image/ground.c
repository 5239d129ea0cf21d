/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/ground.h"

#include "adapter/file.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "image/own_paths.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* An outline: head | order of the table's files, 4 bytes each | the tree's drawing | winpeshl.ini |
 * the metadata, expanded. */
#define OUTLINE_MAGIC      "PWOUTLN2"
#define OUTLINE_HEAD_BYTES 80
/* The head ends with the checksum of all the rest. */
#define OUTLINE_SUM_AT     (OUTLINE_HEAD_BYTES - CHECKSUM_BYTES)
/* What revisions add to the metadata at the most before it is copied for it; costs nothing else. */
#define METADATA_ROOM      (4U << 20)

struct outline {
	struct wim_blob_order order;
	uint64_t data_end;
	uint64_t drawing_bytes, winpeshl_bytes, metadata_bytes;
	uint8_t frame_sum[CHECKSUM_BYTES]; /* frame_checksum() of the base */
};

/* head: with all up to the metadata. */
static int sum_parts(const uint8_t *head, size_t n_head, const uint8_t *metadata, size_t n_metadata,
	uint8_t ret_sum[static CHECKSUM_BYTES])
{
	CLEANUP(checksum_freep) struct checksum *sum = NULL;
	int rc = checksum_new(&sum);
	if (rc < 0)
		return rc;
	checksum_add(sum, head, OUTLINE_SUM_AT);
	checksum_add(sum, head + OUTLINE_HEAD_BYTES, n_head - OUTLINE_HEAD_BYTES);
	checksum_add(sum, metadata, n_metadata);
	checksum_get(sum, ret_sum);
	return 0;
}

/* ---- writing ---- */

static uint64_t data_end(const struct frame *base)
{
	uint64_t end = WIM_HEADER_BYTES;
	for (size_t i = 0; i < base->n_entries; i++) {
		struct wim_blob_entry entry;
		frame_entry(base, i, &entry);
		uint64_t to = entry.resource.offset + entry.resource.stored_bytes;
		if ((entry.resource.flags & WIM_RESOURCE_METADATA) == 0 && to > end)
			end = to;
	}
	return end;
}

static int write_head(const struct outline *outline, struct buffer *out)
{
	const struct wim_blob_order *order = &outline->order;
	size_t n = OUTLINE_HEAD_BYTES + order->n_files * sizeof(uint32_t);
	int rc = buffer_reserve(out, n);
	if (rc < 0)
		return rc;
	struct writer writer = writer_over(out->bytes + out->size, n);
	writer_bytes(&writer, OUTLINE_MAGIC, 8);
	writer_le32(&writer, order->n_files);
	writer_le32(&writer, order->metadata);
	writer_le64(&writer, outline->data_end);
	writer_le64(&writer, outline->drawing_bytes);
	writer_le64(&writer, outline->winpeshl_bytes);
	writer_le64(&writer, outline->metadata_bytes);
	writer_bytes(&writer, outline->frame_sum, CHECKSUM_BYTES);
	writer_zeros(&writer, CHECKSUM_BYTES);
	for (uint32_t i = 0; i < order->n_files; i++)
		writer_le32(&writer, order->files[i]);
	assert(!writer.failed && writer_left(&writer) == 0);
	out->size += n;
	return 0;
}

/* One that is not there or cannot be read is not kept: who needs it will be told why. */
static int draw(const struct ground *ground, struct buffer *drawing, struct buffer *winpeshl)
{
	struct error unheard;
	int rc = ground_read_winpeshl(ground, winpeshl, &unheard);
	if (rc < 0)
		winpeshl->size = 0;
	return rc == -ENOMEM ? rc : wim_tree_draw(ground->tree, drawing);
}

static int write_outline(const struct ground *ground, struct buffer *out, struct error *err)
{
	CLEANUP(buffer_free) struct buffer drawing = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	CLEANUP(buffer_free) struct buffer winpeshl = buffer_with_max(LIMIT_WINPESHL_BYTES);
	struct outline outline = {
		.order = wim_blob_index_order(ground->frame.index),
		.data_end = ground->data_end,
	};
	size_t n_metadata;
	const uint8_t *metadata = wim_tree_bytes(ground->tree, &n_metadata);
	int rc = frame_checksum(&ground->frame, outline.frame_sum, err);
	if (rc < 0)
		return rc;
	rc = draw(ground, &drawing, &winpeshl);
	outline.drawing_bytes = drawing.size;
	outline.winpeshl_bytes = winpeshl.size;
	outline.metadata_bytes = n_metadata;
	size_t begin = out->size;
	if (rc == 0)
		rc = write_head(&outline, out);
	if (rc == 0)
		rc = buffer_add(out, drawing.bytes, drawing.size);
	if (rc == 0)
		rc = buffer_add(out, winpeshl.bytes, winpeshl.size);
	size_t end_of_head = out->size;
	if (rc == 0)
		rc = buffer_add(out, metadata, n_metadata);
	if (rc == 0)
		rc = sum_parts(out->bytes + begin, end_of_head - begin, metadata, n_metadata,
			out->bytes + begin + OUTLINE_SUM_AT);
	return rc < 0 ? error_set(err, rc, "the base's outline: %s", strerror(-rc)) : 0;
}

/* ---- reading the base ---- */

int ground_read_winpeshl(const struct ground *ground, struct buffer *out, struct error *err)
{
	struct wim_node node;
	struct wim_blob_entry entry;
	static const uint8_t none[WIM_SHA1_BYTES];
	if (ground->winpeshl.size > 0) {
		int rc = buffer_add(out, ground->winpeshl.bytes, ground->winpeshl.size);
		return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
	}
	int rc = wim_tree_find(ground->tree, WINPESHL, &node, err);
	if (rc < 0 || memcmp(node.sha1, none, sizeof(none)) == 0)
		return rc;
	if (!frame_find(&ground->frame, node.sha1, NULL, &entry))
		return error_set(err, -EINVAL, "its data is not in the base");
	return frame_expand(&ground->frame, &entry.resource, node.sha1, out, err);
}

static int check_use(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	struct wim_blob_entry entry;
	return frame_find(context, sha1, NULL, &entry) ? 0 : -ENODATA;
}

static int read_base(struct ground *ground, struct error *err)
{
	struct frame *frame = &ground->frame;
	CLEANUP(buffer_free) struct buffer metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	int rc = frame_open(ground->view, frame, err);
	if (rc == 0)
		rc = frame_expand(frame, &frame->entry.resource, frame->entry.sha1, &metadata, err);
	if (rc == 0)
		rc = wim_tree_open(&metadata, &ground->tree, err);
	if (rc < 0)
		return rc;
	ground->data_end = data_end(frame);
	return 0;
}

static int read_whole(struct ground *ground, struct error *err)
{
	int rc = read_base(ground, err);
	if (rc < 0)
		return rc;
	rc = wim_tree_blobs(ground->tree, check_use, &ground->frame);
	return rc < 0 ? error_set(err, rc, "a file has no content: %s", strerror(-rc)) : 0;
}

int ground_read(struct view *view, struct error *err)
{
	CLEANUP(ground_clear) struct ground ground = {.view = view_ref(view)};
	return read_whole(&ground, err);
}

int ground_outline(struct view *view, struct buffer *out, struct error *err)
{
	CLEANUP(ground_clear) struct ground ground = {.view = view_ref(view)};
	int rc = read_whole(&ground, err);
	return rc < 0 ? rc : write_outline(&ground, out, err);
}

/* ---- reading the outline ---- */

/* False for what is none, or not of that size. */
static bool parse_head(const uint8_t *head, uint64_t size, struct outline *ret_outline)
{
	struct reader reader = reader_over(head, OUTLINE_HEAD_BYTES);
	const uint8_t *magic = reader_bytes(&reader, 8);
	struct outline outline = {.order = {.n_files = reader_le32(&reader)}};
	outline.order.metadata = reader_le32(&reader);
	outline.data_end = reader_le64(&reader);
	outline.drawing_bytes = reader_le64(&reader);
	outline.winpeshl_bytes = reader_le64(&reader);
	outline.metadata_bytes = reader_le64(&reader);
	reader_copy(&reader, outline.frame_sum, CHECKSUM_BYTES);
	*ret_outline = outline;
	return memcmp(magic, OUTLINE_MAGIC, 8) == 0 &&
	       outline.drawing_bytes <= LIMIT_WIM_METADATA_BYTES &&
	       outline.winpeshl_bytes <= LIMIT_WINPESHL_BYTES &&
	       outline.metadata_bytes <= LIMIT_WIM_METADATA_BYTES &&
	       OUTLINE_HEAD_BYTES + outline.order.n_files * UINT64_C(4) + outline.drawing_bytes +
			       outline.winpeshl_bytes + outline.metadata_bytes ==
		       size;
}

/* What is read of an outline. */
struct reading {
	struct outline outline;
	struct buffer head; /* with all up to the metadata */
	struct buffer metadata;
	uint32_t *files;
};

static void reading_clear(struct reading *reading)
{
	buffer_free(&reading->head);
	buffer_free(&reading->metadata);
	free(reading->files);
}

static int read_part(struct view *view, uint64_t at, size_t n, struct buffer *out)
{
	int rc = buffer_reserve(out, n);
	if (rc == 0)
		rc = view_read(view, at, out->bytes + out->size, n);
	if (rc == 0)
		out->size += n;
	return rc;
}

static int read_parts(struct view *view, struct reading *reading)
{
	struct outline *outline = &reading->outline;
	struct buffer *head = &reading->head;
	uint64_t size = view_size(view);
	int rc = size < OUTLINE_HEAD_BYTES ? -EINVAL : read_part(view, 0, OUTLINE_HEAD_BYTES, head);
	if (rc == 0 && !parse_head(head->bytes, size, outline))
		rc = -EINVAL;
	size_t n_order = outline->order.n_files * sizeof(uint32_t);
	size_t n_small = n_order + outline->drawing_bytes + outline->winpeshl_bytes;
	if (rc == 0)
		rc = read_part(view, OUTLINE_HEAD_BYTES, n_small, head);
	if (rc == 0)
		rc = view_map(view, OUTLINE_HEAD_BYTES + n_small, outline->metadata_bytes,
			METADATA_ROOM, &reading->metadata);
	if (rc < 0)
		return rc;
	reading->files = calloc(outline->order.n_files + 1, sizeof(uint32_t));
	if (reading->files == NULL)
		return -ENOMEM;
	struct reader reader = reader_over(head->bytes + OUTLINE_HEAD_BYTES, n_order);
	for (uint32_t i = 0; i < outline->order.n_files; i++)
		reading->files[i] = reader_le32(&reader);
	outline->order.files = reading->files;
	return 0;
}

/* Are these the bytes that were written? */
static int is_whole(const struct reading *reading)
{
	uint8_t sum[CHECKSUM_BYTES];
	int rc = sum_parts(reading->head.bytes, reading->head.size, reading->metadata.bytes,
		reading->metadata.size, sum);
	return rc < 0 ? rc : memcmp(sum, reading->head.bytes + OUTLINE_SUM_AT, sizeof(sum)) == 0;
}

static int take_frame(struct ground *ground, const struct outline *outline, struct error *err)
{
	uint8_t sum[CHECKSUM_BYTES];
	int rc = frame_open_known(ground->view, &outline->order, &ground->frame, err);
	if (rc == 0)
		rc = frame_checksum(&ground->frame, sum, err);
	if (rc == 0 && memcmp(sum, outline->frame_sum, sizeof(sum)) != 0)
		rc = error_set(err, -EINVAL, "the base is not the one of its outline");
	return rc;
}

static int take_outline(struct ground *ground, struct reading *reading, struct error *err)
{
	const struct outline *outline = &reading->outline;
	const uint8_t *drawing = reading->head.bytes + OUTLINE_HEAD_BYTES +
				 outline->order.n_files * sizeof(uint32_t);
	const uint8_t *winpeshl = drawing + outline->drawing_bytes;
	int rc = take_frame(ground, outline, err);
	if (rc == 0)
		rc = wim_tree_resume(
			&reading->metadata, drawing, outline->drawing_bytes, &ground->tree, err);
	if (rc == 0 && buffer_add(&ground->winpeshl, winpeshl, outline->winpeshl_bytes) < 0)
		rc = error_set(err, -ENOMEM, "out of memory");
	ground->data_end = outline->data_end;
	return rc;
}

static int read_outline(struct ground *ground, struct error *err)
{
	CLEANUP(reading_clear)
	struct reading reading = {
		.head = buffer_with_max(OUTLINE_HEAD_BYTES + LIMIT_WIM_BLOB_TABLE_BYTES +
					LIMIT_WIM_METADATA_BYTES + LIMIT_WINPESHL_BYTES),
		.metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES),
	};
	int rc = read_parts(ground->outline, &reading);
	if (rc == 0)
		rc = is_whole(&reading);
	return rc > 0 ? take_outline(ground, &reading, err)
		      : error_set(err, rc < 0 ? rc : -EINVAL, "the base's outline is damaged");
}

/* ---- both ---- */

static void forget(struct ground *ground)
{
	frame_clear(&ground->frame);
	ground->tree = wim_tree_close(ground->tree);
	buffer_free(&ground->winpeshl);
}

static void *read_ground(void *context)
{
	struct ground *ground = context;
	ground->rc = -ENOENT;
	if (ground->outline != NULL)
		ground->rc = read_outline(ground, &ground->why);
	ground->is_drawn = ground->rc == 0;
	if (ground->rc < 0) {
		forget(ground);
		ground->rc = read_base(ground, &ground->why);
	}
	return NULL;
}

int ground_open_blob(
	struct store *store, const struct blob *blob, struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	uint64_t size = 0;
	int fd;
	int rc = store_blob_open(store, blob->sha256, &fd, err);
	if (rc < 0)
		return rc;
	rc = file_size(fd, &size);
	if (rc == 0 && size != blob->size) {
		(void)close(fd);
		return error_set(err, -EIO,
			"%s/blobs/%.2s/%s has %" PRIu64 " bytes and had %" PRIu64
			": somebody changed it",
			store_directory(store), blob->sha256, blob->sha256, size, blob->size);
	}
	rc = rc == 0 ? view_new(&view) : rc;
	if (rc < 0)
		(void)close(fd);
	else
		rc = view_add_file(view, fd, 0, size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	*ret_view = TAKE(view);
	return 0;
}

int ground_begin(struct store *store, const struct image_record *image, struct ground *ground,
	struct error *err)
{
	struct error unheard;
	*ground = (struct ground){.winpeshl = buffer_with_max(LIMIT_WINPESHL_BYTES)};
	int rc = ground_open_blob(store, &image->base, &ground->view, err);
	if (rc < 0)
		return rc;
	if (image->outline.size > 0 &&
		ground_open_blob(store, &image->outline, &ground->outline, &unheard) < 0)
		ground->outline = NULL;
	ground->is_reading = pthread_create(&ground->thread, NULL, read_ground, ground) == 0;
	if (!ground->is_reading)
		(void)read_ground(ground);
	return 0;
}

static void wait_for(struct ground *ground)
{
	if (ground->is_reading)
		(void)pthread_join(ground->thread, NULL);
	ground->is_reading = false;
}

int ground_finish(struct ground *ground, struct error *err)
{
	wait_for(ground);
	if (ground->rc < 0 && err != NULL)
		*err = ground->why;
	return ground->rc;
}

void ground_clear(struct ground *ground)
{
	wait_for(ground);
	forget(ground);
	ground->outline = view_unref(ground->outline);
	ground->view = view_unref(ground->view);
}
