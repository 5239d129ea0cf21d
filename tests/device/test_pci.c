/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ids of PCI functions, against the lists that Microsoft's document and real machines show. */
#include "../unit.h"

#include "device/pci.h"

#include <string.h>

struct row {
	const char *what;
	struct pci_function function;
	const char *hardware[8], *compatible[12];
	const char *class;
};

static const struct row rows[] = {
	{
		/* pnputil's output in Microsoft's guide to device installation policies. */
		.what = "a function inside the processor, no PCI Express capability",
		.function = {.vendor = 0x8086,
			.device = 0x2f34,
			.has_subsystem = true,
			.has_revision = true,
			.has_class = true,
			.has_prog_if = true,
			.subsystem_vendor = 0x8086,
			.subsystem_device = 0x2f34,
			.revision = 2,
			.base_class = 0x11,
			.sub_class = 1},
		.hardware = {"PCI\\VEN_8086&DEV_2F34&SUBSYS_2F348086&REV_02",
			"PCI\\VEN_8086&DEV_2F34&SUBSYS_2F348086",
			"PCI\\VEN_8086&DEV_2F34&CC_110100", "PCI\\VEN_8086&DEV_2F34&CC_1101"},
		.compatible = {"PCI\\VEN_8086&DEV_2F34&REV_02", "PCI\\VEN_8086&DEV_2F34",
			"PCI\\VEN_8086&CC_110100", "PCI\\VEN_8086&CC_1101", "PCI\\VEN_8086",
			"PCI\\CC_110100", "PCI\\CC_1101"},
		.class = "",
	},
	{
		.what = "a PCI Express port: DT, as VMware's root ports show it",
		.function = {.vendor = 0x15ad,
			.device = 0x07a0,
			.has_subsystem = true,
			.has_revision = true,
			.has_class = true,
			.has_prog_if = true,
			.has_port_type = true,
			.subsystem_vendor = 0x15ad,
			.subsystem_device = 0x07a0,
			.revision = 1,
			.base_class = 6,
			.sub_class = 4,
			.port_type = 4},
		.hardware = {"PCI\\VEN_15AD&DEV_07A0&SUBSYS_07A015AD&REV_01",
			"PCI\\VEN_15AD&DEV_07A0&SUBSYS_07A015AD",
			"PCI\\VEN_15AD&DEV_07A0&CC_060400", "PCI\\VEN_15AD&DEV_07A0&CC_0604"},
		.compatible = {"PCI\\VEN_15AD&DEV_07A0&REV_01", "PCI\\VEN_15AD&DEV_07A0",
			"PCI\\VEN_15AD&CC_060400", "PCI\\VEN_15AD&CC_0604", "PCI\\VEN_15AD",
			"PCI\\CC_060400&DT_4", "PCI\\CC_060400", "PCI\\CC_0604&DT_4",
			"PCI\\CC_0604"},
		.class = "",
	},
	{
		/* Microsoft's document: the display adapter of a portable computer. */
		.what = "no subsystem",
		.function = {.vendor = 0x1414,
			.device = 0x00e0,
			.has_subsystem = true,
			.has_revision = true,
			.has_class = true,
			.has_prog_if = true,
			.revision = 4,
			.base_class = 3},
		.hardware = {"PCI\\VEN_1414&DEV_00E0&SUBSYS_00000000&REV_04",
			"PCI\\VEN_1414&DEV_00E0&SUBSYS_00000000",
			"PCI\\VEN_1414&DEV_00E0&CC_030000", "PCI\\VEN_1414&DEV_00E0&CC_0300"},
		.compatible = {"PCI\\VEN_1414&DEV_00E0&REV_04", "PCI\\VEN_1414&DEV_00E0",
			"PCI\\VEN_1414&CC_030000", "PCI\\VEN_1414&CC_0300", "PCI\\VEN_1414",
			"PCI\\CC_030000", "PCI\\CC_0300"},
		.class = "",
	},
	{
		.what = "lspci -nn: neither subsystem nor programming interface are known",
		.function = {.vendor = 0x8086,
			.device = 0xa282,
			.has_revision = true,
			.has_class = true,
			.base_class = 1,
			.sub_class = 6},
		.hardware = {"PCI\\VEN_8086&DEV_A282&REV_00", "PCI\\VEN_8086&DEV_A282",
			"PCI\\VEN_8086&DEV_A282&CC_0106"},
		.compatible = {"PCI\\VEN_8086&CC_0106", "PCI\\VEN_8086", "PCI\\CC_0106"},
		.class = "HDC",
	},
	{
		.what = "modalias: no revision",
		.function = {.vendor = 0x10ec,
			.device = 0x8168,
			.has_subsystem = true,
			.has_class = true,
			.has_prog_if = true,
			.subsystem_vendor = 0x1458,
			.subsystem_device = 0xe000,
			.base_class = 2},
		.hardware = {"PCI\\VEN_10EC&DEV_8168&SUBSYS_E0001458",
			"PCI\\VEN_10EC&DEV_8168&CC_020000", "PCI\\VEN_10EC&DEV_8168&CC_0200"},
		.compatible = {"PCI\\VEN_10EC&DEV_8168", "PCI\\VEN_10EC&CC_020000",
			"PCI\\VEN_10EC&CC_0200", "PCI\\VEN_10EC", "PCI\\CC_020000", "PCI\\CC_0200"},
		.class = "Net",
	},
};

