/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/catalog.h"

#include "base/limits.h"
#include "base/text.h"
#include "format/der.h"
#include "format/signed_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Content bytes of OIDs below 1.3.6.1.4.1.311. */
#define MICROSOFT         "\x2b\x06\x01\x04\x01\x82\x37"
#define OID_CTL           MICROSOFT "\x0a\x01"     /* .10.1 szOID_CTL */
#define OID_CATALOG_LIST  MICROSOFT "\x0c\x01\x01" /* .12.1.1 szOID_CATALOG_LIST */
#define OID_NAME_VALUE    MICROSOFT "\x0c\x02\x01" /* .12.2.1 CAT_NAMEVALUE_OBJID */
#define OID_INDIRECT_DATA MICROSOFT "\x02\x01\x04" /* .2.1.4 SPC_INDIRECT_DATA_OBJID */

#define SHA1_BYTES   20
#define SHA256_BYTES 32

/* ---- attributes ---- */

struct name_value {
	struct catalog_text name, value;
};

/* SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value in UTF-16LE } */
static bool read_name_value(struct der *level, struct name_value *pair)
{
	struct der_item name, item;
	struct der inside = der_enter(level, DER_SEQUENCE, "a name and value");
	if (!der_next(&inside, DER_BMP_STRING, "a name", &name) ||
		!der_next(&inside, DER_INTEGER, "the flags of a name", &item) ||
		!der_next(&inside, DER_OCTET_STRING, "a value", &item)) {
		level->failed = true;
		return false;
	}
	pair->name = (struct catalog_text){name.content, name.size};
	pair->value = (struct catalog_text){item.content, item.size};
	return true;
}

/* Is the big-endian name this ASCII word? */
static bool is_name(const uint8_t *bytes, struct catalog_text name, const char *word)
{
	size_t n = strlen(word);
	if (name.size != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (bytes[name.at + 2 * i] != 0 ||
			text_lower((char)bytes[name.at + 2 * i + 1]) != text_lower(word[i]))
			return false;
	}
	return true;
}

/* ---- members ---- */

static void set_hash(struct catalog_member *member, const uint8_t *hash, size_t n)
{
	if (n != SHA1_BYTES && n != SHA256_BYTES)
		return;
	memcpy(member->hash, hash, n);
	member->hash_bytes = n;
}

/* SpcIndirectDataContent: SEQUENCE { what it is a hash of, SEQUENCE { algorithm, OCTET STRING } }
 */
static bool read_indirect_data(struct der *level, struct catalog_member *member)
{
	struct der_item item;
	struct der data = der_enter(level, DER_SEQUENCE, "the hash of a member");
	(void)der_next(&data, DER_SEQUENCE, "the kind of a member", &item);
	struct der digest = der_enter(&data, DER_SEQUENCE, "the digest of a member");
	(void)der_next(&digest, DER_SEQUENCE, "the digest algorithm of a member", &item);
	if (!der_next(&digest, DER_OCTET_STRING, "the digest of a member", &item)) {
		level->failed = true;
		return false;
	}
	set_hash(member, level->bytes + item.content, item.size);
	return true;
}

/*
 * A member's name is its hash: as hexadecimal UTF-16LE in catalogues of version 1, as bytes in
 * those of version 2. It may be another word, though; the indirect data says it for certain.
 */
static void hash_from_identifier(struct catalog_member *member, const uint8_t *identifier, size_t n)
{
	char text[2 * SHA256_BYTES + 1];
	uint8_t hash[SHA256_BYTES];
	if (n == SHA1_BYTES || n == SHA256_BYTES) {
		set_hash(member, identifier, n);
		return;
	}
	size_t n_text = n / 2;
	if (n_text > 0 && identifier[n - 2] == 0 && n % 2 == 0)
		n_text--;
	if (n % 2 != 0 || (n_text != 2 * SHA1_BYTES && n_text != 2 * SHA256_BYTES))
		return;
	for (size_t i = 0; i < n_text; i++)
		text[i] = identifier[2 * i + 1] == 0 ? (char)identifier[2 * i] : '?';
	text[n_text] = 0;
	if (text_parse_hex(text, hash, n_text / 2))
		set_hash(member, hash, n_text / 2);
}

static bool read_member_attribute(struct der *attributes, struct catalog_member *member)
{
	struct der_item type;
	struct name_value pair;
	struct der attribute = der_enter(attributes, DER_SEQUENCE, "an attribute of a member");
	(void)der_next(&attribute, DER_OID, "the type of an attribute", &type);
	struct der values = der_enter(&attribute, DER_SET, "the values of an attribute");
	if (values.failed)
		return false;
	if (der_is_oid(&attribute, &type, OID_INDIRECT_DATA))
		return read_indirect_data(&values, member);
	if (!der_is_oid(&attribute, &type, OID_NAME_VALUE))
		return true;
	if (!read_name_value(&values, &pair))
		return false;
	if (is_name(values.bytes, pair.name, "File"))
		member->file = pair.value;
	else if (is_name(values.bytes, pair.name, "OSAttr"))
		member->os = pair.value;
	return true;
}

