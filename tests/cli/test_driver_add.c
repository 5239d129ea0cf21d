/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter driver add`, as scripts see it: exit codes, the line on stderr, JSON. */
#include "../unit.h"

#include "shell.h"
#include "../driver/packs.h"

#include "format/pe.h"

#include <jansson.h>

static int run(const char *arguments, const char *redirection, char *out, size_t size)
{
	char command[1024];
	const char *program = getenv("PEWTER");
	assert_non_null(program); /* set by meson */
	(void)snprintf(command, sizeof(command), "cd '%s' && '%s' --state state %s %s",
		scratch_directory, program, arguments, redirection);
	return shell(command, out, size);
}

static int n_lines(const char *text)
{
	int n = 0;
	for (; *text != 0; text++)
		n += *text == '\n';
	return n;
}

static void put_packs(void)
{
	const char *root = scratch_directory;
	uint8_t sys[FAKE_SYS_BYTES];
	fake_sys(sys, PE_MACHINE_X86, 5, 1);
	put_file(root, "good/card32.sys", sys, sizeof(sys));
	fake_sys(sys, PE_MACHINE_AMD64, 6, 1);
	put_file(root, "good/card64.sys", sys, sizeof(sys));
	put_text(root, "good/card.inf", INF_PLAIN);
	put_text(root, "other/autorun.inf", "[autorun]\r\nopen=setup.exe\r\n");
	put_text(root, "unsigned.inf", "; of nobody\r\n[Version]\r\nClass = Net\r\n");
	put_text(root, "broken/a.zip", "PK\3\4, and no more");
	put_text(root, "broken2/a.zip", "PK\3\4, and no more");
	put_text(root, "broken2/\033[31m.cab", "MSCF, and no more");
	put_text(root, "\033[2J\xc2\x9b.inf", "[Version]\r\n");
}

/* One line on stderr for whatever is not 0: what, where, why. */
static void exit_codes_and_their_one_line(void **state)
{
	(void)state;
	static const struct {
		const char *paths;
		int code;
		const char *line; /* NULL: none */
	} cases[] = {
		{"other", 1, "other/autorun.inf: no [Version] section: it is no setup INF\n"},
		{"other/autorun.inf", 1, "no [Version] section"},
		{"unsigned.inf", 1,
			"pewter driver add: unsigned.inf:2: [Version] has no Signature"},
		{"broken/a.zip", 1, "pewter driver add: broken/a.zip: cut short"},
		{"broken2", 1, "2 files or archives could not be read"},
		{"good missing", 1, "missing: No such file or directory"},
		{"'\033[2J\xc2\x9b.inf'", 1, "pewter driver add: ?[2J??.inf:1: "},
		{"good", 0, NULL},
		{"good other", 0, NULL},
		{"other good broken", 3, "pewter driver add: broken/a.zip: cut short"},
		{"", 2, "name folders, INFs or archives"},
	};
	char arguments[256], out[16384];
	scratch_make();
	put_packs();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(arguments, sizeof(arguments), "driver add %s", cases[i].paths);
		int code = run(arguments, "2>&1 >/dev/null", out, sizeof(out));
		bool says =
			cases[i].line == NULL ? out[0] == 0 : strstr(out, cases[i].line) != NULL;
		if (code != cases[i].code || !says || n_lines(out) > (code == 2 ? 2 : 1))
			fail_msg("%s: %d, \"%s\"", cases[i].paths, code, out);
		code = run(arguments, "2>&1", out, sizeof(out));
		if (code != cases[i].code || strchr(out, '\033') != NULL)
			fail_msg("%s: %d, \"%s\"", cases[i].paths, code, out);
	}
	scratch_remove();
}

static const json_t *first(const json_t *document, const char *list)
{
	return json_array_get(json_object_get(document, list), 0);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

static json_t *asked(const char *paths, int code)
{
	static char out[65536];
	char arguments[256];
	json_error_t error;
	(void)snprintf(arguments, sizeof(arguments), "--json driver add %s", paths);
	int found = run(arguments, "2>/dev/null", out, sizeof(out));
	json_t *document = json_loads(out, 0, &error);
	if (found != code || document == NULL)
		fail_msg("%s: %d, %s: %s", paths, found, error.text, out);
	return document;
}

static void the_document_is_as_promised(void **state)
{
	(void)state;
	scratch_make();
	put_packs();
	json_t *document = asked("good broken other", 3);
	const json_t *added = first(document, "added");
	assert_int_equal(strlen(text_of(added, "id")), 64);
	assert_string_equal(text_of(added, "inf"), "card.inf");
	assert_string_equal(text_of(added, "class"), "Net");
	assert_string_equal(text_of(added, "provider"), "Example");
	assert_string_equal(text_of(added, "date"), "2024-01-31");
	assert_string_equal(text_of(added, "version"), "1.2.3.4");
	assert_string_equal(text_of(added, "signature"), "unsigned");
	assert_string_equal(text_of(added, "path"), "good/card.inf");
	assert_int_equal(json_array_size(json_object_get(added, "missing")), 0);
	assert_int_equal(json_array_size(json_object_get(added, "warnings")), 0);
	assert_int_equal(json_array_size(json_object_get(document, "already")), 0);
	assert_int_equal(json_array_size(json_object_get(document, "skipped")), 2);
	const json_t *skipped = first(document, "skipped");
	assert_string_equal(text_of(skipped, "path"), "broken/a.zip");
	assert_true(json_is_true(json_object_get(skipped, "fault")));
	json_decref(document);

	document = asked("unsigned.inf", 1);
	skipped = first(document, "skipped");
	assert_int_equal(json_integer_value(json_object_get(skipped, "line")), 2);
	assert_ptr_equal(
		strstr(text_of(skipped, "reason"), "[Version] has no"), text_of(skipped, "reason"));
	json_decref(document);

	document = asked("good", 0);
	assert_int_equal(json_array_size(json_object_get(document, "added")), 0);
	assert_string_equal(text_of(first(document, "already"), "inf"), "card.inf");
	json_decref(document);

	/* Names of no encoding at all still make a document. */
	put_text(scratch_directory, "\xff\xfe.zip", "none");
	document = asked("'\xff\xfe.zip'", 1);
	assert_string_equal(text_of(first(document, "skipped"), "path"), "??.zip");
	json_decref(document);
	document = asked("'\xff\xfe.inf'", 1);
	assert_non_null(strstr(text_of(document, "error"), "??.inf: No such file"));
	json_decref(document);
	scratch_remove();
}

/* A package for Windows PE is compressed as it comes in: its blobs are INF, two files, and the
 * part. */
static void what_windows_pe_boots_with_is_compressed(void **state)
{
	(void)state;
	char out[16384];
	scratch_make();
	put_packs();
	put_text(scratch_directory, "later.sh",
		"mkdir later && cp good/*.sys later && "
		"sed 's/Class = Net/Class = Display/; s/e972/e968/' good/card.inf > "
		"later/card.inf");
	assert_int_equal(run("--version && sh later.sh", "2>&1", out, sizeof(out)), 0);
	put_text(scratch_directory, "bare/card.inf", INF_PLAIN);
	run("driver add bare >/dev/null; find state/blobs -type f | wc -l", "", out, sizeof(out));
	assert_string_equal(out, "1\n");
	run("driver list >/dev/null; rm -r state", "", out, sizeof(out));
	run("driver add later >/dev/null; find state/blobs -type f | wc -l", "", out, sizeof(out));
	assert_string_equal(out, "3\n");
	run("driver add good >/dev/null; find state/blobs -type f | wc -l", "", out, sizeof(out));
	assert_string_equal(out, "5\n");
	json_t *document = asked("good later", 0);
	assert_true(json_is_null(json_object_get(document, "not_compressed")));
	json_decref(document);
	scratch_remove();
}

/* In vain: what was added is added, and whoever adds it again mends it. */
static void what_cannot_be_compressed_is_added(void **state)
{
	(void)state;
	char out[16384];
	scratch_make();
	put_packs();
	put_text(scratch_directory, "broken-library/libwim.so.15", "");
	assert_int_equal(setenv("LD_LIBRARY_PATH", "broken-library", 1), 0);
	int code = run("driver add good", "2>&1 >/dev/null", out, sizeof(out));
	if (code != 3 || n_lines(out) != 1 ||
		strstr(out,
			"all is added, but 1 package could not be compressed for images yet, "
			"so that the first one to take it has to: broken-library/libwim.so.15: ") ==
			NULL)
		fail_msg("%d, %s", code, out);
	assert_int_equal(run("driver list", "2>&1", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "card.inf"));
	assert_int_equal(run("check", "2>&1", out, sizeof(out)), 0);
	json_t *document = asked("good", 3);
	const json_t *why = json_object_get(document, "not_compressed");
	assert_int_equal(json_integer_value(json_object_get(why, "packages")), 1);
	assert_non_null(strstr(text_of(why, "reason"), "libwim.so.15"));
	assert_int_equal(json_array_size(json_object_get(document, "already")), 1);
	json_decref(document);
	/* What else is wrong is told as well. */
	code = run("driver add good broken", "2>&1 >/dev/null", out, sizeof(out));
	if (code != 3 || n_lines(out) != 2 || strstr(out, "cut short") == NULL)
		fail_msg("%d, %s", code, out);
	assert_int_equal(unsetenv("LD_LIBRARY_PATH"), 0);
	assert_int_equal(run("driver add good", "2>&1 >/dev/null", out, sizeof(out)), 0);
	assert_string_equal(out, "");
	run("driver list >/dev/null; find state/blobs -type f | wc -l", "", out, sizeof(out));
	assert_string_equal(out, "4\n");
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes_and_their_one_line),
		cmocka_unit_test(the_document_is_as_promised),
		cmocka_unit_test(what_windows_pe_boots_with_is_compressed),
		cmocka_unit_test(what_cannot_be_compressed_is_added),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
