/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/pe.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define MZ_LFANEW       0x3c /* where the offset of the PE signature lies */
#define COFF_SIZE_AT    16   /* size of the optional header, from the machine field on */
#define COFF_BYTES      20
#define OPTIONAL_PE32   0x10b
#define OPTIONAL_PE32_P 0x20b
#define VERSION_AT      48 /* of the subsystem, in the optional header of either kind */
#define SUBSYSTEM_AT    68

int pe_head_parse(const void *bytes, size_t n, struct pe_head *ret_head)
{
	struct reader reader = reader_over(bytes, n);
	struct pe_head head;

	if (reader_le16(&reader) != 0x5a4d) /* "MZ" */
		return -EINVAL;
	reader_seek(&reader, MZ_LFANEW);
	size_t at = reader_le32(&reader);
	reader_seek(&reader, at);
	const uint8_t *signature = reader_bytes(&reader, 4);
	if (signature == NULL || memcmp(signature, "PE\0\0", 4) != 0)
		return -EINVAL;

	head.machine = reader_le16(&reader);
	reader_skip(&reader, COFF_SIZE_AT - 2);
	uint16_t optional_bytes = reader_le16(&reader);
	reader_skip(&reader, COFF_BYTES - COFF_SIZE_AT - 2);
	uint16_t kind = reader_le16(&reader);
	if (optional_bytes < SUBSYSTEM_AT + 2 || (kind != OPTIONAL_PE32 && kind != OPTIONAL_PE32_P))
		return -EINVAL;
	reader_skip(&reader, VERSION_AT - 2);
	head.subsystem_major = reader_le16(&reader);
	head.subsystem_minor = reader_le16(&reader);
	reader_skip(&reader, SUBSYSTEM_AT - VERSION_AT - 4);
	head.subsystem = reader_le16(&reader);
	if (reader.failed)
		return -EINVAL;
	*ret_head = head;
	return 0;
}

const char *pe_machine_arch(uint16_t machine)
{
	switch (machine) {
	case PE_MACHINE_X86: return "x86";
	case PE_MACHINE_AMD64: return "amd64";
	case PE_MACHINE_ARM64: return "arm64";
	case PE_MACHINE_ARM: return "arm";
	case PE_MACHINE_IA64: return "ia64";
	default: return NULL;
	}
}
