/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/text.h"
#include "format/inf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct inf *parse_n(const char *text, size_t n)
{
	struct inf *inf = NULL;
	struct error err = ERROR_NULL;
	int rc = inf_parse(text, n, NULL, &inf, &err);
	if (rc < 0)
		fail_msg("%d, %s: %s", rc, err.text, text);
	return inf;
}

static struct inf *parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static uint32_t section_of(const struct inf *inf, const char *name)
{
	uint32_t section = inf_find_section(inf, name, strlen(name));
	if (section == INF_NONE)
		fail_msg("no section [%s]", name);
	return section;
}

/* A line in one text: "key" or nothing, then "|field" for each field. */
static void describe(const struct inf *inf, uint32_t line, char *out, size_t size)
{
	struct inf_scratch scratch;
	size_t at = 0;
	out[0] = 0;
	for (uint32_t i = 0; i <= inf_n_fields(inf, line) && at < size; i++) {
		struct inf_text text = inf_field(inf, line, i, &scratch);
		bool is_no_key = i == 0 && !inf_has_key(inf, line);
		at += (size_t)snprintf(out + at, size - at, "%s%.*s", i == 0 ? "" : "|",
			is_no_key ? 1 : (int)text.length, is_no_key ? "-" : text.text);
	}
}

#define STRINGS                                                                                    \
	"\n[Strings]\nfoo=aaa\nbar=bbb\nloop=%loop2%\nloop2=%loop%\nper%%cent=abcd\nper=1\n"       \
	"cent=2\nmydrive=\"C:\\\"\nempty=\nsole\n22=foo\n"

/*
 * What SetupAPI makes of a line: Wine's tests of setupapi (dlls/setupapi/tests/parser.c), which its
 * authors run on Windows, and the rules of "General Syntax Rules for INF Files".
 */
