/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire/dhcp: reading, hostile input, and building: what is built is read back. */
#include "../unit.h"

#include "packets.h"

#include <errno.h>

static void reads_a_real_discover(void **state)
{
	struct packet packet;
	struct dhcp_message message;
	size_t n;
	uint16_t size;
	(void)state;

	sample_edk2(&packet, DHCP_DISCOVER);
	assert_int_equal(dhcp_parse(packet.bytes, packet.n, &message, NULL), 0);
	assert_int_equal(message.op, DHCP_OP_REQUEST);
	assert_int_equal(message.type, DHCP_DISCOVER);
	assert_int_equal(message.xid, 0x3c8a17e2);
	assert_int_equal(message.flags, DHCP_FLAG_BROADCAST);
	assert_int_equal(message.hlen, 6);
	assert_memory_equal(message.chaddr, SAMPLE_MAC, 6);
	assert_true(dhcp_option_u16(&message, DHCP_OPT_MAX_SIZE, &size));
	assert_int_equal(size, 1472);
	const uint8_t *class = dhcp_option(&message, DHCP_OPT_VENDOR_CLASS, &n);
	assert_int_equal(n, 32);
	assert_memory_equal(class, "PXEClient:Arch:00007:UNDI:003016", 32);
	assert_null(dhcp_option(&message, DHCP_OPT_SERVER_ID, &n));
}

static void joins_pieces(void **state)
{
	struct packet packet;
	struct dhcp_message message;
	uint8_t long_value[255];
	size_t n;
	(void)state;

	memset(long_value, 'x', sizeof(long_value));
	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	packet_option(&packet, 43, long_value, 255);
	packet_option(&packet, 60, "PXE", 3);
	packet_option(&packet, 43, "yz", 2);
	packet_option(&packet, 60, "Client", 6);
	packet_end(&packet);
	assert_int_equal(dhcp_parse(packet.bytes, packet.n, &message, NULL), 0);
	const uint8_t *value = dhcp_option(&message, 43, &n);
	assert_int_equal(n, 257);
	assert_memory_equal(value, long_value, 255);
	assert_memory_equal(value + 255, "yz", 2);
	value = dhcp_option(&message, 60, &n);
	assert_int_equal(n, 9);
	assert_memory_equal(value, "PXEClient", 9);
}

/* RFC 2132 9.3: file before sname; an option in pieces over all three fields. */
static void follows_overload(void **state)
{
	struct packet packet;
	struct dhcp_message message;
	size_t n;
	(void)state;

	for (uint8_t overload = 1; overload <= 3; overload++) {
		packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
		packet_option(&packet, 66, "a", 1);
		PACKET_OPTION(&packet, DHCP_OPT_OVERLOAD, overload);
		packet_end(&packet);
		memcpy(packet.bytes + PACKET_FILE,
			"\x42\x01"
			"b\xff",
			4);
		memcpy(packet.bytes + PACKET_SNAME,
			"\x42\x01"
			"c\xff",
			4);
		assert_int_equal(dhcp_parse(packet.bytes, packet.n, &message, NULL), 0);
		const uint8_t *value = dhcp_option(&message, 66, &n);
		static const char *const want[] = {"", "ab", "ac", "abc"};
		assert_int_equal(n, strlen(want[overload]));
		assert_memory_equal(value, want[overload], n);
		assert_string_equal(message.file, (overload & 1) != 0 ? "" : "B\1b\xff");
		assert_string_equal(message.sname, (overload & 2) != 0 ? "" : "B\1c\xff");
	}
}

/* Option 52 inside the fields it opens would be a loop; it means nothing there. */
static void overload_inside_overload_means_nothing(void **state)
{
	struct packet packet;
	struct dhcp_message message;
	(void)state;

	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	PACKET_OPTION(&packet, DHCP_OPT_OVERLOAD, 1);
	packet_end(&packet);
	memcpy(packet.bytes + PACKET_FILE, "\x34\x01\x03\xff", 4);
	memcpy(packet.bytes + PACKET_SNAME, "server", 7);
	assert_int_equal(dhcp_parse(packet.bytes, packet.n, &message, NULL), 0);
	assert_string_equal(message.sname, "server");
}

