/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/usb.h"

#include "adapter/crypto.h"
#include "format/fat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Numbers by which systems tell disks and volumes apart: out of what the medium is, so that two
 * media have different ones, and the same medium always the same. */
struct numbers {
	uint32_t signature, serial;
	struct guid disk, partition;
};

static int out_of_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* RFC 4122, version 8 (of one's own making). */
static void make_guid(const uint8_t *bytes, struct guid *guid)
{
	memcpy(guid->bytes, bytes, sizeof(guid->bytes));
	guid->bytes[7] = (uint8_t)((guid->bytes[7] & 0x0f) | 0x80);
	guid->bytes[8] = (uint8_t)((guid->bytes[8] & 0x3f) | 0x80);
}

static uint32_t make_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24 | 1; /* never 0, which means none */
}

static int make_numbers(const struct medium *medium, struct numbers *numbers, struct error *err)
{
	const struct medium_file *file = medium_find(medium, MEDIUM_IDENTITY_PATH);
	uint8_t identity[LIMIT_MEDIUM_JSON_BYTES], digest[SHA256_BYTES];
	const size_t n = file != NULL ? (size_t)view_size(file->view) : 0;
	if (n > sizeof(identity) || (n > 0 && view_read(file->view, 0, identity, n) < 0) ||
		sha256_of(identity, n, digest) < 0)
		return out_of_memory(err);
	make_guid(digest, &numbers->disk);
	make_guid(digest + 16, &numbers->partition);
	numbers->signature = make_u32(digest + 4);
	numbers->serial = make_u32(digest + 20);
	return 0;
}

/* The end, which says the revision, is worth more than the image's whole name. */
void usb_label(const struct medium *medium, char label[static USB_LABEL_BYTES])
{
	const size_t room = USB_LABEL_BYTES - 1;
	const char *end = strrchr(medium->label, '_');
	const size_t n_end = end != NULL && strlen(end) <= room ? strlen(end) : 0;
	size_t n_start = strlen(medium->label) - n_end;
	if (n_start > room - n_end)
		n_start = room - n_end;
	(void)snprintf(
		label, room + 1, "%.*s%s", (int)n_start, medium->label, n_end > 0 ? end : "");
}

static int make_volume(const struct usb_request *request, const struct numbers *numbers,
	struct view **ret_view, struct error *err)
{
	const struct medium *medium = request->medium;
	const uint64_t overhead = disk_overhead(request->scheme);
	char label[USB_LABEL_BYTES];
	struct fat_request volume = {
		.n_files = medium->n_files,
		.label = label,
		.serial = numbers->serial,
		.time = (uint64_t)(request->now_ms / 1000),
		.hidden_sectors = PARTITION_FIRST_SECTOR,
		/* What Windows formats sticks with, and what all firmware has been tried with. */
		.must_be_32 = true,
	};
	if (request->size_bytes != 0 && request->size_bytes <= overhead)
		return error_set(err, -ENOSPC, "a disk of %llu bytes has no room for files",
			(unsigned long long)request->size_bytes);
	if (request->size_bytes != 0)
		volume.volume_bytes = request->size_bytes - overhead;
	usb_label(medium, label);
	CLEANUP(memory_freep)
	struct fat_file *files = calloc(medium->n_files, sizeof(*files));
	if (files == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < medium->n_files; i++)
		files[i] = (struct fat_file){
			.path = medium->files[i].path, .view = medium->files[i].view};
	volume.files = files;
	return fat_build(&volume, ret_view, err);
}

int usb_build(const struct usb_request *request, struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *volume = NULL;
	struct numbers numbers;
	if (!request->medium->boots_uefi)
		return error_set(
			err, -EOPNOTSUPP, "UEFI could not start it: %s", request->medium->missing);
	int rc = make_numbers(request->medium, &numbers, err);
	if (rc == 0)
		rc = make_volume(request, &numbers, &volume, err);
	if (rc < 0)
		return rc;
	const struct disk_request disk = {
		.scheme = request->scheme,
		.volume = volume,
		.mbr_type = MBR_TYPE_FAT32_LBA,
		.signature = numbers.signature,
		.disk = numbers.disk,
		.partition = numbers.partition,
		.name = "Pewter boot medium",
	};
	return disk_build(&disk, ret_view, err);
}
