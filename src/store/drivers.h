/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver packages, as records. A package is an INF with the files it names; its identity is the
 * SHA-256 over its content, so the same package twice is one.
 *
 * The record holds all that matching needs (models with their ids, which Models section is for
 * which Windows, what every install section says), so that no INF is read again to match a machine.
 */
#pragma once

#include "base/guid.h"
#include "store/store.h"

/* ---- what an INF says ---- */

/* One section that a line of [Manufacturer] names: Models, or Models.TargetOS. */
struct driver_section {
	uint32_t manufacturer; /* which line of [Manufacturer], from 0 */
	char decoration[64];   /* TargetOS as written, "" for none: "NTamd64.10.0...14393" */
	char *name;            /* the section's, as written */
	bool exists, is_empty; /* empty means: not for these Windows */
};

/* One line of a Models section. */
struct driver_model {
	uint32_t section;  /* index in sections */
	char *description; /* strings filled in */
	char *install;     /* the DDInstall section as written, without platform */
	char **ids; /* ids[0] the hardware id ("" if the line has none), then compatible ids; upper
		       case */
	size_t n_ids;
	uint32_t line; /* place in the INF */
};

/* One DDInstall section as one architecture takes it: NAME.ntARCH, else NAME.nt, else NAME. */
struct driver_install {
	char *name;            /* as models name it */
	char arch[8];          /* "x86", "amd64", "arm64", "arm", "ia64" */
	char *section;         /* the one that is taken; NULL if there is none */
	uint8_t feature_score; /* FeatureScore; 0xFF unless given */
	bool is_nt;            /* the section taken carries .nt or .ntARCH */
	uint32_t date;         /* DriverVer of its own: yyyymmdd, 0 if it has none */
	uint64_t version;
	bool has_version;
	char **excluded; /* ExcludeID: upper case */
	size_t n_excluded;
	char **missing; /* files it copies that the package does not have */
	size_t n_missing;
	char *service; /* the function driver (AddService with flag 2); NULL if none */
	char *binary;  /* its file (ServiceBinary without folders): "e1d68x64.sys"; NULL unknown */
	bool is_boot_start; /* StartType 0 */
};

/* ---- what belongs to it ---- */

enum driver_file_kind {
	DRIVER_FILE_INF,
	DRIVER_FILE_CATALOG,
	DRIVER_FILE_OTHER,
};

struct driver_file {
	char *path; /* in the package: '/' between names, relative to the INF's folder */
	enum driver_file_kind kind;
	struct blob blob;
	char arch[8];                              /* of a PE: "amd64"; "" for what is none */
	uint16_t subsystem_major, subsystem_minor; /* of a PE */
	bool is_listed;                            /* its hash stands in the catalogue */
};

enum driver_signature {
	DRIVER_UNSIGNED,          /* names no catalogue, or it is not there */
	DRIVER_SIGNATURE_INVALID, /* there, but the INF is not listed in it, or its own signature is
				     wrong */
	DRIVER_SIGNED,            /* signed, and the INF is listed */
};

struct driver_package {
	int64_t row; /* in the store; 0 before */
	char id[SHA256_TEXT_BYTES];
	char base[SHA256_TEXT_BYTES]; /* "": of the database; else the base of images whose own
					 driver it is (store/inbox.h) */
	char inf[128];                /* its file name as it came: "e1d68x64.inf" */
	char class[33];               /* "Net" */
	struct guid class_guid;
	char provider[128];
	uint32_t date;    /* DriverVer: yyyymmdd; 0 if it has none, as Windows takes it */
	uint64_t version; /* four 16-bit parts, the first on top */
	bool has_version;
	char archs[40]; /* those it has models for: "x86 amd64" */
	enum driver_signature signature;
	char signer[128];
	int64_t signed_ms; /* Unix time; 0 unknown */
	char source[256];  /* where it came from, as given */
	int64_t added_ms;
	uint64_t size; /* of its files together */
	/* Said by the store, also where there are no lists. */
	size_t n_ids;       /* hardware and compatible ids, each once */
	bool is_incomplete; /* files are missing */

	struct driver_section *sections;
	size_t n_sections;
	struct driver_model *models;
	size_t n_models;
	struct driver_install *installs;
	size_t n_installs;
	struct driver_file *files;
	size_t n_files;
	char **missing; /* files the INF names that are not there, whatever the architecture */
	size_t n_missing;
	char **warnings; /* sentences: contradictions between INF, catalogue and binaries */
	size_t n_warnings;
};

void driver_package_clear(struct driver_package *package);

/* ---- records: those of the database, not what images bring along ---- */

