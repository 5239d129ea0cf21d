/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/medium_write.h"

#include "cli/progress.h"
#include "image/device_write.h"

#include <stdio.h>

int medium_write(const struct cli *cli, const struct view *view, struct medium_output *output,
	struct error *err)
{
	struct progress_phases phases;
	const struct progress_sink *progress = progress_phases_begin(&phases, cli);
	output->method = EXPORT_COPY;
	int rc = is_block_device(output->path)
			 ? device_write(view, output->path, output->force, progress, err)
			 : view_export(view, output->path, output->replace, progress,
				   &output->method, err);
	progress_phases_end(&phases);
	return rc;
}

void medium_advise(const struct medium_output *output)
{
	if (!is_block_device(output->path))
		(void)printf("  onto a stick: dd if=%s of=/dev/sdX bs=4M oflag=direct conv=fsync\n",
			output->path);
}
