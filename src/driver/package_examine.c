/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What catalogues and binaries of a package say, beside what its INF says. */
#include "driver/package.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"
#include "driver/signature.h"
#include "driver/target.h"
#include "format/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- binaries ---- */

/* The lowest Windows that the INF offers its drivers to for that architecture, as 0x0601; 0 if some
 * section names none. */
static unsigned lowest_windows(const struct driver_package *package, const char *arch)
{
	unsigned lowest = UINT32_MAX;
	for (size_t i = 0; i < package->n_sections; i++) {
		const struct driver_section *section = &package->sections[i];
		struct decoration decoration;
		if (!section->exists || section->is_empty ||
			decoration_parse(section->decoration, &decoration) < 0)
			continue;
		/* Without an architecture it is for x86: "Creating INF Files for Multiple Platforms
		   and Operating Systems". */
		const char *its = decoration.arch[0] != 0 ? decoration.arch : "x86";
		if (strcmp(its, arch) != 0)
			continue;
		unsigned windows = decoration.has_major
					   ? (unsigned)decoration.major << 8 | decoration.minor
					   : 0;
		if (windows < lowest)
			lowest = windows;
	}
	return lowest == UINT32_MAX ? 0 : lowest;
}

static bool has_extension(const struct driver_file *file, const char *extension)
{
	return text_equal_nocase(path_extension(file->path), extension);
}

/* CreateProcess() refuses programs whose subsystem version is above its own; the kernel does not
 * look at that of drivers (many that Microsoft signed for 6.0 say 6.2), but they may miss what they
 * import. */
static int check_version(struct driver_package *package, const struct driver_file *file)
{
	unsigned needs = (unsigned)file->subsystem_major << 8 | file->subsystem_minor;
	unsigned offered = lowest_windows(package, file->arch);
	bool is_program = has_extension(file, ".exe");
	if (offered == 0 || needs <= offered)
		return 0;
	return package_warn(package,
		"%s is built for Windows %u.%u and later, and the INF offers it from %u.%u on%s",
		file->path, file->subsystem_major, file->subsystem_minor, offered >> 8,
		offered & 0xff,
		is_program ? ": there it fails with 0x800700C1 (not a valid Win32 application)"
			   : ": it may not load there");
}

/* Of the architecture only with drivers: programs and libraries of x86 in a package for amd64 are
 * usual. */
static int check_binary(struct package_draft *draft, size_t i)
{
	const struct driver_file *file = &draft->package.files[i];
	char others[64] = "";
	if (file->arch[0] == 0)
		return 0;
	if (has_extension(file, ".exe"))
		return check_version(&draft->package, file);
	if (!has_extension(file, ".sys"))
		return 0;
	for (unsigned arch = 0; arch < INF_N_ARCHS; arch++) {
		size_t n = strlen(others);
		if ((draft->parts[i].archs & 1U << arch) != 0 &&
			strcmp(inf_arch_names[arch], file->arch) != 0)
			(void)snprintf(others + n, sizeof(others) - n, "%s%s", n > 0 ? ", " : "",
				inf_arch_names[arch]);
	}
	if (others[0] != 0)
		return package_warn(&draft->package,
			"%s is built for %s, and sections for %s copy it: Windows does not load it "
			"there",
			file->path, file->arch, others);
	return check_version(&draft->package, file);
}

/* ---- catalogues ---- */

/* Open files and contents, for driver_signature_read(). */
struct opened {
	struct signature_catalog *catalogs;
	struct buffer *contents; /* of the catalogues */
	size_t n_catalogs;
	struct signature_file *files; /* one for each of the package; fd is -1 before */
	size_t n_files;
};

static void opened_clear(struct opened *opened)
{
	for (size_t i = 0; i < opened->n_catalogs; i++)
		buffer_free(&opened->contents[i]);
	for (size_t i = 0; i < opened->n_files; i++)
		file_closep(&opened->files[i].fd);
	free(opened->contents);
	free(opened->catalogs);
	free(opened->files);
}

