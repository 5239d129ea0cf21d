/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Windows program: what setupapi makes of INF files. Under Wine it is the judge of format/inf.
 *
 *   inf_oracle dump LIST OUT     every section, line and field of the files that LIST names
 *   inf_oracle time LIST ROUNDS  opens and closes them ROUNDS times, and prints how long that took
 *
 * LIST has one path of the host a line, in UTF-8. What dump writes is described in
 * tests/system/inf-oracle, which compares it with what inf_dump writes. One process reads all
 * files: Wine starts slowly.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <setupapi.h>

#define PATH_CHARS         1024
#define FIELD_CHARS        (MAX_INF_STRING_LENGTH + 2) /* as setupapi itself has */
#define NUMBERS_BYTES      (1 << 18)
#define NAME_CHARS         256
/* Wine 8 puts an install section and its platform into MAX_PATH characters without looking. */
#define INSTALL_NAME_CHARS 240
/* Wine looks for a key line by line. In long sections only every so many keys are looked for. */
#define SEARCHED_LINES     256

static wchar_t field[FIELD_CHARS];

static void fail(const char *what)
{
	fprintf(stderr, "inf_oracle: %s (error %lu)\n", what, GetLastError());
	exit(1);
}

/* Tab separates, newline ends: both, control characters and lone surrogates are escaped. */
static void put_text(FILE *out, const wchar_t *text)
{
	for (; *text != 0; text++) {
		uint32_t code = *text;
		if (code >= 0xD800 && code <= 0xDBFF && text[1] >= 0xDC00 && text[1] <= 0xDFFF) {
			code = 0x10000 + ((code - 0xD800) << 10) + (text[1] - 0xDC00);
			text++;
		}
		if (code == '\\') {
			fputs("\\\\", out);
		} else if (code < 0x20 || code == 0x7F || (code >= 0xD800 && code <= 0xDFFF)) {
			fprintf(out, "\\u%04x", code);
		} else if (code < 0x80) {
			putc((int)code, out);
		} else if (code < 0x800) {
			putc((int)(0xC0 | code >> 6), out);
			putc((int)(0x80 | (code & 0x3F)), out);
		} else if (code < 0x10000) {
			putc((int)(0xE0 | code >> 12), out);
			putc((int)(0x80 | (code >> 6 & 0x3F)), out);
			putc((int)(0x80 | (code & 0x3F)), out);
		} else {
			putc((int)(0xF0 | code >> 18), out);
			putc((int)(0x80 | (code >> 12 & 0x3F)), out);
			putc((int)(0x80 | (code >> 6 & 0x3F)), out);
			putc((int)(0x80 | (code & 0x3F)), out);
		}
	}
}

static bool get_field(INFCONTEXT *line, DWORD number)
{
	field[0] = 0;
	return SetupGetStringFieldW(line, number, field, FIELD_CHARS, NULL);
}

/* Numbers are told for those fields that begin like one. */
static bool like_number(const wchar_t *text)
{
	return (*text >= '0' && *text <= '9') || *text == '-' || *text == '+' || *text == ' ';
}

static void dump_line(FILE *out, HINF inf, const wchar_t *section, INFCONTEXT *line)
{
	static char numbers[NUMBERS_BYTES];
	size_t length = 0;
	bool has_key = get_field(line, 0);
	INFCONTEXT first;
	long found = -1;
	if (has_key && line->Line % (line->Line < SEARCHED_LINES ? 1 : SEARCHED_LINES) == 0 &&
		SetupFindFirstLineW(inf, section, field, &first))
		found = (long)first.Line;
	DWORD n = SetupGetFieldCount(line);
	fprintf(out, "line\t%lu\t%c\t%ld\t", n, has_key ? 'k' : '-', found);
	put_text(out, field);
	for (DWORD i = 1; i <= n; i++) {
		INT number;
		if (!get_field(line, i))
			fail("a field that is counted cannot be read");
		putc('\t', out);
		put_text(out, field);
		if (!like_number(field) || !SetupGetIntField(line, i, &number))
			continue;
		length += (size_t)snprintf(
			numbers + length, sizeof(numbers) - length, "\t%lu=%d", i, number);
		if (length >= sizeof(numbers))
			fail("a line with too many numbers");
	}
	putc('\n', out);
	if (length > 0)
		fprintf(out, "numbers%s\n", numbers);
}

static void dump_section(FILE *out, HINF inf, const wchar_t *section)
{
	fputs("section\t", out);
	put_text(out, section);
	LONG n = SetupGetLineCountW(inf, section);
	fprintf(out, "\t%ld\n", n);

	INFCONTEXT line;
	LONG met = 0;
	if (SetupFindFirstLineW(inf, section, NULL, &line)) {
		do {
			dump_line(out, inf, section, &line);
			met++;
		} while (SetupFindNextLine(&line, &line));
	}
	if (met != n)
		fail("SetupGetLineCount and SetupFindNextLine disagree");
}