static void lines_read_as_setupapi_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *line, *expected; /* key|field|field, "-" for no key */
	} cases[] = {
		{"ab=cd", "ab|cd"},
		{"ab=cd,ef,gh,ij", "ab|cd|ef|gh|ij"},
		{"ab", "ab|ab"}, /* one value alone is its own key */
		{"ab,cd", "-|ab|cd"},
		{"ab,cd=ef", "-|ab|cd=ef"},
		{"=abcd,ef", "|abcd|ef"},
		{"a=b=c", "a|b=c"},
		/* empty fields */
		{"a=b,,,c,,,d", "a|b|||c|||d"},
		{"=,,b", "|||b"},
		{",=,,b", "-||=||b"},
		{"a=", "a|"},
		{"a= ; nothing", "a|"},
		{"=", "|"},
		{"a=b,", "a|b|"},
		{"a=b,,", "a|b||"},
		/* blanks */
		{" a b = c , d ", "a b|c|d"},
		{" a b\r = c\r", "a b|c"},
		{"a\t=\tb\tc\v,\fd", "a|b\tc|d"},
		{"a=\xc2\xa0z\xc2\xa0 \xe3\x80\x80,\xe3\x80\x81x", "a|z|\xe3\x80\x81x"},
		/* comments */
		{"a=b;c", "a|b"},
		{"a=b ;c,d", "a|b"},
		{"a;=b", "a|a"},
		{"a=\"b;c\" ; d", "a|b;c"},
		{"a=%bar;bla%", "a|%bar"}, /* Windows looks for the ; first */
		/* quotes */
		{"Ab\"Cd\"=Ef", "AbCd|Ef"},
		{"Ab\"Cd=Ef\"", "AbCd=Ef|AbCd=Ef"},
		{"ab\"\"\"cd,ef=gh\"\"", "ab\"cd,ef=gh\"|ab\"cd,ef=gh\""},
		{"ab\"\"cd=ef,gh", "abcd|ef|gh"},
		{"ab=cd\"\"ef", "ab|cdef"},
		{"ab=cd\",\"ef", "ab|cd,ef"},
		{"ab=cd\",ef", "ab|cd,ef"}, /* open at the end */
		{"ab=cd\",ef\\\nxy", "ab|cd,ef\\"},
		{"ab=\"cd\r", "ab|cd"},
		{"a=b,\"\",c,\" \",d", "a|b||c| |d"},
		{" a b = c ,\" d\" ", "a b|c| d"},
		{"a=\"b\" \"c\"  d ,e", "a|b c  d|e"},
		{"a=\"Display an \"\"example\"\" string\"", "a|Display an \"example\" string"},
		{"a=\"\"\"some string\"\"\"", "a|\"some string\""},
		{"HKLM,A,B,'C',D", "-|HKLM|A|B|'C'|D"},
		/* backslashes */
		{"ba\\\ncd=ef", "bacd|ef"},
		{"ab  \\  \ncd=ef", "abcd|ef"},
		{"ab\\\ncd,ef", "-|abcd|ef"},
		{"ab  \\ ;cc\ncd=ef", "abcd|ef"},
		{"ab \\ \\ \ncd=ef", "abcd|ef"},
		{"ba \\ dc=xx", "ba \\ dc|xx"},
		{"ba \\\\ \nc=d", "bac|d"},
		{"a=b\\\\c", "a|b\\\\c"},
		{"ab=cd \\ ", "ab|cd"},
		{"ba=c \\ \n \\ \n a", "ba|ca"},
		{"ba=c \\ \n \\ a", "ba|c\\ a"},
		{"  \\ a= \\ b", "\\ a|\\ b"},
		{"a=b,\\\n  c,\\\r\n\td", "a|b|c|d"},
		{"a=C:\\x\\y,\\z", "a|C:\\x\\y|\\z"},
		{"a=x\\,y", "a|x\\|y"},
		{"a=\"Some\\\"\\\n,SomeFile", "a|Some\\|SomeFile"},
		{"a=\"Some\\\"\\ ; comment\n,SomeFile", "a|Some\\|SomeFile"},
		{"a=x\\y\\\n,SomeFile", "a|x\\y|SomeFile"},
		{"a=b\\\n\nc=d", "a|b"},
		/* the end */
		{"ab=c\032d", "ab|c"},
		{"ab\032=cd", "ab|ab"},
		/* strings */
		{"%foo%=%bar%" STRINGS, "aaa|bbb"},
		{"%FOO%xx=%Bar%yy" STRINGS, "aaaxx|bbbyy"},
		{"%% %foo%=%bar%" STRINGS, "% aaa|bbb"},
		{"%f\"o\"o%=ccc" STRINGS, "aaa|ccc"},
		{"loop=%loop%" STRINGS, "loop|%loop2%"},
		{"%per%%cent%=100" STRINGS, "12|100"},
		{"a=%foo% %bar%,%nothere%x%foo%" STRINGS, "a|aaa bbb|%nothere%xaaa"},
		{"a=%empty%,%sole%" STRINGS, "a||sole"},
		{"a=50%" STRINGS, "a|50%"},
		{"a=%foo%bar%" STRINGS, "a|aaabar%"},
		{"a=\"%%SystemRoot%%\\System32\\x.dll\"", "a|%SystemRoot%\\System32\\x.dll"},
		{"a=\"%mydrive%\\fred\"" STRINGS, "a|C:\\\\fred"},
		/* folders are the target's business */
		{"ServiceBinary = %12%\\e1d.sys", "ServiceBinary|%12%\\e1d.sys"},
		{"a=%22%" STRINGS, "a|foo"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[512], line[512];
		(void)snprintf(text, sizeof(text), "[Version]\n[Test]\n%s", cases[i].line);
		CLEANUP(inf_freep) struct inf *inf = parse(text);
		uint32_t first = inf_first_line(inf, section_of(inf, "Test"));
		assert_int_not_equal(first, INF_NONE);
		describe(inf, first, line, sizeof(line));
		if (strcmp(line, cases[i].expected) != 0)
			fail_msg("%s: %s instead of %s", cases[i].line, line, cases[i].expected);
		assert_int_equal(inf_line_place(inf, first), 3);
	}
}

/* The bytes that matter are looked for in steps of 16 and 64: each of them at each place of these,
 * with short and long runs of blanks around. */
