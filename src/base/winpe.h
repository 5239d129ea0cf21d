/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name by which administrators know a Windows PE version: 6.3.9600.17031 -> "5.1". Drivers are
 * marked by it. Reference: Microsoft's list of WinPE versions by Windows build. */
#pragma once

#include <stdint.h>

#define WINPE_NAME_BYTES 16

/* version: major, minor, build, service pack build. "" for what is not known. */
const char *winpe_name(const uint32_t version[static 4]);
