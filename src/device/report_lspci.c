/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lspci, with numbers: one line per function (-nn, also -n; with -k, -v and -vv details below it),
 * or one paragraph (-vmmnn). lspci leaves out a revision, a programming interface and a subsystem
 * of zero where it would show others; what kind of listing it is says whether absent means zero.
 */
#include "device/report_formats.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- slots and numbers ---- */

/* "1f.6" behind "00:", behind "0000:" or, for a VMD, "10000:". */
static bool read_slot(struct span slot, char location[static 64])
{
	uint32_t value;
	if (slot.n < 7 || slot.n > 16)
		return false;
	struct span tail = span_cut(slot, slot.n - 7);
	if (!span_hex(tail, 0, 2, &value) || tail.at[2] != ':' || !span_hex(tail, 3, 2, &value) ||
		tail.at[5] != '.' || !span_hex(tail, 6, 1, &value) || value > 7)
		return false;
	size_t n_domain = slot.n - 7;
	if (n_domain > 0 && (n_domain < 5 || !span_hex(slot, 0, n_domain - 1, &value) ||
				    slot.at[n_domain - 1] != ':'))
		return false;
	(void)snprintf(location, 64, "%s%.*s", n_domain > 0 ? "" : "0000:", (int)slot.n, slot.at);
	for (char *c = location; *c != 0; c++)
		*c = text_lower(*c);
	return true;
}

/* The last "[8086:15f3]" or, without nn, the first word "8086:15f3"; where it begins in *ret_at. */
static bool find_pair(struct span text, uint16_t *ret_a, uint16_t *ret_b, size_t *ret_at)
{
	uint32_t a, b;
	for (size_t at = text.n; at-- > 0;) {
		struct span rest = span_cut(text, at);
		if (rest.n >= 11 && rest.at[0] == '[' && span_hex(rest, 1, 4, &a) &&
			rest.at[5] == ':' && span_hex(rest, 6, 4, &b) && rest.at[10] == ']') {
			*ret_a = (uint16_t)a;
			*ret_b = (uint16_t)b;
			*ret_at = at;
			return true;
		}
	}
	struct span word = span_trim(text);
	if (!span_hex(word, 0, 4, &a) || word.n < 9 || word.at[4] != ':' ||
		!span_hex(word, 5, 4, &b))
		return false;
	*ret_a = (uint16_t)a;
	*ret_b = (uint16_t)b;
	*ret_at = 0;
	return true;
}

/* "(rev 03)": the two digits behind what is looked for. */
static bool find_option(struct span text, const char *what, uint8_t *ret_value)
{
	uint32_t value;
	const char *found = memmem(text.at, text.n, what, strlen(what));
	if (found == NULL || !span_hex(text, (size_t)(found - text.at) + strlen(what), 2, &value))
		return false;
	*ret_value = (uint8_t)value;
	return true;
}

static void set_class(struct pci_function *function, uint32_t class)
{
	function->has_class = true;
	function->base_class = (uint8_t)(class >> 8);
	function->sub_class = (uint8_t)(class & 0xff);
}

/* ---- one line per function ---- */

struct listing {
	bool has_details;  /* -k, -v: tells subsystems */
	bool has_prog_ifs; /* -v */
};

static bool text_has(struct span text, const char *what)
{
	return span_contains(text, what);
}

static struct listing kind_of_listing(struct span text)
{
	bool is_verbose = text_has(text, "\n\tFlags: ") || text_has(text, "\n\tControl: ");
	return (struct listing){
		.has_details = is_verbose || text_has(text, "\n\tSubsystem: ") ||
			       text_has(text, "\n\tKernel "),
		.has_prog_ifs = is_verbose,
	};
}

/* "Ethernet controller [0200]: Intel ... [8086:15f3] (rev 03)", or "0200: 8086:15f3 (rev 03)". */
static bool split_class(struct span text, uint32_t *ret_class, struct span *ret_rest)
{
	if (span_hex(text, 0, 4, ret_class) && text.n > 4 && text.at[4] == ':') {
		*ret_rest = span_cut(text, 5);
		return true;
	}
	for (size_t at = 0; at + 7 <= text.n; at++) {
		if (text.at[at] != '[' || !span_hex(text, at + 1, 4, ret_class) ||
			text.at[at + 5] != ']' || text.at[at + 6] != ':')
			continue;
		*ret_rest = span_cut(text, at + 7);
		return true;
	}
	return false;
}

