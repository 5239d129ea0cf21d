/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a machine gets, and what is written about it. */
#include "../unit.h"

#include "base/text.h"
#include "boot_world.h"

#include <errno.h>

static void a_boot_from_discover_to_verdict(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	char path[LIMIT_PATH_BYTES], kinds[400];
	int64_t now_ms = begin_ms;
	const struct pxe_offer *offer = discover(f, mac_one, now_ms, false);
	assert_non_null(offer);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_non_null(strstr(offer->file, boot->record.id));
	assert_ptr_equal(boots_by_id(f->boots, boot->record.id), boot);
	boots_set_address(f->boots, boot, CLIENT);

	in_boot(f, "bootx64.efi", path);
	assert_int_equal(ask_once(f, path, CLIENT), 0);
	assert_false(boot->facts.loaded_file); /* asked for its size only */
	fetch(f, path, CLIENT);
	assert_true(boot->facts.loaded_file);
	assert_int_equal(ask_once(f, "\\BCD", CLIENT), -ENOENT);
	fetch(f, "\\Boot\\BCD", CLIENT);
	fetch(f, "\\boot\\FONTS\\wgl4_boot.ttf", CLIENT);
	in_boot(f, "boot.sdi", path);
	fetch(f, path, CLIENT);
	in_boot(f, "boot.wim", path);
	assert_false(boot->facts.image_delivered);
	fetch(f, path, CLIENT);
	assert_true(boot->facts.image_delivered);
	in_boot(f, "report?verdict=booted&detail=fine", path);
	assert_int_equal(ask_once(f, path, CLIENT), 0);

	kinds_of(f, boot->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision file done file done absent file done file "
				   "done file done file done report verdict ");
	struct boot_record record;
	assert_ok(store_boot_get(f->store, boot->record.id, &record, &err));
	assert_string_equal(record.verdict, "booted");
	assert_string_equal(record.image, "sample");
	assert_int_equal(record.address, CLIENT);
}

static void one_image_is_one_open_file(void **state)
{
	struct fixture *f = *state;
	struct file_answer one, two;
	assert_int_equal(ask(f, FILE_TFTP, "bootx64.efi", CLIENT, &one), 0);
	assert_int_equal(ask(f, FILE_HTTP, "/EFI/Boot/bootx64.efi", CLIENT + 1, &two), 0);
	assert_ptr_equal(one.view, two.view);
	assert_string_equal(two.content_type, "application/efi");
	assert_int_not_equal(one.transfer, two.transfer);
	end(f, &one, FILE_END_ABORTED);
	end(f, &two, FILE_END_DONE);
	assert_int_equal(files_counters(f->files)->n_delivered, 1);
}

static void an_unknown_address_is_decided_about(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(ask_once(f, "\\Boot\\BCD", CLIENT), 0);
	struct boot *boot = boots_by_address(f->boots, CLIENT);
	assert_non_null(boot);
	assert_string_equal(boot->record.client, "10.77.0.100");
	/* it goes on as the same boot */
	assert_int_equal(ask_once(f, "\\sources\\boot.wim", CLIENT), 0);
	assert_int_equal(boots_count(f->boots), 1);
}

