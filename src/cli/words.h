/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of the store as JSON and as words, for the commands. */
#pragma once

#include "base/address.h"
#include "cli/cli.h"
#include "store/own_revisions.h"
#include "store/plans.h"
#include "store/store.h"

#include <stdint.h>

#define LOCAL_TIME_TEXT_BYTES 20

/* Now, as Unix time. */
int64_t cli_now_ms(void);

/* Never NULL for want of good UTF-8: what is not becomes '?'. */
json_t *json_text(const char *text);
/* RFC 3339 UTC. */
json_t *json_time(int64_t unix_ms);
/* null for zeros. */
json_t *json_mac(const uint8_t mac[static 6]);
json_t *json_ipv4(uint32_t address);
json_t *json_uuid(bool has_uuid, const struct guid *uuid);

/* CLIENT and BOOT (without events) of docs/json.md; NULL without memory. */
json_t *json_client(const struct client_record *client);
json_t *json_boot(const struct boot_record *boot);
/* {"time", "kind", and what the event's details hold}. */
json_t *json_event(const struct boot_event *event);

/* {"client", "plan"}: whose it is, and its id; and a list of them. */
json_t *json_plan(const struct plan_record *plan);
json_t *json_plan_clients(const struct plan_record *plans, size_t n);
/* On stderr: whose plans are gone, and what to do for them. */
void tell_lost_plans(
	const struct cli *cli, const struct plan_record *plans, size_t n, const char *remedy);

/* [{"image", "revision"}] of own revisions that went; and the same for people, a line each. */
json_t *json_revision_names(const struct revision_name *names, size_t n);
void print_gone_revisions(const struct revision_name *names, size_t n, bool dry_run);

/* "" if it is not known: a client may have been named before. */
void client_mac_format(const struct client_record *client, char text[static MAC_TEXT_BYTES]);

/* "2026-11-22 02:00:00" where the terminal is. */
void local_time_format(int64_t unix_ms, char text[static LOCAL_TIME_TEXT_BYTES]);

/* One line of JSON on stdout, for streams; releases the document. -EIO if stdout cannot be written,
 * -ENOMEM for NULL. */
int json_print_line(json_t *document) MUST_CHECK;
