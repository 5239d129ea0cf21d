/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One of several machines that are prepared: what became of it, which is less than a
 * prepare_result, so that there is room for many. */
#pragma once

#include "cli/cli.h"
#include "prepare/prepare.h"
#include "store/store.h"

#define MACHINE_CHANGE_BYTES 512

struct machine {
	char name[256]; /* as it was given; of all: its name, else its MAC address or UUID */
	int64_t id;     /* of the client; 0 if there is none */
	enum {
		MACHINE_AS_BEFORE,
		MACHINE_CHANGED,
		MACHINE_EYE, /* something needs an eye, changed or not */
		MACHINE_FAILED,
	} state;
	char *error; /* owned; of MACHINE_FAILED: the sentence */
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision, revision_before;
	bool had_plan, changed_plan, made_revision;
	size_t n_added, n_replaced, n_dropped, n_gone;
	char lacks[MACHINE_CHANGE_BYTES]; /* in a few words; "" if nothing */
	json_t *warnings;                 /* owned */
	bool warns_of_image;              /* the last one is of the image */
	json_t *document;                 /* owned; NULL unless it is to be printed */
};
void machine_clear(struct machine *machine);

/* Each machine has one of the two, once. */
int machine_take(struct machine *machine, const struct prepare_request *request,
	const struct prepare_result *result, bool json) MUST_CHECK;
int machine_fail(struct machine *machine, const struct error *err) MUST_CHECK;

/* "+2 packages", "as before", "would fail: no driver for PCI\VEN_8086&DEV_100E". */
void machine_change(const struct machine *machine, char text[static MACHINE_CHANGE_BYTES]);
/* Its name stands in front of a sentence that has it not. */
void machine_tell(const struct cli *cli, const struct machine *machine, const char *sentence);
