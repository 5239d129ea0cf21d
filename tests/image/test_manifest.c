/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "image/manifest.h"

#include <errno.h>
#include <string.h>

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct revision_package packages[] = {
	{.number = 1,
		.id = ID_A,
		.inf = "e1d68x64.inf",
		.class = "Net",
		.provider = "Intel \"R\"",
		.date = 20240229,
		.version = 0x000c00130002002dU,
		.has_version = true},
	{.number = 4,
		.id = ID_B,
		.inf = "Gr\xc3\xb6\xc3\x9f"
		       "e.inf",
		.class = "HDC"},
};
static struct revision_files files[] = {{.part = ID_B, .source = "tools:\\tools"}};
static const struct revision_record revision = {
	.image = "winpe11",
	.revision = 7,
	.created_ms = 1795312800123,
	.packages = packages,
	.n_packages = ARRAY_SIZE(packages),
	.files = files,
	.n_files = ARRAY_SIZE(files),
};

static void what_is_written_can_be_read(void **state)
{
	(void)state;
	static struct plan_device devices[] = {
		{.hardware_id = "PCI\\VEN_8086&DEV_15F3",
			.class = "Net",
			.is_covered = true,
			.package = ID_A,
			.reason = "by e1d68x64.inf"},
		{.hardware_id = "PCI\\VEN_1234&DEV_0001", .class = "Net", .reason = "no package"},
	};
	const struct plan_record plan = {.id = "0123456789abcdef",
		.client_name = "lab-1",
		.devices = devices,
		.n_devices = ARRAY_SIZE(devices)};
	struct buffer out = buffer_with_max(65536);
	struct error err = ERROR_NULL;
	struct manifest manifest;
	assert_int_equal(manifest_write(&revision, ID_B, &plan, &out), 0);
	const char *text = (const char *)out.bytes;
	assert_non_null(strstr(text, "\"made\": \"2026-11-22T"));
	assert_non_null(strstr(text, "\"date\": \"2024-02-29\", \"version\": \"12.19.2.45\""));
	assert_non_null(strstr(text, "\"date\": null, \"version\": null"));
	assert_non_null(strstr(text, "Intel \\\"R\\\""));
	assert_non_null(strstr(text, "\"client\": \"lab-1\""));
	assert_non_null(strstr(text, "\"covered\": false, \"package\": null"));
	assert_int_equal(manifest_read(out.bytes, out.size, &manifest, &err), 0);
	assert_string_equal(manifest.image, "winpe11");
	assert_string_equal(manifest.base, ID_B);
	assert_int_equal(manifest.revision, 7);
	assert_int_equal(manifest.n_packages, 2);
	assert_int_equal(manifest.packages[1].number, 4);
	assert_string_equal(manifest.packages[1].id, ID_B);
	assert_string_equal(manifest.packages[1].inf, packages[1].inf);
	manifest_clear(&manifest);
	/* Cut anywhere it is none. */
	for (size_t n = 0; n < out.size - 1; n++)
		assert_true(manifest_read(out.bytes, n, &manifest, &err) < 0);
	buffer_free(&out);
}

static void others_are_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"manifest\": 1}",
		"{\"manifest\": {\"image\": \"a\"}}",
		"{\"manifest\": {\"image\": \"a\", \"revision\": 0}}",
		"{\"manifest\": {\"image\": \"a\", \"revision\": 1, \"packages\": {}}}",
		"{\"manifest\": {\"image\": \"a\", \"revision\": 1, \"packages\": [1]}}",
		"{\"manifest\": {\"image\": \"a\", \"revision\": 1, \"packages\": [{\"folder\": "
		"1}]}}",
		"{\"manifest\": {\"image\": \"a\", \"revision\": 1, \"packages\": [{\"folder\": "
		"-1, "
		"\"id\": \"a\"}]}}",
		"{\"manifest\": {\"image\": \"a\\u0000b\", \"revision\": 1}}",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct manifest manifest;
		struct error err = ERROR_NULL;
		assert_int_equal(
			manifest_read(texts[i], strlen(texts[i]), &manifest, &err), -EINVAL);
		assert_true(err.text[0] != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(others_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
