/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading DHCP messages: the fixed header (RFC 2131 section 2), options (RFC 2132), pieces joined
 * (RFC 3396) in the order options field, file, sname. Building them is in dhcp_writer.c.
 */
#include "wire/dhcp.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define HEADER_BYTES   236 /* up to the cookie */
#define SNAME_AT       44
#define SNAME_BYTES    64
#define FILE_AT        108
#define FILE_BYTES     128
#define COOKIE         0x63825363U
#define OVERLOAD_FILE  1
#define OVERLOAD_SNAME 2

/* Calls for each option of one field; the END option or the field's end stops. */
struct option_field {
	struct reader reader;
	const char *name;
	size_t starts_at; /* in the packet, for messages */
};

/* True with the next option; false at the end. reader.failed tells an option past the end. */
static bool field_next(struct option_field *field, uint8_t *ret_code, const uint8_t **ret_value,
	uint8_t *ret_length)
{
	while (reader_left(&field->reader) > 0) {
		uint8_t code = reader_u8(&field->reader);
		if (code == DHCP_OPT_PAD)
			continue;
		/* A field that runs to its end without END is tolerated: some old BOOTP-like ROMs
		 * leave it out. */
		if (code == DHCP_OPT_END)
			return false;
		uint8_t length = reader_u8(&field->reader);
		const uint8_t *value = reader_bytes(&field->reader, length);
		if (value == NULL)
			return false;
		*ret_code = code;
		*ret_value = value;
		*ret_length = length;
		return true;
	}
	return false;
}

/* Adds up the length of each code, so that pieces of one code can lie together in storage. */
static int field_measure(
	const struct option_field *field, struct dhcp_message *message, struct error *err)
{
	struct option_field walk = *field;
	uint8_t code, length;
	const uint8_t *value;

	while (field_next(&walk, &code, &value, &length)) {
		message->options[code].present = true;
		message->options[code].length = (uint16_t)(message->options[code].length + length);
	}
	if (walk.reader.failed)
		return error_set(err, -EBADMSG,
			"an option at byte %zu runs past the end of the %s field",
			walk.starts_at + walk.reader.at, walk.name);
	return 0;
}

static void field_collect(
	const struct option_field *field, struct dhcp_message *message, uint16_t filled[static 256])
{
	struct option_field walk = *field;
	uint8_t code, length;
	const uint8_t *value;

	while (field_next(&walk, &code, &value, &length)) {
		memcpy(message->storage + message->options[code].at + filled[code], value, length);
		filled[code] = (uint16_t)(filled[code] + length);
	}
}

/* Option 52 counts in the options field only: looked for in file or sname it could name itself.
 * 0, 1, 2 or 3; negative if it is malformed. */
static int overload_read(const struct option_field *options, struct error *err)
{
	struct option_field walk = *options;
	uint8_t code, length;
	const uint8_t *value;
	int overload = 0;

	while (field_next(&walk, &code, &value, &length)) {
		if (code != DHCP_OPT_OVERLOAD)
			continue;
		if (length != 1 || value[0] < 1 || value[0] > 3 || overload != 0)
			return error_set(err, -EBADMSG,
				"option 52 (overload) is malformed or stands twice, before byte "
				"%zu",
				walk.starts_at + walk.reader.at);
		overload = value[0];
	}
	return overload;
}

static int options_read(
	const uint8_t *bytes, size_t n, struct dhcp_message *message, struct error *err)
{
	struct option_field fields[3];
	size_t n_fields = 0, at = HEADER_BYTES + 4;
	uint16_t filled[256] = {0};

	fields[n_fields++] = (struct option_field){reader_over(bytes + at, n - at), "options", at};
	int overload = overload_read(&fields[0], err);
	if (overload < 0)
		return overload;
	if ((overload & OVERLOAD_FILE) != 0) {
		fields[n_fields++] = (struct option_field){
			reader_over(bytes + FILE_AT, FILE_BYTES), "file", FILE_AT};
		memset(message->file, 0, sizeof(message->file));
	}
	if ((overload & OVERLOAD_SNAME) != 0) {
		fields[n_fields++] = (struct option_field){
			reader_over(bytes + SNAME_AT, SNAME_BYTES), "sname", SNAME_AT};
		memset(message->sname, 0, sizeof(message->sname));
	}
	for (size_t i = 0; i < n_fields; i++) {
		int rc = field_measure(&fields[i], message, err);
		if (rc < 0)
			return rc;
	}
	/* Each option costs two bytes more on the wire than here, so that storage of a packet's
	 * size always suffices. */
	size_t end = 0;
	for (size_t code = 0; code < ARRAY_SIZE(message->options); code++) {
		message->options[code].at = (uint16_t)end;
		end += message->options[code].length;
	}
	for (size_t i = 0; i < n_fields; i++)
		field_collect(&fields[i], message, filled);
	return 0;
}

