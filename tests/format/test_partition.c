/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables; sfdisk and sgdisk judge them in tests/system/media. */
#include "../unit.h"

#include "format/el_torito.h"
#include "format/partition.h"

#include <errno.h>
#include <string.h>

static struct error err;

static uint64_t le(const uint8_t *p, size_t n)
{
	uint64_t value = 0;
	for (size_t i = n; i > 0; i--)
		value = value << 8 | p[i - 1];
	return value;
}

/* Of zlib's kind, bit by bit from the other end than partition.c's. */
static uint32_t crc32(const uint8_t *bytes, size_t n)
{
	uint32_t crc = 0xffffffffU;
	for (size_t bit = 0; bit < 8 * n; bit++) {
		const uint32_t in = bytes[bit / 8] >> bit % 8 & 1;
		const uint32_t out = (crc ^ in) & 1;
		crc >>= 1;
		if (out)
			crc ^= 0xedb88320U;
	}
	return crc ^ 0xffffffffU;
}

static struct view *zeros(uint64_t n)
{
	struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_zeros(view, n), 0);
	return view;
}

static struct view *build(const struct disk_request *request)
{
	struct view *view = NULL;
	const int rc = disk_build(request, &view, &err);
	if (rc != 0)
		fail_msg("disk_build: %d: %s", rc, err.text);
	assert_int_equal(
		view_size(view), view_size(request->volume) + disk_overhead(request->scheme));
	return view;
}

static void an_mbr_has_one_active_partition(void **state)
{
	(void)state;
	uint8_t sector[512];
	CLEANUP(view_unrefp) struct view *volume = zeros(20ULL << 30);
	const struct disk_request request = {.scheme = PARTITION_MBR,
		.volume = volume,
		.mbr_type = MBR_TYPE_FAT32_LBA,
		.signature = 0x11223344};
	CLEANUP(view_unrefp) struct view *disk = build(&request);
	assert_int_equal(view_read(disk, 0, sector, 512), 0);
	assert_int_equal(le(sector + 440, 4), 0x11223344);
	/* Sector 2048: cylinder 0, head 32, sector 33. The end is past what such numbers reach. */
	static const uint8_t entry[8] = {0x80, 32, 33, 0, 0x0c, 0xfe, 0xff, 0xff};
	assert_memory_equal(sector + 446, entry, 8);
	assert_int_equal(le(sector + 454, 4), 2048);
	assert_int_equal(le(sector + 458, 4), 20ULL << 21);
	for (size_t i = 462; i < 510; i++)
		assert_int_equal(sector[i], 0);
	assert_int_equal(le(sector + 510, 2), 0xaa55);
	assert_non_null(memmem(sector, 440, "UEFI only", 9));
}

static void the_gap_and_the_program_are_the_callers(void **state)
{
	(void)state;
	static uint8_t program[MBR_CODE_BYTES], gap[2047 * 512], back[512];
	memset(program, 0xab, sizeof(program));
	memset(gap, 0xcd, sizeof(gap));
	CLEANUP(view_unrefp) struct view *volume = zeros(1U << 20);
	const struct disk_request request = {.volume = volume,
		.boot_code = program,
		.n_boot_code = sizeof(program),
		.gap = gap,
		.n_gap = sizeof(gap)};
	CLEANUP(view_unrefp) struct view *disk = build(&request);
	assert_int_equal(view_read(disk, 0, back, 512), 0);
	assert_memory_equal(back, program, sizeof(program));
	assert_int_equal(view_read(disk, 2047 * 512, back, 512), 0);
	assert_memory_equal(back, gap, 512);
	assert_int_equal(view_read(disk, 2048 * 512, back, 512), 0);
	assert_int_equal(back[0], 0);
}

