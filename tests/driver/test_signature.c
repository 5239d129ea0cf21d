/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What catalogues say of a package: made here, signed by a throw-away key. */
#include "../unit.h"

#include "driver/signature.h"

#include "../format/catalog_maker.h"
#include "../format/pe_maker.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define INF_TEXT "[Version]\nSignature=\"$Windows NT$\"\n"

enum { FILE_INF, FILE_SYS, FILE_TXT, FILE_CAT, N_FILES };

static struct maker_key key;

/* The package: an INF, a driver, a text, and what stands in its catalogue. */
struct world {
	struct signature_file files[N_FILES];
	uint8_t driver[MADE_PE_BYTES];
	struct maker_member members[3]; /* of the INF, the driver, the text */
	size_t n_members;
	struct signature_report report;
};

static int file_of(const void *bytes, size_t n)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	return fd;
}

static void hash_whole(struct maker_member *member, size_t n_hash, const void *bytes, size_t n)
{
	member->hash_bytes = n_hash;
	assert_int_equal(gnutls_hash_fast(n_hash == 20 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, bytes,
				 n, member->hash),
		0);
}

/* As "Windows Authenticode Portable Executable Signature Format" tells it, written down anew: all
 * but checksum and entry, with zeros up to 8 bytes. */
static void hash_driver(struct maker_member *member, size_t n_hash, const uint8_t *driver)
{
	uint8_t bytes[704] = {0};
	size_t checksum = MADE_PE_OPTIONAL + 64, entry = MADE_PE_ENTRY(true), n = 0;
	for (size_t i = 0; i < 704; i++) {
		if ((i >= checksum && i < checksum + 4) || (i >= entry && i < entry + 8))
			continue;
		bytes[n++] = i < MADE_PE_BYTES ? driver[i] : 0;
	}
	hash_whole(member, n_hash, bytes, n);
}

static void world_open(struct world *world, size_t n_hash)
{
	*world = (struct world){.n_members = 3};
	make_driver(world->driver, true, 0x33);
	world->members[FILE_INF].file = "net.inf";
	hash_whole(&world->members[FILE_INF], n_hash, INF_TEXT, sizeof(INF_TEXT) - 1);
	world->members[FILE_SYS].file = "net.sys";
	hash_driver(&world->members[FILE_SYS], n_hash, world->driver);
	world->members[FILE_TXT].file = "read.me";
	hash_whole(&world->members[FILE_TXT], n_hash, "text", 4);
	world->files[FILE_INF] =
		(struct signature_file){"net.inf", file_of(INF_TEXT, sizeof(INF_TEXT) - 1),
			sizeof(INF_TEXT) - 1, DRIVER_FILE_INF, false};
	world->files[FILE_SYS] = (struct signature_file){"amd64/net.sys",
		file_of(world->driver, MADE_PE_BYTES), MADE_PE_BYTES, DRIVER_FILE_OTHER, false};
	world->files[FILE_TXT] =
		(struct signature_file){"read.me", file_of("text", 4), 4, DRIVER_FILE_OTHER, false};
	world->files[FILE_CAT] =
		(struct signature_file){"net.cat", -1, 99, DRIVER_FILE_CATALOG, true};
}

static void world_close(struct world *world)
{
	for (size_t i = 0; i < FILE_CAT; i++)
		assert_int_equal(close(world->files[i].fd), 0);
	signature_report_clear(&world->report);
}

