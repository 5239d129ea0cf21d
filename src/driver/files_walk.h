/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an install section to the files that it copies, for models_files.c and models_missing.c. */
#pragma once

#include "driver/models_room.h"
#include "driver/models_sources.h"

/* What one run finds is told to `found`, a file perhaps several times. */
struct files_walk {
	const struct inf *inf;
	struct sources sources;
	struct section_walk installs, lists;
	struct models_steps steps;
	enum inf_arch arch;
	struct inf_scratch scratch;
	int (*found)(struct files_walk *walk, struct error *err);
	/* What becomes of a list of files: files_walk_read_list() unless it is replaced. */
	int (*list)(struct files_walk *walk, uint32_t section, struct error *err);
	void *context;
	/* of the file found */
	struct source_path path, cabinet;
	bool is_inbox;
};

int files_walk_open(
	const struct inf *inf, struct files_walk **ret_walk, struct error *err) MUST_CHECK;
void files_walk_close(struct files_walk *walk);
DEFINE_FREEP(struct files_walk, files_walk_close);
/* Forgets what was seen. */
void files_walk_restart(struct files_walk *walk);
/* The install section of that name as walk->arch takes it, with those that belong to it. */
void files_walk_push_install(struct files_walk *walk, struct inf_text name);
/* All that was pushed. */
int files_walk_run(struct files_walk *walk, struct error *err) MUST_CHECK;
/* Every file of one list. */
int files_walk_read_list(struct files_walk *walk, uint32_t section, struct error *err) MUST_CHECK;
