/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter explain` itself, over a state directory made here: what it says of a machine that the
 * command line describes, and of packets of real machines in a capture. */
#include "../unit.h"

#include "shell.h"

#include "base/cleanup.h"
#include "device/pci.h"
#include "store/devices.h"
#include "store/plans.h"

#include "../store/revision_samples.h"
#include "../wire/packets.h"

#include <jansson.h>

static void make_state(void)
{
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_file files[2];
	struct image_record record;
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "pe11", "base", files, &record, &err));
	(void)snprintf(files[0].name, sizeof(files[0].name), "bootx64.efi");
	(void)snprintf(files[1].name, sizeof(files[1].name), "boot.stl");
	assert_ok(store_image_add(store, &record, false, &err));
	store = store_close(store);

	/* A machine of its own, and settings that do not depend on where the test runs. */
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/test.conf", scratch_directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("[server]\naddress = 192.0.2.1\n[dhcp]\nmode = proxy\n"
			  "[boot]\nundionly =\nwimboot =\n",
			    file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Runs it and returns its exit code; what it printed in out. */
static int run(const char *args, char *out, size_t size)
{
	char command[1024];
	const char *pewter = getenv("PEWTER");
	assert_non_null(pewter); /* set by meson */
	(void)snprintf(command, sizeof(command),
		"'%s' --state '%s' --config '%s/test.conf' explain %s 2>/dev/null", pewter,
		scratch_directory, scratch_directory, args);
	return shell(command, out, size);
}

/* NULL for null. */
static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const struct {
	const char *args;
	const char *action, *path; /* NULL: null */
} machines[] = {
	{"", "serve", "b\\ID\\bootx64.efi"},
	{"--arch uefi-x64 --port server", "serve", "b\\ID\\bootx64.efi"},
	{"--arch uefi-x64-http", "serve", "http://192.0.2.1/EFI/Boot/bootx64.efi"},
	{"--vendor-class HTTPClient:Arch:00016:UNDI:003001", "serve",
		"http://192.0.2.1/EFI/Boot/bootx64.efi"},
	{"--bus-id 8086:15f3", "serve", "http://192.0.2.1/b/ID/boot.ipxe"},
	{"--arch bios --ipxe", "serve", "http://192.0.2.1/b/ID/boot.ipxe"},
	{"--arch bios", "refuse", NULL},
	{"--arch uefi-arm64", "refuse", NULL},
	{"--vendor-class udhcp", "ignore", NULL},
	{"--relay 10.1.0.1 --uuid 00112233-4455-6677-8899-aabbccddeeff", "serve",
		"b\\ID\\bootx64.efi"},
};

static void explains_machines(void **state)
{
	(void)state;
	static char out[16384];
	make_state();
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		char args[256];
		(void)snprintf(
			args, sizeof(args), "--json --mac 52:54:00:12:34:56 %s", machines[i].args);
		assert_int_equal(run(args, out, sizeof(out)), 0);
		json_t *document = json_loads(out, 0, NULL);
		assert_non_null(document);
		json_t *decision = json_object_get(document, "decision");
		const char *action = text_of(decision, "action");
		const char *path = text_of(decision, "path"), *image = text_of(decision, "image");
		assert_non_null(action);
		assert_string_equal(action, machines[i].action);
		assert_int_equal(path != NULL, machines[i].path != NULL);
		if (path != NULL) {
			assert_string_equal(path, machines[i].path);
			assert_string_equal(image, "pe11");
		}
		assert_true(json_array_size(json_object_get(document, "reasons")) > 0);
		json_decref(document);
	}
	/* For people, and what is wrong with a command line. */
	assert_int_equal(run("--mac 52:54:00:12:34:56", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "serve pe11@1 by b\\ID\\bootx64.efi\n  1. "));
	static const char *const wrong[] = {"", "--mac 52:54", "--mac 52:54:00:12:34:56 --arch vax",
		"--mac 52:54:00:12:34:56 --port 67", "--mac 52:54:00:12:34:56 --bus-id 8086",
		"--mac 52:54:00:12:34:56 more"};
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(run(wrong[i], out, sizeof(out)), 2);
	scratch_remove();
}

/* One packet from 0.0.0.0:68 to 255.255.255.255:port, as raw IP. */
static void write_record(FILE *file, const struct packet *packet, uint16_t port)
{
	uint8_t bytes[44];
	uint16_t size = (uint16_t)(28 + packet->n);
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_le32(&w, 1700000000);
	writer_le32(&w, 0);
	writer_le32(&w, size);
	writer_le32(&w, size);
	writer_be16(&w, 0x4500);
	writer_be16(&w, size);
	writer_zeros(&w, 4);
	writer_be32(&w, 0x40110000); /* TTL 64, UDP, no checksum */
	writer_be32(&w, 0);
	writer_be32(&w, 0xffffffff);
	writer_be16(&w, 68);
	writer_be16(&w, port);
	writer_be16(&w, (uint16_t)(8 + packet->n));
	writer_be16(&w, 0);
	assert_false(w.failed);
	assert_int_equal(fwrite(bytes, 1, w.at, file), w.at);
	assert_int_equal(fwrite(packet->bytes, 1, packet->n, file), packet->n);
}

/* pe11@2 drives 8086:0007 by a package, pe11 8086:100e by itself; 52:54:00:12:34:57 is lab-7, with
 * 8086:0007 and a plan for pe11@1. */
static void add_drivers(void)
{
	static const struct pci_function function = {
		.vendor = 0x8086, .device = 7, .has_class = true, .base_class = 2};
	struct error err = ERROR_NULL;
	struct store *store;
	struct revision_record revision;
	struct device_list devices = {.devices = NULL};
	struct client_record client = {
		.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x57}, .state = "approved", .name = "lab-7"};
	struct nic_id inbox = {0x8086, 0x100e, true};
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	assert_ok(sample_revision(store, "pe11", 7, 1, &revision, &err));
	assert_ok(store_revision_add(store, &revision, 1, &err));
	revision_record_clear(&revision);
	assert_ok(store_image_inbox_nics_put(store, "pe11", &(struct nic_set){&inbox, 1}, &err));
	assert_ok(store_client_put(store, &client, &err));
	assert_int_equal(pci_device(&function, device_list_add(&devices)), 0);
	assert_ok(store_client_devices_put(store, client.id, &devices, &err));
	device_list_clear(&devices);
	struct plan_record plan = {.id = "0123456789abcdef",
		.client = client.id,
		.client_name = "lab-7",
		.image = "pe11",
		.revision = 1};
	assert_ok(store_plan_put(store, &plan, &err));
	store = store_close(store);
}

static const struct {
	const char *args;
	int revision;
	const char *told_by; /* NULL: no word of a card */
	char covered;        /* "t", "f", "n" */
	const char *by, *words;
} covered[] = {
	{"--mac 52:54:00:12:34:56", 2, NULL, 0, NULL, NULL},
	{"--mac 52:54:00:12:34:56 --bus-id 8086:0007", 2, "ipxe", 't', "package", "driver package"},
	{"--mac 52:54:00:12:34:56 --bus-id 8086:100e", 2, "ipxe", 't', "image", "by itself"},
	{"--mac 52:54:00:12:34:56 --bus-id 15b3:1017", 2, "ipxe", 'f', NULL,
		"would fail with: Network initialization failed (no driver for "
		"PCI\\VEN_15B3&DEV_1017)"},
	{"--mac 52:54:00:12:34:57", 1, "client", 'f', NULL, "no driver for PCI\\VEN_8086&DEV_0007"},
};

static void tells_of_network_cards(void **state)
{
	(void)state;
	static char out[16384];
	char args[256];
	make_state();
	assert_int_equal(
		run("--json --mac 52:54:00:12:34:56 --bus-id 8086:0007", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\"covered\": null")); /* imported before anybody asked */
	add_drivers();
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++) {
		(void)snprintf(args, sizeof(args), "--json %s", covered[i].args);
		assert_int_equal(run(args, out, sizeof(out)), 0);
		json_t *document = json_loads(out, 0, NULL);
		const json_t *decision = json_object_get(document, "decision");
		const json_t *card = json_object_get(decision, "network_card");
		assert_string_equal(text_of(decision, "action"), "serve");
		assert_int_equal(json_integer_value(json_object_get(decision, "revision")),
			covered[i].revision);
		assert_int_equal(json_is_object(card), covered[i].told_by != NULL);
		if (covered[i].told_by != NULL) {
			const json_t *answer = json_object_get(card, "covered");
			const char *by = text_of(card, "by");
			assert_string_equal(text_of(card, "told_by"), covered[i].told_by);
			assert_true(json_is_true(answer) == (covered[i].covered == 't'));
			assert_true(json_is_false(answer) == (covered[i].covered == 'f'));
			assert_string_equal(
				by != NULL ? by : "", covered[i].by != NULL ? covered[i].by : "");
			assert_non_null(strstr(text_of(card, "text"), covered[i].words));
		}
		json_decref(document);
	}
	assert_int_equal(run("--mac 52:54:00:12:34:56 --bus-id 15b3:1017", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "served all the same"));

	/* What the daemon would refuse, it says so too. */
	(void)snprintf(args, sizeof(args), "echo 'uncovered = refuse' >>'%s/test.conf'",
		scratch_directory);
	assert_int_equal(shell(args, out, sizeof(out)), 0);
	assert_int_equal(run("--mac 52:54:00:12:34:57", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "refuse\n"));
	assert_non_null(strstr(out, "`pewter prepare 52:54:00:12:34:57`"));
	scratch_remove();
}

static void replays_captures(void **state)
{
	(void)state;
	static const uint8_t head[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff, 0xff, 0, 0, 101, 0, 0, 0};
	static char out[32768];
	char path[128], args[256];
	struct packet packet;
	make_state();
	(void)snprintf(path, sizeof(path), "%s/boot.pcap", scratch_directory);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(head, 1, sizeof(head), file), sizeof(head));
	sample_edk2(&packet, DHCP_DISCOVER);
	write_record(file, &packet, 67);
	sample_edk2(&packet, DHCP_REQUEST); /* to the other server: not ours to decide */
	write_record(file, &packet, 67);
	write_record(file, &packet, 4011);
	sample_ipxe(&packet, DHCP_DISCOVER);
	write_record(file, &packet, 67);
	sample_ordinary(&packet, DHCP_DISCOVER);
	write_record(file, &packet, 67);
	assert_int_equal(fclose(file), 0);

	static const struct {
		int number;
		const char *action, *path;
	} wanted[] = {
		{1, "serve", "b\\ID\\bootx64.efi"},
		{3, "serve", "b\\ID\\bootx64.efi"},
		{4, "serve", "http://192.0.2.1/b/ID/boot.ipxe"},
		{5, "ignore", NULL},
	};
	(void)snprintf(args, sizeof(args), "--json --pcap '%s'", path);
	assert_int_equal(run(args, out, sizeof(out)), 0);
	json_t *document = json_loads(out, 0, NULL);
	json_t *packets = json_object_get(document, "packets");
	assert_int_equal(json_array_size(packets), ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const json_t *one = json_array_get(packets, i);
		const json_t *decision = json_object_get(one, "decision");
		const char *action = text_of(decision, "action");
		const char *where = text_of(decision, "path");
		assert_int_equal(
			json_integer_value(json_object_get(one, "number")), wanted[i].number);
		assert_string_equal(text_of(one, "mac"), "52:54:00:12:34:56");
		assert_non_null(action);
		assert_string_equal(action, wanted[i].action);
		assert_int_equal(where != NULL, wanted[i].path != NULL);
		if (where != NULL)
			assert_string_equal(where, wanted[i].path);
	}
	json_decref(document);
	assert_int_equal(run("--pcap /dev/null", out, sizeof(out)), 1);
	assert_int_equal(run("--pcap /nowhere", out, sizeof(out)), 1);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_machines),
		cmocka_unit_test(tells_of_network_cards),
		cmocka_unit_test(replays_captures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
