/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of elements, against those that bcdedit makes. */
#include "../unit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "format/bcd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct guid options = {{0xc8, 0xdc, 0x19, 0x76, 0xfe, 0xfa, 0xd9, 0x11, 0xb4, 0x11,
	0x00, 0x04, 0x76, 0xeb, 0xa2, 0x5f}};
#define OPTIONS "{7619dcc8-fafe-11d9-b411-000476eba25f}"

/* "ramdisk=[boot]\sources\boot.wim,{7619dcc8-...}": 176 bytes. */
#define RAMDISK                                                                                    \
	"c8dc1976fefad911b411000476eba25f"                                                         \
	"0000000001000000a000000000000000"                                                         \
	"03000000"                                                                                 \
	"0000000000000000000000000000000000000000"                                                 \
	"010000007800000005000000"                                                                 \
	"05000000000000004800000000000000"                                                         \
	"00000000000000000000000000000000000000000000000000000000"                                 \
	"00000000000000000000000000000000000000000000000000000000"                                 \
	"5c0073006f00750072006300650073005c0062006f006f0074002e00770069006d000000"
#define BOOT                                                                                       \
	"00000000000000000000000000000000"                                                         \
	"05000000000000004800000000000000"                                                         \
	"00000000000000000000000000000000000000000000000000000000"                                 \
	"00000000000000000000000000000000000000000000000000000000"

/* The last value of the store, as hex. */
static const char *last_hex(const struct bcd_store *store, char *out, size_t size)
{
	assert_int_equal(store->failed, 0);
	const struct bcd_value *v = &store->values[store->n_values - 1];
	assert_true(2 * v->size + 1 <= size);
	text_hex(store->data.bytes + v->at, v->size, out);
	return out;
}

static void writes_the_bytes_of_bcdedit(void **state)
{
	(void)state;
	char hex[1024];
	struct bcd_store store;
	bcd_store_start(&store);
	assert_string_equal(store.values[0].key, "Description");
	assert_string_equal(store.values[0].name, "KeyName");
	assert_string_equal(last_hex(&store, hex, sizeof(hex)),
		"42004300440030003000300030003000300030003000"
		"0000");

	bcd_object(&store, &options, BCD_OBJECT_DEVICE);
	assert_string_equal(store.values[1].key, "Objects\\" OPTIONS "\\Description");
	assert_string_equal(store.values[1].name, "Type");
	assert_int_equal(store.values[1].type, BCD_VALUE_DWORD);
	assert_string_equal(last_hex(&store, hex, sizeof(hex)), "00000030");

	bcd_device_boot(&store, BCD_DEVICE_SDI_DEVICE);
	assert_string_equal(store.values[2].key, "Objects\\" OPTIONS "\\Elements\\31000003");
	assert_string_equal(store.values[2].name, "Element");
	assert_int_equal(store.values[2].type, BCD_VALUE_BINARY);
	assert_int_equal(store.values[2].size, 88);
	assert_string_equal(last_hex(&store, hex, sizeof(hex)), BOOT);

	bcd_device_ramdisk(&store, BCD_LIBRARY_DEVICE, "\\sources\\boot.wim", &options);
	assert_int_equal(store.values[3].size, 176);
	assert_string_equal(last_hex(&store, hex, sizeof(hex)), RAMDISK);

	bcd_integer(&store, BCD_DEVICE_TFTP_BLOCK_SIZE, 1456);
	assert_string_equal(last_hex(&store, hex, sizeof(hex)), "b005000000000000");
	bcd_boolean(&store, BCD_DEVICE_TFTP_VARIABLE_WINDOW, true);
	assert_string_equal(last_hex(&store, hex, sizeof(hex)), "01");
	bcd_string(&store, BCD_LIBRARY_LOCALE, "en-US");
	assert_string_equal(last_hex(&store, hex, sizeof(hex)), "65006e002d00550053000000");
	bcd_reference_list(&store, BCD_BOOTMGR_ORDER, &options, 1);
	const struct bcd_value *list = &store.values[store.n_values - 1];
	assert_int_equal(list->type, BCD_VALUE_MULTI_SZ);
	assert_int_equal(list->size, (38 + 1 + 1) * 2);
	bcd_store_clear(&store);
}

