/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of boot files, over real folders in the layout of media and of an image. */
#include "../unit.h"

#include "adapter/file.h"
#include "base/bytes.h"
#include "format/pe.h"
#include "image/folder.h"
#include "image/loaders.h"
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PE_AT 0x40

/* ---- trees ---- */

static char root[64];

static int make_root(void **state)
{
	(void)state;
	(void)snprintf(root, sizeof(root), "/tmp/pewter-loaders-XXXXXX");
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const void *bytes, size_t n)
{
	char full[512];
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = 0;
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
	int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes, n), 0);
	(void)close(fd);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void put_program(const char *path, uint16_t machine)
{
	uint8_t bytes[PE_AT + 4 + 20 + 240] = "MZ";
	bytes[0x3c] = PE_AT;
	memcpy(bytes + PE_AT, "PE\0\0", 4);
	struct writer w = writer_over(bytes + PE_AT + 4, sizeof(bytes) - PE_AT - 4);
	writer_le16(&w, machine);
	writer_zeros(&w, 14);
	writer_le16(&w, 240);
	writer_zeros(&w, 2);
	writer_le16(&w, 0x20b);
	writer_zeros(&w, 66);
	writer_le16(&w, PE_SUBSYSTEM_EFI_APPLICATION);
	put(path, bytes, sizeof(bytes));
}

static int list(void *context, const char *folder, boot_place_entry *function, void *entry_context,
	struct error *err)
{
	return folder_list(*(int *)context, folder, function, entry_context, err);
}

static int read_file(void *context, const char *path, struct buffer *out, struct error *err)
{
	int fd;
	int rc = folder_open_file(*(int *)context, path, &fd, err);
	if (rc < 0)
		return rc;
	rc = file_read_all(fd, out);
	(void)close(fd);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

typedef int gather_function(
	struct boot_files *files, const struct boot_place *place, struct error *err);

static void gather(gather_function *function, struct boot_files *files)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct boot_place place = {.context = &fd, .list = list, .read = read_file};
	assert_int_equal(function(files, &place, NULL), 0);
	(void)close(fd);
}

/* ---- tests ---- */

static void an_image_brings_its_own(void **state)
{
	(void)state;
	struct boot_files files = {0};
	put_program("Windows/Boot/EFI/bootmgfw.efi", PE_MACHINE_AMD64);
	put_program("windows/Boot/EFI_EX/bootmgfw_EX.efi", PE_MACHINE_AMD64);
	put_text("Windows/Boot/EFI/boot.stl", "trust list");
	put_text("Windows/Boot/PXE/BOOTMGR.EXE", "manager");
	put_text("Windows/Boot/PXE/PxeBoot.N12", "n12");
	put_text("Windows/Boot/Fonts/WGL4_Boot.ttf", "font");
	put_text("Windows/Boot/Fonts/readme.txt", "no font");
	gather(boot_files_from_image, &files);
	/* "windows" beside "Windows": the exact spelling is the one that counts. */
	assert_null(boot_files_find(&files, "bootx64_ex.efi"));
	assert_non_null(boot_files_find(&files, "bootx64.efi"));
	assert_non_null(boot_files_find(&files, "boot.stl"));
	assert_string_equal(boot_files_find(&files, "bootmgr.exe")->bytes.bytes, "manager");
	assert_non_null(boot_files_find(&files, "pxeboot.n12"));
	assert_non_null(boot_files_find(&files, "wgl4_boot.ttf"));
	assert_int_equal(files.n_files, 5);
	assert_int_equal(files.n_notes, 0);
	assert_true(boot_files_serve(&files, "uefi", "amd64"));
	assert_true(boot_files_serve(&files, "bios", "amd64"));
	assert_false(boot_files_serve(&files, "uefi", "arm64"));
	assert_false(boot_files_serve(&files, "bios", "arm64"));
	boot_files_clear(&files);
}

