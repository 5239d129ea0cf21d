/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/authenticode.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define MZ_LFANEW         0x3c
#define COFF_BYTES        20
#define OPTIONAL_PE32     0x10b
#define OPTIONAL_PE32_P   0x20b
#define CHECKSUM_AT       64 /* in the optional header of either kind */
#define DIRECTORIES_PE32  96 /* where its data directories begin */
#define DIRECTORIES_PE32P 112
#define CERTIFICATE_ENTRY 4 /* of the data directories; its address is an offset in the file */
#define DIRECTORY_BYTES   8
#define ALIGNMENT         8

static void add_range(struct authenticode *result, uint64_t from, uint64_t to)
{
	if (from < to)
		result->ranges[result->n_ranges++] = (struct file_range){from, to - from};
}

int authenticode_ranges(
	const void *head, size_t n, uint64_t file_bytes, struct authenticode *ret_authenticode)
{
	struct reader reader = reader_over(head, n);
	struct authenticode result = {0};

	if (reader_le16(&reader) != 0x5a4d) /* "MZ" */
		return -EINVAL;
	reader_seek(&reader, MZ_LFANEW);
	reader_seek(&reader, reader_le32(&reader));
	const uint8_t *signature = reader_bytes(&reader, 4);
	if (signature == NULL || memcmp(signature, "PE\0\0", 4) != 0)
		return -EINVAL;
	reader_skip(&reader, COFF_BYTES);
	size_t optional = reader.at;
	uint16_t kind = reader_le16(&reader);
	if (kind != OPTIONAL_PE32 && kind != OPTIONAL_PE32_P)
		return -EINVAL;
	size_t directories =
		optional + (kind == OPTIONAL_PE32 ? DIRECTORIES_PE32 : DIRECTORIES_PE32P);
	reader_seek(&reader, directories - 4);
	uint32_t n_directories = reader_le32(&reader);
	size_t entry = directories + CERTIFICATE_ENTRY * DIRECTORY_BYTES;
	if (n_directories > CERTIFICATE_ENTRY) {
		reader_seek(&reader, entry);
		result.signature.at = reader_le32(&reader);
		result.signature.size = reader_le32(&reader);
	}
	if (reader.failed || file_bytes < n)
		return -EINVAL;

	uint64_t end = file_bytes;
	add_range(&result, 0, optional + CHECKSUM_AT);
	if (n_directories > CERTIFICATE_ENTRY) {
		add_range(&result, optional + CHECKSUM_AT + 4, entry);
		if (result.signature.size > 0) {
			if (result.signature.at < entry + DIRECTORY_BYTES ||
				result.signature.at > file_bytes ||
				result.signature.size > file_bytes - result.signature.at)
				return -EINVAL;
			end = result.signature.at;
		}
		add_range(&result, entry + DIRECTORY_BYTES, end);
		add_range(&result, end + result.signature.size, file_bytes);
	} else {
		add_range(&result, optional + CHECKSUM_AT + 4, end);
	}
	if (result.signature.size == 0)
		result.padding = (uint8_t)((ALIGNMENT - file_bytes % ALIGNMENT) % ALIGNMENT);
	*ret_authenticode = result;
	return 0;
}
