/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A security catalogue (.cat): a list of hashes of files, signed as a whole. Reader of the
 * Certificate Trust List (1.3.6.1.4.1.311.10.1; "Catalog Files and Digital Signatures", "CTL_INFO
 * structure", Microsoft Learn) inside its PKCS #7 shell. Pure; whether the signature is right is
 * adapter/pkcs7's.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CATALOG_HASH_BYTES_MAX 32

/* A place in the catalogue's bytes: UTF-16LE or UTF-16BE text. */
struct catalog_text {
	size_t at, size; /* size: bytes; 0 for none */
};

struct catalog_member {
	uint8_t hash[CATALOG_HASH_BYTES_MAX];
	size_t hash_bytes;        /* 20: SHA-1; 32: SHA-256; 0: of a kind that we do not know */
	struct catalog_text file; /* its attribute "File" */
	struct catalog_text os;   /* its attribute "OSAttr": "2:5.1,2:6.0" */
};

/* An attribute of the catalogue itself: "OS", "HWID1", ... */
struct catalog_attribute {
	struct catalog_text name, value;
};

struct catalog {
	const uint8_t *bytes; /* not owned: must live as long */
	size_t n_bytes;
	int64_t made_ms;                /* Unix time; 0 if it cannot be read */
	struct catalog_member *members; /* owned; ordered by hash */
	size_t n_members;
	struct catalog_attribute *attributes; /* owned */
	size_t n_attributes;
	/* What the signature is over, and when it was made: see format/signed_data.h. */
	size_t content_at, content_size;
	bool is_stamped;
	int64_t signed_ms;
};

/* -EINVAL with the place: "truncated at byte 4711, expected ..."; -EFBIG, -ENOMEM. */
int catalog_parse(
	const void *bytes, size_t n, struct catalog **ret_catalog, struct error *err) MUST_CHECK;
struct catalog *catalog_free(struct catalog *catalog);
DEFINE_FREEP(struct catalog, catalog_free);

/* The first member of that hash, or NULL. */
const struct catalog_member *catalog_find(
	const struct catalog *catalog, const uint8_t *hash, size_t hash_bytes);
/* UTF-8, appended; as far as the first NUL. */
int catalog_text_value(
	const struct catalog *catalog, struct catalog_text text, struct buffer *out) MUST_CHECK;
/* The same of an attribute's name, which is big-endian. */
int catalog_text_name(
	const struct catalog *catalog, struct catalog_text text, struct buffer *out) MUST_CHECK;
