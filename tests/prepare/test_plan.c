/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of Prepare To Restore, as tables: devices with candidates written by hand, and what the
 * newest revision holds, against what the plan makes of it. */
#include "../unit.h"

#include "base/text.h"
#include "prepare/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- packages, each with a letter ---- */

static const struct sample {
	char letter;
	const char *inf, *class;
	uint32_t date;
	uint16_t version;
	const char *ids; /* a letter each, sorted */
	bool is_inbox, is_incomplete;
} samples[] = {
	/* One family; c no longer names what Q is, and d has not all its files. */
	{'a', "card.inf", "Net", 20200101, 1, "PQ", .is_inbox = false},
	{'b', "CARD.INF", "Net", 20220101, 2, "PQ", .is_inbox = false},
	{'c', "card.inf", "Net", 20240101, 3, "P", .is_inbox = false},
	{'d', "card.inf", "Net", 20250101, 4, "PQ", .is_incomplete = true},
	{'e', "card.inf", "Net", 20220101, 3, "PQR", .is_inbox = false},
	/* The same names, and nothing in common. */
	{'f', "card.inf", "Net", 20260101, 1, "Z", .is_inbox = false},
	{'k', "k57.inf", "Net", 20210101, 1, "P", .is_inbox = false},
	{'s', "raid.inf", "SCSIAdapter", 20230101, 7, "S", .is_inbox = false},
	{'t', "raid.inf", "SCSIAdapter", 20240101, 7, "S", .is_inbox = false},
	{'x', "more.inf", "Extension", 20240101, 7, "P", .is_inbox = false},
	{'u', "bus.inf", "System", 20120101, 1, "P", .is_inbox = false},
	{'v', "child.inf", "Net", 20120101, 1, "C", .is_inbox = false},
	{'i', "inbox.inf", "Net", 20090101, 1, "P", .is_inbox = true},
	{'j', "stor.inf", "HDC", 20090101, 1, "S", .is_inbox = true},
};
static struct driver_package packages[ARRAY_SIZE(samples)];

static const struct sample *sample_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (samples[i].letter == letter)
			return &samples[i];
	fail_msg("no package %c", letter);
	return NULL;
}

static const struct driver_package *package_of(char letter)
{
	return &packages[sample_of(letter) - samples];
}

static int make_packages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct driver_package *package = &packages[i];
		memset(package->id, samples[i].letter, sizeof(package->id) - 1);
		(void)text_copy(package->inf, sizeof(package->inf), samples[i].inf);
		(void)text_copy(package->class, sizeof(package->class), samples[i].class);
		(void)text_copy(package->provider, sizeof(package->provider), "Maker");
		if (samples[i].is_inbox)
			memset(package->base, '0', sizeof(package->base) - 1);
		package->date = samples[i].date;
		package->version = (uint64_t)samples[i].version << 48;
		package->has_version = true;
		package->is_incomplete = samples[i].is_incomplete;
	}
	return 0;
}

static int ids_of(void *context, const struct driver_package *package, const char *const **ret_ids,
	size_t *ret_n)
{
	static const char *const letters[] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K",
		"L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z"};
	static const char *lists[ARRAY_SIZE(samples)][8];
	size_t at = (size_t)(package - packages);
	const char *ids = samples[at].ids;
	if (context != NULL)
		return -ENOMEM;
	for (size_t i = 0; ids[i] != 0; i++)
		lists[at][i] = letters[ids[i] - 'A'];
	*ret_ids = lists[at];
	*ret_n = strlen(ids);
	return 0;
}

/* ---- devices with their candidates ---- */

struct machine {
	struct device_list devices;
	struct device_match matches[8], tier_matches[8];
	const struct device_match *pointers[8];
	struct candidate candidates[16][8];
	struct tiers tiers[8];
};

static const struct {
	char sign;
	enum candidate_state state;
	const char *reason;
} states[] = {
	{'.', CANDIDATE_USABLE, ""},
	{'>', CANDIDATE_TOO_NEW, "made for Windows 11.0 and later"},
	{'?', CANDIDATE_INCOMPLETE, "files are missing: card.sys"},
	{'!', CANDIDATE_MARKED, "marked as not for winpe>=2.0: hangs"},
	{'-', CANDIDATE_EXCLUDED, "ExcludeID of [I] names P"},
	{'w', CANDIDATE_OTHER_WINDOWS, "only for Windows 11.0 and later ([M])"},
	{'@', CANDIDATE_OTHER_ARCH, "only for arm64 ([M])"},
	{'0', CANDIDATE_NO_SECTION, "line 7 of the INF names what is not there"},
};

