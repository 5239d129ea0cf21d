/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network cards that need a bus driver and what drives the network above it. */
#include "asks.h"

#include "../corpus/corpus.h"
#include "device/pci.h"
#include "driver/rules.h"
#include "driver/tiers.h"

#define SYSTEM_HEAD                                                                                \
	"[Version]\nSignature=\"$Windows NT$\"\nClass=System\nProvider=Us\nDriverVer=01/01/"       \
	"2012,1.0\n"
#define NET_HEAD         VERSION_HEAD("01/01/2012,1.0")
#define SERVICE_OF(name) "[I]\n[I.Services]\nAddService=" name ",2,S\n[S]\nStartType=3\n"

static const struct sample samples[] = {
	/* Broadcom's two tiers, as their INFs name them. */
	{"evbd.inf",
		SYSTEM_HEAD BOTH FOR_BOTH("D=I,PCI\\VEN_14E4&DEV_164E&SUBSYS_100114E4\n"
					  "D=I,PCI\\VEN_14E4&DEV_166F") SERVICE_OF("ebdrv"),
		DRIVER_SIGNED, NULL},
	{"bxnd.inf",
		NET_HEAD BOTH FOR_BOTH(
			"D=I,EBDRV\\L2ND&PCI_164E14E4&SUBSYS_100114E4\n"
			"D=I,EBDRV\\L2ND&PCI_164E14E4&SUBSYS_100214E4\n"
			"D=I,EBDRV\\L2ND&PCI_164E14E4\nD=I,EBDRV\\L2ND&PCI_1650") "[I]\n",
		DRIVER_SIGNED, NULL},
	{"diag.inf",
		SYSTEM_HEAD BOTH FOR_BOTH(
			"D=I,EBDRV\\DIAG&PCI_164E14E4\nD=I,EBDRV\\DIAG&PCI_166F14E4") "[I]\n",
		DRIVER_SIGNED, NULL},
	/* All in one. */
	{"mono.inf", NET_HEAD BOTH FOR_BOTH("D=I,PCI\\VEN_14E4&DEV_1639") SERVICE_OF("b06bdrv"),
		DRIVER_SIGNED, NULL},
	{"pci.inf", SYSTEM_HEAD BOTH FOR_BOTH("D=I,PCI\\CC_0604") SERVICE_OF("pci"), DRIVER_SIGNED,
		NULL},
	/* Three tiers. */
	{"Xenbus.inf", SYSTEM_HEAD BOTH FOR_BOTH("D=I,PCI\\VEN_5853&DEV_0001") SERVICE_OF("XenBus"),
		DRIVER_SIGNED, NULL},
	{"vif.inf",
		SYSTEM_HEAD BOTH FOR_BOTH(
			"D=I,XENBUS\\VEN_XS0001&DEV_VIF&REV_08000009\nD=I,XENBUS\\VEN_XS0001&DEV_"
			"IFACE") SERVICE_OF("xenvif"),
		DRIVER_SIGNED, NULL},
	{"net.inf",
		NET_HEAD BOTH FOR_BOTH("D=I,XENVIF\\VEN_XS0001&DEV_NET&REV_08000004")
			SERVICE_OF("xennet"),
		DRIVER_SIGNED, NULL},
};

struct case_of_tiers {
	const char *id;
	const char *tiers; /* "INF [id] ...": those above the device; "-" for no pick */
	bool is_complete;
	const char *reason;
};

static void assert_tiers(struct matching *matching, const struct case_of_tiers *one)
{
	struct error err = ERROR_NULL;
	struct tiers tiers;
	struct pci_function function;
	const struct device_match *match;
	CLEANUP(device_clear) struct device device = {.n_hardware_ids = 0};
	char found[512] = "";
	size_t length = 0;
	assert_true(pci_parse_id(one->id, &function));
	assert_ok(pci_device(&function, &device));
	assert_ok(matching_device(matching, &device, &match, &err));
	assert_ok(tiers_find(matching, &device, match, &tiers, &err));
	for (size_t i = 0; i < tiers.n; i++) {
		const struct tier *tier = &tiers.tiers[i];
		const struct device_match *above = tier->match;
		length += (size_t)snprintf(found + length, sizeof(found) - length, "%s%s [%s]",
			i > 0 ? " " : "",
			above->pick < 0 ? "-" : above->candidates[above->pick].package->inf,
			tier->device.n_hardware_ids > 0 ? tier->device.hardware_ids[0] : "");
	}
	if (strcmp(found, one->tiers) != 0)
		fail_msg("%s: %s (%s)", one->id, found, tiers.reason);
	assert_int_equal(tiers.is_complete, one->is_complete);
	if (!strstr(tiers.reason, one->reason))
		fail_msg("%s: %s", one->id, tiers.reason);
	tiers_clear(&tiers);
}

static void assert_all(const struct driver_rules *rules, const char *windows,
	const struct case_of_tiers *cases, size_t n)
{
	struct error err = ERROR_NULL;
	struct target target;
	CLEANUP(matching_closep) struct matching *matching = NULL;
	assert_ok(target_parse(windows, &target, &err));
	assert_ok(matching_open(store, rules, &target, NULL, &matching, &err));
	for (size_t i = 0; i < n; i++)
		assert_tiers(matching, &cases[i]);
}

