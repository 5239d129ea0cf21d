/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device/pci.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BASE_STORAGE 0x01
#define BASE_NETWORK 0x02

typedef int add_function(struct device *device, const char *id);

/* ---- building ---- */

/* "PCI\VEN_8086&DEV_15F3" and what follows. */
static int add_id(add_function *add, struct device *device, const struct pci_function *function,
	const char *tail)
{
	char id[LIMIT_HARDWARE_ID_BYTES + 1];
	(void)snprintf(id, sizeof(id), "PCI\\VEN_%04X&DEV_%04X%s", function->vendor,
		function->device, tail);
	return add(device, id);
}

static int add_subsystem_ids(struct device *device, const struct pci_function *function)
{
	char tail[64];
	int rc = 0;
	if (!function->has_subsystem)
		return 0;
	(void)snprintf(tail, sizeof(tail), "&SUBSYS_%04X%04X&REV_%02X", function->subsystem_device,
		function->subsystem_vendor, function->revision);
	if (function->has_revision)
		rc = add_id(device_add_hardware_id, device, function, tail);
	tail[strlen("&SUBSYS_00000000")] = 0;
	return rc < 0 ? rc : add_id(device_add_hardware_id, device, function, tail);
}

/* With REV and without: hardware or compatible ids, as the head of pci.h tells. */
static int add_bare_ids(
	add_function *add, struct device *device, const struct pci_function *function)
{
	char tail[16];
	int rc = 0;
	(void)snprintf(tail, sizeof(tail), "&REV_%02X", function->revision);
	if (function->has_revision)
		rc = add_id(add, device, function, tail);
	return rc < 0 ? rc : add_id(add, device, function, "");
}

static void class_text(const struct pci_function *function, char full[16], char brief[16])
{
	(void)snprintf(full, 16, "CC_%02X%02X%02X", function->base_class, function->sub_class,
		function->prog_if);
	(void)snprintf(brief, 16, "CC_%02X%02X", function->base_class, function->sub_class);
}

static int add_class_hardware_ids(struct device *device, const struct pci_function *function)
{
	char full[16], brief[16], tail[24];
	int rc = 0;
	if (!function->has_class)
		return 0;
	class_text(function, full, brief);
	(void)snprintf(tail, sizeof(tail), "&%s", full);
	if (function->has_prog_if)
		rc = add_id(device_add_hardware_id, device, function, tail);
	(void)snprintf(tail, sizeof(tail), "&%s", brief);
	return rc < 0 ? rc : add_id(device_add_hardware_id, device, function, tail);
}

/* "PCI\VEN_8086&CC_020000" with a vendor, "PCI\CC_020000" without. */
static int add_class_id(struct device *device, const char *vendor, const char *class)
{
	char id[64];
	(void)snprintf(id, sizeof(id), "PCI\\%s%s", vendor, class);
	return device_add_compatible_id(device, id);
}

/* Those without a vendor, each behind a narrower one with the kind of PCI Express port. */
static int add_generic_id(
	struct device *device, const struct pci_function *function, const char *class)
{
	char with_port[32];
	int rc = 0;
	(void)snprintf(with_port, sizeof(with_port), "%s&DT_%X", class, function->port_type);
	if (function->has_port_type)
		rc = add_class_id(device, "", with_port);
	return rc < 0 ? rc : add_class_id(device, "", class);
}

static int add_class_compatible_ids(struct device *device, const struct pci_function *function)
{
	char vendor[16], full[16], brief[16];
	int rc = 0;
	class_text(function, full, brief);
	(void)snprintf(vendor, sizeof(vendor), "VEN_%04X&", function->vendor);
	if (function->has_class && function->has_prog_if)
		rc = add_class_id(device, vendor, full);
	if (rc == 0 && function->has_class)
		rc = add_class_id(device, vendor, brief);
	vendor[strlen("VEN_0000")] = 0;
	if (rc == 0)
		rc = add_class_id(device, vendor, "");
	if (rc == 0 && function->has_class && function->has_prog_if)
		rc = add_generic_id(device, function, full);
	if (rc == 0 && function->has_class)
		rc = add_generic_id(device, function, brief);
	return rc;
}

const char *pci_setup_class(const struct pci_function *function)
{
	if (!function->has_class)
		return "";
	if (function->base_class == BASE_NETWORK)
		return "Net";
	if (function->base_class != BASE_STORAGE)
		return "";
	switch (function->sub_class) {
	case 0x00: /* SCSI */
	case 0x04: /* RAID */
	case 0x07: /* SAS */
	case 0x08: /* non-volatile memory */ return "SCSIAdapter";
	case 0x01: /* IDE */
	case 0x05: /* ATA */
	case 0x06: /* SATA */ return "HDC";
	default: return "";
	}
}

int pci_device(const struct pci_function *function, struct device *device)
{
	add_function *add_bare =
		function->has_subsystem ? device_add_compatible_id : device_add_hardware_id;
	int rc = add_subsystem_ids(device, function);
	if (rc == 0 && !function->has_subsystem)
		rc = add_bare_ids(add_bare, device, function);
	if (rc == 0)
		rc = add_class_hardware_ids(device, function);
	if (rc == 0 && function->has_subsystem)
		rc = add_bare_ids(add_bare, device, function);
	if (rc == 0)
		rc = add_class_compatible_ids(device, function);
	if (rc < 0)
		return rc;
	if (device->class[0] == 0)
		(void)text_copy(device->class, sizeof(device->class), pci_setup_class(function));
	if (function->location[0] != 0)
		(void)text_copy(device->location, sizeof(device->location), function->location);
	return 0;
}

