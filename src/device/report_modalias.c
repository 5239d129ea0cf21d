/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of /sys/bus/.../modalias, as cat, `grep -r . --include=modalias` or uevent print them: the
 * alias, perhaps behind "PATH:" or "MODALIAS=". The kernel writes them in drivers/pci/pci-sysfs.c,
 * drivers/usb/core/sysfs.c and drivers/acpi/device_sysfs.c.
 *
 * What Windows would call a device follows from pci:, usb: and acpi: lines. A virtio: line is a
 * device that Windows does not have (its drivers match the PCI function, which has a line of its
 * own); these and others are counted as ignored.
 */
#include "device/report_formats.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- finding ---- */

/* The alias of that bus in the line, and the folder's name that the path in front ends with. */
static bool find_alias(
	struct span line, const char *bus, struct span *ret_alias, struct span *ret_location)
{
	size_t n = strlen(bus);
	const char *found = memmem(line.at, line.n, bus, n);
	if (found == NULL)
		return false;
	size_t at = (size_t)(found - line.at);
	if (at > 0 && found[-1] != ':' && found[-1] != '=' && found[-1] != ' ' && found[-1] != '\t')
		return false;
	*ret_alias = span_trim(span_cut(line, at + n));
	*ret_location = (struct span){0};
	struct span path = {line.at, at > 0 ? at - 1 : 0};
	const size_t n_name = strlen("/modalias");
	if (path.n <= n_name || memcmp(path.at + path.n - n_name, "/modalias", n_name) != 0)
		return true;
	path.n -= n_name;
	for (size_t i = path.n; i > 0; i--)
		if (path.at[i - 1] == '/') {
			*ret_location = span_cut(path, i);
			break;
		}
	return true;
}

/* "v00008086": the letters, then the digits. */
static bool take_number(struct span *alias, const char *letters, size_t n_digits, uint32_t *ret)
{
	size_t n = strlen(letters);
	if (alias->n < n || memcmp(alias->at, letters, n) != 0 ||
		!span_hex(*alias, n, n_digits, ret))
		return false;
	*alias = span_cut(*alias, n + n_digits);
	return true;
}

/* ---- pci:v00008086d000015BBsv000017AAsd00002294bc02sc00i00 ---- */

static bool read_pci(struct span alias, struct pci_function *function)
{
	uint32_t vendor, device, subvendor, subdevice, base, sub, prog_if;
	if (!take_number(&alias, "v", 8, &vendor) || !take_number(&alias, "d", 8, &device) ||
		!take_number(&alias, "sv", 8, &subvendor) ||
		!take_number(&alias, "sd", 8, &subdevice) || !take_number(&alias, "bc", 2, &base) ||
		!take_number(&alias, "sc", 2, &sub) || !take_number(&alias, "i", 2, &prog_if) ||
		(vendor | device | subvendor | subdevice) > UINT16_MAX)
		return false;
	*function = (struct pci_function){
		.vendor = (uint16_t)vendor,
		.device = (uint16_t)device,
		.has_subsystem = true,
		.has_class = true,
		.has_prog_if = true,
		.subsystem_vendor = (uint16_t)subvendor,
		.subsystem_device = (uint16_t)subdevice,
		.base_class = (uint8_t)base,
		.sub_class = (uint8_t)sub,
		.prog_if = (uint8_t)prog_if,
	};
	return true;
}

/* ---- usb:v0BDAp8153d3100dc00dsc00dp00icFFiscFFip00in00: one line per interface ---- */

struct usb_interface {
	uint32_t vendor, product, revision, class, sub_class, protocol, number;
	struct span location;
};

struct usb_list {
	struct usb_interface *interfaces; /* owned */
	size_t n;
};

static void usb_list_clear(struct usb_list *list)
{
	free(list->interfaces);
}

