/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "adapter/library.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the kernel lets us do with the page: "r--p". */
static void access_of(const void *at, char ret_access[static 5])
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to;
	char access[5];
	assert_non_null(maps);
	while (fscanf(maps, "%lx-%lx %4s%*[^\n]", &from, &to, access) == 3)
		if ((uintptr_t)at >= from && (uintptr_t)at < to)
			memcpy(ret_access, access, sizeof(access));
	(void)fclose(maps);
}

/* As installed here, each has every function that we use. This program holds all of the rooms that
 * load libraries, and so all of them. */
static void test_all(void **state)
{
	(void)state;
	size_t n;
	struct library *const *all = library_all(&n);
	assert_true(n >= 12 + 3); /* the three below */
	size_t n_loaded = 0;
	for (size_t i = 0; i < n; i++) {
		struct error err = ERROR_NULL;
		if (strncmp(all[i]->package, "test-", 5) == 0)
			continue;
		if (library_load(all[i], &err) < 0)
			fail_msg("%s", err.text);
		assert_true(all[i]->n_names > 0);
		const uint8_t *functions = all[i]->functions;
		for (size_t k = 0; k < all[i]->n_names; k++) {
			void *function = NULL;
			memcpy(&function, functions + k * sizeof(function), sizeof(function));
			if (function == NULL)
				fail_msg("%s: %s", all[i]->soname, all[i]->names[k]);
		}
		char access[5] = "none";
		access_of(functions, access);
		assert_string_equal(access, "r--p");
		access_of(functions + all[i]->n_names * sizeof(void *) - 1, access);
		assert_string_equal(access, "r--p");
		access_of(all[i], access); /* a variable like others */
		assert_string_equal(access, "rw-p");
		n_loaded++;
	}
	assert_int_equal(n_loaded, n - 3);
}

#define MATH(X)    X(hypot)
#define NOT_YET(X) X(cbrt) X(no_such_function)
double no_such_function(double x);
LIBRARY_DECLARE(mathematics, MATH);
LIBRARY_DEFINE(mathematics, MATH, "libm.so.6", "test-libc6", "suggested", "is there");
LIBRARY_DECLARE(older, NOT_YET);
LIBRARY_DEFINE(older, NOT_YET, "libm.so.6", "test-newer", "suggested", "lacks a function");
LIBRARY_DECLARE(missing, MATH);
LIBRARY_DEFINE(missing, MATH, "libnowhere.so.1", "test-nowhere", "suggested", "is not there");

static void test_call(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	assert_int_equal(library_load(&mathematics_library, &err), 0);
	assert_int_equal(library_load(&mathematics_library, &err), 0);
	assert_true(mathematics.hypot(3.0, 4.0) > 4.9 && mathematics.hypot(3.0, 4.0) < 5.1);
}

static void test_missing(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	assert_int_equal(library_load(&missing_library, &err), -ELIBACC);
	assert_non_null(strstr(err.text, "libnowhere.so.1"));
	assert_non_null(strstr(err.text, "install the package test-nowhere"));
	assert_int_equal(library_load(&older_library, &err), -ELIBACC);
	assert_non_null(strstr(err.text, "libm.so.6 has no no_such_function"));
	assert_non_null(strstr(err.text, "test-newer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
