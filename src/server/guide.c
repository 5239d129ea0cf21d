/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/guide.h"

#include "base/address.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"
#include "server/decision_json.h"

#include <errno.h>
#include <string.h>

#define VENDOR_CLASS_BYTES 64

int guide_reload(struct guide *guide, bool is_forced, bool *ret_changed, struct error *err)
{
	struct catalogue *catalogue = NULL;
	uint64_t count = 0;
	*ret_changed = false;
	int rc = store_change_count(guide->store, &count);
	if (rc < 0)
		return error_set(err, rc, "cannot ask the store for news: %s", strerror(-rc));
	if (!is_forced && guide->catalogue != NULL && count == guide->change_count)
		return 0;
	rc = catalogue_load(guide->store, &catalogue, err);
	if (rc < 0)
		return rc;
	(void)catalogue_free(guide->catalogue);
	guide->catalogue = catalogue;
	guide->change_count = count;
	guide->n_loads++;
	*ret_changed = true;
	return 0;
}

void guide_clear(struct guide *guide)
{
	guide->catalogue = catalogue_free(guide->catalogue);
}

/* ---- from a decision to a boot ---- */

static uint32_t hash_reasons(const struct boot_decision *decision)
{
	uint32_t hash = 2166136261U + (uint32_t)decision->action;
	for (size_t i = 0; i < decision->n_reasons; i++)
		for (const char *c = decision->reasons[i]; *c != 0; c++)
			hash = (hash ^ (uint8_t)*c) * 16777619U;
	return hash;
}

static json_t *decision_details(const struct boot_decision *decision)
{
	json_t *details = json_pack("{s:s, s:o*}", "action", boot_action_name(decision->action),
		"reasons", decision_reasons_json(decision));
	if (details != NULL && decision->card.coverage != BOOT_COVERAGE_NONE)
		(void)json_object_set_new(details, "network_card", decision_card_json(decision));
	if (details == NULL || decision->action != BOOT_SERVE)
		return details;
	(void)json_object_set_new(details, "image", json_string(decision->image->name));
	(void)json_object_set_new(details, "revision", json_integer(decision->revision));
	(void)json_object_set_new(
		details, "loader", json_string(boot_loader_name(decision->loader)));
	(void)json_object_set_new(details, "path", json_string(decision->path));
	return details;
}

static void log_decision(const struct boot *boot, const struct boot_decision *decision)
{
	log_info("event=decision boot=%s client=%s arch=%s action=%s image=%s loader=%s path=%s "
		 "why=\"%s\"",
		boot->record.id, boot->record.client, boot->record.arch,
		boot_action_name(decision->action),
		decision->action == BOOT_SERVE ? decision->image->name : "",
		decision->action == BOOT_SERVE ? boot_loader_name(decision->loader) : "",
		decision->path,
		decision->n_reasons > 0 ? decision->reasons[decision->n_reasons - 1] : "");
	if (decision->card.coverage == BOOT_COVERAGE_UNCOVERED)
		log_warning("event=uncovered boot=%s client=%s card=%s action=%s reason=\"%s\"",
			boot->record.id, boot->record.client, decision->card.id,
			boot_action_name(decision->action), decision->card.words);
}

/* A machine on the list that `pewter client list` shows was seen; one that is held comes on it. */
static void remember_client(
	struct guide *guide, const struct boot *boot, bool is_held, int64_t now_ms)
{
	static const uint8_t no_mac[6];
	struct error err = ERROR_NULL;
	struct client_record record;
	const struct guid *uuid = boot->record.has_uuid ? &boot->record.uuid : NULL;
	if (memcmp(boot->record.mac, no_mac, sizeof(no_mac)) == 0)
		return;
	int rc = store_client_find(guide->store, boot->record.mac, uuid, &record, &err);
	if (rc == 0) {
		rc = store_client_seen(guide->store, record.id, now_ms, &err);
	} else if (rc == -ENOENT && !is_held) {
		return;
	} else if (rc == -ENOENT) {
		record = (struct client_record){.has_uuid = uuid != NULL,
			.state = "held",
			.first_seen_ms = now_ms,
			.last_seen_ms = now_ms};
		memcpy(record.mac, boot->record.mac, sizeof(record.mac));
		if (uuid != NULL)
			record.uuid = *uuid;
		rc = store_client_put(guide->store, &record, &err);
	}
	if (rc < 0)
		log_error("event=client-not-stored reason=\"%s\"", err.text);
}

static void count_action(struct guide *guide, enum boot_action action)
{
	switch (action) {
	case BOOT_SERVE: guide->counters.n_served++; break;
	case BOOT_HOLD: guide->counters.n_held++; break;
	case BOOT_REFUSE: guide->counters.n_refused++; break;
	case BOOT_IGNORE: guide->counters.n_ignored++; break;
	}
}

