/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/text.h"
#include "image/startup.h"

#include <errno.h>
#include <string.h>

#define OURS                                                                                       \
	"[LaunchApps]\r\n%SYSTEMROOT%\\System32\\cmd.exe, /c %SYSTEMDRIVE%\\pewter\\start.cmd\r\n"

static void what_ran_before_runs_after(void **state)
{
	(void)state;
	static const struct {
		const char *old; /* NULL: no winpeshl.ini */
		bool has_setup;
		const char *after;
	} rows[] = {
		{NULL, false,
			"%SYSTEMROOT%\\System32\\cmd.exe, /k "
			"%SYSTEMROOT%\\System32\\startnet.cmd\r\n"},
		{NULL, true, "%SYSTEMDRIVE%\\setup.exe\r\n"},
		/* MDT, ConfigMgr */
		{"[LaunchApps]\r\n%SYSTEMROOT%\\System32\\bddrun.exe,/bootstrap\r\n", true,
			"%SYSTEMROOT%\\System32\\bddrun.exe,/bootstrap\r\n"},
		/* Windows RE */
		{"[LaunchApp]\r\nAppPath=X:\\sources\\recovery\\recenv.exe\r\n", false,
			"X:\\sources\\recovery\\recenv.exe\r\n"},
		/* Both, in their order; comments, spaces, no last line end */
		{"; what\n[launchapps]\n  a.exe, /s \"C:\\Program Files\\x\"  \n;b.exe\n\nc.exe\n"
		 "[LAUNCHAPP]\n APPPATH = \"d.exe\"",
			false, "a.exe, /s \"C:\\Program Files\\x\"\r\nc.exe\r\nd.exe\r\n"},
		{"[LaunchApp]\nAppPath=a.exe\nAppPath=b.exe\nOther=c.exe\n[Other]\nd.exe\n"
		 "[LaunchApp]\nAppPath=e.exe\n",
			false, "a.exe\r\n"},
		/* There, and naming nothing */
		{"", true, "%SYSTEMROOT%\\System32\\cmd.exe\r\n"},
		{"[LaunchApp]\r\nAppPath=\r\n", true, "%SYSTEMROOT%\\System32\\cmd.exe\r\n"},
		/* Our own, imported again */
		{OURS "wpeinit.exe\r\n", false, "wpeinit.exe\r\n"},
		/* 8-bit characters stay what they were, a mark goes */
		{"[LaunchApps]\r\n\xe4.exe\r\n", false, "\xe4.exe\r\n"},
		{"\xef\xbb\xbf[LaunchApps]\r\n\xc3\xa4.exe\r\n", false, "\xc3\xa4.exe\r\n"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buffer out = buffer_with_max(4096);
		struct startup_base base = {.winpeshl = rows[i].old,
			.n_winpeshl = rows[i].old != NULL ? strlen(rows[i].old) : 0,
			.has_setup = rows[i].has_setup};
		assert_int_equal(startup_write_winpeshl(&base, &out), 0);
		assert_memory_equal(out.bytes, OURS, strlen(OURS));
		assert_string_equal((const char *)out.bytes + strlen(OURS), rows[i].after);
		assert_true(startup_is_ours(out.bytes, out.size));
		if (rows[i].old != NULL)
			assert_int_equal(startup_is_ours(rows[i].old, strlen(rows[i].old)),
				strstr(rows[i].old, "pewter") != NULL);
		buffer_free(&out);
	}
}

static void utf16_stays_utf16(void **state)
{
	(void)state;
	struct buffer old = buffer_with_max(4096), out = buffer_with_max(4096),
		      text = buffer_with_max(4096);
	const char *ini = "[LaunchApps]\r\n\xc3\xa4.exe, /x\r\n";
	assert_int_equal(buffer_add(&old, "\xff\xfe", 2), 0);
	assert_int_equal(text_utf8_to_utf16le(ini, strlen(ini), &old), 0);
	struct startup_base base = {.winpeshl = old.bytes, .n_winpeshl = old.size};
	assert_int_equal(startup_write_winpeshl(&base, &out), 0);
	assert_memory_equal(out.bytes, "\xff\xfe", 2);
	assert_int_equal(text_utf16le_to_utf8(out.bytes + 2, out.size - 2, &text), 0);
	assert_string_equal((const char *)text.bytes, OURS "\xc3\xa4.exe, /x\r\n");
	assert_true(startup_is_ours(out.bytes, out.size));
	buffer_free(&old);
	buffer_free(&out);
	buffer_free(&text);
}

static void hostile_ones_are_bounded(void **state)
{
	(void)state;
	uint8_t bytes[600];
	uint32_t x = 7;
	static const char alphabet[] = "[]Launchps=\";\n\r\0 A\xff\xfe";
	for (int round = 0; round < 2000; round++) {
		struct buffer out = buffer_with_max(8192);
		for (size_t i = 0; i < sizeof(bytes); i++) {
			x = x * 1664525 + 1013904223;
			bytes[i] = (uint8_t)alphabet[(x >> 16) % (sizeof(alphabet) - 1)];
		}
		memcpy(bytes, round % 2 == 0 ? "[LaunchApps]\n" : "[LaunchApp]\nA\n", 13);
		struct startup_base base = {.winpeshl = bytes, .n_winpeshl = x % sizeof(bytes)};
		assert_int_equal(startup_write_winpeshl(&base, &out), 0);
		buffer_free(&out);
	}
	struct buffer small = buffer_with_max(20);
	struct startup_base base = {.winpeshl = NULL};
	assert_int_equal(startup_write_winpeshl(&base, &small), -EFBIG);
	buffer_free(&small);
}

static void every_inf_is_loaded(void **state)
{
	(void)state;
	static const struct startup_driver drivers[] = {
		{1, "e1d68x64.inf"},
		{2, "100% & new.inf"},
		{7, "Gr\xc3\xb6\xc3\x9f"
		    "e.inf"},
		{9, NULL},
	};
	struct buffer out = buffer_with_max(8192);
	assert_int_equal(
		startup_write_script("winpe11", 12, drivers, ARRAY_SIZE(drivers), &out), 0);
	const char *text = (const char *)out.bytes;
	assert_non_null(strstr(text, "winpe11, revision 12: 4 drivers\r\n"));
	assert_non_null(strstr(text, "\"%DRVLOAD%\" \"%PEWTER%\\drivers\\1\\e1d68x64.inf\"\r\n"));
	assert_non_null(
		strstr(text, "\"%DRVLOAD%\" \"%PEWTER%\\drivers\\2\\100%% & new.inf\"\r\n"));
	assert_non_null(strstr(text, "for %%I in (\"%PEWTER%\\drivers\\7\\*.inf\") do"));
	assert_non_null(strstr(text, "for %%I in (\"%PEWTER%\\drivers\\9\\*.inf\") do"));
	assert_string_equal(text + out.size - strlen("exit /b 0\r\n"), "exit /b 0\r\n");
	/* ASCII, and every line ends as cmd.exe wants it. */
	for (size_t i = 0; i < out.size; i++) {
		assert_true(
			(text[i] >= ' ' && text[i] <= '~') || text[i] == '\r' || text[i] == '\n');
		assert_true(text[i] != '\n' || (i > 0 && text[i - 1] == '\r'));
	}
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ran_before_runs_after),
		cmocka_unit_test(utf16_stays_utf16),
		cmocka_unit_test(hostile_ones_are_bounded),
		cmocka_unit_test(every_inf_is_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
