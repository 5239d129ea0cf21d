/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "../store/scratch.h"

#include "image/bcd.h"
#include "image/medium.h"

#include <errno.h>

static struct error err;

struct given {
	const char *names[8];
	const char *arch;
	bool is_sdi;
};

/* A store with one image that has boot files of these names. */
static struct store *store_with(const struct given *given, struct image_record *ret_record)
{
	struct store *store = NULL;
	struct image_record record = {.name = "win11-nics", .boot_index = 1, .revision = 1};
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	(void)snprintf(record.arch, sizeof(record.arch), "%s", given->arch);
	record.files = calloc(ARRAY_SIZE(given->names), sizeof(*record.files));
	assert_non_null(record.files);
	for (size_t i = 0; i < ARRAY_SIZE(given->names) && given->names[i] != NULL; i++) {
		struct image_file *file = &record.files[record.n_files++];
		(void)snprintf(file->name, sizeof(file->name), "%s", given->names[i]);
		assert_ok(store_blob_add_bytes(
			store, file->name, strlen(file->name), &file->blob, &err));
	}
	if (given->is_sdi) {
		record.is_sdi = true;
		record.boot_index = 0;
		record.ramdisk_offset = 4096;
		record.ramdisk_length = 1 << 20;
	}
	assert_ok(store_blob_add_bytes(
		store, given->is_sdi ? "the SDI" : "the WIM", 7, &record.base, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	image_record_clear(&record);
	assert_ok(store_image_get(store, "win11-nics", ret_record, &err));
	return store;
}

static void assert_content(const struct medium *medium, const char *path, const char *content)
{
	char bytes[64] = "";
	const struct medium_file *file = medium_find(medium, path);
	if (file == NULL)
		fail_msg("no %s on the medium", path);
	assert_true(view_size(file->view) < sizeof(bytes));
	assert_int_equal(view_read(file->view, 0, bytes, view_size(file->view)), 0);
	assert_string_equal(bytes, content);
}

static void make(const struct given *given, const struct plan_record *plan,
	struct medium *ret_medium, struct medium_identity *ret_identity)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(image_record_clear) struct image_record image = {0};
	CLEANUP(revision_record_clear) struct revision_record revision = {0};
	char json[LIMIT_MEDIUM_JSON_BYTES];
	store = store_with(given, &image);
	assert_ok(store_revision_get(store, "win11-nics", 0, &revision, &err));
	assert_ok(medium_make(store, &image, &revision, plan, 1700000000123, ret_medium, &err));
	const struct medium_file *identity = medium_find(ret_medium, MEDIUM_IDENTITY_PATH);
	assert_non_null(identity);
	size_t n = (size_t)view_size(identity->view);
	assert_true(n < sizeof(json));
	assert_int_equal(view_read(identity->view, 0, json, n), 0);
	assert_ok(medium_identity_read(json, n, ret_identity, &err));
	assert_string_equal(ret_identity->base, image.base.sha256);
	scratch_remove();
}

static void both_firmwares_find_their_files(void **state)
{
	(void)state;
	const struct given given = {.arch = "amd64",
		.names = {"bootx64.efi", "bootmgr", "etfsboot.com", "boot.stl", "wgl4_boot.ttf",
			"pxeboot.n12", "bootmgr.exe"}};
	CLEANUP(medium_clear) struct medium medium = {0};
	struct medium_identity identity;
	make(&given, NULL, &medium, &identity);
	assert_content(&medium, "EFI/BOOT/BOOTX64.EFI", "bootx64.efi");
	assert_content(&medium, "EFI/Microsoft/Boot/boot.stl", "boot.stl");
	assert_content(&medium, "EFI/Microsoft/Boot/Fonts/wgl4_boot.ttf", "wgl4_boot.ttf");
	assert_content(&medium, "boot/fonts/wgl4_boot.ttf", "wgl4_boot.ttf");
	assert_content(&medium, "bootmgr", "bootmgr");
	assert_content(&medium, "boot/etfsboot.com", "etfsboot.com");
	assert_content(&medium, "sources/boot.wim", "the WIM");
	assert_non_null(medium_find(&medium, "boot/boot.sdi"));
	assert_non_null(medium_find(&medium, "boot/bcd"));
	assert_non_null(medium_find(&medium, "EFI/Microsoft/Boot/BCD"));
	assert_int_equal(medium.n_files, 11);
	assert_true(medium.boots_uefi && medium.boots_bios);
	assert_string_equal(medium.missing, "");
	assert_string_equal(medium.label, "WIN11_NICS_R1");
	assert_string_equal(identity.image, "win11-nics");
	assert_int_equal(identity.revision, 1);
	assert_int_equal(identity.made_ms, 1700000000123);
	assert_string_equal(identity.plan, "");
}

static void what_is_missing_is_said_with_the_remedy(void **state)
{
	(void)state;
	static const struct {
		struct given given;
		bool uefi, bios;
		const char *says;
	} cases[] = {
		{{.arch = "amd64", .names = {"bootx64.efi"}}, true, false, "BIOS (no bootmgr)"},
		{{.arch = "amd64", .names = {"bootx64.efi", "bootmgr"}}, true, false,
			"BIOS (no etfsboot.com)"},
		{{.arch = "x86", .names = {"bootx64.efi", "bootmgr", "etfsboot.com"}}, false, true,
			"UEFI (no boot manager for x86)"},
		{{.arch = "arm64", .names = {"bootaa64.efi", "bootmgr", "etfsboot.com"}}, true,
			false, ""},
		{{.arch = "arm64", .names = {"bootx64.efi"}}, false, false,
			"UEFI (no boot manager for arm64)"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(medium_clear) struct medium medium = {0};
		struct medium_identity identity;
		make(&cases[i].given, NULL, &medium, &identity);
		assert_int_equal(medium.boots_uefi, cases[i].uefi);
		assert_int_equal(medium.boots_bios, cases[i].bios);
		if (cases[i].says[0] == 0) {
			assert_string_equal(medium.missing, "");
			continue;
		}
		assert_non_null(strstr(medium.missing, cases[i].says));
		assert_non_null(strstr(medium.missing,
			"`pewter image import SOURCE --name win11-nics --replace`"));
	}
}

static void assert_bcd(const struct medium *medium, const char *path, bool is_uefi)
{
	const struct image_bcd_parameters wanted = {.description = "win11-nics",
		.image_sdi_path = "\\boot\\image.sdi",
		.ramdisk_offset = 4096,
		.ramdisk_length = 1 << 20,
		.is_uefi = is_uefi};
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_BCD_BYTES);
	CLEANUP(memory_freep) uint8_t *found = NULL;
	const struct medium_file *file = medium_find(medium, path);
	assert_non_null(file);
	assert_ok(image_bcd_build(&wanted, &bytes, &err));
	assert_int_equal(view_size(file->view), bytes.size);
	found = malloc(bytes.size);
	assert_non_null(found);
	assert_ok(view_read(file->view, 0, found, bytes.size));
	assert_memory_equal(found, bytes.bytes, bytes.size);
}

/* It is the RAM disk itself: no boot.sdi, no boot.wim, and a BCD that says where its volume is. */
static void an_sdi_takes_the_place_of_both(void **state)
{
	(void)state;
	const struct given given = {.arch = "x86",
		.names = {"bootia32.efi", "bootmgr", "etfsboot.com"},
		.is_sdi = true};
	CLEANUP(medium_clear) struct medium medium = {0};
	struct medium_identity identity;
	make(&given, NULL, &medium, &identity);
	assert_content(&medium, "boot/image.sdi", "the SDI");
	assert_null(medium_find(&medium, "boot/boot.sdi"));
	assert_null(medium_find(&medium, "sources/boot.wim"));
	assert_bcd(&medium, "EFI/Microsoft/Boot/BCD", true);
	assert_bcd(&medium, "boot/bcd", false);
	assert_int_equal(medium.n_files, 7);
	assert_true(medium.boots_uefi && medium.boots_bios);
}

static void what_an_sdi_lacks_comes_from_a_medium(void **state)
{
	(void)state;
	const struct given given = {.arch = "amd64", .names = {"bootx64.efi"}, .is_sdi = true};
	CLEANUP(medium_clear) struct medium medium = {0};
	struct medium_identity identity;
	make(&given, NULL, &medium, &identity);
	assert_non_null(strstr(medium.missing,
		"`pewter image import SOURCE --boot-files MEDIUM --name win11-nics --replace`"));
}

static void a_plan_is_told(void **state)
{
	(void)state;
	const struct given given = {.arch = "amd64", .names = {"bootx64.efi"}};
	const struct plan_record plan = {
		.id = "0123456789abcdef", .client_name = "the \"old\" \\ m\xc3\xbchle\n\x01"};
	CLEANUP(medium_clear) struct medium medium = {0};
	struct medium_identity identity;
	make(&given, &plan, &medium, &identity);
	assert_string_equal(identity.plan, "0123456789abcdef");
	assert_string_equal(identity.client, "the \"old\" \\ m\xc3\xbchle??");
}

static void foreign_identities_are_refused(void **state)
{
	(void)state;
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const char good[] = "{\"medium\": {\"image\": \"w\", \"revision\": 4294967295, "
				   "\"base\": \"" SHA "\", \"later\": [1]}, \"more\": 0.5}";
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"medium\": []}",
		"{\"medium\": {\"image\": \"w\", \"revision\": 1}}",
		"{\"medium\": {\"image\": \"w\", \"revision\": 0, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": \"w\", \"revision\": 1.0, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": \"w\", \"revision\": 4294967296, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": \"\", \"revision\": 1, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": 7, \"revision\": 1, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": \"a\\u0000b\", \"revision\": 1, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": \"" SHA "0\", \"revision\": 1, \"base\": \"" SHA "\"}}",
		"{\"medium\": {\"image\": \"w\", \"revision\": 1, \"base\": \"abc\"}}",
	};
	struct medium_identity identity;
	assert_ok(medium_identity_read(good, strlen(good), &identity, &err));
	assert_int_equal(identity.revision, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			medium_identity_read(bad[i], strlen(bad[i]), &identity, &err), -EINVAL);
	for (size_t n = 0; n < strlen(good); n++)
		assert_int_equal(medium_identity_read(good, n, &identity, &err), -EINVAL);
	char long_one[LIMIT_MEDIUM_JSON_BYTES + 1];
	memset(long_one, ' ', sizeof(long_one));
	assert_int_equal(medium_identity_read(long_one, sizeof(long_one), &identity, &err), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_firmwares_find_their_files),
		cmocka_unit_test(what_is_missing_is_said_with_the_remedy),
		cmocka_unit_test(an_sdi_takes_the_place_of_both),
		cmocka_unit_test(what_an_sdi_lacks_comes_from_a_medium),
		cmocka_unit_test(a_plan_is_told),
		cmocka_unit_test(foreign_identities_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
