/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * msinfo32 /nfo: nested <Category name="...">, each with rows <Data>, whose columns are elements
 * named like the column in Windows' language (<Item><Value>, <Element><Wert>, ...). So nothing is
 * read by its name, but by shape and place:
 *
 *   an instance id in any column is a device; what names it is the first row of its group (rows up
 *   to an empty one), or, in a table with a device on each row, the first column;
 *   a MAC address makes the device of its group a network adapter;
 *   the row behind "Microsoft Corporation" in the outermost category (the maker of the system) is
 * the machine's name.
 */
#include "device/report_formats.h"

#include "adapter/xml.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/name_table.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define FIELDS_MAX       6
#define FIELD_BYTES      512
#define GROUP_NAME_BYTES 256

struct msinfo_reader {
	struct device_report *report;
	struct error *err;
	size_t category_depth;
	char class[16]; /* of what the innermost category lists; "" for none in particular */
	bool in_row, in_field;
	struct {
		char text[FIELD_BYTES];
		size_t n;
	} fields[FIELDS_MAX];
	size_t n_fields;
	char group[GROUP_NAME_BYTES]; /* "" at the beginning of a group */
	size_t device;                /* of this group; SIZE_MAX for none */
	struct name_table places;     /* of devices in the report, by their instance */
	bool is_maker_behind;         /* the row before was the maker of the system */
};

static struct span field(const struct msinfo_reader *reader, size_t i)
{
	return span_trim((struct span){reader->fields[i].text, reader->fields[i].n});
}

static void begin_group(struct msinfo_reader *reader)
{
	reader->group[0] = 0;
	reader->device = SIZE_MAX;
}

/* "[00000001] Intel(R) Ethernet Controller": adapters are numbered. */
static struct span without_number(struct span name)
{
	uint32_t number;
	struct span rest;
	if (name.n < 10 || name.at[0] != '[' || !span_hex(name, 1, 8, &number) || name.at[9] != ']')
		return name;
	rest = span_cut(name, 10);
	return span_trim(rest);
}

static bool is_numbered(struct span name)
{
	return without_number(name).at != name.at;
}

/* One without any id that a driver could match is counted, and has no place in the list. */
static int add_device(struct msinfo_reader *reader, struct span instance)
{
	struct device_list *list = &reader->report->devices;
	struct span group = {reader->group, strlen(reader->group)};
	uint32_t place = (uint32_t)list->n;
	int rc = report_add_pnp(reader->report,
		&(struct pnp_entry){
			.instance = instance,
			.name = group.n > 0 ? group : field(reader, 0),
			.class = {reader->class, strlen(reader->class)},
		},
		reader->err);
	if (rc < 0 || list->n == place)
		return rc;
	reader->device = place;
	rc = name_table_add(&reader->places, instance.at, instance.n, place, &place);
	return rc < 0 ? error_set(reader->err, rc, "%s", strerror(-rc)) : 0;
}

/* The same device stands under several headings. */
static int take_instance(struct msinfo_reader *reader, struct span instance)
{
	uint32_t place;
	reader->device = SIZE_MAX;
	if (!name_table_find(&reader->places, instance.at, instance.n, &place))
		return add_device(reader, instance);
	reader->device = place;
	return 0;
}

static bool is_wireless(const char *name)
{
	static const char *const words[] = {
		"wireless", "wi-fi", "wifi", "wlan", "802.11", "bluetooth"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(name, words[i]) != NULL)
			return true;
	return false;
}

static bool is_on_a_bus(const struct device *device)
{
	static const char *const virtual[] = {"ROOT\\", "SWD\\", "SW\\", "HTREE\\", "BTH\\"};
	for (size_t i = 0; i < ARRAY_SIZE(virtual); i++)
		if (text_starts_nocase(device->location, virtual[i]))
			return false;
	return true;
}

static void take_mac(struct msinfo_reader *reader, const uint8_t mac[static 6])
{
	struct device_report *report = reader->report;
	if (reader->device == SIZE_MAX)
		return;
	struct device *device = &report->devices.devices[reader->device];
	(void)text_copy(device->class, sizeof(device->class), "Net");
	if (report->has_mac || is_wireless(device->name) || !is_on_a_bus(device))
		return;
	report->has_mac = true;
	memcpy(report->mac, mac, 6);
}

