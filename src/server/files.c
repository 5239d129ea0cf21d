/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/files.h"

#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "boot/firmware.h"
#include "boot/script.h"
#include "image/bcd.h"
#include "image/boot_sdi.h"
#include "server/clock.h"
#include "server/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TRANSFERS_MAX      (LIMIT_TFTP_SESSIONS + LIMIT_HTTP_CONNECTIONS)
#define PROGRESS_PERIOD_MS 200
#define PROGRESS_STEPS     100 /* at most so many progress events of one transfer */

struct transfer {
	uint32_t generation; /* told apart from those that had this slot before */
	bool is_used, is_announced;
	bool is_head;
	enum file_transport transport;
	enum tree_kind kind;
	enum boot_loader loader;
	char boot_id[BOOT_ID_BYTES];
	char path[LIMIT_PATH_BYTES];
	char name[64];
	uint64_t size, told_bytes;
	int64_t started_ms, told_ms;
	uint32_t next_free;
};

struct files {
	struct files_config config;
	struct file_source source;
	struct files_counters counters;
	uint32_t first_free; /* TRANSFERS_MAX: none */
	struct transfer transfers[TRANSFERS_MAX];
};

/* ---- transfers ---- */

static uint64_t transfer_id(const struct files *files, const struct transfer *transfer)
{
	/* Never 0, which would mean that nobody wants to know. */
	return (uint64_t)transfer->generation << 32 | (uint64_t)(transfer - files->transfers + 1);
}

static struct transfer *transfer_find(struct files *files, uint64_t id)
{
	uint64_t slot = (id & UINT32_MAX) - 1;
	if (slot >= TRANSFERS_MAX)
		return NULL;
	struct transfer *transfer = &files->transfers[slot];
	return transfer->is_used && transfer->generation == id >> 32 ? transfer : NULL;
}

static struct transfer *transfer_new(struct files *files)
{
	if (files->first_free == TRANSFERS_MAX)
		return NULL;
	struct transfer *transfer = &files->transfers[files->first_free];
	files->first_free = transfer->next_free;
	*transfer = (struct transfer){.generation = transfer->generation + 1, .is_used = true};
	return transfer;
}

static void transfer_end(struct files *files, struct transfer *transfer)
{
	transfer->is_used = false;
	transfer->next_free = files->first_free;
	files->first_free = (uint32_t)(transfer - files->transfers);
}

static const char *role_name(enum tree_kind kind)
{
	static const char *const names[] = {
		[TREE_NOTHING] = "nothing",
		[TREE_LOADER] = "loader",
		[TREE_BOOTMGR] = "bootmgr",
		[TREE_BCD] = "bcd",
		[TREE_SDI] = "sdi",
		[TREE_WIM] = "wim",
		[TREE_IMAGE_SDI] = "image-sdi",
		[TREE_FONT] = "font",
		[TREE_STL] = "stl",
		[TREE_SCRIPT] = "script",
		[TREE_WIMBOOT] = "wimboot",
		[TREE_REPORT] = "report",
	};
	return names[kind];
}

static const char *transport_name(enum file_transport transport)
{
	return transport == FILE_TFTP ? "tftp" : "http";
}

static void announce(
	struct files *files, struct boot *boot, struct transfer *transfer, int64_t now_ms)
{
	if (transfer->is_announced)
		return;
	transfer->is_announced = true;
	boots_event(files->config.guide->boots, boot, now_ms, "file",
		json_pack("{s:s, s:s, s:s, s:s, s:I}", "path", transfer->path, "name",
			transfer->name, "role", role_name(transfer->kind), "transport",
			transport_name(transfer->transport), "size", (json_int_t)transfer->size));
}

static void on_progress(void *context, uint64_t id, uint64_t bytes)
{
	struct files *files = context;
	struct transfer *transfer = transfer_find(files, id);
	int64_t now_ms = clock_now_ms();
	if (transfer == NULL)
		return;
	struct boots *boots = files->config.guide->boots;
	struct boot *boot = boots_by_id(boots, transfer->boot_id);
	if (boot == NULL)
		return;
	boots_heard(boots, boot, now_ms);
	if (bytes < transfer->told_bytes + transfer->size / PROGRESS_STEPS ||
		now_ms - transfer->told_ms < PROGRESS_PERIOD_MS)
		return;
	transfer->told_bytes = bytes;
	transfer->told_ms = now_ms;
	announce(files, boot, transfer, now_ms);
	boots_event(boots, boot, now_ms, "progress",
		json_pack("{s:s, s:I, s:I}", "path", transfer->path, "bytes", (json_int_t)bytes,
			"size", (json_int_t)transfer->size));
}

