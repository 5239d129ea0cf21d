/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "wire/tftp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKET(text) (text), sizeof(text) - 1 /* without the literal's own NUL */

/* A copy of exactly n bytes, so that the sanitizers see a read past the end. */
static void *exact(const void *bytes, size_t n)
{
	void *copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

/* What the Windows boot manager sends with 35000007, 35000008 and 3600000b in its BCD. */
#define WINDOWS_RRQ                                                                                \
	"\0\1\\sources\\boot.wim\0octet\0tsize\0"                                                  \
	"0\0blksize\0"                                                                             \
	"1456\0windowsize\0"                                                                       \
	"16\0msftwindow\0"                                                                         \
	"31416\0"

static void a_request_of_the_windows_boot_manager_is_read(void **state)
{
	(void)state;
	struct tftp_request request;
	assert_int_equal(tftp_request_parse(PACKET(WINDOWS_RRQ), &request, NULL), 0);
	assert_int_equal(request.opcode, TFTP_RRQ);
	assert_int_equal(request.path_length, strlen("\\sources\\boot.wim"));
	assert_memory_equal(request.path, "\\sources\\boot.wim", request.path_length);
	assert_int_equal(request.mode, TFTP_MODE_OCTET);
	assert_true(request.options.has_tsize);
	assert_int_equal(request.options.tsize, 0);
	assert_int_equal(request.options.blksize, 1456);
	assert_int_equal(request.options.windowsize, 16);
	assert_int_equal(request.options.msftwindow, TFTP_MSFTWINDOW_ASK);
	assert_false(request.options.has_timeout);
}

static void requests_cut_anywhere_never_read_past_their_end(void **state)
{
	(void)state;
	const size_t name_and_mode = sizeof("\0\1\\sources\\boot.wim\0octet\0") - 1;
	for (size_t n = 0; n < sizeof(WINDOWS_RRQ) - 1; n++) {
		CLEANUP(memory_freep) void *packet = exact(WINDOWS_RRQ, n);
		struct tftp_request request;
		struct error err = ERROR_NULL;
		int rc = tftp_request_parse(packet, n, &request, &err);
		assert_int_equal(rc, n < name_and_mode ? -EBADMSG : 0);
		assert_int_equal(err.text[0] != 0, rc < 0);
		if (rc == 0) /* a torn last option is left out */
			assert_false(request.options.has_msftwindow);
	}
}

static void options_are_read_leniently(void **state)
{
	(void)state;
	static const struct {
		const char *options;
		size_t n;
		struct tftp_options expected;
	} rows[] = {
		{PACKET(""), {0}},
		{PACKET("BLKSIZE\0001024\0TSize\0007\0"),
			{.has_blksize = true, .blksize = 1024, .has_tsize = true, .tsize = 7}},
		{PACKET("blksize\0007\0"), {0}},
		{PACKET("blksize\0008\0"), {.has_blksize = true, .blksize = 8}},
		{PACKET("blksize\00070000\0"), {.has_blksize = true, .blksize = 65464}},
		{PACKET("blksize\00099999999999999999999\0"), {0}},
		{PACKET("blksize\000-1\0blksize\0 512\0blksize\0000x200\0"), {0}},
		{PACKET("blksize\000512\0blksize\0001024\0"),
			{.has_blksize = true, .blksize = 512}},
		{PACKET("blksize\0\0"), {0}},
		{PACKET("windowsize\0000\0"), {0}},
		{PACKET("windowsize\00065535\0"), {.has_windowsize = true, .windowsize = 65535}},
		{PACKET("windowsize\00065536\0"), {0}},
		{PACKET("timeout\0000\0timeout\000256\0"), {0}},
		{PACKET("timeout\000255\0"), {.has_timeout = true, .timeout_s = 255}},
		{PACKET("tsize\00018446744073709551615\0"),
			{.has_tsize = true, .tsize = UINT64_MAX}},
		{PACKET("tsize\00018446744073709551616\0"), {0}},
		{PACKET("multicast\0\0x\0y\0windowsize\0004\0"),
			{.has_windowsize = true, .windowsize = 4}},
		{PACKET("\0\0\0"), {0}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char packet[256] = "\0\1f\0OcTeT";
		size_t head = sizeof("\0\1f\0OcTeT");
		memcpy(packet + head, rows[i].options, rows[i].n);
		struct tftp_request request;
		assert_int_equal(tftp_request_parse(packet, head + rows[i].n, &request, NULL), 0);
		assert_int_equal(request.mode, TFTP_MODE_OCTET);
		const struct tftp_options *got = &request.options, *want = &rows[i].expected;
		if (got->has_blksize != want->has_blksize || got->blksize != want->blksize ||
			got->has_tsize != want->has_tsize ||
			(want->has_tsize && got->tsize != want->tsize) ||
			got->has_timeout != want->has_timeout ||
			got->timeout_s != want->timeout_s ||
			got->has_windowsize != want->has_windowsize ||
			got->windowsize != want->windowsize || got->has_msftwindow)
			fail_msg("row %zu", i);
	}
}

static void what_is_no_request_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{PACKET("")},
		{PACKET("\1")},
		{PACKET("\0\3a\0octet\0")},
		{PACKET("\0\7a\0octet\0")},
		{PACKET("\1\1a\0octet\0")},
		{PACKET("\0\1\0octet\0")},
		{PACKET("\0\1name")},
	};
	struct tftp_request request;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			tftp_request_parse(rows[i].bytes, rows[i].n, &request, NULL), -EBADMSG);

	static char large[65536 + 16];
	memset(large, 'a', sizeof(large));
	memcpy(large, "\0\1", 2);
	memcpy(large + sizeof(large) - 7, "\0octet", 7);
	assert_int_equal(tftp_request_parse(large, sizeof(large), &request, NULL), -EBADMSG);

	assert_int_equal(tftp_request_parse(PACKET("\0\2f\0netascii\0"), &request, NULL), 0);
	assert_int_equal(request.opcode, TFTP_WRQ);
	assert_int_equal(request.mode, TFTP_MODE_NETASCII);
	assert_int_equal(tftp_request_parse(PACKET("\0\1f\0mail\0"), &request, NULL), 0);
	assert_int_equal(request.mode, TFTP_MODE_OTHER);
}

