/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/revise.h"

#include "base/text.h"
#include "driver/nics.h"
#include "driver/served.h"
#include "format/wim.h"
#include "image/revise_kin.h"
#include "image/ground.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Others may be making revisions of the same image. */
#define TRIES 64

void revise_result_clear(struct revise_result *result)
{
	revision_record_clear(&result->revision);
	free(result->packages);
	*result = (struct revise_result){.packages = NULL};
}

/* An image, and what its next revision is to hold. */
struct revising {
	const struct revise_request *request;
	struct image_record image;
	struct ground ground;
	bool has_ground;
	struct target target;
	struct revision_record newest;
	struct revision_package *packages; /* owned */
	size_t n_packages;
	struct revision_files *files; /* owned */
	size_t n_files;
	struct nic_set nics;
	bool is_changed;
	struct revise_package *told; /* owned */
	size_t n_told;
};

static void revising_clear(struct revising *revising)
{
	if (revising->has_ground)
		ground_clear(&revising->ground);
	image_record_clear(&revising->image);
	revision_record_clear(&revising->newest);
	free(revising->packages);
	free(revising->files);
	free(revising->told);
	nic_set_clear(&revising->nics);
}

/* The base is read while it is found out what to put on it. What fails, layer_make() will say. */
static void begin_ground(struct revising *revising)
{
	struct error unheard;
	revising->has_ground =
		!revising->image.is_sdi && ground_begin(revising->request->store, &revising->image,
						   &revising->ground, &unheard) == 0;
}

