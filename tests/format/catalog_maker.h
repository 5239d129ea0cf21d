/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Catalogues for tests: the trust list, its signed shell, and, through GnuTLS, a signature by a
 * throw-away key whose certificate ran out in 2011. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"
#include "format/der.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#define MAKER_BYTES  (1U << 20)
#define MAKER_SIGNER "Pewter Test Signer"

/* ---- DER ---- */

static inline struct buffer der_new(void)
{
	return buffer_with_max(MAKER_BYTES);
}

static inline void der_put(struct buffer *out, uint8_t tag, const void *content, size_t n)
{
	uint8_t head[4] = {tag};
	size_t n_head = 2;
	assert_true(n < 65536);
	if (n < 128) {
		head[1] = (uint8_t)n;
	} else if (n < 256) {
		head[1] = 0x81;
		head[2] = (uint8_t)n;
		n_head = 3;
	} else {
		head[1] = 0x82;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		n_head = 4;
	}
	assert_int_equal(buffer_add(out, head, n_head), 0);
	if (n > 0)
		assert_int_equal(buffer_add(out, content, n), 0);
}

#define DER_PUT_OID(out, oid) der_put((out), DER_OID, (oid), sizeof(oid) - 1)

/* Appends inside, wrapped, and empties it. */
static inline void der_wrap(struct buffer *out, uint8_t tag, struct buffer *inside)
{
	der_put(out, tag, inside->bytes, inside->size);
	buffer_free(inside);
}

static inline void der_add(struct buffer *out, const struct buffer *other)
{
	if (other->size > 0)
		assert_int_equal(buffer_add(out, other->bytes, other->size), 0);
}

#define OID_MICROSOFT_     "\x2b\x06\x01\x04\x01\x82\x37"
#define MAKER_CTL          OID_MICROSOFT_ "\x0a\x01"
#define MAKER_CATALOG_LIST OID_MICROSOFT_ "\x0c\x01\x01"
#define MAKER_MEMBER       OID_MICROSOFT_ "\x0c\x01\x02"
#define MAKER_NAME_VALUE   OID_MICROSOFT_ "\x0c\x02\x01"
#define MAKER_INDIRECT     OID_MICROSOFT_ "\x02\x01\x04"
#define MAKER_LINK         OID_MICROSOFT_ "\x02\x01\x19"
#define MAKER_RFC3161      OID_MICROSOFT_ "\x03\x03\x01"
#define MAKER_SHA1         "\x2b\x0e\x03\x02\x1a"
#define MAKER_SHA256       "\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define MAKER_RSA          "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define MAKER_SIGNED       "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define MAKER_DATA         "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define MAKER_TYPE         "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
#define MAKER_DIGEST       "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
#define MAKER_TIME         "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"
#define MAKER_COUNTERSIGN  "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"
#define MAKER_TST_INFO     "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"

/* ---- the list ---- */

enum maker_naming {
	MAKER_NAMED_BY_TEXT,  /* version 1: the hash as UTF-16LE hexadecimal */
	MAKER_NAMED_BY_BYTES, /* version 2 */
	MAKER_NAMED_BY_WORD,  /* something else: only the indirect data has the hash */
};

struct maker_member {
	const char *file;
	uint8_t hash[32];
	size_t hash_bytes;
	enum maker_naming naming;
	bool has_no_indirect_data;
};

static inline void put_utf16(struct buffer *out, const char *text, bool is_big_endian)
{
	size_t n = strlen(text) + (is_big_endian ? 0 : 1);
	for (size_t i = 0; i < n; i++) {
		uint8_t unit[2] = {(uint8_t)text[i], 0};
		if (is_big_endian) {
			unit[1] = unit[0];
			unit[0] = 0;
		}
		assert_int_equal(buffer_add(out, unit, 2), 0);
	}
}

static inline void put_name_value(struct buffer *out, const char *name, const char *value)
{
	struct buffer inside = der_new(), text = der_new();
	put_utf16(&text, name, true);
	der_wrap(&inside, DER_BMP_STRING, &text);
	der_put(&inside, DER_INTEGER, "\x10\x01\x00\x01", 4);
	put_utf16(&text, value, false);
	der_wrap(&inside, DER_OCTET_STRING, &text);
	der_wrap(out, DER_SEQUENCE, &inside);
}

