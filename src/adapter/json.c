/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/json.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A json_t is what both of our names stand for. */
static json_t *inside(const struct json_node *node)
{
	return (json_t *)node;
}

/* jansson's reader calls itself for every level, so that the depth is looked at before. */
static int check_depth(const char *text, size_t n, struct error *err)
{
	size_t depth = 0, line = 1;
	bool in_text = false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];
		if (c == '\n')
			line++;
		if (in_text) {
			if (c == '\\')
				i++;
			in_text = c != '"';
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > LIMIT_JSON_DEPTH)
				return error_set(err, -EINVAL, "%zu: nested more than %d deep",
					line, LIMIT_JSON_DEPTH);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

int json_tree_parse(const char *text, size_t n, struct json_tree **ret_tree, struct error *err)
{
	json_error_t fault;
	int rc = check_depth(text, n, err);
	if (rc < 0)
		return rc;
	json_t *root = json_loadb(text, n, 0, &fault);
	if (root == NULL && json_error_code(&fault) == json_error_out_of_memory)
		return error_set(err, -ENOMEM, "out of memory");
	if (root == NULL)
		return error_set(err, -EINVAL, "%d: no JSON: %s", fault.line, fault.text);
	*ret_tree = (struct json_tree *)root;
	return 0;
}

struct json_tree *json_tree_free(struct json_tree *tree)
{
	json_decref((json_t *)tree);
	return NULL;
}

const struct json_node *json_tree_root(const struct json_tree *tree)
{
	return (const struct json_node *)tree;
}

enum json_node_kind json_node_kind(const struct json_node *node)
{
	switch (json_typeof(inside(node))) {
	case JSON_OBJECT: return JSON_NODE_OBJECT;
	case JSON_ARRAY: return JSON_NODE_ARRAY;
	case JSON_STRING: return JSON_NODE_TEXT;
	default: return JSON_NODE_OTHER;
	}
}

size_t json_node_size(const struct json_node *node)
{
	return json_array_size(inside(node));
}

const struct json_node *json_node_at(const struct json_node *node, size_t index)
{
	return (const struct json_node *)json_array_get(inside(node), index);
}

const char *json_node_text(const struct json_node *node, size_t *ret_n)
{
	*ret_n = json_string_length(inside(node));
	return json_string_value(inside(node));
}

bool json_node_integer(const struct json_node *node, int64_t *ret_value)
{
	if (!json_is_integer(inside(node)))
		return false;
	*ret_value = json_integer_value(inside(node));
	return true;
}

int json_node_members(const struct json_node *node, json_visit_function *visit, void *context)
{
	const char *key;
	json_t *value;
	int rc = 0;
	json_object_foreach(inside(node), key, value)
	{
		rc = visit(context, key, (const struct json_node *)value);
		if (rc != 0)
			break;
	}
	return rc;
}

/* Most texts are: what JSON writes as it is. */
static bool is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return false;
	return true;
}

static int add_plain(struct buffer *out, const char *text, size_t n)
{
	int rc = buffer_reserve(out, n + 2);
	if (rc == 0)
		rc = buffer_add(out, "\"", 1);
	if (rc == 0)
		rc = buffer_add(out, text, n);
	return rc == 0 ? buffer_add(out, "\"", 1) : rc;
}

int json_add_text(struct buffer *out, const char *text)
{
	if (is_plain(text, strlen(text)))
		return add_plain(out, text, strlen(text));
	/* There and back, which leaves nothing but good UTF-8. */
	CLEANUP(buffer_free) struct buffer wide = buffer_with_max(SIZE_MAX);
	CLEANUP(buffer_free) struct buffer good = buffer_with_max(SIZE_MAX);
	int rc = text_utf8_to_utf16le(text, strlen(text), &wide);
	if (rc == 0)
		rc = text_utf16le_to_utf8(wide.bytes, wide.size, &good);
	if (rc < 0)
		return rc;
	json_t *node = json_stringn(good.size > 0 ? (const char *)good.bytes : "", good.size);
	char *quoted = node != NULL ? json_dumps(node, JSON_ENCODE_ANY) : NULL;
	json_decref(node);
	rc = quoted != NULL ? buffer_add_text(out, quoted) : -ENOMEM;
	free(quoted);
	return rc;
}

int json_node_copy_text(const struct json_node *node, char *out, size_t size)
{
	size_t n = 0;
	const char *text = json_node_text(node, &n);
	if (text == NULL || n >= size || memchr(text, 0, n) != NULL)
		return -EINVAL;
	memcpy(out, text, n);
	out[n] = 0;
	return 0;
}

int json_node_count(const struct json_node *node, uint32_t *ret_number)
{
	int64_t number = 0;
	if (!json_node_integer(node, &number) || number < 1 || number > UINT32_MAX)
		return -EINVAL;
	*ret_number = (uint32_t)number;
	return 0;
}
