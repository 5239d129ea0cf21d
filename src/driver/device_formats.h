/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of device reports, one per tool, share with the one that chooses among them
 * (devices.c). Pure. */
#pragma once

#include "driver/devices.h"
#include "driver/pci.h"
#include "driver/report_text.h"

struct device_format {
	enum device_source source;
	const char *name; /* of the command that writes it */
	/* By the beginning of the text. */
	bool (*recognise)(struct span head);
	int (*read)(struct span text, struct device_report *report, struct error *err);
};

extern const struct device_format lspci_format, lspci_machine_format;

/* An empty device at the end of the report's list. -E2BIG past LIMIT_DEVICES. */
int report_add_device(
	struct device_report *report, struct device **ret_device, struct error *err) MUST_CHECK;
/* A device with the ids of the function. */
int report_add_pci(struct device_report *report, const struct pci_function *function,
	struct span name, struct error *err) MUST_CHECK;
