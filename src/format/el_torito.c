/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/el_torito.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

/* Of what is written here, behind the system area. */
enum block {
	BLOCK_VOLUME = EL_TORITO_FIRST_BLOCK, /* ECMA-119, 6.7.1 */
	BLOCK_BOOT_RECORD,                    /* El Torito: always here */
	BLOCK_END,
	BLOCK_CATALOG,
	BLOCK_ROOT,
	BLOCK_PATHS_LITTLE,
	BLOCK_PATHS_BIG,
};
static_assert(BLOCK_PATHS_BIG + 1 == EL_TORITO_END_BLOCK, "el_torito.h says how many there are");

#define PATH_TABLE_BYTES 10
#define PLATFORM_BIOS    0x00
#define PLATFORM_UEFI    0xef

static struct writer block_writer(uint8_t *start, enum block block)
{
	uint8_t *at = start + (size_t)block * CD_BLOCK_BYTES;
	memset(at, 0, CD_BLOCK_BYTES);
	return writer_over(at, CD_BLOCK_BYTES);
}

/* ECMA-119, 7.2.3 and 7.3.3: both ways round. */
static void both16(struct writer *w, uint16_t value)
{
	writer_le16(w, value);
	writer_be16(w, value);
}

static void both32(struct writer *w, uint32_t value)
{
	writer_le32(w, value);
	writer_be32(w, value);
}

static void padded(struct writer *w, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		writer_u8(w, *text != 0 ? (uint8_t)*text++ : ' ');
}

/* 8.4.26.1 of the volume's dates: not given. */
static void no_date(struct writer *w)
{
	for (int i = 0; i < 16; i++)
		writer_u8(w, '0');
	writer_u8(w, 0);
}

/* 9.1: the root, under the name of one byte: 0 itself, 1 its parent, which is itself too. */
static void root_record(struct writer *w, uint8_t name)
{
	static const uint8_t first_of_1980[7] = {80, 1, 1, 0, 0, 0, 0};
	writer_u8(w, 34);
	writer_u8(w, 0);
	both32(w, BLOCK_ROOT);
	both32(w, CD_BLOCK_BYTES);
	writer_bytes(w, first_of_1980, sizeof(first_of_1980));
	writer_u8(w, 2); /* a folder */
	writer_zeros(w, 2);
	both16(w, 1);
	writer_u8(w, 1);
	writer_u8(w, name);
}

static void write_volume(const struct el_torito *el_torito, struct writer w)
{
	writer_u8(&w, 1);
	writer_text(&w, "CD001");
	writer_u8(&w, 1);
	writer_u8(&w, 0);
	padded(&w, "", 32);
	padded(&w, el_torito->label, 32);
	writer_zeros(&w, 8);
	both32(&w, el_torito->n_blocks);
	writer_zeros(&w, 32);
	both16(&w, 1);
	both16(&w, 1);
	both16(&w, CD_BLOCK_BYTES);
	both32(&w, PATH_TABLE_BYTES);
	writer_le32(&w, BLOCK_PATHS_LITTLE);
	writer_le32(&w, 0);
	writer_be32(&w, BLOCK_PATHS_BIG);
	writer_be32(&w, 0);
	root_record(&w, 0);
	padded(&w, "", 128);
	padded(&w, "", 128);
	padded(&w, "", 128);
	padded(&w, "PEWTER", 128);
	padded(&w, "", 3 * 37);
	for (int i = 0; i < 4; i++)
		no_date(&w);
	writer_u8(&w, 1);
}

static void write_boot_record(struct writer w)
{
	writer_u8(&w, 0);
	writer_text(&w, "CD001");
	writer_u8(&w, 1);
	writer_text(&w, "EL TORITO SPECIFICATION");
	writer_zeros(&w, 32 - 23 + 32);
	writer_le32(&w, BLOCK_CATALOG);
}

static void write_end(struct writer w)
{
	writer_u8(&w, 0xff);
	writer_text(&w, "CD001");
	writer_u8(&w, 1);
}

static void boot_entry(struct writer *w, uint16_t sectors, uint32_t block)
{
	writer_u8(w, 0x88); /* bootable */
	writer_u8(w, 0);    /* without emulation */
	writer_le16(w, 0);  /* to the usual segment */
	writer_zeros(w, 2);
	writer_le16(w, sectors);
	writer_le32(w, block);
	writer_zeros(w, 20);
}

static void write_catalog(const struct el_torito *el_torito, struct writer w)
{
	const bool has_bios = el_torito->bios_block != 0, has_uefi = el_torito->uefi_block != 0;
	uint8_t *entry = w.bytes;
	uint16_t sum = 0;
	writer_u8(&w, 1);
	writer_u8(&w, has_bios ? PLATFORM_BIOS : PLATFORM_UEFI);
	writer_zeros(&w, 2);
	padded(&w, "PEWTER", 24);
	writer_zeros(&w, 2); /* what makes the sum of all words 0 */
	writer_u8(&w, 0x55);
	writer_u8(&w, 0xaa);
	for (size_t i = 0; i < 32; i += 2)
		sum = (uint16_t)(sum + (entry[i] | entry[i + 1] << 8));
	entry[28] = (uint8_t)-sum;
	entry[29] = (uint8_t)((uint16_t)-sum >> 8);
	if (has_bios)
		boot_entry(&w, el_torito->bios_sectors, el_torito->bios_block);
	if (has_bios && has_uefi) {
		writer_u8(&w, 0x91); /* the last section */
		writer_u8(&w, PLATFORM_UEFI);
		writer_le16(&w, 1);
		writer_zeros(&w, 28);
	}
	if (has_uefi)
		boot_entry(&w, el_torito->uefi_sectors, el_torito->uefi_block);
}

static void write_paths(struct writer w, bool is_big)
{
	writer_u8(&w, 1);
	writer_u8(&w, 0);
	if (is_big) {
		writer_be32(&w, BLOCK_ROOT);
		writer_be16(&w, 1);
	} else {
		writer_le32(&w, BLOCK_ROOT);
		writer_le16(&w, 1);
	}
	writer_u8(&w, 0);
}

void el_torito_write(const struct el_torito *el_torito, uint8_t *start)
{
	assert(el_torito->bios_block != 0 || el_torito->uefi_block != 0);
	struct writer root = block_writer(start, BLOCK_ROOT);
	write_volume(el_torito, block_writer(start, BLOCK_VOLUME));
	write_boot_record(block_writer(start, BLOCK_BOOT_RECORD));
	write_end(block_writer(start, BLOCK_END));
	write_catalog(el_torito, block_writer(start, BLOCK_CATALOG));
	root_record(&root, 0);
	root_record(&root, 1);
	write_paths(block_writer(start, BLOCK_PATHS_LITTLE), false);
	write_paths(block_writer(start, BLOCK_PATHS_BIG), true);
}
