/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building DHCP messages. Options are collected first and placed at the end, when it is known what
 * fits where: the options field, then file and sname by overload (RFC 2132 9.3), with values above
 * 255 bytes in pieces (RFC 3396). Option 82 stays in the options field and last, where a relay
 * looks for it (RFC 3046 2.1).
 */
#include "wire/dhcp.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define HEADER_BYTES 236
#define COOKIE       0x63825363U
#define MESSAGE_MIN  300 /* RFC 1542 2.1: BOOTP's size, below which old relays drop */
#define IP_UDP_BYTES 28
#define DATAGRAM_DEFAULT                                                                           \
	576 /* RFC 2131 2: what every client takes, and the least that 57 may say */
#define DATAGRAM_MAX   1500
#define PIECE_MAX      255
#define OVERLOAD_BYTES 3
#define SNAME_BYTES    64
#define FILE_BYTES     128

/* Where options may go, in the order in which a reader joins pieces. */
enum { FIELD_OPTIONS, FIELD_FILE, FIELD_SNAME, N_FIELDS };

struct placement {
	struct writer fields[N_FIELDS];
	uint8_t file[FILE_BYTES], sname[SNAME_BYTES];
};

void dhcp_writer_reply(
	struct dhcp_writer *writer, const struct dhcp_message *request, enum dhcp_type type)
{
	uint16_t datagram = DATAGRAM_DEFAULT;

	*writer = (struct dhcp_writer){
		.op = DHCP_OP_REPLY,
		.htype = request->htype,
		.hlen = request->hlen,
		.xid = request->xid,
		.flags = request->flags,
		.giaddr = request->giaddr,
	};
	memcpy(writer->chaddr, request->chaddr, sizeof(writer->chaddr));
	/* Option 57 is read as the size of the IP datagram, the careful one of its two readings. */
	if (!dhcp_option_u16(request, DHCP_OPT_MAX_SIZE, &datagram) || datagram < DATAGRAM_DEFAULT)
		datagram = DATAGRAM_DEFAULT;
	if (datagram > DATAGRAM_MAX)
		datagram = DATAGRAM_MAX;
	writer->max_size = (size_t)datagram - IP_UDP_BYTES;
	dhcp_writer_option_u8(writer, DHCP_OPT_MESSAGE_TYPE, (uint8_t)type);
}

void dhcp_writer_option(struct dhcp_writer *writer, uint8_t code, const void *bytes, size_t n)
{
	struct writer out = writer_over(writer->bytes, sizeof(writer->bytes));

	if (writer->failed)
		return;
	if (n > UINT16_MAX || code == DHCP_OPT_PAD || code == DHCP_OPT_END ||
		code == DHCP_OPT_OVERLOAD) {
		writer->failed = true;
		return;
	}
	out.at = writer->n_bytes;
	writer_u8(&out, code);
	writer_be16(&out, (uint16_t)n);
	writer_bytes(&out, bytes, n);
	writer->failed = out.failed;
	if (!out.failed)
		writer->n_bytes = out.at;
}

void dhcp_writer_option_u8(struct dhcp_writer *writer, uint8_t code, uint8_t value)
{
	dhcp_writer_option(writer, code, &value, 1);
}

void dhcp_writer_option_u16(struct dhcp_writer *writer, uint8_t code, uint16_t value)
{
	uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
	dhcp_writer_option(writer, code, bytes, sizeof(bytes));
}

void dhcp_writer_option_u32(struct dhcp_writer *writer, uint8_t code, uint32_t value)
{
	uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value};
	dhcp_writer_option(writer, code, bytes, sizeof(bytes));
}

static size_t encoded_size(size_t length)
{
	size_t pieces = length == 0 ? 1 : (length + PIECE_MAX - 1) / PIECE_MAX;
	return length + 2 * pieces;
}

static bool option_next(
	struct reader *reader, uint8_t *ret_code, const uint8_t **ret_value, size_t *ret_length)
{
	if (reader_left(reader) == 0)
		return false;
	*ret_code = reader_u8(reader);
	*ret_length = reader_be16(reader);
	*ret_value = reader_bytes(reader, *ret_length);
	return *ret_value != NULL;
}

static size_t total_of(const struct dhcp_writer *writer, uint8_t wanted)
{
	struct reader reader = reader_over(writer->bytes, writer->n_bytes);
	uint8_t code;
	const uint8_t *value;
	size_t length, total = 0;

	while (option_next(&reader, &code, &value, &length))
		if (code == wanted)
			total += encoded_size(length);
	return total;
}

/* One option, in pieces where it must. Pieces never go back to an earlier field: that would change
 * their order. False if there is no room. */
static bool place_option(
	struct placement *placement, uint8_t code, const uint8_t *value, size_t length)
{
	size_t field = 0, done = 0;

	do {
		size_t piece = length - done < PIECE_MAX ? length - done : PIECE_MAX;
		while (field < N_FIELDS && writer_left(&placement->fields[field]) < piece + 2)
			field++;
		if (field == N_FIELDS)
			return false;
		writer_u8(&placement->fields[field], code);
		writer_u8(&placement->fields[field], (uint8_t)piece);
		writer_bytes(&placement->fields[field], value + done, piece);
		done += piece;
	} while (done < length);
	return true;
}

/*
 * Which round of placing an option belongs to: 53, then 54, then as added; but when fields are
 * overloaded, first what is too long for sname, the smallest field, so that it finds the others
 * empty.
 */
