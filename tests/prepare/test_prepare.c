/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which image a machine is prepared for, and what is refused before anything is made. What is made
 * is tests/system/prepare's. */
#include "../unit.h"

#include "../store/scratch.h"
#include "base/text.h"
#include "prepare/prepare.h"
#include "store/devices.h"

#include <errno.h>
#include <stdio.h>

static struct store *store;

static void add_image(const char *name, const char *arch, bool is_sdi)
{
	struct error err = ERROR_NULL;
	struct image_record image = {.version = "10.0.22621.1", .winpe = "11", .is_sdi = is_sdi};
	(void)text_copy(image.name, sizeof(image.name), name);
	(void)text_copy(image.arch, sizeof(image.arch), arch);
	assert_ok(store_blob_add_bytes(store, name, strlen(name), &image.base, &err));
	assert_ok(store_image_add(store, &image, false, &err));
}

static void add_client(const char *name, const char *image, uint8_t number, const char *booted_as)
{
	struct error err = ERROR_NULL;
	struct client_record client = {.mac = {2, 0, 0, 0, 0, number}, .state = "approved"};
	struct device_list devices = {0};
	(void)text_copy(client.name, sizeof(client.name), name);
	(void)text_copy(client.image, sizeof(client.image), image);
	assert_ok(store_client_put(store, &client, &err));
	assert_int_equal(
		device_add_hardware_id(device_list_add(&devices), "PCI\\VEN_8086&DEV_100E&CC_0200"),
		0);
	assert_ok(store_client_devices_put(store, client.id, &devices, &err));
	device_list_clear(&devices);
	if (booted_as == NULL)
		return;
	struct boot_record boot = {.verdict = "booted", .started_ms = 1, .last_ms = 1};
	(void)snprintf(boot.id, sizeof(boot.id), "aaaaaaaaaa%02u", number);
	(void)text_copy(boot.arch, sizeof(boot.arch), booted_as);
	memcpy(boot.mac, client.mac, sizeof(boot.mac));
	assert_ok(store_boot_put(store, &boot, &err));
}

static int start(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	return store_open(scratch_make(), STORE_CREATE, &store, &err);
}

static int stop(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

struct row {
	const char *client, *image, *standard;
	const char *answer; /* the image, or what the error says */
	const char *why;    /* NULL: it is an error */
};

static void check(const struct row *row)
{
	struct error err = ERROR_NULL;
	struct prepare_result result;
	const struct prepare_request request = {
		.store = store,
		.image = row->image,
		.default_image = row->standard,
		.dry_run = true,
	};
	int rc = prepare(&request, &(struct prepare_client){.word = row->client}, &result, &err);
	if ((rc < 0) != (row->why == NULL))
		fail_msg("%s: %d %s", row->client, rc, err.text);
	if (rc < 0) {
		if (strstr(err.text, row->answer) == NULL)
			fail_msg("%s: %s", row->client, err.text);
		return;
	}
	assert_string_equal(result.outcome.plan.image, row->answer);
	assert_string_equal(result.why_image, row->why);
	assert_int_equal(result.outcome.plan.n_uncovered_nics, 1);
	assert_false(result.made_revision);
	prepare_result_clear(&result);
}

static void images_are_chosen(void **state)
{
	(void)state;
	add_image("pe64", "amd64", false);
	add_image("pe32", "x86", false);
	add_image("old", "x86", true);
	add_client("new", "", 1, NULL);
	add_client("bios", "", 2, "bios");
	add_client("x64", "", 3, "uefi-x64");
	add_client("arm", "", 4, "uefi-arm64");
	add_client("mine", "pe32", 5, "bios");
	add_client("wrong", "pe32", 6, "uefi-x64-http");
	static const struct row rows[] = {
		{"new", NULL, NULL,
			"for which boot image? Name one with --image: there are old (x86), pe32 "
			"(x86), pe64 (amd64)",
			NULL},
		{"new", "PE64", NULL, "pe64", "asked for"},
		{"new", NULL, "pe32", "pe32", "the default one"},
		{"new", NULL, "gone", "there is no boot image \"gone\" ([boot] image)", NULL},
		{"bios", NULL, NULL, "for which boot image?", NULL},
		{"x64", NULL, NULL, "pe64", "the only one for UEFI x64"},
		{"x64", NULL, "pe32", "pe64", "the only one for UEFI x64"},
		{"x64", "pe32", NULL,
			"image pe32 (--image) is for x86, and this machine's firmware (UEFI x64) "
			"cannot start it",
			NULL},
		{"arm", NULL, NULL, "no boot image is for UEFI ARM64; there are: old (x86)", NULL},
		{"mine", NULL, "pe64", "pe32", "the client's"},
		{"mine", "pe64", NULL, "pe64", "asked for"},
		{"wrong", NULL, NULL, "image pe32 (the client's) is for x86", NULL},
		/* An SDI is what it is. */
		{"new", "old", NULL, "old is an SDI image: it carries no layers", NULL},
		{"nobody", NULL, NULL, "nobody", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(images_are_chosen, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