static int type_read(struct dhcp_message *message, struct error *err)
{
	uint8_t type = DHCP_NONE;

	message->type = DHCP_NONE;
	if (!message->options[DHCP_OPT_MESSAGE_TYPE].present)
		return 0;
	if (!dhcp_option_u8(message, DHCP_OPT_MESSAGE_TYPE, &type) || type == 0)
		return error_set(err, -EBADMSG, "option 53 (message type) is malformed");
	message->type = (enum dhcp_type)type;
	return 0;
}

int dhcp_parse(const void *bytes, size_t n, struct dhcp_message *ret, struct error *err)
{
	/* The caller's struct stays as it was when the packet is bad. */
	struct dhcp_message message = {0};
	struct reader reader = reader_over(bytes, n);

	if (n > LIMIT_DHCP_PACKET_BYTES)
		return error_set(err, -EBADMSG, "%zu bytes are too many for a DHCP message", n);
	if (n < HEADER_BYTES)
		return error_set(err, -EBADMSG, "%zu bytes are too few for a DHCP message", n);
	message.op = reader_u8(&reader);
	message.htype = reader_u8(&reader);
	message.hlen = reader_u8(&reader);
	message.hops = reader_u8(&reader);
	message.xid = reader_be32(&reader);
	message.secs = reader_be16(&reader);
	message.flags = reader_be16(&reader);
	message.ciaddr = reader_be32(&reader);
	message.yiaddr = reader_be32(&reader);
	message.siaddr = reader_be32(&reader);
	message.giaddr = reader_be32(&reader);
	reader_copy(&reader, message.chaddr, sizeof(message.chaddr));
	reader_copy(&reader, message.sname, SNAME_BYTES);
	reader_copy(&reader, message.file, FILE_BYTES);
	if (message.op != DHCP_OP_REQUEST && message.op != DHCP_OP_REPLY)
		return error_set(err, -EBADMSG, "op is %u at byte 0, not 1 or 2", message.op);
	if (message.hlen > sizeof(message.chaddr))
		return error_set(err, -EBADMSG, "hlen is %u at byte 2, above 16", message.hlen);
	if (reader_left(&reader) < 4 || reader_be32(&reader) != COOKIE)
		return error_set(err, -EPROTONOSUPPORT, "BOOTP without DHCP's cookie");
	int rc = options_read(bytes, n, &message, err);
	if (rc == 0)
		rc = type_read(&message, err);
	if (rc < 0)
		return rc;
	*ret = message;
	return 0;
}

const uint8_t *dhcp_option(const struct dhcp_message *message, uint8_t code, size_t *ret_length)
{
	if (!message->options[code].present)
		return NULL;
	*ret_length = message->options[code].length;
	return message->storage + message->options[code].at;
}

/* A reader over the option if it has exactly that length. */
static bool option_exact(
	const struct dhcp_message *message, uint8_t code, size_t wanted, struct reader *ret_reader)
{
	size_t length;
	const uint8_t *value = dhcp_option(message, code, &length);
	if (value == NULL || length != wanted)
		return false;
	*ret_reader = reader_over(value, length);
	return true;
}

bool dhcp_option_u8(const struct dhcp_message *message, uint8_t code, uint8_t *ret_value)
{
	struct reader reader;
	if (!option_exact(message, code, 1, &reader))
		return false;
	*ret_value = reader_u8(&reader);
	return true;
}

bool dhcp_option_u16(const struct dhcp_message *message, uint8_t code, uint16_t *ret_value)
{
	struct reader reader;
	if (!option_exact(message, code, 2, &reader))
		return false;
	*ret_value = reader_be16(&reader);
	return true;
}

bool dhcp_option_u32(const struct dhcp_message *message, uint8_t code, uint32_t *ret_value)
{
	struct reader reader;
	if (!option_exact(message, code, 4, &reader))
		return false;
	*ret_value = reader_be32(&reader);
	return true;
}

const char *dhcp_type_name(enum dhcp_type type)
{
	static const char *const names[] = {
		[DHCP_NONE] = "bootp",
		[DHCP_DISCOVER] = "discover",
		[DHCP_OFFER] = "offer",
		[DHCP_REQUEST] = "request",
		[DHCP_DECLINE] = "decline",
		[DHCP_ACK] = "ack",
		[DHCP_NAK] = "nak",
		[DHCP_RELEASE] = "release",
		[DHCP_INFORM] = "inform",
	};
	return (size_t)type < ARRAY_SIZE(names) ? names[type] : "unknown";
}
