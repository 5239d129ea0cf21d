/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which archive a file is, or which one a self-extracting program carries. A place is only given
 * out if the archive's own head is right, so that the mere bytes "MSCF" in a program are not taken
 * for a cabinet.
 */
#include "adapter/archive.h"

#include "adapter/file.h"
#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define STEP_BYTES     (256U << 10)
#define HEAD_BYTES     512
#define SCAN_BYTES     (64U << 20) /* how far into a program an archive may begin */
#define ISO_MAGIC_AT   (16 * 2048 + 1)
#define CAB_HEAD_BYTES 36
#define Z_HEAD_BYTES   32                   /* of a .7z */
#define EOCD_BYTES     22                   /* the end of a .zip's directory, APPNOTE.TXT 4.3.16, */
#define EOCD_MAX_BYTES (EOCD_BYTES + 65535) /* with its comment */

static const uint8_t z_magic[] = {'7', 'z', 0xbc, 0xaf, 0x27, 0x1c};

const char *archive_kind_name(enum archive_kind kind)
{
	static const char *const names[] = {"zip", "cab", "7z", "tar", "ISO 9660"};
	return names[kind];
}

static bool starts_with(const uint8_t *head, size_t n, const void *magic, size_t n_magic)
{
	return n >= n_magic && memcmp(head, magic, n_magic) == 0;
}

/* ---- heads ---- */

/* As far as the head tells: where the cabinet ends, after its 36 bytes ([MS-CAB] 2.1). */
static bool read_cab(const uint8_t *head, size_t n, uint64_t *ret_size)
{
	struct reader reader = reader_over(head, n);
	const uint8_t *magic = reader_bytes(&reader, 4);
	uint32_t zero_1 = reader_le32(&reader);
	uint32_t size = reader_le32(&reader);
	uint32_t zero_2 = reader_le32(&reader);
	uint32_t files_at = reader_le32(&reader);
	uint32_t zero_3 = reader_le32(&reader);
	uint8_t minor = reader_u8(&reader);
	uint8_t major = reader_u8(&reader);
	uint16_t n_folders = reader_le16(&reader);
	uint16_t n_files = reader_le16(&reader);
	if (reader.failed || memcmp(magic, "MSCF", 4) != 0 || zero_1 != 0 || zero_2 != 0 ||
		zero_3 != 0)
		return false;
	*ret_size = size;
	return major == 1 && minor == 3 && n_folders > 0 && n_files > 0 &&
	       files_at >= CAB_HEAD_BYTES && files_at < size;
}

/* CRC-32 as zlib has it; of twenty bytes, so no table. */
static uint32_t crc32_of(const uint8_t *bytes, size_t n)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
	}
	return ~crc;
}

/* 7zFormat.txt: signature, version, CRC of the next 20 bytes, which say where the end header is. */
static bool read_7z(const uint8_t *head, size_t n, uint64_t *ret_size)
{
	struct reader reader = reader_over(head, n);
	const uint8_t *magic = reader_bytes(&reader, sizeof(z_magic));
	reader_skip(&reader, 2);
	uint32_t crc = reader_le32(&reader);
	uint64_t at = reader_le64(&reader);
	uint64_t size = reader_le64(&reader);
	reader_skip(&reader, 4);
	if (reader.failed || memcmp(magic, z_magic, sizeof(z_magic)) != 0)
		return false;
	if (crc32_of(head + 12, 20) != crc)
		return false;
	*ret_size =
		at > INT64_MAX / 4 || size > INT64_MAX / 4 ? INT64_MAX : Z_HEAD_BYTES + at + size;
	return true;
}

/* Is there the end of a .zip's directory? */
static int has_zip_end(int fd, uint64_t size, bool *ret_found)
{
	CLEANUP(memory_freep) uint8_t *tail = malloc(EOCD_MAX_BYTES);
	size_t n = size < EOCD_MAX_BYTES ? (size_t)size : EOCD_MAX_BYTES;
	if (tail == NULL)
		return -ENOMEM;
	int rc = file_read_at(fd, size - n, tail, n);
	if (rc < 0)
		return rc;
	*ret_found = false;
	for (size_t at = n < EOCD_BYTES ? 0 : n - EOCD_BYTES + 1; at-- > 0 && !*ret_found;)
		*ret_found = memcmp(tail + at, "PK\5\6", 4) == 0;
	return 0;
}

static int cut_short(uint64_t size, uint64_t wanted, const char *kind, struct error *err)
{
	return error_set(err, -EINVAL,
		"cut short: it has %" PRIu64 " bytes, and the head of the %s says %" PRIu64
		"; copy it again",
		size, kind, wanted);
}

/* ---- programs ---- */

