/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "wims.h"

#include "format/wim.h"
#include "image/layer.h"
#include "image/part.h"

#include <errno.h>

#define NOW INT64_C(1795312800000)

static struct wim_world world;

static int set_up(void **state)
{
	(void)state;
	world_open(&world);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

/* A tree as WinPE has one, large enough for metadata of some chunks. */
static void plant(const char *windows, const char *system32, const char *winpeshl)
{
	char path[256];
	for (int i = 0; i < 400; i++) {
		char text[64];
		(void)snprintf(
			path, sizeof(path), "%s/%s/file number %d.dll", windows, system32, i);
		(void)snprintf(text, sizeof(text), "content %d", i / 2);
		put_text(world.tree, path, text);
	}
	static uint8_t large[200000];
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * i >> 7);
	(void)snprintf(path, sizeof(path), "%s/large.bin", windows);
	put_file(world.tree, path, large, sizeof(large));
	put_text(world.tree, "zz/empty", "");
	if (winpeshl != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s/WinPEshl.ini", windows, system32);
		put_text(world.tree, path, winpeshl);
	}
}

static struct revision_package package_of(const struct driver_package *package)
{
	struct revision_package out = {.date = package->date,
		.version = package->version,
		.has_version = package->has_version};
	memcpy(out.id, package->id, sizeof(out.id));
	memcpy(out.inf, package->inf, sizeof(out.inf));
	memcpy(out.class, package->class, sizeof(out.class));
	return out;
}

static int try_make(const char *name, const struct revision_package *packages, size_t n_packages,
	const struct revision_files *files, size_t n_files, struct revision_record *revision,
	struct error *err)
{
	struct image_record image;
	CLEANUP(revision_record_clear) struct revision_record before;
	assert_int_equal(store_image_get(world.store, name, &image, err), 0);
	assert_int_equal(store_revision_get(world.store, name, 0, &before, err), 0);
	const struct layer_request request = {
		.store = world.store,
		.image = &image,
		.before = &before,
		.packages = packages,
		.n_packages = n_packages,
		.files = files,
		.n_files = n_files,
		.why = "test",
		.now_ms = NOW,
	};
	int rc = layer_make(&request, revision, err);
	image_record_clear(&image);
	return rc;
}

static void make(const char *name, const struct revision_package *packages, size_t n_packages,
	const struct revision_files *files, size_t n_files, struct revision_record *revision)
{
	struct error err = ERROR_NULL;
	assert_ok(try_make(name, packages, n_packages, files, n_files, revision, &err));
}

static void expect_counts(WIMStruct *wim)
{
	/* wimlib counts anew when it is told that the image changed: by a property it does not
	 * look at. What it counted then is what we had written. */
	char before[3][32];
	static const char *const names[] = {"FILECOUNT", "DIRCOUNT", "TOTALBYTES"};
	for (size_t i = 0; i < 3; i++) {
		const char *value = wimlib_get_image_property(wim, 1, names[i]);
		assert_non_null(value);
		(void)snprintf(before[i], sizeof(before[i]), "%s", value);
	}
	char path[256];
	world_path(&world, "counted.wim", path);
	struct wimlib_update_command command = {.op = WIMLIB_UPDATE_OP_ADD};
	char source[256];
	world_path(&world, "nothing", source);
	(void)mkdir(source, 0700);
	command.add = (struct wimlib_add_command){
		.fs_source_path = source, .wim_target_path = (char[]){"/new folder"}};
	assert_wim(wimlib_update_image(wim, 1, &command, 1, 0));
	assert_wim(wimlib_write(wim, path, WIMLIB_ALL_IMAGES, 0, 1));
	assert_string_equal(wimlib_get_image_property(wim, 1, "FILECOUNT"), before[0]);
	assert_string_equal(wimlib_get_image_property(wim, 1, "TOTALBYTES"), before[2]);
	assert_int_equal(atoi(wimlib_get_image_property(wim, 1, "DIRCOUNT")), atoi(before[1]) + 1);
}

/* ---- */

