/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A target: the Windows that drivers are chosen for; and the TargetOS decorations of an INF's
 * [Manufacturer] lines, weighed against it exactly as Windows does ("INF Manufacturer Section",
 * "Combining Platform Extensions with Operating System Versions"). Pure.
 */
#pragma once

#include "base/error.h"
#include "store/drivers.h"

#define TARGET_TEXT_BYTES 64

enum target_product {
	TARGET_WORKSTATION = 1, /* what Windows PE is */
	TARGET_DOMAIN_CONTROLLER = 2,
	TARGET_SERVER = 3,
};

struct target {
	uint16_t major, minor;
	uint32_t build;        /* 0: unknown */
	uint32_t service_pack; /* the fourth number of a WIM's version: it tells WinPE 5.1 from 5.0
				*/
	char arch[8];          /* "x86", "amd64", "arm64", "arm", "ia64" */
	uint8_t product;       /* enum target_product */
	uint32_t suite;        /* VER_SUITE_* bits that this Windows has */
};

/* "10.0.22621/amd64", "6.1/x86", "5.2.3790/amd64/server", "10.0.14393/amd64/server/0x80". A full
 * WIM version ("10.0.22621.1") is fine; without a build the first release is meant. -EINVAL says
 * what was expected. */
int target_parse(const char *text, struct target *ret_target, struct error *err) MUST_CHECK;
void target_format(const struct target *target, char text[static TARGET_TEXT_BYTES]);
/* "2.1", "5.0", "10", "11": the WinPE that this Windows is the ground of; "" if there is none. */
const char *target_winpe(const struct target *target);

struct decoration {
	bool has_nt, has_major, has_minor, has_product, has_suite, has_build;
	char arch[8]; /* "" for none */
	uint16_t major, minor;
	uint32_t product, suite, build;
};

/* "" is a decoration too: none. -EINVAL if it is not one. */
int decoration_parse(const char *text, struct decoration *ret_decoration) MUST_CHECK;

enum decoration_fit {
	DECORATION_FITS,
	DECORATION_INVALID,
	DECORATION_OTHER_ARCH,
	DECORATION_NEWER_WINDOWS, /* needs a higher version or build than the target has */
	DECORATION_OTHER_PRODUCT,
	DECORATION_OTHER_SUITE,
};
enum decoration_fit decoration_fit(
	const struct decoration *decoration, const struct target *target);
/*
 * The one section of that line of [Manufacturer] that the target takes: an index in
 * package->sections, or -1 if none fits (*ret_why then says what comes nearest). It may be empty or
 * missing, which excludes the target: nothing older is taken in its place.
 */
int target_choose_section(const struct driver_section *sections, size_t n_sections,
	uint32_t manufacturer, const struct target *target, enum decoration_fit *ret_why);
/* Of the package (with its sections): for each whether its line of [Manufacturer] takes it for the
 * target; free() releases it. NULL without memory. */
bool *target_sections(const struct driver_package *package, const struct target *target);
