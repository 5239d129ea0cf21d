/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading what tools tell of a machine's devices: lspci -nn, -vmmnn, -vvnn; modalias lines of /sys;
 * pnputil /enum-devices (labels in any language: read by their shape); msinfo32 .nfo;
 * Win32_PnPEntity as CSV or JSON. Pure: bytes in, devices out.
 */
#pragma once

#include "base/guid.h"
#include "base/error.h"
#include "device/device.h"

#include <stdbool.h>

enum device_source {
	DEVICES_LSPCI,
	DEVICES_LSPCI_MACHINE, /* -vmm */
	DEVICES_MODALIAS,
	DEVICES_PNPUTIL,
	DEVICES_MSINFO,
	DEVICES_PNP_CSV,
	DEVICES_PNP_JSON,
};

/* What a report may tell of the machine itself. */
struct device_report {
	enum device_source source;
	struct device_list devices;
	bool has_uuid, has_mac;
	struct guid uuid;
	uint8_t mac[6];         /* of the first wired network adapter that the report tells */
	char machine[65];       /* its name; "" if the report does not say */
	size_t n_ignored;       /* entries without any id that a driver could match */
	size_t n_without_lists; /* devices whose lists of ids the exporter lost ("System.String[]"):
				   their ids are those that the instance id tells */
};

const char *device_source_name(enum device_source source); /* "lspci -vmmnn" */
/* -EINVAL if it is none of them: says what was looked for; else with "LINE: ...". */
int device_report_read(const void *bytes, size_t n, struct device_report *ret_report,
	struct error *err) MUST_CHECK;
void device_report_clear(struct device_report *report);
