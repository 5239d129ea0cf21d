/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is a network card, what a disk controller, and what only a name of Windows' own. */
#include "../unit.h"

#include "base/text.h"
#include "device/kind.h"

#include <string.h>

static const struct row {
	const char *hardware, *compatible, *class;
	const char *setup_class;
	bool is_software, is_nic, is_wireless, is_storage;
} rows[] = {
	{"PCI\\VEN_8086&DEV_15F3&SUBSYS_86721043", "", "Net", "Net", .is_nic = true},
	{"PCI\\VEN_8086&DEV_15F3&CC_020000", "", "", "Net", .is_nic = true},
	{"PCI\\VEN_8086&DEV_15F3", "PCI\\CC_0200", "", "Net", .is_nic = true},
	/* A Windows with Broadcom's bus driver says so of a NetXtreme II. */
	{"PCI\\VEN_14E4&DEV_1639", "PCI\\CC_020000", "System", "System", .is_nic = true},
	{"PCI\\VEN_8086&DEV_2723&CC_028000", "", "Net", "Net", .is_nic = true, .is_wireless = true},
	{"PCI\\VEN_8086&DEV_2723", "PCI\\CC_0280", "", "Net", .is_nic = true, .is_wireless = true},
	{"USB\\VID_0BDA&PID_8153&REV_3000", "", "Net", "Net", .is_nic = true},
	{"B06BDRV\\L2ND&PCI_163914E4", "", "Net", "Net", .is_nic = true},
	{"", "PCI\\CC_0106", "", "HDC", .is_storage = true},
	{"PCI\\VEN_144D&DEV_A808&CC_010802", "", "", "SCSIAdapter", .is_storage = true},
	{"PCI\\VEN_1000&DEV_005D&CC_010400", "", "SCSIAdapter", "SCSIAdapter", .is_storage = true},
	{"PCI\\VEN_8086&DEV_2822&CC_010400", "", "hdc", "hdc", .is_storage = true},
	{"ROOT\\KDNIC", "", "Net", "Net", .is_software = true},
	{"SWD\\MSRRAS\\MS_PPTPMINIPORT", "", "Net", "Net", .is_software = true},
	{"BTH\\MS_BTHPAN", "", "Net", "Net", .is_software = true},
	{"{5D624F94-8850-40C3-A3FA-A4FD2080BAF3}\\VWIFIMP_WFD", "", "Net", "Net",
		.is_software = true},
	{"MS_NDISWANIP", "", "Net", "Net", .is_software = true},
	{"ROOT\\SPACEPORT", "", "SCSIAdapter", "SCSIAdapter", .is_software = true,
		.is_storage = true},
	{"PCI\\VEN_8086&DEV_1234&CC_030000", "PCI\\CC_03", "", "", .is_nic = false},
	{"PCI\\VEN_8086&DEV_1234", "PCI\\CC_02ZZ", "", "", .is_nic = false},
	{"", "", "", "", .is_software = true},
};

static void kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct device device = {0};
		if (row->hardware[0] != 0)
			assert_int_equal(device_add_hardware_id(&device, row->hardware), 0);
		if (row->compatible[0] != 0)
			assert_int_equal(device_add_compatible_id(&device, row->compatible), 0);
		(void)text_copy(device.class, sizeof(device.class), row->class);
		if (strcmp(device_setup_class(&device), row->setup_class) != 0 ||
			device_is_software(&device) != row->is_software ||
			device_is_nic(&device) != row->is_nic ||
			device_is_wireless(&device) != row->is_wireless ||
			device_is_storage(&device) != row->is_storage)
			fail_msg("row %zu, %s: class %s, software %d, nic %d, wireless %d, storage "
				 "%d",
				i, device_best_id(&device), device_setup_class(&device),
				device_is_software(&device), device_is_nic(&device),
				device_is_wireless(&device), device_is_storage(&device));
		device_clear(&device);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
