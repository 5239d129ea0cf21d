/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/client_change.h"

#include "base/address.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <time.h>

static const struct option options[] = {
	{"mac", required_argument, NULL, 'm'},
	{"uuid", required_argument, NULL, 'u'},
	{"name", required_argument, NULL, 'n'},
	{"image", required_argument, NULL, 'i'},
	{NULL, 0, NULL, 0},
};

static const char *take_name(const char *text, struct client_words *words)
{
	if (text[0] == 0 || strlen(text) > LIMIT_IMAGE_NAME_BYTES)
		return "--name takes 1 to 64 bytes";
	words->name = text;
	return NULL;
}

static const char *take(int c, struct client_words *words)
{
	static const uint8_t none[6] = {0};
	switch (c) {
	case 'm':
		words->has_mac = mac_parse(optarg, words->mac) && memcmp(words->mac, none, 6) != 0;
		return words->has_mac ? NULL : "--mac takes 52:54:00:12:34:56";
	case 'u':
		words->has_uuid = guid_parse(optarg, &words->uuid) && !guid_is_zero(&words->uuid);
		return words->has_uuid ? NULL : "--uuid takes 4c4c4544-0030-...";
	case 'n': return take_name(optarg, words);
	case 'i': words->image = optarg; return NULL;
	default: return "unknown option";
	}
}

int client_words_parse(struct cli *cli, int argc, char **argv, struct client_words *words)
{
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char *fault = take(c, words);
		if (fault != NULL)
			return cli_usage(cli, "%s", fault);
	}
	return EXIT_DONE;
}

/* By name only: a name that looks like a MAC address is a name. */
static int find_by_name(
	struct store *store, const char *name, struct client_record *ret_client, struct error *err)
{
	struct client_record client;
	int rc = store_client_get(store, name, &client, err);
	if (rc < 0)
		return rc;
	if (strcmp(client.name, name) != 0)
		return -ENOENT;
	*ret_client = client;
	return 0;
}

int client_words_find(struct store *store, const struct client_words *words,
	struct client_record *ret_client, struct error *err)
{
	int rc = -ENOENT;
	if (words->has_mac || words->has_uuid)
		rc = store_client_find(
			store, words->mac, words->has_uuid ? &words->uuid : NULL, ret_client, err);
	if (rc == -ENOENT && words->name != NULL)
		rc = find_by_name(store, words->name, ret_client, err);
	return rc;
}

static int check_name(struct store *store, const struct client_words *words,
	const struct client_record *client, struct error *err)
{
	struct client_record other;
	char mac[MAC_TEXT_BYTES];
	if (words->name == NULL)
		return 0;
	int rc = find_by_name(store, words->name, &other, err);
	if (rc == -ENOENT || (rc == 0 && other.id == client->id))
		return 0;
	if (rc < 0)
		return rc;
	mac_format(other.mac, mac);
	return error_set(err, -EEXIST,
		"another machine, %s, has the name %s; choose a different one, or `pewter client "
		"remove %s`",
		mac, words->name, words->name);
}

static int check_image(struct store *store, const struct client_words *words, struct error *err)
{
	struct image_record image;
	if (words->image == NULL || words->image[0] == 0)
		return 0;
	int rc = store_image_get(store, words->image, &image, err);
	if (rc == 0)
		image_record_clear(&image);
	return rc;
}

static int64_t unix_ms(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int client_words_put(struct store *store, const struct client_words *words,
	struct client_record *client, struct error *err)
{
	struct client_record record = *client;
	int rc = check_name(store, words, client, err);
	if (rc == 0)
		rc = check_image(store, words, err);
	if (rc < 0)
		return rc;
	if (record.id == 0) {
		(void)text_copy(record.state, sizeof(record.state), "approved");
		record.first_seen_ms = record.last_seen_ms = unix_ms();
	}
	if (words->has_mac)
		memcpy(record.mac, words->mac, sizeof(record.mac));
	if (words->has_uuid) {
		record.has_uuid = true;
		record.uuid = words->uuid;
	}
	if (words->name != NULL)
		(void)text_copy(record.name, sizeof(record.name), words->name);
	if (words->image != NULL)
		(void)text_copy(record.image, sizeof(record.image), words->image);
	rc = store_client_put(store, &record, err);
	if (rc == 0)
		*client = record;
	return rc;
}