static void look(struct world *world, const struct buffer *catalogs, size_t n)
{
	static const char *const paths[] = {"net.cat", "other.cat"};
	struct signature_catalog given[2];
	struct error err = ERROR_NULL;
	for (size_t i = 0; i < n; i++)
		given[i] =
			(struct signature_catalog){paths[i], catalogs[i].bytes, catalogs[i].size};
	signature_report_clear(&world->report);
	if (driver_signature_read(given, n, world->files, N_FILES, &world->report, &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_warned(const struct world *world, const char *text)
{
	for (size_t i = 0; i < world->report.n_warnings; i++) {
		if (strcmp(world->report.warnings[i], text) == 0)
			return;
	}
	fail_msg("no warning \"%s\", but %zu others, the first \"%s\"", text,
		world->report.n_warnings,
		world->report.n_warnings > 0 ? world->report.warnings[0] : "");
}

static void a_signed_package_lists_its_files(void **state)
{
	(void)state;
	static const size_t hashes[] = {20, 32};
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct world world;
		world_open(&world, hashes[i]);
		const struct maker_options options = {
			.is_sha1 = hashes[i] == 20, .countersigned = "090623094449Z"};
		struct buffer catalog =
			maker_catalog(world.members, world.n_members, &key, &options);
		look(&world, &catalog, 1);
		assert_int_equal(world.report.signature, DRIVER_SIGNED);
		assert_string_equal(world.report.signer, MAKER_SIGNER);
		assert_int_equal(world.report.signed_ms, 1245750289000);
		assert_int_equal(world.report.n_warnings, 0);
		for (size_t k = 0; k < FILE_CAT; k++)
			assert_true(world.files[k].is_listed);
		assert_false(world.files[FILE_CAT].is_listed);
		buffer_free(&catalog);
		world_close(&world);
	}
}

static void no_catalogue_is_no_signature(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 20);
	look(&world, NULL, 0);
	assert_int_equal(world.report.signature, DRIVER_UNSIGNED);
	assert_int_equal(world.report.n_warnings, 0);
	assert_false(world.files[FILE_CAT].is_listed);
	world_close(&world);
}

static void an_inf_that_was_changed_is_not_signed(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 32);
	struct buffer catalog = maker_catalog(world.members, world.n_members, &key, NULL);
	assert_int_equal(pwrite(world.files[FILE_INF].fd, "X", 1, 3), 1);
	look(&world, &catalog, 1);
	assert_int_equal(world.report.signature, DRIVER_SIGNATURE_INVALID);
	assert_false(world.files[FILE_INF].is_listed);
	assert_true(world.files[FILE_SYS].is_listed);
	assert_warned(&world, "net.cat does not list net.inf: the INF was changed after signing, "
			      "or the catalogue is another package's");
	buffer_free(&catalog);
	world_close(&world);
}

static size_t put_line(char *to, const char *line, bool is_windows)
{
	size_t n = strlen(line) - 1;
	memcpy(to, line, n);
	if (is_windows)
		to[n++] = '\r';
	to[n++] = '\n';
	return n;
}

/* git and FTP take the carriage returns out: the signature is wrong then, and a person should be
 * told what to do. Longer than one reading, with an end of line where two of them meet. */
static void line_ends_that_were_changed_are_told(void **state)
{
	(void)state;
	enum { LINES = 40000 };
	static char windows[LINES * 4], unix_ends[LINES * 3];
	size_t n_windows = 0, n_unix = 0;
	for (size_t i = 0; i < LINES; i++) {
		const char *end = i % 7 == 0 ? "\n" : "a\n";
		n_unix += put_line(unix_ends + n_unix, end, false);
		n_windows += put_line(windows + n_windows, end, true);
	}
	struct world world;
	world_open(&world, 20);
	hash_whole(&world.members[FILE_INF], 20, windows, n_windows);
	struct buffer catalog = maker_catalog(world.members, world.n_members, &key, NULL);
	assert_int_equal(close(world.files[FILE_INF].fd), 0);
	world.files[FILE_INF].fd = file_of(unix_ends, n_unix);
	world.files[FILE_INF].size = n_unix;
	look(&world, &catalog, 1);
	assert_int_equal(world.report.signature, DRIVER_SIGNATURE_INVALID);
	assert_false(world.files[FILE_INF].is_listed);
	assert_warned(&world,
		"net.cat lists net.inf as it was before its line ends were changed (git and FTP do "
		"that): with CR and LF the signature is right again");
	buffer_free(&catalog);
	world_close(&world);
}

/* The package is still signed, as Windows sees it; but somebody should know. A text that is not
 * listed is nobody's business. */
static void a_driver_that_is_not_listed_is_told(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 20);
	struct buffer catalog = maker_catalog(world.members, 1, &key, NULL);
	look(&world, &catalog, 1);
	assert_int_equal(world.report.signature, DRIVER_SIGNED);
	assert_false(world.files[FILE_SYS].is_listed);
	assert_false(world.files[FILE_TXT].is_listed);
	assert_int_equal(world.report.n_warnings, 1);
	assert_warned(&world, "1 program stands in no catalogue of the package: amd64/net.sys");
	buffer_free(&catalog);
	world_close(&world);
}

