/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that a plan is made from, gathered for one client and one image as they are now. */
#pragma once

#include "prepare/library.h"
#include "prepare/plan.h"
#include "prepare/prepare.h"

struct attempt {
	const struct prepare_request *request;
	const struct client_record *client;
	const struct device_list *devices;
	const struct image_record *image;
	const char *classes;
	struct target target;
	struct revision_record newest;
	struct library *library;
	struct matching *matching;
	const struct device_match **matches; /* owned list; NULL for what is not wanted */
	struct tiers *tiers;                 /* owned */
	struct plan_held *held;              /* owned; forbidden are texts of verdicts */
	struct driver_package *held_records; /* owned: as the revision knows them, without lists */
	struct mark_verdict *verdicts;       /* owned */
};

/* Reads the newest revision, matches the devices. -ESTALE if the image has got another one since it
 * was read. */
int attempt_open(const struct prepare_request *request, const struct client_record *client,
	const struct device_list *devices, const struct image_record *image,
	struct attempt *ret_attempt, struct error *err) MUST_CHECK;
void attempt_clear(struct attempt *attempt);
int attempt_plan(
	struct attempt *attempt, struct plan_outcome *ret_outcome, struct error *err) MUST_CHECK;
/* Which network cards the packages of the outcome drive. */
int attempt_nics(struct attempt *attempt, const struct plan_outcome *outcome,
	struct nic_set *ret_nics, struct error *err) MUST_CHECK;
