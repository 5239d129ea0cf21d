/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A decision as JSON, in the events of boots and in what `pewter explain` prints. */
#pragma once

#include "boot/decide.h"

#include <jansson.h>

/* ["...", ...], in the order in which they were thought. */
json_t *decision_reasons_json(const struct boot_decision *decision);
/* {"id", "told_by": "ipxe" | "client", "covered": true | false | null, "by": "package" | "image" |
 * null, "text"}; null if nothing is known of a card. */
json_t *decision_card_json(const struct boot_decision *decision);
