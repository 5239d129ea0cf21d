/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/sdi.h"

#include "base/bytes.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define SIGNATURE       "$SDI0001"
#define ALIGNMENT_AT    0x70
#define CHECKSUM_AT     0x1f8
#define SUMMED_BYTES    512 /* their sum is 0 mod 256 */
#define TABLE_AT        0x400
#define RECORD_BYTES    64
#define ALIGNMENT_PAGES 2 /* of every boot.sdi of Windows */

static_assert((SDI_PAGE_BYTES - TABLE_AT) % RECORD_BYTES == 0, "the page holds whole entries");

static uint8_t sum(const uint8_t *bytes)
{
	uint8_t total = 0;
	for (size_t i = 0; i < SUMMED_BYTES; i++)
		total = (uint8_t)(total + bytes[i]);
	return total;
}

/* Where an entry lies, for the one who looks at the file with a hex editor. */
static int fault(const struct sdi *sdi, const char *what, struct error *err)
{
	const struct sdi_blob *blob = &sdi->blobs[sdi->n_blobs];
	return error_set(err, -EBADMSG,
		"SDI: entry %zu (at offset 0x%zx), %s with %llu bytes at %llu, %s",
		sdi->n_blobs + 1, (size_t)TABLE_AT + RECORD_BYTES * sdi->n_blobs, blob->type,
		(unsigned long long)blob->size, (unsigned long long)blob->offset, what);
}

/* The last entry against the file and those before it. An empty one is only a place. */
static int check_record(const struct sdi *sdi, uint64_t file_size, struct error *err)
{
	const struct sdi_blob *blob = &sdi->blobs[sdi->n_blobs];
	if (blob->offset > file_size || blob->size > file_size - blob->offset)
		return fault(sdi, "reaches past the end of the file", err);
	if (blob->size > 0 && blob->offset < SDI_PAGE_BYTES)
		return fault(sdi, "lies in the header", err);
	for (size_t i = 0; i < sdi->n_blobs; i++) {
		const struct sdi_blob *other = &sdi->blobs[i];
		if (strcmp(other->type, blob->type) == 0)
			return fault(sdi, "is the second of its kind", err);
		if (blob->size > 0 && other->size > 0 &&
			blob->offset < other->offset + other->size &&
			other->offset < blob->offset + blob->size)
			return fault(sdi, "overlaps one before it", err);
	}
	return 0;
}

static int read_record(struct reader *r, uint64_t file_size, struct sdi *sdi, struct error *err)
{
	const uint8_t *type = reader_bytes(r, 8);
	struct sdi_blob *blob = &sdi->blobs[sdi->n_blobs];
	blob->attributes = reader_le64(r);
	blob->offset = reader_le64(r);
	blob->size = reader_le64(r);
	blob->base = reader_le64(r);
	reader_skip(r, RECORD_BYTES - 40);
	assert(!r->failed && type != NULL); /* the page is there, and holds whole entries */
	text_copy_printable(blob->type, sizeof(blob->type), type, strnlen((const char *)type, 8));
	return check_record(sdi, file_size, err);
}

int sdi_read(
	const void *bytes, size_t n, uint64_t file_size, struct sdi *ret_sdi, struct error *err)
{
	struct sdi sdi = {.n_blobs = 0};
	struct reader r = reader_over(bytes, n);
	const uint8_t *signature = reader_bytes(&r, 8);
	if (signature == NULL || memcmp(signature, SIGNATURE, 8) != 0)
		return error_set(err, -EBADMSG, "no SDI: it does not begin with \"" SIGNATURE "\"");
	if (n < SDI_PAGE_BYTES || file_size < SDI_PAGE_BYTES)
		return error_set(
			err, -EBADMSG, "SDI: cut within its first %d bytes", SDI_PAGE_BYTES);
	if (sum(bytes) != 0)
		return error_set(
			err, -EBADMSG, "SDI: the header's checksum is wrong (offset 0x1f8)");
	reader_seek(&r, ALIGNMENT_AT);
	sdi.alignment_pages = reader_le64(&r);

	reader_seek(&r, TABLE_AT);
	while (r.at < SDI_PAGE_BYTES && ((const uint8_t *)bytes)[r.at] != 0) {
		if (sdi.n_blobs == SDI_BLOBS_MAX)
			return error_set(err, -EBADMSG, "SDI: more than %d entries", SDI_BLOBS_MAX);
		int rc = read_record(&r, file_size, &sdi, err);
		if (rc < 0)
			return rc;
		sdi.n_blobs++;
	}
	*ret_sdi = sdi;
	return 0;
}

const struct sdi_blob *sdi_find(const struct sdi *sdi, const char *type)
{
	for (size_t i = 0; i < sdi->n_blobs; i++) {
		if (sdi->blobs[i].size > 0 && strcmp(sdi->blobs[i].type, type) == 0)
			return &sdi->blobs[i];
	}
	return NULL;
}

void sdi_write_head(const struct sdi *sdi, uint8_t out[static SDI_HEAD_BYTES])
{
	assert(sdi->n_blobs <= SDI_BLOBS_MAX);
	struct writer w = writer_over(out, SDI_HEAD_BYTES);
	writer_text(&w, SIGNATURE);
	/* Kind of media, boot code, vendor, device and run-time ids: zero in every boot.sdi. */
	writer_zeros(&w, ALIGNMENT_AT - w.at);
	writer_le64(&w, sdi->alignment_pages);
	writer_zeros(&w, TABLE_AT - w.at);
	for (size_t i = 0; i < sdi->n_blobs; i++) {
		const struct sdi_blob *blob = &sdi->blobs[i];
		size_t length = strnlen(blob->type, 8);
		writer_bytes(&w, blob->type, length);
		writer_zeros(&w, 8 - length);
		writer_le64(&w, blob->attributes);
		writer_le64(&w, blob->offset);
		writer_le64(&w, blob->size);
		writer_le64(&w, blob->base);
		writer_zeros(&w, RECORD_BYTES - 40);
	}
	writer_zeros(&w, writer_left(&w));
	assert(!w.failed);
	out[CHECKSUM_AT] = (uint8_t)(0x100 - sum(out));
}

void sdi_plan_boot(uint64_t volume_bytes, struct sdi *ret_sdi)
{
	const uint64_t alignment = ALIGNMENT_PAGES * SDI_PAGE_BYTES;
	uint64_t end = SDI_HEAD_BYTES + volume_bytes;
	end = (end + alignment - 1) / alignment * alignment;
	*ret_sdi = (struct sdi){
		.alignment_pages = ALIGNMENT_PAGES,
		.n_blobs = 2,
		.blobs = {{"PART", 0, SDI_HEAD_BYTES, volume_bytes, SDI_BASE_NTFS},
			{"WIM", 0, end, 0, 0}},
	};
}
