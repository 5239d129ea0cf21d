/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire/pxe: who the client says it is, however badly, and what each style of answer holds. */
#include "../unit.h"

#include "packets.h"
#include "wire/pxe.h"

#define SERVER 0x0a000002

static struct dhcp_message parsed(const struct packet *packet)
{
	struct dhcp_message message;
	assert_int_equal(dhcp_parse(packet->bytes, packet->n, &message, NULL), 0);
	return message;
}

static struct pxe_client client_of(const struct packet *packet)
{
	struct dhcp_message message = parsed(packet);
	struct pxe_client client;
	pxe_client_read(&message, &client);
	return client;
}

static void real_clients(void **state)
{
	static const struct {
		void (*sample)(struct packet *, uint8_t);
		enum pxe_vendor vendor;
		uint16_t arch;
		uint8_t undi_major, undi_minor;
		bool has_uuid, is_ipxe;
	} cases[] = {
		{sample_edk2, PXE_VENDOR_PXE, PXE_ARCH_EFI_X64, 3, 16, true, false},
		{sample_http, PXE_VENDOR_HTTP, PXE_ARCH_HTTP_X64, 3, 1, true, false},
		{sample_bios, PXE_VENDOR_PXE, PXE_ARCH_BIOS, 3, 1, true, false},
		{sample_ipxe, PXE_VENDOR_PXE, PXE_ARCH_BIOS, 2, 1, true, true},
		{sample_ordinary, PXE_VENDOR_NONE, PXE_ARCH_UNKNOWN, 0, 0, false, false},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packet packet;
		cases[i].sample(&packet, DHCP_DISCOVER);
		struct pxe_client client = client_of(&packet);
		assert_int_equal(client.vendor, cases[i].vendor);
		assert_int_equal(client.arch, cases[i].arch);
		assert_int_equal(client.undi_major, cases[i].undi_major);
		assert_int_equal(client.undi_minor, cases[i].undi_minor);
		assert_int_equal(client.has_uuid, cases[i].has_uuid);
		assert_int_equal(client.is_ipxe, cases[i].is_ipxe);
		if (client.has_uuid) {
			char text[GUID_TEXT_BYTES];
			guid_format(&client.uuid, text);
			assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
		}
	}
}

static void ipxe_tells_its_card_and_features(void **state)
{
	struct packet packet;
	(void)state;

	sample_ipxe(&packet, DHCP_DISCOVER);
	struct pxe_client client = client_of(&packet);
	assert_true(client.has_bus_id);
	assert_int_equal(client.bus_vendor, 0x8086);
	assert_int_equal(client.bus_device, 0x100e);
	assert_true(client.ipxe_has_http);
	assert_false(client.ipxe_has_efi);
}

/* One option, what is read from it. */
static struct pxe_client with_option(uint8_t code, const void *bytes, size_t n)
{
	struct packet packet;
	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	packet_option(&packet, code, bytes, n);
	packet_end(&packet);
	return client_of(&packet);
}

