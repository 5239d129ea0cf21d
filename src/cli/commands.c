/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands.h"

#include <stddef.h>

const struct command commands[] = {
	{"serve", "[--interface I]...", "serve boots: DHCP or proxyDHCP, PXE, TFTP, HTTP",
		cmd_serve},
	{NULL, NULL, NULL, NULL},
};