static bool read_usb(struct span alias, struct usb_interface *usb)
{
	uint32_t ignored;
	*usb = (struct usb_interface){0};
	return take_number(&alias, "v", 4, &usb->vendor) &&
	       take_number(&alias, "p", 4, &usb->product) &&
	       take_number(&alias, "d", 4, &usb->revision) &&
	       take_number(&alias, "dc", 2, &ignored) && take_number(&alias, "dsc", 2, &ignored) &&
	       take_number(&alias, "dp", 2, &ignored) &&
	       take_number(&alias, "ic", 2, &usb->class) &&
	       take_number(&alias, "isc", 2, &usb->sub_class) &&
	       take_number(&alias, "ip", 2, &usb->protocol) &&
	       take_number(&alias, "in", 2, &usb->number);
}

static bool is_same_device(const struct usb_interface *a, const struct usb_interface *b)
{
	return a->vendor == b->vendor && a->product == b->product && a->revision == b->revision;
}

static bool is_composite(const struct usb_list *list, const struct usb_interface *usb)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->interfaces[i].number != 0 && is_same_device(&list->interfaces[i], usb))
			return true;
	return false;
}

/* "Standard USB Identifiers"; interface "" for a device, "&MI_01" for a part of one. */
static int add_usb_hardware_ids(
	const struct usb_interface *usb, const char *interface, struct device *device)
{
	char id[64];
	(void)snprintf(id, sizeof(id), "USB\\VID_%04X&PID_%04X&REV_%04X%s", usb->vendor,
		usb->product, usb->revision, interface);
	int rc = device_add_hardware_id(device, id);
	(void)snprintf(
		id, sizeof(id), "USB\\VID_%04X&PID_%04X%s", usb->vendor, usb->product, interface);
	return rc < 0 ? rc : device_add_hardware_id(device, id);
}

static int add_usb_class_ids(const struct usb_interface *usb, struct device *device)
{
	char id[64];
	int n = snprintf(id, sizeof(id), "USB\\CLASS_%02X&SUBCLASS_%02X&PROT_%02X", usb->class,
		usb->sub_class, usb->protocol);
	int rc = device_add_compatible_id(device, id);
	for (int i = 0; rc == 0 && i < 2; i++) {
		while (id[n] != '&')
			n--;
		id[n] = 0;
		rc = device_add_compatible_id(device, id);
	}
	return rc;
}

static int add_usb_device(struct device_report *report, const struct usb_interface *usb,
	struct device **ret_device, struct error *err)
{
	int rc = report_add_device(report, ret_device, err);
	if (rc == 0)
		span_copy(usb->location, (*ret_device)->location, sizeof((*ret_device)->location));
	return rc;
}

/* A composite device is offered whole before its parts are: the same page. */
static int add_composite(
	struct device_report *report, const struct usb_interface *usb, struct error *err)
{
	struct device *device;
	char interface[16];
	int rc = 0;
	if (usb->number == 0) {
		rc = add_usb_device(report, usb, &device, err);
		if (rc == 0)
			rc = add_usb_hardware_ids(usb, "", device);
		if (rc == 0)
			rc = device_add_compatible_id(device, "USB\\COMPOSITE");
	}
	if (rc == 0)
		rc = add_usb_device(report, usb, &device, err);
	if (rc < 0)
		return rc;
	(void)snprintf(interface, sizeof(interface), "&MI_%02X", usb->number);
	rc = add_usb_hardware_ids(usb, interface, device);
	return rc < 0 ? rc : add_usb_class_ids(usb, device);
}

static int add_usb(const struct usb_list *list, struct device_report *report, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->n; i++) {
		const struct usb_interface *usb = &list->interfaces[i];
		struct device *device;
		if (is_composite(list, usb)) {
			rc = add_composite(report, usb, err);
			continue;
		}
		rc = add_usb_device(report, usb, &device, err);
		if (rc == 0)
			rc = add_usb_hardware_ids(usb, "", device);
		if (rc == 0)
			rc = add_usb_class_ids(usb, device);
	}
	return rc;
}

/* ---- acpi:PNP0A08:PNP0A03: the hardware id, then compatible ones ---- */

/* "PNP0A08" -> ACPI\VEN_PNP&DEV_0A08, ACPI\PNP0A08, *PNP0A08: the three forms that Windows shows.
 */
