/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "server/dhcp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 1071: over a header with its checksum in place the sum is all ones. */
static uint32_t sum_of(const uint8_t *bytes, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	return sum;
}

static uint32_t folded(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void frames_have_right_checksums(void **state)
{
	(void)state;
	uint8_t payload[1400], headers[28];
	for (size_t n = 0; n < sizeof(payload); n += 7) {
		for (size_t i = 0; i < n; i++)
			payload[i] = (uint8_t)(i * 31 + n);
		dhcp_frame_headers(0x0a4d0001, 67, 0x0a4d0064, 68, payload, n, headers);
		assert_int_equal(folded(sum_of(headers, 20, 0)), 0xffff);
		uint32_t sum = sum_of(headers + 12, 8, IPPROTO_UDP + 8 + (uint32_t)n);
		sum = sum_of(payload, n, sum_of(headers + 20, 8, sum));
		assert_int_equal(folded(sum), 0xffff);
		assert_int_equal(headers[2] << 8 | headers[3], 28 + n);
		assert_int_equal(headers[24] << 8 | headers[25], 8 + n);
	}
}

static void a_checksum_of_zero_is_sent_as_ones(void **state)
{
	(void)state;
	/* The one payload word that makes the sum of everything else 0xffff. */
	uint8_t payload[2] = {0, 0}, headers[28];
	dhcp_frame_headers(1, 2, 3, 4, payload, 2, headers);
	uint16_t check = (uint16_t)(headers[26] << 8 | headers[27]);
	payload[0] = (uint8_t)(check >> 8);
	payload[1] = (uint8_t)check;
	dhcp_frame_headers(1, 2, 3, 4, payload, 2, headers);
	assert_int_equal(headers[26] << 8 | headers[27], 0xffff);
}

static void too_long_frames_are_refused(void **state)
{
	(void)state;
	static const uint8_t bytes[LIMIT_DHCP_PACKET_BYTES];
	const uint8_t mac[6] = {2};
	assert_int_equal(
		dhcp_frame_send(-1, 1, mac, 1, 67, 2, 68, bytes, sizeof(bytes)), -EMSGSIZE);
}

/* A datagram on loopback: whence, whither, by which interface, and whether it was whole. */
static void a_datagram_tells_how_it_came(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	static struct dhcp_batch batch;
	static const uint8_t big[LIMIT_DHCP_PACKET_BYTES + 1];
	int fd = -1, other = -1;
	assert_int_equal(dhcp_socket_open(0, false, &fd, &err), 0);
	assert_int_equal(dhcp_socket_open(0, true, &other, &err), 0);
	struct sockaddr_in here, there;
	socklen_t size = sizeof(here);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &size), 0);
	assert_int_equal(getsockname(other, (struct sockaddr *)&there, &size), 0);

	dhcp_socket_receive(fd, &batch);
	assert_int_equal(batch.n, 0);
	assert_int_equal(dhcp_socket_send(other, 0, 0x7f000002, INADDR_LOOPBACK,
				 ntohs(here.sin_port), "hello", 5),
		0);
	assert_int_equal(dhcp_socket_send(other, 0, 0, INADDR_LOOPBACK, ntohs(here.sin_port), big,
				 sizeof(big)),
		0);
	dhcp_socket_receive(fd, &batch);
	assert_int_equal(batch.n, 2);
	assert_int_equal(batch.datagrams[0].n_bytes, 5);
	assert_memory_equal(batch.datagrams[0].bytes, "hello", 5);
	assert_int_equal(batch.datagrams[0].source, 0x7f000002);
	assert_int_equal(batch.datagrams[0].source_port, ntohs(there.sin_port));
	assert_int_equal(batch.datagrams[0].destination, INADDR_LOOPBACK);
	assert_int_equal(batch.datagrams[0].interface, 1);
	assert_false(batch.datagrams[0].is_cut);
	assert_true(batch.datagrams[1].is_cut);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_have_right_checksums),
		cmocka_unit_test(a_checksum_of_zero_is_sent_as_ones),
		cmocka_unit_test(too_long_frames_are_refused),
		cmocka_unit_test(a_datagram_tells_how_it_came),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
