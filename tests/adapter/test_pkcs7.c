/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "adapter/pkcs7.h"
#include "format/catalog.h"

#include "../format/catalog_maker.h"

#include <errno.h>

static struct maker_key key;

static int make_key(void **state)
{
	(void)state;
	key = maker_key_new();
	return 0;
}

static int free_key(void **state)
{
	(void)state;
	maker_key_free(&key);
	return 0;
}

static int verify(const struct buffer *bytes, struct pkcs7_report *report)
{
	struct catalog *catalog = NULL;
	struct error err = ERROR_NULL;
	*report = (struct pkcs7_report){0};
	if (catalog_parse(bytes->bytes, bytes->size, &catalog, &err) < 0)
		fail_msg("%s", err.text);
	int rc = pkcs7_verify(bytes->bytes, bytes->size, bytes->bytes + catalog->content_at,
		catalog->content_size, report, &err);
	catalog_free(catalog);
	return rc;
}

/* Both shells, the hashes of then and now, a short key, and a certificate that ran out long ago. */
static void a_right_signature_is_right(void **state)
{
	(void)state;
	static const struct maker_options cases[] = {
		{0},
		{.is_cms = true},
		{.is_sha1 = true},
		{.is_sha1 = true, .is_cms = true, .signing_time = "090623094449Z"},
		{.countersigned = "090623094449Z", .stamped = "20240229235959Z"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pkcs7_report report;
		struct buffer bytes = maker_catalog(NULL, 0, &key, &cases[i]);
		assert_int_equal(verify(&bytes, &report), 0);
		if (!report.is_intact)
			fail_msg("case %zu: %s", i, report.fault);
		assert_string_equal(report.signer, MAKER_SIGNER);
		buffer_free(&bytes);
	}
}

static void a_changed_content_is_told(void **state)
{
	(void)state;
	struct pkcs7_report report;
	struct buffer bytes = maker_catalog(NULL, 0, &key, NULL);
	/* The name of the list: 16 bytes that mean nothing to anybody. */
	uint8_t *name = memmem(bytes.bytes, bytes.size, "0123456789abcdef", 16);
	assert_non_null(name);
	name[3] ^= 1;
	assert_int_equal(verify(&bytes, &report), 0);
	assert_false(report.is_intact);
	assert_string_equal(report.fault, "what is signed was changed after it was signed");
	assert_string_equal(report.signer, MAKER_SIGNER);
	buffer_free(&bytes);
}

/* What is handed over is what counts, whatever lies in the message. */
static void the_content_that_is_handed_over_is_checked(void **state)
{
	(void)state;
	struct pkcs7_report report = {.is_intact = true};
	struct buffer bytes = maker_catalog(NULL, 0, &key, NULL);
	assert_int_equal(pkcs7_verify(bytes.bytes, bytes.size, "else", 4, &report, NULL), 0);
	assert_false(report.is_intact);
	buffer_free(&bytes);
}

static void a_wrong_signature_is_told(void **state)
{
	(void)state;
	struct pkcs7_report report;
	struct buffer bytes = maker_catalog(NULL, 0, &key, NULL);
	bytes.bytes[bytes.size - 20] ^= 1; /* its last item is the signature */
	assert_int_equal(verify(&bytes, &report), 0);
	assert_false(report.is_intact);
	buffer_free(&bytes);
}

static void a_signer_without_certificate_is_told(void **state)
{
	(void)state;
	const struct maker_options options = {.has_no_certificate = true};
	struct pkcs7_report report;
	struct buffer bytes = maker_catalog(NULL, 0, &key, &options);
	assert_int_equal(verify(&bytes, &report), 0);
	assert_false(report.is_intact);
	assert_string_equal(report.fault, "the certificate of the signer is not in it");
	assert_string_equal(report.signer, "");
	buffer_free(&bytes);
}

static void other_bytes_are_refused(void **state)
{
	(void)state;
	struct pkcs7_report report;
	struct error err = ERROR_NULL;
	assert_int_equal(pkcs7_verify("nonsense", 8, "", 0, &report, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no PKCS #7"));
	assert_int_equal(pkcs7_verify("", 0, "", 0, &report, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_signature_is_right),
		cmocka_unit_test(a_changed_content_is_told),
		cmocka_unit_test(the_content_that_is_handed_over_is_checked),
		cmocka_unit_test(a_wrong_signature_is_told),
		cmocka_unit_test(a_signer_without_certificate_is_told),
		cmocka_unit_test(other_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, make_key, free_key);
}