static void lines_read_alike_wherever_they_lie(void **state)
{
	(void)state;
	for (int at = 0; at < 130; at++)
		for (int blanks = 0; blanks < 40; blanks += blanks < 2 ? 1 : 15) {
			char text[1024], found[256];
			(void)snprintf(text, sizeof(text),
				"[Test]\n;%*s\n%*sa%*s=%*s\"b;\"\",=\\\"%*s,c:\\d%*s,,\"e,\"%*s;"
				"f\"\n"
				"%*sg%*s,h%*s\\%*s\n%*si%*s\r\n",
				at, "", blanks, "", blanks, "", blanks, "", blanks, "", blanks, "",
				blanks, "", blanks, "", blanks, "", blanks, "", blanks, "", blanks,
				"", blanks, "");
			CLEANUP(inf_freep) struct inf *inf = parse(text);
			uint32_t line = inf_first_line(inf, section_of(inf, "Test"));
			describe(inf, line, found, sizeof(found));
			assert_string_equal(found, "a|b;\",=\\|c:\\d||e,");
			line = inf_next_line(inf, line);
			describe(inf, line, found, sizeof(found));
			assert_string_equal(found, "-|g|hi");
			assert_int_equal(inf_line_place(inf, line), 4);
			assert_int_equal(inf_next_line(inf, line), INF_NONE);
		}
}

static void nul_is_a_blank(void **state)
{
	(void)state;
	static const char text[] = "[Test]\nabcd=ef\0gh\n a=b\0 \nc=\0%bar%\n[Strings]\nbar=x \0\n";
	CLEANUP(inf_freep) struct inf *inf = parse_n(text, sizeof(text) - 1);
	static const char *const expected[] = {"abcd|ef gh", "a|b", "c|x"};
	uint32_t line = inf_first_line(inf, section_of(inf, "test"));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++, line = inf_next_line(inf, line)) {
		char found[64];
		describe(inf, line, found, sizeof(found));
		assert_string_equal(found, expected[i]);
	}
	assert_int_equal(line, INF_NONE);
}

static void section_names(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"[TestSection]", "TestSection"},
		{"[TESTSECTION]\r\n", "TestSection"},
		{"   [TestSection]   dummy\r\n", "TestSection"},
		{"[TestSection]   [foo]\r\n", "TestSection"},
		{" [  Test Section  ] dummy\r\n", "  Test Section  "},
		{"[TestSection] \032\ndummy", "TestSection"},
		{"[Test[Section]\r\n", "Test[Section"},
		{"[Test[S]ection]\r\n", "Test[S"},
		{"[]\r\n", ""},
		{"[[[]\n", "[["},
		{"[;; Std Mfg ] ; quoted where it is named\n", ";; Std Mfg "},
		{"[Test\\Section]\r\n", "Test\\Section"},
		{"[Test\"Section]\r\n", "Test\"Section"},
		{"[\xc3\x84\xc5\xa0\xc5\xb8]\n", "\xc3\xa4\xc5\xa1\xc3\xbf"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(inf_freep) struct inf *inf = parse(cases[i].text);
		assert_int_equal(inf_n_sections(inf), 1);
		assert_int_equal(section_of(inf, cases[i].name), 0);
		assert_int_equal(inf_find_section(inf, "no", 2), INF_NONE);
	}
}

static void sections_of_one_name_are_one(void **state)
{
	(void)state;
	CLEANUP(inf_freep)
	struct inf *inf = parse("[One]\na=1\n[Two]\nb=2\n[ONE]\nc=3\n[two]\n[one]\nd=4\n");
	assert_int_equal(inf_n_sections(inf), 2);
	uint32_t section = section_of(inf, "oNe");
	assert_int_equal(inf_section_name(inf, section).length, 3);
	assert_memory_equal(inf_section_name(inf, section).text, "One", 3);
	assert_int_equal(inf_section_place(inf, section), 1);
	assert_int_equal(inf_section_n_lines(inf, section), 3);
	static const struct {
		const char *line;
		uint32_t place;
	} expected[] = {{"a|1", 2}, {"c|3", 6}, {"d|4", 9}};
	uint32_t line = inf_first_line(inf, section);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++, line = inf_next_line(inf, line)) {
		char found[64];
		describe(inf, line, found, sizeof(found));
		assert_string_equal(found, expected[i].line);
		assert_int_equal(inf_line_place(inf, line), expected[i].place);
	}
	assert_int_equal(line, INF_NONE);
}

