/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which Windows an INF is for. */
#include "driver/target.h"

#include "base/text.h"
#include "base/winpe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const archs[] = {"x86", "amd64", "arm64", "arm", "ia64"};

/* "Starting with Windows 10, version 1607 (Build 14310 and later)": INF Manufacturer Section. */
#define FIRST_BUILD_THAT_READS_BUILDS 14310

/* The first release of each version: what is meant where no build is given. */
static const struct {
	uint16_t major, minor;
	uint32_t build;
} first_builds[] = {
	{5, 0, 2195},
	{5, 1, 2600},
	{5, 2, 3790},
	{6, 0, 6000},
	{6, 1, 7600},
	{6, 2, 9200},
	{6, 3, 9600},
	{10, 0, 10240},
};

static const struct {
	const char *name;
	uint8_t product;
} products[] = {
	{"workstation", TARGET_WORKSTATION},
	{"domain-controller", TARGET_DOMAIN_CONTROLLER},
	{"server", TARGET_SERVER},
};

/* The text up to `end`, and *text behind it; false if it does not fit. */
static bool take_part(const char **text, char end, char *part, size_t size)
{
	const char *stop = strchrnul(*text, end);
	size_t length = (size_t)(stop - *text);
	if (length >= size)
		return false;
	memcpy(part, *text, length);
	part[length] = 0;
	*text = *stop ? stop + 1 : stop;
	return true;
}

/* Decimal, or hex with 0x: "0x0000003" is how the documents write product types. */
static bool parse_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	if (!text_starts_nocase(text, "0x"))
		return text_parse_u64(text, max, ret_value);
	uint64_t value = 0;
	text += 2;
	if (!*text)
		return false;
	for (; *text; text++) {
		char c = text_lower(*text);
		bool is_letter = c >= 'a' && c <= 'f';
		if (!is_letter && !(c >= '0' && c <= '9'))
			return false;
		value = value * 16 + (uint64_t)(is_letter ? c - 'a' + 10 : c - '0');
		if (value > max)
			return false;
	}
	*ret_value = value;
	return true;
}

static const char *find_arch(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (text_equal_nocase(name, archs[i]))
			return archs[i];
	}
	return NULL;
}

/* ---- targets ---- */

static bool parse_version(const char *text, struct target *target)
{
	uint64_t numbers[4] = {0};
	size_t n = 0;
	char part[16];
	if (!*text || text[strlen(text) - 1] == '.')
		return false;
	do {
		if (n == ARRAY_SIZE(numbers) || !take_part(&text, '.', part, sizeof(part)) ||
			!text_parse_u64(part, n < 2 ? UINT16_MAX : UINT32_MAX, &numbers[n]))
			return false;
		n++;
	} while (*text);
	if (n < 2)
		return false;
	target->major = (uint16_t)numbers[0];
	target->minor = (uint16_t)numbers[1];
	target->build = (uint32_t)numbers[2];
	target->service_pack = (uint32_t)numbers[3];
	for (size_t i = 0; i < ARRAY_SIZE(first_builds) && n == 2; i++) {
		if (first_builds[i].major == target->major &&
			first_builds[i].minor == target->minor)
			target->build = first_builds[i].build;
	}
	return true;
}

static bool parse_arch(const char *text, struct target *target)
{
	const char *arch = text_equal_nocase(text, "x64") ? "amd64" : find_arch(text);
	return arch && text_copy(target->arch, sizeof(target->arch), arch);
}

static bool parse_product(const char *text, struct target *target)
{
	uint64_t number = 0;
	if (parse_number(text, UINT8_MAX, &number))
		target->product = (uint8_t)number;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		if (text_equal_nocase(text, products[i].name))
			target->product = products[i].product;
	}
	return target->product >= TARGET_WORKSTATION && target->product <= TARGET_SERVER;
}

