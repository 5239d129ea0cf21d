/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter driver match`: from an INF on disk to the answer, its JSON and its exit codes. */
#include "../unit.h"

/* $D is a folder of its own. */
#define WORLD "S=$T/state D=$T/packs; mkdir -p $D"
#include "pewter.h"

#include "base/cleanup.h"

static void assert_text(json_t *object, const char *key, const char *expected)
{
	const char *found = json_string_value(json_object_get(object, key));
	if (found == NULL || strcmp(found, expected) != 0)
		fail_msg("%s is %s, not %s", key, found ? found : "no text", expected);
}

/* good.inf is whole and 2 years older than lame.inf, which lacks a file; both for 6.1 and later. */
static int set_up(void **state)
{
	(void)state;
	(void)scratch_make();
	int code =
		run("inf() { printf '[Version]\\nSignature=\"$Windows NT$\"\\nClass=Net\\n"
		    "Provider=Us\\nDriverVer=%s\\n[Manufacturer]\\nA=M,NTamd64.6.1\\n"
		    "[M.NTamd64.6.1]\\n\"Card\"=I,PCI\\\\VEN_10EC&DEV_0001%s\\n"
		    "[I.nt]\\nCopyFiles=@%s\\n[I.nt.Services]\\nAddService=s,2,S\\n' \"$@\"; }\n"
		    "mkdir $D/good $D/lame && touch $D/good/good.sys &&\n"
		    "inf 02/28/2013,12.7.28.0 '' good.sys >$D/good/good.inf &&\n"
		    "inf 02/28/2015,13.0 ',PCI\\VEN_10EC&DEV_0002' lame.sys >$D/lame/lame.inf &&\n"
		    "$P driver add $D >/dev/null");
	return code;
}

#define ASK "$P driver match --target 10.0.22621/amd64 "

static void the_answer_as_json(void **state)
{
	(void)state;
	json_t *document = document_of(
		ASK "--json --hwid 'pci\\ven_10ec&dev_0001&subsys_000110ec&rev_02&cc_020000'", 0);
	assert_text(document, "target", "10.0.22621/amd64");
	json_t *devices = json_object_get(document, "devices");
	assert_int_equal(json_array_size(devices), 1);
	json_t *device = json_array_get(devices, 0);
	assert_text(device, "class", "Net");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(device, "hardware_ids"), 0)),
		"PCI\\VEN_10EC&DEV_0001&SUBSYS_000110EC&REV_02");
	json_t *pick = json_object_get(device, "pick");
	assert_text(pick, "inf", "good.inf");
	assert_text(pick, "section", "I.nt");
	assert_text(pick, "date", "2013-02-28");
	assert_text(pick, "version", "12.7.28.0");
	/* VEN&DEV is the second compatible id; there is no catalogue. */
	assert_int_equal(json_integer_value(json_object_get(pick, "rank")), 0x80ff2001);
	json_t *candidates = json_object_get(device, "candidates");
	assert_int_equal(json_array_size(candidates), 2);
	json_t *best = json_array_get(candidates, 0), *other = json_array_get(candidates, 1);
	assert_string_equal(json_string_value(json_object_get(best, "package")),
		json_string_value(json_object_get(pick, "package")));
	assert_text(best, "state", "usable");
	assert_text(best, "rank_hex", "0x80ff2001");
	assert_text(best, "rank_words",
		"not signed; compatible id 2 of the device, hardware id of the INF");
	assert_text(best, "id", "PCI\\VEN_10EC&DEV_0001");
	assert_text(best, "provider", "Us");
	assert_text(best, "description", "Card");
	assert_text(other, "inf", "lame.inf");
	assert_text(other, "state", "incomplete");
	assert_text(other, "reason", "files are missing: lame.sys");
	json_decref(document);
}

static void exit_codes(void **state)
{
	(void)state;
	/* Incomplete, and nothing else. */
	json_t *document = document_of(ASK "--json --hwid 'PCI\\VEN_10EC&DEV_0002'", 3);
	json_t *device = json_array_get(json_object_get(document, "devices"), 0);
	assert_text(json_object_get(device, "pick"), "inf", "lame.inf");
	assert_non_null(strstr(json_string_value(json_object_get(device, "reason")),
		"files are missing: lame.sys"));
	json_decref(document);
	/* None at all. */
	document = document_of(ASK "--json --hwid 'PCI\\VEN_10EC&DEV_0003'", 3);
	device = json_array_get(json_object_get(document, "devices"), 0);
	assert_true(json_is_null(json_object_get(device, "pick")));
	assert_text(device, "reason",
		"no package knows this device; unless Windows itself does, add one: `pewter driver "
		"add PATH`");
	json_decref(document);
	/* One of two. */
	assert_run(ASK "--hwid 'PCI\\VEN_10EC&DEV_0001' --hwid 'X\\1,X\\2'", 3,
		"1 of 2 devices has a driver for Windows 10.0.22621/amd64 (WinPE 11)");
	assert_run(ASK "--hwid 'PCI\\VEN_10EC&DEV_0001'", 0, "->");
	assert_run(ASK "--hwid 'PCI\\VEN_10EC&DEV_0001' 'PCI\\VEN_10EC&DEV_0002' X", 3,
		"1 of 3 devices has a driver");
	/* Ids in the order in which they are given, compatible ones behind. */
	assert_run(ASK "--hwid 'X\\1,pci\\ven_10ec&dev_0001'", 0, "hardware id 2 of the device");
	assert_run(ASK "--hwid X --compatible 'Y,pci\\ven_10ec&dev_0001'", 0,
		"compatible id 2 of the device");
	/* Another Windows, another architecture. */
	assert_run("$P driver match --target 6.0.6002/amd64 --hwid 'PCI\\VEN_10EC&DEV_0001'", 3,
		"only for Windows 6.1 and later");
	assert_run("$P driver match --target 10.0.22621/x86 --hwid 'PCI\\VEN_10EC&DEV_0001'", 3,
		"only for amd64");
}

