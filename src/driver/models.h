/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a setup INF says of itself: [Version], [Manufacturer], Models, install sections, and the
 * files it copies. Pure: a parsed INF in, a record out.
 */
#pragma once

#include "format/inf.h"
#include "store/drivers.h"

/* One file that the INF copies. */
struct inf_file {
	char *path;    /* where its source lies: '/' between names, relative to the INF's folder and
			  never above it; letters as written */
	char *cabinet; /* the .cab it is in, relative to the INF's folder; NULL for none */
	uint8_t archs; /* bits: 1 << enum inf_arch */
	bool is_inbox; /* may be one of Windows' own (LayoutFile): to be taken along where it is,
			  never missing */
};

enum inf_arch { INF_X86, INF_AMD64, INF_ARM64, INF_ARM, INF_IA64, INF_N_ARCHS };
extern const char *const inf_arch_names[INF_N_ARCHS];

struct inf_file_list {
	struct inf_file *files; /* owned; each path once */
	size_t n;
};
void inf_file_list_clear(struct inf_file_list *list);

/*
 * Fills class, provider, DriverVer, archs, sections, models, installs of the package (files,
 * missing, signature, id are the importer's). -EINVAL with a reason if it is no setup INF:
 * "no [Version] section", "Signature is \"...\", not $Windows NT$ or $Chicago$", ...
 */
int models_read(
	const struct inf *inf, struct driver_package *package, struct error *err) MUST_CHECK;
/* The catalogue's name for that architecture (CatalogFile.ntARCH, .nt, plain); false for none. */
bool models_catalog(const struct inf *inf, enum inf_arch arch, char *name, size_t size);
/* All files that install sections copy, for every architecture the INF has models for. */
int models_files(
	const struct inf *inf, struct inf_file_list *ret_files, struct error *err) MUST_CHECK;
/*
 * Fills `missing` of every install section of the package that models_read() gave: what it copies
 * of those files of models_files() that are not there (is_there[i] is for files->files[i]).
 */
int models_missing(const struct inf *inf, const struct inf_file_list *files, const bool *is_there,
	struct driver_package *package, struct error *err) MUST_CHECK;
/* Those of one install section as one architecture takes it. */
int models_install_files(const struct inf *inf, const char *section, enum inf_arch arch,
	struct inf_file_list *ret_files, struct error *err) MUST_CHECK;
