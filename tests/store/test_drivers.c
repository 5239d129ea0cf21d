/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages in the store: what went in comes out, and ids find their lines. */
#include "../unit.h"

#include "store/drivers.h"

#include "driver_count.h"
#include "driver_samples.h"
#include "scratch.h"

#include <errno.h>

static struct store *store;
static struct error err;

static int setup(void **state)
{
	(void)state;
	err = ERROR_NULL;
	return store_open(scratch_make(), STORE_CREATE, &store, &err);
}

static int teardown(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

/* Everything that a package can have, each thing once at least. */
static struct driver_package full_package(void)
{
	struct blob inf, driver;
	struct driver_package package =
		sample_package('a', "E1D.inf", "Intel", 20240131, VERSION(65535, 19, 45, 7));
	package.class_guid.bytes[3] = 0x4d;
	package.signature = DRIVER_SIGNED;
	(void)text_copy(package.signer, sizeof(package.signer), "Somebody");
	package.signed_ms = 1600000000000;

	sample_section(&package, 0, "Intel", "");
	sample_section(&package, 0, "Intel.NTamd64.10.0", "NTamd64.10.0");
	sample_section(&package, 1, "Other.NTx86", "NTx86");
	package.sections[0].is_empty = true;
	package.sections[2].exists = false;

	sample_model(&package, 1, "Ethernet (1)", "E15F3",
		"PCI\\VEN_8086&DEV_15F3&SUBSYS_00008086 PCI\\VEN_8086&DEV_15F3");
	sample_model(&package, 1, "Ethernet (2)", "E15F3.10", "PCI\\VEN_8086&DEV_15F3");
	/* No hardware id, a compatible one all the same; and a line without any. */
	sample_model(&package, 2, "", "", " PCI\\VEN_8086&DEV_15F3");
	sample_model(&package, 0, "Software", "Soft", "");

	struct driver_install *install =
		sample_install(&package, "E15F3", "amd64", "E15F3.NTamd64");
	install->is_nt = true;
	install->feature_score = 0x20;
	install->date = 20230202;
	install->version = VERSION(1, 2, 3, 4);
	install->has_version = true;
	install->is_boot_start = true;
	install->service = strdup("e1dexpress");
	install->binary = strdup("e1d68x64.sys");
	install->excluded = SAMPLE_LIST(&install->n_excluded, "PCI\\VEN_8086&DEV_15F4", "X");
	install->missing = SAMPLE_LIST(&install->n_missing, "e1d.sys");
	sample_install(&package, "E15F3", "x86", NULL);

	assert_ok(store_blob_add_bytes(store, "[Version]", 9, &inf, &err));
	assert_ok(store_blob_add_bytes(store, "MZ", 2, &driver, &err));
	sample_file(&package, "E1D.inf", DRIVER_FILE_INF, inf);
	sample_file(&package, "amd64/e1d.sys", DRIVER_FILE_OTHER, driver);
	sample_file(&package, "e1d.cat", DRIVER_FILE_CATALOG, driver);
	(void)text_copy(package.files[1].arch, sizeof(package.files[1].arch), "amd64");
	package.files[1].subsystem_major = 10;
	package.files[1].subsystem_minor = 3;
	package.files[0].is_listed = true;
	package.missing = SAMPLE_LIST(&package.n_missing, "e1d.sys", "msg.dll");
	package.warnings = SAMPLE_LIST(&package.n_warnings, "a sentence");
	return package;
}

static void assert_lists_equal(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	assert_int_equal(n_a, n_b);
	for (size_t i = 0; i < n_a; i++)
		assert_string_equal(a[i], b[i]);
}

static void assert_optional_equal(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

static void assert_records_equal(const struct driver_package *a, const struct driver_package *b)
{
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->inf, b->inf);
	assert_string_equal(a->class, b->class);
	assert_true(guid_equal(&a->class_guid, &b->class_guid));
	assert_string_equal(a->provider, b->provider);
	assert_int_equal(a->date, b->date);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->has_version, b->has_version);
	assert_string_equal(a->archs, b->archs);
	assert_int_equal(a->signature, b->signature);
	assert_string_equal(a->signer, b->signer);
	assert_int_equal(a->signed_ms, b->signed_ms);
	assert_string_equal(a->source, b->source);
	assert_int_equal(a->added_ms, b->added_ms);
	assert_int_equal(a->size, b->size);
}

