/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "format/fat_read.h"
#include "image/iso.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK 2048U

static struct error err;

static struct view *text_view(const char *text)
{
	struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_copy(view, text, strlen(text)), 0);
	return view;
}

static void add(struct medium *medium, const char *path, struct view *view)
{
	struct medium_file *file = &medium->files[medium->n_files++];
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	file->view = view;
}

static void make(struct medium *medium)
{
	*medium = (struct medium){.files = calloc(16, sizeof(*medium->files)),
		.label = "PE_R1",
		.missing = "nothing is there"};
	assert_non_null(medium->files);
	add(medium, "EFI/BOOT/BOOTX64.EFI", text_view("the boot manager"));
	add(medium, "EFI/Microsoft/Boot/BCD", text_view("a BCD"));
	add(medium, "boot/etfsboot.com", text_view("a boot sector"));
	add(medium, MEDIUM_IDENTITY_PATH, text_view("{}"));
	medium->boots_uefi = medium->boots_bios = true;
}

static uint32_t le32_at(const struct view *view, uint64_t at)
{
	uint8_t bytes[4];
	assert_int_equal(view_read(view, at, bytes, sizeof(bytes)), 0);
	struct reader r = reader_over(bytes, sizeof(bytes));
	return reader_le32(&r);
}

/* Firmware takes what looks like a partition table for one, and the boot manager then does not
 * find the CD: docs/images.md. */
static void the_uefi_volume_holds_what_firmware_starts(void **state)
{
	(void)state;
	CLEANUP(medium_clear) struct medium medium;
	CLEANUP(view_unrefp) struct view *iso = NULL;
	CLEANUP(view_unrefp) struct view *file = NULL;
	struct fat_volume volume;
	uint8_t sector[512], table[64] = {0};
	make(&medium);
	const struct iso_request request = {.medium = &medium, .now_ms = 1700000000000};
	assert_int_equal(iso_build(&request, &iso, &err), 0);
	const uint64_t catalogue = (uint64_t)le32_at(iso, 17 * BLOCK + 71) * BLOCK;
	const uint64_t at = (uint64_t)le32_at(iso, catalogue + 96 + 8) * BLOCK;
	assert_int_equal(view_read(iso, at, sector, sizeof(sector)), 0);
	assert_memory_equal(sector + 446, table, sizeof(table));
	const uint64_t length = (le32_at(iso, catalogue + 96 + 4) >> 16) * 512ULL;
	assert_int_equal(fat_open(iso, at, length, &volume, &err), 0);
	assert_int_equal(fat_find(&volume, "EFI/BOOT/BOOTX64.EFI", &file, &err), 0);
	assert_int_equal(view_size(file), strlen("the boot manager"));
	struct view *other = NULL;
	assert_int_equal(fat_find(&volume, "EFI/Microsoft/Boot/BCD", &other, &err), -ENOENT);
}

static void a_medium_that_nothing_starts_is_refused(void **state)
{
	(void)state;
	CLEANUP(medium_clear) struct medium medium;
	struct view *iso = NULL;
	make(&medium);
	medium.boots_uefi = medium.boots_bios = false;
	const struct iso_request request = {.medium = &medium, .now_ms = 1700000000000};
	assert_int_equal(iso_build(&request, &iso, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "nothing is there"));
}

static void each_firmware_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		CLEANUP(medium_clear) struct medium medium;
		CLEANUP(view_unrefp) struct view *iso = NULL;
		uint8_t entries[64];
		make(&medium);
		medium.boots_uefi = i == 0;
		medium.boots_bios = i == 1;
		const struct iso_request request = {.medium = &medium, .now_ms = 1700000000000};
		assert_int_equal(iso_build(&request, &iso, &err), 0);
		const uint64_t catalogue = (uint64_t)le32_at(iso, 17 * BLOCK + 71) * BLOCK;
		assert_int_equal(view_read(iso, catalogue, entries, sizeof(entries)), 0);
		assert_int_equal(entries[1], i == 0 ? 0xef : 0); /* the platform */
		assert_int_equal(entries[32], 0x88);
	}
}

static void a_wim_that_boot_managers_may_not_read_is_told(void **state)
{
	(void)state;
	CLEANUP(medium_clear) struct medium medium;
	CLEANUP(view_unrefp) struct view *iso = NULL;
	struct view *wim = NULL;
	char doubts[1024];
	int fd = memfd_create("huge", MFD_CLOEXEC);
	make(&medium);
	assert_int_equal(ftruncate(fd, (off_t)ISO_EXTENT_BYTES), 0);
	assert_int_equal(view_new(&wim), 0);
	assert_int_equal(view_add_file(wim, fd, 0, ISO_EXTENT_BYTES), 0);
	add(&medium, "sources/boot.wim", wim);
	const struct iso_request request = {.medium = &medium, .now_ms = 1700000000000};
	assert_int_equal(iso_build(&request, &iso, &err), 0);
	assert_true(view_size(iso) > ISO_EXTENT_BYTES);
	iso_doubts(&medium, doubts, sizeof(doubts));
	assert_non_null(strstr(doubts, "sources/boot.wim has 4294965248 bytes"));
	assert_non_null(strstr(doubts, "; nothing is there"));
	medium.n_files--;
	iso_doubts(&medium, doubts, sizeof(doubts));
	assert_string_equal(doubts, "nothing is there");
	medium.n_files++;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_uefi_volume_holds_what_firmware_starts),
		cmocka_unit_test(a_medium_that_nothing_starts_is_refused),
		cmocka_unit_test(each_firmware_alone),
		cmocka_unit_test(a_wim_that_boot_managers_may_not_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
