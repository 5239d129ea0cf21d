/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a package is taken for a device, or is not, in words. */
#include "base/text.h"
#include "driver/match_room.h"
#include "driver/rank.h"

#include <stdio.h>
#include <string.h>

#define NAMED_MISSING 4 /* files of an incomplete package that its reason names */

static const char *const product_names[] = {
	[TARGET_WORKSTATION] = "workstations",
	[TARGET_DOMAIN_CONTROLLER] = "domain controllers",
	[TARGET_SERVER] = "servers",
};

static void windows_words(const struct target *target, char *text, size_t size)
{
	(void)snprintf(text, size, "Windows %u.%u.%u", target->major, target->minor, target->build);
}

/* "Windows 10.0.16299 and later" */
static void needed_words(const struct decoration *decoration, char *text, size_t size)
{
	char build[16] = "";
	if (decoration->has_build)
		(void)snprintf(build, sizeof(build), ".%u", decoration->build);
	if (decoration->has_major)
		(void)snprintf(text, size, "Windows %u.%u%s and later", decoration->major,
			decoration->minor, build);
	else
		(void)snprintf(text, size, "Windows XP and later");
}

static char *misfit_words(
	const struct driver_section *section, enum decoration_fit fit, const struct target *target)
{
	char *text = NULL;
	char needed[64];
	struct decoration decoration;
	int n = -1;
	if (decoration_parse(section->decoration, &decoration) < 0)
		fit = DECORATION_INVALID;
	switch (fit) {
	case DECORATION_NEWER_WINDOWS:
		needed_words(&decoration, needed, sizeof(needed));
		n = asprintf(&text, "only for %s ([%s])", needed, section->name);
		break;
	case DECORATION_OTHER_ARCH:
		n = asprintf(&text, "only for %s ([%s])",
			decoration.arch[0] ? decoration.arch : "x86, as no architecture is named",
			section->name);
		break;
	case DECORATION_OTHER_PRODUCT:
		n = decoration.product < ARRAY_SIZE(product_names) && decoration.product > 0
			    ? asprintf(&text, "only for %s ([%s])",
				      product_names[decoration.product], section->name)
			    : asprintf(&text, "only for the product type %u ([%s])",
				      decoration.product, section->name);
		break;
	case DECORATION_OTHER_SUITE:
		n = asprintf(&text,
			"only for editions with the suites 0x%x, of this one 0x%x ([%s])",
			decoration.suite, target->suite, section->name);
		break;
	case DECORATION_INVALID:
	case DECORATION_FITS:
		n = asprintf(
			&text, "this Windows cannot read the decoration of [%s]", section->name);
		break;
	}
	return n < 0 ? NULL : text;
}

char *match_words_of_section(const struct driver_package *package, uint32_t section,
	const struct section_choice *choice, const struct target *target)
{
	char *text = NULL;
	char windows[48];
	const struct driver_section *taken = &package->sections[choice->taken];
	windows_words(target, windows, sizeof(windows));
	if (choice->verdict == SECTION_MISFIT)
		return misfit_words(&package->sections[section], choice->fit, target);
	int n;
	if (choice->verdict == SECTION_EMPTIED)
		n = asprintf(&text, "the INF excludes %s: its section [%s] is %s", windows,
			taken->name, taken->exists ? "empty" : "not there");
	else
		n = asprintf(&text, "for %s the INF has [%s], which does not name this device",
			windows, taken->name);
	return n < 0 ? NULL : text;
}

char *match_words_of_missing(const struct driver_install *install)
{
	char *text = NULL;
	char names[NAMED_MISSING * 80] = "";
	size_t length = 0;
	for (size_t i = 0; i < install->n_missing && i < NAMED_MISSING; i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%.70s",
			i ? ", " : "", install->missing[i]);
	char more[32] = "";
	if (install->n_missing > NAMED_MISSING)
		(void)snprintf(
			more, sizeof(more), " and %zu more", install->n_missing - NAMED_MISSING);
	return asprintf(&text, "files are missing: %s%s", names, more) < 0 ? NULL : text;
}

char *match_words_of_too_new(
	const struct driver_install *install, const struct binary_version *version)
{
	char *text = NULL;
	return asprintf(&text, "made for Windows %u.%u and later: its %.64s says subsystem %u.%u",
		       version->major, version->minor, install->binary, version->major,
		       version->minor) < 0
		       ? NULL
		       : text;
}

char *match_words_of_inbox(const struct driver_package *package)
{
	char *text = NULL;
	return asprintf(&text, "the image's own: %.200s", package->source) < 0 ? NULL : text;
}

/* ---- the pick ---- */

static size_t count(const struct device_match *match, enum candidate_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < match->n; i++)
		n += match->candidates[i].state == state;
	return n;
}