int target_parse(const char *text, struct target *ret_target, struct error *err)
{
	struct target target = {0};
	const char *rest = text;
	char part[32];
	if (!take_part(&rest, '/', part, sizeof(part)) || !parse_version(part, &target))
		return error_set(err, -EINVAL,
			"\"%.64s\" does not start with a Windows version: a target is like "
			"10.0.22621/amd64 (Windows 11), 10.0.19041/amd64 (Windows 10) or "
			"6.1.7601/x86 (Windows 7)",
			text);
	if (!*rest)
		return error_set(err, -EINVAL,
			"\"%.64s\" does not say the architecture: write %.*s/amd64, or x86, arm64, "
			"arm "
			"or ia64 behind the /",
			text, (int)strcspn(text, "/"), text);
	if (!take_part(&rest, '/', part, sizeof(part)) || !parse_arch(part, &target))
		return error_set(err, -EINVAL,
			"\"%.64s\": behind the / is no architecture; there are x86, amd64, arm64, "
			"arm "
			"and ia64",
			text);
	target.product = TARGET_WORKSTATION;
	if (*rest) {
		target.product = 0;
		if (!take_part(&rest, '/', part, sizeof(part)) || !parse_product(part, &target))
			return error_set(err, -EINVAL,
				"\"%.64s\": after the architecture comes the product type: "
				"workstation, domain-controller or server",
				text);
	}
	uint64_t suite = 0;
	if (*rest && (!parse_number(rest, UINT32_MAX, &suite)))
		return error_set(err, -EINVAL,
			"\"%.64s\": the last part is the suite mask, a number like 0x80 "
			"(Datacenter)",
			text);
	target.suite = (uint32_t)suite;
	*ret_target = target;
	return 0;
}

void target_format(const struct target *target, char text[static TARGET_TEXT_BYTES])
{
	char build[16] = "";
	if (target->build > 0)
		(void)snprintf(build, sizeof(build), ".%u", target->build);
	char suite[16] = "";
	if (target->suite != 0)
		(void)snprintf(suite, sizeof(suite), "/0x%x", target->suite);
	const char *product = "";
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		if (products[i].product == target->product &&
			(target->product != TARGET_WORKSTATION || target->suite != 0))
			product = products[i].name;
	}
	(void)snprintf(text, TARGET_TEXT_BYTES, "%u.%u%s/%s%s%s%s", target->major, target->minor,
		build, target->arch, *product ? "/" : "", product, suite);
}

const char *target_winpe(const struct target *target)
{
	return winpe_name((const uint32_t[]){
		target->major, target->minor, target->build, target->service_pack});
}

/* ---- decorations: NT[arch][.[major][.[minor][.[product][.[suite][.[build]]]]]] ---- */

int decoration_parse(const char *text, struct decoration *ret_decoration)
{
	struct decoration found = {0};
	if (!*text) {
		*ret_decoration = found;
		return 0;
	}
	char part[16];
	if (!text_starts_nocase(text, "nt") || !take_part(&text, '.', part, sizeof(part)))
		return -EINVAL;
	found.has_nt = true;
	if (part[2]) {
		const char *arch = find_arch(part + 2);
		if (!arch || !text_copy(found.arch, sizeof(found.arch), arch))
			return -EINVAL;
	}
	const struct {
		bool *has;
		uint64_t max;
	} fields[] = {{&found.has_major, UINT16_MAX}, {&found.has_minor, UINT16_MAX},
		{&found.has_product, UINT32_MAX}, {&found.has_suite, UINT32_MAX},
		{&found.has_build, UINT32_MAX}};
	uint64_t numbers[ARRAY_SIZE(fields)] = {0};
	for (size_t n = 0; *text; n++) {
		if (n == ARRAY_SIZE(fields) || !take_part(&text, '.', part, sizeof(part)))
			return -EINVAL;
		if (!*part)
			continue;
		if (!parse_number(part, fields[n].max, &numbers[n]))
			return -EINVAL;
		*fields[n].has = true;
	}
	found.major = (uint16_t)numbers[0];
	found.minor = (uint16_t)numbers[1];
	found.product = (uint32_t)numbers[2];
	found.suite = (uint32_t)numbers[3];
	found.build = (uint32_t)numbers[4];
	*ret_decoration = found;
	return 0;
}

static uint32_t major_minor(uint16_t major, uint16_t minor)
{
	return (uint32_t)major << 16 | minor;
}

/*
 * "Prior to Windows Server 2003 SP1, if Architecture is not specified, the section can be used with
 * any hardware platform"; since then it means x86 (INF Manufacturer Section). 5.2 is taken as SP1
 * throughout: its x64 editions are, and only Itanium had a 5.2 without.
 */
static bool arch_fits(const struct decoration *decoration, const struct target *target)
{
	if (decoration->arch[0])
		return text_equal_nocase(decoration->arch, target->arch);
	return major_minor(target->major, target->minor) < major_minor(5, 2) ||
	       text_equal_nocase(target->arch, "x86");
}

