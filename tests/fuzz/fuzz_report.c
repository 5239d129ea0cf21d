/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports of strangers: whatever comes, what is kept is printable and ends. */
#include "server/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report;
	report_parse((const char *)data, size, &report);
	if (report.n_fields > REPORT_FIELDS_MAX)
		abort();
	for (size_t i = 0; i < report.n_fields; i++) {
		const struct report_field *field = &report.fields[i];
		if (memchr(field->key, 0, sizeof(field->key)) == NULL ||
			memchr(field->value, 0, sizeof(field->value)) == NULL ||
			report_value(&report, field->key) != field->value)
			abort();
		for (const char *c = field->value; *c != 0; c++)
			if (*c < 0x20 || *c > 0x7e)
				abort();
	}
	return 0;
}
