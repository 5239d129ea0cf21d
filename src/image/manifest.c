/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/manifest.h"

#include "adapter/json.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- writing ---- */

/* Members of an object: a comma before all but the first. */
struct members {
	struct buffer *out;
	bool has_any;
	int rc;
};

static void add_key(struct members *members, const char *key)
{
	if (members->rc == 0)
		members->rc = buffer_add_text(members->out, members->has_any ? ", \"" : "\"");
	if (members->rc == 0)
		members->rc = buffer_add_text(members->out, key);
	if (members->rc == 0)
		members->rc = buffer_add_text(members->out, "\": ");
	members->has_any = true;
}

static void add_text(struct members *members, const char *key, const char *text)
{
	add_key(members, key);
	if (members->rc == 0)
		members->rc = text == NULL ? buffer_add_text(members->out, "null")
					   : json_add_text(members->out, text);
}

static void add_number(struct members *members, const char *key, int64_t number)
{
	add_key(members, key);
	if (members->rc == 0)
		members->rc = buffer_printf(members->out, "%" PRId64, number);
}

static int write_package(const struct revision_package *package, struct buffer *out)
{
	struct members members = {.out = out, .rc = buffer_add_text(out, "{")};
	char date[16], version[32];
	(void)snprintf(date, sizeof(date), "%04u-%02u-%02u", package->date / 10000 % 10000,
		package->date / 100 % 100, package->date % 100);
	(void)snprintf(version, sizeof(version), "%u.%u.%u.%u", (unsigned)(package->version >> 48),
		(unsigned)(package->version >> 32 & 0xffff),
		(unsigned)(package->version >> 16 & 0xffff), (unsigned)(package->version & 0xffff));
	add_number(&members, "folder", package->number);
	add_text(&members, "inf", package->inf);
	add_text(&members, "id", package->id);
	add_text(&members, "class", package->class);
	add_text(&members, "provider", package->provider);
	add_text(&members, "date", package->date != 0 ? date : NULL);
	add_text(&members, "version", package->has_version ? version : NULL);
	return members.rc < 0 ? members.rc : buffer_add_text(out, "}");
}

static int write_files(const struct revision_files *files, struct buffer *out)
{
	struct members members = {.out = out, .rc = buffer_add_text(out, "{")};
	add_text(&members, "source", files->source);
	add_text(&members, "part", files->part);
	return members.rc < 0 ? members.rc : buffer_add_text(out, "}");
}

static int write_device(const struct plan_device *device, struct buffer *out)
{
	struct members members = {.out = out, .rc = buffer_add_text(out, "{")};
	add_text(&members, "hardware_id", device->hardware_id);
	add_text(&members, "class", device->class);
	add_key(&members, "covered");
	if (members.rc == 0)
		members.rc = buffer_add_text(out, device->is_covered ? "true" : "false");
	add_text(&members, "package", device->package[0] != 0 ? device->package : NULL);
	add_text(&members, "inf", device->inf[0] != 0 ? device->inf : NULL);
	add_text(&members, "reason", device->reason);
	return members.rc < 0 ? members.rc : buffer_add_text(out, "}");
}

/* One element a line, so that people and diff can read it. */
static int begin_list(struct buffer *out, const char *key)
{
	return buffer_printf(out, ",\n  \"%s\": [", key);
}

static int begin_element(struct buffer *out, size_t index)
{
	return buffer_add_text(out, index == 0 ? "\n    " : ",\n    ");
}

static int write_head(const struct revision_record *revision, const char *base_sha256,
	const struct plan_record *plan, struct buffer *out)
{
	char made[MOMENT_TEXT_BYTES];
	moment_format(revision->created_ms, made);
	struct members members = {.out = out, .rc = buffer_add_text(out, "{\"manifest\": {\n  ")};
	add_text(&members, "image", revision->image);
	add_number(&members, "revision", revision->revision);
	add_text(&members, "made", made);
	add_text(&members, "base", base_sha256);
	add_text(&members, "pewter", PEWTER_VERSION);
	if (plan != NULL && plan->id[0] != 0)
		add_text(&members, "plan", plan->id);
	if (plan != NULL)
		add_text(&members, "client", plan->client_name);
	return members.rc;
}

