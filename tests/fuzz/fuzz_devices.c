/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports of devices, of every format: what comes out holds its limits and only ids that Windows
 * allows, whatever comes in. */
#include "base/limits.h"
#include "device/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ids(char *const *ids, size_t n)
{
	if (n > LIMIT_DEVICE_IDS)
		abort();
	for (size_t i = 0; i < n; i++)
		for (const char *c = ids[i]; *c != 0; c++)
			if (*c <= 0x20 || *c >= 0x7f || *c == ',' || (*c >= 'a' && *c <= 'z'))
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device_report report;
	struct error err = ERROR_NULL;
	if (device_report_read(data, size, &report, &err) != 0)
		return err.text[0] != 0 ? 0 : (abort(), 0);
	for (size_t i = 0; i < report.devices.n; i++) {
		const struct device *device = &report.devices.devices[i];
		check_ids(device->hardware_ids, device->n_hardware_ids);
		check_ids(device->compatible_ids, device->n_compatible_ids);
		if (device->n_hardware_ids + device->n_compatible_ids == 0)
			abort();
	}
	device_report_clear(&report);
	return 0;
}
