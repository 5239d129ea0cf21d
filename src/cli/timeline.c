/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/timeline.h"

#include "base/path.h"
#include "base/text.h"
#include "cli/table.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES   600
#define WORD_COLUMNS 10

static void decref_jsonp(json_t **value)
{
	json_decref(*value);
}

/* Strings of details come from packets: printable, and "" where there is none. */
static const char *string_of(const json_t *details, const char *key, char text[static TEXT_BYTES])
{
	const char *value = json_string_value(json_object_get(details, key));
	text_copy_printable(
		text, TEXT_BYTES, value != NULL ? value : "", value != NULL ? strlen(value) : 0);
	return text;
}

static uint64_t number_of(const json_t *details, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(details, key));
	return value > 0 ? (uint64_t)value : 0;
}

/* "   12.345  word        text" */
static int add_line(const struct timeline *timeline, int64_t time_ms, const char *word,
	const char *text, struct buffer *out)
{
	int64_t ms = time_ms > timeline->started_ms ? time_ms - timeline->started_ms : 0;
	return buffer_printf(out, "%6lld.%03d  %-*s%s%s\n", (long long)(ms / 1000),
		(int)(ms % 1000), text[0] != 0 ? WORD_COLUMNS : 0, word, text[0] != 0 ? " " : "",
		text);
}

/* ---- files ---- */

static const char *word_of_role(const char *role, bool *ret_is_large)
{
	static const struct {
		const char *role, *word;
		bool is_large;
	} roles[] = {
		{"bcd", "BCD", false},
		{"sdi", "boot.sdi", true},
		{"wim", "boot.wim", true},
		{"image-sdi", "image.sdi", true},
		{"stl", "boot.stl", false},
	};
	*ret_is_large = false;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (strcmp(roles[i].role, role) == 0) {
			*ret_is_large = roles[i].is_large;
			return roles[i].word;
		}
	}
	return role[0] != 0 ? role : "file";
}

static struct timeline_file *find_file(struct timeline *timeline, const char *path)
{
	/* The newest first: a path may have been asked for before. */
	for (size_t i = 0; i < TIMELINE_FILES_MAX; i++) {
		size_t at = (timeline->next_file + TIMELINE_FILES_MAX - 1 - i) % TIMELINE_FILES_MAX;
		if (strcmp(timeline->files[at].path, path) == 0)
			return &timeline->files[at];
	}
	return NULL;
}

static void begin_file(
	struct timeline *timeline, const struct boot_event *event, const json_t *details)
{
	char text[TEXT_BYTES];
	struct timeline_file *file = &timeline->files[timeline->next_file];
	timeline->next_file = (timeline->next_file + 1) % TIMELINE_FILES_MAX;
	*file = (struct timeline_file){
		.started_ms = event->time_ms,
		.size = number_of(details, "size"),
		.is_active = true,
	};
	(void)text_copy(file->path, sizeof(file->path), string_of(details, "path", text));
	(void)text_copy(file->word, sizeof(file->word),
		word_of_role(string_of(details, "role", text), &file->is_large));
	(void)text_copy(
		file->transport, sizeof(file->transport), string_of(details, "transport", text));
	for (char *c = file->transport; *c != 0; c++)
		*c = text_upper(*c);
}

