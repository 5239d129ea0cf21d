/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pewter driver match: which packages serve devices on a Windows, every candidate with its rank and
 * reason, and the pick. Exit code 3 if a device has none that is usable, or only a part of what it
 * needs.
 */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/device_source.h"
#include "cli/image_inbox.h"
#include "cli/driver_words.h"
#include "cli/match_print.h"
#include "cli/revision_word.h"
#include "cli/rules_open.h"
#include "cli/words.h"
#include "device/pci.h"
#include "device/pci_names.h"
#include "image/layer.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct request {
	const char *target, *image;  /* one of them */
	const char *client, *report; /* one of them, or devices of --hwid */
	const char *classes;         /* NULL for all */
	struct device_list devices;
	char fault[640]; /* of the options, where it has to be put together */
};

static void request_clear(struct request *request)
{
	device_list_clear(&request->devices);
}

/* ---- devices of the command line ---- */

static bool is_lspci_id(const char *id)
{
	return strspn(id, "0123456789abcdefABCDEF") == 4 && id[4] == ':' &&
	       strspn(id + 5, "0123456789abcdefABCDEF") == 4;
}

/* What shells, JSON and lspci make of an id. NULL, or what is wrong with it. */
static const char *check_id(struct request *request, const char *id)
{
	static const char *const buses[] = {"PCI", "USB", "ACPI", "HDAUDIO"};
	const size_t size = sizeof(request->fault);
	if (is_lspci_id(id)) {
		(void)snprintf(request->fault, size,
			"%.9s is how lspci writes it; for Windows it is 'PCI\\VEN_%.4s&DEV_%.4s'",
			id, id, id + 5);
		return request->fault;
	}
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		size_t n = strlen(buses[i]);
		if (!text_starts_nocase(id, buses[i]))
			continue;
		if (text_starts_nocase(id + n, "VEN_") || text_starts_nocase(id + n, "VID_"))
			(void)snprintf(request->fault, size,
				"there is no backslash in %.200s: the shell takes \\ and & away; "
				"put "
				"the id in quotes, like 'PCI\\VEN_8086&DEV_15F3'",
				id);
		else if (text_starts_nocase(id + n, "\\\\"))
			(void)snprintf(request->fault, size,
				"there are two backslashes in %.200s; write '%.*s%.200s'", id,
				(int)n, id, id + n + 1);
		else
			continue;
		return request->fault;
	}
	return NULL;
}

/* The ids of "A,B", each by add(). */
static int add_ids(
	struct device *device, const char *list, int (*add)(struct device *device, const char *id))
{
	char id[LIMIT_HARDWARE_ID_BYTES + 1];
	while (*list != 0) {
		size_t n = strcspn(list, ",");
		if (n >= sizeof(id))
			return -ENAMETOOLONG;
		memcpy(id, list, n);
		id[n] = 0;
		int rc = n > 0 ? add(device, id) : 0;
		if (rc < 0)
			return rc;
		list += n + (list[n] == ',');
	}
	return 0;
}

/* Of one PCI id follow the others that Windows would build; of several ids none is missing. */
static int add_device(struct device_list *devices, const char *ids)
{
	struct pci_function function;
	struct device *device = device_list_add(devices);
	if (device == NULL)
		return -E2BIG;
	if (strchr(ids, ',') == NULL && pci_parse_id(ids, &function))
		return pci_device(&function, device);
	return add_ids(device, ids, device_add_hardware_id);
}

static const char *take_device(struct request *request, int option, const char *value)
{
	struct device_list *devices = &request->devices;
	int rc;
	if (value[strspn(value, ",")] == 0)
		return "an id is empty; one is like 'PCI\\VEN_8086&DEV_15F3'";
	for (const char *id = value; id != NULL; id = strchr(id, ',')) {
		id += strspn(id, ",");
		const char *fault = check_id(request, id);
		if (fault != NULL)
			return fault;
	}
	if (option == 'h')
		rc = add_device(devices, value);
	else if (devices->n == 0)
		return "--compatible adds to the --hwid before it";
	else
		rc = add_ids(&devices->devices[devices->n - 1], value, device_add_compatible_id);
	return rc < 0 ? "more or longer ids than devices have: see LIMITS in pewter(1)" : NULL;
}

/* ---- what is asked ---- */

/* NULL, or what is wrong. */
static const char *take_option(struct request *request, int option, const char *value)
{
	switch (option) {
	case 't': request->target = value; return NULL;
	case 'i': request->image = value; return NULL;
	case 'c': request->client = value; return NULL;
	case 'd': request->report = value; return NULL;
	case 'l': request->classes = value; return NULL;
	case 'h':
	case 'o': return take_device(request, option, value);
	default: return "these are its options:";
	}
}

