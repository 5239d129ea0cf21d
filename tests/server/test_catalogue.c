/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store holds, as the decision sees it. */
#include "../unit.h"

#include "server/catalogue.h"

#include "../store/scratch.h"

static void add_image(struct store *store, const char *name, const char *file_a, const char *file_b)
{
	struct error err = ERROR_NULL;
	struct image_file files[2];
	struct image_record record;
	assert_ok(scratch_image(store, name, name, files, &record, &err));
	(void)snprintf(files[0].name, sizeof(files[0].name), "%s", file_a);
	(void)snprintf(files[1].name, sizeof(files[1].name), "%s", file_b);
	assert_ok(store_image_add(store, &record, false, &err));
}

static void knows_the_loaders(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct catalogue *c;
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_ok(catalogue_load(store, &c, &err));
	assert_int_equal(catalogue_images(c)->n_images, 0);
	assert_null(catalogue_record(c, "both"));
	c = catalogue_free(c);

	add_image(store, "both", "pxeboot.n12", "bootmgr.exe");
	add_image(
		store, "half", "pxeboot.n12", "wgl4_boot.ttf"); /* of no use without bootmgr.exe */
	add_image(store, "uefi", "bootx64.efi", "boot.stl");
	assert_ok(catalogue_load(store, &c, &err));
	const struct boot_catalogue *view = catalogue_images(c);
	assert_int_equal(view->n_images, 3);
	assert_string_equal(view->images[0].name, "both");
	assert_string_equal(view->images[0].arch, "amd64");
	assert_int_equal(view->images[0].revision, 1);
	assert_int_equal(view->images[0].loaders, 1U << BOOT_LOADER_PXEBOOT);
	assert_int_equal(view->images[1].loaders, 0);
	assert_int_equal(view->images[2].loaders, 1U << BOOT_LOADER_BOOTMGFW_X64);
	assert_string_equal(catalogue_record(c, "UEFI")->name, "uefi");
	c = catalogue_free(c);
	store = store_close(store);
	scratch_remove();
}

static void knows_clients(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum boot_client_state state;
	} states[] = {
		{"approved", BOOT_CLIENT_APPROVED},
		{"held", BOOT_CLIENT_HELD},
		{"refused", BOOT_CLIENT_REFUSED},
	};
	struct error err = ERROR_NULL;
	struct store *store;
	struct boot_client client;
	const uint8_t stranger[6] = {2, 0, 0, 0, 0, 9};
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	add_image(store, "uefi", "bootx64.efi", "boot.stl");
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct client_record record = {.mac = {2, 0, 0, 0, 0, (uint8_t)i}};
		(void)snprintf(record.state, sizeof(record.state), "%s", states[i].text);
		(void)snprintf(record.name, sizeof(record.name), "lab-%zu", i);
		(void)snprintf(record.image, sizeof(record.image), "uefi");
		assert_ok(store_client_put(store, &record, &err));
		assert_ok(catalogue_client(store, record.mac, NULL, &client, &err));
		assert_int_equal(client.state, states[i].state);
		assert_string_equal(client.name, record.name);
		assert_string_equal(client.image, "uefi");
	}
	assert_ok(catalogue_client(store, stranger, NULL, &client, &err));
	assert_int_equal(client.state, BOOT_CLIENT_UNKNOWN);
	assert_string_equal(client.image, "");
	assert_string_equal(err.text, "");
	store = store_close(store);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_loaders),
		cmocka_unit_test(knows_clients),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
