/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/medium.h"

#include "base/path.h"
#include "base/text.h"
#include "image/bcd.h"
#include "image/boot_sdi.h"
#include "image/loaders.h"
#include "image/revision_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX (2 * BOOT_FILES_MAX + 16)

/* One medium while it is made. */
struct making {
	struct store *store;
	const struct image_record *image;
	const struct revision_record *revision;
	const struct plan_record *plan;
	int64_t now_ms;
	struct medium medium;
};

void medium_clear(struct medium *medium)
{
	for (size_t i = 0; i < medium->n_files; i++)
		(void)view_unref(medium->files[i].view);
	free(medium->files);
	*medium = (struct medium){.files = NULL};
}

const struct medium_file *medium_find(const struct medium *medium, const char *path)
{
	for (size_t i = 0; i < medium->n_files; i++) {
		if (text_equal_nocase(medium->files[i].path, path))
			return &medium->files[i];
	}
	return NULL;
}

/* ---- files of all kinds ---- */

static int out_of_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* Takes the view over, on failure too. */
static int add_view(struct making *making, const char *path, struct view *view, struct error *err)
{
	struct medium *medium = &making->medium;
	if (medium->n_files == FILES_MAX) {
		(void)view_unref(view);
		return error_set(err, -E2BIG, "more than %d files for a medium", FILES_MAX);
	}
	struct medium_file *file = &medium->files[medium->n_files++];
	file->view = view;
	if (!text_copy(file->path, sizeof(file->path), path))
		return error_set(err, -ENAMETOOLONG, "%s: the path is too long", path);
	return 0;
}

static int add_blob(
	struct making *making, const char *path, const struct blob *blob, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int fd = -1;
	int rc = store_blob_open(making->store, blob->sha256, &fd, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	rc = view_new(&view);
	if (rc < 0) {
		(void)close(fd);
		return out_of_memory(err);
	}
	if (view_add_file(view, fd, 0, blob->size) < 0)
		return out_of_memory(err);
	return add_view(making, path, TAKE(view), err);
}

static int add_bytes(
	struct making *making, const char *path, const struct buffer *bytes, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_copy(view, bytes->bytes, bytes->size);
	return rc < 0 ? out_of_memory(err) : add_view(making, path, TAKE(view), err);
}

static const struct image_file *boot_file(const struct making *making, const char *name)
{
	for (size_t i = 0; i < making->image->n_files; i++) {
		if (strcmp(making->image->files[i].name, name) == 0)
			return &making->image->files[i];
	}
	return NULL;
}

static int add_boot_file(
	struct making *making, const char *path, const char *name, struct error *err)
{
	const struct image_file *file = boot_file(making, name);
	return file != NULL ? add_blob(making, path, &file->blob, err) : 0;
}

static int add_fonts(struct making *making, const char *folder, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < making->image->n_files; i++) {
		const struct image_file *file = &making->image->files[i];
		char path[128];
		if (strcmp(path_extension(file->name), ".ttf") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, file->name);
		rc = add_blob(making, path, &file->blob, err);
	}
	return rc;
}

static int add_bcd(struct making *making, const char *path, bool is_uefi, struct error *err)
{
	const struct image_bcd_parameters parameters = {
		.description = making->image->name,
		.sdi_path = "\\boot\\boot.sdi",
		.wim_path = "\\sources\\boot.wim",
		.image_sdi_path = making->image->is_sdi ? "\\boot\\image.sdi" : NULL,
		.ramdisk_offset = making->image->ramdisk_offset,
		.ramdisk_length = making->image->ramdisk_length,
		.is_uefi = is_uefi,
	};
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_BCD_BYTES);
	int rc = image_bcd_build(&parameters, &bytes, err);
	return rc < 0 ? rc : add_bytes(making, path, &bytes, err);
}

/* ---- what each firmware needs ---- */

/* UEFI 2.10, 3.5.1.1: the program that firmware starts of a removable medium, which then looks for
 * its files in \EFI\Microsoft\Boot. */
static int add_uefi(struct making *making, struct error *err)
{
	const char *word = boot_efi_word(making->image->arch);
	char name[BOOT_FILE_NAME_BYTES], path[64];
	if (word == NULL)
		return 0;
	(void)snprintf(name, sizeof(name), "boot%s.efi", word);
	(void)snprintf(path, sizeof(path), "EFI/BOOT/boot%s.efi", word);
	for (char *p = path; *p != 0; p++)
		*p = text_upper(*p);
	if (boot_file(making, name) == NULL)
		return 0;
	making->medium.boots_uefi = true;
	int rc = add_boot_file(making, path, name, err);
	if (rc == 0)
		rc = add_bcd(making, "EFI/Microsoft/Boot/BCD", true, err);
	if (rc == 0)
		rc = add_boot_file(making, "EFI/Microsoft/Boot/boot.stl", "boot.stl", err);
	if (rc == 0)
		rc = add_fonts(making, "EFI/Microsoft/Boot/Fonts", err);
	return rc;
}

static bool is_pc(const struct making *making)
{
	return strcmp(making->image->arch, "amd64") == 0 || strcmp(making->image->arch, "x86") == 0;
}

