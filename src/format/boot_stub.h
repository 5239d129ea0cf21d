/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program in boot sectors that BIOS starts of a medium which only UEFI can boot: it says so. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The most that at may be. */
#define BOOT_STUB_AT_MAX 96

/* Into a sector of 512 bytes from at on, with the signature at its end. */
void boot_stub_write(uint8_t sector[static 512], size_t at);
