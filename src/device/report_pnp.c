/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices as Windows' own tools tell of them: what their readers share. */
#include "device/report_formats.h"

#include "base/address.h"
#include "base/guid.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* ---- shapes ---- */

static bool is_enumerator_char(char c)
{
	c = text_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool span_is_instance(struct span span)
{
	size_t n_backslashes = 0, first = 0;
	if (!span_is_id(span))
		return false;
	for (size_t i = 0; i < span.n; i++)
		n_backslashes += span.at[i] == '\\';
	while (first < span.n && is_enumerator_char(span.at[first]))
		first++;
	return n_backslashes >= 2 && first > 0 && first < span.n && span.at[first] == '\\' &&
	       span.at[span.n - 1] != '\\';
}

bool span_is_guid(struct span span, struct guid *ret_guid)
{
	char text[GUID_TEXT_BYTES + 2];
	if (span.n >= sizeof(text))
		return false;
	span_copy(span, text, sizeof(text));
	return guid_parse(text, ret_guid);
}

bool span_is_mac(struct span span, uint8_t ret_mac[static 6])
{
	static const uint8_t none[6] = {0};
	char text[MAC_TEXT_BYTES];
	uint8_t mac[6];
	if (span.n != MAC_TEXT_BYTES - 1)
		return false;
	span_copy(span, text, sizeof(text));
	if (!mac_parse(text, mac) || (mac[0] & 1) != 0 || memcmp(mac, none, 6) == 0)
		return false;
	memcpy(ret_mac, mac, 6);
	return true;
}

/* ---- classes: where tools name them in another language, or not at all, there is the GUID ---- */

static const struct {
	const char *guid, *name;
} classes[] = {
	/* "System-Defined Device Setup Classes Available to Vendors" */
	{"4d36e972-e325-11ce-bfc1-08002be10318", "Net"},
	{"4d36e97b-e325-11ce-bfc1-08002be10318", "SCSIAdapter"},
	{"4d36e96a-e325-11ce-bfc1-08002be10318", "HDC"},
	{"4d36e97d-e325-11ce-bfc1-08002be10318", "System"},
	{"4d36e968-e325-11ce-bfc1-08002be10318", "Display"},
	{"4d36e967-e325-11ce-bfc1-08002be10318", "DiskDrive"},
	{"4d36e96c-e325-11ce-bfc1-08002be10318", "MEDIA"},
	{"36fc9e60-c465-11cf-8056-444553540000", "USB"},
	{"745a17a0-74d3-11d0-b6fe-00a0c90f57da", "HIDClass"},
};

static bool is_class_name(struct span class)
{
	if (class.n == 0 || class.n > sizeof(((struct device *)0)->class) - 1)
		return false;
	for (size_t i = 0; i < class.n; i++)
		if (!is_enumerator_char(class.at[i]) && class.at[i] != '-')
			return false;
	return !span_is(class, "Unknown") && !span_is(class, "null");
}

static void set_class(const struct pnp_entry *entry, struct device *device)
{
	struct guid guid, known;
	if (span_is_guid(span_trim(entry->class_guid), &guid))
		for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
			if (guid_parse(classes[i].guid, &known) && guid_equal(&guid, &known)) {
				(void)text_copy(
					device->class, sizeof(device->class), classes[i].name);
				return;
			}
	struct span class = span_trim(entry->class);
	if (is_class_name(class))
		span_copy(class, device->class, sizeof(device->class));
	else /* a device without a driver has no class yet */
		(void)text_copy(device->class, sizeof(device->class), pci_setup_class_of(device));
}

/* ---- ids ---- */

static bool is_separator(char c)
{
	return (unsigned char)c <= ' ' || c == ',' || c == ';' || c == '|' || c == '"';
}

/* WMIC and PowerShell put lists into braces; an id may begin with a GUID in braces of its own. */
static struct span without_braces(struct span list)
{
	list = span_trim(list);
	if (list.n < 2 || list.at[0] != '{' || list.at[list.n - 1] != '}' ||
		memchr(list.at, '}', list.n - 1) != NULL)
		return list;
	return (struct span){list.at + 1, list.n - 2};
}

static int add_ids(struct span list, struct device *device, add_id_function *add)
{
	list = without_braces(list);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list.n;) {
		size_t end = i;
		while (end < list.n && !is_separator(list.at[end]))
			end++;
		if (end > i)
			rc = span_add_id((struct span){list.at + i, end - i}, device, add);
		i = end + 1;
	}
	return rc;
}

