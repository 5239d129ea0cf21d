/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/file_transfers.h"

#include "base/log.h"
#include "base/text.h"

#include <errno.h>

#define TRANSFERS_MAX      (LIMIT_TFTP_SESSIONS + LIMIT_HTTP_CONNECTIONS)
#define PROGRESS_PERIOD_MS 200
#define PROGRESS_STEPS     100 /* at most so many progress events of one transfer */

struct transfer {
	uint32_t generation; /* told apart from those that had this slot before */
	bool is_used, is_announced;
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

struct file_transfers {
	uint32_t first_free; /* TRANSFERS_MAX: none */
	struct transfer slots[TRANSFERS_MAX];
};

/* ---- the table ---- */

int file_transfers_new(struct file_transfers **ret_transfers)
{
	struct file_transfers *transfers = calloc(1, sizeof(*transfers));
	if (transfers == NULL)
		return -ENOMEM;
	transfers->first_free = 0;
	for (uint32_t i = 0; i < TRANSFERS_MAX; i++)
		transfers->slots[i].next_free = i + 1;
	*ret_transfers = transfers;
	return 0;
}

struct file_transfers *file_transfers_free(struct file_transfers *transfers)
{
	free(transfers);
	return NULL;
}

static uint64_t transfer_id(const struct file_transfers *transfers, const struct transfer *transfer)
{
	/* Never 0, which would mean that nobody wants to know. */
	return (uint64_t)transfer->generation << 32 | (uint64_t)(transfer - transfers->slots + 1);
}

static struct transfer *transfer_find(struct file_transfers *transfers, uint64_t id)
{
	uint64_t slot = (id & UINT32_MAX) - 1;
	if (slot >= TRANSFERS_MAX)
		return NULL;
	struct transfer *transfer = &transfers->slots[slot];
	return transfer->is_used && transfer->generation == id >> 32 ? transfer : NULL;
}

static struct transfer *transfer_new(struct file_transfers *transfers)
{
	if (transfers->first_free == TRANSFERS_MAX)
		return NULL;
	struct transfer *transfer = &transfers->slots[transfers->first_free];
	transfers->first_free = transfer->next_free;
	*transfer = (struct transfer){.generation = transfer->generation + 1, .is_used = true};
	return transfer;
}

static void transfer_end(struct file_transfers *transfers, struct transfer *transfer)
{
	transfer->is_used = false;
	transfer->next_free = transfers->first_free;
	transfers->first_free = (uint32_t)(transfer - transfers->slots);
}

uint64_t file_transfers_begin(struct file_transfers *transfers, const struct file_request *request,
	const struct tree_entry *entry, const struct boot *boot, uint64_t size, int64_t now_ms)
{
	struct transfer *transfer = transfer_new(transfers);
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
	return transfer_id(transfers, transfer);
}

/* ---- its timeline ---- */

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
	struct boots *boots, struct boot *boot, struct transfer *transfer, int64_t now_ms)
{
	if (transfer->is_announced)
		return;
	transfer->is_announced = true;
	boots_event(boots, boot, now_ms, "file",
		json_pack("{s:s, s:s, s:s, s:s, s:I}", "path", transfer->path, "name",
			transfer->name, "role", role_name(transfer->kind), "transport",
			transport_name(transfer->transport), "size", (json_int_t)transfer->size));
}

void file_transfers_progress(struct file_transfers *transfers, struct boots *boots, uint64_t id,
	uint64_t bytes, int64_t now_ms)
{
	struct transfer *transfer = transfer_find(transfers, id);
	struct boot *boot = transfer != NULL ? boots_by_id(boots, transfer->boot_id) : NULL;
	if (boot == NULL)
		return;
	boots_heard(boots, boot, now_ms);
	if (bytes < transfer->told_bytes + transfer->size / PROGRESS_STEPS ||
		now_ms - transfer->told_ms < PROGRESS_PERIOD_MS)
		return;
	transfer->told_bytes = bytes;
	transfer->told_ms = now_ms;
	announce(boots, boot, transfer, now_ms);
	boots_event(boots, boot, now_ms, "progress",
		json_pack("{s:s, s:I, s:I}", "path", transfer->path, "bytes", (json_int_t)bytes,
			"size", (json_int_t)transfer->size));
}

static json_t *done_details(
	const struct transfer *transfer, const struct file_outcome *outcome, int64_t took_ms)
{
	json_t *details = json_pack("{s:s, s:s, s:I, s:I, s:f}", "path", transfer->path, "end",
		file_end_name(outcome->end), "bytes", (json_int_t)outcome->bytes, "size",
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

static void note_delivery(
	struct boot *boot, const struct transfer *transfer, const struct file_outcome *outcome)
{
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
		transport_name(transfer->transport), file_end_name(outcome->end),
		(unsigned long long)outcome->bytes, (unsigned long long)transfer->size,
		(long long)took_ms, outcome->block_bytes, outcome->window_blocks,
		outcome->variable_window ? " msftwindow=1" : "",
		(unsigned long long)outcome->resent_bytes,
		outcome->detail != NULL ? outcome->detail : "");
}

int file_transfers_end(struct file_transfers *transfers, struct boots *boots, uint64_t id,
	const struct file_outcome *outcome, int64_t now_ms)
{
	struct transfer *transfer = transfer_find(transfers, id);
	if (transfer == NULL)
		return -ENOENT;
	struct boot *boot = boots_by_id(boots, transfer->boot_id);
	bool is_delivered = boot != NULL && outcome->end == FILE_END_DONE;
	int64_t took_ms = now_ms - transfer->started_ms;
	if (boot != NULL) {
		boots_heard(boots, boot, now_ms);
		announce(boots, boot, transfer, now_ms);
		boots_event(boots, boot, now_ms, "done", done_details(transfer, outcome, took_ms));
		if (is_delivered)
			note_delivery(boot, transfer, outcome);
		log_end(boot, transfer, outcome, took_ms);
	}
	transfer_end(transfers, transfer);
	return is_delivered;
}
