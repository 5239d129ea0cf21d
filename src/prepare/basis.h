/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all machines share that are prepared for one image together: the image as it is now, what is
 * known of drivers for it, and what its next revision is to hold, which grows with every machine
 * that has its turn.
 */
#pragma once

#include "prepare/library.h"
#include "prepare/plan.h"
#include "prepare/request.h"

/* Something that a machine's turn brought. */
struct basis_change {
	size_t member; /* whose turn: a number of the caller's */
	enum {
		CHANGE_ADDED, /* gone.why is "" */
		CHANGE_REPLACED,
		CHANGE_DROPPED,
	} kind;
	struct plan_gone gone;
	bool lasts; /* after basis_settle(): no later turn undid it */
};

struct basis {
	const struct prepare_request *request;
	const char *classes;
	struct image_record image; /* owned */
	bool knows_inbox;
	struct target target;
	struct revision_record newest; /* owned */
	struct library *library;
	struct matching *matching;

	/* Packages alone: the newest revision's, with all changes. Number 0: it is new. */
	struct revision_record next;         /* owned */
	struct plan_held *held;              /* owned; of next; forbidden are texts of verdicts */
	struct driver_package *held_records; /* owned: as the revision knows them, without lists */
	struct mark_verdict *verdicts;       /* owned */
	struct basis_change *changes;        /* owned; in the order of the turns */
	size_t n_changes;
};

/* Reads image and newest revision; the caller has begun reading, so that they are of one moment.
 * What there is of it after a failure basis_clear() releases. It must not be moved. */
int basis_open(const struct prepare_request *request, const char *image, struct basis *ret_basis,
	struct error *err) MUST_CHECK;
void basis_clear(struct basis *basis);

/* The turn of a machine whose plan needs a revision: from now on the next one is to hold what its
 * outcome does. Takes the outcome's lists of packages over. */
int basis_hold(struct basis *basis, size_t member, struct plan_outcome *outcome,
	struct error *err) MUST_CHECK;
/* After the last turn: which changes last. */
void basis_settle(struct basis *basis);
/* Does the revision hold just the packages that the next one is to hold? */
bool basis_is_next(const struct basis *basis, const struct revision_record *revision);
/* Which network cards the packages of the next revision drive. */
int basis_nics(struct basis *basis, struct nic_set *ret_nics, struct error *err) MUST_CHECK;
/* The revision has been made: its packages have their numbers. */
int basis_take_numbers(
	struct basis *basis, const struct revision_record *made, struct error *err) MUST_CHECK;

const struct revision_package *basis_find(const struct revision_record *revision, const char *id);