static bool read_member(struct der *members, struct catalog_member *member)
{
	struct der_item identifier;
	*member = (struct catalog_member){0};
	struct der inside = der_enter(members, DER_SEQUENCE, "a member");
	if (!der_next(&inside, DER_OCTET_STRING, "the name of a member", &identifier))
		return false;
	if (!der_is_at_end(&inside)) {
		struct der attributes = der_enter(&inside, DER_SET, "the attributes of a member");
		if (attributes.failed)
			return false;
		while (!der_is_at_end(&attributes)) {
			if (!read_member_attribute(&attributes, member))
				return false;
		}
	}
	if (member->hash_bytes == 0)
		hash_from_identifier(member, members->bytes + identifier.content, identifier.size);
	return true;
}

/* Counted first, so that memory is asked for once and no more than the file is worth. */
static int count_items(struct der level, const char *what, size_t *ret_n)
{
	struct der_item item;
	size_t n = 0;
	for (; !der_is_at_end(&level); n++) {
		if (n == LIMIT_CATALOG_MEMBERS)
			return error_set(level.err, -EFBIG, "byte %zu: more than %d of %s",
				level.at, LIMIT_CATALOG_MEMBERS, what);
		if (!der_any(&level, what, &item))
			return -EINVAL;
	}
	*ret_n = n;
	return 0;
}

static int compare_hashes(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b)
{
	if (n_a != n_b)
		return n_a < n_b ? -1 : 1;
	return memcmp(a, b, n_a);
}

static int compare_members(const void *left, const void *right)
{
	const struct catalog_member *a = left, *b = right;
	int order = compare_hashes(a->hash, a->hash_bytes, b->hash, b->hash_bytes);
	if (order == 0 && a->file.at != b->file.at) /* qsort alone keeps no order */
		order = a->file.at < b->file.at ? -1 : 1;
	return order;
}

static int read_members(struct der members, struct catalog *catalog)
{
	size_t n;
	int rc = count_items(members, "members", &n);
	if (rc < 0 || n == 0)
		return rc;
	catalog->members = calloc(n, sizeof(*catalog->members));
	if (catalog->members == NULL)
		return -ENOMEM;
	for (; catalog->n_members < n; catalog->n_members++) {
		if (!read_member(&members, &catalog->members[catalog->n_members]))
			return -EINVAL;
	}
	qsort(catalog->members, n, sizeof(*catalog->members), compare_members);
	return 0;
}

/* ---- the list ---- */

/* Extensions: SEQUENCE OF SEQUENCE { OID, OCTET STRING that holds a name and value }. */
static int read_attributes(struct der extensions, struct catalog *catalog)
{
	size_t n;
	int rc = count_items(extensions, "attributes", &n);
	if (rc < 0 || n == 0)
		return rc;
	catalog->attributes = calloc(n, sizeof(*catalog->attributes));
	if (catalog->attributes == NULL)
		return -ENOMEM;
	while (!der_is_at_end(&extensions)) {
		struct der_item type, value;
		struct name_value pair;
		struct der extension = der_enter(&extensions, DER_SEQUENCE, "an attribute");
		if (!der_next(&extension, DER_OID, "the type of an attribute", &type))
			return -EINVAL;
		if (!der_is_oid(&extension, &type, OID_NAME_VALUE))
			continue;
		/* "critical" is a BOOLEAN that may stand between. */
		if (der_peek(&extension) != DER_OCTET_STRING &&
			!der_any(&extension, "an attribute", &value))
			return -EINVAL;
		if (!der_next(&extension, DER_OCTET_STRING, "an attribute", &value))
			return -EINVAL;
		struct der inside = der_inside(&extension, &value);
		if (!read_name_value(&inside, &pair))
			return -EINVAL;
		catalog->attributes[catalog->n_attributes++] =
			(struct catalog_attribute){pair.name, pair.value};
	}
	return 0;
}

/* CertificateTrustList: version?, subjectUsage, listIdentifier?, sequenceNumber?, thisUpdate,
 * nextUpdate?, subjectAlgorithm, trustedSubjects?, [0] extensions? (the order of CTL_INFO in
 * "CTL_INFO structure", Microsoft Learn). */
