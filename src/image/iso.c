/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/iso.h"

#include "adapter/crypto.h"
#include "adapter/isofs.h"
#include "base/text.h"
#include "format/fat.h"

#include <errno.h>
#include <stdio.h>

#define UEFI_FOLDER "EFI/BOOT/"
#define BIOS_PATH   "boot/etfsboot.com"

static int out_of_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* The volume's number, out of what the medium is: the same medium has the same. */
static int make_serial(const struct medium *medium, uint32_t *ret_serial, struct error *err)
{
	const struct medium_file *file = medium_find(medium, MEDIUM_IDENTITY_PATH);
	uint8_t identity[LIMIT_MEDIUM_JSON_BYTES], digest[SHA256_BYTES];
	const size_t n = file != NULL ? (size_t)view_size(file->view) : 0;
	if (n > sizeof(identity) || (n > 0 && view_read(file->view, 0, identity, n) < 0) ||
		sha256_of(identity, n, digest) < 0)
		return out_of_memory(err);
	*ret_serial = (uint32_t)digest[0] | (uint32_t)digest[1] << 8 | (uint32_t)digest[2] << 16 |
		      (uint32_t)digest[3] << 24;
	return 0;
}

/* UEFI 2.10, 13.3.2.1: firmware reads the FAT volume only, and starts \EFI\BOOT\BOOT*.EFI of it.
 * The boot manager then takes the CD itself for its boot device. */
static int make_uefi_volume(
	const struct iso_request *request, struct view **ret_view, struct error *err)
{
	const struct medium *medium = request->medium;
	struct fat_request volume = {
		.label = "PEWTER",
		.time = (uint64_t)(request->now_ms / 1000),
	};
	CLEANUP(memory_freep)
	struct fat_file *files = calloc(medium->n_files, sizeof(*files));
	if (files == NULL)
		return out_of_memory(err);
	volume.files = files;
	for (size_t i = 0; i < medium->n_files; i++) {
		const struct medium_file *file = &medium->files[i];
		if (text_starts_nocase(file->path, UEFI_FOLDER))
			files[volume.n_files++] =
				(struct fat_file){.path = file->path, .view = file->view};
	}
	int rc = make_serial(medium, &volume.serial, err);
	return rc < 0 ? rc : fat_build(&volume, ret_view, err);
}

void iso_doubts(const struct medium *medium, char *text, size_t size)
{
	(void)snprintf(text, size, "%s", medium->missing);
	for (size_t i = 0; i < medium->n_files; i++) {
		const struct medium_file *file = &medium->files[i];
		if (view_size(file->view) >= ISO_EXTENT_BYTES)
			(void)snprintf(text, size,
				"%s has %llu bytes, and as far as is known boot managers read "
				"only files below 4 GiB of a CD: try it, or boot it from the "
				"network%s%s",
				file->path, (unsigned long long)view_size(file->view),
				medium->missing[0] != 0 ? "; " : "", medium->missing);
	}
}

int iso_build(const struct iso_request *request, struct view **ret_view, struct error *err)
{
	const struct medium *medium = request->medium;
	CLEANUP(view_unrefp) struct view *volume = NULL;
	struct isofs_request iso = {
		.label = medium->label,
		.time = (uint64_t)(request->now_ms / 1000),
		.bios_path = medium->boots_bios ? BIOS_PATH : NULL,
	};
	int rc = 0;
	if (!medium->boots_uefi && !medium->boots_bios)
		return error_set(err, -EOPNOTSUPP, "nothing could start it: %s", medium->missing);
	CLEANUP(memory_freep)
	struct isofs_file *files = calloc(medium->n_files + 1, sizeof(*files));
	if (files == NULL)
		return out_of_memory(err);
	iso.files = files;
	for (size_t i = 0; i < medium->n_files; i++)
		files[iso.n_files++] = (struct isofs_file){
			.path = medium->files[i].path, .view = medium->files[i].view};
	if (medium->boots_uefi) {
		rc = make_uefi_volume(request, &volume, err);
		if (rc < 0)
			return rc;
		files[iso.n_files++] = (struct isofs_file){.path = ISO_UEFI_PATH, .view = volume};
		iso.uefi_path = ISO_UEFI_PATH;
	}
	return isofs_build(&iso, ret_view, err);
}
