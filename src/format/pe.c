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

bool pe_file_version(const void *bytes, size_t n, uint32_t ret_version[static 4])
{
	/*
	 * "VS_VERSION_INFO" in UTF-16, NUL, padding to 4 bytes, signature, struct version. Looked
	 * for by that name and not by way of the resource directory, which not every packer keeps
	 * in order; a text of that shape that is no version block has no such signature behind it.
	 */
	static const char name[] = "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0";
	static const uint8_t signature[] = {0xbd, 0x04, 0xef, 0xfe};
	const uint8_t *at = bytes, *end = at + n;
	while ((at = memmem(at, (size_t)(end - at), name, sizeof(name))) != NULL) {
		at += sizeof(name);
		struct reader r = reader_over(at, (size_t)(end - at));
		const uint8_t *found =
			memmem(at, r.size < 8 ? r.size : 8, signature, sizeof(signature));
		if (found == NULL)
			continue;
		reader_seek(&r, (size_t)(found - at) + 8);
		uint32_t high = reader_le32(&r), low = reader_le32(&r);
		if (r.failed)
			return false;
		ret_version[0] = high >> 16;
		ret_version[1] = high & 0xffff;
		ret_version[2] = low >> 16;
		ret_version[3] = low & 0xffff;
		return true;
	}
	return false;
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
