/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages as words and as JSON, for the driver commands. */
#pragma once

#include "cli/cli.h"
#include "store/drivers.h"

#define DRIVER_DATE_TEXT_BYTES    11
#define DRIVER_VERSION_TEXT_BYTES 24
#define DRIVER_SHORT_ID_BYTES     13 /* 12 digits: what tables show, and every command takes */

/* "2024-01-31"; "" for 0. */
void driver_date_format(uint32_t date, char text[static DRIVER_DATE_TEXT_BYTES]);
/* "12.19.1.37". */
void driver_version_format(uint64_t version, char text[static DRIVER_VERSION_TEXT_BYTES]);
void driver_short_id(const char *id, char text[static DRIVER_SHORT_ID_BYTES]);
/* "Microsoft Windows Hardware Compatibility Publisher", "unsigned", "invalid". */
const char *driver_signature_words(const struct driver_package *package);
/* The word of JSON: "signed". */
const char *driver_signature_word(enum driver_signature signature);

/* PACKAGE of docs/json.md: what is known of it without its lists; NULL without memory. */
json_t *driver_package_json(const struct driver_package *package);
/* Of one package; package is the id. An array of MARK. */
json_t *driver_marks_json(const struct driver_mark *marks, size_t n, const char *package);
