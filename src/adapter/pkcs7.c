/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/pkcs7.h"

#include "adapter/library.h"
#include "base/text.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CERTIFICATES_MAX 64 /* in one message; real ones carry three to six */

#define FUNCTIONS(X)                                                                               \
	X(gnutls_free)                                                                             \
	X(gnutls_pkcs7_deinit)                                                                     \
	X(gnutls_pkcs7_get_crt_count)                                                              \
	X(gnutls_pkcs7_get_crt_raw2)                                                               \
	X(gnutls_pkcs7_get_signature_info)                                                         \
	X(gnutls_pkcs7_import)                                                                     \
	X(gnutls_pkcs7_init)                                                                       \
	X(gnutls_pkcs7_signature_info_deinit)                                                      \
	X(gnutls_pkcs7_verify_direct)                                                              \
	X(gnutls_pubkey_deinit)                                                                    \
	X(gnutls_pubkey_import_x509)                                                               \
	X(gnutls_pubkey_init)                                                                      \
	X(gnutls_strerror)                                                                         \
	X(gnutls_x509_crt_deinit)                                                                  \
	X(gnutls_x509_crt_get_dn_by_oid)                                                           \
	X(gnutls_x509_crt_get_raw_issuer_dn)                                                       \
	X(gnutls_x509_crt_get_serial)                                                              \
	X(gnutls_x509_crt_get_subject_key_id)                                                      \
	X(gnutls_x509_crt_import)                                                                  \
	X(gnutls_x509_crt_init)
LIBRARY_DECLARE(libgnutls, FUNCTIONS);
LIBRARY_DEFINE(libgnutls, FUNCTIONS, "libgnutls.so.30", "libgnutls30", "recommended",
	"checks signatures of drivers and programs");

static void pkcs7_deinitp(gnutls_pkcs7_t *pkcs7)
{
	if (*pkcs7 != NULL)
		libgnutls.gnutls_pkcs7_deinit(*pkcs7);
}

static void certificate_deinitp(gnutls_x509_crt_t *certificate)
{
	if (*certificate != NULL)
		libgnutls.gnutls_x509_crt_deinit(*certificate);
}

static int as_errno(int gnutls_code)
{
	return gnutls_code == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL;
}

static bool same(const gnutls_datum_t *a, const void *b, size_t n)
{
	return a->size == n && (n == 0 || memcmp(a->data, b, n) == 0);
}

/* A signer names his certificate by issuer and serial number, or by its key's identifier. */
static bool is_certificate_of(
	gnutls_x509_crt_t certificate, const gnutls_pkcs7_signature_info_st *info)
{
	gnutls_datum_t issuer = {0};
	uint8_t bytes[128];
	size_t n = sizeof(bytes);
	if (info->issuer_keyid.data != NULL)
		return libgnutls.gnutls_x509_crt_get_subject_key_id(certificate, bytes, &n, NULL) ==
			       0 &&
		       same(&info->issuer_keyid, bytes, n);
	if (libgnutls.gnutls_x509_crt_get_serial(certificate, bytes, &n) < 0 ||
		!same(&info->signer_serial, bytes, n))
		return false;
	if (libgnutls.gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer) < 0)
		return false;
	bool is_same = same(&info->issuer_dn, issuer.data, issuer.size);
	(*libgnutls.gnutls_free)(issuer.data);
	return is_same;
}

/* The certificate of that signer, or NULL if it is not in the message. */
static int find_certificate(gnutls_pkcs7_t pkcs7, const gnutls_pkcs7_signature_info_st *info,
	gnutls_x509_crt_t *ret_certificate)
{
	*ret_certificate = NULL;
	int n = libgnutls.gnutls_pkcs7_get_crt_count(pkcs7);
	for (int i = 0; i < n && i < CERTIFICATES_MAX; i++) {
		CLEANUP(certificate_deinitp) gnutls_x509_crt_t certificate = NULL;
		gnutls_datum_t der = {0};
		if (libgnutls.gnutls_pkcs7_get_crt_raw2(pkcs7, (unsigned)i, &der) < 0)
			continue;
		int rc = libgnutls.gnutls_x509_crt_init(&certificate);
		if (rc == 0)
			rc = libgnutls.gnutls_x509_crt_import(
				certificate, &der, GNUTLS_X509_FMT_DER);
		(*libgnutls.gnutls_free)(der.data);
		if (rc == GNUTLS_E_MEMORY_ERROR)
			return -ENOMEM;
		/* One of them that cannot be read may be another's. */
		if (rc == 0 && is_certificate_of(certificate, info)) {
			*ret_certificate = TAKE(certificate);
			return 0;
		}
	}
	return 0;
}