static int opened_init(struct opened *opened, size_t n)
{
	opened->catalogs = calloc(n, sizeof(*opened->catalogs));
	opened->contents = calloc(n, sizeof(*opened->contents));
	opened->files = calloc(n, sizeof(*opened->files));
	if (opened->catalogs == NULL || opened->contents == NULL || opened->files == NULL)
		return -ENOMEM;
	for (; opened->n_files < n; opened->n_files++)
		opened->files[opened->n_files].fd = -1;
	return 0;
}

/* Whoever cut a catalogue may have cut the rest: one that cannot be read is not taken for none, and
 * be it empty. */
static int open_catalog(struct opened *opened, const struct signature_file *file, struct error *err)
{
	CLEANUP(catalog_freep) struct catalog *catalog = NULL;
	struct error why = ERROR_NULL;
	struct buffer *content = &opened->contents[opened->n_catalogs];
	*content = buffer_with_max(LIMIT_CATALOG_BYTES);
	int rc = file_read_all(file->fd, content);
	opened->catalogs[opened->n_catalogs++] = (struct signature_catalog){
		.path = file->path, .bytes = content->bytes, .n_bytes = content->size};
	if (rc == -EFBIG)
		return error_set(err, rc, "%s: more than %u bytes, too many for a catalogue",
			file->path, LIMIT_CATALOG_BYTES);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", file->path, strerror(-rc));
	rc = catalog_parse(content->bytes, content->size, &catalog, &why);
	return rc == 0 ? 0
		       : error_set(err, rc,
				 "%s: %s; copy it again, or take it away: without it the package "
				 "is unsigned",
				 file->path, why.text);
}

static int open_all(struct opened *opened, const struct package_draft *draft, struct error *err)
{
	for (size_t i = 0; i < opened->n_files; i++) {
		const struct driver_file *file = &draft->package.files[i];
		struct signature_file *open = &opened->files[i];
		open->path = file->path;
		open->size = file->blob.size;
		open->kind = file->kind;
		int rc = fileset_open(draft->parts[i].set, draft->parts[i].file, &open->fd, err);
		if (rc == 0 && file->kind == DRIVER_FILE_CATALOG)
			rc = open_catalog(opened, open, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int keep_report(struct package_draft *draft, const struct opened *opened,
	const struct signature_report *report)
{
	struct driver_package *package = &draft->package;
	package->signature = report->signature;
	(void)text_copy(package->signer, sizeof(package->signer), report->signer);
	package->signed_ms = report->signed_ms;
	for (size_t i = 0; i < opened->n_files; i++)
		package->files[i].is_listed = opened->files[i].is_listed;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < report->n_warnings; i++)
		rc = package_warn(package, "%s", report->warnings[i]);
	return rc;
}

static int read_signature(struct package_draft *draft, struct error *err)
{
	struct opened opened = {0};
	struct signature_report report = {0};
	int rc = opened_init(&opened, draft->package.n_files);
	if (rc < 0)
		(void)error_set(err, rc, "out of memory");
	else
		rc = open_all(&opened, draft, err);
	if (rc == 0)
		rc = driver_signature_read(opened.catalogs, opened.n_catalogs, opened.files,
			opened.n_files, &report, err);
	if (rc == 0 && keep_report(draft, &opened, &report) < 0)
		rc = error_set(err, -ENOMEM, "out of memory");
	signature_report_clear(&report);
	opened_clear(&opened);
	return rc;
}

int package_examine(struct package_draft *draft, struct error *err)
{
	int rc = read_signature(draft, err);
	if (rc < 0)
		return place_is_our_fault(rc) ? rc : PACKAGE_BROKEN;
	for (size_t i = 0; i < draft->package.n_files; i++) {
		if (check_binary(draft, i) < 0)
			return error_set(err, -ENOMEM, "out of memory");
	}
	return PACKAGE_WHOLE;
}
