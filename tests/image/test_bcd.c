/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole store: read back by ourselves, and from outside by hivexsh and hivexget. */
#include "../unit.h"

#include "adapter/hivex.h"
#include "base/cleanup.h"
#include "format/bcd.h"
#include "image/bcd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MANAGER "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define OPTIONS "{7619dcc8-fafe-11d9-b411-000476eba25f}"
#define LOADER  "{7619dcc9-fafe-11d9-b411-000476eba25f}"

static const struct image_bcd_parameters pxe = {
	.description = "Gerät 7",
	.sdi_path = "\\b\\abcdefgh2345\\boot.sdi",
	.wim_path = "\\b\\abcdefgh2345\\boot.wim",
	.is_uefi = true,
	.tftp_block_bytes = 1456,
	.tftp_window_blocks = 16,
	.tftp_variable_window = true,
};

struct wanted {
	const char *key, *words;
};

static const struct wanted everything[] = {
	{"Description\\KeyName", "BCD00000000"},
	{"Objects\\" MANAGER "\\Description\\Type", "10100002"},
	{"Objects\\" MANAGER "\\Elements\\12000004\\Element", "Windows Boot Manager"},
	{"Objects\\" MANAGER "\\Elements\\12000005\\Element", "en-US"},
	{"Objects\\" MANAGER "\\Elements\\23000003\\Element", LOADER},
	{"Objects\\" MANAGER "\\Elements\\24000001\\Element", LOADER},
	{"Objects\\" MANAGER "\\Elements\\25000004\\Element", "0"},
	{"Objects\\" MANAGER "\\Elements\\26000020\\Element", "false"},
	{"Objects\\" OPTIONS "\\Description\\Type", "30000000"},
	{"Objects\\" OPTIONS "\\Elements\\31000003\\Element", "boot"},
	{"Objects\\" OPTIONS "\\Elements\\32000004\\Element", "\\b\\abcdefgh2345\\boot.sdi"},
	{"Objects\\" OPTIONS "\\Elements\\35000007\\Element", "1456"},
	{"Objects\\" OPTIONS "\\Elements\\35000008\\Element", "16"},
	{"Objects\\" OPTIONS "\\Elements\\3600000b\\Element", "true"},
	{"Objects\\" LOADER "\\Description\\Type", "10200003"},
	{"Objects\\" LOADER "\\Elements\\11000001\\Element",
		"ramdisk=[boot]\\b\\abcdefgh2345\\boot.wim," OPTIONS},
	{"Objects\\" LOADER "\\Elements\\12000002\\Element",
		"\\windows\\system32\\boot\\winload.efi"},
	{"Objects\\" LOADER "\\Elements\\12000004\\Element", "Gerät 7"},
	{"Objects\\" LOADER "\\Elements\\12000005\\Element", "en-US"},
	{"Objects\\" LOADER "\\Elements\\21000001\\Element",
		"ramdisk=[boot]\\b\\abcdefgh2345\\boot.wim," OPTIONS},
	{"Objects\\" LOADER "\\Elements\\22000002\\Element", "\\windows"},
	{"Objects\\" LOADER "\\Elements\\26000010\\Element", "true"},
	{"Objects\\" LOADER "\\Elements\\26000022\\Element", "true"},
};

static struct buffer build(const struct image_bcd_parameters *p)
{
	struct error err = ERROR_NULL;
	struct buffer out = buffer_with_max(1U << 20);
	int rc = image_bcd_build(p, &out, &err);
	if (rc != 0)
		fail_msg("%s", err.text);
	return out;
}

struct found {
	size_t n;
	char lines[64][700];
};

static int collect(void *context, const struct hive_value *value)
{
	struct found *found = context;
	char words[600] = "?";
	const char *last = strrchr(value->key, '\\');
	if (strcmp(value->name, "Type") == 0) {
		const uint8_t *b = value->bytes;
		assert_int_equal(value->size, 4);
		(void)snprintf(words, sizeof(words), "%02x%02x%02x%02x", b[3], b[2], b[1], b[0]);
	} else {
		uint32_t id = last != NULL ? (uint32_t)strtoul(last + 1, NULL, 16)
					   : BCD_LIBRARY_DESCRIPTION;
		struct bcd_element e;
		assert_int_equal(bcd_element_read(id, value->bytes, value->size, &e), 0);
		bcd_element_describe(&e, words, sizeof(words));
	}
	assert_true(found->n < ARRAY_SIZE(found->lines));
	(void)snprintf(found->lines[found->n++], sizeof(found->lines[0]), "%s\\%s=%s", value->key,
		value->name, words);
	return 0;
}

