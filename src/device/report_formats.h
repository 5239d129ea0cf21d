/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of device reports, one per tool, share with the one that chooses among them
 * (devices.c). Pure. */
#pragma once

#include "device/report.h"
#include "device/pci.h"
#include "device/report_text.h"

struct device_format {
	enum device_source source;
	const char *name; /* of the command that writes it */
	/* By the beginning of the text. */
	bool (*recognise)(struct span head);
	int (*read)(struct span text, struct device_report *report, struct error *err);
};

extern const struct device_format lspci_format, lspci_machine_format, modalias_format,
	pnputil_format, msinfo_format, pnp_csv_format, pnp_json_format;

/* An empty device at the end of the report's list. -E2BIG past LIMIT_DEVICES. */
int report_add_device(
	struct device_report *report, struct device **ret_device, struct error *err) MUST_CHECK;
/* A device with the ids of the function. */
int report_add_pci(struct device_report *report, const struct pci_function *function,
	struct span name, struct error *err) MUST_CHECK;

/* ---- what Windows' own tools tell of a device (devices_pnp.c); empty spans for what is not told
 */

struct pnp_entry {
	struct span instance; /* "PCI\VEN_8086&DEV_15F3&...\3&11583659&0&FE" */
	struct span name, class, class_guid;
	/* Ids between blanks, commas, semicolons or bars, perhaps in braces. */
	struct span hardware_ids, compatible_ids;
};

/* Without lists of ids, the ids come from the instance. An entry without any is counted. */
int report_add_pnp(
	struct device_report *report, const struct pnp_entry *entry, struct error *err) MUST_CHECK;
/* An enumerator, a device and an instance, between backslashes. */
bool span_is_instance(struct span span);
/* "{4d36e972-e325-11ce-bfc1-08002be10318}", with braces or without. */
bool span_is_guid(struct span span, struct guid *ret_guid);
/* "52:54:00:12:34:56", with ':' or '-', and of one machine only: no group address, no zeros. */
bool span_is_mac(struct span span, uint8_t ret_mac[static 6]);

/* The properties of Win32_PnPEntity and what Get-PnpDevice adds, by their names. */
enum pnp_property {
	PNP_INSTANCE,
	PNP_NAME,
	PNP_CLASS,
	PNP_CLASS_GUID,
	PNP_HARDWARE_IDS,
	PNP_COMPATIBLE_IDS,
	PNP_MACHINE,
	PNP_N_PROPERTIES,
};
/* PNP_N_PROPERTIES for any other. *ret_preference: where several columns tell the same, the one
 * with the lower number counts. */
enum pnp_property pnp_property_of(struct span column, unsigned *ret_preference);
