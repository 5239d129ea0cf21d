/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "boot/script.h"

#include <errno.h>
#include <string.h>

#define ID "abcdefgh2345"

static const struct boot_image image = {
	.name = "pe11", .arch = "amd64", .revision = 4, .loaders = 1U << BOOT_LOADER_BOOTMGFW_X64};
static const struct pxe_client bios = {
	.is_ipxe = true, .ipxe_has_http = true, .arch = PXE_ARCH_BIOS};
static const struct pxe_client uefi = {
	.is_ipxe = true, .ipxe_has_http = true, .arch = PXE_ARCH_EFI_X64};
static const struct pxe_client no_http = {.is_ipxe = true, .arch = PXE_ARCH_EFI_X64};

static const struct {
	const struct pxe_client *client;
	uint16_t http_port;
	bool has_wimboot;
	const char *template;
	const char *words[4]; /* that stand in it, in this order */
} cases[] = {
	{&bios, 80, true, NULL,
		{"#!ipxe\n", "\nkernel http://192.0.2.1/b/" ID "/wimboot ",
			"\ninitrd http://192.0.2.1/b/" ID "/media/BCD BCD ",
			"/boot.wim boot.wim || goto failed\nboot"}},
	{&uefi, 8080, true, NULL, {"#!ipxe\n", "kernel http://192.0.2.1:8080/b/" ID "/wimboot "}},
	{&no_http, 80, true, NULL, {"#!ipxe\n", "kernel tftp://192.0.2.1/b/" ID "/wimboot "}},
	{&uefi, 0, true, NULL, {"#!ipxe\n", "kernel tftp://192.0.2.1/b/" ID "/wimboot "}},
	/* Windows' own loader needs the PXE way on. */
	{&uefi, 80, false, NULL, {"#!ipxe\n", "\nchain tftp://192.0.2.1/b/" ID "/bootx64.efi "}},
	{&bios, 80, false, NULL,
		{"#!ipxe\n", "pe11 holds no pxeboot.n12", "wimboot=", "pewter image import"}},
	{&uefi, 80, false,
		"#!ipxe\nkernel @BASE@/k id=@ID@ s=@SERVER@ i=@IMAGE@@@REVISION@ me@x @no@\n",
		{"#!ipxe\nkernel http://192.0.2.1/b/" ID "/k id=" ID
		 " s=192.0.2.1 i=pe11@4 me@x @no@\n"}},
	{&uefi, 80, false, "", {""}},
	{&uefi, 80, false, "@", {"@"}},
};

static void says_what_to_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_script s = {ID, 0xc0000201, cases[i].http_port, cases[i].client, &image,
			4, cases[i].has_wimboot, cases[i].template};
		struct buffer out = buffer_with_max(BOOT_SCRIPT_BYTES_MAX);
		assert_int_equal(boot_script_write(&s, &out), 0);
		const char *at = out.size > 0 ? (const char *)out.bytes : "";
		print_message("%s\n", at);
		for (size_t k = 0; k < ARRAY_SIZE(cases[i].words) && cases[i].words[k] != NULL;
			k++) {
			const char *found = strstr(at, cases[i].words[k]);
			assert_non_null(found);
			at = found + strlen(cases[i].words[k]);
		}
		buffer_free(&out);
	}
}

static void keeps_to_the_maximum(void **state)
{
	(void)state;
	struct boot_script s = {ID, 0xc0000201, 80, &uefi, &image, 4, true, NULL};
	for (size_t max = 0; max < 300; max++) {
		struct buffer out = buffer_with_max(max);
		assert_int_equal(boot_script_write(&s, &out), -EFBIG);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_to_load),
		cmocka_unit_test(keeps_to_the_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
