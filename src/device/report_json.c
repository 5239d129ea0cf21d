/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Win32_PnPEntity as JSON: Get-CimInstance Win32_PnPEntity | ConvertTo-Json, or the same of
 * Get-PnpDevice. One object or a list, perhaps as a member of an object around it.
 */
#include "device/report_formats.h"

#include "adapter/json.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define IDS_TEXT_MAX ((size_t)LIMIT_DEVICE_IDS * (LIMIT_HARDWARE_ID_BYTES + 1))

struct object {
	struct span values[PNP_N_PROPERTIES];
	unsigned preferences[PNP_N_PROPERTIES];
	struct buffer lists[PNP_N_PROPERTIES]; /* of what came as an array, one id on each line */
};

struct json_reader {
	struct device_report *report;
	struct error *err;
	size_t n_objects; /* that are a device */
};

static void object_clear(struct object *object)
{
	for (size_t i = 0; i < PNP_N_PROPERTIES; i++)
		buffer_free(&object->lists[i]);
}

static struct span text_of(const struct json_node *node)
{
	struct span text;
	text.at = json_node_text(node, &text.n);
	return text;
}

static int add_text(const struct json_node *node, struct buffer *list)
{
	if (json_node_kind(node) != JSON_NODE_TEXT)
		return 0;
	struct span text = text_of(node);
	int rc = buffer_add(list, text.at, text.n);
	if (rc == 0)
		rc = buffer_add_text(list, "\n");
	return rc == -EFBIG ? 0 : rc; /* more ids than a device may have */
}

static int add_array(const struct json_node *array, struct buffer *list)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < json_node_size(array); i++)
		rc = add_text(json_node_at(array, i), list);
	return rc;
}

/* PowerShell 5.1 may write an array as {"value": [...], "Count": 4}. */
static int find_value(void *context, const char *key, const struct json_node *value)
{
	return strcmp(key, "value") == 0 && json_node_kind(value) == JSON_NODE_ARRAY
		       ? add_array(value, context)
		       : 0;
}

static int take_list(const struct json_node *node, struct buffer *list)
{
	buffer_free(list);
	*list = buffer_with_max(IDS_TEXT_MAX);
	return json_node_kind(node) == JSON_NODE_ARRAY ? add_array(node, list)
						       : json_node_members(node, find_value, list);
}

static int take_member(void *context, const char *key, const struct json_node *value)
{
	struct object *object = context;
	unsigned preference;
	enum json_node_kind kind = json_node_kind(value);
	enum pnp_property property = pnp_property_of((struct span){key, strlen(key)}, &preference);
	if (property == PNP_N_PROPERTIES || kind == JSON_NODE_OTHER ||
		(object->values[property].n > 0 && object->preferences[property] < preference))
		return 0;
	struct span text = {0};
	if (kind == JSON_NODE_TEXT) {
		text = text_of(value);
	} else {
		int rc = take_list(value, &object->lists[property]);
		if (rc < 0)
			return rc;
		text = (struct span){
			(const char *)object->lists[property].bytes, object->lists[property].size};
	}
	object->values[property] = text;
	object->preferences[property] = preference;
	return 0;
}

static bool is_device(const struct object *object)
{
	return object->values[PNP_INSTANCE].n > 0 || object->values[PNP_HARDWARE_IDS].n > 0;
}

static int read_object(struct json_reader *reader, const struct json_node *node)
{
	CLEANUP(object_clear) struct object object = {0};
	int rc = json_node_members(node, take_member, &object);
	if (rc < 0 || !is_device(&object))
		return rc;
	reader->n_objects++;
	if (reader->report->machine[0] == 0)
		span_copy(object.values[PNP_MACHINE], reader->report->machine,
			sizeof(reader->report->machine));
	return report_add_pnp(reader->report,
		&(struct pnp_entry){
			.instance = object.values[PNP_INSTANCE],
			.name = object.values[PNP_NAME],
			.class = object.values[PNP_CLASS],
			.class_guid = object.values[PNP_CLASS_GUID],
			.hardware_ids = object.values[PNP_HARDWARE_IDS],
			.compatible_ids = object.values[PNP_COMPATIBLE_IDS],
		},
		reader->err);
}

static int read_array(struct json_reader *reader, const struct json_node *array)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < json_node_size(array); i++)
		if (json_node_kind(json_node_at(array, i)) == JSON_NODE_OBJECT)
			rc = read_object(reader, json_node_at(array, i));
	return rc;
}

static int read_member(void *context, const char *key, const struct json_node *value)
{
	(void)key;
	return json_node_kind(value) == JSON_NODE_ARRAY ? read_array(context, value) : 0;
}

static int read_root(struct json_reader *reader, const struct json_node *root)
{
	if (json_node_kind(root) == JSON_NODE_ARRAY)
		return read_array(reader, root);
	if (json_node_kind(root) != JSON_NODE_OBJECT)
		return 0;
	int rc = read_object(reader, root);
	if (rc < 0 || reader->n_objects > 0)
		return rc;
	return json_node_members(root, read_member, reader);
}

static bool looks_like_json(struct span head)
{
	head = span_trim(head);
	return head.n > 0 && (head.at[0] == '{' || head.at[0] == '[');
}

static int read_json(struct span text, struct device_report *report, struct error *err)
{
	CLEANUP(json_tree_freep) struct json_tree *tree = NULL;
	struct json_reader reader = {.report = report, .err = err};
	int rc = json_tree_parse(text.at, text.n, &tree, err);
	if (rc < 0)
		return rc;
	rc = read_root(&reader, json_tree_root(tree));
	if (rc == 0 && reader.n_objects == 0)
		return error_set(err, -EINVAL,
			"no object in it has a PNPDeviceID, InstanceId or HardwareID; write it "
			"with "
			"`Get-CimInstance Win32_PnPEntity | ConvertTo-Json`");
	return rc;
}

const struct device_format pnp_json_format = {
	.source = DEVICES_PNP_JSON,
	.name = "Win32_PnPEntity as JSON",
	.recognise = looks_like_json,
	.read = read_json,
};
