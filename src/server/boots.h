/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boots that the daemon follows: found by id, by machine (MAC) and by address; their timelines
 * go to the store in batches. A boot is remembered until long after its verdict, because an agent's
 * last word may come late. When there are too many, the one that was silent longest is forgotten.
 */
#pragma once

#include "base/view.h"
#include "boot/decide.h"
#include "server/boot_rules.h"
#include "store/store.h"

#include <jansson.h>

/* What is made for one boot alone, once, when it is first asked for. */
enum boot_made {
	BOOT_MADE_BCD_TFTP,
	BOOT_MADE_BCD_HTTP,
	BOOT_MADE_SCRIPT,
	BOOT_N_MADE,
};

struct boot_links {
	struct boot *next;
	struct boot **back; /* what points here; NULL: not in the table */
};

struct boot {
	struct boot_record record; /* verdict and last_ms are filled in when it is stored */
	struct boot_facts facts;
	struct pxe_client client; /* as it last said */
	enum boot_loader loader;  /* as last decided */
	struct pxe_offer offer;   /* as last decided */
	bool is_on_network;       /* what was loaded has asked for an address itself */
	uint32_t reasons_hash;    /* of the last decision, so that repeats are not told again */
	struct view *made[BOOT_N_MADE];

	/* boots.c alone: */
	size_t n_events;
	bool is_dirty;
	struct boot_links by_id, by_mac, by_address;
	struct boot *older, *newer; /* by the last sign of life */
};

struct boots;

int boots_new(struct store *store, struct boots **ret_boots) MUST_CHECK;
/* Flushes first. */
struct boots *boots_free(struct boots *boots);
DEFINE_FREEP(struct boots, boots_free);
/* Takes up the boots that an earlier daemon left unfinished, so that its clients go on. */
int boots_load(struct boots *boots, int64_t now_ms, struct error *err) MUST_CHECK;

/* NULL if there is none. A pointer is valid until boots_start() or boots_tick(). */
struct boot *boots_by_id(struct boots *boots, const char *id);
struct boot *boots_by_mac(struct boots *boots, const uint8_t mac[static 6]);
struct boot *boots_by_address(struct boots *boots, uint32_t address);

int boots_new_id(char ret_id[static BOOT_ID_BYTES]) MUST_CHECK;
/* A boot with that id; mac is zeros and address is given when a file request is all we saw.
 * -EBUSY while strangers start them faster than we are willing to write them down. */
int boots_start(struct boots *boots, const char *id, const uint8_t mac[static 6], uint32_t address,
	int64_t now_ms, struct boot **ret_boot) MUST_CHECK;
/* The machine uses this address now; another boot that had it has it no longer. */
void boots_set_address(struct boots *boots, struct boot *boot, uint32_t address);
/* Keeps what was made for the boot; takes the view over. Of the boots that are silent longest, some
 * lose theirs when there are too many: the same bytes can be made again. */
void boots_made(struct boots *boots, struct boot *boot, enum boot_made which, struct view *view);
/* How many are kept. */
size_t boots_n_made(const struct boots *boots);
/* A sign of life. */
void boots_heard(struct boots *boots, struct boot *boot, int64_t now_ms);
/* Adds to the timeline. Takes details over (NULL for none, also when packing them failed). */
void boots_event(
	struct boots *boots, struct boot *boot, int64_t now_ms, const char *kind, json_t *details);
/* Sets the verdict, adds it to the timeline with these words (NULL for none), logs it. */
void boots_verdict(struct boots *boots, struct boot *boot, int64_t now_ms,
	enum boot_verdict verdict, const char *words);

/* Once a second: silence becomes a verdict, the old are forgotten. */
void boots_tick(struct boots *boots, int64_t now_ms);
/* Writes what has gathered to the store. */
void boots_flush(struct boots *boots, int64_t now_ms);
size_t boots_count(const struct boots *boots);
