/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is on a boot medium, whatever kind it is: the files of one revision with their paths, and
 * \pewter\medium.json, which says what it was made of, so that `pewter media check` can tell years
 * later whether it is stale.
 */
#pragma once

#include "base/buffer.h"
#include "base/view.h"
#include "store/plans.h"
#include "store/revisions.h"

struct medium_file {
	char path[256];    /* '/' between names: "EFI/BOOT/BOOTX64.EFI", MEDIUM_WIM_PATH */
	struct view *view; /* owned */
};

struct medium {
	struct medium_file *files; /* owned */
	size_t n_files;
	bool boots_uefi, boots_bios; /* as far as the files go */
	char label[33];              /* of the volume: A-Z, 0-9, '_' */
	char missing[512]; /* in words: what firmware cannot start it and what to import; "" */
};
/* Where a medium has the system itself: the WIM, or the SDI of an image that is one. */
#define MEDIUM_WIM_PATH "sources/boot.wim"
#define MEDIUM_SDI_PATH "boot/image.sdi"
static inline const char *medium_system_path(const struct image_record *image)
{
	return image->is_sdi ? MEDIUM_SDI_PATH : MEDIUM_WIM_PATH;
}
void medium_clear(struct medium *medium);

/*
 * All files of the image's revision as media have them; plan may be NULL. For BIOS there is also
 * "boot/etfsboot.com", the boot sector of a CD: what else a medium needs to be started by BIOS its
 * writer knows, so that boots_bios is said of CDs.
 */
int medium_make(struct store *store, const struct image_record *image,
	const struct revision_record *revision, const struct plan_record *plan, int64_t now_ms,
	struct medium *ret_medium, struct error *err) MUST_CHECK;
const struct medium_file *medium_find(const struct medium *medium, const char *path);

/* ---- its identity ---- */

struct medium_identity {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
	char base[SHA256_TEXT_BYTES];
	char plan[17], client[LIMIT_IMAGE_NAME_BYTES + 1]; /* "" for none */
	int64_t made_ms;
	char pewter[32]; /* version of the program that made it */
};
#define MEDIUM_IDENTITY_PATH "pewter/medium.json"
int medium_identity_write(const struct medium_identity *identity, struct buffer *out) MUST_CHECK;
int medium_identity_read(const void *bytes, size_t n, struct medium_identity *ret_identity,
	struct error *err) MUST_CHECK;