static void dump_install(FILE *out, HINF inf, const wchar_t *name)
{
	static wchar_t actual[NAME_CHARS], other[NAME_CHARS];
	PWSTR extension = NULL;
	if (wcslen(name) > INSTALL_NAME_CHARS)
		return;
	if (!SetupDiGetActualSectionToInstallExW(
		    inf, name, NULL, actual, NAME_CHARS, NULL, &extension, NULL))
		fail("SetupDiGetActualSectionToInstallExW");
	fputs("install\t", out);
	put_text(out, name);
	putc('\t', out);
	put_text(out, actual);
	putc('\t', out);
	put_text(out, extension != NULL ? extension : L"");
	fputs(SetupGetLineCountW(inf, actual) < 0 ? "\tmissing\n" : "\tthere\n", out);

	if (!SetupDiGetActualSectionToInstallW(inf, name, other, NAME_CHARS, NULL, NULL) ||
		wcscmp(actual, other) != 0)
		fail("SetupDiGetActualSectionToInstallW disagrees with its Ex");
}

/* Lines without any id are for lists that people choose from. */
static bool names_an_id(INFCONTEXT *line)
{
	for (DWORD i = 2; i <= SetupGetFieldCount(line); i++)
		if (get_field(line, i) && field[0] != 0)
			return true;
	return false;
}

static void dump_models(FILE *out, HINF inf, const wchar_t *models)
{
	static wchar_t name[FIELD_CHARS];
	INFCONTEXT line;
	if (!SetupFindFirstLineW(inf, models, NULL, &line))
		return;
	do {
		if (!get_field(&line, 0) || !names_an_id(&line) || !get_field(&line, 1) ||
			field[0] == 0)
			continue;
		wcscpy(name, field);
		dump_install(out, inf, name);
	} while (SetupFindNextLine(&line, &line));
}

/* Each line of [Manufacturer] names a Models section and the TargetOS decorations that it has. For
 * the others than amd64's, Wine's amd64 is not the judge. */
static void dump_installs(FILE *out, HINF inf)
{
	static const wchar_t platform[] = L"NTamd64";
	static wchar_t models[FIELD_CHARS * 2 + 2];
	INFCONTEXT line;
	if (!SetupFindFirstLineW(inf, L"Manufacturer", NULL, &line))
		return;
	do {
		if (!get_field(&line, 1))
			continue;
		wcscpy(models, field);
		size_t length = wcslen(models);
		for (DWORD i = 2; i <= SetupGetFieldCount(&line); i++) {
			if (!get_field(&line, i) ||
				_wcsnicmp(field, platform, wcslen(platform)) != 0)
				continue;
			models[length] = '.';
			wcscpy(models + length + 1, field);
			dump_models(out, inf, models);
		}
	} while (SetupFindNextLine(&line, &line));
}

static void dump_file(FILE *out, const char *name, const wchar_t *path)
{
	fprintf(out, "file\t%s\n", name);
	UINT line = 0;
	HINF inf = SetupOpenInfFileW(path, NULL, INF_STYLE_WIN4, &line);
	bool is_setup = inf != INVALID_HANDLE_VALUE;
	/* Without the style, Wine does not look at the Signature. */
	if (!is_setup)
		inf = SetupOpenInfFileW(path, NULL, INF_STYLE_OLDNT, &line);
	if (inf == INVALID_HANDLE_VALUE) {
		fprintf(out, "refused\t%08lx\t%u\n", GetLastError(), line);
		return;
	}
	fprintf(out, "opened\t%s\n", is_setup ? "setup" : "other");
	wchar_t section[NAME_CHARS];
	for (UINT i = 0; SetupEnumInfSectionsW(inf, i, section, NAME_CHARS, NULL); i++)
		dump_section(out, inf, section);
	if (GetLastError() != ERROR_NO_MORE_ITEMS)
		fail("SetupEnumInfSectionsW");
	if (is_setup)
		dump_installs(out, inf);
	SetupCloseInfFile(inf);
}

/* What Wine puts in the place of %10%, %11%, ... 1 is the folder of the INF itself: another one for
 * each. */
