/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Will the machine have a network once Windows PE runs? What is known of its network card - iPXE
 * tells its PCI id, or its devices were imported - is held against what the revision that it would
 * get drives.
 */
#pragma once

#include "boot/decide.h"

/* Fills *ret; coverage BOOT_COVERAGE_NONE and no words if nothing is known of a card. */
void boot_card_judge(const struct boot_request *request, const struct boot_client *client,
	const struct boot_image *image, uint32_t revision, struct boot_card_decision *ret);

/* NULL for a revision that is not known. */
const struct boot_revision *boot_image_revision(const struct boot_image *image, uint32_t revision);
