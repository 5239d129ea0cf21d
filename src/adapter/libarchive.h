/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we use of libarchive, for its two adapters. */
#pragma once

#include "adapter/library.h"

#include <archive.h>
#include <archive_entry.h>

#define LIBARCHIVE_FUNCTIONS(X)                                                                    \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_is_encrypted)                                                              \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_pathname_utf8)                                                             \
	X(archive_entry_size)                                                                      \
	X(archive_entry_size_is_set)                                                               \
	X(archive_errno)                                                                           \
	X(archive_error_string)                                                                    \
	X(archive_libzstd_version)                                                                 \
	X(archive_read_data)                                                                       \
	X(archive_read_free)                                                                       \
	X(archive_read_has_encrypted_entries)                                                      \
	X(archive_read_new)                                                                        \
	X(archive_read_next_header)                                                                \
	X(archive_read_open1)                                                                      \
	X(archive_read_open_filename)                                                              \
	X(archive_read_set_callback_data)                                                          \
	X(archive_read_set_read_callback)                                                          \
	X(archive_read_set_seek_callback)                                                          \
	X(archive_read_set_skip_callback)                                                          \
	X(archive_read_support_filter_bzip2)                                                       \
	X(archive_read_support_filter_gzip)                                                        \
	X(archive_read_support_filter_xz)                                                          \
	X(archive_read_support_filter_zstd)                                                        \
	X(archive_read_support_format_7zip)                                                        \
	X(archive_read_support_format_cab)                                                         \
	X(archive_read_support_format_iso9660)                                                     \
	X(archive_read_support_format_tar)                                                         \
	X(archive_read_support_format_zip_seekable)                                                \
	X(archive_set_error)
LIBRARY_DECLARE(libarchive, LIBARCHIVE_FUNCTIONS);
