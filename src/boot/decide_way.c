/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot/decide_way.h"

#include "base/text.h"
#include "boot/script.h"
#include "boot/tree.h"
#include "boot/url.h"

#include <assert.h>
#include <stdio.h>

/* ---- which loader ---- */

static bool holds(const struct boot_image *image, enum boot_loader loader)
{
	return (image->loaders & (UINT32_C(1) << loader)) != 0;
}

static bool has_our_ipxe(const struct thought *t)
{
	switch (t->arch->ipxe) {
	case BOOT_LOADER_UNDIONLY: return t->policy->has_undionly;
	case BOOT_LOADER_IPXE_X64: return t->policy->has_ipxe_x64;
	default: return false;
	}
}

/* What the script (script.c) will do, told before the machine finds out. */
static void foresee_script(struct thought *t)
{
	const struct boot_image *image = t->decision->image;
	const char *native = boot_loader_name(t->arch->loader);
	if (t->policy->has_script)
		thought_reason(t, "iPXE gets your own script ([boot] script)");
	else if (t->policy->has_wimboot && boot_script_fits_wimboot(image))
		thought_reason(t, "iPXE gets a script that starts wimboot");
	else if (holds(image, t->arch->loader))
		thought_reason(t, "iPXE gets a script that starts %s", native);
	else
		thought_reason(t,
			"its script can only say on the screen what is missing: %s in the image, "
			"or "
			"wimboot on the server ([boot] wimboot=)",
			native);
}

static enum boot_loader choose_for_ipxe(struct thought *t)
{
	const struct boot_request *r = t->request;
	if (t->policy->chain_ipxe_rom && !r->loaded_ipxe) {
		if (has_our_ipxe(t)) {
			thought_reason(
				t, "an iPXE in ROM is given our own first ([boot] chain_ipxe)");
			return t->arch->ipxe;
		}
		thought_reason(t,
			"[boot] chain_ipxe is on, but no iPXE for %s is installed: its own is "
			"used",
			t->arch->words);
	} else if (r->loaded_ipxe) {
		thought_reason(t, "our own iPXE is running");
	}
	foresee_script(t);
	return BOOT_LOADER_IPXE_SCRIPT;
}

static enum boot_loader choose_loader(struct thought *t)
{
	const struct boot_image *image = t->decision->image;
	assert(t->arch != NULL); /* it may be unknown for a file request only */
	if (t->kind == FIRMWARE_IPXE)
		return choose_for_ipxe(t);

	enum boot_loader native = t->arch->loader;
	if (holds(image, native)) {
		thought_reason(t, "%s holds %s, Windows' own loader for this firmware", image->name,
			boot_loader_name(native));
		return native;
	}
	thought_reason(t, "%s holds no %s, Windows' own loader for this firmware", image->name,
		boot_loader_name(native));
	/* HTTP boot would work with an iPXE too, but its firmware is young enough to be left to
	 * bootmgfw.efi, which every boot.wim of that age has. */
	if (t->kind != FIRMWARE_HTTP && has_our_ipxe(t)) {
		thought_reason(t, "so it goes by way of %s", boot_loader_name(t->arch->ipxe));
		foresee_script(t);
		return t->arch->ipxe;
	}
	if (t->kind == FIRMWARE_BIOS)
		thought_reason(t,
			"`pewter image import` of an ISO or ADK folder finds it; or `apt install "
			"ipxe` for the way by iPXE and wimboot");
	else
		thought_reason(t,
			"`pewter image import` of the whole medium (ISO or ADK folder) finds it");
	return BOOT_LOADER_NONE;
}

/* ---- how is it told ---- */

static void name_script(struct thought *t, const char *path)
{
	const struct boot_request *r = t->request;
	uint16_t http_port = r->client.ipxe_has_http ? r->http_port : 0;
	char base[BOOT_URL_BASE_BYTES];
	boot_url_base(r->server, http_port, base);
	if (http_port == 0)
		thought_reason(t, "over TFTP, as %s",
			r->http_port == 0 ? "the HTTP listener is off ([http] enabled=no)"
					  : "this iPXE was built without HTTP (175.19)");
	int n = snprintf(t->decision->path, sizeof(t->decision->path), "%s%s", base, path);
	assert(n > 0 && (size_t)n < sizeof(t->decision->path));
}

static bool is_windows(enum boot_loader loader)
{
	return loader >= BOOT_LOADER_BOOTMGFW_X64 && loader <= BOOT_LOADER_PXEBOOT;
}

static bool make_offer(struct thought *t)
{
	struct boot_decision *d = t->decision;
	struct pxe_offer *offer = &d->offer;
	const struct boot_request *r = t->request;
	const struct firmware_row *row = firmware_row(t->kind, r->port);
	const char *id = r->boot_id[0] != 0 ? r->boot_id : "ID";
	const char *name = boot_loader_name(d->loader);

	offer->server = r->server;
	offer->style = row->style;
	if (t->kind == FIRMWARE_HTTP) {
		if (r->http_port == 0) {
			thought_reason(t,
				"it boots over HTTP, and the HTTP listener is off: set [http] "
				"enabled=yes");
			return false;
		}
		/* The boot manager asks for everything else below fixed paths, so there is nothing
		 * to gain from an id here; requests are told apart by address. */
		char base[BOOT_URL_BASE_BYTES];
		boot_url_base(r->server, r->http_port, base);
		(void)snprintf(d->path, sizeof(d->path), "%s/EFI/Boot/%s", base, name);
	} else if (d->loader == BOOT_LOADER_IPXE_SCRIPT) {
		char path[LIMIT_PATH_BYTES];
		tree_path(id, name, '/', path);
		name_script(t, path);
	} else if (is_windows(d->loader)) {
		/* Backslashes and no leading one, as WDS names them; wdsmgfw and bootmgr look for
		 * their neighbours from there. */
		char path[LIMIT_PATH_BYTES];
		tree_path(id, name, '\\', path);
		(void)text_copy(d->path, sizeof(d->path), path + 1);
		tree_path(id, "BCD", '\\', path);
		(void)text_copy(offer->bcd_path, sizeof(offer->bcd_path), path);
	} else {
		char path[LIMIT_PATH_BYTES];
		tree_path(id, name, '/', path);
		(void)text_copy(d->path, sizeof(d->path), path + 1);
	}
	if (row->style == PXE_OFFER_REDIRECT)
		offer->bcd_path[0] = 0;
	else
		(void)text_copy(offer->file, sizeof(offer->file), d->path);
	thought_reason(t, "%s", row->why);
	return true;
}

bool decide_way(struct thought *t)
{
	/* It has its loader already, or asks for one by name: the tree finds it. */
	if (t->request->port == BOOT_PORT_FILE)
		return true;
	t->decision->loader = choose_loader(t);
	return t->decision->loader != BOOT_LOADER_NONE && make_offer(t);
}