/* ---- reading ---- */

static bool take_text(const char **at, const char *text)
{
	if (!text_starts_nocase(*at, text))
		return false;
	*at += strlen(text);
	return true;
}

static bool take_hex(const char **at, size_t n_digits, uint32_t *ret_value)
{
	uint8_t bytes[4];
	char digits[9] = "";
	uint32_t value = 0;
	if (strnlen(*at, n_digits) < n_digits)
		return false;
	memcpy(digits, *at, n_digits);
	/* A ':' or '-' between bytes is skipped there, and would leave too few digits here. */
	if (!text_parse_hex(digits, bytes, n_digits / 2))
		return false;
	for (size_t i = 0; i < n_digits / 2; i++)
		value = value << 8 | bytes[i];
	*at += n_digits;
	*ret_value = value;
	return true;
}

static bool take_class(const char **at, struct pci_function *function)
{
	uint32_t base, sub, prog_if = 0;
	if (!take_hex(at, 2, &base) || !take_hex(at, 2, &sub))
		return false;
	function->has_class = true;
	function->has_prog_if = take_hex(at, 2, &prog_if);
	function->base_class = (uint8_t)base;
	function->sub_class = (uint8_t)sub;
	function->prog_if = (uint8_t)prog_if;
	return true;
}

static bool take_part(const char **at, struct pci_function *function)
{
	uint32_t value;
	if (take_text(at, "SUBSYS_") && take_hex(at, 8, &value)) {
		function->has_subsystem = true;
		function->subsystem_device = (uint16_t)(value >> 16);
		function->subsystem_vendor = (uint16_t)(value & 0xffff);
		return true;
	}
	if (take_text(at, "REV_") && take_hex(at, 2, &value)) {
		function->has_revision = true;
		function->revision = (uint8_t)value;
		return true;
	}
	return take_text(at, "CC_") && take_class(at, function);
}

bool pci_parse_id(const char *id, struct pci_function *ret_function)
{
	struct pci_function function = {0};
	uint32_t vendor, device;
	const char *at = id;
	if (!take_text(&at, "PCI\\VEN_") || !take_hex(&at, 4, &vendor) ||
		!take_text(&at, "&DEV_") || !take_hex(&at, 4, &device))
		return false;
	function.vendor = (uint16_t)vendor;
	function.device = (uint16_t)device;
	while (take_text(&at, "&"))
		if (!take_part(&at, &function))
			return false;
	if (*at != 0 && *at != '\\')
		return false;
	*ret_function = function;
	return true;
}

const char *pci_setup_class_of(const struct device *device)
{
	struct pci_function function;
	for (size_t i = 0; i < device->n_hardware_ids; i++)
		if (pci_parse_id(device->hardware_ids[i], &function) && function.has_class)
			return pci_setup_class(&function);
	return "";
}

/* ---- the order of other Windows ---- */

/* PCI\VEN_v&DEV_d, with or without REV, and nothing more. */
static bool is_bare(const char *id)
{
	struct pci_function function;
	return pci_parse_id(id, &function) && !function.has_subsystem && !function.has_class;
}

static bool lacks_subsystem(const struct device *device)
{
	struct pci_function function;
	return device->n_hardware_ids > 0 && pci_parse_id(device->hardware_ids[0], &function) &&
	       function.has_subsystem && function.subsystem_device == 0 &&
	       function.subsystem_vendor == 0;
}

static size_t first_bare(char *const *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_bare(ids[i]))
			return i;
	return n;
}

static void move_last_to(char **ids, size_t n, size_t to)
{
	char *last = ids[n - 1];
	memmove(&ids[to + 1], &ids[to], (n - 1 - to) * sizeof(*ids));
	ids[to] = last;
}

static char *remove_id(char **ids, size_t *n, size_t at)
{
	char *id = ids[at];
	memmove(&ids[at], &ids[at + 1], (*n - at - 1) * sizeof(*ids));
	(*n)--;
	return id;
}

static size_t end_of_subsystem_ids(const struct device *device)
{
	size_t end = 0;
	struct pci_function function;
	while (end < device->n_hardware_ids && pci_parse_id(device->hardware_ids[end], &function) &&
		function.has_subsystem)
		end++;
	return end;
}

static int move_to_hardware(struct device *device)
{
	size_t to = end_of_subsystem_ids(device), at;
	while ((at = first_bare(device->compatible_ids, device->n_compatible_ids)) <
		device->n_compatible_ids) {
		CLEANUP(memory_freep)
		char *id = remove_id(device->compatible_ids, &device->n_compatible_ids, at);
		int rc = device_add_hardware_id(device, id);
		if (rc < 0)
			return rc;
		move_last_to(device->hardware_ids, device->n_hardware_ids, to++);
	}
	return 0;
}

static int move_to_compatible(struct device *device)
{
	size_t to = 0, at;
	while ((at = first_bare(device->hardware_ids, device->n_hardware_ids)) <
		device->n_hardware_ids) {
		CLEANUP(memory_freep)
		char *id = remove_id(device->hardware_ids, &device->n_hardware_ids, at);
		int rc = device_add_compatible_id(device, id);
		if (rc < 0)
			return rc;
		move_last_to(device->compatible_ids, device->n_compatible_ids, to++);
	}
	return 0;
}

int pci_order_for_windows(struct device *device, uint16_t major)
{
	if (!lacks_subsystem(device))
		return 0;
	return major < 10 ? move_to_hardware(device) : move_to_compatible(device);
}
