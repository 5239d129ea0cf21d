/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of config keys: everything that is known about them stands here. */
#include "server/config.h"

#include "server/tftp.h"

static const char *const log_choices[] = {"error", "warning", "info", "debug", NULL};
static const char *const mode_choices[] = {"off", "proxy", "server", NULL};
static const char *const unknown_choices[] = {"serve", "hold", "ignore", NULL};
static const char *const uncovered_choices[] = {"warn", "refuse", NULL};
static const char *const variable_choices[] = {"no", "yes", "auto", NULL};

#define FIELD(name) offsetof(struct config, name), sizeof(((struct config *)NULL)->name)

const struct config_key config_keys[] = {
	{"server", "interface", CONFIG_INTERFACES, 0, 0, "", NULL, FIELD(interfaces),
		"The network interfaces to serve on. May be given several times. "
		"Without it: every interface that has an IPv4 address."},
	{"server", "address", CONFIG_IPV4, 0, 0, "", NULL, FIELD(address),
		"The address that clients are told to load from. "
		"Without it: that of the interface on which the client was heard."},
	{"server", "user", CONFIG_TEXT, 0, 31, "", NULL, FIELD(user),
		"The user to become once the ports are open. The state directory is given to that "
		"user. Without it: the owner of the state directory."},
	{"server", "log", CONFIG_CHOICE, 0, 0, "info", log_choices, FIELD(log),
		"How much to log to standard error."},

	{"dhcp", "mode", CONFIG_CHOICE, 0, 0, "proxy", mode_choices, FIELD(dhcp_mode),
		"proxy: another DHCP server gives the addresses, Pewter adds only what to boot. "
		"server: Pewter gives the addresses too. off: no DHCP; files only, for sites whose "
		"DHCP server has options 66 and 67 set."},
	{"dhcp", "pool", CONFIG_POOLS, 0, 0, "", NULL, FIELD(pools),
		"Addresses to give out, as FIRST-LAST; several separated by commas, or the key "
		"several times. Only with mode = server."},
	{"dhcp", "lease", CONFIG_DURATION, 60, 365 * 86400, "8h", NULL, FIELD(lease_s),
		"How long an address is given for."},
	{"dhcp", "netmask", CONFIG_NETMASK, 0, 0, "", NULL, FIELD(netmask),
		"The netmask to give out. Without it: that of the interface."},
	{"dhcp", "router", CONFIG_IPV4, 0, 0, "", NULL, FIELD(router),
		"The router to give out. Without it: none."},
	{"dhcp", "dns", CONFIG_IPV4_LIST, 0, 0, "", NULL, FIELD(dns),
		"Up to four name servers to give out."},
	{"dhcp", "domain", CONFIG_TEXT, 0, 127, "", NULL, FIELD(domain),
		"The domain name to give out."},
	{"dhcp", "conflict_check", CONFIG_YES_NO, 0, 0, "yes", NULL, FIELD(conflict_check),
		"Ask the network whether an address is free before it is given to a machine that "
		"did not have it."},

	{"reservation", "MAC or UUID", CONFIG_RESERVATIONS, 0, 0, "", NULL, FIELD(reservations),
		"One machine's own address, in or outside of the pools: "
		"52:54:00:12:34:56 = 10.0.0.7. Only with mode = server."},

	{"tftp", "enabled", CONFIG_YES_NO, 0, 0, "yes", NULL, FIELD(tftp_enabled),
		"Serve files over TFTP. PXE firmware knows nothing else."},
	{"tftp", "port", CONFIG_PORT, 1, 65535, "69", NULL, FIELD(tftp_port),
		"The UDP port. Firmware asks 69 and no other."},
	{"tftp", "workers", CONFIG_NUMBER, 0, TFTP_WORKERS_MAX, "0", NULL, FIELD(tftp_workers),
		"Threads that send files; 0 means one for each processor, at most 8."},
	{"tftp", "sessions", CONFIG_NUMBER, 1, LIMIT_TFTP_SESSIONS, "4096", NULL,
		FIELD(tftp_sessions), "Transfers at once, all clients together."},
	{"tftp", "sessions_per_client", CONFIG_NUMBER, 1, LIMIT_TFTP_SESSIONS, "64", NULL,
		FIELD(tftp_sessions_per_client),
		"Transfers at once from one address. More only where many machines share one "
		"(NAT)."},
	{"tftp", "fragments", CONFIG_YES_NO, 0, 0, "no", NULL, FIELD(tftp_fragments),
		"Grant blocks that do not fit into one packet of the network and travel in "
		"fragments. One lost fragment costs the whole block, and many firewalls drop them: "
		"a larger window gives more."},
	{"tftp", "variable_window", CONFIG_YES_NO, 0, 0, "yes", NULL, FIELD(tftp_variable_window),
		"Grant Microsoft's variable window (msftwindow) to loaders that ask for it."},

	{"http", "enabled", CONFIG_YES_NO, 0, 0, "yes", NULL, FIELD(http_enabled),
		"Serve files over HTTP, for UEFI HTTP boot and for iPXE, and take the reports of "
		"what has booted."},
	{"http", "port", CONFIG_PORT, 1, 65535, "80", NULL, FIELD(http_port), "The TCP port."},

	{"control", "port", CONFIG_PORT, 1, 65535, "8443", NULL, FIELD(control_port),
		"The TCP port of the console. Not used yet: this version has no console and opens "
		"no such port."},

	{"boot", "image", CONFIG_TEXT, 0, LIMIT_IMAGE_NAME_BYTES, "", NULL, FIELD(image),
		"The boot image for machines that have none of their own. Without it: the only one "
		"there is for the machine's architecture."},
	{"boot", "unknown", CONFIG_CHOICE, 0, 0, "serve", unknown_choices, FIELD(unknown),
		"What to do with a machine that is not known. serve: boot it. hold: note it and "
		"wait for `pewter client approve`. ignore: say nothing."},
	{"boot", "uncovered", CONFIG_CHOICE, 0, 0, "warn", uncovered_choices, FIELD(uncovered),
		"What to do with a machine whose network card is known and has no driver in the "
		"image that it would get: Windows PE would start and have no network. warn: boot "
		"it, and say so. refuse: do not boot it until `pewter prepare` has put one in."},
	{"boot", "chain_ipxe", CONFIG_YES_NO, 0, 0, "no", NULL, FIELD(chain_ipxe),
		"Give an iPXE that is in a network card first the iPXE named below: those in ROM "
		"are often old or without HTTP."},
	{"boot", "undionly", CONFIG_PATH, 0, 0, "/usr/lib/ipxe/undionly.kpxe", NULL,
		FIELD(undionly),
		"iPXE for BIOS machines (Debian: package ipxe). Used where the image has no "
		"pxeboot.n12, or is too large for it."},
	{"boot", "ipxe_x64", CONFIG_PATH, 0, 0, "/usr/lib/ipxe/snponly.efi", NULL, FIELD(ipxe_x64),
		"iPXE for UEFI x64 machines (Debian: package ipxe)."},
	{"boot", "ipxe_lkrn", CONFIG_PATH, 0, 0, "/usr/lib/ipxe/ipxe.lkrn", NULL, FIELD(ipxe_lkrn),
		"iPXE with drivers of its own, as a Linux kernel: what `pewter media ipxe` starts "
		"on BIOS machines (Debian: package ipxe)."},
	{"boot", "ipxe_efi", CONFIG_PATH, 0, 0, "/usr/lib/ipxe/ipxe.efi", NULL, FIELD(ipxe_efi),
		"The same for UEFI machines."},
	{"boot", "wimboot", CONFIG_PATH, 0, 0, "", NULL, FIELD(wimboot),
		"The program wimboot, for machines that boot through iPXE."},
	{"boot", "script", CONFIG_PATH, 0, 0, "", NULL, FIELD(script),
		"An iPXE script of your own in place of Pewter's. @BASE@, @ID@, @SERVER@, @IMAGE@ "
		"and @REVISION@ in it are filled in."},
	/* One packet on a network with an MTU of 1500; a genuine boot manager's own choice. */
	{"boot", "tftp_block", CONFIG_NUMBER, 512, LIMIT_TFTP_BLOCK_BYTES, "1456", NULL,
		FIELD(bcd_block_bytes),
		"The TFTP block size, in bytes, that the Windows boot manager is told to ask for "
		"(BCD element 35000007). Larger ones than 1456 travel in fragments."},
	{"boot", "tftp_window", CONFIG_NUMBER, 1, LIMIT_TFTP_WINDOW_BLOCKS, "16", NULL,
		FIELD(bcd_window_blocks),
		"The TFTP window, in blocks, that it is told to ask for (35000008). More is faster "
		"on a network that loses nothing."},
	{"boot", "tftp_variable_window", CONFIG_CHOICE, 0, 0, "auto", variable_choices,
		FIELD(bcd_variable_window),
		"Whether it is told to ask for the variable window (3600000b), which begins with 4 "
		"blocks and grows as long as nothing is lost. auto: yes, where the image is large "
		"enough to be there sooner than with the fixed window (7 MB for a window of 16, "
		"430 MB for 64)."},

	{"store", "url", CONFIG_URL, 0, 0, "sqlite:", NULL, FIELD(store_url),
		"Where records are kept. sqlite: in the state directory, and nothing else yet."},
	{NULL, NULL, 0, 0, 0, NULL, NULL, 0, 0, NULL},
};

_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) <= CONFIG_KEYS_MAX, "lines[] is short");
