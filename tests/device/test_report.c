/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports of a machine's devices: tests/device/reports/ holds a sample of each format, written by
 * hand, and beside it (.expected) what has to come out. Then what strangers may send instead.
 */
#include "../unit.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "device/report.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *samples(void)
{
	static char path[512];
	const char *root = getenv("PEWTER_SOURCE_ROOT");
	(void)snprintf(path, sizeof(path), "%s/tests/device/reports", root != NULL ? root : ".");
	return path;
}

static struct buffer read_sample(const char *name)
{
	char path[1024];
	struct buffer bytes = buffer_with_max(1U << 20);
	uint8_t step[4096];
	size_t n;
	(void)snprintf(path, sizeof(path), "%s/%s", samples(), name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	while ((n = fread(step, 1, sizeof(step), file)) > 0)
		assert_int_equal(buffer_add(&bytes, step, n), 0);
	(void)fclose(file);
	return bytes;
}

/* The report as text: what .expected holds. */
static struct buffer describe(const struct device_report *report)
{
	struct buffer out = buffer_with_max(1U << 20);
	int rc = buffer_printf(&out, "%s: %zu devices, %zu ignored",
		device_source_name(report->source), report->devices.n, report->n_ignored);
	if (report->n_without_lists > 0)
		rc |= buffer_printf(&out, ", %zu without lists", report->n_without_lists);
	if (report->machine[0] != 0)
		rc |= buffer_printf(&out, ", machine %s", report->machine);
	if (report->has_mac)
		rc |= buffer_printf(&out, ", MAC %02x:%02x:%02x:%02x:%02x:%02x", report->mac[0],
			report->mac[1], report->mac[2], report->mac[3], report->mac[4],
			report->mac[5]);
	rc |= buffer_add_text(&out, "\n");
	for (size_t i = 0; i < report->devices.n; i++) {
		const struct device *device = &report->devices.devices[i];
		rc |= buffer_printf(
			&out, "[%s] %s @ %s\n", device->class, device->name, device->location);
		for (size_t k = 0; k < device->n_hardware_ids; k++)
			rc |= buffer_printf(&out, "  hardware   %s\n", device->hardware_ids[k]);
		for (size_t k = 0; k < device->n_compatible_ids; k++)
			rc |= buffer_printf(&out, "  compatible %s\n", device->compatible_ids[k]);
	}
	assert_int_equal(rc, 0);
	return out;
}

/* False, with what came out instead, if that is not what has to. */
static bool check_sample(const char *name)
{
	char expected_name[512];
	struct device_report report;
	struct error err = ERROR_NULL;
	(void)snprintf(expected_name, sizeof(expected_name), "%s.expected", name);
	CLEANUP(buffer_free) struct buffer sample = read_sample(name);
	CLEANUP(buffer_free) struct buffer expected = read_sample(expected_name);
	if (device_report_read(sample.bytes, sample.size, &report, &err) != 0) {
		print_message("%s: %s\n", name, err.text);
		return false;
	}
	CLEANUP(buffer_free) struct buffer text = describe(&report);
	bool is_same =
		text.size == expected.size && memcmp(text.bytes, expected.bytes, text.size) == 0;
	if (!is_same)
		(void)printf("%s gives:\n%sin place of that\n", name, (char *)text.bytes);
	device_report_clear(&report);
	return is_same;
}

static void test_samples(void **state)
{
	(void)state;
	size_t n = 0, n_wrong = 0;
	DIR *folder = opendir(samples());
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		const char *end = strrchr(entry->d_name, '.');
		if (entry->d_name[0] == '.' || (end != NULL && strcmp(end, ".expected") == 0))
			continue;
		n_wrong += !check_sample(entry->d_name);
		n++;
	}
	(void)closedir(folder);
	assert_true(n >= 4);
	assert_int_equal(n_wrong, 0);
}

