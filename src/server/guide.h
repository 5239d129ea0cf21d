/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ties packets and requests to boots: asks boot_decide() with what store and catalogue know, keeps
 * the boot that the decision belongs to, and writes the timeline. It stands behind the DHCP
 * listener and, for machines whose DHCP we never saw, behind the files.
 */
#pragma once

#include "boot/tree.h"
#include "server/boots.h"
#include "server/catalogue.h"
#include "server/dhcp_listener.h"
#include "server/file_source.h"

struct guide_counters {
	uint64_t n_served, n_held, n_refused, n_ignored;
	uint64_t n_overflow; /* machines that came faster than we write them down */
};

struct guide {
	struct store *store;
	struct boots *boots;
	struct catalogue *catalogue; /* owned; NULL until guide_reload() */
	uint64_t change_count;       /* of the store, when the catalogue was loaded */
	uint64_t n_loads;            /* how often it was: each decision looks for news */
	struct boot_policy policy;
	uint32_t address;   /* that clients are told to load from; 0: where they were heard */
	uint16_t http_port; /* 0: there is no HTTP listener */
	struct guide_counters counters;
	/* of the machine that was decided about last */
	struct boot_client known;
	struct boot_decision decision;
};

/* Loads the catalogue if the store has changed since, or always when forced. *ret_changed tells
 * whether it did. On failure the old one stays. */
int guide_reload(
	struct guide *guide, bool is_forced, bool *ret_changed, struct error *err) MUST_CHECK;
void guide_clear(struct guide *guide);

/* For the DHCP listener. */
struct dhcp_guide guide_for_dhcp(struct guide *guide);

/*
 * The boot that a file request belongs to, by the id in its path, else by the client's address; a
 * machine that is unknown is decided about now. -ENOENT: none, and none is begun for that file;
 * -EACCES: the machine is held, refused or ignored.
 */
int guide_boot_for_file(struct guide *guide, const struct file_request *request,
	const struct tree_entry *entry, int64_t now_ms, struct boot **ret_boot) MUST_CHECK;
