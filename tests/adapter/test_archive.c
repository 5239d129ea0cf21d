/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "../archives.h"

#include "adapter/archive.h"
#include "adapter/file.h"
#include "base/limits.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* What came out, as "path=content;" and "folder/;". */
struct heard {
	char text[4096];
	size_t n_begun, n_ended;
	uint64_t n_bytes;
};

static void hear(struct heard *heard, const char *text, size_t n)
{
	size_t at = strlen(heard->text);
	if (n > sizeof(heard->text) - 1 - at)
		n = sizeof(heard->text) - 1 - at;
	memcpy(heard->text + at, text, n);
	heard->text[at + n] = 0;
}

static int hear_folder(void *context, const char *path, struct error *err)
{
	(void)err;
	hear(context, path, strlen(path));
	hear(context, "/;", 2);
	return 0;
}

static int hear_begin(void *context, const char *path, struct error *err)
{
	struct heard *heard = context;
	(void)err;
	heard->n_begun++;
	hear(heard, path, strlen(path));
	hear(heard, "=", 1);
	return 0;
}

static int hear_data(void *context, const void *bytes, size_t n, struct error *err)
{
	struct heard *heard = context;
	(void)err;
	heard->n_bytes += n;
	hear(heard, bytes, n);
	return 0;
}

static int hear_end(void *context, struct error *err)
{
	struct heard *heard = context;
	(void)err;
	heard->n_ended++;
	hear(heard, ";", 1);
	return 0;
}

static int hear_again(void *context, const char *path, const char *before, struct error *err)
{
	(void)err;
	hear(context, path, strlen(path));
	hear(context, "->", 2);
	hear(context, before, strlen(before));
	hear(context, ";", 1);
	return 0;
}

static int open_bytes(const void *bytes, size_t n)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes, n), 0);
	return fd;
}

static int unpack(const struct buffer *bytes, struct archive_budget budget, struct heard *heard,
	struct archive_place *place, struct error *err)
{
	const struct archive_sink sink = {.context = heard,
		.folder = hear_folder,
		.begin = hear_begin,
		.data = hear_data,
		.end = hear_end,
		.again = hear_again};
	CLEANUP(file_closep) int fd = open_bytes(bytes->bytes, bytes->size);
	*heard = (struct heard){0};
	*err = ERROR_NULL;
	int rc = archive_find(fd, place, err);
	return rc < 0 ? rc : archive_unpack(fd, place, &budget, &sink, NULL, err);
}

static const struct archive_budget plenty = {.bytes = 1U << 30, .entries = 1000};

static const struct test_entry two[] = {
	{.name = "a.inf", .content = "[Version]"},
	{.name = "x64/a.sys", .content = "MZ and more"},
};
#define TWO_WORDS "a.inf=[Version];x64/a.sys=MZ and more;"

static struct buffer make_of(enum archive_kind kind, const struct test_entry *entries, size_t n)
{
	switch (kind) {
	case ARCHIVE_IN_ZIP: return make_zip(entries, n);
	case ARCHIVE_IN_CAB: return make_cab(entries, n);
	case ARCHIVE_IN_7Z: return make_7z(entries, n);
	default: return make_tar(entries, n);
	}
}

static const enum archive_kind kinds[] = {
	ARCHIVE_IN_ZIP, ARCHIVE_IN_CAB, ARCHIVE_IN_7Z, ARCHIVE_IN_TAR};

static void honest_archives_unpack(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct heard heard;
		struct archive_place place;
		struct error err;
		CLEANUP(buffer_free) struct buffer bytes = make_of(kinds[i], two, 2);
		if (unpack(&bytes, plenty, &heard, &place, &err) != 0)
			fail_msg("%s: %s", archive_kind_name(kinds[i]), err.text);
		assert_int_equal(place.kind, kinds[i]);
		assert_false(place.is_program);
		assert_string_equal(heard.text, TWO_WORDS);
	}
}

/* A program of any length, with false starts in it, in front of the archive, and some bytes behind
 * it (a signature). */
