/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter prepare` of several machines: who is taken, the table, the JSON, the exit codes. What is
 * made is tests/system/prepare's. */
#include "../unit.h"

#include "pewter.h"

#include "base/text.h"
#include "store/devices.h"

static void add_client(
	struct store *store, const char *name, uint8_t number, const char *id, const char *class)
{
	struct error err = ERROR_NULL;
	struct client_record client = {.mac = {2, 0, 0, 0, 0, number}, .state = "approved"};
	struct device_list devices = {0};
	(void)text_copy(client.name, sizeof(client.name), name);
	assert_ok(store_client_put(store, &client, &err));
	if (id == NULL)
		return;
	struct device *device = device_list_add(&devices);
	assert_non_null(device);
	(void)text_copy(device->class, sizeof(device->class), class);
	assert_int_equal(device_add_hardware_id(device, id), 0);
	assert_ok(store_client_devices_put(store, client.id, &devices, &err));
	device_list_clear(&devices);
}

#define CARD "PCI\\VEN_8086&DEV_100E", "Net"
#define DISK "PCI\\VEN_8086&DEV_2822", "SCSIAdapter"

/* pc10 and one without a name have the same card, and disks none; of bare nothing is known. */
static int set_up(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_file files[2];
	struct image_record image;
	(void)scratch_make();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "pe", "a base", files, &image, &err));
	assert_ok(store_image_add(store, &image, false, &err));
	add_client(store, "pc10", 1, CARD);
	add_client(store, "pc2", 2, DISK);
	add_client(store, "", 3, CARD);
	add_client(store, "bare", 4, NULL, NULL);
	store_close(store);
	return 0;
}

/* pc10's package, for --dry-run: the base is no WIM. */
static void add_driver(void)
{
	assert_run("D=$(mktemp -d) && touch $D/a.sys && "
		   "printf '[Version]\\nSignature=\"$Windows NT$\"\\nClass=Net\\nProvider=Us\\n"
		   "DriverVer=02/28/2013,1.0\\n[Manufacturer]\\nA=M,NTamd64\\n[M.NTamd64]\\n"
		   "\"Card\"=I,PCI\\\\VEN_8086&DEV_100E\\n[I]\\nCopyFiles=@a.sys\\n' >$D/a.inf && "
		   "$P driver add $D; rm -r $D",
		0, "1 added");
}

static void the_command_line(void **state)
{
	(void)state;
	assert_run("$P prepare", 2, "takes one machine or several");
	assert_run("$P prepare --all pc2", 2, "takes --all or the names of machines, not both");
	assert_run("$P prepare pc2 pc10 --class ''", 2, "--class takes setup classes");
}

/* One that fails does not stop those behind it; each is taken once, whatever it is called. */
static void those_that_are_named(void **state)
{
	(void)state;
	add_driver();
	static const char line[] =
		"$P prepare nobody pc10 bare 02:00:00:00:00:01 02:00:00:00:00:02 nobody --dry-run";
	assert_run(line, 1,
		"NAME               BOOTS  WHAT CHANGED\n"
		"nobody                    failed: there is no client with the name, MAC address "
		"or UUID \"nobody\"\n"
		"pc10               pe@2   +1 package\n"
		"bare                      failed: no devices of bare are known, so nothing can be "
		"prepared\n"
		"02:00:00:00:00:02  pe@2   no network card known, 1 device not covered\n"
		"4 machines: 0 as before, 1 changed, 1 needs an eye, 2 failed; nothing was changed "
		"(--dry-run)\n"
		"pewter prepare: there is no client with the name, MAC address or UUID \"nobody\"; "
		"tell of it with ");
	/* In front of a sentence, unless it has the name. */
	assert_run(line, 1, "\npewter prepare: no devices of bare are known");
	assert_run(line, 1, "\npewter prepare: 02:00:00:00:00:02: pc2 has no network card");
	assert_run("$P prepare pc2 nobody --image gone", 1,
		"\npewter prepare: pc2: there is no boot image \"gone\" (--image)");
}

static void all_of_them(void **state)
{
	(void)state;
	assert_run("$P prepare --all", 3,
		"NAME               BOOTS  WHAT CHANGED\n"
		"02:00:00:00:00:03  pe@1   would fail: no driver for PCI\\VEN_8086&DEV_100E\n"
		"pc2                pe@1   no network card known, 1 device not covered\n"
		"pc10               pe@1   would fail: no driver for PCI\\VEN_8086&DEV_100E\n"
		"3 machines: 0 as before, 0 changed, 3 need an eye, 0 failed\n"
		"1 skipped, no devices of it are known; tell them with `lspci -Dvvnn | pewter "
		"client import - --name bare`\n");
	/* What is of the image, once. */
	assert_run("$P prepare --all 2>&1 | grep -c 'what image pe drives by itself is not known'",
		0, "1\n");
	add_driver();
	assert_run("$P prepare pc10 02:00:00:00:00:03 --dry-run", 0,
		"\n2 machines: 0 as before, 2 changed, 0 need an eye, 0 failed; nothing was "
		"changed");
	assert_run("$P client remove pc10; $P client remove pc2; "
		   "$P client remove 02:00:00:00:00:03; $P prepare --all",
		1,
		"pewter prepare: there is no machine whose devices are known, so nothing can be "
		"prepared; tell them with `lspci -Dvvnn | pewter client import");
}

/* Each plan is what its machine alone would print. */
static void json(void **state)
{
	(void)state;
	json_t *alone = document_of("$P --json prepare pc10", 3);
	json_t *both = document_of("$P --json prepare pc10 bare 02:00:00:00:00:03", 1);
	json_t *plans = json_object_get(both, "plans"), *failed = json_object_get(both, "failed");
	assert_int_equal(json_array_size(plans), 2);
	json_t *first = json_array_get(plans, 0);
	(void)json_object_del(json_object_get(first, "plan"), "made");
	(void)json_object_del(json_object_get(alone, "plan"), "made");
	/* It has an image of its own since. */
	assert_string_equal(json_string_value(json_object_get(alone, "why_image")), "the only one");
	assert_string_equal(json_string_value(json_object_get(first, "why_image")), "the client's");
	(void)json_object_del(alone, "why_image");
	(void)json_object_del(first, "why_image");
	assert_true(json_equal(alone, first));
	assert_int_equal(json_array_size(failed), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(failed, 0), "client")), "bare");
	assert_non_null(
		strstr(json_string_value(json_object_get(json_array_get(failed, 0), "error")),
			"; tell them with `lspci"));
	assert_int_equal(json_integer_value(json_object_get(both, "skipped")), 0);
	json_decref(alone);
	json_decref(both);
	both = document_of("$P --json prepare --all", 3);
	assert_int_equal(json_array_size(json_object_get(both, "plans")), 3);
	assert_int_equal(json_integer_value(json_object_get(both, "skipped")), 1);
	json_decref(both);
	/* How far it is, in machines. */
	assert_run("$P --json prepare --all >/dev/null", 3,
		"{\"progress\": {\"phase\": \"preparing\", \"done\": 3, \"total\": 3}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_command_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(those_that_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_of_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