/* Changing a byte of the driver that signing does not touch takes it off the list. */
static void a_driver_that_was_changed_is_not_listed(void **state)
{
	(void)state;
	static const struct {
		off_t at;
		bool is_listed;
	} cases[] = {
		{MADE_PE_OPTIONAL + 64, true}, /* the checksum */
		{MADE_PE_OPTIONAL + 68, false},
		{600, false},
		{MADE_PE_BYTES - 1, false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;
		world_open(&world, 32);
		struct buffer catalog = maker_catalog(world.members, world.n_members, &key, NULL);
		assert_int_equal(pwrite(world.files[FILE_SYS].fd, "\x77", 1, cases[i].at), 1);
		look(&world, &catalog, 1);
		assert_int_equal(world.files[FILE_SYS].is_listed, cases[i].is_listed);
		buffer_free(&catalog);
		world_close(&world);
	}
}

/* Some catalogues list drivers like any other file. */
static void a_driver_may_be_listed_as_a_plain_file(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 20);
	hash_whole(&world.members[FILE_SYS], 20, world.driver, MADE_PE_BYTES);
	struct buffer catalog = maker_catalog(world.members, world.n_members, &key, NULL);
	look(&world, &catalog, 1);
	assert_true(world.files[FILE_SYS].is_listed);
	buffer_free(&catalog);
	world_close(&world);
}

static void a_catalogue_that_was_changed_vouches_for_nothing(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 20);
	struct buffer catalog = maker_catalog(world.members, world.n_members, &key, NULL);
	uint8_t *name = memmem(catalog.bytes, catalog.size, "0123456789abcdef", 16);
	assert_non_null(name);
	name[0] = 'X';
	look(&world, &catalog, 1);
	assert_int_equal(world.report.signature, DRIVER_SIGNATURE_INVALID);
	assert_string_equal(world.report.signer, MAKER_SIGNER);
	for (size_t i = 0; i < N_FILES; i++)
		assert_false(world.files[i].is_listed);
	assert_warned(&world, "net.cat: what is signed was changed after it was signed");
	buffer_free(&catalog);
	world_close(&world);
}

static void a_cut_catalogue_is_told_with_its_place(void **state)
{
	(void)state;
	struct world world;
	char text[200];
	world_open(&world, 20);
	struct buffer catalog = maker_catalog(world.members, world.n_members, &key, NULL);
	size_t whole = catalog.size;
	catalog.size = 471;
	look(&world, &catalog, 1);
	assert_int_equal(world.report.signature, DRIVER_SIGNATURE_INVALID);
	(void)snprintf(text, sizeof(text),
		"net.cat: truncated at byte 471, expected %zu more bytes of a PKCS #7 message",
		whole - 471);
	assert_warned(&world, text);
	buffer_free(&catalog);
	world_close(&world);
}

/* One for each architecture: both must be right. */
static void of_two_catalogues_both_count(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 20);
	struct buffer catalogs[2] = {maker_catalog(world.members, 2, &key, NULL),
		maker_catalog(world.members, 1, &key, NULL)};
	look(&world, catalogs, 2);
	assert_int_equal(world.report.signature, DRIVER_SIGNED);
	assert_true(world.files[FILE_SYS].is_listed);
	buffer_free(&catalogs[1]);

	catalogs[1] = maker_catalog(world.members + 1, 1, &key, NULL); /* without the INF */
	look(&world, catalogs, 2);
	assert_int_equal(world.report.signature, DRIVER_SIGNATURE_INVALID);
	assert_true(world.files[FILE_INF].is_listed);
	buffer_free(&catalogs[1]);

	catalogs[1] = der_new();
	look(&world, catalogs, 2);
	assert_int_equal(world.report.signature, DRIVER_SIGNATURE_INVALID);
	assert_true(world.files[FILE_SYS].is_listed);
	assert_warned(&world, "other.cat: truncated at byte 0, expected a PKCS #7 message");
	buffer_free(&catalogs[0]);
	world_close(&world);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_package_lists_its_files),
		cmocka_unit_test(no_catalogue_is_no_signature),
		cmocka_unit_test(an_inf_that_was_changed_is_not_signed),
		cmocka_unit_test(line_ends_that_were_changed_are_told),
		cmocka_unit_test(a_driver_that_is_not_listed_is_told),
		cmocka_unit_test(a_driver_that_was_changed_is_not_listed),
		cmocka_unit_test(a_driver_may_be_listed_as_a_plain_file),
		cmocka_unit_test(a_catalogue_that_was_changed_vouches_for_nothing),
		cmocka_unit_test(a_cut_catalogue_is_told_with_its_place),
		cmocka_unit_test(of_two_catalogues_both_count),
	};
	return cmocka_run_group_tests(tests, make_key, free_key);
}