static void every_kind_of_base_carries_layers(void **state)
{
	(void)state;
	static const struct {
		enum wimlib_compression_type type;
		int flags;
		const char *windows, *system32, *winpeshl, *original;
	} rows[] = {
		{WIMLIB_COMPRESSION_TYPE_LZX, 0, "Windows", "System32", NULL, NULL},
		{WIMLIB_COMPRESSION_TYPE_XPRESS, 0, "Windows", "System32",
			"[LaunchApps]\r\nwpeinit.exe\r\n", "wpeinit.exe\r\n"},
		{WIMLIB_COMPRESSION_TYPE_LZX, WIM_WITH_INTEGRITY, "windows", "SYSTEM32",
			"[LaunchApp]\r\nAppPath=x.exe\r\n", "x.exe\r\n"},
		{WIMLIB_COMPRESSION_TYPE_XPRESS, WIM_WITH_INTEGRITY, "WINDOWS", "system32", NULL,
			NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)set_up(NULL);
		CLEANUP(driver_package_clear) struct driver_package package;
		CLEANUP(revision_record_clear) struct revision_record revision;
		plant(rows[i].windows, rows[i].system32, rows[i].winpeshl);
		capture(&world, "base.wim", rows[i].type, rows[i].flags);
		add_image(&world, "pe", "base.wim");
		add_package(&world, "card.inf", "a", 100000, &package);
		const struct revision_package held = package_of(&package);
		make("pe", &held, 1, NULL, 0, &revision);
		assert_int_equal(revision.revision, 2);
		assert_int_equal(revision.packages[0].number, 1);

		WIMStruct *wim = export_and_verify(&world, &revision);
		struct wimlib_wim_info info;
		struct wim_look look;
		assert_wim(wimlib_get_wim_info(wim, &info));
		assert_int_equal(info.boot_index, 1);
		assert_int_equal(info.has_integrity_table, rows[i].flags == WIM_WITH_INTEGRITY);
		expect_text(&world, wim, "/pewter/drivers/1/card.inf", INF_PLAIN);
		assert_true(wim_look(wim, "/pewter/drivers/1/card64.sys", &look));
		assert_int_equal(look.size, 100000 + FAKE_SYS_BYTES);
		assert_true(wim_look(wim, "/pewter/manifest.json", &look));
		expect_text(&world, wim, "/Windows/System32/File Number 7.dll", "content 3");
		assert_true(wim_look(wim, "/zz/empty", &look));
		/* Found as it was spelled, not doubled. */
		char shl[128];
		(void)snprintf(
			shl, sizeof(shl), "/%s/%s/winpeshl.ini", rows[i].windows, rows[i].system32);
		size_t n;
		uint8_t *ini = wim_content(&world, wim, shl, &n);
		assert_memory_equal(ini, "[LaunchApps]\r\n%SYSTEMROOT%\\System32\\cmd.exe, /c", 46);
		if (rows[i].original != NULL)
			assert_non_null(strstr((const char *)ini, rows[i].original));
		free(ini);
		assert_int_equal(wim_look(wim, "/pewter/winpeshl.original.ini", &look),
			rows[i].winpeshl != NULL);
		if (rows[i].winpeshl != NULL)
			expect_text(&world, wim, "/pewter/winpeshl.original.ini", rows[i].winpeshl);
		int n_windows = 0;
		struct wim_look root = {0};
		assert_int_equal(
			wimlib_iterate_dir_tree(wim, 1, "/", WIMLIB_ITERATE_DIR_TREE_FLAG_CHILDREN,
				wim_look_once, &root),
			0);
		n_windows = root.n_children;
		assert_int_equal(n_windows, 3); /* pewter, Windows, zz */
		expect_counts(wim);
		wimlib_free(wim);
		(void)tear_down(NULL);
	}
}

