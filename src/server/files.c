/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/files.h"

#include "base/log.h"
#include "base/path.h"
#include "server/clock.h"
#include "server/file_transfers.h"
#include "server/report.h"

#include <errno.h>
#include <string.h>

struct files {
	struct files_config config;
	struct file_source source;
	struct files_counters counters;
	struct file_transfers *transfers;
};

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
	struct file_wish wish = {.from = &files->config,
		.entry = entry,
		.boot = boot,
		.image = catalogue_record(files->config.guide->catalogue, boot->record.image),
		.server = request->local};
	if (wish.image == NULL)
		return -ENOENT; /* it has been removed under the boot */
	int rc = file_view_find(&wish, ret_view, &err);
	/* Without words it is a file that this image does not have. */
	if (rc < 0 && (rc != -ENOENT || err.text[0] != 0))
		log_error("event=file-failed boot=%s file=%s reason=\"%s\"", boot->record.id,
			entry->name, err.text[0] != 0 ? err.text : strerror(-rc));
	return rc;
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
		.transfer = file_transfers_begin(
			files->transfers, &asked, &entry, boot, view_size(view), now_ms),
		.no_cache = entry.kind == TREE_BCD || entry.kind == TREE_SCRIPT};
	return 0;
}

static void on_progress(void *context, uint64_t id, uint64_t bytes)
{
	struct files *files = context;
	file_transfers_progress(
		files->transfers, files->config.guide->boots, id, bytes, clock_now_ms());
}

static void on_ended(void *context, uint64_t id, const struct file_outcome *outcome)
{
	struct files *files = context;
	int rc = file_transfers_end(
		files->transfers, files->config.guide->boots, id, outcome, clock_now_ms());
	if (rc < 0)
		return;
	files->counters.n_bytes += outcome->bytes;
	files->counters.n_failed += outcome->end == FILE_END_FAILED;
	files->counters.n_delivered += rc > 0;
}

/* ---- life ---- */

int files_new(const struct files_config *config, struct files **ret_files)
{
	CLEANUP(files_freep) struct files *files = calloc(1, sizeof(*files));
	if (files == NULL)
		return -ENOMEM;
	int rc = file_transfers_new(&files->transfers);
	if (rc < 0)
		return rc;
	files->config = *config;
	files->source = (struct file_source){
		.context = files, .open = on_open, .progress = on_progress, .ended = on_ended};
	*ret_files = TAKE(files);
	return 0;
}

struct files *files_free(struct files *files)
{
	if (files == NULL)
		return NULL;
	(void)file_transfers_free(files->transfers);
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