static const char *end_name(enum file_end end)
{
	static const char *const names[] = {
		[FILE_END_DONE] = "done",
		[FILE_END_PROBE] = "probe",
		[FILE_END_ABORTED] = "aborted",
		[FILE_END_TIMEOUT] = "timeout",
		[FILE_END_FAILED] = "failed",
	};
	return names[end];
}

static json_t *done_details(
	const struct transfer *transfer, const struct file_outcome *outcome, int64_t took_ms)
{
	json_t *details = json_pack("{s:s, s:s, s:I, s:I, s:f}", "path", transfer->path, "end",
		end_name(outcome->end), "bytes", (json_int_t)outcome->bytes, "size",
		(json_int_t)transfer->size, "seconds", (double)took_ms / 1000);
	if (details != NULL && transfer->transport == FILE_TFTP) {
		(void)json_object_set_new(details, "block", json_integer(outcome->block_bytes));
		(void)json_object_set_new(details, "window", json_integer(outcome->window_blocks));
		(void)json_object_set_new(
			details, "variable_window", json_boolean(outcome->variable_window));
		(void)json_object_set_new(
			details, "resent", json_integer((json_int_t)outcome->resent_bytes));
	}
	if (details != NULL && outcome->detail != NULL)
		(void)json_object_set_new(details, "detail", json_string(outcome->detail));
	return details;
}

static void note_delivery(struct files *files, struct boot *boot, const struct transfer *transfer,
	const struct file_outcome *outcome)
{
	files->counters.n_delivered++;
	bool is_ipxe =
		transfer->kind == TREE_LOADER && (transfer->loader == BOOT_LOADER_UNDIONLY ||
							 transfer->loader == BOOT_LOADER_IPXE_X64);
	if (is_ipxe)
		boot->facts.loaded_ipxe = true;
	else
		boot->facts.loaded_file = true;
	if ((transfer->kind == TREE_WIM || transfer->kind == TREE_IMAGE_SDI) &&
		outcome->bytes == transfer->size)
		boot->facts.image_delivered = true;
}

static void log_end(const struct boot *boot, const struct transfer *transfer,
	const struct file_outcome *outcome, int64_t took_ms)
{
	enum log_level level = outcome->end == FILE_END_PROBE  ? LOG_DEBUG
			       : outcome->end == FILE_END_DONE ? LOG_INFO
							       : LOG_WARNING;
	log_line(level,
		"event=file boot=%s client=%s file=%s transport=%s end=%s bytes=%llu of=%llu "
		"ms=%lld block=%u window=%u%s resent=%llu detail=\"%s\"",
		boot->record.id, boot->record.client, transfer->name,
		transport_name(transfer->transport), end_name(outcome->end),
		(unsigned long long)outcome->bytes, (unsigned long long)transfer->size,
		(long long)took_ms, outcome->block_bytes, outcome->window_blocks,
		outcome->variable_window ? " msftwindow=1" : "",
		(unsigned long long)outcome->resent_bytes,
		outcome->detail != NULL ? outcome->detail : "");
}

static void on_ended(void *context, uint64_t id, const struct file_outcome *outcome)
{
	struct files *files = context;
	struct transfer *transfer = transfer_find(files, id);
	int64_t now_ms = clock_now_ms();
	if (transfer == NULL)
		return;
	struct boots *boots = files->config.guide->boots;
	struct boot *boot = boots_by_id(boots, transfer->boot_id);
	int64_t took_ms = now_ms - transfer->started_ms;
	files->counters.n_bytes += outcome->bytes;
	if (outcome->end == FILE_END_FAILED)
		files->counters.n_failed++;
	if (boot != NULL) {
		boots_heard(boots, boot, now_ms);
		announce(files, boot, transfer, now_ms);
		boots_event(boots, boot, now_ms, "done", done_details(transfer, outcome, took_ms));
		if (outcome->end == FILE_END_DONE)
			note_delivery(files, boot, transfer, outcome);
		log_end(boot, transfer, outcome, took_ms);
	}
	transfer_end(files, transfer);
}

/* ---- views ---- */

/* What all that makes a view needs. */
struct wish {
	struct files *files;
	const struct file_request *request;
	const struct tree_entry *entry;
	struct boot *boot;
	const struct image_record *image;
};

static int image_file_view(
	const struct wish *wish, const char *name, struct view **ret_view, struct error *err)
{
	for (size_t i = 0; i < wish->image->n_files; i++)
		if (strcmp(wish->image->files[i].name, name) == 0)
			return view_cache_blob(wish->files->config.cache,
				&wish->image->files[i].blob, ret_view, err);
	return -ENOENT;
}

