/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the decision says of the machine's network card, and what follows from it. */
#include "../unit.h"

#include "base/cleanup.h"
#include "boot/decide.h"

#include <string.h>

static const struct boot_nic inbox_nics[] = {{0x8086, 0x100e, true}, {0x8086, 0x1533, false}};
static const struct boot_nic newest_nics[] = {
	{0x10ec, 0x8168, false}, {0x14e4, 0x1639, true}, {0x8086, 0x15f3, true}};
static const struct boot_nic planned_nics[] = {{0x14e4, 0x1639, true}};
static const struct boot_revision revisions[] = {
	{2, {planned_nics, ARRAY_SIZE(planned_nics)}},
	{3, {newest_nics, ARRAY_SIZE(newest_nics)}},
};

static const struct boot_image image = {
	.name = "pe11",
	.arch = "amd64",
	.revision = 3,
	.loaders = 1U << BOOT_LOADER_BOOTMGFW_X64,
	.knows_inbox = true,
	.inbox = {inbox_nics, ARRAY_SIZE(inbox_nics)},
	.revisions = revisions,
	.n_revisions = ARRAY_SIZE(revisions),
};

struct scene {
	struct boot_request request;
	struct boot_client client;
	struct boot_policy policy;
	struct boot_catalogue catalogue;
};

static struct scene scene_normal(void)
{
	return (struct scene){
		.request = {.port = BOOT_PORT_SERVER,
			.mac = {2, 0, 0, 0, 0, 1},
			.client = {.vendor = PXE_VENDOR_PXE, .arch = PXE_ARCH_EFI_X64},
			.server = 0xc0000201,
			.http_port = 80},
		.catalogue = {&image, 1},
	};
}

static struct boot_decision decide(const struct scene *s)
{
	struct boot_decision d;
	boot_decide(&s->request, &s->client, &s->policy, &s->catalogue, &d);
	return d;
}

static bool says(const struct boot_decision *d, const char *words)
{
	for (size_t i = 0; i < d->n_reasons; i++) {
		if (strstr(d->reasons[i], words) != NULL)
			return true;
	}
	return false;
}

#define NIC(v, d)                                                                                  \
	{                                                                                          \
		.id = "PCI\\VEN_" #v "&DEV_" #d, .is_pci = true, .vendor = 0x##v, .device = 0x##d  \
	}
#define PLANNED(v, d, covered, source)                                                             \
	{                                                                                          \
		.id = "PCI\\VEN_" #v "&DEV_" #d "&SUBSYS_11112222", .is_pci = true,                \
		.vendor = 0x##v, .device = 0x##d, .is_planned = true, .is_covered = (covered),     \
		.by = BOOT_DRIVER_##source                                                         \
	}

static const struct {
	const char *what;
	uint16_t bus_vendor, bus_device; /* that iPXE tells; 0: no iPXE */
	uint32_t planned;                /* revision of the client's plan, 0: it has none */
	struct boot_card cards[3];
	enum boot_coverage coverage;
	enum boot_driver_source by;
	const char *words; /* "": none */
} cards[] = {
	{"nothing is known", 0, 0, 0, {{.id = ""}}, BOOT_COVERAGE_NONE, BOOT_DRIVER_NONE, ""},
	{"a package drives what asks", 0x8086, 0x15f3, 0, {{.id = ""}}, BOOT_COVERAGE_COVERED,
		BOOT_DRIVER_PACKAGE, "pe11@3 drives its network card PCI\\VEN_8086&DEV_15F3 by a"},
	{"the image drives it", 0x8086, 0x100e, 0, {{.id = ""}}, BOOT_COVERAGE_COVERED,
		BOOT_DRIVER_IMAGE, "by itself"},
	{"nobody does", 0x15b3, 0x1017, 0, {{.id = ""}}, BOOT_COVERAGE_UNCOVERED, BOOT_DRIVER_NONE,
		"would fail with: Network initialization failed (no driver for "
		"PCI\\VEN_15B3&DEV_1017)"},
	{"smaller than all ids", 1, 1, 0, {{.id = ""}}, BOOT_COVERAGE_UNCOVERED, BOOT_DRIVER_NONE,
		"VEN_0001&DEV_0001"},
	{"a package drives some boards", 0x10ec, 0x8168, 0, {{.id = ""}}, BOOT_COVERAGE_PERHAPS,
		BOOT_DRIVER_PACKAGE, "some boards only"},
	{"the image drives some boards", 0x8086, 0x1533, 0, {{.id = ""}}, BOOT_COVERAGE_PERHAPS,
		BOOT_DRIVER_IMAGE, "some boards only"},
	/* Its revision is the plan's, with less in it than the newest one has. */
	{"the plan's revision counts", 0x8086, 0x15f3, 2, {NIC(8086, 15f3)},
		BOOT_COVERAGE_UNCOVERED, BOOT_DRIVER_NONE, "pe11@2 would fail"},
	{"the plan knows the board", 0x10ec, 0x8168, 2, {PLANNED(10ec, 8168, true, PACKAGE)},
		BOOT_COVERAGE_COVERED, BOOT_DRIVER_PACKAGE, "pe11@2 drives"},
	{"the plan says no", 0x14e4, 0x1639, 2, {PLANNED(14e4, 1639, false, NONE)},
		BOOT_COVERAGE_UNCOVERED, BOOT_DRIVER_NONE, "no driver for PCI\\VEN_14E4&DEV_1639)"},
	{"two boards of one kind", 0x14e4, 0x1639, 2,
		{PLANNED(14e4, 1639, false, NONE), PLANNED(14e4, 1639, true, PACKAGE)},
		BOOT_COVERAGE_PERHAPS, BOOT_DRIVER_PACKAGE, "some boards only"},
	{"a card that the plan does not know", 0x14e4, 0x1639, 2,
		{PLANNED(8086, 15f3, false, NONE)}, BOOT_COVERAGE_COVERED, BOOT_DRIVER_PACKAGE, ""},
	{"its devices are known", 0, 0, 0, {NIC(15b3, 1017)}, BOOT_COVERAGE_UNCOVERED,
		BOOT_DRIVER_NONE, "no driver for PCI\\VEN_15b3&DEV_1017"},
	{"and driven", 0, 0, 0, {NIC(8086, 15f3), NIC(8086, 100e)}, BOOT_COVERAGE_COVERED,
		BOOT_DRIVER_PACKAGE, "drives its network card"},
	{"one of two", 0, 0, 0, {NIC(8086, 15f3), NIC(15b3, 1017)}, BOOT_COVERAGE_PERHAPS,
		BOOT_DRIVER_NONE, "1 of its 2 network cards; not, or not surely, PCI\\VEN_15b3"},
	{"none surely", 0, 0, 0, {NIC(15b3, 1017), NIC(10ec, 8168)}, BOOT_COVERAGE_PERHAPS,
		BOOT_DRIVER_PACKAGE, "PCI\\VEN_10ec&DEV_8168 on some boards only"},
	{"one that is no PCI", 0, 0, 0, {{.id = "USB\\VID_0B95&PID_1790"}}, BOOT_COVERAGE_NONE,
		BOOT_DRIVER_NONE, ""},
	{"such a one with a plan", 0, 0, 2, {{.id = "USB\\VID_0B95&PID_1790", .is_planned = true}},
		BOOT_COVERAGE_UNCOVERED, BOOT_DRIVER_NONE, "no driver for USB\\VID_0B95"},
};

