/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: of loaders and actions. */
#include "boot/decide.h"

#include "base/cleanup.h"

#include <string.h>

static const char *const loader_names[] = {
	[BOOT_LOADER_NONE] = "none",
	[BOOT_LOADER_BOOTMGFW_X64] = "bootx64.efi",
	[BOOT_LOADER_BOOTMGFW_IA32] = "bootia32.efi",
	[BOOT_LOADER_BOOTMGFW_ARM64] = "bootaa64.efi",
	[BOOT_LOADER_BOOTMGFW_ARM32] = "bootarm.efi",
	[BOOT_LOADER_PXEBOOT] = "pxeboot.n12",
	[BOOT_LOADER_UNDIONLY] = "undionly.kpxe",
	[BOOT_LOADER_IPXE_X64] = "snponly.efi",
	[BOOT_LOADER_IPXE_SCRIPT] = "boot.ipxe",
};

/* What existing DHCP servers name in option 67; they should not have to be changed. */
static const struct {
	const char *name;
	enum boot_loader loader;
} aliases[] = {
	{"bootmgfw.efi", BOOT_LOADER_BOOTMGFW_X64},
	{"pxeboot.com", BOOT_LOADER_PXEBOOT},
	{"pxeboot.0", BOOT_LOADER_PXEBOOT},
	{"ipxe.efi", BOOT_LOADER_IPXE_X64},
};

const char *boot_loader_name(enum boot_loader loader)
{
	return loader_names[loader];
}

enum boot_loader boot_loader_by_name(const char *name)
{
	for (size_t i = BOOT_LOADER_NONE + 1; i < ARRAY_SIZE(loader_names); i++) {
		if (strcmp(loader_names[i], name) == 0)
			return (enum boot_loader)i;
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(aliases[i].name, name) == 0)
			return aliases[i].loader;
	}
	return BOOT_LOADER_NONE;
}

const char *boot_action_name(enum boot_action action)
{
	static const char *const names[] = {
		[BOOT_IGNORE] = "ignore",
		[BOOT_HOLD] = "hold",
		[BOOT_REFUSE] = "refuse",
		[BOOT_SERVE] = "serve",
	};
	return names[action];
}

const char *boot_driver_source_name(enum boot_driver_source source)
{
	static const char *const names[] = {
		[BOOT_DRIVER_NONE] = "",
		[BOOT_DRIVER_PACKAGE] = "package",
		[BOOT_DRIVER_IMAGE] = "image",
	};
	return names[source];
}
