/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A decision while it is thought: what its steps share, and the reasons that they leave. */
#pragma once

#include "base/address.h"
#include "base/cleanup.h"
#include "boot/decide.h"
#include "boot/firmware.h"

struct thought {
	const struct boot_request *request;
	const struct boot_client *client;
	const struct boot_policy *policy;
	const struct boot_catalogue *catalogue;
	const struct firmware_arch *arch; /* NULL: a file request that does not tell */
	enum firmware_kind kind;
	struct boot_decision *decision;
};

/* One sentence for an administrator. One that is too long is cut, and one too many is left out. */
void thought_reason(struct thought *t, const char *format, ...) PRINTF_LIKE(2, 3);

/* " 52:54:00:12:34:56", to stand behind a command; "" if only its address is known. */
const char *thought_operand(const struct boot_request *request, char text[1 + MAC_TEXT_BYTES]);
