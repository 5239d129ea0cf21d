/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "format/wim_xml.h"

#include <errno.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"
#define TIME                                                                                       \
	"<LASTMODIFICATIONTIME><HIGHPART>0x01DB0000</HIGHPART><LOWPART>0x0000000A</LOWPART>"       \
	"</LASTMODIFICATIONTIME>"

static const struct wim_xml_change change = {
	.image = 1,
	.files = 3,
	.folders = 2,
	.all_files = 1003,
	.all_folders = 102,
	.bytes = 5000,
	.link_bytes = -100,
	.time = UINT64_C(0x01db00000000000a),
	.file_bytes = 123456789,
};

static struct buffer utf16(const char *text)
{
	struct buffer out = buffer_with_max(64U << 20);
	assert_int_equal(text_utf8_to_utf16le(text, strlen(text), &out), 0);
	return out;
}

static void assert_changes(const char *before, const char *expected)
{
	struct buffer xml = utf16(before);
	struct buffer out = buffer_with_max(1U << 20);
	struct buffer text = buffer_with_max(1U << 20);
	struct error err = ERROR_NULL;
	int rc = wim_xml_change(xml.bytes, xml.size, &change, &out, &err);
	if (rc < 0)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	assert_int_equal(text_utf16le_to_utf8(out.bytes, out.size, &text), 0);
	assert_string_equal(text.bytes, expected);
	buffer_free(&xml);
	buffer_free(&out);
	buffer_free(&text);
}

/* In the order and layout of imagex and DISM. */
static void changes_what_windows_writes(void **state)
{
	(void)state;
	assert_changes(BOM
		"<WIM><TOTALBYTES>99</TOTALBYTES><IMAGE INDEX=\"1\"><DIRCOUNT>100</DIRCOUNT>"
		"<FILECOUNT>1000</FILECOUNT><TOTALBYTES>70000</TOTALBYTES>"
		"<HARDLINKBYTES>500</HARDLINKBYTES><CREATIONTIME><HIGHPART>0x01CA0000</HIGHPART>"
		"<LOWPART>0x1</LOWPART></CREATIONTIME><LASTMODIFICATIONTIME><HIGHPART>0x01CB0000"
		"</HIGHPART><LOWPART>0x2</LOWPART></LASTMODIFICATIONTIME><WINDOWS><ARCH>9</ARCH>"
		"</WINDOWS><NAME>Windows® PE &amp; more</NAME></IMAGE></WIM>",
		BOM
		"<WIM><TOTALBYTES>123456789</TOTALBYTES><IMAGE INDEX=\"1\"><DIRCOUNT>102</DIRCOUNT>"
		"<FILECOUNT>1003</FILECOUNT><TOTALBYTES>75000</TOTALBYTES>"
		"<HARDLINKBYTES>400</HARDLINKBYTES><CREATIONTIME><HIGHPART>0x01CA0000</HIGHPART>"
		"<LOWPART>0x1</LOWPART></CREATIONTIME>" TIME "<WINDOWS><ARCH>9</ARCH>"
		"</WINDOWS><NAME>Windows® PE &amp; more</NAME></IMAGE></WIM>");
}

/* Another order, blanks and line ends, comments with what looks like elements, other images. */
static void changes_only_what_is_meant(void **state)
{
	(void)state;
	assert_changes(BOM
		"<?xml version=\"1.0\" encoding='utf-16'?>\r\n<!-- <WIM><TOTALBYTES>1 -->\r\n"
		"<WIM>\r\n <IMAGE NAME='>' INDEX='2'><FILECOUNT>5</FILECOUNT></IMAGE>\n"
		" <IMAGE OTHER=\"x\" INDEX = \"1\" >\n  <NAME>n</NAME>\n  <LASTMODIFICATIONTIME/>\n"
		"  <FILECOUNT> 1000 </FILECOUNT>\n  <WINDOWS><FILECOUNT>7</FILECOUNT></WINDOWS>\n"
		"  <![CDATA[<DIRCOUNT>1</DIRCOUNT>]]><DIRCOUNT\n>100</DIRCOUNT\n>\n </IMAGE>\n"
		" <IMAGE INDEX=\"1\"><FILECOUNT>6</FILECOUNT></IMAGE><TOTALBYTES />\n</WIM>\n<?x?>",
		BOM "<?xml version=\"1.0\" encoding='utf-16'?>\r\n<!-- <WIM><TOTALBYTES>1 -->\r\n"
		    "<WIM>\r\n <IMAGE NAME='>' INDEX='2'><FILECOUNT>5</FILECOUNT></IMAGE>\n"
		    " <IMAGE OTHER=\"x\" INDEX = \"1\" >\n  <NAME>n</NAME>\n  " TIME "\n"
		    "  <FILECOUNT>1003</FILECOUNT>\n  <WINDOWS><FILECOUNT>7</FILECOUNT></WINDOWS>\n"
		    "  <![CDATA[<DIRCOUNT>1</DIRCOUNT>]]><DIRCOUNT\n>102</DIRCOUNT\n>\n </IMAGE>\n"
		    " <IMAGE INDEX=\"1\"><FILECOUNT>6</FILECOUNT></IMAGE>"
		    "<TOTALBYTES>123456789</TOTALBYTES>\n</WIM>\n<?x?>");
}

