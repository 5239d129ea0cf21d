/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/prepare_machine.h"

#include "base/text.h"
#include "cli/prepare_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void machine_clear(struct machine *machine)
{
	free(machine->error);
	json_decref(machine->warnings);
	json_decref(machine->document);
}

/* Cut where it does not fit. */
static void add_words(char text[static MACHINE_CHANGE_BYTES], const char *format, ...)
	PRINTF_LIKE(2, 3);
static void add_words(char text[static MACHINE_CHANGE_BYTES], const char *format, ...)
{
	va_list args;
	size_t n = strlen(text);
	if (n > 0)
		(void)text_copy(text + n, MACHINE_CHANGE_BYTES - n, ", ");
	n = strlen(text);
	va_start(args, format);
	(void)vsnprintf(text + n, MACHINE_CHANGE_BYTES - n, format, args);
	va_end(args);
}

/* ---- what is lacking ---- */

static void lack_nics(struct machine *machine, const struct plan_outcome *outcome)
{
	const struct plan_record *plan = &outcome->plan;
	char id[256];
	if (outcome->n_nics == 0)
		add_words(machine->lacks, "no network card known");
	if (plan->n_uncovered_nics == 0)
		return;
	plan_short_id(plan->devices[outcome->uncovered_nics[0]].hardware_id, id, sizeof(id));
	add_words(machine->lacks, "would fail%s: no driver for %s",
		plan->n_uncovered_nics == outcome->n_nics ? ""
		: plan->n_uncovered_nics == 1             ? " over one network card"
							  : " over some network cards",
		id);
}

static void lack(struct machine *machine, const struct prepare_request *request,
	const struct plan_outcome *outcome)
{
	const char *classes = request->classes != NULL ? request->classes : PLAN_CLASSES_DEFAULT;
	if (plan_wants_nics(classes))
		lack_nics(machine, outcome);
	if (outcome->n_others_uncovered > 0)
		add_words(machine->lacks, "%zu device%s not covered", outcome->n_others_uncovered,
			outcome->n_others_uncovered == 1 ? "" : "s");
	if (outcome->n_doubtful > 0)
		add_words(machine->lacks, "%zu driver%s may not load", outcome->n_doubtful,
			outcome->n_doubtful == 1 ? "" : "s");
}

/* ---- taking the result ---- */

int machine_take(struct machine *machine, const struct prepare_request *request,
	const struct prepare_result *result, bool json)
{
	const struct plan_outcome *outcome = &result->outcome;
	(void)text_copy(machine->image, sizeof(machine->image), outcome->plan.image);
	machine->revision = outcome->plan.revision;
	machine->revision_before = result->revision_before;
	machine->had_plan = result->had_plan;
	machine->changed_plan = result->changed_plan;
	machine->made_revision = result->made_revision;
	machine->n_added = result->n_added;
	machine->n_replaced = outcome->n_replaced;
	machine->n_dropped = outcome->n_dropped;
	machine->n_gone = result->n_gone;
	lack(machine, request, outcome);
	machine->warnings = prepare_warnings(request, result);
	if (machine->warnings == NULL)
		return -ENOMEM;
	bool warns = json_array_size(machine->warnings) > 0;
	machine->warns_of_image = warns && !result->knows_inbox;
	machine->state = warns                                             ? MACHINE_EYE
			 : machine->made_revision || machine->changed_plan ? MACHINE_CHANGED
									   : MACHINE_AS_BEFORE;
	if (json)
		machine->document = prepare_json(request, result, machine->warnings);
	return json && machine->document == NULL ? -ENOMEM : 0;
}

int machine_fail(struct machine *machine, const struct error *err)
{
	machine->state = MACHINE_FAILED;
	machine->error = strdup(err->text);
	if (machine->error == NULL)
		return -ENOMEM;
	text_disarm(machine->error, strlen(machine->error));
	return 0;
}

/* ---- words ---- */

/* Up to what to do, which the sentence on stderr says. */
static void say_failure(const struct machine *machine, char text[static MACHINE_CHANGE_BYTES])
{
	(void)snprintf(text, MACHINE_CHANGE_BYTES, "failed: %.*s",
		(int)strcspn(machine->error, ";"), machine->error);
}

void machine_change(const struct machine *machine, char text[static MACHINE_CHANGE_BYTES])
{
	text[0] = 0;
	if (machine->state == MACHINE_FAILED) {
		say_failure(machine, text);
		return;
	}
	if (machine->n_added > 0)
		add_words(
			text, "+%zu package%s", machine->n_added, machine->n_added == 1 ? "" : "s");
	if (machine->n_replaced > 0)
		add_words(text, "%zu replaced", machine->n_replaced);
	if (machine->n_dropped > 0)
		add_words(text, "%zu dropped", machine->n_dropped);
	if (text[0] == 0 && machine->made_revision)
		add_words(text, "a revision of its own");
	if (machine->lacks[0] != 0)
		add_words(text, "%s", machine->lacks);
	else if (text[0] == 0 && !machine->changed_plan)
		add_words(text, "as before");
	else if (text[0] == 0 && !machine->had_plan)
		add_words(text, "nothing to add");
	else if (text[0] == 0 && machine->revision_before != machine->revision)
		add_words(text, "nothing to add, was @%u", machine->revision_before);
	else if (text[0] == 0)
		add_words(text, "another plan");
}

/* Between quotes, dashes or blanks, not within another name. */
static bool has_word(const char *sentence, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = sentence; n > 0 && (at = strstr(at, word)) != NULL; at++)
		if ((at == sentence || !isalnum((unsigned char)at[-1])) &&
			!isalnum((unsigned char)at[n]))
			return true;
	return false;
}

void machine_tell(const struct cli *cli, const struct machine *machine, const char *sentence)
{
	char name[sizeof(machine->name)];
	bool has_name = has_word(sentence, machine->name);
	(void)text_copy(name, sizeof(name), machine->name);
	text_disarm(name, strlen(name));
	(void)fprintf(stderr, "pewter %s: %s%s%s\n", cli->command, has_name ? "" : name,
		has_name ? "" : ": ", sentence);
}
