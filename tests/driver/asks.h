/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of INFs, and of what devices get from them: for the tests of matching. */
#pragma once

#include "../unit.h"

#include "../store/scratch.h"
#include "base/text.h"
#include "driver/marks.h"
#include "driver/match.h"
#include "driver/models.h"
#include "store/inbox.h"

#include <errno.h>

static struct store *store;

static inline int start(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	return store_open(scratch_make(), STORE_CREATE, &store, &err);
}

static inline int stop(void **state)
{
	(void)state;
	store = store_close(store);
	scratch_remove();
	return 0;
}

/* ---- packages ---- */

struct sample {
	const char *inf; /* its file name; its first letter makes the id */
	const char *text;
	enum driver_signature signature;
	const char *missing; /* a file of it that is not there, or NULL */
};

#define VERSION_HEAD(driver_ver)                                                                   \
	"[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nProvider=Us\nDriverVer=" driver_ver "\n"

static inline void read_sample(const struct sample *sample, struct driver_package *package)
{
	struct error err = ERROR_NULL;
	struct inf_file_list files = {0};
	bool is_there[16];
	*package = (struct driver_package){.signature = sample->signature};
	memset(package->id, sample->inf[0], sizeof(package->id) - 1);
	(void)text_copy(package->inf, sizeof(package->inf), sample->inf);
	CLEANUP(inf_freep) struct inf *inf = NULL;
	assert_ok(inf_parse(sample->text, strlen(sample->text), NULL, &inf, &err));
	assert_ok(models_read(inf, package, &err));
	assert_ok(models_files(inf, &files, &err));
	assert_true(files.n < ARRAY_SIZE(is_there));
	for (size_t i = 0; i < files.n; i++)
		is_there[i] = !sample->missing || strcmp(sample->missing, files.files[i].path) != 0;
	assert_ok(models_missing(inf, &files, is_there, package, &err));
	inf_file_list_clear(&files);
}

/* "INF name without .inf".SYS */
static inline void add_binary(
	const struct sample *sample, uint16_t major, uint16_t minor, struct driver_package *package)
{
	struct error err = ERROR_NULL;
	package->files = calloc(1, sizeof(*package->files));
	assert_non_null(package->files);
	struct driver_file *file = &package->files[0];
	assert_true(asprintf(&file->path, "drivers/%.*s.SYS", (int)strcspn(sample->inf, "."),
			    sample->inf) > 0);
	assert_ok(store_blob_add_bytes(store, sample->inf, 1, &file->blob, &err));
	file->kind = DRIVER_FILE_OTHER;
	(void)text_copy(file->arch, sizeof(file->arch), "amd64");
	file->subsystem_major = major;
	file->subsystem_minor = minor;
	package->n_files = 1;
}

/* major 0: without a binary. */
static inline void add_built_for(const struct sample *sample, uint16_t major, uint16_t minor)
{
	struct error err = ERROR_NULL;
	struct driver_package package;
	read_sample(sample, &package);
	if (major != 0)
		add_binary(sample, major, minor, &package);
	assert_ok(store_driver_add(store, &package, &err));
	driver_package_clear(&package);
}

static inline void add(const struct sample *sample)
{
	add_built_for(sample, 0, 0);
}

/* As what the base brings along. */
static inline void add_inbox(const char *base, const struct sample *samples, size_t n)
{
	struct error err = ERROR_NULL;
	struct driver_package *packages = calloc(n, sizeof(*packages));
	assert_non_null(packages);
	for (size_t i = 0; i < n; i++) {
		read_sample(&samples[i], &packages[i]);
		(void)text_copy(packages[i].base, sizeof(packages[i].base), base);
		(void)snprintf(packages[i].source, sizeof(packages[i].source), "\\Windows\\INF\\%s",
			samples[i].inf);
	}
	assert_ok(store_inbox_put(store, base, packages, n, &err));
	driver_packages_free(packages, n);
}

/* ---- matching ---- */

static inline struct device device_of(const char *hardware, const char *compatible)
{
	struct device device = {0};
	char list[1024];
	for (int kind = 0; kind < 2; kind++) {
		char *rest = NULL;
		(void)text_copy(list, sizeof(list), kind == 0 ? hardware : compatible);
		for (char *id = strtok_r(list, ",", &rest); id; id = strtok_r(NULL, ",", &rest))
			assert_int_equal(kind == 0 ? device_add_hardware_id(&device, id)
						   : device_add_compatible_id(&device, id),
				0);
	}
	return device;
}

/* "*a usable 80ff0000 [I.nt]; b ..." : the pick with a star, the id's first letter. */
static inline void write_match(const struct device_match *match, char *text, size_t size)
{
	static const char *const states[] = {"usable", "too-new", "incomplete", "marked",
		"excluded", "windows", "arch", "no-section"};
	size_t length = 0;
	text[0] = 0;
	for (size_t i = 0; i < match->n; i++) {
		const struct candidate *candidate = &match->candidates[i];
		length += (size_t)snprintf(text + length, size - length, "%s%s%c %s", i ? "; " : "",
			match->pick == (ssize_t)i ? "*" : "", candidate->package->id[0],
			states[candidate->state]);
		if (candidate->state <= CANDIDATE_MARKED)
			length += (size_t)snprintf(
				text + length, size - length, " %08x", candidate->rank);
		if (candidate->section)
			length += (size_t)snprintf(
				text + length, size - length, " [%s]", candidate->section);
	}
}

struct question {
	const char *target, *hardware, *compatible;
	const char *answer;
	const char *reason; /* a part of the device's; NULL for any */
};

static inline void ask_of_image(
	const struct driver_rules *rules, const char *base, const struct question *question)
{
	struct error err = ERROR_NULL;
	struct target target;
	const struct device_match *match;
	char text[1024];
	CLEANUP(matching_closep) struct matching *matching = NULL;
	struct device device = device_of(question->hardware, question->compatible);
	assert_ok(target_parse(question->target, &target, &err));
	assert_ok(matching_open(store, rules, &target, base, &matching, &err));
	assert_ok(matching_device(matching, &device, &match, &err));
	write_match(match, text, sizeof(text));
	if (strcmp(text, question->answer) != 0)
		fail_msg("%s on %s: %s", question->hardware, question->target, text);
	if (question->reason && !strstr(match->reason, question->reason))
		fail_msg("%s on %s: %s", question->hardware, question->target, match->reason);
	device_clear(&device);
}

static inline void ask_with(const struct driver_rules *rules, const struct question *question)
{
	ask_of_image(rules, NULL, question);
}

static inline void ask_all(const struct question *questions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ask_with(NULL, &questions[i]);
}

#define BOTH           "[Manufacturer]\nA=M,NTx86,NTamd64\n"
#define FOR_BOTH(line) "[M.NTx86]\n" line "\n[M.NTamd64]\n" line "\n"
