/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config file: whatever it holds, each value that is taken can be shown and is taken again. */
#include "server/config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config, again;
	struct error err = ERROR_NULL;
	if (config_parse((const char *)data, size, "fuzz.conf", &config, &err) < 0) {
		assert(strncmp(err.text, "fuzz.conf:", 10) == 0);
		return 0;
	}
	assert(config_parse("", 0, "again", &again, &err) == 0);
	for (const struct config_key *key = config_keys; key->section != NULL; key++) {
		char text[512], other[512];
		assert(config_value_text(&config, key, 0, text, sizeof(text)));
		if (key->type == CONFIG_RESERVATIONS || text[0] == 0)
			continue;
		if (config_is_list(key))
			again.n_interfaces = again.n_pools = again.n_dns = 0;
		assert(config_value_set(&again, key, key->key, text, &err) == 0);
		assert(config_value_text(&again, key, 0, other, sizeof(other)));
		assert(strcmp(text, other) == 0);
	}
	config_clear(&again);
	config_clear(&config);
	return 0;
}
