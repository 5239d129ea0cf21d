/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one boot is, and how it ended, as rules over a few facts. Pure: time comes in as an
 * argument.
 *
 * A boot is one power-on of one machine. Nothing on the wire says "power-on", so it is told from
 * what the machine already had when it asked again: firmware repeats its DISCOVER after 4, 8, 16
 * and 32 s; an iPXE that we delivered sends a DISCOVER of its own; anything else that starts over
 * after it had loaded something is a new attempt.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum boot_verdict {
	BOOT_VERDICT_RUNNING,
	BOOT_VERDICT_BOOTED,  /* it said so */
	BOOT_VERDICT_FAILED,  /* it said so */
	BOOT_VERDICT_LOADED,  /* the image was delivered whole, and nothing was heard since */
	BOOT_VERDICT_STALLED, /* it fell silent before that */
	BOOT_VERDICT_REFUSED,
	BOOT_VERDICT_HELD,
};

struct boot_facts {
	enum boot_verdict verdict;
	int64_t started_ms;   /* Unix time */
	int64_t heard_ms;     /* the last sign of life */
	bool loaded_ipxe;     /* our own iPXE was delivered whole */
	bool loaded_file;     /* any other file was delivered whole */
	bool image_delivered; /* boot.wim was */
};

#define BOOT_REPEAT_MS  90000       /* longer than the longest pause between two DISCOVERs (32 s) */
#define BOOT_SILENCE_MS (5 * 60000) /* then we stop waiting for a boot */
#define BOOT_FORGET_MS  (6 * 3600000) /* then its id means nothing any more */

/* "running", "booted", ...: as in the store and in JSON. */
const char *boot_verdict_name(enum boot_verdict verdict);
bool boot_verdict_parse(const char *name, enum boot_verdict *ret_verdict);
/* Nothing more is expected, though a late report may still change it. */
bool boot_verdict_is_final(enum boot_verdict verdict);
/* When a boot of which nothing is heard after last_ms is over: a machine that is held or refused
 * goes on asking for a while, and may be approved meanwhile. INT64_MAX while it runs. */
int64_t boot_rules_over_ms(enum boot_verdict verdict, int64_t last_ms);

/* Does a DISCOVER, heard now, begin a new boot of the machine whose last boot has these facts? */
bool boot_rules_discover_is_new(const struct boot_facts *facts, bool is_ipxe, int64_t now_ms);
/* Does a request for a file that names no boot, from that machine's address, begin one? The boot
 * manager asks for its own loader again in the middle of a boot, so that alone is no sign. */
bool boot_rules_file_is_new(const struct boot_facts *facts, int64_t now_ms);
/* The verdict at this time: the one it has, or what silence makes of it. */
enum boot_verdict boot_rules_verdict(const struct boot_facts *facts, int64_t now_ms);
bool boot_rules_may_forget(const struct boot_facts *facts, int64_t now_ms);
