/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter driver mark`, `unmark` and `rules`, as an administrator types them. */
#include "../unit.h"

#include "shell.h"

#include "base/cleanup.h"

#include "../store/scratch.h"

#include <jansson.h>
#include <sys/stat.h>

static void put(const char *name, const char *text)
{
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/%s", scratch_directory, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/%s", scratch_directory, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

/* With the state directory and the config file of the scratch folder; what it said in out. */
static int pewter(const char *arguments, char *out, size_t size)
{
	char command[1024];
	const char *program = getenv("PEWTER");
	assert_non_null(program); /* set by meson */
	(void)snprintf(command, sizeof(command),
		"exec 2>&1; cd '%s' && '%s' --state state --config etc/pewter.conf %s",
		scratch_directory, program, arguments);
	return shell(command, out, size);
}

static json_t *asked(const char *arguments)
{
	static char out[65536];
	char all[512];
	json_error_t error;
	(void)snprintf(all, sizeof(all), "--json %s 2>/dev/null", arguments);
	int code = pewter(all, out, sizeof(out));
	json_t *document = json_loads(out, 0, &error);
	if (code != 0 || document == NULL)
		fail_msg("%s: %d, %s: %s", arguments, code, error.text, out);
	return document;
}

static void assert_refused(const char *arguments, const char *word)
{
	char out[4096];
	if (pewter(arguments, out, sizeof(out)) != 1 || strstr(out, word) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", arguments, out, word);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

/* A package of that INF name; its id. */
static void add_package(const char *name, char id[static 65])
{
	char text[400], path[64], command[128];
	(void)snprintf(path, sizeof(path), "%s", name);
	(void)snprintf(text, sizeof(text),
		"; %s\n[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nProvider=Pine\n"
		"DriverVer=07/18/2023,1.2.3.4\n[Manufacturer]\nPine=Pine,NTamd64\n"
		"[Pine.NTamd64]\nCard=Inst,PCI\\VEN_1DE7&DEV_0001\n[Inst]\n",
		name);
	put(path, text);
	(void)snprintf(command, sizeof(command), "driver add %s", name);
	json_t *document = asked(command);
	const json_t *added = json_array_get(json_object_get(document, "added"), 0);
	assert_int_equal(strlen(text_of(added, "id")), 64);
	memcpy(id, text_of(added, "id"), 65);
	json_decref(document);
}

static void a_mark_is_put_shown_and_taken_off(void **state)
{
	(void)state;
	char old[65], new[65], command[512], out[4096];
	scratch_make();
	add_package("old.inf", old);
	add_package("new.inf", new);
	(void)snprintf(command, sizeof(command),
		"driver mark %.8s --incompatible 'winpe<=2.1' --instead %.8s --why 'it hangs'", old,
		new);
	assert_int_equal(pewter(command, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "is passed over where winpe<=2.1, instead: "));

	json_t *document = asked("driver rules");
	const json_t *mark = json_array_get(json_object_get(document, "marks"), 0);
	assert_string_equal(text_of(mark, "package"), old);
	assert_string_equal(text_of(mark, "inf"), "old.inf");
	assert_string_equal(text_of(mark, "condition"), "winpe<=2.1");
	assert_string_equal(text_of(mark, "instead"), new);
	assert_string_equal(text_of(mark, "why"), "it hangs");
	json_decref(document);
	assert_int_equal(pewter("driver rules", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "old.inf ("));
	assert_non_null(strstr(out, "): not where winpe<=2.1\n"));

	/* A second condition is a second mark; the same again is not. */
	(void)snprintf(command, sizeof(command), "driver mark %s --incompatible arch=x86", old);
	json_decref(asked(command));
	document = asked(command);
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(document, "marked"), "marks")), 2);
	json_decref(document);

	(void)snprintf(command, sizeof(command), "driver unmark %s", old);
	document = asked(command);
	assert_string_equal(text_of(json_object_get(document, "unmarked"), "id"), old);
	json_decref(document);
	assert_refused(command, "has no mark");
	document = asked("driver rules");
	assert_int_equal(json_array_size(json_object_get(document, "marks")), 0);
	json_decref(document);
	scratch_remove();
}

static void a_substitute_does_not_go_unnoticed(void **state)
{
	(void)state;
	char old[65], new[65], command[512], out[4096];
	scratch_make();
	add_package("old.inf", old);
	add_package("new.inf", new);
	(void)snprintf(command, sizeof(command),
		"driver mark %s --incompatible 'winpe<=2.1' --instead %s", old, new);
	assert_int_equal(pewter(command, out, sizeof(out)), 0);
	(void)snprintf(command, sizeof(command), "driver remove %s", new);
	assert_int_equal(pewter(command, out, sizeof(out)), 3);
	assert_non_null(strstr(out, "was to be taken in place of"));
	assert_non_null(strstr(out, "new.inf ("));

	add_package("new.inf", new);
	(void)snprintf(command, sizeof(command), "--json driver remove %s 2>/dev/null #", new);
	assert_int_equal(pewter(command, out, sizeof(out)), 3);
	json_t *document = json_loads(out, 0, NULL);
	const json_t *mark = json_array_get(json_object_get(document, "was_instead_of"), 0);
	assert_string_equal(text_of(mark, "package"), old);
	assert_string_equal(text_of(mark, "condition"), "winpe<=2.1");
	json_decref(document);
	/* With the package that is marked, its mark is gone. */
	(void)snprintf(command, sizeof(command), "driver remove %s", old);
	assert_int_equal(pewter(command, out, sizeof(out)), 0);
	scratch_remove();
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	char id[65], command[600], out[4096], why[300];
	scratch_make();
	add_package("old.inf", id);
	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = 0;
	assert_refused("driver mark ffff --incompatible 'winpe<=2.1'", "no driver package");
	(void)snprintf(command, sizeof(command), "driver mark %s --incompatible 'windows>=11'", id);
	assert_refused(command, "--incompatible: Windows is meant by its version here");
	(void)snprintf(command, sizeof(command),
		"driver mark %s --incompatible 'winpe<=2.1' --instead %s", id, id);
	assert_refused(command, "--instead names the package itself");
	(void)snprintf(command, sizeof(command),
		"driver mark %s --incompatible 'winpe<=2.1' --instead eeee", id);
	assert_refused(command, "--instead: ");
	(void)snprintf(command, sizeof(command),
		"driver mark %s --incompatible 'winpe<=2.1' --why %s", id, why);
	assert_refused(command, "--why: 299 bytes, and it may have 255");
	(void)snprintf(command, sizeof(command), "driver mark %s", id);
	assert_int_equal(pewter(command, out, sizeof(out)), 2);
	scratch_remove();
}

static const json_t *rule_of(const json_t *document, const char *name)
{
	size_t i;
	const json_t *rule;
	json_array_foreach(json_object_get(document, "rules"), i, rule)
	{
		if (strcmp(text_of(rule, "name"), name) == 0)
			return rule;
	}
	return NULL;
}

/* Shipped ones without any file; then the site's beside the config file, and the state's after. */
static void rules_come_from_three_places(void **state)
{
	(void)state;
	scratch_make();
	json_t *document = asked("driver rules"); /* before there is a state directory */
	const json_t *rule = rule_of(document, "broadcom-netxtreme-ii-bus");
	assert_non_null(rule);
	assert_true(json_is_true(json_object_get(rule, "shipped")));
	assert_string_equal(text_of(rule, "file"), "drivers.rules");
	json_decref(document);

	make_folder("etc");
	make_folder("etc/rules.d");
	make_folder("state");
	make_folder("state/rules");
	put("etc/rules.d/site.rules", "[rule one]\ninf=a.inf\ncondition=arch=x86\nwhy=site\n"
				      "[rule rndis]\noff=yes\n");
	put("state/rules/a.rules", "[rule one]\ninf=b*.inf\ncondition=arch=x86\nwhy=state\n");
	document = asked("driver rules");
	rule = rule_of(document, "one");
	assert_non_null(rule);
	assert_string_equal(text_of(rule, "why"), "state");
	assert_string_equal(text_of(rule, "file"), "state/rules/a.rules");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(rule, "inf"), 0)), "b*.inf");
	assert_true(json_is_true(json_object_get(rule_of(document, "rndis"), "off")));
	json_decref(document);
	char out[16384];
	assert_int_equal(pewter("driver rules", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "one: not where arch=x86\n  drivers  inf b*.inf\n"));
	assert_non_null(strstr(out, "rndis: switched off\n"));

	put("state/rules/b.rules", "[rule two]\nwat=1\n");
	assert_refused("driver rules", "state/rules/b.rules:2: [rule two] there is no key \"wat\"");
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_put_shown_and_taken_off),
		cmocka_unit_test(a_substitute_does_not_go_unnoticed),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(rules_come_from_three_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
