/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What covers a device, or why nothing does, in words. */
#include "base/text.h"
#include "device/pci.h"
#include "prepare/plan_room.h"

#include <stdio.h>
#include <string.h>

#define SHORT_ID_DIGITS 12 /* as many as every command shows and takes */

void plan_package_words(const char *id, const char *inf, uint32_t date, uint64_t version,
	bool has_version, char text[static PLAN_PACKAGE_WORDS_BYTES])
{
	char moment[16] = "no date", number[32] = "";
	if (date != 0)
		(void)snprintf(moment, sizeof(moment), "%04u-%02u-%02u", date / 10000 % 10000,
			date / 100 % 100, date % 100);
	if (has_version)
		(void)snprintf(number, sizeof(number), " %u.%u.%u.%u", (unsigned)(version >> 48),
			(unsigned)(version >> 32 & 0xffff), (unsigned)(version >> 16 & 0xffff),
			(unsigned)(version & 0xffff));
	(void)snprintf(text, PLAN_PACKAGE_WORDS_BYTES, "%.*s%s%.128s (%s%s)", SHORT_ID_DIGITS, id,
		id[0] != 0 ? " " : "", inf, moment, number);
}

static void candidate_words(
	const struct candidate *candidate, char text[static PLAN_PACKAGE_WORDS_BYTES])
{
	const struct driver_package *package = candidate->package;
	plan_package_words(candidate->is_inbox ? "" : package->id, package->inf, package->date,
		package->version, package->has_version, text);
}

static void add(char *text, size_t size, const char *more)
{
	size_t n = strlen(text);
	(void)snprintf(text + n, size - n, "%s", more);
}

/* ---- covered ---- */

static void covered_words(const struct plan_row *row, struct plan_device *device)
{
	const struct plan_need *own = &row->needs[0];
	char words[PLAN_PACKAGE_WORDS_BYTES];
	bool is_inbox = own->taken->is_inbox;
	candidate_words(own->taken, words);
	if (is_inbox)
		(void)snprintf(device->reason, sizeof(device->reason),
			"covered by the image itself: %s", words);
	else
		(void)snprintf(device->reason, sizeof(device->reason), "covered by %s", words);
	for (size_t i = 1; i < row->n_needs; i++) {
		candidate_words(row->needs[i].taken, words);
		add(device->reason, sizeof(device->reason), " with ");
		add(device->reason, sizeof(device->reason), words);
	}
	add(device->reason, sizeof(device->reason), "; ");
	if (own->passed != NULL) {
		candidate_words(own->passed, words);
		add(device->reason, sizeof(device->reason),
			"newer than what Windows would take for its rank, ");
		add(device->reason, sizeof(device->reason), words);
	} else {
		add(device->reason, sizeof(device->reason), own->match->reason);
	}
	(void)text_copy(device->by, sizeof(device->by), is_inbox ? "image" : "package");
	(void)text_copy(device->inf, sizeof(device->inf), own->taken->package->inf);
	if (!is_inbox)
		(void)text_copy(device->package, sizeof(device->package), own->taken->package->id);
}

/* ---- not covered ---- */

static const char *const heads[] = {
	[CANDIDATE_USABLE] = "",
	[CANDIDATE_TOO_NEW] = "for a later Windows",
	[CANDIDATE_INCOMPLETE] = "incomplete",
	[CANDIDATE_MARKED] = "only marked ones",
	[CANDIDATE_EXCLUDED] = "excluded by the INF itself",
	[CANDIDATE_OTHER_WINDOWS] = "only for other Windows",
	[CANDIDATE_OTHER_ARCH] = "wrong architecture",
	[CANDIDATE_NO_SECTION] = "the INF is broken",
};

