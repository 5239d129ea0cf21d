/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every request that a genuine boot manager was seen to make, and what it must get. */
#include "../unit.h"

#include "base/cleanup.h"
#include "boot/tree.h"

#include <errno.h>
#include <string.h>

#define ID "abcdefgh2345"

static const struct {
	const char *path;
	enum tree_kind kind;
	bool is_speculative;
	const char *boot_id;
	enum boot_loader loader;
	const char *name;
} cases[] = {
	/* PXE, by option 252 and the paths in the BCD. */
	{"b\\" ID "\\bootx64.efi", TREE_LOADER, false, ID, BOOT_LOADER_BOOTMGFW_X64, "bootx64.efi"},
	{"\\b\\" ID "\\BCD", TREE_BCD, false, ID, 0, "bcd"},
	{"/b/" ID "/boot.sdi", TREE_SDI, false, ID, 0, "boot.sdi"},
	{"\\b\\" ID "\\boot.wim", TREE_WIM, false, ID, 0, "boot.wim"},
	{"\\B\\ABCDEFGH2345\\BOOT.WIM", TREE_WIM, false, ID, 0, "boot.wim"},
	{"b/" ID "/undionly.kpxe", TREE_LOADER, false, ID, BOOT_LOADER_UNDIONLY, "undionly.kpxe"},
	{"\\b\\" ID "\\image.sdi", TREE_IMAGE_SDI, false, ID, 0, "image.sdi"},
	{"/boot/image.sdi", TREE_IMAGE_SDI, false, "", 0, "image.sdi"},
	{"/b/" ID "/boot.ipxe", TREE_SCRIPT, false, ID, 0, "boot.ipxe"},
	{"/b/" ID "/wimboot", TREE_WIMBOOT, false, ID, 0, "wimboot"},
	{"/b/" ID "/report", TREE_REPORT, false, ID, 0, "report"},
	{"/b/" ID "/boot/fonts/wgl4_boot.ttf", TREE_FONT, false, ID, 0, "wgl4_boot.ttf"},
	{"/b/" ID "/en-US/bootx64.efi.MUI", TREE_NOTHING, true, ID, 0, "bootx64.efi.mui"},
	{"/b/" ID "/autoexec.ipxe", TREE_NOTHING, true, ID, 0, "autoexec.ipxe"},
	/* PXE, fixed paths, in the order measured. */
	{"\\BCD", TREE_NOTHING, true, "", 0, "bcd"},
	{"\\Boot\\BCD", TREE_BCD, false, "", 0, "bcd"},
	{"/boot\\bcd", TREE_BCD, false, "", 0, "bcd"},
	{"\\EFI\\Microsoft\\Boot\\Policies\\SbcpFlightToken.p7b", TREE_NOTHING, true, "", 0,
		"sbcpflighttoken.p7b"},
	{"\\EFI\\Microsoft\\Boot\\SiPolicy.p7b", TREE_NOTHING, true, "", 0, "sipolicy.p7b"},
	{"\\en-US\\bootx64.efi.MUI", TREE_NOTHING, true, "", 0, "bootx64.efi.mui"},
	{"\\bootx64.efi", TREE_LOADER, false, "", BOOT_LOADER_BOOTMGFW_X64, "bootx64.efi"},
	{"\\sources\\boot.wim", TREE_WIM, false, "", 0, "boot.wim"},
	{"\\Boot\\boot.sdi", TREE_SDI, false, "", 0, "boot.sdi"},
	{"\\Boot\\Fonts\\wgl4_boot.ttf", TREE_FONT, false, "", 0, "wgl4_boot.ttf"},
	{"\\Boot\\resources\\bootres.dll", TREE_NOTHING, true, "", 0, "bootres.dll"},
	/* HTTP. */
	{"/EFI/Boot/bootx64.efi", TREE_LOADER, false, "", BOOT_LOADER_BOOTMGFW_X64, "bootx64.efi"},
	{"/EFI/Boot/BCD", TREE_NOTHING, true, "", 0, "bcd"},
	{"/EFI/Microsoft/Recovery/BCD", TREE_NOTHING, true, "", 0, "bcd"},
	{"/EFI/Microsoft/Boot/BCD", TREE_BCD, false, "", 0, "bcd"},
	{"/EFI/Microsoft/Boot/boot.stl", TREE_STL, false, "", 0, "boot.stl"},
	{"/boot/boot.sdi", TREE_SDI, false, "", 0, "boot.sdi"},
	{"/sources/boot.wim", TREE_WIM, false, "", 0, "boot.wim"},
	/* BIOS. */
	{"bootmgr.exe", TREE_BOOTMGR, false, "", 0, "bootmgr.exe"},
	{"b/" ID "/bootmgr.exe", TREE_BOOTMGR, false, ID, 0, "bootmgr.exe"},
	{"boot\\x64\\pxeboot.com", TREE_LOADER, false, "", BOOT_LOADER_PXEBOOT, "pxeboot.com"},
	/* Firmware that takes option 67 for a string without an end. */
	{"b/" ID "/bootx64.efi\xff\xff", TREE_LOADER, false, ID, BOOT_LOADER_BOOTMGFW_X64,
		"bootx64.efi"},
	/* Not ours. */
	{"/favicon.ico", TREE_NOTHING, false, "", 0, "favicon.ico"},
	{"/b/" ID, TREE_NOTHING, false, "", 0, ID},
	{"/b/" ID "/", TREE_NOTHING, false, "", 0, ID},
	{"/b/" ID "/none", TREE_NOTHING, false, ID, 0, "none"},
	{"/b/abcdefgh2340/boot.wim", TREE_WIM, false, "", 0, "boot.wim"},
	{"/b/short/BCD", TREE_NOTHING, false, "", 0, "bcd"},
	{"/cfg/BCD", TREE_NOTHING, false, "", 0, "bcd"},
};

