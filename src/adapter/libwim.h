/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we use of wimlib, for its two adapters. */
#pragma once

#include "adapter/library.h"

#include <wimlib.h>

#define LIBWIM_FUNCTIONS(X)                                                                        \
	X(wimlib_add_image)                                                                        \
	X(wimlib_compress)                                                                         \
	X(wimlib_create_compressor)                                                                \
	X(wimlib_create_decompressor)                                                              \
	X(wimlib_create_new_wim)                                                                   \
	X(wimlib_decompress)                                                                       \
	X(wimlib_export_image)                                                                     \
	X(wimlib_extract_paths)                                                                    \
	X(wimlib_free)                                                                             \
	X(wimlib_free_compressor)                                                                  \
	X(wimlib_free_decompressor)                                                                \
	X(wimlib_get_error_string)                                                                 \
	X(wimlib_get_image_property)                                                               \
	X(wimlib_get_wim_info)                                                                     \
	X(wimlib_global_init)                                                                      \
	X(wimlib_iterate_dir_tree)                                                                 \
	X(wimlib_open_wim)                                                                         \
	X(wimlib_reference_resource_files)                                                         \
	X(wimlib_register_progress_function)                                                       \
	X(wimlib_verify_wim)                                                                       \
	X(wimlib_write_to_fd)
LIBRARY_DECLARE(libwim, LIBWIM_FUNCTIONS);
