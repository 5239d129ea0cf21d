/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "../format/fat_checker.h"
#include "image/usb.h"

#include <errno.h>

static struct error err;

static struct medium medium_with(const char *label, bool boots_uefi)
{
	struct medium medium = {.files = calloc(2, sizeof(*medium.files)), .n_files = 2};
	assert_non_null(medium.files);
	medium.boots_uefi = boots_uefi;
	(void)snprintf(medium.label, sizeof(medium.label), "%s", label);
	(void)snprintf(medium.missing, sizeof(medium.missing), "import it again");
	(void)snprintf(medium.files[0].path, 256, MEDIUM_IDENTITY_PATH);
	(void)snprintf(medium.files[1].path, 256, "sources/boot.wim");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(view_new(&medium.files[i].view), 0);
	assert_int_equal(view_add_copy(medium.files[0].view, label, strlen(label)), 0);
	assert_int_equal(view_add_zeros(medium.files[1].view, 100000), 0);
	return medium;
}

static void labels_keep_the_revision(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"WIN11_R3", "WIN11_R3"},
		{"WIN11_NICS_R3", "WIN11_NI_R3"},
		{"A_LONG_NAME_R12345678", "A_R12345678"},
		{"ABCDEFGHIJKLMNOP", "ABCDEFGHIJK"},
		{"X", "X"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(medium_clear) struct medium medium = medium_with(cases[i][0], true);
		char label[USB_LABEL_BYTES];
		usb_label(&medium, label);
		assert_string_equal(label, cases[i][1]);
	}
}

static struct view *build(struct medium *medium, enum partition_scheme scheme, uint64_t size)
{
	struct view *view = NULL;
	const struct usb_request request = {
		.medium = medium, .scheme = scheme, .size_bytes = size, .now_ms = 1700000000000};
	const int rc = usb_build(&request, &view, &err);
	if (rc != 0)
		fail_msg("usb_build: %d: %s", rc, err.text);
	return view;
}

static void the_disk_is_as_large_as_was_asked_for(void **state)
{
	(void)state;
	static const struct {
		enum partition_scheme scheme;
		uint64_t size;
	} cases[] = {{PARTITION_MBR, 0}, {PARTITION_GPT, 0}, {PARTITION_MBR, 100U << 20},
		{PARTITION_GPT, 100U << 20}, {PARTITION_MBR, 16ULL << 30},
		{PARTITION_GPT, 16000000000}};
	CLEANUP(medium_clear) struct medium medium = medium_with("WIN11_R3", true);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(view_unrefp) struct view *disk = NULL, *volume = NULL;
		struct checked_volume v;
		disk = build(&medium, cases[i].scheme, cases[i].size);
		if (cases[i].size != 0)
			assert_int_equal(view_size(disk), cases[i].size);
		const uint64_t n = view_size(disk) - disk_overhead(cases[i].scheme);
		assert_int_equal(view_new(&volume), 0);
		assert_int_equal(view_add_view(volume, disk, 1U << 20, n), 0);
		fat_check(volume, &v);
		assert_int_equal(v.bits, 32);
		assert_int_equal(v.hidden, 2048);
		const struct checked_file *wim = checked_find(&v, "sources/boot.wim");
		assert_int_equal(wim->size, 100000);
		/* Blocks of a base can be shared with the file that the disk becomes. */
		assert_int_equal(
			(v.data + (uint64_t)(wim->first - 2) * v.cluster_bytes) % 65536, 0);
		checked_clear(&v);
	}
}

static void numbers_come_from_what_it_is(void **state)
{
	(void)state;
	CLEANUP(medium_clear) struct medium one = medium_with("ONE_R1", true);
	CLEANUP(medium_clear) struct medium two = medium_with("TWO_R1", true);
	CLEANUP(view_unrefp) struct view *a = build(&one, PARTITION_MBR, 0);
	CLEANUP(view_unrefp) struct view *b = build(&one, PARTITION_MBR, 0);
	CLEANUP(view_unrefp) struct view *c = build(&two, PARTITION_MBR, 0);
	static uint8_t bytes[3][(1U << 20) + 512];
	assert_int_equal(view_read(a, 0, bytes[0], sizeof(bytes[0])), 0);
	assert_int_equal(view_read(b, 0, bytes[1], sizeof(bytes[1])), 0);
	assert_int_equal(view_read(c, 0, bytes[2], sizeof(bytes[2])), 0);
	assert_memory_equal(bytes[0], bytes[1], sizeof(bytes[0]));
	assert_memory_not_equal(bytes[0] + 440, bytes[2] + 440, 4);
	assert_memory_not_equal(bytes[0] + (1U << 20) + 67, bytes[2] + (1U << 20) + 67, 4);
}

static void what_nothing_could_start_is_refused(void **state)
{
	(void)state;
	CLEANUP(medium_clear) struct medium medium = medium_with("WIN11_R3", false);
	struct view *view = NULL;
	struct usb_request request = {.medium = &medium};
	assert_int_equal(usb_build(&request, &view, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "import it again"));
	medium.boots_uefi = true;
	request.size_bytes = 1U << 20;
	assert_int_equal(usb_build(&request, &view, &err), -ENOSPC);
	request.size_bytes = 20U << 20;
	assert_int_equal(usb_build(&request, &view, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_keep_the_revision),
		cmocka_unit_test(the_disk_is_as_large_as_was_asked_for),
		cmocka_unit_test(numbers_come_from_what_it_is),
		cmocka_unit_test(what_nothing_could_start_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
