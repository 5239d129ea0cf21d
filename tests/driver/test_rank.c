/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "driver/rank.h"

/* "Driver Package Rank Example": the device's ids down, those of the Models line across. */
static void the_documents_example(void **state)
{
	(void)state;
	static const uint32_t expected[4][3] = {
		{0x0000, 0x1000, 0x1000}, /* HwID_1 */
		{0x0001, 0x1001, 0x1001}, /* HwID_2 */
		{0x2000, 0x3000, 0x3100}, /* CID_1 */
		{0x2001, 0x3001, 0x3101}, /* CID_2 */
	};
	for (uint32_t device = 0; device < 4; device++) {
		for (uint32_t inf = 0; inf < 3; inf++) {
			struct rank_facts facts = {
				.signature = DRIVER_SIGNED,
				.is_nt = true,
				.feature_score = 0x42,
				.is_device_compatible = device >= 2,
				.device_index = device % 2,
				.inf_position = inf,
			};
			assert_int_equal(rank_of(&facts), 0x00420000 | expected[device][inf]);
		}
	}
}

/* Ranks that stand in logs of Windows. */
static void ranks_of_real_logs(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		struct rank_facts facts;
		uint32_t rank;
	} cases[] = {
		{"\"Driver Package Rank Information\": input.inf on USB\\Class_03&SubClass_01",
			{DRIVER_SIGNED, true, 0xFF, true, 1, 2}, 0x00FF3101},
		{"the same document: cdrom.inf on GenCdRom",
			{DRIVER_SIGNED, false, 0xFF, false, 5, 0}, 0x00FF0005},
		{"libwdi issue 83: unsigned, [USB_Install] named in [x.NTamd64]",
			{DRIVER_UNSIGNED, true, 0xFF, false, 1, 0}, 0x80FF0001},
		{"unsigned display driver with FeatureScore 0xCF",
			{DRIVER_SIGNATURE_INVALID, true, 0xCF, false, 0, 0}, 0x80CF0000},
		{"unsigned and not for NT: SIGNERSCORE_W9X_SUSPECT",
			{DRIVER_UNSIGNED, false, 0xFF, false, 0, 0}, 0xC0FF0000},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (rank_of(&cases[i].facts) != cases[i].rank)
			fail_msg("%s: 0x%08x", cases[i].source, rank_of(&cases[i].facts));
	}
}

static void positions_never_spill_into_the_type(void **state)
{
	(void)state;
	struct rank_facts facts = {
		.feature_score = 0xFF, .signature = DRIVER_SIGNED, .device_index = UINT32_MAX};
	assert_int_equal(rank_of(&facts), 0x00FF0FFF);
	facts.is_device_compatible = true;
	assert_int_equal(rank_of(&facts), 0x00FF2FFF);
	facts.inf_position = UINT32_MAX;
	assert_int_equal(rank_of(&facts), 0x00FF3FFF);
	facts.is_device_compatible = false;
	assert_int_equal(rank_of(&facts), 0x00FF1FFF);
}

static void ranks_are_told_in_words(void **state)
{
	(void)state;
	static const struct {
		uint32_t rank;
		const char *words;
	} cases[] = {
		{0x00FF0001, "signed; hardware id 2 of the device, hardware id of the INF"},
		{0x00FF1000, "signed; hardware id 1 of the device, a compatible id of the INF"},
		{0x80FF2003, "not signed; compatible id 4 of the device, hardware id of the INF"},
		{0x80FF3101,
			"not signed; compatible id 2 of the device, compatible id 2 of the INF"},
		{0x0D0A0000,
			"signed; feature score 0x0A; hardware id 1 of the device, hardware id of "
			"the INF"},
		{0xC0FF0000,
			"not signed, and nothing in it says that it is for Windows NT; hardware "
			"id 1 of the device, hardware id of the INF"},
		{0xFFFF3FFF,
			"signature unknown; compatible id 256 of the device, compatible id 16 of "
			"the INF"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[RANK_WORDS_BYTES];
		rank_words(cases[i].rank, text);
		assert_string_equal(text, cases[i].words);
	}
}

static void the_date_counts_before_the_version(void **state)
{
	(void)state;
	static const struct {
		uint32_t date_a;
		uint64_t version_a;
		uint32_t date_b;
		uint64_t version_b;
		int order;
	} cases[] = {
		{20130228, 1, 20130227, UINT64_MAX, 1},
		{20130228, 1, 20130301, 9, -1},
		{20130228, 2, 20130228, 1, 1},
		{0, 0x000A00004A6103AAULL, 0, 0x000A00004A61070EULL, -1}, /* .906 and .1806 */
		{20130228, 5, 20130228, 5, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(driver_version_compare(cases[i].date_a, cases[i].version_a,
					 cases[i].date_b, cases[i].version_b),
			cases[i].order);
		assert_int_equal(driver_version_compare(cases[i].date_b, cases[i].version_b,
					 cases[i].date_a, cases[i].version_a),
			-cases[i].order);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_documents_example),
		cmocka_unit_test(ranks_of_real_logs),
		cmocka_unit_test(positions_never_spill_into_the_type),
		cmocka_unit_test(ranks_are_told_in_words),
		cmocka_unit_test(the_date_counts_before_the_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