/* "b. a! k?": in order, a letter and its state each; of the first that is usable or incomplete it
 * is the pick. "!f" behind a marked one: the substitute is to be of sub.inf. */
static void make_match(const char *list, struct candidate *candidates, struct device_match *match)
{
	*match = (struct device_match){.candidates = candidates, .pick = -1};
	for (; *list != 0; list += 2) {
		list += *list == ' ';
		struct candidate *candidate = &candidates[match->n];
		*candidate = (struct candidate){
			.package = package_of(list[0]), .is_inbox = sample_of(list[0])->is_inbox};
		/* As matching_device() does. */
		if (match->class[0] == 0 && strcmp(candidate->package->class, "Extension") != 0)
			(void)text_copy(
				match->class, sizeof(match->class), candidate->package->class);
		for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
			if (states[i].sign != list[1])
				continue;
			candidate->state = states[i].state;
			candidate->reason = (char *)(uintptr_t)states[i].reason;
		}
		if (list[1] == '!' && list[2] == 'f') {
			(void)text_copy(candidate->instead_family,
				sizeof(candidate->instead_family), "sub.inf");
			list++;
		}
		if (match->pick < 0 && candidate->state <= CANDIDATE_INCOMPLETE)
			match->pick = (ssize_t)match->n;
		match->n++;
	}
	(void)text_copy(match->reason, sizeof(match->reason), "as Windows ranks");
}

/* "ID,ID|CLASS|CANDIDATES", and behind "^" those of a tier above it ("^~": it is not complete). */
static void add_device(struct machine *machine, const char *text)
{
	char copy[256];
	size_t at = machine->devices.n;
	struct device *device = device_list_add(&machine->devices);
	assert_non_null(device);
	(void)text_copy(copy, sizeof(copy), text);
	char *class = strchr(copy, '|');
	*class ++ = 0;
	char *list = strchr(class, '|');
	*list++ = 0;
	char *tier = strchr(list, '^');
	if (tier != NULL)
		*tier++ = 0;
	char *rest = NULL;
	for (char *id = strtok_r(copy, ",", &rest); id != NULL; id = strtok_r(NULL, ",", &rest))
		assert_int_equal(device_add_hardware_id(device, id), 0);
	if (strcmp(class, "none") != 0)
		(void)text_copy(device->class, sizeof(device->class), class);
	make_match(list, machine->candidates[2 * at], &machine->matches[at]);
	machine->pointers[at] = &machine->matches[at];
	if (tier == NULL)
		return;
	struct tiers *tiers = &machine->tiers[at];
	tiers->n = 1;
	tiers->is_complete = *tier != '~';
	(void)text_copy(tiers->reason, sizeof(tiers->reason), "B06BDRV is not driven");
	make_match(tier + !tiers->is_complete, machine->candidates[2 * at + 1],
		&machine->tier_matches[at]);
	tiers->tiers[0].match = &machine->tier_matches[at];
}

/* ---- a plan, written down ---- */

struct row {
	const char *what;
	const char *held; /* letters; '!' behind one that is forbidden, '?' behind one of which
			     nothing is known */
	const char *devices[6];
	const char *classes; /* NULL: the default */
	bool is_own;
	const char *answer;     /* what the revision is to hold ('+': new), what goes */
	const char *reasons[6]; /* how each device's begins */
	int n_uncovered_nics, n_others, n_doubtful;
};

static void write_outcome(const struct plan_outcome *outcome, char *text, size_t size)
{
	size_t n = 0;
	text[0] = 0;
	for (size_t i = 0; i < outcome->n_packages; i++)
		n += (size_t)snprintf(text + n, size - n, "%c%s", outcome->packages[i].id[0],
			outcome->packages[i].number == 0 ? "+" : "");
	n += (size_t)snprintf(text + n, size - n, "%s", outcome->needs_revision ? "" : " same");
	for (size_t i = 0; i < outcome->n_replaced; i++)
		n += (size_t)snprintf(
			text + n, size - n, " -%c", outcome->replaced[i].package.id[0]);
	for (size_t i = 0; i < outcome->n_dropped; i++)
		n += (size_t)snprintf(
			text + n, size - n, " x%c", outcome->dropped[i].package.id[0]);
}

