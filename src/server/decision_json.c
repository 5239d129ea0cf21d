/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/decision_json.h"

json_t *decision_reasons_json(const struct boot_decision *decision)
{
	json_t *reasons = json_array();
	for (size_t i = 0; reasons != NULL && i < decision->n_reasons; i++)
		(void)json_array_append_new(reasons, json_string(decision->reasons[i]));
	return reasons;
}

static json_t *covered_json(enum boot_coverage coverage)
{
	return coverage == BOOT_COVERAGE_COVERED     ? json_true()
	       : coverage == BOOT_COVERAGE_UNCOVERED ? json_false()
						     : json_null();
}

json_t *decision_card_json(const struct boot_decision *decision)
{
	const struct boot_card_decision *card = &decision->card;
	if (card->coverage == BOOT_COVERAGE_NONE)
		return json_null();
	const char *by = boot_driver_source_name(card->by);
	return json_pack("{s:s, s:s, s:o, s:o, s:s}", "id", card->id, "told_by",
		card->source == BOOT_CARD_OF_REQUEST ? "ipxe" : "client", "covered",
		covered_json(card->coverage), "by", by[0] != 0 ? json_string(by) : json_null(),
		"text", card->words);
}
