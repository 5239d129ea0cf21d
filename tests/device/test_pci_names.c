/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names out of a pci.ids, also one that is damaged or not there. */
#include "../unit.h"

#include "device/pci_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char sample[] = "# a comment\n"
			     "\n"
			     "8086  Intel Corporation\n"
			     "\t15bb  Ethernet Connection (7) I219-LM\n"
			     "\t\t17aa 2294  ThinkStation\n"
			     "\t15f3  Ethernet Controller I225-V\n"
			     "14e4  Broadcom Inc. and subsidiaries\n"
			     "\t165f  NetXtreme BCM5720\n"
			     "\tzzzz  nonsense\n"
			     "\n"
			     "C 02  Network controller\n"
			     "\t0000  Ethernet controller\n";

static struct pci_names *open_text(const char *text)
{
	char path[] = "/tmp/pewter-pci-ids-XXXXXX";
	struct pci_names *names = NULL;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
	assert_int_equal(pci_names_open(path, &names), 0);
	assert_int_equal(unlink(path), 0);
	return names;
}

static void test_find(void **state)
{
	(void)state;
	static const struct {
		uint16_t vendor, device;
		const char *name; /* NULL: none */
	} rows[] = {
		{0x8086, 0x15bb, "Intel Corporation Ethernet Connection (7) I219-LM"},
		{0x8086, 0x15f3, "Intel Corporation Ethernet Controller I225-V"},
		{0x14e4, 0x165f, "Broadcom Inc. and subsidiaries NetXtreme BCM5720"},
		{0x14e4, 0x0000, "Broadcom Inc. and subsidiaries"}, /* not the class below */
		{0x8086, 0xffff, "Intel Corporation"},
		{0x17aa, 0x2294, NULL}, /* a subsystem is no vendor */
		{0x0000, 0x0000, NULL},
	};
	struct pci_names *names = open_text(sample);
	char name[128];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool found =
			pci_names_find(names, rows[i].vendor, rows[i].device, name, sizeof(name));
		assert_int_equal(found, rows[i].name != NULL);
		if (found)
			assert_string_equal(name, rows[i].name);
	}
	assert_true(pci_names_find(names, 0x8086, 0x15bb, name, 10));
	assert_string_equal(name, "Intel Cor");

	struct device_list list = {0};
	for (int i = 0; i < 3; i++)
		assert_non_null(device_list_add(&list));
	assert_int_equal(device_add_hardware_id(&list.devices[0], "PCI\\VEN_8086&DEV_15F3"), 0);
	assert_int_equal(device_add_hardware_id(&list.devices[1], "PCI\\VEN_8086&DEV_15F3"), 0);
	(void)snprintf(list.devices[1].name, sizeof(list.devices[1].name), "kept");
	pci_names_fill(names, &list);
	assert_string_equal(list.devices[0].name, "Intel Corporation Ethernet Controller I225-V");
	assert_string_equal(list.devices[1].name, "kept");
	assert_string_equal(list.devices[2].name, "");
	device_list_clear(&list);
	pci_names_close(names);
}

static void test_odd(void **state)
{
	(void)state;
	char name[16];
	struct pci_names *names = NULL;
	assert_int_equal(pci_names_open("/nonexistent/pci.ids", &names), -ENOENT);
	static const char *const texts[] = {"", "\n", "\t15bb  before any vendor\n", "8086", "80"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		names = open_text(texts[i]);
		(void)pci_names_find(names, 0x8086, 0x15bb, name, sizeof(name));
		pci_names_close(names);
	}
}

static void test_real(void **state)
{
	(void)state;
	struct pci_names *names = NULL;
	char name[128];
	if (pci_names_open(NULL, &names) == -ENOENT) {
		print_message("SKIPPED: hwdata is not installed (tools/install-packages run)\n");
		skip();
	}
	assert_true(pci_names_find(names, 0x8086, 0x100e, name, sizeof(name)));
	assert_non_null(strstr(name, "82540EM"));
	pci_names_close(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_real),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
