/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/device_source.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "device/pci_names.h"
#include "store/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int read_file(const char *path, struct buffer *out, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : file_read_stream(fd, out);
	if (!is_input && fd >= 0)
		(void)close(fd);
	if (rc == -EFBIG)
		return error_set(err, rc, "larger than %u MB, which no report of one machine is",
			LIMIT_DEVICE_REPORT_BYTES >> 20);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

int device_source_file(const char *path, struct device_report *ret_report, struct error *err)
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_DEVICE_REPORT_BYTES);
	int rc = read_file(path, &bytes, err);
	if (rc == 0)
		rc = device_report_read(bytes.bytes, bytes.size, ret_report, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", name);
	/* Names are a courtesy: without hwdata there are none. */
	CLEANUP(pci_names_closep) struct pci_names *names = NULL;
	if (pci_names_open(NULL, &names) == 0)
		pci_names_fill(names, &ret_report->devices);
	return 0;
}

int device_source_client(struct store *store, const char *word, struct client_record *ret_client,
	struct device_list *ret_devices, struct error *err)
{
	struct client_record client;
	struct device_list devices;
	int rc = store_client_get(store, word, &client, err);
	if (rc == 0)
		rc = store_client_devices_get(store, client.id, &devices, err);
	if (rc < 0)
		return rc;
	if (devices.n == 0)
		return error_set(err, -ENODATA,
			"the devices of %s are not known yet; tell them with `lspci -Dvvnn | "
			"pewter client import - --name %s`, or with any report that pewter(1) "
			"names",
			word, client.name[0] != 0 ? client.name : "NAME");
	*ret_client = client;
	*ret_devices = devices;
	return 0;
}
