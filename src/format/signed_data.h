/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shell of a signature: PKCS #7 SignedData (RFC 2315) and CMS (RFC 5652). Where the signed
 * content lies, of which type it is, and when it was signed. The arithmetic is adapter/pkcs7's.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum signed_time {
	SIGNED_TIME_NONE,
	SIGNED_TIME_CLAIMED, /* the signer says so: PKCS #9 signingTime */
	SIGNED_TIME_STAMPED, /* a time stamp: PKCS #9 countersignature, or RFC 3161 */
};

struct signed_data {
	size_t type_at, type_size; /* content type: the content bytes of an OID */
	/* What the digest is taken over: the contents of an OCTET STRING (CMS), or of the item that
	 * stands there bare (PKCS #7), without its tag and length. */
	size_t content_at, content_size;
	bool is_bare;   /* PKCS #7's kind */
	size_t bare_at; /* where that item's tag is */
	enum signed_time time;
	int64_t time_ms; /* Unix time; 0 for none. Read, not verified. */
};

/* -EINVAL with the place: "truncated at byte 4711, expected ...". Bytes after the outermost item
 * are not looked at: the certificate table of a PE fills up with zeros. */
int signed_data_parse(
	const void *bytes, size_t n, struct signed_data *ret_data, struct error *err) MUST_CHECK;
