/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/report.h"

#include "base/text.h"

#include <string.h>

static bool is_key(const char *text, size_t length)
{
	if (length == 0 || length >= REPORT_KEY_BYTES)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return true;
}

static void decode(const char *text, size_t length, char out[static REPORT_VALUE_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < length && n < REPORT_VALUE_BYTES - 1; i++) {
		char digits[3] = "";
		uint8_t byte = text[i] == '+' ? ' ' : (uint8_t)text[i];
		if (text[i] == '%' && length - i > 2) {
			memcpy(digits, text + i + 1, 2);
			if (text_parse_hex(digits, &byte, 1))
				i += 2;
		}
		out[n++] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
	}
	out[n] = 0;
}

void report_parse(const char *query, size_t length, struct report *ret_report)
{
	*ret_report = (struct report){.n_fields = 0};
	while (length > 0 && ret_report->n_fields < REPORT_FIELDS_MAX) {
		const char *end = memchr(query, '&', length);
		size_t n = end != NULL ? (size_t)(end - query) : length;
		const char *equals = memchr(query, '=', n);
		size_t n_key = equals != NULL ? (size_t)(equals - query) : n;
		if (equals != NULL && is_key(query, n_key)) {
			struct report_field *field = &ret_report->fields[ret_report->n_fields];
			memcpy(field->key, query, n_key);
			field->key[n_key] = 0;
			decode(equals + 1, n - n_key - 1, field->value);
			if (report_value(ret_report, field->key) == NULL)
				ret_report->n_fields++;
		}
		size_t taken = end != NULL ? n + 1 : n;
		query += taken;
		length -= taken;
	}
}

const char *report_value(const struct report *report, const char *key)
{
	for (size_t i = 0; i < report->n_fields; i++)
		if (strcmp(report->fields[i].key, key) == 0)
			return report->fields[i].value;
	return NULL;
}

const char *report_words(const struct report *report)
{
	const char *detail = report_value(report, "detail");
	return detail != NULL ? detail : report_value(report, "text");
}
