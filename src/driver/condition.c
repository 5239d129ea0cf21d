/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/condition.h"

#include "base/text.h"
#include "driver/marks.h"

#include <errno.h>
#include <string.h>

#define TERM_BYTES 64

static const char *const archs[] = {"x86", "amd64", "arm64", "arm", "ia64"};

/* ---- versions ---- */

/* Reads "10.0.22000" up to the end of the text. */
static bool number_parse(const char *text, size_t length, struct version_number *ret_number)
{
	struct version_number number = {0};
	uint64_t part = 0;
	bool has_digit = false;
	for (size_t i = 0; i <= length; i++) {
		char c = i < length ? text[i] : '.';
		if (c >= '0' && c <= '9') {
			part = part * 10 + (uint64_t)(c - '0');
			has_digit = true;
			if (part > UINT32_MAX)
				return false;
			continue;
		}
		if (c != '.' || !has_digit || number.n == VERSION_PARTS)
			return false;
		number.parts[number.n++] = (uint32_t)part;
		part = 0;
		has_digit = false;
	}
	*ret_number = number;
	return true;
}

/* As far as the bound is written. *ret_order is not set if the number is not known that far. */
static bool compare(
	const struct version_number *number, const struct version_number *bound, int *ret_order)
{
	for (size_t i = 0; i < bound->n; i++) {
		if (i >= number->n)
			return false;
		if (number->parts[i] != bound->parts[i]) {
			*ret_order = number->parts[i] < bound->parts[i] ? -1 : 1;
			return true;
		}
	}
	*ret_order = 0;
	return true;
}

bool version_range_holds(const struct version_range *range, const struct version_number *number)
{
	int order;
	if (range->low.n > 0 && (!compare(number, &range->low, &order) || order < 0 ||
					(order == 0 && range->is_above)))
		return false;
	if (range->high.n > 0 && (!compare(number, &range->high, &order) || order > 0 ||
					 (order == 0 && range->is_below)))
		return false;
	return true;
}

int version_range_parse(const char *text, struct version_range *ret_range, struct error *err)
{
	struct version_range range = {0};
	const char *rest = text;
	const char *dots = strstr(text, "..");
	bool is_fine = false;
	if (*rest == '<' || *rest == '>') {
		bool is_below = *rest++ == '<';
		bool is_open = *rest != '=';
		rest += is_open ? 0 : 1;
		is_fine = number_parse(rest, strlen(rest), is_below ? &range.high : &range.low);
		range.is_below = is_below && is_open;
		range.is_above = !is_below && is_open;
	} else {
		rest += *rest == '=' ? 1 : 0;
		rest += *rest == '=' ? 1 : 0;
		if (dots == NULL) {
			is_fine = number_parse(rest, strlen(rest), &range.low);
			range.high = range.low;
		} else {
			is_fine = number_parse(rest, (size_t)(dots - rest), &range.low) &&
				  number_parse(dots + 2, strlen(dots + 2), &range.high);
		}
	}
	if (!is_fine)
		return error_set(err, -EINVAL,
			"\"%.60s\": expected <=, >=, <, > or = and a version, or a range like "
			"6.0..7.8",
			text);
	*ret_range = range;
	return 0;
}

/* ---- terms ---- */

/* Who writes windows=11 means 10.0.22000, and would wait for it for ever. */
static int check_windows(const struct version_number *bound, struct error *err)
{
	static const struct {
		uint32_t name;
		const char *version;
	} names[] = {
		{7, "6.1"},
		{8, "6.2 (8.1: 6.3)"},
		{11, "10.0.22000"},
	};
	for (size_t i = 0; bound->n > 0 && i < ARRAY_SIZE(names); i++) {
		if (bound->parts[0] == names[i].name)
			return error_set(err, -EINVAL,
				"Windows is meant by its version here: Windows %u is %s",
				names[i].name, names[i].version);
	}
	return 0;
}

