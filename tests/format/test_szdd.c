/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "format/szdd.h"

#include <errno.h>
#include <string.h>

static const char szdd_magic[] = "SZDD\x88\xf0\x27\x33";
static const char kwaj_magic[] = "KWAJ\x88\xf0\x27\xd1";

/* Expands in pieces of n bytes. */
static int expand(const void *bytes, size_t size, size_t n, struct buffer *out)
{
	struct szdd szdd;
	struct szdd_head head;
	int rc = szdd_head_parse(bytes, size, &head);
	if (rc < 0)
		return rc;
	szdd_begin(&szdd, &head);
	for (size_t at = head.data_at; rc == 0 && at < size; at += n)
		rc = szdd_push(
			&szdd, (const uint8_t *)bytes + at, size - at < n ? size - at : n, out);
	return rc == 0 ? szdd_end(&szdd) : rc;
}

static size_t put_szdd(uint8_t *out, size_t room, uint32_t size, const void *packed, size_t n)
{
	struct writer w = writer_over(out, room);
	writer_bytes(&w, szdd_magic, 8);
	writer_text(&w, "As");
	writer_le32(&w, size);
	writer_bytes(&w, packed, n);
	assert_false(w.failed);
	return w.at;
}

static size_t put_kwaj(
	uint8_t *out, size_t room, uint16_t method, uint32_t size, const void *packed, size_t n)
{
	struct writer w = writer_over(out, room);
	writer_bytes(&w, kwaj_magic, 8);
	writer_le16(&w, method);
	writer_le16(&w, 18 + 4);
	writer_le16(&w, 0x09); /* size and name follow */
	writer_le32(&w, size);
	writer_text(&w, "abc");
	writer_u8(&w, 0);
	writer_bytes(&w, packed, n);
	assert_false(w.failed);
	return w.at;
}

/* "abcabcabc" + 18 blanks of the fresh window + "!": literals, a match that overlaps itself, one of
 * the longest kind. */
#define WORDS "abcabcabc                  !"

static size_t pack_words(uint8_t *out, unsigned window_at)
{
	unsigned at = window_at;
	size_t n = 0;
	out[n++] = 0x27; /* literal x 3, match, match, literal */
	out[n++] = 'a', out[n++] = 'b', out[n++] = 'c';
	out[n++] = (uint8_t)at, out[n++] = (uint8_t)((at >> 4 & 0xf0) | (6 - 3));
	out[n++] = 0x00, out[n++] = 0x0f;
	out[n++] = '!';
	return n;
}

static void both_formats_expand(void **state)
{
	(void)state;
	uint8_t packed[32], file[128];
	for (int kwaj = 0; kwaj < 2; kwaj++) {
		size_t n = pack_words(packed, kwaj ? 4096 - 18 : 4096 - 16);
		size_t size = kwaj ? put_kwaj(file, sizeof(file), 2, sizeof(WORDS) - 1, packed, n)
				   : put_szdd(file, sizeof(file), sizeof(WORDS) - 1, packed, n);
		for (size_t piece = 1; piece < 20; piece++) {
			CLEANUP(buffer_free) struct buffer out = buffer_with_max(10000);
			assert_int_equal(expand(file, size, piece, &out), 0);
			assert_int_equal(out.size, sizeof(WORDS) - 1);
			assert_memory_equal(out.bytes, WORDS, out.size);
		}
		for (size_t cut = 0; cut < size; cut++) {
			CLEANUP(buffer_free) struct buffer out = buffer_with_max(10000);
			assert_int_equal(expand(file, cut, 4, &out), -EINVAL);
		}
	}
}

static void plain_methods_of_kwaj(void **state)
{
	(void)state;
	static const uint8_t inverted[] = {'x' ^ 0xff, 'y' ^ 0xff};
	uint8_t file[128];
	for (uint16_t method = 0; method < 2; method++) {
		CLEANUP(buffer_free) struct buffer out = buffer_with_max(1000);
		size_t n = put_kwaj(file, sizeof(file), method, 2,
			method == 0 ? (const void *)"xy" : inverted, 2);
		assert_int_equal(expand(file, n, 100, &out), 0);
		assert_int_equal(out.size, 2);
		assert_memory_equal(out.bytes, "xy", 2);
	}
	struct szdd_head head;
	for (uint16_t method = 3; method < 6; method++) {
		size_t n = put_kwaj(file, sizeof(file), method, 2, "xy", 2);
		assert_int_equal(szdd_head_parse(file, n, &head), -ENOTSUP);
	}
}

static void what_follows_the_size_is_ignored(void **state)
{
	(void)state;
	uint8_t file[64];
	CLEANUP(buffer_free) struct buffer out = buffer_with_max(1000);
	size_t n = put_szdd(file, sizeof(file), 3,
		"\xff"
		"abcdefgh",
		9);
	assert_int_equal(expand(file, n, 2, &out), 0);
	assert_int_equal(out.size, 3);
	/* A match is cut where the file ends. */
	out.size = 0;
	n = put_szdd(file, sizeof(file), 5, "\0\0\x0f", 3);
	assert_int_equal(expand(file, n, 3, &out), 0);
	assert_int_equal(out.size, 5);
}

static void output_stays_in_its_bounds(void **state)
{
	(void)state;
	uint8_t file[4096];
	uint8_t packed[4000] = {0};
	memset(packed, 0, sizeof(packed));
	for (size_t i = 2; i < sizeof(packed); i += 2)
		packed[i] = 0x0f;
	size_t n = put_szdd(file, sizeof(file), UINT32_MAX, packed, sizeof(packed));
	CLEANUP(buffer_free) struct buffer out = buffer_with_max(1000);
	assert_int_equal(expand(file, n, sizeof(packed), &out), -EFBIG);
	assert_int_equal(out.size, 0);
}

static void other_files_are_refused(void **state)
{
	(void)state;
	struct szdd_head head;
	uint8_t file[64];
	size_t n = put_szdd(file, sizeof(file), 3,
		"\xff"
		"abc",
		4);
	file[8] = 'B';
	assert_int_equal(szdd_head_parse(file, n, &head), -EINVAL);
	assert_int_equal(szdd_head_parse("MSCF0123456789abcdef", 20, &head), -EINVAL);
	n = put_kwaj(file, sizeof(file), 2, 3,
		"\xff"
		"abc",
		4);
	file[10] = 4; /* the data would begin within the head */
	assert_int_equal(szdd_head_parse(file, n, &head), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_formats_expand),
		cmocka_unit_test(plain_methods_of_kwaj),
		cmocka_unit_test(what_follows_the_size_is_ignored),
		cmocka_unit_test(output_stays_in_its_bounds),
		cmocka_unit_test(other_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
