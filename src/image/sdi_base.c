/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/sdi_base.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "format/pe.h"
#include "format/sdi.h"
#include "image/wim_place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTHING_IN_IT                                                                              \
	"an SDI whose volume is empty: the one that goes with a boot.wim. Import the boot.wim "    \
	"itself; Pewter makes its own boot.sdi"

/* ---- what is in it ---- */

static int read_head(int fd, struct sdi *ret_sdi, struct error *err)
{
	uint8_t head[SDI_PAGE_BYTES];
	uint64_t size;
	int rc = file_size(fd, &size);
	size_t n = rc == 0 && size < sizeof(head) ? (size_t)size : sizeof(head);
	if (rc == 0)
		rc = file_read_at(fd, 0, head, n);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc))
		      : sdi_read(head, n, size, ret_sdi, err);
}

static int read_sector(int fd, uint64_t offset, uint64_t length, uint8_t *sector, struct error *err)
{
	if (length < VOLUME_SECTOR_BYTES)
		return error_set(err, -EBADMSG, "SDI: its volume has %llu bytes",
			(unsigned long long)length);
	int rc = file_read_at(fd, offset, sector, VOLUME_SECTOR_BYTES);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

/* Sets the place of the first volume on the disk in an SDI. */
static int find_on_disk(
	int fd, const struct sdi_blob *disk, struct sdi_content *content, struct error *err)
{
	uint8_t sector[VOLUME_SECTOR_BYTES];
	uint64_t offset;
	int rc = read_sector(fd, disk->offset, disk->size, sector, err);
	if (rc < 0)
		return rc;
	if (!volume_first_partition(sector, disk->size, &offset, &content->length))
		return error_set(err, -EBADMSG,
			"SDI: no partition on the disk in it (DISK, at offset %llu), or it is not "
			"inside the disk",
			(unsigned long long)disk->offset);
	content->offset = disk->offset + offset;
	return 0;
}

static int know_volume(int fd, struct sdi_content *content, struct error *err)
{
	uint8_t sector[VOLUME_SECTOR_BYTES];
	struct volume volume;
	int rc = read_sector(fd, content->offset, content->length, sector, err);
	if (rc < 0)
		return rc;
	volume_read(sector, &volume);
	if (volume.kind == VOLUME_NONE)
		return error_set(err, -EMEDIUMTYPE,
			"an SDI whose volume (at offset %llu) is neither NTFS nor FAT",
			(unsigned long long)content->offset);
	if (volume.bytes > content->length)
		return error_set(err, -EBADMSG,
			"SDI: its volume has %llu bytes by its own boot sector, and only %llu "
			"are there: it is cut",
			(unsigned long long)volume.bytes, (unsigned long long)content->length);
	content->file_system = volume.kind;
	return 0;
}

int sdi_content_find(int fd, struct sdi_content *ret_content, struct error *err)
{
	struct sdi sdi;
	struct sdi_content content = {.is_wim = false};
	int rc = read_head(fd, &sdi, err);
	if (rc < 0)
		return rc;
	const struct sdi_blob *wim = sdi_find(&sdi, "WIM"), *part = sdi_find(&sdi, "PART");
	const struct sdi_blob *disk = sdi_find(&sdi, "DISK");
	const struct sdi_blob *found = wim != NULL ? wim : part;
	if (found == NULL && disk == NULL)
		return error_set(err, -EMEDIUMTYPE,
			"an SDI with neither a volume (PART), nor a disk (DISK), nor a WIM in it");
	if (found != NULL) {
		content.is_wim = found == wim;
		content.offset = found->offset;
		content.length = found->size;
	} else {
		rc = find_on_disk(fd, disk, &content, err);
	}
	if (rc == 0 && !content.is_wim)
		rc = know_volume(fd, &content, err);
	if (rc == 0)
		*ret_content = content;
	return rc;
}

/* ---- a file within the file ---- */

static int take_out(const struct base_request *request, const struct sdi_content *content,
	int *ret_fd, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	int rc = store_blob_create(request->store, &fd, err);
	if (rc < 0)
		return rc;
	rc = file_copy_part(request->fd, content->offset, fd, content->length, request->progress);
	if (rc < 0)
		return error_set(err, rc, "copying out of the SDI: %s", strerror(-rc));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int sdi_take_wim(const struct base_request *request, const struct sdi_content *content, int *ret_fd,
	struct error *err)
{
	return take_out(request, content, ret_fd, err);
}

/* ---- the system in the volume ---- */

static bool read_program(struct wim_place *place, const char *path, struct wim_image *image)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_LOADER_FILE_BYTES);
	const struct boot_place files = wim_place_of(place);
	struct pe_head head;
	if (files.read(files.context, path, &bytes, NULL) < 0 || bytes.size == 0 ||
		pe_head_parse(bytes.bytes, bytes.size, &head) < 0)
		return false;
	const char *arch = pe_machine_arch(head.machine);
	if (image->arch[0] == 0 && arch != NULL)
		(void)text_copy(image->arch, sizeof(image->arch), arch);
	if (!image->has_version)
		image->has_version = pe_file_version(bytes.bytes, bytes.size, image->version);
	return true;
}

