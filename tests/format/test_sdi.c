/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "format/sdi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The boot.sdi of Windows holds 3,161,088 bytes of NTFS, is 3,170,304 bytes long, and its checksum
 * is 0x39. */
static void plans_what_windows_has(void **state)
{
	(void)state;
	struct sdi sdi;
	uint8_t head[SDI_HEAD_BYTES];
	sdi_plan_boot(3161088, &sdi);
	sdi_write_head(&sdi, head);
	assert_memory_equal(head, "$SDI0001", 8);
	assert_int_equal(head[0x70], 2);
	assert_int_equal(head[0x1f8], 0x39);
	assert_memory_equal(head + 0x400, "PART\0\0\0\0\0\0\0\0\0\0\0\0\x00\x20\0\0\0\0\0\0", 24);
	assert_memory_equal(head + 0x418, "\x00\x3c\x30\0\0\0\0\0\x07\0\0\0\0\0\0\0", 16);
	assert_memory_equal(
		head + 0x440, "WIM\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x60\x30\0\0\0\0\0", 24);
	assert_int_equal(sdi.blobs[1].offset, 3170304);
}

static void reads_what_it_writes(void **state)
{
	(void)state;
	struct sdi sdi, again;
	uint8_t head[SDI_HEAD_BYTES];
	struct error err = ERROR_NULL;
	sdi_plan_boot(1572864, &sdi);
	sdi_write_head(&sdi, head);
	assert_int_equal(sdi_read(head, sizeof(head), sdi.blobs[1].offset, &again, &err), 0);
	assert_int_equal(again.n_blobs, 2);
	assert_string_equal(again.blobs[0].type, "PART");
	assert_int_equal(again.blobs[0].offset, SDI_HEAD_BYTES);
	assert_int_equal(again.blobs[0].size, 1572864);
	assert_int_equal(again.blobs[0].base, SDI_BASE_NTFS);
	assert_string_equal(again.blobs[1].type, "WIM");
	assert_int_equal(again.alignment_pages, 2);
}

static void refuses_what_is_cut(void **state)
{
	(void)state;
	struct sdi sdi;
	uint8_t head[SDI_HEAD_BYTES];
	sdi_plan_boot(1572864, &sdi);
	sdi_write_head(&sdi, head);
	for (size_t n = 0; n < sizeof(head); n++) {
		uint8_t *copy = malloc(n + 1); /* exact, for the sanitizers */
		struct error err = ERROR_NULL;
		assert_non_null(copy);
		memcpy(copy, head, n);
		assert_int_equal(sdi_read(copy, n, 1U << 30, &sdi, &err), -EBADMSG);
		assert_true(err.text[0] != 0);
		free(copy);
	}
}

static void refuses_what_does_not_add_up(void **state)
{
	(void)state;
	struct sdi sdi, ignored;
	uint8_t head[SDI_HEAD_BYTES];
	struct error err = ERROR_NULL;
	sdi_plan_boot(1572864, &sdi);

	sdi_write_head(&sdi, head);
	head[0x30] ^= 1;
	assert_int_equal(sdi_read(head, sizeof(head), 1U << 30, &ignored, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "checksum"));

	sdi_write_head(&sdi, head); /* the file is shorter than its volume */
	assert_int_equal(sdi_read(head, sizeof(head), 1572864, &ignored, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "past the end"));

	sdi.blobs[0].size = UINT64_MAX;
	sdi_write_head(&sdi, head);
	assert_int_equal(sdi_read(head, sizeof(head), 1U << 30, &ignored, &err), -EBADMSG);

	sdi_plan_boot(1572864, &sdi);
	sdi_write_head(&sdi, head);
	for (size_t i = 0; i <= SDI_BLOBS_MAX; i++)
		memcpy(head + 0x400 + 64 * i, head + 0x400, 64);
	assert_int_equal(sdi_read(head, sizeof(head), 1U << 30, &ignored, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "more than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_what_windows_has),
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(refuses_what_does_not_add_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
