/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures of catalogues and programs (PKCS #7, CMS) over GnuTLS: whose they are, and whether
 * they are right. Integrity only: the signature is checked with the certificate that lies beside
 * it. Nobody's root is held here, an expired certificate is no fault, and the algorithms of twenty
 * years ago (MD5, SHA-1, short keys) are read, because that is what old drivers are signed with.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pkcs7_report {
	bool is_intact;
	char fault[160];  /* if it is not: why, "the signature is wrong" */
	char signer[128]; /* common name (else organisation) of the first signer's certificate; ""
			     if that certificate is not there */
};

/*
 * signature: the DER of the message; content: the bytes that are signed (signed_data_parse() tells
 * where they lie), so that what is checked is what is used. -EINVAL if GnuTLS cannot read the
 * message, -ENOMEM.
 */
int pkcs7_verify(const void *signature, size_t n_signature, const void *content, size_t n_content,
	struct pkcs7_report *ret_report, struct error *err) MUST_CHECK;
