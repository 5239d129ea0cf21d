/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The next revision of an image, as somebody asks for it by hand: with these packages, with these
 * files. What it held before stays. */
#pragma once

#include "driver/marks.h"
#include "image/layer.h"
#include "image/part.h"

#define REVISION_SOURCE_BYTES sizeof(((struct revision_files *)0)->source)

struct revise_request {
	struct store *store;
	const char *image;
	int64_t now_ms;
	const struct progress_sink *progress;
	const struct driver_rules *rules; /* of what is known not to work; NULL for none */
	bool force;                       /* add that too */
};

/* What became of a package that was asked for or that was there. */
enum revise_fate {
	REVISE_ADDED,
	REVISE_ALREADY,  /* the revision has it */
	REVISE_KEPT,     /* not added: the revision has one of its family that is not older and
			    drives all that it drives */
	REVISE_REPLACED, /* went for a newer one of its family, which names every id it names */
};

struct revise_package {
	struct revision_package package;
	enum revise_fate fate;
	char other[SHA256_TEXT_BYTES]; /* KEPT: the one that is there; REPLACED: what came; "" */
	bool is_incomplete;            /* files that it names are missing */
	bool is_idle;                  /* ADDED: it names no device for the image's Windows */
	struct mark_verdict verdict;   /* ADDED by force: why it is known not to work; "" */
};

struct revise_result {
	struct revision_record revision; /* the new one, or the newest as it was */
	uint32_t before;                 /* the newest there was */
	bool is_new;
	struct revise_package *packages; /* owned */
	size_t n_packages;
};
void revise_result_clear(struct revise_result *result);

/* ids: beginnings of package ids. -EINVAL for a package without a model for the image's
 * architecture; -EPERM for one that is known not to work there, unless forced; others as of
 * layer_make(), without -ESTALE: it begins again by itself. */
int image_add_drivers(const struct revise_request *request, const char *const *ids, size_t n_ids,
	struct revise_result *ret_result, struct error *err) MUST_CHECK;
/* source: in words, for the manifest. */
int image_add_files(const struct revise_request *request, const struct part_source *sources,
	size_t n_sources, const char *source, struct revise_result *ret_result,
	struct error *err) MUST_CHECK;
