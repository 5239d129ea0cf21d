/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/prepare.h"

#include "base/text.h"
#include "prepare/choose_image.h"
#include "prepare/together.h"

#include <errno.h>
#include <string.h>

/* Somebody else's revision each time: not before the hundredth command at once. */
#define ATTEMPTS 20

/* Machines that are prepared, and which of them together. */
struct crowd {
	const struct prepare_request *request;
	struct member *members; /* owned */
	size_t n;
	struct member **group; /* owned: room for all */
	prepare_told *told;
	void *context;
};

static void crowd_clear(struct crowd *crowd)
{
	for (size_t i = 0; crowd->members != NULL && i < crowd->n; i++)
		member_clear(&crowd->members[i]);
	free(crowd->members);
	free(crowd->group);
}

/* ---- who goes together ---- */

static int choose(const struct prepare_request *request, struct member *member, struct error *err)
{
	struct client_record client;
	struct image_record image = {.files = NULL};
	struct device_list devices = {0};
	int rc = attempt_read_client(request, member->client, &client, &devices, err);
	if (rc == 0)
		rc = choose_image(request, &client, &image, member->why_image, err);
	if (rc == 0)
		(void)text_copy(member->image, sizeof(member->image), image.name);
	image_record_clear(&image);
	device_list_clear(&devices);
	return rc;
}

/* The first that waits, with all that can share a revision with it. */
static size_t find_group(struct crowd *crowd)
{
	bool alone = crowd->request->own_revision;
	size_t n = 0;
	for (int pass = 0; pass < 2 && n == 0; pass++) {
		for (size_t i = 0; i < crowd->n && (n == 0 || !alone); i++) {
			struct member *member = &crowd->members[i];
			if (member->state == MEMBER_WAITS && member->is_alone == alone &&
				(n == 0 || strcmp(member->image, crowd->group[0]->image) == 0))
				crowd->group[n++] = member;
		}
		alone = true;
	}
	return n;
}

/* ---- preparing ---- */

static void fail_group(struct crowd *crowd, size_t n, int rc, const struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (crowd->group[i]->state == MEMBER_WAITS)
			member_fail(crowd->group[i], rc, err);
}

static void prepare_group(struct crowd *crowd, size_t n)
{
	struct error err = ERROR_NULL;
	int rc = -ESTALE;
	for (int i = 0; i < ATTEMPTS && rc == -ESTALE; i++)
		rc = together_prepare(
			crowd->request, crowd->group, n, crowd->told, crowd->context, &err);
	if (rc < 0)
		fail_group(crowd, n, rc, &err);
}

static int tell_failures(struct crowd *crowd)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < crowd->n; i++)
		if (crowd->members[i].rc < 0)
			rc = crowd->told(crowd->context, i, crowd->members[i].rc, NULL,
				&crowd->members[i].err);
	return rc;
}

int prepare_several(const struct prepare_request *request, const struct prepare_client *clients,
	size_t n, prepare_told *told, void *context, struct error *err)
{
	CLEANUP(crowd_clear)
	struct crowd crowd = {
		.request = request,
		.members = calloc(n + 1, sizeof(*crowd.members)),
		.n = n,
		.group = calloc(n + 1, sizeof(struct member *)),
		.told = told,
		.context = context,
	};
	if (crowd.members == NULL || crowd.group == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct error own = ERROR_NULL;
		struct member *member = &crowd.members[i];
		member->number = i;
		member->client = &clients[i];
		member->is_alone = request->own_revision;
		int rc = choose(request, member, &own);
		if (rc < 0)
			member_fail(member, rc, &own);
	}
	size_t n_group;
	while ((n_group = find_group(&crowd)) > 0)
		prepare_group(&crowd, n_group);
	int rc = tell_failures(&crowd);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

/* ---- one ---- */

struct single {
	struct prepare_result *ret_result;
	struct error *err;
	int rc;
};

static int take_single(void *context, size_t number, int rc, struct prepare_result *result,
	const struct error *err)
{
	struct single *single = context;
	(void)number;
	single->rc = rc;
	if (rc < 0) {
		*single->err = *err;
		return 0;
	}
	*single->ret_result = *result;
	*result = (struct prepare_result){.added = NULL};
	return 0;
}

int prepare(const struct prepare_request *request, const struct prepare_client *client,
	struct prepare_result *ret_result, struct error *err)
{
	struct single single = {.ret_result = ret_result, .err = err};
	int rc = prepare_several(request, client, 1, take_single, &single, err);
	return rc < 0 ? rc : single.rc;
}
