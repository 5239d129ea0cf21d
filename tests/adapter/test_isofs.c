/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ISOs that we make, read by libarchive and by hand; tests/system/media asks xorriso and 7z. */
#include "../unit.h"

#include "adapter/file.h"
#include "adapter/iso9660.h"
#include "adapter/isofs.h"
#include "base/bytes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK 2048U

static struct view *view_of(const void *bytes, size_t n)
{
	struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_copy(view, bytes, n), 0);
	return view;
}

static struct view *pattern(size_t n, uint8_t seed)
{
	CLEANUP(memory_freep) uint8_t *bytes = malloc(n + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(seed + i * 7 + i / 251);
	return view_of(bytes, n);
}

/* A file of holes, of which only the first and the last byte are written. */
static struct view *huge(uint64_t n)
{
	struct view *view = NULL;
	int fd = memfd_create("huge", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	assert_int_equal(pwrite(fd, "A", 1, 0), 1);
	assert_int_equal(pwrite(fd, "Z", 1, (off_t)n - 1), 1);
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_file(view, fd, 0, n), 0);
	return view;
}

struct sample {
	struct isofs_file files[8];
	struct isofs_request request;
};

static void sample_make(struct sample *sample, struct view *wim)
{
	*sample = (struct sample){
		.files =
			{
				{"EFI/Microsoft/Boot/BCD", pattern(16384, 1)},
				{"boot/etfsboot.com", pattern(4096, 2)},
				{"boot/Fonts/segoe_slboot.ttf", pattern(77777, 3)},
				{"sources/boot.wim", wim},
				{"pewter/medium.json", pattern(200, 4)},
				{"boot/uefi.img", pattern(1474560, 5)},
				{"bootmgr", pattern(1, 6)},
				{"pewter/empty", pattern(0, 7)},
			},
		.request =
			{
				.n_files = 8,
				.label = "WIN11_R3",
				.time = 1700000000,
				.bios_path = "boot/etfsboot.com",
				.uefi_path = "boot/uefi.img",
			},
	};
	sample->request.files = sample->files;
}

static void sample_clear(struct sample *sample)
{
	for (size_t i = 0; i < sample->request.n_files; i++)
		(void)view_unref(sample->files[i].view);
}

static struct view *built(const struct sample *sample)
{
	struct view *view = NULL;
	struct error err = ERROR_NULL;
	int rc = isofs_build(&sample->request, &view, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	return view;
}

static uint8_t *bytes_at(const struct view *view, uint64_t offset, size_t n)
{
	uint8_t *bytes = malloc(n + 1);
	assert_non_null(bytes);
	assert_int_equal(view_read(view, offset, bytes, n), 0);
	return bytes;
}

static void assert_same(const struct view *a, uint64_t at, const struct view *b)
{
	size_t n = (size_t)view_size(b);
	CLEANUP(memory_freep) uint8_t *left = bytes_at(a, at, n), *right = bytes_at(b, 0, n);
	assert_memory_equal(left, right, n);
}

static void assert_byte(const struct view *view, uint64_t at, uint8_t value)
{
	uint8_t byte = 0;
	assert_int_equal(view_read(view, at, &byte, 1), 0);
	assert_int_equal(byte, value);
}

/* ECMA-119, 9.1: the next record of that name behind *at; false if there is none. */
static bool next_record(const struct view *view, uint32_t folder, uint32_t n, const char *name,
	uint32_t *at, uint32_t *ret_block, uint32_t *ret_bytes, uint8_t *ret_flags)
{
	CLEANUP(memory_freep) uint8_t *bytes = bytes_at(view, (uint64_t)folder * BLOCK, n);
	while (*at < n) {
		uint8_t length = bytes[*at];
		struct reader r = reader_over(bytes + *at, n - *at);
		if (length == 0) {
			*at = (*at / BLOCK + 1) * BLOCK;
			continue;
		}
		reader_skip(&r, 2);
		*ret_block = reader_le32(&r);
		reader_skip(&r, 4);
		*ret_bytes = reader_le32(&r);
		reader_skip(&r, 11);
		*ret_flags = reader_u8(&r);
		uint8_t name_bytes = bytes[*at + 32];
		const uint8_t *found = bytes + *at + 33;
		*at += length;
		if (name_bytes == strlen(name) && memcmp(found, name, name_bytes) == 0)
			return true;
	}
	return false;
}

static uint32_t find_folder(const struct view *view, const char *name, uint32_t *ret_bytes)
{
	CLEANUP(memory_freep) uint8_t *volume = bytes_at(view, 16 * BLOCK, BLOCK);
	struct reader r = reader_over(volume, BLOCK);
	uint32_t block, bytes, at = 0;
	uint8_t flags;
	reader_seek(&r, 156 + 2);
	uint32_t root = reader_le32(&r);
	reader_skip(&r, 4);
	assert_true(next_record(view, root, reader_le32(&r), name, &at, &block, &bytes, &flags));
	assert_int_equal(flags & 2, 2);
	*ret_bytes = bytes;
	return block;
}

static void every_file_comes_back(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	CLEANUP(view_unrefp) struct view *view = built(&sample);
	char path[] = "/tmp/pewter-isofs-XXXXXX";
	CLEANUP(file_closep) int fd = mkstemp(path);
	CLEANUP(memory_freep) uint8_t *all = bytes_at(view, 0, (size_t)view_size(view));
	assert_int_equal(file_write(fd, all, (size_t)view_size(view)), 0);
	assert_int_equal(view_size(view) % BLOCK, 0);
	CLEANUP(iso9660_closep) struct iso9660 *iso = NULL;
	struct error err = ERROR_NULL;
	assert_int_equal(iso9660_open(path, &iso, &err), 0);
	for (size_t i = 0; i < sample.request.n_files; i++) {
		CLEANUP(file_closep) int out = memfd_create("out", MFD_CLOEXEC);
		uint64_t size = 0;
		assert_int_equal(
			iso9660_copy(iso, sample.files[i].path, out, 1U << 30, NULL, &err), 0);
		assert_int_equal(file_size(out, &size), 0);
		assert_int_equal(size, view_size(sample.files[i].view));
		if (size == 0)
			continue;
		CLEANUP(view_unrefp) struct view *copy = NULL;
		assert_int_equal(view_new(&copy), 0);
		assert_int_equal(view_add_file(copy, dup(out), 0, size), 0);
		assert_same(copy, 0, sample.files[i].view);
	}
	assert_int_equal(unlink(path), 0);
}

/* El Torito 1.0: the boot record at sector 17, where a Windows boot manager looks for it. */
static void firmware_finds_its_entries(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	CLEANUP(view_unrefp) struct view *view = built(&sample);
	CLEANUP(memory_freep) uint8_t *record = bytes_at(view, 17 * BLOCK, BLOCK);
	assert_memory_equal(record, "\0CD001\1EL TORITO SPECIFICATION", 30);
	struct reader r = reader_over(record, BLOCK);
	reader_seek(&r, 71);
	uint64_t catalogue = reader_le32(&r);
	CLEANUP(memory_freep) uint8_t *entries = bytes_at(view, catalogue * BLOCK, BLOCK);
	assert_memory_equal(entries, "\1\0", 2); /* x86 */
	assert_memory_equal(entries + 32, "\x88\0\0\0\0\0\x08\0", 8);
	r = reader_over(entries, BLOCK);
	reader_seek(&r, 32 + 8);
	assert_same(view, (uint64_t)reader_le32(&r) * BLOCK, sample.files[1].view);
	assert_memory_equal(entries + 64, "\x91\xef\1\0", 4); /* the last section: UEFI */
	assert_memory_equal(entries + 96, "\x88\0\0\0\0\0\x40\x0b", 8);
	reader_seek(&r, 96 + 8);
	assert_same(view, (uint64_t)reader_le32(&r) * BLOCK, sample.files[5].view);
}

/* KB 931708: "BCD", neither "BCD.;1" nor "BCD.". */
static void names_are_those_that_boot_sectors_find(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	CLEANUP(view_unrefp) struct view *view = built(&sample);
	uint32_t bytes, n, block, at = 0;
	uint8_t flags;
	uint32_t folder = find_folder(view, "SOURCES", &n);
	assert_true(next_record(view, folder, n, "BOOT.WIM", &at, &block, &bytes, &flags));
	assert_int_equal(bytes, 3000001);
	assert_int_equal((uint64_t)block * BLOCK % 65536, 0);
	assert_same(view, (uint64_t)block * BLOCK, sample.files[3].view);
	folder = find_folder(view, "BOOT", &n);
	at = 0;
	assert_true(next_record(view, folder, n, "FONTS", &at, &block, &bytes, &flags));
}

static void the_same_request_gives_the_same_bytes(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	CLEANUP(view_unrefp) struct view *first = built(&sample);
	(void)setenv("TZ", "America/New_York", 1);
	CLEANUP(view_unrefp) struct view *second = built(&sample);
	(void)unsetenv("TZ");
	assert_int_equal(view_size(first), view_size(second));
	assert_same(first, 0, second);
}

/* ECMA-119, 9.1.4 and 6.5: in several extents, one behind the other. */
static void a_file_above_4_gib_has_several_extents(void **state)
{
	(void)state;
	const uint64_t size = (9ULL << 30) + 4097;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, huge(size));
	CLEANUP(view_unrefp) struct view *view = built(&sample);
	uint32_t n, bytes, block = 0, at = 0, parts = 0;
	uint8_t flags = 0x80;
	uint64_t total = 0, next = 0;
	uint32_t folder = find_folder(view, "SOURCES", &n);
	while (next_record(view, folder, n, "BOOT.WIM", &at, &block, &bytes, &flags)) {
		if (parts++ == 0)
			assert_byte(view, (uint64_t)block * BLOCK, 'A');
		else
			assert_int_equal(block, next);
		total += bytes;
		next = block + ((uint64_t)bytes + BLOCK - 1) / BLOCK;
		assert_int_equal((flags & 0x80) != 0, total < size);
	}
	assert_int_equal(parts, 3);
	assert_int_equal(total, size);
	assert_byte(view, (uint64_t)block * BLOCK + bytes - 1, 'Z');
}

static void the_largest_may_be_what_firmware_starts(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	sample.request.bios_path = NULL;
	sample.request.uefi_path = "sources/boot.wim";
	CLEANUP(view_unrefp) struct view *view = built(&sample);
	uint32_t bytes, n, block, at = 0;
	uint8_t flags;
	uint32_t folder = find_folder(view, "SOURCES", &n);
	assert_true(next_record(view, folder, n, "BOOT.WIM", &at, &block, &bytes, &flags));
	assert_same(view, (uint64_t)block * BLOCK, sample.files[3].view);
}

static void assert_refused(const struct sample *sample, int code, const char *says)
{
	struct view *view = NULL;
	struct error err = ERROR_NULL;
	assert_int_equal(isofs_build(&sample->request, &view, &err), code);
	assert_non_null(strstr(err.text, says));
	assert_null(view);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	struct isofs_file before = sample.files[6];
	sample.files[6].path = "boot/etfsboot.com";
	assert_refused(&sample, -EEXIST, "etfsboot.com is there twice");
	sample.files[6].path = "boot";
	assert_refused(&sample, -EEXIST, "boot");
	sample.files[6].path = "bootmgr/x";
	sample.files[7].path = "bootmgr";
	assert_refused(&sample, -EEXIST, "bootmgr");
	sample.files[6] = before;
	sample.files[7].path = "pewter/empty";
	sample.request.bios_path = "boot/other";
	assert_refused(&sample, -ENOENT, "boot/other");
	sample.request.bios_path = NULL;
	sample.request.n_files = 0;
	assert_refused(&sample, -EINVAL, "without files");
	sample.request.n_files = 8;
	(void)view_unref(sample.files[5].view);
	sample.files[5].view = huge(1ULL << 32);
	(void)view_unref(sample.files[3].view);
	sample.files[3].view = huge(5ULL << 32);
	assert_refused(&sample, -EFBIG, "but sources/boot.wim");
}

static void a_file_that_shrinks_is_an_error(void **state)
{
	(void)state;
	CLEANUP(sample_clear) struct sample sample;
	sample_make(&sample, pattern(3000001, 9));
	int fd = memfd_create("short", MFD_CLOEXEC);
	(void)view_unref(sample.files[2].view);
	assert_int_equal(view_new(&sample.files[2].view), 0);
	assert_int_equal(ftruncate(fd, 1000), 0);
	assert_int_equal(view_add_file(sample.files[2].view, fd, 0, 50000), 0);
	assert_refused(&sample, -EIO, "cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_comes_back),
		cmocka_unit_test(firmware_finds_its_entries),
		cmocka_unit_test(names_are_those_that_boot_sectors_find),
		cmocka_unit_test(the_same_request_gives_the_same_bytes),
		cmocka_unit_test(a_file_above_4_gib_has_several_extents),
		cmocka_unit_test(the_largest_may_be_what_firmware_starts),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_file_that_shrinks_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
