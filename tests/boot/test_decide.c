/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "boot/decide.h"
#include "boot/firmware.h"

#include <string.h>

#define ID       "abcdefgh2345"
#define HOLDS(x) (UINT32_C(1) << BOOT_LOADER_##x)

static const struct boot_revision revisions[] = {{.revision = 2}, {.revision = 3}};

static const struct boot_image images[] = {
	{.name = "pe11",
		.arch = "amd64",
		.revision = 3,
		.loaders = HOLDS(BOOTMGFW_X64) | HOLDS(PXEBOOT),
		.revisions = revisions,
		.n_revisions = ARRAY_SIZE(revisions)},
	{.name = "pe-arm", .arch = "arm64", .revision = 1, .loaders = HOLDS(BOOTMGFW_ARM64)},
	{.name = "pe32", .arch = "x86", .revision = 2, .loaders = HOLDS(BOOTMGFW_IA32)},
	{.name = "pe-rt", .arch = "arm", .revision = 1, .loaders = HOLDS(BOOTMGFW_ARM32)},
};

struct scene {
	struct boot_request request;
	struct boot_client client;
	struct boot_policy policy;
	struct boot_catalogue catalogue;
};

/* An unknown UEFI x64 PXE client at a proxy that serves the one image of its kind. */
static struct scene scene_normal(void)
{
	return (struct scene){
		.request =
			{
				.port = BOOT_PORT_PROXY,
				.mac = {2, 0, 0, 0, 0, 1},
				.client = {.vendor = PXE_VENDOR_PXE, .arch = PXE_ARCH_EFI_X64},
				.server = 0xc0000201,
				.http_port = 80,
				.boot_id = ID,
			},
		.catalogue = {images, ARRAY_SIZE(images)},
	};
}

static struct boot_decision decide(const struct scene *s)
{
	struct boot_decision d;
	boot_decide(&s->request, &s->client, &s->policy, &s->catalogue, &d);
	assert_true(d.n_reasons > 0); /* nothing is decided without saying why */
	assert_int_equal(d.image != NULL, d.action == BOOT_SERVE);
	for (size_t i = 0; i < d.n_reasons; i++) {
		assert_true(strlen(d.reasons[i]) > 0);
		assert_true(strlen(d.reasons[i]) < BOOT_REASON_BYTES - 1); /* not cut */
	}
	return d;
}

static bool says(const struct boot_decision *d, const char *words)
{
	for (size_t i = 0; i < d->n_reasons; i++) {
		if (strstr(d->reasons[i], words) != NULL)
			return true;
	}
	return false;
}

