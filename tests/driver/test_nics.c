/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which network cards a package drives, told by what iPXE says of them. */
#include "asks.h"

#include "driver/nics.h"

/* "8086:15F3* 10EC:8168": a star for every board. */
static void assert_set(const struct nic_set *set, const char *expected)
{
	char text[256] = "";
	size_t length = 0;
	for (size_t i = 0; i < set->n; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%04X:%04X%s",
			i > 0 ? " " : "", set->ids[i].vendor, set->ids[i].device,
			set->ids[i].any_board ? "*" : "");
	assert_string_equal(text, expected);
}

static void add_to_set(struct nic_set *set, const struct sample *sample, const char *windows)
{
	struct error err = ERROR_NULL;
	struct target target;
	CLEANUP(driver_package_clear) struct driver_package package;
	assert_ok(target_parse(windows, &target, &err));
	read_sample(sample, &package);
	assert_ok(nics_add_package(set, &package, &target, &err));
}

static const struct sample intel = {"a.inf",
	VERSION_HEAD(
		"01/01/2020,3.0") "[Manufacturer]\nA=M,NTamd64.6.1,NTamd64.10.0\n"
				  "[M.NTamd64.6.1]\nD=I,PCI\\VEN_8086&DEV_0006\n"
				  "[M.NTamd64.10.0]\n"
				  "D=I,PCI\\VEN_8086&DEV_15F3&SUBSYS_00018086\n"
				  "D=I,PCI\\VEN_8086&DEV_15F3&REV_03\n"
				  "D=I,PCI\\VEN_8086&DEV_1502&SUBSYS_00018086,PCI\\VEN_8086&DEV_"
				  "1503\n"
				  "D=I,PCI\\VEN_10EC&DEV_8168&CC_0200\nD=I,USB\\VID_0001&PID_1\n"
				  "D=Gone,PCI\\VEN_8086&DEV_0001\nD=Bare,PCI\\VEN_8086&DEV_0002\n"
				  "D=I,PCI\\CC_0200\n"
				  "[I]\n[Bare]\nCopyFiles=@bare.sys\n",
	DRIVER_SIGNED, "bare.sys"};

static void cards_of_one_windows(void **state)
{
	(void)state;
	CLEANUP(nic_set_clear) struct nic_set ten = {.n = 0}, seven = {.n = 0}, arm = {.n = 0};
	add_to_set(&ten, &intel, "10.0.22621/amd64");
	nics_finish(&ten);
	assert_set(&ten, "8086:1502 8086:1503* 8086:15F3*");
	add_to_set(&seven, &intel, "6.1.7601/amd64");
	nics_finish(&seven);
	assert_set(&seven, "8086:0006*");
	add_to_set(&arm, &intel, "10.0.22621/arm64");
	nics_finish(&arm);
	assert_set(&arm, "");
	assert_null(nics_find(&arm, 0x8086, 0x15f3));
	nic_set_clear(&seven);
	nic_set_clear(&arm);
}

static void sets_of_several_packages(void **state)
{
	(void)state;
	static const struct sample some = {"b.inf",
		VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH(
			"D=I,PCI\\VEN_8086&DEV_1503&SUBSYS_00018086\nD=I,PCI\\VEN_10EC&DEV_8168&"
			"SUBSYS_1\nD=I,PCI\\VEN_10EC&DEV_8168&SUBSYS_00011043\nD=I,PCI\\VEN_8086&"
			"DEV_"
			"1502") "[I]\n",
		DRIVER_SIGNED, NULL};
	static const struct sample storage = {"c.inf",
		"[Version]\nSignature=$CHICAGO$\nClass=HDC\n[Manufacturer]\nA=M,NTamd64\n"
		"[M.NTamd64]\nD=I,PCI\\VEN_8086&DEV_2922\n[I]\n",
		DRIVER_SIGNED, NULL};
	CLEANUP(nic_set_clear) struct nic_set set = {.n = 0};
	add_to_set(&set, &intel, "10.0.22621/amd64");
	add_to_set(&set, &some, "10.0.22621/amd64");
	add_to_set(&set, &storage, "10.0.22621/amd64");
	nics_finish(&set);
	assert_set(&set, "10EC:8168 8086:1502* 8086:1503* 8086:15F3*");
	assert_true(nics_find(&set, 0x8086, 0x1502)->any_board);
	assert_false(nics_find(&set, 0x10ec, 0x8168)->any_board);
	assert_null(nics_find(&set, 0x8086, 0x2922));
	assert_null(nics_find(&set, 0x8086, 0x15f4));
}

/* The lower half of a card in two tiers is driven perhaps; what only names a chip is no driver. */
static void cards_in_several_tiers(void **state)
{
	(void)state;
	static const struct sample bus = {"bus.inf",
		"[Version]\nSignature=$CHICAGO$\nClass=System\n[Manufacturer]\nA=M,NTamd64\n"
		"[M.NTamd64]\nD=Bus,PCI\\VEN_14E4&DEV_1639\nD=Name,PCI\\VEN_8086&DEV_2918\n"
		"[Bus.NT]\n[Bus.NT.Services]\nAddService=b06bdrv,2,Service\n[Service]\n"
		"ServiceBinary=%12%\\bxvbda.sys\n[Name.NT]\n[Name.NT.Services]\nAddService=,2\n",
		DRIVER_SIGNED, NULL};
	CLEANUP(nic_set_clear) struct nic_set set = {.n = 0};
	add_to_set(&set, &bus, "10.0.22621/amd64");
	nics_finish(&set);
	assert_set(&set, "14E4:1639");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cards_of_one_windows, start, stop),
		cmocka_unit_test_setup_teardown(sets_of_several_packages, start, stop),
		cmocka_unit_test_setup_teardown(cards_in_several_tiers, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
