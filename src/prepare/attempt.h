/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine that is prepared: its devices with their candidates, and its plan as of now. */
#pragma once

#include "prepare/basis.h"

struct attempt {
	struct basis *basis;
	struct client_record client;
	struct device_list devices;          /* owned */
	const struct device_match **matches; /* owned list; NULL for what is not wanted */
	struct tiers *tiers;                 /* owned */
	struct plan_outcome outcome;         /* owned; of attempt_plan() */
};

/* A client and its devices; -ENOENT and -ENODATA as prepare(). */
int attempt_read_client(const struct prepare_request *request, const struct prepare_client *client,
	struct client_record *ret_record, struct device_list *ret_devices,
	struct error *err) MUST_CHECK;
/* Reads the client, matches the devices. basis must outlive it. */
int attempt_open(struct basis *basis, const struct prepare_client *client,
	struct attempt *ret_attempt, struct error *err) MUST_CHECK;
void attempt_clear(struct attempt *attempt);
/* Against what the next revision is to hold by now. */
int attempt_plan(struct attempt *attempt, struct error *err) MUST_CHECK;
/* Of the outcome's plan: whose it is, the revision that it is for, its identity. */
int attempt_sign(struct attempt *attempt, uint32_t revision, struct error *err) MUST_CHECK;
