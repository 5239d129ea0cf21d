/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pewter explain: what a machine would be told, and why, by the code that the server runs; for one
 * machine that the command line describes, or for every packet of a capture.
 */
#include "cli/commands.h"

#include "adapter/file.h"
#include "base/address.h"
#include "base/moment.h"
#include "cli/machine.h"
#include "cli/wrap.h"
#include "format/pcap.h"
#include "server/catalogue.h"
#include "server/config.h"
#include "server/decision_json.h"
#include "wire/dhcp.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REASON_COLUMN 5

/* ---- deciding ---- */

/* What the decision needs besides the machine. */
struct house {
	struct store *store;
	struct catalogue *catalogue;
	struct boot_policy policy;
	uint32_t address;
	uint16_t http_port;
	enum boot_port port; /* by [dhcp] mode */
};

static void house_close(struct house *house)
{
	house->catalogue = catalogue_free(house->catalogue);
	house->store = store_close(house->store);
}

static bool is_served(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_interfaces; i++) {
		if (strcmp(config->interfaces[i], name) == 0)
			return true;
	}
	return config->n_interfaces == 0;
}

/* The address that a client would be told: the configured one, else that of the first interface we
 * serve on. It only makes the paths read as they would. */
static uint32_t own_address(const struct config *config)
{
	uint32_t found = 0;
	struct ifaddrs *list = NULL;
	if (config->address != 0)
		return config->address;
	if (getifaddrs(&list) < 0)
		return 0;
	for (const struct ifaddrs *one = list; one != NULL && found == 0; one = one->ifa_next) {
		if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET ||
			(one->ifa_flags & IFF_LOOPBACK) != 0 || !is_served(config, one->ifa_name))
			continue;
		struct sockaddr_in address;
		memcpy(&address, one->ifa_addr, sizeof(address));
		found = ntohl(address.sin_addr.s_addr);
	}
	freeifaddrs(list);
	return found;
}

static int house_open(const struct cli *cli, struct house *ret_house, struct error *err)
{
	struct config config;
	struct house house = {.store = NULL};
	int rc = config_load(cli->config, &config, err);
	if (rc < 0)
		return rc;
	catalogue_policy(&config, &house.policy);
	house.address = own_address(&config);
	house.http_port = config.http_enabled ? config.http_port : 0;
	house.port = config.dhcp_mode == DHCP_MODE_SERVER  ? BOOT_PORT_SERVER
		     : config.dhcp_mode == DHCP_MODE_PROXY ? BOOT_PORT_PROXY
							   : BOOT_PORT_FILE;
	config_clear(&config);
	rc = store_open(cli->state, STORE_READ, &house.store, err);
	if (rc == 0)
		rc = catalogue_load(house.store, &house.catalogue, err);
	if (rc < 0) {
		house_close(&house);
		return rc;
	}
	*ret_house = house;
	return 0;
}

static int decide(const struct house *house, struct boot_request *request,
	struct boot_decision *ret_decision, struct error *err)
{
	struct boot_client client;
	request->server = house->address;
	request->http_port = house->http_port;
	const struct guid *uuid = request->client.has_uuid ? &request->client.uuid : NULL;
	int rc = catalogue_client(house->store, request->mac, uuid, &client, err);
	if (rc == 0)
		boot_decide(request, &client, &house->policy, catalogue_images(house->catalogue),
			ret_decision);
	return rc;
}

/* ---- the answer ---- */

static json_t *text_or_null(const char *text)
{
	return text[0] != 0 ? json_string(text) : json_null();
}

/* {"decision": {...}, "reasons": [...]}; NULL if out of memory. */
static json_t *decision_json(const struct boot_decision *d)
{
	return json_pack("{s:{s:s, s:o, s:o, s:o, s:o, s:o, s:o}, s:o}", "decision", "action",
		boot_action_name(d->action), "image",
		d->image != NULL ? json_string(d->image->name) : json_null(), "revision",
		d->image != NULL ? json_integer(d->revision) : json_null(), "loader",
		d->loader != BOOT_LOADER_NONE ? json_string(boot_loader_name(d->loader))
					      : json_null(),
		"path", text_or_null(d->path), "bcd_path", text_or_null(d->offer.bcd_path),
		"network_card", decision_card_json(d), "reasons", decision_reasons_json(d));
}

static int print_text(const struct boot_decision *d)
{
	int rc = 0;
	(void)printf("%s", boot_action_name(d->action));
	if (d->image != NULL)
		(void)printf(" %s@%u", d->image->name, d->revision);
	if (d->path[0] != 0)
		(void)printf(" by %s", d->path);
	(void)puts("");
	for (size_t i = 0; rc == 0 && i < d->n_reasons; i++) {
		char line[BOOT_REASON_BYTES + 16];
		int n = snprintf(line, sizeof(line), "%3zu. %s\n", i + 1, d->reasons[i]);
		rc = wrap_print(
			line, (size_t)n, terminal_columns(STDOUT_FILENO), REASON_COLUMN, stdout);
	}
	return rc == 0 && fflush(stdout) == 0 ? 0 : -EIO;
}