static void users_files_lie_over_the_base(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(part_record_clear) struct part_record first, second;
	CLEANUP(revision_record_clear) struct revision_record revision, with_driver;
	CLEANUP(driver_package_clear) struct driver_package package;
	char old[256], new[256], ini[256];
	plant("Windows", "System32", NULL);
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, WIM_WITH_INTEGRITY);
	add_image(&world, "pe", "base.wim");
	put_text(world.folder, "old", "first try");
	put_text(world.folder, "new", "content 199"); /* as a file of the base */
	put_text(world.folder, "ini", "[LaunchApps]\r\nmine.exe\r\n");
	world_path(&world, "old", old);
	world_path(&world, "new", new);
	world_path(&world, "ini", ini);
	const struct part_source one[] = {
		{old, "Tools\\x.txt"}, {old, "windows/system32/file number 1.dll"}};
	const struct part_source two[] = {
		{new, "tools/X.TXT"}, {ini, "Windows\\System32\\winpeshl.ini"}};
	assert_ok(part_of_files(world.store, one, 2, WIM_COMPRESSION_LZX, NULL, &first, &err));
	assert_ok(part_of_files(world.store, two, 2, WIM_COMPRESSION_LZX, NULL, &second, &err));
	struct revision_files files[2] = {{.source = "one"}, {.source = "two"}};
	memcpy(files[0].part, first.id, sizeof(first.id));
	memcpy(files[1].part, second.id, sizeof(second.id));
	make("pe", NULL, 0, files, 2, &revision);

	WIMStruct *wim = export_and_verify(&world, &revision);
	struct wim_look look;
	expect_text(&world, wim, "/tools/x.txt", "content 199");
	assert_true(wim_look(wim, "/tools/x.txt", &look));
	assert_int_equal(look.n_uses, 3); /* two files of the base have it too */
	expect_text(&world, wim, "/Windows/System32/file number 1.dll", "first try");
	assert_true(wim_look(wim, "/Windows/System32/file number 0.dll", &look));
	assert_int_equal(look.n_uses, 1); /* it shared its content with number 1 */
	/* Without drivers nothing of ours runs. */
	expect_text(&world, wim, "/Windows/System32/winpeshl.ini", "[LaunchApps]\r\nmine.exe\r\n");
	assert_false(wim_look(wim, "/pewter/start.cmd", &look));
	expect_counts(wim);
	wimlib_free(wim);

	add_package(&world, "card.inf", "b", 1000, &package);
	const struct revision_package held = package_of(&package);
	make("pe", &held, 1, revision.files, revision.n_files, &with_driver);
	wim = export_and_verify(&world, &with_driver);
	expect_text(&world, wim, "/Windows/System32/winpeshl.ini",
		"[LaunchApps]\r\n%SYSTEMROOT%\\System32\\cmd.exe, /c "
		"%SYSTEMDRIVE%\\pewter\\start.cmd\r\nmine.exe\r\n");
	expect_text(&world, wim, "/pewter/winpeshl.original.ini", "[LaunchApps]\r\nmine.exe\r\n");
	wimlib_free(wim);
}

/* Hundreds of packages, and hundreds of revisions, each one layer on the base. */
static void a_chain_of_revisions_stays_flat(void **state)
{
	(void)state;
	enum { N_PACKAGES = 300, N_REVISIONS = 200 };
	struct revision_package *held = calloc(N_PACKAGES, sizeof(*held));
	plant("Windows", "System32", NULL);
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, WIM_WITH_INTEGRITY);
	add_image(&world, "pe", "base.wim");
	for (int i = 0; i < N_PACKAGES; i++) {
		char seed[16];
		(void)snprintf(seed, sizeof(seed), "s%d", i);
		put_package(&world, "card.inf", seed, 300);
	}
	struct error err = ERROR_NULL;
	static struct told told;
	struct driver_package *packages;
	size_t n_packages;
	char folder[256];
	world_path(&world, "pack", folder);
	assert_ok(driver_import(world.store, folder, write_down, &told, NULL, &err));
	assert_ok(store_driver_list(world.store, &packages, &n_packages, &err));
	assert_int_equal(n_packages, N_PACKAGES);
	for (size_t i = 0; i < n_packages; i++)
		held[i] = package_of(&packages[i]);
	(void)driver_packages_free(packages, n_packages);
	struct revision_record revision;
	make("pe", held, N_PACKAGES, NULL, 0, &revision);
	assert_int_equal(revision.n_packages, N_PACKAGES);
	assert_int_equal(revision.packages[N_PACKAGES - 1].number, N_PACKAGES);
	WIMStruct *wim = export_and_verify(&world, &revision);
	struct wim_look look;
	assert_true(wim_look(wim, "/pewter/drivers/300/card64.sys", &look));
	wimlib_free(wim);
	uint64_t full = revision.layer.size;
	size_t n_pieces = revision.n_pieces;
	memcpy(held, revision.packages, N_PACKAGES * sizeof(*held));
	revision_record_clear(&revision);

	/* From here on the same packages with their numbers, without the first i. */
	for (int i = 1; i < N_REVISIONS; i++) {
		make("pe", held + i, N_PACKAGES - (size_t)i, NULL, 0, &revision);
		assert_int_equal(revision.revision, i + 2);
		assert_int_equal(revision.packages[0].number, i + 1);
		assert_true(revision.layer.size <= full);
		assert_true(revision.n_pieces <= n_pieces + 2);
		if (i + 1 == N_REVISIONS) {
			wim = export_and_verify(&world, &revision);
			assert_false(wim_look(wim, "/pewter/drivers/1", &look));
			assert_true(wim_look(wim, "/pewter/drivers/300/card64.sys", &look));
			wimlib_free(wim);
		}
		revision_record_clear(&revision);
	}
	/* Back to all of them: the bytes are those of the first time, but for its number. */
	make("pe", held, N_PACKAGES, NULL, 0, &revision);
	assert_true(revision.layer.size < full + 64 && revision.layer.size + 64 > full);
	revision_record_clear(&revision);
	free(held);
}

