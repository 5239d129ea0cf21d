/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a medium's file is all there. Media are written without waiting for the disk, and are
 * copied by all kinds of tools, so a power cut or a full disk leaves files that are too short, or
 * that have holes where bytes should be.
 */
#pragma once

#include "base/error.h"
#include "base/view.h"

#include <stdbool.h>

/* -EIO if it ends before what its volume descriptor (ISO 9660) or partition table says. */
int medium_check_length(const struct view *disk, struct error *err) MUST_CHECK;
/* A hole in what lies from offset on: of an ISO, all but its tail; of a volume's file, all of it.
 * Who copies files so that long zeros become holes (cp --sparse=always) makes such, too; on drives
 * and file systems that know no holes there are none. */
bool medium_iso_has_hole(const struct view *disk);
bool medium_file_has_hole(const struct view *file);
