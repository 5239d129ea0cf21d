/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/config_text.h"

#include "server/config.h"

#include <errno.h>
#include <string.h>

#define TYPE_BYTES      128
#define EXAMPLE_COLUMNS 90

static bool begins_section(const struct config_key *key)
{
	return key == config_keys || strcmp(key->section, key[-1].section) != 0;
}

static int finish(FILE *out)
{
	return fflush(out) == 0 && ferror(out) == 0 ? 0 : -EIO;
}

/* ---- for the man page ---- */

/* scdoc takes '_' and '*' for marks. */
static void print_escaped(const char *text, FILE *out)
{
	for (; *text != 0; text++) {
		if (strchr("_*\\#`", *text) != NULL)
			(void)putc('\\', out);
		(void)putc(*text, out);
	}
}

int config_print_scdoc(FILE *out)
{
	for (const struct config_key *key = config_keys; key->section != NULL; key++) {
		char type[TYPE_BYTES];
		if (begins_section(key))
			(void)fprintf(out, "## [%s]\n\n", key->section);
		config_type_text(key, type, sizeof(type));
		(void)putc('*', out);
		print_escaped(key->key, out);
		(void)fputs("* = ", out);
		print_escaped(type, out);
		(void)fputs("\n\t", out);
		print_escaped(key->help, out);
		if (key->default_text[0] != 0) {
			(void)fputs(" Default: ", out);
			print_escaped(key->default_text, out);
			(void)putc('.', out);
		}
		(void)fputs("\n\n", out);
	}
	return finish(out);
}

/* ---- a file to begin with ---- */

/* As comment lines, broken between words. */
static void print_comment(const char *text, FILE *out)
{
	size_t column = 0;
	while (*text != 0) {
		size_t n = strcspn(text, " ");
		if (column > 0 && column + 1 + n > EXAMPLE_COLUMNS) {
			(void)putc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s", column > 0 ? " " : "# ", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
	(void)putc('\n', out);
}

int config_print_example(FILE *out)
{
	(void)fputs("# Pewter's config file, /etc/pewter/pewter.conf. Every key stands here at its "
		    "default;\n# take away the # before the ones that you set. `pewter config "
		    "check` reads it over.\n",
		out);
	for (const struct config_key *key = config_keys; key->section != NULL; key++) {
		char type[TYPE_BYTES];
		if (begins_section(key))
			(void)fprintf(out, "\n[%s]\n", key->section);
		config_type_text(key, type, sizeof(type));
		(void)putc('\n', out);
		print_comment(key->help, out);
		/* Its keys are machines. */
		if (key->type == CONFIG_RESERVATIONS)
			(void)fputs("#52:54:00:12:34:56 = 10.0.0.7\n", out);
		else
			(void)fprintf(out, "# (%s)\n#%s =%s%s\n", type, key->key,
				key->default_text[0] != 0 ? " " : "", key->default_text);
	}
	return finish(out);
}
