/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INFs that name more than anybody needs, or the same again and again. */
#include "../unit.h"

#include "inf_text.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define BOMB_SECONDS                                                                               \
	20 /* a hundred times what they take: sanitizers and busy machines are slow                \
	    */

struct bomb {
	const char *what;
	const char *head;
	size_t n;
	const char *line; /* one %zu */
	const char *tail;
	int rc_models, rc_files;
};

#define TEN(x)   x x x x x x x x x x
#define FIFTY(x) TEN(x) TEN(x) TEN(x) TEN(x) TEN(x)
#define LONG_STRING                                                                                \
	"[Strings]\na=\"" FIFTY(                                                                   \
		"012345678901234567890123456789012345678901234567890123456789") "\"\nb=\"" FIFTY("0123") "\"\n"

static const struct bomb bombs[] = {
	{"models", TWO_ARCHS "[M.NTx86]\n", 250000, "A=I,PCI\\%zu\n", "", -E2BIG, 0},
	{"ids", TWO_ARCHS "[M.NTx86]\nA=I", 450000, ",PCI\\%zu", "\n", -E2BIG, 0},
	{"one long string in every line", TWO_ARCHS LONG_STRING "[M.NTx86]\n", 20000,
		"%%a%%=I,PCI\\%zu\n", "", -E2BIG, 0},
	{"one long id excluded everywhere", TWO_ARCHS LONG_STRING "[I]\nExcludeID=X", 200000,
		",A%%b%%%zu", "\n", -E2BIG, 0},
	{"install sections", TWO_ARCHS "[M.NTx86]\n", 30000, "A=I%zu,PCI\\X\n", "", -E2BIG, 0},
	{"lines of one manufacturer", TWO_ARCHS "[Manufacturer]\n", 5000, "A%zu=M,NTx86\n", "",
		-E2BIG, -E2BIG},
	{"the same big section by many lines", TWO_ARCHS "[Manufacturer]\nA=M,NTx86\nA=M,NTx86\n",
		150000, "[M.NTx86]\nA=I,X%zu\n", "", -E2BIG, 0},
	{"decorations of one line", HEAD "[Manufacturer]\nA=M", 5000, ",NTx86.%zu", "\n", -E2BIG,
		-E2BIG},
	{"files", TWO_ARCHS "[I]\nCopyFiles=L\n[L]\n", 5000, "f%zu.sys\n", "", 0, -E2BIG},
	{"needs in a chain", TWO_ARCHS "[I]\nNeeds=I0\n", 100000,
		"[I%zu]\nNeeds=I,I1,I2,I3,I4\nCopyFiles=@a\n", "", 0, 0},
};

static char *write_bomb(const struct bomb *bomb, size_t *ret_length)
{
	size_t size =
		strlen(bomb->head) + strlen(bomb->tail) + 1 + bomb->n * (strlen(bomb->line) + 20);
	char *text = malloc(size);
	assert_non_null(text);
	size_t length = (size_t)snprintf(text, size, "%s", bomb->head);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (size_t i = 0; i < bomb->n; i++)
		length += (size_t)snprintf(text + length, size - length, bomb->line, i);
#pragma GCC diagnostic pop
	length += (size_t)snprintf(text + length, size - length, "%s", bomb->tail);
	*ret_length = length;
	return text;
}

static void bombs_end_soon_and_say_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
		size_t length;
		char *text = write_bomb(&bombs[i], &length);
		struct driver_package package = {0};
		struct inf_file_list files = {0};
		struct error err = ERROR_NULL, files_err = ERROR_NULL;
		struct inf *inf = parse(text, length);
		free(text);
		clock_t start = clock();
		int rc = models_read(inf, &package, &err);
		if (rc != bombs[i].rc_models)
			fail_msg("%s: models_read %d: %s", bombs[i].what, rc, err.text);
		rc = models_files(inf, &files, &files_err);
		if (rc != bombs[i].rc_files)
			fail_msg("%s: models_files %d: %s", bombs[i].what, rc, files_err.text);
		assert_true((bombs[i].rc_models < 0) == (err.text[0] != 0));
		assert_true((bombs[i].rc_files < 0) == (files_err.text[0] != 0));
		assert_true(clock() - start < BOMB_SECONDS * CLOCKS_PER_SEC);
		inf_file_list_clear(&files);
		driver_package_clear(&package);
		inf_free(inf);
	}
}

