/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/decode.h"

#include <errno.h>
#include <string.h>

static void add_ascii(struct buffer *text, enum text_encoding encoding, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char unit[] = {0, (char)('a' + i % 26), 0};
		bool is_wide = encoding == TEXT_UTF16LE || encoding == TEXT_UTF16BE;
		const char *from = encoding == TEXT_UTF16BE ? unit : unit + 1;
		assert_int_equal(buffer_add(text, from, is_wide ? 2 : 1), 0);
	}
}

/* With so much ASCII around the case that it lies at every place of the fast way's steps. */
static void every_encoding_at_every_offset(void **state)
{
	(void)state;
	static const struct {
		enum text_encoding encoding;
		const char *bytes;
		size_t n;
		const char *text;
		bool is_ill_formed;
	} cases[] = {
		{TEXT_CP1252, "\x80\x81\x9f\xa0\xff", 5,
			"\xe2\x82\xac\xc2\x81\xc5\xb8\xc2\xa0\xc3\xbf", false},
		{TEXT_UTF8, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9,
			"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", false},
		{TEXT_UTF8, "\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd", true}, /* overlong */
		{TEXT_UTF8, "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", true},
		{TEXT_UTF8, "\xf4\x90\x80\x80", 4,
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", true},
		{TEXT_UTF8, "\xe2\x82", 2, "\xef\xbf\xbd\xef\xbf\xbd", true}, /* cut short */
		{TEXT_UTF16LE, "\xe4\0\xac\x20\x3d\xd8\x00\xde", 8,
			"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", false},
		{TEXT_UTF16BE, "\0\xe4\x20\xac\xd8\x3d\xde\x00", 8,
			"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", false},
		{TEXT_UTF16LE, "\x3d\xd8", 2, "\xef\xbf\xbd", true}, /* half a pair */
		{TEXT_UTF16BE, "\xde\x00", 2, "\xef\xbf\xbd", true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum text_encoding encoding = cases[i].encoding;
		for (size_t at = 0; at < 40; at++) {
			struct buffer in = buffer_with_max(1000), out = buffer_with_max(1000);
			struct buffer wanted = buffer_with_max(1000);
			bool is_ill_formed;
			add_ascii(&in, encoding, at);
			assert_int_equal(buffer_add(&in, cases[i].bytes, cases[i].n), 0);
			add_ascii(&in, encoding, 40 - at);
			add_ascii(&wanted, TEXT_UTF8, at);
			assert_int_equal(buffer_add_text(&wanted, cases[i].text), 0);
			add_ascii(&wanted, TEXT_UTF8, 40 - at);
			assert_int_equal(
				text_decode(in.bytes, in.size, encoding, &out, &is_ill_formed), 0);
			assert_string_equal((char *)out.bytes, (char *)wanted.bytes);
			assert_int_equal(is_ill_formed, cases[i].is_ill_formed);
			buffer_free(&in);
			buffer_free(&out);
			buffer_free(&wanted);
		}
	}
}

static void the_encoding_is_seen(void **state)
{
	(void)state;
#define C(s) s, sizeof(s) - 1
	static const struct {
		const char *bytes;
		size_t n;
		enum text_encoding encoding;
		const char *text;
	} cases[] = {
		{C(""), TEXT_UTF8, ""}, {C("x"), TEXT_UTF8, "x"}, {C("[a]"), TEXT_UTF8, "[a]"},
		{C("\xef\xbb\xbf[a]"), TEXT_UTF8_BOM, "[a]"},
		{C("\xff\xfe[\0a\0"), TEXT_UTF16LE, "[a"},
		{C("\xfe\xff\0[\0a"), TEXT_UTF16BE, "[a"},
		{C("[\0a\0\xac\x20]\0"), TEXT_UTF16LE, "[a\xe2\x82\xac]"},
		{C("\0[\0a\x20\xac\0]"), TEXT_UTF16BE, "[a\xe2\x82\xac]"},
		{C("[\xc3\xa4]"), TEXT_UTF8, "[\xc3\xa4]"},
		{C("[\xc3\xa4\xe4]"), TEXT_CP1252, "[\xc3\x83\xc2\xa4\xc3\xa4]"},
		{C("[ab]\0[cd]\0"), TEXT_UTF8, "[ab]"}, /* NULs in a text of bytes */
	};
#undef C
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer out = buffer_with_max(100);
		enum text_encoding encoding = text_detect(cases[i].bytes, cases[i].n);
		assert_int_equal(encoding, cases[i].encoding);
		assert_non_null(text_encoding_name(encoding));
		assert_int_equal(text_decode(cases[i].bytes, cases[i].n, encoding, &out, NULL), 0);
		assert_string_equal((char *)out.bytes, cases[i].text);
		buffer_free(&out);
	}
}

static void odd_ends_and_limits(void **state)
{
	(void)state;
	struct buffer out = buffer_with_max(9);
	bool is_ill_formed = false;
	assert_int_equal(text_decode("a\0b\0c", 5, TEXT_UTF16LE, &out, &is_ill_formed), 0);
	assert_string_equal((char *)out.bytes, "ab");
	assert_true(is_ill_formed);
	assert_int_equal(text_decode("abcd", 4, TEXT_UTF8, &out, NULL), -EFBIG);
	assert_string_equal((char *)out.bytes, "ab");
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_encoding_at_every_offset),
		cmocka_unit_test(the_encoding_is_seen),
		cmocka_unit_test(odd_ends_and_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