static void fill_cards(struct scene *s, size_t i)
{
	for (size_t j = 0; j < 3 && cards[i].cards[j].id[0] != 0; j++)
		s->client.cards[s->client.n_cards++] = cards[i].cards[j];
	strncpy(s->client.image, cards[i].planned != 0 ? "pe11" : "", 5);
	s->client.revision = cards[i].planned;
	s->request.client.is_ipxe = cards[i].bus_vendor != 0;
	s->request.client.has_bus_id = cards[i].bus_vendor != 0;
	s->request.client.bus_vendor = cards[i].bus_vendor;
	s->request.client.bus_device = cards[i].bus_device;
}

static void judges_the_network_card(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cards); i++) {
		struct scene s = scene_normal();
		fill_cards(&s, i);
		struct boot_decision d = decide(&s);
		print_message("%s: %s\n", cards[i].what, d.card.words);
		assert_int_equal(d.action, BOOT_SERVE);
		assert_int_equal(d.card.coverage, cards[i].coverage);
		assert_int_equal(d.card.by, cards[i].by);
		assert_non_null(strstr(d.card.words, cards[i].words));
		assert_int_equal(d.card.words[0] != 0, d.card.coverage != BOOT_COVERAGE_NONE);
		assert_true(d.card.words[0] == 0 || says(&d, d.card.words));
		assert_int_equal(
			says(&d, "uncovered=warn"), cards[i].coverage == BOOT_COVERAGE_UNCOVERED);

		/* Refused is only what is sure to fail. */
		s.policy.uncovered = BOOT_UNCOVERED_REFUSE;
		bool is_refused = cards[i].coverage == BOOT_COVERAGE_UNCOVERED;
		d = decide(&s);
		assert_int_equal(d.action, is_refused ? BOOT_REFUSE : BOOT_SERVE);
		assert_int_equal(d.card.coverage, cards[i].coverage);
		assert_int_equal(says(&d, "uncovered=refuse"), is_refused);
		if (is_refused)
			assert_non_null(strstr(
				d.reasons[d.n_reasons - 1], "`pewter prepare 02:00:00:00:00:01`"));
	}
}

static void never_refuses_what_it_does_not_know(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	struct boot_image old = image;
	old.knows_inbox = false;
	s.catalogue = (struct boot_catalogue){&old, 1};
	s.policy.uncovered = BOOT_UNCOVERED_REFUSE;
	s.request.client.has_bus_id = true;
	s.request.client.bus_vendor = 0x15b3;
	s.request.client.bus_device = 0x1017;
	struct boot_decision d = decide(&s);
	assert_int_equal(d.action, BOOT_SERVE);
	assert_int_equal(d.card.coverage, BOOT_COVERAGE_UNKNOWN);
	assert_true(says(&d, "is not known"));
	assert_true(says(&d, "--replace"));

	/* What its packages drive is known all the same. */
	s.request.client.bus_vendor = 0x14e4;
	s.request.client.bus_device = 0x1639;
	d = decide(&s);
	assert_int_equal(d.card.coverage, BOOT_COVERAGE_COVERED);
}

static void says_how_to_mend_it(void **state)
{
	(void)state;
	struct scene s = scene_normal();
	s.request.client.has_bus_id = true;
	s.request.client.bus_vendor = 0x15b3;
	struct boot_decision d = decide(&s);
	assert_true(says(&d, "`pewter client import` its devices, then `pewter prepare 02:"));
	s.client.cards[0] = (struct boot_card){.id = "x"};
	s.client.n_cards = 1;
	d = decide(&s);
	assert_true(
		says(&d, "`pewter prepare 02:00:00:00:00:01`, if need be after `pewter driver"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_the_network_card),
		cmocka_unit_test(never_refuses_what_it_does_not_know),
		cmocka_unit_test(says_how_to_mend_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
