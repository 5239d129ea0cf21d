/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Media of every kind and age, against states that have moved on. */
#include "../unit.h"

#include "../store/revision_samples.h"

#include "image/export.h"
#include "image/iso.h"
#include "image/media_check.h"
#include "image/usb.h"
#include "store/plans.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE_MS 1800000000000 /* later than the sample revisions */

static struct error err;
static struct store *store;
static char iso_path[96], usb_path[96];

static void add(const char *name, const char *content, bool is_sdi, bool replace)
{
	struct image_file files[2];
	struct image_record record;
	assert_ok(scratch_image(store, name, content, files, &record, &err));
	(void)snprintf(files[0].name, sizeof(files[0].name), "bootx64.efi");
	record.created_ms = MADE_MS - 1000;
	if (is_sdi) {
		record.is_sdi = true;
		record.boot_index = 0;
		record.ramdisk_offset = 4;
		record.ramdisk_length = 8;
	}
	assert_ok(store_image_add(store, &record, replace, &err));
}

static void add_image(const char *name, const char *content, bool replace)
{
	add(name, content, false, replace);
}

static void add_sdi(const char *name, const char *content)
{
	add(name, content, true, true);
}

static void add_revision(bool is_own)
{
	struct revision_record revision;
	struct image_record image;
	assert_ok(store_image_get(store, "pe", &image, &err));
	assert_ok(sample_revision(store, "pe", image.last_revision, 1, &revision, &err));
	revision.is_own = is_own;
	assert_ok(store_revision_add(store, &revision, image.revision, &err));
	revision_record_clear(&revision);
	image_record_clear(&image);
}

static void setup(void)
{
	(void)snprintf(iso_path, sizeof(iso_path), "%s/medium.iso", scratch_make());
	(void)snprintf(usb_path, sizeof(usb_path), "%s/medium.img", scratch_directory);
	assert_ok(store_open(scratch_directory, STORE_CREATE, &store, &err));
	add_image("pe", "the base", false);
	add_revision(false);
}

static void teardown(void)
{
	store = store_close(store);
	scratch_remove();
}

/* The ISO and the disk image of a revision (0: the newest). */
static void make_media(uint32_t number, const struct plan_record *plan, int64_t made_ms)
{
	CLEANUP(image_record_clear) struct image_record image = {0};
	CLEANUP(revision_record_clear) struct revision_record revision = {0};
	CLEANUP(medium_clear) struct medium medium = {0};
	CLEANUP(view_unrefp) struct view *iso = NULL;
	CLEANUP(view_unrefp) struct view *usb = NULL;
	enum export_method method;
	assert_ok(store_image_get(store, "pe", &image, &err));
	assert_ok(store_revision_get(store, "pe", number, &revision, &err));
	assert_ok(medium_make(store, &image, &revision, plan, made_ms, &medium, &err));
	const struct iso_request iso_request = {.medium = &medium, .now_ms = made_ms};
	assert_ok(iso_build(&iso_request, &iso, &err));
	assert_ok(view_export(iso, iso_path, true, NULL, &method, &err));
	const struct usb_request usb_request = {
		.medium = &medium, .scheme = PARTITION_GPT, .now_ms = made_ms};
	assert_ok(usb_build(&usb_request, &usb, &err));
	assert_ok(view_export(usb, usb_path, true, NULL, &method, &err));
}

static void assert_verdict(enum medium_age age, const char *says)
{
	const char *const paths[] = {iso_path, usb_path};
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(medium_reading_closep) struct medium_reading *reading = NULL;
		struct medium_verdict verdict;
		assert_ok(medium_reading_open(paths[i], &reading, &err));
		assert_string_equal(medium_reading_kind(reading), i == 0 ? "iso" : "usb");
		assert_ok(medium_judge(store, reading, paths[i], &verdict, &err));
		if (strstr(verdict.reason, says) == NULL || verdict.age != age)
			fail_msg("%d: '%s', not '%s'", verdict.age, verdict.reason, says);
	}
}

static void a_newer_revision_makes_it_stale(void **state)
{
	(void)state;
	setup();
	make_media(0, NULL, MADE_MS);
	assert_verdict(MEDIUM_FRESH, "");
	add_revision(true); /* somebody's own is not the image's newest */
	assert_verdict(MEDIUM_FRESH, "");
	add_revision(false);
	assert_verdict(MEDIUM_STALE,
		"made from pe@2; the newest is pe@4: make it anew with `pewter media ");
	make_media(1, NULL, MADE_MS);
	assert_verdict(MEDIUM_STALE, "made from pe@1; the newest is pe@4");
	make_media(3, NULL, MADE_MS);
	assert_verdict(MEDIUM_FRESH, "");
	make_media(0, NULL, MADE_MS);
	assert_verdict(MEDIUM_FRESH, "");
	teardown();
}