static void assert_ids(const char *what, char *const *ids, size_t n, const char *const *expected)
{
	for (size_t i = 0; i < n; i++) {
		if (expected[i] == NULL || strcmp(ids[i], expected[i]) != 0)
			fail_msg("%s: id %zu is %s, not %s", what, i, ids[i],
				expected[i] != NULL ? expected[i] : "the end");
	}
	if (expected[n] != NULL)
		fail_msg("%s: lacks %s", what, expected[n]);
}

static void test_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct device device = {0};
		assert_int_equal(pci_device(&row->function, &device), 0);
		assert_ids(row->what, device.hardware_ids, device.n_hardware_ids, row->hardware);
		assert_ids(
			row->what, device.compatible_ids, device.n_compatible_ids, row->compatible);
		assert_string_equal(device.class, row->class);
		device_clear(&device);
	}
}

/* A setupapi.log of Windows XP in VirtualBox, whose functions have no subsystem. */
static void test_before_windows_10(void **state)
{
	(void)state;
	static const char *const hardware[] = {"PCI\\VEN_80EE&DEV_CAFE&SUBSYS_00000000&REV_00",
		"PCI\\VEN_80EE&DEV_CAFE&SUBSYS_00000000", "PCI\\VEN_80EE&DEV_CAFE&REV_00",
		"PCI\\VEN_80EE&DEV_CAFE", "PCI\\VEN_80EE&DEV_CAFE&CC_088000",
		"PCI\\VEN_80EE&DEV_CAFE&CC_0880", NULL};
	static const char *const compatible[] = {"PCI\\VEN_80EE&CC_088000", "PCI\\VEN_80EE&CC_0880",
		"PCI\\VEN_80EE", "PCI\\CC_088000", "PCI\\CC_0880", NULL};
	struct pci_function function = {.vendor = 0x80ee,
		.device = 0xcafe,
		.has_subsystem = true,
		.has_revision = true,
		.has_class = true,
		.has_prog_if = true,
		.base_class = 8,
		.sub_class = 0x80};
	struct device device = {0}, modern = {0};
	assert_int_equal(pci_device(&function, &device), 0);
	assert_int_equal(pci_device(&function, &modern), 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(pci_order_for_windows(&device, 5), 0);
		assert_ids("XP", device.hardware_ids, device.n_hardware_ids, hardware);
		assert_ids("XP", device.compatible_ids, device.n_compatible_ids, compatible);
	}
	/* And back. */
	assert_int_equal(pci_order_for_windows(&device, 10), 0);
	assert_int_equal(device.n_hardware_ids, modern.n_hardware_ids);
	assert_int_equal(device.n_compatible_ids, modern.n_compatible_ids);
	for (size_t i = 0; i < modern.n_hardware_ids; i++)
		assert_string_equal(device.hardware_ids[i], modern.hardware_ids[i]);
	for (size_t i = 0; i < modern.n_compatible_ids; i++)
		assert_string_equal(device.compatible_ids[i], modern.compatible_ids[i]);
	device_clear(&device);
	device_clear(&modern);

	/* With a subsystem Windows 7 orders as Windows 10 does. */
	function.subsystem_vendor = 0x10ee;
	assert_int_equal(pci_device(&function, &device), 0);
	assert_int_equal(pci_order_for_windows(&device, 6), 0);
	assert_int_equal(device.n_hardware_ids, 4);
	device_clear(&device);

	/* What is not PCI is left alone. */
	assert_int_equal(device_add_hardware_id(&device, "USB\\VID_0BDA&PID_8153"), 0);
	assert_int_equal(pci_order_for_windows(&device, 6), 0);
	assert_int_equal(device.n_hardware_ids, 1);
	device_clear(&device);
}

static void test_parse(void **state)
{
	(void)state;
	struct pci_function function;
	assert_true(pci_parse_id(
		"PCI\\VEN_8086&DEV_15F3&SUBSYS_86721043&REV_03\\3&11583659&0&FE", &function));
	assert_int_equal(function.vendor, 0x8086);
	assert_int_equal(function.device, 0x15f3);
	assert_int_equal(function.subsystem_device, 0x8672);
	assert_int_equal(function.subsystem_vendor, 0x1043);
	assert_int_equal(function.revision, 3);
	assert_true(function.has_subsystem && function.has_revision && !function.has_class);
	assert_true(pci_parse_id("pci\\ven_8086&dev_15f3&cc_020000", &function));
	assert_true(function.has_class && function.has_prog_if && !function.has_subsystem);
	assert_true(pci_parse_id("PCI\\VEN_8086&DEV_15F3&CC_0200", &function));
	assert_true(function.has_class && !function.has_prog_if);

	static const char *const others[] = {"", "PCI\\", "PCI\\VEN_8086", "PCI\\VEN_8086&CC_0200",
		"PCI\\VEN_8086&DEV_15F", "PCI\\VEN_8086&DEV_15F3&", "PCI\\VEN_8086&DEV_15F3X",
		"PCI\\VEN_80:6&DEV_15F3", "PCI\\VEN_8086&DEV_15F3&SUBSYS_8672", "PCI\\CC_0200",
		"USB\\VID_8086&PID_15F3", "PCI\\VEN_8086&DEV_15F3&REV_0",
		"PCI\\VEN_8086&DEV_15F3&CC_02"};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (pci_parse_id(others[i], &function))
			fail_msg("%s was taken", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_before_windows_10),
		cmocka_unit_test(test_parse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
