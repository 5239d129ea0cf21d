/* SPDX-License-Identifier: GPL-3.0-or-later */
/* \pewter\medium.json: written here, read from whatever is put into the drive. */
#include "adapter/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "image/medium.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int add_member(struct buffer *out, const char *key, const char *text)
{
	int rc = buffer_printf(out, ",\n  \"%s\": ", key);
	return rc < 0 ? rc : json_add_text(out, text);
}

int medium_identity_write(const struct medium_identity *identity, struct buffer *out)
{
	char made[MOMENT_TEXT_BYTES];
	moment_format(identity->made_ms, made);
	int rc = buffer_printf(out, "{\"medium\": {\n  \"revision\": %" PRIu32, identity->revision);
	if (rc == 0)
		rc = add_member(out, "image", identity->image);
	if (rc == 0)
		rc = add_member(out, "base", identity->base);
	if (rc == 0 && identity->plan[0] != 0)
		rc = add_member(out, "plan", identity->plan);
	if (rc == 0 && identity->client[0] != 0)
		rc = add_member(out, "client", identity->client);
	if (rc == 0)
		rc = add_member(out, "made", made);
	if (rc == 0)
		rc = buffer_printf(out, ",\n  \"made_ms\": %" PRId64, identity->made_ms);
	if (rc == 0)
		rc = add_member(out, "pewter", identity->pewter);
	return rc < 0 ? rc : buffer_add_text(out, "\n}}\n");
}

/* ---- reading ---- */

/* It comes from a medium that somebody found in a drawer, and is printed. */
static int take_text(const struct json_node *value, char *out, size_t size)
{
	int rc = json_node_copy_text(value, out, size);
	if (rc == 0)
		text_disarm(out, strlen(out));
	return rc;
}

static int take_member(void *context, const char *key, const struct json_node *value)
{
	struct medium_identity *identity = context;
	if (strcmp(key, "image") == 0)
		return take_text(value, identity->image, sizeof(identity->image));
	if (strcmp(key, "base") == 0)
		return take_text(value, identity->base, sizeof(identity->base));
	if (strcmp(key, "plan") == 0)
		return take_text(value, identity->plan, sizeof(identity->plan));
	if (strcmp(key, "client") == 0)
		return take_text(value, identity->client, sizeof(identity->client));
	if (strcmp(key, "pewter") == 0)
		return take_text(value, identity->pewter, sizeof(identity->pewter));
	if (strcmp(key, "revision") == 0)
		return json_node_count(value, &identity->revision);
	if (strcmp(key, "made_ms") == 0)
		return json_node_integer(value, &identity->made_ms) ? 0 : -EINVAL;
	return 0; /* of a later Pewter */
}

static int take_medium(void *context, const char *key, const struct json_node *value)
{
	if (strcmp(key, "medium") != 0)
		return 0;
	return json_node_kind(value) == JSON_NODE_OBJECT
		       ? json_node_members(value, take_member, context)
		       : -EINVAL;
}

int medium_identity_read(
	const void *bytes, size_t n, struct medium_identity *ret_identity, struct error *err)
{
	CLEANUP(json_tree_freep) struct json_tree *tree = NULL;
	struct medium_identity identity = {.revision = 0};

	if (n > LIMIT_MEDIUM_JSON_BYTES)
		return error_set(err, -EFBIG, "%s: more than %d bytes", MEDIUM_IDENTITY_PATH,
			LIMIT_MEDIUM_JSON_BYTES);
	int rc = json_tree_parse(bytes, n, &tree, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", MEDIUM_IDENTITY_PATH);
	const struct json_node *root = json_tree_root(tree);
	rc = json_node_kind(root) == JSON_NODE_OBJECT
		     ? json_node_members(root, take_medium, &identity)
		     : -EINVAL;
	if (rc < 0 || identity.image[0] == 0 || identity.revision == 0 ||
		strlen(identity.base) != SHA256_TEXT_BYTES - 1)
		return error_set(err, -EINVAL,
			"%s: it does not say which image and revision the medium was made of",
			MEDIUM_IDENTITY_PATH);
	*ret_identity = identity;
	return 0;
}
