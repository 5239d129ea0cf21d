/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/address.h"
#include "base/error.h"
#include "base/guid.h"
#include "base/moment.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static void utf16_round_trip(void **state)
{
	(void)state;
	const char *text = "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	struct buffer wide = buffer_with_max(100), back = buffer_with_max(100);
	assert_int_equal(text_utf8_to_utf16le(text, strlen(text), &wide), 0);
	const uint8_t expected[] = {'A', 0, 0xe4, 0, 0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde};
	assert_int_equal(wide.size, sizeof(expected));
	assert_memory_equal(wide.bytes, expected, sizeof(expected));
	assert_int_equal(text_utf16le_to_utf8(wide.bytes, wide.size, &back), 0);
	assert_string_equal((char *)back.bytes, text);
	buffer_free(&wide);
	buffer_free(&back);
}

static void bad_text_is_replaced(void **state)
{
	(void)state;
	struct buffer out = buffer_with_max(100);
	/* overlong slash, lone continuation, truncated sequence */
	assert_int_equal(text_utf8_to_utf16le("\xc0\xaf\x80\xe2\x82", 5, &out), 0);
	for (size_t i = 0; i < out.size; i += 2)
		assert_int_equal(out.bytes[i] | out.bytes[i + 1] << 8, 0xfffd);
	assert_int_equal(out.size, 10);
	out.size = 0;
	const uint8_t lone[] = {0x00, 0xd8, 'A', 0, 'B'};
	assert_int_equal(text_utf16le_to_utf8(lone, sizeof(lone), &out), 0);
	assert_string_equal((char *)out.bytes, "\xef\xbf\xbd"
					       "A"
					       "\xef\xbf\xbd");
	buffer_free(&out);
}

static void guids(void **state)
{
	(void)state;
	struct guid g;
	char text[GUID_TEXT_BYTES];
	assert_true(guid_parse("{9DEA862C-5cdd-4e70-acc1-f32b344d4795}", &g));
	const uint8_t bytes[] = {0x2c, 0x86, 0xea, 0x9d, 0xdd, 0x5c, 0x70, 0x4e};
	assert_memory_equal(g.bytes, bytes, sizeof(bytes));
	guid_format(&g, text);
	assert_string_equal(text, "9dea862c-5cdd-4e70-acc1-f32b344d4795");
	assert_false(guid_parse("9dea862c-5cdd-4e70-acc1-f32b344d479", &g));
	assert_false(guid_parse("9dea862c+5cdd-4e70-acc1-f32b344d4795", &g));
	assert_false(guid_parse("{9dea862c-5cdd-4e70-acc1-f32b344d4795", &g));
}

static void paths(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t length;
		int rc;
		const char *out;
	} cases[] = {
		{"\\Boot\\BCD", 9, 0, "boot/bcd"},
		{"/boot\\\\Fonts/x", 14, 0, "boot/fonts/x"},
		{"bootx64.efi\xff", 12, 0, "bootx64.efi"},
		{"bootx64.efi\0\0", 13, 0, "bootx64.efi"},
		{"a/../b", 6, -EINVAL, NULL},
		{"..", 2, -EINVAL, NULL},
		{"a\\..", 4, -EINVAL, NULL},
		{"./a", 3, -EINVAL, NULL},
		{"...", 3, 0, "..."},
		{"a..b", 4, 0, "a..b"},
		{"a\0b", 3, -EINVAL, NULL},
		{"a\nb", 3, -EINVAL, NULL},
		{"", 0, -EINVAL, NULL},
		{"///", 3, -EINVAL, NULL},
		{"folder/", 7, 0, "folder"},
		{"abcdefghijklmnopqrstuvwxyz", 26, -ENAMETOOLONG, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[20] = "";
		int rc = path_normalize(cases[i].in, cases[i].length, out, sizeof(out));
		assert_int_equal(rc, cases[i].rc);
		if (rc == 0)
			assert_string_equal(out, cases[i].out);
	}
	assert_string_equal(path_name("a/b.c"), "b.c");
	assert_string_equal(path_name("\\b/a\\b.c"), "b.c");
	assert_string_equal(path_name("b.c"), "b.c");
	assert_string_equal(path_name("a\\"), "");
	assert_string_equal(path_extension("a.x/b"), "");
	assert_string_equal(path_extension("a/b.tar.gz"), ".gz");
}