static int found_entry(void *context, const struct wim_entry *entry)
{
	(void)entry;
	*(bool *)context = true;
	return 0;
}

static bool holds(const struct base *base, const char *path)
{
	bool found = false;
	return wim_file_look(base->wim, 1, path, found_entry, &found, NULL) == 0 && found;
}

/* A Windows that the boot manager of Windows can start: it has a winload. Windows PE 1.x and XP
 * Embedded, for which SDIs were made first, are started by an NTLDR. */
static int look_at_system(const struct base_request *request, struct base *base, struct error *err)
{
	static const char *const programs[] = {"Windows/System32/ntoskrnl.exe",
		"Windows/System32/Boot/winload.efi", "Windows/System32/Boot/winload.exe",
		"Windows/System32/winload.efi", "Windows/System32/winload.exe"};
	struct wim_place place = {.wim = base->wim, .scratch = scratch_folder(request->scratch)};
	bool has_loader = false;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		has_loader |= read_program(&place, programs[i], &base->image) && i > 0;
	if (has_loader) {
		if (!holds(base, "Windows/System32/winpeshl.exe"))
			(void)text_copy(base->note, sizeof(base->note),
				"the volume holds a Windows that is no Windows PE: it will hardly "
				"run from memory");
		return 0;
	}
	if (holds(base, "ntldr") || holds(base, "minint") || holds(base, "i386"))
		return error_set(err, -EMEDIUMTYPE,
			"an SDI with a Windows PE 1.x or XP Embedded in it, which only an NTLDR "
			"starts: Pewter boots Windows PE 2.0 and later");
	if (holds(base, "Windows"))
		return error_set(err, -EMEDIUMTYPE,
			"an SDI whose volume holds \\Windows but no winload.exe or winload.efi in "
			"its System32 or System32\\Boot: nothing could start it");
	return error_set(err, -EMEDIUMTYPE, NOTHING_IN_IT);
}

/* Opens the volume to look into it: NTFS, through a copy with nothing around it. */
static int open_volume(const struct base_request *request, const struct sdi_content *content,
	struct base *base, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	char path[PATH_MAX];
	struct error why = ERROR_NULL;
	int rc = take_out(request, content, &fd, err);
	if (rc == 0)
		rc = scratch_path(request->scratch, fd, "volume.ntfs", path, sizeof(path), err);
	if (rc < 0)
		return rc;
	rc = wim_file_open_volume(path, &base->wim, &why);
	if (rc == -EOPNOTSUPP) {
		(void)text_copy(base->note, sizeof(base->note), why.text);
		return 0;
	}
	return rc < 0 ? error_set(err, rc, "SDI: %s", why.text)
		      : look_at_system(request, base, err);
}

int sdi_base_make(const struct base_request *request, const struct sdi_content *content,
	struct base *ret_base, struct error *err)
{
	CLEANUP(base_clear)
	struct base base = {.fd = -1, .image = {.index = 1, .name = "SDI"}, .source_index = 0};
	uint64_t size;
	int rc =
		content->file_system == VOLUME_NTFS ? open_volume(request, content, &base, err) : 0;
	if (rc < 0)
		return rc;
	rc = file_size(request->fd, &size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	rc = store_blob_create(request->store, &base.fd, err);
	if (rc < 0)
		return rc;
	rc = file_copy(request->fd, base.fd, size, request->progress);
	if (rc < 0)
		return error_set(err, rc, "copying the SDI: %s", strerror(-rc));
	*ret_base = base;
	base = (struct base){.fd = -1};
	return 0;
}
