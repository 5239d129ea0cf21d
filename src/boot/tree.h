/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file tree that a client sees: a path as it came over TFTP or HTTP -> which boot it names and
 * which file is meant. Pure: who opens the file, and whether the image has it, is the server's
 * business.
 *
 * Paths with an id are "/b/ID/NAME"; all others ("\Boot\BCD", "/EFI/Microsoft/Boot/BCD",
 * "bootx64.efi") are matched to a boot by the client's address. What loaders ask for, and when, is
 * told in docs/wire.md, "What a Windows boot manager asks for".
 */
#pragma once

#include "boot/decide.h"

enum tree_kind {
	TREE_NOTHING, /* no such file: answer at once (ERROR 1, 404); a dozen of these precede every
			 Windows boot */
	TREE_LOADER,  /* entry.loader */
	TREE_BOOTMGR, /* bootmgr.exe, which pxeboot.n12 asks for */
	TREE_BCD,     /* made for this boot; entry.is_media tells with which paths */
	TREE_SDI,     /* the boot.sdi that was made when Pewter was built */
	TREE_WIM,     /* the image at the boot's revision */
	TREE_IMAGE_SDI, /* the same, of an image that is an SDI */
	TREE_FONT,      /* entry.name, e.g. "wgl4_boot.ttf" */
	TREE_STL,       /* boot.stl (Secure Boot on 24H2 and later) */
	TREE_SCRIPT,    /* iPXE script made for this boot */
	TREE_WIMBOOT,   /* the user's own wimboot, if there is one */
	TREE_REPORT,    /* HTTP only: the loader's or agent's word about how it went; the answer is
			   empty */
};

struct tree_entry {
	enum tree_kind kind;
	enum boot_loader loader; /* TREE_LOADER */
	bool is_media;           /* TREE_BCD: to name the files as media do ("\\boot\\boot.sdi",
				    "\\sources\\boot.wim"): for HTTP boot and for wimboot's own disk; else by
				    the boot's id */
	bool is_speculative;     /* TREE_NOTHING that every healthy boot asks for: not a fault */
	char boot_id[BOOT_ID_BYTES]; /* "" if the path names none */
	char path[LIMIT_PATH_BYTES]; /* the path in its one form (base/path.h), without the id */
	char name[64];               /* last part of path */
};

/* 0, or what path_normalize said: then the path is hostile and the request is refused. */
int tree_lookup(const char *path, size_t length, struct tree_entry *ret_entry);

/* The folder of a boot in which "BCD" is one with is_media: "/b/ID/media/BCD". */
#define TREE_MEDIA "media"

/* The path a boot's file is named by inside a BCD or an option: "\b\ID\boot.wim"; separator '\\' or
 * '/'. */
void tree_path(
	const char *boot_id, const char *name, char separator, char out[static LIMIT_PATH_BYTES]);
