/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bits.h"
#include "decompress.h"

#define SLOTS         30 /* of distances, for a window of 32768 */
#define MAIN_SYMBOLS  (256 + 8 * SLOTS)
#define LENGTHS       249
#define PRE_SYMBOLS   20
#define ALIGNED       8
#define MATCH_MINIMUM 2
#define FILE_SIZE_E8  12000000 /* fixed in WIM files */

enum block_kind {
	BLOCK_VERBATIM = 1,
	BLOCK_ALIGNED = 2,
	BLOCK_UNCOMPRESSED = 3,
};

struct lzx {
	struct bits bits;
	uint8_t main_lengths[MAIN_SYMBOLS], length_lengths[LENGTHS];
	struct code main, length, aligned;
	uint32_t recent[3]; /* distances */
	uint8_t *out;
	size_t size, done;
};

/* Codeword lengths come as differences to those of the block before, under a small code of their
 * own; 17 and 18 are runs of zeros, 19 a run of one length. */
static bool take_lengths(struct lzx *lzx, uint8_t *lengths, size_t n)
{
	uint8_t pre_lengths[PRE_SYMBOLS];
	struct code pre;

	for (int i = 0; i < PRE_SYMBOLS; i++)
		pre_lengths[i] = (uint8_t)bits_take(&lzx->bits, 4);
	if (!code_build(&pre, pre_lengths, PRE_SYMBOLS))
		return false;
	for (size_t i = 0; i < n;) {
		int symbol = code_take(&pre, &lzx->bits);
		size_t run = 1;
		uint8_t length;

		if (symbol == 17) {
			run = 4 + bits_take(&lzx->bits, 4);
		} else if (symbol == 18) {
			run = 20 + bits_take(&lzx->bits, 5);
		} else if (symbol == 19) {
			run = 4 + bits_take(&lzx->bits, 1);
			symbol = code_take(&pre, &lzx->bits);
			if (symbol > 16)
				return false;
		}
		if (symbol < 0 || run > n - i)
			return false;
		length = symbol > 16 ? 0 : (uint8_t)((lengths[i] + 17 - symbol) % 17);
		for (; run; run--)
			lengths[i++] = length;
	}
	return true;
}

static bool block_codes(struct lzx *lzx, enum block_kind kind)
{
	uint8_t aligned_lengths[ALIGNED];

	if (kind == BLOCK_ALIGNED) {
		for (int i = 0; i < ALIGNED; i++)
			aligned_lengths[i] = (uint8_t)bits_take(&lzx->bits, 3);
		if (!code_build(&lzx->aligned, aligned_lengths, ALIGNED))
			return false;
	}
	return take_lengths(lzx, lzx->main_lengths, 256) &&
	       take_lengths(lzx, lzx->main_lengths + 256, MAIN_SYMBOLS - 256) &&
	       code_build(&lzx->main, lzx->main_lengths, MAIN_SYMBOLS) &&
	       take_lengths(lzx, lzx->length_lengths, LENGTHS) &&
	       code_build(&lzx->length, lzx->length_lengths, LENGTHS);
}

/* The first three slots repeat a distance; of the others each pair has one bit more to read. */
static bool take_distance(
	struct lzx *lzx, enum block_kind kind, unsigned slot, uint32_t *ret_distance)
{
	unsigned extra = slot < 4 ? 0 : slot / 2 - 1;
	uint32_t base = slot < 4 ? slot : (2 + (slot & 1)) << extra;
	uint32_t distance;

	if (slot < 3) {
		distance = lzx->recent[slot];
		lzx->recent[slot] = lzx->recent[0];
		lzx->recent[0] = *ret_distance = distance;
		return true;
	}
	distance = base - 2;
	if (kind == BLOCK_ALIGNED && extra >= 3) {
		int low;

		distance += bits_take(&lzx->bits, extra - 3) << 3;
		low = code_take(&lzx->aligned, &lzx->bits);
		if (low < 0)
			return false;
		distance += (uint32_t)low;
	} else {
		distance += bits_take(&lzx->bits, extra);
	}
	lzx->recent[2] = lzx->recent[1];
	lzx->recent[1] = lzx->recent[0];
	lzx->recent[0] = *ret_distance = distance;
	return true;
}

