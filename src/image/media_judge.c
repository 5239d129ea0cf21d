/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a medium is stale: what it says of itself against what the state says now. */
#include "image/media_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct judging {
	struct store *store;
	const struct medium_identity *identity;
	const char *kind, *path;
	struct image_record image;
	struct medium_verdict verdict;
};

/* "...: make it anew with `pewter media iso pe -o pe.iso --replace`" */
static int stale(struct judging *judging, const char *client, const char *format, ...)
	PRINTF_LIKE(3, 4);
static int stale(struct judging *judging, const char *client, const char *format, ...)
{
	struct medium_verdict *verdict = &judging->verdict;
	char why[256];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	verdict->age = MEDIUM_STALE;
	(void)snprintf(verdict->reason, sizeof(verdict->reason),
		"%s: make it anew with `pewter media %s %s -o %.100s%s%s%s`", why, judging->kind,
		judging->identity->image, judging->path, client[0] != 0 ? " --client " : "", client,
		strncmp(judging->path, "/dev/", 5) == 0 ? "" : " --replace");
	return 0;
}

/* For a machine: what counts is its plan. */
static int judge_plan(struct judging *judging, struct error *err)
{
	const struct medium_identity *identity = judging->identity;
	CLEANUP(plan_record_clear) struct plan_record plan = {.revision = 0};
	struct client_record client;
	int rc = store_client_get(judging->store, identity->client, &client, err);
	if (rc == 0)
		rc = store_plan_get(judging->store, client.id, &plan, err);
	if (rc == -ENOENT)
		return stale(judging, "", "made from %s@%u for %s, which has no plan any more",
			identity->image, identity->revision, identity->client);
	if (rc < 0)
		return rc;
	judging->verdict.newest = plan.revision;
	if (strcmp(plan.image, identity->image) != 0)
		return stale(judging, "", "made from %s@%u for %s, whose plan has become %s@%u",
			identity->image, identity->revision, identity->client, plan.image,
			plan.revision);
	if (plan.revision != identity->revision)
		return stale(judging, identity->client,
			"made from %s@%u for %s, whose plan has become %s@%u", identity->image,
			identity->revision, identity->client, plan.image, plan.revision);
	return 0;
}

enum revision_fate {
	REVISION_THERE,
	REVISION_REMOVED,
	REVISION_ANOTHER, /* never made here: the image was imported anew, or the state is older */
};

static int find_revision(
	struct judging *judging, enum revision_fate *ret_fate, bool *ret_is_own, struct error *err)
{
	CLEANUP(revision_record_clear) struct revision_record revision = {.revision = 0};
	const struct medium_identity *identity = judging->identity;
	int rc = store_revision_get(
		judging->store, identity->image, identity->revision, &revision, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	*ret_is_own = revision.is_own;
	if (rc == 0)
		*ret_fate =
			identity->made_ms < revision.created_ms ? REVISION_ANOTHER : REVISION_THERE;
	else
		*ret_fate = identity->revision > judging->image.last_revision ? REVISION_ANOTHER
									      : REVISION_REMOVED;
	return 0;
}

static int judge_revision(struct judging *judging, struct error *err)
{
	const struct medium_identity *identity = judging->identity;
	const uint32_t newest = judging->image.revision;
	enum revision_fate fate = REVISION_THERE;
	bool is_own = false;
	judging->verdict.newest = newest;
	int rc = find_revision(judging, &fate, &is_own, err);
	if (rc < 0)
		return rc;
	if (fate == REVISION_ANOTHER && identity->revision >= newest)
		return stale(judging, "",
			"made from another %s@%u, which this state does not have; the newest is "
			"%s@%u",
			identity->image, identity->revision, identity->image, newest);
	if (identity->plan[0] != 0)
		return judge_plan(judging, err);
	if (identity->revision != newest && !is_own)
		return stale(judging, "", "made from %s@%u%s; the newest is %s@%u", identity->image,
			identity->revision,
			fate == REVISION_REMOVED ? ", which was removed since" : "",
			identity->image, newest);
	return 0;
}

static int judge(struct judging *judging, struct error *err)
{
	const struct medium_identity *identity = judging->identity;
	int rc = store_image_get(judging->store, identity->image, &judging->image, err);
	if (rc == -ENOENT) {
		judging->verdict.age = MEDIUM_STALE;
		(void)snprintf(judging->verdict.reason, sizeof(judging->verdict.reason),
			"made from %s@%u; the state at %.200s has no image of that name (any "
			"more): "
			"`pewter image list` lists them",
			identity->image, identity->revision, store_directory(judging->store));
		return 0;
	}
	if (rc < 0)
		return rc;
	judging->verdict.newest = judging->image.revision;
	if (strcmp(identity->base, judging->image.base.sha256) != 0)
		return stale(judging, "",
			"made from %s@%u of another base: %s was imported anew since",
			identity->image, identity->revision, identity->image);
	return judge_revision(judging, err);
}

int medium_judge(struct store *store, const struct medium_reading *reading, const char *path,
	struct medium_verdict *ret_verdict, struct error *err)
{
	struct judging judging = {
		.store = store,
		.identity = medium_reading_identity(reading),
		.kind = medium_reading_kind(reading),
		.path = path,
	};
	int rc = judge(&judging, err);
	image_record_clear(&judging.image);
	if (rc == 0)
		*ret_verdict = judging.verdict;
	return rc;
}
