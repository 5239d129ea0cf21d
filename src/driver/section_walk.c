/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One's way between the sections of an INF. */
#include "driver/models_room.h"

#include "base/text.h"
#include "driver/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const inf_arch_names[INF_N_ARCHS] = {
	[INF_X86] = "x86",
	[INF_AMD64] = "amd64",
	[INF_ARM64] = "arm64",
	[INF_ARM] = "arm",
	[INF_IA64] = "ia64",
};

/* "max 255 characters" (General Syntax Rules for INF Files), and platform and suffix behind it. */
#define SECTION_NAME_BYTES 1024

int models_step(struct models_steps *steps, size_t n, struct error *err)
{
	if (n > steps->left)
		return error_set(err, -E2BIG,
			"its sections name each other more often than any driver's do: more than "
			"%u "
			"lines to look at",
			LIMIT_DRIVER_STEPS);
	steps->left -= (uint32_t)n;
	return 0;
}

uint32_t models_find(
	const struct inf *inf, struct inf_text name, const char *middle, const char *suffix)
{
	char text[SECTION_NAME_BYTES];
	if (name.length > sizeof(text) / 2)
		return INF_NONE;
	memcpy(text, name.text, name.length);
	int length =
		snprintf(text + name.length, sizeof(text) - name.length, "%s%s", middle, suffix);
	if (length < 0 || (size_t)length >= sizeof(text) - name.length)
		return INF_NONE;
	return inf_find_section(inf, text, name.length + (size_t)length);
}

/* "Windows checks for a section-name.ntARCH section [...]; if [it] does not exist, for a
 * section-name.nt section; if [it] does not exist, processes a section-name section": Creating INF
 * Files for Multiple Platforms and Operating Systems. */
uint32_t models_actual_section(
	const struct inf *inf, struct inf_text name, enum inf_arch arch, const char **ret_platform)
{
	static const char *const with_arch[INF_N_ARCHS] = {
		[INF_X86] = ".ntx86",
		[INF_AMD64] = ".ntamd64",
		[INF_ARM64] = ".ntarm64",
		[INF_ARM] = ".ntarm",
		[INF_IA64] = ".ntia64",
	};
	const char *const platforms[] = {with_arch[arch], ".nt", ""};
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		uint32_t section = models_find(inf, name, platforms[i], "");
		*ret_platform = platforms[i];
		if (section != INF_NONE)
			return section;
	}
	return INF_NONE;
}

/* ---- [Manufacturer] ---- */

static enum inf_arch arch_of(struct inf_text text)
{
	char written[sizeof(((struct driver_section *)NULL)->decoration)];
	struct decoration decoration;
	if (text.length >= sizeof(written))
		return INF_N_ARCHS;
	memcpy(written, text.text, text.length);
	written[text.length] = 0;
	if (decoration_parse(written, &decoration) < 0)
		return INF_N_ARCHS;
	if (!decoration.arch[0])
		return INF_X86;
	enum inf_arch arch = 0;
	while (arch < INF_N_ARCHS && strcmp(decoration.arch, inf_arch_names[arch]) != 0)
		arch++;
	return arch;
}

struct line_visit {
	const struct inf *inf;
	uint32_t manufacturer, line;
	char name[SECTION_NAME_BYTES]; /* of the Models section; decorations go behind it */
	size_t name_length;
	models_section_visitor *visitor;
	void *context;
	size_t n_sections;
};

static int visit_section(struct line_visit *visit, struct inf_text decoration, struct error *err)
{
	if (++visit->n_sections > LIMIT_DRIVER_SECTIONS)
		return error_set(err, -E2BIG, "%u: [Manufacturer] names more than %u sections",
			inf_line_place(visit->inf, visit->line), LIMIT_DRIVER_SECTIONS);
	struct models_section section = {
		.manufacturer = visit->manufacturer,
		.place = inf_line_place(visit->inf, visit->line),
		.decoration = decoration,
		.arch = arch_of(decoration),
	};
	size_t length = visit->name_length;
	if (decoration.length > 0 && decoration.length + 1 < sizeof(visit->name) - length) {
		visit->name[length++] = '.';
		memcpy(visit->name + length, decoration.text, decoration.length);
		length += decoration.length;
	}
	section.name = (struct inf_text){visit->name, length};
	section.section = inf_find_section(visit->inf, visit->name, length);
	return visit->visitor(visit->context, &section, err);
}

/* Sections that Windows takes though the line does not name them: the undecorated one ("Windows
 * selects the Models section that has either a matching platform extension or no platform
 * extension"), and .NT ("%FooCorp% = FooMfg, NT.7.8 [...]. For earlier versions of the operating
 * system such as Windows XP, [FooMfg.NT] is used": INF Manufacturer Section). */
static int visit_unnamed(struct line_visit *visit, bool names_nt, struct error *err)
{
	static const char nt[] = "NT";
	struct inf_text name = {visit->name, visit->name_length};
	int rc = 0;
	if (!names_nt && models_find(visit->inf, name, ".", nt) != INF_NONE)
		rc = visit_section(visit, (struct inf_text){nt, sizeof(nt) - 1}, err);
	if (rc == 0 && models_find(visit->inf, name, "", "") != INF_NONE)
		rc = visit_section(visit, (struct inf_text){"", 0}, err);
	return rc;
}

