/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a TCP connection has come. A file of its own because the kernel's <linux/tcp.h>, which
 * has the counter, cannot be included together with the C library's <netinet/tcp.h>. */
#pragma once

#include <stdint.h>

/* The bytes that the peer's kernel has acknowledged so far, all of the connection's; 0 if that
 * cannot be told. It is the only thing that shows how far a sendfile() has come. */
uint64_t tcp_acked_bytes(int fd);
/* Those, and the ones that our kernel still has to send or hear about. */
uint64_t tcp_written_bytes(int fd);
