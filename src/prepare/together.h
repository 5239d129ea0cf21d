/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of one image, prepared together: one revision that serves them all, and their plans. */
#pragma once

#include "prepare/attempt.h"
#include "prepare/choose_image.h"

/* A machine, from the choice of its image to its result. */
struct member {
	size_t number; /* in the caller's list */
	const struct prepare_client *client;
	char image[LIMIT_IMAGE_NAME_BYTES + 1], why_image[CHOICE_BYTES];
	enum {
		MEMBER_WAITS,
		MEMBER_DONE, /* has its result, or failed */
	} state;
	bool is_alone; /* cannot share a revision with those that it was prepared with */
	int rc;        /* of MEMBER_DONE: 0, or why it failed */
	struct error err;
	/* While it is prepared. */
	struct attempt attempt; /* owned */
	bool is_open;
	struct prepare_result result; /* owned */
};
void member_clear(struct member *member);
void member_fail(struct member *member, int rc, const struct error *err);

/* Prepares those of one image, and tells of those that are done. Those that wait afterwards begin
 * again: each with is_alone by itself, the others together, because of one that failed. -ESTALE if
 * another revision came between: nothing has been kept, begin again. Any other error is of all that
 * wait. */
int together_prepare(const struct prepare_request *request, struct member *const *members, size_t n,
	prepare_told *told, void *context, struct error *err) MUST_CHECK;