static void self_extracting_archives_unpack(void **state)
{
	(void)state;
	static const size_t lengths[] = {64, 1000, 262140, 262144, 300000};
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(lengths); k++) {
			struct heard heard;
			struct archive_place place;
			struct error err;
			CLEANUP(buffer_free) struct buffer archive = make_of(kinds[i], two, 2);
			CLEANUP(buffer_free)
			struct buffer bytes = buffer_with_max(TEST_ARCHIVE_MAX);
			assert_int_equal(buffer_add_zeros(&bytes, lengths[k]), 0);
			memcpy(bytes.bytes, "MZ", 2);
			memcpy(bytes.bytes + 10, "MSCF", 4);
			memcpy(bytes.bytes + 20, "7z\xbc\xaf\x27\x1c", 6);
			put_bytes(&bytes, archive.bytes, archive.size);
			if (kinds[i] != ARCHIVE_IN_ZIP)
				assert_int_equal(buffer_add_zeros(&bytes, 77), 0);
			if (unpack(&bytes, plenty, &heard, &place, &err) != 0)
				fail_msg("%s after %zu: %s", archive_kind_name(kinds[i]),
					lengths[k], err.text);
			assert_int_equal(place.kind, kinds[i]);
			assert_true(place.is_program);
			assert_string_equal(heard.text, TWO_WORDS);
		}
	}
}

static void other_files_are_no_archives(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "M", "MZ", "MZ a program that talks of MSCF and 7z",
		"[Version]\r\nSignature = \"$Windows NT$\"\r\n", "\177ELF"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct heard heard;
		struct archive_place place;
		struct error err;
		CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(1000);
		put_bytes(&bytes, texts[i], strlen(texts[i]));
		assert_int_equal(unpack(&bytes, plenty, &heard, &place, &err), -EMEDIUMTYPE);
		assert_string_equal(err.text, "");
	}
}

#define LINK_MODE   0120777
#define DEVICE_MODE 0020666

static void hostile_entries_refuse_the_archive(void **state)
{
	(void)state;
	static const struct {
		enum archive_kind kind;
		struct test_entry entry;
		int rc;
		const char *why;
	} cases[] = {
		{ARCHIVE_IN_ZIP, {.name = "../x.inf", .content = "x"}, -EINVAL, "../x.inf: \"..\""},
		{ARCHIVE_IN_ZIP, {.name = "a\\..\\..\\x.inf", .content = "x"}, -EINVAL, "\"..\""},
		{ARCHIVE_IN_ZIP, {.name = "/etc/x.inf", .content = "x"}, -EINVAL, "absolute"},
		{ARCHIVE_IN_ZIP, {.name = "C:\\x.inf", .content = "x"}, -EINVAL, "drive"},
		{ARCHIVE_IN_ZIP, {.name = "\\\\host\\x.inf", .content = "x"}, -EINVAL, "absolute"},
		{ARCHIVE_IN_ZIP, {.name = "a\033[1mb.inf", .content = "x"}, -EINVAL,
			"a?[1mb.inf: a control byte (0x1b)"},
		{ARCHIVE_IN_ZIP, {.name = "l.inf", .content = "/etc/passwd", .zip_mode = LINK_MODE},
			-EINVAL, "symbolic link"},
		{ARCHIVE_IN_ZIP, {.name = "d.inf", .zip_mode = DEVICE_MODE}, -EINVAL, "device"},
		{ARCHIVE_IN_ZIP, {.name = "s.inf", .content = "sesame", .zip_flags = 1}, -EACCES,
			"s.inf: encrypted"},
		{ARCHIVE_IN_CAB, {.name = "..\\x.inf", .content = "x"}, -EINVAL, "\"..\""},
		{ARCHIVE_IN_CAB, {.name = "\\x.inf", .content = "x"}, -EINVAL, "absolute"},
		{ARCHIVE_IN_CAB, {.name = "C:\\x.inf", .content = "x"}, -EINVAL, "drive"},
		{ARCHIVE_IN_CAB, {.name = "a\tb.inf", .content = "x"}, -EINVAL, "0x09"},
		{ARCHIVE_IN_7Z, {.name = "../x.inf", .content = "x"}, -EINVAL, "\"..\""},
		{ARCHIVE_IN_7Z, {.name = "/x.inf", .content = "x"}, -EINVAL, "absolute"},
		{ARCHIVE_IN_7Z, {.name = "l.inf", .link = "/etc/passwd"}, -EINVAL, "symbolic link"},
		{ARCHIVE_IN_TAR, {.name = "../x.inf", .content = "x"}, -EINVAL, "\"..\""},
		{ARCHIVE_IN_TAR, {.name = "/x.inf", .content = "x"}, -EINVAL, "absolute"},
		{ARCHIVE_IN_TAR, {.name = "l.inf", .tar_kind = '2', .link = "/etc/passwd"}, -EINVAL,
			"symbolic link"},
		{ARCHIVE_IN_TAR, {.name = "h.inf", .tar_kind = '1', .link = "a.inf"}, -EINVAL,
			"hard link"},
		{ARCHIVE_IN_TAR, {.name = "d.inf", .tar_kind = '3'}, -EINVAL, "device"},
		{ARCHIVE_IN_TAR, {.name = "f.inf", .tar_kind = '6'}, -EINVAL, "pipe"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heard heard;
		struct archive_place place;
		struct error err;
		struct test_entry entries[] = {two[0], cases[i].entry, two[1]};
		CLEANUP(buffer_free) struct buffer bytes = make_of(cases[i].kind, entries, 3);
		int rc = unpack(&bytes, plenty, &heard, &place, &err);
		if (rc != cases[i].rc || strstr(err.text, cases[i].why) == NULL)
			fail_msg("case %zu: %d, %s", i, rc, err.text);
		assert_null(strstr(heard.text, "a.sys"));
	}
}

static void cut_archives_say_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(buffer_free) struct buffer bytes = make_of(kinds[i], two, 2);
		size_t size = bytes.size;
		/* The end of a .tar is mere zeros, which nobody misses. */
		size_t until = kinds[i] == ARCHIVE_IN_TAR ? 3 * 512 + 11 : size;
		for (size_t n = 40; n < until; n++) {
			struct heard heard;
			struct archive_place place;
			struct error err;
			bytes.size = n;
			int rc = unpack(&bytes, plenty, &heard, &place, &err);
			/* Cut between two entries, a .tar is a shorter .tar; and below the magic it
			   is none. */
			if (kinds[i] == ARCHIVE_IN_TAR && (n < 262 || n % 512 == 0))
				continue;
			if (rc != -EINVAL || err.text[0] == 0)
				fail_msg("%s cut at %zu: %d %s", archive_kind_name(kinds[i]), n, rc,
					err.text);
		}
		bytes.size = size;
	}
}