static void what_was_cut_short_is_told(void **state)
{
	(void)state;
	setup();
	make_media(0, NULL, MADE_MS);
	const char *const paths[] = {iso_path, usb_path};
	for (size_t i = 0; i < 2; i++) {
		struct medium_reading *reading = NULL;
		struct stat status;
		assert_ok(stat(paths[i], &status));
		for (off_t size = status.st_size - 1; size > 40000; size = size * 3 / 4) {
			assert_ok(truncate(paths[i], size));
			assert_int_equal(medium_reading_open(paths[i], &reading, &err), -EIO);
			assert_non_null(strstr(err.text, "it was cut short"));
			assert_non_null(strstr(err.text, paths[i]));
		}
	}
	teardown();
}

static void the_sentence_says_the_whole_command(void **state)
{
	(void)state;
	CLEANUP(medium_reading_closep) struct medium_reading *reading = NULL;
	struct medium_verdict verdict;
	setup();
	make_media(1, NULL, MADE_MS);
	assert_ok(medium_reading_open(usb_path, &reading, &err));
	assert_ok(medium_judge(store, reading, "/dev/sdx", &verdict, &err));
	assert_string_equal(verdict.reason,
		"made from pe@1; the newest is pe@2: make it anew with `pewter media usb pe -o "
		"/dev/sdx`");
	assert_int_equal(verdict.newest, 2);
	assert_ok(medium_judge(store, reading, "x.img", &verdict, &err));
	assert_string_equal(verdict.reason,
		"made from pe@1; the newest is pe@2: make it anew with `pewter media usb pe -o "
		"x.img --replace`");
	teardown();
}

static void an_image_that_is_gone_or_another(void **state)
{
	(void)state;
	setup();
	make_media(0, NULL, MADE_MS);
	assert_ok(store_image_remove(store, "pe", &err));
	assert_verdict(MEDIUM_STALE, "has no image of that name");
	add_image("pe", "another base", false);
	assert_verdict(MEDIUM_STALE, "another base: pe was imported anew since");
	add_image("pe", "the base", true);
	assert_verdict(
		MEDIUM_STALE, "another pe@2, which this state does not have; the newest is pe@1");
	teardown();
}

/* That of one machine alone goes when the machine is prepared anew: its number was given here. */
static void a_revision_that_was_removed(void **state)
{
	(void)state;
	setup();
	add_revision(true);
	make_media(3, NULL, MADE_MS);
	assert_verdict(MEDIUM_FRESH, "");
	assert_ok(store_revision_remove(store, "pe", 3, &err));
	assert_verdict(MEDIUM_STALE,
		"made from pe@3, which was removed since; the newest is pe@2: make it anew");
	teardown();
}

/* Imported anew from the same base, and changed as often as before: another revision 2. */
static void another_revision_of_the_same_number(void **state)
{
	(void)state;
	setup();
	make_media(0, NULL, 1600000000000);
	assert_verdict(MEDIUM_STALE, "another pe@2, which this state does not have");
	teardown();
}

static void put_plan(struct plan_record *plan, uint32_t revision, const char *id)
{
	plan->revision = revision;
	(void)snprintf(plan->id, sizeof(plan->id), "%s", id);
	assert_ok(store_plan_put(store, plan, &err));
}

static void a_plan_counts_more_than_the_newest(void **state)
{
	(void)state;
	setup();
	struct client_record client = {.mac = {2, 0, 0, 0, 0, 1}, .state = "approved"};
	(void)text_copy(client.name, sizeof(client.name), "desk-7");
	assert_ok(store_client_put(store, &client, &err));
	struct plan_record plan = {.client = client.id, .made_ms = 1};
	(void)text_copy(plan.client_name, sizeof(plan.client_name), "desk-7");
	(void)text_copy(plan.image, sizeof(plan.image), "pe");
	(void)text_copy(plan.classes, sizeof(plan.classes), "Net");
	put_plan(&plan, 2, "00000000000000aa");
	make_media(2, &plan, MADE_MS);
	assert_verdict(MEDIUM_FRESH, "");
	add_revision(false);
	assert_verdict(MEDIUM_FRESH, "");
	put_plan(&plan, 2, "00000000000000bb"); /* prepared anew, and nothing came of it */
	assert_verdict(MEDIUM_FRESH, "");
	put_plan(&plan, 3, "00000000000000cc");
	assert_verdict(MEDIUM_STALE,
		"made from pe@2 for desk-7, whose plan has become pe@3: make it anew");
	assert_verdict(MEDIUM_STALE, "--client desk-7");
	assert_ok(store_client_remove(store, client.id, &err));
	assert_verdict(MEDIUM_STALE, "for desk-7, which has no plan any more");
	teardown();
}

