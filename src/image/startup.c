/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/startup.h"

#include "base/decode.h"
#include "base/text.h"

#include <string.h>

#define OUR_SCRIPT       "\\pewter\\start.cmd"
#define OUR_COMMAND      "%SYSTEMROOT%\\System32\\cmd.exe, /c %SYSTEMDRIVE%" OUR_SCRIPT
/* winpeshl.exe's own ways, in its order: docs/images.md. */
#define SETUP_COMMAND    "%SYSTEMDRIVE%\\setup.exe"
#define STARTNET_COMMAND "%SYSTEMROOT%\\System32\\cmd.exe, /k %SYSTEMROOT%\\System32\\startnet.cmd"
#define SHELL_COMMAND    "%SYSTEMROOT%\\System32\\cmd.exe"

/* ---- the old winpeshl.ini ---- */

struct line {
	const char *text;
	size_t n;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct line trimmed(const char *text, size_t n)
{
	while (n > 0 && is_space(text[0])) {
		text++;
		n--;
	}
	while (n > 0 && is_space(text[n - 1]))
		n--;
	return (struct line){text, n};
}

static bool next_line(const char **at, const char *end, struct line *ret_line)
{
	if (*at == end)
		return false;
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	if (stop == NULL)
		stop = end;
	*ret_line = trimmed(*at, (size_t)(stop - *at));
	*at = stop < end ? stop + 1 : end;
	return true;
}

static bool line_is(struct line line, const char *word)
{
	size_t n = strlen(word);
	if (line.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (text_lower(line.text[i]) != text_lower(word[i]))
			return false;
	return true;
}

static bool line_holds(struct line line, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= line.n; i++)
		if (line_is((struct line){line.text + i, n}, word))
			return true;
	return false;
}

/* [LaunchApp] has one entry, AppPath, without options; Windows takes quotes round a value off. */
static bool read_app_path(struct line line, struct line *ret_path)
{
	const char *equals = memchr(line.text, '=', line.n);
	if (equals == NULL)
		return false;
	struct line key = trimmed(line.text, (size_t)(equals - line.text));
	struct line value = trimmed(equals + 1, line.n - (size_t)(equals - line.text) - 1);
	if (value.n >= 2 && value.text[0] == '"' && value.text[value.n - 1] == '"')
		value = (struct line){value.text + 1, value.n - 2};
	*ret_path = value;
	return line_is(key, "AppPath") && value.n > 0;
}

enum section {
	SECTION_OTHER,
	SECTION_LAUNCH_APP,
	SECTION_LAUNCH_APPS,
};

typedef int command_visitor(void *context, struct line command);

/* What the text runs, in its order. Of two sections of one name Windows reads the first. */
static int visit_commands(const char *text, size_t n, command_visitor *visitor, void *context)
{
	const char *end = text + n;
	enum section section = SECTION_OTHER;
	bool seen[3] = {false}, has_app_path = false;
	struct line line, command;
	int rc = 0;
	while (rc == 0 && next_line(&text, end, &line)) {
		if (line.n == 0 || line.text[0] == ';')
			continue;
		if (line.text[0] == '[') {
			section = line_is(line, "[LaunchApp]")    ? SECTION_LAUNCH_APP
				  : line_is(line, "[LaunchApps]") ? SECTION_LAUNCH_APPS
								  : SECTION_OTHER;
			if (seen[section])
				section = SECTION_OTHER;
			seen[section] = true;
		} else if (section == SECTION_LAUNCH_APPS) {
			rc = visitor(context, line);
		} else if (section == SECTION_LAUNCH_APP && !has_app_path &&
			   read_app_path(line, &command)) {
			has_app_path = true;
			rc = visitor(context, command);
		}
	}
	return rc;
}

/* As bytes in which ASCII is ASCII: UTF-16 becomes UTF-8, everything else stays as it is. */
static int read_text(
	const void *bytes, size_t n, struct buffer *out, struct line *ret_text, bool *ret_is_wide)
{
	enum text_encoding encoding = text_detect(bytes, n);
	*ret_is_wide = encoding == TEXT_UTF16LE || encoding == TEXT_UTF16BE;
	if (*ret_is_wide) {
		int rc = text_decode(bytes, n, encoding, out, NULL);
		*ret_text = (struct line){(const char *)out->bytes, out->size};
		return rc;
	}
	size_t mark = encoding == TEXT_UTF8_BOM ? 3 : 0;
	*ret_text = (struct line){(const char *)bytes + mark, n - mark};
	return 0;
}

/* ---- the new one ---- */

struct command_list {
	struct buffer *out;
	size_t n;
};

static int add_line(struct buffer *out, const char *text, size_t n)
{
	int rc = buffer_add(out, text, n);
	return rc < 0 ? rc : buffer_add_text(out, "\r\n");
}

static int take_command(void *context, struct line command)
{
	struct command_list *list = context;
	if (line_holds(command, OUR_SCRIPT))
		return 0;
	list->n++;
	return add_line(list->out, command.text, command.n);
}

/* What winpeshl.exe does by itself. */
static const char *own_way(const struct startup_base *base)
{
	if (base->winpeshl != NULL)
		return SHELL_COMMAND; /* it is there, and names nothing to run */
	return base->has_setup ? SETUP_COMMAND : STARTNET_COMMAND;
}

static int write_text(const struct startup_base *base, struct line old, struct buffer *out)
{
	struct command_list list = {.out = out};
	int rc = buffer_add_text(out, "[LaunchApps]\r\n" OUR_COMMAND "\r\n");
	if (rc == 0 && old.n > 0)
		rc = visit_commands(old.text, old.n, take_command, &list);
	if (rc == 0 && list.n == 0)
		rc = add_line(out, own_way(base), strlen(own_way(base)));
	return rc;
}

int startup_write_winpeshl(const struct startup_base *base, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer narrow = buffer_with_max(4 * base->n_winpeshl + 16);
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(out->max);
	struct line old = {"", 0};
	bool is_wide = false;
	int rc = 0;
	if (base->winpeshl != NULL)
		rc = read_text(base->winpeshl, base->n_winpeshl, &narrow, &old, &is_wide);
	if (rc < 0)
		return rc;
	if (!is_wide)
		return write_text(base, old, out);
	rc = write_text(base, old, &text);
	if (rc == 0)
		rc = buffer_add(out, "\xff\xfe", 2);
	if (rc == 0)
		rc = text_utf8_to_utf16le((const char *)text.bytes, text.size, out);
	return rc;
}

static int note_ours(void *context, struct line command)
{
	(void)context;
	return line_holds(command, OUR_SCRIPT) ? 1 : 0;
}

bool startup_is_ours(const void *winpeshl, size_t n)
{
	CLEANUP(buffer_free) struct buffer narrow = buffer_with_max(4 * n + 16);
	struct line text;
	bool is_wide;
	return read_text(winpeshl, n, &narrow, &text, &is_wide) == 0 &&
	       visit_commands(text.text, text.n, note_ours, NULL) == 1;
}

/* ---- the script ---- */

/* cmd.exe reads scripts in the code page of the machine: a name outside ASCII cannot be written
 * down, but it can be found. */
static bool is_plain(const char *name)
{
	for (; *name != 0; name++)
		if (*name < ' ' || *name > '~' || *name == '"')
			return false;
	return true;
}

static int add_name(struct buffer *out, const char *name)
{
	int rc = 0;
	for (; rc == 0 && *name != 0; name++)
		rc = *name == '%' ? buffer_add_text(out, "%%") : buffer_add(out, name, 1);
	return rc;
}

static int add_driver(struct buffer *out, const struct startup_driver *driver)
{
	int rc = buffer_printf(out, ">>\"%%LOG%%\" echo %%TIME%% drivers\\%u\r\n", driver->number);
	if (rc < 0)
		return rc;
	if (driver->inf == NULL || !is_plain(driver->inf))
		return buffer_printf(out,
			"for %%%%I in (\"%%PEWTER%%\\drivers\\%u\\*.inf\") do "
			">>\"%%LOG%%\" 2>&1 \"%%DRVLOAD%%\" \"%%%%I\"\r\n",
			driver->number);
	rc = buffer_printf(out, ">>\"%%LOG%%\" 2>&1 \"%%DRVLOAD%%\" \"%%PEWTER%%\\drivers\\%u\\",
		driver->number);
	if (rc == 0)
		rc = add_name(out, driver->inf);
	return rc < 0 ? rc : buffer_add_text(out, "\"\r\n");
}

int startup_write_script(const char *image, uint32_t revision, const struct startup_driver *drivers,
	size_t n_drivers, struct buffer *out)
{
	int rc = buffer_printf(out,
		"@echo off\r\n"
		"rem Pewter: loads the drivers that were added to this boot image. winpeshl.ini "
		"runs it\r\n"
		"rem first, and then what it ran before (winpeshl.original.ini).\r\n"
		"setlocal\r\n"
		"set PEWTER=%%SYSTEMDRIVE%%\\pewter\r\n"
		"set DRVLOAD=%%SYSTEMROOT%%\\System32\\drvload.exe\r\n"
		"set LOG=%%SYSTEMROOT%%\\Temp\\pewter.log\r\n"
		"if not exist \"%%SYSTEMROOT%%\\Temp\" md \"%%SYSTEMROOT%%\\Temp\"\r\n"
		">>\"%%LOG%%\" echo %%DATE%% %%TIME%% %s, revision %u: %zu drivers\r\n",
		image, revision, n_drivers);
	for (size_t i = 0; rc == 0 && i < n_drivers; i++)
		rc = add_driver(out, &drivers[i]);
	/* Whatever happened to the drivers, what follows must run. */
	return rc < 0 ? rc : buffer_add_text(out, ">>\"%LOG%\" echo %TIME% done\r\nexit /b 0\r\n");
}
