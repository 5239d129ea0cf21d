/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names for people of PCI vendors and devices, out of hwdata's pci.ids. A machine without that file
 * gets ids only. */
#pragma once

#include "device/device.h"

#include <stdbool.h>
#include <stdint.h>

struct pci_names;

/* path NULL: where distributions put it. -ENOENT if there is none. */
int pci_names_open(const char *path, struct pci_names **ret_names) MUST_CHECK;
struct pci_names *pci_names_close(struct pci_names *names);
DEFINE_FREEP(struct pci_names, pci_names_close);

/* "Intel Corporation Ethernet Controller I225-V", "Intel Corporation" if only the vendor is known;
 * false if not even that. */
bool pci_names_find(
	const struct pci_names *names, uint16_t vendor, uint16_t device, char *out, size_t size);
/* Names the PCI devices that have no name yet. */
void pci_names_fill(const struct pci_names *names, struct device_list *list);