/* What was exported can be imported, and gets drivers again without nesting. */
static void an_exported_revision_is_a_base(void **state)
{
	(void)state;
	CLEANUP(driver_package_clear) struct driver_package package, other;
	CLEANUP(revision_record_clear) struct revision_record revision, again;
	plant("Windows", "System32", "[LaunchApps]\r\nfirst.exe\r\n");
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, 0);
	add_image(&world, "pe", "base.wim");
	add_package(&world, "card.inf", "c", 1000, &package);
	add_package(&world, "card.inf", "d", 1000, &other);
	const struct revision_package held = package_of(&package), another = package_of(&other);
	make("pe", &held, 1, NULL, 0, &revision);
	wimlib_free(export_and_verify(&world, &revision));
	add_image(&world, "pe2", "out.wim");
	make("pe2", &another, 1, NULL, 0, &again);
	assert_int_equal(again.packages[0].number, 2);
	WIMStruct *wim = export_and_verify(&world, &again);
	struct wim_look look;
	size_t n;
	assert_true(wim_look(wim, "/pewter/drivers/1/card.inf", &look));
	assert_true(wim_look(wim, "/pewter/drivers/2/card.inf", &look));
	expect_text(&world, wim, "/pewter/winpeshl.original.ini", "[LaunchApps]\r\nfirst.exe\r\n");
	expect_text(&world, wim, "/Windows/System32/winpeshl.ini",
		"[LaunchApps]\r\n%SYSTEMROOT%\\System32\\cmd.exe, /c "
		"%SYSTEMDRIVE%\\pewter\\start.cmd\r\nfirst.exe\r\n");
	uint8_t *script = wim_content(&world, wim, "/pewter/start.cmd", &n);
	assert_non_null(strstr((const char *)script, "drivers\\1\\*.inf"));
	assert_non_null(strstr((const char *)script, "drivers\\2\\card.inf"));
	free(script);
	expect_counts(wim);
	wimlib_free(wim);
}

/* ---- what is refused ---- */

static void expect_refused(const char *name, const struct revision_package *packages, size_t n,
	const struct revision_files *files, size_t n_files, int rc, const char *words)
{
	struct error err = ERROR_NULL;
	struct revision_record revision;
	struct image_record image;
	int got = try_make(name, packages, n, files, n_files, &revision, &err);
	if (got != rc || strstr(err.text, words) == NULL)
		fail_msg("%d \"%s\" in place of %d \"...%s...\"", got, err.text, rc, words);
	assert_int_equal(store_image_get(world.store, name, &image, &err), 0);
	assert_int_equal(image.revision, 1);
	image_record_clear(&image);
}

static void change_file(const char *path, uint64_t at, const char *bytes)
{
	assert_int_equal(chmod(path, 0600), 0);
	CLEANUP(file_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, bytes, strlen(bytes), (off_t)at), strlen(bytes));
}

