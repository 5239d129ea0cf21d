/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report: what a loader or agent tells in the query of "/b/ID/report?verdict=booted&detail=...".
 * It is a stranger's word: it is kept and shown, and decides nothing but the verdict shown beside
 * it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define REPORT_FIELDS_MAX  16
#define REPORT_KEY_BYTES   32
#define REPORT_VALUE_BYTES 400

struct report_field {
	char key[REPORT_KEY_BYTES];     /* [a-z0-9_] only */
	char value[REPORT_VALUE_BYTES]; /* printable ASCII; cut if it was longer */
};

struct report {
	size_t n_fields;
	struct report_field fields[REPORT_FIELDS_MAX];
};

/* Reads "key=value&key=value" with %XX and '+'. Fields with other keys are left out, of equal ones
 * the first counts. length is bounded by the caller. */
void report_parse(const char *query, size_t length, struct report *ret_report);
/* NULL if it is not there. */
const char *report_value(const struct report *report, const char *key);
/* What it says about why: "detail", else "text"; NULL if nothing. */
const char *report_words(const struct report *report);