/* SEQUENCE { OID, SET { values } } */
static inline void put_attribute(
	struct buffer *out, const char *oid, size_t oid_bytes, struct buffer *values)
{
	struct buffer inside = der_new();
	der_put(&inside, DER_OID, oid, oid_bytes);
	der_wrap(&inside, DER_SET, values);
	der_wrap(out, DER_SEQUENCE, &inside);
}
#define PUT_ATTRIBUTE(out, oid, values) put_attribute((out), (oid), sizeof(oid) - 1, (values))

static inline void put_algorithm(struct buffer *out, const char *oid, size_t oid_bytes)
{
	struct buffer inside = der_new();
	der_put(&inside, DER_OID, oid, oid_bytes);
	der_put(&inside, DER_NULL, NULL, 0);
	der_wrap(out, DER_SEQUENCE, &inside);
}
#define PUT_ALGORITHM(out, oid) put_algorithm((out), (oid), sizeof(oid) - 1)

static inline void put_member(struct buffer *out, const struct maker_member *member)
{
	struct buffer inside = der_new(), attributes = der_new(), values = der_new(),
		      data = der_new(), part = der_new();
	if (member->naming == MAKER_NAMED_BY_BYTES) {
		der_put(&inside, DER_OCTET_STRING, member->hash, member->hash_bytes);
	} else {
		char text[65] = "a word of its own";
		if (member->naming == MAKER_NAMED_BY_TEXT)
			text_hex(member->hash, member->hash_bytes, text);
		put_utf16(&part, text, false);
		der_wrap(&inside, DER_OCTET_STRING, &part);
	}
	if (member->file != NULL) {
		put_name_value(&values, "File", member->file);
		PUT_ATTRIBUTE(&attributes, MAKER_NAME_VALUE, &values);
	}
	if (!member->has_no_indirect_data) {
		DER_PUT_OID(&part, MAKER_LINK);
		der_wrap(&data, DER_SEQUENCE, &part);
		if (member->hash_bytes == 20)
			PUT_ALGORITHM(&part, MAKER_SHA1);
		else
			PUT_ALGORITHM(&part, MAKER_SHA256);
		der_put(&part, DER_OCTET_STRING, member->hash, member->hash_bytes);
		der_wrap(&data, DER_SEQUENCE, &part);
		der_wrap(&values, DER_SEQUENCE, &data);
		PUT_ATTRIBUTE(&attributes, MAKER_INDIRECT, &values);
	}
	put_name_value(&values, "OSAttr", "2:5.1,2:6.0");
	PUT_ATTRIBUTE(&attributes, MAKER_NAME_VALUE, &values);
	der_wrap(&inside, DER_SET, &attributes);
	der_wrap(out, DER_SEQUENCE, &inside);
}

/* The contents of the CertificateTrustList, without its own tag and length. */
static inline struct buffer maker_list(const struct maker_member *members, size_t n_members)
{
	struct buffer list = der_new(), part = der_new(), extension = der_new(), value = der_new();
	DER_PUT_OID(&part, MAKER_CATALOG_LIST);
	der_wrap(&list, DER_SEQUENCE, &part);
	der_put(&list, DER_OCTET_STRING, "0123456789abcdef", 16);
	der_put(&list, DER_UTC_TIME, "090623025546Z", 13);
	PUT_ALGORITHM(&list, MAKER_MEMBER);
	for (size_t i = 0; i < n_members; i++)
		put_member(&part, &members[i]);
	der_wrap(&list, DER_SEQUENCE, &part);
	DER_PUT_OID(&extension, MAKER_NAME_VALUE);
	put_name_value(&value, "HWID1", "pci\\ven_8086&dev_15f3");
	der_wrap(&extension, DER_OCTET_STRING, &value);
	der_wrap(&part, DER_SEQUENCE, &extension);
	der_wrap(&extension, DER_SEQUENCE, &part);
	der_wrap(&list, DER_CONTEXT(0), &extension);
	return list;
}

/* ---- the shell ---- */

struct maker_options {
	bool is_cms;               /* content in an OCTET STRING, as `openssl cms` does it */
	const char *signing_time;  /* UTCTime, or NULL */
	const char *countersigned; /* UTCTime of a countersignature, or NULL */
	const char *stamped;       /* GeneralizedTime of an RFC 3161 token, or NULL */
	bool has_no_certificate;
	bool is_sha1;
};

struct maker_key {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
};

static inline void put_time(struct buffer *attributes, const char *time)
{
	struct buffer values = der_new();
	der_put(&values, DER_UTC_TIME, time, strlen(time));
	PUT_ATTRIBUTE(attributes, MAKER_TIME, &values);
}