/* Each bad line is told with its place, and all others are read. */
static void problems_do_not_end_the_file(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t line;
		const char *says;
		const char *section; /* that is read nevertheless */
	} cases[] = {
		{"; x\n\nabc\nd=e\n[Good]\nx=y\n", 3, "before the first section", "Good"},
		{"[Bad\r\na=b\n[Good]\nx=y\n", 1, "closing bracket", "Bad"},
		{"[Bad\na=b\n[Good]\nx=y\n", 1, "closing bracket", "Good"},
		{"[Good]\nx=y\na=\"b\n", 3, "quotation mark", "Good"},
		{"[Good] oops\nx=y\n", 1, "behind the ]", "Good"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(inf_freep) struct inf *inf = parse(cases[i].text);
		size_t n, n_all;
		const struct inf_problem *problems = inf_problems(inf, &n, &n_all);
		assert_int_equal(n, 1);
		assert_int_equal(n_all, 1);
		assert_int_equal(problems[0].line, cases[i].line);
		if (strstr(problems[0].text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, problems[0].text);
		assert_true(inf_section_n_lines(inf, section_of(inf, cases[i].section)) > 0);
	}
}

static void what_is_no_inf_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "\r\n", "; only a comment\n", "a=b\nc=d\n", "\032[a]"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct inf *inf = NULL;
		struct error err = ERROR_NULL;
		assert_int_equal(inf_parse(texts[i], strlen(texts[i]), NULL, &inf, &err), -EINVAL);
		assert_non_null(strstr(err.text, "expected ["));
		assert_null(inf);
	}
}

/* "INF Strings Section": exact locale, then the language alone, then any of the language, then
 * [Strings]; without [Strings] the first there is. */
