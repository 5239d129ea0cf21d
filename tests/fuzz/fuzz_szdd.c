/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In one piece or in bytes, a compressed file gives the same. */
#include "format/szdd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int expand(const struct szdd_head *head, const uint8_t *data, size_t size, size_t step,
	struct buffer *out)
{
	static struct szdd szdd;
	int rc = 0;
	szdd_begin(&szdd, head);
	for (size_t at = head->data_at; rc == 0 && at < size; at += step)
		rc = szdd_push(&szdd, data + at, size - at < step ? size - at : step, out);
	return rc == 0 ? szdd_end(&szdd) : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct szdd_head head;
	if (szdd_head_parse(data, size, &head) < 0)
		return 0;
	CLEANUP(buffer_free) struct buffer whole = buffer_with_max(16U << 20);
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(16U << 20);
	int rc = expand(&head, data, size, SIZE_MAX / 2, &whole);
	if (expand(&head, data, size, 1, &bytes) != rc || whole.size != bytes.size)
		abort();
	if (whole.size > 0 && memcmp(whole.bytes, bytes.bytes, whole.size) != 0)
		abort();
	if (head.has_size && whole.size > head.size)
		abort();
	return 0;
}
