/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter client add`, `import`, `show`, `remove`: whose devices a report tells, and what stays. */
#include "../unit.h"

/* $D is the folder of samples. */
#define WORLD "D=\"$PEWTER_SOURCE_ROOT/tests/device/reports\""
#include "pewter.h"

#include "base/cleanup.h"

static json_t *client_of(const char *line)
{
	json_t *document = document_of(line, 0);
	json_t *client = json_object_get(document, "client");
	assert_non_null(client);
	json_incref(client);
	json_decref(document);
	return client;
}

static void assert_client(
	const char *line, const char *name, const char *mac, const char *state, size_t n_devices)
{
	json_t *client = client_of(line);
	assert_string_equal(json_string_value(json_object_get(client, "name")), name);
	assert_string_equal(json_string_value(json_object_get(client, "mac")), mac);
	assert_string_equal(json_string_value(json_object_get(client, "state")), state);
	assert_int_equal(json_array_size(json_object_get(client, "devices")), n_devices);
	json_decref(client);
}

static int set_up(void **state)
{
	(void)state;
	(void)scratch_make();
	return 0;
}

static void test_new(void **state)
{
	(void)state;
	assert_run("$P client import - --name web1 --mac 52:54:00:12:34:56 <$D/lspci-vmmnn.txt", 0,
		"web1 (approved): 3 devices");
	assert_client("$P client show web1 --json", "web1", "52:54:00:12:34:56", "approved", 3);
	json_t *client = client_of("$P client show web1 --json");
	json_t *device = json_array_get(json_object_get(client, "devices"), 1);
	assert_string_equal(json_string_value(json_object_get(device, "class")), "Net");
	assert_string_equal(json_string_value(json_object_get(device, "location")), "0000:00:1f.6");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(device, "hardware_ids"), 0)),
		"PCI\\VEN_8086&DEV_15BB&SUBSYS_085A1028&REV_10");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(device, "compatible_ids"), 1)),
		"PCI\\VEN_8086&DEV_15BB");
	json_decref(client);

	/* A pipe that writes slowly is read to its end. */
	assert_run("{ head -3 $D/lspci-nn.txt; tail -2 $D/lspci-nn.txt; } | "
		   "$P client import - --name web1",
		0, "web1 (approved): 5 devices");
	assert_client("$P client show web1 --json", "web1", "52:54:00:12:34:56", "approved", 5);
	assert_run("$P client show web1", 0, "I219-LM");

	assert_run("$P client remove web1", 0, "forgotten");
	assert_run("$P client show web1", 1, "no client");
}

static void test_report_tells(void **state)
{
	(void)state;
	assert_run("$P client import $D/msinfo-de.nfo", 0, "LAB-07 (approved): 8 devices");
	assert_client("$P client show LAB-07 --json", "LAB-07", "52:54:00:aa:bb:cc", "approved", 8);
	/* The same machine later, under the name that the administrator gave it. */
	assert_run("$P client approve LAB-07 --name hall-3", 0, "approved");
	assert_run("$P client import $D/msinfo-en.nfo", 0, "hall-3 (approved)");
	assert_client("$P client show hall-3 --json", "hall-3", "52:54:00:aa:bb:cc", "approved", 8);
	/* What the administrator refused stays refused. */
	assert_run("$P client refuse hall-3", 0, "refused");
	assert_run("$P client import $D/msinfo-en.nfo", 0, "hall-3 (refused)");
	assert_run("$P client import $D/modalias.txt", 1, "--name, --mac or --uuid");
	/* A list in which PowerShell lost the ids: said, with what to do. */
	assert_run("$P client import $D/pnp-lost.csv --name c", 0, "-join ' '");
}

static void test_add(void **state)
{
	(void)state;
	assert_run("$P client add --mac 52:54:00:00:00:01 --name a", 0, "a is approved");
	assert_run("$P client add --mac 52-54-00-00-00-01 --name b", 1, "is there already as a");
	assert_run("$P client add --mac 52:54:00:00:00:02 --name a", 1, "has the name a");
	assert_run("$P client add --mac 52:54:00:00:00:02 --image none", 1, "none");
	assert_run("$P client add --name a", 2, "--mac");
	assert_run("$P client add --mac 00:00:00:00:00:00", 2, "--mac");
	assert_run("$P client list", 0, "52:54:00:00:00:01");
	assert_run("$P client import $D/modalias.txt --mac 52:54:00:00:00:01", 0, "a (approved)");
	assert_client("$P client show a --json", "a", "52:54:00:00:00:01", "approved", 8);
}

static void test_attention(void **state)
{
	(void)state;
	assert_run("grep -v Ethernet $D/lspci-nn.txt | $P client import - --name n", 3,
		"no network adapter");
	assert_run("$P client import $D/pnp-one.json --name n", 0, "network adapters: 1");
	/* A refused report leaves the client as it was. */
	assert_run("printf hello | $P client import - --name n", 1,
		"standard input: is none of the reports");
	assert_run("$P client import $D/absent --name n", 1, "absent: No such file");
	assert_run("$P client import", 2, "one report");
	json_t *client = client_of("$P client show n --json");
	assert_int_equal(json_array_size(json_object_get(client, "devices")), 1);
	json_decref(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_report_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_add, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_attention, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
