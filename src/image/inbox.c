/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/inbox.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "adapter/scratch.h"
#include "base/limits.h"
#include "base/text.h"
#include "driver/models.h"
#include "driver/nics.h"
#include "image/inbox_look.h"
#include "store/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* INFs that lie in the scratch folder at one time. One call of wimlib for each would cost three
 * times as much as one for many; all at once could fill a disk. */
#define BATCH_INFS  128
#define BATCH_BYTES (32U << 20)

/* What Windows calls the packages that somebody added to it: "oem3.inf". */
#define ADDED_PREFIX "oem"

struct reading {
	struct wim_file *wim;
	const struct target *target;
	struct scratch *scratch;
	struct inbox_look look;
	struct inbox inbox;
	struct buffer bytes;
	const struct progress_sink *progress;
	uint64_t n_bytes, n_bytes_done;
};

void inbox_clear(struct inbox *inbox)
{
	inbox->packages = driver_packages_free(inbox->packages, inbox->n_packages);
	nic_set_clear(&inbox->nics);
	*inbox = (struct inbox){.n_packages = 0};
}

static void reading_clear(struct reading *reading)
{
	inbox_look_clear(&reading->look);
	inbox_clear(&reading->inbox);
	buffer_free(&reading->bytes);
}

/* ---- one INF ---- */

static int add_missing(struct driver_install *install, const char *file)
{
	char **grown =
		reallocarray(install->missing, install->n_missing + 1, sizeof(*install->missing));
	if (grown == NULL)
		return -ENOMEM;
	install->missing = grown;
	grown[install->n_missing] = strdup(file);
	if (grown[install->n_missing] == NULL)
		return -ENOMEM;
	install->n_missing++;
	return 0;
}

enum verdict {
	VERDICT_DRIVES,
	VERDICT_BARE,    /* its binaries are not there */
	VERDICT_FOREIGN, /* nothing in it is for this architecture */
};

/* Notes which install sections have no function driver in the image. What an INF leaves to another
 * one (Include, Needs) or to nobody counts as there. */
static int check_binaries(const struct reading *reading, const struct inbox_inf *inf,
	struct driver_package *package, enum verdict *ret_verdict)
{
	size_t n = 0, n_missing = 0;
	for (size_t i = 0; i < package->n_installs; i++) {
		struct driver_install *install = &package->installs[i];
		if (install->section == NULL || strcmp(install->arch, reading->target->arch) != 0)
			continue;
		n++;
		if (install->binary == NULL || inbox_holds(&reading->look, inf, install->binary))
			continue;
		n_missing++;
		int rc = add_missing(install, install->binary);
		if (rc < 0)
			return rc;
	}
	*ret_verdict = n == 0 ? VERDICT_FOREIGN : n_missing == n ? VERDICT_BARE : VERDICT_DRIVES;
	return 0;
}

/* Windows' own are listed in its own catalogues, which the INFs need not name. */
static enum driver_signature signature_of(
	const struct inf *parsed, const struct inbox_inf *inf, const struct target *target)
{
	char name[256];
	if (!text_starts_nocase(inf->name, ADDED_PREFIX))
		return DRIVER_SIGNED;
	for (int arch = 0; arch < INF_N_ARCHS; arch++) {
		if (strcmp(inf_arch_names[arch], target->arch) == 0 &&
			models_catalog(parsed, (enum inf_arch)arch, name, sizeof(name)))
			return DRIVER_SIGNED;
	}
	return DRIVER_UNSIGNED;
}

static void name_package(
	const struct reading *reading, const struct inbox_inf *inf, struct driver_package *package)
{
	const char *name = inbox_original_name(&reading->look, inf);
	text_copy_printable(package->inf, sizeof(package->inf), name, strlen(name));
	text_copy_printable(package->source, sizeof(package->source), inf->path, strlen(inf->path));
	for (char *at = package->source; *at != 0; at++)
		*at = *at == '/' ? '\\' : *at;
	/* What is wrong in Windows' own INFs is nobody's here. */
	driver_ids_free(package->warnings, package->n_warnings);
	package->warnings = NULL;
	package->n_warnings = 0;
}

