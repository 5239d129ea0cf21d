/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A medium's bytes: into a file, or over the stick itself. */
#pragma once

#include "cli/cli.h"
#include "image/export.h"

struct medium_output {
	const char *path;
	bool replace;              /* another file may lie there */
	bool force;                /* it may be a disk, whose content goes */
	enum export_method method; /* how the bytes came there; medium_write() sets it */
};

/* With its progress shown. */
int medium_write(const struct cli *cli, const struct view *view, struct medium_output *output,
	struct error *err) MUST_CHECK;
/* How a file comes onto a stick. */
void medium_advise(const struct medium_output *output);
