/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Install sections: what they say beside the files that they copy. */
#include "driver/models_room.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SERVICE_OF_THE_DEVICE 0x2 /* SPSVCINST_ASSOCSERVICE */
#define START_BOOT            0   /* SERVICE_BOOT_START */

/* ---- DriverVer ---- */

/* Digits of a number up to 4 of them; advances *text. */
static bool take_number(const char **text, unsigned max_digits, uint32_t *ret_value)
{
	uint32_t value = 0;
	unsigned n = 0;
	for (; **text >= '0' && **text <= '9'; (*text)++, n++) {
		if (n == max_digits)
			return false;
		value = value * 10 + (uint32_t)(**text - '0');
	}
	*ret_value = value;
	return n > 0;
}

static bool is_leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* "mm/dd/yyyy", or with '-'. Real files also write single digits. */
static uint32_t parse_date(const char *text)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint32_t month, day, year;
	if (!take_number(&text, 2, &month) || (*text != '/' && *text != '-'))
		return 0;
	text++;
	if (!take_number(&text, 2, &day) || (*text != '/' && *text != '-'))
		return 0;
	text++;
	if (!take_number(&text, 4, &year) || *text || year < 1000 || month < 1 || month > 12)
		return 0;
	uint32_t last = days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
	return day < 1 || day > last ? 0 : year * 10000 + month * 100 + day;
}

/* "w.x.y.z, each [...] less than 65535"; "0.0.0.0 is not valid". Real files leave parts out. */
static bool parse_version(const char *text, uint64_t *ret_version)
{
	uint64_t version = 0;
	unsigned n = 0;
	for (;; text++) {
		uint32_t part;
		if (n == 4 || !take_number(&text, 5, &part) || part >= UINT16_MAX)
			return false;
		version |= (uint64_t)part << (48 - 16 * n);
		n++;
		if (*text != '.')
			break;
	}
	if (*text || version == 0)
		return false;
	*ret_version = version;
	return true;
}

/* "If an INF [...] contains an invalid date specification, the operating system applies the default
 * date of 00/00/0000": INF DriverVer Directive. */
void models_read_driver_ver(const struct inf *inf, uint32_t line, uint32_t *ret_date,
	uint64_t *ret_version, bool *ret_has_version)
{
	char text[32];
	*ret_date = inf_field_copy(inf, line, 1, text, sizeof(text)) ? parse_date(text) : 0;
	*ret_version = 0;
	*ret_has_version = inf_field_copy(inf, line, 2, text, sizeof(text)) &&
			   parse_version(text, ret_version);
}

/* ---- directives ---- */

/* "a single-byte hexadecimal number": 0xFD, xFD (as the document's own example has it) and FD. */
static uint8_t feature_score(const struct inf *inf, uint32_t line)
{
	char text[16];
	uint8_t score;
	if (!inf_field_copy(inf, line, 1, text, sizeof(text)))
		return 0xFF;
	const char *digits = text;
	if (text_starts_nocase(digits, "0x"))
		digits += 2;
	else if (text_starts_nocase(digits, "x"))
		digits += 1;
	char padded[3] = {'0', digits[0], 0};
	return text_parse_hex(strlen(digits) == 1 ? padded : digits, &score, 1) ? score : 0xFF;
}

static int add_excluded(const struct inf *inf, uint32_t line, struct inf_scratch *scratch,
	struct models_steps *steps, struct driver_install *install, struct error *err)
{
	uint32_t n_fields = inf_n_fields(inf, line);
	int rc = models_step(steps, n_fields, err);
	for (uint32_t i = 1; rc == 0 && i <= n_fields; i++) {
		struct inf_text id = inf_field(inf, line, i, scratch);
		if (id.length == 0 || id.length > LIMIT_HARDWARE_ID_BYTES)
			continue;
		char **grown = models_grow(
			install->excluded, install->n_excluded, sizeof(*install->excluded));
		if (!grown)
			return -ENOMEM;
		install->excluded = grown;
		rc = models_keep_id(steps, id, &grown[install->n_excluded], err);
		install->n_excluded += rc == 0;
	}
	return rc;
}

/* FeatureScore and ExcludeID are "only processed when specified directly in the [DDInstall]
 * section", and of several FeatureScores "only the first". */