static bool read_head(struct span line, const struct listing *listing,
	struct pci_function *function, struct span *ret_name)
{
	struct span rest, tail;
	struct span slot = span_until(line, ' ', &rest);
	uint32_t class;
	size_t at;
	*function = (struct pci_function){0};
	if (!read_slot(slot, function->location) || !split_class(rest, &class, &rest) ||
		!find_pair(rest, &function->vendor, &function->device, &at))
		return false;
	set_class(function, class);
	tail = span_cut(rest, at);
	*ret_name = (struct span){rest.at, at};
	(void)find_option(tail, "(rev ", &function->revision);
	function->has_revision = true;
	function->has_subsystem = listing->has_details;
	/* 02 00 is Ethernet and knows no other interface than 00 (PCI Code and ID Assignment). */
	function->has_prog_if = find_option(tail, "(prog-if ", &function->prog_if) ||
				listing->has_prog_ifs || class == 0x0200;
	return true;
}

static const struct {
	const char *words;
	uint8_t type;
} port_types[] = {
	{"Endpoint", 0},
	{"Legacy Endpoint", 1},
	{"Root Port", 4},
	{"Upstream Port", 5},
	{"Downstream Port", 6},
	{"PCI-Express to PCI/PCI-X Bridge", 7},
	{"PCI/PCI-X to PCI-Express Bridge", 8},
	{"Root Complex Integrated Endpoint", 9},
	{"Root Complex Event Collector", 10},
};

/* "Capabilities: [40] Express (v2) Endpoint, MSI 00" */
static void read_port_type(struct span line, struct pci_function *function)
{
	struct span rest;
	(void)span_until(line, ']', &rest);
	rest = span_trim(rest);
	if (!span_starts(rest, "Express "))
		return;
	rest = span_cut(rest, strlen("Express "));
	if (span_starts(rest, "(v"))
		(void)span_until(span_cut(rest, 1), ' ', &rest);
	for (size_t i = 0; i < ARRAY_SIZE(port_types); i++)
		if (span_starts(rest, port_types[i].words)) {
			function->has_port_type = true;
			function->port_type = port_types[i].type;
			return;
		}
}

static void read_detail(struct span line, struct pci_function *function)
{
	size_t at;
	if (span_starts(line, "Subsystem: "))
		function->has_subsystem = find_pair(span_cut(line, strlen("Subsystem: ")),
			&function->subsystem_vendor, &function->subsystem_device, &at);
	else if (span_starts(line, "Capabilities: "))
		read_port_type(line, function);
}

static bool looks_like_lspci(struct span head)
{
	struct report_lines lines = {.rest = head};
	struct span line, rest;
	char location[64];
	while (report_next_line(&lines, &line)) {
		struct span slot = span_until(line, ' ', &rest);
		if (read_slot(slot, location))
			return true;
	}
	return false;
}

static int no_numbers(size_t line, const char *run, struct error *err)
{
	return error_set(err, -EINVAL, "%zu: names without numbers; run `%s`", line, run);
}

static int read_lspci(struct span text, struct device_report *report, struct error *err)
{
	struct listing listing = kind_of_listing(text);
	struct report_lines lines = {.rest = text};
	struct pci_function function = {0};
	struct span line, name = {0}, rest;
	bool has_function = false;
	char location[64];
	int rc = 0;
	while (rc == 0 && report_next_line(&lines, &line)) {
		if (line.n > 0 && (line.at[0] == '\t' || line.at[0] == ' ')) {
			if (has_function)
				read_detail(span_trim(line), &function);
			continue;
		}
		if (!read_slot(span_until(line, ' ', &rest), location))
			continue;
		if (has_function)
			rc = report_add_pci(report, &function, name, err);
		has_function = read_head(line, &listing, &function, &name);
		if (rc == 0 && !has_function)
			rc = no_numbers(lines.number, "lspci -Dvvnn", err);
	}
	return rc == 0 && has_function ? report_add_pci(report, &function, name, err) : rc;
}

const struct device_format lspci_format = {
	.source = DEVICES_LSPCI,
	.name = "lspci -nn",
	.recognise = looks_like_lspci,
	.read = read_lspci,
};

/* ---- one paragraph per function ---- */

