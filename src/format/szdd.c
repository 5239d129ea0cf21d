/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/szdd.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define MAGIC_BYTES    8
#define MATCH_LEAST    3
#define KWAJ_HAS_SIZE  0x01
#define KWAJ_LZSS      2
#define SZDD_MODE_LZSS 'A'

static const uint8_t szdd_magic[MAGIC_BYTES] = {'S', 'Z', 'D', 'D', 0x88, 0xf0, 0x27, 0x33};
static const uint8_t kwaj_magic[MAGIC_BYTES] = {'K', 'W', 'A', 'J', 0x88, 0xf0, 0x27, 0xd1};

static int parse_szdd(struct reader *reader, struct szdd_head *head)
{
	*head = (struct szdd_head){
		.method = SZDD_LZSS, .window_at = SZDD_WINDOW_BYTES - 16, .has_size = true};
	uint8_t mode = reader_u8(reader);
	head->last = (char)reader_u8(reader);
	head->size = reader_le32(reader);
	head->data_at = (uint32_t)reader->at;
	return reader->failed || mode != SZDD_MODE_LZSS ? -EINVAL : 0;
}

static int parse_kwaj(struct reader *reader, struct szdd_head *head)
{
	static const enum szdd_method methods[] = {SZDD_STORED, SZDD_INVERTED, SZDD_LZSS};
	uint16_t method = reader_le16(reader);
	*head = (struct szdd_head){.window_at = SZDD_WINDOW_BYTES - 18};
	head->data_at = reader_le16(reader);
	uint16_t flags = reader_le16(reader);
	/* The size comes first of all that may follow; the rest (names, texts) is not needed. */
	head->has_size = (flags & KWAJ_HAS_SIZE) != 0;
	if (head->has_size)
		head->size = reader_le32(reader);
	if (reader->failed || head->data_at < reader->at)
		return -EINVAL;
	if (method > KWAJ_LZSS)
		return -ENOTSUP;
	head->method = methods[method];
	return 0;
}

int szdd_head_parse(const void *bytes, size_t n, struct szdd_head *ret_head)
{
	struct reader reader = reader_over(bytes, n);
	struct szdd_head head;
	const uint8_t *magic = reader_bytes(&reader, MAGIC_BYTES);
	int rc = -EINVAL;
	if (magic != NULL && memcmp(magic, szdd_magic, MAGIC_BYTES) == 0)
		rc = parse_szdd(&reader, &head);
	else if (magic != NULL && memcmp(magic, kwaj_magic, MAGIC_BYTES) == 0)
		rc = parse_kwaj(&reader, &head);
	if (rc == 0)
		*ret_head = head;
	return rc;
}

void szdd_begin(struct szdd *szdd, const struct szdd_head *head)
{
	*szdd = (struct szdd){.head = *head, .at = head->window_at};
	memset(szdd->window, ' ', sizeof(szdd->window));
}

static bool is_full(const struct szdd *szdd)
{
	return szdd->head.has_size && szdd->n_out == szdd->head.size;
}

/* Room was reserved by szdd_push(). */
static void put(struct szdd *szdd, uint8_t byte, struct buffer *out)
{
	szdd->window[szdd->at] = byte;
	szdd->at = (uint16_t)((szdd->at + 1U) % SZDD_WINDOW_BYTES);
	if (is_full(szdd))
		return;
	out->bytes[out->size++] = byte;
	szdd->n_out++;
}

static void put_match(struct szdd *szdd, uint8_t low, uint8_t high, struct buffer *out)
{
	unsigned from = low | (unsigned)(high & 0xf0) << 4;
	unsigned length = (high & 0x0f) + MATCH_LEAST;
	for (unsigned i = 0; i < length; i++)
		put(szdd, szdd->window[(from + i) % SZDD_WINDOW_BYTES], out);
}

static void push_lzss(struct szdd *szdd, uint8_t byte, struct buffer *out)
{
	if (szdd->n_flags == 0) {
		szdd->flags = byte;
		szdd->n_flags = 8;
		return;
	}
	if (!szdd->has_low && (szdd->flags & 1) == 0) {
		szdd->match_low = byte;
		szdd->has_low = true;
		return;
	}
	if (szdd->has_low)
		put_match(szdd, szdd->match_low, byte, out);
	else
		put(szdd, byte, out);
	szdd->has_low = false;
	szdd->flags >>= 1;
	szdd->n_flags--;
}

int szdd_push(struct szdd *szdd, const void *bytes, size_t n, struct buffer *out)
{
	const uint8_t *in = bytes;
	if (n > (SIZE_MAX - 2 * SZDD_GROWTH) / SZDD_GROWTH)
		return -EFBIG;
	/* One more match than the bytes hold: its first half came with the piece before. */
	int rc = buffer_reserve(out, (n + 2) * SZDD_GROWTH);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && !is_full(szdd); i++) {
		switch (szdd->head.method) {
		case SZDD_LZSS: push_lzss(szdd, in[i], out); break;
		case SZDD_STORED: put(szdd, in[i], out); break;
		case SZDD_INVERTED: put(szdd, (uint8_t)~in[i], out); break;
		}
	}
	return 0;
}

int szdd_end(const struct szdd *szdd)
{
	if (szdd->head.has_size)
		return szdd->n_out == szdd->head.size ? 0 : -EINVAL;
	return szdd->has_low ? -EINVAL : 0;
}