/* What sets the first apart from the second of the same state. */
static const char *lead_words(const struct candidate *first, const struct candidate *second)
{
	if (first->rank != second->rank)
		return "the lowest rank";
	if (first->date != second->date)
		return "same rank as the next, newer date";
	if (first->version != second->version)
		return "same rank and date as the next, higher version";
	return "equal to the next in rank, date and version; Windows may take either";
}

/* "3 drivers name this device: 2 only for other Windows, 1 only for other architectures"; what
 * makes each so stands at the candidates. */
static void kinds_words(const struct device_match *match, char *text, size_t size)
{
	static const struct {
		enum candidate_state state;
		const char *words;
	} kinds[] = {
		{CANDIDATE_MARKED, "known not to work here"},
		{CANDIDATE_EXCLUDED, "excluded by the INF itself"},
		{CANDIDATE_OTHER_WINDOWS, "only for other Windows"},
		{CANDIDATE_OTHER_ARCH, "only for other architectures"},
		{CANDIDATE_NO_SECTION, "broken"},
	};
	size_t length = (size_t)snprintf(text, size, "%zu drivers name this device", match->n);
	const char *separator = ":";
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && length < size; i++) {
		size_t n = count(match, kinds[i].state);
		if (n == match->n)
			(void)snprintf(
				text + length, size - length, ", all of them %s", kinds[i].words);
		if (n == 0 || n == match->n)
			continue;
		length += (size_t)snprintf(
			text + length, size - length, "%s %zu %s", separator, n, kinds[i].words);
		separator = ",";
	}
}

static void no_pick_words(
	const struct matching *matching, const struct device_match *match, char *text, size_t size)
{
	if (match->n == 0 && matching->has_base) {
		(void)snprintf(text, size,
			"neither the image itself nor any package drives this device; add one: "
			"`pewter driver add PATH`");
		return;
	}
	if (match->n == 0) {
		(void)snprintf(text, size,
			"no package knows this device; unless Windows itself does, add one: "
			"`pewter driver add PATH`");
		return;
	}
	const struct candidate *first = &match->candidates[0];
	char why[320];
	if (match->n == 1)
		(void)snprintf(why, sizeof(why), "%.64s: %s%.200s", first->package->inf,
			first->state == CANDIDATE_MARKED ? "known not to work here: " : "",
			first->reason);
	else
		kinds_words(match, why, sizeof(why));
	(void)snprintf(text, size, "%s; add one that fits: `pewter driver add PATH`", why);
}

static void instead_words(
	const struct device_match *match, size_t instead_of, char *text, size_t size)
{
	const struct candidate *marked = &match->candidates[instead_of];
	(void)snprintf(text, size,
		"stands in for %.64s, which is better but known not to work here "
		"(%.256s)",
		marked->package->inf, marked->reason);
}

static void pick_words(
	const struct device_match *match, ssize_t instead_of, char *text, size_t size)
{
	const struct candidate *pick = &match->candidates[match->pick];
	size_t n = count(match, pick->state);
	if (instead_of >= 0)
		instead_words(match, (size_t)instead_of, text, size);
	else if (n > 1)
		(void)snprintf(text, size, "the best of %zu: %s", n, lead_words(pick, pick + 1));
	else if (match->n == 1)
		(void)snprintf(text, size, "the only driver that names this device");
	else
		(void)snprintf(text, size, "the only %s one of %zu",
			pick->state == CANDIDATE_USABLE ? "usable" : "fitting", match->n);
}

/* Words of what is not quite usable begin with why. */
static void doubt_words(
	const struct candidate *pick, const char *lead, const char *passed, char *text, size_t size)
{
	const char *remedy =
		pick->state == CANDIDATE_TOO_NEW
			? "it may not load; `pewter driver add` an older one, if there is one"
			: "`pewter driver add` the driver's whole folder, which has them";
	(void)snprintf(text, size, "%.200s; %s; %.160s%s", pick->reason, remedy, lead, passed);
}

void match_words_of_pick(
	const struct matching *matching, struct device_match *match, ssize_t instead_of)
{
	char lead[384], passed[64] = "";
	if (match->pick < 0) {
		no_pick_words(matching, match, match->reason, sizeof(match->reason));
		return;
	}
	const struct candidate *pick = &match->candidates[match->pick];
	pick_words(match, instead_of, lead, sizeof(lead));
	size_t n_marked = instead_of < 0 ? count(match, CANDIDATE_MARKED) : 0;
	if (n_marked > 0)
		(void)snprintf(passed, sizeof(passed), "; passed over: %zu known not to work here",
			n_marked);
	if (pick->state != CANDIDATE_USABLE)
		doubt_words(pick, lead, passed, match->reason, sizeof(match->reason));
	else if (pick->is_inbox)
		(void)snprintf(match->reason, sizeof(match->reason),
			"the image drives it itself (%.120s); %.256s%s", pick->package->source,
			lead, passed);
	else
		(void)snprintf(match->reason, sizeof(match->reason), "%s%s", lead, passed);
}
