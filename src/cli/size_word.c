/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/size_word.h"

#include "base/text.h"

#include <string.h>

bool size_word_read(const char *word, uint64_t *ret_bytes)
{
	static const char letters[] = "kmgt";
	const size_t n_digits = strspn(word, "0123456789");
	const char *unit = word + n_digits;
	char digits[24];
	uint64_t bytes = 0, factor = 1024;
	if (n_digits == 0 || n_digits >= sizeof(digits))
		return false;
	memcpy(digits, word, n_digits);
	digits[n_digits] = 0;
	if (!text_parse_u64(digits, UINT64_MAX, &bytes))
		return false;
	const char *letter = *unit != 0 ? strchr(letters, text_lower(*unit)) : NULL;
	if (*unit != 0 && letter == NULL)
		return false;
	if (letter != NULL && text_equal_nocase(unit + 1, "b"))
		factor = 1000;
	else if (letter != NULL && unit[1] != 0 && !text_equal_nocase(unit + 1, "ib"))
		return false;
	for (const char *at = letters; letter != NULL && at <= letter; at++) {
		if (__builtin_mul_overflow(bytes, factor, &bytes))
			return false;
	}
	*ret_bytes = bytes;
	return true;
}