/* "%strkey%=models-section-name[,TargetOSVersion]...", or "manufacturer-name" alone, which is the
 * section's name too. */
static int visit_line(struct line_visit *visit, struct inf_scratch *scratch, struct error *err)
{
	struct inf_text name = inf_field(visit->inf, visit->line, 1, scratch);
	if (name.length == 0 || name.length > sizeof(visit->name) / 2)
		return 0;
	memcpy(visit->name, name.text, name.length);
	visit->name_length = name.length;
	uint32_t n_fields =
		inf_has_key(visit->inf, visit->line) ? inf_n_fields(visit->inf, visit->line) : 1;
	bool is_decorated = false, names_nt = false;
	for (uint32_t i = 2; i <= n_fields; i++) {
		struct inf_text decoration = inf_field(visit->inf, visit->line, i, scratch);
		if (decoration.length == 0)
			continue;
		is_decorated = true;
		names_nt = names_nt || inf_text_equal(decoration, "NT");
		int rc = visit_section(visit, decoration, err);
		if (rc < 0)
			return rc;
	}
	return is_decorated ? visit_unnamed(visit, names_nt, err)
			    : visit_section(visit, (struct inf_text){"", 0}, err);
}

int models_each_section(
	const struct inf *inf, models_section_visitor *visitor, void *context, struct error *err)
{
	static const char name[] = "Manufacturer";
	struct inf_scratch scratch;
	struct line_visit visit = {.inf = inf, .visitor = visitor, .context = context};
	uint32_t section = inf_find_section(inf, name, strlen(name));
	if (section == INF_NONE)
		return error_set(err, -EINVAL, "no [Manufacturer] section: it installs no device");
	for (visit.line = inf_first_line(inf, section); visit.line != INF_NONE;
		visit.line = inf_next_line(inf, visit.line)) {
		int rc = visit_line(&visit, &scratch, err);
		if (rc < 0)
			return rc;
		visit.manufacturer++;
	}
	return 0;
}

/* ---- Needs ---- */

int section_walk_open(const struct inf *inf, struct section_walk *ret_walk)
{
	size_t n = inf_n_sections(inf) + 1;
	struct section_walk walk = {.round = 1};
	walk.stamps = calloc(n, sizeof(*walk.stamps));
	walk.queue = calloc(n, sizeof(*walk.queue));
	if (!walk.stamps || !walk.queue) {
		section_walk_close(&walk);
		return -ENOMEM;
	}
	*ret_walk = walk;
	return 0;
}

void section_walk_close(struct section_walk *walk)
{
	free(walk->stamps);
	free(walk->queue);
	*walk = (struct section_walk){0};
}

void section_walk_restart(struct section_walk *walk)
{
	walk->round++;
	walk->n = walk->at = 0;
}

bool section_walk_push(struct section_walk *walk, uint32_t section)
{
	if (section == INF_NONE || walk->stamps[section] == walk->round)
		return false;
	walk->stamps[section] = walk->round;
	walk->queue[walk->n++] = section;
	return true;
}

uint32_t section_walk_next(struct section_walk *walk)
{
	return walk->at < walk->n ? walk->queue[walk->at++] : INF_NONE;
}

int section_walk_push_needs(struct section_walk *walk, const struct inf *inf, uint32_t line,
	struct inf_scratch *scratch, struct models_steps *steps, struct error *err)
{
	uint32_t n_fields = inf_n_fields(inf, line);
	int rc = models_step(steps, n_fields, err);
	if (rc < 0)
		return rc;
	for (uint32_t i = 1; i <= n_fields; i++) {
		struct inf_text name = inf_field(inf, line, i, scratch);
		(void)section_walk_push(walk, inf_find_section(inf, name.text, name.length));
	}
	return 0;
}

/* ---- small ---- */

int models_keep_text(
	struct models_steps *steps, struct inf_text text, char **ret_copy, struct error *err)
{
	if (text.length > steps->text_left)
		return error_set(err, -E2BIG,
			"its models and install sections have more than %u bytes of ids and names",
			LIMIT_DRIVER_TEXT_BYTES);
	char *copy = malloc(text.length + 1);
	if (!copy)
		return -ENOMEM;
	steps->text_left -= (uint32_t)text.length;
	memcpy(copy, text.text, text.length);
	copy[text.length] = 0;
	*ret_copy = copy;
	return 0;
}

int models_keep_id(
	struct models_steps *steps, struct inf_text id, char **ret_copy, struct error *err)
{
	int rc = models_keep_text(steps, id, ret_copy, err);
	if (rc < 0)
		return rc;
	for (char *c = *ret_copy; *c; c++)
		*c = text_upper(*c);
	return 0;
}

void models_text_copy(struct inf_text text, char *out, size_t size)
{
	size_t length = text.length < size ? text.length : size - 1;
	/* The bytes behind the first of a character are 10xxxxxx. */
	while (length < text.length && length > 0 && (text.text[length] & 0xC0) == 0x80)
		length--;
	memcpy(out, text.text, length);
	out[length] = 0;
}

void *models_grow(void *items, size_t n, size_t item_size)
{
	bool is_full = n == 0 || (n & (n - 1)) == 0;
	return is_full ? reallocarray(items, n == 0 ? 1 : 2 * n, item_size) : items;
}
