/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/boot_rules.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <string.h>

static const char *const verdict_names[] = {
	[BOOT_VERDICT_RUNNING] = "running",
	[BOOT_VERDICT_BOOTED] = "booted",
	[BOOT_VERDICT_FAILED] = "failed",
	[BOOT_VERDICT_LOADED] = "loaded",
	[BOOT_VERDICT_STALLED] = "stalled",
	[BOOT_VERDICT_REFUSED] = "refused",
	[BOOT_VERDICT_HELD] = "held",
};

const char *boot_verdict_name(enum boot_verdict verdict)
{
	return verdict_names[verdict];
}

bool boot_verdict_parse(const char *name, enum boot_verdict *ret_verdict)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdict_names); i++) {
		if (strcmp(verdict_names[i], name) == 0) {
			*ret_verdict = (enum boot_verdict)i;
			return true;
		}
	}
	return false;
}

bool boot_verdict_is_final(enum boot_verdict verdict)
{
	return verdict == BOOT_VERDICT_BOOTED || verdict == BOOT_VERDICT_FAILED ||
	       verdict == BOOT_VERDICT_LOADED || verdict == BOOT_VERDICT_STALLED;
}

int64_t boot_rules_over_ms(enum boot_verdict verdict, int64_t last_ms)
{
	if (boot_verdict_is_final(verdict))
		return last_ms;
	return verdict == BOOT_VERDICT_RUNNING ? INT64_MAX : last_ms + BOOT_REPEAT_MS;
}

static bool is_silent(const struct boot_facts *facts, int64_t now_ms, int64_t for_ms)
{
	return now_ms - facts->heard_ms > for_ms;
}

bool boot_rules_discover_is_new(const struct boot_facts *facts, bool is_ipxe, int64_t now_ms)
{
	if (boot_verdict_is_final(facts->verdict) || facts->loaded_file)
		return true;
	/* The iPXE that we sent asks again within seconds; anybody else at this point has been
	 * switched off and on. */
	if (facts->loaded_ipxe && !is_ipxe)
		return true;
	return is_silent(facts, now_ms, BOOT_REPEAT_MS);
}

bool boot_rules_file_is_new(const struct boot_facts *facts, int64_t now_ms)
{
	return boot_verdict_is_final(facts->verdict) || is_silent(facts, now_ms, BOOT_SILENCE_MS);
}

enum boot_verdict boot_rules_verdict(const struct boot_facts *facts, int64_t now_ms)
{
	if (facts->verdict != BOOT_VERDICT_RUNNING || !is_silent(facts, now_ms, BOOT_SILENCE_MS))
		return facts->verdict;
	return facts->image_delivered ? BOOT_VERDICT_LOADED : BOOT_VERDICT_STALLED;
}

bool boot_rules_may_forget(const struct boot_facts *facts, int64_t now_ms)
{
	return facts->verdict != BOOT_VERDICT_RUNNING && is_silent(facts, now_ms, BOOT_FORGET_MS);
}