/* Writes into the boot what was decided, and tells it where it is news. */
static void apply(
	struct guide *guide, struct boot *boot, const struct boot_request *request, int64_t now_ms)
{
	const struct boot_decision *decision = &guide->decision;
	struct boot_record *record = &boot->record;
	boot->client = request->client;
	boot->loader = decision->loader;
	record->has_uuid = request->client.has_uuid;
	record->uuid = request->client.uuid;
	(void)text_copy(record->arch, sizeof(record->arch), pxe_arch_name(request->client.arch));
	if (guide->known.name[0] != 0)
		(void)text_copy(record->client, sizeof(record->client), guide->known.name);
	if (decision->action == BOOT_SERVE) {
		(void)text_copy(record->image, sizeof(record->image), decision->image->name);
		record->revision = decision->revision;
		boot->offer = decision->offer;
	}
	uint32_t hash = hash_reasons(decision);
	if (hash == boot->reasons_hash)
		return;
	boot->reasons_hash = hash;
	boots_event(guide->boots, boot, now_ms, "decision", decision_details(decision));
	log_decision(boot, decision);
	remember_client(guide, boot, decision->action == BOOT_HOLD, now_ms);

	const char *why =
		decision->n_reasons > 0 ? decision->reasons[decision->n_reasons - 1] : NULL;
	if (decision->action == BOOT_HOLD) {
		boots_verdict(guide->boots, boot, now_ms, BOOT_VERDICT_HELD, why);
	} else if (decision->action == BOOT_REFUSE) {
		boots_verdict(guide->boots, boot, now_ms, BOOT_VERDICT_REFUSED, why);
	} else if (boot->facts.verdict != BOOT_VERDICT_RUNNING) {
		boot->facts.verdict = BOOT_VERDICT_RUNNING; /* it has been approved meanwhile */
	}
}

/*
 * Decides; *boot is the one it belongs to, or NULL to begin one. On return *boot is NULL if there
 * is nothing to follow (ignored, or too many strangers at once).
 */
static void decide(struct guide *guide, struct boot_request *request, uint32_t address,
	int64_t now_ms, struct boot **boot)
{
	struct error err = ERROR_NULL;
	bool changed;
	const struct guid *uuid = request->client.has_uuid ? &request->client.uuid : NULL;
	/* What was prepared a moment ago names a revision that the catalogue must know. */
	if (guide_reload(guide, false, &changed, &err) < 0)
		log_error("event=reload-failed reason=\"%s\"", err.text);
	int rc = catalogue_client(guide->store, request->mac, uuid, &guide->known, &err);
	if (rc < 0) {
		log_error("event=client-unreadable reason=\"%s\"", err.text);
		guide->known = (struct boot_client){.state = BOOT_CLIENT_UNKNOWN};
	}
	if (*boot != NULL)
		(void)text_copy(request->boot_id, sizeof(request->boot_id), (*boot)->record.id);
	else if (boots_new_id(request->boot_id) < 0)
		return;
	if (guide->address != 0)
		request->server = guide->address;
	request->http_port = guide->http_port;
	request->loaded_ipxe = *boot != NULL && (*boot)->facts.loaded_ipxe;
	boot_decide(request, &guide->known, &guide->policy, catalogue_images(guide->catalogue),
		&guide->decision);
	count_action(guide, guide->decision.action);
	if (guide->decision.action == BOOT_IGNORE) {
		*boot = NULL;
		return;
	}
	if (*boot == NULL) {
		rc = boots_start(
			guide->boots, request->boot_id, request->mac, address, now_ms, boot);
		if (rc < 0) {
			guide->counters.n_overflow++;
			*boot = NULL;
			guide->decision.action = BOOT_IGNORE;
			return;
		}
	}
	boots_heard(guide->boots, *boot, now_ms);
}

/* ---- DHCP ---- */

static void copy_vendor_class(const struct dhcp_message *message, char *out, size_t size)
{
	size_t n = 0;
	const uint8_t *bytes = dhcp_option(message, DHCP_OPT_VENDOR_CLASS, &n);
	text_copy_printable(out, size, bytes, bytes != NULL ? n : 0);
}

/* Sets a key unless the address is unknown. */
static void set_address(json_t *details, const char *key, uint32_t address)
{
	char text[IPV4_TEXT_BYTES];
	if (details == NULL || address == 0)
		return;
	ipv4_format(address, text);
	(void)json_object_set_new(details, key, json_string(text));
}

