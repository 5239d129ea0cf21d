/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans: one for each client, gone with what they are about, and what keeps a revision. */
#include "../unit.h"

#include "store/own_revisions.h"
#include "store/plans.h"

#include "revision_samples.h"

#include <errno.h>
#include <time.h>

static struct store *store;

static void open_with_images(void)
{
	struct error err = ERROR_NULL;
	struct image_file files[2];
	struct image_record record;
	struct revision_record revision;
	scratch_make();
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	assert_ok(scratch_image(store, "win11", "the base", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	assert_ok(scratch_image(store, "win10", "another", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	for (unsigned i = 1; i <= 2; i++) {
		assert_ok(sample_revision(store, "win11", i, 1, &revision, &err));
		assert_ok(store_revision_add(store, &revision, i, &err));
		revision_record_clear(&revision);
	}
}

static void close_all(void)
{
	store = store_close(store);
	scratch_remove();
}

static int64_t add_client(const char *name, uint8_t number)
{
	struct error err = ERROR_NULL;
	struct client_record client = {.mac = {2, 0, 0, 0, 0, number}, .state = "approved"};
	(void)text_copy(client.name, sizeof(client.name), name);
	assert_ok(store_client_put(store, &client, &err));
	return client.id;
}

static struct plan_record sample_plan(
	int64_t client, const char *name, const char *image, uint32_t revision)
{
	static struct plan_device devices[] = {
		{.hardware_id = "PCI\\VEN_8086&DEV_15F3",
			.class = "Net",
			.name = "Ethernet",
			.is_covered = true,
			.by = "package",
			.package = "abc",
			.inf = "e2f.inf",
			.reason = "package abc"},
		{.hardware_id = "PCI\\VEN_10EC&DEV_8168",
			.class = "Net",
			.name = "",
			.reason = "no driver for it"},
	};
	struct plan_record plan = {.id = "0123456789abcdef",
		.client = client,
		.revision = revision,
		.classes = "Net,HDC",
		.made_ms = 1700000000000,
		.n_uncovered_nics = 1,
		.devices = devices,
		.n_devices = 2};
	(void)text_copy(plan.client_name, sizeof(plan.client_name), name);
	(void)text_copy(plan.image, sizeof(plan.image), image);
	return plan;
}

static void test_round_trip(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct plan_record plan, found;
	struct client_record client;
	open_with_images();
	int64_t id = add_client("pc1", 1);
	assert_int_equal(store_plan_get(store, id, &found, &err), -ENOENT);
	plan = sample_plan(id, "pc1", "win11", 2);
	assert_ok(store_plan_put(store, &plan, &err));
	assert_ok(store_plan_get(store, id, &found, &err));
	assert_string_equal(found.id, plan.id);
	assert_int_equal(found.client, id);
	assert_string_equal(found.client_name, "pc1");
	assert_string_equal(found.image, "win11");
	assert_int_equal(found.revision, 2);
	assert_string_equal(found.classes, "Net,HDC");
	assert_int_equal(found.made_ms, plan.made_ms);
	assert_int_equal(found.n_uncovered_nics, 1);
	assert_int_equal(found.n_devices, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct plan_device *a = &plan.devices[i], *b = &found.devices[i];
		assert_string_equal(a->hardware_id, b->hardware_id);
		assert_string_equal(a->class, b->class);
		assert_string_equal(a->name, b->name);
		assert_int_equal(a->is_covered, b->is_covered);
		assert_string_equal(a->by, b->by);
		assert_string_equal(a->package, b->package);
		assert_string_equal(a->inf, b->inf);
		assert_string_equal(a->reason, b->reason);
	}
	plan_record_clear(&found);
	/* The client boots what was prepared for it. */
	assert_ok(store_client_get(store, "pc1", &client, &err));
	assert_string_equal(client.image, "win11");

	/* Prepared again: the one plan is another. */
	plan = sample_plan(id, "pc1", "win10", 1);
	plan.n_devices = 1;
	assert_ok(store_plan_put(store, &plan, &err));
	assert_ok(store_plan_get(store, id, &found, &err));
	assert_string_equal(found.image, "win10");
	assert_int_equal(found.n_devices, 1);
	plan_record_clear(&found);
	close_all();
}

static void test_what_is_gone(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct plan_record plan, found, *list;
	struct revision_record revision;
	struct revision_user *users;
	char package[SHA256_TEXT_BYTES];
	size_t n;
	open_with_images();
	int64_t pc1 = add_client("pc1", 1), pc2 = add_client("pc2", 2);

	plan = sample_plan(pc1, "pc1", "win11", 4);
	assert_int_equal(store_plan_put(store, &plan, &err), -ENOENT);
	assert_non_null(strstr(err.text, "win11@4"));
	plan = sample_plan(pc1 + 100, "pc0", "win11", 2);
	assert_int_equal(store_plan_put(store, &plan, &err), -ENOENT);
	assert_non_null(strstr(err.text, "pc0"));
	plan = sample_plan(pc2, "pc2", "win11", 2);
	assert_ok(store_plan_put(store, &plan, &err));
	plan = sample_plan(pc1, "pc1", "win10", 1);
	assert_ok(store_plan_put(store, &plan, &err));
	assert_ok(store_plan_list(store, NULL, &list, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].client_name, "pc1");
	plan_records_free(list, n);
	assert_ok(store_plan_list(store, "win11", &list, &n, &err));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].client_name, "pc2");
	plan_records_free(list, n);

	/* A revision that a plan names stays, and its package is in use though the newest revision
	 * has another one. */
	assert_int_equal(store_revision_remove(store, "win11", 2, &err), -EBUSY);
	assert_non_null(strstr(err.text, "pc2"));
	sample_package_id(1, package);
	assert_ok(store_revisions_with_package(store, package, &users, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(users[0].revision, 2);
	assert_string_equal(users[0].client, "pc2");
	free(users);
	sample_package_id(2, package);
	assert_ok(store_revisions_with_package(store, package, &users, &n, &err));
	assert_int_equal(n, 1);
	assert_string_equal(users[0].image, "win11");
	assert_int_equal(users[0].revision, 3);
	assert_string_equal(users[0].client, "");
	free(users);

	/* With the client goes its plan, and with that what held the revision. */
	assert_ok(store_client_remove(store, pc2, &err));
	sample_package_id(1, package);
	assert_ok(store_revisions_with_package(store, package, &users, &n, &err));
	assert_int_equal(n, 0);
	free(users);
	assert_ok(store_revision_remove(store, "win11", 2, &err));
	assert_int_equal(store_revision_get(store, "win11", 2, &revision, &err), -ENOENT);

	/* And with the image. */
	assert_ok(store_image_remove(store, "win10", &err));
	assert_int_equal(store_plan_get(store, pc1, &found, &err), -ENOENT);
	assert_ok(store_plan_list(store, NULL, &list, &n, &err));
	assert_int_equal(n, 0);
	plan_records_free(list, n);
	close_all();
}

/* ---- revisions of one client alone ---- */

static int64_t now_ms(void)
{
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	return (int64_t)now.tv_sec * 1000;
}

static void add_own(uint32_t number, int64_t created_ms)
{
	struct error err = ERROR_NULL;
	struct revision_record revision;
	assert_ok(sample_revision(store, "win11", number - 1, 1, &revision, &err));
	revision.is_own = true;
	revision.created_ms = created_ms;
	assert_ok(store_revision_add(store, &revision, 3, &err));
	revision_record_clear(&revision);
}

/* expected: the numbers of those that went, with a blank behind each. */
static void assert_gone(const struct revision_name *gone, size_t n, const char *expected)
{
	char text[64] = "";
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(text);
		assert_string_equal(gone[i].image, "win11");
		(void)snprintf(text + length, sizeof(text) - length, "%u ", gone[i].revision);
	}
	assert_string_equal(text, expected);
}

static void replace_plan(int64_t client, uint32_t revision, const char *expected)
{
	struct error err = ERROR_NULL;
	CLEANUP(memory_freep) struct revision_name *gone = NULL;
	size_t n = 0;
	struct plan_record plan = sample_plan(client, "pc", "win11", revision);
	assert_ok(store_plan_replace(store, &plan, &gone, &n, &err));
	assert_gone(gone, n, expected);
}

static void assert_would_free(int64_t client, uint32_t revision, const char *expected)
{
	struct error err = ERROR_NULL;
	CLEANUP(memory_freep) struct revision_name *names = NULL;
	size_t n = 0;
	struct plan_record plan = sample_plan(client, "pc", "win11", revision);
	assert_ok(store_plan_would_free(store, &plan, &names, &n, &err));
	assert_gone(names, n, expected);
}

static void put_boot(uint32_t revision, const char *verdict, int64_t last_ms)
{
	struct error err = ERROR_NULL;
	struct boot_record boot = {.id = "abcdefgh2345",
		.image = "win11",
		.arch = "uefi-x64",
		.revision = revision,
		.last_ms = last_ms};
	(void)text_copy(boot.verdict, sizeof(boot.verdict), verdict);
	assert_ok(store_boot_put(store, &boot, &err));
}

static bool is_there(uint32_t revision)
{
	struct error err = ERROR_NULL;
	struct revision_record record;
	if (store_revision_get(store, "win11", revision, &record, &err) < 0)
		return false;
	revision_record_clear(&record);
	return true;
}

static void own_revisions_go_with_their_plan(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(memory_freep) struct revision_name *gone = NULL;
	size_t n = 0;
	open_with_images();
	int64_t pc1 = add_client("pc1", 1), pc2 = add_client("pc2", 2);
	replace_plan(pc1, 2, "");
	add_own(4, now_ms());
	replace_plan(pc1, 4, ""); /* what was no own one stays */
	replace_plan(pc1, 4, ""); /* so does what the plan names still */
	assert_true(is_there(2) && is_there(4));
	add_own(5, now_ms());
	assert_would_free(pc1, 4, "");
	assert_would_free(pc1, 99, "4 "); /* a dry run's revision is not there yet */
	assert_would_free(pc2, 5, "");
	replace_plan(pc1, 5, "4 ");
	assert_true(!is_there(4) && is_there(5));
	/* Another machine's, who may be between making and naming it; and one that was killed
	 * there. */
	add_own(6, now_ms());
	add_own(7, now_ms() - INT64_C(25) * 3600 * 1000);
	replace_plan(pc2, 6, "7 ");
	replace_plan(pc2, 3, "6 ");
	assert_ok(store_client_forget(store, pc1, &gone, &n, &err));
	assert_gone(gone, n, "5 ");
	assert_int_equal(store_client_forget(store, pc1, &gone, &n, &err), -ENOENT);
	close_all();
}

static void an_own_revision_waits_for_a_boot(void **state)
{
	(void)state;
	open_with_images();
	int64_t pc1 = add_client("pc1", 1);
	add_own(4, now_ms());
	replace_plan(pc1, 4, "");
	put_boot(4, "running", now_ms());
	replace_plan(pc1, 3, "");
	assert_true(is_there(4));
	/* Back to it, and the boot is over: by its verdict, or by its silence. */
	replace_plan(pc1, 4, "");
	put_boot(4, "booted", now_ms());
	replace_plan(pc1, 3, "4 ");
	add_own(5, now_ms());
	replace_plan(pc1, 5, "");
	put_boot(5, "running", now_ms() - INT64_C(2) * 3600 * 1000);
	replace_plan(pc1, 3, "5 ");
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_what_is_gone),
		cmocka_unit_test(own_revisions_go_with_their_plan),
		cmocka_unit_test(an_own_revision_waits_for_a_boot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