static void failure_is_sticky(void **state)
{
	(void)state;
	struct bcd_store store;
	bcd_store_start(&store);
	bcd_object(&store, &options, BCD_OBJECT_DEVICE);
	for (int i = 0; i < BCD_VALUES_MAX; i++)
		bcd_boolean(&store, BCD_OSLOADER_WINPE, true);
	assert_int_equal(store.failed, -EFBIG);
	assert_int_equal(store.n_values, BCD_VALUES_MAX);
	bcd_store_clear(&store);

	char endless[BCD_DATA_MAX];
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = 0;
	bcd_store_start(&store);
	bcd_object(&store, &options, BCD_OBJECT_DEVICE);
	bcd_device_ramdisk(&store, BCD_LIBRARY_DEVICE, endless, &options);
	bcd_string(&store, BCD_LIBRARY_LOCALE, "en-US");
	assert_int_equal(store.failed, -EFBIG);
	assert_int_equal(store.n_values, 2);
	bcd_store_clear(&store);
}

static const struct {
	uint32_t id;
	const char *hex;
	const char *words;
} readable[] = {
	{BCD_LIBRARY_DEVICE, RAMDISK, "ramdisk=[boot]\\sources\\boot.wim," OPTIONS},
	{BCD_DEVICE_SDI_DEVICE, BOOT, "boot"},
	{BCD_OSLOADER_DEVICE,
		"00000000000000000000000000000000"
		"06000000000000004800000000000000"
		"0102030405060708090a0b0c0d0e0f1000000000000000001112131415161718"
		"191a1b1c1d1e1f2000000000000000000000000000000000",
		"partition"},
	{BCD_LIBRARY_PATH, "5c00610000000000", "\\a"},
	{BCD_LIBRARY_PATH, "5c006100", "\\a"}, /* without its NUL */
	{BCD_LIBRARY_PATH, "", ""},
	{BCD_BOOTMGR_ORDER, "7b0061007d0000007b0062007d0000000000", "{a} {b}"},
	{BCD_BOOTMGR_TIMEOUT, "1e00000000000000", "30"},
	{BCD_BOOTMGR_TIMEOUT, "1e000000", "30"},
	{BCD_OSLOADER_WINPE, "01", "true"},
	{BCD_OSLOADER_WINPE, "00", "false"},
};

static size_t from_hex(const char *hex, uint8_t *bytes, size_t size)
{
	size_t n = strlen(hex) / 2;
	assert_true(n <= size);
	assert_true(text_parse_hex(hex, bytes, n));
	return n;
}

static void reads_elements(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		uint8_t bytes[512];
		char words[600];
		struct bcd_element e;
		size_t n = from_hex(readable[i].hex, bytes, sizeof(bytes));
		assert_int_equal(bcd_element_read(readable[i].id, bytes, n, &e), 0);
		bcd_element_describe(&e, words, sizeof(words));
		assert_string_equal(words, readable[i].words);
		assert_non_null(bcd_element_name(readable[i].id));
	}
}

static void refuses_devices_that_are_cut(void **state)
{
	(void)state;
	static const char *const devices[] = {RAMDISK, BOOT};
	for (size_t k = 0; k < ARRAY_SIZE(devices); k++) {
		uint8_t bytes[512];
		struct bcd_element e;
		size_t n = from_hex(devices[k], bytes, sizeof(bytes));
		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *copy = malloc(cut + 1); /* exact, for the sanitizers */
			assert_non_null(copy);
			memcpy(copy, bytes, cut);
			assert_int_equal(
				bcd_element_read(BCD_LIBRARY_DEVICE, copy, cut, &e), -EBADMSG);
			free(copy);
		}
	}
}

static void refuses_what_does_not_read(void **state)
{
	(void)state;
	static const struct {
		uint32_t id;
		const char *hex;
	} bad[] = {
		{BCD_LIBRARY_PATH, "5c0061"},
		{BCD_BOOTMGR_TIMEOUT, "1e"},
		{BCD_BOOTMGR_TIMEOUT, ""},
		{BCD_OSLOADER_WINPE, ""},
		{0x10000001, "00"},
		{0x1f000001, "00"},
	};
	struct bcd_element e;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t bytes[16];
		size_t n = from_hex(bad[i].hex, bytes, sizeof(bytes));
		assert_int_equal(bcd_element_read(bad[i].id, bytes, n, &e), -EBADMSG);
	}
	static uint8_t endless[4096];
	memset(endless, 'a', sizeof(endless));
	assert_int_equal(bcd_element_read(BCD_LIBRARY_PATH, endless, sizeof(endless), &e), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_bytes_of_bcdedit),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(reads_elements),
		cmocka_unit_test(refuses_devices_that_are_cut),
		cmocka_unit_test(refuses_what_does_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
