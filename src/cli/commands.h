/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions behind the table in commands.c, one file each. */
#pragma once

#include "cli/cli.h"

command_function cmd_serve;
command_function cmd_explain;
command_function cmd_boot_list;
command_function cmd_boot_show;
command_function cmd_check;
command_function cmd_client_add;
command_function cmd_client_import;
command_function cmd_client_list;
command_function cmd_client_show;
command_function cmd_client_approve;
command_function cmd_client_refuse;
command_function cmd_client_remove;
command_function cmd_config_check;
command_function cmd_config_show;
command_function cmd_driver_add;
command_function cmd_driver_list;
command_function cmd_driver_mark;
command_function cmd_driver_match;
command_function cmd_driver_remove;
command_function cmd_driver_rules;
command_function cmd_driver_show;
command_function cmd_driver_unmark;
command_function cmd_image_add_drivers;
command_function cmd_image_add_files;
command_function cmd_image_export;
command_function cmd_image_import;
command_function cmd_image_list;
command_function cmd_image_remove;
command_function cmd_image_show;
command_function cmd_image_verify;
command_function cmd_inspect;
command_function cmd_media_check;
command_function cmd_media_ipxe;
command_function cmd_media_iso;
command_function cmd_media_usb;
command_function cmd_prepare;
