/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/file_source.h"

const char *file_end_name(enum file_end end)
{
	static const char *const names[] = {
		[FILE_END_DONE] = "done",
		[FILE_END_PROBE] = "probe",
		[FILE_END_ABORTED] = "aborted",
		[FILE_END_TIMEOUT] = "timeout",
		[FILE_END_FAILED] = "failed",
	};
	return names[end];
}