/* The first place from `from` on where a .7z or a cabinet that fits into the file begins. */
static int scan(int fd, uint64_t size, struct archive_place *ret_place)
{
	CLEANUP(memory_freep) uint8_t *step = malloc(STEP_BYTES + HEAD_BYTES);
	if (step == NULL)
		return -ENOMEM;
	for (uint64_t from = 0; from < size && from < SCAN_BYTES; from += STEP_BYTES) {
		size_t n = size - from < STEP_BYTES + HEAD_BYTES ? (size_t)(size - from)
								 : STEP_BYTES + HEAD_BYTES;
		int rc = file_read_at(fd, from, step, n);
		if (rc < 0)
			return rc;
		for (size_t at = 0; at < n && at < STEP_BYTES; at++) {
			uint64_t length = 0;
			enum archive_kind kind = ARCHIVE_IN_CAB;
			if (step[at] != '7' && step[at] != 'M')
				continue;
			bool found = read_cab(step + at, n - at, &length);
			if (!found) {
				found = read_7z(step + at, n - at, &length);
				kind = ARCHIVE_IN_7Z;
			}
			if (!found || length > size - from - at)
				continue;
			*ret_place = (struct archive_place){.kind = kind,
				.is_program = true,
				.offset = from + at,
				.size = length};
			return 0;
		}
	}
	return -EMEDIUMTYPE;
}

static int find_in_program(int fd, uint64_t size, struct archive_place *ret_place)
{
	int rc = scan(fd, size, ret_place);
	if (rc != -EMEDIUMTYPE)
		return rc;
	bool found;
	rc = has_zip_end(fd, size, &found);
	if (rc < 0)
		return rc;
	if (!found)
		return -EMEDIUMTYPE;
	*ret_place =
		(struct archive_place){.kind = ARCHIVE_IN_ZIP, .is_program = true, .size = size};
	return 0;
}

/* ---- files ---- */

static bool is_tar(const uint8_t *head, size_t n)
{
	static const struct {
		size_t n;
		const char *magic;
	} filters[] = {{2, "\x1f\x8b"}, {3, "BZh"},
		{6, "\xfd"
		    "7zXZ\0"},
		{4, "\x28\xb5\x2f\xfd"}};
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		if (starts_with(head, n, filters[i].magic, filters[i].n))
			return true;
	}
	return n >= 262 && memcmp(head + 257, "ustar", 5) == 0;
}

static bool is_iso(int fd, uint64_t size)
{
	char magic[5];
	return size > ISO_MAGIC_AT + sizeof(magic) &&
	       file_read_at(fd, ISO_MAGIC_AT, magic, sizeof(magic)) == 0 &&
	       memcmp(magic, "CD001", sizeof(magic)) == 0; /* ECMA-119, 8.1.2 */
}

static int find_zip(int fd, uint64_t size, struct archive_place *place, struct error *err)
{
	bool found = false;
	int rc = has_zip_end(fd, size, &found);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	if (!found)
		return error_set(err, -EINVAL,
			"cut short: the directory at the end of the zip is missing; copy it again");
	place->kind = ARCHIVE_IN_ZIP;
	return 0;
}

int archive_find(int fd, struct archive_place *ret_place, struct error *err)
{
	uint8_t head[HEAD_BYTES];
	uint64_t size, length;
	int rc = file_size(fd, &size);
	size_t n = rc == 0 && size < sizeof(head) ? (size_t)size : sizeof(head);
	if (rc == 0)
		rc = file_read_at(fd, 0, head, n);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));

	struct archive_place place = {.size = size};
	if (starts_with(head, n, "MZ", 2) || starts_with(head, n, "\177ELF", 4)) {
		rc = find_in_program(fd, size, &place);
		if (rc < 0 && rc != -EMEDIUMTYPE)
			(void)error_set(err, rc, "%s", strerror(-rc));
	} else if (starts_with(head, n, "PK\3\4", 4) || starts_with(head, n, "PK\5\6", 4)) {
		rc = find_zip(fd, size, &place, err);
	} else if (starts_with(head, n, "MSCF", 4)) {
		place.kind = ARCHIVE_IN_CAB;
		if (!read_cab(head, n, &length))
			rc = error_set(err, -EINVAL, "the head of the cabinet is damaged");
		else if (length > size)
			rc = cut_short(size, length, "cabinet", err);
	} else if (starts_with(head, n, z_magic, sizeof(z_magic))) {
		place.kind = ARCHIVE_IN_7Z;
		if (!read_7z(head, n, &length))
			rc = error_set(err, -EINVAL, "the head of the .7z is damaged");
		else if (length > size)
			rc = cut_short(size, length, ".7z", err);
	} else if (is_tar(head, n)) {
		place.kind = ARCHIVE_IN_TAR;
	} else if (is_iso(fd, size)) {
		place.kind = ARCHIVE_IN_ISO;
	} else {
		rc = -EMEDIUMTYPE;
	}
	if (rc == 0)
		*ret_place = place;
	return rc;
}
