/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "adapter/checksum.h"
#include "adapter/crypto.h"
#include "base/text.h"

#include <string.h>

/* FIPS 180-4's own examples (NIST "SHA256.pdf") and the empty message. */
static void test_known(void **state)
{
	(void)state;
	static const struct {
		const char *message, *digest;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t digest[SHA256_BYTES];
		char text[2 * SHA256_BYTES + 1];
		assert_int_equal(sha256_of(cases[i].message, strlen(cases[i].message), digest), 0);
		text_hex(digest, sizeof(digest), text);
		assert_string_equal(text, cases[i].digest);
	}
}

/* However it is cut, a message has one hash; finishing begins the next. */
static void test_pieces(void **state)
{
	(void)state;
	uint8_t message[300], whole[SHA256_BYTES], pieces[SHA256_BYTES];
	struct sha256 *hash;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 7);
	assert_int_equal(sha256_of(message, sizeof(message), whole), 0);
	assert_int_equal(sha256_new(&hash), 0);
	for (size_t cut = 0; cut <= sizeof(message); cut++) {
		assert_int_equal(sha256_add(hash, message, cut), 0);
		assert_int_equal(sha256_add(hash, message + cut, sizeof(message) - cut), 0);
		sha256_finish(hash, pieces);
		assert_memory_equal(pieces, whole, sizeof(whole));
	}
	sha256_free(hash);
	sha256_free(NULL);
}

/* FIPS 180-4's examples again (NIST "SHA1.pdf"), one after the other in one hash. */
static void test_sha1(void **state)
{
	(void)state;
	static const struct {
		const char *message, *digest;
	} cases[] = {
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
	};
	struct sha1 *hash = NULL;
	assert_int_equal(sha1_new(&hash), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t digest[SHA1_BYTES];
		char text[2 * SHA1_BYTES + 1];
		assert_int_equal(sha1_add(hash, cases[i].message, strlen(cases[i].message)), 0);
		sha1_finish(hash, digest);
		text_hex(digest, sizeof(digest), text);
		assert_string_equal(text, cases[i].digest);
	}
	sha1_free(hash);
	sha1_free(NULL);
}

/* `printf abc | xxhsum -H2`, and of nothing; however it is cut. */
static void test_checksums(void **state)
{
	(void)state;
	static const struct {
		const char *message, *sum;
	} cases[] = {
		{"", "99aa06d3014798d86001c324468d497f"},
		{"abc", "06b05ab6733a618578af5f94892f3950"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t cut = 0; cut <= strlen(cases[i].message); cut++) {
			struct checksum *sum;
			uint8_t bytes[CHECKSUM_BYTES];
			char text[2 * CHECKSUM_BYTES + 1];
			assert_int_equal(checksum_new(&sum), 0);
			checksum_add(sum, cases[i].message, cut);
			checksum_add(sum, cases[i].message + cut, strlen(cases[i].message) - cut);
			checksum_get(sum, bytes);
			(void)checksum_free(sum);
			text_hex(bytes, sizeof(bytes), text);
			assert_string_equal(text, cases[i].sum);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_checksums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
