/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/entry_name.h"

#include "base/decode.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NAME_BYTES_MAX 255 /* NAME_MAX of the file systems that state directories lie on */

/* 0x80 and up. */
static const uint16_t cp437[128] = {
	0x00c7,
	0x00fc,
	0x00e9,
	0x00e2,
	0x00e4,
	0x00e0,
	0x00e5,
	0x00e7,
	0x00ea,
	0x00eb,
	0x00e8,
	0x00ef,
	0x00ee,
	0x00ec,
	0x00c4,
	0x00c5,
	0x00c9,
	0x00e6,
	0x00c6,
	0x00f4,
	0x00f6,
	0x00f2,
	0x00fb,
	0x00f9,
	0x00ff,
	0x00d6,
	0x00dc,
	0x00a2,
	0x00a3,
	0x00a5,
	0x20a7,
	0x0192,
	0x00e1,
	0x00ed,
	0x00f3,
	0x00fa,
	0x00f1,
	0x00d1,
	0x00aa,
	0x00ba,
	0x00bf,
	0x2310,
	0x00ac,
	0x00bd,
	0x00bc,
	0x00a1,
	0x00ab,
	0x00bb,
	0x2591,
	0x2592,
	0x2593,
	0x2502,
	0x2524,
	0x2561,
	0x2562,
	0x2556,
	0x2555,
	0x2563,
	0x2551,
	0x2557,
	0x255d,
	0x255c,
	0x255b,
	0x2510,
	0x2514,
	0x2534,
	0x252c,
	0x251c,
	0x2500,
	0x253c,
	0x255e,
	0x255f,
	0x255a,
	0x2554,
	0x2569,
	0x2566,
	0x2560,
	0x2550,
	0x256c,
	0x2567,
	0x2568,
	0x2564,
	0x2565,
	0x2559,
	0x2558,
	0x2552,
	0x2553,
	0x256b,
	0x256a,
	0x2518,
	0x250c,
	0x2588,
	0x2584,
	0x258c,
	0x2590,
	0x2580,
	0x03b1,
	0x00df,
	0x0393,
	0x03c0,
	0x03a3,
	0x03c3,
	0x00b5,
	0x03c4,
	0x03a6,
	0x0398,
	0x03a9,
	0x03b4,
	0x221e,
	0x03c6,
	0x03b5,
	0x2229,
	0x2261,
	0x00b1,
	0x2265,
	0x2264,
	0x2320,
	0x2321,
	0x00f7,
	0x2248,
	0x00b0,
	0x2219,
	0x00b7,
	0x221a,
	0x207f,
	0x00b2,
	0x25a0,
	0x00a0,
};
static int decode_cp437(const uint8_t *name, size_t length, struct buffer *out)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < length; i++)
		rc = text_add_code_point(out, name[i] < 0x80 ? name[i] : cp437[name[i] - 0x80]);
	return rc;
}

static int decode(
	const char *name, size_t length, enum entry_code_page code_page, struct buffer *out)
{
	bool is_ill_formed = false;
	int rc = text_decode(name, length, TEXT_UTF8, out, &is_ill_formed);
	if (rc < 0 || !is_ill_formed)
		return rc;
	out->size = 0;
	if (code_page == ENTRY_CP437)
		return decode_cp437((const uint8_t *)name, length, out);
	return text_decode(name, length, TEXT_CP1252, out, NULL);
}

static bool is_slash(uint8_t byte)
{
	return byte == '/' || byte == '\\';
}

static int check_start(const uint8_t *name, size_t length, struct error *err)
{
	if (length > 0 && is_slash(name[0]))
		return error_set(err, -EINVAL, "an absolute path");
	/* "C:\x", and "C:x", which is relative to a folder of its own on that drive. */
	if (length > 1 && name[1] == ':' &&
		((text_lower((char)name[0]) >= 'a' && text_lower((char)name[0]) <= 'z')))
		return error_set(err, -EINVAL, "a path on a drive");
	for (size_t i = 0; i < length; i++) {
		if (name[i] < 0x20 || name[i] == 0x7f)
			return error_set(
				err, -EINVAL, "a control byte (0x%02x) in its name", name[i]);
	}
	return 0;
}

/* Names one by one; "." and doubled slashes are left out. */
static int join(const uint8_t *name, size_t length, char *path, size_t size, struct error *err)
{
	size_t at = 0;
	unsigned depth = 0;
	for (size_t i = 0; i < length; i++) {
		size_t n = 0;
		while (i + n < length && !is_slash(name[i + n]))
			n++;
		const uint8_t *part = name + i;
		i += n;
		if (n == 0 || (n == 1 && part[0] == '.'))
			continue;
		if (n == 2 && memcmp(part, "..", 2) == 0)
			return error_set(
				err, -EINVAL, "\"..\" in its path leads out of the archive");
		if (n > NAME_BYTES_MAX || n + 2 > size - at)
			return error_set(err, -ENAMETOOLONG, "its name is too long");
		if (++depth > LIMIT_FOLDER_DEPTH)
			return error_set(err, -ENAMETOOLONG, "folders are nested deeper than %d",
				LIMIT_FOLDER_DEPTH);
		if (at > 0)
			path[at++] = '/';
		memcpy(path + at, part, n);
		at += n;
	}
	path[at] = 0;
	return 0;
}

int entry_name_read(const char *name, size_t length, enum entry_code_page code_page, char *path,
	size_t size, struct error *err)
{
	char text[LIMIT_PATH_BYTES];
	/* Three bytes of UTF-8 at most for one of a code page. */
	CLEANUP(buffer_free) struct buffer utf8 = buffer_with_max((size_t)LIMIT_PATH_BYTES * 3);
	int rc = length > LIMIT_PATH_BYTES ? -EFBIG : decode(name, length, code_page, &utf8);
	if (rc == -EFBIG)
		return error_set(
			err, -ENAMETOOLONG, "its name has more than %d bytes", LIMIT_PATH_BYTES);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	rc = check_start(utf8.bytes, utf8.size, err);
	if (rc == 0)
		rc = join(utf8.bytes, utf8.size, text, sizeof(text), err);
	if (rc == 0 && !text_copy(path, size, text))
		rc = error_set(err, -ENAMETOOLONG, "its name is too long");
	return rc;
}
