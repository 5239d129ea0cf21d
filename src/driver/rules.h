/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of rules: which families of driver packages are known not to work where, and what takes
 * their place. Pure: text in, rules out; driver_rules_load() (driver/marks.h) reads the files.
 *
 *   [rule broadcom-netxtreme-ii]
 *   hardware-id = B06BDRV\*, EBDRV\*
 *   condition = winpe>=2.0
 *   why = ...
 *
 * All keys of a rule must fit; of several values of one key one must. A later rule of the same name
 * takes the place of an earlier one, so that a site can change or switch off what is shipped.
 */
#pragma once

#include "driver/condition.h"
#include "driver/marks.h"

#define RULE_NAME_BYTES 64

struct rule_list {
	char **texts; /* owned */
	size_t n;
};

struct driver_rule {
	char name[RULE_NAME_BYTES];
	char *file; /* owned */
	unsigned line;
	/* Names with '*' for anything, whatever the case; an empty list fits all. */
	struct rule_list infs, providers, classes, hardware_ids;
	struct rule_list conditions; /* one must hold */
	char version_text[64];       /* of DriverVer; "" for all */
	struct version_range version;
	char instead[SHA256_TEXT_BYTES]; /* package id, or the beginning of one; "" for none */
	char instead_family[64];         /* INF name; "" for none */
	char *why, *source;              /* owned; source may be NULL */
	bool is_off;
};

struct driver_rules {
	struct driver_rule *rules; /* owned */
	size_t n_rules;
	struct driver_mark *marks; /* owned */
	size_t n_marks;
};

struct driver_rules *driver_rules_new(void);
/* Adds those of one file. -EINVAL with "FILE:LINE: what, what was expected"; -EFBIG past
 * LIMIT_RULES_BYTES or LIMIT_DRIVER_RULES. */
int driver_rules_add(struct driver_rules *rules, const char *file, const char *text, size_t n,
	struct error *err) MUST_CHECK;
/* The file that comes with Pewter; it lives as long as the program. */
const char *driver_rules_shipped(size_t *ret_n);
#define DRIVER_RULES_SHIPPED "drivers.rules"
