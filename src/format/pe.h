/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The few fields of a Portable Executable that decide whether a loader takes it: machine,
 * subsystem and its version. Reference: "PE Format", Microsoft Learn.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As much of the start of a file as always holds the fields; more is not looked at. */
#define PE_HEAD_BYTES 4096

#define PE_MACHINE_X86   0x014c
#define PE_MACHINE_ARM   0x01c4
#define PE_MACHINE_IA64  0x0200
#define PE_MACHINE_AMD64 0x8664
#define PE_MACHINE_ARM64 0xaa64

#define PE_SUBSYSTEM_EFI_APPLICATION  10
#define PE_SUBSYSTEM_BOOT_APPLICATION 16 /* what the Windows boot manager starts: winload.efi */

struct pe_head {
	uint16_t machine;
	/* The lowest Windows it says it runs on: 6.1. An older one refuses a program with
	 * ERROR_BAD_EXE_FORMAT ("not a valid Win32 application", 0x800700C1). */
	uint16_t subsystem_major, subsystem_minor;
	uint16_t subsystem;
};

/* -EINVAL if it is no PE, or its head does not lie in the n bytes. */
int pe_head_parse(const void *bytes, size_t n, struct pe_head *ret_head) MUST_CHECK;
/* The version of the file that its resources tell (VS_FIXEDFILEINFO): major, minor, build,
 * revision. false if there is none in the n bytes, which are all of the file. */
bool pe_file_version(const void *bytes, size_t n, uint32_t ret_version[static 4]);
/* "amd64", "x86", "arm64", "arm", "ia64"; NULL for others. */
const char *pe_machine_arch(uint16_t machine);