static void vendor_classes(void **state)
{
	static const struct {
		const char *text;
		enum pxe_vendor vendor;
		uint16_t arch;
		uint8_t undi_major, undi_minor;
	} cases[] = {
		{"", PXE_VENDOR_NONE, PXE_ARCH_UNKNOWN, 0, 0},
		{"MSFT 5.0", PXE_VENDOR_NONE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClien", PXE_VENDOR_NONE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient", PXE_VENDOR_PXE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient:", PXE_VENDOR_PXE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient:Arch:", PXE_VENDOR_PXE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient:Arch:0000", PXE_VENDOR_PXE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient:Arch:00000", PXE_VENDOR_PXE, PXE_ARCH_BIOS, 0, 0},
		{"PXEClient:Arch:0000x", PXE_VENDOR_PXE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient:Arch:65535", PXE_VENDOR_PXE, 65535, 0, 0},
		{"PXEClient:Arch:65536", PXE_VENDOR_PXE, PXE_ARCH_UNKNOWN, 0, 0},
		{"PXEClient:Arch:00007:UNDI:", PXE_VENDOR_PXE, PXE_ARCH_EFI_X64, 0, 0},
		{"PXEClient:Arch:00007:UNDI:003016", PXE_VENDOR_PXE, PXE_ARCH_EFI_X64, 3, 16},
		{"PXEClient:Arch:00007:UNDI:999016", PXE_VENDOR_PXE, PXE_ARCH_EFI_X64, 0, 0},
		{"PXEClient:Arch:00011:UNDI:003000:more", PXE_VENDOR_PXE, PXE_ARCH_EFI_ARM64, 3, 0},
		{"HTTPClient", PXE_VENDOR_HTTP, PXE_ARCH_UNKNOWN, 0, 0},
		{"HTTPClient:Arch:00019:UNDI:003000", PXE_VENDOR_HTTP, PXE_ARCH_HTTP_ARM64, 3, 0},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pxe_client client =
			with_option(DHCP_OPT_VENDOR_CLASS, cases[i].text, strlen(cases[i].text));
		if (client.vendor != cases[i].vendor || client.arch != cases[i].arch ||
			client.undi_major != cases[i].undi_major ||
			client.undi_minor != cases[i].undi_minor)
			fail_msg("%s: vendor %d arch %u undi %u.%u", cases[i].text, client.vendor,
				client.arch, client.undi_major, client.undi_minor);
	}
}

static void malformed_counts_as_absent(void **state)
{
	static const uint8_t uuid[18] = {SAMPLE_UUID};
	static const uint8_t uuid_other[17] = {1, 2, 3};
	static const uint8_t uuid_zero[17] = {0};
	uint8_t uuid_ones[17] = {0};
	(void)state;

	memset(uuid_ones + 1, 0xff, 16);
	assert_int_equal(with_option(DHCP_OPT_ARCH, "", 0).arch, PXE_ARCH_UNKNOWN);
	assert_int_equal(with_option(DHCP_OPT_ARCH, "\7", 1).arch, PXE_ARCH_UNKNOWN);
	assert_int_equal(with_option(DHCP_OPT_ARCH, "\0\7", 2).arch, 7);
	assert_int_equal(with_option(DHCP_OPT_ARCH, "\0\7\0", 3).arch, PXE_ARCH_UNKNOWN);
	assert_int_equal(with_option(DHCP_OPT_ARCH, "\0\7\0\20", 4).arch, 7);
	assert_int_equal(with_option(DHCP_OPT_UNDI, "\1\3", 2).undi_major, 0);
	assert_int_equal(with_option(DHCP_OPT_UNDI, "\2\3\1", 3).undi_major, 0);
	assert_int_equal(with_option(DHCP_OPT_UNDI, "\1\3\1", 3).undi_major, 3);
	assert_true(with_option(DHCP_OPT_UUID, uuid, 17).has_uuid);
	assert_false(with_option(DHCP_OPT_UUID, uuid, 16).has_uuid);
	assert_false(with_option(DHCP_OPT_UUID, uuid, 18).has_uuid);
	assert_false(with_option(DHCP_OPT_UUID, uuid_other, 17).has_uuid);
	assert_false(with_option(DHCP_OPT_UUID, uuid_zero, 17).has_uuid); /* QEMU without -uuid */
	assert_false(with_option(DHCP_OPT_UUID, uuid_ones, 17).has_uuid);
	static const uint8_t uuid_ami[] = {0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9};
	static const uint8_t uuid_ami_read[] = {0, 3, 0, 2, 0, 4, 0, 5, 0, 0, 6, 0, 7, 0, 8, 0, 9};
	assert_false(with_option(DHCP_OPT_UUID, uuid_ami, 17).has_uuid);
	assert_false(with_option(DHCP_OPT_UUID, uuid_ami_read, 17).has_uuid);
	assert_false(with_option(DHCP_OPT_IPXE, "\261\5\1\200\206\20", 6).has_bus_id);
	assert_false(with_option(DHCP_OPT_IPXE, "\261\5\2\200\206\20\16", 7).has_bus_id);
	assert_true(with_option(DHCP_OPT_IPXE, "\261\5\1\200\206\20\16", 7).has_bus_id);
	assert_true(with_option(DHCP_OPT_IPXE, "", 0).is_ipxe);
	assert_false(with_option(DHCP_OPT_VENDOR_SPECIFIC, "\107\4\0\1\0", 5).has_item);
	assert_true(with_option(DHCP_OPT_VENDOR_SPECIFIC, "\107\4\0\1\0\0\377", 7).has_item);
	assert_false(with_option(DHCP_OPT_VENDOR_SPECIFIC, "\377\107\4\0\1\0\0", 7).has_item);
	assert_true(with_option(DHCP_OPT_WDS, "\1\2\0\7\377", 5).has_wds_request);
	assert_int_equal(with_option(DHCP_OPT_WDS, "\1\2\0\7\377", 5).wds_arch, 7);
	assert_int_equal(with_option(DHCP_OPT_WDS, "\1\1\7\377", 4).wds_arch, 0);
}

static void both_forms_of_the_user_class(void **state)
{
	(void)state;
	assert_true(with_option(DHCP_OPT_USER_CLASS, "iPXE", 4).is_ipxe);
	assert_true(with_option(DHCP_OPT_USER_CLASS, "\4iPXE", 5).is_ipxe);
	assert_true(with_option(DHCP_OPT_USER_CLASS, "\3abc\4iPXE", 9).is_ipxe);
	assert_false(with_option(DHCP_OPT_USER_CLASS, "\5iPXE", 5).is_ipxe);
	assert_false(with_option(DHCP_OPT_USER_CLASS, "iPXEx", 5).is_ipxe);
	assert_false(with_option(DHCP_OPT_USER_CLASS, "", 0).is_ipxe);
}

static void names_round_trip(void **state)
{
	static const uint16_t known[] = {0, 6, 7, 9, 10, 11, 15, 16, 18, 19};
	uint16_t arch;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		assert_true(pxe_arch_parse(pxe_arch_name(known[i]), &arch));
		assert_int_equal(arch, known[i]);
	}
	assert_string_equal(pxe_arch_name(7), "uefi-x64");
	assert_string_equal(pxe_arch_name(PXE_ARCH_UNKNOWN), "unknown");
	assert_false(pxe_arch_parse("unknown", &arch));
	assert_false(pxe_arch_parse("", &arch));
}

