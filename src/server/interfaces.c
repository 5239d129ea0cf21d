/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/interfaces.h"

#include "base/address.h"
#include "base/log.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMES_MAX 64

struct interfaces {
	uv_poll_t poll;
	int netlink;
	size_t n_names;
	char names[NAMES_MAX][IF_NAMESIZE];
	size_t n;
	struct interface_address list[INTERFACE_ADDRESSES_MAX];
};

static bool is_wanted(const struct interfaces *interfaces, const char *name, unsigned flags)
{
	if ((flags & IFF_UP) == 0)
		return false;
	if (interfaces->n_names == 0)
		return (flags & IFF_LOOPBACK) == 0;
	for (size_t i = 0; i < interfaces->n_names; i++)
		if (strcmp(interfaces->names[i], name) == 0)
			return true;
	return false;
}

static uint32_t address_of(const struct sockaddr *address)
{
	struct sockaddr_in in;
	if (address == NULL || address->sa_family != AF_INET)
		return 0;
	memcpy(&in, address, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

static int scan(struct interfaces *interfaces)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) != 0)
		return -errno;
	interfaces->n = 0;
	for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		struct interface_address found = {.address = address_of(one->ifa_addr),
			.netmask = address_of(one->ifa_netmask)};
		/* An alias is "eth0:1" here, and eth0 to everybody else. */
		size_t length = strcspn(one->ifa_name, ":");
		if (found.address == 0 || length >= sizeof(found.name))
			continue;
		memcpy(found.name, one->ifa_name, length);
		found.index = (int)if_nametoindex(found.name);
		if (found.index == 0 || !is_wanted(interfaces, found.name, one->ifa_flags) ||
			interfaces->n == INTERFACE_ADDRESSES_MAX)
			continue;
		interfaces->list[interfaces->n++] = found;
	}
	freeifaddrs(all);
	return 0;
}

static void log_addresses(const struct interfaces *interfaces)
{
	char text[IPV4_TEXT_BYTES];
	for (size_t i = 0; i < interfaces->n; i++) {
		ipv4_format(interfaces->list[i].address, text);
		log_info("event=interface name=%s address=%s", interfaces->list[i].name, text);
	}
}

/* What changed does not matter: the kernel is asked for the whole list again. */
static void on_netlink(uv_poll_t *poll, int status, int events)
{
	struct interfaces *interfaces = poll->data;
	char ignored[8192];
	(void)events;
	/* When more has happened than the kernel kept for us, libuv takes it for the end. */
	if (status < 0)
		(void)uv_poll_start(poll, UV_READABLE, on_netlink);
	while (recv(interfaces->netlink, ignored, sizeof(ignored), MSG_DONTWAIT) > 0)
		continue;
	int rc = scan(interfaces);
	if (rc < 0)
		log_warning("event=interfaces-unknown reason=\"%s\"", strerror(-rc));
	else
		log_addresses(interfaces);
}

static int open_netlink(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int rc = -errno;
		(void)close(fd);
		return rc;
	}
	return fd;
}

static int copy_names(
	struct interfaces *interfaces, const char *const *names, size_t n_names, struct error *err)
{
	if (n_names > NAMES_MAX)
		return error_set(err, -E2BIG, "more than %d interfaces are named", NAMES_MAX);
	for (size_t i = 0; i < n_names; i++) {
		if (!text_copy(interfaces->names[i], IF_NAMESIZE, names[i]) ||
			if_nametoindex(names[i]) == 0)
			return error_set(err, -ENODEV,
				"there is no network interface \"%s\"; `ip link` lists them",
				names[i]);
	}
	interfaces->n_names = n_names;
	return 0;
}

int interfaces_start(uv_loop_t *loop, const char *const *names, size_t n_names,
	struct interfaces **ret_interfaces, struct error *err)
{
	struct interfaces *interfaces = calloc(1, sizeof(*interfaces));
	if (interfaces == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = copy_names(interfaces, names, n_names, err);
	if (rc < 0) {
		free(interfaces);
		return rc;
	}
	interfaces->netlink = open_netlink();
	rc = interfaces->netlink < 0 ? interfaces->netlink : scan(interfaces);
	if (rc == 0)
		rc = uv_poll_init(loop, &interfaces->poll, interfaces->netlink);
	if (rc < 0) {
		if (interfaces->netlink >= 0)
			(void)close(interfaces->netlink);
		free(interfaces);
		return error_set(err, rc, "cannot list the network interfaces: %s", strerror(-rc));
	}
	interfaces->poll.data = interfaces;
	(void)uv_poll_start(&interfaces->poll, UV_READABLE, on_netlink);
	log_addresses(interfaces);
	*ret_interfaces = interfaces;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct interfaces *interfaces = handle->data;
	(void)close(interfaces->netlink);
	free(interfaces);
}

void interfaces_stop(struct interfaces *interfaces)
{
	if (interfaces != NULL)
		uv_close((uv_handle_t *)&interfaces->poll, on_closed);
}

size_t interfaces_count(const struct interfaces *interfaces)
{
	return interfaces->n;
}

const struct interface_address *interfaces_at(const struct interfaces *interfaces, size_t i)
{
	return i < interfaces->n ? &interfaces->list[i] : NULL;
}

const struct interface_address *interfaces_find(
	const struct interfaces *interfaces, int index, uint32_t destination)
{
	const struct interface_address *first = NULL;
	for (size_t i = 0; i < interfaces->n; i++) {
		const struct interface_address *one = &interfaces->list[i];
		if (one->index != index)
			continue;
		if (one->address == destination)
			return one;
		if (first == NULL)
			first = one;
	}
	return first;
}

bool interfaces_has(const struct interfaces *interfaces, uint32_t address)
{
	for (size_t i = 0; i < interfaces->n; i++)
		if (interfaces->list[i].address == address)
			return true;
	return false;
}
