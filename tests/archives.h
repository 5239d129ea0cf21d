/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Archives byte by byte, for tests: what no honest program writes can be written with these.
 * Stored, never packed. Include after unit.h.
 */
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#define TEST_ARCHIVE_MAX (64U << 20)

/* One entry; what is left out is an ordinary file. */
struct test_entry {
	const char *name;
	size_t name_bytes; /* 0: strlen(name) */
	const char *content;
	size_t content_bytes; /* 0: strlen(content) */
	char tar_kind; /* '0' file, '1' hard link, '2' symbolic link, '3' device, '5' folder */
	const char *link;
	uint32_t zip_mode;  /* st_mode of Unix; 0: made by FAT */
	uint16_t zip_flags; /* 1: encrypted, 0x800: UTF-8 */
};

static inline size_t entry_name_bytes(const struct test_entry *entry)
{
	return entry->name_bytes > 0 ? entry->name_bytes : strlen(entry->name);
}

static inline size_t entry_content_bytes(const struct test_entry *entry)
{
	if (entry->content_bytes > 0 || entry->content == NULL)
		return entry->content_bytes;
	return strlen(entry->content);
}

static inline uint32_t test_crc32(const void *bytes, size_t n)
{
	const uint8_t *b = bytes;
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		crc ^= b[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
	}
	return ~crc;
}

static inline void put_le(struct buffer *out, uint64_t value, size_t n)
{
	uint8_t bytes[8];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_le64(&w, value);
	assert_int_equal(buffer_add(out, bytes, n), 0);
}

static inline void put_bytes(struct buffer *out, const void *bytes, size_t n)
{
	assert_int_equal(buffer_add(out, bytes, n), 0);
}

/* The fields that local and central headers share, from the flags on. */
static inline void put_zip_fields(struct buffer *out, const struct test_entry *entry)
{
	size_t n = entry_content_bytes(entry);
	put_le(out, entry->zip_flags, 2);
	put_le(out, 0, 2); /* stored */
	put_le(out, 0, 4);
	put_le(out, n > 0 ? test_crc32(entry->content, n) : 0, 4);
	put_le(out, n, 4);
	put_le(out, n, 4);
	put_le(out, entry_name_bytes(entry), 2);
	put_le(out, 0, 2);
}

static inline struct buffer make_zip(const struct test_entry *entries, size_t n)
{
	struct buffer out = buffer_with_max(TEST_ARCHIVE_MAX);
	struct buffer directory = buffer_with_max(TEST_ARCHIVE_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct test_entry *entry = &entries[i];
		size_t at = out.size;
		put_bytes(&out, "PK\3\4", 4);
		put_le(&out, 20, 2);
		put_zip_fields(&out, entry);
		put_bytes(&out, entry->name, entry_name_bytes(entry));
		put_bytes(&out, entry->content, entry_content_bytes(entry));
		put_bytes(&directory, "PK\1\2", 4);
		put_le(&directory, entry->zip_mode != 0 ? 3 << 8 | 20 : 20, 2);
		put_le(&directory, 20, 2);
		put_zip_fields(&directory, entry);
		put_le(&directory, 0, 6);
		put_le(&directory, (uint64_t)entry->zip_mode << 16, 4);
		put_le(&directory, at, 4);
		put_bytes(&directory, entry->name, entry_name_bytes(entry));
	}
	size_t at = out.size;
	put_bytes(&out, directory.bytes, directory.size);
	put_bytes(&out, "PK\5\6", 4);
	put_le(&out, 0, 4);
	put_le(&out, n, 2);
	put_le(&out, n, 2);
	put_le(&out, directory.size, 4);
	put_le(&out, at, 4);
	put_le(&out, 0, 2);
	buffer_free(&directory);
	return out;
}

static inline void put_tar_header(struct buffer *out, const struct test_entry *entry)
{
	char header[512] = {0};
	unsigned sum = 0;
	size_t n = entry_content_bytes(entry);
	memcpy(header, entry->name, entry_name_bytes(entry) < 100 ? entry_name_bytes(entry) : 100);
	(void)snprintf(header + 100, 8, "%07o", 0644U);
	(void)snprintf(header + 124, 12, "%011zo", n);
	(void)snprintf(header + 136, 12, "%011o", 0U);
	header[156] = entry->tar_kind != 0 ? entry->tar_kind : '0';
	if (entry->link != NULL)
		(void)snprintf(header + 157, 100, "%s", entry->link);
	memcpy(header + 257,
		"ustar\0"
		"00",
		8);
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	(void)snprintf(header + 148, 8, "%06o", sum);
	put_bytes(out, header, sizeof(header));
}

