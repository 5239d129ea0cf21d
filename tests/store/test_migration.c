/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state that an earlier Pewter wrote is opened, lifted, and nothing of it is lost. schema-3.sql
 * is the dump of a real one. */
#include "../unit.h"

#include "store/drivers.h"
#include "store/plans.h"

#include "revision_samples.h"

#include <errno.h>
#include <sqlite3.h>

static char *read_dump(void)
{
	char path[512];
	const char *root = getenv("PEWTER_SOURCE_ROOT");
	assert_non_null(root); /* set by meson */
	(void)snprintf(path, sizeof(path), "%s/tests/store/schema-3.sql", root);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, 1U << 20);
	assert_non_null(text);
	assert_true(fread(text, 1, (1U << 20) - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void make_old_state(void)
{
	char path[128], *message = NULL;
	sqlite3 *db;
	char *dump = read_dump();
	(void)snprintf(path, sizeof(path), "%s/pewter.db", scratch_make());
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, dump, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(dump);
}

static void test_schema_3(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_record image;
	struct revision_record revision, *revisions;
	struct client_record client;
	struct driver_package *packages;
	struct nic_set nics;
	size_t n;
	make_old_state();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));

	assert_ok(store_image_get(store, "sample", &image, &err));
	assert_int_equal(image.revision, 1);
	assert_int_equal(image.last_revision, 1);
	assert_false(image.is_sdi);
	assert_int_equal(image.n_files, 4);
	assert_true(image.base.size > 0);
	assert_ok(store_revision_list(store, "sample", &revisions, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(revisions[0].created_ms, image.created_ms);
	revision_records_free(revisions, n);
	assert_ok(store_revision_get(store, "sample", 0, &revision, &err));
	assert_int_equal(revision.revision, 1);
	assert_string_equal(revision.why, "import");
	assert_int_equal(revision.size, image.base.size);
	assert_int_equal(revision.n_pieces, 1);
	assert_string_equal(revision.blobs[0].sha256, image.base.sha256);
	revision_record_clear(&revision);
	assert_int_equal(store_image_inbox_nics_get(store, "sample", &nics, &err), -ENODATA);

	assert_ok(store_client_get(store, "pc1", &client, &err));
	assert_string_equal(client.image, "sample");
	assert_ok(store_driver_list(store, &packages, &n, &err));
	assert_int_equal(n, 1);
	driver_packages_free(packages, n);

	/* And it goes on from there. */
	assert_ok(sample_revision(store, "sample", 1, 2, &revision, &err));
	assert_ok(store_revision_add(store, &revision, 1, &err));
	revision_record_clear(&revision);
	struct plan_record plan = {
		.id = "0123456789abcdef", .client = client.id, .client_name = "pc1", .revision = 2};
	(void)text_copy(plan.image, sizeof(plan.image), "sample");
	assert_ok(store_plan_put(store, &plan, &err));
	image_record_clear(&image);
	store_close(store);

	/* Once is enough. */
	assert_ok(store_open(scratch_directory, STORE_READ, &store, &err));
	assert_ok(store_revision_list(store, "sample", &revisions, &n, &err));
	assert_int_equal(n, 2);
	revision_records_free(revisions, n);
	store_close(store);
	scratch_remove();
}

/* How SQLite goes about a query, in its words. */
static void explain(sqlite3 *db, const char *query, char *text, size_t size)
{
	char statement[512];
	sqlite3_stmt *prepared;
	(void)snprintf(statement, sizeof(statement), "EXPLAIN QUERY PLAN %s", query);
	assert_int_equal(sqlite3_prepare_v2(db, statement, -1, &prepared, NULL), SQLITE_OK);
	text[0] = 0;
	while (sqlite3_step(prepared) == SQLITE_ROW) {
		size_t n = strlen(text);
		(void)snprintf(text + n, size - n, "%s\n", sqlite3_column_text(prepared, 3));
	}
	assert_int_equal(sqlite3_finalize(prepared), SQLITE_OK);
}

/* Of the questions of boots.c: 10000 boots are not looked through for one machine's. */
static void boots_are_found_by_indices(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	char path[128], text[512];
	sqlite3 *db;
	make_old_state();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	store_close(store);
	(void)snprintf(path, sizeof(path), "%s/pewter.db", scratch_directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	explain(db, "SELECT id FROM boot WHERE mac = ? OR uuid = ? ORDER BY +started_ms DESC, id",
		text, sizeof(text));
	assert_non_null(strstr(text, "INDEX boot_mac (mac=?)"));
	assert_non_null(strstr(text, "INDEX boot_uuid (uuid=?)"));
	assert_null(strstr(text, "SCAN"));
	explain(db, "SELECT id FROM boot ORDER BY started_ms DESC, id LIMIT ?", text, sizeof(text));
	assert_non_null(strstr(text, "INDEX boot_started"));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema_3),
		cmocka_unit_test(boots_are_found_by_indices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