static inline void put_unsigned_attributes(
	struct buffer *attributes, const struct maker_options *options)
{
	struct buffer values = der_new(), inside = der_new(), part = der_new(), info = der_new();
	if (options->countersigned != NULL) {
		der_put(&inside, DER_INTEGER, "\x01", 1);
		der_put(&inside, DER_SEQUENCE, NULL, 0);
		PUT_ALGORITHM(&inside, MAKER_SHA1);
		put_time(&part, options->countersigned);
		der_wrap(&inside, DER_CONTEXT(0), &part);
		PUT_ALGORITHM(&inside, MAKER_RSA);
		der_put(&inside, DER_OCTET_STRING, "xyz", 3);
		der_wrap(&values, DER_SEQUENCE, &inside);
		PUT_ATTRIBUTE(attributes, MAKER_COUNTERSIGN, &values);
	}
	if (options->stamped == NULL)
		return;
	der_put(&inside, DER_INTEGER, "\x01", 1);
	der_put(&inside, DER_OID, "\x2a\x03", 2);
	der_put(&inside, DER_SEQUENCE, NULL, 0);
	der_put(&inside, DER_INTEGER, "\x07", 1);
	der_put(&inside, DER_GENERALIZED, options->stamped, strlen(options->stamped));
	der_wrap(&part, DER_SEQUENCE, &inside); /* TSTInfo */
	der_wrap(&inside, DER_OCTET_STRING, &part);
	DER_PUT_OID(&part, MAKER_TST_INFO);
	der_wrap(&part, DER_CONTEXT(0), &inside);
	der_put(&info, DER_INTEGER, "\x03", 1);
	der_put(&info, DER_SET, NULL, 0);
	der_wrap(&info, DER_SEQUENCE, &part);
	der_put(&info, DER_SET, NULL, 0);
	der_wrap(&inside, DER_SEQUENCE, &info);
	DER_PUT_OID(&part, MAKER_SIGNED);
	der_wrap(&part, DER_CONTEXT(0), &inside);
	der_wrap(&values, DER_SEQUENCE, &part);
	PUT_ATTRIBUTE(attributes, MAKER_RFC3161, &values);
}

static inline void put_signature(struct buffer *out, const struct maker_key *key, bool is_sha1,
	const struct buffer *attributes)
{
	gnutls_privkey_t abstract;
	gnutls_datum_t signature, data;
	struct buffer set = der_new();
	if (key == NULL) {
		der_put(out, DER_OCTET_STRING, "no signature", 12);
		return;
	}
	der_put(&set, DER_SET, attributes->bytes, attributes->size);
	data = (gnutls_datum_t){set.bytes, (unsigned)set.size};
	assert_int_equal(gnutls_privkey_init(&abstract), 0);
	assert_int_equal(gnutls_privkey_import_x509(abstract, key->key, 0), 0);
	assert_int_equal(
		gnutls_privkey_sign_data(abstract, is_sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0,
			&data, &signature),
		0);
	der_put(out, DER_OCTET_STRING, signature.data, signature.size);
	gnutls_free(signature.data);
	gnutls_privkey_deinit(abstract);
	buffer_free(&set);
}

static inline void put_signer(struct buffer *out, const struct maker_key *key,
	const struct maker_options *options, const struct buffer *content)
{
	struct buffer info = der_new(), part = der_new(), attributes = der_new();
	uint8_t digest[32];
	size_t n_digest = options->is_sha1 ? 20 : 32;
	der_put(&info, DER_INTEGER, "\x01", 1);
	if (key != NULL) {
		gnutls_datum_t issuer;
		uint8_t serial[32];
		size_t n_serial = sizeof(serial);
		assert_int_equal(gnutls_x509_crt_get_raw_issuer_dn(key->certificate, &issuer), 0);
		assert_int_equal(
			gnutls_x509_crt_get_serial(key->certificate, serial, &n_serial), 0);
		assert_int_equal(buffer_add(&part, issuer.data, issuer.size), 0);
		der_put(&part, DER_INTEGER, serial, n_serial);
		gnutls_free(issuer.data);
	}
	der_wrap(&info, DER_SEQUENCE, &part);
	if (options->is_sha1)
		PUT_ALGORITHM(&info, MAKER_SHA1);
	else
		PUT_ALGORITHM(&info, MAKER_SHA256);
	DER_PUT_OID(&part, MAKER_CTL);
	PUT_ATTRIBUTE(&attributes, MAKER_TYPE, &part);
	/* DER orders a SET by its encoding: the time is the shorter one. */
	if (options->signing_time != NULL)
		put_time(&attributes, options->signing_time);
	assert_int_equal(gnutls_hash_fast(options->is_sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256,
				 content->bytes, content->size, digest),
		0);
	der_put(&part, DER_OCTET_STRING, digest, n_digest);
	PUT_ATTRIBUTE(&attributes, MAKER_DIGEST, &part);
	struct buffer signature = der_new();
	put_signature(&signature, key, options->is_sha1, &attributes);
	der_wrap(&info, DER_CONTEXT(0), &attributes);
	PUT_ALGORITHM(&info, MAKER_RSA);
	der_add(&info, &signature);
	buffer_free(&signature);
	put_unsigned_attributes(&attributes, options);
	if (attributes.size > 0)
		der_wrap(&info, DER_CONTEXT(1), &attributes);
	der_wrap(out, DER_SEQUENCE, &info);
}

