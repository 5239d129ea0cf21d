/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every answer about every line of whatever the input is, and whether the answers agree. */
#include "format/inf.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct inf *inf, uint32_t section)
{
	static struct inf_scratch scratch;
	for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
		line = inf_next_line(inf, line)) {
		int64_t number;
		for (uint32_t i = 0; i <= inf_n_fields(inf, line); i++)
			if (inf_field(inf, line, i, &scratch).length > sizeof(scratch.bytes))
				abort();
		(void)inf_field_number(inf, line, 1, &number);
		struct inf_text key = inf_field(inf, line, 0, &scratch);
		if (inf_has_key(inf, line) &&
			inf_find_line(inf, section, key.text, key.length, INF_NONE) > line)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(inf_freep) struct inf *inf = NULL;
	struct inf_options options = {.language = 0x0407};
	if (inf_parse(data, size, &options, &inf, NULL) < 0)
		return 0;
	for (uint32_t i = 0; i < inf_n_sections(inf); i++) {
		struct inf_text name = inf_section_name(inf, i);
		if (inf_find_section(inf, name.text, name.length) != i)
			abort();
		ask(inf, i);
	}
	return 0;
}