static int read_list(struct der list, struct catalog *catalog)
{
	struct der_item item;
	(void)der_maybe(&list, DER_INTEGER, &item);
	struct der usage = der_enter(&list, DER_SEQUENCE, "the usage of the list");
	if (!der_next(&usage, DER_OID, "the usage of the list", &item))
		return -EINVAL;
	if (!der_is_oid(&usage, &item, OID_CATALOG_LIST)) {
		der_fault(&list, item.at,
			"a trust list of another use, expected a catalogue "
			"(1.3.6.1.4.1.311.12.1.1)");
		return -EINVAL;
	}
	(void)der_maybe(&list, DER_OCTET_STRING, &item);
	(void)der_maybe(&list, DER_INTEGER, &item);
	if (!der_any(&list, "the time of the list", &item))
		return -EINVAL;
	if (!der_time(&list, &item, &catalog->made_ms))
		catalog->made_ms = 0;
	if (der_peek(&list) == DER_UTC_TIME || der_peek(&list) == DER_GENERALIZED)
		(void)der_any(&list, "the time of the next list", &item);
	if (!der_next(&list, DER_SEQUENCE, "the algorithm of the list", &item))
		return -EINVAL;
	if (der_maybe(&list, DER_SEQUENCE, &item)) {
		int rc = read_members(der_inside(&list, &item), catalog);
		if (rc < 0)
			return rc;
	}
	if (!der_maybe(&list, DER_CONTEXT(0), &item))
		return list.failed ? -EINVAL : 0;
	struct der inside = der_inside(&list, &item);
	struct der extensions = der_enter(&inside, DER_SEQUENCE, "the attributes of the list");
	return extensions.failed ? -EINVAL : read_attributes(extensions, catalog);
}

int catalog_parse(const void *bytes, size_t n, struct catalog **ret_catalog, struct error *err)
{
	struct signed_data data;
	if (n > LIMIT_CATALOG_BYTES)
		return error_set(err, -EFBIG, "%zu bytes, and a catalogue may have %u", n,
			LIMIT_CATALOG_BYTES);
	int rc = signed_data_parse(bytes, n, &data, err);
	if (rc < 0)
		return rc;
	CLEANUP(catalog_freep) struct catalog *catalog = calloc(1, sizeof(*catalog));
	if (catalog == NULL)
		return -ENOMEM;
	catalog->bytes = bytes;
	catalog->n_bytes = n;
	catalog->content_at = data.content_at;
	catalog->content_size = data.content_size;
	catalog->is_stamped = data.time == SIGNED_TIME_STAMPED;
	catalog->signed_ms = data.time_ms;

	struct der file = der_over(bytes, n, err);
	struct der_item type = {.tag = DER_OID, .content = data.type_at, .size = data.type_size};
	if (!der_is_oid(&file, &type, OID_CTL)) {
		der_fault(&file, data.type_at,
			"signed, but no catalogue: expected content of type 1.3.6.1.4.1.311.10.1");
		return -EINVAL;
	}
	/* PKCS #7 has the list as it is, CMS inside an OCTET STRING. */
	struct der content = der_part(&file, data.content_at, data.content_size);
	struct der list = data.is_bare ? content : der_enter(&content, DER_SEQUENCE, "the list");
	rc = list.failed ? -EINVAL : read_list(list, catalog);
	if (rc < 0)
		return rc;
	*ret_catalog = TAKE(catalog);
	return 0;
}

struct catalog *catalog_free(struct catalog *catalog)
{
	if (catalog != NULL) {
		free(catalog->members);
		free(catalog->attributes);
	}
	free(catalog);
	return NULL;
}

/* ---- questions ---- */

const struct catalog_member *catalog_find(
	const struct catalog *catalog, const uint8_t *hash, size_t hash_bytes)
{
	size_t low = 0, high = catalog->n_members;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct catalog_member *member = &catalog->members[middle];
		if (compare_hashes(member->hash, member->hash_bytes, hash, hash_bytes) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct catalog_member *found = &catalog->members[low];
	if (low == catalog->n_members ||
		compare_hashes(found->hash, found->hash_bytes, hash, hash_bytes) != 0)
		return NULL;
	return found;
}

int catalog_text_value(const struct catalog *catalog, struct catalog_text text, struct buffer *out)
{
	const uint8_t *bytes = catalog->bytes + text.at;
	size_t n = 0;
	while (n + 1 < text.size && (bytes[n] != 0 || bytes[n + 1] != 0))
		n += 2;
	return text_utf16le_to_utf8(bytes, n, out);
}

int catalog_text_name(const struct catalog *catalog, struct catalog_text text, struct buffer *out)
{
	const uint8_t *bytes = catalog->bytes + text.at;
	int rc = 0;
	/* Names are words of a specification, all of them in the first plane. */
	for (size_t i = 0; rc == 0 && i + 1 < text.size; i += 2)
		rc = text_add_code_point(out, (uint32_t)(bytes[i] << 8 | bytes[i + 1]));
	return rc;
}