static int term_parse(const char *text, struct condition_term *term, struct error *err)
{
	size_t n = strcspn(text, "<>=! ");
	const char *rest = text + n;
	rest += strspn(rest, " ");
	if (n == 4 && text_starts_nocase(text, "arch")) {
		term->subject = CONDITION_ARCH;
		rest += *rest == '=' ? 1 : 0;
		rest += strspn(rest, "= ");
		for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
			if (text_equal_nocase(rest, archs[i])) {
				(void)text_copy(term->arch, sizeof(term->arch), archs[i]);
				return 0;
			}
		}
		return error_set(
			err, -EINVAL, "\"%s\": expected arch=x86, amd64, arm64, arm or ia64", text);
	}
	if (n == 5 && text_starts_nocase(text, "winpe"))
		term->subject = CONDITION_WINPE;
	else if (n == 7 && text_starts_nocase(text, "windows"))
		term->subject = CONDITION_WINDOWS;
	else
		return error_set(err, -EINVAL,
			"\"%s\": expected winpe, windows or arch, like winpe<=2.1, "
			"windows>=10.0.22000 or arch=x86",
			text);
	char value[TERM_BYTES];
	size_t used = 0;
	for (; *rest != 0; rest++) {
		if (*rest != ' ')
			value[used++] = *rest;
	}
	value[used] = 0;
	int rc = -EINVAL;
	if (value[0] == '<' || value[0] == '>' || value[0] == '=')
		rc = version_range_parse(value, &term->range, NULL);
	if (rc < 0)
		return error_set(err, rc,
			"\"%s\": expected <=, >=, <, > or = and a version, like winpe<=2.1 or "
			"windows=6.0..6.3",
			text);
	if (term->subject == CONDITION_WINPE)
		return 0;
	rc = check_windows(&term->range.low, err);
	return rc == 0 ? check_windows(&term->range.high, err) : rc;
}

int condition_parse(const char *text, struct condition *ret_condition, struct error *err)
{
	struct condition condition = {0};
	if (strlen(text) >= CONDITION_BYTES)
		return error_set(
			err, -EINVAL, "a condition has at most %d characters", CONDITION_BYTES - 1);
	for (const char *rest = text; rest != NULL;) {
		char term[TERM_BYTES];
		const char *comma = strchr(rest, ',');
		rest += strspn(rest, " ");
		size_t n = comma != NULL ? (size_t)(comma - rest) : strlen(rest);
		while (n > 0 && rest[n - 1] == ' ')
			n--;
		if (n == 0)
			return error_set(err, -EINVAL,
				"\"%s\": a term is missing; a condition is like winpe<=2.1 or "
				"windows>=10.0.22000,arch=amd64",
				text);
		if (n >= sizeof(term))
			return error_set(err, -EINVAL, "\"%.40s...\" is too long", rest);
		if (condition.n == CONDITION_TERMS)
			return error_set(
				err, -EINVAL, "a condition has at most %d terms", CONDITION_TERMS);
		memcpy(term, rest, n);
		term[n] = 0;
		int rc = term_parse(term, &condition.terms[condition.n++], err);
		if (rc < 0)
			return rc;
		rest = comma != NULL ? comma + 1 : NULL;
	}
	*ret_condition = condition;
	return 0;
}

/* ---- answers ---- */

static bool term_holds(const struct condition_term *term, const struct target *target)
{
	struct version_number number = {0};
	switch (term->subject) {
	case CONDITION_ARCH: return text_equal_nocase(term->arch, target->arch);
	case CONDITION_WINDOWS:
		number = (struct version_number){
			{target->major, target->minor, target->build, target->service_pack}, 4};
		if (target->service_pack == 0)
			number.n = 3;
		if (target->build == 0)
			number.n = 2;
		break;
	case CONDITION_WINPE: {
		const char *name = target_winpe(target);
		if (target->product != TARGET_WORKSTATION ||
			!number_parse(name, strlen(name), &number))
			return false;
		/* "10" is 10.0. */
		number.n = number.n < 2 ? 2 : number.n;
		break;
	}
	}
	return version_range_holds(&term->range, &number);
}

bool condition_holds(const struct condition *condition, const struct target *target)
{
	for (size_t i = 0; i < condition->n; i++) {
		if (!term_holds(&condition->terms[i], target))
			return false;
	}
	return condition->n > 0;
}

int mark_condition_check(const char *condition, struct error *err)
{
	struct condition parsed;
	return condition_parse(condition, &parsed, err);
}

bool mark_condition_holds(const char *condition, const struct target *target)
{
	struct condition parsed;
	return condition_parse(condition, &parsed, NULL) == 0 && condition_holds(&parsed, target);
}
