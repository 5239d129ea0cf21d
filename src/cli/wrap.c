/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/wrap.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80 /* of a serial console, which cannot tell */
#define COLUMNS_MIN     20

size_t terminal_columns(int fd)
{
	struct winsize size;
	if (isatty(fd) != 1)
		return 0;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > COLUMNS_MIN ? size.ws_col
									      : COLUMNS_DEFAULT;
}

/* Bytes of text that fit into room columns. A wide character counts as one: then the terminal
 * breaks that line. */
static size_t bytes_in(const char *text, size_t n, size_t room)
{
	size_t i = 0;
	for (size_t columns = 0; i < n; i++) {
		bool begins_character = ((unsigned char)text[i] & 0xc0) != 0x80;
		if (begins_character && columns++ == room)
			break;
	}
	return i;
}

static void print_line(const char *line, size_t n, size_t columns, size_t indent, FILE *out)
{
	size_t room = columns;
	for (;;) {
		size_t fits = bytes_in(line, n, room);
		size_t at = fits;
		if (fits < n) {
			/* The last blank that fits, but not one in front of the text itself. */
			size_t first = room == columns ? indent : 0;
			while (at > first && line[at] != ' ')
				at--;
			if (at <= first) /* one long word: the terminal may break it */
				at = fits + strcspn(line + fits, " \n");
		}
		(void)fwrite(line, 1, at, out);
		while (at < n && line[at] == ' ')
			at++;
		if (at == n)
			return;
		(void)fprintf(out, "\n%*s", (int)indent, "");
		line += at;
		n -= at;
		room = columns - indent;
	}
}

int wrap_print(const char *text, size_t n, size_t columns, size_t indent, FILE *out)
{
	bool wraps = columns > indent + COLUMNS_MIN;
	while (n > 0) {
		const char *end = memchr(text, '\n', n);
		size_t length = end != NULL ? (size_t)(end - text) : n;
		if (wraps)
			print_line(text, length, columns, indent, out);
		else
			(void)fwrite(text, 1, length, out);
		if (end != NULL)
			(void)putc('\n', out);
		length += end != NULL;
		text += length;
		n -= length;
	}
	return ferror(out) == 0 ? 0 : -EIO;
}