static json_t *discover_details(
	const struct dhcp_exchange *exchange, const struct dhcp_message *message)
{
	char mac[MAC_TEXT_BYTES], uuid[GUID_TEXT_BYTES], class[VENDOR_CLASS_BYTES];
	mac_format(exchange->mac, mac);
	copy_vendor_class(message, class, sizeof(class));
	json_t *details = json_pack("{s:s, s:s, s:s}", "mac", mac, "arch",
		pxe_arch_name(exchange->client.arch), "vendor_class", class);
	if (details != NULL && exchange->client.has_uuid) {
		guid_format(&exchange->client.uuid, uuid);
		(void)json_object_set_new(details, "uuid", json_string(uuid));
	}
	set_address(details, "relay", message->giaddr);
	return details;
}

static json_t *request_details(const struct dhcp_exchange *exchange,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival)
{
	uint32_t server = 0;
	json_t *details = json_pack("{s:i}", "port", (int)arrival->local_port);
	if (dhcp_option_u32(message, DHCP_OPT_SERVER_ID, &server))
		set_address(details, "server", server);
	set_address(details, "address", exchange->address);
	return details;
}

static bool is_discover(const struct dhcp_exchange *exchange)
{
	return exchange->kind == DHCP_PROXY_DISCOVER || exchange->kind == DHCP_SERVER_DISCOVER;
}

static enum boot_port port_of(const struct dhcp_exchange *exchange)
{
	return exchange->kind == DHCP_BOOT_REQUEST     ? BOOT_PORT_PXE
	       : exchange->kind == DHCP_PROXY_DISCOVER ? BOOT_PORT_PROXY
						       : BOOT_PORT_SERVER;
}

static const struct pxe_offer *dhcp_decide(void *context, const struct dhcp_exchange *exchange,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival)
{
	struct guide *guide = context;
	int64_t now_ms = arrival->now_ms;
	struct boot *boot = boots_by_mac(guide->boots, exchange->mac);
	if (boot != NULL && (is_discover(exchange) ? boot_rules_discover_is_new(&boot->facts,
							     exchange->client.is_ipxe, now_ms)
						   : boot_rules_file_is_new(&boot->facts, now_ms)))
		boot = NULL;

	struct boot_request request = {.port = port_of(exchange),
		.client = exchange->client,
		.relay = message->giaddr,
		.server = arrival->local};
	memcpy(request.mac, exchange->mac, sizeof(request.mac));
	decide(guide, &request, 0, now_ms, &boot);
	if (boot == NULL)
		return NULL;
	boots_event(guide->boots, boot, now_ms, is_discover(exchange) ? "discover" : "request",
		is_discover(exchange) ? discover_details(exchange, message)
				      : request_details(exchange, message, arrival));
	apply(guide, boot, &request, now_ms);
	if (!is_discover(exchange) && exchange->kind == DHCP_BOOT_REQUEST && message->ciaddr != 0)
		boots_set_address(guide->boots, boot, message->ciaddr);
	return guide->decision.action == BOOT_SERVE ? &guide->decision.offer : NULL;
}

/*
 * Packets that need no decision. Two of them tell something: which address a machine takes from
 * another server, and that Windows PE, once loaded, asks for an address, which it only can when its
 * network driver works.
 */
static void dhcp_heard(void *context, const struct dhcp_exchange *exchange,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival)
{
	struct guide *guide = context;
	struct boot *boot = boots_by_mac(guide->boots, exchange->mac);
	bool is_client = message->op == DHCP_OP_REQUEST &&
			 (message->type == DHCP_DISCOVER || message->type == DHCP_REQUEST);
	if (boot == NULL || !is_client)
		return;
	bool is_firmware = exchange->client.vendor != PXE_VENDOR_NONE || exchange->client.is_ipxe;
	if (is_firmware && exchange->kind == DHCP_FOREIGN_REQUEST &&
		boot->facts.verdict == BOOT_VERDICT_RUNNING) {
		boots_set_address(guide->boots, boot, exchange->address);
		boots_heard(guide->boots, boot, arrival->now_ms);
		boots_event(guide->boots, boot, arrival->now_ms, "request",
			request_details(exchange, message, arrival));
	} else if (!is_firmware && boot->facts.image_delivered && !boot->is_on_network) {
		char class[VENDOR_CLASS_BYTES];
		copy_vendor_class(message, class, sizeof(class));
		boot->is_on_network = true;
		boots_heard(guide->boots, boot, arrival->now_ms);
		boots_event(guide->boots, boot, arrival->now_ms, "network",
			json_pack("{s:s}", "vendor_class", class));
	}
}

static const char *style_name(enum pxe_offer_style style)
{
	static const char *const names[] = {
		[PXE_OFFER_PLAIN] = "plain",
		[PXE_OFFER_REDIRECT] = "redirect",
		[PXE_OFFER_DIRECT] = "direct",
		[PXE_OFFER_FINAL] = "final",
		[PXE_OFFER_HTTP] = "http",
	};
	return names[style];
}

