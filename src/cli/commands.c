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
	{NULL, NULL, NULL, NULL},
};
