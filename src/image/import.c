/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/import.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/winpe.h"
#include "format/pe.h"
#include "format/wim.h"
#include "image/base.h"
#include "image/borrow.h"
#include "image/inbox.h"
#include "image/name.h"
#include "image/layer.h"
#include "image/sdi_base.h"
#include "image/source.h"
#include "image/wim_place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SDI_MAGIC   "$SDI0001"
#define WINLOAD_EFI "Windows/System32/Boot/winload.efi"
#define WINLOAD_EXE "Windows/System32/Boot/winload.exe"

/* One import on its way. */
struct import {
	const struct import_request *request;
	struct store *store;
	struct scratch *scratch;
	struct source *source; /* NULL for a WIM or SDI that stands alone */
	bool from_sdi;
	struct sdi_content sdi; /* if from_sdi */
	struct base base;
	struct wim_place image; /* the base, for who looks for files in it */
	struct boot_files files;
	char arch[8];
	bool has_inbox;
	struct inbox inbox;
};

static void import_clear(struct import *import)
{
	inbox_clear(&import->inbox);
	boot_files_clear(&import->files);
	base_clear(&import->base);
	import->source = source_close(import->source);
	import->scratch = scratch_close(import->scratch);
}

/* Not one whose WIM was taken out: that is a WIM as any other. */
static bool is_sdi(const struct import *import)
{
	return import->from_sdi && !import->sdi.is_wim;
}

static int check_name(struct import *import, struct error *err)
{
	const char *name = import->request->name;
	struct image_record record = {0};

	if (!image_name_is_valid(name))
		return error_set(err, -EINVAL,
			"\"%.100s\" is no name for an image: letters, digits, '.', '_' and '-', at "
			"most %d",
			name, LIMIT_IMAGE_NAME_BYTES);
	/* Said now, not after half a gigabyte was copied; store_image_add() holds in any case. */
	int rc = store_image_get(import->store, name, &record, err);
	image_record_clear(&record);
	if (rc == 0 && !import->request->replace)
		return error_set(err, -EEXIST,
			"there is an image %s already; --replace puts the new one in its place",
			name);
	return rc == -ENOENT ? 0 : rc;
}

/* ---- the WIM ---- */

/* What is in the SDI that wim->fd is: its WIM takes its place. */
static int open_sdi(struct import *import, struct base_request *wim, struct error *err)
{
	const char *path = import->request->source;
	int rc = sdi_content_find(wim->fd, &import->sdi, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	if (!import->sdi.is_wim)
		return 0;
	int fd = -1;
	rc = sdi_take_wim(wim, &import->sdi, &fd, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	(void)close(wim->fd);
	wim->fd = fd;
	wim->is_ours = true;
	return 0;
}

/* The WIM as an open file; one inside an .iso is copied out first, into a file that can become the
 * base as it is. */
static int open_wim(struct import *import, struct base_request *wim, struct error *err)
{
	const char *path = import->request->source;
	uint8_t start[8] = {0};
	struct stat status;
	int rc;

	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (S_ISREG(status.st_mode) && status.st_size >= (off_t)sizeof(start)) {
		rc = file_read_at(fd, 0, start, sizeof(start));
		if (rc < 0)
			return error_set(err, rc, "%s: %s", path, strerror(-rc));
	}
	if (wim_is_magic(start, sizeof(start))) {
		wim->path = path;
		wim->fd = fd;
		fd = -1;
		return 0;
	}

	if (memcmp(start, SDI_MAGIC, sizeof(start)) == 0) {
		import->from_sdi = true;
		wim->fd = fd;
		fd = -1;
		return open_sdi(import, wim, err);
	}
	rc = source_open(path, &import->source, err);
	if (rc < 0)
		return rc;
	rc = source_open_wim(import->source, &wim->fd, err);
	if (rc != -EOPNOTSUPP)
		return rc < 0 ? error_prefix(err, rc, "%s", path) : 0;
	wim->is_ours = true;
	rc = store_blob_create(import->store, &wim->fd, err);
	if (rc == 0)
		rc = source_copy(import->source, source_wim_path(import->source), wim->fd,
			UINT64_MAX, import->request->progress, err);
	return rc < 0 ? error_prefix(err, rc, "%s", path) : 0;
}

static int make_base(struct import *import, struct error *err)
{
	struct base_request wim = {
		.store = import->store,
		.scratch = import->scratch,
		.fd = -1,
		.index = import->request->index,
		.progress = import->request->progress,
	};
	int rc = open_wim(import, &wim, err);
	if (rc == 0) {
		rc = is_sdi(import) ? sdi_base_make(&wim, &import->sdi, &import->base, err)
				    : base_make(&wim, &import->base, err);
		if (rc < 0 && import->source != NULL)
			rc = error_prefix(err, rc, "%s: %s", import->request->source,
				source_wim_path(import->source));
		else if (rc < 0)
			rc = error_prefix(err, rc, "%s", import->request->source);
	}
	if (wim.fd >= 0)
		(void)close(wim.fd);
	import->image = (struct wim_place){
		.wim = import->base.wim, .scratch = scratch_folder(import->scratch)};
	return rc;
}

/* ---- the boot files ---- */

static int gather_files(struct import *import, struct error *err)
{
	const struct boot_place image = wim_place_of(&import->image);
	int rc = boot_files_from_image(&import->files, &image, err);
	if (rc == 0 && import->source != NULL) {
		const struct boot_place media = source_place(import->source);
		rc = boot_files_from_media(&import->files, &media, err);
	}
	if (rc == 0 && import->request->boot_files != NULL) {
		const struct base_request lender = {.store = import->store,
			.scratch = import->scratch,
			.fd = -1,
			.progress = import->request->progress};
		rc = boot_files_borrow(&import->files, import->request->boot_files, &lender, err);
	}
	return rc;
}

/* ---- what it is ---- */

static const char *arch_of_program(struct import *import, const char *path)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_LOADER_FILE_BYTES);
	struct pe_head head;
	const struct boot_place image = wim_place_of(&import->image);
	if (image.read(image.context, path, &bytes, NULL) < 0 || bytes.size == 0 ||
		pe_head_parse(bytes.bytes, bytes.size, &head) < 0)
		return NULL;
	return pe_machine_arch(head.machine);
}

