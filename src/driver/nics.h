/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which network cards a package drives on a target, by PCI vendor and device: what is known of a
 * machine before it runs anything but its iPXE (option 175.177). */
#pragma once

#include "driver/target.h"
#include "store/drivers.h"
#include "store/revisions.h"

/* Adds those of the package (with its lists) that are of class Net and that the target installs
 * with all their files. "PCI\VEN_8086&DEV_15F3" and with &REV_: every board; with &SUBSYS_: some.
 * Of class System those that have a service, as some boards only: they may be the lower half of a
 * card in several tiers (driver/tiers.h). Nothing for other classes. The set is in order, and stays
 * so. */
int nics_add_package(struct nic_set *set, const struct driver_package *package,
	const struct target *target, struct error *err) MUST_CHECK;
/* For who filled a set otherwise. Sorts, each once; a card that one
 * package drives on every board is so. */
void nics_finish(struct nic_set *set);
const struct nic_id *nics_find(const struct nic_set *set, uint16_t vendor, uint16_t device);