static void a_base_that_was_changed_is_refused(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct image_record image;
	CLEANUP(driver_package_clear) struct driver_package package;
	char path[512];
	plant("Windows", "System32", NULL);
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, 0);
	add_image(&world, "pe", "base.wim");
	add_package(&world, "card.inf", "e", 1000, &package);
	const struct revision_package held = package_of(&package);
	assert_ok(store_image_get(world.store, "pe", &image, &err));
	blob_path(&world, &image.base, path, sizeof(path));
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t head[WIM_HEADER_BYTES];
	struct wim_header header;
	assert_int_equal(file_read_at(fd, 0, head, sizeof(head)), 0);
	assert_ok(wim_header_parse(head, sizeof(head), &header, &err));

	change_file(path, header.boot_metadata.offset + 100, "????");
	expect_refused("pe", &held, 1, NULL, 0, -EINVAL, "the base of image pe cannot be built on");
	change_file(path, header.blob_table.offset, "????");
	expect_refused("pe", &held, 1, NULL, 0, -EINVAL, "blob table entry 1");
	change_file(path, 0, "WIM!");
	expect_refused("pe", &held, 1, NULL, 0, -EINVAL, "the base of image pe");
	assert_int_equal(truncate(path, 5000), 0);
	expect_refused("pe", &held, 1, NULL, 0, -EIO, "somebody changed it");
	assert_int_equal(unlink(path), 0);
	expect_refused("pe", &held, 1, NULL, 0, -ENOENT, "is missing");
	image_record_clear(&image);
}

static void what_cannot_go_in_is_refused(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(driver_package_clear) struct driver_package package;
	plant("Windows", "System32", NULL);
	put_text(world.tree, "pewter.txt", "no folder");
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, 0);
	add_image(&world, "pe", "base.wim");
	add_package(&world, "card.inf", "f", 1000, &package);
	struct revision_package held = package_of(&package);

	/* Names that cannot be, or that are there as something else. */
	static const struct {
		const char *target;
		int rc;
	} rows[] = {
		{"Windows", -EISDIR},
		{"pewter.txt/inside", -ENOTDIR},
		{"a/con", -EINVAL},
		{"what?", -EINVAL},
		{"a:b", -EINVAL},
		{"dot.", -EINVAL},
	};
	char source[256];
	put_text(world.folder, "file", "text");
	world_path(&world, "file", source);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(part_record_clear) struct part_record part;
		const struct part_source one = {source, rows[i].target};
		assert_ok(part_of_files(
			world.store, &one, 1, WIM_COMPRESSION_LZX, NULL, &part, &err));
		struct revision_files files = {.source = "file"};
		memcpy(files.part, part.id, sizeof(files.part));
		expect_refused("pe", NULL, 0, &files, 1, rows[i].rc, "");
	}
	/* A package whose files vanish before they were pressed, and one that is not known. */
	char path[512];
	blob_path(&world, &package.files[0].blob, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	expect_refused("pe", &held, 1, NULL, 0, -EIO, "card.inf, file ");
	memset(held.id, 'f', sizeof(held.id) - 1);
	expect_refused("pe", &held, 1, NULL, 0, -EIO, "is not among the drivers any more");
	/* Nothing but blobs may be left, and a part that has lost its blob is told. */
	struct revision_files gone = {.source = "C:\\tools"};
	memset(gone.part, 'e', sizeof(gone.part) - 1);
	expect_refused("pe", NULL, 0, &gone, 1, -EIO, "added from C:\\tools");
}

static void who_was_slower_is_told(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct image_record image;
	CLEANUP(revision_record_clear) struct revision_record before, faster, slower;
	plant("Windows", "System32", NULL);
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, 0);
	add_image(&world, "pe", "base.wim");
	assert_ok(store_image_get(world.store, "pe", &image, &err));
	assert_ok(store_revision_get(world.store, "pe", 0, &before, &err));
	make("pe", NULL, 0, NULL, 0, &faster);
	const struct layer_request request = {.store = world.store,
		.image = &image,
		.before = &before,
		.why = "test",
		.now_ms = NOW};
	slower = (struct revision_record){.blobs = NULL};
	assert_int_equal(layer_make(&request, &slower, &err), -ESTALE);
	image.is_sdi = true;
	assert_int_equal(layer_make(&request, &slower, &err), -EOPNOTSUPP);
	image_record_clear(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_base_carries_layers),
		cmocka_unit_test_setup_teardown(users_files_lie_over_the_base, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_chain_of_revisions_stays_flat, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_exported_revision_is_a_base, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_base_that_was_changed_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_go_in_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_was_slower_is_told, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
