/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The config file: INI text -> one value struct. One table (config_schema.c) names every key with
 * its type, bounds, default and words; parsing, `pewter config check` and `show`, the man page and
 * docs/configuration.md follow it.
 *
 * To add a key: a field here, a row there.
 */
#pragma once

#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "boot/decide.h"
#include "session/dhcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_FILE_DEFAULT   "/etc/pewter/pewter.conf"
#define CONFIG_PATH_BYTES     256
#define CONFIG_INTERFACES_MAX 32
#define CONFIG_POOLS_MAX      64
#define CONFIG_DNS_MAX        4 /* as in struct dhcp_session_config */
#define CONFIG_KEYS_MAX       64

enum config_variable_window {
	CONFIG_VARIABLE_WINDOW_NO,
	CONFIG_VARIABLE_WINDOW_YES,
	CONFIG_VARIABLE_WINDOW_AUTO, /* where it is quicker: config_wants_variable_window() */
};

/* Addresses are IPv4 in host byte order, 0 for none. */
struct config {
	char file[CONFIG_PATH_BYTES]; /* "" if there is none and all is default */

	/* [server] */
	char interfaces[CONFIG_INTERFACES_MAX][16]; /* none: every interface that is up */
	size_t n_interfaces;
	uint32_t address; /* 0: that of the interface on which a client is heard */
	char user[32];    /* "": stay who we are */
	enum log_level log;

	/* [dhcp] */
	enum dhcp_mode dhcp_mode;
	struct dhcp_pool pools[CONFIG_POOLS_MAX];
	size_t n_pools;
	uint32_t lease_s;
	uint32_t netmask, router;
	uint32_t dns[CONFIG_DNS_MAX]; /* ends with 0 unless full */
	size_t n_dns;
	char domain[128];
	bool conflict_check;

	/* [reservation] */
	struct dhcp_reservation *reservations; /* owned */
	size_t n_reservations;

	/* [tftp] */
	bool tftp_enabled;
	uint16_t tftp_port;
	uint32_t tftp_workers; /* 0: one for each processor, at most 8 */
	uint32_t tftp_sessions, tftp_sessions_per_client;
	bool tftp_fragments;
	bool tftp_variable_window; /* grant msftwindow to those who ask for it */

	/* [http] */
	bool http_enabled;
	uint16_t http_port;

	/* [control] */
	uint16_t control_port;

	/* [boot] */
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	enum boot_unknown unknown;
	enum boot_uncovered uncovered;
	bool chain_ipxe;
	char undionly[CONFIG_PATH_BYTES], ipxe_x64[CONFIG_PATH_BYTES];
	char ipxe_lkrn[CONFIG_PATH_BYTES], ipxe_efi[CONFIG_PATH_BYTES];
	char wimboot[CONFIG_PATH_BYTES], script[CONFIG_PATH_BYTES];
	uint32_t bcd_block_bytes, bcd_window_blocks;
	enum config_variable_window bcd_variable_window;

	/* [store] */
	char store_url[CONFIG_PATH_BYTES];

	unsigned lines[CONFIG_KEYS_MAX]; /* where each key of the table was set; 0: default */
};

/* path NULL: CONFIG_FILE_DEFAULT if it is there, else defaults. err: "pewter.conf:12: [dhcp] pool:
 * 10.0.0.9-10.0.0.1 ends before it begins". */
int config_load(const char *path, struct config *ret_config, struct error *err) MUST_CHECK;
/* name stands in front of errors. */
int config_parse(const char *text, size_t size, const char *name, struct config *ret_config,
	struct error *err) MUST_CHECK;
void config_clear(struct config *config);

/* Whether the BCD should ask for Microsoft's variable window (3600000b) for a WIM of that size. */
bool config_wants_variable_window(const struct config *config, uint64_t wim_bytes);

/* ---- the table ---- */

enum config_type {
	CONFIG_TEXT,
	CONFIG_PATH, /* absolute, or "" for none */
	CONFIG_NUMBER,
	CONFIG_PORT,
	CONFIG_YES_NO,
	CONFIG_CHOICE,
	CONFIG_DURATION, /* seconds; 90, 90s, 30m, 8h, 7d */
	CONFIG_IPV4,
	CONFIG_NETMASK,
	CONFIG_IPV4_LIST,
	CONFIG_POOLS,
	CONFIG_INTERFACES,
	CONFIG_RESERVATIONS, /* a section whose keys are MACs and UUIDs */
	CONFIG_URL,
};

struct config_key {
	const char *section, *key;
	enum config_type type;
	uint64_t min, max;          /* NUMBER and DURATION; TEXT: bytes at most */
	const char *default_text;   /* as it would stand in the file; "" for none */
	const char *const *choices; /* CHOICE: in the order of the enum, ends with NULL */
	size_t offset, size;        /* of the field in struct config */
	const char *help;           /* sentences, for the man page */
};

extern const struct config_key config_keys[]; /* ends with section NULL */

/* "yes or no", "number, 1 to 16", "proxy, server or off": what a person may write. */
void config_type_text(const struct config_key *key, char *text, size_t size);
/* Keys of these types may be given several times, and take lists separated by commas. */
bool config_is_list(const struct config_key *key);
/* The index-th value of a key as it would stand in the file ("" is a value: none set). false past
 * the last. */
bool config_value_text(const struct config *config, const struct config_key *key, size_t index,
	char *text, size_t size);
/* "default" or "FILE:LINE". */
void config_source_text(
	const struct config *config, const struct config_key *key, char *text, size_t size);

/* ---- for the files of this part (config_value.c) ---- */

/* Sets the field from text, adding to lists; the words of err begin behind "[section] key: ". name
 * is the key's own for CONFIG_RESERVATIONS. */
int config_value_set(struct config *config, const struct config_key *key, const char *name,
	const char *text, struct error *err) MUST_CHECK;
