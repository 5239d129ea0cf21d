/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands.h"

#include <stddef.h>

const struct command commands[] = {
	{"serve", "[--interface I]...", "serve boots: DHCP or proxyDHCP, PXE, TFTP, HTTP",
		cmd_serve},
	{"explain",
		"--mac MAC [--uuid UUID] [--arch uefi-x64] [--vendor-class TEXT] [--ipxe] "
		"[--bus-id 8086:15f3] [--relay IP] [--port proxy|server|pxe|file], or --pcap FILE",
		"what a machine would boot, and why", cmd_explain},
	{"boot list", "[--max N]", "the boots, newest first", cmd_boot_list},
	{"boot show", "ID|latest|next [--follow]",
		"one boot's timeline, as it happens with --follow", cmd_boot_show},
	{"client list", "", "the machines that were held, approved or refused", cmd_client_list},
	{"client show", "NAME|MAC|UUID", "one machine", cmd_client_show},
	{"client approve", "NAME|MAC|UUID [--name NAME] [--image NAME]",
		"a machine that waits may boot", cmd_client_approve},
	{"client refuse", "NAME|MAC|UUID", "a machine is never served", cmd_client_refuse},
	{"config check", "", "is the config file right?", cmd_config_check},
	{"config show", "[--example]", "every key, its value, and where that came from",
		cmd_config_show},
	{"driver add", "PATH...", "takes in driver packages from folders, INFs and archives",
		cmd_driver_add},
	{"driver list", "[--class NAME,...] [--all]",
		"the driver packages by family, the newest version first", cmd_driver_list},
	{"driver remove", "ID...", "forgets driver packages and frees their space",
		cmd_driver_remove},
	{"driver show", "ID", "tells all about one driver package", cmd_driver_show},
	{"image import", "SOURCE --name NAME [--index I] [--replace]",
		"takes in a boot.wim, a Windows or ADK .iso, or a folder with such media",
		cmd_image_import},
	{"image list", "", "lists the boot images", cmd_image_list},
	{"image remove", "NAME", "forgets a boot image and frees its space", cmd_image_remove},
	{"image show", "NAME", "tells all about one boot image", cmd_image_show},
	{"inspect", "FILE [--lines]", "what an INF, WIM, SDI, BCD store or program is",
		cmd_inspect},
	{NULL, NULL, NULL, NULL},
};