static const struct {
	uint16_t arch;
	enum pxe_vendor vendor;
	enum boot_port port;
	const char *image; /* [boot] image */
	enum pxe_offer_style style;
	enum boot_loader loader;
	const char *path;
	const char *bcd_path;
} offers[] = {
	{0, PXE_VENDOR_PXE, BOOT_PORT_PROXY, "pe11", PXE_OFFER_DIRECT, BOOT_LOADER_PXEBOOT,
		"b\\" ID "\\pxeboot.n12", "\\b\\" ID "\\BCD"},
	{0, PXE_VENDOR_PXE, BOOT_PORT_SERVER, "pe11", PXE_OFFER_DIRECT, BOOT_LOADER_PXEBOOT,
		"b\\" ID "\\pxeboot.n12", "\\b\\" ID "\\BCD"},
	{0, PXE_VENDOR_PXE, BOOT_PORT_PXE, "pe11", PXE_OFFER_FINAL, BOOT_LOADER_PXEBOOT,
		"b\\" ID "\\pxeboot.n12", "\\b\\" ID "\\BCD"},
	{7, PXE_VENDOR_PXE, BOOT_PORT_PROXY, "", PXE_OFFER_REDIRECT, BOOT_LOADER_BOOTMGFW_X64,
		"b\\" ID "\\bootx64.efi", ""},
	{7, PXE_VENDOR_PXE, BOOT_PORT_PXE, "", PXE_OFFER_FINAL, BOOT_LOADER_BOOTMGFW_X64,
		"b\\" ID "\\bootx64.efi", "\\b\\" ID "\\BCD"},
	{7, PXE_VENDOR_PXE, BOOT_PORT_SERVER, "", PXE_OFFER_DIRECT, BOOT_LOADER_BOOTMGFW_X64,
		"b\\" ID "\\bootx64.efi", "\\b\\" ID "\\BCD"},
	{9, PXE_VENDOR_PXE, BOOT_PORT_SERVER, "", PXE_OFFER_DIRECT, BOOT_LOADER_BOOTMGFW_X64,
		"b\\" ID "\\bootx64.efi", "\\b\\" ID "\\BCD"},
	{6, PXE_VENDOR_PXE, BOOT_PORT_SERVER, "", PXE_OFFER_DIRECT, BOOT_LOADER_BOOTMGFW_IA32,
		"b\\" ID "\\bootia32.efi", "\\b\\" ID "\\BCD"},
	{10, PXE_VENDOR_PXE, BOOT_PORT_SERVER, "", PXE_OFFER_DIRECT, BOOT_LOADER_BOOTMGFW_ARM32,
		"b\\" ID "\\bootarm.efi", "\\b\\" ID "\\BCD"},
	{11, PXE_VENDOR_PXE, BOOT_PORT_PXE, "", PXE_OFFER_FINAL, BOOT_LOADER_BOOTMGFW_ARM64,
		"b\\" ID "\\bootaa64.efi", "\\b\\" ID "\\BCD"},
	{15, PXE_VENDOR_HTTP, BOOT_PORT_PROXY, "", PXE_OFFER_HTTP, BOOT_LOADER_BOOTMGFW_IA32,
		"http://192.0.2.1/EFI/Boot/bootia32.efi", ""},
	{16, PXE_VENDOR_HTTP, BOOT_PORT_PROXY, "", PXE_OFFER_HTTP, BOOT_LOADER_BOOTMGFW_X64,
		"http://192.0.2.1/EFI/Boot/bootx64.efi", ""},
	{16, PXE_VENDOR_HTTP, BOOT_PORT_SERVER, "", PXE_OFFER_HTTP, BOOT_LOADER_BOOTMGFW_X64,
		"http://192.0.2.1/EFI/Boot/bootx64.efi", ""},
	{18, PXE_VENDOR_HTTP, BOOT_PORT_SERVER, "", PXE_OFFER_HTTP, BOOT_LOADER_BOOTMGFW_ARM32,
		"http://192.0.2.1/EFI/Boot/bootarm.efi", ""},
	{19, PXE_VENDOR_HTTP, BOOT_PORT_PROXY, "", PXE_OFFER_HTTP, BOOT_LOADER_BOOTMGFW_ARM64,
		"http://192.0.2.1/EFI/Boot/bootaa64.efi", ""},
	/* No option 93 and an old card: a BIOS. */
	{PXE_ARCH_UNKNOWN, PXE_VENDOR_PXE, BOOT_PORT_SERVER, "pe11", PXE_OFFER_DIRECT,
		BOOT_LOADER_PXEBOOT, "b\\" ID "\\pxeboot.n12", "\\b\\" ID "\\BCD"},
};

static void offers_what_each_firmware_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
		struct scene s = scene_normal();
		s.request.client.arch = offers[i].arch;
		s.request.client.vendor = offers[i].vendor;
		s.request.port = offers[i].port;
		strncpy(s.policy.image, offers[i].image, sizeof(s.policy.image) - 1);
		struct boot_decision d = decide(&s);
		print_message("arch %u port %d\n", offers[i].arch, offers[i].port);
		assert_int_equal(d.action, BOOT_SERVE);
		assert_int_equal(d.offer.style, offers[i].style);
		assert_int_equal(d.loader, offers[i].loader);
		assert_string_equal(d.path, offers[i].path);
		assert_string_equal(
			d.offer.file, offers[i].style == PXE_OFFER_REDIRECT ? "" : offers[i].path);
		assert_string_equal(d.offer.bcd_path, offers[i].bcd_path);
		assert_int_equal(d.offer.server, 0xc0000201);
	}
}