struct newest {
	struct revision_record record;
	struct revision_package packages[16];
	struct plan_held held[16];
};

static void make_newest(const char *held, struct newest *newest)
{
	*newest = (struct newest){.record.packages = newest->packages};
	for (; *held != 0; held++) {
		size_t at = newest->record.n_packages++;
		struct revision_package *package = &newest->packages[at];
		const struct driver_package *known = package_of(*held);
		newest->held[at].package = held[1] == '?' ? NULL : known;
		newest->held[at].forbidden = held[1] == '!' ? "marked as not for it" : NULL;
		package->number = (uint32_t)at + 1;
		memcpy(package->id, known->id, sizeof(package->id));
		held += held[1] == '?' || held[1] == '!';
	}
}

static void machine_clear(struct machine *machine)
{
	device_list_clear(&machine->devices);
}

static int plan_row(
	const struct row *row, void *context, struct plan_outcome *ret_outcome, struct error *err)
{
	static const struct image_record image = {.name = "pe"};
	CLEANUP(machine_clear) struct machine machine = {.devices = {0}};
	struct newest newest;
	make_newest(row->held, &newest);
	for (size_t i = 0; i < ARRAY_SIZE(row->devices) && row->devices[i]; i++)
		add_device(&machine, row->devices[i]);
	const struct plan_input input = {
		.devices = &machine.devices,
		.matches = machine.pointers,
		.tiers = machine.tiers,
		.held = newest.held,
		.image = &image,
		.newest = &newest.record,
		.classes = row->classes != NULL ? row->classes : PLAN_CLASSES_DEFAULT,
		.is_own = row->is_own,
		.ids_of = ids_of,
		.context = context,
	};
	return plan_make(&input, ret_outcome, err);
}

