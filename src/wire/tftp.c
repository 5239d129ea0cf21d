/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/tftp.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define ERROR_TEXT_MAX (TFTP_ERROR_MAX_BYTES - 5) /* without opcode, code and NUL */

static enum tftp_mode mode_of(const char *mode)
{
	if (text_equal_nocase(mode, "octet"))
		return TFTP_MODE_OCTET;
	if (text_equal_nocase(mode, "netascii"))
		return TFTP_MODE_NETASCII;
	return TFTP_MODE_OTHER;
}

/* A number in min..max that is not there yet; anything else leaves the option unset. */
static void take_number(
	const char *value, uint64_t min, uint64_t max, bool *has, uint32_t *ret_number)
{
	uint64_t number = 0;
	if (*has || !text_parse_u64(value, max, &number) || number < min)
		return;
	*has = true;
	*ret_number = (uint32_t)number;
}

static void take_option(struct tftp_options *options, const char *name, const char *value)
{
	uint32_t blksize = 0;
	bool has_blksize = options->has_blksize;

	if (text_equal_nocase(name, "blksize")) {
		take_number(value, TFTP_MIN_BLOCK_BYTES, UINT32_MAX, &has_blksize, &blksize);
		if (has_blksize && !options->has_blksize) {
			options->has_blksize = true;
			options->blksize =
				blksize < LIMIT_TFTP_BLOCK_BYTES ? blksize : LIMIT_TFTP_BLOCK_BYTES;
		}
	} else if (text_equal_nocase(name, "tsize")) {
		if (!options->has_tsize)
			options->has_tsize = text_parse_u64(value, UINT64_MAX, &options->tsize);
	} else if (text_equal_nocase(name, "timeout")) {
		take_number(value, 1, 255, &options->has_timeout, &options->timeout_s);
	} else if (text_equal_nocase(name, "windowsize")) {
		take_number(value, 1, 65535, &options->has_windowsize, &options->windowsize);
	} else if (text_equal_nocase(name, "msftwindow")) {
		take_number(value, 1, 65535, &options->has_msftwindow, &options->msftwindow);
	}
}

static void read_options(struct reader *reader, struct tftp_options *options)
{
	while (reader_left(reader) > 0) {
		const char *name = reader_string(reader, NULL);
		const char *value = reader_string(reader, NULL);
		if (name == NULL || value == NULL)
			return; /* a torn last option is left out like an unknown one */
		take_option(options, name, value);
	}
}

int tftp_request_parse(const void *bytes, size_t n, struct tftp_request *ret, struct error *err)
{
	struct tftp_request request = {0};
	struct reader reader = reader_over(bytes, n);

	if (n > LIMIT_TFTP_REQUEST_BYTES)
		return error_set(err, -EBADMSG, "TFTP request of %zu bytes, at most %d are read", n,
			LIMIT_TFTP_REQUEST_BYTES);
	uint16_t opcode = reader_be16(&reader);
	if (opcode != TFTP_RRQ && opcode != TFTP_WRQ)
		return error_set(err, -EBADMSG, "no TFTP request: opcode %u", opcode);
	request.opcode = (enum tftp_opcode)opcode;

	request.path = reader_string(&reader, &request.path_length);
	const char *mode = reader_string(&reader, NULL);
	if (reader.failed)
		return error_set(err, -EBADMSG, "TFTP request cut in its %s",
			request.path == NULL ? "file name" : "mode");
	if (request.path_length == 0)
		return error_set(err, -EBADMSG, "TFTP request with an empty file name");
	request.mode = mode_of(mode);
	read_options(&reader, &request.options);
	*ret = request;
	return 0;
}

int tftp_reply_parse(const void *bytes, size_t n, struct tftp_reply *ret)
{
	struct tftp_reply reply = {0};
	struct reader reader = reader_over(bytes, n);
	uint16_t opcode = reader_be16(&reader);
	uint16_t value = reader_be16(&reader);

	if (reader.failed || (opcode != TFTP_ACK && opcode != TFTP_ERROR))
		return -EBADMSG;
	reply.opcode = (enum tftp_opcode)opcode;
	if (opcode == TFTP_ACK) {
		reply.block = value;
		reply.has_wanted = reader_left(&reader) > 0;
		if (reply.has_wanted)
			reply.wanted = reader_u8(&reader);
	} else {
		reply.code = value;
		size_t left = reader_left(&reader);
		reply.text = (const char *)reader_bytes(&reader, left);
		reply.text_length = strnlen(reply.text, left);
	}
	*ret = reply;
	return 0;
}