static void refuses(void **state)
{
	static const struct {
		const char *what;
		size_t at;     /* byte to change... */
		uint8_t value; /* ...and to what */
		uint8_t options[8];
		size_t n_options;
		int want;
	} cases[] = {
		{"op 0", 0, 0, {255}, 1, -EBADMSG},
		{"op 3", 0, 3, {255}, 1, -EBADMSG},
		{"hlen 17", 2, 17, {255}, 1, -EBADMSG},
		{"hlen 255", 2, 255, {255}, 1, -EBADMSG},
		{"no cookie", 236, 0, {255}, 1, -EPROTONOSUPPORT},
		{"option without length", 0, 1, {60}, 1, -EBADMSG},
		{"option past the end", 0, 1, {60, 7, 'P'}, 3, -EBADMSG},
		{"length 255 past the end", 0, 1, {60, 255, 'P', 255}, 4, -EBADMSG},
		{"overload 0", 0, 1, {52, 1, 0, 255}, 4, -EBADMSG},
		{"overload 4", 0, 1, {52, 1, 4, 255}, 4, -EBADMSG},
		{"overload of two bytes", 0, 1, {52, 2, 1, 1, 255}, 5, -EBADMSG},
		{"overload of no byte", 0, 1, {52, 0, 255}, 3, -EBADMSG},
		{"overload twice", 0, 1, {52, 1, 1, 52, 1, 2, 255}, 7, -EBADMSG},
		{"type of two bytes", 0, 1, {53, 2, 1, 1, 255}, 5, -EBADMSG},
		{"type of no byte", 0, 1, {53, 0, 255}, 3, -EBADMSG},
		{"type 0", 0, 1, {53, 1, 0, 255}, 4, -EBADMSG},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packet packet;
		struct dhcp_message message;
		struct error err = ERROR_NULL;
		packet_start(&packet, 1, SAMPLE_MAC, 0);
		packet_bytes(&packet, cases[i].options, cases[i].n_options);
		packet.bytes[cases[i].at] = cases[i].value;
		memset(&message, 0x5a, sizeof(message));
		int rc = dhcp_parse(packet.bytes, packet.n, &message, &err);
		if (rc != cases[i].want)
			fail_msg("%s: %d", cases[i].what, rc);
		assert_string_not_equal(err.text, "");
		assert_int_equal(message.op, 0x5a); /* untouched on failure */
	}
}

static void an_option_past_the_end_of_an_overloaded_field(void **state)
{
	struct packet packet;
	struct dhcp_message message;
	(void)state;

	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	PACKET_OPTION(&packet, DHCP_OPT_OVERLOAD, 2);
	packet_end(&packet);
	memset(packet.bytes + PACKET_SNAME, 0, 64);
	packet.bytes[PACKET_SNAME + 62] = 60; /* 64 bytes of sname, then file follows in memory */
	packet.bytes[PACKET_SNAME + 63] = 1;
	assert_int_equal(dhcp_parse(packet.bytes, packet.n, &message, NULL), -EBADMSG);
}

/* At every length: an error, or a message with nothing in it that the bytes do not hold. */
static void truncated_at_every_byte(void **state)
{
	static void (*const samples[])(struct packet *, uint8_t) = {
		sample_edk2, sample_http, sample_bios, sample_ipxe, sample_ordinary};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct packet packet;
		struct dhcp_message message, whole;
		samples[i](&packet, DHCP_REQUEST);
		assert_int_equal(dhcp_parse(packet.bytes, packet.n, &whole, NULL), 0);
		for (size_t n = 0; n < packet.n; n++) {
			uint8_t *copy = malloc(n + 1);
			assert_non_null(copy);
			memcpy(copy, packet.bytes, n);
			int rc = dhcp_parse(copy, n, &message, NULL);
			free(copy);
			if (n < 236)
				assert_int_equal(rc, -EBADMSG);
			else if (n < 240)
				assert_int_equal(rc, -EPROTONOSUPPORT);
			else if (rc != 0)
				assert_int_equal(rc, -EBADMSG);
			for (unsigned code = 0; rc == 0 && code < 256; code++) {
				size_t length, whole_length;
				const uint8_t *value =
					dhcp_option(&message, (uint8_t)code, &length);
				if (value == NULL)
					continue;
				const uint8_t *same =
					dhcp_option(&whole, (uint8_t)code, &whole_length);
				assert_non_null(same);
				assert_int_equal(length, whole_length);
				assert_memory_equal(value, same, length);
			}
		}
	}
}

