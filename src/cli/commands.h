/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions behind the table in commands.c, one file each. */
#pragma once

#include "cli/cli.h"

command_function cmd_serve;
command_function cmd_explain;
