/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both stages of minipe need of the firmware: printing, memory, handles, switching off. */
#pragma once

#include "bytes.h"
#include "efi.h"

extern struct efi_system_table *firmware;

void firmware_start(struct efi_system_table *table);
/* %s, %u, %x (8 digits), %X (4 digits), %llu; goes to the console, which is the serial port too. */
void print(const char *format, ...);
size_t format_text(char *out, size_t size, const char *format, ...);
/* Page-aligned, zeroed, never freed; NULL if there is no more. */
void *allocate(size_t size);
/* NULL if the handle has no such protocol. */
void *protocol(efi_handle handle, const struct efi_guid *guid);
/* The nearest handle on the device path of `handle`, itself or a parent, that has the protocol. */
void *protocol_upwards(efi_handle handle, const struct efi_guid *guid, efi_handle *ret_handle);
_Noreturn void power_off(void);