static void addresses_and_numbers(void **state)
{
	(void)state;
	uint32_t a = 0;
	uint8_t mac[6];
	uint64_t n;
	char text[MAC_TEXT_BYTES];
	assert_true(ipv4_parse("10.0.255.1", &a));
	assert_int_equal(a, 0x0a00ff01);
	ipv4_format(a, text);
	assert_string_equal(text, "10.0.255.1");
	assert_false(ipv4_parse("10.0.256.1", &a));
	assert_false(ipv4_parse("10.0.1", &a));
	assert_false(ipv4_parse("10.0.1.1.", &a));
	assert_true(mac_parse("52-54-00-Ab-cd-EF", mac));
	mac_format(mac, text);
	assert_string_equal(text, "52:54:00:ab:cd:ef");
	assert_false(mac_parse("52:54:00:ab:cd", mac));
	assert_true(text_parse_u64("18446744073709551615", UINT64_MAX, &n));
	assert_false(text_parse_u64("18446744073709551616", UINT64_MAX, &n));
	assert_false(text_parse_u64("12x", UINT64_MAX, &n));
	assert_false(text_parse_u64("", UINT64_MAX, &n));
}

static void moments(void **state)
{
	(void)state;
	char text[MOMENT_TEXT_BYTES];
	moment_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	moment_format(INT64_C(951782400123), text);
	assert_string_equal(text, "2000-02-29T00:00:00.123Z");
	moment_format(INT64_C(1795312799999), text);
	assert_string_equal(text, "2026-11-22T01:59:59.999Z");
	moment_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void what_moves_a_cursor_is_disarmed(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"plain, \xc3\xa9t\xc3\xa9, \xe7\xbd\x91\xf0\x9f\x98\x80 \xef\xbf\xbd",
			"plain, \xc3\xa9t\xc3\xa9, \xe7\xbd\x91\xf0\x9f\x98\x80 \xef\xbf\xbd"},
		{"a\033[2Jb\r\n\t\x7f", "a?[2Jb????"},
		{"\xc2\x9b[31mred, \xc2\x85", "??[31mred, ??"},
		{"\x9b[31m, \xe9", "?[31m, ?"}, /* cp1252 on a terminal of that code page */
		{"gpj.\xe2\x80\xae"
		 "exe\xe2\x81\xa6",
			"gpj.???exe???"},
		{"cut \xe7\xbd", "cut ??"},
		{"\xc0\x9b\xed\xa0\x80", "?????"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];
		assert_true(text_copy(text, sizeof(text), cases[i].from));
		text_disarm(text, strlen(text));
		assert_string_equal(text, cases[i].to);
	}
}

static void errors_say_where(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	assert_int_equal(error_set(&err, -EINVAL, "bad %d", 7), -EINVAL);
	assert_int_equal(error_prefix(&err, -EIO, "file %s", "x"), -EIO);
	assert_string_equal(err.text, "file x: bad 7");
	(void)error_set(&err, -EINVAL, "412: no section");
	(void)error_prefix(&err, -EINVAL, "%s", "e1d.inf");
	assert_string_equal(err.text, "e1d.inf:412: no section");
	const char *rest = NULL;
	assert_int_equal(error_line("7: x", &rest), 7);
	assert_string_equal(rest, "x");
	assert_int_equal(error_line("7 x", &rest), 0);
	assert_int_equal(error_line("99999999999: x", &rest), 0);
	assert_int_equal(error_line("", NULL), 0);
	char huge[2000];
	memset(huge, 'y', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = 0;
	(void)error_set(&err, -EIO, "%s", huge);
	(void)error_prefix(&err, -EIO, "%s", huge);
	assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
	assert_int_equal(error_set(NULL, -EIO, "nobody reads this"), -EIO);
}

static void words_of_a_list(void **state)
{
	(void)state;
	assert_true(text_is_in_list("Net", "HDC,net"));
	assert_true(text_is_in_list("HDC", "HDC"));
	assert_false(text_is_in_list("Ne", "Net,HDC"));
	assert_false(text_is_in_list("Network", "Net"));
	assert_false(text_is_in_list("Net", ""));
	assert_false(text_is_in_list("", "Net"));
	assert_true(text_is_in_list("", "Net,,HDC"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf16_round_trip),
		cmocka_unit_test(bad_text_is_replaced),
		cmocka_unit_test(guids),
		cmocka_unit_test(paths),
		cmocka_unit_test(addresses_and_numbers),
		cmocka_unit_test(moments),
		cmocka_unit_test(what_moves_a_cursor_is_disarmed),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(words_of_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
