/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config file: what is right is taken, what is wrong is told with its place and what to do. */
#include "../unit.h"

#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int parse(const char *text, struct config *config, struct error *err)
{
	return config_parse(text, strlen(text), "p.conf", config, err);
}

static const struct config_key *key_of(const char *section, const char *key)
{
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (strcmp(k->section, section) == 0 && strcmp(k->key, key) == 0)
			return k;
	}
	fail_msg("no key [%s] %s", section, key);
	return NULL;
}

static void assert_value(const struct config *config, const char *section, const char *key,
	size_t index, const char *expected)
{
	char text[512];
	assert_true(config_value_text(config, key_of(section, key), index, text, sizeof(text)));
	assert_string_equal(text, expected);
}

static void test_defaults(void **state)
{
	(void)state;
	struct config config;
	struct error err = ERROR_NULL;
	assert_int_equal(parse("", &config, &err), 0);
	assert_int_equal(config.dhcp_mode, DHCP_MODE_PROXY);
	assert_int_equal(config.lease_s, 8 * 3600);
	assert_true(config.conflict_check && config.tftp_enabled && config.http_enabled);
	assert_int_equal(config.tftp_port, 69);
	assert_int_equal(config.http_port, 80);
	assert_int_equal(config.unknown, BOOT_UNKNOWN_SERVE);
	assert_int_equal(config.log, LOG_INFO);
	assert_int_equal(config.bcd_block_bytes, 1456);
	assert_int_equal(config.bcd_window_blocks, 16);
	assert_string_equal(config.undionly, "/usr/lib/ipxe/undionly.kpxe");
	assert_int_equal(config.n_interfaces + config.n_pools + config.n_reservations, 0);
	/* Every key shows what the table says its default is, and where it came from. */
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		char text[512], type[128];
		assert_true(config_value_text(&config, k, 0, text, sizeof(text)));
		assert_string_equal(text, k->default_text);
		assert_false(config_value_text(&config, k, 1, text, sizeof(text)));
		config_source_text(&config, k, text, sizeof(text));
		assert_string_equal(text, "default");
		config_type_text(k, type, sizeof(type));
		assert_true(strlen(type) > 1 && strlen(k->help) > 10);
	}
	config_clear(&config);
}

