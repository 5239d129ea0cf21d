/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot.sdi that the build made: its frame, and that what is inside is an NTFS volume. */
#include "../unit.h"

#include "format/sdi.h"
#include "image/boot_sdi.h"

#include <string.h>

static void holds_an_ntfs_volume(void **state)
{
	(void)state;
	size_t size = 0;
	const uint8_t *bytes = boot_sdi_bytes(&size);
	struct sdi sdi;
	struct error err = ERROR_NULL;
	assert_int_equal(sdi_read(bytes, size, size, &sdi, &err), 0);
	assert_int_equal(sdi.n_blobs, 2);
	assert_string_equal(sdi.blobs[0].type, "PART");
	assert_int_equal(sdi.blobs[0].size, 1572864);
	assert_int_equal(sdi.blobs[1].offset, size);
	/* Boot sector: name, bytes per sector, sectors per cluster, the last two bytes. */
	const uint8_t *volume = bytes + sdi.blobs[0].offset;
	assert_memory_equal(volume + 3, "NTFS    ", 8);
	assert_memory_equal(volume + 11, "\x00\x02\x01", 3);
	assert_memory_equal(volume + 510, "\x55\xaa", 2);
	/* The file system's table is where the boot sector says: cluster 32. */
	assert_memory_equal(volume + 0x30, "\x20\0\0\0\0\0\0\0", 8);
	assert_memory_equal(volume + (size_t)0x20 * 512, "FILE", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_an_ntfs_volume),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