static void what_a_card_needs_besides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const struct case_of_tiers cases[] = {
		/* The longest id that fits: this board's. */
		{"PCI\\VEN_14E4&DEV_164E&SUBSYS_100114E4&CC_0200",
			"bxnd.inf [EBDRV\\L2ND&PCI_164E14E4&SUBSYS_100114E4]", true,
			"evbd.inf is its bus driver, bxnd.inf drives the network on it"},
		/* Also where nothing but the package says that it is a network card. */
		{"PCI\\VEN_14E4&DEV_164E&SUBSYS_100114E4&REV_01",
			"bxnd.inf [EBDRV\\L2ND&PCI_164E14E4&SUBSYS_100114E4]", true, ""},
		/* What is there for this card is not for the network. */
		{"PCI\\VEN_14E4&DEV_166F&SUBSYS_000014E4&CC_0200", "- []", false,
			"evbd.inf is only the bus driver of this card, and does not make it work "
			"alone: no package has the driver of the network below it"},
		{"PCI\\VEN_14E4&DEV_166F&SUBSYS_000014E4", "", false, ""},
		{"PCI\\VEN_14E4&DEV_1639&SUBSYS_000014E4&CC_0200", "", false, ""},
		{"PCI\\VEN_8086&DEV_0001&CC_0604", "", false, ""},
		{"PCI\\VEN_8086&DEV_0001&CC_0200", "", false, ""},
		{"PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&CC_FF80",
			"vif.inf [XENBUS\\VEN_XS0001&DEV_VIF&REV_08000009] "
			"net.inf [XENVIF\\VEN_XS0001&DEV_NET&REV_08000004]",
			true, "Xenbus.inf is its bus driver, net.inf drives the network on it"},
	};
	assert_all(NULL, "10.0.22621/amd64", cases, ARRAY_SIZE(cases));
}

/* A child that is known not to work is lacking too, with the reason. */
static void marked_ones_do_not_complete_it(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	static const char text[] =
		"[rule child]\nhardware-id = EBDRV\\*\ncondition = winpe>=2.0\nwhy = it sleeps\n";
	CLEANUP(driver_rules_freep) struct driver_rules *rules = driver_rules_new();
	assert_non_null(rules);
	assert_ok(driver_rules_add(rules, "test.rules", text, strlen(text), &err));
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const struct case_of_tiers cases[] = {
		{"PCI\\VEN_14E4&DEV_164E&SUBSYS_100114E4&CC_0200",
			"- [EBDRV\\L2ND&PCI_164E14E4&SUBSYS_100114E4]", false,
			"for EBDRV\\L2ND&PCI_164E14E4&SUBSYS_100114E4: bxnd.inf: known not to "
			"work here: "},
	};
	assert_all(rules, "10.0.22621/amd64", cases, ARRAY_SIZE(cases));
}

/* ---- Broadcom's own INFs ---- */

static char next_id;

static void add_real(const char *folder, const void *bytes, size_t n)
{
	struct error err = ERROR_NULL;
	CLEANUP(inf_freep) struct inf *inf = NULL;
	CLEANUP(driver_package_clear)
	struct driver_package package = {.signature = DRIVER_SIGNED};
	if (strcmp(folder, "lan/Broadcom") != 0 || inf_parse(bytes, n, NULL, &inf, &err) < 0 ||
		models_read(inf, &package, &err) < 0)
		return;
	(void)snprintf(package.id, sizeof(package.id), "%064x", (unsigned)next_id++);
	(void)snprintf(package.inf, sizeof(package.inf), "%s.inf", package.class);
	assert_ok(store_driver_add(store, &package, &err));
}

static void real_packages_name_each_other(void **state)
{
	(void)state;
	next_id = 1;
	corpus_walk(add_real);
	static const struct case_of_tiers cases[] = {
		{"PCI\\VEN_14E4&DEV_1639&SUBSYS_02361028&REV_20&CC_0200",
			"net.inf [B06BDRV\\L2ND&PCI_163914E4]", true, "is its bus driver"},
		{"PCI\\VEN_14E4&DEV_168E&SUBSYS_100614E4&REV_10&CC_0200",
			"net.inf [EBDRV\\L2ND&PCI_168E14E4&SUBSYS_100614E4]", true,
			"is its bus driver"},
		/* NetXtreme I: one driver. */
		{"PCI\\VEN_14E4&DEV_1655&SUBSYS_165514E4&REV_00&CC_0200", "", false, ""},
	};
	assert_all(NULL, "6.1.7601/amd64", cases, ARRAY_SIZE(cases));
	assert_all(NULL, "6.1.7601/x86", cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_card_needs_besides, start, stop),
		cmocka_unit_test_setup_teardown(marked_ones_do_not_complete_it, start, stop),
		cmocka_unit_test_setup_teardown(real_packages_name_each_other, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