static void what_is_not_there_begins_nothing(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *path;
		int rc;
	} cases[] = {
		{"/etc/passwd", -ENOENT},
		{"\\EFI\\Microsoft\\Boot\\SiPolicy.p7b", -ENOENT},
		{"/b/aaaaaaaaaaaa/boot.wim", -ENOENT},
		{"/b/aaaaaaaaaaaa/report?verdict=booted", -ENOENT},
		{"/report?verdict=booted", -ENOENT},
		{"../pewter.db", -EINVAL},
		{"b/../../x", -EINVAL},
		{"", -EINVAL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(ask_once(f, cases[i].path, CLIENT), cases[i].rc);
	assert_int_equal(boots_count(f->boots), 0);
}

static void held_machines_get_no_files(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct client_record client;
	f->guide.policy.unknown = BOOT_UNKNOWN_HOLD;
	assert_null(discover(f, mac_one, begin_ms, false));
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_HELD);
	boots_set_address(f->boots, boot, CLIENT);
	assert_int_equal(ask_once(f, "bootx64.efi", CLIENT), -EACCES);
	assert_int_equal(ask_once(f, "bootx64.efi", CLIENT + 1), -EACCES);

	assert_ok(store_client_find(f->store, mac_one, NULL, &client, &err));
	assert_string_equal(client.state, "held");
	(void)snprintf(client.state, sizeof(client.state), "approved");
	assert_ok(store_client_put(f->store, &client, &err));
	assert_non_null(discover(f, mac_one, begin_ms + 10 * SECOND, false));
	assert_ptr_equal(boots_by_mac(f->boots, mac_one), boot);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_RUNNING);
	assert_int_equal(ask_once(f, "bootx64.efi", CLIENT), 0);
}

/* However many strangers ask for one: the memory stays bounded, and whose BCD was dropped gets the
 * same bytes again. */
static void bcds_in_memory_have_a_limit(void **state)
{
	struct fixture *f = *state;
	struct file_answer answer;
	char path[LIMIT_PATH_BYTES], first_path[LIMIT_PATH_BYTES];
	uint8_t first[20000], again[20000];
	size_t n_first = 0;
	for (int i = 0; i < LIMIT_BOOTS_MADE + 10; i++) {
		const uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
		(void)discover(f, mac, begin_ms + i * 100, false);
		tree_path(boots_by_mac(f->boots, mac)->record.id, "BCD", '\\', path);
		assert_int_equal(ask(f, FILE_TFTP, path, CLIENT, &answer), 0);
		if (i == 0) {
			(void)text_copy(first_path, sizeof(first_path), path);
			n_first = (size_t)view_size(answer.view);
			assert_true(n_first > 0 && n_first <= sizeof(first));
			assert_int_equal(view_read(answer.view, 0, first, n_first), 0);
		}
		end(f, &answer, FILE_END_DONE);
		assert_true(boots_n_made(f->boots) <= LIMIT_BOOTS_MADE);
	}
	assert_int_equal(ask(f, FILE_TFTP, first_path, CLIENT, &answer), 0);
	assert_int_equal(view_size(answer.view), n_first);
	assert_int_equal(view_read(answer.view, 0, again, n_first), 0);
	assert_memory_equal(first, again, n_first);
	end(f, &answer, FILE_END_DONE);
}

static void an_image_that_goes_is_no_crash(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	bool changed;
	char path[LIMIT_PATH_BYTES];
	(void)discover(f, mac_one, begin_ms, false);
	in_boot(f, "boot.wim", path);
	assert_ok(store_image_remove(f->store, "sample", &err));
	assert_ok(guide_reload(&f->guide, true, &changed, &err));
	assert_int_equal(ask_once(f, path, CLIENT), -ENOENT);
	assert_null(discover(f, mac_one, begin_ms + SECOND, false));
}

/* What a client gets at the path, as text. */
static void read_wim(
	struct fixture *f, enum file_transport transport, const char *path, char text[static 400])
{
	struct file_answer answer;
	assert_int_equal(ask(f, transport, path, CLIENT, &answer), 0);
	memset(text, 0, 400);
	assert_true(view_size(answer.view) < 400);
	assert_int_equal(view_read(answer.view, 0, text, (size_t)view_size(answer.view)), 0);
	end(f, &answer, FILE_END_DONE);
}

