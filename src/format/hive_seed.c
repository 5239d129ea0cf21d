/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layout is that of the "Windows registry file format specification" (M. Suhanov), sections
 * "Base block", "Hive bin header", "Key node" and "Key security". All offsets inside a hive count
 * from the first bin. Times are left at zero: the same BCD should have the same bytes.
 */
#include "format/hive_seed.h"

#include "base/bytes.h"

#include <assert.h>

#define BIN_BYTES      4096
#define BIN_HEAD_BYTES 32
#define NO_CELL        UINT32_C(0xffffffff)

#define KEY_HIVE_ENTRY 0x0004 /* the root */
#define KEY_NO_DELETE  0x0008
#define KEY_COMP_NAME  0x0020 /* the name is stored in one byte per character */

/* Owner and group: Administrators; Administrators and SYSTEM may do everything, and what is made
 * below inherits that. Self-relative, [MS-DTYP] 2.4.6. */
static const uint8_t security[] = {0x01, 0x00, 0x04,
	0x80, /* revision 1; SE_DACL_PRESENT, self-relative */
	0x48, 0x00, 0x00, 0x00, 0x58, 0x00, 0x00, 0x00, /* owner, group */
	0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, /* no SACL; DACL */
	0x02, 0x00, 0x34, 0x00, 0x02, 0x00, 0x00, 0x00, /* ACL of 52 bytes with 2 entries */
	/* allow, inherited by subkeys, 24 bytes, KEY_ALL_ACCESS: S-1-5-32-544 */
	0x00, 0x02, 0x18, 0x00, 0x3f, 0x00, 0x0f, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
	/* the same, 20 bytes: S-1-5-18 */
	0x00, 0x02, 0x14, 0x00, 0x3f, 0x00, 0x0f, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x05, 0x12, 0x00, 0x00, 0x00,
	/* owner, group: S-1-5-32-544 */
	0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00,
	0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02,
	0x00, 0x00};
static_assert(sizeof(security) == 104, "the offsets in the descriptor count on it");

/* Cells are multiples of 8 bytes; a negative size says that the cell is in use. */
#define ROOT_CELL_BYTES     88 /* 4 + 76 + 4 of name, rounded */
#define SECURITY_CELL_BYTES 128
#define ROOT_CELL           BIN_HEAD_BYTES
#define SECURITY_CELL       (ROOT_CELL + ROOT_CELL_BYTES)
#define FREE_CELL           (SECURITY_CELL + SECURITY_CELL_BYTES)

static void write_bin_head(struct writer *w)
{
	writer_text(w, "hbin");
	writer_le32(w, 0); /* offset from the first bin */
	writer_le32(w, BIN_BYTES);
	writer_zeros(w, BIN_HEAD_BYTES - 12); /* reserved, time, spare */
}

static void write_root(struct writer *w)
{
	size_t start = w->at;
	writer_le32(w, (uint32_t)-ROOT_CELL_BYTES);
	writer_text(w, "nk");
	writer_le16(w, KEY_HIVE_ENTRY | KEY_NO_DELETE | KEY_COMP_NAME);
	writer_le64(w, 0);       /* time */
	writer_le32(w, 0);       /* access bits */
	writer_le32(w, NO_CELL); /* parent */
	writer_le32(w, 0);       /* subkeys, volatile subkeys */
	writer_le32(w, 0);
	writer_le32(w, NO_CELL);
	writer_le32(w, NO_CELL);
	writer_le32(w, 0); /* values */
	writer_le32(w, NO_CELL);
	writer_le32(w, SECURITY_CELL);
	writer_le32(w, NO_CELL); /* class name */
	writer_zeros(w, 20);     /* largest name, class, value name and data; work variable */
	writer_le16(w, 4);       /* bytes of name */
	writer_le16(w, 0);
	writer_text(w, "root");
	writer_zeros(w, ROOT_CELL_BYTES - (w->at - start));
}

static void write_security(struct writer *w)
{
	size_t start = w->at;
	writer_le32(w, (uint32_t)-SECURITY_CELL_BYTES);
	writer_text(w, "sk");
	writer_le16(w, 0);
	writer_le32(w, SECURITY_CELL); /* the ring of security cells has one member */
	writer_le32(w, SECURITY_CELL);
	writer_le32(w, 1); /* keys that use it */
	writer_le32(w, sizeof(security));
	writer_bytes(w, security, sizeof(security));
	writer_zeros(w, SECURITY_CELL_BYTES - (w->at - start));
}

void hive_seed_write(uint8_t out[static HIVE_SEED_BYTES])
{
	struct writer w = writer_over(out, HIVE_SEED_BYTES);
	writer_text(&w, "regf");
	writer_le32(&w, 1); /* two equal sequence numbers: nothing was being written */
	writer_le32(&w, 1);
	writer_le64(&w, 0); /* time */
	writer_le32(&w, 1); /* version 1.5 */
	writer_le32(&w, 5);
	writer_le32(&w, 0); /* a primary file */
	writer_le32(&w, 1); /* loaded by plain reading */
	writer_le32(&w, ROOT_CELL);
	writer_le32(&w, BIN_BYTES);
	writer_le32(&w, 1); /* clustering factor */
	writer_zeros(&w, 0x1fc - w.at);

	/* The checksum is the exclusive or of the 127 words before it. */
	uint32_t sum = 0;
	struct reader r = reader_over(out, 0x1fc);
	while (reader_left(&r) > 0)
		sum ^= reader_le32(&r);
	writer_le32(&w, sum);
	writer_zeros(&w, BIN_BYTES - w.at);

	write_bin_head(&w);
	write_root(&w);
	write_security(&w);
	writer_le32(&w, BIN_BYTES - FREE_CELL); /* positive: free */
	writer_zeros(&w, writer_left(&w));
	assert(!w.failed);
}
