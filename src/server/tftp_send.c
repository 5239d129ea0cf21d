/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tftp_send.h"

#include "base/view.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h, since 4.18 */
#endif

/* Reads blocks first..first+n-1 and lays them out as header, data, header, data. */
static int lay_out(struct tftp_sender *sender, const struct tftp_transfer *transfer, uint64_t first,
	uint32_t n)
{
	const struct tftp_session *session = &transfer->session;
	uint64_t from = tftp_session_offset(session, first);
	uint64_t last = first + n - 1;
	size_t bytes = (size_t)(tftp_session_offset(session, last) - from) +
		       tftp_session_length(session, last);
	uint8_t *data = sender->data;

	if (view_read(transfer->view, from, data, bytes) < 0)
		return -ENODATA;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t length = tftp_session_length(session, first + i);
		tftp_data_header((uint16_t)(first + i), sender->headers[i]);
		sender->iov[2 * i] = (struct iovec){sender->headers[i], TFTP_HEADER_BYTES};
		sender->iov[2 * i + 1] = (struct iovec){data, length};
		data += length;
	}
	return 0;
}

/* One packet for the stack, cut into segments of one block each. */
static int send_segmented(
	struct tftp_sender *sender, const struct tftp_transfer *transfer, uint32_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
	} control = {0};
	struct msghdr message = {.msg_iov = sender->iov, .msg_iovlen = 2 * (size_t)n};

	if (n > 1) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_UDP;
		header->cmsg_type = UDP_SEGMENT;
		header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
		uint16_t segment = (uint16_t)(TFTP_HEADER_BYTES + transfer->session.block_bytes);
		memcpy(CMSG_DATA(header), &segment, sizeof(segment));
	}
	return sendmsg(transfer->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : (int)n;
}

static int send_one_by_one(
	struct tftp_sender *sender, const struct tftp_transfer *transfer, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sender->messages[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &sender->iov[2 * i], .msg_iovlen = 2}};
	int sent = sendmmsg(transfer->fd, sender->messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

/* What the kernel says when this path cannot segment: too large for the MTU, a device without
 * checksum offload, an old kernel. */
static bool is_no_gso(int rc)
{
	return rc == -EINVAL || rc == -EIO || rc == -EOPNOTSUPP || rc == -ENOPROTOOPT ||
	       rc == -EMSGSIZE;
}

static int send_some(struct tftp_sender *sender, struct tftp_transfer *transfer)
{
	uint32_t block_bytes = TFTP_HEADER_BYTES + transfer->session.block_bytes;
	uint32_t n = TFTP_SEND_BYTES_MAX / block_bytes;

	if (n > TFTP_SEND_BLOCKS_MAX)
		n = TFTP_SEND_BLOCKS_MAX;
	if (n < 1)
		n = 1; /* a block of 65464 bytes and its header just fit */
	if (n > transfer->pending_n)
		n = transfer->pending_n;
	int rc = lay_out(sender, transfer, transfer->pending_first, n);
	if (rc < 0)
		return rc;
	if (!transfer->no_gso) {
		rc = send_segmented(sender, transfer, n);
		if (!is_no_gso(rc))
			return rc;
		transfer->no_gso = true;
	}
	return send_one_by_one(sender, transfer, n);
}

int tftp_send_pending(struct tftp_sender *sender, struct tftp_transfer *transfer)
{
	while (transfer->pending_n > 0) {
		int sent = send_some(sender, transfer);
		if (sent == -EINTR)
			continue;
		if (sent == -EAGAIN)
			return -EAGAIN;
		if (sent == -ECONNREFUSED || sent == -ENODATA)
			return sent;
		if (sent <= 0) {
			/* No route, a firewall, the cable: lost like any packet, and time will
			 * tell. */
			transfer->pending_n = 0;
			return 0;
		}
		transfer->pending_first += (uint32_t)sent;
		transfer->pending_n -= (uint32_t)sent;
	}
	return 0;
}
