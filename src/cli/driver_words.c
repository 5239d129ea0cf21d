/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/driver_words.h"

#include "base/text.h"
#include "cli/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void driver_date_format(uint32_t date, char text[static DRIVER_DATE_TEXT_BYTES])
{
	text[0] = 0;
	if (date != 0)
		(void)snprintf(text, DRIVER_DATE_TEXT_BYTES, "%04u-%02u-%02u", date / 10000 % 10000,
			date / 100 % 100, date % 100);
}

void driver_version_format(uint64_t version, char text[static DRIVER_VERSION_TEXT_BYTES])
{
	(void)snprintf(text, DRIVER_VERSION_TEXT_BYTES, "%u.%u.%u.%u", (unsigned)(version >> 48),
		(unsigned)(version >> 32 & 0xffff), (unsigned)(version >> 16 & 0xffff),
		(unsigned)(version & 0xffff));
}

void driver_short_id(const char *id, char text[static DRIVER_SHORT_ID_BYTES])
{
	(void)text_copy(text, DRIVER_SHORT_ID_BYTES, id);
}

const char *driver_signature_words(const struct driver_package *package)
{
	switch (package->signature) {
	case DRIVER_SIGNED: return package->signer[0] != 0 ? package->signer : "signed";
	case DRIVER_SIGNATURE_INVALID: return "invalid";
	case DRIVER_UNSIGNED: break;
	}
	return "unsigned";
}

const char *driver_signature_word(enum driver_signature signature)
{
	switch (signature) {
	case DRIVER_SIGNED: return "signed";
	case DRIVER_SIGNATURE_INVALID: return "invalid";
	case DRIVER_UNSIGNED: break;
	}
	return "unsigned";
}

/* An array of the words of a text. */
static json_t *words_json(const char *text)
{
	json_t *list = json_array();
	while (*text != 0) {
		size_t n = strcspn(text, " ");
		if (n > 0)
			(void)json_array_append_new(list, json_stringn(text, n));
		text += n + strspn(text + n, " ");
	}
	return list;
}

json_t *driver_package_json(const struct driver_package *package)
{
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	return json_pack("{s:s, s:o, s:o, s:o, s:s?, s:s?, s:o, s:s, s:o, s:o, s:b, s:I, s:I, s:o, "
			 "s:o}",
		"id", package->id, "inf", json_text(package->inf), "class",
		json_text(package->class), "provider", json_text(package->provider), "date",
		package->date != 0 ? date : NULL, "version", package->has_version ? version : NULL,
		"archs", words_json(package->archs), "signature",
		driver_signature_word(package->signature), "signer",
		package->signer[0] != 0 ? json_text(package->signer) : json_null(), "signed",
		package->signed_ms != 0 ? json_time(package->signed_ms) : json_null(), "complete",
		!package->is_incomplete, "n_ids", (json_int_t)package->n_ids, "size",
		(json_int_t)package->size, "source", json_text(package->source), "added",
		package->added_ms != 0 ? json_time(package->added_ms) : json_null());
}

json_t *driver_marks_json(const struct driver_mark *marks, size_t n, const char *package)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct driver_mark *mark = &marks[i];
		if (strcmp(mark->package, package) != 0)
			continue;
		(void)json_array_append_new(list,
			json_pack("{s:o, s:s?, s:o, s:o}", "condition", json_text(mark->condition),
				"instead", mark->instead[0] != 0 ? mark->instead : NULL, "why",
				json_text(mark->why), "made", json_time(mark->made_ms)));
	}
	return list;
}