int manifest_write(const struct revision_record *revision, const char *base_sha256,
	const struct plan_record *plan, struct buffer *out)
{
	size_t n_devices = plan != NULL ? plan->n_devices : 0;
	int rc = write_head(revision, base_sha256, plan, out);
	if (rc == 0)
		rc = begin_list(out, "packages");
	for (size_t i = 0; rc == 0 && i < revision->n_packages; i++) {
		rc = begin_element(out, i);
		if (rc == 0)
			rc = write_package(&revision->packages[i], out);
	}
	if (rc == 0)
		rc = buffer_add_text(out, "]");
	if (rc == 0)
		rc = begin_list(out, "added_files");
	for (size_t i = 0; rc == 0 && i < revision->n_files; i++) {
		rc = begin_element(out, i);
		if (rc == 0)
			rc = write_files(&revision->files[i], out);
	}
	if (rc == 0)
		rc = buffer_add_text(out, "]");
	if (rc == 0)
		rc = begin_list(out, "devices");
	for (size_t i = 0; rc == 0 && i < n_devices; i++) {
		rc = begin_element(out, i);
		if (rc == 0)
			rc = write_device(&plan->devices[i], out);
	}
	return rc < 0 ? rc : buffer_add_text(out, "]\n}}\n");
}

/* ---- reading ---- */

void manifest_clear(struct manifest *manifest)
{
	free(manifest->packages);
	*manifest = (struct manifest){.packages = NULL};
}

static int take_package_member(void *context, const char *key, const struct json_node *value)
{
	struct revision_package *package = context;
	if (strcmp(key, "folder") == 0)
		return json_node_count(value, &package->number);
	if (strcmp(key, "id") == 0)
		return json_node_copy_text(value, package->id, sizeof(package->id));
	if (strcmp(key, "inf") == 0)
		return json_node_copy_text(value, package->inf, sizeof(package->inf));
	return 0;
}

static int take_packages(struct manifest *manifest, const struct json_node *list)
{
	if (json_node_kind(list) != JSON_NODE_ARRAY || manifest->packages != NULL)
		return -EINVAL;
	size_t n = json_node_size(list);
	manifest->packages = calloc(n + 1, sizeof(*manifest->packages));
	if (manifest->packages == NULL)
		return -ENOMEM;
	manifest->n_packages = n;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct revision_package *package = &manifest->packages[i];
		const struct json_node *node = json_node_at(list, i);
		rc = json_node_kind(node) == JSON_NODE_OBJECT
			     ? json_node_members(node, take_package_member, package)
			     : -EINVAL;
		if (rc == 0 && (package->number == 0 || package->id[0] == 0))
			rc = -EINVAL;
	}
	return rc;
}

static int take_member(void *context, const char *key, const struct json_node *value)
{
	struct manifest *manifest = context;
	if (strcmp(key, "image") == 0)
		return json_node_copy_text(value, manifest->image, sizeof(manifest->image));
	if (strcmp(key, "base") == 0)
		return json_node_copy_text(value, manifest->base, sizeof(manifest->base));
	if (strcmp(key, "revision") == 0)
		return json_node_count(value, &manifest->revision);
	if (strcmp(key, "packages") == 0)
		return take_packages(manifest, value);
	return 0;
}

static int take_manifest(void *context, const char *key, const struct json_node *value)
{
	if (strcmp(key, "manifest") != 0)
		return 0;
	return json_node_kind(value) == JSON_NODE_OBJECT
		       ? json_node_members(value, take_member, context)
		       : -EINVAL;
}

int manifest_read(const void *bytes, size_t n, struct manifest *ret_manifest, struct error *err)
{
	CLEANUP(json_tree_freep) struct json_tree *tree = NULL;
	CLEANUP(manifest_clear) struct manifest manifest = {.revision = 0};
	if (n > LIMIT_MANIFEST_BYTES)
		return error_set(err, -EFBIG, "more than %u bytes", LIMIT_MANIFEST_BYTES);
	int rc = json_tree_parse(bytes, n, &tree, err);
	if (rc < 0)
		return rc;
	const struct json_node *root = json_tree_root(tree);
	rc = json_node_kind(root) == JSON_NODE_OBJECT
		     ? json_node_members(root, take_manifest, &manifest)
		     : -EINVAL;
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	if (rc < 0 || manifest.image[0] == 0 || manifest.revision == 0)
		return error_set(err, -EINVAL, "it does not say which image and revision it is of");
	*ret_manifest = manifest;
	manifest.packages = NULL;
	return 0;
}
