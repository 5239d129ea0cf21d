/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/match_print.h"

#include "base/text.h"
#include "cli/device_words.h"
#include "cli/driver_words.h"
#include "cli/table.h"
#include "cli/words.h"
#include "device/kind.h"
#include "driver/rank.h"

#include <stdio.h>
#include <string.h>

/* The word of JSON, and the one for people. */
static const struct {
	const char *word, *shown;
} states[] = {
	[CANDIDATE_USABLE] = {"usable", "usable"},
	[CANDIDATE_TOO_NEW] = {"too_new", "too new"},
	[CANDIDATE_INCOMPLETE] = {"incomplete", "incomplete"},
	[CANDIDATE_MARKED] = {"marked", "marked"},
	[CANDIDATE_EXCLUDED] = {"excluded", "excluded"},
	[CANDIDATE_OTHER_WINDOWS] = {"other_windows", "other Windows"},
	[CANDIDATE_OTHER_ARCH] = {"other_arch", "other arch"},
	[CANDIDATE_NO_SECTION] = {"no_section", "broken"},
};

static bool has_rank(const struct candidate *candidate)
{
	return candidate->state <= CANDIDATE_MARKED;
}

static void rank_format(uint32_t rank, char text[static 11])
{
	(void)snprintf(text, 11, "0x%08x", rank);
}

/* ---- JSON ---- */

/* The keys that a pick has. */
static json_t *pick_json(const struct candidate *candidate)
{
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(candidate->date, date);
	driver_version_format(candidate->version, version);
	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:s?, s:s?}", "package", candidate->package->id,
		"inf", json_text(candidate->package->inf), "inbox", candidate->is_inbox, "section",
		candidate->section != NULL ? json_text(candidate->section) : json_null(), "rank",
		has_rank(candidate) ? json_integer(candidate->rank) : json_null(), "date",
		candidate->date != 0 ? date : NULL, "version",
		candidate->version != 0 ? version : NULL);
}

static json_t *candidate_json(const struct candidate *candidate)
{
	char words[RANK_WORDS_BYTES], hex[11];
	rank_words(candidate->rank, words);
	rank_format(candidate->rank, hex);
	json_t *more = json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:s}", "state",
		states[candidate->state].word, "rank_hex", has_rank(candidate) ? hex : NULL,
		"rank_words", has_rank(candidate) ? words : NULL, "id", json_text(candidate->id),
		"reason", json_text(candidate->reason), "provider",
		json_text(candidate->package->provider), "class",
		json_text(candidate->package->class), "description",
		json_text(candidate->description), "signature",
		driver_signature_word(candidate->package->signature));
	json_t *object = pick_json(candidate);
	int rc = json_object_update(object, more);
	json_decref(more);
	if (rc == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *device_match_json(const struct device *device, const struct device_match *match)
{
	json_t *object = device_json(device);
	json_t *candidates = json_array();
	int rc = 0;
	for (size_t i = 0; i < match->n; i++)
		rc |= json_array_append_new(candidates, candidate_json(&match->candidates[i]));
	rc |= json_object_set_new(object, "class", json_text(match->class));
	rc |= json_object_set_new(object, "pick",
		match->pick < 0 ? json_null() : pick_json(&match->candidates[match->pick]));
	rc |= json_object_set_new(object, "candidates", candidates);
	rc |= json_object_set_new(object, "reason", json_text(match->reason));
	if (rc == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *tiers_json(const struct tiers *tiers)
{
	json_t *devices = json_array();
	int rc = 0;
	if (tiers->n == 0) {
		json_decref(devices);
		return json_null();
	}
	for (size_t i = 0; i < tiers->n; i++)
		rc |= json_array_append_new(
			devices, device_match_json(&tiers->tiers[i].device, tiers->tiers[i].match));
	if (rc == 0)
		return json_pack("{s:b, s:o, s:o}", "complete", tiers->is_complete, "reason",
			json_text(tiers->reason), "devices", devices);
	json_decref(devices);
	return NULL;
}

json_t *match_json(
	const struct device *device, const struct device_match *match, const struct tiers *tiers)
{
	json_t *object = device_match_json(device, match);
	if (json_object_set_new(object, "tiers", tiers_json(tiers)) == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* ---- for people ---- */

/* Names and ids come from strangers. */
static void copy_disarmed(char *out, size_t size, const char *text)
{
	(void)text_copy(out, size, text);
	text_disarm(out, strlen(out));
}

static void print_headline(
	const char *before, const struct device *device, const struct device_match *match)
{
	char name[sizeof(device->name)], id[LIMIT_HARDWARE_ID_BYTES + 1], class[33];
	const char *best = device_best_id(device);
	copy_disarmed(name, sizeof(name), device->name);
	copy_disarmed(id, sizeof(id), best);
	copy_disarmed(class, sizeof(class), match->class);
	(void)printf("%s%s%s%s%s%s%s\n", before, name, name[0] != 0 ? " (" : "", id,
		name[0] != 0 ? ")" : "", class[0] != 0 ? ", " : "", class);
}

static int print_candidates(const struct device_match *match)
{
	CLEANUP(table_free)
	struct table table = table_with(9, (const char *const[]){"  ", "PACKAGE", "INF", "DATE",
						   "VERSION", "SECTION", "RANK", "STATE", "WHY"});
	for (size_t i = 0; i < match->n; i++) {
		const struct candidate *candidate = &match->candidates[i];
		char id[DRIVER_SHORT_ID_BYTES], date[DRIVER_DATE_TEXT_BYTES];
		char version[DRIVER_VERSION_TEXT_BYTES] = "", rank[11] = "";
		char words[RANK_WORDS_BYTES] = "";
		driver_short_id(candidate->package->id, id);
		driver_date_format(candidate->date, date);
		if (candidate->version != 0)
			driver_version_format(candidate->version, version);
		if (has_rank(candidate))
			rank_format(candidate->rank, rank);
		if (candidate->state == CANDIDATE_USABLE)
			rank_words(candidate->rank, words);
		table_add(&table, match->pick == (ssize_t)i ? "->" : "", id,
			candidate->package->inf, date, version, candidate->section, rank,
			states[candidate->state].shown, words[0] != 0 ? words : candidate->reason);
	}
	return table_print(&table, stdout);
}

static int print_match(
	const char *before, const struct device *device, const struct device_match *match)
{
	char reason[sizeof(match->reason)];
	int rc = 0;
	print_headline(before, device, match);
	if (match->n > 0)
		rc = print_candidates(match);
	copy_disarmed(reason, sizeof(reason), match->reason);
	if (match->pick < 0)
		(void)printf("   no driver: %s\n", reason);
	else
		(void)printf("   %s: %s\n", match->candidates[match->pick].package->inf, reason);
	return rc;
}

int match_print(
	const struct device *device, const struct device_match *match, const struct tiers *tiers)
{
	char reason[sizeof(tiers->reason)];
	int rc = print_match("", device, match);
	for (size_t i = 0; rc == 0 && i < tiers->n; i++) {
		/* Which device that would be, no package says. */
		if (tiers->tiers[i].device.n_hardware_ids > 0)
			rc = print_match(
				"   above it: ", &tiers->tiers[i].device, tiers->tiers[i].match);
	}
	if (tiers->n > 0) {
		copy_disarmed(reason, sizeof(reason), tiers->reason);
		(void)printf("   in %zu tiers: %s\n", tiers->n + 1, reason);
	}
	(void)printf("\n");
	return rc;
}
