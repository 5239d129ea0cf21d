/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What format/inf, and driver/models for install sections, make of INF files, in the words of
 * inf_oracle, so that the two can be compared.
 *
 *   inf_dump dump LIST OUT     every section, line and field of the files that LIST names
 *   inf_dump time LIST ROUNDS  reads and parses them ROUNDS times, and prints how long that took
 *
 * LIST has one path a line. tests/system/inf-oracle describes what dump writes.
 */
#include "adapter/file.h"
#include "base/text.h"
#include "driver/models.h"
#include "format/inf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATH_CHARS         1024
/* As inf_oracle has them. */
#define SEARCHED_LINES     256
#define INSTALL_NAME_CHARS 240

static _Noreturn void fail(const char *what, const char *name)
{
	fprintf(stderr, "inf_dump: %s: %s\n", name, what);
	exit(1);
}

static void put_text(FILE *out, struct inf_text text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.text[i];
		if (c == '\\')
			fputs("\\\\", out);
		else if (c < 0x20 || c == 0x7F)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
}

static bool like_number(struct inf_text text)
{
	return text.length > 0 && memchr("0123456789-+ ", text.text[0], 13) != NULL;
}

/* The number of the first line of the section with that key, as inf_find_line finds it; -1 for
 * none. */
static long find(const struct inf *inf, uint32_t section, struct inf_text key)
{
	uint32_t found = inf_find_line(inf, section, key.text, key.length, INF_NONE);
	long number = 0;
	if (found == INF_NONE)
		return -1;
	for (uint32_t line = inf_first_line(inf, section); line != found;
		line = inf_next_line(inf, line))
		number++;
	return number;
}

static void dump_line(
	FILE *out, const struct inf *inf, uint32_t section, uint32_t line, uint32_t index)
{
	static struct inf_scratch scratch;
	bool has_key = inf_has_key(inf, line);
	struct inf_text key = inf_field(inf, line, 0, &scratch);
	bool is_searched = index < SEARCHED_LINES || index % SEARCHED_LINES == 0;
	long found = has_key && is_searched ? find(inf, section, key) : -1;
	uint32_t n = inf_n_fields(inf, line);

	fprintf(out, "line\t%u\t%c\t%ld\t", n, has_key ? 'k' : '-', found);
	put_text(out, key);
	for (uint32_t i = 1; i <= n; i++) {
		putc('\t', out);
		put_text(out, inf_field(inf, line, i, &scratch));
	}
	putc('\n', out);

	bool any = false;
	for (uint32_t i = 1; i <= n; i++) {
		int64_t number = 0;
		if (!like_number(inf_field(inf, line, i, &scratch)) ||
			!inf_field_number(inf, line, i, &number))
			continue;
		fprintf(out, "%s\t%u=%lld", any ? "" : "numbers", i, (long long)number);
		any = true;
	}
	if (any)
		putc('\n', out);
}

static void dump_section(FILE *out, const struct inf *inf, uint32_t section)
{
	fputs("section\t", out);
	put_text(out, inf_section_name(inf, section));
	fprintf(out, "\t%u\n", inf_section_n_lines(inf, section));
	uint32_t index = 0;
	for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
		line = inf_next_line(inf, line))
		dump_line(out, inf, section, line, index++);
}

/* What amd64 takes for the install section that a model names. */
static void dump_install(FILE *out, const struct driver_package *package, const char *name)
{
	const char *section = NULL;
	for (size_t i = 0; i < package->n_installs; i++)
		if (text_equal_nocase(package->installs[i].name, name) &&
			strcmp(package->installs[i].arch, "amd64") == 0)
			section = package->installs[i].section;
	bool is_there = section != NULL;
	if (!is_there)
		section = name;
	fputs("install\t", out);
	put_text(out, (struct inf_text){name, strlen(name)});
	putc('\t', out);
	put_text(out, (struct inf_text){section, strlen(section)});
	fprintf(out, "\t%s\t%s\n", section + strlen(name), is_there ? "there" : "missing");
}

static void dump_installs(FILE *out, const struct inf *inf)
{
	static const char platform[] = "NTamd64";
	struct driver_package package = {0};
	struct error err = {0};
	if (models_read(inf, &package, &err) < 0)
		return;
	for (size_t i = 0; i < package.n_models; i++) {
		const struct driver_model *model = &package.models[i];
		if (text_starts_nocase(package.sections[model->section].decoration, platform) &&
			strlen(model->install) <= INSTALL_NAME_CHARS)
			dump_install(out, &package, model->install);
	}
	driver_package_clear(&package);
}

