/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "format/pcap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct capture {
	size_t n;
	uint8_t bytes[2048];
};

static struct writer writer_at(struct capture *c)
{
	struct writer w = writer_over(c->bytes, sizeof(c->bytes));
	w.at = c->n;
	return w;
}

static void start(struct capture *c, uint32_t magic, uint32_t link)
{
	c->n = 0;
	struct writer w = writer_at(c);
	writer_le32(&w, magic);
	writer_le16(&w, 2);
	writer_le16(&w, 4);
	writer_zeros(&w, 8);
	writer_le32(&w, 65535);
	writer_le32(&w, link);
	c->n = w.at;
}

/* What stands between a link's header and the payload: 28 bytes. */
static void write_udp(struct writer *w, uint16_t fragment, uint8_t protocol, const char *payload)
{
	writer_be16(w, 0x4500);
	writer_be16(w, (uint16_t)(28 + strlen(payload)));
	writer_be16(w, 1);
	writer_be16(w, fragment);
	writer_u8(w, 64);
	writer_u8(w, protocol);
	writer_be16(w, 0);
	writer_be32(w, 0x0a000002);
	writer_be32(w, 0xffffffff);
	writer_be16(w, 68);
	writer_be16(w, 67);
	writer_be16(w, (uint16_t)(8 + strlen(payload)));
	writer_be16(w, 0);
	writer_text(w, payload);
}

static void packet(struct capture *c, const void *link, size_t n_link, uint16_t fragment,
	uint8_t protocol, const char *payload)
{
	struct writer w = writer_at(c);
	uint32_t size = (uint32_t)(n_link + 28 + strlen(payload));
	writer_le32(&w, 1700000000);
	writer_le32(&w, 250000);
	writer_le32(&w, size);
	writer_le32(&w, size);
	writer_bytes(&w, link, n_link);
	write_udp(&w, fragment, protocol, payload);
	assert_false(w.failed);
	c->n = w.at;
}

#define ETHERNET "\xff\xff\xff\xff\xff\xff\x52\x54\0\0\0\1"

static void finds_datagrams(void **state)
{
	(void)state;
	static const struct {
		uint32_t link;
		const char *head;
		size_t n;
	} links[] = {
		{1, ETHERNET "\x08\x00", 14},
		{1, ETHERNET "\x81\x00\x00\x05\x08\x00", 18},
		{101, "", 0},
		{113, "\0\0\0\1\0\6\x52\x54\0\0\0\1\0\0\x08\x00", 16},
		{276, "\x08\x00\0\0\0\0\0\2\0\1\0\6\x52\x54\0\0\0\1\0\0", 20},
	};
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		static struct capture c;
		struct pcap pcap;
		struct pcap_datagram d;
		struct error err = ERROR_NULL;
		start(&c, 0xa1b2c3d4, links[i].link);
		packet(&c, links[i].head, links[i].n, 0, 6, "tcp");
		packet(&c, links[i].head, links[i].n, 0x2000, 17, "a fragment");
		packet(&c, links[i].head, links[i].n, 0x4000, 17, "hello");
		assert_int_equal(pcap_open(c.bytes, c.n, &pcap, &err), 0);
		assert_int_equal(pcap_next(&pcap, &d, &err), 1);
		assert_int_equal(d.number, 3);
		assert_int_equal(d.time_ms, 1700000000250);
		assert_int_equal(d.source, 0x0a000002);
		assert_int_equal(d.destination_port, 67);
		assert_int_equal(d.n, 5);
		assert_memory_equal(d.bytes, "hello", 5);
		assert_int_equal(pcap_next(&pcap, &d, &err), 0);
	}
}

static void says_where_it_is_cut(void **state)
{
	(void)state;
	static struct capture c;
	start(&c, 0xa1b23c4d, 1);
	packet(&c, ETHERNET "\x08\x00", 14, 0, 17, "hello");
	for (size_t n = 0; n < c.n; n++) {
		uint8_t *copy = malloc(n + 1); /* exact, for the sanitizers */
		struct pcap pcap;
		struct pcap_datagram d;
		struct error err = ERROR_NULL;
		assert_non_null(copy);
		memcpy(copy, c.bytes, n);
		int rc = pcap_open(copy, n, &pcap, &err);
		assert_int_equal(rc, n < 24 ? -EBADMSG : 0);
		if (rc == 0)
			assert_int_equal(pcap_next(&pcap, &d, &err), n == 24 ? 0 : -EBADMSG);
		if (n != 24)
			assert_true(err.text[0] != 0);
		free(copy);
	}
}

static void names_what_it_does_not_read(void **state)
{
	(void)state;
	static struct capture c;
	struct pcap pcap;
	struct error err = ERROR_NULL;
	start(&c, 0x0a0d0d0a, 1);
	assert_int_equal(pcap_open(c.bytes, c.n, &pcap, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "editcap"));
	start(&c, 0xa1b2c3d4, 105);
	assert_int_equal(pcap_open(c.bytes, c.n, &pcap, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "link type 105"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_datagrams),
		cmocka_unit_test(says_where_it_is_cut),
		cmocka_unit_test(names_what_it_does_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
