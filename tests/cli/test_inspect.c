/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter inspect` itself, over files of each kind that are made here. */
#include "../unit.h"

#include "shell.h"

#include "base/cleanup.h"
#include "format/sdi.h"
#include "image/bcd.h"

#include "../format/catalog_maker.h"
#include "../store/scratch.h"

#include <jansson.h>

static const char inf_text[] = "; a network card\r\n"
			       "[version]\r\n"
			       "Signature = \"$Windows NT$\"\r\n"
			       "Class = Net\r\n"
			       "Provider = %Maker%\r\n"
			       "DriverVer = 07/18/2023,1.2.3.4\r\n"
			       "[Manufacturer]\r\n"
			       "%Maker% = Pine, NTamd64, NTx86.5.1\r\n"
			       "[Pine.NTamd64]\r\n"
			       "%Card% = Inst, PCI\\VEN_1DE7&DEV_0001, \"a,\"\"b\"\r\n"
			       "[Files]\r\n"
			       "pine.sys\r\n"
			       "a.dll,,\r\n"
			       "[Strings]\r\n"
			       "Maker = \"Pine & S\xf6hne\"\r\n"
			       "Card = \"open\r\n";

static const char *path_of(const char *name)
{
	static char path[128];
	(void)snprintf(path, sizeof(path), "%s/%s", scratch_directory, name);
	return path;
}

static void make_file(const char *name, const void *bytes, size_t n)
{
	FILE *file = fopen(path_of(name), "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

/* Runs it; what it printed in out. */
static int run(const char *args, const char *name, char *out, size_t size)
{
	char command[512];
	const char *pewter = getenv("PEWTER");
	assert_non_null(pewter); /* set by meson */
	(void)snprintf(
		command, sizeof(command), "'%s' inspect %s '%s' 2>&1", pewter, args, path_of(name));
	return shell(command, out, size);
}

static json_t *facts_of(const char *args, const char *name)
{
	static char out[65536];
	char all[64];
	(void)snprintf(all, sizeof(all), "--json %s", args);
	int code = run(all, name, out, sizeof(out));
	json_error_t error;
	json_t *document = json_loads(out, 0, &error);
	if (code != 0 || document == NULL)
		fail_msg("%d, %s: %s", code, error.text, out);
	return document;
}

static void assert_text(const json_t *object, const char *key, const char *expected)
{
	const char *found = json_string_value(json_object_get(object, key));
	if (found == NULL || strcmp(found, expected) != 0)
		fail_msg("%s: %s instead of %s", key, found == NULL ? "null" : found, expected);
}

/* The document that other programs rely on, key by key. */
static void lines_of_an_inf(void **state)
{
	(void)state;
	make_file("card.inf", inf_text, sizeof(inf_text) - 1);
	json_t *document = facts_of("--lines", "card.inf");
	static const char expected[] =
		"[{\"name\": \"version\", \"lines\": ["
		"{\"number\": 3, \"key\": \"Signature\", \"fields\": [\"$Windows NT$\"]},"
		"{\"number\": 4, \"key\": \"Class\", \"fields\": [\"Net\"]},"
		"{\"number\": 5, \"key\": \"Provider\", \"fields\": [\"Pine & S\xc3\xb6hne\"]},"
		"{\"number\": 6, \"key\": \"DriverVer\", \"fields\": [\"07/18/2023\", "
		"\"1.2.3.4\"]}]},"
		"{\"name\": \"Manufacturer\", \"lines\": ["
		"{\"number\": 8, \"key\": \"Pine & S\xc3\xb6hne\", \"fields\": [\"Pine\", "
		"\"NTamd64\", \"NTx86.5.1\"]}]},"
		"{\"name\": \"Pine.NTamd64\", \"lines\": ["
		"{\"number\": 10, \"key\": \"open\", \"fields\": [\"Inst\", "
		"\"PCI\\\\VEN_1DE7&DEV_0001\", \"a,\\\"b\"]}]},"
		"{\"name\": \"Files\", \"lines\": ["
		"{\"number\": 12, \"key\": null, \"fields\": [\"pine.sys\"]},"
		"{\"number\": 13, \"key\": null, \"fields\": [\"a.dll\", \"\", \"\"]}]},"
		"{\"name\": \"Strings\", \"lines\": ["
		"{\"number\": 15, \"key\": \"Maker\", \"fields\": [\"Pine & S\xc3\xb6hne\"]},"
		"{\"number\": 16, \"key\": \"Card\", \"fields\": [\"open\"]}]}]";
	json_t *sections = json_loads(expected, 0, NULL);
	assert_non_null(sections);
	assert_text(document, "kind", "inf");
	assert_text(document, "encoding", "Windows-1252");
	assert_true(json_equal(json_object_get(document, "sections"), sections));
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(document, "problems"), 0), "line")),
		16);
	json_decref(sections);
	json_decref(document);
}

static void summary_of_an_inf(void **state)
{
	(void)state;
	make_file("card.inf", inf_text, sizeof(inf_text) - 1);
	json_t *document = facts_of("", "card.inf");
	assert_text(document, "kind", "inf");
	assert_text(document, "class", "Net");
	assert_text(document, "provider", "Pine & S\xc3\xb6hne");
	assert_text(document, "date", "07/18/2023");
	assert_text(document, "version", "1.2.3.4");
	assert_true(json_is_null(json_object_get(document, "catalog")));
	static const struct {
		const char *section, *target;
		int models; /* -1: there is no such section */
	} expected[] = {{"Pine", "", -1}, {"Pine.NTamd64", "NTamd64", 1},
		{"Pine.NTx86.5.1", "NTx86.5.1", -1}};
	const json_t *rows = json_object_get(document, "manufacturers");
	assert_int_equal(json_array_size(rows), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const json_t *row = json_array_get(rows, i),
			     *models = json_object_get(row, "models");
		assert_text(row, "manufacturer", "Pine & S\xc3\xb6hne");
		assert_text(row, "section", expected[i].section);
		assert_text(row, "target", expected[i].target);
		assert_int_equal(
			json_is_null(models) ? -1 : json_integer_value(models), expected[i].models);
	}
	json_decref(document);
}

static void words(void **state)
{
	(void)state;
	static char out[65536];
	make_file("card.inf", inf_text, sizeof(inf_text) - 1);
	assert_int_equal(run("", "card.inf", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "class            Net\n"));
	assert_non_null(strstr(out, "Pine.NTamd64"));
	assert_int_equal(run("--lines", "card.inf", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "      9  [Pine.NTamd64]\n"
				    "     10  open = Inst, PCI\\VEN_1DE7&DEV_0001, \"a,\"\"b\"\n"));
	assert_non_null(strstr(out, "\nproblems\n     16  "));
}

static void other_kinds(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct sdi sdi;
	uint8_t head[SDI_HEAD_BYTES];
	static uint8_t program[512];
	sdi_plan_boot(0, &sdi);
	sdi_write_head(&sdi, head);
	make_file("boot.sdi", head, sizeof(head));
	json_t *document = facts_of("", "boot.sdi");
	assert_text(document, "kind", "sdi");
	json_decref(document);

	struct buffer bcd = buffer_with_max(1U << 20);
	const struct image_bcd_parameters parameters = {
		.description = "x", .sdi_path = "\\s", .wim_path = "\\w", .is_uefi = true};
	assert_ok(image_bcd_build(&parameters, &bcd, &err));
	make_file("BCD", bcd.bytes, bcd.size);
	buffer_free(&bcd);
	document = facts_of("", "BCD");
	assert_text(document, "kind", "bcd");
	const json_t *row;
	size_t i, n_found = 0;
	json_array_foreach(json_object_get(document, "elements"), i, row) n_found +=
		strcmp(json_string_value(json_object_get(row, "value")),
			"\\windows\\system32\\boot\\winload.efi") == 0;
	assert_int_equal(n_found, 1);
	json_decref(document);

	memcpy(program, "MZ", 2);
	program[0x3c] = 0x80;
	memcpy(program + 0x80, "PE\0\0\x64\x86", 6);
	program[0x80 + 20] = 240;
	memcpy(program + 0x80 + 24, "\x0b\x02", 2);
	program[0x80 + 24 + 48] = 6;
	program[0x80 + 24 + 50] = 1;
	program[0x80 + 24 + 68] = 1;
	make_file("e1d.sys", program, sizeof(program));
	document = facts_of("", "e1d.sys");
	assert_text(document, "kind", "pe");
	assert_text(document, "arch", "amd64");
	assert_text(document, "subsystem", "driver");
	assert_text(document, "subsystem_version", "6.1");
	json_decref(document);
}

static void a_catalogue(void **state)
{
	(void)state;
	static const struct maker_member members[] = {
		{"net.inf", {0xab, 1}, 20, MAKER_NAMED_BY_TEXT, false},
		{"net.sys", {0xcd, 2}, 32, MAKER_NAMED_BY_BYTES, false},
	};
	const struct maker_options options = {.stamped = "20240229235959Z"};
	struct maker_key key = maker_key_new();
	struct buffer bytes = maker_catalog(members, 2, &key, &options);
	make_file("net.cat", bytes.bytes, bytes.size);
	json_t *facts = facts_of("", "net.cat");
	assert_text(facts, "kind", "cat");
	assert_text(facts, "signer", MAKER_SIGNER);
	assert_text(facts, "signed", "2024-02-29T23:59:59.000Z");
	assert_true(json_is_true(json_object_get(facts, "stamped")));
	assert_true(json_is_true(json_object_get(facts, "intact")));
	const json_t *list = json_object_get(facts, "members");
	assert_int_equal(json_array_size(list), 2);
	assert_text(json_array_get(list, 0), "file", "net.inf");
	assert_text(json_array_get(list, 0), "algorithm", "SHA-1");
	assert_text(json_array_get(list, 0), "hash", "ab01000000000000000000000000000000000000");
	assert_text(json_array_get(list, 1), "file", "net.sys");
	assert_text(json_array_get(list, 1), "os", "2:5.1,2:6.0");
	assert_text(json_array_get(json_object_get(facts, "attributes"), 0), "name", "HWID1");
	json_decref(facts);

	/* Changed after signing: it is read all the same, and says so. */
	uint8_t *name = memmem(bytes.bytes, bytes.size, "0123456789abcdef", 16);
	assert_non_null(name);
	name[0] = 'X';
	make_file("net.cat", bytes.bytes, bytes.size);
	facts = facts_of("", "net.cat");
	assert_true(json_is_false(json_object_get(facts, "intact")));
	assert_text(facts, "fault", "what is signed was changed after it was signed");
	json_decref(facts);

	char out[2000];
	make_file("net.cat", bytes.bytes, bytes.size / 2);
	assert_int_equal(run("", "net.cat", out, sizeof(out)), 1);
	assert_non_null(strstr(out, "net.cat: truncated at byte "));
	buffer_free(&bytes);
	maker_key_free(&key);
}

static void what_is_nothing_is_said(void **state)
{
	(void)state;
	static const struct {
		const char *name, *content, *says;
	} cases[] = {
		{"empty.inf", "", "1: no section"},
		{"fragment.inf", "HKR,,a\nHKR,,b\n", "no section"},
		{"notes.txt", "[todo]\nbuy milk\n", "this is no WIM"},
		{"short.wim", "MSWIM\0\0\0", "short.wim: "},
		{"missing", NULL, "No such file"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[1024];
		if (cases[i].content != NULL)
			make_file(cases[i].name, cases[i].content,
				i == 3 ? 8 : strlen(cases[i].content));
		assert_int_equal(run("", cases[i].name, out, sizeof(out)), 1);
		if (strstr(out, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].name, out);
	}
}

/* 3 MB whose lines would fill 4 GB. */
static void strings_are_no_bomb(void **state)
{
	(void)state;
	static char text[3 << 20];
	char out[1024];
	size_t at = (size_t)snprintf(text, sizeof(text), "[Strings]\na=");
	memset(text + at, 'x', 4000);
	at += 4000;
	at += (size_t)snprintf(text + at, sizeof(text) - at, "\n[T]\n");
	while (at + 8 < sizeof(text))
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%%a%%\n");
	make_file("bomb.inf", text, at);
	assert_int_equal(run("--lines --json", "bomb.inf", out, sizeof(out)), 1);
	assert_non_null(strstr(out, "with strings filled in"));
	assert_int_equal(run("", "bomb.inf", out, sizeof(out)), 0);
}

static int make(void **state)
{
	(void)state;
	(void)scratch_make();
	return 0;
}

static int clear(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_an_inf),
		cmocka_unit_test(summary_of_an_inf),
		cmocka_unit_test(words),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(a_catalogue),
		cmocka_unit_test(what_is_nothing_is_said),
		cmocka_unit_test(strings_are_no_bomb),
	};
	return cmocka_run_group_tests(tests, make, clear);
}
