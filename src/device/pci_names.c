/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pci.ids: "vvvv  Vendor", below it "\tdddd  Device", below that subsystems; behind them classes
 * ("C 02  Network controller"). Read once into an index of where each name lies.
 */
#include "device/pci_names.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "device/pci.h"
#include "device/report_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_VENDOR 0xffffU /* no device has this id: it is what reads of an empty slot give */

struct entry {
	uint32_t key; /* vendor << 16 | device */
	uint32_t at, n;
};

struct pci_names {
	struct buffer text;
	struct entry *entries; /* by key */
	size_t n, capacity;
};

static int add_entry(struct pci_names *names, uint32_t key, struct span name)
{
	if (names->n == names->capacity) {
		size_t capacity = names->capacity == 0 ? 4096 : 2 * names->capacity;
		struct entry *grown =
			reallocarray(names->entries, capacity, sizeof(*names->entries));
		if (grown == NULL)
			return -ENOMEM;
		names->entries = grown;
		names->capacity = capacity;
	}
	names->entries[names->n++] = (struct entry){
		key, (uint32_t)(name.at - (const char *)names->text.bytes), (uint32_t)name.n};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

static int build_index(struct pci_names *names)
{
	struct report_lines lines = {.rest = {(const char *)names->text.bytes, names->text.size}};
	struct span line;
	uint32_t id, vendor = 0;
	bool has_vendor = false;
	int rc = 0;
	while (rc == 0 && report_next_line(&lines, &line)) {
		if (span_hex(line, 0, 4, &id)) {
			vendor = id << 16;
			has_vendor = true;
			rc = add_entry(names, vendor | WHOLE_VENDOR, span_trim(span_cut(line, 4)));
		} else if (span_starts(line, "C ")) {
			has_vendor = false;
		} else if (has_vendor && line.n > 0 && line.at[0] == '\t' &&
			   span_hex(line, 1, 4, &id) && id != WHOLE_VENDOR) {
			rc = add_entry(names, vendor | id, span_trim(span_cut(line, 5)));
		}
	}
	if (names->n > 0)
		qsort(names->entries, names->n, sizeof(*names->entries), compare);
	return rc;
}

static int read_file(const char *path, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = file_read_stream(fd, out);
	(void)close(fd);
	return rc;
}

static int read_first(const char *path, struct buffer *out)
{
	static const char *const paths[] = {"/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids"};
	if (path != NULL)
		return read_file(path, out);
	int rc = -ENOENT;
	for (size_t i = 0; rc == -ENOENT && i < ARRAY_SIZE(paths); i++)
		rc = read_file(paths[i], out);
	return rc;
}

int pci_names_open(const char *path, struct pci_names **ret_names)
{
	CLEANUP(pci_names_closep) struct pci_names *names = calloc(1, sizeof(*names));
	if (names == NULL)
		return -ENOMEM;
	names->text = buffer_with_max(LIMIT_PCI_NAMES_BYTES);
	int rc = read_first(path, &names->text);
	if (rc == 0)
		rc = build_index(names);
	if (rc == 0)
		*ret_names = TAKE(names);
	return rc;
}

struct pci_names *pci_names_close(struct pci_names *names)
{
	if (names == NULL)
		return NULL;
	buffer_free(&names->text);
	free(names->entries);
	free(names);
	return NULL;
}

static bool find(const struct pci_names *names, uint32_t key, struct span *ret_name)
{
	struct entry wanted = {.key = key};
	const struct entry *entry =
		names->n > 0 ? bsearch(&wanted, names->entries, names->n, sizeof(wanted), compare)
			     : NULL;
	if (entry == NULL)
		return false;
	*ret_name = (struct span){(const char *)names->text.bytes + entry->at, entry->n};
	return true;
}

bool pci_names_find(
	const struct pci_names *names, uint16_t vendor, uint16_t device, char *out, size_t size)
{
	struct span vendor_name, device_name = {"", 0};
	char text[512];
	if (!find(names, (uint32_t)vendor << 16 | WHOLE_VENDOR, &vendor_name))
		return false;
	if (device != WHOLE_VENDOR)
		(void)find(names, (uint32_t)vendor << 16 | device, &device_name);
	(void)snprintf(text, sizeof(text), "%.*s%s%.*s",
		(int)(vendor_name.n < 200 ? vendor_name.n : 200), vendor_name.at,
		device_name.n > 0 ? " " : "", (int)(device_name.n < 200 ? device_name.n : 200),
		device_name.at);
	span_copy((struct span){text, strlen(text)}, out, size);
	return true;
}

void pci_names_fill(const struct pci_names *names, struct device_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct device *device = &list->devices[i];
		struct pci_function function;
		if (device->name[0] == 0 && device->n_hardware_ids > 0 &&
			pci_parse_id(device->hardware_ids[0], &function))
			(void)pci_names_find(names, function.vendor, function.device, device->name,
				sizeof(device->name));
	}
}