static const char *const archs[] = {"amd64", "x86", "arm64", "arm"};

bool image_arch_is_valid(const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (strcmp(archs[i], arch) == 0)
			return true;
	}
	return false;
}

/* From the XML; a WIM captured by hand may have none there, but programs say what they are for. */
static const char *find_arch(struct import *import)
{
	const char *arch = import->base.image.arch;
	if (arch[0] == 0)
		arch = arch_of_program(import, WINLOAD_EFI);
	if (arch == NULL)
		arch = arch_of_program(import, WINLOAD_EXE);
	/* Of a borrowed boot manager it is not known whom it would start. */
	bool borrows = import->request->boot_files != NULL;
	for (size_t i = 0; arch == NULL && !borrows && i < ARRAY_SIZE(archs); i++) {
		if (boot_files_serve(&import->files, "uefi", archs[i]))
			arch = archs[i];
	}
	return arch;
}

static int settle_arch(struct import *import, struct error *err)
{
	const char *told = import->request->arch, *found = find_arch(import);
	const char *source = import->request->source;
	if (found == NULL && told == NULL && is_sdi(import))
		return error_set(err, -EINVAL,
			"%s: nobody can look into the %s volume of this SDI, so say with --arch "
			"whom it is for (amd64, x86, arm64, arm), and with --boot-files where the "
			"boot manager is: an image, a boot.wim or a medium",
			source, volume_kind_name(import->sdi.file_system));
	if (found == NULL && told == NULL)
		return error_set(err, -EINVAL,
			"%s: the WIM names no architecture, and holds neither winload nor a boot "
			"manager to tell it by; say it with --arch",
			source);
	if (found != NULL && told != NULL && strcmp(found, told) != 0)
		return error_set(err, -EINVAL, "--arch %s: %s is for %s, as its programs say", told,
			source, found);
	(void)text_copy(import->arch, sizeof(import->arch), found != NULL ? found : told);
	return 0;
}

static int is_there(void *context, const struct wim_entry *entry)
{
	*(bool *)context = entry->is_file;
	return 0;
}

static bool image_holds(struct import *import, const char *path)
{
	bool found = false;
	/* What cannot be looked into is not said to lack anything. */
	if (import->base.wim == NULL)
		return true;
	return wim_file_look(import->base.wim, 1, path, is_there, &found, NULL) == 0 && found;
}

/* What would otherwise be found out in front of a machine that does not start. */
static void note_gaps(struct import *import)
{
	struct boot_files *files = &import->files;
	const char *arch = import->arch;
	const bool uefi = boot_files_serve(files, "uefi", arch);
	const bool bios = boot_files_serve(files, "bios", arch);
	const char *remedy =
		import->from_sdi ? "; --boot-files names an image or medium that has one"
		: import->source == NULL
			? "; import the whole medium (ISO or ADK folder), which has one"
			: "; import a medium of the same architecture";

	if (import->base.note[0] != 0)
		boot_files_note(files, "%s", import->base.note);
	if (!uefi && !bios)
		boot_files_note(files,
			"no boot manager for %s was found: no machine can start this image by "
			"Windows' own way%s",
			arch, remedy);
	else if (!uefi)
		boot_files_note(files,
			"no UEFI boot manager for %s was found: only BIOS machines can start this "
			"image%s",
			arch, remedy);
	if (uefi && !image_holds(import, WINLOAD_EFI))
		boot_files_note(files,
			"the image holds no \\Windows\\System32\\Boot\\winload.efi: UEFI machines "
			"would load it and stop");
	else if (!uefi && !image_holds(import, WINLOAD_EXE))
		boot_files_note(files,
			"the image holds no \\Windows\\System32\\Boot\\winload.exe: BIOS machines "
			"would load it and stop");
}

/* ---- the record ---- */