static void names_what_loaders_ask_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree_entry e;
		print_message("%s\n", cases[i].path);
		assert_int_equal(tree_lookup(cases[i].path, strlen(cases[i].path), &e), 0);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(e.is_speculative, cases[i].is_speculative);
		assert_string_equal(e.boot_id, cases[i].boot_id);
		assert_int_equal(e.loader, cases[i].loader);
		assert_string_equal(e.name, cases[i].name);
	}
}

static void tells_which_store(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		bool is_media;
	} stores[] = {
		{"/b/" ID "/BCD", false},
		{"/b/" ID "/media/BCD", true},
		{"\\Boot\\BCD", false},
		{"/EFI/Microsoft/Boot/BCD", true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		struct tree_entry e;
		assert_int_equal(tree_lookup(stores[i].path, strlen(stores[i].path), &e), 0);
		assert_int_equal(e.kind, TREE_BCD);
		assert_int_equal(e.is_media, stores[i].is_media);
	}
}

static void refuses_hostile_paths(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		size_t length;
		int rc;
	} hostile[] = {
		{"../etc/passwd", 13, -EINVAL},
		{"b\\..\\..\\x", 9, -EINVAL},
		{"boot\0.wim", 9, -EINVAL},
		{"", 0, -EINVAL},
		{"///", 3, -EINVAL},
		{"a\nb", 3, -EINVAL},
	};
	struct tree_entry e;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		assert_int_equal(
			tree_lookup(hostile[i].path, hostile[i].length, &e), hostile[i].rc);
	char endless[2000];
	memset(endless, 'a', sizeof(endless));
	assert_int_equal(tree_lookup(endless, sizeof(endless), &e), -ENAMETOOLONG);
}

/* The name is kept in 64 bytes; one that is longer must not become another by being cut. */
static void long_names_are_nothing(void **state)
{
	(void)state;
	char path[LIMIT_PATH_BYTES];
	memset(path, 'a', sizeof(path));
	memcpy(path + 59, ".ttf.p7b", 9);
	struct tree_entry e;
	assert_int_equal(tree_lookup(path, strlen(path), &e), 0);
	assert_int_equal(e.kind, TREE_NOTHING);
	assert_false(e.is_speculative);
}

static void writes_paths(void **state)
{
	(void)state;
	char path[LIMIT_PATH_BYTES];
	tree_path(ID, "boot.wim", '\\', path);
	assert_string_equal(path, "\\b\\" ID "\\boot.wim");
	tree_path(ID, "BCD", '/', path);
	assert_string_equal(path, "/b/" ID "/BCD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_loaders_ask_for),
		cmocka_unit_test(tells_which_store),
		cmocka_unit_test(refuses_hostile_paths),
		cmocka_unit_test(long_names_are_nothing),
		cmocka_unit_test(writes_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
