/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "wims.h"

#include "base/text.h"
#include "driver/nics.h"
#include "image/revise.h"

#include <errno.h>
#include <sys/wait.h>

static struct wim_world world;

static int set_up(void **state)
{
	(void)state;
	world_open(&world);
	put_text(world.tree, "Windows/System32/a.dll", "content");
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_XPRESS, 0);
	add_image(&world, "pe", "base.wim");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

/* A package of the family "card.inf": DriverVer, for each device a model, from which Windows on. */
static void import_for(const char *name, const char *ver, const char *devices, bool is_whole,
	const char *windows, char *id)
{
	static struct told told;
	struct error err = ERROR_NULL;
	char inf[4096], models[1024] = "", path[256];
	uint8_t sys[FAKE_SYS_BYTES];
	for (const char *device = devices; *device != 0; device++) {
		size_t n = strlen(models);
		(void)snprintf(models + n, sizeof(models) - n,
			"\"Card %c\" = I, PCI\\VEN_1234&DEV_000%c\r\n", *device, *device);
	}
	(void)snprintf(inf, sizeof(inf),
		"[Version]\r\nSignature = \"$Windows NT$\"\r\nClass = Net\r\n"
		"ClassGuid = {4d36e972-e325-11ce-bfc1-08002be10318}\r\nProvider = %%P%%\r\n"
		"DriverVer = %s\r\n[Manufacturer]\r\n%%P%% = M, NTamd64.%s\r\n"
		"[M.NTamd64.%s]\r\n%s[I]\r\nCopyFiles = C\r\n[C]\r\ncard.sys\r\n"
		"[DestinationDirs]\r\nDefaultDestDir = 12\r\n[SourceDisksNames]\r\n1 = D\r\n"
		"[SourceDisksFiles]\r\ncard.sys = 1\r\n[Strings]\r\nP = \"Example\"\r\n",
		ver, windows, windows, models);
	(void)snprintf(path, sizeof(path), "%s/card.inf", name);
	put_text(world.folder, path, inf);
	(void)snprintf(path, sizeof(path), "%s/card.sys", name);
	fake_sys(sys, 0x8664, 6, 1);
	if (is_whole)
		put_file(world.folder, path, sys, sizeof(sys));
	world_path(&world, name, path);
	told = (struct told){0};
	assert_ok(driver_import(world.store, path, write_down, &told, NULL, &err));
	assert_int_equal(told.n_added, 1);
	memcpy(id, told.id, SHA256_TEXT_BYTES);
}

static void import_version(
	const char *name, const char *ver, const char *devices, bool is_whole, char *id)
{
	import_for(name, ver, devices, is_whole, "6.1", id);
}

static const struct revise_request *request(void)
{
	static struct revise_request one;
	one = (struct revise_request){
		.store = world.store, .image = "pe", .now_ms = INT64_C(1795312800000)};
	return &one;
}

/* Fates as letters: Added, (as it is) already = S, Kept, Replaced. */
static void add(const char *id, const char *fates, uint32_t revision, size_t n_packages)
{
	struct error err = ERROR_NULL;
	struct revise_result result;
	char told[16] = "";
	assert_ok(image_add_drivers(request(), &id, 1, &result, &err));
	for (size_t i = 0; i < result.n_packages && i < 15; i++)
		told[i] = "ASKR"[result.packages[i].fate];
	assert_string_equal(told, fates);
	assert_int_equal(result.revision.revision, revision);
	assert_int_equal(result.revision.n_packages, n_packages);
	assert_int_equal(result.is_new, result.before != revision);
	revise_result_clear(&result);
}

static bool drives(uint16_t device)
{
	struct error err = ERROR_NULL;
	CLEANUP(revision_record_clear) struct revision_record newest;
	assert_ok(store_revision_get(world.store, "pe", 0, &newest, &err));
	return nics_find(&newest.nics, 0x1234, device) != NULL;
}