static void dhcp_sent(void *context, const struct dhcp_action *action, int64_t now_ms)
{
	struct guide *guide = context;
	struct boot *boot = boots_by_mac(guide->boots, action->mac);
	bool is_offer = action->type == DHCP_OFFER;
	if (boot == NULL || boot->facts.verdict != BOOT_VERDICT_RUNNING ||
		(!is_offer && action->type != DHCP_ACK) || boot->is_on_network)
		return;
	struct reader reader = reader_over(action->bytes, action->n_bytes);
	reader_seek(&reader, 16);
	uint32_t given = reader_be32(&reader); /* yiaddr */
	if (!is_offer && given != 0)
		boots_set_address(guide->boots, boot, given);
	json_t *details = json_pack("{s:s}", "style", style_name(boot->offer.style));
	set_address(details, "server", action->source);
	if (details != NULL && boot->offer.file[0] != 0)
		(void)json_object_set_new(details, "file", json_string(boot->offer.file));
	set_address(details, "to", action->destination);
	set_address(details, "address", given);
	boots_event(guide->boots, boot, now_ms, is_offer ? "offer" : "ack", details);
	log_info("event=%s boot=%s client=%s style=%s file=%s", is_offer ? "offer" : "ack",
		boot->record.id, boot->record.client, style_name(boot->offer.style),
		boot->offer.file);
}

struct dhcp_guide guide_for_dhcp(struct guide *guide)
{
	return (struct dhcp_guide){
		.context = guide, .decide = dhcp_decide, .heard = dhcp_heard, .sent = dhcp_sent};
}

/* ---- files ---- */

static uint16_t guess_arch(const struct tree_entry *entry)
{
	if (entry->kind == TREE_BOOTMGR)
		return PXE_ARCH_BIOS;
	if (entry->kind != TREE_LOADER)
		return PXE_ARCH_UNKNOWN;
	switch (entry->loader) {
	case BOOT_LOADER_BOOTMGFW_X64:
	case BOOT_LOADER_IPXE_X64: return PXE_ARCH_EFI_X64;
	case BOOT_LOADER_BOOTMGFW_IA32: return PXE_ARCH_EFI_IA32;
	case BOOT_LOADER_BOOTMGFW_ARM64: return PXE_ARCH_EFI_ARM64;
	case BOOT_LOADER_BOOTMGFW_ARM32: return PXE_ARCH_EFI_ARM32;
	case BOOT_LOADER_PXEBOOT:
	case BOOT_LOADER_UNDIONLY: return PXE_ARCH_BIOS;
	default: return PXE_ARCH_UNKNOWN;
	}
}

/* A machine whose DHCP we did not see: decided about by what it asks for. before is the boot that
 * had this address last, or NULL. */
static int begin_by_file(struct guide *guide, const struct file_request *file,
	const struct tree_entry *entry, const struct boot *before, int64_t now_ms,
	struct boot **ret_boot)
{
	struct boot *boot = NULL;
	struct boot_request request = {.port = BOOT_PORT_FILE, .server = file->local};
	if (before != NULL) {
		memcpy(request.mac, before->record.mac, sizeof(request.mac));
		request.client = before->client;
	}
	uint16_t arch = guess_arch(entry);
	if (before == NULL || arch != PXE_ARCH_UNKNOWN)
		request.client.arch = arch;
	decide(guide, &request, file->peer, now_ms, &boot);
	if (boot == NULL)
		return -EACCES;
	apply(guide, boot, &request, now_ms);
	if (guide->decision.action != BOOT_SERVE)
		return -EACCES;
	*ret_boot = boot;
	return 0;
}

int guide_boot_for_file(struct guide *guide, const struct file_request *request,
	const struct tree_entry *entry, int64_t now_ms, struct boot **ret_boot)
{
	bool is_named = entry->boot_id[0] != 0;
	struct boot *boot = is_named ? boots_by_id(guide->boots, entry->boot_id)
				     : boots_by_address(guide->boots, request->peer);
	bool begins = !is_named && entry->kind != TREE_NOTHING && entry->kind != TREE_REPORT &&
		      (boot == NULL || boot_rules_file_is_new(&boot->facts, now_ms));
	if (begins)
		return begin_by_file(guide, request, entry, boot, now_ms, ret_boot);
	if (boot == NULL)
		return -ENOENT;
	if (boot->facts.verdict == BOOT_VERDICT_HELD || boot->facts.verdict == BOOT_VERDICT_REFUSED)
		return -EACCES;
	*ret_boot = boot;
	return 0;
}
