/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a command gets the devices of a machine from: a report (--devices FILE, "-" for standard
 * input), or a client that one was imported for (--client C).
 */
#pragma once

#include "device/report.h"
#include "store/store.h"

/* The words of an error begin with the file's name. */
int device_source_file(
	const char *path, struct device_report *ret_report, struct error *err) MUST_CHECK;
/* -ENOENT if there is no such client, -ENODATA if nothing was imported for it: says how. */
int device_source_client(struct store *store, const char *word, struct client_record *ret_client,
	struct device_list *ret_devices, struct error *err) MUST_CHECK;