static void check_row(const struct row *row)
{
	struct error err = ERROR_NULL;
	CLEANUP(plan_outcome_clear) struct plan_outcome outcome = {.packages = NULL};
	char text[256];
	if (plan_row(row, NULL, &outcome, &err) < 0)
		fail_msg("%s: %s", row->what, err.text);
	write_outcome(&outcome, text, sizeof(text));
	if (strcmp(text, row->answer) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", row->what, text, row->answer);
	size_t n = 0;
	for (; n < ARRAY_SIZE(row->reasons) && row->reasons[n] != NULL; n++)
		if (n >= outcome.plan.n_devices ||
			strncmp(outcome.plan.devices[n].reason, row->reasons[n],
				strlen(row->reasons[n])) != 0)
			fail_msg(
				"%s: device %zu: %s", row->what, n, outcome.plan.devices[n].reason);
	if (n != outcome.plan.n_devices)
		fail_msg("%s: %zu devices", row->what, outcome.plan.n_devices);
	if ((int)outcome.plan.n_uncovered_nics != row->n_uncovered_nics ||
		(int)outcome.n_others_uncovered != row->n_others ||
		(int)outcome.n_doubtful != row->n_doubtful)
		fail_msg("%s: %u NICs and %zu others are not covered", row->what,
			outcome.plan.n_uncovered_nics, outcome.n_others_uncovered);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(&rows[i]);
}

/* ---- the rules ---- */

#define NIC   "PCI\\VEN_8086&DEV_100E|Net|"
#define RAID  "PCI\\VEN_1000&DEV_005D|SCSIAdapter|"
#define BY(x) "covered by " x x x x x x x x x x x x " "
#define A     "card.inf (2020-01-01 1.0.0.0)"
#define B     "CARD.INF (2022-01-01 2.0.0.0)"
#define C     "card.inf (2024-01-01 3.0.0.0)"

static void windows_choice_is_taken(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"a package that is new", "", {NIC "b."}, .answer = "b+",
			.reasons = {BY("b") B "; as Windows ranks"}},
		{"the revision holds it", "b", {NIC "b."}, .answer = "b same",
			.reasons = {BY("b") B}},
		{"two devices, one package", "", {NIC "b.", NIC "b."}, .answer = "b+",
			.reasons = {BY("b"), BY("b")}},
		{"two devices, two packages", "", {NIC "b.", RAID "s."}, .answer = "b+s+",
			.reasons = {BY("b"), BY("s") "raid.inf (2023-01-01 7.0.0.0)"}},
		{"the image itself", "", {NIC "i. b."}, .answer = " same",
			.reasons = {"covered by the image itself: inbox.inf (2009-01-01 1.0.0.0)"}},
		{"a package before the image itself", "", {NIC "b. i."}, .answer = "b+",
			.reasons = {BY("b")}},
		{"others accumulate", "s", {NIC "b."}, .answer = "sb+", .reasons = {BY("b")}},
		{"an own revision has nothing else", "s", {NIC "b."}, .is_own = true,
			.answer = "b+", .reasons = {BY("b")}},
		{"an own revision that is the newest", "b", {NIC "b."}, .is_own = true,
			.answer = "b same", .reasons = {BY("b")}},
		{"the image does all: an own revision without packages", "s", {NIC "i."},
			.is_own = true, .answer = "", .reasons = {"covered by the image itself"}},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void never_a_downgrade(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"a newer one replaces the older", "a", {NIC "b. a."}, .answer = "b+ -a",
			.reasons = {BY("b") B}},
		{"of equal date the higher version", "b", {NIC "e. b."}, .answer = "e+ -b",
			.reasons = {BY("e")}},
		{"an older one with a better rank changes nothing", "b", {NIC "a. b."},
			.answer = "b same",
			.reasons = {BY("b") B "; newer than what Windows would take for its rank, "
					      "aaaaaaaaaaaa " A}},
		{"neither does one of another family at the device's second place", "b",
			{NIC "a. k. b."}, .answer = "b same", .reasons = {BY("b")}},
		{"but another family that ranks better is no downgrade", "b", {NIC "k. b."},
			.answer = "bk+", .reasons = {BY("k")}},
		{"a newer one in the database, of worse rank, that nobody needs", "", {NIC "a. b."},
			.answer = "a+", .reasons = {BY("a")}},
		{"a newer one that another device brings in", "", {NIC "a. b.", NIC "b."},
			.answer = "b+", .reasons = {BY("b"), BY("b")}},
		{"an older one for a card that the newer has given up", "c", {NIC "a."},
			.answer = "ca+", .reasons = {BY("a") A}},
		{"the newer one names less: both stay", "b", {NIC "c. b."}, .answer = "bc+",
			.reasons = {BY("c") C}},
		{"and are both there the next time", "bc", {NIC "c. b."}, .answer = "bc same",
			.reasons = {BY("c")}},
		{"the newer one lacks files: both stay", "a", {NIC "d. a."}, .answer = "ad+",
			.reasons = {BY("d")}},
		{"same names, nothing in common: no family", "f", {NIC "a."}, .answer = "fa+",
			.reasons = {BY("a")}},
		{"of what nothing is known nothing is taken away", "a?", {NIC "b."},
			.answer = "ab+", .reasons = {BY("b")}},
		{"three versions become one", "ab", {NIC "e. b. a."}, .answer = "e+ -a -b",
			.reasons = {BY("e")}},
		{"an own revision keeps the newer version too", "bs", {NIC "a. b."}, .is_own = true,
			.answer = "b", .reasons = {BY("b")}},
		{"a newer one that is incomplete for this device", "b", {NIC "a. b?"},
			.answer = "ba+", .reasons = {BY("a")}},
		{"the image's own is not of the family", "b", {NIC "i. b."}, .answer = "b same",
			.reasons = {"covered by the image itself"}},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void marked_ones_go(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"passed over for another", "", {NIC "k. b!"}, .answer = "k+",
			.reasons = {BY("k")}},
		{"the revision holds it, and not the substitute", "b", {NIC "k. b!"},
			.answer = "k+ xb", .reasons = {BY("k")}},
		{"it goes also if nothing takes its place", "b", {NIC "b!"}, .answer = " xb",
			.reasons = {"only marked ones: bbbbbbbbbbbb " B
				    " marked as not for winpe>=2.0: hangs"},
			.n_uncovered_nics = 1},
		{"who is to take its place is named", "", {NIC "b!f k!"}, .answer = " same",
			.reasons = {"only marked ones: bbbbbbbbbbbb " B
				    " marked as not for winpe>=2.0: hangs; sub.inf is to take its "
				    "place: `pewter driver add` one that fits; 1 more: 1 only "
				    "marked ones"},
			.n_uncovered_nics = 1},
		{"forbidden whatever the device", "s!", {NIC "b."}, .answer = "b+ xs",
			.reasons = {BY("b")}},
		{"a newer one in the revision that is forbidden stops nothing", "b!", {NIC "a. b."},
			.answer = "a+ xb", .reasons = {BY("a")}},
		{"marked for one device, needed by another: it stays", "b", {NIC "k. b!", NIC "b."},
			.answer = "bk+", .reasons = {BY("k"), BY("b")}},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void what_is_not_covered_says_why(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"no package", "", {NIC}, .answer = " same",
			.reasons = {"no package: neither the database nor the image"},
			.n_uncovered_nics = 1},
		{"only for other Windows", "", {NIC "bw"}, .answer = " same",
			.reasons = {"only for other Windows: bbbbbbbbbbbb " B
				    " only for Windows 11.0 and later ([M])"},
			.n_uncovered_nics = 1},
		{"wrong architecture", "", {NIC "b@ k0"}, .answer = " same",
			.reasons = {"wrong architecture: bbbbbbbbbbbb " B
				    " only for arm64 ([M]); 1 more: 1 the INF is broken"},
			.n_uncovered_nics = 1},
		{"incomplete", "", {NIC "d?"}, .answer = " same",
			.reasons = {"incomplete: dddddddddddd card.inf (2025-01-01 4.0.0.0) files "
				    "are missing: card.sys; `pewter driver add` the driver's whole "
				    "folder"},
			.n_uncovered_nics = 1},
		{"excluded", "", {NIC "b- kw"}, .answer = " same",
			.reasons = {"excluded by the INF itself: "}, .n_uncovered_nics = 1},
		{"storage needs an eye, too", "", {NIC "b.", RAID}, .answer = "b+",
			.reasons = {BY("b"), "no package"}, .n_others = 1},
		{"an incomplete one in the revision does not cover, and stays", "d", {NIC "d?"},
			.answer = "d same", .reasons = {"incomplete: "}, .n_uncovered_nics = 1},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void devices_of_wanted_classes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"others are left out", "",
			{"PCI\\VEN_10DE&DEV_0001|Display|b.", "USB\\VID_1&PID_2|USB|", NIC "b."},
			.answer = "b+", .reasons = {BY("b")}},
		{"all, but what is no NIC and no disk needs no eye", "",
			{"PCI\\VEN_10DE&DEV_0001|Display|", "ROOT\\X|none|", NIC "b."},
			.classes = "all", .answer = "b+",
			.reasons = {"no package", "no package", BY("b")}},
		{"a class that was asked for by name needs one", "",
			{"PCI\\VEN_10DE&DEV_0001|Display|", NIC "b."}, .classes = "display",
			.answer = " same", .reasons = {"no package"}, .n_others = 1},
		{"the driver tells the class", "",
			{"USB\\VID_1&PID_2|none|b.", "USB\\VID_1&PID_3|none|u.",
				"USB\\VID_1&PID_4|none|xw cw", "USB\\VID_1&PID_5|none|"},
			.answer = "b+", .reasons = {BY("b"), "only for other Windows"},
			.n_others = 1},
		{"so does the PCI class code", "",
			{"PCI\\VEN_8086&DEV_0001,PCI\\VEN_8086&DEV_0001&CC_0200|none|",
				"PCI\\VEN_8086&DEV_0002,PCI\\VEN_8086&DEV_0002&CC_010802|none|",
				"PCI\\VEN_8086&DEV_0003,PCI\\VEN_8086&DEV_0003&CC_0300|none|"},
			.answer = " same", .reasons = {"no package", "no package"},
			.n_uncovered_nics = 1, .n_others = 1},
		{"what Windows makes by itself is no device", "",
			{"ROOT\\KDNIC|Net|", "SWD\\MSRRAS\\MS_L2TP|Net|",
				"ROOT\\SPACEPORT|SCSIAdapter|", NIC "b."},
			.answer = "b+", .reasons = {BY("b")}},
		{"Wi-Fi without a driver is told, and nothing fails for it", "",
			{"PCI\\VEN_8086&DEV_2723,PCI\\VEN_8086&DEV_2723&CC_0280|Net|", NIC "b."},
			.answer = "b+", .reasons = {"no package", BY("b")}},
		{"disk controllers alone", "", {NIC "b.", RAID "s."}, .classes = "SCSIAdapter,HDC",
			.answer = "s+", .reasons = {BY("s")}},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void doubts(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"a driver for a later Windows is better than none", "", {NIC "b>"}, .answer = "b+",
			.reasons = {BY("b")}, .n_doubtful = 1},
		{"and does not replace an older one that is sure to load", "b", {NIC "a. b>"},
			.answer = "ba+", .reasons = {BY("a")}},
		{"but one of its kind", "b", {NIC "a> b>"}, .answer = "b same",
			.reasons = {BY("b")}, .n_doubtful = 1},
		{"a sure one in the revision", "b", {NIC "a> b."}, .answer = "b same",
			.reasons = {BY("b")}},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void cards_in_several_tiers(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"bus driver and what stands upon it", "",
			{"PCI\\VEN_14E4&DEV_1639,PCI\\VEN_14E4&DEV_1639&CC_0200|System|u.^v."},
			.answer = "u+v+",
			.reasons = {BY("u") "bus.inf (2012-01-01 1.0.0.0) with vvvvvvvvvvvv "
					    "child.inf (2012-01-01 1.0.0.0); as Windows ranks"}},
		{"the bus driver alone is of no use", "", {NIC "u.^~v."}, .answer = " same",
			.reasons = {"incomplete: uuuuuuuuuuuu bus.inf (2012-01-01 1.0.0.0) alone "
				    "does not do: B06BDRV is not driven"},
			.n_uncovered_nics = 1},
		{"the upper one lacks files", "", {NIC "u.^v?"}, .answer = " same",
			.reasons = {"incomplete: uuuuuuuuuuuu bus.inf (2012-01-01 1.0.0.0) alone "
				    "does not do: incomplete: vvvvvvvvvvvv child.inf"},
			.n_uncovered_nics = 1},
		{"the upper one is the image's own", "", {NIC "u.^i."}, .answer = "u+",
			.reasons = {BY("u")}},
	};
	check_rows(rows, ARRAY_SIZE(rows));
}