static void assert_sections_equal(const struct driver_package *a, const struct driver_package *b)
{
	assert_int_equal(a->n_sections, b->n_sections);
	for (size_t i = 0; i < a->n_sections; i++) {
		const struct driver_section *x = &a->sections[i], *y = &b->sections[i];
		assert_int_equal(x->manufacturer, y->manufacturer);
		assert_string_equal(x->decoration, y->decoration);
		assert_string_equal(x->name, y->name);
		assert_int_equal(x->exists, y->exists);
		assert_int_equal(x->is_empty, y->is_empty);
	}
}

static void assert_install_equal(const struct driver_install *x, const struct driver_install *y)
{
	assert_string_equal(x->name, y->name);
	assert_string_equal(x->arch, y->arch);
	assert_optional_equal(x->section, y->section);
	assert_int_equal(x->feature_score, y->feature_score);
	assert_int_equal(x->is_nt, y->is_nt);
	assert_int_equal(x->date, y->date);
	assert_int_equal(x->version, y->version);
	assert_int_equal(x->has_version, y->has_version);
	assert_lists_equal(x->excluded, x->n_excluded, y->excluded, y->n_excluded);
	assert_lists_equal(x->missing, x->n_missing, y->missing, y->n_missing);
	assert_optional_equal(x->service, y->service);
	assert_optional_equal(x->binary, y->binary);
	assert_int_equal(x->is_boot_start, y->is_boot_start);
}

static void assert_packages_equal(const struct driver_package *a, const struct driver_package *b)
{
	assert_records_equal(a, b);
	assert_sections_equal(a, b);
	assert_int_equal(a->n_models, b->n_models);
	for (size_t i = 0; i < a->n_models; i++) {
		const struct driver_model *x = &a->models[i], *y = &b->models[i];
		assert_int_equal(x->section, y->section);
		assert_string_equal(x->description, y->description);
		assert_string_equal(x->install, y->install);
		assert_lists_equal(x->ids, x->n_ids, y->ids, y->n_ids);
		assert_int_equal(x->line, y->line);
	}
	assert_int_equal(a->n_installs, b->n_installs);
	for (size_t i = 0; i < a->n_installs; i++)
		assert_install_equal(&a->installs[i], &b->installs[i]);
	assert_int_equal(a->n_files, b->n_files);
	for (size_t i = 0; i < a->n_files; i++) {
		const struct driver_file *x = &a->files[i], *y = &b->files[i];
		assert_string_equal(x->path, y->path);
		assert_int_equal(x->kind, y->kind);
		assert_string_equal(x->blob.sha256, y->blob.sha256);
		assert_int_equal(x->blob.size, y->blob.size);
		assert_string_equal(x->arch, y->arch);
		assert_int_equal(x->subsystem_major, y->subsystem_major);
		assert_int_equal(x->subsystem_minor, y->subsystem_minor);
		assert_int_equal(x->is_listed, y->is_listed);
	}
	assert_lists_equal(a->missing, a->n_missing, b->missing, b->n_missing);
	assert_lists_equal(a->warnings, a->n_warnings, b->warnings, b->n_warnings);
}

