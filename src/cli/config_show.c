/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter config show: every key, its value and where that came from; or the table of keys as a file
 * to begin with (--example), or for the man page (--scdoc). */
#include "cli/commands.h"

#include "cli/config_text.h"
#include "cli/table.h"
#include "cli/words.h"
#include "server/config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define VALUE_BYTES 512

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
	static const struct option options[] = {{"example", no_argument, NULL, 'e'},
		{"scdoc", no_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	int (*print)(FILE * out) = NULL;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'e': print = config_print_example; break;
		case 's': print = config_print_scdoc; break;
		default: return cli_usage(cli, "unknown option");
		}
	}
	if (optind != argc)
		return cli_usage(cli, "takes no operands; --config FILE names another file");
	if (print != NULL) {
		int rc = print(stdout);
		return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
	}
	CLEANUP(config_clear) struct config config = {.file = ""};
	struct error err = ERROR_NULL;
	if (config_load(cli->config, &config, &err) < 0)
		return cli_fail(cli, &err);
	return cli->json ? print_json(cli, &config) : print_table(cli, &config);
}