/* ---- answers ---- */

static struct dhcp_message answer_to(const struct packet *packet, const struct pxe_offer *offer)
{
	struct dhcp_message request = parsed(packet), back;
	struct pxe_client client;
	struct dhcp_writer writer;
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES];
	size_t n;

	pxe_client_read(&request, &client);
	dhcp_writer_reply(&writer, &request, DHCP_OFFER);
	pxe_offer_write(offer, &client, &request, &writer);
	assert_int_equal(dhcp_writer_finish(&writer, bytes, sizeof(bytes), &n), 0);
	assert_int_equal(dhcp_parse(bytes, n, &back, NULL), 0);
	return back;
}

/* want NULL: the option must not be there. */
static void assert_option(
	const struct dhcp_message *message, uint8_t code, const void *want, size_t n_want)
{
	size_t n = 0;
	const uint8_t *value = dhcp_option(message, code, &n);
	if (want == NULL) {
		if (value != NULL)
			fail_msg("option %u is there", code);
		return;
	}
	if (value == NULL || n != n_want)
		fail_msg("option %u has %zu bytes", code, n);
	assert_memory_equal(value, want, n_want);
}

static void each_style(void **state)
{
	static const uint8_t uuid[] = {SAMPLE_UUID};
	static const struct {
		enum pxe_offer_style style;
		const char *class; /* option 60 */
		const char *vendor_options;
		size_t n_vendor_options;
		bool has_file, has_tftp_server;
	} cases[] = {
		{PXE_OFFER_PLAIN, NULL, NULL, 0, true, true},
		{PXE_OFFER_REDIRECT, "PXEClient", NULL, 0, false, false},
		{PXE_OFFER_DIRECT, "PXEClient", "\6\1\x08\x0a\4\0PXE\xff", 10, true, true},
		{PXE_OFFER_FINAL, "PXEClient", NULL, 0, true, true},
		{PXE_OFFER_HTTP, "HTTPClient", NULL, 0, true, false},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pxe_offer offer = {.style = cases[i].style,
			.server = SERVER,
			.file = "b\\id\\bootx64.efi",
			.bcd_path = "\\b\\id\\BCD"};
		struct packet packet;
		(cases[i].style == PXE_OFFER_HTTP ? sample_http : sample_edk2)(
			&packet, DHCP_DISCOVER);
		struct dhcp_message back = answer_to(&packet, &offer);
		const char *class = cases[i].class;
		assert_int_equal(back.siaddr, SERVER);
		assert_int_equal(back.yiaddr, 0);
		assert_option(&back, 60, class, class != NULL ? strlen(class) : 0);
		assert_option(&back, 43, cases[i].vendor_options, cases[i].n_vendor_options);
		assert_string_equal(back.file, cases[i].has_file ? offer.file : "");
		assert_option(
			&back, 67, cases[i].has_file ? offer.file : NULL, strlen(offer.file) + 1);
		assert_option(&back, 66, cases[i].has_tftp_server ? "10.0.0.2" : NULL, 8);
		assert_option(&back, 97, uuid, sizeof(uuid));
		assert_option(&back, 252, offer.bcd_path, strlen(offer.bcd_path) + 1);
	}
}

