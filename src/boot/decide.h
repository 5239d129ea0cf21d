/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who boots what, and why: the heart of Pewter. A pure function of what the client says, what is
 * known of it, the policy and the catalogue of images, to a decision with the list of its reasons.
 * The server, `pewter explain`, the console and the tests call this one function.
 */
#pragma once

#include "base/guid.h"
#include "base/limits.h"
#include "wire/pxe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_ID_BYTES      13 /* 12 characters [a-z2-7] and NUL */
#define BOOT_REASONS_MAX   24
#define BOOT_REASON_BYTES  200
#define BOOT_CARDS_MAX     32 /* network cards of one machine that are told apart */
#define BOOT_CARD_ID_BYTES 64

/* The boot files that an image may hold; where each comes from is images' business (image/). */
enum boot_loader {
	BOOT_LOADER_NONE,
	BOOT_LOADER_BOOTMGFW_X64,   /* bootmgfw.efi, asked for as bootx64.efi */
	BOOT_LOADER_BOOTMGFW_IA32,  /* bootia32.efi */
	BOOT_LOADER_BOOTMGFW_ARM64, /* bootaa64.efi */
	BOOT_LOADER_BOOTMGFW_ARM32, /* bootarm.efi */
	BOOT_LOADER_PXEBOOT,        /* pxeboot.n12, which loads bootmgr.exe (BIOS) */
	BOOT_LOADER_UNDIONLY,       /* iPXE for BIOS */
	BOOT_LOADER_IPXE_X64,       /* iPXE for UEFI x64 (snponly.efi) */
	BOOT_LOADER_IPXE_SCRIPT,    /* the script that an iPXE which is already running executes */
};

/* Names used in JSON, in the store and as file names towards clients: "bootx64.efi", "pxeboot.n12",
 * "undionly.kpxe", ... */
const char *boot_loader_name(enum boot_loader loader);
/* The inverse, and the names by which other servers know the same files ("bootmgfw.efi");
 * BOOT_LOADER_NONE for any other. name is lower case. */
enum boot_loader boot_loader_by_name(const char *name);

/* Where the driver of a network card comes from. */
enum boot_driver_source {
	BOOT_DRIVER_NONE,
	BOOT_DRIVER_PACKAGE, /* a package that was put into the image */
	BOOT_DRIVER_IMAGE,   /* the image's own drivers */
};

/* How the client reached us with this request. */
enum boot_port {
	BOOT_PORT_PROXY,  /* DISCOVER on 67, another server gives addresses */
	BOOT_PORT_SERVER, /* DISCOVER or REQUEST on 67, we give addresses */
	BOOT_PORT_PXE,    /* REQUEST on 4011 */
	BOOT_PORT_FILE,   /* no DHCP seen: a TFTP or HTTP request from an address we do not know */
};

struct boot_request {
	enum boot_port port;
	uint8_t mac[6];              /* zeros for BOOT_PORT_FILE */
	struct pxe_client client;    /* as wire/pxe read it; for BOOT_PORT_FILE only arch is guessed
					from the file's name */
	uint32_t relay;              /* giaddr, 0 if none */
	uint32_t server;             /* our address towards the client */
	uint16_t http_port;          /* of the boot listener, for URLs; 80 is left out of them; 0:
					there is none */
	char boot_id[BOOT_ID_BYTES]; /* "" when explaining: then paths show "ID" in its place */
	bool loaded_ipxe;            /* this boot has already fetched our own iPXE */
};

enum boot_client_state {
	BOOT_CLIENT_UNKNOWN,
	BOOT_CLIENT_APPROVED,
	BOOT_CLIENT_HELD,    /* seen, waiting for an administrator */
	BOOT_CLIENT_REFUSED, /* never served */
};

/* A network card of a machine whose devices are known. */
struct boot_card {
	char id[BOOT_CARD_ID_BYTES]; /* its hardware id, for people */
	bool is_pci;
	uint16_t vendor, device; /* of PCI */
	/* What its plan says of it. */
	bool is_planned, is_covered;
	enum boot_driver_source by;
};

/* What the store knows of this machine. */
struct boot_client {
	enum boot_client_state state;
	char name[LIMIT_IMAGE_NAME_BYTES + 1];  /* "" if none */
	char image[LIMIT_IMAGE_NAME_BYTES + 1]; /* the image chosen for it, "" for the policy's */
	uint32_t revision;                      /* of its plan for that image; 0: the newest */
	/* The image of its plan, where another has been chosen since; else "". */
	char old_plan_image[LIMIT_IMAGE_NAME_BYTES + 1];
	struct boot_card cards[BOOT_CARDS_MAX];
	size_t n_cards;
};

