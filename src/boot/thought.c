/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot/thought.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void thought_reason(struct thought *t, const char *format, ...)
{
	struct boot_decision *d = t->decision;
	if (d->n_reasons == BOOT_REASONS_MAX)
		return;
	va_list args;
	va_start(args, format);
	/* A sentence that is too long is cut: it is there to be read, not to be parsed. */
	(void)vsnprintf(d->reasons[d->n_reasons++], BOOT_REASON_BYTES, format, args);
	va_end(args);
}

const char *thought_operand(const struct boot_request *request, char text[1 + MAC_TEXT_BYTES])
{
	static const uint8_t no_mac[6];
	text[0] = 0;
	if (memcmp(request->mac, no_mac, sizeof(no_mac)) != 0) {
		text[0] = ' ';
		mac_format(request->mac, text + 1);
	}
	return text;
}
