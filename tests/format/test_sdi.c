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
	for (size_t n = 0; n < SDI_PAGE_BYTES; n++) {
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

	sdi = (struct sdi){.n_blobs = SDI_BLOBS_MAX};
	for (size_t i = 0; i < SDI_BLOBS_MAX; i++)
		sdi.blobs[i].type[0] = (char)('A' + i);
	sdi_write_head(&sdi, head);
	head[0x400 + 64 * SDI_BLOBS_MAX] = 'X';
	assert_int_equal(sdi_read(head, sizeof(head), 1U << 30, &ignored, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "more than"));
}

#define MIB 0x100000ULL

static const struct {
	struct sdi_blob blobs[3];
	const char *words; /* NULL: it is right */
} tables[] = {
	{{{"PART", 0, 4096, MIB, 7}}, NULL}, /* right behind the table, as sdimgr writes it */
	{{{"BOOT", 0, 4096, 4096, 0}, {"LOAD", 0, 8192, 4096, 0}, {"PART", 0, 12288, MIB, 7}},
		NULL},
	{{{"PART", 0, 8192, MIB, 7}, {"WIM", 0, 8192 + MIB, 0, 0}}, NULL},
	{{{"PART", 0, 8192, MIB, 7}, {"WIM", 0, 8192, 0, 0}}, NULL}, /* empty: only a place */
	{{{"PART", 0, 1U << 30, 0, 7}}, NULL},
	{{{"PART", 0, 0, MIB, 7}},
		"entry 1 (at offset 0x400), PART with 1048576 bytes at 0, lies in"},
	{{{"PART", 0, 4095, MIB, 7}}, "in the header"},
	{{{"PART", 0, 8192, MIB, 7}, {"WIM", 0, MIB, 4096, 0}},
		"entry 2 (at offset 0x440), WIM with 4096 bytes at 1048576, overlaps"},
	{{{"PART", 0, MIB, 4096, 7}, {"WIM", 0, 8192, MIB, 0}}, "overlaps"},
	{{{"PART", 0, MIB, 4096, 7}, {"WIM", 0, MIB, 4096, 0}}, "overlaps"},
	{{{"PART", 0, 8192, 4096, 7}, {"PART", 0, MIB, 4096, 7}}, "second of its kind"},
	{{{"PART", 0, 8192, 1ULL << 56, 7}}, "past the end"},
	{{{"PART", 0, 1ULL << 56, 1, 7}}, "past the end"},
	{{{"PART", 0, 1U << 30, 1, 7}}, "past the end"},
	{{{"PART", 0, UINT64_MAX, 8193, 7}}, "past the end"},
};

static void holds_the_table_against_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct sdi sdi = {.alignment_pages = 1}, read;
		struct error err = ERROR_NULL;
		uint8_t head[SDI_HEAD_BYTES];
		while (sdi.n_blobs < 3 && tables[i].blobs[sdi.n_blobs].type[0] != 0) {
			sdi.blobs[sdi.n_blobs] = tables[i].blobs[sdi.n_blobs];
			sdi.n_blobs++;
		}
		sdi_write_head(&sdi, head);
		int rc = sdi_read(head, sizeof(head), 1U << 30, &read, &err);
		print_message("%zu: %s\n", i, err.text);
		assert_int_equal(rc, tables[i].words == NULL ? 0 : -EBADMSG);
		if (tables[i].words != NULL)
			assert_non_null(strstr(err.text, tables[i].words));
	}
}

static void finds_blobs(void **state)
{
	(void)state;
	struct sdi sdi;
	sdi_plan_boot(4096, &sdi);
	assert_ptr_equal(sdi_find(&sdi, "PART"), &sdi.blobs[0]);
	assert_null(sdi_find(&sdi, "WIM")); /* empty */
	assert_null(sdi_find(&sdi, "DISK"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_what_windows_has),
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(refuses_what_does_not_add_up),
		cmocka_unit_test(holds_the_table_against_itself),
		cmocka_unit_test(finds_blobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