static enum decoration_fit version_fit(
	const struct decoration *decoration, const struct target *target)
{
	uint32_t have = major_minor(target->major, target->minor);
	/* Windows 2000 reads the undecorated section only: "If the INF is intended for use with
	 * operating system versions earlier than Windows XP, it must also contain [FooMfg]". */
	if (decoration->has_nt && have < major_minor(5, 1))
		return DECORATION_NEWER_WINDOWS;
	uint32_t need = major_minor(decoration->major, decoration->minor);
	if (decoration->has_major && need > have)
		return DECORATION_NEWER_WINDOWS;
	if (!decoration->has_build)
		return DECORATION_FITS;
	/* "evaluated only when the OS major/minor version [...] matches exactly" */
	if ((!decoration->has_major || need == have) && decoration->build > target->build)
		return DECORATION_NEWER_WINDOWS;
	/* "Earlier versions [...] will not parse unknown decorations". A later major version would
	 * count builds anew. */
	if (have <= major_minor(10, 0) && target->build < FIRST_BUILD_THAT_READS_BUILDS)
		return DECORATION_INVALID;
	return DECORATION_FITS;
}

enum decoration_fit decoration_fit(const struct decoration *decoration, const struct target *target)
{
	if (!arch_fits(decoration, target))
		return DECORATION_OTHER_ARCH;
	enum decoration_fit fit = version_fit(decoration, target);
	if (fit != DECORATION_FITS)
		return fit;
	if (decoration->has_product && decoration->product != target->product)
		return DECORATION_OTHER_PRODUCT;
	/* "only if the operating system matches all the specified product suites" */
	if (decoration->has_suite && (decoration->suite & ~target->suite) != 0)
		return DECORATION_OTHER_SUITE;
	return DECORATION_FITS;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* "Windows uses the section with the highest version numbers that are not higher than the operating
 * system", "a specific version number takes precedence over the product type and suite mask", and
 * only without a matching version the one with "a matching platform extension or no platform
 * extension": INF Manufacturer Section, Combining Platform Extensions. The build is the version's
 * third number. > 0 if a is the better choice. */
static int decoration_compare(const struct decoration *a, const struct decoration *b)
{
	const struct {
		uint64_t a, b;
	} criteria[] = {
		{a->has_major, b->has_major},
		{major_minor(a->major, a->minor), major_minor(b->major, b->minor)},
		{a->build, b->build},
		{a->has_minor, b->has_minor},
		{a->arch[0] != 0, b->arch[0] != 0},
		{a->has_nt, b->has_nt},
		{a->has_product, b->has_product},
		{(uint64_t)__builtin_popcount(a->suite), (uint64_t)__builtin_popcount(b->suite)},
		{a->has_suite, b->has_suite},
		{a->has_build, b->has_build},
	};
	int order = 0;
	for (size_t i = 0; i < ARRAY_SIZE(criteria) && order == 0; i++)
		order = compare(criteria[i].a, criteria[i].b);
	return order;
}

/* How near it comes to fitting: what a person should be told first. */
static int nearness(enum decoration_fit fit)
{
	static const int order[] = {
		[DECORATION_INVALID] = 0,
		[DECORATION_OTHER_ARCH] = 1,
		[DECORATION_NEWER_WINDOWS] = 2,
		[DECORATION_OTHER_PRODUCT] = 3,
		[DECORATION_OTHER_SUITE] = 4,
		[DECORATION_FITS] = 5,
	};
	return order[fit];
}

int target_choose_section(const struct driver_section *sections, size_t n_sections,
	uint32_t manufacturer, const struct target *target, enum decoration_fit *ret_why)
{
	int chosen = -1;
	struct decoration best = {0};
	enum decoration_fit why = DECORATION_INVALID;
	for (size_t i = 0; i < n_sections; i++) {
		struct decoration decoration;
		if (sections[i].manufacturer != manufacturer)
			continue;
		enum decoration_fit fit = decoration_parse(sections[i].decoration, &decoration) < 0
						  ? DECORATION_INVALID
						  : decoration_fit(&decoration, target);
		if (nearness(fit) > nearness(why))
			why = fit;
		if (fit != DECORATION_FITS)
			continue;
		if (chosen < 0 || decoration_compare(&decoration, &best) > 0) {
			chosen = (int)i;
			best = decoration;
		}
	}
	*ret_why = why;
	return chosen;
}

bool *target_sections(const struct driver_package *package, const struct target *target)
{
	bool *taken = calloc(package->n_sections + 1, sizeof(*taken));
	if (taken == NULL)
		return NULL;
	for (size_t first = 0, end; first < package->n_sections; first = end) {
		enum decoration_fit why;
		uint32_t manufacturer = package->sections[first].manufacturer;
		end = first + 1;
		while (end < package->n_sections &&
			package->sections[end].manufacturer == manufacturer)
			end++;
		int best = target_choose_section(
			&package->sections[first], end - first, manufacturer, target, &why);
		if (best >= 0)
			taken[first + (size_t)best] = true;
	}
	return taken;
}
