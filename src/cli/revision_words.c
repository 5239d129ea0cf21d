/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/revision_words.h"

#include "base/text.h"
#include "cli/driver_words.h"
#include "cli/table.h"
#include "cli/words.h"

#include <stdio.h>
#include <string.h>

json_t *revision_package_json(const struct revision_package *package)
{
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	return json_pack("{s:I, s:s, s:o, s:o, s:o, s:s?, s:s?}", "folder",
		(json_int_t)package->number, "id", package->id, "inf", json_text(package->inf),
		"class", json_text(package->class), "provider", json_text(package->provider),
		"date", package->date != 0 ? date : NULL, "version",
		package->has_version ? version : NULL);
}

json_t *revision_json(const struct revision_record *revision)
{
	json_t *packages = json_array(), *files = json_array();
	for (size_t i = 0; i < revision->n_packages; i++)
		(void)json_array_append_new(
			packages, revision_package_json(&revision->packages[i]));
	for (size_t i = 0; i < revision->n_files; i++)
		(void)json_array_append_new(files,
			json_pack("{s:o, s:s}", "source", json_text(revision->files[i].source),
				"part", revision->files[i].part));
	json_t *layer = revision->layer.size == 0
				? json_null()
				: json_pack("{s:s, s:I}", "sha256", revision->layer.sha256, "size",
					  (json_int_t)revision->layer.size);
	return json_pack("{s:s, s:I, s:o, s:s, s:I, s:o, s:o, s:o}", "image", revision->image,
		"revision", (json_int_t)revision->revision, "created",
		json_time(revision->created_ms), "why", revision->why, "size",
		(json_int_t)revision->size, "layer", layer, "packages", packages, "added_files",
		files);
}

void revision_package_words(
	const struct revision_package *package, char text[static REVISION_PACKAGE_WORDS_BYTES])
{
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	(void)snprintf(text, REVISION_PACKAGE_WORDS_BYTES, "%s%s%s%s%s (%.12s)", package->inf,
		package->has_version ? " " : "", package->has_version ? version : "",
		date[0] != 0 ? " " : "", date, package->id);
	text_disarm(text, strlen(text));
}

/* ---- what was made ---- */

static const struct revision_package *find(const struct revise_result *result, const char *id)
{
	for (size_t i = 0; i < result->revision.n_packages; i++)
		if (strcmp(result->revision.packages[i].id, id) == 0)
			return &result->revision.packages[i];
	return NULL;
}

/* With the number that it got. */
static const struct revision_package *as_it_is(
	const struct revise_result *result, const struct revise_package *package)
{
	const struct revision_package *found = find(result, package->package.id);
	return found != NULL ? found : &package->package;
}

static json_t *list_of(const struct revise_result *result, enum revise_fate fate, const char *key)
{
	json_t *list = json_array();
	for (size_t i = 0; i < result->n_packages; i++) {
		const struct revise_package *package = &result->packages[i];
		if (package->fate != fate)
			continue;
		json_t *item = revision_package_json(as_it_is(result, package));
		if (key != NULL && item != NULL)
			(void)json_object_set_new(item, key, json_string(package->other));
		if (fate == REVISE_ADDED && item != NULL)
			(void)json_object_set_new(item, "idle", json_boolean(package->is_idle));
		if (fate == REVISE_ADDED && item != NULL)
			(void)json_object_set_new(item, "marked",
				package->verdict.reason[0] != 0 ? json_text(package->verdict.reason)
								: json_null());
		(void)json_array_append_new(list, item);
	}
	return list;
}

static int print_json(const struct cli *cli, const struct revise_result *result)
{
	return cli_print_json(cli,
		json_pack("{s:o, s:b, s:I, s:o, s:o, s:o, s:o}", "revision",
			revision_json(&result->revision), "is_new", result->is_new, "before",
			(json_int_t)result->before, "added", list_of(result, REVISE_ADDED, NULL),
			"already", list_of(result, REVISE_ALREADY, NULL), "kept",
			list_of(result, REVISE_KEPT, "by"), "replaced",
			list_of(result, REVISE_REPLACED, "by")));
}

static void print_words(const struct revise_result *result)
{
	const struct revision_record *revision = &result->revision;
	char size[SIZE_TEXT_BYTES], layer[SIZE_TEXT_BYTES];
	size_format(revision->size, size);
	size_format(revision->layer.size, layer);
	if (result->is_new)
		(void)printf("%s@%u: %zu driver package%s, %s, of which this revision's own are "
			     "%s\n",
			revision->image, revision->revision, revision->n_packages,
			revision->n_packages == 1 ? "" : "s", size, layer);
	else
		(void)printf("%s@%u has all of it already\n", revision->image, revision->revision);
	for (size_t i = 0; i < result->n_packages; i++) {
		const struct revise_package *package = &result->packages[i];
		char words[REVISION_PACKAGE_WORDS_BYTES];
		revision_package_words(&package->package, words);
		switch (package->fate) {
		case REVISE_ADDED:
			(void)printf("  added %s as \\pewter\\drivers\\%u\n", words,
				as_it_is(result, package)->number);
			break;
		case REVISE_REPLACED:
			(void)printf("  replaced %s by the newer %.12s\n", words, package->other);
			break;
		case REVISE_ALREADY: (void)printf("  has %s already\n", words); break;
		case REVISE_KEPT: break; /* needs an eye */
		}
	}
}

/* Says it on stderr, if there is something. */
static bool needs_an_eye(const struct cli *cli, const struct revise_result *result,
	const struct revise_package *package)
{
	char words[REVISION_PACKAGE_WORDS_BYTES], newer[REVISION_PACKAGE_WORDS_BYTES];
	const struct revision_package *other = find(result, package->other);
	const bool is_added = package->fate == REVISE_ADDED;
	const bool is_kept = package->fate == REVISE_KEPT && other != NULL;
	const bool is_marked = is_added && package->verdict.reason[0] != 0;
	revision_package_words(&package->package, words);
	if (is_kept) {
		revision_package_words(other, newer);
		(void)fprintf(stderr,
			"pewter %s: %s was not added: the image has %s, which is not older and "
			"drives all that it drives\n",
			cli->command, words, newer);
	}
	if (is_added && package->is_incomplete)
		(void)fprintf(stderr,
			"pewter %s: %s lacks files that its INF names, and may not install; "
			"`pewter driver show %.12s` lists them\n",
			cli->command, words, package->package.id);
	if (is_added && package->is_idle)
		(void)fprintf(stderr,
			"pewter %s: %s names no device for the Windows in this image, and does "
			"nothing there; `pewter driver show %.12s` tells which it is for\n",
			cli->command, words, package->package.id);
	if (is_marked)
		(void)fprintf(stderr,
			"pewter %s: %s is known not to work in this image: %s; it was added all "
			"the same, and `pewter prepare` leaves it out of the next revision\n",
			cli->command, words, package->verdict.reason);
	return is_kept || is_marked || (is_added && (package->is_incomplete || package->is_idle));
}

int revise_tell(const struct cli *cli, const struct revise_result *result)
{
	int rc = EXIT_DONE, attention = EXIT_DONE;
	if (cli->json)
		rc = print_json(cli, result);
	else
		print_words(result);
	for (size_t i = 0; i < result->n_packages; i++)
		if (needs_an_eye(cli, result, &result->packages[i]))
			attention = EXIT_ATTENTION;
	return rc != EXIT_DONE ? rc : attention;
}