static void test_round_trip(void **state)
{
	(void)state;
	CLEANUP(driver_package_clear) struct driver_package put = full_package();
	struct driver_package got, *list;
	uint64_t n_packages = 0, n_ids = 0;
	char **ids;
	size_t n;
	assert_ok(store_driver_add(store, &put, &err));
	/* Reopened: nothing of it lives in the process only. */
	store = store_close(store);
	assert_ok(store_open(scratch_directory, STORE_READ, &store, &err));
	assert_ok(store_driver_get(store, put.id, &got, &err));
	assert_packages_equal(&put, &got);
	assert_int_equal(got.n_ids, 2);
	assert_true(got.is_incomplete);
	assert_ok(store_driver_ids(store, got.row, &ids, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(ids[0], "PCI\\VEN_8086&DEV_15F3");
	driver_package_clear(&got);
	driver_ids_free(ids, n);

	assert_int_equal(store_driver_add(store, &put, &err), -EEXIST);
	assert_ok(count_drivers(store, &n_packages, &n_ids, &err));
	assert_int_equal(n_packages, 1);
	assert_int_equal(n_ids, 2);
	assert_ok(store_driver_list(store, &list, &n, &err));
	assert_int_equal(n, 1);
	assert_records_equal(&put, &list[0]);
	assert_int_equal(list[0].n_models + list[0].n_files + list[0].n_missing, 0);
	assert_true(list[0].is_incomplete);
	driver_packages_free(list, n);
}

static void add(struct driver_package package)
{
	assert_ok(store_driver_add(store, &package, &err));
	driver_package_clear(&package);
}

static void test_ids_may_be_short(void **state)
{
	(void)state;
	struct driver_package got, one = sample_package('b', "one.inf", "P", 0, 0);
	struct driver_package two = sample_package('b', "two.inf", "P", 0, 0);
	two.id[10] = 'c';
	add(one);
	add(two);
	static const struct {
		const char *id;
		int rc;
		const char *inf;
	} cases[] = {
		{"bbbbbbbbbbb", 0, "one.inf"},
		{"BBBBBBBBBBC", 0, "two.inf"},
		{"bbbb", -ENOTUNIQ, NULL},
		{"bbb", -EINVAL, NULL},
		{"", -EINVAL, NULL},
		{"bbbb%", -EINVAL, NULL},
		{"cccc", -ENOENT, NULL},
		{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 0, "one.inf"},
		{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", -EINVAL,
			NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(store_driver_get(store, cases[i].id, &got, &err), cases[i].rc);
		if (cases[i].rc == 0) {
			assert_string_equal(got.inf, cases[i].inf);
			driver_package_clear(&got);
		}
	}
}

/* By name whatever its case, then the newest first: the date counts before the version, and a
 * version of 10 is above one of 9. */
static void test_list_order(void **state)
{
	(void)state;
	struct driver_package *list;
	size_t n;
	add(sample_package('1', "b.inf", "P", 20200101, VERSION(9, 0, 0, 0)));
	add(sample_package('2', "B.INF", "P", 20200101, VERSION(10, 0, 0, 0)));
	add(sample_package('3', "b.inf", "P", 20210101, VERSION(1, 0, 0, 0)));
	add(sample_package('4', "b.inf", "A", 20190101, VERSION(1, 0, 0, 0)));
	add(sample_package('5', "a.inf", "Z", 0, 0));
	add(sample_package('6', "b.inf", "P", 20200101, VERSION(40000, 0, 0, 0)));
	add(sample_package('7', "b.inf", "P", 20200101, 0));
	assert_ok(store_driver_list(store, &list, &n, &err));
	assert_int_equal(n, 7);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(list[i].id[0], "5436217"[i]);
	driver_packages_free(list, n);
}

struct expected_hit {
	size_t id;
	uint32_t position;
	const char *inf, *install, *description;
	bool found;
};

static void assert_hits(struct driver_search *search, const char *const *ids, size_t n_ids,
	struct expected_hit *expected, size_t n_expected)
{
	const struct driver_hit *hits;
	size_t n;
	assert_ok(driver_search_ids(search, ids, n_ids, &hits, &n, &err));
	assert_int_equal(n, n_expected);
	for (size_t i = 0; i < n; i++) {
		const struct driver_package *package =
			driver_search_package(search, hits[i].package);
		bool is_expected = false;
		for (size_t k = 0; k < n_expected && !is_expected; k++) {
			struct expected_hit *hit = &expected[k];
			is_expected = !hit->found && hit->id == hits[i].id &&
				      hit->position == hits[i].position &&
				      strcmp(hit->inf, package->inf) == 0 &&
				      strcmp(hit->install, hits[i].model.install) == 0 &&
				      strcmp(hit->description, hits[i].model.description) == 0;
			hit->found |= is_expected;
		}
		if (!is_expected)
			fail_msg("not expected: id %zu in %s, %s", hits[i].id, package->inf,
				hits[i].model.install);
	}
}

static void test_search(void **state)
{
	(void)state;
	struct driver_search *search;
	const struct driver_install *install;
	struct driver_package other = sample_package('c', "other.inf", "P", 0, 0);
	sample_section(&other, 0, "M", "");
	sample_model(&other, 0, "Generic", "G", "PCI\\CC_0200");
	sample_model(&other, 0, "Listed twice", "G",
		"PCI\\VEN_8086&DEV_15F3 PCI\\CC_0200 PCI\\VEN_8086&DEV_15F3");
	add(other);
	add(full_package());

	static const char *const ids[] = {
		"PCI\\VEN_8086&DEV_15F3", "PCI\\VEN_8086", "", "PCI\\CC_0200"};
	struct expected_hit all[] = {
		{0, 1, "E1D.inf", "E15F3", "Ethernet (1)", false},
		{0, 0, "E1D.inf", "E15F3.10", "Ethernet (2)", false},
		{0, 1, "E1D.inf", "", "", false},
		{0, 0, "other.inf", "G", "Listed twice", false},
		{0, 2, "other.inf", "G", "Listed twice", false},
		{3, 0, "other.inf", "G", "Generic", false},
		{3, 1, "other.inf", "G", "Listed twice", false},
	};
	assert_ok(driver_search_open(store, NULL, &search, &err));
	assert_hits(search, ids, ARRAY_SIZE(ids), all, ARRAY_SIZE(all));
	/* Whole ids only, and once more with the packages that are known by now. */
	assert_hits(search, (const char *const[]){"PCI\\VEN_8086&DEV_15F"}, 1, NULL, 0);
	struct expected_hit one = {0, 0, "E1D.inf", "E15F3", "Ethernet (1)", false};
	assert_hits(search, (const char *const[]){"PCI\\VEN_8086&DEV_15F3&SUBSYS_00008086"}, 1,
		&one, 1);

	const struct driver_hit *hits;
	size_t n;
	assert_ok(driver_search_ids(search,
		(const char *const[]){"PCI\\VEN_8086&DEV_15F3&SUBSYS_00008086"}, 1, &hits, &n,
		&err));
	CLEANUP(driver_package_clear) struct driver_package full = full_package();
	const struct driver_package *package = driver_search_package(search, hits[0].package);
	assert_records_equal(package, &full);
	assert_sections_equal(package, &full);
	assert_int_equal(hits[0].model.section, 1);
	assert_int_equal(hits[0].model.line, full.models[0].line);
	assert_ok(driver_search_install(search, hits[0].package, "e15f3", "amd64", &install, &err));
	assert_non_null(install);
	assert_install_equal(install, &full.installs[0]);
	assert_ok(driver_search_install(search, hits[0].package, "E15F3", "x86", &install, &err));
	assert_non_null(install);
	assert_null(install->section);
	assert_ok(driver_search_install(search, hits[0].package, "E15F3", "arm64", &install, &err));
	assert_null(install);
	assert_ok(driver_search_install(search, hits[0].package, "none", "amd64", &install, &err));
	assert_null(install);
	driver_search_close(search);
}

static void test_remove(void **state)
{
	(void)state;
	struct driver_package got;
	uint64_t n_packages = 0, n_ids = 0;
	size_t n;
	int fd;
	CLEANUP(driver_package_clear) struct driver_package full = full_package();
	struct driver_package other = sample_package('c', "other.inf", "P", 0, 0);
	sample_section(&other, 0, "M", "");
	sample_model(&other, 0, "Other", "G", "PCI\\VEN_8086&DEV_15F3");
	/* Shares a file. */
	sample_file(&other, "other.inf", DRIVER_FILE_INF, full.files[0].blob);
	add(other);
	assert_ok(store_driver_add(store, &full, &err));
	struct driver_mark mark = {.condition = "winpe<=2.1"};
	(void)text_copy(mark.package, sizeof(mark.package), full.id);
	assert_ok(store_driver_mark(store, &mark, &err));

	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 0);
	assert_ok(store_driver_remove(store, "aaaaaa", &err));
	assert_int_equal(store_driver_get(store, full.id, &got, &err), -ENOENT);
	assert_int_equal(store_driver_remove(store, full.id, &err), -ENOENT);
	assert_ok(count_drivers(store, &n_packages, &n_ids, &err));
	assert_int_equal(n_packages, 1);
	assert_int_equal(n_ids, 1);
	assert_ok(store_blob_sweep(store, &n, &err));
	assert_int_equal(n, 1);
	assert_ok(store_blob_open(store, full.files[0].blob.sha256, &fd, &err));
	assert_int_equal(close(fd), 0);
	assert_int_equal(store_blob_open(store, full.files[1].blob.sha256, &fd, &err), -ENOENT);

	struct driver_search *search;
	struct expected_hit left = {0, 0, "other.inf", "G", "Other", false};
	assert_ok(driver_search_open(store, NULL, &search, &err));
	assert_hits(search, (const char *const[]){"PCI\\VEN_8086&DEV_15F3"}, 1, &left, 1);
	driver_search_close(search);
	/* What was removed can come again, without the marks that it had. */
	struct driver_mark *marks;
	struct blob blob;
	assert_ok(store_blob_add_bytes(store, "MZ", 2, &blob, &err));
	assert_ok(store_driver_add(store, &full, &err));
	assert_ok(store_driver_marks(store, NULL, &marks, &n, &err));
	assert_int_equal(n, 0);
	free(marks);
}

static void test_refused(void **state)
{
	(void)state;
	uint64_t n_packages = 0, n_ids = 0;
	struct blob none = {.size = 3};
	memset(none.sha256, '0', sizeof(none.sha256) - 1);
	/* A file that is not in the store, and one path twice: nothing of the package stays. */
	CLEANUP(driver_package_clear)
	struct driver_package package = sample_package('d', "d.inf", "P", 0, 0);
	sample_section(&package, 0, "M", "");
	sample_model(&package, 0, "D", "D", "PCI\\VEN_0001");
	sample_file(&package, "d.inf", DRIVER_FILE_INF, none);
	assert_int_equal(store_driver_add(store, &package, &err), -ENOENT);
	assert_ok(store_blob_add_bytes(store, "x", 1, &package.files[0].blob, &err));
	sample_file(&package, "d.inf", DRIVER_FILE_INF, package.files[0].blob);
	assert_int_equal(store_driver_add(store, &package, &err), -EINVAL);
	assert_ok(count_drivers(store, &n_packages, &n_ids, &err));
	assert_int_equal(n_packages, 0);
	assert_int_equal(n_ids, 0);
}

/* Many in one transaction: one that is there already takes nothing from the others. */
static void test_batch(void **state)
{
	(void)state;
	uint64_t n_packages = 0, n_ids = 0;
	struct driver_package first = sample_package('1', "a.inf", "P", 0, 0);
	assert_ok(store_begin_durable(store, &err));
	assert_ok(store_driver_add(store, &first, &err));
	assert_int_equal(store_driver_add(store, &first, &err), -EEXIST);
	add(sample_package('2', "b.inf", "P", 0, 0));
	assert_ok(store_commit(store, &err));
	assert_ok(store_begin(store, &err));
	add(sample_package('3', "c.inf", "P", 0, 0));
	store_rollback(store);
	assert_ok(count_drivers(store, &n_packages, &n_ids, &err));
	assert_int_equal(n_packages, 2);
}

static struct driver_mark mark_of(char digit, const char *condition, const char *why)
{
	struct driver_mark mark = {.made_ms = 1700000000000};
	memset(mark.package, digit, sizeof(mark.package) - 1);
	(void)text_copy(mark.condition, sizeof(mark.condition), condition);
	(void)text_copy(mark.why, sizeof(mark.why), why);
	return mark;
}

static void test_marks(void **state)
{
	(void)state;
	struct driver_mark *marks, first = mark_of('1', "winpe<=2.1", "hangs");
	struct driver_mark again = mark_of('1', "winpe<=2.1", "hangs for ever");
	struct driver_mark second = mark_of('1', "arch=x86", ""), third = mark_of('2', "a", "");
	size_t n;
	add(sample_package('1', "a.inf", "P", 0, 0));
	add(sample_package('2', "b.inf", "P", 0, 0));
	memset(again.instead, '2', sizeof(again.instead) - 1);
	assert_ok(store_driver_mark(store, &first, &err));
	assert_ok(store_driver_mark(store, &again, &err));
	assert_ok(store_driver_mark(store, &second, &err));
	assert_ok(store_driver_mark(store, &third, &err));

	assert_ok(store_driver_marks(store, first.package, &marks, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(marks[0].condition, "arch=x86");
	assert_string_equal(marks[1].condition, "winpe<=2.1");
	assert_string_equal(marks[1].why, "hangs for ever");
	assert_string_equal(marks[1].instead, again.instead);
	assert_string_equal(marks[1].package, first.package);
	assert_int_equal(marks[1].made_ms, first.made_ms);
	free(marks);
	assert_ok(store_driver_marks(store, NULL, &marks, &n, &err));
	assert_int_equal(n, 3);
	free(marks);

	assert_ok(store_driver_unmark(store, first.package, &err));
	assert_int_equal(store_driver_unmark(store, first.package, &err), -ENOENT);
	assert_ok(store_driver_marks(store, NULL, &marks, &n, &err));
	assert_int_equal(n, 1);
	free(marks);
	memset(first.package, '9', sizeof(first.package) - 1);
	assert_int_equal(store_driver_mark(store, &first, &err), -ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_ids_may_be_short),
		TEST(test_list_order),
		TEST(test_search),
		TEST(test_remove),
		TEST(test_refused),
		TEST(test_batch),
		TEST(test_marks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