static void nothing_to_plan(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct plan_outcome outcome;
	static const struct row no_nic = {"no NIC", "", {RAID "s."}, .answer = "s+"};
	static const struct row none = {"none", "", {NIC "b."}, .classes = "Display"};
	static const struct row empty = {"empty", "s", {"USB\\X|USB|"}, .answer = "s same"};
	assert_int_equal(plan_row(&no_nic, NULL, &outcome, &err), 0);
	assert_int_equal(outcome.n_nics, 0);
	plan_outcome_clear(&outcome);
	assert_int_equal(plan_row(&none, NULL, &outcome, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no device is of class Display"));
	check_row(&empty);
	static const struct row kin = {"kin", "a", {NIC "b. a."}, .answer = "b+ -a"};
	assert_int_equal(plan_row(&kin, &outcome, &outcome, &err), -ENOMEM);
}

static void sentences(void **state)
{
	(void)state;
	char text[PLAN_FAILURE_BYTES];
	plan_failure_words("PCI\\VEN_8086&DEV_100E&SUBSYS_001E8086&REV_03", text);
	assert_string_equal(
		text, "Network initialization failed (no driver for PCI\\VEN_8086&DEV_100E)");
	plan_failure_words("USB\\VID_0BDA&PID_8153&REV_3000", text);
	assert_string_equal(text,
		"Network initialization failed (no driver for USB\\VID_0BDA&PID_8153&REV_3000)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_choice_is_taken),
		cmocka_unit_test(never_a_downgrade),
		cmocka_unit_test(marked_ones_go),
		cmocka_unit_test(what_is_not_covered_says_why),
		cmocka_unit_test(devices_of_wanted_classes),
		cmocka_unit_test(doubts),
		cmocka_unit_test(cards_in_several_tiers),
		cmocka_unit_test(nothing_to_plan),
		cmocka_unit_test(sentences),
	};
	return cmocka_run_group_tests(tests, make_packages, NULL);
}
