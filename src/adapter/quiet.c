/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/quiet.h"

FILE *quiet_begin(void)
{
	static FILE *nowhere;
	FILE *before = stderr;
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "we");
	/* "Normal variables which you can set just like any others": glibc's manual, Standard
	   Streams. Without /dev/null they may as well print. */
	if (nowhere != NULL)
		stderr = nowhere;
	return before;
}

void quiet_end(FILE *before)
{
	stderr = before;
}
