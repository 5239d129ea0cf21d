/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Network cards in several tiers. For some cards the package that names their PCI id is a bus
 * driver (class System): it makes further devices on a bus of its own, and what drives the network
 * is a second package that names those. Broadcom's and QLogic's: bxvbd.inf makes B06BDRV\..., its
 * network part B06BDRV\L2ND&PCI_163914E4 is bxnd.inf's; evbd.inf makes EBDRV\...; Mellanox'
 * ConnectX-3 makes MLX4\..., Xen's makes XENBUS\..., and that XENVIF\....
 *
 * What such a bus is called is what the bus driver's service is called, or stands in a table in
 * tiers.c. Which devices are on it nobody knows before it runs; but packages of class Net name
 * them, with the PCI ids of the card inside.
 */
#pragma once

#include "driver/match.h"

#define TIERS_MAX 4 /* packages one upon the other; three is the most that is known (Xen) */

/* A device that the driver below it makes. */
struct tier {
	struct device device; /* its ids as far as packages name them, the longest first; class Net;
				 none if no package names one */
	const struct device_match *match; /* of that device; lives as long as the matching */
};

struct tiers {
	struct tier tiers[TIERS_MAX]; /* in order, above the device itself */
	size_t n;                     /* 0: its pick is all that it needs, or it has none */
	bool is_complete;             /* each has a pick, and the last one is of class Net */
	char reason[512];             /* if there are tiers: what they are, or what is lacking */
};
void tiers_clear(struct tiers *tiers);

/*
 * What the device (whose match is given) needs besides its pick to be a network card: n = 0 for a
 * pick of class Net (all in one: "monolithic"), for what is no network card, and without a pick.
 * A plan takes the pick of the device and that of every tier; with is_complete false the card does
 * not work, whatever is taken.
 */
int tiers_find(struct matching *matching, const struct device *device,
	const struct device_match *match, struct tiers *ret_tiers, struct error *err) MUST_CHECK;