/* "466 MB in 12 s, 39 MB/s (TFTP, block 1456, window 16, 1.2 MB sent again)" */
static void done_text(const struct timeline_file *file, const json_t *details, uint64_t bytes,
	char *text, size_t size)
{
	char bytes_text[SIZE_TEXT_BYTES], took_text[DURATION_TEXT_BYTES], rate_text[48] = "";
	char how[160] = "", resent_text[SIZE_TEXT_BYTES];
	double seconds = json_number_value(json_object_get(details, "seconds"));
	uint64_t block = number_of(details, "block"), resent = number_of(details, "resent");
	size_format(bytes, bytes_text);
	duration_format(seconds > 0 && seconds < 1e9 ? (int64_t)(seconds * 1000) : 0, took_text);
	if (seconds >= 0.01) {
		char one[SIZE_TEXT_BYTES];
		size_format((uint64_t)((double)bytes / seconds), one);
		(void)snprintf(rate_text, sizeof(rate_text), ", %s/s", one);
	}
	if (block != 0) {
		bool is_variable = json_is_true(json_object_get(details, "variable_window"));
		size_format(resent, resent_text);
		(void)snprintf(how, sizeof(how), ", block %llu, %s %llu%s%s%s",
			(unsigned long long)block, is_variable ? "variable window" : "window",
			(unsigned long long)number_of(details, "window"), resent > 0 ? ", " : "",
			resent > 0 ? resent_text : "", resent > 0 ? " sent again" : "");
	}
	(void)snprintf(text, size, "%s in %s%s (%s%s)", bytes_text, took_text, rate_text,
		file != NULL && file->transport[0] != 0 ? file->transport : "transfer", how);
}

static int end_file(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	char path[TEXT_BYTES], end[TEXT_BYTES], detail[TEXT_BYTES];
	char text[2 * TEXT_BYTES], bytes_text[SIZE_TEXT_BYTES], size_text[SIZE_TEXT_BYTES];
	(void)string_of(details, "path", path);
	(void)string_of(details, "end", end);
	(void)string_of(details, "detail", detail);
	struct timeline_file *file = find_file(timeline, path);
	const char *word = file != NULL ? file->word : "file";
	uint64_t bytes = number_of(details, "bytes");
	if (file != NULL)
		file->is_active = false;
	/* Firmware asks for the size of everything first: no news. */
	if (strcmp(end, "probe") == 0)
		return 0;

	int n = 0;
	if (strcmp(word, "loader") == 0 || strcmp(word, "font") == 0 || strcmp(word, "file") == 0)
		n = snprintf(text, sizeof(text), "%s: ", path_name(path));
	char *rest = text + (n > 0 ? n : 0);
	size_t room = sizeof(text) - (size_t)(rest - text);
	if (strcmp(end, "done") == 0) {
		done_text(file, details, bytes, rest, room);
	} else {
		size_format(bytes, bytes_text);
		size_format(number_of(details, "size"), size_text);
		(void)snprintf(rest, room, "%s after %s of %s%s%s",
			strcmp(end, "aborted") == 0   ? "stopped by the client"
			: strcmp(end, "timeout") == 0 ? "the client fell silent"
						      : "failed here",
			bytes_text, size_text, detail[0] != 0 ? ": " : "", detail);
	}
	return add_line(timeline, event->time_ms, word, text, out);
}

/* ---- the exchange ---- */

static int add_discover(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	char mac[TEXT_BYTES], arch[TEXT_BYTES], class[TEXT_BYTES], relay[TEXT_BYTES];
	char text[4 * TEXT_BYTES + 32];
	(void)string_of(details, "mac", mac);
	(void)string_of(details, "arch", arch);
	(void)string_of(details, "vendor_class", class);
	(void)string_of(details, "relay", relay);
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", mac, arch[0] != 0 ? ", " : "", arch,
		class[0] != 0 ? ", " : "", class, relay[0] != 0 ? ", through relay " : "", relay);
	return add_line(timeline, event->time_ms, "discover", text, out);
}

