/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the source of a file that an INF copies lies: [SourceDisksFiles] and [SourceDisksNames],
 * of the architecture and without. */
#pragma once

#include "driver/models_room.h"
#include "base/name_table.h"

#define FILE_NAME_BYTES 256 /* NTFS: 255 characters */
#define N_SOURCE_SETS   (INF_N_ARCHS + 1)

struct sources {
	struct name_table files[N_SOURCE_SETS]; /* names to lines; the last without architecture */
	struct name_table disks[N_SOURCE_SETS];
	bool has_layout_file; /* files not listed here may be Windows' own */
};

struct source_path {
	char text[LIMIT_PATH_BYTES];
	size_t length; /* 0: none */
};

/* To be cleared also after an error. */
int sources_read(const struct inf *inf, struct models_steps *steps, struct sources *ret_sources,
	struct error *err) MUST_CHECK;
void sources_clear(struct sources *sources);
/* Relative to the INF's folder; *cabinet is empty unless it may lie in one. False if that cannot be
 * a path. */
bool sources_locate(const struct inf *inf, const struct sources *sources, enum inf_arch arch,
	struct inf_text name, struct source_path *path, struct source_path *cabinet,
	bool *ret_is_inbox) MUST_CHECK;