static int installed_view(
	const struct wish *wish, const char *path, struct view **ret_view, struct error *err)
{
	if (path[0] == 0)
		return -ENOENT;
	return view_cache_path(wish->files->config.cache, path, ret_view, err);
}

/* The image as the boot's revision has it. */
static int image_view(const struct wish *wish, struct view **ret_view, struct error *err)
{
	return view_cache_revision(
		wish->files->config.cache, wish->image, wish->boot->record.revision, ret_view, err);
}

static int image_size(const struct wish *wish, uint64_t *ret_size, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = image_view(wish, &view, err);
	if (rc == 0)
		*ret_size = view_size(view);
	return rc;
}

static int view_of_bytes(const void *bytes, size_t n, struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_copy(view, bytes, n);
	if (rc == 0)
		*ret_view = TAKE(view);
	return rc;
}

static bool is_uefi(const struct boot *boot)
{
	const struct firmware_arch *arch = firmware_arch(boot->client.arch);
	/* What loads a BCD without ever having said what it is came by an iPXE or a hand-made DHCP
	 * server; UEFI is the likelier. */
	return arch == NULL || arch->kind != FIRMWARE_BIOS;
}

static int make_bcd(const struct wish *wish, struct buffer *out, struct error *err)
{
	const struct config *config = wish->files->config.config;
	char sdi_path[LIMIT_PATH_BYTES], wim_path[LIMIT_PATH_BYTES];
	char image_sdi_path[LIMIT_PATH_BYTES] = "\\boot\\image.sdi";
	struct image_bcd_parameters parameters = {.description = wish->image->name,
		.sdi_path = "\\boot\\boot.sdi",
		.wim_path = "\\sources\\boot.wim",
		.image_sdi_path = wish->image->is_sdi ? image_sdi_path : NULL,
		.ramdisk_offset = wish->image->ramdisk_offset,
		.ramdisk_length = wish->image->ramdisk_length,
		.is_uefi = is_uefi(wish->boot)};
	if (!wish->entry->is_media) {
		tree_path(wish->boot->record.id, "boot.sdi", '\\', sdi_path);
		tree_path(wish->boot->record.id, "boot.wim", '\\', wim_path);
		tree_path(wish->boot->record.id, "image.sdi", '\\', image_sdi_path);
		parameters.sdi_path = sdi_path;
		parameters.wim_path = wim_path;
		parameters.tftp_block_bytes = config->bcd_block_bytes;
		parameters.tftp_window_blocks = config->bcd_window_blocks;
		uint64_t size = 0;
		int rc = image_size(wish, &size, err);
		if (rc < 0)
			return rc;
		parameters.tftp_variable_window = config_wants_variable_window(config, size);
	}
	return image_bcd_build(&parameters, out, err);
}

static const struct boot_image *catalogue_image(const struct guide *guide, const char *name)
{
	const struct boot_catalogue *catalogue = catalogue_images(guide->catalogue);
	for (size_t i = 0; i < catalogue->n_images; i++)
		if (strcmp(catalogue->images[i].name, name) == 0)
			return &catalogue->images[i];
	return NULL;
}

static int make_script(const struct wish *wish, struct buffer *out, struct error *err)
{
	const struct files_config *config = &wish->files->config;
	struct boot_script script = {.boot_id = wish->boot->record.id,
		.server = wish->request->local,
		.http_port = config->guide->http_port,
		.client = &wish->boot->client,
		.image = catalogue_image(config->guide, wish->image->name),
		.revision = wish->boot->record.revision,
		.has_wimboot = config->guide->policy.has_wimboot,
		.template = config->script_template};
	if (script.image == NULL)
		return -ENOENT;
	int rc = boot_script_write(&script, out);
	return rc < 0 ? error_set(err, rc, "cannot write the iPXE script: %s", strerror(-rc)) : 0;
}

/* What is made for one boot is made once, or the same again: its bytes must not change between a
 * probe and a read. */
static int made_view(const struct wish *wish, enum boot_made which, size_t max_bytes,
	int (*make)(const struct wish *wish, struct buffer *out, struct error *err),
	struct view **ret_view, struct error *err)
{
	if (wish->boot->made[which] == NULL) {
		struct buffer bytes = buffer_with_max(max_bytes);
		struct view *view = NULL;
		int rc = make(wish, &bytes, err);
		if (rc == 0)
			rc = view_of_bytes(bytes.bytes, bytes.size, &view);
		buffer_free(&bytes);
		if (rc < 0)
			return rc;
		boots_made(wish->files->config.guide->boots, wish->boot, which, view);
	}
	*ret_view = view_ref(wish->boot->made[which]);
	return 0;
}