static const char *check_request(const struct request *request)
{
	int n_sources =
		(request->client != NULL) + (request->report != NULL) + (request->devices.n > 0);
	if (n_sources != 1)
		return "say which devices: --client NAME, --devices FILE, or --hwid ID...";
	if ((request->target != NULL) + (request->image != NULL) != 1)
		return "say for which Windows: --target 10.0.22621/amd64 (or 6.1.7601/x86, "
		       "10.0.17763/amd64/server, ...), or --image NAME of a boot image";
	return NULL;
}

/* The Windows that is asked about. */
struct ground {
	struct target target;
	bool has_base; /* an image, and what it drives by itself is known */
	char base[SHA256_TEXT_BYTES];
};

static int read_image(const struct revision_word *word, struct store *store,
	struct image_record *ret_image, struct error *err)
{
	struct revision_record revision;
	int rc = store_image_get(store, word->image, ret_image, err);
	if (rc < 0 || word->revision == 0)
		return rc;
	/* All revisions have one base; that it is there is all that is asked of it. */
	rc = store_revision_get(store, word->image, word->revision, &revision, err);
	if (rc == 0)
		revision_record_clear(&revision);
	else
		image_record_clear(ret_image);
	return rc;
}

static int read_ground(const struct request *request, struct store *store,
	struct ground *ret_ground, struct error *err)
{
	struct revision_word word;
	struct image_record image;
	struct image_inbox inbox;
	if (request->target != NULL)
		return target_parse(request->target, &ret_ground->target, err);
	if (!revision_word_parse(request->image, &word, err))
		return -EINVAL;
	int rc = read_image(&word, store, &image, err);
	if (rc < 0)
		return rc;
	rc = image_inbox_get(store, &image, &inbox, err);
	if (rc == 0)
		rc = image_target(&image, &ret_ground->target, err);
	(void)text_copy(ret_ground->base, sizeof(ret_ground->base), image.base.sha256);
	image_record_clear(&image);
	if (rc < 0)
		return rc;
	ret_ground->has_base = inbox.is_known;
	return 0;
}

static int read_devices(struct request *request, struct store *store, struct error *err)
{
	if (request->client != NULL) {
		struct client_record client;
		return device_source_client(
			store, request->client, &client, &request->devices, err);
	}
	if (request->report != NULL) {
		CLEANUP(device_report_clear) struct device_report report = {0};
		int rc = device_source_file(request->report, &report, err);
		request->devices = report.devices;
		report.devices = (struct device_list){0};
		return rc;
	}
	CLEANUP(pci_names_closep) struct pci_names *names = NULL;
	if (pci_names_open(NULL, &names) == 0)
		pci_names_fill(names, &request->devices);
	return 0;
}

/* ---- the answer ---- */

struct answer {
	const struct target *target;
	const struct device **devices;       /* owned; of the wanted classes */
	const struct device_match **matches; /* owned; as devices */
	struct tiers *tiers;                 /* owned; as devices */
	size_t n, n_served;
};

static void answer_clear(struct answer *answer)
{
	for (size_t i = 0; i < answer->n; i++)
		tiers_clear(&answer->tiers[i]);
	free(answer->devices);
	free(answer->matches);
	free(answer->tiers);
}

static bool is_usable(const struct device_match *match)
{
	return match->pick >= 0 && match->candidates[match->pick].state == CANDIDATE_USABLE;
}

static bool is_served(const struct device_match *match, const struct tiers *tiers)
{
	bool is_served = is_usable(match) && (tiers->n == 0 || tiers->is_complete);
	for (size_t i = 0; i < tiers->n; i++)
		is_served &= is_usable(tiers->tiers[i].match);
	return is_served;
}

static bool is_wanted(const char *class, const struct request *request)
{
	return request->classes == NULL || text_is_in_list(class, request->classes);
}

static int add_answer(struct matching *matching, const struct request *request,
	const struct device *device, struct answer *answer, struct error *err)
{
	const struct device_match *match;
	const size_t at = answer->n;
	/* Unless the report told its class, the drivers do. */
	if (device->class[0] != 0 && !is_wanted(device->class, request))
		return 0;
	int rc = matching_device(matching, device, &match, err);
	if (rc < 0 || !is_wanted(match->class, request))
		return rc;
	rc = tiers_find(matching, device, match, &answer->tiers[at], err);
	if (rc < 0)
		return rc;
	answer->devices[at] = device;
	answer->matches[at] = match;
	answer->n_served += is_served(match, &answer->tiers[at]);
	answer->n++;
	return 0;
}