static void limits_hold(void **state)
{
	(void)state;
	struct heard heard;
	struct archive_place place;
	struct error err;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(buffer_free) struct buffer bytes = make_of(kinds[i], two, 2);
		struct archive_budget budget = {.bytes = 20, .entries = 2};
		assert_int_equal(unpack(&bytes, budget, &heard, &place, &err), 0);
		budget.bytes = 19;
		assert_int_equal(unpack(&bytes, budget, &heard, &place, &err), -E2BIG);
		assert_non_null(strstr(err.text, "expands to more"));
		budget = (struct archive_budget){.bytes = 20, .entries = 1};
		assert_int_equal(unpack(&bytes, budget, &heard, &place, &err), -E2BIG);
		assert_non_null(strstr(err.text, "more files"));
	}
}

/* A .tar of zeros behind xz: some 7000 to 1. */
static void bombs_are_stopped_early(void **state)
{
	(void)state;
	struct heard heard;
	struct archive_place place;
	struct error err;
	CLEANUP(buffer_free) struct buffer bytes = make_bomb(ARCHIVE_FILTER_XZ, 256 << 20);
	assert_int_equal(unpack(&bytes, plenty, &heard, &place, &err), -E2BIG);
	assert_non_null(strstr(err.text, "500 times"));
	assert_true(heard.n_bytes <= 65U << 20);
	assert_int_equal(heard.n_ended, 0);
}

static void names_are_read_in_their_code_pages(void **state)
{
	(void)state;
	static const struct {
		enum archive_kind kind;
		struct test_entry entry;
		const char *words;
	} cases[] = {
		{ARCHIVE_IN_ZIP, {.name = "Gr\x81\xe1.inf", .content = "x"},
			"Gr\xc3\xbc\xc3\x9f.inf=x;"},
		{ARCHIVE_IN_ZIP,
			{.name = "Gr\xc3\xbc\xc3\x9f.inf", .content = "x", .zip_flags = 0x800},
			"Gr\xc3\xbc\xc3\x9f.inf=x;"},
		{ARCHIVE_IN_ZIP, {.name = "LAN\\x.inf", .content = "x"}, "LAN/x.inf=x;"},
		{ARCHIVE_IN_CAB, {.name = "LAN\\Gr\xfc\xdf.inf", .content = "x"},
			"LAN/Gr\xc3\xbc\xc3\x9f.inf=x;"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heard heard;
		struct archive_place place;
		struct error err;
		CLEANUP(buffer_free)
		struct buffer bytes = make_of(cases[i].kind, &cases[i].entry, 1);
		if (unpack(&bytes, plenty, &heard, &place, &err) != 0)
			fail_msg("case %zu: %s", i, err.text);
		assert_string_equal(heard.text, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_archives_unpack),
		cmocka_unit_test(self_extracting_archives_unpack),
		cmocka_unit_test(other_files_are_no_archives),
		cmocka_unit_test(hostile_entries_refuse_the_archive),
		cmocka_unit_test(cut_archives_say_so),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(bombs_are_stopped_early),
		cmocka_unit_test(names_are_read_in_their_code_pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
