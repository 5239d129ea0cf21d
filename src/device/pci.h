/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PCI functions as Windows names them: the ordered hardware and compatible ids that its PCI bus
 * driver builds ("Identifiers for PCI Devices"). Pure.
 *
 * That document gives one list of formats and says that Windows 10 moved some ids. What machines
 * show (setupapi logs of Windows XP, 7 and 10, lists of pnputil, devcon and WMI):
 * - A function with a subsystem has, on every Windows since XP, four hardware ids (SUBSYS with and
 *   without REV, then CC with and without programming interface); VEN&DEV&REV and VEN&DEV lead the
 *   compatible ids.
 * - A function whose subsystem is 0000 0000 has these two among the hardware ids, behind the SUBSYS
 *   ones, before Windows 10; Windows 10 treats it like any other.
 */
#pragma once

#include "device/device.h"

#include <stdbool.h>
#include <stdint.h>

struct pci_function {
	uint16_t vendor, device;
	/* What a report does not tell is left out of the ids. A subsystem of zeros is told. */
	bool has_subsystem, has_revision, has_class, has_prog_if, has_port_type;
	uint16_t subsystem_vendor, subsystem_device;
	uint8_t revision;
	uint8_t base_class, sub_class, prog_if;
	uint8_t port_type; /* of the PCI Express capability: 0 endpoint, 4 root port, ... */
	char location[64]; /* "0000:00:1f.6" or "" */
};

/* Fills the device's ids as Windows 10 orders them; its location; its class from the PCI class
 * (02: Net; 01 00/04/07/08: SCSIAdapter; 01 01/05/06: HDC; else ""). Where the subsystem is not
 * known, the ids with REV and VEN&DEV alone are the first hardware ids. */
int pci_device(const struct pci_function *function, struct device *device) MUST_CHECK;
/* The same device as Windows major.* orders its ids: see above. Devices that are not PCI stay as
 * they are. */
int pci_order_for_windows(struct device *device, uint16_t major) MUST_CHECK;
/* "Net", "SCSIAdapter", "HDC", or "": of the PCI class code. */
const char *pci_setup_class(const struct pci_function *function);
/* "Net", "SCSIAdapter", "HDC", or "" where the ids of the device tell no class, or another. */
const char *pci_setup_class_of(const struct device *device);
/* Reads "PCI\VEN_8086&DEV_15F3&SUBSYS_86721043&REV_03" back, with CC_ too, also with an instance
 * behind; false if it is no such id. */
bool pci_parse_id(const char *id, struct pci_function *ret_function);
