/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tool wrote a report; what its readers share. */
#include "device/report.h"

#include "base/limits.h"
#include "device/report_formats.h"

#include <errno.h>
#include <string.h>

/* Some tools greet before they list; the first device comes long before this. */
#define HEAD_BYTES ((size_t)64 << 10)

static const struct device_format *const formats[] = {
	&lspci_machine_format,
	&lspci_format,
	&modalias_format,
	&pnp_json_format,
	&msinfo_format,
	&pnp_csv_format,
	&pnputil_format,
};

const char *device_source_name(enum device_source source)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i]->source == source)
			return formats[i]->name;
	return "unknown";
}

int report_add_device(struct device_report *report, struct device **ret_device, struct error *err)
{
	if (report->devices.n >= LIMIT_DEVICES)
		return error_set(err, -E2BIG,
			"lists more than %d devices, which no machine has: is it the report of "
			"one machine?",
			LIMIT_DEVICES);
	*ret_device = device_list_add(&report->devices);
	return *ret_device != NULL ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int report_add_pci(struct device_report *report, const struct pci_function *function,
	struct span name, struct error *err)
{
	struct device *device;
	int rc = report_add_device(report, &device, err);
	if (rc < 0)
		return rc;
	span_copy(span_trim(name), device->name, sizeof(device->name));
	rc = pci_device(function, device);
	return rc < 0 ? error_set(err, rc, "%s: %s", function->location, strerror(-rc)) : 0;
}

static const struct device_format *recognise(struct span text)
{
	struct span head = {text.at, text.n < HEAD_BYTES ? text.n : HEAD_BYTES};
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i]->recognise(head))
			return formats[i];
	return NULL;
}

static int read_text(struct span text, struct device_report *report, struct error *err)
{
	const struct device_format *format = recognise(text);
	if (format == NULL)
		return error_set(err, -EINVAL,
			"is none of the reports that are understood: lspci -nn, -vmmnn or -vvnn, "
			"/sys modalias lines, pnputil /enum-devices, msinfo32 .nfo, "
			"Win32_PnPEntity as CSV or JSON");
	report->source = format->source;
	int rc = format->read(text, report, err);
	if (rc < 0)
		return rc;
	if (report->devices.n == 0)
		return error_set(
			err, -EINVAL, "no device in it (it was read as that of %s)", format->name);
	return 0;
}

int device_report_read(
	const void *bytes, size_t n, struct device_report *ret_report, struct error *err)
{
	CLEANUP(device_report_clear) struct device_report report = {0};
	/* A byte of a code page can become three of UTF-8. */
	CLEANUP(buffer_free)
	struct buffer text = buffer_with_max(3 * (size_t)LIMIT_DEVICE_REPORT_BYTES);
	if (n > LIMIT_DEVICE_REPORT_BYTES)
		return error_set(err, -EFBIG, "larger than %u MB", LIMIT_DEVICE_REPORT_BYTES >> 20);
	int rc = report_text_decode(bytes, n, &text);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	rc = read_text((struct span){(const char *)text.bytes, text.size}, &report, err);
	if (rc < 0)
		return rc;
	*ret_report = report;
	report = (struct device_report){0};
	return 0;
}

void device_report_clear(struct device_report *report)
{
	device_list_clear(&report->devices);
	*report = (struct device_report){0};
}