static int add_decision(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	char action[TEXT_BYTES], image[TEXT_BYTES], loader[TEXT_BYTES], reason[TEXT_BYTES];
	char text[3 * TEXT_BYTES + 64];
	(void)string_of(details, "action", action);
	(void)string_of(details, "image", image);
	(void)string_of(details, "loader", loader);
	bool is_served = strcmp(action, "serve") == 0;
	if (is_served)
		(void)snprintf(text, sizeof(text), "%s@%llu, with %s", image,
			(unsigned long long)number_of(details, "revision"), loader);
	else
		(void)snprintf(text, sizeof(text), "%s", action);
	int rc = add_line(timeline, event->time_ms, is_served ? "serve" : "decision", text, out);

	/* Why a machine boots is seldom asked; why it does not, always; and what may go wrong. */
	const json_t *card = json_object_get(details, "network_card");
	if (rc == 0 && is_served && card != NULL && !json_is_true(json_object_get(card, "covered")))
		rc = buffer_printf(
			out, "%*s%s\n", TIMELINE_TEXT_COLUMN, "", string_of(card, "text", reason));
	const json_t *reasons = json_object_get(details, "reasons");
	for (size_t i = 0; rc == 0 && !is_served && i < json_array_size(reasons); i++) {
		const char *value = json_string_value(json_array_get(reasons, i));
		text_copy_printable(reason, sizeof(reason), value != NULL ? value : "",
			value != NULL ? strlen(value) : 0);
		rc = buffer_printf(out, "%*s%s\n", TIMELINE_TEXT_COLUMN, "", reason);
	}
	return rc;
}

static int add_answer(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	char style[TEXT_BYTES], server[TEXT_BYTES], file[TEXT_BYTES], to[TEXT_BYTES],
		address[TEXT_BYTES];
	char text[5 * TEXT_BYTES + 64];
	(void)string_of(details, "style", style);
	(void)string_of(details, "server", server);
	(void)string_of(details, "file", file);
	(void)string_of(details, "to", to);
	(void)string_of(details, "address", address);
	if (strcmp(style, "redirect") == 0)
		(void)snprintf(text, sizeof(text), "\"ask %s on port 4011\"", server);
	else
		(void)snprintf(text, sizeof(text), "%s%s%s%s%s",
			file[0] != 0 ? file : "an address only", server[0] != 0 ? " from " : "",
			server, address[0] != 0 ? ", address " : "", address);
	if (to[0] != 0) {
		size_t n = strlen(text);
		(void)snprintf(text + n, sizeof(text) - n, " (to %s)", to);
	}
	return add_line(timeline, event->time_ms, event->kind, text, out);
}

static int add_request(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	char server[TEXT_BYTES], address[TEXT_BYTES], text[2 * TEXT_BYTES + 64];
	(void)string_of(details, "server", server);
	(void)string_of(details, "address", address);
	(void)snprintf(text, sizeof(text), "on port %llu%s%s%s%s",
		(unsigned long long)number_of(details, "port"),
		address[0] != 0 ? ", takes address " : "", address, server[0] != 0 ? " from " : "",
		server);
	return add_line(timeline, event->time_ms, "request", text, out);
}

/* Two strings with ": " between them: reports and verdicts. */
static int add_pair(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, const char *first_key, const char *const *other_keys,
	struct buffer *out)
{
	char text[3 * TEXT_BYTES], one[TEXT_BYTES];
	int n = snprintf(text, sizeof(text), "%s", string_of(details, first_key, one));
	size_t at = n > 0 ? (size_t)n : 0;
	for (; *other_keys != NULL && at < sizeof(text); other_keys++) {
		if (string_of(details, *other_keys, one)[0] == 0)
			continue;
		n = snprintf(text + at, sizeof(text) - at, "%s%s", at > 0 ? ": " : "", one);
		at += n > 0 ? (size_t)n : 0;
	}
	return add_line(timeline, event->time_ms, event->kind, text, out);
}

/* "booted, stage 2: the image's own driver" */
static int add_report(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	char verdict[TEXT_BYTES], stage[TEXT_BYTES], why[TEXT_BYTES], text[3 * TEXT_BYTES + 16];
	(void)string_of(details, "verdict", verdict);
	(void)string_of(details, "stage", stage);
	if (string_of(details, "detail", why)[0] == 0)
		(void)string_of(details, "text", why);
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", verdict, stage[0] != 0 ? ", stage " : "",
		stage, why[0] != 0 ? ": " : "", why);
	return add_line(timeline, event->time_ms, event->kind, text, out);
}

/* ---- all ---- */

