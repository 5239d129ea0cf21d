/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine as the command line tells of it, and the DHCP packet that it would send: which is read
 * by the code that reads those of real machines, so that `pewter explain` cannot tell otherwise.
 */
#pragma once

#include "base/error.h"
#include "boot/decide.h"

#include <getopt.h>

/* The machine as the command line tells of it. */
struct machine {
	bool has_mac, has_uuid, has_arch, has_bus, has_port, is_ipxe;
	uint8_t mac[6];
	struct guid uuid;
	uint16_t arch;
	const char *vendor_class;
	const char *capture; /* of packets, in place of all the rest */
	uint32_t relay;
	uint16_t bus_vendor, bus_device;
	enum boot_port port;
};

extern const struct option machine_options[]; /* for getopt_long */

/* Takes one of these options; NULL, or what is wrong with it. */
const char *machine_take_option(int c, struct machine *machine);

int machine_request(const struct machine *machine, struct boot_request *ret_request,
	struct error *err) MUST_CHECK;