static int rank_of(uint8_t code, size_t length, bool overload)
{
	if (code == DHCP_OPT_MESSAGE_TYPE)
		return 0;
	if (code == DHCP_OPT_SERVER_ID)
		return 1;
	return overload && encoded_size(length) >= SNAME_BYTES ? 2 : 3;
}

static bool place_all(const struct dhcp_writer *writer, bool overload, struct placement *placement)
{
	uint8_t code;
	const uint8_t *value;
	size_t length;

	for (int rank = 0; rank <= 3; rank++) {
		struct reader reader = reader_over(writer->bytes, writer->n_bytes);
		while (option_next(&reader, &code, &value, &length)) {
			if (rank_of(code, length, overload) != rank || code == DHCP_OPT_RELAY_AGENT)
				continue;
			if (!place_option(placement, code, value, length))
				return false;
		}
	}
	return true;
}

/*
 * Places everything but 82 into the options field of capacity bytes and, if overload is allowed,
 * into file and sname as far as these are empty. One byte of each field is kept for END.
 */
static bool place(const struct dhcp_writer *writer, bool overload, uint8_t *options,
	size_t capacity, struct placement *ret)
{
	*ret = (struct placement){.fields = {[FIELD_OPTIONS] = writer_over(options, capacity)}};
	if (overload && writer->file[0] == '\0')
		ret->fields[FIELD_FILE] = writer_over(ret->file, sizeof(ret->file) - 1);
	if (overload && writer->sname[0] == '\0')
		ret->fields[FIELD_SNAME] = writer_over(ret->sname, sizeof(ret->sname) - 1);
	return place_all(writer, overload, ret);
}

static void header_write(const struct dhcp_writer *writer, struct writer *out)
{
	writer_u8(out, writer->op);
	writer_u8(out, writer->htype);
	writer_u8(out, writer->hlen);
	writer_u8(out, writer->hops);
	writer_be32(out, writer->xid);
	writer_be16(out, writer->secs);
	writer_be16(out, writer->flags);
	writer_be32(out, writer->ciaddr);
	writer_be32(out, writer->yiaddr);
	writer_be32(out, writer->siaddr);
	writer_be32(out, writer->giaddr);
	writer_bytes(out, writer->chaddr, sizeof(writer->chaddr));
}

/* Either the text that the writer was given or, overloaded, options and END. True if overloaded. */
static bool field_write(
	struct writer *out, const char *text, const struct writer *options, size_t size)
{
	if (options->at == 0) {
		/* The last byte is NUL whatever the caller put there: PXE ROMs read a string. */
		writer_bytes(out, text, size - 1);
		writer_u8(out, 0);
		return false;
	}
	writer_bytes(out, options->bytes, options->at);
	writer_u8(out, DHCP_OPT_END);
	writer_zeros(out, size - options->at - 1);
	return true;
}

static void relay_write(const struct dhcp_writer *writer, struct writer *out)
{
	struct reader reader = reader_over(writer->bytes, writer->n_bytes);
	struct placement last = {.fields = {[FIELD_OPTIONS] = *out}};
	uint8_t code;
	const uint8_t *value;
	size_t length;

	while (option_next(&reader, &code, &value, &length))
		if (code == DHCP_OPT_RELAY_AGENT && !place_option(&last, code, value, length))
			last.fields[FIELD_OPTIONS].failed = true;
	*out = last.fields[FIELD_OPTIONS];
}

int dhcp_writer_finish(struct dhcp_writer *writer, void *packet, size_t size, size_t *ret_n)
{
	uint8_t options[LIMIT_DHCP_PACKET_BYTES];
	struct placement placement;
	size_t limit = size < writer->max_size ? size : writer->max_size;

	if (limit > LIMIT_DHCP_PACKET_BYTES)
		limit = LIMIT_DHCP_PACKET_BYTES;
	size_t fixed = HEADER_BYTES + 4 + total_of(writer, DHCP_OPT_RELAY_AGENT) + 1;
	if (writer->failed || limit < MESSAGE_MIN || fixed > limit)
		return -EMSGSIZE;
	if (!place(writer, false, options, limit - fixed, &placement) &&
		(limit - fixed < OVERLOAD_BYTES ||
			!place(writer, true, options, limit - fixed - OVERLOAD_BYTES, &placement)))
		return -EMSGSIZE;

	struct writer out = writer_over(packet, limit);
	uint8_t overload = 0;
	header_write(writer, &out);
	if (field_write(&out, writer->sname, &placement.fields[FIELD_SNAME], sizeof(writer->sname)))
		overload |= 2;
	if (field_write(&out, writer->file, &placement.fields[FIELD_FILE], sizeof(writer->file)))
		overload |= 1;
	writer_be32(&out, COOKIE);
	writer_bytes(&out, options, placement.fields[FIELD_OPTIONS].at);
	if (overload != 0) {
		writer_u8(&out, DHCP_OPT_OVERLOAD);
		writer_u8(&out, 1);
		writer_u8(&out, overload);
	}
	relay_write(writer, &out);
	writer_u8(&out, DHCP_OPT_END);
	if (out.at < MESSAGE_MIN)
		writer_zeros(&out, MESSAGE_MIN - out.at);
	if (out.failed)
		return -EMSGSIZE;
	*ret_n = out.at;
	return 0;
}
