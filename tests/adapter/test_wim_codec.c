/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "adapter/wim_codec.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

static const enum wim_codec_kind kinds[] = {WIM_CODEC_XPRESS, WIM_CODEC_LZX};

/* Words, with an x86 CALL here and there, which LZX translates. */
static void fill(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)("pewter boots windows "[i % 21] + (int)(i / 700 % 5));
	for (size_t i = 100; i + 5 < n; i += 333)
		bytes[i] = 0xe8;
}

static void fill_noise(uint8_t *bytes, size_t n)
{
	uint64_t state = 0x9e3779b97f4a7c15U;
	for (size_t i = 0; i < n; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		bytes[i] = (uint8_t)state;
	}
}

static void expands_what_it_compressed(void **state)
{
	(void)state;
	static const size_t sizes[] = {1000, 4096, 32767, WIM_CODEC_CHUNK_BYTES};
	static uint8_t bytes[WIM_CODEC_CHUNK_BYTES], out[WIM_CODEC_CHUNK_BYTES];
	static uint8_t again[WIM_CODEC_CHUNK_BYTES];
	struct error err = ERROR_NULL;

	fill(bytes, sizeof(bytes));
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		CLEANUP(wim_codec_closep) struct wim_codec *codec = NULL;
		assert_int_equal(wim_codec_open(kinds[k], &codec, &err), 0);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			size_t n = wim_codec_compress(codec, bytes, sizes[i], out);
			assert_in_range(n, 1, sizes[i] - 1);
			memset(again, 0, sizeof(again));
			assert_int_equal(wim_codec_expand(codec, out, n, again, sizes[i]), 0);
			assert_memory_equal(again, bytes, sizes[i]);
		}
	}
}

static void leaves_what_does_not_shrink(void **state)
{
	(void)state;
	static uint8_t bytes[WIM_CODEC_CHUNK_BYTES], out[WIM_CODEC_CHUNK_BYTES];
	struct error err = ERROR_NULL;

	fill_noise(bytes, sizeof(bytes));
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		CLEANUP(wim_codec_closep) struct wim_codec *codec = NULL;
		assert_int_equal(wim_codec_open(kinds[k], &codec, &err), 0);
		assert_int_equal(wim_codec_compress(codec, bytes, sizeof(bytes), out), 0);
		for (size_t n = 0; n < 4; n++)
			assert_int_equal(wim_codec_compress(codec, bytes, n, out), 0);
	}
}

static void refuses_what_is_broken(void **state)
{
	(void)state;
	static uint8_t bytes[4096], out[4096], again[4096];
	struct error err = ERROR_NULL;

	fill(bytes, sizeof(bytes));
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		CLEANUP(wim_codec_closep) struct wim_codec *codec = NULL;
		assert_int_equal(wim_codec_open(kinds[k], &codec, &err), 0);
		size_t n = wim_codec_compress(codec, bytes, sizeof(bytes), out);
		assert_true(n > 8);
		assert_int_equal(wim_codec_expand(codec, out, 0, again, sizeof(bytes)), -EINVAL);
		assert_int_equal(wim_codec_expand(codec, out, n, again, 0), -EINVAL);
		assert_int_equal(
			wim_codec_expand(codec, out, n, again, WIM_CODEC_CHUNK_BYTES + 1), -EINVAL);
		memset(out, 0xff, n);
		/* Either refused, or garbage of exactly that size: no byte past it. */
		(void)(wim_codec_expand(codec, out, n, again, sizeof(bytes)) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_what_it_compressed),
		cmocka_unit_test(leaves_what_does_not_shrink),
		cmocka_unit_test(refuses_what_is_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
