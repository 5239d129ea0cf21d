/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [Version]. Reference: "INF Version Section". */
#include "base/text.h"
#include "driver/models_room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Setup classes that drivers for Windows PE belong to: an INF may leave either out. */
static const struct {
	const char *name, *guid;
} classes[] = {
	{"Net", "4d36e972-e325-11ce-bfc1-08002be10318"},
	{"SCSIAdapter", "4d36e97b-e325-11ce-bfc1-08002be10318"},
	{"HDC", "4d36e96a-e325-11ce-bfc1-08002be10318"},
	{"System", "4d36e97d-e325-11ce-bfc1-08002be10318"},
	{"USB", "36fc9e60-c465-11cf-8056-444553540000"},
	{"Extension", "e2f84ce7-8efa-411c-aa69-97454ca4cb57"},
};

static uint32_t find_line(const struct inf *inf, uint32_t section, const char *key)
{
	return section == INF_NONE ? INF_NONE
				   : inf_find_line(inf, section, key, strlen(key), INF_NONE);
}

static struct inf_text value_of(
	const struct inf *inf, uint32_t section, const char *key, struct inf_scratch *scratch)
{
	uint32_t line = find_line(inf, section, key);
	return line == INF_NONE ? (struct inf_text){"", 0} : inf_field(inf, line, 1, scratch);
}

static uint32_t version_section(const struct inf *inf)
{
	static const char name[] = "Version";
	return inf_find_section(inf, name, strlen(name));
}

/* "If signature-name is none of these string values, the file is not accepted as a valid INF." */
static int check_signature(
	const struct inf *inf, uint32_t version, struct inf_scratch *scratch, struct error *err)
{
	uint32_t line = find_line(inf, version, "Signature");
	if (line == INF_NONE)
		return error_set(err, -EINVAL, "%u: [Version] has no Signature: it is no setup INF",
			inf_section_place(inf, version));
	struct inf_text signature = inf_field(inf, line, 1, scratch);
	if (inf_text_equal(signature, "$Windows NT$") || inf_text_equal(signature, "$Chicago$"))
		return 0;
	char shown[40];
	text_copy_printable(shown, sizeof(shown), signature.text, signature.length);
	return error_set(err, -EINVAL,
		"%u: Signature is \"%s\", not $Windows NT$ or $Chicago$: it is no setup INF",
		inf_line_place(inf, line), shown);
}

static void read_class(const struct inf *inf, uint32_t version, struct driver_package *package,
	struct inf_scratch *scratch)
{
	char text[64];
	models_text_copy(
		value_of(inf, version, "Class", scratch), package->class, sizeof(package->class));
	models_text_copy(value_of(inf, version, "ClassGuid", scratch), text, sizeof(text));
	bool has_guid = guid_parse(text, &package->class_guid);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		struct guid guid;
		if (!guid_parse(classes[i].guid, &guid))
			continue;
		if (!has_guid && text_equal_nocase(package->class, classes[i].name))
			package->class_guid = guid;
		if (!package->class[0] && guid_equal(&package->class_guid, &guid))
			(void)text_copy(package->class, sizeof(package->class), classes[i].name);
	}
}

int models_read_version(const struct inf *inf, struct driver_package *package, struct error *err)
{
	struct inf_scratch scratch;
	uint32_t version = version_section(inf);
	if (version == INF_NONE)
		return error_set(err, -EINVAL, "no [Version] section: it is no setup INF");
	int rc = check_signature(inf, version, &scratch, err);
	if (rc < 0)
		return rc;
	read_class(inf, version, package, &scratch);
	models_text_copy(value_of(inf, version, "Provider", &scratch), package->provider,
		sizeof(package->provider));
	uint32_t line = find_line(inf, version, "DriverVer");
	if (line != INF_NONE)
		models_read_driver_ver(
			inf, line, &package->date, &package->version, &package->has_version);
	return 0;
}

/* "the undecorated entry is assumed [...] on those platforms for which a decorated entry is not
 * specified" */
bool models_catalog(const struct inf *inf, enum inf_arch arch, char *name, size_t size)
{
	struct inf_scratch scratch;
	char with_arch[32];
	(void)snprintf(with_arch, sizeof(with_arch), "CatalogFile.nt%s", inf_arch_names[arch]);
	const char *const keys[] = {with_arch, "CatalogFile.nt", "CatalogFile"};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct inf_text value = value_of(inf, version_section(inf), keys[i], &scratch);
		if (value.length == 0)
			continue;
		models_text_copy(value, name, size);
		return value.length < size;
	}
	return false;
}