static bool is_setup(const struct inf *inf)
{
	static const char *const signatures[] = {"$Chicago$", "$Windows NT$"};
	static struct inf_scratch scratch;
	uint32_t version = inf_find_section(inf, "Version", strlen("Version"));
	if (version == INF_NONE)
		return false;
	uint32_t line = inf_find_line(inf, version, "Signature", strlen("Signature"), INF_NONE);
	if (line == INF_NONE)
		return false;
	struct inf_text signature = inf_field(inf, line, 1, &scratch);
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (inf_text_equal(signature, signatures[i]))
			return true;
	return false;
}

static void read_whole(const char *path, struct buffer *bytes)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	bytes->size = 0;
	if (fd < 0 || file_read_all(fd, bytes) < 0)
		fail("cannot be read", path);
}

static void dump_file(FILE *out, const char *path, struct buffer *bytes)
{
	struct error err = {0};
	CLEANUP(inf_freep) struct inf *inf = NULL;

	read_whole(path, bytes);
	fprintf(out, "file\t%s\n", path);
	if (inf_parse(bytes->bytes, bytes->size, NULL, &inf, &err) < 0) {
		fprintf(out, "refused\t%s\n", err.text);
		return;
	}
	fprintf(out, "opened\t%s\n", is_setup(inf) ? "setup" : "other");
	for (uint32_t section = 0; section < inf_n_sections(inf); section++)
		dump_section(out, inf, section);
	dump_installs(out, inf);
}

struct list {
	size_t n;
	char **paths; /* owned, never freed: the program ends with them */
};

static void read_list(const char *path, struct list *list)
{
	FILE *file = fopen(path, "re");
	char name[PATH_CHARS];
	if (file == NULL)
		fail("cannot be opened", path);
	while (fgets(name, sizeof(name), file) != NULL) {
		name[strcspn(name, "\n")] = 0;
		list->paths = realloc(list->paths, (list->n + 1) * sizeof(*list->paths));
		if (list->paths == NULL || (list->paths[list->n] = strdup(name)) == NULL)
			fail("no memory", path);
		list->n++;
	}
	(void)fclose(file);
	if (list->n == 0)
		fail("names no files", path);
}

static int dump(const struct list *list, const char *path)
{
	struct buffer bytes = buffer_with_max(LIMIT_INF_BYTES);
	FILE *out = fopen(path, "we");
	if (out == NULL)
		fail("cannot be written", path);
	for (size_t i = 0; i < list->n; i++)
		dump_file(out, list->paths[i], &bytes);
	buffer_free(&bytes);
	if (fclose(out) != 0)
		fail("cannot be written", path);
	return 0;
}

static double seconds(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Reading the file is counted, as it is for SetupOpenInfFile. The best round counts. */
static int measure(const struct list *list, int rounds)
{
	struct buffer bytes = buffer_with_max(LIMIT_INF_BYTES);
	double best = 0, best_cpu = 0, size = 0;
	size_t opened = 0;
	for (int round = 0; round < rounds; round++) {
		double start = seconds(CLOCK_MONOTONIC);
		double start_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
		size = 0;
		opened = 0;
		for (size_t i = 0; i < list->n; i++) {
			struct error err = {0};
			CLEANUP(inf_freep) struct inf *inf = NULL;
			read_whole(list->paths[i], &bytes);
			size += (double)bytes.size;
			if (inf_parse(bytes.bytes, bytes.size, NULL, &inf, &err) == 0)
				opened++;
		}
		double took = seconds(CLOCK_MONOTONIC) - start;
		double took_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - start_cpu;
		if (round == 0 || took < best)
			best = took;
		if (round == 0 || took_cpu < best_cpu)
			best_cpu = took_cpu;
	}
	buffer_free(&bytes);
	printf("{\"files\": %zu, \"opened\": %zu, \"bytes\": %.0f, \"seconds\": %.6f, "
	       "\"cpu_seconds\": %.6f}\n",
		list->n, opened, size, best, best_cpu);
	return 0;
}

int main(int argc, char **argv)
{
	struct list list = {0};
	if (argc == 4 && strcmp(argv[1], "dump") == 0) {
		read_list(argv[2], &list);
		return dump(&list, argv[3]);
	}
	if (argc == 4 && strcmp(argv[1], "time") == 0 && atoi(argv[3]) > 0) {
		read_list(argv[2], &list);
		return measure(&list, atoi(argv[3]));
	}
	fputs("usage: inf_dump dump LIST OUT | time LIST ROUNDS\n", stderr);
	return 2;
}