static void too_long_is_refused(void **state)
{
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES + 1] = {DHCP_OP_REQUEST, 1, 6};
	struct dhcp_message message;
	(void)state;

	memcpy(bytes + 236, "\x63\x82\x53\x63", 4);
	assert_int_equal(dhcp_parse(bytes, sizeof(bytes), &message, NULL), -EBADMSG);
	assert_int_equal(dhcp_parse(bytes, sizeof(bytes) - 1, &message, NULL), 0);
	assert_int_equal(message.type, DHCP_NONE);
}

static void every_option_at_the_lengths_that_hurt(void **state)
{
	static const size_t lengths[] = {0, 1, 254, 255};
	(void)state;

	for (unsigned code = 1; code < 255; code++) {
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			struct packet packet;
			struct dhcp_message message;
			uint8_t value[255];
			size_t n;
			memset(value, 1, sizeof(value)); /* a lawful type and overload */
			packet_start(&packet, 1, SAMPLE_MAC, 0);
			packet_option(&packet, (uint8_t)code, value, lengths[i]);
			/* What overload 1 opens is empty. */
			packet_end(&packet);
			bool one = code == DHCP_OPT_OVERLOAD || code == DHCP_OPT_MESSAGE_TYPE;
			int rc = dhcp_parse(packet.bytes, packet.n, &message, NULL);
			if (one && lengths[i] != 1) {
				assert_int_equal(rc, -EBADMSG);
				continue;
			}
			assert_int_equal(rc, 0);
			assert_non_null(dhcp_option(&message, (uint8_t)code, &n));
			assert_int_equal(n, lengths[i]);
		}
	}
}

static void numbers_need_their_exact_length(void **state)
{
	struct packet packet;
	struct dhcp_message message;
	uint8_t u8 = 0;
	uint16_t u16 = 0;
	uint32_t u32 = 0;
	(void)state;

	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	PACKET_OPTION(&packet, 50, 10, 0, 0, 7);
	PACKET_OPTION(&packet, 57, 5, 0xc0);
	packet_end(&packet);
	assert_int_equal(dhcp_parse(packet.bytes, packet.n, &message, NULL), 0);
	assert_true(dhcp_option_u32(&message, 50, &u32));
	assert_int_equal(u32, 0x0a000007);
	assert_true(dhcp_option_u16(&message, 57, &u16));
	assert_int_equal(u16, 1472);
	assert_true(dhcp_option_u8(&message, 53, &u8));
	assert_false(dhcp_option_u8(&message, 50, &u8));
	assert_false(dhcp_option_u16(&message, 50, &u16));
	assert_false(dhcp_option_u32(&message, 57, &u32));
	assert_false(dhcp_option_u32(&message, 51, &u32));
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(dhcp_type_name(DHCP_DISCOVER), "discover");
	assert_string_equal(dhcp_type_name(DHCP_INFORM), "inform");
	assert_string_equal(dhcp_type_name((enum dhcp_type)9), "unknown");
}

/* ---- building ---- */

static void request_of_size(struct dhcp_message *request, uint16_t max_size)
{
	struct packet packet;
	packet_start(&packet, 0xdeadbeef, SAMPLE_MAC, DHCP_DISCOVER);
	packet.bytes[PACKET_FLAGS] = 0x80;
	packet_be32(&packet, PACKET_GIADDR, 0x0a000001);
	if (max_size != 0)
		PACKET_OPTION(&packet, 57, (uint8_t)(max_size >> 8), (uint8_t)max_size);
	packet_end(&packet);
	assert_int_equal(dhcp_parse(packet.bytes, packet.n, request, NULL), 0);
}