int tftp_answer_parse(const void *bytes, size_t n, struct tftp_answer *ret)
{
	struct tftp_answer answer = {0};
	struct reader reader = reader_over(bytes, n);
	uint16_t opcode = reader_be16(&reader);

	if (opcode == TFTP_OACK) {
		read_options(&reader, &answer.options);
	} else if (opcode == TFTP_DATA || opcode == TFTP_ERROR) {
		uint16_t value = reader_be16(&reader);
		size_t left = reader_left(&reader);
		const uint8_t *rest = reader_bytes(&reader, left);
		if (rest == NULL)
			return -EBADMSG;
		if (opcode == TFTP_DATA) {
			answer.block = value;
			answer.data = rest;
			answer.data_length = left;
		} else {
			answer.code = value;
			answer.text = (const char *)rest;
			answer.text_length = strnlen(answer.text, left);
		}
	} else {
		return -EBADMSG;
	}
	answer.opcode = (enum tftp_opcode)opcode;
	*ret = answer;
	return 0;
}

static void write_number(struct writer *writer, uint64_t number)
{
	char digits[21];
	size_t at = sizeof(digits);
	digits[--at] = 0;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	writer_bytes(writer, digits + at, sizeof(digits) - at);
}

static void write_option(struct writer *writer, bool has, const char *name, uint64_t value)
{
	if (!has)
		return;
	writer_text(writer, name);
	writer_u8(writer, 0);
	write_number(writer, value);
}

static void write_options(struct writer *writer, const struct tftp_options *options)
{
	write_option(writer, options->has_tsize, "tsize", options->tsize);
	write_option(writer, options->has_blksize, "blksize", options->blksize);
	write_option(writer, options->has_timeout, "timeout", options->timeout_s);
	write_option(writer, options->has_windowsize, "windowsize", options->windowsize);
	write_option(writer, options->has_msftwindow, "msftwindow", options->msftwindow);
}

static int finish(const struct writer *writer, size_t *ret_n)
{
	if (writer->failed)
		return -EMSGSIZE;
	*ret_n = writer->at;
	return 0;
}

int tftp_request_write(const struct tftp_request *request, void *packet, size_t size, size_t *ret_n)
{
	static const char *const modes[] = {
		[TFTP_MODE_OCTET] = "octet",
		[TFTP_MODE_NETASCII] = "netascii",
		[TFTP_MODE_OTHER] = "mail",
	};
	struct writer writer = writer_over(packet, size);
	writer_be16(&writer, (uint16_t)request->opcode);
	writer_bytes(&writer, request->path, request->path_length);
	writer_u8(&writer, 0);
	writer_text(&writer, modes[request->mode]);
	writer_u8(&writer, 0);
	write_options(&writer, &request->options);
	return finish(&writer, ret_n);
}

int tftp_oack_write(const struct tftp_options *options, void *packet, size_t size, size_t *ret_n)
{
	struct writer writer = writer_over(packet, size);
	writer_be16(&writer, TFTP_OACK);
	write_options(&writer, options);
	return finish(&writer, ret_n);
}

int tftp_error_write(uint16_t code, const char *text, void *packet, size_t size, size_t *ret_n)
{
	struct writer writer = writer_over(packet, size);
	writer_be16(&writer, TFTP_ERROR);
	writer_be16(&writer, code);
	writer_bytes(&writer, text, strnlen(text, ERROR_TEXT_MAX));
	writer_u8(&writer, 0);
	return finish(&writer, ret_n);
}

int tftp_ack_write(uint16_t block, int wanted, void *packet, size_t size, size_t *ret_n)
{
	struct writer writer = writer_over(packet, size);
	writer_be16(&writer, TFTP_ACK);
	writer_be16(&writer, block);
	if (wanted >= 0)
		writer_u8(&writer, (uint8_t)wanted);
	return finish(&writer, ret_n);
}

void tftp_data_header(uint16_t block, uint8_t header[static TFTP_HEADER_BYTES])
{
	header[0] = 0;
	header[1] = TFTP_DATA;
	header[2] = (uint8_t)(block >> 8);
	header[3] = (uint8_t)block;
}