static void check_header(struct view *disk, uint64_t at, uint64_t other, uint64_t table)
{
	uint8_t header[512], entries[128 * 128];
	const uint64_t all = view_size(disk) / 512;
	assert_int_equal(view_read(disk, at * 512, header, 512), 0);
	assert_memory_equal(header, "EFI PART\0\0\1\0\x5c\0\0\0", 16);
	const uint32_t crc = (uint32_t)le(header + 16, 4);
	memset(header + 16, 0, 4);
	assert_int_equal(crc32(header, 92), crc);
	assert_int_equal(le(header + 24, 8), at);
	assert_int_equal(le(header + 32, 8), other);
	assert_int_equal(le(header + 40, 8), 34);
	assert_int_equal(le(header + 48, 8), all - 34);
	assert_int_equal(le(header + 72, 8), table);
	assert_int_equal(view_read(disk, table * 512, entries, sizeof(entries)), 0);
	assert_int_equal(crc32(entries, sizeof(entries)), le(header + 88, 4));
	/* EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 */
	assert_memory_equal(
		entries, "\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7", 16);
	assert_int_equal(le(entries + 32, 8), 2048);
	assert_int_equal(le(entries + 40, 8), all - 34);
	assert_memory_equal(entries + 56, "n\0a\0m\0e\0\0\0", 10);
}

static void a_gpt_has_its_copy_at_the_end(void **state)
{
	(void)state;
	uint8_t sector[512];
	CLEANUP(view_unrefp) struct view *volume = zeros(64U << 20);
	const struct disk_request request = {.scheme = PARTITION_GPT,
		.volume = volume,
		.disk = {{1, 2, 3}},
		.partition = {{4, 5, 6}},
		.name = "name"};
	CLEANUP(view_unrefp) struct view *disk = build(&request);
	const uint64_t last = view_size(disk) / 512 - 1;
	assert_int_equal(view_read(disk, 0, sector, 512), 0);
	assert_int_equal(sector[450], 0xee);
	assert_int_equal(le(sector + 454, 4), 1);
	assert_int_equal(le(sector + 458, 4), last);
	check_header(disk, 1, last, 2);
	check_header(disk, last, 1, last - 32);
}

static void an_mbr_ends_at_two_tebibytes(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *volume = zeros(2ULL << 40);
	struct view *disk = NULL;
	const struct disk_request request = {.scheme = PARTITION_MBR, .volume = volume};
	assert_int_equal(disk_build(&request, &disk, &err), -EFBIG);
	assert_non_null(strstr(err.text, "--gpt"));
}

static void a_boot_catalogue_names_both_firmwares(void **state)
{
	(void)state;
	static uint8_t start[EL_TORITO_END_BLOCK * CD_BLOCK_BYTES];
	const struct el_torito el_torito = {.label = "LABEL",
		.n_blocks = 1000,
		.bios_block = 23,
		.bios_sectors = 4,
		.uefi_block = 512,
		.uefi_sectors = 0x8000};
	el_torito_write(&el_torito, start);
	assert_memory_equal(start + 16 * 2048, "\1CD001\1", 7);
	assert_int_equal(le(start + 16 * 2048 + 80, 4), 1000);
	const uint8_t *catalogue = start + le(start + 17 * 2048 + 0x47, 4) * 2048;
	uint16_t sum = 0;
	for (size_t i = 0; i < 32; i += 2)
		sum = (uint16_t)(sum + le(catalogue + i, 2));
	assert_int_equal(sum, 0);
	assert_int_equal(catalogue[32], 0x88);
	assert_int_equal(le(catalogue + 38, 2), 4);
	assert_int_equal(le(catalogue + 40, 4), 23);
	assert_int_equal(le(catalogue + 64, 4), 0x1ef91);
	assert_int_equal(le(catalogue + 96 + 6, 2), 0x8000);
	assert_int_equal(le(catalogue + 96 + 8, 4), 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mbr_has_one_active_partition),
		cmocka_unit_test(the_gap_and_the_program_are_the_callers),
		cmocka_unit_test(a_gpt_has_its_copy_at_the_end),
		cmocka_unit_test(an_mbr_ends_at_two_tebibytes),
		cmocka_unit_test(a_boot_catalogue_names_both_firmwares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
