/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the lists of a driver package lie in its row. Numbers are LEB128 (seven bits a byte, the
 * lowest first); texts stand once in a table, sorted, and are told by their number in it.
 *
 *   content  texts: n, each ended by NUL
 *            sections: n, each {manufacturer, flags, decoration, name}
 *            installs: n, each {name, arch, section + 1 (0: none), flags, feature score, date,
 *            version, service + 1, binary if the flag says so, n excluded, texts, n missing,
 *            texts}
 *            missing: n, texts; warnings: n, texts
 *   models   ids: n, sorted, each {bytes shared with the one before, the rest ended by NUL}
 *            models: n, each {section, install, description, line, n ids, numbers of ids}
 *   lines    of one id, in driver_id: {position, section, install, description, line} of each model
 *            that names it, to the end
 *
 * Matching reads lines and content, and models never. Measured with the corpus' 650 INFs twenty
 * times over (101,000 ids, 588,000 Models lines), ids and models together: as tables of their own
 * 83 MB, and the look-ups of a match take 2.7 ms; packed so 27 MB of ids and 18 MB in the packages,
 * and 0.55 ms. With all texts in the rows of ids it would be 70 MB of them, and no faster. A
 * dictionary of ids, with numbers in place of texts, would save 12 MB, and be a second table to
 * keep clean.
 */
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"
#include "store/drivers.h"

enum packed_section_flag {
	PACKED_EXISTS = 1,
	PACKED_IS_EMPTY = 2,
};

enum packed_install_flag {
	PACKED_IS_NT = 1,
	PACKED_HAS_VERSION = 2,
	PACKED_IS_BOOT_START = 4,
	PACKED_HAS_BINARY = 8, /* packages of older Pewters have none */
};

/* ---- writing (driver_pack.c) ---- */

struct packed_lines {
	const char *id;    /* of the package */
	size_t begin, end; /* in lines */
};

struct packed_package {
	struct buffer content, models, lines;
	struct packed_lines *ids; /* owned; sorted, each once, without empty ones */
	size_t n_ids;
};

/* The package must outlive it. -EFBIG past LIMIT_DRIVER_RECORD_BYTES. */
int driver_pack(const struct driver_package *package, struct packed_package *ret_packed) MUST_CHECK;
void packed_package_clear(struct packed_package *packed);

/* ---- reading (driver_unpack.c) ---- */

struct driver_texts {
	const char **texts; /* owned; they point into the bytes */
	size_t n;
};

void driver_texts_clear(struct driver_texts *texts);

enum unpack_ownership {
	UNPACK_BORROWED, /* texts point into the bytes, which must outlive them; what holds them is
			    released by driver_package_clear_borrowed() */
	UNPACK_OWNED,    /* as driver_package_clear() expects */
};

/* All of content, or with what = UNPACK_SECTIONS only as much. -EBADMSG for bytes that are none. */
enum unpack_what {
	UNPACK_SECTIONS,
	UNPACK_ALL,
};
int driver_unpack_content(struct reader *reader, enum unpack_ownership ownership,
	enum unpack_what what, struct driver_texts *ret_texts,
	struct driver_package *package) MUST_CHECK;
/* What UNPACK_SECTIONS left: reader and texts as it left them. */
int driver_unpack_installs(struct reader *reader, enum unpack_ownership ownership,
	const struct driver_texts *texts, struct driver_package *package) MUST_CHECK;
void driver_package_clear_borrowed(struct driver_package *package);

/* The ids of models (driver_ids_free() releases them), and models if texts is given. */
int driver_unpack_models(const void *bytes, size_t n, const struct driver_texts *texts,
	struct driver_package *package, char ***ret_ids, size_t *ret_n_ids) MUST_CHECK;

/* The next of an id's lines: 1, 0 at the end, -EBADMSG. Texts are borrowed. */
int driver_unpack_line(struct reader *reader, const struct driver_texts *texts,
	struct driver_model *ret_model, uint32_t *ret_position) MUST_CHECK;