static void describe(struct import *import, struct image_record *record)
{
	const struct wim_image *image = &import->base.image;
	(void)text_copy(record->name, sizeof(record->name), import->request->name);
	(void)text_copy(record->arch, sizeof(record->arch), import->arch);
	if (image->has_version) {
		(void)snprintf(record->version, sizeof(record->version),
			"%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32, image->version[0],
			image->version[1], image->version[2], image->version[3]);
		(void)text_copy(record->winpe, sizeof(record->winpe), winpe_name(image->version));
	}
	text_copy_printable(
		record->description, sizeof(record->description), image->name, strlen(image->name));
	/* Whole: whoever reads it later sits in another folder. */
	CLEANUP(memory_freep) char *whole = realpath(import->request->source, NULL);
	const char *source = whole != NULL ? whole : import->request->source;
	text_copy_printable(record->source, sizeof(record->source), source, strlen(source));
	record->boot_index = is_sdi(import) ? 0 : 1;
	record->revision = 1;
	record->is_sdi = is_sdi(import);
	record->ramdisk_offset = is_sdi(import) ? import->sdi.offset : 0;
	record->ramdisk_length = is_sdi(import) ? import->sdi.length : 0;
	record->created_ms = import->request->now_ms;
}

/* A WIM that does not say which Windows it is has drivers that are for nobody knows what. */
static int read_inbox(struct import *import, struct error *err)
{
	CLEANUP(image_record_clear) struct image_record record = {0};
	struct target target;
	struct error why = ERROR_NULL;
	describe(import, &record);
	if (import->base.wim == NULL || image_target(&record, &target, &why) < 0)
		return 0;
	import->has_inbox = true;
	return inbox_read(import->base.wim, &target, import->scratch, import->request->progress,
		&import->inbox, err);
}

static int keep_files(struct import *import, struct image_record *record, struct error *err)
{
	if (import->files.n_files == 0)
		return 0;
	record->files = calloc(import->files.n_files, sizeof(*record->files));
	if (record->files == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < import->files.n_files; i++) {
		const struct boot_file *from = &import->files.files[i];
		struct image_file *to = &record->files[record->n_files++];
		(void)text_copy(to->name, sizeof(to->name), from->name);
		int rc = store_blob_add_bytes(
			import->store, from->bytes.bytes, from->bytes.size, &to->blob, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int keep_outline(struct import *import, struct image_record *record, struct error *err)
{
	const struct buffer *outline = &import->base.outline;
	return outline->size == 0 ? 0
				  : store_blob_add_bytes(import->store, outline->bytes,
					    outline->size, &record->outline, err);
}

static int keep(struct import *import, struct import_result *ret_result, struct error *err)
{
	CLEANUP(image_record_clear) struct image_record record = {0};
	describe(import, &record);
	int rc = keep_files(import, &record, err);
	if (rc == 0)
		rc = keep_outline(import, &record, err);
	if (rc < 0)
		return rc;
	int fd = import->base.fd;
	import->base.fd = -1;
	progress_tell(import->request->progress, "hashing", 0, 0);
	rc = store_blob_commit(import->store, fd, &record.base, err);
	if (rc == 0)
		rc = inbox_keep(import->store, &record, import->request->replace,
			import->has_inbox ? &import->inbox : NULL, err);
	/* As it is now: one whose base is the same has kept its revisions. */
	if (rc == 0) {
		image_record_clear(&record);
		rc = store_image_get(import->store, import->request->name, &record, err);
	}
	if (rc < 0)
		return rc;

	*ret_result = (struct import_result){
		.record = record,
		.source_index = import->base.source_index,
		.has_inbox = import->has_inbox,
		.n_inbox = import->inbox.n_packages,
		.n_inbox_bare = import->inbox.n_bare,
		.n_inbox_skipped = import->inbox.n_skipped,
		.n_warnings = import->files.n_notes,
	};
	record = (struct image_record){0};
	for (size_t i = 0; i < import->inbox.n_packages; i++)
		ret_result->n_inbox_nics +=
			text_equal_nocase(import->inbox.packages[i].class, "Net");
	(void)text_copy(ret_result->source_kind, sizeof(ret_result->source_kind),
		import->source != NULL ? source_kind(import->source)
		: import->from_sdi     ? "SDI"
				       : "WIM");
	(void)text_copy(
		ret_result->converted, sizeof(ret_result->converted), import->base.converted);
	memcpy(ret_result->warnings, import->files.notes, sizeof(ret_result->warnings));
	return 0;
}

int image_import(struct store *store, const struct import_request *request,
	struct import_result *ret_result, struct error *err)
{
	CLEANUP(import_clear)
	struct import import = {.request = request, .store = store, .base = {.fd = -1}};

	int rc = check_name(&import, err);
	if (rc == 0)
		rc = scratch_open(request->state, &import.scratch, err);
	if (rc == 0)
		rc = make_base(&import, err);
	if (rc == 0)
		rc = gather_files(&import, err);
	if (rc == 0)
		rc = settle_arch(&import, err);
	if (rc == 0)
		rc = read_inbox(&import, err);
	if (rc == 0) {
		note_gaps(&import);
		rc = keep(&import, ret_result, err);
	}
	return rc;
}

void import_result_clear(struct import_result *result)
{
	image_record_clear(&result->record);
}
