/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/device_words.h"

#include "cli/table.h"
#include "cli/words.h"
#include "device/kind.h"

static json_t *ids_json(char *const *ids, size_t n)
{
	json_t *array = json_array();
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, json_text(ids[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

json_t *device_json(const struct device *device)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "hardware_ids",
		ids_json(device->hardware_ids, device->n_hardware_ids), "compatible_ids",
		ids_json(device->compatible_ids, device->n_compatible_ids), "class",
		json_text(device->class), "name", json_text(device->name), "location",
		json_text(device->location));
}

json_t *devices_json(const struct device_list *devices)
{
	json_t *array = json_array();
	for (size_t i = 0; i < devices->n; i++) {
		if (json_array_append_new(array, device_json(&devices->devices[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

int devices_print(const struct device_list *devices, bool (*wanted)(const struct device *device))
{
	CLEANUP(table_free)
	struct table table = table_with(3, (const char *const[]){"CLASS", "DEVICE", "ID"});
	for (size_t i = 0; i < devices->n; i++) {
		const struct device *device = &devices->devices[i];
		if (wanted(device))
			table_add(&table, device->class, device->name, device_best_id(device));
	}
	return table_print(&table, stdout);
}