static void families_go_upwards_only(void **state)
{
	(void)state;
	char v1[SHA256_TEXT_BYTES], v2[SHA256_TEXT_BYTES], more[SHA256_TEXT_BYTES],
		less[SHA256_TEXT_BYTES], half[SHA256_TEXT_BYTES];
	import_version("v2", "01/01/2022,2.0", "12", true, v2);
	import_version("v1", "01/01/2021,9.0", "1", true, v1);
	import_version("more", "01/01/2023,1.0", "123", true, more);
	import_version("less", "01/01/2024,1.0", "1", true, less);
	import_version("half", "01/01/2025,1.0", "123", false, half);
	add(v2, "A", 2, 1);
	assert_true(drives(2) && !drives(3));
	add(v2, "S", 2, 1);
	add(v1, "K", 2, 1); /* older by its date, whatever its version */
	add(more, "RA", 3, 1);
	assert_true(drives(2) && drives(3));
	add(less, "A", 4, 2); /* newer, but it does not name all that the other names */
	add(half, "A", 5, 3); /* newer, but a file of it is missing */
	assert_true(drives(1));
	add(v2, "K", 5, 3);
}

/* What is newer and not for the image's Windows takes nothing from it. */
static void versions_for_another_windows(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revise_result result;
	char now[SHA256_TEXT_BYTES], later[SHA256_TEXT_BYTES], old[SHA256_TEXT_BYTES];
	const char *const ids[] = {later};
	import_version("now", "01/01/2022,2.0", "12", true, now);
	import_for("later", "01/01/2023,3.0", "12", true, "10.0...99999", later);
	import_for("old", "01/01/2021,1.0", "1", true, "6.1", old);
	add(now, "A", 2, 1);
	assert_ok(image_add_drivers(request(), ids, 1, &result, &err));
	assert_int_equal(result.n_packages, 1);
	assert_int_equal(result.packages[0].fate, REVISE_ADDED);
	assert_true(result.packages[0].is_idle);
	assert_int_equal(result.revision.n_packages, 2);
	revise_result_clear(&result);
	assert_true(drives(1) && drives(2));
	/* Nor does it keep out what drives something. */
	add(old, "K", 3, 2);
	CLEANUP(image_record_clear) struct image_record image = {.name = ""};
	assert_ok(store_image_get(world.store, "pe", &image, &err));
	(void)snprintf(image.name, sizeof(image.name), "other");
	assert_ok(store_image_add(world.store, &image, false, &err));
	struct revise_request other = *request();
	other.image = "other";
	assert_ok(image_add_drivers(&other, ids, 1, &result, &err));
	revise_result_clear(&result);
	const char *const olds[] = {old};
	assert_ok(image_add_drivers(&other, olds, 1, &result, &err));
	assert_int_equal(result.revision.n_packages, 2);
	assert_false(result.packages[0].is_idle);
	revise_result_clear(&result);
}

