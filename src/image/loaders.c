/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/loaders.h"

#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"
#include "format/pe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the table ---- */

enum rule_kind {
	RULE_FILE,        /* stored as name */
	RULE_EFI_PROGRAM, /* stored by its machine: name is the pattern, "%s" the EFI word for it */
	RULE_FONTS,       /* a folder, of which all *.ttf are taken under their own names */
};

struct rule {
	enum rule_kind kind;
	const char *path;
	const char *name;
};

/* Inside the image: what matches the system that will run, so it goes before the media's. */
static const struct rule image_rules[] = {
	{RULE_EFI_PROGRAM, "Windows/Boot/EFI/bootmgfw.efi", "boot%s.efi"},
	/* The same program signed by "Windows UEFI CA 2023", for firmware that has revoked the
	   certificate of 2011. */
	{RULE_EFI_PROGRAM, "Windows/Boot/EFI_EX/bootmgfw_EX.efi", "boot%s_ex.efi"},
	{RULE_FILE, "Windows/Boot/EFI/boot.stl", "boot.stl"},
	{RULE_FILE, "Windows/Boot/PXE/bootmgr.exe", "bootmgr.exe"},
	{RULE_FILE, "Windows/Boot/PXE/pxeboot.n12", "pxeboot.n12"},
	{RULE_FILE, "Windows/Boot/PXE/pxeboot.com", "pxeboot.com"},
	{RULE_FILE, "Windows/Boot/PXE/abortpxe.com", "abortpxe.com"},
	{RULE_FILE, "Windows/Boot/PXE/wdsnbp.com", "wdsnbp.com"},
	/* For media that BIOS starts. */
	{RULE_FILE, "Windows/Boot/PCAT/bootmgr", "bootmgr"},
	{RULE_FILE, "Windows/Boot/DVD/PCAT/etfsboot.com", "etfsboot.com"},
	{RULE_FONTS, "Windows/Boot/Fonts", NULL},
};

static const struct rule media_rules[] = {
	{RULE_EFI_PROGRAM, "EFI/Boot/bootx64.efi", "boot%s.efi"},
	{RULE_EFI_PROGRAM, "EFI/Boot/bootia32.efi", "boot%s.efi"},
	{RULE_EFI_PROGRAM, "EFI/Boot/bootaa64.efi", "boot%s.efi"},
	{RULE_EFI_PROGRAM, "EFI/Boot/bootarm.efi", "boot%s.efi"},
	{RULE_FILE, "EFI/Microsoft/Boot/boot.stl", "boot.stl"},
	{RULE_FILE, "bootmgr", "bootmgr"},
	{RULE_FILE, "Boot/etfsboot.com", "etfsboot.com"},
	{RULE_FONTS, "Boot/Fonts", NULL},
	{RULE_FONTS, "EFI/Microsoft/Boot/Fonts", NULL},
};

/* UEFI 2.10, 3.5.1.1: the file names of removable media. */
static const struct {
	const char *arch, *word;
} efi_words[] = {
	{"amd64", "x64"},
	{"x86", "ia32"},
	{"arm64", "aa64"},
	{"arm", "arm"},
};

/* ---- the list ---- */

void boot_files_clear(struct boot_files *files)
{
	for (size_t i = 0; i < files->n_files; i++)
		buffer_free(&files->files[i].bytes);
	memset(files, 0, sizeof(*files));
}

const struct boot_file *boot_files_find(const struct boot_files *files, const char *name)
{
	for (size_t i = 0; i < files->n_files; i++) {
		if (strcmp(files->files[i].name, name) == 0)
			return &files->files[i];
	}
	return NULL;
}

void boot_files_note(struct boot_files *files, const char *format, ...)
{
	if (files->n_notes == BOOT_NOTES_MAX)
		return;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(files->notes[files->n_notes++], ERROR_TEXT_BYTES, format, args);
	va_end(args);
}

int boot_files_add(
	struct boot_files *files, const char *name, struct buffer *bytes, struct error *err)
{
	if (boot_files_find(files, name) != NULL)
		return 0;
	if (files->n_files == BOOT_FILES_MAX)
		return error_set(err, -E2BIG, "more than %d boot files", BOOT_FILES_MAX);
	if (bytes->size > LIMIT_BOOT_FILES_BYTES - files->total_bytes)
		return error_set(err, -EFBIG, "the boot files have more than %d bytes together",
			LIMIT_BOOT_FILES_BYTES);
	struct boot_file *file = &files->files[files->n_files++];
	(void)text_copy(file->name, sizeof(file->name), name);
	file->bytes = *bytes;
	files->total_bytes += bytes->size;
	*bytes = buffer_with_max(bytes->max);
	return 0;
}

/* ---- gathering ---- */

static bool efi_name(
	const struct buffer *program, const char *pattern, char name[static BOOT_FILE_NAME_BYTES])
{
	struct pe_head head;
	if (program->size == 0 || pe_head_parse(program->bytes, program->size, &head) < 0)
		return false;
	const char *arch = pe_machine_arch(head.machine);
	for (size_t i = 0; arch != NULL && i < ARRAY_SIZE(efi_words); i++) {
		if (strcmp(efi_words[i].arch, arch) != 0)
			continue;
		const char *hole = strstr(pattern, "%s");
		(void)snprintf(name, BOOT_FILE_NAME_BYTES, "%.*s%s%s", (int)(hole - pattern),
			pattern, efi_words[i].word, hole + 2);
		return true;
	}
	return false;
}