/* PowerShell writes an array into a CSV as the name of its type. */
static bool is_lost(struct span list)
{
	return span_starts(span_trim(list), "System.String[");
}

/* The device's id is its most specific hardware id: all that an instance id tells of any bus. */
static int add_ids_of_instance(struct span instance, struct device *device)
{
	char text[LIMIT_HARDWARE_ID_BYTES + 1];
	struct pci_function function;
	if (!span_is_instance(instance))
		return 0;
	span_copy(instance, text, sizeof(text));
	if (pci_parse_id(text, &function))
		return pci_device(&function, device);
	char *end = strchr(strchr(text, '\\') + 1, '\\');
	*end = 0;
	int rc = device_add_hardware_id(device, text);
	return rc == -ENOMEM ? rc : 0;
}

static int fill_device(const struct pnp_entry *entry, struct device *device)
{
	struct span instance = span_trim(entry->instance);
	span_copy(span_trim(entry->name), device->name, sizeof(device->name));
	span_copy(instance, device->location, sizeof(device->location));
	int rc = 0;
	if (!is_lost(entry->hardware_ids))
		rc = add_ids(entry->hardware_ids, device, device_add_hardware_id);
	if (rc == 0 && !is_lost(entry->compatible_ids))
		rc = add_ids(entry->compatible_ids, device, device_add_compatible_id);
	if (rc == 0 && device->n_hardware_ids == 0 && device->n_compatible_ids == 0)
		rc = add_ids_of_instance(instance, device);
	if (rc == 0)
		set_class(entry, device);
	return rc;
}

int report_add_pnp(struct device_report *report, const struct pnp_entry *entry, struct error *err)
{
	CLEANUP(device_clear) struct device device = {0};
	struct device *place;
	int rc = fill_device(entry, &device);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	report->n_without_lists += device.n_hardware_ids > 0 && is_lost(entry->hardware_ids);
	if (device.n_hardware_ids == 0 && device.n_compatible_ids == 0) {
		report->n_ignored++;
		return 0;
	}
	rc = report_add_device(report, &place, err);
	if (rc < 0)
		return rc;
	*place = device;
	device = (struct device){0};
	return 0;
}

/* ---- properties ---- */

enum pnp_property pnp_property_of(struct span column, unsigned *ret_preference)
{
	static const struct {
		const char *name;
		enum pnp_property property;
	} columns[] = {
		{"PNPDeviceID", PNP_INSTANCE},
		{"InstanceId", PNP_INSTANCE},
		{"DeviceID", PNP_INSTANCE},
		{"FriendlyName", PNP_NAME},
		{"Name", PNP_NAME},
		{"Caption", PNP_NAME},
		{"Description", PNP_NAME},
		{"PNPClass", PNP_CLASS},
		{"Class", PNP_CLASS},
		{"ClassName", PNP_CLASS},
		{"ClassGuid", PNP_CLASS_GUID},
		{"HardwareID", PNP_HARDWARE_IDS},
		{"HardwareIDs", PNP_HARDWARE_IDS},
		{"CompatibleID", PNP_COMPATIBLE_IDS},
		{"CompatibleIDs", PNP_COMPATIBLE_IDS},
		{"SystemName", PNP_MACHINE},
		{"PSComputerName", PNP_MACHINE},
	};
	for (unsigned i = 0; i < ARRAY_SIZE(columns); i++)
		if (span_is(column, columns[i].name)) {
			*ret_preference = i;
			return columns[i].property;
		}
	return PNP_N_PROPERTIES;
}
