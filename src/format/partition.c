/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/partition.h"

#include "base/bytes.h"
#include "format/boot_stub.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define TABLE_ENTRIES     128 /* UEFI 5.3.2 asks for room for these */
#define TABLE_ENTRY_BYTES 128
#define TABLE_SECTORS     (TABLE_ENTRIES * TABLE_ENTRY_BYTES / DISK_SECTOR_BYTES)
#define HEADER_BYTES      92
#define NAME_UNITS        36
#define HEADS             255
#define TRACK_SECTORS     63
#define MBR_TYPE_GPT      0xee

/*
 * EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, "basic data". Firmware boots a removable medium from any
 * FAT volume on it (UEFI 3.5.1.1), and Windows gives a letter to basic data only: with the type of
 * an EFI system partition neither the administrator nor Windows PE itself would see the files.
 */
static const struct guid basic_data = {{0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0,
	0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7}};

/* The sectors of a disk. */
struct disk {
	uint64_t first, n, all; /* of the partition; of the disk */
};

uint64_t disk_overhead(enum partition_scheme scheme)
{
	uint64_t sectors = PARTITION_FIRST_SECTOR;
	if (scheme == PARTITION_GPT)
		sectors += TABLE_SECTORS + 1;
	return sectors * DISK_SECTOR_BYTES;
}

