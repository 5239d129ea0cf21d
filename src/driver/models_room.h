/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What models.c, models_install.c and models_files.c share: finding one's way between the sections
 * of an INF. */
#pragma once

#include "driver/models.h"

/* How many lines may still be looked at, because sections may name each other without end; and how
 * many bytes of text may still be kept, because one long string may stand in every line. */
struct models_steps {
	uint32_t left;
	uint32_t text_left;
};
/* Takes n of them. -E2BIG if they are spent. */
int models_step(struct models_steps *steps, size_t n, struct error *err) MUST_CHECK;

/* ---- [Version] (models_version.c) ---- */

/* Class, provider, DriverVer. -EINVAL if it is no setup INF. */
int models_read_version(
	const struct inf *inf, struct driver_package *package, struct error *err) MUST_CHECK;

/* ---- sections by name ---- */

/* [NAME MIDDLE SUFFIX]; INF_NONE if there is none. */
uint32_t models_find(
	const struct inf *inf, struct inf_text name, const char *middle, const char *suffix);
/* Which of NAME.ntARCH, NAME.nt and NAME an architecture takes, as ".ntamd64", ".nt" or "";
 * INF_NONE if there is none of them. */
uint32_t models_actual_section(
	const struct inf *inf, struct inf_text name, enum inf_arch arch, const char **ret_platform);

/* ---- what [Manufacturer] names ---- */

struct models_section {
	uint32_t manufacturer; /* which line of [Manufacturer], from 0 */
	uint32_t place;        /* of that line in the file */
	struct inf_text name;  /* with decoration */
	struct inf_text decoration;
	enum inf_arch arch; /* of Windows since 2003 SP1: without one it is x86; INF_N_ARCHS for a
			       decoration that is none */
	uint32_t section;   /* INF_NONE if it is not there */
};
typedef int models_section_visitor(
	void *context, const struct models_section *section, struct error *err);
/* Every section of every line, and those that Windows takes though the line does not name them. */
int models_each_section(const struct inf *inf, models_section_visitor *visitor, void *context,
	struct error *err) MUST_CHECK;

/* ---- following Needs ---- */

/* Sections to be looked at, each once. */
struct section_walk {
	uint32_t *stamps; /* by section: the round in which it was seen */
	uint32_t *queue;
	size_t n, at;
	uint32_t round;
};
int section_walk_open(const struct inf *inf, struct section_walk *ret_walk) MUST_CHECK;
void section_walk_close(struct section_walk *walk);
/* Forgets what was seen. */
void section_walk_restart(struct section_walk *walk);
/* Puts a section (or INF_NONE) at the end unless it was seen; true if it was not. */
bool section_walk_push(struct section_walk *walk, uint32_t section);
uint32_t section_walk_next(struct section_walk *walk); /* INF_NONE at the end */
/* "Needs=a,b": pushes those that are in this INF. Others are Windows' own (Include). */
int section_walk_push_needs(struct section_walk *walk, const struct inf *inf, uint32_t line,
	struct inf_scratch *scratch, struct models_steps *steps, struct error *err) MUST_CHECK;

/* ---- install sections (models_install.c) ---- */

/* What the install section says for that architecture; ret_install is empty before. */
int models_read_install(const struct inf *inf, struct inf_text name, enum inf_arch arch,
	struct section_walk *walk, struct models_steps *steps, struct driver_install *ret_install,
	struct error *err) MUST_CHECK;
/* "mm/dd/yyyy,w.x.y.z" of that line. */
void models_read_driver_ver(const struct inf *inf, uint32_t line, uint32_t *ret_date,
	uint64_t *ret_version, bool *ret_has_version);

/* ---- small ---- */

/* A copy; -E2BIG if no more text may be kept. */
int models_keep_text(struct models_steps *steps, struct inf_text text, char **ret_copy,
	struct error *err) MUST_CHECK;
/* In upper case (ASCII), as ids are kept. */
int models_keep_id(struct models_steps *steps, struct inf_text id, char **ret_copy,
	struct error *err) MUST_CHECK;
/* Cut between characters. */
void models_text_copy(struct inf_text text, char *out, size_t size);
/* The array, with room for one more. */
void *models_grow(void *items, size_t n, size_t item_size) MUST_CHECK;
