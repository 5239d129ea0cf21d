/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_name.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/text.h"
#include "base/upcase.h"

#include <errno.h>
#include <string.h>

/* A path of Windows' longest, in bytes of UTF-8. */
#define PATH_BYTES_MAX (32767 * 3)

size_t wim_path_name(const struct wim_path *path, size_t from)
{
	size_t n = 0;
	while (from + n < path->n && path->units[from + n] != 0)
		n++;
	return n;
}

/* Ill-formed text becomes other text on its way there and back. */
static int decode(const char *text, size_t length, struct buffer *units, struct error *err)
{
	struct buffer again = buffer_with_max(SIZE_MAX);
	int rc = text_utf8_to_utf16le(text, length, units);
	if (rc == 0)
		rc = text_utf16le_to_utf8(units->bytes, units->size, &again);
	if (rc < 0)
		rc = error_set(err, rc, "out of memory");
	else if (again.size != length || (length > 0 && memcmp(again.bytes, text, length) != 0))
		rc = error_set(err, -EINVAL, "\"%.200s\" is no UTF-8", text);
	buffer_free(&again);
	return rc;
}

static int check_names(const struct wim_path *path, const char *text, struct error *err)
{
	for (size_t from = 0; path->n > 0;) {
		size_t n = wim_path_name(path, from);
		if (n == 0)
			return error_set(err, -EINVAL, "\"%.200s\" has an empty name in it", text);
		if (n > WIM_NAME_UNITS)
			return error_set(err, -ENAMETOOLONG,
				"\"%.200s\" has a name of %zu characters in it; Windows allows %d",
				text, n, WIM_NAME_UNITS);
		from += n;
		if (from == path->n)
			break;
		from++; /* past the separator: a name has to follow */
	}
	return 0;
}

static int fill(
	struct wim_path *path, const struct buffer *bytes, const char *text, struct error *err)
{
	struct reader reader = reader_over(bytes->bytes, bytes->size);
	for (size_t i = 0; i < path->n; i++) {
		uint16_t unit = reader_le16(&reader);
		if (unit < ' ')
			return error_set(
				err, -EINVAL, "\"%.200s\" has a control character in it", text);
		if (unit == '\\' || unit == '/')
			unit = 0;
		path->units[i] = unit;
		path->folded[i] = upcase(unit);
	}
	return check_names(path, text, err);
}

int wim_path_read(const char *text, struct wim_path *ret_path, struct error *err)
{
	const char *names = text[0] == '\\' || text[0] == '/' ? text + 1 : text;
	const size_t length = strlen(names);
	if (length > PATH_BYTES_MAX)
		return error_set(err, -ENAMETOOLONG, "\"%.200s...\" is too long for Windows", text);

	struct buffer bytes = buffer_with_max(SIZE_MAX);
	int rc = decode(names, length, &bytes, err);
	if (rc < 0) {
		buffer_free(&bytes);
		return rc;
	}
	struct wim_path path = {.n = bytes.size / 2};
	path.units = calloc(2 * path.n + 1, sizeof(*path.units));
	if (path.units == NULL) {
		rc = error_set(err, -ENOMEM, "out of memory");
	} else {
		path.folded = path.units + path.n;
		rc = fill(&path, &bytes, text, err);
	}
	buffer_free(&bytes);
	if (rc < 0)
		wim_path_clear(&path);
	else
		*ret_path = path;
	return rc;
}

void wim_path_clear(struct wim_path *path)
{
	free(path->units);
	*path = (struct wim_path){0};
}

int wim_name_compare(const uint16_t *a, size_t n_a, const uint16_t *b, size_t n_b)
{
	for (size_t i = 0; i < n_a && i < n_b; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return (n_a > n_b) - (n_a < n_b);
}

/* ---- what Windows allows ---- */

static bool is_text(const uint16_t *folded, size_t n, const char *text)
{
	if (n != strlen(text))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (folded[i] != (uint8_t)text[i])
			return false;
	}
	return true;
}

/* Devices keep their names in every folder and with every ending: "Naming Files, Paths, and
 * Namespaces", Microsoft. */
static bool is_device(const uint16_t *folded, size_t n)
{
	static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};

	size_t stem = 0;
	while (stem < n && folded[stem] != '.')
		stem++;
	while (stem > 0 && folded[stem - 1] == ' ')
		stem--;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (is_text(folded, stem, devices[i]))
			return true;
	}
	if (stem != 4 || (!is_text(folded, 3, "COM") && !is_text(folded, 3, "LPT")))
		return false;
	/* The superscripts of Latin-1 count as digits. */
	const uint16_t digit = folded[3];
	return (digit >= '1' && digit <= '9') || digit == 0xb9 || digit == 0xb2 || digit == 0xb3;
}

const char *wim_name_fault(const uint16_t *folded, size_t n)
{
	if (is_text(folded, n, ".") || is_text(folded, n, ".."))
		return "means another folder";
	for (size_t i = 0; i < n; i++) {
		if (folded[i] < 0x80 && strchr("<>:\"/\\|?*", folded[i]) != NULL)
			return "has a character that Windows allows in no name (< > : \" | ? *)";
	}
	if (folded[n - 1] == '.' || folded[n - 1] == ' ')
		return "ends with a dot or a space, which Windows drops";
	if (is_device(folded, n))
		return "is the name of a device in Windows";
	return NULL;
}