static void test_whole(void **state)
{
	(void)state;
	struct config config;
	struct error err = ERROR_NULL;
	static const char text[] = "\xef\xbb\xbf; a comment\r\n"
				   "[server]\r\n"
				   "  interface = eth0, eth1 ; the lab\r\n"
				   "\tinterface = br-lan\n"
				   "address = 10.0.0.1\n"
				   "log = DEBUG\n"
				   "# another comment\n"
				   "[dhcp]\n"
				   "mode=server\n"
				   "pool = 10.0.0.100-10.0.0.199, 10.0.1.1 - 10.0.1.9\n"
				   "pool = 10.0.2.1-10.0.2.1\n"
				   "lease = 90m\n"
				   "netmask = 255.255.252.0\n"
				   "router: 10.0.0.254\n"
				   "dns = 10.0.0.53,9.9.9.9\n"
				   "domain = lab.example\n"
				   "conflict_check = no\n"
				   "[reservation]\n"
				   "52:54:00:12:34:56 = 10.0.0.7\n"
				   "52-54-00-12-34-57=10.0.0.8\n"
				   "52:54:00:12:34:58=10.0.0.9\n"
				   "4c4c4544-0043-3010-8052-b4c04f564231 = 10.0.0.10\n"
				   "[TFTP]\n"
				   "Port = 6969\n"
				   "[boot]\n"
				   "unknown = hold\n"
				   "tftp_variable_window = yes\n"
				   "wimboot = /srv/wimboot";
	int rc = parse(text, &config, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	assert_int_equal(config.n_interfaces, 3);
	assert_value(&config, "server", "interface", 1, "eth1");
	assert_value(&config, "server", "interface", 2, "br-lan");
	assert_value(&config, "server", "address", 0, "10.0.0.1");
	assert_int_equal(config.log, LOG_DEBUG);
	assert_int_equal(config.dhcp_mode, DHCP_MODE_SERVER);
	assert_int_equal(config.n_pools, 3);
	assert_value(&config, "dhcp", "pool", 1, "10.0.1.1-10.0.1.9");
	assert_int_equal(config.lease_s, 5400);
	assert_value(&config, "dhcp", "lease", 0, "90m");
	assert_value(&config, "dhcp", "netmask", 0, "255.255.252.0");
	assert_value(&config, "dhcp", "router", 0, "10.0.0.254");
	assert_value(&config, "dhcp", "dns", 1, "9.9.9.9");
	assert_int_equal(config.dns[2], 0);
	assert_false(config.conflict_check);
	assert_int_equal(config.n_reservations, 4);
	assert_value(&config, "reservation", "MAC or UUID", 0, "52:54:00:12:34:56 = 10.0.0.7");
	assert_value(&config, "reservation", "MAC or UUID", 1, "52:54:00:12:34:57 = 10.0.0.8");
	assert_value(&config, "reservation", "MAC or UUID", 2, "52:54:00:12:34:58 = 10.0.0.9");
	assert_value(&config, "reservation", "MAC or UUID", 3,
		"4c4c4544-0043-3010-8052-b4c04f564231 = 10.0.0.10");
	assert_int_equal(config.tftp_port, 6969);
	assert_int_equal(config.unknown, BOOT_UNKNOWN_HOLD);
	assert_true(config_wants_variable_window(&config, 1));
	char source[64];
	config_source_text(&config, key_of("dhcp", "pool"), source, sizeof(source));
	assert_string_equal(source, "p.conf:10");
	config_source_text(&config, key_of("boot", "wimboot"), source, sizeof(source));
	assert_string_equal(source, "p.conf:28");
	config_clear(&config);
}

static void test_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"[dhcp]\npool = 10.0.0.9-10.0.0.1\n",
			"p.conf:2: [dhcp] pool: 10.0.0.9-10.0.0.1 ends before it begins"},
		{"[dhcp]\npool = 10.0.0.1\n", "is not a range like"},
		{"[dhcp]\npool = 10.0.0.0-10.255.255.255\n", "make it smaller"},
		{"[dhcp]\npool = 10.0.0.1-10.0.0.9, 10.0.0.9-10.0.0.12\n", "overlaps"},
		{"[dhcp]\npool = 10.0.0.1-10.0.0.9,,\n", "nothing beside a comma"},
		{"[dhcp]\npool = 10.0.0.1-10.0.0.9,\n", "nothing beside a comma"},
		{"[dhcp]\npool = 10.0.0.1-10.0.0.9\n",
			"p.conf:2: [dhcp] pool: addresses are given"},
		{"[dhcp]\nmode = server\n", "p.conf:2: [dhcp] mode = server has no addresses"},
		{"[dhcp]\nmode = both\n",
			"p.conf:2: [dhcp] mode: \"both\" is none of off, proxy or server"},
		{"[dhcp]\nlease = 8 hours\n", "is not a duration like"},
		{"[dhcp]\nlease = 5\n", "not between 60 and 31536000 seconds"},
		{"[dhcp]\nlease = 4294967295d\n", "not between"},
		{"[dhcp]\nnetmask = 255.0.255.0\n", "is not a netmask"},
		{"[dhcp]\nrouter = 10.0.0.256\n", "is not an IPv4 address"},
		{"[dhcp]\ndns = 1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.5.5.5\n", "more than 4"},
		{"\n\n[dhcp]\nmodes = proxy\n",
			"p.conf:4: [dhcp] modes: there is no such key; did you mean [dhcp] mode?"},
		{"[tftp]\npool = x\n", "did you mean [dhcp] pool?"},
		{"[tftp]\nkangaroo = x\n", "`pewter config show` lists"},
		{"[dhpc]\nmode = proxy\n",
			"p.conf:2: [dhpc]: there is no such section; did you mean [dhcp]?"},
		{"[something else]\na = b\n", "there is no such section; `pewter"},
		{"mode = proxy\n", "p.conf:1: \"mode\" stands before the first [section]"},
		{"[dhcp]\nmode\n", "p.conf:2: is neither [section] nor key = value"},
		{"[dhcp\nmode = off\n", "p.conf:1: is neither [section] nor key = value"},
		{"[dhcp]\nmode = proxy\n\nmode = off\n",
			"p.conf:4: [dhcp] mode: is there twice: line 2 has it too"},
		{"[dhcp]\nmode = proxy # for now\n", "a comment behind a value begins with ;"},
		{"[tftp]\nport = 0\n", "0 is not between 1 and 65535"},
		{"[tftp]\nport = 70000\n", "not between"},
		{"[tftp]\nenabled = maybe\n", "neither yes nor no"},
		{"[tftp]\nenabled = no\n[http]\nenabled = no\n",
			"p.conf:4: [http] enabled: neither"},
		{"[server]\ninterface = a-name-that-is-too-long\n", "cannot be the name"},
		{"[server]\ninterface = eth0,eth0\n", "is there twice"},
		{"[boot]\nwimboot = wimboot\n", "must begin with /"},
		{"[store]\nurl = postgresql://db/\n", "in the state directory only"},
		{"[reservation]\n52:54:00:12:34:56 = 10.0.0.7\n52-54-00-12-34-56 = 10.0.0.8\n",
			"p.conf:3: [reservation] 52-54-00-12-34-56: this machine has"},
		{"[reservation]\n52:54:00:12:34:56 = 10.0.0.7\n52:54:00:12:34:57 = 10.0.0.7\n",
			"p.conf:3: [reservation] 52:54:00:12:34:57: 10.0.0.7 is reserved"},
		{"[reservation]\n52:54:00:12:34:56 = 10.0.0.7\n",
			"p.conf:2: [reservation]: addresses are given out only with [dhcp] mode"},
		{"[reservation]\nprinter = 10.0.0.7\n", "neither a MAC address"},
		{"[reservation]\n52:54:00:12:34:56\n", "has no \"= ADDRESS\""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config = {.lease_s = 12345};
		struct error err = ERROR_NULL;
		assert_int_equal(parse(cases[i].text, &config, &err), -EINVAL);
		if (strstr(err.text, cases[i].error) == NULL)
			fail_msg("%s-> %s", cases[i].text, err.text);
		assert_int_equal(strncmp(err.text, "p.conf:", 7), 0);
		/* Nothing is written on failure. */
		assert_int_equal(config.lease_s, 12345);
	}
}