struct paragraph {
	struct pci_function function;
	bool has_slot, has_vendor, has_device;
	struct span vendor_name, device_name;
};

/* "Ethernet controller [0200]" or, with -n in place of -nn, "0200". */
static bool read_number(struct span value, uint16_t *ret_number, struct span *ret_name)
{
	uint32_t number;
	if (value.n == 4 && span_hex(value, 0, 4, &number)) {
		*ret_name = (struct span){value.at, 0};
	} else if (value.n >= 6 && value.at[value.n - 6] == '[' && value.at[value.n - 1] == ']' &&
		   span_hex(value, value.n - 5, 4, &number)) {
		*ret_name = (struct span){value.at, value.n - 6};
	} else {
		return false;
	}
	*ret_number = (uint16_t)number;
	return true;
}

static void read_class(struct span value, struct pci_function *function)
{
	uint16_t class;
	struct span name;
	if (read_number(value, &class, &name))
		set_class(function, class);
}

static void read_byte(struct span value, uint8_t *byte)
{
	uint32_t number;
	if (value.n == 2 && span_hex(value, 0, 2, &number))
		*byte = (uint8_t)number;
}

static void read_pair(struct span key, struct span value, struct paragraph *paragraph)
{
	struct pci_function *function = &paragraph->function;
	struct span ignored;
	if (span_is(key, "Slot"))
		paragraph->has_slot = read_slot(value, function->location);
	else if (span_is(key, "Class"))
		read_class(value, function);
	else if (span_is(key, "Vendor"))
		paragraph->has_vendor =
			read_number(value, &function->vendor, &paragraph->vendor_name);
	else if (span_is(key, "Device"))
		paragraph->has_device =
			read_number(value, &function->device, &paragraph->device_name);
	else if (span_is(key, "SVendor"))
		(void)read_number(value, &function->subsystem_vendor, &ignored);
	else if (span_is(key, "SDevice"))
		(void)read_number(value, &function->subsystem_device, &ignored);
	else if (span_is(key, "Rev"))
		read_byte(value, &function->revision);
	else if (span_is(key, "ProgIf"))
		read_byte(value, &function->prog_if);
}

static int end_paragraph(
	struct paragraph *paragraph, size_t line, struct device_report *report, struct error *err)
{
	char name[256], vendor[128], device[128];
	if (!paragraph->has_slot)
		return 0;
	if (!paragraph->has_vendor || !paragraph->has_device || !paragraph->function.has_class)
		return no_numbers(line, "lspci -Dvmmnn", err);
	/* What it leaves out is zero. */
	paragraph->function.has_revision = paragraph->function.has_prog_if = true;
	paragraph->function.has_subsystem = true;
	span_copy(span_trim(paragraph->vendor_name), vendor, sizeof(vendor));
	span_copy(span_trim(paragraph->device_name), device, sizeof(device));
	(void)snprintf(name, sizeof(name), "%s%s%s", vendor, vendor[0] != 0 ? " " : "", device);
	return report_add_pci(report, &paragraph->function, (struct span){name, strlen(name)}, err);
}

static bool looks_like_lspci_machine(struct span head)
{
	struct report_lines lines = {.rest = head};
	struct span line;
	char location[64];
	while (report_next_line(&lines, &line))
		if (span_starts(line, "Slot:\t"))
			return read_slot(span_trim(span_cut(line, 6)), location);
	return false;
}

static int read_lspci_machine(struct span text, struct device_report *report, struct error *err)
{
	struct report_lines lines = {.rest = text};
	struct paragraph paragraph = {0};
	struct span line, value;
	size_t first = 1;
	int rc = 0;
	while (rc == 0 && report_next_line(&lines, &line)) {
		struct span key = span_until(line, ':', &value);
		/* The blank line between two may have been lost on the way. */
		if (line.n == 0 || span_is(key, "Slot")) {
			rc = end_paragraph(&paragraph, first, report, err);
			paragraph = (struct paragraph){0};
			first = lines.number;
		}
		read_pair(key, span_trim(value), &paragraph);
	}
	return rc == 0 ? end_paragraph(&paragraph, first, report, err) : rc;
}

const struct device_format lspci_machine_format = {
	.source = DEVICES_LSPCI_MACHINE,
	.name = "lspci -vmmnn",
	.recognise = looks_like_lspci_machine,
	.read = read_lspci_machine,
};
