/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tcp_acked.h"

#include <linux/in.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

uint64_t tcp_acked_bytes(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return 0;
	return info.tcpi_bytes_acked;
}

uint64_t tcp_written_bytes(int fd)
{
	int queued = 0;
	uint64_t acked = tcp_acked_bytes(fd), before;
	/* What is acknowledged between the two questions would be counted twice, or not at all. */
	do {
		before = acked;
		if (ioctl(fd, SIOCOUTQ, &queued) != 0)
			return 0;
		acked = tcp_acked_bytes(fd);
	} while (acked != before);
	return acked + (uint64_t)queued;
}
