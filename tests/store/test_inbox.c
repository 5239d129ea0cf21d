/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bases bring along stands beside the database's packages, and nobody takes it for one. */
#include "../unit.h"

#include "driver_count.h"
#include "driver_samples.h"
#include "scratch.h"
#include "store/inbox.h"

#include <errno.h>

static struct store *store;
static struct error err;

static int start(void **state)
{
	(void)state;
	err = ERROR_NULL;
	return store_open(scratch_make(), STORE_CREATE, &store, &err);
}

static int stop(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

/* The name of a base: 64 times that digit. */
static const char *base_of(char digit)
{
	static char bases[256][SHA256_TEXT_BYTES];
	memset(bases[(uint8_t)digit], digit, SHA256_TEXT_BYTES - 1);
	return bases[(uint8_t)digit];
}

static struct driver_package driver(char digit, const char *base, const char *inf, const char *id)
{
	struct driver_package package = sample_package(digit, inf, "P", 20200101, 1);
	(void)text_copy(package.base, sizeof(package.base), base);
	sample_section(&package, 0, "M", "");
	sample_model(&package, 0, "D", "I", id);
	return package;
}

static void add(struct driver_package package)
{
	assert_ok(store_driver_add(store, &package, &err));
	driver_package_clear(&package);
}

static void put(const char *base, struct driver_package *packages, size_t n)
{
	assert_ok(store_inbox_put(store, base, packages, n, &err));
	for (size_t i = 0; i < n; i++)
		driver_package_clear(&packages[i]);
}

static void add_image(const char *name, const char *content, bool replace, char *ret_base)
{
	struct image_record record = {.arch = "amd64", .boot_index = 1};
	(void)text_copy(record.name, sizeof(record.name), name);
	assert_ok(store_blob_add_bytes(store, content, strlen(content), &record.base, &err));
	assert_ok(store_image_add(store, &record, replace, &err));
	memcpy(ret_base, record.base.sha256, SHA256_TEXT_BYTES);
}

/* "a.inf b.inf" of the hits, those of a base with its first digit in front. */
static void assert_found(const char *base, const char *id, const char *expected)
{
	struct driver_search *search;
	const struct driver_hit *hits;
	char found[256] = "";
	size_t n, length = 0;
	assert_ok(driver_search_open(store, base, &search, &err));
	assert_ok(driver_search_ids(search, &id, 1, &hits, &n, &err));
	for (size_t i = 0; i < n; i++) {
		const struct driver_package *package =
			driver_search_package(search, hits[i].package);
		length += (size_t)snprintf(found + length, sizeof(found) - length, "%s%.1s%s%s",
			i > 0 ? " " : "", package->base, package->base[0] ? ":" : "", package->inf);
	}
	assert_string_equal(found, expected);
	driver_search_close(search);
}

static void test_only_those_who_ask_see_them(void **state)
{
	(void)state;
	struct driver_package of_1[] = {driver('a', base_of('1'), "in1.inf", "PCI\\A"),
		driver('b', base_of('1'), "in2.inf", "PCI\\A")};
	struct driver_package of_2[] = {driver('c', base_of('2'), "in3.inf", "PCI\\A")};
	struct driver_package *list, got;
	struct inbox_count count;
	bool has;
	size_t n;
	put(base_of('1'), of_1, 2);
	add(driver('d', "", "own.inf", "PCI\\A"));
	put(base_of('2'), of_2, 1);
	add(driver('e', "", "own2.inf", "PCI\\A"));

	assert_found(NULL, "PCI\\A", "own.inf own2.inf");
	assert_found(base_of('1'), "PCI\\A", "1:in2.inf 1:in1.inf own.inf own2.inf");
	assert_found(base_of('2'), "PCI\\A", "2:in3.inf own.inf own2.inf");
	assert_found(base_of('3'), "PCI\\A", "own.inf own2.inf");

	assert_ok(store_driver_list(store, &list, &n, &err));
	assert_int_equal(n, 2);
	driver_packages_free(list, n);
	assert_int_equal(store_driver_get(store, "aaaa", &got, &err), -ENOENT);
	assert_int_equal(store_driver_remove(store, "aaaa", &err), -ENOENT);
	assert_ok(store_driver_has(store, base_of('a'), &has, &err));
	assert_false(has);

	assert_ok(store_inbox_list(store, base_of('1'), &list, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(list[1].inf, "in2.inf");
	assert_string_equal(list[1].base, base_of('1'));
	driver_packages_free(list, n);
	assert_ok(store_inbox_count(store, base_of('1'), &count, &err));
	assert_int_equal(count.n, 2);
	assert_int_equal(count.n_nics, 2);
	assert_ok(store_inbox_count(store, base_of('3'), &count, &err));
	assert_int_equal(count.n + count.n_nics, 0);
}

static void test_put_takes_the_place_of_the_old_ones(void **state)
{
	(void)state;
	struct driver_search *search;
	const struct driver_hit *hits;
	const char *id = "PCI\\A";
	size_t n;
	uint64_t n_packages = 0, n_ids = 0;
	struct driver_package old[] = {driver('a', base_of('1'), "old1.inf", "PCI\\A PCI\\B"),
		driver('b', base_of('1'), "old2.inf", "PCI\\B")};
	struct driver_package new[] = {driver('c', base_of('1'), "new1.inf", "PCI\\A"),
		driver('d', base_of('1'), "new2.inf", "PCI\\A")};
	put(base_of('1'), old, 2);
	assert_ok(driver_search_open(store, base_of('1'), &search, &err));
	assert_ok(driver_search_ids(search, &id, 1, &hits, &n, &err));
	assert_int_equal(n, 1);
	put(base_of('1'), new, 2);
	/* Also for a search that has seen the old ones. */
	assert_ok(driver_search_ids(search, &id, 1, &hits, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(driver_search_package(search, hits[1].package)->inf, "new1.inf");
	driver_search_close(search);
	assert_found(base_of('1'), "PCI\\B", "");
	put(base_of('1'), NULL, 0);
	assert_ok(count_drivers(store, &n_packages, &n_ids, &err));
	assert_int_equal(n_packages + n_ids, 0);
	/* Numbers of the database's own begin above zero, whatever was there. */
	add(driver('e', "", "own.inf", "PCI\\A"));
	assert_found(base_of('1'), "PCI\\A", "own.inf");
}

static void test_nothing_else_is_put(void **state)
{
	(void)state;
	struct driver_package other = driver('a', base_of('2'), "x.inf", "PCI\\A");
	assert_int_equal(store_inbox_put(store, base_of('1'), &other, 1, &err), -EINVAL);
	driver_package_clear(&other);
	struct driver_package twice[] = {driver('b', base_of('1'), "x.inf", "PCI\\A"),
		driver('b', base_of('1'), "y.inf", "PCI\\A")};
	assert_true(store_inbox_put(store, base_of('1'), twice, 2, &err) < 0);
	driver_package_clear(&twice[0]);
	driver_package_clear(&twice[1]);
	assert_found(base_of('1'), "PCI\\A", "");
}

static void test_they_go_with_the_last_image(void **state)
{
	(void)state;
	char base[SHA256_TEXT_BYTES], other[SHA256_TEXT_BYTES];
	struct inbox_count count;
	add_image("one", "a base", false, base);
	add_image("two", "a base", false, base);
	struct driver_package in = driver('a', base, "in.inf", "PCI\\A");
	put(base, &in, 1);
	assert_ok(store_image_remove(store, "one", &err));
	assert_ok(store_inbox_count(store, base, &count, &err));
	assert_int_equal(count.n, 1);
	/* The same base again, in its place. */
	add_image("two", "a base", true, base);
	assert_ok(store_inbox_count(store, base, &count, &err));
	assert_int_equal(count.n, 1);
	add_image("two", "another", true, other);
	assert_ok(store_inbox_count(store, base, &count, &err));
	assert_int_equal(count.n, 0);
	in = driver('a', other, "in.inf", "PCI\\A");
	put(other, &in, 1);
	assert_ok(store_image_remove(store, "two", &err));
	assert_found(other, "PCI\\A", "");
}

static void test_ids_by_their_beginning(void **state)
{
	(void)state;
	struct driver_search *search;
	char **ids;
	size_t n;
	struct driver_package in = driver('a', base_of('1'), "in.inf", "EBDRV\\L2ND&PCI_1 PCI\\A");
	struct driver_package system = driver('b', "", "s.inf", "EBDRV\\DIAG EBDRV]A");
	(void)text_copy(system.class, sizeof(system.class), "System");
	put(base_of('1'), &in, 1);
	add(system);
	add(driver('c', "", "own.inf", "EBDRV\\L2ND&PCI_2 EBDRV\\L2ND&PCI_1 EBDRU\\A EBDRV]A"));
	assert_ok(driver_search_open(store, NULL, &search, &err));
	assert_ok(driver_search_beginning(search, "EBDRV\\", "net", &ids, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(ids[0], "EBDRV\\L2ND&PCI_1");
	driver_ids_free(ids, n);
	assert_ok(driver_search_beginning(search, "XEN\\", "Net", &ids, &n, &err));
	assert_int_equal(n, 0);
	driver_ids_free(ids, n);
	driver_search_close(search);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_those_who_ask_see_them, start, stop),
		cmocka_unit_test_setup_teardown(
			test_put_takes_the_place_of_the_old_ones, start, stop),
		cmocka_unit_test_setup_teardown(test_nothing_else_is_put, start, stop),
		cmocka_unit_test_setup_teardown(test_they_go_with_the_last_image, start, stop),
		cmocka_unit_test_setup_teardown(test_ids_by_their_beginning, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
