/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The decision, in the order in which an administrator would take it: is this a machine that wants
 * to boot; may it; what is it; which image; will it have a network; which loader; how is it told.
 * Every step leaves a sentence, and a refusal names the command that mends it.
 */
#include "boot/decide.h"

#include "boot/card.h"
#include "boot/decide_image.h"
#include "boot/decide_way.h"

#include <string.h>

/* ---- does it want to boot ---- */

static bool wants_to_boot(struct thought *t)
{
	const struct pxe_client *c = &t->request->client;
	if (t->request->port == BOOT_PORT_FILE) {
		thought_reason(t, "it asks for a file and no DHCP packet of it was seen here");
		return true;
	}
	if (c->vendor == PXE_VENDOR_NONE && !c->is_ipxe) {
		thought_reason(t,
			"not a boot client: option 60 says neither PXEClient nor HTTPClient, and "
			"it is no iPXE");
		t->decision->action = BOOT_IGNORE;
		return false;
	}
	return true;
}

/* ---- may it ---- */

static bool may_boot(struct thought *t)
{
	char machine[1 + MAC_TEXT_BYTES];
	const char *operand = thought_operand(t->request, machine);
	const char *name = t->client->name[0] != 0 ? t->client->name : "this machine";
	switch (t->client->state) {
	case BOOT_CLIENT_APPROVED: thought_reason(t, "%s is approved", name); return true;
	case BOOT_CLIENT_REFUSED:
		thought_reason(t, "%s is refused; `pewter client approve%s` lets it boot again",
			name, operand);
		t->decision->action = BOOT_REFUSE;
		return false;
	case BOOT_CLIENT_HELD:
		thought_reason(
			t, "%s waits for approval: `pewter client approve%s`", name, operand);
		t->decision->action = BOOT_HOLD;
		return false;
	case BOOT_CLIENT_UNKNOWN: break;
	}

	switch (t->policy->unknown) {
	case BOOT_UNKNOWN_SERVE:
		thought_reason(t,
			"unknown machine, and unknown machines are served ([boot] unknown=serve)");
		return true;
	case BOOT_UNKNOWN_HOLD:
		thought_reason(t,
			"unknown machine, held until `pewter client approve%s` ([boot] "
			"unknown=hold)",
			operand);
		t->decision->action = BOOT_HOLD;
		return false;
	case BOOT_UNKNOWN_IGNORE: break;
	}
	thought_reason(
		t, "unknown machine, and unknown machines are ignored ([boot] unknown=ignore)");
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
		thought_reason(t, "the file's name does not tell what machine this is");
		return true;
	}
	if (number == PXE_ARCH_UNKNOWN) {
		/* Old Intel cards (pixiecore issue 21); UEFI always sends option 93. An iPXE can
		 * tell by its features (175.36). */
		number = c->ipxe_has_efi ? PXE_ARCH_EFI_X64 : PXE_ARCH_BIOS;
		thought_reason(t, "it does not name its architecture (option 93): taken for %s",
			c->ipxe_has_efi ? "UEFI x64, as its iPXE is made for EFI"
					: "a BIOS, as UEFI always names it");
	}
	if (c->has_wds_request) {
		number = PXE_ARCH_BIOS;
		thought_reason(t, "a wdsnbp.com asks (option 250), which is a BIOS program");
	}

	t->arch = firmware_arch(number);
	if (t->arch == NULL) {
		thought_reason(t, "architecture %u (option 93) cannot boot Windows PE", number);
		t->decision->action = BOOT_REFUSE;
		return false;
	}
	t->kind = t->arch->kind;
	if (c->is_ipxe)
		t->kind = FIRMWARE_IPXE;
	else if (c->vendor == PXE_VENDOR_HTTP)
		t->kind = FIRMWARE_HTTP;
	thought_reason(t, "firmware: %s%s", t->arch->words, c->is_ipxe ? ", running iPXE" : "");
	if (c->has_bus_id)
		thought_reason(t, "network card: PCI %04x:%04x (option 175.177)", c->bus_vendor,
			c->bus_device);
	if (t->request->relay != 0) {
		char relay[IPV4_TEXT_BYTES];
		ipv4_format(t->request->relay, relay);
		thought_reason(
			t, "it comes through the relay %s, and the answer goes there", relay);
	}
	return true;
}

/* ---- will it have a network ---- */

static bool judge_card(struct thought *t)
{
	const struct boot_decision *d = t->decision;
	struct boot_card_decision *card = &t->decision->card;
	boot_card_judge(t->request, t->client, d->image, d->revision, card);
	if (card->coverage == BOOT_COVERAGE_NONE)
		return true;
	thought_reason(t, "%s", card->words);
	if (card->coverage != BOOT_COVERAGE_UNCOVERED)
		return true;

	char machine[1 + MAC_TEXT_BYTES];
	const char *operand = thought_operand(t->request, machine);
	bool refuses = t->policy->uncovered == BOOT_UNCOVERED_REFUSE;
	const char *what = refuses ? "not served without a driver for its network card ([boot] "
				     "uncovered=refuse)"
				   : "served all the same ([boot] uncovered=warn)";
	if (t->client->n_cards > 0)
		thought_reason(t, "%s: `pewter prepare%s`, if need be after `pewter driver add`",
			what, operand);
	else
		thought_reason(t, "%s: `pewter client import` its devices, then `pewter prepare%s`",
			what, operand);
	return !refuses;
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

	d->image = decide_image(&t);
	if (d->image != NULL) {
		decide_revision(&t);
		if (judge_card(&t) && decide_way(&t)) {
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
