/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iPXE media out of programs that have the right heads and nothing in them. That they start
 * machines is shown by tests/system/media. */
#include "../unit.h"

#include "../format/fat_checker.h"
#include "../format/pe_maker.h"
#include "../store/scratch.h"
#include "format/pe.h"
#include "image/ipxe_medium.h"

#include <errno.h>

static struct error err;
static const char *folder;

static char *put(const char *name, const void *bytes, size_t n)
{
	static char paths[4][128];
	static size_t at;
	char *path = paths[at++ % 4];
	(void)snprintf(path, 128, "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void put_le(uint8_t *at, uint32_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A kernel of 5 + 1 sectors and payload bytes behind them. */
static char *put_kernel(size_t payload)
{
	static uint8_t bytes[2U << 20];
	memset(bytes, 0x90, 3072);
	memset(bytes + 3072, 0x5a, payload);
	bytes[0x1f1] = 5;
	memcpy(bytes + 0x202, "HdrS\x07\x02", 6);
	bytes[0x211] = 1;
	return put("ipxe.lkrn", bytes, 3072 + payload);
}

static char *put_program(const char *text)
{
	static uint8_t bytes[4096];
	memset(bytes, 0, sizeof(bytes));
	make_driver(bytes, true, 0);
	memcpy(bytes + 2048, text, strlen(text));
	return put("ipxe.efi", bytes, sizeof(bytes));
}

static uint32_t le(const uint8_t *at)
{
	return checker_le(at, 4);
}

static int build(const char *lkrn, const char *efi, const char *script, struct ipxe_medium *medium)
{
	const struct ipxe_medium_request request = {
		.lkrn_path = lkrn, .efi_path = efi, .script_path = script, .now_ms = 1700000000000};
	return ipxe_medium_build(&request, medium, &err);
}

static void the_boot_program_is_told_where_all_lies(void **state)
{
	(void)state;
	CLEANUP(ipxe_medium_clear) struct ipxe_medium medium = {.view = NULL};
	static uint8_t start[1U << 20];
	static const char script[] = "#!ipxe\nautoboot\n";
	assert_ok(build(put_kernel(300001), put_program("autoexec.ipxe"),
		put("own.ipxe", script, strlen(script)), &medium));
	assert_true(medium.boots_bios && medium.boots_uefi);
	assert_string_equal(medium.attention, "");
	assert_int_equal(view_size(medium.view), 17U << 20);
	assert_int_equal(view_read(medium.view, 0, start, sizeof(start)), 0);
	/* The boot program of disks is that of CDs too, but for the partition table. */
	assert_memory_equal(start, start + 23 * 2048, 440);
	assert_memory_equal(start + 512, start + 23 * 2048 + 512, 1536);
	assert_int_equal(start[446 + 4], 0xef);
	const uint32_t wanted[3][3] = {{24, 2, 0x90000}, {26, 147, 0x100000}, {173, 1, 0x2000000}};
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(le(start + 512 + i * 12 + k * 4), wanted[i][k]);
	const uint8_t *setup = start + 24 * 2048;
	assert_int_equal(setup[0x210], 0xff);
	assert_int_equal(setup[0x211], 0x81);
	assert_int_equal(le(setup + 0x218), 0x2000000);
	assert_int_equal(le(setup + 0x21c), strlen(script));
	assert_int_equal(setup[0x224] | setup[0x225] << 8, 0xde00);
	assert_int_equal(start[26 * 2048 + 300000], 0x5a);
	assert_int_equal(start[26 * 2048 + 300001], 0);
	assert_memory_equal(start + 173 * 2048, script, strlen(script));
}

static void uefi_finds_its_program_and_the_script(void **state)
{
	(void)state;
	CLEANUP(ipxe_medium_clear) struct ipxe_medium medium = {.view = NULL};
	CLEANUP(view_unrefp) struct view *volume = NULL;
	struct checked_volume v;
	assert_ok(build("", put_program("here: autoexec.ipxe"), put("s", "#!ipxe", 6), &medium));
	assert_true(!medium.boots_bios && medium.boots_uefi);
	assert_int_equal(view_new(&volume), 0);
	assert_int_equal(view_add_view(volume, medium.view, 1U << 20, 16U << 20), 0);
	fat_check(volume, &v);
	assert_int_equal(v.bits, 16);
	assert_int_equal(v.hidden, 2048);
	assert_int_equal(checked_find(&v, "EFI/BOOT/BOOTX64.EFI")->size, 4096);
	assert_int_equal(checked_find(&v, "autoexec.ipxe")->size, 6);
	assert_int_equal(checked_find(&v, "EFI/BOOT/autoexec.ipxe")->size, 6);
	checked_clear(&v);
}

static void an_old_ipxe_for_uefi_is_told(void **state)
{
	(void)state;
	CLEANUP(ipxe_medium_clear)
	struct ipxe_medium with = {.view = NULL}, without = {.view = NULL};
	assert_ok(build(put_kernel(1), put_program("old"), put("s", "#!ipxe\n", 7), &with));
	assert_non_null(strstr(with.attention, "ipxe.efi reads no script from media"));
	assert_ok(build(put_kernel(1), put_program("old"), NULL, &without));
	assert_string_equal(without.attention, "");
}

static void what_is_no_ipxe_is_refused(void **state)
{
	(void)state;
	struct ipxe_medium medium;
	uint8_t head[1024] = {0};
	assert_int_equal(build("/nowhere/ipxe.lkrn", "", NULL, &medium), -ENOENT);
	assert_non_null(strstr(err.text, "apt install ipxe"));
	assert_int_equal(build("", "", NULL, &medium), -ENOENT);
	assert_int_equal(build(put("x", head, 0), "", NULL, &medium), -ENOENT);
	for (size_t n = 1; n <= sizeof(head); n += 73)
		assert_int_equal(build(put("x", head, n), "", NULL, &medium), -EINVAL);
	assert_int_equal(build("", put("x", head, sizeof(head)), NULL, &medium), -EINVAL);
	assert_int_equal(build(put_kernel(0), "", NULL, &medium), -EINVAL);
	assert_int_equal(build(put_kernel(1U << 20), "", NULL, &medium), -EFBIG);
	assert_int_equal(build(put_kernel(1), "", put("s", "dhcp\n", 5), &medium), -EINVAL);
	assert_non_null(strstr(err.text, "#!ipxe"));
	/* Too old a protocol; a kernel that is not to be loaded high. */
	memcpy(head + 0x202, "HdrS\x02\x02", 6);
	head[0x1f1] = 0;
	assert_int_equal(build(put("x", head, sizeof(head)), "", NULL, &medium), -EINVAL);
	put_le(head + 0x206, 0x207, 2);
	assert_int_equal(build(put("x", head, sizeof(head)), "", NULL, &medium), -EINVAL);
}

static int make(void **state)
{
	(void)state;
	folder = scratch_make();
	return 0;
}

static int drop(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_boot_program_is_told_where_all_lies),
		cmocka_unit_test(uefi_finds_its_program_and_the_script),
		cmocka_unit_test(an_old_ipxe_for_uefi_is_told),
		cmocka_unit_test(what_is_no_ipxe_is_refused),
	};
	return cmocka_run_group_tests(tests, make, drop);
}