static void the_machine_decides_the_name(void **state)
{
	(void)state;
	static const struct {
		uint16_t machine;
		const char *name, *newer;
	} cases[] = {
		{PE_MACHINE_AMD64, "bootx64.efi", "bootx64_ex.efi"},
		{PE_MACHINE_X86, "bootia32.efi", "bootia32_ex.efi"},
		{PE_MACHINE_ARM64, "bootaa64.efi", "bootaa64_ex.efi"},
		{PE_MACHINE_ARM, "bootarm.efi", "bootarm_ex.efi"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_files files = {0};
		put_program("Windows/Boot/EFI/bootmgfw.efi", cases[i].machine);
		put_program("Windows/Boot/EFI_EX/bootmgfw_EX.efi", cases[i].machine);
		gather(boot_files_from_image, &files);
		assert_int_equal(files.n_files, 2);
		assert_non_null(boot_files_find(&files, cases[i].name));
		assert_non_null(boot_files_find(&files, cases[i].newer));
		boot_files_clear(&files);
	}
}

static void the_image_goes_before_the_media(void **state)
{
	(void)state;
	struct boot_files files = {0};
	put_program("Windows/Boot/EFI/bootmgfw.efi", PE_MACHINE_AMD64);
	put_text("Windows/Boot/Fonts/wgl4_boot.ttf", "the image's");
	put_program("efi/BOOT/BOOTX64.EFI", PE_MACHINE_AMD64);
	put_program("efi/BOOT/bootia32.efi", PE_MACHINE_X86);
	put_text("boot/fonts/wgl4_boot.ttf", "the media's");
	put_text("boot/fonts/segmono_boot.ttf", "the media's");
	put_text("BOOTMGR", "manager");
	gather(boot_files_from_image, &files);
	gather(boot_files_from_media, &files);
	assert_string_equal(boot_files_find(&files, "wgl4_boot.ttf")->bytes.bytes, "the image's");
	assert_non_null(boot_files_find(&files, "segmono_boot.ttf"));
	assert_non_null(boot_files_find(&files, "bootia32.efi"));
	assert_non_null(boot_files_find(&files, "bootmgr"));
	assert_int_equal(files.n_files, 5);
	boot_files_clear(&files);
}

static void what_cannot_be_used_is_said(void **state)
{
	(void)state;
	struct boot_files files = {0};
	put_text("Windows/Boot/EFI/bootmgfw.efi", "MZ, but no program");
	put_text("Windows/Boot/EFI/boot.stl", "");
	put("Windows/Boot/PXE/pxeboot.n12/inside", "", 0);
	char link[512];
	(void)snprintf(link, sizeof(link), "%s/Windows/Boot/PXE/bootmgr.exe", root);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	put_text("Windows/Boot/Fonts/bad name.ttf", "font");
	put_text("Windows/Boot/Fonts/\xc3\xa4.ttf", "font");
	gather(boot_files_from_image, &files);
	assert_int_equal(files.n_files, 0);
	assert_int_equal(files.n_notes, 4);
	assert_non_null(strstr(files.notes[0], "no EFI program"));
	assert_non_null(strstr(files.notes[1], "empty"));
	assert_non_null(strstr(files.notes[2], "leads out of the folder"));
	assert_non_null(strstr(files.notes[3], "ordinary file"));
	boot_files_clear(&files);
}

static void media_are_found_in_any_spelling(void **state)
{
	(void)state;
	static const struct {
		const char *path, *wim_path;
	} cases[] = {
		{"SOURCES/BOOT.WIM", "sources/boot.wim"},
		{"Media/Sources/boot.wim", "sources/boot.wim"},
		{"Boot.wim", "boot.wim"},
	};
	char whole[64];
	(void)snprintf(whole, sizeof(whole), "%s", root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(source_closep) struct source *source = NULL;
		(void)snprintf(root, sizeof(root), "%.50s/%zu", whole, i);
		assert_int_equal(mkdir(root, 0755), 0);
		put_text(cases[i].path, "a WIM");
		struct error err = ERROR_NULL;
		assert_int_equal(source_open(root, &source, &err), 0);
		assert_string_equal(source_wim_path(source), cases[i].wim_path);
		assert_string_equal(source_kind(source), "folder");
		CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(5);
		assert_int_equal(source_read(source, source_wim_path(source), &bytes, &err), 0);
		assert_string_equal(bytes.bytes, "a WIM");
		CLEANUP(buffer_free) struct buffer small = buffer_with_max(4);
		assert_int_equal(
			source_read(source, source_wim_path(source), &small, &err), -EFBIG);
		assert_int_equal(source_read(source, "no/such", &small, &err), -ENOENT);
		assert_int_equal(source_read(source, "../0/Boot.wim", &small, &err), -ENOENT);
	}
	(void)snprintf(root, sizeof(root), "%s", whole);
	struct source *none = NULL;
	struct error err = ERROR_NULL;
	assert_int_equal(source_open(root, &none, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no sources/boot.wim"));
	assert_int_equal(source_open("/dev/null", &none, &err), -EMEDIUMTYPE);
	assert_int_equal(source_open("/nonexistent", &none, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_image_brings_its_own, make_root, remove_root),
		cmocka_unit_test_setup_teardown(
			the_machine_decides_the_name, make_root, remove_root),
		cmocka_unit_test_setup_teardown(
			the_image_goes_before_the_media, make_root, remove_root),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_used_is_said, make_root, remove_root),
		cmocka_unit_test_setup_teardown(
			media_are_found_in_any_spelling, make_root, remove_root),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
