/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value of the config file: text -> field and back, by the type that the table names. */
#include "server/config.h"

#include "base/address.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ITEM_BYTES          64 /* one item of a list */
#define RESERVATIONS_MAX    LIMIT_LEASES
#define SECONDS_A_DAY       86400U
#define POOL_ADDRESSES_MAX  LIMIT_LEASES
#define VALUE(config, key)  ((char *)(config) + (key)->offset)
#define CONST_VALUE(c, key) ((const char *)(c) + (key)->offset)

bool config_is_list(const struct config_key *key)
{
	return key->type == CONFIG_IPV4_LIST || key->type == CONFIG_POOLS ||
	       key->type == CONFIG_INTERFACES;
}

/* ---- text -> field ---- */

static int set_text(
	struct config *config, const struct config_key *key, const char *text, struct error *err)
{
	if (strlen(text) >= key->size)
		return error_set(err, -EINVAL, "is longer than %zu bytes", key->size - 1);
	if (key->type == CONFIG_PATH && text[0] != 0 && text[0] != '/')
		return error_set(err, -EINVAL, "\"%s\" must begin with /", text);
	if (key->type == CONFIG_URL && strcmp(text, "sqlite:") != 0)
		return error_set(err, -EINVAL,
			"\"%s\": this version keeps its records in the state directory only; "
			"write sqlite: or leave the key out",
			text);
	(void)text_copy(VALUE(config, key), key->size, text);
	return 0;
}

static int parse_duration(const char *text, uint64_t *ret_seconds)
{
	static const struct {
		char suffix;
		unsigned seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', SECONDS_A_DAY}};
	char digits[24];
	uint64_t number, factor = 1;
	if (!text_copy(digits, sizeof(digits), text) || digits[0] == 0)
		return -EINVAL;
	char *last = digits + strlen(digits) - 1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (text_lower(*last) == units[i].suffix) {
			factor = units[i].seconds;
			*last = 0;
			break;
		}
	}
	if (!text_parse_u64(digits, UINT32_MAX, &number))
		return -EINVAL;
	*ret_seconds = number * factor;
	return 0;
}

static int set_number(
	struct config *config, const struct config_key *key, const char *text, struct error *err)
{
	uint64_t value;
	bool is_duration = key->type == CONFIG_DURATION;
	bool ok = is_duration ? parse_duration(text, &value) == 0
			      : text_parse_u64(text, UINT32_MAX, &value);
	if (!ok)
		return error_set(err, -EINVAL, "\"%s\" is not a %s", text,
			is_duration ? "duration like 3600, 90m, 8h or 7d" : "number");
	if (value < key->min || value > key->max)
		return error_set(err, -EINVAL, "%s is not between %" PRIu64 " and %" PRIu64 "%s",
			text, key->min, key->max, is_duration ? " seconds" : "");
	if (key->size == sizeof(uint16_t)) {
		uint16_t small = (uint16_t)value;
		memcpy(VALUE(config, key), &small, sizeof(small));
	} else {
		uint32_t number = (uint32_t)value;
		assert(key->size == sizeof(number));
		memcpy(VALUE(config, key), &number, sizeof(number));
	}
	return 0;
}

static int set_yes_no(
	struct config *config, const struct config_key *key, const char *text, struct error *err)
{
	static const char *const words[][2] = {
		{"no", "yes"}, {"off", "on"}, {"false", "true"}, {"0", "1"}};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (size_t value = 0; value < 2; value++) {
			if (text_equal_nocase(text, words[i][value])) {
				bool flag = value == 1;
				memcpy(VALUE(config, key), &flag, sizeof(flag));
				return 0;
			}
		}
	}
	return error_set(err, -EINVAL, "\"%s\" is neither yes nor no", text);
}

static int set_choice(
	struct config *config, const struct config_key *key, const char *text, struct error *err)
{
	char all[128];
	for (unsigned i = 0; key->choices[i] != NULL; i++) {
		if (text_equal_nocase(text, key->choices[i])) {
			/* gcc and clang store enums without negative values as unsigned. */
			assert(key->size == sizeof(i));
			memcpy(VALUE(config, key), &i, sizeof(i));
			return 0;
		}
	}
	config_type_text(key, all, sizeof(all));
	return error_set(err, -EINVAL, "\"%s\" is none of %s", text, all);
}