static void ids_may_be_short_and_must_fit(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revise_result result;
	char id[SHA256_TEXT_BYTES];
	import_version("v", "01/01/2022,2.0", "1", true, id);
	id[12] = 0;
	const char *one = id, *none = "0123456789ab";
	const struct revise_request other = {.store = world.store, .image = "arm", .now_ms = 1};
	assert_int_equal(image_add_drivers(request(), &none, 1, &result, &err), -ENOENT);
	assert_int_equal(image_add_drivers(&other, &one, 1, &result, &err), -ENOENT);
	struct image_record image;
	assert_ok(store_image_get(world.store, "pe", &image, &err));
	(void)snprintf(image.name, sizeof(image.name), "arm");
	(void)snprintf(image.arch, sizeof(image.arch), "arm64");
	assert_ok(store_image_add(world.store, &image, false, &err));
	assert_int_equal(image_add_drivers(&other, &one, 1, &result, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is for amd64, and image arm is arm64"));
	image_record_clear(&image);
	add(id, "A", 2, 1);
}

static struct driver_rules *rules_with_mark(const char *package, const char *instead)
{
	struct error err = ERROR_NULL;
	struct driver_rules *rules = NULL;
	struct driver_mark mark = {.condition = "winpe>=2.0", .why = "it hangs"};
	(void)text_copy(mark.package, sizeof(mark.package), package);
	(void)text_copy(mark.instead, sizeof(mark.instead), instead);
	assert_ok(store_driver_mark(world.store, &mark, &err));
	assert_ok(driver_rules_load(world.store, NULL, 0, &rules, &err));
	return rules;
}

static void what_is_known_not_to_work_takes_force(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revise_result result;
	char bad[SHA256_TEXT_BYTES], good[SHA256_TEXT_BYTES], said[128];
	import_version("bad", "01/01/2022,2.0", "1", true, bad);
	import_version("good", "01/01/2021,2.0", "12", true, good);
	CLEANUP(driver_rules_freep) struct driver_rules *rules = rules_with_mark(bad, good);
	struct revise_request one = *request();
	const char *const both[] = {good, bad};
	one.rules = rules;
	assert_int_equal(image_add_drivers(&one, both, 2, &result, &err), -EPERM);
	assert_non_null(strstr(err.text,
		"is known not to work in image pe: marked as not for winpe>=2.0: it hangs; "));
	(void)snprintf(said, sizeof(said),
		"add %.12s in its place, or add it all the same with --force", good);
	assert_non_null(strstr(err.text, said));
	add(good, "A", 2, 1); /* it was refused whole: the good one had not come in */
	one.force = true;
	assert_ok(image_add_drivers(&one, both, 2, &result, &err));
	assert_int_equal(result.n_packages, 2);
	assert_string_equal(result.packages[0].verdict.reason, "");
	assert_string_equal(
		result.packages[1].verdict.reason, "marked as not for winpe>=2.0: it hangs");
	revise_result_clear(&result);
	/* What is there already is not asked. */
	one.force = false;
	assert_ok(image_add_drivers(&one, both, 2, &result, &err));
	assert_false(result.is_new);
	revise_result_clear(&result);
}

static void files_pile_up(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revise_result result;
	char path[256];
	put_text(world.folder, "note", "first");
	world_path(&world, "note", path);
	const struct part_source source = {path, "note.txt"};
	for (uint32_t i = 2; i < 5; i++) {
		char text[16];
		(void)snprintf(text, sizeof(text), "text %u", i);
		put_text(world.folder, "note", text);
		assert_ok(image_add_files(request(), &source, 1, "note", &result, &err));
		assert_int_equal(result.revision.revision, i);
		assert_int_equal(result.revision.n_files, i - 1);
		WIMStruct *wim = export_and_verify(&world, &result.revision);
		expect_text(&world, wim, "/note.txt", text);
		wimlib_free(wim);
		/* Base, layer, and the one part of which something is to be seen. */
		assert_int_equal(result.revision.n_blobs, 3);
		revise_result_clear(&result);
	}
}

/* Several at once: each gets its own revision, and the last one has all. */
static void makers_do_not_disturb_each_other(void **state)
{
	(void)state;
	enum { N = 6, ROUNDS = 4 };
	struct error err = ERROR_NULL;
	char ids[N * ROUNDS][SHA256_TEXT_BYTES];
	for (int i = 0; i < N * ROUNDS; i++) {
		struct driver_package package;
		char inf[32];
		(void)snprintf(inf, sizeof(inf), "card%d.inf", i);
		add_package(&world, inf, inf, 2000, &package);
		memcpy(ids[i], package.id, SHA256_TEXT_BYTES);
		driver_package_clear(&package);
	}
	world.store = store_close(world.store);
	pid_t children[N];
	for (int i = 0; i < N; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		struct store *store;
		int rc = store_open(world.state, STORE_READ, &store, &err);
		for (int j = 0; rc == 0 && j < ROUNDS; j++) {
			struct revise_result result;
			const char *id = ids[i * ROUNDS + j];
			const struct revise_request one = {
				.store = store, .image = "pe", .now_ms = 1};
			rc = image_add_drivers(&one, &id, 1, &result, &err);
			if (rc == 0)
				revise_result_clear(&result);
		}
		if (rc != 0)
			(void)fprintf(stderr, "%s\n", err.text);
		_exit(rc == 0 ? 0 : 1);
	}
	for (int i = 0; i < N; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_ok(store_open(world.state, STORE_CREATE, &world.store, &err));
	CLEANUP(revision_record_clear) struct revision_record newest;
	assert_ok(store_revision_get(world.store, "pe", 0, &newest, &err));
	assert_int_equal(newest.revision, 1 + N * ROUNDS);
	assert_int_equal(newest.n_packages, N * ROUNDS);
	wimlib_free(export_and_verify(&world, &newest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(families_go_upwards_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(versions_for_another_windows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ids_may_be_short_and_must_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_known_not_to_work_takes_force, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_pile_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			makers_do_not_disturb_each_other, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
