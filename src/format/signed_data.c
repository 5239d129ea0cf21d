/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/signed_data.h"

#include "format/der.h"

#include <errno.h>

/* Content bytes of OIDs: pkcs7-signedData, signingTime and counterSignature of PKCS #7 and #9
 * (1.2.840.113549.1.7.2, .9.5, .9.6), Microsoft's time stamp attribute (1.3.6.1.4.1.311.3.3.1),
 * id-ct-TSTInfo (RFC 3161 2.4.2). */
#define OID_SIGNED_DATA       "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define OID_SIGNING_TIME      "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"
#define OID_COUNTERSIGNATURE  "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"
#define OID_MICROSOFT_RFC3161 "\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01"
#define OID_TST_INFO          "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"

/* ContentInfo and SignedData up to the content; what follows it is left in *ret_rest. */
static bool read_shell(struct der *file, struct signed_data *data, struct der *ret_rest)
{
	struct der_item item, type;
	struct der info = der_enter(file, DER_SEQUENCE, "a PKCS #7 message");
	if (!der_next(&info, DER_OID, "its content type", &item))
		goto fault;
	if (!der_is_oid(&info, &item, OID_SIGNED_DATA)) {
		der_fault(&info, item.at, "expected signed data (1.2.840.113549.1.7.2)");
		goto fault;
	}
	struct der explicit = der_enter(&info, DER_CONTEXT(0), "the signed data");
	struct der body = der_enter(&explicit, DER_SEQUENCE, "the signed data");
	(void)der_next(&body, DER_INTEGER, "the version of the signed data", &item);
	(void)der_next(&body, DER_SET, "the digest algorithms", &item);
	struct der content = der_enter(&body, DER_SEQUENCE, "the content");
	if (!der_next(&content, DER_OID, "the type of the content", &type)) {
		info.failed = true;
		goto fault;
	}
	struct der inner =
		der_enter(&content, DER_CONTEXT(0), "the content (it is not in the file)");
	if (!der_any(&inner, "the content", &item)) {
		info.failed = true;
		goto fault;
	}
	data->type_at = type.content;
	data->type_size = type.size;
	data->content_at = item.content;
	data->content_size = item.size;
	data->is_bare = item.tag != DER_OCTET_STRING;
	data->bare_at = item.at;
	*ret_rest = body;
	return true;
fault:
	file->failed = true;
	return false;
}

/* The values of the first attribute of that type in a SET of attributes. */
static bool find_attribute(struct der attributes, const char *oid, size_t oid_size, struct der *ret)
{
	while (!der_is_at_end(&attributes)) {
		struct der_item type;
		struct der one = der_enter(&attributes, DER_SEQUENCE, "an attribute");
		if (!der_next(&one, DER_OID, "the type of an attribute", &type))
			return false;
		if (!der_equals(&one, &type, DER_OID, oid, oid_size))
			continue;
		*ret = der_enter(&one, DER_SET, "the values of an attribute");
		return !ret->failed;
	}
	return false;
}
#define FIND_ATTRIBUTE(attributes, oid, ret)                                                       \
	find_attribute((attributes), (oid), sizeof(oid) - 1, (ret))

/* What a SignerInfo says of itself and what was said of it later; either may be empty. */
struct signer {
	struct der signed_attributes, unsigned_attributes;
	bool has_signed, has_unsigned;
};

static bool read_signer(struct der *level, struct signer *signer)
{
	struct der_item item;
	*signer = (struct signer){0};
	struct der info = der_enter(level, DER_SEQUENCE, "a signer");
	(void)der_next(&info, DER_INTEGER, "the version of a signer", &item);
	(void)der_any(&info, "the certificate of a signer", &item);
	(void)der_next(&info, DER_SEQUENCE, "the digest algorithm of a signer", &item);
	if (der_maybe(&info, DER_CONTEXT(0), &item)) {
		signer->signed_attributes = der_inside(&info, &item);
		signer->has_signed = true;
	}
	(void)der_next(&info, DER_SEQUENCE, "the signature algorithm of a signer", &item);
	(void)der_next(&info, DER_OCTET_STRING, "the signature of a signer", &item);
	if (der_maybe(&info, DER_CONTEXT(1), &item)) {
		signer->unsigned_attributes = der_inside(&info, &item);
		signer->has_unsigned = true;
	}
	return !info.failed;
}

static bool signing_time(const struct signer *signer, int64_t *ret_ms)
{
	struct der values;
	struct der_item time;
	return signer->has_signed &&
	       FIND_ATTRIBUTE(signer->signed_attributes, OID_SIGNING_TIME, &values) &&
	       der_any(&values, "the signing time", &time) && der_time(&values, &time, ret_ms);
}

/* TSTInfo: version, policy, imprint, serial number, time. */
static bool token_time(struct der *values, int64_t *ret_ms)
{
	struct signed_data token;
	struct der rest;
	struct der_item item;
	if (!read_shell(values, &token, &rest))
		return false;
	struct der_item type = {.tag = DER_OID, .content = token.type_at, .size = token.type_size};
	if (!der_is_oid(values, &type, OID_TST_INFO) || token.is_bare)
		return false;
	struct der content = der_part(&rest, token.content_at, token.content_size);
	struct der info = der_enter(&content, DER_SEQUENCE, "a time stamp");
	(void)der_next(&info, DER_INTEGER, "the version of a time stamp", &item);
	(void)der_next(&info, DER_OID, "the policy of a time stamp", &item);
	(void)der_next(&info, DER_SEQUENCE, "what was stamped", &item);
	(void)der_next(&info, DER_INTEGER, "the number of a time stamp", &item);
	return der_next(&info, DER_GENERALIZED, "the time of a time stamp", &item) &&
	       der_time(&info, &item, ret_ms);
}

static bool stamped_time(const struct signer *signer, int64_t *ret_ms)
{
	struct der values;
	struct signer counter;
	if (!signer->has_unsigned)
		return false;
	if (FIND_ATTRIBUTE(signer->unsigned_attributes, OID_MICROSOFT_RFC3161, &values) &&
		token_time(&values, ret_ms))
		return true;
	return FIND_ATTRIBUTE(signer->unsigned_attributes, OID_COUNTERSIGNATURE, &values) &&
	       read_signer(&values, &counter) && signing_time(&counter, ret_ms);
}

int signed_data_parse(const void *bytes, size_t n, struct signed_data *ret_data, struct error *err)
{
	struct signed_data data = {0};
	struct der_item item;
	struct der body;
	struct signer signer;
	struct der file = der_over(bytes, n, err);
	if (!read_shell(&file, &data, &body))
		return -EINVAL;
	(void)der_maybe(&body, DER_CONTEXT(0), &item); /* certificates */
	(void)der_maybe(&body, DER_CONTEXT(1), &item); /* revocation lists */
	struct der signers = der_enter(&body, DER_SET, "the signers");
	if (signers.failed)
		return -EINVAL;
	/* Nobody has signed it: that is for the one to say who verifies. */
	if (!der_is_at_end(&signers)) {
		if (!read_signer(&signers, &signer))
			return -EINVAL;
		/* A time that cannot be read is as good as none. */
		signer.signed_attributes.err = NULL;
		signer.unsigned_attributes.err = NULL;
		if (stamped_time(&signer, &data.time_ms))
			data.time = SIGNED_TIME_STAMPED;
		else if (signing_time(&signer, &data.time_ms))
			data.time = SIGNED_TIME_CLAIMED;
		else
			data.time_ms = 0;
	}
	*ret_data = data;
	return 0;
}