static void a_reply_mirrors_its_request(void **state)
{
	struct dhcp_message request, back;
	struct dhcp_writer writer;
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES];
	size_t n;
	uint32_t server;
	(void)state;

	request_of_size(&request, 0);
	dhcp_writer_reply(&writer, &request, DHCP_OFFER);
	writer.yiaddr = 0x0a000063;
	writer.siaddr = 0x0a000002;
	dhcp_writer_option(&writer, 82, "\1\4port", 6);
	dhcp_writer_option(&writer, 60, "PXEClient", 9);
	dhcp_writer_option_u32(&writer, 54, 0x0a000002);
	assert_int_equal(dhcp_writer_finish(&writer, bytes, sizeof(bytes), &n), 0);
	assert_int_equal(n, 300);
	assert_int_equal(dhcp_parse(bytes, n, &back, NULL), 0);
	assert_int_equal(back.op, DHCP_OP_REPLY);
	assert_int_equal(back.type, DHCP_OFFER);
	assert_int_equal(back.htype, 1);
	assert_int_equal(back.hlen, 6);
	assert_int_equal(back.xid, 0xdeadbeef);
	assert_int_equal(back.flags, DHCP_FLAG_BROADCAST);
	assert_int_equal(back.giaddr, 0x0a000001);
	assert_int_equal(back.yiaddr, 0x0a000063);
	assert_memory_equal(back.chaddr, SAMPLE_MAC, 6);
	assert_true(dhcp_option_u32(&back, 54, &server));
	/* 53, then 54, then as added, 82 last in front of END. */
	assert_memory_equal(bytes + 240, "\x35\x01\x02\x36\x04\x0a\x00\x00\x02\x3c\x09", 11);
	assert_memory_equal(bytes + 240 + 20, "\x52\x06\x01\x04port\xff\x00", 10);
}

/* However the options fall into fields and pieces, they are read back as they were added. */
static void round_trip(void **state)
{
	static const struct {
		uint16_t max_size;
		size_t lengths[6]; /* of options 200, 201, ... */
		bool file, sname;
		int want;
		size_t most; /* bytes on the wire */
	} cases[] = {
		{0, {0, 1, 2}, true, true, 0, 300},
		{0, {255}, true, true, 0, 548},
		{0, {256}, true, true, 0, 548},
		{0, {284}, true, true, 0, 548},
		{0, {285}, true, true, -EMSGSIZE, 0},
		{0, {254, 40, 10}, true, true, -EMSGSIZE, 0},
		{0, {254, 40, 10}, true, false, 0, 548},
		{0, {254, 40, 100}, true, false, -EMSGSIZE, 0},
		{0, {254, 40, 80}, false, true, 0, 548},
		{0, {254, 40, 80, 61}, false, false, 0, 548},
		{0, {254, 40, 80, 62}, false, false, -EMSGSIZE, 0},
		{100, {255}, true, true, 0, 548}, /* below the lawful minimum: 576 */
		{577, {285}, true, true, 0, 549},
		{1472, {255, 255, 255, 255, 100}, true, true, 0, 1444},
		{1472, {1000}, true, true, 0, 1444},
		{1472, {1100, 90}, false, true, 0, 1444},
		{65535, {1200}, true, true, 0, 1472}, /* never above an Ethernet frame */
		{65535, {1300}, true, true, -EMSGSIZE, 0},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dhcp_message request, back;
		struct dhcp_writer writer;
		uint8_t bytes[LIMIT_DHCP_PACKET_BYTES], value[1300];
		size_t n;
		request_of_size(&request, cases[i].max_size);
		dhcp_writer_reply(&writer, &request, DHCP_ACK);
		for (size_t k = 0; k < sizeof(value); k++)
			value[k] = (uint8_t)(k * 7);
		for (size_t k = 0; k < ARRAY_SIZE(cases[i].lengths); k++)
			dhcp_writer_option(
				&writer, (uint8_t)(200 + k), value + k, cases[i].lengths[k]);
		if (cases[i].file)
			memcpy(writer.file, "boot\\x64", 9);
		if (cases[i].sname)
			memcpy(writer.sname, "pewter", 7);
		dhcp_writer_option(&writer, 82, "\1\2ab", 4);
		int rc = dhcp_writer_finish(&writer, bytes, sizeof(bytes), &n);
		if (rc != cases[i].want)
			fail_msg("case %zu: %d", i, rc);
		if (rc < 0)
			continue;
		assert_in_range(n, 300, cases[i].most);
		assert_int_equal(dhcp_parse(bytes, n, &back, NULL), 0);
		assert_string_equal(back.file, cases[i].file ? "boot\\x64" : "");
		assert_string_equal(back.sname, cases[i].sname ? "pewter" : "");
		for (size_t k = 0; k < ARRAY_SIZE(cases[i].lengths); k++) {
			size_t length;
			const uint8_t *read = dhcp_option(&back, (uint8_t)(200 + k), &length);
			assert_non_null(read);
			assert_int_equal(length, cases[i].lengths[k]);
			assert_memory_equal(read, value + k, length);
		}
		/* 82 stays last in the options field, where relays look for it. */
		size_t end = n;
		while (bytes[end - 1] == 0)
			end--;
		assert_memory_equal(bytes + end - 7,
			"\x52\x04\x01\x02"
			"ab\xff",
			7);
	}
}