/* 3000 install sections that all need one of 10000 lines: for each of them alone that is little. */
static struct inf *parse_common_section(const char *each_needs)
{
	enum { INSTALLS = 3000, LINES = 10000 };
	size_t size = 1 << 20, length = 0;
	char *text = malloc(size);
	assert_non_null(text);
	length += (size_t)snprintf(text, size, "%s", TWO_ARCHS);
	for (unsigned i = 0; i < INSTALLS; i++)
		length += (size_t)snprintf(text + length, size - length,
			"[M.NTx86]\nA=I%u,X\n[I%u]\nA=B\n[I%u%s]\nNeeds=C\n", i, i, i, each_needs);
	length += (size_t)snprintf(text + length, size - length, "[C]\nCopyFiles=@a.sys\n");
	for (unsigned i = 0; i < LINES; i++)
		length += (size_t)snprintf(text + length, size - length, "A=B\n");
	assert_true(length < size);
	struct inf *inf = parse(text, length);
	free(text);
	return inf;
}

static void a_common_section_is_not_read_forever(void **state)
{
	(void)state;
	struct driver_package package = {0};
	struct inf_file_list files = {0};
	struct error err = ERROR_NULL;
	clock_t start = clock();
	struct inf *inf = parse_common_section(".Services");
	assert_int_equal(models_read(inf, &package, &err), -E2BIG);
	assert_non_null(strstr(err.text, "name each other more often"));
	inf_free(inf);

	inf = parse_common_section("");
	bool is_there = false;
	assert_int_equal(models_read(inf, &package, &err), 0);
	assert_int_equal(models_files(inf, &files, &err), 0);
	assert_int_equal(files.n, 1);
	assert_int_equal(models_missing(inf, &files, &is_there, &package, &err), -E2BIG);
	inf_file_list_clear(&files);
	driver_package_clear(&package);
	inf_free(inf);
	assert_true(clock() - start < BOMB_SECONDS * CLOCKS_PER_SEC);
}

/* 5000 install sections that copy one list of 4000 files, and none of these is there: the list is
 * gone through once, not 5000 times. */
static void what_a_list_lacks_is_worked_out_once(void **state)
{
	(void)state;
	enum { INSTALLS = 5000, FILES = 4000, NAMED = 64 };
	static const bool is_there[FILES];
	struct driver_package package = {0};
	struct inf_file_list files = {0};
	struct error err = ERROR_NULL;
	size_t size = 1 << 20, length = 0;
	char *text = malloc(size);
	assert_non_null(text);
	length += (size_t)snprintf(text, size, "%s[C]\n", TWO_ARCHS);
	for (unsigned i = 0; i < FILES; i++)
		length += (size_t)snprintf(text + length, size - length, "f%u.sys\n", i);
	for (unsigned i = 0; i < INSTALLS; i++)
		length += (size_t)snprintf(text + length, size - length,
			"[M.NTx86]\nA=I%u,X\n[I%u]\nCopyFiles=C\n", i, i);
	assert_true(length < size);
	struct inf *inf = parse(text, length);
	free(text);
	assert_int_equal(models_read(inf, &package, &err), 0);
	assert_int_equal(models_files(inf, &files, &err), 0);
	assert_int_equal(files.n, FILES);
	if (models_missing(inf, &files, is_there, &package, &err) != 0)
		fail_msg("%s", err.text);
	size_t n_copying = 0;
	for (size_t i = 0; i < package.n_installs; i++) {
		const struct driver_install *install = &package.installs[i];
		assert_true(install->n_missing == 0 || install->n_missing == NAMED);
		if (install->n_missing == 0)
			continue;
		n_copying++;
		assert_string_equal(install->missing[0], "f0.sys");
		assert_string_equal(install->missing[NAMED - 1], "f63.sys");
	}
	assert_int_equal(n_copying, INSTALLS);
	inf_file_list_clear(&files);
	driver_package_clear(&package);
	inf_free(inf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bombs_end_soon_and_say_why),
		cmocka_unit_test(a_common_section_is_not_read_forever),
		cmocka_unit_test(what_a_list_lacks_is_worked_out_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
