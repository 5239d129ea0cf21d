/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/limits.h"
#include "format/catalog.h"
#include "format/signed_data.h"

#include "catalog_maker.h"

#include <errno.h>
#include <stdio.h>

static struct catalog *parse(const struct buffer *bytes)
{
	struct catalog *catalog = NULL;
	struct error err = ERROR_NULL;
	if (catalog_parse(bytes->bytes, bytes->size, &catalog, &err) < 0)
		fail_msg("%s", err.text);
	return catalog;
}

static void assert_text(const struct catalog *catalog, struct catalog_text text,
	int (*read)(const struct catalog *, struct catalog_text, struct buffer *),
	const char *expected)
{
	struct buffer out = buffer_with_max(1000);
	assert_int_equal(read(catalog, text, &out), 0);
	assert_non_null(out.bytes);
	assert_string_equal((const char *)out.bytes, expected);
	buffer_free(&out);
}

/* Three ways of naming a member, two kinds of hash, two kinds of shell. */
static void members_are_found_by_their_hash(void **state)
{
	(void)state;
	static const struct maker_member members[] = {
		{"net.inf", {9, 1, 2}, 20, MAKER_NAMED_BY_TEXT, false},
		{"net.sys", {3, 1, 2}, 32, MAKER_NAMED_BY_BYTES, false},
		{"a.dll", {7, 7, 7}, 20, MAKER_NAMED_BY_WORD, false},
		{NULL, {5, 5}, 20, MAKER_NAMED_BY_TEXT, true},
		{NULL, {6, 6}, 32, MAKER_NAMED_BY_BYTES, true},
		{NULL, {8, 8}, 32, MAKER_NAMED_BY_TEXT, true},
		{"unknown", {1}, 20, MAKER_NAMED_BY_WORD, true},
	};
	for (int is_cms = 0; is_cms < 2; is_cms++) {
		const struct maker_options options = {.is_cms = is_cms != 0};
		struct buffer bytes = maker_catalog(members, ARRAY_SIZE(members), NULL, &options);
		struct catalog *catalog = parse(&bytes);
		assert_int_equal(catalog->n_members, ARRAY_SIZE(members));
		assert_int_equal(catalog->made_ms, 1245725746000); /* 2009-06-23 02:55:46 */
		for (size_t i = 0; i < 6; i++) {
			const struct catalog_member *found =
				catalog_find(catalog, members[i].hash, members[i].hash_bytes);
			if (found == NULL)
				fail_msg("member %zu is not found", i);
			if (members[i].file != NULL)
				assert_text(
					catalog, found->file, catalog_text_value, members[i].file);
			else
				assert_int_equal(found->file.size, 0);
			assert_text(catalog, found->os, catalog_text_value, "2:5.1,2:6.0");
			/* The other kind of hash that begins alike is another. */
			assert_null(
				catalog_find(catalog, members[i].hash, 52 - members[i].hash_bytes));
		}
		static const uint8_t strange[32] = {1};
		assert_null(catalog_find(catalog, strange, 20));
		assert_null(catalog_find(catalog, strange, 32));
		assert_int_equal(catalog->n_attributes, 1);
		assert_text(catalog, catalog->attributes[0].name, catalog_text_name, "HWID1");
		assert_text(catalog, catalog->attributes[0].value, catalog_text_value,
			"pci\\ven_8086&dev_15f3");
		/* What is signed is the list: with its own head in CMS, without in PKCS #7. */
		struct buffer list = maker_list(members, ARRAY_SIZE(members));
		size_t head = is_cms ? 4 : 0;
		assert_int_equal(catalog->content_size, list.size + head);
		assert_memory_equal(
			catalog->bytes + catalog->content_at + head, list.bytes, list.size);
		buffer_free(&list);
		catalog_free(catalog);
		buffer_free(&bytes);
	}
}

static void an_empty_catalogue_lists_nothing(void **state)
{
	(void)state;
	static const uint8_t hash[32];
	struct buffer bytes = maker_catalog(NULL, 0, NULL, NULL);
	struct catalog *catalog = parse(&bytes);
	assert_int_equal(catalog->n_members, 0);
	assert_null(catalog_find(catalog, hash, 20));
	catalog_free(catalog);
	buffer_free(&bytes);
}