static int sdi_view(struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	size_t size;
	const uint8_t *bytes = boot_sdi_bytes(&size);
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_static(view, bytes, size);
	if (rc == 0)
		*ret_view = TAKE(view);
	return rc;
}

static int loader_view(const struct wish *wish, struct view **ret_view, struct error *err)
{
	const struct config *config = wish->files->config.config;
	switch (wish->entry->loader) {
	case BOOT_LOADER_UNDIONLY: return installed_view(wish, config->undionly, ret_view, err);
	case BOOT_LOADER_IPXE_X64: return installed_view(wish, config->ipxe_x64, ret_view, err);
	default: return image_file_view(wish, boot_loader_name(wish->entry->loader), ret_view, err);
	}
}

static int find_view(const struct wish *wish, struct view **ret_view, struct error *err)
{
	switch (wish->entry->kind) {
	case TREE_LOADER: return loader_view(wish, ret_view, err);
	case TREE_BOOTMGR: return image_file_view(wish, "bootmgr.exe", ret_view, err);
	case TREE_FONT:
	case TREE_STL: return image_file_view(wish, wish->entry->name, ret_view, err);
	case TREE_BCD:
		return made_view(wish,
			wish->entry->is_media ? BOOT_MADE_BCD_HTTP : BOOT_MADE_BCD_TFTP,
			LIMIT_BCD_BYTES, make_bcd, ret_view, err);
	case TREE_SCRIPT:
		return made_view(
			wish, BOOT_MADE_SCRIPT, BOOT_SCRIPT_BYTES_MAX, make_script, ret_view, err);
	case TREE_SDI: return sdi_view(ret_view);
	case TREE_WIM:
	case TREE_IMAGE_SDI:
		return wish->image->is_sdi == (wish->entry->kind == TREE_IMAGE_SDI)
			       ? image_view(wish, ret_view, err)
			       : -ENOENT;
	case TREE_WIMBOOT:
		return installed_view(wish, wish->files->config.config->wimboot, ret_view, err);
	case TREE_NOTHING:
	case TREE_REPORT: break;
	}
	return -ENOENT;
}

static const char *content_type(const struct tree_entry *entry)
{
	/* edk2 asks for this type, or for a name that it can guess it from. */
	if (strcmp(path_extension(entry->name), ".efi") == 0)
		return "application/efi";
	return entry->kind == TREE_SCRIPT ? "text/plain" : "application/octet-stream";
}

/* ---- reports ---- */

static int take_report(struct files *files, struct boot *boot, const char *query, size_t length,
	int64_t now_ms, struct file_answer *ret_answer)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct boots *boots = files->config.guide->boots;
	struct report report;
	int rc = view_new(&view);
	if (rc < 0)
		return rc;
	report_parse(query, length < LIMIT_REPORT_BYTES ? length : LIMIT_REPORT_BYTES, &report);
	json_t *details = json_object();
	for (size_t i = 0; details != NULL && i < report.n_fields; i++)
		(void)json_object_set_new(
			details, report.fields[i].key, json_string(report.fields[i].value));
	files->counters.n_reports++;
	boots_heard(boots, boot, now_ms);
	boots_event(boots, boot, now_ms, "report", details);

	const char *verdict = report_value(&report, "verdict");
	if (verdict != NULL && strcmp(verdict, "booted") == 0)
		boots_verdict(boots, boot, now_ms, BOOT_VERDICT_BOOTED, report_words(&report));
	else if (verdict != NULL && strcmp(verdict, "failed") == 0)
		boots_verdict(boots, boot, now_ms, BOOT_VERDICT_FAILED, report_words(&report));
	*ret_answer = (struct file_answer){
		.view = TAKE(view), .content_type = "text/plain", .no_cache = true};
	return 0;
}

/* ---- requests ---- */

static void note_absent(struct files *files, const struct file_request *request,
	const struct tree_entry *entry, int64_t now_ms)
{
	struct boots *boots = files->config.guide->boots;
	struct boot *boot = entry->boot_id[0] != 0 ? boots_by_id(boots, entry->boot_id)
						   : boots_by_address(boots, request->peer);
	files->counters.n_absent++;
	if (boot == NULL)
		return;
	boots_heard(boots, boot, now_ms);
	boots_event(boots, boot, now_ms, "absent",
		json_pack("{s:s, s:b}", "path", entry->path, "speculative", entry->is_speculative));
}