static int parse_address(const char *text, uint32_t *ret_address, struct error *err)
{
	if (!ipv4_parse(text, ret_address))
		return error_set(err, -EINVAL, "\"%s\" is not an IPv4 address like 10.0.0.1", text);
	return 0;
}

static int set_address(
	struct config *config, const struct config_key *key, const char *text, struct error *err)
{
	uint32_t address = 0;
	int rc = text[0] == 0 ? 0 : parse_address(text, &address, err);
	if (rc < 0)
		return rc;
	uint32_t inverted = ~address;
	if (key->type == CONFIG_NETMASK && (inverted & (inverted + 1)) != 0)
		return error_set(err, -EINVAL,
			"%s is not a netmask: its one bits do not stand together at the left",
			text);
	memcpy(VALUE(config, key), &address, sizeof(address));
	return 0;
}

static int add_dns(struct config *config, const char *text, struct error *err)
{
	uint32_t address;
	int rc = parse_address(text, &address, err);
	if (rc < 0)
		return rc;
	if (address == 0)
		return error_set(err, -EINVAL, "0.0.0.0 is nobody's address");
	if (config->n_dns == CONFIG_DNS_MAX)
		return error_set(err, -EINVAL, "more than %d; leave some out", CONFIG_DNS_MAX);
	config->dns[config->n_dns++] = address;
	return 0;
}

static int add_pool(struct config *config, const char *text, struct error *err)
{
	char first[ITEM_BYTES];
	const char *minus = strchr(text, '-');
	struct dhcp_pool pool;
	if (minus == NULL)
		return error_set(
			err, -EINVAL, "\"%s\" is not a range like 10.0.0.100-10.0.0.199", text);
	size_t n = (size_t)(minus - text);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	(void)snprintf(first, sizeof(first), "%.*s", (int)n, text);
	const char *last = minus + 1 + strspn(minus + 1, " ");
	int rc = parse_address(first, &pool.first, err);
	if (rc == 0)
		rc = parse_address(last, &pool.last, err);
	if (rc < 0)
		return rc;
	if (pool.last < pool.first)
		return error_set(err, -EINVAL, "%s-%s ends before it begins", first, last);
	if (pool.last - pool.first >= POOL_ADDRESSES_MAX)
		return error_set(err, -EINVAL, "%s holds more than %d addresses; make it smaller",
			text, POOL_ADDRESSES_MAX);
	for (size_t i = 0; i < config->n_pools; i++) {
		if (pool.first <= config->pools[i].last && config->pools[i].first <= pool.last)
			return error_set(err, -EINVAL, "%s overlaps with another pool", text);
	}
	if (config->n_pools == CONFIG_POOLS_MAX)
		return error_set(err, -EINVAL, "more than %d ranges", CONFIG_POOLS_MAX);
	config->pools[config->n_pools++] = pool;
	return 0;
}

static int add_interface(struct config *config, const char *text, struct error *err)
{
	/* What the kernel accepts as a name (dev_valid_name()). */
	if (strlen(text) >= sizeof(config->interfaces[0]) ||
		strcspn(text, "/: \t") != strlen(text) || strcmp(text, ".") == 0 ||
		strcmp(text, "..") == 0)
		return error_set(err, -EINVAL, "\"%s\" cannot be the name of an interface", text);
	for (size_t i = 0; i < config->n_interfaces; i++) {
		if (strcmp(config->interfaces[i], text) == 0)
			return error_set(err, -EINVAL, "%s is there twice", text);
	}
	if (config->n_interfaces == CONFIG_INTERFACES_MAX)
		return error_set(err, -EINVAL, "more than %d", CONFIG_INTERFACES_MAX);
	(void)text_copy(
		config->interfaces[config->n_interfaces++], sizeof(config->interfaces[0]), text);
	return 0;
}

static int add_item(
	struct config *config, const struct config_key *key, const char *item, struct error *err)
{
	switch (key->type) {
	case CONFIG_IPV4_LIST: return add_dns(config, item, err);
	case CONFIG_POOLS: return add_pool(config, item, err);
	default: return add_interface(config, item, err);
	}
}

