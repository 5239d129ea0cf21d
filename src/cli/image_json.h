/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A boot image as JSON and as words, the same in every `pewter image` command. docs/json.md. */
#pragma once

#include "store/store.h"

#include <jansson.h>

/* The object under "image"; NULL if out of memory. */
json_t *image_to_json(const struct image_record *record);
/* "bootx64.efi, pxeboot.n12": the files that firmware starts. "none" if there are none. */
void image_loaders_text(const struct image_record *record, char *out, size_t size);
/* "10.0.22621.1 (WinPE 11)", "-" */
void image_version_text(const struct image_record *record, char *out, size_t size);