static bool compressed_block(struct lzx *lzx, enum block_kind kind, size_t end)
{
	if (!block_codes(lzx, kind))
		return false;
	while (lzx->done < end) {
		int symbol = code_take(&lzx->main, &lzx->bits);
		uint32_t distance;
		size_t length;

		if (symbol < 0)
			return false;
		if (symbol < 256) {
			lzx->out[lzx->done++] = (uint8_t)symbol;
			continue;
		}
		length = (size_t)symbol & 7;
		if (length == 7) {
			int more = code_take(&lzx->length, &lzx->bits);

			if (more < 0)
				return false;
			length += (size_t)more;
		}
		length += MATCH_MINIMUM;
		if (!take_distance(lzx, kind, (unsigned)(symbol - 256) >> 3, &distance))
			return false;
		if (distance > lzx->done || length > end - lzx->done)
			return false;
		for (; length; length--, lzx->done++)
			lzx->out[lzx->done] = lzx->out[lzx->done - distance];
	}
	return true;
}

/* One to sixteen bits of padding, the three distances, the bytes, and a byte of padding if odd. */
static bool uncompressed_block(struct lzx *lzx, size_t end)
{
	struct bits *bits = &lzx->bits;
	size_t consumed = bits->next * 8 - bits->available;
	size_t at = (consumed / 16 + 1) * 2, size = end - lzx->done;
	struct bytes head = bytes_piece(bits->in, at, 12);
	struct bytes raw = bytes_piece(bits->in, at + 12, size);

	if (!head.data || !raw.data)
		return false;
	for (int i = 0; i < 3; i++)
		lzx->recent[i] = get_le32(head.data + 4 * i);
	bytes_copy(lzx->out + lzx->done, raw.data, size);
	lzx->done = end;
	bits->next = at + 12 + (size + 1) / 2 * 2;
	bits->available = 0;
	return true;
}

/* Calls (E8) were given absolute targets before compression, because those repeat. */
static void undo_e8(uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 10 < size;) {
		int32_t at = (int32_t)i, absolute, relative;

		if (data[i++] != 0xe8)
			continue;
		absolute = (int32_t)get_le32(data + i);
		if (absolute >= -at && absolute < FILE_SIZE_E8) {
			relative = absolute >= 0 ? absolute - at : absolute + FILE_SIZE_E8;
			for (int j = 0; j < 4; j++)
				data[i + (size_t)j] = (uint8_t)((uint32_t)relative >> 8 * j);
		}
		i += 4;
	}
}

bool lzx_decompress(struct bytes in, uint8_t *out, size_t size)
{
	static struct lzx lzx; /* too large for the stack of a firmware; nothing runs in parallel */
	bool ok = true;

	for (size_t i = 0; i < sizeof(lzx); i++)
		((volatile uint8_t *)&lzx)[i] = 0;
	lzx.bits.in = in;
	lzx.recent[0] = lzx.recent[1] = lzx.recent[2] = 1;
	lzx.out = out;
	lzx.size = size;
	while (ok && lzx.done < size) {
		enum block_kind kind = (enum block_kind)bits_take(&lzx.bits, 3);
		size_t block = bits_take(&lzx.bits, 1) ? CHUNK_BYTES : bits_take(&lzx.bits, 16);

		if (!block || block > size - lzx.done)
			return false;
		if (kind == BLOCK_VERBATIM || kind == BLOCK_ALIGNED)
			ok = compressed_block(&lzx, kind, lzx.done + block);
		else if (kind == BLOCK_UNCOMPRESSED)
			ok = uncompressed_block(&lzx, lzx.done + block);
		else
			ok = false;
	}
	if (ok)
		undo_e8(out, size);
	return ok;
}
