/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of the CD that the firmware loaded us from. What the firmware started is a FAT volume
 * inside the CD (El Torito, platform 0xEF); a boot manager takes the CD itself for its boot device
 * and reads ISO 9660 by its own means, block by block.
 */
#include "fetch.h"
#include "firmware.h"
#include "iso.h"

#define STEP_BLOCKS 512

static struct efi_block_io *drive;
static struct iso iso;

static bool read_blocks(void *context, uint32_t block, uint32_t n_blocks, void *out)
{
	(void)context;
	while (n_blocks > 0) {
		uint32_t step = n_blocks < STEP_BLOCKS ? n_blocks : STEP_BLOCKS;

		if (efi_failed(drive->read_blocks(drive, drive->media->media_id, block,
			    (uintn)step * ISO_BLOCK_BYTES, out)))
			return false;
		block += step;
		n_blocks -= step;
		out = (uint8_t *)out + (size_t)step * ISO_BLOCK_BYTES;
	}
	return true;
}

static enum fetch_result probe(const char *path, uint64_t *ret_size)
{
	struct iso_entry entry;

	if (!iso_find(&iso, path, &entry) || entry.is_folder)
		return FETCH_ABSENT;
	*ret_size = entry.size;
	return FETCH_OK;
}

static enum fetch_result read(
	const char *path, const struct fetch_tuning *tuning, struct bytes *ret_data)
{
	struct iso_entry entry;
	uint8_t *data;

	(void)tuning;
	if (!iso_find(&iso, path, &entry) || entry.is_folder)
		return FETCH_ABSENT;
	data = allocate((size_t)entry.size + ISO_BLOCK_BYTES);
	if (!data || !read_blocks(NULL, entry.block,
			     (entry.size + ISO_BLOCK_BYTES - 1) / ISO_BLOCK_BYTES, data))
		return FETCH_BROKEN;
	*ret_data = (struct bytes){data, entry.size};
	return FETCH_OK;
}

/* The volume's device path without its last node, if that is an El Torito entry (UEFI 10.3.5.2):
 * the drive's. */
static struct efi_device_path *drive_path(efi_handle volume)
{
	static uint8_t copy[1024];
	const uint8_t *path = protocol(volume, &EFI_DEVICE_PATH_GUID);
	size_t at = 0, last = 0;

	while (path && path[at] != EFI_DEVICE_PATH_END && at + 4 < sizeof(copy)) {
		size_t length = get_le16(path + at + 2);

		if (length < 4 || length > sizeof(copy) - at)
			return NULL;
		bytes_copy(copy + at, path + at, length);
		last = at;
		at += length;
	}
	if (!at || copy[last] != EFI_DEVICE_PATH_MEDIA || copy[last + 1] != EFI_DEVICE_PATH_CDROM)
		return NULL;
	bytes_copy(copy + last, "\x7f\xff\4\0", 4);
	return (struct efi_device_path *)copy;
}

const struct fetch_ways *fetch_from_cd(efi_handle volume, bool *ret_is_cd)
{
	static const struct fetch_ways ways = {probe, read};
	struct efi_device_path *path = drive_path(volume);
	efi_handle handle;
	const char *wrong;

	*ret_is_cd = path;
	if (!path ||
		efi_failed(firmware->boot->locate_device_path(&EFI_BLOCK_IO_GUID, &path, &handle)))
		return NULL;
	drive = protocol(handle, &EFI_BLOCK_IO_GUID);
	if (!drive || drive->media->block_size != ISO_BLOCK_BYTES)
		return NULL;
	iso.read = read_blocks;
	wrong = iso_open(&iso);
	if (wrong)
		print("minipe: the CD: %s\n", wrong);
	return wrong ? NULL : &ways;
}