static int add_acpi_id(struct span name, struct device *device, add_id_function *add)
{
	char id[64], text[16];
	uint32_t number;
	if (name.n < 7 || name.n > 8 || !span_is_id(name) ||
		!span_hex(name, name.n - 4, 4, &number))
		return 0;
	span_copy(name, text, sizeof(text));
	(void)snprintf(
		id, sizeof(id), "ACPI\\VEN_%.*s&DEV_%s", (int)name.n - 4, text, text + name.n - 4);
	int rc = add(device, id);
	(void)snprintf(id, sizeof(id), "ACPI\\%s", text);
	if (rc == 0)
		rc = add(device, id);
	(void)snprintf(id, sizeof(id), "*%s", text);
	return rc == 0 ? add(device, id) : rc;
}

static int add_acpi(
	struct span alias, struct span location, struct device_report *report, struct error *err)
{
	CLEANUP(device_clear) struct device device = {0};
	add_id_function *add = device_add_hardware_id;
	struct device *place;
	int rc = 0;
	while (rc == 0 && alias.n > 0) {
		struct span name = span_until(alias, ':', &alias);
		/* LNXSYSTM and the like are Linux' own. */
		if (!span_starts(name, "LNX"))
			rc = add_acpi_id(name, &device, add);
		add = device_add_compatible_id;
	}
	if (rc == -E2BIG)
		rc = 0;
	if (rc == 0 && device.n_hardware_ids == 0) {
		report->n_ignored++;
		return 0;
	}
	if (rc == 0)
		rc = report_add_device(report, &place, err);
	if (rc < 0)
		return rc;
	span_copy(location, device.location, sizeof(device.location));
	*place = device;
	device = (struct device){0};
	return 0;
}

/* ---- all of them ---- */

static bool looks_like_modalias(struct span head)
{
	struct report_lines lines = {.rest = head};
	struct span line, alias, location;
	struct pci_function function;
	struct usb_interface usb;
	while (report_next_line(&lines, &line)) {
		if (find_alias(line, "pci:", &alias, &location) && read_pci(alias, &function))
			return true;
		if (find_alias(line, "usb:", &alias, &location) && read_usb(alias, &usb))
			return true;
	}
	return false;
}

static int keep_usb(struct usb_list *list, const struct usb_interface *usb, struct error *err)
{
	if (list->interfaces == NULL)
		list->interfaces = calloc(LIMIT_DEVICES, sizeof(*list->interfaces));
	if (list->interfaces == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (list->n >= LIMIT_DEVICES)
		return error_set(err, -E2BIG, "lists more than %d USB interfaces", LIMIT_DEVICES);
	list->interfaces[list->n++] = *usb;
	return 0;
}

static int read_alias(
	struct span line, struct usb_list *list, struct device_report *report, struct error *err)
{
	struct span alias, location;
	struct pci_function function;
	struct usb_interface usb;
	if (find_alias(line, "pci:", &alias, &location) && read_pci(alias, &function)) {
		span_copy(location, function.location, sizeof(function.location));
		return report_add_pci(report, &function, (struct span){0}, err);
	}
	if (find_alias(line, "usb:", &alias, &location) && read_usb(alias, &usb)) {
		usb.location = location;
		return keep_usb(list, &usb, err);
	}
	if (find_alias(line, "acpi:", &alias, &location))
		return add_acpi(alias, location, report, err);
	report->n_ignored += span_trim(line).n > 0;
	return 0;
}

static int read_modalias(struct span text, struct device_report *report, struct error *err)
{
	CLEANUP(usb_list_clear) struct usb_list list = {0};
	struct report_lines lines = {.rest = text};
	struct span line;
	int rc = 0;
	while (rc == 0 && report_next_line(&lines, &line))
		rc = read_alias(line, &list, report, err);
	if (rc == 0)
		rc = add_usb(&list, report, err);
	return rc == -ENOMEM ? error_set(err, rc, "out of memory") : rc;
}

const struct device_format modalias_format = {
	.source = DEVICES_MODALIAS,
	.name = "/sys modalias lines",
	.recognise = looks_like_modalias,
	.read = read_modalias,
};