static inline struct buffer make_tar(const struct test_entry *entries, size_t n)
{
	struct buffer out = buffer_with_max(TEST_ARCHIVE_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t size = entry_content_bytes(&entries[i]);
		put_tar_header(&out, &entries[i]);
		put_bytes(&out, entries[i].content, size);
		assert_int_equal(buffer_add_zeros(&out, (512 - size % 512) % 512), 0);
	}
	assert_int_equal(buffer_add_zeros(&out, 1024), 0);
	return out;
}

/* [MS-CAB]: one folder, stored, one block of at most 32 kB. */
static inline struct buffer make_cab(const struct test_entry *entries, size_t n)
{
	struct buffer out = buffer_with_max(TEST_ARCHIVE_MAX);
	size_t names = 0, content = 0;
	for (size_t i = 0; i < n; i++) {
		names += entry_name_bytes(&entries[i]) + 1;
		content += entry_content_bytes(&entries[i]);
	}
	assert_true(content <= 32768);
	size_t data_at = 36 + 8 + 16 * n + names;
	put_bytes(&out, "MSCF", 4);
	put_le(&out, 0, 4);
	put_le(&out, data_at + 8 + content, 4);
	put_le(&out, 0, 4);
	put_le(&out, 36 + 8, 4);
	put_le(&out, 0, 4);
	put_le(&out, 0x0103, 2);
	put_le(&out, 1, 2);
	put_le(&out, n, 2);
	put_le(&out, 0, 6);
	put_le(&out, data_at, 4);
	put_le(&out, 1, 2);
	put_le(&out, 0, 2);
	content = 0;
	for (size_t i = 0; i < n; i++) {
		put_le(&out, entry_content_bytes(&entries[i]), 4);
		put_le(&out, content, 4);
		put_le(&out, 0, 2);
		put_le(&out, 0x5a21, 2);
		put_le(&out, 0, 2);
		put_le(&out, 0x20, 2);
		put_bytes(&out, entries[i].name, entry_name_bytes(&entries[i]));
		put_le(&out, 0, 1);
		content += entry_content_bytes(&entries[i]);
	}
	put_le(&out, 0, 4); /* no checksum */
	put_le(&out, content, 2);
	put_le(&out, content, 2);
	for (size_t i = 0; i < n; i++)
		put_bytes(&out, entries[i].content, entry_content_bytes(&entries[i]));
	return out;
}

static inline la_ssize_t keep_written(
	struct archive *archive, void *out, const void *bytes, size_t n)
{
	(void)archive;
	put_bytes(out, bytes, n);
	return (la_ssize_t)n;
}

/* By libarchive: honest names only. */
static inline struct buffer make_7z(const struct test_entry *entries, size_t n)
{
	struct buffer out = buffer_with_max(TEST_ARCHIVE_MAX);
	struct archive *archive = archive_write_new();
	assert_int_equal(archive_write_set_format_7zip(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open(archive, &out, NULL, keep_written, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *entry = archive_entry_new();
		archive_entry_set_pathname(entry, entries[i].name);
		archive_entry_set_filetype(entry, entries[i].link != NULL ? AE_IFLNK : AE_IFREG);
		if (entries[i].link != NULL)
			archive_entry_set_symlink(entry, entries[i].link);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_size(entry, (la_int64_t)entry_content_bytes(&entries[i]));
		assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
		if (entries[i].content != NULL)
			(void)archive_write_data(
				archive, entries[i].content, entry_content_bytes(&entries[i]));
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
	return out;
}

/* A .tar of one file of zeros, packed by a filter of libarchive. */
static inline struct buffer make_bomb(int filter, size_t n_bytes)
{
	static const char zeros[1 << 16];
	struct buffer out = buffer_with_max(TEST_ARCHIVE_MAX);
	struct archive *archive = archive_write_new();
	assert_int_equal(n_bytes % sizeof(zeros), 0);
	assert_int_equal(archive_write_set_format_ustar(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(archive, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open(archive, &out, NULL, keep_written, NULL), ARCHIVE_OK);
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, "big.sys");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)n_bytes);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	for (size_t i = 0; i < n_bytes / sizeof(zeros); i++)
		assert_int_equal(archive_write_data(archive, zeros, sizeof(zeros)), sizeof(zeros));
	archive_entry_free(entry);
	assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
	return out;
}