/* Signs a content of the catalogue's type; key NULL leaves a signature that is none. */
static inline struct buffer maker_sign(const struct buffer *content, const struct maker_key *key,
	const struct maker_options *options)
{
	struct buffer out = der_new(), body = der_new(), part = der_new(), inner = der_new(),
		      signed_bytes = der_new();
	if (options->is_cms)
		der_put(&signed_bytes, DER_SEQUENCE, content->bytes, content->size);
	else
		der_add(&signed_bytes, content);
	der_put(&body, DER_INTEGER, "\x01", 1);
	if (options->is_sha1)
		PUT_ALGORITHM(&part, MAKER_SHA1);
	else
		PUT_ALGORITHM(&part, MAKER_SHA256);
	der_wrap(&body, DER_SET, &part);
	der_put(&inner, options->is_cms ? DER_OCTET_STRING : DER_SEQUENCE, signed_bytes.bytes,
		signed_bytes.size);
	DER_PUT_OID(&part, MAKER_CTL);
	der_wrap(&part, DER_CONTEXT(0), &inner);
	der_wrap(&body, DER_SEQUENCE, &part);
	if (key != NULL && !options->has_no_certificate) {
		gnutls_datum_t der;
		assert_int_equal(
			gnutls_x509_crt_export2(key->certificate, GNUTLS_X509_FMT_DER, &der), 0);
		der_put(&body, DER_CONTEXT(0), der.data, der.size);
		gnutls_free(der.data);
	}
	put_signer(&part, key, options, &signed_bytes);
	der_wrap(&body, DER_SET, &part);
	der_wrap(&inner, DER_SEQUENCE, &body);
	DER_PUT_OID(&part, MAKER_SIGNED);
	der_wrap(&part, DER_CONTEXT(0), &inner);
	der_wrap(&out, DER_SEQUENCE, &part);
	buffer_free(&signed_bytes);
	return out;
}

static inline struct buffer maker_catalog(const struct maker_member *members, size_t n_members,
	const struct maker_key *key, const struct maker_options *options)
{
	static const struct maker_options plain = {0};
	struct buffer list = maker_list(members, n_members);
	struct buffer catalog = maker_sign(&list, key, options != NULL ? options : &plain);
	buffer_free(&list);
	return catalog;
}

/* ---- the key ---- */

static inline struct maker_key maker_key_new(void)
{
	struct maker_key key;
	assert_int_equal(gnutls_x509_privkey_init(&key.key), 0);
	/* 1024 bits, like the keys of that time, and quickly made. */
	assert_int_equal(gnutls_x509_privkey_generate(key.key, GNUTLS_PK_RSA, 1024, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&key.certificate), 0);
	assert_int_equal(gnutls_x509_crt_set_version(key.certificate, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(key.certificate, "\x12\x34", 2), 0);
	assert_int_equal(
		gnutls_x509_crt_set_dn(key.certificate, "CN=" MAKER_SIGNER ",O=Nobody", NULL), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(key.certificate, 1262304000), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(key.certificate, 1293840000), 0);
	assert_int_equal(gnutls_x509_crt_set_key(key.certificate, key.key), 0);
	assert_int_equal(gnutls_x509_crt_sign2(
				 key.certificate, key.certificate, key.key, GNUTLS_DIG_SHA256, 0),
		0);
	return key;
}

static inline void maker_key_free(struct maker_key *key)
{
	gnutls_x509_crt_deinit(key->certificate);
	gnutls_x509_privkey_deinit(key->key);
}