static int keep(struct reading *reading, const struct inbox_inf *inf,
	struct driver_package *package, struct error *err)
{
	struct inbox *inbox = &reading->inbox;
	enum verdict verdict;
	int rc = check_binaries(reading, inf, package, &verdict);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	if (verdict != VERDICT_DRIVES) {
		*(verdict == VERDICT_BARE ? &inbox->n_bare : &inbox->n_skipped) += 1;
		return 0;
	}
	rc = nics_add_package(&inbox->nics, package, reading->target, err);
	if (rc < 0)
		return rc;
	struct driver_package *grown =
		reallocarray(inbox->packages, inbox->n_packages + 1, sizeof(*inbox->packages));
	if (grown == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	inbox->packages = grown;
	name_package(reading, inf, package);
	/* Until the base is known: what it is told apart by. */
	text_hex(inf->sha1, sizeof(inf->sha1), package->id);
	inbox->packages[inbox->n_packages++] = *package;
	*package = (struct driver_package){.row = 0};
	return 0;
}

/* Whatever is wrong with its bytes is not worth more than a count: an image is full of INFs that
 * are no drivers. */
static int take(struct reading *reading, const struct inbox_inf *inf, struct error *err)
{
	struct error why = ERROR_NULL;
	CLEANUP(inf_freep) struct inf *parsed = NULL;
	CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
	int rc = inf_parse(reading->bytes.bytes, reading->bytes.size, NULL, &parsed, &why);
	if (rc == 0)
		rc = models_read(parsed, &package, &why);
	if (rc == -ENOMEM)
		return error_set(err, rc, "%s: %s", inf->path, why.text);
	if (rc < 0) {
		reading->inbox.n_skipped++;
		return 0;
	}
	package.signature = signature_of(parsed, inf, reading->target);
	return keep(reading, inf, &package, err);
}

/* ---- many ---- */

static bool is_our_fault(int rc)
{
	return rc == -ENOMEM || rc == -ENOSPC || rc == -EDQUOT || rc == -EIO || rc == -EMFILE;
}

static int take_extracted(
	struct reading *reading, int folder, const struct inbox_inf *inf, struct error *err)
{
	/* Without the slash in front. */
	CLEANUP(file_closep) int fd = file_open_beneath(folder, inf->path + 1, 0);
	reading->bytes.size = 0;
	int rc = fd < 0 ? fd : file_read_all(fd, &reading->bytes);
	if (is_our_fault(rc))
		return error_set(err, rc, "%s: %s", inf->path, strerror(-rc));
	if (rc == 0)
		return take(reading, inf, err);
	reading->inbox.n_skipped++;
	return 0;
}

/* Where one of many is damaged, the others are not. */
static int take_one_by_one(struct reading *reading, const struct inbox_inf *const *batch, size_t n,
	const char *scratch, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct error why = ERROR_NULL;
		reading->bytes.size = 0;
		int rc = wim_file_read(
			reading->wim, 1, batch[i]->path, scratch, &reading->bytes, &why);
		if (is_our_fault(rc))
			return error_set(err, rc, "%s", why.text);
		if (rc < 0) {
			reading->inbox.n_skipped++;
			continue;
		}
		rc = take(reading, batch[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int take_batch(struct reading *reading, const struct inbox_inf *const *batch, size_t n,
	const char *scratch, struct error *err)
{
	const char *paths[BATCH_INFS];
	struct error why = ERROR_NULL;
	for (size_t i = 0; i < n; i++)
		paths[i] = batch[i]->path;
	int rc = wim_file_extract(reading->wim, 1, paths, n, scratch, &why);
	if (is_our_fault(rc))
		return error_set(err, rc, "%s", why.text);
	if (rc < 0)
		return take_one_by_one(reading, batch, n, scratch, err);
	CLEANUP(file_closep)
	int folder = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_set(err, -errno, "%s: %s", scratch, strerror(errno));
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = take_extracted(reading, folder, batch[i], err);
	return rc;
}

/* Takes what has come together. */
static int flush(struct reading *reading, const struct inbox_inf *const *batch, size_t *n,
	uint64_t *n_bytes, struct error *err)
{
	char scratch[PATH_MAX];
	if (*n == 0)
		return 0;
	int rc = scratch_new_folder(reading->scratch, scratch, sizeof(scratch), err);
	if (rc < 0)
		return rc;
	rc = take_batch(reading, batch, *n, scratch, err);
	scratch_remove(scratch);
	reading->n_bytes_done += *n_bytes;
	progress_tell(
		reading->progress, "reading its drivers", reading->n_bytes_done, reading->n_bytes);
	*n = 0;
	*n_bytes = 0;
	return rc;
}

static int take_all(struct reading *reading, struct error *err)
{
	const struct inbox_inf *batch[BATCH_INFS];
	size_t n = 0;
	uint64_t n_bytes = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < reading->look.n_infs; i++) {
		const struct inbox_inf *inf = &reading->look.infs[i];
		if (inf->is_shadowed)
			continue;
		batch[n++] = inf;
		n_bytes += inf->size;
		if (n == BATCH_INFS || n_bytes >= BATCH_BYTES)
			rc = flush(reading, batch, &n, &n_bytes, err);
	}
	return rc == 0 ? flush(reading, batch, &n, &n_bytes, err) : rc;
}

int inbox_read(struct wim_file *wim, const struct target *target, struct scratch *scratch,
	const struct progress_sink *progress, struct inbox *ret_inbox, struct error *err)
{
	CLEANUP(reading_clear)
	struct reading reading = {
		.wim = wim,
		.target = target,
		.scratch = scratch,
		.bytes = buffer_with_max(LIMIT_INF_BYTES),
		.progress = progress,
	};
	int rc = inbox_look(wim, &reading.look, err);
	for (size_t i = 0; rc == 0 && i < reading.look.n_infs; i++)
		reading.n_bytes += reading.look.infs[i].is_shadowed ? 0 : reading.look.infs[i].size;
	reading.inbox.n_skipped = reading.look.n_left_out;
	if (rc == 0)
		rc = take_all(&reading, err);
	if (rc < 0)
		return rc;
	nics_finish(&reading.inbox.nics);
	*ret_inbox = reading.inbox;
	reading.inbox = (struct inbox){.n_packages = 0};
	return 0;
}

/* ---- whose they are ---- */

/* What is hashed: "inbox", NUL, the base, the INF's path in lower case and its number, NUL, its
 * SHA-1 in digits. */
static int name_it(struct driver_package *package, size_t number, const char *base)
{
	static const char mark[] = "inbox";
	char path[sizeof(package->source) + 16];
	uint8_t digest[SHA256_BYTES];
	size_t n = 0;
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	for (; package->source[n] != 0; n++)
		path[n] = text_lower(package->source[n]);
	/* Long paths are cut. */
	n += (size_t)snprintf(path + n, sizeof(path) - n, " %zu", number) + 1;
	int rc = sha256_new(&hash);
	if (rc == 0)
		rc = sha256_add(hash, mark, sizeof(mark));
	if (rc == 0)
		rc = sha256_add(hash, base, strlen(base));
	if (rc == 0)
		rc = sha256_add(hash, path, n);
	if (rc == 0)
		rc = sha256_add(hash, package->id, strlen(package->id));
	if (rc < 0)
		return rc;
	sha256_finish(hash, digest);
	text_hex(digest, sizeof(digest), package->id);
	(void)text_copy(package->base, sizeof(package->base), base);
	return 0;
}

static int set_base(struct inbox *inbox, const char *base_sha256, struct error *err)
{
	for (size_t i = 0; i < inbox->n_packages; i++) {
		if (name_it(&inbox->packages[i], i, base_sha256) < 0)
			return error_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int add(struct store *store, const struct image_record *record, bool replace,
	const struct inbox *inbox, struct error *err)
{
	int rc = store_image_add(store, record, replace, err);
	if (rc == 0 && inbox != NULL)
		rc = store_inbox_put(
			store, record->base.sha256, inbox->packages, inbox->n_packages, err);
	if (rc == 0 && inbox != NULL)
		rc = store_image_inbox_nics_put(store, record->name, &inbox->nics, err);
	return rc;
}

int inbox_keep(struct store *store, const struct image_record *record, bool replace,
	struct inbox *inbox, struct error *err)
{
	int rc = inbox != NULL ? set_base(inbox, record->base.sha256, err) : 0;
	if (rc == 0)
		rc = store_begin_durable(store, err);
	if (rc < 0)
		return rc;
	rc = add(store, record, replace, inbox, err);
	if (rc == 0)
		rc = store_commit(store, err);
	if (rc < 0)
		store_rollback(store);
	return rc;
}