static void take_name(gnutls_x509_crt_t certificate, char *name, size_t size)
{
	static const char *const oids[] = {
		GNUTLS_OID_X520_COMMON_NAME, GNUTLS_OID_X520_ORGANIZATION_NAME};
	char text[512];
	for (size_t i = 0; i < ARRAY_SIZE(oids); i++) {
		size_t n = sizeof(text) - 1;
		if (libgnutls.gnutls_x509_crt_get_dn_by_oid(certificate, oids[i], 0, 0, text, &n) <
				0 ||
			n == 0)
			continue;
		text[n] = 0;
		text_copy(name, size, text);
		return;
	}
	name[0] = 0;
}

/* Asked first: GnuTLS 3.7 leaks a key that it cannot import while it verifies. */
static int check_key(gnutls_x509_crt_t certificate)
{
	gnutls_pubkey_t key = NULL;
	int rc = libgnutls.gnutls_pubkey_init(&key);
	if (rc < 0)
		return rc;
	rc = libgnutls.gnutls_pubkey_import_x509(key, certificate, 0);
	libgnutls.gnutls_pubkey_deinit(key);
	return rc;
}

static void set_fault(struct pkcs7_report *report, const char *fault)
{
	(void)text_copy(report->fault, sizeof(report->fault), fault);
}

static int verify(gnutls_pkcs7_t pkcs7, const gnutls_datum_t *content, struct pkcs7_report *report)
{
	gnutls_pkcs7_signature_info_st info;
	CLEANUP(certificate_deinitp) gnutls_x509_crt_t certificate = NULL;
	int rc = libgnutls.gnutls_pkcs7_get_signature_info(pkcs7, 0, &info);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return -ENOMEM;
	if (rc < 0) {
		set_fault(report, "it carries no signature that can be read");
		return 0;
	}
	rc = find_certificate(pkcs7, &info, &certificate);
	libgnutls.gnutls_pkcs7_signature_info_deinit(&info);
	if (rc < 0)
		return rc;
	if (certificate == NULL) {
		set_fault(report, "the certificate of the signer is not in it");
		return 0;
	}
	take_name(certificate, report->signer, sizeof(report->signer));
	rc = check_key(certificate);
	if (rc == 0)
		rc = libgnutls.gnutls_pkcs7_verify_direct(pkcs7, certificate, 0, content,
			GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
				GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return -ENOMEM;
	report->is_intact = rc == 0;
	if (rc == GNUTLS_E_PK_SIG_VERIFY_FAILED)
		set_fault(report, "what is signed was changed after it was signed");
	else if (rc < 0)
		(void)snprintf(report->fault, sizeof(report->fault),
			"the signature cannot be checked (%s)", libgnutls.gnutls_strerror(rc));
	return 0;
}

int pkcs7_verify(const void *signature, size_t n_signature, const void *content, size_t n_content,
	struct pkcs7_report *ret_report, struct error *err)
{
	CLEANUP(pkcs7_deinitp) gnutls_pkcs7_t pkcs7 = NULL;
	struct pkcs7_report report = {0};
	if (n_signature > UINT_MAX || n_content > UINT_MAX)
		return error_set(err, -EINVAL, "a signature of %zu bytes", n_signature);
	gnutls_datum_t der = {(unsigned char *)(uintptr_t)signature, (unsigned)n_signature};
	gnutls_datum_t data = {(unsigned char *)(uintptr_t)content, (unsigned)n_content};
	int rc = library_load(&libgnutls_library, err);
	if (rc < 0)
		return rc;
	rc = libgnutls.gnutls_pkcs7_init(&pkcs7);
	if (rc < 0)
		return as_errno(rc);
	rc = libgnutls.gnutls_pkcs7_import(pkcs7, &der, GNUTLS_X509_FMT_DER);
	if (rc < 0)
		return error_set(err, as_errno(rc), "no PKCS #7 that GnuTLS can read (%s)",
			libgnutls.gnutls_strerror(rc));
	rc = verify(pkcs7, &data, &report);
	if (rc < 0)
		return rc;
	*ret_report = report;
	return 0;
}
