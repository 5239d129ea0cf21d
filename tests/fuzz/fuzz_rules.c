/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of rules: whatever it holds, a fault has its place, and what is read can be asked. */
#include "driver/rules.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ids[] = {"B06BDRV\\L2ND&PCI_163914E4", "PCI\\VEN_14E4&DEV_1639"};
	const struct driver_package package = {
		.inf = "bxnd.inf", .provider = "Broadcom", .class = "Net", .has_version = true};
	const struct target target = {.major = 6,
		.minor = 1,
		.build = 7600,
		.arch = "amd64",
		.product = TARGET_WORKSTATION};
	struct error err = ERROR_NULL;
	struct mark_verdict verdict;
	struct driver_rules *rules = driver_rules_new();
	assert(rules != NULL);
	if (driver_rules_add(rules, "fuzz", (const char *)data, size, &err) < 0)
		assert(strncmp(err.text, "fuzz:", 5) == 0);
	else if (driver_rules_forbid(rules, &package, ids, 2, &target, &verdict))
		assert(strstr(verdict.reason, "(rule ") != NULL);
	driver_rules_free(rules);
	return 0;
}