static void every_firmware_has_a_row_for_every_port(void **state)
{
	(void)state;
	for (int kind = FIRMWARE_BIOS; kind <= FIRMWARE_IPXE; kind++) {
		for (int port = BOOT_PORT_PROXY; port <= BOOT_PORT_FILE; port++) {
			const struct firmware_row *row =
				firmware_row((enum firmware_kind)kind, (enum boot_port)port);
			assert_non_null(row);
			assert_true(strlen(row->why) < BOOT_REASON_BYTES);
		}
	}
}

static void asks_who_may(void **state)
{
	(void)state;
	static const struct {
		enum boot_client_state client;
		enum boot_unknown unknown;
		enum boot_action action;
		const char *words;
	} c[] = {
		{BOOT_CLIENT_UNKNOWN, BOOT_UNKNOWN_SERVE, BOOT_SERVE, "unknown=serve"},
		{BOOT_CLIENT_UNKNOWN, BOOT_UNKNOWN_HOLD, BOOT_HOLD,
			"`pewter client approve 02:00:00:00:00:01`"},
		{BOOT_CLIENT_UNKNOWN, BOOT_UNKNOWN_IGNORE, BOOT_IGNORE, "unknown=ignore"},
		{BOOT_CLIENT_HELD, BOOT_UNKNOWN_SERVE, BOOT_HOLD,
			"`pewter client approve 02:00:00:00:00:01`"},
		{BOOT_CLIENT_REFUSED, BOOT_UNKNOWN_SERVE, BOOT_REFUSE, "is refused"},
		{BOOT_CLIENT_APPROVED, BOOT_UNKNOWN_IGNORE, BOOT_SERVE, "lab-7 is approved"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		struct scene s = scene_normal();
		s.client.state = c[i].client;
		s.policy.unknown = c[i].unknown;
		if (c[i].client == BOOT_CLIENT_APPROVED)
			strncpy(s.client.name, "lab-7", sizeof(s.client.name) - 1);
		struct boot_decision d = decide(&s);
		assert_int_equal(d.action, c[i].action);
		assert_true(says(&d, c[i].words));
	}
}

static void leaves_other_clients_alone(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.vendor = PXE_VENDOR_NONE;
	struct boot_decision d = decide(&s);
	assert_int_equal(d.action, BOOT_IGNORE);
	assert_true(says(&d, "not a boot client"));
}

static void chooses_the_image(void **state)
{
	(void)state;
	static const struct {
		uint16_t arch;
		const char *client_image, *policy_image;
		uint32_t revision;
		const char *image; /* NULL: refused */
		uint32_t ret_revision;
		const char *words;
	} c[] = {
		{7, "", "", 0, "pe11", 3, "only boot image for amd64"},
		{7, "", "PE11", 0, "pe11", 3, "default image"},
		{7, "pe11", "pe-arm", 2, "pe11", 2, "revision 2"},
		/* Its plan is from before the image was replaced. */
		{7, "pe11", "", 4, "pe11", 3, "pe11@4, which is gone"},
		{7, "gone", "pe11", 0, NULL, 0, "pewter image import SOURCE --name gone"},
		{7, "pe-arm", "pe11", 0, NULL, 0, "cannot start on UEFI x64"},
		{7, "", "gone", 0, NULL, 0, "pewter image import SOURCE --name gone"},
		/* One default for all must not keep the odd machine from its own. */
		{11, "", "pe11", 0, "pe-arm", 1, "only boot image for arm64"},
		{0, "", "", 0, NULL, 0, "2 boot images fit (pe11, pe32)"},
		{0, "", "pe11", 0, "pe11", 3, "default image"},
		{33, "", "", 0, NULL, 0, "architecture 33"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		struct scene s = scene_normal();
		s.request.client.arch = c[i].arch;
		s.client.revision = c[i].revision;
		strncpy(s.client.image, c[i].client_image, sizeof(s.client.image) - 1);
		strncpy(s.policy.image, c[i].policy_image, sizeof(s.policy.image) - 1);
		struct boot_decision d = decide(&s);
		print_message("%s\n", c[i].words);
		assert_true(says(&d, c[i].words));
		assert_int_equal(d.action, c[i].image != NULL ? BOOT_SERVE : BOOT_REFUSE);
		if (c[i].image != NULL)
			assert_string_equal(d.image->name, c[i].image);
		assert_int_equal(d.revision, c[i].ret_revision);
	}

	struct scene s = scene_normal();
	s.catalogue.n_images = 0;
	struct boot_decision d = decide(&s);
	assert_int_equal(d.action, BOOT_REFUSE);
	assert_true(says(&d, "pewter image import"));
}

static void a_plan_of_another_image_does_not_count(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	strncpy(s.client.image, "pe11", sizeof(s.client.image) - 1);
	strncpy(s.client.old_plan_image, "pe10", sizeof(s.client.old_plan_image) - 1);
	struct boot_decision d = decide(&s);
	assert_int_equal(d.revision, 3);
	assert_true(says(&d, "its plan was for pe10"));
}

static void leads_ipxe_to_its_script(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.is_ipxe = true;
	s.request.client.ipxe_has_http = true;
	struct boot_decision d = decide(&s);
	assert_int_equal(d.loader, BOOT_LOADER_IPXE_SCRIPT);
	assert_int_equal(d.offer.style, PXE_OFFER_FINAL);
	assert_string_equal(d.offer.file, "http://192.0.2.1/b/" ID "/boot.ipxe");
	assert_string_equal(d.offer.bcd_path, "");

	s.request.port = BOOT_PORT_SERVER;
	s.request.http_port = 8080;
	d = decide(&s);
	assert_int_equal(d.offer.style, PXE_OFFER_PLAIN);
	assert_string_equal(d.offer.file, "http://192.0.2.1:8080/b/" ID "/boot.ipxe");

	s.request.client.ipxe_has_http = false;
	d = decide(&s);
	assert_string_equal(d.offer.file, "tftp://192.0.2.1/b/" ID "/boot.ipxe");

	s.request.client.ipxe_has_http = true;
	s.request.http_port = 0;
	d = decide(&s);
	assert_string_equal(d.offer.file, "tftp://192.0.2.1/b/" ID "/boot.ipxe");
}

static void gives_a_rom_our_ipxe_once(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.is_ipxe = true;
	s.request.client.arch = PXE_ARCH_BIOS;
	strncpy(s.policy.image, "pe11", sizeof(s.policy.image) - 1);
	s.policy.chain_ipxe_rom = true;

	struct boot_decision d = decide(&s);
	assert_int_equal(d.loader, BOOT_LOADER_IPXE_SCRIPT); /* there is none to give */
	s.policy.has_undionly = true;
	d = decide(&s);
	assert_int_equal(d.loader, BOOT_LOADER_UNDIONLY);
	assert_string_equal(d.offer.file, "b/" ID "/undionly.kpxe");
	s.request.loaded_ipxe = true;
	d = decide(&s);
	assert_int_equal(d.loader, BOOT_LOADER_IPXE_SCRIPT);
}

static void goes_round_a_missing_loader(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.arch = PXE_ARCH_BIOS;
	strncpy(s.policy.image, "pe32", sizeof(s.policy.image) - 1);
	struct boot_decision d = decide(&s);
	assert_int_equal(d.action, BOOT_REFUSE);
	assert_true(says(&d, "holds no pxeboot.n12"));
	assert_true(says(&d, "apt install ipxe"));
	assert_string_equal(d.offer.file, "");

	s.policy.has_undionly = true;
	d = decide(&s);
	assert_true(says(&d, "[boot] wimboot=")); /* known before the machine finds out */
	s.policy.has_wimboot = true;
	d = decide(&s);
	assert_true(says(&d, "starts wimboot"));
	assert_false(says(&d, "[boot] wimboot="));
	assert_int_equal(d.action, BOOT_SERVE);
	assert_int_equal(d.loader, BOOT_LOADER_UNDIONLY);
	assert_int_equal(d.offer.style, PXE_OFFER_DIRECT);
	assert_string_equal(d.offer.bcd_path, "");
}

static void http_boot_needs_the_listener(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.vendor = PXE_VENDOR_HTTP;
	s.request.client.arch = PXE_ARCH_HTTP_X64;
	s.request.http_port = 0;
	struct boot_decision d = decide(&s);
	assert_int_equal(d.action, BOOT_REFUSE);
	assert_true(says(&d, "[http] enabled=yes"));
}

/* Sites with options 66 and 67 in their own DHCP server: nothing but file requests is seen. */
static void serves_files_without_dhcp(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.port = BOOT_PORT_FILE;
	s.request.client = (struct pxe_client){.arch = PXE_ARCH_UNKNOWN};
	strncpy(s.policy.image, "pe11", sizeof(s.policy.image) - 1);
	struct boot_decision d = decide(&s);
	assert_int_equal(d.action, BOOT_SERVE);
	assert_string_equal(d.image->name, "pe11");
	assert_string_equal(d.path, "");

	s.request.client.arch = PXE_ARCH_EFI_ARM64;
	d = decide(&s);
	assert_string_equal(d.image->name, "pe-arm");

	s.request.client.arch = PXE_ARCH_UNKNOWN;
	s.policy.image[0] = 0;
	d = decide(&s);
	assert_int_equal(d.action, BOOT_REFUSE);
	assert_true(says(&d, "[boot] image="));
}

static void a_wdsnbp_is_a_bios(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.has_wds_request = true;
	s.request.port = BOOT_PORT_PXE;
	strncpy(s.policy.image, "pe11", sizeof(s.policy.image) - 1);
	struct boot_decision d = decide(&s);
	assert_int_equal(d.loader, BOOT_LOADER_PXEBOOT);
	assert_int_equal(d.offer.style, PXE_OFFER_FINAL);
}

static void tells_what_it_knows_of_the_machine(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.relay = 0x0a000001;
	s.request.client.has_bus_id = true;
	s.request.client.bus_vendor = 0x8086;
	s.request.client.bus_device = 0x15f3;
	struct boot_decision d = decide(&s);
	assert_true(says(&d, "8086:15f3"));
	assert_true(says(&d, "relay 10.0.0.1"));
}

static void explains_without_an_id(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.boot_id[0] = 0;
	struct boot_decision d = decide(&s);
	assert_string_equal(d.path, "b\\ID\\bootx64.efi");
}

static void names_go_both_ways(void **state)
{
	(void)state;
	for (int i = BOOT_LOADER_BOOTMGFW_X64; i <= BOOT_LOADER_IPXE_SCRIPT; i++) {
		const char *name = boot_loader_name((enum boot_loader)i);
		assert_int_equal(boot_loader_by_name(name), i);
	}
	assert_int_equal(boot_loader_by_name("bootmgfw.efi"), BOOT_LOADER_BOOTMGFW_X64);
	assert_int_equal(boot_loader_by_name("none"), BOOT_LOADER_NONE);
	assert_string_equal(boot_action_name(BOOT_SERVE), "serve");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_what_each_firmware_takes),
		cmocka_unit_test(every_firmware_has_a_row_for_every_port),
		cmocka_unit_test(asks_who_may),
		cmocka_unit_test(leaves_other_clients_alone),
		cmocka_unit_test(chooses_the_image),
		cmocka_unit_test(a_plan_of_another_image_does_not_count),
		cmocka_unit_test(leads_ipxe_to_its_script),
		cmocka_unit_test(gives_a_rom_our_ipxe_once),
		cmocka_unit_test(goes_round_a_missing_loader),
		cmocka_unit_test(http_boot_needs_the_listener),
		cmocka_unit_test(serves_files_without_dhcp),
		cmocka_unit_test(a_wdsnbp_is_a_bios),
		cmocka_unit_test(tells_what_it_knows_of_the_machine),
		cmocka_unit_test(explains_without_an_id),
		cmocka_unit_test(names_go_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