static void failure_is_sticky(void **state)
{
	struct dhcp_message request;
	struct dhcp_writer writer;
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES] = {0}, big[LIMIT_DHCP_PACKET_BYTES] = {0};
	size_t n = 7;
	static const uint8_t forbidden[] = {DHCP_OPT_PAD, DHCP_OPT_OVERLOAD, DHCP_OPT_END};
	(void)state;

	request_of_size(&request, 0);
	dhcp_writer_reply(&writer, &request, DHCP_ACK);
	for (int i = 0; i < 3; i++)
		dhcp_writer_option(&writer, 200, big, sizeof(big));
	assert_true(writer.failed);
	dhcp_writer_option_u8(&writer, 201, 1);
	assert_int_equal(dhcp_writer_finish(&writer, bytes, sizeof(bytes), &n), -EMSGSIZE);
	assert_int_equal(n, 7);
	for (size_t i = 0; i < sizeof(forbidden); i++) {
		dhcp_writer_reply(&writer, &request, DHCP_ACK);
		dhcp_writer_option_u8(&writer, forbidden[i], 1);
		assert_int_equal(dhcp_writer_finish(&writer, bytes, sizeof(bytes), &n), -EMSGSIZE);
	}
	/* A buffer that is too small for anything. */
	dhcp_writer_reply(&writer, &request, DHCP_ACK);
	for (size_t size = 0; size < 300; size++)
		assert_int_equal(dhcp_writer_finish(&writer, bytes, size, &n), -EMSGSIZE);
	assert_int_equal(dhcp_writer_finish(&writer, bytes, 300, &n), 0);
}

/* Whatever stands in file, ROMs find a NUL in it. */
static void file_always_ends(void **state)
{
	struct dhcp_message request;
	struct dhcp_writer writer;
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES];
	size_t n;
	(void)state;

	request_of_size(&request, 0);
	dhcp_writer_reply(&writer, &request, DHCP_ACK);
	memset(writer.file, 'f', sizeof(writer.file));
	assert_int_equal(dhcp_writer_finish(&writer, bytes, sizeof(bytes), &n), 0);
	assert_int_equal(bytes[PACKET_FILE + 126], 'f');
	assert_int_equal(bytes[PACKET_FILE + 127], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_real_discover),
		cmocka_unit_test(joins_pieces),
		cmocka_unit_test(follows_overload),
		cmocka_unit_test(overload_inside_overload_means_nothing),
		cmocka_unit_test(refuses),
		cmocka_unit_test(an_option_past_the_end_of_an_overloaded_field),
		cmocka_unit_test(truncated_at_every_byte),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(every_option_at_the_lengths_that_hurt),
		cmocka_unit_test(numbers_need_their_exact_length),
		cmocka_unit_test(names),
		cmocka_unit_test(a_reply_mirrors_its_request),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(file_always_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
