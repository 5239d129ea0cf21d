/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter config show: every key, its value and where that came from; --scdoc prints the table of
 * keys for the man page. */
#include "cli/commands.h"

#include "cli/table.h"
#include "cli/words.h"
#include "server/config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define VALUE_BYTES 512

/* ---- for the man page ---- */

/* scdoc takes '_' and '*' for marks. */
static void print_escaped(const char *text)
{
	for (; *text != 0; text++) {
		if (strchr("_*\\#`", *text) != NULL)
			(void)putchar('\\');
		(void)putchar(*text);
	}
}

static int print_scdoc(void)
{
	const char *section = "";
	for (const struct config_key *key = config_keys; key->section != NULL; key++) {
		char type[128];
		if (strcmp(section, key->section) != 0)
			(void)printf("## [%s]\n\n", key->section);
		section = key->section;
		config_type_text(key, type, sizeof(type));
		(void)putchar('*');
		print_escaped(key->key);
		(void)fputs("* = ", stdout);
		print_escaped(type);
		(void)fputs("\n\t", stdout);
		print_escaped(key->help);
		if (key->default_text[0] != 0) {
			(void)fputs(" Default: ", stdout);
			print_escaped(key->default_text);
			(void)putchar('.');
		}
		(void)fputs("\n\n", stdout);
	}
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- values ---- */

static json_t *setting(const struct config *config, const struct config_key *key)
{
	char text[VALUE_BYTES], source[VALUE_BYTES], type[VALUE_BYTES];
	json_t *value = NULL;
	if (config_is_list(key) || key->type == CONFIG_RESERVATIONS) {
		value = json_array();
		for (size_t i = 0; config_value_text(config, key, i, text, sizeof(text)); i++) {
			if (text[0] != 0)
				(void)json_array_append_new(value, json_text(text));
		}
	} else if (config_value_text(config, key, 0, text, sizeof(text))) {
		value = json_text(text);
	}
	config_source_text(config, key, source, sizeof(source));
	config_type_text(key, type, sizeof(type));
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "section", key->section, "key",
		key->key, "value", value, "source", json_text(source), "type", type, "default",
		key->default_text, "help", key->help);
}

static int print_json(const struct cli *cli, const struct config *config)
{
	json_t *settings = json_array();
	for (const struct config_key *key = config_keys; key->section != NULL; key++)
		(void)json_array_append_new(settings, setting(config, key));
	return cli_print_json(cli,
		json_pack("{s:o, s:o}", "file", json_text(config->file), "settings", settings));
}

static int print_table(const struct cli *cli, const struct config *config)
{
	CLEANUP(table_free)
	struct table table =
		table_with(4, (const char *const[]){"SECTION", "KEY", "VALUE", "SOURCE"});
	for (const struct config_key *key = config_keys; key->section != NULL; key++) {
		char text[VALUE_BYTES], section[32], source[VALUE_BYTES];
		(void)snprintf(section, sizeof(section), "[%s]", key->section);
		config_source_text(config, key, source, sizeof(source));
		for (size_t i = 0; config_value_text(config, key, i, text, sizeof(text)); i++)
			table_add(&table, section, key->key, text[0] != 0 ? text : "-", source);
	}
	int rc = table_print(&table, stdout);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

int cmd_config_show(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"scdoc", no_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	bool is_scdoc = false;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 's')
			return cli_usage(cli, "unknown option");
		is_scdoc = true;
	}
	if (optind != argc)
		return cli_usage(cli, "takes no operands; --config FILE names another file");
	if (is_scdoc)
		return print_scdoc();
	CLEANUP(config_clear) struct config config = {.file = ""};
	struct error err = ERROR_NULL;
	if (config_load(cli->config, &config, &err) < 0)
		return cli_fail(cli, &err);
	return cli->json ? print_json(cli, &config) : print_table(cli, &config);
}
