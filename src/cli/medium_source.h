/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands that make media share: which revision, for whom, and telling what was made. */
#pragma once

#include "cli/cli.h"
#include "image/medium.h"

struct medium_source {
	struct store *store;
	struct image_record image;
	struct revision_record revision;
	struct plan_record plan;
	bool has_plan;
	struct medium medium;
	int64_t now_ms;
};
void medium_source_clear(struct medium_source *source);

/* word: "win11", "win11@3". client: its name, MAC address or UUID, whose plan says the revision;
 * NULL for none. label: of the volume in place of the one that the image's name makes, or NULL. */
int medium_source_open(struct cli *cli, const char *word, const char *client, const char *label,
	struct medium_source *ret_source, struct error *err) MUST_CHECK;

/* A medium that was written. */
struct medium_made {
	const char *path, *kind; /* kind: "iso", "usb" */
	uint64_t size;
	const char *label;  /* as it is on the medium */
	const char *method; /* how the bytes came there: export_method_name() */
	bool boots_uefi, boots_bios;
	const char *attention; /* what needs an eye; "" for nothing */
};
/* On stdout, in words or JSON, and the attention on stderr; an enum exit_code. */
int medium_made_tell(
	struct cli *cli, const struct medium_source *source, const struct medium_made *made);