/* Who would stand in for a marked one is not there: it would be among the candidates, usable. */
static void substitute_words(const struct candidate *marked, char *text, size_t size)
{
	char words[192];
	if (marked->instead[0] != 0)
		(void)snprintf(words, sizeof(words),
			"; %.*s, which is to take its place, does not serve this device",
			SHORT_ID_DIGITS, marked->instead);
	else if (marked->instead_family[0] != 0)
		(void)snprintf(words, sizeof(words),
			"; %s is to take its place: `pewter driver add` one that fits",
			marked->instead_family);
	else
		return;
	add(text, size, words);
}

static size_t count(const struct device_match *match, enum candidate_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < match->n; i++)
		n += match->candidates[i].state == state;
	return n;
}

/* "; 2 more: 1 only for other Windows, 1 wrong architecture" */
static void others_words(const struct device_match *match, char *text, size_t size)
{
	const char *separator = "";
	char words[96];
	if (match->n < 2)
		return;
	(void)snprintf(words, sizeof(words), "; %zu more: ", match->n - 1);
	add(text, size, words);
	for (size_t state = CANDIDATE_INCOMPLETE; state <= CANDIDATE_NO_SECTION; state++) {
		size_t n = count(match, (enum candidate_state)state) -
			   (match->candidates[0].state == state);
		if (n == 0)
			continue;
		(void)snprintf(words, sizeof(words), "%s%zu %s", separator, n, heads[state]);
		add(text, size, words);
		separator = ", ";
	}
}

/* The candidates are in the order of how near they come: the first one's fault is the reason. */
static void uncovered_words(const struct device_match *match, char *text, size_t size)
{
	if (match == NULL || match->n == 0) {
		(void)snprintf(text, size,
			"no package: neither the database nor the image knows this device");
		return;
	}
	const struct candidate *first = &match->candidates[0];
	char words[PLAN_PACKAGE_WORDS_BYTES];
	candidate_words(first, words);
	(void)snprintf(text, size, "%s: %s %.220s", heads[first->state], words, first->reason);
	if (first->state == CANDIDATE_MARKED)
		substitute_words(first, text, size);
	if (first->state == CANDIDATE_INCOMPLETE)
		add(text, size, "; `pewter driver add` the driver's whole folder");
	others_words(match, text, size);
}

static void not_covered_words(const struct plan_row *row, struct plan_device *device)
{
	const struct plan_need *own = &row->needs[0];
	if (own->taken == NULL) {
		uncovered_words(own->match, device->reason, sizeof(device->reason));
		return;
	}
	/* Its bus driver is there, what stands upon it is not. */
	char words[PLAN_PACKAGE_WORDS_BYTES];
	candidate_words(own->taken, words);
	(void)snprintf(device->reason, sizeof(device->reason),
		"incomplete: %s alone does not do: ", words);
	if (!row->tiers->is_complete) {
		add(device->reason, sizeof(device->reason), row->tiers->reason);
		return;
	}
	char why[sizeof(device->reason)] = "";
	for (size_t i = 1; i < row->n_needs && why[0] == 0; i++)
		if (row->needs[i].taken == NULL)
			uncovered_words(row->needs[i].match, why, sizeof(why));
	add(device->reason, sizeof(device->reason), why);
}

void plan_words(const struct plan_row *row, struct plan_device *device)
{
	if (row->is_covered)
		covered_words(row, device);
	else
		not_covered_words(row, device);
}

/* ---- for who reads a plan ---- */

void plan_short_id(const char *hardware_id, char *text, size_t size)
{
	struct pci_function function;
	if (pci_parse_id(hardware_id, &function))
		(void)snprintf(
			text, size, "PCI\\VEN_%04X&DEV_%04X", function.vendor, function.device);
	else
		(void)text_copy(text, size, hardware_id);
}

void plan_failure_words(const char *hardware_id, char text[static PLAN_FAILURE_BYTES])
{
	char id[256];
	plan_short_id(hardware_id, id, sizeof(id));
	(void)snprintf(
		text, PLAN_FAILURE_BYTES, "Network initialization failed (no driver for %s)", id);
}
