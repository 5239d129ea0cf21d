/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter explain` itself, over a state directory made here: what it says of a machine that the
 * command line describes, and of packets of real machines in a capture. */
#include "../unit.h"

#include "shell.h"

#include "base/cleanup.h"

#include "../store/scratch.h"
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
		cmocka_unit_test(replays_captures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
