/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter image list`, `show`, `remove` and `driver remove`, where revisions and plans are
 * concerned. */
#include "../unit.h"

#include "pewter.h"

#include "../store/driver_samples.h"
#include "../store/revision_samples.h"
#include "store/plans.h"

/* win11@1 the base, @2 with packages 1 and 2, @3 with 2 and 3; pc1 is prepared for @2. */
static int setup(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct image_file files[2];
	struct image_record image;
	struct revision_record record;
	struct client_record client = {
		.mac = {2, 0, 0, 0, 0, 1}, .state = "approved", .name = "pc1"};
	struct plan_record plan = {
		.id = "0123456789abcdef", .client_name = "pc1", .image = "win11", .revision = 2};
	scratch_make();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "win11", "the base", files, &image, &err));
	assert_ok(store_image_add(store, &image, false, &err));
	for (unsigned i = 1; i <= 2; i++) {
		assert_ok(sample_revision(store, "win11", i, 2, &record, &err));
		assert_ok(store_revision_add(store, &record, i, &err));
		revision_record_clear(&record);
	}
	for (unsigned i = 1; i <= 3; i++) {
		struct driver_package package = sample_package('a', "nic.inf", "P", 20240101, i);
		sample_package_id(i, package.id);
		package.id[0] = (char)('0' + i); /* so that a beginning names it */
		assert_ok(store_driver_add(store, &package, &err));
		sample_package_id(i, package.id);
		(void)snprintf(package.inf, sizeof(package.inf), "nic%u.inf", i);
		assert_ok(store_driver_add(store, &package, &err));
	}
	assert_ok(store_client_put(store, &client, &err));
	plan.client = client.id;
	assert_ok(store_plan_put(store, &plan, &err));
	store_close(store);
	return 0;
}

static void test_list_and_show(void **state)
{
	(void)state;
	assert_run("$P image list", 0, "win11         3         2  amd64");
	assert_run("$P image show win11", 0, "Driver packages of revision 3");
	assert_run("$P image show win11@2", 0, "not the newest");
	assert_run("$P image show win11@4", 1, "no win11@4");
	assert_run("$P image show win11@0", 2, "numbered from 1");
	assert_run("$P image show win11@x", 2, "numbered from 1");
	assert_run("$P image show nope", 1, "no image");

	json_t *document = document_of("$P --json image list", 0);
	json_t *image = json_array_get(json_object_get(document, "images"), 0);
	assert_int_equal(json_integer_value(json_object_get(image, "n_packages")), 2);
	json_int_t size = json_integer_value(json_object_get(image, "size"));
	json_decref(document);

	document = document_of("$P --json image show win11", 0);
	image = json_object_get(document, "image");
	assert_int_equal(json_integer_value(json_object_get(image, "revision")), 3);
	assert_int_equal(json_integer_value(json_object_get(image, "shown_revision")), 3);
	assert_int_equal(json_integer_value(json_object_get(image, "size")), size);
	json_t *revisions = json_object_get(image, "revisions");
	assert_int_equal(json_array_size(revisions), 3);
	assert_true(json_is_null(json_object_get(json_array_get(revisions, 0), "layer")));
	json_t *second = json_array_get(revisions, 1);
	assert_int_equal(json_integer_value(json_object_get(second, "n_packages")), 2);
	assert_string_equal(json_string_value(json_object_get(second, "why")), "add-drivers");
	json_t *plan = json_array_get(json_object_get(second, "plans"), 0);
	assert_string_equal(json_string_value(json_object_get(plan, "client")), "pc1");
	json_decref(document);

	document = document_of("$P --json image show win11@2", 0);
	image = json_object_get(document, "image");
	assert_int_equal(json_integer_value(json_object_get(image, "revision")), 3);
	assert_int_equal(json_integer_value(json_object_get(image, "shown_revision")), 2);
	json_t *package = json_array_get(json_object_get(image, "packages"), 0);
	assert_string_equal(json_string_value(json_object_get(package, "inf")), "nic1.inf");
	assert_int_equal(json_integer_value(json_object_get(package, "folder")), 1);
	assert_true(json_is_true(json_object_get(package, "in_database")));
	assert_string_equal(json_string_value(json_object_get(package, "date")), "2024-01-02");
	json_decref(document);
}

static void test_remove(void **state)
{
	(void)state;
	assert_run("$P image remove win11@3", 1, "newest");
	assert_run("$P image remove win11@2", 1, "pc1");
	assert_run("$P image remove win11@7", 1, "no win11@7");
	json_t *document = document_of("$P --json image remove win11@1", 0);
	json_t *removed = json_object_get(document, "removed");
	assert_int_equal(json_integer_value(json_object_get(removed, "revision")), 1);
	assert_int_equal(json_integer_value(json_object_get(removed, "blobs")), 0);
	json_decref(document);
	/* With the image go all, and the plan of the client: that is told. */
	assert_run("$P image remove win11", 3, "what was prepared for pc1 is gone");
	assert_run("$P client list", 0, "pc1");
	assert_run("$P image list", 0, "NAME");
}

static void test_driver_remove(void **state)
{
	(void)state;
	char id[SHA256_TEXT_BYTES], command[200];
	/* Of no image. */
	assert_run("$P driver remove 1000", 0, "is removed");
	/* Of the revision that was prepared for a client; of the newest one. Neither goes, nor what
	 * was named beside them. */
	sample_package_id(1, id);
	(void)snprintf(command, sizeof(command), "$P driver remove 2000 %s", id);
	assert_run(command, 1, "win11@2, which was prepared for pc1");
	assert_run("$P driver show 2000", 0, "nic.inf");
	sample_package_id(3, id);
	(void)snprintf(command, sizeof(command), "$P driver remove %s", id);
	assert_run(command, 1, "win11@3: --force");

	(void)snprintf(command, sizeof(command), "$P --json driver remove --force %s", id);
	json_t *document = document_of(command, 0);
	json_t *removed = json_array_get(json_object_get(document, "removed"), 0);
	json_t *user = json_array_get(json_object_get(removed, "still_in"), 0);
	assert_string_equal(json_string_value(json_object_get(user, "image")), "win11");
	assert_int_equal(json_integer_value(json_object_get(user, "revision")), 3);
	assert_true(json_is_null(json_object_get(user, "client")));
	json_decref(document);
	/* The revision knows it still. */
	assert_run("$P image show win11", 0, "(removed)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list_and_show, setup, tear_down),
		cmocka_unit_test_setup_teardown(test_remove, setup, tear_down),
		cmocka_unit_test_setup_teardown(test_driver_remove, setup, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
