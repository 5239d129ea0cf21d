/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store holds, as the decision sees it. */
#include "../unit.h"

#include "device/pci.h"
#include "server/catalogue.h"
#include "store/devices.h"
#include "store/plans.h"

#include "../store/revision_samples.h"

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

/* pe11@2 drives 8086:0001, @3 drives 8086:0002; lab-7 has a plan for @2. */
static struct store *open_with_plan(int64_t *ret_client)
{
	static const struct pci_function functions[] = {
		{.vendor = 0x8086, .device = 1, .has_class = true, .base_class = 2},
		{.vendor = 0x8086, .device = 1, .has_class = true, .base_class = 2},
		{.vendor = 0x15b3, .device = 0x1017, .has_class = true, .base_class = 2},
		{.vendor = 0x8086,
			.device = 9,
			.has_class = true,
			.base_class = 2,
			.sub_class = 0x80},
		{.vendor = 0x8086, .device = 8, .has_class = true, .base_class = 1, .sub_class = 6},
	};
	struct error err = ERROR_NULL;
	struct store *store;
	struct revision_record revision;
	struct device_list devices = {.devices = NULL};
	struct client_record client = {
		.mac = {2, 0, 0, 0, 0, 7}, .state = "approved", .name = "lab-7"};
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	add_image(store, "old", "bootx64.efi", "boot.stl");
	add_image(store, "pe11", "bootx64.efi", "boot.stl");
	for (unsigned i = 1; i <= 3; i++) {
		assert_ok(sample_revision(store, "pe11", i, 1, &revision, &err));
		assert_ok(store_revision_add(store, &revision, i, &err));
		revision_record_clear(&revision);
	}
	struct nic_id inbox[] = {{0x8086, 0x100e, true}, {0x8086, 0x1533, false}};
	assert_ok(store_image_inbox_nics_put(
		store, "pe11", &(struct nic_set){inbox, ARRAY_SIZE(inbox)}, &err));
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		assert_int_equal(pci_device(&functions[i], device_list_add(&devices)), 0);
	assert_ok(store_client_put(store, &client, &err));
	assert_ok(store_client_devices_put(store, client.id, &devices, &err));
	device_list_clear(&devices);
	struct plan_device planned[] = {
		{.hardware_id = "PCI\\VEN_8086&DEV_0001",
			.class = "Net",
			.is_covered = true,
			.by = "package"},
		{.hardware_id = "PCI\\VEN_15B3&DEV_1017", .class = "Net"},
	};
	struct plan_record plan = {.id = "0123456789abcdef",
		.client = client.id,
		.client_name = "lab-7",
		.image = "pe11",
		.revision = 2,
		.classes = "Net",
		.n_uncovered_nics = 1,
		.devices = planned,
		.n_devices = ARRAY_SIZE(planned)};
	assert_ok(store_plan_put(store, &plan, &err));
	*ret_client = client.id;
	return store;
}

static void knows_what_is_driven(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	int64_t id;
	struct catalogue *c;
	struct store *store = open_with_plan(&id);
	assert_ok(catalogue_load(store, &c, &err));
	const struct boot_image *images = catalogue_images(c)->images;
	assert_false(images[0].knows_inbox); /* nobody has asked */
	assert_int_equal(images[0].n_revisions, 1);
	assert_int_equal(images[0].revisions[0].nics.n, 0);
	assert_true(images[1].knows_inbox);
	assert_int_equal(images[1].inbox.n, 2);
	assert_int_equal(images[1].inbox.ids[1].device, 0x1533);
	assert_false(images[1].inbox.ids[1].any_board);
	/* The newest and the planned one; @1 and @3 are nobody's. */
	assert_int_equal(images[1].revision, 4);
	assert_int_equal(images[1].n_revisions, 2);
	assert_int_equal(images[1].revisions[0].revision, 2);
	assert_int_equal(images[1].revisions[0].nics.ids[0].device, 1);
	assert_int_equal(images[1].revisions[1].revision, 4);
	assert_int_equal(images[1].revisions[1].nics.ids[0].device, 3);
	c = catalogue_free(c);
	store = store_close(store);
	scratch_remove();
}

static void follows_plans(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct boot_client client;
	struct client_record record;
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};
	int64_t id;
	struct store *store = open_with_plan(&id);
	assert_ok(catalogue_client(store, mac, NULL, &client, &err));
	assert_string_equal(client.image, "pe11");
	assert_int_equal(client.revision, 2);
	assert_string_equal(client.old_plan_image, "");
	/* Two ports of one card are one; no Wi-Fi, no disks. */
	assert_int_equal(client.n_cards, 2);
	assert_int_equal(client.cards[0].vendor, 0x8086);
	assert_int_equal(client.cards[0].device, 1);
	assert_true(client.cards[0].is_pci && client.cards[0].is_planned);
	assert_true(client.cards[0].is_covered);
	assert_int_equal(client.cards[0].by, BOOT_DRIVER_PACKAGE);
	assert_string_equal(client.cards[1].id, "PCI\\VEN_15B3&DEV_1017");
	assert_true(client.cards[1].is_planned);
	assert_false(client.cards[1].is_covered);

	/* Another image was chosen: the plan's words are not about that one. */
	assert_ok(store_client_find(store, mac, NULL, &record, &err));
	(void)snprintf(record.image, sizeof(record.image), "old");
	assert_ok(store_client_put(store, &record, &err));
	assert_ok(catalogue_client(store, mac, NULL, &client, &err));
	assert_string_equal(client.image, "old");
	assert_int_equal(client.revision, 0);
	assert_string_equal(client.old_plan_image, "pe11");
	assert_int_equal(client.n_cards, 2);
	assert_false(client.cards[0].is_planned);

	/* A plan goes with its image. */
	assert_ok(store_image_remove(store, "pe11", &err));
	assert_ok(catalogue_client(store, mac, NULL, &client, &err));
	assert_string_equal(client.old_plan_image, "");
	assert_int_equal(client.n_cards, 2);
	store = store_close(store);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_loaders),
		cmocka_unit_test(knows_clients),
		cmocka_unit_test(knows_what_is_driven),
		cmocka_unit_test(follows_plans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
