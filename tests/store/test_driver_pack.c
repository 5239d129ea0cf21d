/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packed lists of a package when the database is damaged: an error, never a read past the end.
 * (What comes back of sound ones: test_drivers.c.) */
#include "../unit.h"

#include "store/driver_pack.h"

#include "driver_samples.h"

#include <errno.h>

static struct driver_package sample(void)
{
	struct driver_package package = sample_package('a', "a.inf", "P", 1, 1);
	sample_section(&package, 0, "Models.NTamd64", "NTamd64");
	sample_model(&package, 0, "One", "Install", "PCI\\VEN_0001&DEV_0001 PCI\\VEN_0001");
	sample_model(&package, 0, "Two", "Install", "PCI\\VEN_0001&DEV_0002");
	struct driver_install *install =
		sample_install(&package, "Install", "amd64", "Install.NTamd64");
	install->missing = SAMPLE_LIST(&install->n_missing, "a.sys");
	install->excluded = SAMPLE_LIST(&install->n_excluded, "PCI\\VEN_0002");
	package.missing = SAMPLE_LIST(&package.n_missing, "a.sys");
	package.warnings = SAMPLE_LIST(&package.n_warnings, "warning");
	return package;
}

/* Reads all there is, in both ways; copies on the heap, so that sanitizers see the ends. */
static int unpack(const uint8_t *content, size_t n_content, const uint8_t *models, size_t n_models,
	const uint8_t *lines, size_t n_lines)
{
	CLEANUP(memory_freep) uint8_t *content_copy = malloc(n_content + 1);
	CLEANUP(memory_freep) uint8_t *models_copy = malloc(n_models + 1);
	CLEANUP(memory_freep) uint8_t *lines_copy = malloc(n_lines + 1);
	struct driver_package owned = {.row = 0}, borrowed = {.row = 0};
	CLEANUP(driver_texts_clear) struct driver_texts texts = {.n = 0};
	CLEANUP(driver_texts_clear) struct driver_texts borrowed_texts = {.n = 0};
	struct driver_model model;
	uint32_t position;
	char **ids = NULL;
	size_t n_ids = 0;
	memcpy(content_copy, content, n_content);
	memcpy(models_copy, models, n_models);
	memcpy(lines_copy, lines, n_lines);
	struct reader reader = reader_over(content_copy, n_content);
	int rc = driver_unpack_content(&reader, UNPACK_OWNED, UNPACK_ALL, &texts, &owned);
	if (rc == 0)
		rc = driver_unpack_models(models_copy, n_models, &texts, &owned, &ids, &n_ids);
	driver_ids_free(ids, n_ids);
	driver_package_clear(&owned);

	reader = reader_over(content_copy, n_content);
	int borrowed_rc = driver_unpack_content(
		&reader, UNPACK_BORROWED, UNPACK_SECTIONS, &borrowed_texts, &borrowed);
	if (borrowed_rc == 0)
		borrowed_rc = driver_unpack_installs(
			&reader, UNPACK_BORROWED, &borrowed_texts, &borrowed);
	reader = reader_over(lines_copy, n_lines);
	while (borrowed_rc >= 0 &&
		(borrowed_rc = driver_unpack_line(&reader, &borrowed_texts, &model, &position)) > 0)
		continue;
	driver_package_clear_borrowed(&borrowed);
	return rc < 0 ? rc : borrowed_rc;
}

static void test_damage(void **state)
{
	(void)state;
	CLEANUP(driver_package_clear) struct driver_package package = sample();
	CLEANUP(packed_package_clear) struct packed_package packed;
	assert_int_equal(driver_pack(&package, &packed), 0);
	struct buffer *parts[] = {&packed.content, &packed.models, &packed.lines};
	assert_int_equal(unpack(packed.content.bytes, packed.content.size, packed.models.bytes,
				 packed.models.size, packed.lines.bytes, packed.lines.size),
		0);
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		/* Cut anywhere. Lines may end after each whole one. */
		size_t whole = parts[p]->size;
		for (size_t n = 0; n < whole; n++) {
			parts[p]->size = n;
			int rc = unpack(packed.content.bytes, packed.content.size,
				packed.models.bytes, packed.models.size, packed.lines.bytes,
				packed.lines.size);
			if (p < 2)
				assert_int_equal(rc, -EBADMSG);
		}
		parts[p]->size = whole;
		/* Any byte another one: an error or other words, as the byte may be. */
		for (size_t i = 0; i < whole; i++) {
			uint8_t byte = parts[p]->bytes[i];
			for (unsigned value = 0; value < 256; value += 5) {
				parts[p]->bytes[i] = (uint8_t)value;
				int rc = unpack(packed.content.bytes, packed.content.size,
					packed.models.bytes, packed.models.size, packed.lines.bytes,
					packed.lines.size);
				assert_true(rc == 0 || rc == -EBADMSG);
			}
			parts[p]->bytes[i] = byte;
		}
	}
}

/* Numbers of more than 64 bits, and counts beyond the end. */
static void test_numbers(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[12];
		size_t n;
	} cases[] = {
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 10},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 11},
		{{0x80, 0x80, 0x80, 0x80, 0x10}, 5},
		{{2, 'a', 0}, 3},
		{{0x80}, 1},
		{{0}, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(unpack(cases[i].bytes, cases[i].n, cases[i].bytes, cases[i].n,
					 cases[i].bytes, cases[i].n),
			-EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