/* ISO 3309, as of the table's checksums. */
static uint32_t crc32(const uint8_t *bytes, size_t n)
{
	uint32_t crc = ~0U;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

/* ---- MBR ---- */

/* Head, sector and cylinder as BIOSes count them on a large disk; the last there is for all beyond.
 */
static void write_chs(struct writer *w, uint64_t sector)
{
	const uint64_t cylinder = sector / (HEADS * TRACK_SECTORS);
	if (cylinder > 1023) {
		writer_u8(w, 0xfe);
		writer_u8(w, 0xff);
		writer_u8(w, 0xff);
		return;
	}
	writer_u8(w, (uint8_t)(sector / TRACK_SECTORS % HEADS));
	writer_u8(w, (uint8_t)((sector % TRACK_SECTORS + 1) | cylinder >> 8 << 6));
	writer_u8(w, (uint8_t)cylinder);
}

static void write_mbr_entry(
	struct writer *w, uint8_t flag, uint8_t type, uint64_t first, uint64_t n)
{
	writer_u8(w, flag);
	write_chs(w, first);
	writer_u8(w, type);
	write_chs(w, first + n - 1);
	writer_le32(w, first > UINT32_MAX ? UINT32_MAX : (uint32_t)first);
	writer_le32(w, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n);
}

static void write_mbr(const struct disk_request *request, const struct disk *disk, uint8_t *sector)
{
	struct writer w = writer_over(sector, DISK_SECTOR_BYTES);
	if (request->boot_code != NULL)
		memcpy(sector, request->boot_code, request->n_boot_code);
	else
		boot_stub_write(sector, 0);
	w.at = MBR_CODE_BYTES;
	writer_le32(&w, request->scheme == PARTITION_MBR ? request->signature : 0);
	writer_zeros(&w, 2);
	if (request->scheme == PARTITION_MBR)
		write_mbr_entry(&w, 0x80, request->mbr_type, disk->first, disk->n);
	else
		write_mbr_entry(&w, 0, MBR_TYPE_GPT, 1, disk->all - 1);
	sector[DISK_SECTOR_BYTES - 2] = 0x55;
	sector[DISK_SECTOR_BYTES - 1] = 0xaa;
}

/* ---- GPT ---- */

static void write_table(const struct disk_request *request, const struct disk *disk, uint8_t *table)
{
	struct writer w = writer_over(table, TABLE_ENTRY_BYTES);
	writer_bytes(&w, basic_data.bytes, sizeof(basic_data.bytes));
	writer_bytes(&w, request->partition.bytes, sizeof(request->partition.bytes));
	writer_le64(&w, disk->first);
	writer_le64(&w, disk->first + disk->n - 1);
	writer_le64(&w, 0);
	for (size_t i = 0; i < NAME_UNITS && request->name[i] != 0; i++)
		writer_le16(&w, (uint8_t)request->name[i]);
}

/* UEFI 5.3.2. at: the header's own sector, its copy's and the table's. */
static void write_header(const struct disk_request *request, const struct disk *disk,
	const uint64_t at[3], uint32_t table_crc, uint8_t *sector)
{
	struct writer w = writer_over(sector, HEADER_BYTES);
	writer_text(&w, "EFI PART");
	writer_le32(&w, 0x10000);
	writer_le32(&w, HEADER_BYTES);
	writer_zeros(&w, 8); /* the header's checksum, put in below; reserved */
	writer_le64(&w, at[0]);
	writer_le64(&w, at[1]);
	writer_le64(&w, 2 + TABLE_SECTORS);
	writer_le64(&w, disk->all - TABLE_SECTORS - 2);
	writer_bytes(&w, request->disk.bytes, sizeof(request->disk.bytes));
	writer_le64(&w, at[2]);
	writer_le32(&w, TABLE_ENTRIES);
	writer_le32(&w, TABLE_ENTRY_BYTES);
	writer_le32(&w, table_crc);
	w = writer_over(sector + 16, 4);
	writer_le32(&w, crc32(sector, HEADER_BYTES));
}

static int add_gpt_end(const struct disk_request *request, const struct disk *disk,
	const uint8_t *table, struct view *view)
{
	uint8_t sector[DISK_SECTOR_BYTES] = {0};
	const uint64_t last = disk->all - 1;
	const uint64_t at[3] = {last, 1, last - TABLE_SECTORS};
	write_header(request, disk, at, crc32(table, TABLE_ENTRIES * TABLE_ENTRY_BYTES), sector);
	int rc = view_add_copy(view, table, TABLE_ENTRIES * TABLE_ENTRY_BYTES);
	return rc < 0 ? rc : view_add_copy(view, sector, sizeof(sector));
}

static int add_gpt_start(const struct disk_request *request, const struct disk *disk,
	const uint8_t *table, struct view *view)
{
	uint8_t sector[DISK_SECTOR_BYTES] = {0};
	const uint64_t at[3] = {1, disk->all - 1, 2};
	write_header(request, disk, at, crc32(table, TABLE_ENTRIES * TABLE_ENTRY_BYTES), sector);
	int rc = view_add_copy(view, sector, sizeof(sector));
	return rc < 0 ? rc : view_add_copy(view, table, TABLE_ENTRIES * TABLE_ENTRY_BYTES);
}

/* ---- all ---- */

static int add_all(const struct disk_request *request, const struct disk *disk, struct view *view)
{
	uint8_t mbr[DISK_SECTOR_BYTES] = {0};
	uint8_t table[TABLE_ENTRIES * TABLE_ENTRY_BYTES] = {0};
	const bool is_gpt = request->scheme == PARTITION_GPT;

	write_mbr(request, disk, mbr);
	int rc = view_add_copy(view, mbr, sizeof(mbr));
	if (rc == 0 && is_gpt) {
		write_table(request, disk, table);
		rc = add_gpt_start(request, disk, table, view);
	}
	if (rc == 0 && !is_gpt && request->gap != NULL)
		rc = view_add_copy(view, request->gap, request->n_gap);
	if (rc == 0)
		rc = view_add_zeros(view, disk->first * DISK_SECTOR_BYTES - view_size(view));
	if (rc == 0)
		rc = view_add_view(view, request->volume, 0, view_size(request->volume));
	if (rc == 0 && is_gpt)
		rc = add_gpt_end(request, disk, table, view);
	return rc;
}

int disk_build(const struct disk_request *request, struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	const uint64_t bytes = view_size(request->volume);
	assert(bytes > 0 && bytes % DISK_SECTOR_BYTES == 0);
	assert(request->boot_code == NULL || request->n_boot_code <= MBR_CODE_BYTES);
	assert(request->gap == NULL ||
		request->n_gap <= (PARTITION_FIRST_SECTOR - 1) * DISK_SECTOR_BYTES);
	const struct disk disk = {
		.first = PARTITION_FIRST_SECTOR,
		.n = bytes / DISK_SECTOR_BYTES,
		.all = (bytes + disk_overhead(request->scheme)) / DISK_SECTOR_BYTES,
	};
	if (request->scheme == PARTITION_MBR && disk.all > UINT32_MAX)
		return error_set(err, -EFBIG,
			"an MBR reaches 2 TiB, and the disk has %llu bytes: take --gpt",
			(unsigned long long)disk.all * DISK_SECTOR_BYTES);
	int rc = view_new(&view);
	if (rc == 0)
		rc = add_all(request, &disk, view);
	if (rc < 0)
		return error_set(err, rc, "cannot lay out the disk: %s", strerror(-rc));
	*ret_view = TAKE(view);
	return 0;
}
