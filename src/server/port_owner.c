/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/port_owner.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The socket's inode out of a table of /proc/net (of TCP, the listening one); 0 if there is none.
 */
static unsigned long find_inode_in(const char *path, enum port_protocol protocol, uint16_t port)
{
	char line[512];
	unsigned long found = 0;
	FILE *table = fopen(path, "re");
	if (table == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), table) != NULL) {
		unsigned local_port, state;
		unsigned long inode;
		/* sl local:port remote:port st queues timer retransmits uid timeout inode */
		if (sscanf(line, " %*u: %*x:%x %*x:%*x %x %*s %*s %*s %*u %*u %lu", &local_port,
			    &state, &inode) == 3 &&
			local_port == port && (protocol == PORT_UDP || state == 0x0a))
			found = inode;
	}
	(void)fclose(table);
	return found;
}

/* Of IPv6, too: Debian's Apache listens at both with one such socket. */
static unsigned long find_inode(enum port_protocol protocol, uint16_t port)
{
	static const char *const tables[2][2] = {
		[PORT_UDP] = {"/proc/net/udp", "/proc/net/udp6"},
		[PORT_TCP] = {"/proc/net/tcp", "/proc/net/tcp6"},
	};
	unsigned long found = find_inode_in(tables[protocol][0], protocol, port);
	return found != 0 ? found : find_inode_in(tables[protocol][1], protocol, port);
}

static bool has_socket(const char *pid, unsigned long inode)
{
	char folder[300], want[64], link[600], target[64];
	bool found = false;
	(void)snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	(void)snprintf(want, sizeof(want), "socket:[%lu]", inode);
	DIR *fds = opendir(folder);
	if (fds == NULL)
		return false;
	for (struct dirent *fd; !found && (fd = readdir(fds)) != NULL;) {
		(void)snprintf(link, sizeof(link), "%s/%s", folder, fd->d_name);
		ssize_t n = readlink(link, target, sizeof(target) - 1);
		if (n > 0) {
			target[n] = 0;
			found = strcmp(target, want) == 0;
		}
	}
	(void)closedir(fds);
	return found;
}

/* "dnsmasq (pid 812)" */
static bool find_owner(unsigned long inode, char *out, size_t size)
{
	bool found = false;
	DIR *processes = opendir("/proc");
	if (processes == NULL)
		return false;
	for (struct dirent *p; !found && (p = readdir(processes)) != NULL;) {
		char path[300], name[64] = "?";
		if (!isdigit((unsigned char)p->d_name[0]) || !has_socket(p->d_name, inode))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/comm", p->d_name);
		FILE *comm = fopen(path, "re");
		if (comm != NULL) {
			if (fgets(name, sizeof(name), comm) != NULL)
				name[strcspn(name, "\n")] = 0;
			(void)fclose(comm);
		}
		(void)snprintf(out, size, "%s (pid %s)", name, p->d_name);
		found = true;
	}
	(void)closedir(processes);
	return found;
}

int port_owner_explain(
	struct error *err, int code, enum port_protocol protocol, uint16_t port, const char *remedy)
{
	const char *name = protocol == PORT_UDP ? "UDP" : "TCP";
	char owner[400];
	if (code == -EACCES)
		return error_set(err, code,
			"%s port %u may be opened by root only: start pewter as root (it drops its "
			"rights) or give it CAP_NET_BIND_SERVICE",
			name, port);
	if (code != -EADDRINUSE)
		return error_set(
			err, code, "cannot open %s port %u: %s", name, port, strerror(-code));
	unsigned long inode = find_inode(protocol, port);
	if (inode == 0 || !find_owner(inode, owner, sizeof(owner)))
		(void)snprintf(owner, sizeof(owner), "another program");
	return error_set(err, code, "%s port %u is taken by %s: %s", name, port, owner, remedy);
}
