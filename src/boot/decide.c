/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The decision, in the order in which an administrator would take it: is this a machine that wants
 * to boot; may it; what is it; which image; will it have a network; which loader; how is it told.
 * Every step leaves a sentence, and a refusal names the command that mends it.
 */
#include "boot/decide.h"

#include "base/address.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "boot/card.h"
#include "boot/firmware.h"
#include "boot/script.h"
#include "boot/tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* All that the steps share. */
struct thought {
	const struct boot_request *request;
	const struct boot_client *client;
	const struct boot_policy *policy;
	const struct boot_catalogue *catalogue;
	const struct firmware_arch *arch; /* NULL: a file request that does not tell */
	enum firmware_kind kind;
	struct boot_decision *decision;
};

static void reason(struct thought *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void reason(struct thought *t, const char *format, ...)
{
	struct boot_decision *d = t->decision;
	if (d->n_reasons == BOOT_REASONS_MAX)
		return;
	va_list args;
	va_start(args, format);
	/* A sentence that is too long is cut: it is there to be read, not to be parsed. */
	(void)vsnprintf(d->reasons[d->n_reasons++], BOOT_REASON_BYTES, format, args);
	va_end(args);
}

/* ---- does it want to boot ---- */

static bool wants_to_boot(struct thought *t)
{
	const struct pxe_client *c = &t->request->client;
	if (t->request->port == BOOT_PORT_FILE) {
		reason(t, "it asks for a file and no DHCP packet of it was seen here");
		return true;
	}
	if (c->vendor == PXE_VENDOR_NONE && !c->is_ipxe) {
		reason(t, "not a boot client: option 60 says neither PXEClient nor HTTPClient, and "
			  "it is no iPXE");
		t->decision->action = BOOT_IGNORE;
		return false;
	}
	return true;
}

/* ---- may it ---- */

/* " 52:54:00:12:34:56", to stand behind a command; "" if only its address is known. */
static const char *operand_of(const struct boot_request *request, char text[1 + MAC_TEXT_BYTES])
{
	static const uint8_t no_mac[6];
	text[0] = 0;
	if (memcmp(request->mac, no_mac, sizeof(no_mac)) != 0) {
		text[0] = ' ';
		mac_format(request->mac, text + 1);
	}
	return text;
}

static bool may_boot(struct thought *t)
{
	char machine[1 + MAC_TEXT_BYTES];
	const char *operand = operand_of(t->request, machine);
	const char *name = t->client->name[0] != 0 ? t->client->name : "this machine";
	switch (t->client->state) {
	case BOOT_CLIENT_APPROVED: reason(t, "%s is approved", name); return true;
	case BOOT_CLIENT_REFUSED:
		reason(t, "%s is refused; `pewter client approve%s` lets it boot again", name,
			operand);
		t->decision->action = BOOT_REFUSE;
		return false;
	case BOOT_CLIENT_HELD:
		reason(t, "%s waits for approval: `pewter client approve%s`", name, operand);
		t->decision->action = BOOT_HOLD;
		return false;
	case BOOT_CLIENT_UNKNOWN: break;
	}

	switch (t->policy->unknown) {
	case BOOT_UNKNOWN_SERVE:
		reason(t,
			"unknown machine, and unknown machines are served ([boot] unknown=serve)");
		return true;
	case BOOT_UNKNOWN_HOLD:
		reason(t,
			"unknown machine, held until `pewter client approve%s` ([boot] "
			"unknown=hold)",
			operand);
		t->decision->action = BOOT_HOLD;
		return false;
	case BOOT_UNKNOWN_IGNORE: break;
	}
	reason(t, "unknown machine, and unknown machines are ignored ([boot] unknown=ignore)");
	t->decision->action = BOOT_IGNORE;
	return false;
}

/* ---- what is it ---- */

static bool know_firmware(struct thought *t)
{
	const struct pxe_client *c = &t->request->client;
	uint16_t number = c->arch;

	if (number == PXE_ARCH_UNKNOWN && t->request->port == BOOT_PORT_FILE) {
		t->kind = FIRMWARE_UEFI;
		reason(t, "the file's name does not tell what machine this is");
		return true;
	}
	if (number == PXE_ARCH_UNKNOWN) {
		/* Old Intel cards (pixiecore issue 21); UEFI always sends option 93. An iPXE can
		 * tell by its features (175.36). */
		number = c->ipxe_has_efi ? PXE_ARCH_EFI_X64 : PXE_ARCH_BIOS;
		reason(t, "it does not name its architecture (option 93): taken for %s",
			c->ipxe_has_efi ? "UEFI x64, as its iPXE is made for EFI"
					: "a BIOS, as UEFI always names it");
	}
	if (c->has_wds_request) {
		number = PXE_ARCH_BIOS;
		reason(t, "a wdsnbp.com asks (option 250), which is a BIOS program");
	}

	t->arch = firmware_arch(number);
	if (t->arch == NULL) {
		reason(t, "architecture %u (option 93) cannot boot Windows PE", number);
		t->decision->action = BOOT_REFUSE;
		return false;
	}
	t->kind = t->arch->kind;
	if (c->is_ipxe)
		t->kind = FIRMWARE_IPXE;
	else if (c->vendor == PXE_VENDOR_HTTP)
		t->kind = FIRMWARE_HTTP;
	reason(t, "firmware: %s%s", t->arch->words, c->is_ipxe ? ", running iPXE" : "");
	if (c->has_bus_id)
		reason(t, "network card: PCI %04x:%04x (option 175.177)", c->bus_vendor,
			c->bus_device);
	if (t->request->relay != 0) {
		char relay[IPV4_TEXT_BYTES];
		ipv4_format(t->request->relay, relay);
		reason(t, "it comes through the relay %s, and the answer goes there", relay);
	}
	return true;
}

/* ---- which image ---- */

static bool fits(const struct thought *t, const struct boot_image *image)
{
	return t->arch == NULL || strcmp(image->arch, t->arch->image_arch[0]) == 0 ||
	       (t->arch->image_arch[1] != NULL && strcmp(image->arch, t->arch->image_arch[1]) == 0);
}

static const struct boot_image *find_image(const struct boot_catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n_images; i++) {
		if (text_equal_nocase(catalogue->images[i].name, name))
			return &catalogue->images[i];
	}
	return NULL;
}

