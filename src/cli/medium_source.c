/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/medium_source.h"

#include "base/text.h"
#include "cli/revision_word.h"
#include "cli/table.h"
#include "cli/words.h"
#include "prepare/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void medium_source_clear(struct medium_source *source)
{
	medium_clear(&source->medium);
	if (source->has_plan)
		plan_record_clear(&source->plan);
	revision_record_clear(&source->revision);
	image_record_clear(&source->image);
	(void)store_close(source->store);
	*source = (struct medium_source){.store = NULL};
}

static int64_t unix_ms(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The revision that was prepared for the client is what its medium holds. */
static int take_plan(struct medium_source *source, const char *client, struct revision_word *word,
	struct error *err)
{
	struct client_record record;
	int rc = store_client_get(source->store, client, &record, err);
	if (rc < 0)
		return rc;
	rc = store_plan_get(source->store, record.id, &source->plan, err);
	if (rc == -ENOENT)
		return error_set(
			err, rc, "%s has no plan; `pewter prepare %s` makes one", client, client);
	if (rc < 0)
		return rc;
	source->has_plan = true;
	const struct plan_record *plan = &source->plan;
	if (strcmp(plan->image, word->image) != 0 ||
		(word->revision != 0 && word->revision != plan->revision))
		return error_set(err, -EINVAL,
			"the plan of %s is %s@%u; name that, or prepare it anew: `pewter prepare "
			"%s --image %s`",
			client, plan->image, plan->revision, client, word->image);
	word->revision = plan->revision;
	return 0;
}

/* ECMA-119, 7.4.1 and FAT: what both can have. */
static int take_label(struct medium_source *source, const char *label, struct error *err)
{
	size_t n = strlen(label);
	if (n == 0 || n >= sizeof(source->medium.label))
		return error_set(err, -EINVAL, "--label has 1 to %zu characters",
			sizeof(source->medium.label) - 1);
	for (size_t i = 0; i < n; i++) {
		char c = text_upper(label[i]);
		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return error_set(err, -EINVAL, "--label has letters, digits and '_' only");
		source->medium.label[i] = c;
	}
	source->medium.label[n] = 0;
	return 0;
}

static int fill(struct medium_source *source, const char *words, const char *client,
	const char *label, struct error *err)
{
	struct revision_word word;
	if (!revision_word_parse(words, &word, err))
		return -EINVAL;
	int rc = store_image_get(source->store, word.image, &source->image, err);
	if (rc == 0 && client != NULL)
		rc = take_plan(source, client, &word, err);
	if (rc == 0)
		rc = store_revision_get(
			source->store, word.image, word.revision, &source->revision, err);
	if (rc == 0)
		rc = medium_make(source->store, &source->image, &source->revision,
			source->has_plan ? &source->plan : NULL, source->now_ms, &source->medium,
			err);
	return rc == 0 && label != NULL ? take_label(source, label, err) : rc;
}

int medium_source_open(struct cli *cli, const char *word, const char *client, const char *label,
	struct medium_source *ret_source, struct error *err)
{
	struct medium_source source = {.now_ms = unix_ms()};
	int rc = store_open(cli->state, STORE_READ, &source.store, err);
	if (rc == 0)
		rc = fill(&source, word, client, label, err);
	if (rc < 0) {
		medium_source_clear(&source);
		return rc;
	}
	*ret_source = source;
	return 0;
}

/* ---- what was made ---- */

/* A medium that starts, and of which the machine's network does not, is worth a sentence before it
 * is carried to the machine. "" if there is nothing to say. */
static void plan_doubt(const struct medium_source *source, char *text, size_t size)
{
	const struct plan_record *plan = &source->plan;
	const char *id = NULL;
	uint32_t n = 0;
	char words[PLAN_FAILURE_BYTES] = "Network initialization failed";
	text[0] = 0;
	if (!source->has_plan || plan->n_uncovered_nics == 0)
		return;
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct plan_device *device = &plan->devices[i];
		if (device->is_covered || strcmp(device->class, "Net") != 0)
			continue;
		id = n++ == 0 ? device->hardware_id : id;
	}
	/* Wi-Fi is not counted, and may be among them. */
	if (n == plan->n_uncovered_nics)
		plan_failure_words(id, words);
	(void)snprintf(text, size,
		"%s would fail with: %s; give it a driver with `pewter driver add PATH`, then "
		"`pewter prepare %s`, and make the medium anew",
		plan->client_name, words, plan->client_name);
	text_disarm(text, strlen(text));
}

static json_t *boots_json(const struct medium_made *made)
{
	json_t *boots = json_array();
	if (made->boots_uefi)
		(void)json_array_append_new(boots, json_string("uefi"));
	if (made->boots_bios)
		(void)json_array_append_new(boots, json_string("bios"));
	return boots;
}

static int print_json(const struct cli *cli, const struct medium_source *source,
	const struct medium_made *made, const char *const doubts[2])
{
	json_t *medium = json_pack("{s:o, s:s, s:s, s:i, s:s?, s:s?, s:I, s:o, s:s, s:s}", "path",
		json_text(made->path), "kind", made->kind, "image", source->image.name, "revision",
		(int)source->revision.revision, "client",
		source->has_plan ? source->plan.client_name : NULL, "plan",
		source->has_plan ? source->plan.id : NULL, "size", (json_int_t)made->size, "boots",
		boots_json(made), "label", made->label, "method", made->method);
	json_t *warnings = json_array();
	for (int i = 0; i < 2; i++)
		if (doubts[i][0] != 0)
			(void)json_array_append_new(
				warnings, json_pack("{s:o}", "text", json_text(doubts[i])));
	return cli_print_json(cli, json_pack("{s:o, s:o}", "medium", medium, "warnings", warnings));
}

static void print_words(const struct medium_source *source, const struct medium_made *made)
{
	char size[SIZE_TEXT_BYTES];
	size_format(made->size, size);
	(void)printf("%s: %s@%u%s%s, %s, starts with %s%s%s\n", made->path, source->image.name,
		source->revision.revision, source->has_plan ? " for " : "",
		source->has_plan ? source->plan.client_name : "", size,
		made->boots_uefi ? "UEFI" : "", made->boots_uefi && made->boots_bios ? " and " : "",
		made->boots_bios ? "BIOS" : "");
}

int medium_made_tell(
	struct cli *cli, const struct medium_source *source, const struct medium_made *made)
{
	int code = EXIT_DONE, attention = EXIT_DONE;
	char plan[ERROR_TEXT_BYTES];
	const char *const doubts[2] = {plan, made->attention};
	plan_doubt(source, plan, sizeof(plan));
	if (cli->json)
		code = print_json(cli, source, made, doubts);
	else
		print_words(source, made);
	for (int i = 0; i < 2; i++) {
		if (doubts[i][0] == 0)
			continue;
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, doubts[i]);
		attention = EXIT_ATTENTION;
	}
	return code == EXIT_DONE ? attention : code;
}