static int open_view_for(struct files *files, const struct file_request *request,
	const struct tree_entry *entry, struct boot *boot, struct view **ret_view)
{
	struct error err = ERROR_NULL;
	struct wish wish = {.files = files,
		.request = request,
		.entry = entry,
		.boot = boot,
		.image = catalogue_record(files->config.guide->catalogue, boot->record.image)};
	if (wish.image == NULL)
		return -ENOENT; /* it has been removed under the boot */
	int rc = find_view(&wish, ret_view, &err);
	/* Without words it is a file that this image does not have. */
	if (rc < 0 && (rc != -ENOENT || err.text[0] != 0))
		log_error("event=file-failed boot=%s file=%s reason=\"%s\"", boot->record.id,
			entry->name, err.text[0] != 0 ? err.text : strerror(-rc));
	return rc;
}

static uint64_t begin_transfer(struct files *files, const struct file_request *request,
	const struct tree_entry *entry, const struct boot *boot, uint64_t size, int64_t now_ms)
{
	struct transfer *transfer = transfer_new(files);
	if (transfer == NULL)
		return 0; /* it is served all the same, only nobody follows it */
	transfer->transport = request->transport;
	transfer->kind = entry->kind;
	transfer->loader = entry->loader;
	transfer->size = size;
	transfer->started_ms = transfer->told_ms = now_ms;
	(void)text_copy(transfer->boot_id, sizeof(transfer->boot_id), boot->record.id);
	(void)text_copy(transfer->name, sizeof(transfer->name), entry->name);
	text_copy_printable(
		transfer->path, sizeof(transfer->path), request->path, request->path_length);
	return transfer_id(files, transfer);
}

static int count_refusal(struct files *files, int rc)
{
	if (rc == -ENOENT)
		files->counters.n_absent++;
	else if (rc == -EACCES || rc == -EINVAL || rc == -ENAMETOOLONG)
		files->counters.n_refused++;
	else
		files->counters.n_failed++;
	return rc;
}

static int on_open(
	void *context, const struct file_request *request, struct file_answer *ret_answer)
{
	struct files *files = context;
	struct tree_entry entry;
	struct boot *boot = NULL;
	int64_t now_ms = clock_now_ms();

	/* Over TFTP a report has its query in the name. */
	struct file_request asked = *request;
	const char *question = memchr(asked.path, '?', asked.path_length);
	const char *query = asked.query;
	size_t query_length = query != NULL ? strlen(query) : 0;
	if (query == NULL && question != NULL) {
		query = question + 1;
		query_length = asked.path_length - (size_t)(query - asked.path);
		asked.path_length = (size_t)(question - asked.path);
	}
	int rc = tree_lookup(asked.path, asked.path_length, &entry);
	if (rc < 0)
		return count_refusal(files, rc);
	if (entry.kind == TREE_NOTHING) {
		note_absent(files, &asked, &entry, now_ms);
		return -ENOENT;
	}
	rc = guide_boot_for_file(files->config.guide, &asked, &entry, now_ms, &boot);
	if (rc < 0)
		return count_refusal(files, rc);
	if (entry.kind == TREE_REPORT)
		return take_report(
			files, boot, query != NULL ? query : "", query_length, now_ms, ret_answer);
	struct view *view = NULL;
	rc = open_view_for(files, &asked, &entry, boot, &view);
	if (rc == -ENOENT) {
		note_absent(files, &asked, &entry, now_ms);
		return rc;
	}
	if (rc < 0)
		return count_refusal(files, rc);
	boots_heard(files->config.guide->boots, boot, now_ms);
	files->counters.n_opened++;
	*ret_answer = (struct file_answer){.view = view,
		.content_type = content_type(&entry),
		.transfer = begin_transfer(files, &asked, &entry, boot, view_size(view), now_ms),
		.no_cache = entry.kind == TREE_BCD || entry.kind == TREE_SCRIPT};
	return 0;
}

/* ---- life ---- */

int files_new(const struct files_config *config, struct files **ret_files)
{
	struct files *files = calloc(1, sizeof(*files));
	if (files == NULL)
		return -ENOMEM;
	files->config = *config;
	files->source = (struct file_source){
		.context = files, .open = on_open, .progress = on_progress, .ended = on_ended};
	files->first_free = 0;
	for (uint32_t i = 0; i < TRANSFERS_MAX; i++)
		files->transfers[i].next_free = i + 1;
	*ret_files = files;
	return 0;
}

struct files *files_free(struct files *files)
{
	free(files);
	return NULL;
}

const struct file_source *files_source(const struct files *files)
{
	return &files->source;
}

const struct files_counters *files_counters(const struct files *files)
{
	return &files->counters;
}