static void a_client_that_did_not_ask_gets_no_pxe_options(void **state)
{
	static const enum pxe_offer_style styles[] = {
		PXE_OFFER_REDIRECT, PXE_OFFER_DIRECT, PXE_OFFER_FINAL, PXE_OFFER_HTTP};
	struct packet packet;
	(void)state;

	sample_ordinary(&packet, DHCP_DISCOVER);
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		struct pxe_offer offer = {.style = styles[i], .server = SERVER, .file = "x"};
		struct dhcp_message back = answer_to(&packet, &offer);
		assert_int_equal(back.siaddr, 0);
		assert_string_equal(back.file, "");
		for (unsigned code = 0; code < 256; code++)
			assert_int_equal(back.options[code].present, code == 53);
	}
	struct pxe_offer plain = {.style = PXE_OFFER_PLAIN, .server = SERVER, .file = "x"};
	struct dhcp_message back = answer_to(&packet, &plain);
	assert_string_equal(back.file, "x");
	assert_option(&back, 60, NULL, 0);
	assert_option(&back, 43, NULL, 0);
}

static void the_menu_item_is_echoed(void **state)
{
	struct packet packet;
	struct pxe_offer offer = {.style = PXE_OFFER_FINAL, .server = SERVER, .file = "x"};
	(void)state;

	packet_start(&packet, 1, SAMPLE_MAC, DHCP_REQUEST);
	packet_option(&packet, 60, "PXEClient:Arch:00000:UNDI:002001", 32);
	packet_option(&packet, 43, "\107\4\200\1\0\2\377", 7);
	packet_end(&packet);
	struct dhcp_message back = answer_to(&packet, &offer);
	assert_option(&back, 43, "\107\4\200\1\0\2\377", 7);
	assert_option(&back, 97, NULL, 0); /* it sent none */
	offer.style = PXE_OFFER_DIRECT;
	back = answer_to(&packet, &offer);
	assert_option(&back, 43, "\6\1\x08\x0a\4\0PXE\107\4\200\1\0\2\377", 16);
}

/* 127 characters fit into the file field; longer names stand in option 67 alone, in pieces above
 * 255. */
static void long_names(void **state)
{
	static const size_t lengths[] = {1, 126, 127, 128, 254, 255, 256, LIMIT_PATH_BYTES - 1};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct packet packet;
		struct pxe_offer offer = {.style = PXE_OFFER_HTTP, .server = SERVER};
		memset(offer.file, 'n', lengths[i]);
		sample_http(&packet, DHCP_DISCOVER);
		struct dhcp_message back = answer_to(&packet, &offer);
		assert_string_equal(back.file, lengths[i] <= 127 ? offer.file : "");
		assert_option(&back, 67, offer.file, lengths[i] + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_clients),
		cmocka_unit_test(ipxe_tells_its_card_and_features),
		cmocka_unit_test(vendor_classes),
		cmocka_unit_test(malformed_counts_as_absent),
		cmocka_unit_test(both_forms_of_the_user_class),
		cmocka_unit_test(names_round_trip),
		cmocka_unit_test(each_style),
		cmocka_unit_test(a_client_that_did_not_ask_gets_no_pxe_options),
		cmocka_unit_test(the_menu_item_is_echoed),
		cmocka_unit_test(long_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