/* more: how many packages may come. */
static int begin(struct revising *revising, size_t more, struct error *err)
{
	const struct revise_request *request = revising->request;
	int rc = store_image_get(request->store, request->image, &revising->image, err);
	if (rc == 0)
		begin_ground(revising);
	if (rc == 0)
		rc = store_revision_get(request->store, request->image, 0, &revising->newest, err);
	if (rc < 0)
		return rc;
	const struct revision_record *newest = &revising->newest;
	revising->packages = calloc(newest->n_packages + more + 1, sizeof(*revising->packages));
	revising->files = calloc(newest->n_files + 2, sizeof(*revising->files));
	revising->told = calloc(newest->n_packages + more + 1, sizeof(*revising->told));
	revising->nics.ids = calloc(newest->nics.n + 1, sizeof(*revising->nics.ids));
	if (revising->packages == NULL || revising->files == NULL || revising->told == NULL ||
		revising->nics.ids == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (newest->n_packages > 0)
		memcpy(revising->packages, newest->packages,
			newest->n_packages * sizeof(*revising->packages));
	revising->n_packages = newest->n_packages;
	if (newest->n_files > 0)
		memcpy(revising->files, newest->files, newest->n_files * sizeof(*revising->files));
	revising->n_files = newest->n_files;
	if (newest->nics.n > 0)
		memcpy(revising->nics.ids, newest->nics.ids,
			newest->nics.n * sizeof(*revising->nics.ids));
	revising->nics.n = newest->nics.n;
	return 0;
}

static int finish(struct revising *revising, const char *why, struct revise_result *ret_result,
	struct error *err)
{
	const struct revise_request *request = revising->request;
	struct revise_result result = {.before = revising->newest.revision};
	if (revising->is_changed) {
		const struct layer_request layer = {
			.store = request->store,
			.image = &revising->image,
			.before = &revising->newest,
			.packages = revising->packages,
			.n_packages = revising->n_packages,
			.files = revising->files,
			.n_files = revising->n_files,
			.nics = revising->nics,
			.why = why,
			.now_ms = request->now_ms,
			.progress = request->progress,
			.ground = revising->has_ground ? &revising->ground : NULL,
		};
		int rc = layer_make(&layer, &result.revision, err);
		if (rc < 0)
			return rc;
		result.is_new = true;
	} else {
		result.revision = revising->newest;
		revising->newest = (struct revision_record){.blobs = NULL};
	}
	result.packages = TAKE(revising->told);
	result.n_packages = revising->n_told;
	*ret_result = result;
	return 0;
}

/* ---- packages ---- */

static struct revision_package package_of(const struct driver_package *package)
{
	struct revision_package out = {
		.date = package->date,
		.version = package->version,
		.has_version = package->has_version,
	};
	(void)text_copy(out.id, sizeof(out.id), package->id);
	(void)text_copy(out.inf, sizeof(out.inf), package->inf);
	(void)text_copy(out.class, sizeof(out.class), package->class);
	(void)text_copy(out.provider, sizeof(out.provider), package->provider);
	return out;
}

static struct revise_package *tell(struct revising *revising,
	const struct revision_package *package, enum revise_fate fate, const char *other,
	bool is_incomplete)
{
	struct revise_package *told = &revising->told[revising->n_told++];
	*told = (struct revise_package){
		.package = *package, .fate = fate, .is_incomplete = is_incomplete};
	(void)text_copy(told->other, sizeof(told->other), other);
	return told;
}

/* NULL for a WIM that does not say which Windows it is. */
static const struct target *target_of(const struct revising *revising)
{
	return revising->target.major != 0 ? &revising->target : NULL;
}

static int add_nics(
	struct revising *revising, const struct driver_package *package, struct error *err)
{
	if (target_of(revising) == NULL)
		return 0;
	return nics_add_package(&revising->nics, package, &revising->target, err);
}

static int look_for_use(const struct revising *revising, const struct driver_package *package,
	bool *ret_is_idle, struct error *err)
{
	CLEANUP(memory_freep) const char **ids = NULL;
	size_t n = 0;
	int rc = served_ids(package, target_of(revising), &ids, &n);
	*ret_is_idle = rc == 0 && n == 0;
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

/* Whatever it drives, it is known not to in this Windows: verdict says why, if it may come. */
static int look_for_marks(const struct revising *revising, const struct driver_package *package,
	struct mark_verdict *verdict, struct error *err)
{
	const struct revise_request *request = revising->request;
	char instead[128] = "";
	if (request->rules == NULL || target_of(revising) == NULL ||
		!driver_rules_forbid_wholly(request->rules, package, &revising->target, verdict) ||
		request->force)
		return 0;
	if (verdict->instead[0] != 0 || verdict->instead_family[0] != 0)
		(void)snprintf(instead, sizeof(instead), "add %.*s in its place, or ",
			verdict->instead[0] != 0 ? 12 : 64,
			verdict->instead[0] != 0 ? verdict->instead : verdict->instead_family);
	return error_set(err, -EPERM,
		"%.64s (%.12s) is known not to work in image %s: %s; %sadd it all the same with "
		"--force",
		package->inf, package->id, revising->image.name, verdict->reason, instead);
}

static void drop(struct revising *revising, size_t at)
{
	revising->n_packages--;
	memmove(&revising->packages[at], &revising->packages[at + 1],
		(revising->n_packages - at) * sizeof(*revising->packages));
}

static int add_package(
	struct revising *revising, const struct driver_package *package, struct error *err)
{
	struct revision_package new = package_of(package);
	for (size_t i = 0; i < revising->n_packages;) {
		const struct revision_package held = revising->packages[i];
		enum kinship kinship;
		if (strcmp(held.id, new.id) == 0) {
			(void)tell(revising, &held, REVISE_ALREADY, "", package->is_incomplete);
			return 0;
		}
		int rc = revise_kinship(revising->request->store, target_of(revising), &held,
			package, &kinship, err);
		if (rc < 0)
			return rc;
		if (kinship == KIN_NEWER) {
			(void)tell(revising, &new, REVISE_KEPT, held.id, package->is_incomplete);
			return 0;
		}
		if (kinship == KIN_OLDER) {
			(void)tell(revising, &held, REVISE_REPLACED, new.id, false);
			drop(revising, i);
		} else {
			i++;
		}
	}
	struct revise_package *told =
		tell(revising, &new, REVISE_ADDED, "", package->is_incomplete);
	int rc = look_for_use(revising, package, &told->is_idle, err);
	if (rc == 0)
		rc = look_for_marks(revising, package, &told->verdict, err);
	if (rc < 0)
		return rc;
	revising->packages[revising->n_packages++] = new;
	revising->is_changed = true;
	return add_nics(revising, package, err);
}

/* What went drives nothing any more; whatever the database has forgotten is not known to. */
static int count_nics_anew(struct revising *revising, struct error *err)
{
	nic_set_clear(&revising->nics);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < revising->n_packages; i++) {
		CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
		struct error unheard;
		if (strcmp(revising->packages[i].class, "Net") != 0)
			continue;
		rc = store_driver_get(
			revising->request->store, revising->packages[i].id, &package, &unheard);
		if (rc == -ENOENT)
			rc = 0;
		else if (rc < 0)
			rc = error_set(err, rc, "%s", unheard.text);
		else
			rc = add_nics(revising, &package, err);
	}
	return rc;
}

static bool serves_arch(const struct driver_package *package, const char *arch)
{
	size_t n = strlen(arch);
	for (const char *at = package->archs; *at != 0; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (length == n && memcmp(at, arch, n) == 0)
			return true;
		at += length;
	}
	return package->archs[0] == 0;
}

static int try_drivers(const struct revise_request *request, const char *const *ids, size_t n_ids,
	struct revise_result *ret_result, struct error *err)
{
	CLEANUP(revising_clear) struct revising revising = {.request = request};
	int rc = begin(&revising, n_ids, err);
	/* Without a version nobody knows what drives what: that is no reason against a driver. */
	if (rc == 0 && revising.image.version[0] != 0)
		rc = image_target(&revising.image, &revising.target, err);
	for (size_t i = 0; rc == 0 && i < n_ids; i++) {
		CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
		rc = store_driver_get(request->store, ids[i], &package, err);
		if (rc == 0 && !serves_arch(&package, revising.image.arch))
			rc = error_set(err, -EINVAL, "%s (%.12s) is for %s, and image %s is %s",
				package.inf, package.id, package.archs, revising.image.name,
				revising.image.arch);
		if (rc == 0)
			rc = add_package(&revising, &package, err);
	}
	bool has_replaced = false;
	for (size_t i = 0; i < revising.n_told; i++)
		has_replaced |= revising.told[i].fate == REVISE_REPLACED;
	if (rc == 0 && has_replaced)
		rc = count_nics_anew(&revising, err);
	return rc < 0 ? rc : finish(&revising, "add-drivers", ret_result, err);
}

int image_add_drivers(const struct revise_request *request, const char *const *ids, size_t n_ids,
	struct revise_result *ret_result, struct error *err)
{
	int rc = -ESTALE;
	for (int i = 0; rc == -ESTALE && i < TRIES; i++)
		rc = try_drivers(request, ids, n_ids, ret_result, err);
	return rc;
}

/* ---- files ---- */

/* How the image is compressed: its parts must be so too. */
static int compression_of(
	const struct revising *revising, enum wim_compression *ret_compression, struct error *err)
{
	const struct image_record *image = &revising->image;
	if (image->is_sdi)
		return error_set(err, -EOPNOTSUPP,
			"%s is an SDI: its file system cannot carry layers; import a WIM",
			image->name);
	return layer_compression(revising->request->store, image, ret_compression, err);
}

int image_add_files(const struct revise_request *request, const struct part_source *sources,
	size_t n_sources, const char *source, struct revise_result *ret_result, struct error *err)
{
	int rc = -ESTALE;
	for (int i = 0; rc == -ESTALE && i < TRIES; i++) {
		CLEANUP(revising_clear) struct revising revising = {.request = request};
		CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
		enum wim_compression compression = WIM_COMPRESSION_NONE;
		rc = begin(&revising, 0, err);
		if (rc == 0)
			rc = compression_of(&revising, &compression, err);
		if (rc == 0)
			rc = part_of_files(request->store, sources, n_sources, compression,
				request->progress, &part, err);
		if (rc < 0)
			return rc;
		struct revision_files *files = &revising.files[revising.n_files++];
		*files = (struct revision_files){.part = ""};
		memcpy(files->part, part.id, sizeof(files->part));
		(void)text_copy(files->source, sizeof(files->source), source);
		revising.is_changed = true;
		rc = finish(&revising, "add-files", ret_result, err);
	}
	return rc;
}