/* -EEXIST if a package of this id is there (err not set: it is no failure of an import). Joins a
 * transaction of the caller's, so that many packages cost one sync. */
int store_driver_add(
	struct store *store, const struct driver_package *package, struct error *err) MUST_CHECK;
/* By id, or by a beginning of one that only it has (at least 4 digits); -ENOTUNIQ if several do.
 * With all lists. */
int store_driver_get(struct store *store, const char *id, struct driver_package *ret_package,
	struct error *err) MUST_CHECK;
/* Its hardware and compatible ids, each once, sorted; driver_ids_free() releases them. */
int store_driver_ids(struct store *store, int64_t row, char ***ret_ids, size_t *ret_n,
	struct error *err) MUST_CHECK;
void driver_ids_free(char **ids, size_t n);
/* Is there a package of this id? What an importer asks before it reads and copies its files. */
int store_driver_has(
	struct store *store, const char *id, bool *ret_has, struct error *err) MUST_CHECK;
/* All, without lists: by INF name, provider, then newest (date, version) first. */
int store_driver_list(struct store *store, struct driver_package **ret_packages, size_t *ret_n,
	struct error *err) MUST_CHECK;
struct driver_package *driver_packages_free(struct driver_package *packages, size_t n);
/* By id or by a beginning of one. The space of its files is freed by store_blob_sweep(). */
int store_driver_remove(struct store *store, const char *id, struct error *err) MUST_CHECK;

/* ---- matching ---- */

/* One line of a Models section that names an id of the device. */
struct driver_hit {
	size_t package;            /* for driver_search_package() */
	struct driver_model model; /* without ids beyond what is needed: ids may be NULL */
	uint32_t position;         /* 0: the line's hardware id; k: its k-th compatible id */
	size_t id;                 /* index in the ids that were asked for */
};

struct driver_search; /* prepared statements, and packages seen so far: one per machine */

/* base: hits of what the images of that base bring along come too; NULL: none of that. */
int driver_search_open(struct store *store, const char *base, struct driver_search **ret_search,
	struct error *err) MUST_CHECK;
struct driver_search *driver_search_close(struct driver_search *search);
DEFINE_FREEP(struct driver_search, driver_search_close);

/* A package with all its lists that the database does not have (any more) is searched beside the
 * others; it must outlive the search. */
int driver_search_lend(struct driver_search *search, const struct driver_package *package,
	struct error *err) MUST_CHECK;

/* All hits of the ids (upper case), in no particular order; valid until the next call. */
int driver_search_ids(struct driver_search *search, const char *const *ids, size_t n_ids,
	const struct driver_hit **ret_hits, size_t *ret_n, struct error *err) MUST_CHECK;
/* Ids that begin so (upper case) and that packages of the class (NULL: of any) name; sorted, each
 * once, those of lent packages behind the others. driver_ids_free() releases them. */
int driver_search_beginning(struct driver_search *search, const char *beginning, const char *class,
	char ***ret_ids, size_t *ret_n, struct error *err) MUST_CHECK;
/* The package of a hit: its record without models and files, with sections; valid as long as the
 * search. */
const struct driver_package *driver_search_package(
	const struct driver_search *search, size_t package);
/* What the install section says for that architecture; *ret_install is NULL if the INF has none. */
int driver_search_install(struct driver_search *search, size_t package, const char *name,
	const char *arch, const struct driver_install **ret_install, struct error *err) MUST_CHECK;

/* The subsystem version of a file that the package holds (0.0 if it is no program): 1, or 0 if it
 * holds none of that name and architecture. */
int driver_search_subsystem(struct driver_search *search, size_t package, const char *name,
	const char *arch, uint16_t *ret_major, uint16_t *ret_minor, struct error *err) MUST_CHECK;

/* ---- marks ---- */

struct driver_mark {
	char package[SHA256_TEXT_BYTES];
	char condition[128];             /* "winpe<=2.1" */
	char instead[SHA256_TEXT_BYTES]; /* "" for none */
	char why[256];
	int64_t made_ms;
};

/* Replaces a mark of the same package and condition. */
int store_driver_mark(
	struct store *store, const struct driver_mark *mark, struct error *err) MUST_CHECK;
/* All marks of the package; -ENOENT if it has none. */
int store_driver_unmark(struct store *store, const char *package, struct error *err) MUST_CHECK;
/* Of one package, or of all (NULL); free() releases them. */
int store_driver_marks(struct store *store, const char *package, struct driver_mark **ret_marks,
	size_t *ret_n, struct error *err) MUST_CHECK;