#define TIER                                                                                       \
	"tier() { printf '[Version]\\nSignature=\"$Windows NT$\"\\nClass=%s\\nProvider=Us\\n"      \
	"DriverVer=02/28/2013,1.0\\n[Manufacturer]\\nA=M,NTamd64\\n[M.NTamd64]\\n"                 \
	"\"Card\"=I,%s\\n[I]\\n[I.Services]\\nAddService=%s,2,S\\n' \"$@\"; }\n"

static void cards_in_several_tiers(void **state)
{
	(void)state;
	assert_run(TIER "mkdir $D/bus && tier System 'PCI\\VEN_10EC&DEV_0010' mybus "
			">$D/bus/bus.inf && $P driver add $D/bus",
		0, "bus.inf");
	/* Half of it, and nobody knows what the other half would be. */
	static const char card[] = "'PCI\\VEN_10EC&DEV_0010&CC_0200'";
	char line[256];
	(void)snprintf(line, sizeof(line), ASK "--hwid %s", card);
	assert_run(line, 3, "in 2 tiers: bus.inf is only the bus driver of this card");
	assert_non_null(strstr(out, "the device has no usable driver"));
	assert_run(TIER "mkdir $D/net && tier Net 'MYBUS\\L2&PCI_001010EC' mynet "
			">$D/net/net.inf && $P driver add $D/net",
		0, "net.inf");
	assert_run(line, 0, "above it: MYBUS\\L2&PCI_001010EC, Net\n");
	assert_non_null(
		strstr(out, "in 2 tiers: bus.inf is its bus driver, net.inf drives the network"));

	(void)snprintf(line, sizeof(line), ASK "--json --hwid %s", card);
	json_t *document = document_of(line, 0);
	json_t *device = json_array_get(json_object_get(document, "devices"), 0);
	json_t *tiers = json_object_get(device, "tiers");
	assert_true(json_is_true(json_object_get(tiers, "complete")));
	assert_int_equal(json_array_size(json_object_get(tiers, "devices")), 1);
	json_t *above = json_array_get(json_object_get(tiers, "devices"), 0);
	assert_text(json_object_get(device, "pick"), "inf", "bus.inf");
	assert_text(json_object_get(above, "pick"), "inf", "net.inf");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(above, "hardware_ids"), 0)),
		"MYBUS\\L2&PCI_001010EC");
	json_decref(document);
	document = document_of(ASK "--json --hwid 'PCI\\VEN_10EC&DEV_0001'", 0);
	device = json_array_get(json_object_get(document, "devices"), 0);
	assert_true(json_is_null(json_object_get(device, "tiers")));
	json_decref(document);
}