static void the_stamp_goes_before_what_the_signer_says(void **state)
{
	(void)state;
	static const struct {
		struct maker_options options;
		int64_t signed_ms;
		bool is_stamped;
	} cases[] = {
		{{0}, 0, false}, {{.signing_time = "090623094449Z"}, 1245750289000, false},
		{{.signing_time = "100101000000Z", .countersigned = "090623094449Z"}, 1245750289000,
			true},
		{{.countersigned = "700101000000Z"}, 0, true},
		{{.countersigned = "000229000000Z"}, 951782400000, true},
		{{.stamped = "20240229235959Z", .countersigned = "090623094449Z"}, 1709251199000,
			true},
		{{.stamped = "20240229235959.123Z"}, 1709251199000, true},
		/* What cannot be read is as good as none. */
		{{.stamped = "20241399000000Z", .signing_time = "090623094449Z"}, 1245750289000,
			false},
		{{.stamped = "soon"}, 0, false}, {{.signing_time = "0906230944Z"}, 0, false},
		{{.signing_time = "500101000000Z"}, 0, false}, /* 1950 */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer bytes = maker_catalog(NULL, 0, NULL, &cases[i].options);
		struct catalog *catalog = parse(&bytes);
		if (catalog->signed_ms != cases[i].signed_ms ||
			catalog->is_stamped != cases[i].is_stamped)
			fail_msg("case %zu: %lld", i, (long long)catalog->signed_ms);
		catalog_free(catalog);
		buffer_free(&bytes);
	}
}

/* At every byte, and the error says at which. */
static void truncation_is_told_with_its_place(void **state)
{
	(void)state;
	static const struct maker_member members[] = {
		{"net.inf", {9}, 20, MAKER_NAMED_BY_TEXT, false}};
	const struct maker_options options = {
		.signing_time = "090623094449Z", .stamped = "20240229235959Z"};
	struct buffer bytes = maker_catalog(members, 1, NULL, &options);
	for (size_t n = 0; n < bytes.size; n++) {
		struct catalog *catalog = NULL;
		struct error err = ERROR_NULL;
		char place[64];
		uint8_t *cut = malloc(n > 0 ? n : 1); /* so that a read past it is seen */
		assert_non_null(cut);
		memcpy(cut, bytes.bytes, n);
		assert_int_equal(catalog_parse(cut, n, &catalog, &err), -EINVAL);
		(void)snprintf(place, sizeof(place), "truncated at byte %zu, expected", n);
		if (strncmp(err.text, place, strlen(place)) != 0)
			fail_msg("cut at %zu: %s", n, err.text);
		free(cut);
	}
	/* What follows is not looked at. */
	assert_int_equal(buffer_add_zeros(&bytes, 7), 0);
	catalog_free(parse(&bytes));
	buffer_free(&bytes);
}

static void other_things_are_refused_with_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} cases[] = {
		{"MZ", 2, "byte 0: a tag 0x4d, expected a PKCS #7 message (0x30)"},
		{"\x30\x80\x00\x00", 4, "byte 0: a PKCS #7 message has no length of its own"},
		{"\x3f\x80\x00\x00", 4, "byte 0: a tag 0x3f, expected a PKCS #7 message"},
		{"\x30\x85\x00\x00\x00\x00\x01", 7, "byte 0: a PKCS #7 message has a length of 5"},
		{"\x30\x84\xff\xff\xff\xff", 6, "truncated at byte 6, expected 4294967295 more"},
		{"\x30\x02\x06\x09\x00\x00", 6,
			"byte 2: its content type ends 9 bytes past what it lies"},
		{"\x30\x03\x06\x01\x2a", 5, "byte 2: expected signed data"},
		{"\x30\x00", 2, "truncated at byte 2, expected its content type"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct catalog *catalog = NULL;
		struct error err = ERROR_NULL;
		assert_int_equal(
			catalog_parse(cases[i].bytes, cases[i].n, &catalog, &err), -EINVAL);
		if (strncmp(err.text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("case %zu: %s", i, err.text);
	}
	struct catalog *catalog = NULL;
	assert_int_equal(catalog_parse("", LIMIT_CATALOG_BYTES + 1U, &catalog, NULL), -EFBIG);
}

/* Signed data of another kind is no catalogue; and every byte that is wrong is survived. */
static void mutations_are_survived(void **state)
{
	(void)state;
	static const struct maker_member members[] = {
		{"net.inf", {9}, 20, MAKER_NAMED_BY_TEXT, false}};
	struct buffer bytes = maker_catalog(members, 1, NULL, NULL);
	size_t n_refused = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		static const uint8_t values[] = {0x00, 0x01, 0x04, 0x30, 0x7f, 0x80, 0x84, 0xff};
		uint8_t old = bytes.bytes[i];
		for (size_t k = 0; k < sizeof(values); k++) {
			struct catalog *catalog = NULL;
			struct error err = ERROR_NULL;
			bytes.bytes[i] = values[k];
			int rc = catalog_parse(bytes.bytes, bytes.size, &catalog, &err);
			assert_true(rc == 0 || (rc == -EINVAL && err.text[0] != 0));
			n_refused += rc < 0;
			catalog_free(catalog);
		}
		bytes.bytes[i] = old;
	}
	assert_true(n_refused > bytes.size);
	buffer_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_by_their_hash),
		cmocka_unit_test(an_empty_catalogue_lists_nothing),
		cmocka_unit_test(the_stamp_goes_before_what_the_signer_says),
		cmocka_unit_test(truncation_is_told_with_its_place),
		cmocka_unit_test(other_things_are_refused_with_their_place),
		cmocka_unit_test(mutations_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