static void assert_refused(const char *text, const char *words)
{
	struct device_report report;
	struct error err = ERROR_NULL;
	assert_int_equal(device_report_read(text, strlen(text), &report, &err), -EINVAL);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%.60s\": says \"%s\", not \"%s\"", text, err.text, words);
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused("", "none of the reports");
	assert_refused("hello\n", "none of the reports");
	assert_refused("00:1f.6 Ethernet controller: Intel Corporation I219-LM\n", "lspci -Dvvnn");
	assert_refused("Slot:\t00:1f.6\nClass:\tEthernet controller\nVendor:\tIntel\nDevice:\tX\n",
		"lspci -Dvmmnn");
	assert_refused("<?xml version=\"1.0\"?><MsInfo><Category name=\"A\">\n<Data><Item>",
		"2: no well-formed XML");
	assert_refused("<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]>\n"
		       "<MsInfo>&c;</MsInfo>",
		"document type");
	/* A row inside a field of a row. */
	assert_refused("<MsInfo><Data><a><Data>text</Data></a></Data></MsInfo>", "no device");
	assert_refused("{\"PNPDeviceID\": \"PCI", "no JSON");
	assert_refused("[{\"Name\": \"x\"}]", "Get-CimInstance Win32_PnPEntity");
	assert_refused("\"Name\",\"PNPDeviceID\"\n\"a\",\"b\nc\n", "2: a quote opens a cell here");
	assert_refused("\"Name\",\"PNPDeviceID\"\n", "no device");
}

static void test_deep(void **state)
{
	(void)state;
	CLEANUP(buffer_free) struct buffer json = buffer_with_max(1U << 22);
	CLEANUP(buffer_free) struct buffer xml = buffer_with_max(1U << 22);
	struct device_report report;
	struct error err = ERROR_NULL;
	assert_int_equal(buffer_add_text(&xml, "<MsInfo>"), 0);
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(buffer_add_text(&json, "[{\"a\":"), 0);
		assert_int_equal(buffer_add_text(&xml, "<Category name=\"a\">"), 0);
	}
	assert_refused((char *)json.bytes, "nested more than");
	assert_int_equal(device_report_read(xml.bytes, xml.size, &report, &err), -E2BIG);
	assert_non_null(strstr(err.text, "deep"));
}

/* What cannot be an id is left out; the rest of the device stays. */
static void test_bad_ids(void **state)
{
	(void)state;
	struct device_report report;
	struct error err = ERROR_NULL;
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(1U << 22);
	assert_int_equal(buffer_add_text(&text, "[{\"HardwareID\": [\""), 0);
	for (int i = 0; i < 300; i++)
		assert_int_equal(buffer_add_text(&text, "LONG"), 0);
	assert_int_equal(buffer_add_text(&text, "\", 7, null, \"\u00e4\""), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(buffer_printf(&text, ", \"X\\\\%d\"", i), 0);
	assert_int_equal(buffer_add_text(&text, "]}, {\"PNPDeviceID\": \"?\"}]"), 0);
	assert_int_equal(device_report_read(text.bytes, text.size, &report, &err), 0);
	assert_int_equal(report.devices.n, 1);
	assert_int_equal(report.n_ignored, 1);
	assert_int_equal(report.devices.devices[0].n_hardware_ids, LIMIT_DEVICE_IDS);
	assert_string_equal(report.devices.devices[0].hardware_ids[0], "X\\0");
	device_report_clear(&report);
}

/* Whoever sends more than a machine can have gets one line, and soon. */
static void test_too_many(void **state)
{
	(void)state;
	struct device_report report;
	struct error err = ERROR_NULL;
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(1U << 20);
	for (int i = 0; i <= LIMIT_DEVICES; i++)
		assert_int_equal(buffer_printf(&text, "%04x:00:00.0 0200: 8086:%04x\n", i, i), 0);
	assert_int_equal(device_report_read(text.bytes, text.size, &report, &err), -E2BIG);
	assert_non_null(strstr(err.text, "one machine"));
}

static void test_long_line(void **state)
{
	(void)state;
	struct device_report report;
	struct error err = ERROR_NULL;
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(8U << 20);
	assert_int_equal(buffer_add_text(&text, "00:1f.6 Ethernet controller [0200]: "), 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buffer_add_text(&text, "[0200]: [8086:15f3 "), 0);
	assert_int_equal(buffer_add_text(&text, "[8086:15bb] (rev 03)\n"), 0);
	assert_int_equal(device_report_read(text.bytes, text.size, &report, &err), 0);
	assert_int_equal(report.devices.n, 1);
	assert_string_equal(
		report.devices.devices[0].hardware_ids[0], "PCI\\VEN_8086&DEV_15BB&REV_03");
	assert_int_equal(
		strlen(report.devices.devices[0].name), sizeof(report.devices.devices[0].name) - 1);
	device_report_clear(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_bad_ids),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_long_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