static void reports_clients_and_classes(void **state)
{
	(void)state;
	static const char lspci[] =
		"printf '00:1f.6 Ethernet controller [0200]: Us Card [10ec:0001] (rev 02)\\n"
		"00:02.0 VGA compatible controller [0300]: Us Screen [10ec:0009]\\n' ";
	char line[1024];
	(void)snprintf(
		line, sizeof(line), "%s | " ASK "--devices - --class scsiadapter,net", lspci);
	assert_run(line, 0, "the device has a driver");
	(void)snprintf(line, sizeof(line), "%s | " ASK "--devices -", lspci);
	assert_run(line, 3, "1 of 2 devices has a driver");
	(void)snprintf(line, sizeof(line),
		"%s | $P client import - --name pc7 --mac 02:00:00:00:00:07", lspci);
	assert_run(line, 0, "pc7");
	assert_run(ASK "--client pc7 --class Net", 0, "the device has a driver");
	assert_run(
		ASK "--client pc7 --class HDC", 1, "no device is of class HDC; leave out --class");
	assert_run(ASK "--client nobody", 1, "nobody");
}

static void the_windows_of_an_image(void **state)
{
	(void)state;
	char path[128];
	struct error err = ERROR_NULL;
	struct image_file files[2];
	struct image_record image;
	struct store *store;
	(void)snprintf(path, sizeof(path), "%s/state", scratch_directory);
	assert_ok(store_open(path, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "winpe11", "base", files, &image, &err));
	assert_ok(store_image_add(store, &image, false, &err));
	store_close(store);
	assert_run("$P driver match --image winpe11 --hwid 'PCI\\VEN_10EC&DEV_0001'", 0,
		"the device has a driver for Windows 10.0.22621/amd64 (WinPE 11)");
}

static void a_mark_passes_it_over(void **state)
{
	(void)state;
	assert_run("id=$($P --json driver list | grep -B1 good.inf | grep -o '[0-9a-f]\\{64\\}' | "
		   "head -1); $P driver mark $id --incompatible 'winpe>=11' --why 'it crashes'",
		0, "");
	assert_run(ASK "--hwid 'PCI\\VEN_10EC&DEV_0001'", 3, "it crashes");
	assert_run("$P driver match --target 6.1.7601/amd64 --hwid 'PCI\\VEN_10EC&DEV_0001'", 0,
		"the device has");
}

static void what_is_missing_on_the_command_line(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"$P driver match --hwid X", "--target 10.0.22621/amd64"},
		{ASK "--hwid PCI\\VEN_8086", "the shell takes \\ and & away"},
		{ASK "--hwid X 'pci\\\\ven_8086'", "write 'pci\\ven_8086'"},
		{ASK "--hwid 8086:15f3", "for Windows it is 'PCI\\VEN_8086&DEV_15f3'"},
		{"$P driver match --hwid X --target 10.0.22621", "write 10.0.22621/amd64"},
		{"$P driver match --hwid X --target 10.0.1/amd64 --image a", "--target"},
		{"$P driver match --target 10.0.22621/amd64", "say which devices"},
		{ASK "--hwid X --client C", "say which devices"},
		{ASK "--compatible X", "--hwid before it"},
		{ASK "--hwid ''", "an id is empty"},
		{ASK "--hwid ,", "an id is empty"},
		{ASK "X", "options only"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_run(cases[i].line, 2, cases[i].says);
	assert_run("$P driver match --image none --hwid X", 1, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_answer_as_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(exit_codes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cards_in_several_tiers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reports_clients_and_classes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_windows_of_an_image, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mark_passes_it_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_missing_on_the_command_line, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
