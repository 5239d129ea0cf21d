/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter config check: is the config file right, and does what it names exist here? */
#include "cli/commands.h"

#include "cli/words.h"
#include "server/config.h"

#include <net/if.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void warn(json_t *warnings, const char *format, ...) PRINTF_LIKE(2, 3);
static void warn(json_t *warnings, const char *format, ...)
{
	char text[ERROR_TEXT_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)json_array_append_new(warnings, json_pack("{s:o}", "text", json_text(text)));
}

static void check_file(json_t *warnings, const char *key, const char *path, const char *remedy)
{
	if (path[0] != 0 && access(path, R_OK) < 0)
		warn(warnings, "[boot] %s: %s cannot be read%s", key, path, remedy);
}

static void check_image(json_t *warnings, const struct cli *cli, const char *name)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct image_record image;
	struct error err = ERROR_NULL;
	if (name[0] == 0)
		return;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_image_get(store, name, &image, &err) < 0)
		warn(warnings, "[boot] image: %s", err.text);
	else
		image_record_clear(&image);
}

static void check_world(json_t *warnings, const struct cli *cli, const struct config *config)
{
	for (size_t i = 0; i < config->n_interfaces; i++) {
		if (if_nametoindex(config->interfaces[i]) == 0)
			warn(warnings, "[server] interface: there is no %s; `ip link` lists them",
				config->interfaces[i]);
	}
	if (config->user[0] != 0 && getpwnam(config->user) == NULL)
		warn(warnings, "[server] user: there is no user %s", config->user);
	check_file(warnings, "undionly", config->undionly,
		"; BIOS machines may need it (Debian: apt install ipxe)");
	check_file(warnings, "ipxe_x64", config->ipxe_x64,
		"; some UEFI machines may need it (Debian: apt install ipxe)");
	check_file(warnings, "wimboot", config->wimboot, "");
	check_file(warnings, "script", config->script, "");
	check_image(warnings, cli, config->image);
}

int cmd_config_check(struct cli *cli, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return cli_usage(cli, "takes no operands; --config FILE names another file");
	CLEANUP(config_clear) struct config config = {.file = ""};
	struct error err = ERROR_NULL;
	if (config_load(cli->config, &config, &err) < 0)
		return cli_fail(cli, &err);

	json_t *warnings = json_array();
	check_world(warnings, cli, &config);
	size_t n = json_array_size(warnings);
	int rc = EXIT_DONE;
	if (cli->json) {
		rc = cli_print_json(
			cli, json_pack("{s:{s:o, s:b, s:O}}", "config", "file",
				     json_text(config.file), "valid", 1, "warnings", warnings));
	} else {
		if (config.file[0] != 0)
			(void)printf("%s is right\n", config.file);
		else
			(void)printf(
				"there is no %s: every key has its default\n", CONFIG_FILE_DEFAULT);
		for (size_t i = 0; i < n; i++)
			(void)fprintf(stderr, "pewter config check: %s\n",
				json_string_value(
					json_object_get(json_array_get(warnings, i), "text")));
	}
	json_decref(warnings);
	return rc == EXIT_DONE && n > 0 ? EXIT_ATTENTION : rc;
}