static int explain_machine(
	const struct cli *cli, const struct house *house, const struct machine *machine)
{
	struct error err = ERROR_NULL;
	struct boot_request request;
	struct boot_decision decision;
	int rc = machine_request(machine, &request, &err);
	if (rc == 0)
		rc = decide(house, &request, &decision, &err);
	if (rc < 0)
		return cli_fail(cli, &err);
	if (!cli->json) {
		rc = print_text(&decision);
		return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
	}
	json_t *document = decision_json(&decision);
	if (document == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	return cli_print_json(cli, document);
}

/* ---- replaying a capture ---- */

/* True for a packet that this server would decide upon. */
static bool request_of(
	const struct house *house, const struct pcap_datagram *d, struct boot_request *ret)
{
	struct dhcp_message message;
	if (d->destination_port != DHCP_PORT_SERVER && d->destination_port != PXE_PORT_BOOT_SERVER)
		return false;
	if (dhcp_parse(d->bytes, d->n, &message, NULL) < 0 || message.op != DHCP_OP_REQUEST)
		return false;
	bool asks =
		message.type == DHCP_DISCOVER ||
		(message.type == DHCP_REQUEST && (house->port == BOOT_PORT_SERVER ||
							 d->destination_port != DHCP_PORT_SERVER));
	if (!asks)
		return false;
	*ret = (struct boot_request){
		.port = d->destination_port == DHCP_PORT_SERVER ? house->port : BOOT_PORT_PXE,
		.relay = message.giaddr,
	};
	memcpy(ret->mac, message.chaddr, sizeof(ret->mac));
	pxe_client_read(&message, &ret->client);
	return true;
}

static int show_packet(const struct cli *cli, const struct pcap_datagram *datagram,
	const struct boot_request *request, const struct boot_decision *decision, json_t *packets)
{
	char time[MOMENT_TEXT_BYTES], mac[MAC_TEXT_BYTES];
	moment_format(datagram->time_ms, time);
	mac_format(request->mac, mac);
	if (!cli->json) {
		(void)printf(
			"packet %llu  %s  %s  ", (unsigned long long)datagram->number, time, mac);
		return print_text(decision);
	}
	json_t *one = decision_json(decision);
	if (one == NULL ||
		json_object_set_new(one, "number", json_integer((json_int_t)datagram->number)) <
			0 ||
		json_object_set_new(one, "time", json_string(time)) < 0 ||
		json_object_set_new(one, "mac", json_string(mac)) < 0) {
		json_decref(one);
		return -ENOMEM;
	}
	return json_array_append_new(packets, one) == 0 ? 0 : -ENOMEM;
}

static int replay(const struct cli *cli, const struct house *house, const void *bytes, size_t n,
	json_t *packets, struct error *err)
{
	struct pcap pcap;
	struct pcap_datagram datagram;
	int rc = pcap_open(bytes, n, &pcap, err);
	while (rc == 0 && (rc = pcap_next(&pcap, &datagram, err)) == 1) {
		struct boot_request request;
		struct boot_decision decision;
		rc = 0;
		if (!request_of(house, &datagram, &request))
			continue;
		rc = decide(house, &request, &decision, err);
		if (rc == 0)
			rc = show_packet(cli, &datagram, &request, &decision, packets);
	}
	return rc;
}

static int read_capture(const char *path, struct buffer *out, struct error *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : file_read_all(fd, out);
	if (rc == -EFBIG)
		return error_set(err, rc, "%s: larger than %u MB: cut it with `editcap`", path,
			LIMIT_CAPTURE_BYTES >> 20);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

static int explain_capture(const struct cli *cli, const struct house *house, const char *path)
{
	struct error err = ERROR_NULL;
	struct buffer file = buffer_with_max(LIMIT_CAPTURE_BYTES);
	json_t *packets = json_array();
	int rc = packets != NULL ? read_capture(path, &file, &err) : -ENOMEM;
	if (rc == 0) {
		rc = replay(cli, house, file.bytes, file.size, packets, &err);
		if (rc < 0)
			(void)error_prefix(&err, rc, "%s", path);
	}
	buffer_free(&file);
	if (rc == 0 && cli->json)
		return cli_print_json(cli, json_pack("{s:o}", "packets", packets));
	json_decref(packets);
	return rc < 0 ? cli_fail(cli, &err) : EXIT_DONE;
}

int cmd_explain(struct cli *cli, int argc, char **argv)
{
	struct machine machine = {.has_mac = false};
	struct house house;
	struct error err = ERROR_NULL;
	int c;
	while ((c = getopt_long(argc, argv, "", machine_options, NULL)) != -1) {
		const char *fault = machine_take_option(c, &machine);
		if (fault != NULL)
			return cli_usage(cli, "%s", fault);
	}
	if (optind < argc)
		return cli_usage(cli, "\"%s\" is too much", argv[optind]);
	if (!machine.has_mac && machine.capture == NULL)
		return cli_usage(cli, "name the machine with --mac, or a capture with --pcap");

	int rc = house_open(cli, &house, &err);
	if (rc < 0)
		return cli_fail(cli, &err);
	if (!machine.has_port)
		machine.port = house.port;
	int code = machine.capture != NULL ? explain_capture(cli, &house, machine.capture)
					   : explain_machine(cli, &house, &machine);
	house_close(&house);
	return code;
}
