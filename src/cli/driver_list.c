/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver list: the driver packages by family, the newest version of each first. */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/driver_words.h"
#include "cli/table.h"
#include "cli/words.h"
#include "driver/family.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define OTHERS_TEXT_BYTES 128
#define OTHERS_SHOWN      3

struct listing {
	struct driver_package *packages;
	struct driver_mark *marks;
	struct family_member *members; /* with ids where they matter */
	struct driver_family *families;
	size_t n_packages, n_marks, n_families;
};

static void listing_clear(struct listing *listing)
{
	for (size_t i = 0; listing->members != NULL && i < listing->n_packages; i++)
		driver_ids_free(
			(char **)(uintptr_t)listing->members[i].ids, listing->members[i].n_ids);
	(void)driver_packages_free(listing->packages, listing->n_packages);
	free(listing->marks);
	free(listing->members);
	free(listing->families);
}

static void keep_classes(struct listing *listing, const char *classes)
{
	size_t n = 0;
	for (size_t i = 0; i < listing->n_packages; i++) {
		if (text_is_in_list(listing->packages[i].class, classes))
			listing->packages[n++] = listing->packages[i];
		else
			driver_package_clear(&listing->packages[i]);
	}
	listing->n_packages = n;
}

/* Ids are needed only to tell apart what has one name; the list has those side by side. */
static int read_ids(struct store *store, struct listing *listing, struct error *err)
{
	for (size_t i = 0; i < listing->n_packages; i++) {
		const struct driver_package *package = &listing->packages[i];
		struct family_member *member = &listing->members[i];
		bool has_namesake =
			(i > 0 && family_same_name(package, package - 1)) ||
			(i + 1 < listing->n_packages && family_same_name(package, package + 1));
		char **ids = NULL;
		size_t n = 0;
		if (has_namesake) {
			int rc = store_driver_ids(store, package->row, &ids, &n, err);
			if (rc < 0)
				return rc;
		}
		*member = (struct family_member){package, ids, n};
	}
	return 0;
}