/* The boot sector, then \bootmgr, which looks for its files in \boot. */
static int add_bios(struct making *making, struct error *err)
{
	if (!is_pc(making) || boot_file(making, "bootmgr") == NULL)
		return 0;
	making->medium.boots_bios = boot_file(making, "etfsboot.com") != NULL;
	int rc = add_boot_file(making, "bootmgr", "bootmgr", err);
	if (rc == 0)
		rc = add_boot_file(making, "boot/etfsboot.com", "etfsboot.com", err);
	if (rc == 0)
		rc = add_bcd(making, "boot/bcd", false, err);
	if (rc == 0)
		rc = add_fonts(making, "boot/fonts", err);
	return rc;
}

static void say_what_is_missing(struct making *making)
{
	struct medium *medium = &making->medium;
	const char *arch = making->image->arch, *name = making->image->name;
	const bool is_sdi = making->image->is_sdi;
	const char *remedy = is_sdi ? "import it again with a medium (ISO or ADK folder) that has "
				      "them: `pewter image import SOURCE --boot-files MEDIUM --name"
				    : "import it again from the whole medium (ISO or ADK folder), "
				      "which has them: `pewter image import SOURCE --name";
	char uefi[64] = "", bios[64] = "";
	if (!medium->boots_uefi)
		(void)snprintf(uefi, sizeof(uefi), "UEFI (no boot manager for %s)", arch);
	if (!medium->boots_bios && is_pc(making))
		(void)snprintf(bios, sizeof(bios), "BIOS (no %s)",
			boot_file(making, "bootmgr") == NULL ? "bootmgr" : "etfsboot.com");
	if (uefi[0] == 0 && bios[0] == 0)
		return;
	(void)snprintf(medium->missing, sizeof(medium->missing),
		"image %s lacks the boot files of %s%s%s; %s %s --replace`", name, uefi,
		uefi[0] != 0 && bios[0] != 0 ? " and " : "", bios, remedy, name);
}

/* ---- the rest ---- */

/* The WIM is mounted on the empty volume of the boot.sdi; an SDI with a system needs no other. */
static int add_boot_sdi(struct making *making, struct error *err)
{
	CLEANUP(view_unrefp) struct view *sdi = NULL;
	size_t sdi_bytes = 0;
	const uint8_t *bytes = boot_sdi_bytes(&sdi_bytes);
	if (making->image->is_sdi)
		return 0;
	if (view_new(&sdi) < 0 || view_add_static(sdi, bytes, sdi_bytes) < 0)
		return out_of_memory(err);
	return add_view(making, "boot/boot.sdi", TAKE(sdi), err);
}

/* What becomes the RAM disk, whatever firmware the boot manager runs on. */
static int add_system(struct making *making, struct error *err)
{
	CLEANUP(view_unrefp) struct view *system = NULL;
	int rc = add_boot_sdi(making, err);
	if (rc == 0)
		rc = revision_view_open(making->store, making->revision, &system, err);
	return rc < 0 ? rc : add_view(making, medium_system_path(making->image), TAKE(system), err);
}

static int add_identity(struct making *making, struct error *err)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_MEDIUM_JSON_BYTES);
	struct medium_identity identity = {
		.revision = making->revision->revision,
		.made_ms = making->now_ms,
		.pewter = PEWTER_VERSION,
	};
	(void)text_copy(identity.image, sizeof(identity.image), making->image->name);
	(void)text_copy(identity.base, sizeof(identity.base), making->image->base.sha256);
	if (making->plan != NULL) {
		(void)text_copy(identity.plan, sizeof(identity.plan), making->plan->id);
		(void)text_copy(
			identity.client, sizeof(identity.client), making->plan->client_name);
	}
	int rc = medium_identity_write(&identity, &bytes);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", MEDIUM_IDENTITY_PATH, strerror(-rc));
	return add_bytes(making, MEDIUM_IDENTITY_PATH, &bytes, err);
}

/* The letters that ISO 9660 and FAT both have: "win11-nics", revision 3: "WIN11_NICS_R3". */
static void make_label(struct making *making)
{
	char label[2 * sizeof(making->medium.label)];
	char end[16];
	(void)snprintf(end, sizeof(end), "_R%u", making->revision->revision);
	(void)snprintf(label, sizeof(label), "%.*s%s",
		(int)(sizeof(making->medium.label) - 1 - strlen(end)), making->image->name, end);
	for (char *p = label; *p != 0; p++) {
		*p = text_upper(*p);
		if (!((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')))
			*p = '_';
	}
	(void)text_copy(making->medium.label, sizeof(making->medium.label), label);
}

int medium_make(struct store *store, const struct image_record *image,
	const struct revision_record *revision, const struct plan_record *plan, int64_t now_ms,
	struct medium *ret_medium, struct error *err)
{
	struct making making = {.store = store,
		.image = image,
		.revision = revision,
		.plan = plan,
		.now_ms = now_ms};
	making.medium.files = calloc(FILES_MAX, sizeof(*making.medium.files));
	if (making.medium.files == NULL)
		return out_of_memory(err);
	int rc = add_uefi(&making, err);
	if (rc == 0)
		rc = add_bios(&making, err);
	if (rc == 0)
		rc = add_system(&making, err);
	if (rc == 0)
		rc = add_identity(&making, err);
	if (rc < 0) {
		medium_clear(&making.medium);
		return error_prefix(err, rc, "image %s", image->name);
	}
	make_label(&making);
	say_what_is_missing(&making);
	*ret_medium = making.medium;
	return 0;
}