static int add_items(
	struct config *config, const struct config_key *key, const char *text, struct error *err)
{
	bool is_more = text[0] != 0;
	while (is_more) {
		char item[ITEM_BYTES];
		size_t n = strcspn(text, ",");
		const char *next = text + n;
		is_more = *next == ',';
		while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
			n--;
		while (n > 0 && (*text == ' ' || *text == '\t')) {
			text++;
			n--;
		}
		if (n == 0)
			return error_set(err, -EINVAL, "there is nothing beside a comma");
		if (n >= sizeof(item))
			return error_set(err, -EINVAL, "\"%.40s...\" is too long", text);
		memcpy(item, text, n);
		item[n] = 0;
		int rc = add_item(config, key, item, err);
		if (rc < 0)
			return rc;
		text = next + 1;
	}
	return 0;
}

static int add_reservation(
	struct config *config, const char *name, const char *text, struct error *err)
{
	struct dhcp_reservation one = {.by_uuid = false};
	int rc = parse_address(text, &one.address, err);
	if (rc < 0)
		return rc;
	if (guid_parse(name, &one.uuid))
		one.by_uuid = true;
	else if (!mac_parse(name, one.mac))
		return error_set(err, -EINVAL,
			"the name is neither a MAC address (52:54:00:12:34:56) nor a UUID");
	for (size_t i = 0; i < config->n_reservations; i++) {
		const struct dhcp_reservation *other = &config->reservations[i];
		if (other->by_uuid == one.by_uuid &&
			(one.by_uuid ? guid_equal(&other->uuid, &one.uuid)
				     : memcmp(other->mac, one.mac, sizeof(one.mac)) == 0))
			return error_set(err, -EINVAL, "this machine has a reservation already");
		if (other->address == one.address)
			return error_set(err, -EINVAL, "%s is reserved for another machine", text);
	}
	if (config->n_reservations == RESERVATIONS_MAX)
		return error_set(err, -EINVAL, "more than %d reservations", RESERVATIONS_MAX);
	struct dhcp_reservation *grown =
		reallocarray(config->reservations, config->n_reservations + 1, sizeof(*grown));
	if (grown == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	config->reservations = grown;
	grown[config->n_reservations++] = one;
	return 0;
}

int config_value_set(struct config *config, const struct config_key *key, const char *name,
	const char *text, struct error *err)
{
	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_PATH:
	case CONFIG_URL: return set_text(config, key, text, err);
	case CONFIG_NUMBER:
	case CONFIG_PORT:
	case CONFIG_DURATION: return set_number(config, key, text, err);
	case CONFIG_YES_NO: return set_yes_no(config, key, text, err);
	case CONFIG_CHOICE: return set_choice(config, key, text, err);
	case CONFIG_IPV4:
	case CONFIG_NETMASK: return set_address(config, key, text, err);
	case CONFIG_IPV4_LIST:
	case CONFIG_POOLS:
	case CONFIG_INTERFACES: return add_items(config, key, text, err);
	case CONFIG_RESERVATIONS: return add_reservation(config, name, text, err);
	}
	return -EINVAL;
}

/* ---- field -> text ---- */

void config_type_text(const struct config_key *key, char *text, size_t size)
{
	static const char *const words[] = {
		[CONFIG_TEXT] = "text",
		[CONFIG_PATH] = "path of a file",
		[CONFIG_PORT] = "port",
		[CONFIG_YES_NO] = "yes or no",
		[CONFIG_DURATION] = "seconds, or 30m, 8h, 7d",
		[CONFIG_IPV4] = "IPv4 address",
		[CONFIG_NETMASK] = "netmask",
		[CONFIG_IPV4_LIST] = "list of IPv4 addresses",
		[CONFIG_POOLS] = "list of FIRST-LAST",
		[CONFIG_INTERFACES] = "list of interfaces",
		[CONFIG_RESERVATIONS] = "IPv4 address",
		[CONFIG_URL] = "URL",
	};
	if (key->type == CONFIG_NUMBER) {
		(void)snprintf(text, size, "number, %" PRIu64 " to %" PRIu64, key->min, key->max);
		return;
	}
	if (key->type != CONFIG_CHOICE) {
		(void)text_copy(text, size, words[key->type]);
		return;
	}
	size_t at = 0;
	for (unsigned i = 0; key->choices[i] != NULL && at < size; i++) {
		const char *between = i == 0 ? "" : key->choices[i + 1] == NULL ? " or " : ", ";
		int n = snprintf(text + at, size - at, "%s%s", between, key->choices[i]);
		at += n > 0 ? (size_t)n : 0;
	}
}

