/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pnputil /enum-devices: paragraphs of "Label:   value", in Windows' language. The labels are not
 * looked at; what a line is follows from its shape and place:
 *
 *   Instance ID:          PCI\VEN_8086&DEV_15F3&...\3&...   an instance id begins a device
 *   Device Description:   Intel(R) ...                      next line: its name
 *   Class Name:           Net                               the line before
 *   Class GUID:           {4d36e972-...}                    a GUID
 *   Hardware IDs:         PCI\VEN_8086&DEV_15F3&SUBSYS_...  the first block of ids (/ids,
 * /deviceids) PCI\VEN_8086&DEV_15F3&SUBSYS_...  (indented: goes on) Compatible IDs:
 * PCI\VEN_8086&DEV_15F3&REV_03      the second
 */
#include "device/report_formats.h"

#include "base/guid.h"

#include <string.h>

struct pnputil_reader {
	struct device_report *report;
	struct pnp_entry entry;
	struct span first_label;    /* what introduces an instance, as the first one showed */
	struct span previous;       /* value of the line before */
	size_t n_lines, n_id_lists; /* of this device */
	struct span *open_list;     /* what an indented line belongs to; NULL for nothing */
};

static struct span split_label(struct span line, struct span *ret_label)
{
	struct span value;
	*ret_label = span_trim(span_until(line, ':', &value));
	return span_trim(value);
}

static bool is_indented(struct span line)
{
	return line.n > 0 && (line.at[0] == ' ' || line.at[0] == '\t');
}

/* "PCI\VEN_8086" or "*PNP0501"; parents and children of /relations have instances behind. */
static bool begins_id_list(struct span value)
{
	if (!span_is_id(value) || span_is_instance(value))
		return false;
	const char *backslash = memchr(value.at, '\\', value.n);
	return value.at[0] == '*' || (backslash != NULL && backslash != value.at);
}

static int end_device(struct pnputil_reader *reader, struct error *err)
{
	int rc = 0;
	if (reader->entry.instance.n > 0)
		rc = report_add_pnp(reader->report, &reader->entry, err);
	reader->entry = (struct pnp_entry){0};
	reader->open_list = NULL;
	reader->n_lines = reader->n_id_lists = 0;
	return rc;
}

static bool begins_device(const struct pnputil_reader *reader, struct span label, struct span value)
{
	if (!span_is_instance(value))
		return false;
	return reader->first_label.at == NULL ||
	       (label.n == reader->first_label.n &&
		       memcmp(label.at, reader->first_label.at, label.n) == 0);
}

static void continue_list(struct pnputil_reader *reader, struct span line)
{
	struct span *list = reader->open_list;
	if (list != NULL)
		list->n = (size_t)(line.at + line.n - list->at);
}

static void read_line(struct pnputil_reader *reader, struct span value)
{
	struct guid guid;
	reader->open_list = NULL;
	if (reader->n_lines == 1) {
		reader->entry.name = value;
	} else if (value.n > 0 && value.at[0] == '{' && span_is_guid(value, &guid) &&
		   reader->entry.class_guid.n == 0) {
		reader->entry.class_guid = value;
		if (reader->n_lines > 2)
			reader->entry.class = reader->previous;
	} else if (begins_id_list(value) && reader->n_id_lists < 2) {
		reader->open_list = reader->n_id_lists == 0 ? &reader->entry.hardware_ids
							    : &reader->entry.compatible_ids;
		*reader->open_list = value;
		reader->n_id_lists++;
	}
	reader->previous = value;
	reader->n_lines++;
}

static bool looks_like_pnputil(struct span head)
{
	struct report_lines lines = {.rest = head};
	struct span line, label;
	while (report_next_line(&lines, &line))
		if (!is_indented(line) && span_is_instance(split_label(line, &label)) &&
			label.n > 0)
			return true;
	return false;
}

static int read_pnputil(struct span text, struct device_report *report, struct error *err)
{
	struct pnputil_reader reader = {.report = report};
	struct report_lines lines = {.rest = text};
	struct span line, label;
	int rc = 0;
	while (rc == 0 && report_next_line(&lines, &line)) {
		if (is_indented(line)) {
			continue_list(&reader, line);
			continue;
		}
		struct span value = split_label(line, &label);
		if (begins_device(&reader, label, value)) {
			rc = end_device(&reader, err);
			reader.first_label = label;
			reader.entry.instance = value;
			reader.n_lines = 1;
		} else if (line.n > 0) {
			read_line(&reader, value);
		}
	}
	return rc == 0 ? end_device(&reader, err) : rc;
}

const struct device_format pnputil_format = {
	.source = DEVICES_PNPUTIL,
	.name = "pnputil /enum-devices /ids",
	.recognise = looks_like_pnputil,
	.read = read_pnputil,
};