static void a_boot_gets_the_revision_that_was_decided(void **state)
{
	struct fixture *f = *state;
	char path[LIMIT_PATH_BYTES], second[LIMIT_PATH_BYTES], text[400];
	const char *layered = "layer of sample@2 with 2 packages from 1he whole image"
			      "resources of package 1resources of package 2";
	(void)discover(f, mac_one, begin_ms, false);
	assert_int_equal(boots_by_mac(f->boots, mac_one)->record.revision, 1);
	in_boot(f, "boot.wim", path);

	/* News are looked for with each decision, and a boot under way keeps what it began with. */
	add_revision(f, 1, 2);
	static const uint8_t mac_two[6] = {0x52, 0x54, 0, 0, 0, 2};
	(void)discover(f, mac_two, begin_ms + SECOND, false);
	const struct boot *boot = boots_by_mac(f->boots, mac_two);
	assert_int_equal(boot->record.revision, 2);
	tree_path(boot->record.id, "boot.wim", '/', second);
	read_wim(f, FILE_TFTP, path, text);
	assert_string_equal(text, WIM);
	read_wim(f, FILE_TFTP, second, text);
	assert_string_equal(text, layered);
	read_wim(f, FILE_HTTP, second, text);
	assert_string_equal(text, layered);

	/* A transfer under way reads what it began to read, whatever becomes of its revision. */
	struct error err = ERROR_NULL;
	struct file_answer answer;
	bool changed;
	size_t n;
	assert_int_equal(ask(f, FILE_TFTP, second, CLIENT, &answer), 0);
	assert_ok(store_image_remove(f->store, "sample", &err));
	assert_ok(store_blob_sweep(f->store, &n, &err));
	assert_true(n > 0);
	assert_ok(guide_reload(&f->guide, true, &changed, &err));
	view_cache_refresh(f->cache);
	assert_int_equal(view_cache_count(f->cache), 0);
	memset(text, 0, sizeof(text));
	assert_int_equal(view_read(answer.view, 0, text, (size_t)view_size(answer.view)), 0);
	assert_string_equal(text, layered);
	end(f, &answer, FILE_END_DONE);
}

static void a_blob_that_is_gone_is_an_error_with_its_place(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct image_record image;
	struct revision_record record;
	struct view *view;
	char path[LIMIT_PATH_BYTES], blob[256];
	add_revision(f, 1, 3);
	assert_ok(store_revision_get(f->store, "sample", 0, &record, &err));
	const char *hash = record.blobs[2].sha256;
	(void)snprintf(blob, sizeof(blob), "%s/blobs/%.2s/%s", scratch_directory, hash, hash);
	assert_int_equal(unlink(blob), 0);
	revision_record_clear(&record);

	(void)discover(f, mac_one, begin_ms, false);
	in_boot(f, "boot.wim", path);
	uint64_t n_failed = files_counters(f->files)->n_failed;
	assert_int_equal(ask_once(f, path, CLIENT), -EIO);
	assert_int_equal(files_counters(f->files)->n_failed, n_failed + 1);
	assert_ok(store_image_get(f->store, "sample", &image, &err));
	assert_int_equal(view_cache_revision(f->cache, &image, 2, &view, &err), -EIO);
	assert_non_null(strstr(err.text, blob));
	/* A revision that is not there (any more), and one of another base. */
	assert_int_equal(view_cache_revision(f->cache, &image, 9, &view, &err), -ENOENT);
	memset(image.base.sha256, '0', SHA256_TEXT_BYTES - 1);
	assert_int_equal(view_cache_revision(f->cache, &image, 1, &view, &err), -ENOENT);
	image_record_clear(&image);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_boot_from_discover_to_verdict),
		IN_WORLD(one_image_is_one_open_file),
		IN_WORLD(an_unknown_address_is_decided_about),
		IN_WORLD(what_is_not_there_begins_nothing),
		IN_WORLD(held_machines_get_no_files),
		IN_WORLD(bcds_in_memory_have_a_limit),
		IN_WORLD(an_image_that_goes_is_no_crash),
		IN_WORLD(a_boot_gets_the_revision_that_was_decided),
		IN_WORLD(a_blob_that_is_gone_is_an_error_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
