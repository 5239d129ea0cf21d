/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An INF as a string, and what models.c makes of it. Include after unit.h. */
#pragma once

#include "driver/models.h"

#include <string.h>

static inline struct inf *parse(const char *text, size_t n)
{
	struct inf *inf = NULL;
	struct error err = ERROR_NULL;
	if (inf_parse(text, n, NULL, &inf, &err) < 0)
		fail_msg("%s", err.text);
	return inf;
}

static inline struct driver_package read_text(const char *text)
{
	struct driver_package package = {0};
	struct error err = ERROR_NULL;
	CLEANUP(inf_freep) struct inf *inf = parse(text, strlen(text));
	if (models_read(inf, &package, &err) < 0)
		fail_msg("%s", err.text);
	return package;
}

static inline const struct driver_install *install_of(
	const struct driver_package *package, const char *name, const char *arch)
{
	for (size_t i = 0; i < package->n_installs; i++) {
		if (strcmp(package->installs[i].name, name) == 0 &&
			strcmp(package->installs[i].arch, arch) == 0)
			return &package->installs[i];
	}
	fail_msg("no install section %s for %s", name, arch);
	return NULL;
}

#define HEAD "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\n"
/* One device on two architectures, with whatever follows. */
#define TWO_ARCHS                                                                                  \
	HEAD "[Manufacturer]\n\"Ours\"=M,NTx86,NTamd64\n"                                          \
	     "[M.NTx86]\n\"A\"=I,PCI\\VEN_1\n[M.NTamd64]\n\"A\"=I,PCI\\VEN_1\n"
