/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices: what is put for a client comes back in its order, and goes with the client. */
#include "../unit.h"

#include "store/devices.h"

#include "scratch.h"

#include <errno.h>

static void test_ids(void **state)
{
	(void)state;
	struct device device = {0};
	char id[LIMIT_HARDWARE_ID_BYTES + 2];
	assert_int_equal(device_add_hardware_id(&device, "pci\\ven_8086&dev_15f3"), 0);
	assert_int_equal(device_add_hardware_id(&device, "PCI\\VEN_8086&DEV_15F3"), 0);
	assert_int_equal(device_add_compatible_id(&device, "PCI\\VEN_8086&dev_15f3"), 0);
	assert_int_equal(device.n_hardware_ids, 1);
	assert_int_equal(device.n_compatible_ids, 0);
	assert_string_equal(device.hardware_ids[0], "PCI\\VEN_8086&DEV_15F3");

	assert_int_equal(device_add_hardware_id(&device, ""), -EINVAL);
	assert_int_equal(device_add_hardware_id(&device, "A B"), -EINVAL);
	assert_int_equal(device_add_hardware_id(&device, "A,B"), -EINVAL);
	assert_int_equal(device_add_hardware_id(&device, "A\nB"), -EINVAL);
	assert_int_equal(device_add_hardware_id(&device, "\xc3\xa4"), -EINVAL);
	memset(id, 'A', sizeof(id));
	id[LIMIT_HARDWARE_ID_BYTES + 1] = 0;
	assert_int_equal(device_add_hardware_id(&device, id), -ENAMETOOLONG);
	id[LIMIT_HARDWARE_ID_BYTES] = 0;
	assert_int_equal(device_add_hardware_id(&device, id), 0);
	for (int i = 2; i < LIMIT_DEVICE_IDS; i++) {
		(void)snprintf(id, sizeof(id), "X\\%d", i);
		assert_int_equal(device_add_hardware_id(&device, id), 0);
	}
	assert_int_equal(device_add_hardware_id(&device, "ONE_MORE"), -E2BIG);
	assert_int_equal(device_add_compatible_id(&device, "ONE_MORE"), 0);
	device_clear(&device);
	assert_int_equal(device.n_hardware_ids, 0);
}

static void fill(struct device_list *list, int n, const char *prefix)
{
	char text[64];
	for (int i = 0; i < n; i++) {
		struct device *device = device_list_add(list);
		assert_non_null(device);
		(void)snprintf(device->class, sizeof(device->class), "Net");
		(void)snprintf(device->name, sizeof(device->name), "%s ä %d", prefix, i);
		(void)snprintf(device->location, sizeof(device->location), "0000:00:%02x.0", i);
		for (int k = 0; k < i; k++) {
			(void)snprintf(text, sizeof(text), "%s\\%d&%d", prefix, i, k);
			assert_int_equal(device_add_hardware_id(device, text), 0);
			(void)snprintf(text, sizeof(text), "%s\\C%d", prefix, k);
			assert_int_equal(device_add_compatible_id(device, text), 0);
		}
	}
}

static void assert_same(const struct device_list *a, const struct device_list *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct device *x = &a->devices[i], *y = &b->devices[i];
		assert_string_equal(x->class, y->class);
		assert_string_equal(x->name, y->name);
		assert_string_equal(x->location, y->location);
		assert_int_equal(x->n_hardware_ids, y->n_hardware_ids);
		assert_int_equal(x->n_compatible_ids, y->n_compatible_ids);
		for (size_t k = 0; k < x->n_hardware_ids; k++)
			assert_string_equal(x->hardware_ids[k], y->hardware_ids[k]);
		for (size_t k = 0; k < x->n_compatible_ids; k++)
			assert_string_equal(x->compatible_ids[k], y->compatible_ids[k]);
	}
}

static void assert_owners(struct store *store, size_t n, int64_t client)
{
	struct error err = ERROR_NULL;
	int64_t *owners;
	size_t n_owners;
	assert_ok(store_client_devices_owners(store, &owners, &n_owners, &err));
	assert_int_equal(n_owners, n);
	if (n > 0)
		assert_int_equal(owners[0], client);
	free(owners);
}

static void test_store(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct client_record client = {.mac = {2, 0, 0, 0, 0, 1}, .state = "approved"};
	struct device_list first = {0}, second = {0}, found = {0};
	fill(&first, 12, "A");
	fill(&second, 3, "B");
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_int_equal(store_client_devices_put(store, 7, &first, &err), -ENOENT);
	assert_ok(store_client_put(store, &client, &err));
	assert_ok(store_client_devices_get(store, client.id, &found, &err));
	assert_int_equal(found.n, 0);
	assert_owners(store, 0, 0);

	assert_ok(store_client_devices_put(store, client.id, &first, &err));
	assert_owners(store, 1, client.id);
	assert_ok(store_client_devices_get(store, client.id, &found, &err));
	assert_same(&found, &first);
	device_list_clear(&found);

	/* A new report takes the place of the old one. */
	assert_ok(store_begin(store, &err));
	assert_ok(store_client_devices_put(store, client.id, &second, &err));
	assert_ok(store_commit(store, &err));
	assert_ok(store_client_devices_get(store, client.id, &found, &err));
	assert_same(&found, &second);
	device_list_clear(&found);

	/* The devices go with their client. */
	assert_ok(store_client_remove(store, client.id, &err));
	assert_ok(store_client_devices_get(store, client.id, &found, &err));
	assert_int_equal(found.n, 0);
	assert_owners(store, 0, 0);
	device_list_clear(&first);
	device_list_clear(&second);
	store_close(store);
	scratch_remove();
}

static void test_limit(void **state)
{
	(void)state;
	struct device_list list = {0};
	for (int i = 0; i < LIMIT_DEVICES; i++)
		assert_non_null(device_list_add(&list));
	assert_null(device_list_add(&list));
	assert_int_equal(list.n, LIMIT_DEVICES);
	device_list_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