static void dump_dirids(FILE *out)
{
	static const int ranges[][2] = {{-1, 0}, {2, 60}, {16384, 16448}, {65535, 65535}};
	wchar_t folder[MAX_PATH], path[MAX_PATH];
	if (GetTempPathW(MAX_PATH, folder) == 0 || GetTempFileNameW(folder, L"inf", 0, path) == 0)
		fail("no temporary file");
	FILE *file = _wfopen(path, L"wb");
	if (file == NULL)
		fail("no temporary file");
	fputs("[Version]\r\nSignature=$Chicago$\r\n[dirids]\r\n", file);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (int id = ranges[i][0]; id <= ranges[i][1]; id++)
			fprintf(file, "%d,%%%d%%\r\n", id, id);
	fclose(file);

	HINF inf = SetupOpenInfFileW(path, NULL, INF_STYLE_WIN4, NULL);
	INFCONTEXT line;
	if (inf == INVALID_HANDLE_VALUE || !SetupFindFirstLineW(inf, L"dirids", NULL, &line))
		fail("the file of dirids cannot be read");
	do {
		INT id = 0;
		if (!SetupGetIntField(&line, 1, &id) || !get_field(&line, 2))
			fail("a dirid cannot be read");
		fprintf(out, "dirid\t%d\t", id);
		put_text(out, field);
		putc('\n', out);
	} while (SetupFindNextLine(&line, &line));
	SetupCloseInfFile(inf);
	DeleteFileW(path);
}

struct list {
	size_t n;
	char **names;
	wchar_t **paths;
};

static void read_list(const char *path, struct list *list)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail("the list cannot be opened");
	static char name[PATH_CHARS];
	size_t room = 0;
	while (fgets(name, sizeof(name), file) != NULL) {
		name[strcspn(name, "\r\n")] = 0;
		/* Wine shows the whole file system as drive Z. */
		static wchar_t wide[PATH_CHARS + 2] = L"Z:";
		if (MultiByteToWideChar(CP_UTF8, 0, name, -1, wide + 2, PATH_CHARS) == 0)
			fail("a path in the list is too long");
		for (wchar_t *slash = wide; *slash != 0; slash++)
			if (*slash == L'/')
				*slash = L'\\';
		if (list->n == room) {
			room = room * 2 + 64;
			list->names = realloc(list->names, room * sizeof(*list->names));
			list->paths = realloc(list->paths, room * sizeof(*list->paths));
			if (list->names == NULL || list->paths == NULL)
				fail("no memory");
		}
		list->names[list->n] = _strdup(name);
		list->paths[list->n++] = _wcsdup(wide);
	}
	fclose(file);
	if (list->n == 0)
		fail("the list is empty");
}

static int dump(const struct list *list, const char *path)
{
	FILE *out = fopen(path, "wb");
	if (out == NULL)
		fail("the output cannot be written");
	setvbuf(out, NULL, _IOFBF, 1 << 20);
	fprintf(out, "codepage\t%u\n", GetACP());
	dump_dirids(out);
	for (size_t i = 0; i < list->n; i++)
		dump_file(out, list->names[i], list->paths[i]);
	if (fclose(out) != 0)
		fail("the output cannot be written");
	return 0;
}

static double seconds(void)
{
	LARGE_INTEGER now, frequency;
	QueryPerformanceCounter(&now);
	QueryPerformanceFrequency(&frequency);
	return (double)now.QuadPart / (double)frequency.QuadPart;
}

/* Of this process; wineserver's part in opening files is not in it. */
static double cpu_seconds(void)
{
	FILETIME made, ended, kernel, user;
	if (!GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user))
		fail("GetProcessTimes");
	return ((double)kernel.dwLowDateTime + (double)user.dwLowDateTime) / 1e7 +
	       ((double)kernel.dwHighDateTime + (double)user.dwHighDateTime) * 4294967296.0 / 1e7;
}

/* Opening maps the file, parses it whole and keeps it; no section or field is asked for. The best
 * round counts. */
static int measure(const struct list *list, int rounds)
{
	double bytes = 0, best = 0, best_cpu = 0;
	size_t opened = 0;
	for (size_t i = 0; i < list->n; i++) {
		WIN32_FILE_ATTRIBUTE_DATA data;
		if (!GetFileAttributesExW(list->paths[i], GetFileExInfoStandard, &data))
			fail("a file of the list is not there");
		bytes += data.nFileSizeLow;
	}
	for (int round = 0; round < rounds; round++) {
		double start = seconds(), start_cpu = cpu_seconds();
		opened = 0;
		for (size_t i = 0; i < list->n; i++) {
			HINF inf = SetupOpenInfFileW(list->paths[i], NULL, INF_STYLE_OLDNT, NULL);
			if (inf == INVALID_HANDLE_VALUE)
				continue;
			opened++;
			SetupCloseInfFile(inf);
		}
		double took = seconds() - start, took_cpu = cpu_seconds() - start_cpu;
		if (round == 0 || took < best)
			best = took;
		if (round == 0 || took_cpu < best_cpu)
			best_cpu = took_cpu;
	}
	printf("{\"files\": %u, \"opened\": %u, \"bytes\": %.0f, \"seconds\": %.6f, "
	       "\"cpu_seconds\": %.6f}\n",
		(unsigned)list->n, (unsigned)opened, bytes, best, best_cpu);
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
	fputs("usage: inf_oracle dump LIST OUT | time LIST ROUNDS\n", stderr);
	return 2;
}