static int take_file(struct boot_files *files, const struct boot_place *place,
	const struct rule *rule, const char *path, const char *name, struct error *err)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_LOADER_FILE_BYTES);
	char efi[BOOT_FILE_NAME_BYTES];
	struct error reason = ERROR_NULL;

	if (boot_files_find(files, name) != NULL)
		return 0;
	int rc = place->read(place->context, path, &bytes, &reason);
	if (rc == -ENOENT)
		return 0;
	if (rc == -ENOMEM)
		return error_set(err, rc, "%s: out of memory", path);
	if (rc < 0) {
		boot_files_note(files, "%s was left out: %s", path, reason.text);
		return 0;
	}
	if (bytes.size == 0) {
		boot_files_note(files, "%s was left out: it is empty", path);
		return 0;
	}
	if (rule->kind == RULE_EFI_PROGRAM) {
		/* The name says nothing: media of one architecture with a loader of another have
		   been seen, and firmware only says "unsupported". */
		if (!efi_name(&bytes, rule->name, efi)) {
			boot_files_note(files, "%s was left out: it is no EFI program", path);
			return 0;
		}
		name = efi;
	}
	return boot_files_add(files, name, &bytes, err);
}

struct font_names {
	size_t n;
	char names[BOOT_FILES_MAX][BOOT_FILE_NAME_BYTES];
};

static int note_font(void *context, const char *name, bool is_folder)
{
	struct font_names *fonts = context;
	if (is_folder || !text_equal_nocase(path_extension(name), ".ttf") ||
		fonts->n == BOOT_FILES_MAX)
		return 0;
	/* Clients ask in ASCII; any other name is nobody's boot font. */
	if (name[strspn(name,
		    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] != 0)
		return 0;
	if (text_copy(fonts->names[fonts->n], BOOT_FILE_NAME_BYTES, name))
		fonts->n++;
	return 0;
}

static int take_fonts(struct boot_files *files, const struct boot_place *place,
	const struct rule *rule, struct error *err)
{
	CLEANUP(memory_freep) struct font_names *fonts = calloc(1, sizeof(*fonts));
	struct error reason = ERROR_NULL;
	if (fonts == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = place->list(place->context, rule->path, note_font, fonts, &reason);
	if (rc < 0 && rc != -ENOENT)
		boot_files_note(files, "fonts were left out: %s", reason.text);
	for (size_t i = 0; i < fonts->n; i++) {
		char path[LIMIT_PATH_BYTES];
		char name[BOOT_FILE_NAME_BYTES];
		(void)snprintf(path, sizeof(path), "%s/%s", rule->path, fonts->names[i]);
		(void)text_copy(name, sizeof(name), fonts->names[i]);
		for (char *p = name; *p != 0; p++)
			*p = text_lower(*p);
		rc = take_file(files, place, rule, path, name, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int gather(struct boot_files *files, const struct boot_place *place,
	const struct rule *rules, size_t n_rules, struct error *err)
{
	for (size_t i = 0; i < n_rules; i++) {
		int rc = rules[i].kind == RULE_FONTS ? take_fonts(files, place, &rules[i], err)
						     : take_file(files, place, &rules[i],
							       rules[i].path, rules[i].name, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int boot_files_from_image(
	struct boot_files *files, const struct boot_place *image, struct error *err)
{
	return gather(files, image, image_rules, ARRAY_SIZE(image_rules), err);
}

int boot_files_from_media(
	struct boot_files *files, const struct boot_place *media, struct error *err)
{
	return gather(files, media, media_rules, ARRAY_SIZE(media_rules), err);
}

/* ---- what they are good for ---- */

const char *boot_efi_word(const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(efi_words); i++) {
		if (strcmp(efi_words[i].arch, arch) == 0)
			return efi_words[i].word;
	}
	return NULL;
}

const char *boot_file_firmware(const char *name, const char **ret_arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(efi_words); i++) {
		char plain[BOOT_FILE_NAME_BYTES];
		char newer[BOOT_FILE_NAME_BYTES];
		(void)snprintf(plain, sizeof(plain), "boot%s.efi", efi_words[i].word);
		(void)snprintf(newer, sizeof(newer), "boot%s_ex.efi", efi_words[i].word);
		if (strcmp(name, plain) == 0 || strcmp(name, newer) == 0) {
			*ret_arch = efi_words[i].arch;
			return "uefi";
		}
	}
	/* 16-bit code: it starts on any PC, and what it loads decides. */
	if (strcmp(name, "pxeboot.n12") == 0 || strcmp(name, "pxeboot.com") == 0 ||
		strcmp(name, "wdsnbp.com") == 0) {
		*ret_arch = "x86";
		return "bios";
	}
	return NULL;
}

bool boot_files_serve(const struct boot_files *files, const char *firmware, const char *arch)
{
	if (strcmp(firmware, "bios") == 0)
		return (strcmp(arch, "amd64") == 0 || strcmp(arch, "x86") == 0) &&
		       boot_files_find(files, "pxeboot.n12") != NULL &&
		       boot_files_find(files, "bootmgr.exe") != NULL;
	const char *word = boot_efi_word(arch);
	char name[BOOT_FILE_NAME_BYTES];
	if (word == NULL)
		return false;
	(void)snprintf(name, sizeof(name), "boot%s.efi", word);
	return boot_files_find(files, name) != NULL;
}
