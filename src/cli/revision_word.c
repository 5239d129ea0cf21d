/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/revision_word.h"

#include "base/text.h"
#include "image/import.h"
#include "image/name.h"

#include <errno.h>
#include <string.h>

bool revision_word_parse(const char *word, struct revision_word *ret_word, struct error *err)
{
	struct revision_word parsed = {.revision = 0};
	const char *at = strchr(word, '@');
	size_t length = at != NULL ? (size_t)(at - word) : strlen(word);
	uint64_t revision = 0;
	if (length < sizeof(parsed.image))
		memcpy(parsed.image, word, length);
	if (length >= sizeof(parsed.image) || !image_name_is_valid(parsed.image)) {
		(void)error_set(err, -EINVAL,
			"%s: no image has such a name; `pewter image list` lists them", word);
		return false;
	}
	if (at != NULL && (!text_parse_u64(at + 1, UINT32_MAX, &revision) || revision == 0)) {
		(void)error_set(err, -EINVAL,
			"%s: revisions are numbered from 1, as in %s@1; without @ it is the newest",
			word, parsed.image);
		return false;
	}
	parsed.revision = (uint32_t)revision;
	*ret_word = parsed;
	return true;
}

bool revision_word_is_image(const char *word, struct error *err)
{
	const char *at = strchr(word, '@');
	if (at == NULL)
		return true;
	(void)error_set(err, -EINVAL,
		"%s: the next revision is always made of the newest one; name the image alone: "
		"%.*s",
		word, (int)(at - word), word);
	return false;
}
