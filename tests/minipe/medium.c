/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the medium that the firmware loaded us from: its own file system driver reads them. */
#include "fetch.h"
#include "firmware.h"

static struct efi_file *root;

static efi_status open_file(const char *path, struct efi_file **ret_file)
{
	static char16 wide[STATION_PATH_BYTES + 1];
	size_t n = 0;

	for (; path[n] && n < STATION_PATH_BYTES; n++)
		wide[n] = path[n] == '/' ? '\\' : (char16)(uint8_t)path[n];
	wide[n] = 0;
	return root->open(root, ret_file, wide, EFI_FILE_MODE_READ, 0);
}

/* A folder has no end to go to, and is not what anybody asks for here. */
static efi_status size_of(struct efi_file *file, uint64_t *ret_size)
{
	efi_status status = file->set_position(file, EFI_FILE_END);

	if (!efi_failed(status))
		status = file->get_position(file, ret_size);
	if (!efi_failed(status))
		status = file->set_position(file, 0);
	return status;
}

static enum fetch_result open_sized(
	const char *path, struct efi_file **ret_file, uint64_t *ret_size)
{
	efi_status status = open_file(path, ret_file);

	if (status == EFI_NOT_FOUND)
		return FETCH_ABSENT;
	if (efi_failed(status))
		return FETCH_BROKEN;
	if (!efi_failed(size_of(*ret_file, ret_size)))
		return FETCH_OK;
	(*ret_file)->close(*ret_file);
	return FETCH_BROKEN;
}

static enum fetch_result probe(const char *path, uint64_t *ret_size)
{
	struct efi_file *file;
	enum fetch_result result = open_sized(path, &file, ret_size);

	if (result == FETCH_OK)
		file->close(file);
	return result;
}

static enum fetch_result read(
	const char *path, const struct fetch_tuning *tuning, struct bytes *ret_data)
{
	struct efi_file *file;
	uint64_t size;
	enum fetch_result result = open_sized(path, &file, &size);
	uintn got = size;
	uint8_t *data;

	(void)tuning;
	if (result != FETCH_OK)
		return result;
	data = allocate((size_t)size);
	if (!data || efi_failed(file->read(file, &got, data)) || got != size)
		result = FETCH_BROKEN;
	file->close(file);
	if (result == FETCH_OK)
		*ret_data = (struct bytes){data, (size_t)size};
	return result;
}

const struct fetch_ways *fetch_from_medium(const struct station *station)
{
	static const struct fetch_ways ways = {probe, read};
	bool is_cd;
	const struct fetch_ways *cd = fetch_from_cd(station->device, &is_cd);
	struct efi_simple_file_system *volume =
		protocol(station->device, &EFI_SIMPLE_FILE_SYSTEM_GUID);

	if (is_cd)
		return cd;
	if (!volume || efi_failed(volume->open_volume(volume, &root)))
		return NULL;
	return &ways;
}