static int find(struct matching *matching, const struct request *request, struct answer *answer,
	struct error *err)
{
	const size_t n = request->devices.n;
	answer->devices = calloc(n + 1, sizeof(*answer->devices));
	answer->matches = calloc(n + 1, sizeof(*answer->matches));
	answer->tiers = calloc(n + 1, sizeof(*answer->tiers));
	if (answer->devices == NULL || answer->matches == NULL || answer->tiers == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		int rc = add_answer(matching, request, &request->devices.devices[i], answer, err);
		if (rc < 0)
			return rc;
	}
	return answer->n > 0 ? 0
			     : error_set(err, -ENOENT,
				       "no device is of class %s; leave out --class to match all",
				       request->classes);
}

static int print_json(const struct cli *cli, const struct answer *answer)
{
	char target[TARGET_TEXT_BYTES];
	json_t *list = json_array();
	int rc = 0;
	target_format(answer->target, target);
	for (size_t i = 0; i < answer->n; i++)
		rc |= json_array_append_new(list,
			match_json(answer->devices[i], answer->matches[i], &answer->tiers[i]));
	json_t *document = json_pack("{s:s, s:o}", "target", target, "devices", list);
	if (rc == 0)
		return cli_print_json(cli, document);
	json_decref(document);
	return cli_fail_errno(cli, -ENOMEM);
}

static int print_words(const struct cli *cli, const struct answer *answer)
{
	char target[TARGET_TEXT_BYTES];
	const char *winpe = target_winpe(answer->target);
	int rc = 0;
	target_format(answer->target, target);
	for (size_t i = 0; i < answer->n && rc == 0; i++)
		rc = match_print(answer->devices[i], answer->matches[i], &answer->tiers[i]);
	if (rc < 0)
		return cli_fail_errno(cli, rc);
	if (answer->n == 1)
		(void)printf("the device has %s driver", answer->n_served == 1 ? "a" : "no usable");
	else
		(void)printf("%zu of %zu devices %s a driver", answer->n_served, answer->n,
			answer->n_served == 1 ? "has" : "have");
	(void)printf(" for Windows %s%s%s%s\n", target, winpe[0] != 0 ? " (WinPE " : "", winpe,
		winpe[0] != 0 ? ")" : "");
	return EXIT_DONE;
}

static int run(struct cli *cli, struct request *request)
{
	struct error err = ERROR_NULL;
	struct ground ground = {.has_base = false};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(driver_rules_freep) struct driver_rules *rules = NULL;
	CLEANUP(matching_closep) struct matching *matching = NULL;
	CLEANUP(answer_clear) struct answer answer = {.target = &ground.target};
	if (request->target != NULL && target_parse(request->target, &ground.target, &err) < 0)
		return cli_usage(cli, "--target %s", err.text);
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		read_ground(request, store, &ground, &err) < 0 ||
		read_devices(request, store, &err) < 0 ||
		rules_open(cli, store, &rules, &err) < 0 ||
		matching_open(store, rules, &ground.target, ground.has_base ? ground.base : NULL,
			&matching, &err) < 0 ||
		find(matching, request, &answer, &err) < 0)
		return cli_fail(cli, &err);
	int rc = cli->json ? print_json(cli, &answer) : print_words(cli, &answer);
	return rc == EXIT_DONE && answer.n_served < answer.n ? EXIT_ATTENTION : rc;
}

int cmd_driver_match(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"target", required_argument, NULL, 't'},
		{"image", required_argument, NULL, 'i'},
		{"client", required_argument, NULL, 'c'},
		{"devices", required_argument, NULL, 'd'},
		{"hwid", required_argument, NULL, 'h'},
		{"compatible", required_argument, NULL, 'o'},
		{"class", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	CLEANUP(request_clear) struct request request = {0};
	const char *fault = NULL;
	int c;
	while (fault == NULL && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		fault = take_option(&request, c, optarg);
	/* --hwid A B: the usage says ID... */
	for (; fault == NULL && optind < argc; optind++)
		fault = request.devices.n > 0 ? take_option(&request, 'h', argv[optind])
					      : "it takes options only";
	if (fault == NULL)
		fault = check_request(&request);
	return fault != NULL ? cli_usage(cli, "%s", fault) : run(cli, &request);
}
