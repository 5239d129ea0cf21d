/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON documents of strangers as a tree to look at, through jansson. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_tree;
struct json_node; /* lives as long as its tree */

enum json_node_kind {
	JSON_NODE_OBJECT,
	JSON_NODE_ARRAY,
	JSON_NODE_TEXT,
	JSON_NODE_OTHER, /* numbers, true, false, null */
};

/* UTF-8. -EINVAL with "LINE: ..." if it is no JSON, or nested more than LIMIT_JSON_DEPTH deep. */
int json_tree_parse(
	const char *text, size_t n, struct json_tree **ret_tree, struct error *err) MUST_CHECK;
struct json_tree *json_tree_free(struct json_tree *tree);
DEFINE_FREEP(struct json_tree, json_tree_free);

const struct json_node *json_tree_root(const struct json_tree *tree);
enum json_node_kind json_node_kind(const struct json_node *node);
/* Of an array. */
size_t json_node_size(const struct json_node *node);
const struct json_node *json_node_at(const struct json_node *node, size_t index);
/* Of a text: not ended by NUL for those who look only at it; NUL for any other kind. */
const char *json_node_text(const struct json_node *node, size_t *ret_n);
/* A number without a fraction: false for anything else. */
bool json_node_integer(const struct json_node *node, int64_t *ret_value);
/* A text that fits into out and has no NUL in it; a number from 1 to UINT32_MAX. Else -EINVAL. */
int json_node_copy_text(const struct json_node *node, char *out, size_t size) MUST_CHECK;
int json_node_count(const struct json_node *node, uint32_t *ret_number) MUST_CHECK;
/* The members of an object, in their order, until one visit gives something else than 0, which is
 * returned. */
typedef int json_visit_function(void *context, const char *key, const struct json_node *value);
int json_node_members(
	const struct json_node *node, json_visit_function *visit, void *context) MUST_CHECK;

/* For who writes JSON: the text with its quotes. What is no UTF-8 becomes U+FFFD. */
int json_add_text(struct buffer *out, const char *text) MUST_CHECK;