static int add_words(struct timeline *timeline, const struct boot_event *event,
	const json_t *details, struct buffer *out)
{
	const char *kind = event->kind;
	if (strcmp(kind, "discover") == 0)
		return add_discover(timeline, event, details, out);
	if (strcmp(kind, "decision") == 0)
		return add_decision(timeline, event, details, out);
	if (strcmp(kind, "offer") == 0 || strcmp(kind, "ack") == 0)
		return add_answer(timeline, event, details, out);
	if (strcmp(kind, "request") == 0)
		return add_request(timeline, event, details, out);
	if (strcmp(kind, "done") == 0)
		return end_file(timeline, event, details, out);
	if (strcmp(kind, "report") == 0)
		return add_report(timeline, event, details, out);
	if (strcmp(kind, "verdict") == 0) {
		timeline->has_verdict = true;
		return add_pair(timeline, event, details, "verdict",
			(const char *const[]){"why", NULL}, out);
	}
	if (strcmp(kind, "network") == 0) {
		char class[TEXT_BYTES], text[TEXT_BYTES + 64];
		(void)string_of(details, "vendor_class", class);
		(void)snprintf(text, sizeof(text), "what was loaded asks for an address%s%s",
			class[0] != 0 ? ": " : "", class);
		return add_line(timeline, event->time_ms, kind, text, out);
	}
	if (strcmp(kind, "absent") == 0) {
		char path[TEXT_BYTES], text[TEXT_BYTES + 32];
		(void)snprintf(text, sizeof(text), "%s: there is no such file",
			string_of(details, "path", path));
		return add_line(timeline, event->time_ms, kind, text, out);
	}
	/* A kind of a newer server: better than silence. */
	return add_line(timeline, event->time_ms, kind, "", out);
}

int timeline_add(struct timeline *timeline, const struct boot_event *event, struct buffer *out)
{
	CLEANUP(decref_jsonp)
	json_t *details = event->details != NULL ? json_loads(event->details, 0, NULL) : NULL;
	if (strcmp(event->kind, "absent") == 0 &&
		json_is_true(json_object_get(details, "speculative"))) {
		timeline->n_absent++;
		timeline->absent_ms = event->time_ms;
		return 0;
	}
	if (strcmp(event->kind, "file") == 0) {
		begin_file(timeline, event, details);
		return 0;
	}
	if (strcmp(event->kind, "progress") == 0) {
		char path[TEXT_BYTES];
		struct timeline_file *file = find_file(timeline, string_of(details, "path", path));
		if (file != NULL)
			file->bytes = number_of(details, "bytes");
		return 0;
	}
	/* What was kept back is older, so it comes first; a mere size probe does not end it. */
	size_t before = out->size;
	struct buffer line = buffer_with_max(out->max);
	int rc = add_words(timeline, event, details, &line);
	if (rc == 0 && line.size > 0)
		rc = timeline_flush(timeline, out);
	if (rc == 0 && line.size > 0)
		rc = buffer_add(out, line.bytes, line.size);
	if (rc < 0)
		out->size = before;
	buffer_free(&line);
	return rc;
}

int timeline_flush(struct timeline *timeline, struct buffer *out)
{
	char text[64];
	if (timeline->n_absent == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "%u optional file%s absent, as usual",
		timeline->n_absent, timeline->n_absent == 1 ? "" : "s");
	timeline->n_absent = 0;
	return add_line(timeline, timeline->absent_ms, "absent", text, out);
}

int timeline_verdict(struct timeline *timeline, const struct boot_record *boot, struct buffer *out)
{
	int rc = timeline_flush(timeline, out);
	if (rc < 0 || timeline->has_verdict)
		return rc;
	timeline->has_verdict = true;
	return add_line(timeline, boot->last_ms, "verdict", boot->verdict, out);
}

const struct timeline_file *timeline_active(const struct timeline *timeline)
{
	for (size_t i = 0; i < TIMELINE_FILES_MAX; i++) {
		size_t at = (timeline->next_file + TIMELINE_FILES_MAX - 1 - i) % TIMELINE_FILES_MAX;
		if (timeline->files[at].is_active && timeline->files[at].is_large)
			return &timeline->files[at];
	}
	return NULL;
}