static int compare(const char *path, struct medium_content *ret_content)
{
	CLEANUP(medium_reading_closep) struct medium_reading *reading = NULL;
	assert_ok(medium_reading_open(path, &reading, &err));
	return medium_compare(store, reading, NULL, ret_content, &err);
}

/* Makes the first byte of what stands once on the medium another. */
static void damage(const char *path, const char *text, size_t n_text)
{
	FILE *file = fopen(path, "r+b");
	CLEANUP(memory_freep) char *bytes = malloc(128U << 20);
	assert_true(file != NULL && bytes != NULL);
	size_t n = fread(bytes, 1, 128U << 20, file);
	const char *found = memmem(bytes, n, text, n_text);
	assert_non_null(found);
	assert_int_equal(fseek(file, found - bytes, SEEK_SET), 0);
	assert_int_equal(fputc('!', file), '!');
	assert_int_equal(fclose(file), 0);
}

static void assert_compared(const char *system_path, const char *text, size_t n_text)
{
	const char *const paths[] = {iso_path, usb_path};
	struct medium_content content;
	for (size_t i = 0; i < 2; i++) {
		assert_ok(compare(paths[i], &content));
		assert_true(content.is_same);
		assert_string_equal(content.path, system_path);
		damage(paths[i], text, n_text);
		assert_ok(compare(paths[i], &content));
		assert_false(content.is_same);
	}
}

static void the_content_is_compared(void **state)
{
	(void)state;
	struct medium_content content;
	setup();
	make_media(0, NULL, MADE_MS);
	assert_compared("sources/boot.wim", "layer of pe@2", 13);
	add_sdi("pe", "imported anew, and from an SDI");
	make_media(0, NULL, MADE_MS);
	add_image("pe", "the base", true);
	assert_int_equal(compare(iso_path, &content), -ENOENT);
	assert_ok(store_image_remove(store, "pe", &err));
	assert_int_equal(compare(iso_path, &content), -ENOENT);
	teardown();
}

static void that_of_an_sdi_too(void **state)
{
	(void)state;
	setup();
	add_sdi("pe", "an SDI that holds the system");
	make_media(0, NULL, MADE_MS);
	assert_verdict(MEDIUM_FRESH, "");
	/* The boot files of the sample begin in the same way: with zeros behind it, it is the SDI.
	 */
	assert_compared("boot/image.sdi", "holds the system", sizeof("holds the system"));
	teardown();
}

static void what_is_no_medium_of_ours(void **state)
{
	(void)state;
	struct medium_reading *reading = NULL;
	setup();
	static const struct {
		const char *path;
		int rc;
		const char *says;
	} rows[] = {
		{"/dev/null", -EMEDIUMTYPE, "neither a file nor a drive"},
		{"/proc/self/exe", -EMEDIUMTYPE,
			"neither an ISO 9660 nor a disk with a FAT volume"},
		{"/", -EMEDIUMTYPE, "neither a file nor a drive"},
		{"/nowhere/x.iso", -ENOENT, "/nowhere/x.iso: No such file"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(medium_reading_open(rows[i].path, &reading, &err), rows[i].rc);
		assert_non_null(strstr(err.text, rows[i].says));
	}
	teardown();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newer_revision_makes_it_stale),
		cmocka_unit_test(what_was_cut_short_is_told),
		cmocka_unit_test(the_sentence_says_the_whole_command),
		cmocka_unit_test(an_image_that_is_gone_or_another),
		cmocka_unit_test(a_revision_that_was_removed),
		cmocka_unit_test(another_revision_of_the_same_number),
		cmocka_unit_test(a_plan_counts_more_than_the_newest),
		cmocka_unit_test(the_content_is_compared),
		cmocka_unit_test(that_of_an_sdi_too),
		cmocka_unit_test(what_is_no_medium_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
