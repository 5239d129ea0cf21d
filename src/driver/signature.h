/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a package's catalogues say of it: who signed them, when, and which of its files they list.
 *
 * Integrity only: Pewter holds no roots, so a signature is right when it was made by a certificate
 * that the catalogue itself carries, over what the catalogue says now. Whether Windows trusts that
 * certificate is Windows' to say. An expired certificate is no fault: Windows takes it too, if the
 * signature was stamped in time.
 */
#pragma once

#include "store/drivers.h"

struct signature_catalog {
	const char *path; /* in the package, for sentences: "net.cat" */
	const void *bytes;
	size_t n_bytes;
};

struct signature_file {
	const char *path; /* in the package, for sentences */
	int fd;           /* a regular file; it is read, its position does not matter */
	uint64_t size;
	enum driver_file_kind kind; /* one is DRIVER_FILE_INF; DRIVER_FILE_CATALOG is left out */
	bool is_listed;             /* filled in */
};

struct signature_report {
	enum driver_signature signature;
	char signer[128];  /* common name of the certificate that signed; "" unknown */
	int64_t signed_ms; /* what the time stamp says, else the signer; 0 unknown */
	char **warnings;   /* sentences, owned */
	size_t n_warnings;
};

void signature_report_clear(struct signature_report *report);

/*
 * The catalogues are those that the INF names and that are there (models_catalog() for every
 * architecture), each once; none gives DRIVER_UNSIGNED. Of several the first good one gives name
 * and time; a package is signed only if all of them are good and list the INF. A catalogue that
 * cannot be read is a warning with its place, not a failure. -EIO, -ENOMEM.
 */
int driver_signature_read(const struct signature_catalog *catalogs, size_t n_catalogs,
	struct signature_file *files, size_t n_files, struct signature_report *ret_report,
	struct error *err) MUST_CHECK;
