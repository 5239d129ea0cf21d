/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signature, as our reader and GnuTLS see it together. */
#include "adapter/pkcs7.h"
#include "format/signed_data.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signed_data parts;
	struct pkcs7_report report;
	struct error err = ERROR_NULL;
	const uint8_t *content = data;
	size_t n_content = 0;
	if (signed_data_parse(data, size, &parts, &err) == 0) {
		assert(parts.content_at <= size && parts.content_size <= size - parts.content_at);
		content = data + parts.content_at;
		n_content = parts.content_size;
	}
	if (pkcs7_verify(data, size, content, n_content, &report, &err) == 0)
		assert(report.is_intact == (report.fault[0] == 0));
	return 0;
}
