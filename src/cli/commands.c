/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands.h"

#include <stddef.h>

const struct command commands[] = {
	{"image import", "SOURCE --name NAME [--index I] [--replace]",
		"takes in a boot.wim, a Windows or ADK .iso, or a folder with such media",
		cmd_image_import},
	{"image list", "", "lists the boot images", cmd_image_list},
	{"image remove", "NAME", "forgets a boot image and frees its space", cmd_image_remove},
	{"image show", "NAME", "tells all about one boot image", cmd_image_show},
	{NULL, NULL, NULL, NULL},
};