static void requests_and_oacks_round_trip(void **state)
{
	(void)state;
	const struct tftp_request request = {
		.opcode = TFTP_RRQ,
		.path = "x/y.wim",
		.path_length = 7,
		.mode = TFTP_MODE_OCTET,
		.options = {true, true, true, true, true, UINT64_MAX, 65464, 255, 65535, 65535},
	};
	uint8_t packet[TFTP_OACK_MAX_BYTES];
	size_t n = 0;
	struct tftp_request again;
	assert_int_equal(tftp_request_write(&request, packet, sizeof(packet), &n), 0);
	assert_int_equal(tftp_request_parse(packet, n, &again, NULL), 0);
	assert_int_equal(again.path_length, 7);
	assert_memory_equal(again.path, "x/y.wim", 7);
	assert_int_equal(again.options.tsize, UINT64_MAX);
	assert_int_equal(again.options.timeout_s, 255);

	struct tftp_answer answer;
	assert_int_equal(tftp_oack_write(&request.options, packet, sizeof(packet), &n), 0);
	assert_int_equal(tftp_answer_parse(packet, n, &answer), 0);
	assert_int_equal(answer.opcode, TFTP_OACK);
	assert_int_equal(answer.options.blksize, 65464);
	assert_int_equal(answer.options.msftwindow, 65535);
	for (size_t size = 0; size < n; size++) {
		CLEANUP(memory_freep) void *small = malloc(size > 0 ? size : 1);
		size_t untouched = 77;
		assert_int_equal(
			tftp_oack_write(&request.options, small, size, &untouched), -EMSGSIZE);
		assert_int_equal(untouched, 77);
	}
}

static void replies_are_read(void **state)
{
	(void)state;
	struct tftp_reply reply;
	uint8_t packet[TFTP_ERROR_MAX_BYTES];
	size_t n = 0;

	assert_int_equal(tftp_ack_write(0xfffe, -1, packet, sizeof(packet), &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(tftp_reply_parse(packet, n, &reply), 0);
	assert_int_equal(reply.block, 0xfffe);
	assert_false(reply.has_wanted);
	assert_int_equal(tftp_ack_write(16, 5, packet, sizeof(packet), &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(tftp_reply_parse(packet, n, &reply), 0);
	assert_true(reply.has_wanted);
	assert_int_equal(reply.wanted, 5);

	assert_int_equal(
		tftp_reply_parse(PACKET("\0\5\0\10User aborted the download\0"), &reply), 0);
	assert_int_equal(reply.opcode, TFTP_ERROR);
	assert_int_equal(reply.code, TFTP_ERROR_OPTIONS);
	assert_int_equal(reply.text_length, strlen("User aborted the download"));
	assert_int_equal(tftp_reply_parse(PACKET("\0\5\0\0no NUL"), &reply), 0);
	assert_int_equal(reply.text_length, 6);
	assert_int_equal(tftp_reply_parse(PACKET("\0\5\0\0"), &reply), 0);
	assert_int_equal(reply.text_length, 0);

	assert_int_equal(tftp_reply_parse(PACKET(""), &reply), -EBADMSG);
	assert_int_equal(tftp_reply_parse(PACKET("\0\4\0"), &reply), -EBADMSG);
	assert_int_equal(tftp_reply_parse(PACKET("\0\3\0\1data"), &reply), -EBADMSG);
	assert_int_equal(tftp_reply_parse(PACKET("\0\6tsize\0001\0"), &reply), -EBADMSG);
}

static void errors_and_data_are_written(void **state)
{
	(void)state;
	uint8_t packet[TFTP_ERROR_MAX_BYTES];
	size_t n = 0;
	struct tftp_answer answer;
	char text[400];

	assert_int_equal(
		tftp_error_write(TFTP_ERROR_NOT_FOUND, "no such file", packet, sizeof(packet), &n),
		0);
	assert_int_equal(n, 5 + strlen("no such file"));
	assert_memory_equal(packet, "\0\5\0\1no such file", n);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(tftp_error_write(0, text, packet, sizeof(packet), &n), 0);
	assert_int_equal(n, TFTP_ERROR_MAX_BYTES);
	assert_int_equal(packet[n - 1], 0);
	assert_int_equal(tftp_answer_parse(packet, n, &answer), 0);
	assert_int_equal(answer.text_length, TFTP_ERROR_MAX_BYTES - 5);

	tftp_data_header(0xabcd, packet);
	packet[4] = 'z';
	assert_int_equal(tftp_answer_parse(packet, 5, &answer), 0);
	assert_int_equal(answer.opcode, TFTP_DATA);
	assert_int_equal(answer.block, 0xabcd);
	assert_int_equal(answer.data_length, 1);
	assert_int_equal(answer.data[0], 'z');
	assert_int_equal(tftp_answer_parse(packet, 3, &answer), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_of_the_windows_boot_manager_is_read),
		cmocka_unit_test(requests_cut_anywhere_never_read_past_their_end),
		cmocka_unit_test(options_are_read_leniently),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(requests_and_oacks_round_trip),
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(errors_and_data_are_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