static void language_chooses_the_strings(void **state)
{
	(void)state;
	static const char all[] =
		"[T]\nx=%s%\n[Strings.0c07]\ns=at\n[Strings]\ns=en\n"
		"[strings.0007]\ns=de\n[Strings.0407]\ns=deutsch\n[Strings.040C]\n"
		"s=fr\n[Strings.xyz1]\ns=no\n";
	static const char some[] = "[T]\nx=%s%\n[Strings.0411]\ns=ja\n[Strings.0407]\ns=deutsch\n";
	static const struct {
		const char *text;
		uint16_t language;
		const char *expected;
	} cases[] = {
		{all, 0, "en"},
		{all, 0x0407, "deutsch"},
		{all, 0x0807, "de"},
		{all, 0x080c, "fr"},
		{all, 0x0411, "en"},
		{some, 0, "ja"},
		{some, 0x0409, "ja"},
		{some, 0x0c07, "deutsch"},
		{"[T]\nx=%s%\n", 0, "%s%"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(inf_freep) struct inf *inf = NULL;
		struct inf_options options = {cases[i].language};
		struct inf_scratch scratch;
		assert_int_equal(
			inf_parse(cases[i].text, strlen(cases[i].text), &options, &inf, NULL), 0);
		struct inf_text text =
			inf_field(inf, inf_first_line(inf, section_of(inf, "T")), 1, &scratch);
		assert_true(inf_text_equal(text, cases[i].expected));
	}
}

static void lines_are_found_by_key(void **state)
{
	(void)state;
	char text[8192] = "[Few]\n%k%=1\nB=2\nsole\nx,y\nb=3\n[Strings]\nk=A\n[Many]\n%k%=first\n";
	size_t at = strlen(text);
	for (int i = 0; i < 200; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "Key%d=%d\n", i % 100, i);
	CLEANUP(inf_freep) struct inf *inf = parse(text);
	uint32_t few = section_of(inf, "few"), many = section_of(inf, "many");

	assert_int_equal(inf_find_line(inf, few, "a", 1, INF_NONE), inf_first_line(inf, few));
	assert_int_equal(inf_find_line(inf, few, "%k%", 3, INF_NONE), INF_NONE);
	uint32_t line = inf_find_line(inf, few, "b", 1, INF_NONE);
	assert_int_equal(inf_line_place(inf, line), 3);
	line = inf_find_line(inf, few, "b", 1, inf_next_line(inf, line));
	assert_int_equal(inf_line_place(inf, line), 6);
	assert_int_equal(inf_line_place(inf, inf_find_line(inf, few, "SOLE", 4, INF_NONE)), 4);
	assert_int_equal(inf_find_line(inf, few, "x", 1, INF_NONE), INF_NONE);

	assert_int_equal(inf_find_line(inf, many, "a", 1, INF_NONE), inf_first_line(inf, many));
	line = inf_find_line(inf, many, "KEY42", 5, INF_NONE);
	int64_t value;
	assert_true(inf_field_number(inf, line, 1, &value));
	assert_int_equal(value, 42);
	line = inf_find_line(inf, many, "KEY42", 5, inf_next_line(inf, line));
	assert_true(inf_field_number(inf, line, 1, &value));
	assert_int_equal(value, 142);
	assert_int_equal(inf_find_line(inf, many, "key200", 6, INF_NONE), INF_NONE);
}

static void numbers(void **state)
{
	(void)state;
	CLEANUP(inf_freep)
	struct inf *inf = parse("[T]\n12=48,0x1F,,Field,-1,0xffffffff,0x,4294967296,1x,+7\n");
	static const struct {
		uint32_t field;
		bool is_number;
		int64_t value;
	} cases[] = {{0, true, 12}, {1, true, 48}, {2, true, 31}, {3, true, 0}, {4, false, 0},
		{5, true, -1}, {6, true, 0xffffffff}, {7, false, 0}, {8, false, 0}, {9, false, 0},
		{10, true, 7}, {11, false, 0}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 99;
		assert_int_equal(
			inf_field_number(inf, 0, cases[i].field, &value), cases[i].is_number);
		assert_int_equal(value, cases[i].is_number ? cases[i].value : 99);
	}
}

static void copies_never_hold_half_a_character(void **state)
{
	(void)state;
	CLEANUP(inf_freep) struct inf *inf = parse("[T]\na=x\xc3\xa4y,\n");
	static const struct {
		size_t size;
		const char *expected;
		bool fits;
	} cases[] = {{5, "x\xc3\xa4y", true}, {4, "x\xc3\xa4", false}, {3, "x", false},
		{2, "x", false}, {1, "", false}};
	char out[8];
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(inf_field_copy(inf, 0, 1, out, cases[i].size), cases[i].fits);
		assert_string_equal(out, cases[i].expected);
	}
	assert_true(inf_field_copy(inf, 0, 2, out, sizeof(out))); /* there, and empty */
	assert_false(inf_field_copy(inf, 0, 3, out, sizeof(out)));
}