static void assert_has(const struct found *found, const struct wanted *wanted)
{
	char line[700];
	(void)snprintf(line, sizeof(line), "%s=%s", wanted->key, wanted->words);
	for (size_t i = 0; i < found->n; i++) {
		if (strcmp(found->lines[i], line) == 0)
			return;
	}
	fail_msg("not in the store: %s", line);
}

static void holds_every_element(void **state)
{
	(void)state;
	static struct found found;
	struct error err = ERROR_NULL;
	struct buffer hive = build(&pxe);
	found.n = 0;
	assert_int_equal(hive_walk(hive.bytes, hive.size, collect, &found, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(everything); i++)
		assert_has(&found, &everything[i]);
	assert_int_equal(found.n, ARRAY_SIZE(everything));
	buffer_free(&hive);
}

static void leaves_out_what_is_not_asked_for(void **state)
{
	(void)state;
	static struct found found;
	struct error err = ERROR_NULL;
	const struct image_bcd_parameters http = {.description = "PE",
		.sdi_path = "\\boot\\boot.sdi",
		.wim_path = "\\sources\\boot.wim"};
	struct buffer hive = build(&http);
	found.n = 0;
	assert_int_equal(hive_walk(hive.bytes, hive.size, collect, &found, &err), 0);
	assert_int_equal(found.n, ARRAY_SIZE(everything) - 3);
	assert_has(&found, &(struct wanted){"Objects\\" LOADER "\\Elements\\12000002\\Element",
				   "\\windows\\system32\\boot\\winload.exe"});
	buffer_free(&hive);
}

/* An SDI that holds the system: where in it the volume lies takes the place of a boot.sdi. */
static void boots_an_sdi(void **state)
{
	(void)state;
	static struct found found;
	static const struct wanted wanted[] = {
		{"Objects\\" OPTIONS "\\Elements\\35000001\\Element", "8192"},
		{"Objects\\" OPTIONS "\\Elements\\35000005\\Element", "5368709120"},
		{"Objects\\" LOADER "\\Elements\\11000001\\Element",
			"ramdisk=[boot]\\boot\\image.sdi," OPTIONS},
		{"Objects\\" LOADER "\\Elements\\21000001\\Element",
			"ramdisk=[boot]\\boot\\image.sdi," OPTIONS},
		{"Objects\\" LOADER "\\Elements\\22000002\\Element", "\\windows"},
	};
	struct error err = ERROR_NULL;
	const struct image_bcd_parameters sdi = {.description = "PE",
		.sdi_path = "\\boot\\boot.sdi",
		.wim_path = "\\sources\\boot.wim",
		.image_sdi_path = "\\boot\\image.sdi",
		.ramdisk_offset = 8192,
		.ramdisk_length = 5ULL << 30};
	struct buffer hive = build(&sdi);
	found.n = 0;
	assert_int_equal(hive_walk(hive.bytes, hive.size, collect, &found, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_has(&found, &wanted[i]);
	assert_int_equal(found.n, ARRAY_SIZE(everything) - 3); /* two go, two come */
	for (size_t i = 0; i < found.n; i++) {
		assert_null(strstr(found.lines[i], "31000003"));
		assert_null(strstr(found.lines[i], "boot.sdi"));
		assert_null(strstr(found.lines[i], "boot.wim"));
	}
	buffer_free(&hive);
}

struct outside {
	const char *command, *printed;
};

/* What others make of it: each line is a command and what it must print. */
static void read_from_outside(
	const struct image_bcd_parameters *p, const struct outside *checks, size_t n_checks)
{
	char path[] = "/tmp/pewter-bcd-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	struct buffer hive = build(p);
	assert_int_equal(write(fd, hive.bytes, hive.size), hive.size);
	assert_int_equal(close(fd), 0);
	buffer_free(&hive);
	for (size_t i = 0; i < n_checks; i++) {
		char command[512], got[512] = "";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(command, sizeof(command), checks[i].command, path);
#pragma GCC diagnostic pop
		FILE *pipe = popen(command, "r");
		assert_non_null(pipe);
		size_t n = fread(got, 1, sizeof(got) - 1, pipe);
		got[n] = 0;
		assert_int_equal(pclose(pipe), 0);
		assert_string_equal(got, checks[i].printed);
	}
	assert_int_equal(unlink(path), 0);
}

static void skip_without_hivex(void)
{
	if (system("command -v hivexsh hivexget hivexml >/dev/null") == 0)
		return;
	print_message("hivexsh is not installed (libhivex-bin): not checked from outside\n");
	skip();
}

#define LS(object)                                                                                 \
	"printf 'cd \\\\Objects\\\\" object                                                        \
	"\\\\Elements\\nls\\n' | hivexsh %s | sort | tr '\\n' ' '"

static void others_read_it(void **state)
{
	(void)state;
	static const struct outside checks[] = {
		{"hivexget %s '\\Description' KeyName", "BCD00000000\n"},
		{"hivexget %s '\\Objects\\" LOADER "\\Elements\\12000002' Element",
			"\\windows\\system32\\boot\\winload.efi\n"},
		{"hivexget %s '\\Objects\\" OPTIONS "\\Elements\\32000004' Element",
			"\\b\\abcdefgh2345\\boot.sdi\n"},
		{"hivexget %s '\\Objects\\" MANAGER "\\Elements\\24000001' Element | tr -d '\\n'",
			LOADER},
		{LS(LOADER),
			"11000001 12000002 12000004 12000005 21000001 22000002 26000010 26000022 "},
		{"printf 'cd \\\\Objects\\nls\\n' | hivexsh %s | sort | tr '\\n' ' '",
			OPTIONS " " LOADER " " MANAGER " "},
		{"hivexml %s | grep -o '<value ' | wc -l", "23\n"},
	};
	skip_without_hivex();
	read_from_outside(&pxe, checks, ARRAY_SIZE(checks));
}

static void others_read_that_of_media(void **state)
{
	(void)state;
	const struct image_bcd_parameters media = {.description = "win11",
		.sdi_path = "\\boot\\boot.sdi",
		.wim_path = "\\sources\\boot.wim"};
	static const struct outside checks[] = {
		{"hivexget %s '\\Objects\\" LOADER "\\Elements\\12000002' Element",
			"\\windows\\system32\\boot\\winload.exe\n"},
		{LS(OPTIONS), "31000003 32000004 "},
	};
	skip_without_hivex();
	read_from_outside(&media, checks, ARRAY_SIZE(checks));
}

static void others_read_that_of_an_sdi(void **state)
{
	(void)state;
	const struct image_bcd_parameters sdi = {.description = "old",
		.image_sdi_path = "\\boot\\image.sdi",
		.ramdisk_offset = 8192,
		.ramdisk_length = 0x10000000};
	static const struct outside checks[] = {
		{LS(OPTIONS), "35000001 35000005 "},
		{"hivexget %s '\\Objects\\" OPTIONS "\\Elements\\35000001' Element | od -An -tx1",
			" 00 20 00 00 00 00 00 00\n"},
		{"hivexget %s '\\Objects\\" OPTIONS "\\Elements\\35000005' Element | od -An -tx1",
			" 00 00 00 10 00 00 00 00\n"},
	};
	skip_without_hivex();
	read_from_outside(&sdi, checks, ARRAY_SIZE(checks));
}

static void is_the_same_each_time(void **state)
{
	(void)state;
	struct buffer a = build(&pxe), b = build(&pxe);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	buffer_free(&b);
	buffer_free(&a);
}

static void says_how_long_it_takes(void **state)
{
	(void)state;
	struct timespec from, to;
	const int times = 100;
	size_t size = 0;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &from), 0);
	for (int i = 0; i < times; i++) {
		struct buffer b = build(&pxe);
		size = b.size;
		buffer_free(&b);
	}
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &to), 0);
	double us =
		((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
		1e3 / times;
	print_message("%zu bytes, %.0f us each\n", size, us);
	/* The daemon's loop makes one per boot: far from a packet's patience, even on a busy
	 * machine. */
	assert_true(us < 50000);
}

static int stop(void *context, const struct hive_value *value)
{
	(void)value;
	return *(int *)context;
}

static void walks_no_rubbish(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	int code = -EINTR;
	struct buffer hive = build(&pxe);
	assert_int_equal(hive_walk(hive.bytes, hive.size, stop, &code, &err), -EINTR);
	code = 0;
	assert_true(hive_walk("regf", 4, stop, &code, &err) < 0);
	for (size_t n = 0; n < hive.size; n += 97)
		assert_true(hive_walk(hive.bytes, n, stop, &code, &err) < 0);
	buffer_free(&hive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_every_element),
		cmocka_unit_test(leaves_out_what_is_not_asked_for),
		cmocka_unit_test(boots_an_sdi),
		cmocka_unit_test(others_read_it),
		cmocka_unit_test(others_read_that_of_media),
		cmocka_unit_test(others_read_that_of_an_sdi),
		cmocka_unit_test(is_the_same_each_time),
		cmocka_unit_test(says_how_long_it_takes),
		cmocka_unit_test(walks_no_rubbish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
