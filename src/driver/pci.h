/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PCI functions as Windows names them: the ordered hardware and compatible ids that its PCI bus
 * driver builds ("Identifiers for PCI Devices"). Pure.
 */
#pragma once

#include "store/devices.h"

#include <stdbool.h>

struct pci_function {
	uint16_t vendor, device;
	bool has_subsystem, has_revision, has_class, has_prog_if;
	uint16_t subsystem_vendor, subsystem_device;
	uint8_t revision;
	uint8_t base_class, sub_class, prog_if;
	char location[64]; /* "0000:00:1f.6" or "" */
};

/* Fills the device's ids; its class from the PCI class (02: Net; 01 00/04/07: SCSIAdapter; 01
 * 01/06: HDC; 01 08: SCSIAdapter; else ""). */
int pci_device(const struct pci_function *function, struct device *device) MUST_CHECK;
/* Reads "PCI\VEN_8086&DEV_15F3&SUBSYS_86721043&REV_03" back; false if it is no such id. */
bool pci_parse_id(const char *id, struct pci_function *ret_function);