static void format_address(uint32_t address, char *text, size_t size)
{
	char dotted[IPV4_TEXT_BYTES];
	ipv4_format(address, dotted);
	(void)text_copy(text, size, address != 0 ? dotted : "");
}

static void format_duration(uint32_t seconds, char *text, size_t size)
{
	if (seconds % SECONDS_A_DAY == 0 && seconds > 0)
		(void)snprintf(text, size, "%ud", seconds / SECONDS_A_DAY);
	else if (seconds % 3600 == 0 && seconds > 0)
		(void)snprintf(text, size, "%uh", seconds / 3600);
	else if (seconds % 60 == 0 && seconds > 0)
		(void)snprintf(text, size, "%um", seconds / 60);
	else
		(void)snprintf(text, size, "%u", seconds);
}

static void format_pool(const struct dhcp_pool *pool, char *text, size_t size)
{
	char first[IPV4_TEXT_BYTES], last[IPV4_TEXT_BYTES];
	ipv4_format(pool->first, first);
	ipv4_format(pool->last, last);
	(void)snprintf(text, size, "%s-%s", first, last);
}

static void format_reservation(const struct dhcp_reservation *one, char *text, size_t size)
{
	char name[GUID_TEXT_BYTES], address[IPV4_TEXT_BYTES];
	ipv4_format(one->address, address);
	if (one->by_uuid)
		guid_format(&one->uuid, name);
	else
		mac_format(one->mac, name);
	(void)snprintf(text, size, "%s = %s", name, address);
}

/* An empty list shows as one empty value, like any other key without one. */
static bool list_value(const struct config *config, const struct config_key *key, size_t index,
	char *text, size_t size)
{
	size_t n = key->type == CONFIG_IPV4_LIST    ? config->n_dns
		   : key->type == CONFIG_POOLS      ? config->n_pools
		   : key->type == CONFIG_INTERFACES ? config->n_interfaces
						    : config->n_reservations;
	if (index >= n) {
		(void)text_copy(text, size, "");
		return index == 0;
	}
	switch (key->type) {
	case CONFIG_IPV4_LIST: format_address(config->dns[index], text, size); break;
	case CONFIG_POOLS: format_pool(&config->pools[index], text, size); break;
	case CONFIG_INTERFACES: (void)text_copy(text, size, config->interfaces[index]); break;
	default: format_reservation(&config->reservations[index], text, size); break;
	}
	return true;
}

bool config_value_text(const struct config *config, const struct config_key *key, size_t index,
	char *text, size_t size)
{
	uint32_t number = 0;
	uint16_t port;
	bool flag;
	if (config_is_list(key) || key->type == CONFIG_RESERVATIONS)
		return list_value(config, key, index, text, size);
	if (index > 0)
		return false;
	if (key->size == sizeof(number))
		memcpy(&number, CONST_VALUE(config, key), sizeof(number));
	switch (key->type) {
	case CONFIG_NUMBER: (void)snprintf(text, size, "%u", number); break;
	case CONFIG_DURATION: format_duration(number, text, size); break;
	case CONFIG_CHOICE: (void)text_copy(text, size, key->choices[number]); break;
	case CONFIG_IPV4:
	case CONFIG_NETMASK: format_address(number, text, size); break;
	case CONFIG_PORT:
		memcpy(&port, CONST_VALUE(config, key), sizeof(port));
		(void)snprintf(text, size, "%u", port);
		break;
	case CONFIG_YES_NO:
		memcpy(&flag, CONST_VALUE(config, key), sizeof(flag));
		(void)text_copy(text, size, flag ? "yes" : "no");
		break;
	default: (void)text_copy(text, size, CONST_VALUE(config, key)); break;
	}
	return true;
}

void config_source_text(
	const struct config *config, const struct config_key *key, char *text, size_t size)
{
	unsigned line = config->lines[key - config_keys];
	if (line == 0)
		(void)text_copy(text, size, "default");
	else
		(void)snprintf(text, size, "%s:%u", config->file, line);
}