enum boot_unknown {
	BOOT_UNKNOWN_SERVE,
	BOOT_UNKNOWN_HOLD,
	BOOT_UNKNOWN_IGNORE,
};

/* What to do with a machine whose network card its image does not drive. */
enum boot_uncovered {
	BOOT_UNCOVERED_WARN,
	BOOT_UNCOVERED_REFUSE,
};

/* [boot] of the config file. */
struct boot_policy {
	enum boot_unknown unknown;
	enum boot_uncovered uncovered;
	char image[LIMIT_IMAGE_NAME_BYTES +
		   1]; /* default image; "": the only one of the client's architecture there is */
	bool chain_ipxe_rom; /* an iPXE in ROM is first given our own iPXE */
	bool has_undionly;   /* the files are installed */
	bool has_ipxe_x64;
	bool has_wimboot;
	bool has_script; /* the user's own iPXE script, in place of ours */
};

/* Network cards that drivers are there for, by what iPXE tells of a card (option 175.177). Sorted
 * by vendor and device, each once. */
struct boot_nic {
	uint16_t vendor, device;
	bool any_board; /* else only boards of certain subsystems, which iPXE does not tell */
};
struct boot_nics {
	const struct boot_nic *ids;
	size_t n;
};

struct boot_revision {
	uint32_t revision;
	struct boot_nics nics; /* what its packages drive */
};

struct boot_image {
	char name[LIMIT_IMAGE_NAME_BYTES + 1];
	char arch[8];           /* "amd64", "x86", "arm64", "arm" */
	uint32_t revision;      /* the newest */
	uint32_t loaders;       /* bit (1 << enum boot_loader) for each it holds */
	bool is_sdi;            /* not a WIM, which is all that wimboot knows */
	bool knows_inbox;       /* false: it was imported before anybody asked */
	struct boot_nics inbox; /* what it drives by itself */
	/* The newest, and those that plans name. */
	const struct boot_revision *revisions;
	size_t n_revisions;
};

struct boot_catalogue {
	const struct boot_image *images;
	size_t n_images;
};

enum boot_action {
	BOOT_IGNORE, /* say nothing: not ours, or policy says so */
	BOOT_HOLD,   /* an unknown machine waits for approval: say nothing, but record it */
	BOOT_REFUSE, /* it asks to boot and cannot be served: record why */
	BOOT_SERVE,
};

enum boot_coverage {
	BOOT_COVERAGE_NONE,      /* no word: nothing is known of its network card */
	BOOT_COVERAGE_COVERED,   /* the image that it would get drives it */
	BOOT_COVERAGE_PERHAPS,   /* some boards of that kind, or some of its cards */
	BOOT_COVERAGE_UNKNOWN,   /* what the image drives by itself is not known */
	BOOT_COVERAGE_UNCOVERED, /* "Network initialization failed" */
};

/* Who told of the card. */
enum boot_card_source {
	BOOT_CARD_OF_REQUEST, /* iPXE */
	BOOT_CARD_OF_CLIENT,  /* the devices of a client that is known */
};

struct boot_card_decision {
	enum boot_coverage coverage;
	enum boot_card_source source;
	enum boot_driver_source by;
	char id[BOOT_CARD_ID_BYTES]; /* "PCI\VEN_8086&DEV_15F3"; the one that matters of several */
	char words[BOOT_REASON_BYTES]; /* as it stands in the reasons */
};

struct boot_decision {
	enum boot_action action;
	const struct boot_image *image; /* into the catalogue; NULL unless BOOT_SERVE */
	uint32_t revision;
	enum boot_loader loader;
	char path[LIMIT_PATH_BYTES];    /* the loader's path or URL, also where the offer's style
					   (PXE_OFFER_REDIRECT) does not name it yet; "" for
					   BOOT_PORT_FILE */
	struct pxe_offer offer;         /* what goes into the DHCP answer */
	struct boot_card_decision card; /* also where it is refused */
	size_t n_reasons;
	char reasons[BOOT_REASONS_MAX]
		    [BOOT_REASON_BYTES]; /* in the order in which they were thought */
};

void boot_decide(const struct boot_request *request, const struct boot_client *client,
	const struct boot_policy *policy, const struct boot_catalogue *catalogue,
	struct boot_decision *ret_decision);

const char *boot_action_name(enum boot_action action);
/* "package", "image", "": as plans and JSON name it. */
const char *boot_driver_source_name(enum boot_driver_source source);