/* The same file in every encoding, with every line end, is the same. */
static void encodings(void **state)
{
	(void)state;
	static const char utf8[] = "[Test]\n; \xe2\x82\xac\nk=%M%,\xc3\xbc\xc5\xa1\n[Strings]\n"
				   "M=\"M\xc3\xbcller \xe2\x80\x93 GmbH\"\n";
	static const char cp1252[] = "[Test]\n; \x80\nk=%M%,\xfc\x9a\n[Strings]\n"
				     "M=\"M\xfcller \x96 GmbH\"\n";
	struct buffer wide = buffer_with_max(1000);
	assert_int_equal(text_utf8_to_utf16le(utf8, sizeof(utf8) - 1, &wide), 0);
	for (enum inf_encoding encoding = INF_CP1252; encoding <= INF_UTF16BE; encoding++) {
		for (int has_mark = 0; has_mark <= 1; has_mark++) {
			uint8_t bytes[1000];
			size_t n = 0;
			bool is_wide = encoding == INF_UTF16LE || encoding == INF_UTF16BE;
			if (is_wide) {
				static const uint8_t mark[] = {0xff, 0xfe};
				memcpy(bytes, mark, 2);
				n = has_mark ? 2 : 0;
				memcpy(bytes + n, wide.bytes, wide.size);
				n += wide.size;
				for (size_t i = 0; encoding == INF_UTF16BE && i < n; i += 2) {
					uint8_t first = bytes[i];
					bytes[i] = bytes[i + 1];
					bytes[i + 1] = first;
				}
			} else if (encoding == INF_CP1252) {
				n = sizeof(cp1252) - 1;
				memcpy(bytes, cp1252, n);
			} else {
				n = encoding == INF_UTF8_BOM ? 3 : 0;
				memcpy(bytes, "\xef\xbb\xbf", 3);
				memcpy(bytes + n, utf8, sizeof(utf8) - 1);
				n += sizeof(utf8) - 1;
			}
			CLEANUP(inf_freep) struct inf *inf = parse_n((const char *)bytes, n);
			char line[100];
			assert_int_equal(inf_encoding(inf), encoding);
			assert_non_null(inf_encoding_name(encoding));
			describe(inf, inf_first_line(inf, section_of(inf, "test")), line,
				sizeof(line));
			assert_string_equal(
				line, "k|M\xc3\xbcller \xe2\x80\x93 GmbH|\xc3\xbc\xc5\xa1");
		}
	}
	buffer_free(&wide);
}

static void line_ends(void **state)
{
	(void)state;
	static const char *const texts[] = {"[T]\na=b\n\nc=d", "[T]\r\na=b\r\n\r\nc=d\r\n",
		"[T]\ra=b\r\rc=d\r", "[T]\n a = b \n\n\tc=d;\n"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(inf_freep) struct inf *inf = parse(texts[i]);
		char line[32];
		assert_int_equal(inf_section_n_lines(inf, 0), 2);
		describe(inf, 0, line, sizeof(line));
		assert_string_equal(line, "a|b");
		describe(inf, 1, line, sizeof(line));
		assert_string_equal(line, "c|d");
		assert_int_equal(inf_line_place(inf, 1), 4);
	}
}

/* "INF Size Limits"; Windows keeps 4096 characters and cuts the rest without a word. */
static void long_fields_are_cut(void **state)
{
	(void)state;
	static char text[40000];
	static struct inf_scratch scratch;
	size_t at = (size_t)snprintf(text, sizeof(text), "[T]\na=");
	memset(text + at, 'x', 5000);
	at += 5000;
	at += (size_t)snprintf(text + at, sizeof(text) - at, ",%%s%%%%s%%%%s%%\nb=");
	for (int i = 0; i < 4097; i++, at += 3)
		memcpy(text + at, "\xe2\x82\xac", 3);
	at += (size_t)snprintf(text + at, sizeof(text) - at, "\n[Strings]\ns=");
	memset(text + at, 'y', 4000);
	at += 4000;
	CLEANUP(inf_freep) struct inf *inf = parse_n(text, at);
	assert_int_equal(inf_field(inf, 0, 1, &scratch).length, 4096);
	assert_int_equal(inf_field(inf, 0, 2, &scratch).length, 4096);
	assert_int_equal(inf_field(inf, 1, 1, &scratch).length, 3 * 4096);
	size_t n;
	const struct inf_problem *problems = inf_problems(inf, &n, NULL);
	assert_int_equal(n, 2);
	assert_int_equal(problems[0].line, 2);
	assert_int_equal(problems[1].line, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_read_as_setupapi_reads_them),
		cmocka_unit_test(lines_read_alike_wherever_they_lie),
		cmocka_unit_test(nul_is_a_blank),
		cmocka_unit_test(section_names),
		cmocka_unit_test(sections_of_one_name_are_one),
		cmocka_unit_test(problems_do_not_end_the_file),
		cmocka_unit_test(what_is_no_inf_is_refused),
		cmocka_unit_test(language_chooses_the_strings),
		cmocka_unit_test(lines_are_found_by_key),
		cmocka_unit_test(numbers),
		cmocka_unit_test(copies_never_hold_half_a_character),
		cmocka_unit_test(encodings),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(long_fields_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
