/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine that is prepared, from the choice of its image to its result. */
#pragma once

#include "prepare/attempt.h"
#include "prepare/choose_image.h"

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