static void test_bytes(void **state)
{
	(void)state;
	struct config config;
	struct error err = ERROR_NULL;
	assert_int_equal(
		config_parse("[dhcp]\n\0mode = off\n", 19, "p.conf", &config, &err), -EINVAL);
	assert_string_equal(err.text, "p.conf:2: holds a NUL byte; this is no text file");

	char line[4096] = "[boot]\nimage = ";
	memset(line + strlen(line), 'a', 3000);
	assert_int_equal(parse(line, &config, &err), -EINVAL);
	assert_non_null(strstr(err.text, "p.conf:2: is longer than"));
	/* A long comment is nobody's business. */
	char comment[4096] = "[boot]\n# ";
	memset(comment + strlen(comment), 'a', 3000);
	assert_int_equal(parse(comment, &config, &err), 0);
	config_clear(&config);

	/* Cut anywhere, a file is taken or refused, and never half taken. */
	static const char text[] = "[server]\ninterface=eth0\n[dhcp]\nmode=server\npool=10.0.0.1-"
				   "10.0.0.9\n[reservation]\n52:54:00:12:34:56=10.0.0.7\n";
	for (size_t n = 0; n < sizeof(text); n++) {
		int rc = config_parse(text, n, "p.conf", &config, &err);
		assert_true(rc == 0 || rc == -EINVAL);
		if (rc == 0)
			config_clear(&config);
	}
}

static void test_file(void **state)
{
	(void)state;
	char path[] = "/tmp/pewter-config-XXXXXX";
	struct config config;
	struct error err = ERROR_NULL;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[tftp]\nport=1069\n", 17), 17);
	assert_int_equal(config_load(path, &config, &err), 0);
	assert_int_equal(config.tftp_port, 1069);
	assert_string_equal(config.file, path);
	config_clear(&config);
	assert_int_equal(ftruncate(fd, LIMIT_CONFIG_BYTES + 1), 0);
	assert_int_equal(config_load(path, &config, &err), -EFBIG);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(config_load(path, &config, &err), -ENOENT);
	assert_int_equal(config_load("/tmp", &config, &err), -EISDIR);
}

/* docs/configuration.md is written by hand: it forgets no key. */
static void test_documented(void **state)
{
	(void)state;
	char path[4096];
	const char *root = getenv("PEWTER_SOURCE_ROOT");
	if (root == NULL)
		skip();
	(void)snprintf(path, sizeof(path), "%s/docs/configuration.md", root);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	static char text[1 << 18];
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	assert_int_equal(fclose(file), 0);
	text[n] = 0;
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		char row[128];
		(void)snprintf(row, sizeof(row), "| `%s` |", k->key);
		if (k->type != CONFIG_RESERVATIONS && strstr(text, row) == NULL)
			fail_msg("docs/configuration.md has no row %s", row);
	}
}

/* The rule against what it stands for: round trips of the window that grows and of the fixed one.
 */
static void test_variable_window(void **state)
{
	(void)state;
	for (uint32_t fixed = 4; fixed <= 64; fixed *= 2) {
		struct config config = {.bcd_block_bytes = 1456,
			.bcd_window_blocks = fixed,
			.bcd_variable_window = CONFIG_VARIABLE_WINDOW_AUTO};
		for (uint64_t blocks = 1000; blocks < 4000000; blocks *= 2) {
			uint64_t moved = 0, trips = 0, window = 4;
			while (moved < blocks) {
				for (uint64_t i = 0; i < window && moved < blocks; i++) {
					moved += window;
					trips++;
				}
				window++;
			}
			uint64_t fixed_trips = blocks / fixed;
			bool wants = config_wants_variable_window(&config, blocks * 1456);
			/* Near the crossing either is right. */
			if (trips * 5 < fixed_trips * 4)
				assert_true(wants);
			if (trips * 4 > fixed_trips * 5)
				assert_false(wants);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_variable_window),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
