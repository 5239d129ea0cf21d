/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `pewter inspect` tells of security catalogues. */
#include "adapter/file.h"
#include "adapter/pkcs7.h"
#include "base/text.h"
#include "cli/inspect.h"
#include "cli/words.h"
#include "format/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* pkcs7-signedData, which stands behind the head of the outermost SEQUENCE. */
#define SIGNED_DATA    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define SIGNED_DATA_AT 6 /* at most: a tag and a length of up to four bytes before it */

bool inspect_is_catalog(const struct inspected *file)
{
	size_t n = sizeof(SIGNED_DATA) - 1;
	for (size_t at = 2; at <= SIGNED_DATA_AT && at + n <= file->n_head; at++) {
		if (file->head[0] == 0x30 && memcmp(file->head + at, SIGNED_DATA, n) == 0)
			return true;
	}
	return false;
}

typedef int text_reader(const struct catalog *, struct catalog_text, struct buffer *);

static json_t *catalog_json(
	const struct catalog *catalog, struct catalog_text text, text_reader *read)
{
	CLEANUP(buffer_free) struct buffer out = buffer_with_max(4 * text.size + 1);
	if (read(catalog, text, &out) < 0)
		return NULL;
	return json_text(out.bytes != NULL ? (const char *)out.bytes : "");
}

static json_t *members_json(const struct catalog *catalog)
{
	json_t *list = json_array();
	for (size_t i = 0; i < catalog->n_members; i++) {
		const struct catalog_member *member = &catalog->members[i];
		char hash[2 * CATALOG_HASH_BYTES_MAX + 1];
		text_hex(member->hash, member->hash_bytes, hash);
		json_t *row = json_pack("{s:o, s:s, s:s, s:o}", "file",
			catalog_json(catalog, member->file, catalog_text_value), "algorithm",
			member->hash_bytes == 20   ? "SHA-1"
			: member->hash_bytes == 32 ? "SHA-256"
						   : "",
			"hash", hash, "os", catalog_json(catalog, member->os, catalog_text_value));
		(void)json_array_append_new(list, row);
	}
	return list;
}

static json_t *attributes_json(const struct catalog *catalog)
{
	json_t *list = json_array();
	for (size_t i = 0; i < catalog->n_attributes; i++) {
		const struct catalog_attribute *attribute = &catalog->attributes[i];
		(void)json_array_append_new(list,
			json_pack("{s:o, s:o}", "name",
				catalog_json(catalog, attribute->name, catalog_text_name), "value",
				catalog_json(catalog, attribute->value, catalog_text_value)));
	}
	return list;
}

static json_t *facts_json(const struct inspected *file, const struct catalog *catalog,
	const struct pkcs7_report *signer)
{
	return json_pack("{s:s, s:I, s:o, s:o, s:b, s:b, s:o, s:o, s:I, s:o, s:o}", "kind", "cat",
		"size", (json_int_t)file->size, "signer",
		signer->signer[0] != 0 ? json_text(signer->signer) : json_null(), "signed",
		catalog->signed_ms != 0 ? json_time(catalog->signed_ms) : json_null(), "stamped",
		catalog->is_stamped, "intact", signer->is_intact, "fault",
		signer->is_intact ? json_null() : json_string(signer->fault), "made",
		catalog->made_ms != 0 ? json_time(catalog->made_ms) : json_null(), "member_count",
		(json_int_t)catalog->n_members, "members", members_json(catalog), "attributes",
		attributes_json(catalog));
}

json_t *inspect_catalog(const struct inspected *file, struct error *err)
{
	CLEANUP(catalog_freep) struct catalog *catalog = NULL;
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_CATALOG_BYTES);
	struct pkcs7_report signer;

	int rc = file_read_all(file->fd, &bytes);
	if (rc < 0) {
		(void)error_set(err, rc, "a catalogue of %llu bytes cannot be read: %s",
			(unsigned long long)file->size, strerror(-rc));
		return NULL;
	}
	if (catalog_parse(bytes.bytes, bytes.size, &catalog, err) < 0 ||
		pkcs7_verify(bytes.bytes, bytes.size, bytes.bytes + catalog->content_at,
			catalog->content_size, &signer, err) < 0)
		return NULL;
	json_t *facts = facts_json(file, catalog, &signer);
	if (facts == NULL)
		(void)error_set(err, -ENOMEM, "out of memory");
	return facts;
}