/* The only image that fits, or NULL after a reason that says why there is none. */
static const struct boot_image *only_image(struct thought *t)
{
	const struct boot_image *found = NULL;
	char names[120] = "";
	size_t n = 0;
	for (size_t i = 0; i < t->catalogue->n_images; i++) {
		const struct boot_image *image = &t->catalogue->images[i];
		if (!fits(t, image))
			continue;
		size_t used = strlen(names);
		(void)snprintf(
			names + used, sizeof(names) - used, "%s%s", n > 0 ? ", " : "", image->name);
		found = image;
		n++;
	}
	const char *arch = t->arch != NULL ? t->arch->image_arch[0] : "any machine";
	if (n == 1) {
		reason(t, "%s is the only boot image for %s", found->name, arch);
		return found;
	}
	if (n > 1)
		reason(t, "%zu boot images fit (%s): name one in [boot] image=", n, names);
	else
		reason(t, "there is no boot image for %s: `pewter image import SOURCE --name NAME`",
			arch);
	return NULL;
}

static const struct boot_image *choose_image(struct thought *t)
{
	const char *name = t->client->image;
	if (name[0] != 0) {
		const struct boot_image *image = find_image(t->catalogue, name);
		if (image == NULL) {
			reason(t,
				"this machine is to boot %s, which is not there: `pewter image "
				"import "
				"SOURCE --name %s`",
				name, name);
			return NULL;
		}
		if (!fits(t, image)) {
			reason(t,
				"this machine is to boot %s, which is for %s and cannot start on "
				"%s: "
				"`pewter client add` with another --image",
				image->name, image->arch, t->arch->words);
			return NULL;
		}
		reason(t, "%s is the image chosen for this machine", image->name);
		if (t->client->old_plan_image[0] != 0)
			reason(t, "its plan was for %s, so it does not count",
				t->client->old_plan_image);
		return image;
	}

	name = t->policy->image;
	if (name[0] == 0)
		return only_image(t);
	const struct boot_image *image = find_image(t->catalogue, name);
	if (image == NULL) {
		reason(t,
			"[boot] image=%s names an image that is not there: `pewter image import "
			"SOURCE "
			"--name %s`",
			name, name);
		return NULL;
	}
	if (fits(t, image)) {
		reason(t, "%s is the default image ([boot] image)", image->name);
		return image;
	}
	/* A default for amd64 should not keep the one ARM machine from its own image. */
	reason(t, "the default image %s is for %s and cannot start on %s", image->name, image->arch,
		t->arch->words);
	return only_image(t);
}

/* A machine that is to be restored is better off with the newest revision than with none. */
static void choose_revision(struct thought *t)
{
	struct boot_decision *d = t->decision;
	uint32_t planned = t->client->revision;
	char machine[1 + MAC_TEXT_BYTES];
	d->revision = d->image->revision;
	if (planned == 0) {
		/* The plan goes with its image when that is replaced. */
		if (t->client->n_cards > 0 && t->client->old_plan_image[0] == 0)
			reason(t,
				"no plan says which revision it needs, so it gets the newest; "
				"`pewter prepare%s` makes one",
				operand_of(t->request, machine));
		return;
	}
	if (boot_image_revision(d->image, planned) == NULL) {
		reason(t,
			"its plan is for %s@%u, which is gone: it gets the newest; `pewter "
			"prepare%s` makes a new plan",
			d->image->name, planned, operand_of(t->request, machine));
		return;
	}
	d->revision = planned;
	reason(t, "revision %u is the one of its plan", planned);
}

/* ---- will it have a network ---- */

