/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/pe.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pe_head head;
	if (pe_head_parse(data, size, &head) == 0)
		(void)pe_machine_arch(head.machine);
	uint32_t version[4];
	(void)pe_file_version(data, size, version);
	return 0;
}
