/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of names. Loaders of every age look for the same few files below different folders, so
 * a file is known by its last name; only "BCD" means different things in different places.
 */
#include "boot/tree.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define BOOT_ID_LENGTH (BOOT_ID_BYTES - 1)

/* Files known by their last name, wherever they are asked for. Lower case, as path_normalize gives
 * them. */
static const struct {
	const char *name;
	enum tree_kind kind;
} names[] = {
	{"bootmgr.exe", TREE_BOOTMGR},
	{"boot.sdi", TREE_SDI},
	{"boot.wim", TREE_WIM},
	{"image.sdi", TREE_IMAGE_SDI},
	{"boot.stl", TREE_STL},
	{"boot.ipxe", TREE_SCRIPT},
	{"wimboot", TREE_WIMBOOT},
	{"report", TREE_REPORT},
	/* Looked for by every iPXE for UEFI in the folder it came from, then in the root. */
	{"autoexec.ipxe", TREE_NOTHING},
	{"bootres.dll", TREE_NOTHING},
};

/* Code integrity policies, among them SbcpFlightToken.p7b and the four *SiPolicy.p7b that are asked
 * for three times over; and translations. No boot image needs them. */
static const struct {
	const char *extension;
	enum tree_kind kind;
} extensions[] = {
	{".ttf", TREE_FONT},
	{".p7b", TREE_NOTHING},
	{".mui", TREE_NOTHING},
};

/*
 * Where a BCD is one of ours. A genuine boot manager looks beside itself first ("\BCD" over TFTP,
 * "/EFI/Boot/BCD" over HTTP) and in the recovery folder, and goes on to the next place when there
 * is none: the store of a network boot is the last of these, and answering earlier ones was never
 * measured.
 */
static const struct {
	const char *path;
	enum tree_kind kind;
	bool is_media;
} stores[] = {
	{"boot/bcd", TREE_BCD, false},
	/* Asked for over HTTP, where every path but this one's own is fixed too. */
	{"efi/microsoft/boot/bcd", TREE_BCD, true},
	{"bcd", TREE_NOTHING, false},
	{"efi/boot/bcd", TREE_NOTHING, false},
	{"efi/microsoft/recovery/bcd", TREE_NOTHING, false},
};

static bool is_boot_id(const char *text)
{
	for (size_t i = 0; i < BOOT_ID_LENGTH; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')))
			return false;
	}
	return true;
}

/* Takes "b/ID/" off the path, if it begins so and something follows. */
static void take_boot_id(struct tree_entry *entry)
{
	const size_t prefix = 2 + BOOT_ID_LENGTH + 1;
	char *path = entry->path;
	if (strlen(path) <= prefix || memcmp(path, "b/", 2) != 0 || !is_boot_id(path + 2) ||
		path[prefix - 1] != '/')
		return;
	memcpy(entry->boot_id, path + 2, BOOT_ID_LENGTH);
	entry->boot_id[BOOT_ID_LENGTH] = 0;
	memmove(path, path + prefix, strlen(path + prefix) + 1);
}

static void found(struct tree_entry *entry, enum tree_kind kind)
{
	entry->kind = kind;
	entry->is_speculative = kind == TREE_NOTHING;
}

/* The BCD of a boot that is named in the path is always that boot's: option 252 and scripts of ours
 * name "b/ID/BCD", and a loader in that folder may ask for "b/ID/boot/BCD". */
static bool find_store(struct tree_entry *entry)
{
	if (strcmp(entry->name, "bcd") != 0)
		return false;
	if (entry->boot_id[0] != 0) {
		found(entry, TREE_BCD);
		entry->is_media = strcmp(entry->path, TREE_MEDIA "/bcd") == 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		if (strcmp(stores[i].path, entry->path) == 0) {
			found(entry, stores[i].kind);
			entry->is_media = stores[i].is_media;
			return true;
		}
	}
	return false;
}

int tree_lookup(const char *path, size_t length, struct tree_entry *ret_entry)
{
	struct tree_entry entry = {.kind = TREE_NOTHING};
	int rc = path_normalize(path, length, entry.path, sizeof(entry.path));
	if (rc < 0)
		return rc;
	take_boot_id(&entry);

	const char *name = path_name(entry.path);
	/* No name of ours is that long: what was cut off cannot make it one. */
	if (!text_copy(entry.name, sizeof(entry.name), name))
		goto out;
	if (find_store(&entry))
		goto out;

	entry.loader = boot_loader_by_name(entry.name);
	if (entry.loader == BOOT_LOADER_IPXE_SCRIPT) {
		entry.loader = BOOT_LOADER_NONE;
	} else if (entry.loader != BOOT_LOADER_NONE) {
		found(&entry, TREE_LOADER);
		goto out;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].name, entry.name) == 0) {
			found(&entry, names[i].kind);
			goto out;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
		if (strcmp(extensions[i].extension, path_extension(entry.name)) == 0) {
			found(&entry, extensions[i].kind);
			goto out;
		}
	}
out:
	*ret_entry = entry;
	return 0;
}

void tree_path(
	const char *boot_id, const char *name, char separator, char out[static LIMIT_PATH_BYTES])
{
	(void)snprintf(out, LIMIT_PATH_BYTES, "%cb%c%s%c%s", separator, separator, boot_id,
		separator, name);
}
