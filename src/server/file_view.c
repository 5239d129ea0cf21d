/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/file_view.h"

#include "boot/firmware.h"
#include "boot/script.h"
#include "image/bcd.h"
#include "image/boot_sdi.h"

#include <errno.h>
#include <string.h>

static int image_file_view(
	const struct file_wish *wish, const char *name, struct view **ret_view, struct error *err)
{
	for (size_t i = 0; i < wish->image->n_files; i++)
		if (strcmp(wish->image->files[i].name, name) == 0)
			return view_cache_blob(
				wish->from->cache, &wish->image->files[i].blob, ret_view, err);
	return -ENOENT;
}

static int installed_view(
	const struct file_wish *wish, const char *path, struct view **ret_view, struct error *err)
{
	if (path[0] == 0)
		return -ENOENT;
	return view_cache_path(wish->from->cache, path, ret_view, err);
}

/* The image as the boot's revision has it. */
static int image_view(const struct file_wish *wish, struct view **ret_view, struct error *err)
{
	return view_cache_revision(
		wish->from->cache, wish->image, wish->boot->record.revision, ret_view, err);
}

static int image_size(const struct file_wish *wish, uint64_t *ret_size, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = image_view(wish, &view, err);
	if (rc == 0)
		*ret_size = view_size(view);
	return rc;
}

static int view_of_bytes(const void *bytes, size_t n, struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_copy(view, bytes, n);
	if (rc == 0)
		*ret_view = TAKE(view);
	return rc;
}

static bool is_uefi(const struct boot *boot)
{
	const struct firmware_arch *arch = firmware_arch(boot->client.arch);
	/* What loads a BCD without ever having said what it is came by an iPXE or a hand-made DHCP
	 * server; UEFI is the likelier. */
	return arch == NULL || arch->kind != FIRMWARE_BIOS;
}

static int make_bcd(const struct file_wish *wish, struct buffer *out, struct error *err)
{
	const struct config *config = wish->from->config;
	char sdi_path[LIMIT_PATH_BYTES], wim_path[LIMIT_PATH_BYTES];
	char image_sdi_path[LIMIT_PATH_BYTES] = "\\boot\\image.sdi";
	struct image_bcd_parameters parameters = {.description = wish->image->name,
		.sdi_path = "\\boot\\boot.sdi",
		.wim_path = "\\sources\\boot.wim",
		.image_sdi_path = wish->image->is_sdi ? image_sdi_path : NULL,
		.ramdisk_offset = wish->image->ramdisk_offset,
		.ramdisk_length = wish->image->ramdisk_length,
		.is_uefi = is_uefi(wish->boot)};
	if (!wish->entry->is_media) {
		tree_path(wish->boot->record.id, "boot.sdi", '\\', sdi_path);
		tree_path(wish->boot->record.id, "boot.wim", '\\', wim_path);
		tree_path(wish->boot->record.id, "image.sdi", '\\', image_sdi_path);
		parameters.sdi_path = sdi_path;
		parameters.wim_path = wim_path;
		parameters.tftp_block_bytes = config->bcd_block_bytes;
		parameters.tftp_window_blocks = config->bcd_window_blocks;
		uint64_t size = 0;
		int rc = image_size(wish, &size, err);
		if (rc < 0)
			return rc;
		parameters.tftp_variable_window = config_wants_variable_window(config, size);
	}
	return image_bcd_build(&parameters, out, err);
}

static const struct boot_image *catalogue_image(const struct guide *guide, const char *name)
{
	const struct boot_catalogue *catalogue = catalogue_images(guide->catalogue);
	for (size_t i = 0; i < catalogue->n_images; i++)
		if (strcmp(catalogue->images[i].name, name) == 0)
			return &catalogue->images[i];
	return NULL;
}

static int make_script(const struct file_wish *wish, struct buffer *out, struct error *err)
{
	const struct files_config *from = wish->from;
	struct boot_script script = {.boot_id = wish->boot->record.id,
		.server = wish->server,
		.http_port = from->guide->http_port,
		.client = &wish->boot->client,
		.image = catalogue_image(from->guide, wish->image->name),
		.revision = wish->boot->record.revision,
		.has_wimboot = from->guide->policy.has_wimboot,
		.template = from->script_template};
	if (script.image == NULL)
		return -ENOENT;
	int rc = boot_script_write(&script, out);
	return rc < 0 ? error_set(err, rc, "cannot write the iPXE script: %s", strerror(-rc)) : 0;
}

/* What is made for one boot is made once, or the same again: its bytes must not change between a
 * probe and a read. */
static int made_view(const struct file_wish *wish, enum boot_made which, size_t max_bytes,
	int (*make)(const struct file_wish *wish, struct buffer *out, struct error *err),
	struct view **ret_view, struct error *err)
{
	if (wish->boot->made[which] == NULL) {
		struct buffer bytes = buffer_with_max(max_bytes);
		struct view *view = NULL;
		int rc = make(wish, &bytes, err);
		if (rc == 0)
			rc = view_of_bytes(bytes.bytes, bytes.size, &view);
		buffer_free(&bytes);
		if (rc < 0)
			return rc;
		boots_made(wish->from->guide->boots, wish->boot, which, view);
	}
	*ret_view = view_ref(wish->boot->made[which]);
	return 0;
}

static int sdi_view(struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	size_t size;
	const uint8_t *bytes = boot_sdi_bytes(&size);
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_static(view, bytes, size);
	if (rc == 0)
		*ret_view = TAKE(view);
	return rc;
}

static int loader_view(const struct file_wish *wish, struct view **ret_view, struct error *err)
{
	const struct config *config = wish->from->config;
	switch (wish->entry->loader) {
	case BOOT_LOADER_UNDIONLY: return installed_view(wish, config->undionly, ret_view, err);
	case BOOT_LOADER_IPXE_X64: return installed_view(wish, config->ipxe_x64, ret_view, err);
	default: return image_file_view(wish, boot_loader_name(wish->entry->loader), ret_view, err);
	}
}

int file_view_find(const struct file_wish *wish, struct view **ret_view, struct error *err)
{
	switch (wish->entry->kind) {
	case TREE_LOADER: return loader_view(wish, ret_view, err);
	case TREE_BOOTMGR: return image_file_view(wish, "bootmgr.exe", ret_view, err);
	case TREE_FONT:
	case TREE_STL: return image_file_view(wish, wish->entry->name, ret_view, err);
	case TREE_BCD:
		return made_view(wish,
			wish->entry->is_media ? BOOT_MADE_BCD_HTTP : BOOT_MADE_BCD_TFTP,
			LIMIT_BCD_BYTES, make_bcd, ret_view, err);
	case TREE_SCRIPT:
		return made_view(
			wish, BOOT_MADE_SCRIPT, BOOT_SCRIPT_BYTES_MAX, make_script, ret_view, err);
	case TREE_SDI: return sdi_view(ret_view);
	case TREE_WIM:
	case TREE_IMAGE_SDI:
		return wish->image->is_sdi == (wish->entry->kind == TREE_IMAGE_SDI)
			       ? image_view(wish, ret_view, err)
			       : -ENOENT;
	case TREE_WIMBOOT: return installed_view(wish, wish->from->config->wimboot, ret_view, err);
	case TREE_NOTHING:
	case TREE_REPORT: break;
	}
	return -ENOENT;
}