static int read_directives(const struct inf *inf, uint32_t section, struct inf_scratch *scratch,
	struct models_steps *steps, struct driver_install *install, struct error *err)
{
	bool has_score = false, has_driver_ver = false;
	for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
		line = inf_next_line(inf, line)) {
		int rc = models_step(steps, 1, err);
		if (rc < 0)
			return rc;
		if (!inf_has_key(inf, line))
			continue;
		struct inf_text key = inf_field(inf, line, 0, scratch);
		if (!has_score && inf_text_equal(key, "FeatureScore")) {
			install->feature_score = feature_score(inf, line);
			has_score = true;
		} else if (!has_driver_ver && inf_text_equal(key, "DriverVer")) {
			models_read_driver_ver(inf, line, &install->date, &install->version,
				&install->has_version);
			has_driver_ver = true;
		} else if (inf_text_equal(key, "ExcludeID")) {
			rc = add_excluded(inf, line, scratch, steps, install, err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* ---- services ---- */

static bool starts_at_boot(const struct inf *inf, uint32_t section)
{
	static const char key[] = "StartType";
	uint32_t line = inf_find_line(inf, section, key, strlen(key), INF_NONE);
	int64_t start;
	return line != INF_NONE && inf_field_number(inf, line, 1, &start) && start == START_BOOT;
}

/* "ServiceBinary=%12%\x.sys": the file's name. */
static int read_binary(const struct inf *inf, uint32_t section, struct inf_scratch *scratch,
	struct models_steps *steps, struct driver_install *install, struct error *err)
{
	static const char key[] = "ServiceBinary";
	uint32_t line = inf_find_line(inf, section, key, strlen(key), INF_NONE);
	if (line == INF_NONE)
		return 0;
	struct inf_text path = inf_field(inf, line, 1, scratch);
	size_t begin = path.length;
	while (begin > 0 && path.text[begin - 1] != '\\' && path.text[begin - 1] != '/')
		begin--;
	const struct inf_text name = {path.text + begin, path.length - begin};
	return name.length > 0 ? models_keep_text(steps, name, &install->binary, err) : 0;
}

/* "AddService=ServiceName,[flags],service-install-section": true if it is the device's own. */
static bool read_service(const struct inf *inf, uint32_t line, struct inf_scratch *scratch,
	struct models_steps *steps, struct driver_install *install, int *ret_rc, struct error *err)
{
	int64_t flags = 0;
	if (!inf_field_number(inf, line, 2, &flags) || !(flags & SERVICE_OF_THE_DEVICE))
		return false;
	struct inf_text name = inf_field(inf, line, 1, scratch);
	/* "AddService = ,2": no driver is needed. */
	if (name.length == 0)
		return true;
	*ret_rc = models_keep_text(steps, name, &install->service, err);
	if (*ret_rc < 0)
		return true;
	struct inf_text name_of_section = inf_field(inf, line, 3, scratch);
	uint32_t section = inf_find_section(inf, name_of_section.text, name_of_section.length);
	if (section == INF_NONE)
		return true;
	install->is_boot_start = starts_at_boot(inf, section);
	*ret_rc = read_binary(inf, section, scratch, steps, install, err);
	return true;
}

static int find_service(const struct inf *inf, uint32_t section, struct section_walk *walk,
	struct inf_scratch *scratch, struct models_steps *steps, struct driver_install *install,
	struct error *err)
{
	section_walk_restart(walk);
	(void)section_walk_push(walk, section);
	while ((section = section_walk_next(walk)) != INF_NONE) {
		for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
			line = inf_next_line(inf, line)) {
			int rc = models_step(steps, 1, err);
			if (rc < 0)
				return rc;
			if (!inf_has_key(inf, line))
				continue;
			struct inf_text key = inf_field(inf, line, 0, scratch);
			if (inf_text_equal(key, "AddService")) {
				if (read_service(inf, line, scratch, steps, install, &rc, err))
					return rc;
			} else if (inf_text_equal(key, "Needs")) {
				rc = section_walk_push_needs(walk, inf, line, scratch, steps, err);
				if (rc < 0)
					return rc;
			}
		}
	}
	return 0;
}

int models_read_install(const struct inf *inf, struct inf_text name, enum inf_arch arch,
	struct section_walk *walk, struct models_steps *steps, struct driver_install *ret_install,
	struct error *err)
{
	struct inf_scratch scratch;
	const char *platform;
	ret_install->feature_score = 0xFF;
	(void)text_copy(ret_install->arch, sizeof(ret_install->arch), inf_arch_names[arch]);
	int rc = models_keep_text(steps, name, &ret_install->name, err);
	if (rc < 0)
		return rc;
	uint32_t section = models_actual_section(inf, name, arch, &platform);
	if (section == INF_NONE)
		return 0;
	ret_install->is_nt = platform[0] != 0;
	rc = models_keep_text(steps, inf_section_name(inf, section), &ret_install->section, err);
	if (rc == 0)
		rc = read_directives(inf, section, &scratch, steps, ret_install, err);
	if (rc < 0)
		return rc;
	/* "DDInstall.Services [...] must use the same platform extension". */
	return find_service(inf, models_find(inf, name, platform, ".Services"), walk, &scratch,
		steps, ret_install, err);
}
