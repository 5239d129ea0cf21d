/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCP messages (RFC 2131, 2132, 3396, 1542): bytes <-> struct. No socket, no clock, no policy.
 *
 * Reading linearises the options once: a code that stands several times is joined (RFC 3396),
 * overload (52) is followed into file and sname, and each code is then looked up in O(1).
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_PORT_SERVER 67
#define DHCP_PORT_CLIENT 68

#define DHCP_FLAG_BROADCAST 0x8000

enum dhcp_op {
	DHCP_OP_REQUEST = 1,
	DHCP_OP_REPLY = 2,
};

enum dhcp_type {       /* option 53 */
	DHCP_NONE = 0, /* BOOTP */
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

enum dhcp_option_code {
	DHCP_OPT_PAD = 0,
	DHCP_OPT_SUBNET_MASK = 1,
	DHCP_OPT_ROUTER = 3,
	DHCP_OPT_DNS = 6,
	DHCP_OPT_HOST_NAME = 12,
	DHCP_OPT_BOOT_FILE_SIZE = 13,
	DHCP_OPT_DOMAIN_NAME = 15,
	DHCP_OPT_BROADCAST_ADDRESS = 28,
	DHCP_OPT_VENDOR_SPECIFIC = 43,
	DHCP_OPT_REQUESTED_ADDRESS = 50,
	DHCP_OPT_LEASE_TIME = 51,
	DHCP_OPT_OVERLOAD = 52,
	DHCP_OPT_MESSAGE_TYPE = 53,
	DHCP_OPT_SERVER_ID = 54,
	DHCP_OPT_PARAMETER_LIST = 55,
	DHCP_OPT_MESSAGE = 56,
	DHCP_OPT_MAX_SIZE = 57,
	DHCP_OPT_T1 = 58,
	DHCP_OPT_T2 = 59,
	DHCP_OPT_VENDOR_CLASS = 60,
	DHCP_OPT_CLIENT_ID = 61,
	DHCP_OPT_TFTP_SERVER = 66,
	DHCP_OPT_BOOT_FILE = 67,
	DHCP_OPT_USER_CLASS = 77,
	DHCP_OPT_RELAY_AGENT = 82,
	DHCP_OPT_ARCH = 93,
	DHCP_OPT_UNDI = 94,
	DHCP_OPT_UUID = 97,
	DHCP_OPT_IPXE = 175,
	DHCP_OPT_WDS = 250,
	DHCP_OPT_BCD_PATH = 252,
	DHCP_OPT_END = 255,
};

/* A message as read. A value: it holds copies and owns nothing. */
struct dhcp_message {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr; /* host byte order */
	uint8_t chaddr[16];
	char sname[65]; /* ends with NUL; "" when overloaded with options */
	char file[129];
	enum dhcp_type type;
	struct {
		uint16_t at;     /* in storage */
		uint16_t length; /* may exceed 255 where pieces were joined */
		bool present;
	} options[256];
	uint8_t storage[LIMIT_DHCP_PACKET_BYTES];
};

/*
 * -EBADMSG with field and offset in err for anything that is not a well-formed DHCP or BOOTP
 * message: shorter than 240 bytes (BOOTP: 236 and no cookie is -EPROTONOSUPPORT), an option past
 * the end, hlen above 16, a bad overload (52 of another length or value than 1 to 3, or twice). A
 * field of options that ends without END is taken as it is; option 52 inside file or sname means
 * nothing.
 */
int dhcp_parse(const void *bytes, size_t n, struct dhcp_message *ret, struct error *err) MUST_CHECK;

/* The option's value in place (valid as long as the message), or NULL. An option of length 0 gives
 * a non-NULL pointer. */
const uint8_t *dhcp_option(const struct dhcp_message *message, uint8_t code, size_t *ret_length);
/* True and the value only if the option is there with exactly that length. */
bool dhcp_option_u8(const struct dhcp_message *message, uint8_t code, uint8_t *ret_value);
bool dhcp_option_u16(const struct dhcp_message *message, uint8_t code, uint16_t *ret_value);
bool dhcp_option_u32(const struct dhcp_message *message, uint8_t code, uint32_t *ret_value);

const char *dhcp_type_name(enum dhcp_type type);

/*
 * Builds a message of at most max_size bytes: the client's option 57, else 576, both counted with
 * the IP and UDP headers' 28 bytes; never more than 1500 of them. Values over 255 bytes are split
 * (RFC 3396); what does not fit into the options field goes to file and sname by overload (52)
 * unless these are in use. 53 comes first, then 54, then as added, 82 last. Failure is sticky.
 */
struct dhcp_writer {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	char sname[64],
		file[128]; /* file: always ends with NUL (PXE ROMs demand it), so 127 characters */
	size_t max_size;
	bool failed;
	size_t n_bytes; /* of options, in bytes[] as code, be16 length, value */
	uint8_t bytes[2 * LIMIT_DHCP_PACKET_BYTES];
};

/* A reply to request: op, htype, hlen, xid, flags, giaddr, chaddr copied; 53 = type. */
void dhcp_writer_reply(
	struct dhcp_writer *writer, const struct dhcp_message *request, enum dhcp_type type);
/* Each code once. Not for 0, 52 and 255, which are the writer's own business: these count as a
 * failure. */
void dhcp_writer_option(struct dhcp_writer *writer, uint8_t code, const void *bytes, size_t n);
void dhcp_writer_option_u8(struct dhcp_writer *writer, uint8_t code, uint8_t value);
void dhcp_writer_option_u16(struct dhcp_writer *writer, uint8_t code, uint16_t value);
void dhcp_writer_option_u32(struct dhcp_writer *writer, uint8_t code, uint32_t value);
/* -EMSGSIZE if it does not fit even with overload. *ret_n is at least 300 (RFC 1542 2.1 minimum for
 * old relays). */
int dhcp_writer_finish(
	struct dhcp_writer *writer, void *packet, size_t size, size_t *ret_n) MUST_CHECK;