static void adds_what_is_not_there(void **state)
{
	(void)state;
	/* Sums of which only the difference is known are not. */
	assert_changes(BOM "<WIM><IMAGE INDEX=\"1\"></IMAGE></WIM>",
		BOM "<WIM><TOTALBYTES>123456789</TOTALBYTES><IMAGE INDEX=\"1\">"
		    "<DIRCOUNT>102</DIRCOUNT><FILECOUNT>1003</FILECOUNT>" TIME "</IMAGE></WIM>");
	assert_changes("<WIM a='/'><IMAGE INDEX=\"1\"/></WIM>",
		"<WIM a='/'><TOTALBYTES>123456789</TOTALBYTES><IMAGE INDEX=\"1\">"
		"<DIRCOUNT>102</DIRCOUNT><FILECOUNT>1003</FILECOUNT>" TIME "</IMAGE></WIM>");
	assert_changes("<WIM><IMAGE INDEX=\"1\"><NAME>n</NAME><TOTALBYTES>1</TOTALBYTES>"
		       "<HARDLINKBYTES>-</HARDLINKBYTES><CREATIONTIME/><WINDOWS/></IMAGE></WIM>",
		"<WIM><TOTALBYTES>123456789</TOTALBYTES><IMAGE INDEX=\"1\"><DIRCOUNT>102</DIRCOUNT>"
		"<FILECOUNT>1003</FILECOUNT><NAME>n</NAME><TOTALBYTES>5001</TOTALBYTES>"
		"<HARDLINKBYTES>-</HARDLINKBYTES><CREATIONTIME/>" TIME "<WINDOWS/></IMAGE></WIM>");
	/* What is behind another's place, in front of which something is to come. */
	assert_changes("<WIM><IMAGE INDEX=\"1\"><CREATIONTIME/><LASTMODIFICATIONTIME/>"
		       "<DIRCOUNT>1</DIRCOUNT></IMAGE></WIM>",
		"<WIM><TOTALBYTES>123456789</TOTALBYTES><IMAGE INDEX=\"1\"><CREATIONTIME/>" TIME
		"<DIRCOUNT>3</DIRCOUNT><FILECOUNT>1003</FILECOUNT></IMAGE></WIM>");
}

static void sums_stay_within_their_limits(void **state)
{
	(void)state;
	assert_changes(
		"<WIM><TOTALBYTES>1</TOTALBYTES><IMAGE INDEX=\"1\"><DIRCOUNT>18446744073709551615"
		"</DIRCOUNT><FILECOUNT>18446744073709551616</FILECOUNT>"
		"<HARDLINKBYTES>99</HARDLINKBYTES></IMAGE></WIM>",
		"<WIM><TOTALBYTES>123456789</TOTALBYTES><IMAGE INDEX=\"1\">"
		"<DIRCOUNT>18446744073709551615</DIRCOUNT>"
		"<FILECOUNT>18446744073709551616</FILECOUNT><HARDLINKBYTES>0</HARDLINKBYTES>" TIME
		"</IMAGE></WIM>");
}

static void tells_numbers(void **state)
{
	(void)state;
	struct buffer xml = utf16(BOM "<WIM><TOTALBYTES>77</TOTALBYTES><IMAGE INDEX=\"2\">"
				      "<FILECOUNT>5</FILECOUNT></IMAGE><IMAGE INDEX=\"1\">"
				      "<FILECOUNT> 6\n</FILECOUNT><DIRCOUNT/></IMAGE></WIM>");
	struct error err = ERROR_NULL;
	uint64_t number = 0;
	assert_int_equal(wim_xml_number(xml.bytes, xml.size, 1, "FILECOUNT", &number, &err), 0);
	assert_int_equal(number, 6);
	assert_int_equal(wim_xml_number(xml.bytes, xml.size, 2, "FILECOUNT", &number, &err), 0);
	assert_int_equal(number, 5);
	assert_int_equal(wim_xml_number(xml.bytes, xml.size, 0, "TOTALBYTES", &number, &err), 0);
	assert_int_equal(number, 77);
	assert_int_equal(
		wim_xml_number(xml.bytes, xml.size, 1, "DIRCOUNT", &number, &err), -ENOENT);
	assert_int_equal(
		wim_xml_number(xml.bytes, xml.size, 1, "TOTALBYTES", &number, &err), -ENOENT);
	assert_int_equal(
		wim_xml_number(xml.bytes, xml.size, 3, "FILECOUNT", &number, &err), -EINVAL);
	buffer_free(&xml);
}