static bool judge_card(struct thought *t)
{
	const struct boot_decision *d = t->decision;
	struct boot_card_decision *card = &t->decision->card;
	boot_card_judge(t->request, t->client, d->image, d->revision, card);
	if (card->coverage == BOOT_COVERAGE_NONE)
		return true;
	reason(t, "%s", card->words);
	if (card->coverage != BOOT_COVERAGE_UNCOVERED)
		return true;

	char machine[1 + MAC_TEXT_BYTES];
	const char *operand = operand_of(t->request, machine);
	bool refuses = t->policy->uncovered == BOOT_UNCOVERED_REFUSE;
	const char *what = refuses ? "not served without a driver for its network card ([boot] "
				     "uncovered=refuse)"
				   : "served all the same ([boot] uncovered=warn)";
	if (t->client->n_cards > 0)
		reason(t, "%s: `pewter prepare%s`, if need be after `pewter driver add`", what,
			operand);
	else
		reason(t, "%s: `pewter client import` its devices, then `pewter prepare%s`", what,
			operand);
	return !refuses;
}

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
		reason(t, "iPXE gets your own script ([boot] script)");
	else if (t->policy->has_wimboot && boot_script_fits_wimboot(image))
		reason(t, "iPXE gets a script that starts wimboot");
	else if (holds(image, t->arch->loader))
		reason(t, "iPXE gets a script that starts %s", native);
	else
		reason(t,
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
			reason(t, "an iPXE in ROM is given our own first ([boot] chain_ipxe)");
			return t->arch->ipxe;
		}
		reason(t,
			"[boot] chain_ipxe is on, but no iPXE for %s is installed: its own is "
			"used",
			t->arch->words);
	} else if (r->loaded_ipxe) {
		reason(t, "our own iPXE is running");
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
		reason(t, "%s holds %s, Windows' own loader for this firmware", image->name,
			boot_loader_name(native));
		return native;
	}
	reason(t, "%s holds no %s, Windows' own loader for this firmware", image->name,
		boot_loader_name(native));
	/* HTTP boot would work with an iPXE too, but its firmware is young enough to be left to
	 * bootmgfw.efi, which every boot.wim of that age has. */
	if (t->kind != FIRMWARE_HTTP && has_our_ipxe(t)) {
		reason(t, "so it goes by way of %s", boot_loader_name(t->arch->ipxe));
		foresee_script(t);
		return t->arch->ipxe;
	}
	if (t->kind == FIRMWARE_BIOS)
		reason(t, "`pewter image import` of an ISO or ADK folder finds it; or `apt install "
			  "ipxe` for the way by iPXE and wimboot");
	else
		reason(t, "`pewter image import` of the whole medium (ISO or ADK folder) finds it");
	return BOOT_LOADER_NONE;
}

/* ---- how is it told ---- */

/* "http://192.0.2.1:8080" */
static void http_base(const struct boot_request *r, char *out, size_t size)
{
	char server[IPV4_TEXT_BYTES];
	ipv4_format(r->server, server);
	if (r->http_port == 80)
		(void)snprintf(out, size, "http://%s", server);
	else
		(void)snprintf(out, size, "http://%s:%u", server, r->http_port);
}

static void name_script(struct thought *t, const char *path)
{
	const struct boot_request *r = t->request;
	char base[64];
	if (r->client.ipxe_has_http && r->http_port != 0) {
		http_base(r, base, sizeof(base));
	} else {
		char server[IPV4_TEXT_BYTES];
		ipv4_format(r->server, server);
		(void)snprintf(base, sizeof(base), "tftp://%s", server);
		reason(t, "over TFTP, as %s",
			r->http_port == 0 ? "the HTTP listener is off ([http] enabled=no)"
					  : "this iPXE was built without HTTP (175.19)");
	}
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
			reason(t, "it boots over HTTP, and the HTTP listener is off: set [http] "
				  "enabled=yes");
			return false;
		}
		/* The boot manager asks for everything else below fixed paths, so there is nothing
		 * to gain from an id here; requests are told apart by address. */
		char base[64];
		http_base(r, base, sizeof(base));
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
	reason(t, "%s", row->why);
	return true;
}

static bool choose_way(struct thought *t)
{
	/* It has its loader already, or asks for one by name: the tree finds it. */
	if (t->request->port == BOOT_PORT_FILE)
		return true;
	t->decision->loader = choose_loader(t);
	return t->decision->loader != BOOT_LOADER_NONE && make_offer(t);
}

void boot_decide(const struct boot_request *request, const struct boot_client *client,
	const struct boot_policy *policy, const struct boot_catalogue *catalogue,
	struct boot_decision *ret_decision)
{
	memset(ret_decision, 0, sizeof(*ret_decision));
	struct thought t = {
		.request = request,
		.client = client,
		.policy = policy,
		.catalogue = catalogue,
		.decision = ret_decision,
	};
	struct boot_decision *d = ret_decision;

	if (!wants_to_boot(&t) || !may_boot(&t) || !know_firmware(&t))
		return;

	d->image = choose_image(&t);
	if (d->image != NULL) {
		choose_revision(&t);
		if (judge_card(&t) && choose_way(&t)) {
			d->action = BOOT_SERVE;
			return;
		}
	}
	d->action = BOOT_REFUSE;
	d->image = NULL;
	d->revision = 0;
	d->loader = BOOT_LOADER_NONE;
	d->path[0] = 0;
	memset(&d->offer, 0, sizeof(d->offer));
}