static void take_summary(struct msinfo_reader *reader, struct span value)
{
	struct device_report *report = reader->report;
	struct guid uuid;
	if (reader->is_maker_behind && report->machine[0] == 0 && span_is_id(value))
		span_copy(value, report->machine, sizeof(report->machine));
	reader->is_maker_behind =
		report->machine[0] == 0 && span_is(value, "Microsoft Corporation");
	if (!report->has_uuid && span_is_guid(value, &uuid) && !guid_is_zero(&uuid)) {
		report->has_uuid = true;
		report->uuid = uuid;
	}
}

static bool is_row_empty(const struct msinfo_reader *reader)
{
	for (size_t i = 0; i < reader->n_fields; i++)
		if (field(reader, i).n > 0)
			return false;
	return true;
}

/* The first row of a group names what it is about: "Name", "[00000001] Intel ...". */
static void take_name(struct msinfo_reader *reader)
{
	struct span value = field(reader, 1);
	if (is_numbered(value))
		begin_group(reader);
	if (reader->group[0] == 0)
		span_copy(without_number(value), reader->group, sizeof(reader->group));
}

static int end_row(struct msinfo_reader *reader)
{
	bool has_instance = false;
	uint8_t mac[6];
	int rc = 0;
	if (is_row_empty(reader)) {
		begin_group(reader);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < reader->n_fields; i++) {
		struct span value = field(reader, i);
		if (span_is_instance(value)) {
			has_instance = true;
			rc = take_instance(reader, value);
		} else if (i > 0 && span_is_mac(value, mac)) {
			take_mac(reader, mac);
		} else if (i == 1 && reader->category_depth == 1) {
			take_summary(reader, value);
		}
	}
	if (rc == 0 && !has_instance && reader->n_fields == 2)
		take_name(reader);
	return rc;
}

static void begin_category(struct msinfo_reader *reader, const char *const *attributes)
{
	reader->category_depth++;
	begin_group(reader);
	reader->class[0] = 0;
	for (; attributes[0] != NULL; attributes += 2) {
		if (strcmp(attributes[0], "name") != 0)
			continue;
		/* These two words are the same in most languages. */
		if (strcmp(attributes[1], "SCSI") == 0)
			(void)text_copy(reader->class, sizeof(reader->class), "SCSIAdapter");
		else if (strcmp(attributes[1], "IDE") == 0)
			(void)text_copy(reader->class, sizeof(reader->class), "HDC");
	}
}

static int on_begin(void *context, const char *element, const char *const *attributes)
{
	struct msinfo_reader *reader = context;
	if (strcmp(element, "Category") == 0) {
		begin_category(reader, attributes);
	} else if (strcmp(element, "Data") == 0) {
		reader->in_row = true;
		reader->in_field = false; /* a row may begin within a cell of another */
		reader->n_fields = 0;
	} else if (reader->in_row && !reader->in_field && reader->n_fields < FIELDS_MAX) {
		reader->in_field = true;
		reader->fields[reader->n_fields++].n = 0;
	}
	return 0;
}

static int on_text(void *context, const char *text, size_t n)
{
	struct msinfo_reader *reader = context;
	if (!reader->in_field)
		return 0;
	char *out = reader->fields[reader->n_fields - 1].text;
	size_t *at = &reader->fields[reader->n_fields - 1].n;
	if (n > FIELD_BYTES - *at)
		n = FIELD_BYTES - *at;
	memcpy(out + *at, text, n);
	*at += n;
	return 0;
}

static int on_end(void *context, const char *element)
{
	struct msinfo_reader *reader = context;
	if (strcmp(element, "Category") == 0) {
		if (reader->category_depth > 0)
			reader->category_depth--;
		begin_group(reader);
		reader->class[0] = 0;
	} else if (strcmp(element, "Data") == 0) {
		reader->in_row = reader->in_field = false;
		return end_row(reader);
	}
	reader->in_field = false;
	return 0;
}

static bool looks_like_msinfo(struct span head)
{
	head = span_trim(head);
	return head.n > 0 && head.at[0] == '<' && span_contains(head, "<MsInfo");
}

static int read_msinfo(struct span text, struct device_report *report, struct error *err)
{
	struct msinfo_reader *reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	reader->report = report;
	reader->err = err;
	reader->places = name_table_empty();
	begin_group(reader);
	struct xml_events events = {
		.context = reader, .begin = on_begin, .text = on_text, .end = on_end};
	int rc = xml_read(text.at, text.n, &events, err);
	name_table_clear(&reader->places);
	free(reader);
	return rc;
}

const struct device_format msinfo_format = {
	.source = DEVICES_MSINFO,
	.name = "msinfo32 /nfo",
	.recognise = looks_like_msinfo,
	.read = read_msinfo,
};