static int read_listing(
	struct store *store, const char *classes, struct listing *listing, struct error *err)
{
	int rc = store_driver_list(store, &listing->packages, &listing->n_packages, err);
	if (rc == 0)
		rc = store_driver_marks(store, NULL, &listing->marks, &listing->n_marks, err);
	if (rc < 0)
		return rc;
	if (classes != NULL)
		keep_classes(listing, classes);
	listing->members = calloc(listing->n_packages + 1, sizeof(*listing->members));
	if (listing->members == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	rc = read_ids(store, listing, err);
	if (rc < 0)
		return rc;
	rc = families_find(
		listing->members, listing->n_packages, &listing->families, &listing->n_families);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

static bool has_word(const char *words, const char *word, size_t length)
{
	for (const char *at = words; *at != 0; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		if (n == length && memcmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/* The newest member of the family that serves the architecture. */
static size_t find_newest(
	const struct family_member *members, size_t member, const char *arch, size_t n)
{
	for (size_t i = 0; i < member; i++)
		if (has_word(members[i].package->archs, arch, n))
			return i;
	return member;
}

/* The member in whose row this one stands: itself, if it is the newest for one of its
 * architectures. A package for x86 does not make the one for amd64 old. */
static size_t find_leader(
	const struct listing *listing, const struct driver_family *family, size_t member)
{
	const struct family_member *members = listing->members + family->first;
	const char *archs = members[member].package->archs;
	size_t leader = member;
	for (const char *at = archs; *at != 0; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		size_t newest = find_newest(members, member, at, n);
		if (newest == member)
			return member;
		if (at == archs)
			leader = newest;
		at += n;
	}
	return leader;
}

/* "12.18.9.7, 12.15.1.2 and 4 more": of those that have this one for their leader. */
static void others_text(const struct listing *listing, const struct driver_family *family,
	size_t leader, char *out, size_t size)
{
	size_t at = 0, n_told = 0, n_untold = 0;
	out[0] = 0;
	for (size_t i = leader + 1; i < family->n; i++) {
		char version[DRIVER_VERSION_TEXT_BYTES];
		if (find_leader(listing, family, i) != leader)
			continue;
		if (n_told == OTHERS_SHOWN) {
			n_untold++;
			continue;
		}
		driver_version_format(
			listing->members[family->first + i].package->version, version);
		int n = snprintf(out + at, size - at, "%s%s", n_told > 0 ? ", " : "", version);
		at += n > 0 ? (size_t)n : 0;
		n_told++;
	}
	if (n_untold > 0)
		(void)snprintf(out + at, size - at, " and %zu more", n_untold);
}

static bool is_marked(const struct listing *listing, const struct driver_package *package)
{
	for (size_t i = 0; i < listing->n_marks; i++)
		if (strcmp(listing->marks[i].package, package->id) == 0)
			return true;
	return false;
}

static void add_row(struct table *table, const struct listing *listing,
	const struct driver_package *package, const char *others)
{
	char id[DRIVER_SHORT_ID_BYTES], date[DRIVER_DATE_TEXT_BYTES];
	char version[DRIVER_VERSION_TEXT_BYTES] = "";
	bool marked = is_marked(listing, package);
	driver_short_id(package->id, id);
	driver_date_format(package->date, date);
	if (package->has_version)
		driver_version_format(package->version, version);
	const char *note = package->is_incomplete ? marked ? "incomplete, marked" : "incomplete"
			   : marked               ? "marked"
						  : "";
	table_add(table, id, package->inf, package->provider, package->class, version, date,
		package->archs, driver_signature_words(package), note, others);
}

static int print_words(const struct cli *cli, const struct listing *listing, bool is_all)
{
	static const char *const headers[] = {"ID", "INF", "PROVIDER", "CLASS", "VERSION", "DATE",
		"ARCH", "SIGNED BY", "NOTE", "OTHER VERSIONS"};
	CLEANUP(table_free) struct table table = table_with(ARRAY_SIZE(headers), headers);
	for (size_t f = 0; f < listing->n_families; f++) {
		const struct driver_family *family = &listing->families[f];
		for (size_t i = 0; i < family->n; i++) {
			char others[OTHERS_TEXT_BYTES] = "";
			if (!is_all && find_leader(listing, family, i) != i)
				continue;
			if (!is_all)
				others_text(listing, family, i, others, sizeof(others));
			add_row(&table, listing, listing->members[family->first + i].package,
				others);
		}
	}
	int rc = table_print(&table, stdout);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

static json_t *package_json(const struct listing *listing, const struct driver_package *package)
{
	json_t *object = driver_package_json(package);
	if (object != NULL)
		(void)json_object_set_new(object, "marks",
			driver_marks_json(listing->marks, listing->n_marks, package->id));
	return object;
}

static int print_json(const struct cli *cli, const struct listing *listing)
{
	json_t *families = json_array(), *packages = json_array();
	for (size_t f = 0; f < listing->n_families; f++) {
		const struct driver_family *family = &listing->families[f];
		const struct driver_package *newest = listing->members[family->first].package;
		json_t *versions = json_array();
		for (size_t i = 0; i < family->n; i++) {
			json_t *object =
				package_json(listing, listing->members[family->first + i].package);
			/* Both lists refer to one object. */
			(void)json_array_append(versions, object);
			(void)json_array_append_new(packages, object);
		}
		(void)json_array_append_new(
			families, json_pack("{s:o, s:o, s:o, s:o}", "inf", json_text(newest->inf),
					  "provider", json_text(newest->provider), "class",
					  json_text(newest->class), "packages", versions));
	}
	return cli_print_json(
		cli, json_pack("{s:o, s:o}", "families", families, "packages", packages));
}

int cmd_driver_list(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"class", required_argument, NULL, 'c'},
		{"all", no_argument, NULL, 'a'},
		{NULL, 0, NULL, 0},
	};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(listing_clear) struct listing listing = {.n_packages = 0};
	struct error err = ERROR_NULL;
	const char *classes = NULL;
	bool is_all = false;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'c')
			classes = optarg;
		else if (option == 'a')
			is_all = true;
		else
			return cli_usage(cli, "it takes --class and --all");
	}
	if (optind != argc)
		return cli_usage(cli, "it takes --class and --all, and no operands");
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		read_listing(store, classes, &listing, &err) < 0)
		return cli_fail(cli, &err);
	return cli->json ? print_json(cli, &listing) : print_words(cli, &listing, is_all);
}