static void assert_refused(const void *xml, size_t n, int expected)
{
	struct buffer out = buffer_with_max(1U << 20);
	struct error err = ERROR_NULL;
	assert_int_equal(wim_xml_change(xml, n, &change, &out, &err), expected);
	assert_true(err.text[0] != 0);
	assert_int_equal(out.size, 0);
	buffer_free(&out);
}

static void refuses_what_is_no_description(void **state)
{
	(void)state;
	const char *const rows[] = {
		"",
		BOM,
		"text",
		"<WIM>",
		"<WIM/>",
		"</WIM>",
		"<WIM></WIM>",
		"<WIM><IMAGE INDEX=\"2\"/></WIM>",
		"<WIM><IMAGE/></WIM>",
		"<WIM><IMAGE INDEX=\"x\"/></WIM>",
		"<WIM><IMAGE XINDEX=\"1\"/></WIM>",
		"<WIM><IMAGE INDEX=\"\"/></WIM>",
		"<WIM><IMAGE><IMAGE INDEX=\"1\"/></IMAGE></WIM>",
		"<WIMS><IMAGE INDEX=\"1\"/></WIMS>",
		"<wim><IMAGE INDEX=\"1\"/></wim>",
		"<WIM><IMAGE INDEX=\"1\"></WIM></IMAGE>",
		"<WIM><IMAGE INDEX=\"1\"></IMAGE>",
		"<WIM><IMAGE INDEX=\"1\"></IMAGES></WIM>",
		"<WIM><IMAGE INDEX=\"1></IMAGE></WIM>",
		"<WIM><!-- <IMAGE INDEX=\"1\"></IMAGE></WIM>",
		"<WIM><><IMAGE INDEX=\"1\"></IMAGE></WIM>",
		"<!DOCTYPE WIM [<!ENTITY a \"b\">]><WIM><IMAGE INDEX=\"1\"></IMAGE></WIM>",
		"<WIM><IMAGE INDEX=\"1",
		"<",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buffer xml = utf16(rows[i]);
		print_message("%s\n", rows[i]);
		assert_refused(xml.bytes, xml.size, -EINVAL);
		buffer_free(&xml);
	}
	assert_refused("<WIM><IMAGE INDEX=\"1\"></IMAGE></WIM>", 34, -EINVAL); /* UTF-8 */
}

static void refuses_what_is_cut(void **state)
{
	(void)state;
	struct buffer xml = utf16(BOM "<WIM><TOTALBYTES>7</TOTALBYTES><!-- x --><IMAGE INDEX=\"1\">"
				      "<FILECOUNT>6</FILECOUNT></IMAGE></WIM>");
	for (size_t n = 0; n < xml.size; n++) {
		uint8_t *copy = malloc(n + 1); /* exact, for the sanitizers */
		assert_non_null(copy);
		memcpy(copy, xml.bytes, n);
		assert_refused(copy, n, -EINVAL);
		free(copy);
	}
	buffer_free(&xml);
}

static void limits_size_and_depth(void **state)
{
	(void)state;
	struct buffer xml = buffer_with_max(64U << 20);
	struct buffer wide;
	assert_int_equal(buffer_add_text(&xml, "<WIM>"), 0);
	for (size_t i = 0; i < LIMIT_XML_DEPTH; i++)
		assert_int_equal(buffer_add_text(&xml, "<a>"), 0);
	wide = utf16((const char *)xml.bytes);
	assert_refused(wide.bytes, wide.size, -EINVAL);

	assert_int_equal(buffer_add_zeros(&wide, LIMIT_WIM_XML_BYTES), 0);
	assert_refused(wide.bytes, wide.size, -EFBIG);

	/* As long as is allowed, and a little longer once it is changed. */
	struct buffer full = utf16("<WIM><IMAGE INDEX=\"1\"></IMAGE></WIM>");
	size_t n_more = LIMIT_WIM_XML_BYTES - full.size;
	for (size_t i = 0; i < n_more; i += 2)
		assert_int_equal(buffer_add(&full, " \0", 2), 0);
	assert_int_equal(full.size, LIMIT_WIM_XML_BYTES);
	assert_refused(full.bytes, full.size, -EFBIG);
	buffer_free(&full);
	buffer_free(&xml);
	buffer_free(&wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_what_windows_writes),
		cmocka_unit_test(changes_only_what_is_meant),
		cmocka_unit_test(adds_what_is_not_there),
		cmocka_unit_test(sums_stay_within_their_limits),
		cmocka_unit_test(tells_numbers),
		cmocka_unit_test(refuses_what_is_no_description),
		cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(limits_size_and_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
