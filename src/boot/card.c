/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot/card.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

struct judgement {
	enum boot_coverage coverage;
	enum boot_driver_source by;
};

const struct boot_revision *boot_image_revision(const struct boot_image *image, uint32_t revision)
{
	for (size_t i = 0; i < image->n_revisions; i++) {
		if (image->revisions[i].revision == revision)
			return &image->revisions[i];
	}
	return NULL;
}

/* ---- one card ---- */

static const struct boot_nic *find(const struct boot_nics *nics, uint16_t vendor, uint16_t device)
{
	uint32_t wanted = (uint32_t)vendor << 16 | device;
	size_t low = 0, high = nics->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct boot_nic *nic = &nics->ids[middle];
		uint32_t id = (uint32_t)nic->vendor << 16 | nic->device;
		if (id == wanted)
			return nic;
		if (id < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* By the lists of what is driven. */
static struct judgement judge_id(
	const struct boot_image *image, uint32_t revision, uint16_t vendor, uint16_t device)
{
	const struct boot_revision *known = boot_image_revision(image, revision);
	const struct boot_nic *package = known != NULL ? find(&known->nics, vendor, device) : NULL;
	const struct boot_nic *inbox =
		image->knows_inbox ? find(&image->inbox, vendor, device) : NULL;
	if (package != NULL && package->any_board)
		return (struct judgement){BOOT_COVERAGE_COVERED, BOOT_DRIVER_PACKAGE};
	if (inbox != NULL && inbox->any_board)
		return (struct judgement){BOOT_COVERAGE_COVERED, BOOT_DRIVER_IMAGE};
	if (package != NULL)
		return (struct judgement){BOOT_COVERAGE_PERHAPS, BOOT_DRIVER_PACKAGE};
	if (inbox != NULL)
		return (struct judgement){BOOT_COVERAGE_PERHAPS, BOOT_DRIVER_IMAGE};
	if (!image->knows_inbox || known == NULL)
		return (struct judgement){BOOT_COVERAGE_UNKNOWN, BOOT_DRIVER_NONE};
	return (struct judgement){BOOT_COVERAGE_UNCOVERED, BOOT_DRIVER_NONE};
}

/* The plan knows the board and the marks of drivers, so its word goes first. */
static struct judgement judge_card(
	const struct boot_image *image, uint32_t revision, const struct boot_card *card)
{
	if (card->is_planned)
		return (struct judgement){
			card->is_covered ? BOOT_COVERAGE_COVERED : BOOT_COVERAGE_UNCOVERED,
			card->by};
	if (card->is_pci)
		return judge_id(image, revision, card->vendor, card->device);
	return (struct judgement){BOOT_COVERAGE_NONE, BOOT_DRIVER_NONE};
}

static void keep(struct boot_card_decision *ret, const struct judgement *judgement, const char *id)
{
	ret->coverage = judgement->coverage;
	ret->by = judgement->by;
	(void)text_copy(ret->id, sizeof(ret->id), id);
}

/* ---- words ---- */

static void tell(struct boot_card_decision *ret, const char *format, ...) PRINTF_LIKE(2, 3);
static void tell(struct boot_card_decision *ret, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	/* Names can be long; then the end is cut, as of any reason. */
	(void)vsnprintf(ret->words, sizeof(ret->words), format, args);
	va_end(args);
}

static void say(const struct boot_image *image, uint32_t revision, struct boot_card_decision *ret)
{
	switch (ret->coverage) {
	case BOOT_COVERAGE_NONE: break;
	case BOOT_COVERAGE_COVERED:
		tell(ret, "%s@%u drives its network card %s%s", image->name, revision, ret->id,
			ret->by == BOOT_DRIVER_IMAGE     ? " by itself"
			: ret->by == BOOT_DRIVER_PACKAGE ? " by a driver package in it"
							 : "");
		break;
	case BOOT_COVERAGE_PERHAPS:
		tell(ret,
			"%s@%u drives the network card %s on some boards only (by their "
			"subsystem), perhaps not on this one",
			image->name, revision, ret->id);
		break;
	case BOOT_COVERAGE_UNKNOWN:
		tell(ret,
			"whether %s drives its network card %s is not known: it was imported "
			"before Pewter asked, import it again with --replace",
			image->name, ret->id);
		break;
	case BOOT_COVERAGE_UNCOVERED:
		tell(ret, "%s@%u would fail with: Network initialization failed (no driver for %s)",
			image->name, revision, ret->id);
		break;
	}
}

/* ---- all cards ---- */

/* The card that asks. Of cards of one kind in the machine, the plan may cover one board only: that
 * leaves open which one asks. */
static void judge_asking(const struct boot_client *client, const struct pxe_client *asking,
	const struct boot_image *image, uint32_t revision, struct boot_card_decision *ret)
{
	char id[BOOT_CARD_ID_BYTES];
	struct judgement judgement = {BOOT_COVERAGE_NONE, BOOT_DRIVER_NONE};
	for (size_t i = 0; i < client->n_cards; i++) {
		const struct boot_card *card = &client->cards[i];
		if (!card->is_planned || !card->is_pci || card->vendor != asking->bus_vendor ||
			card->device != asking->bus_device)
			continue;
		struct judgement one = judge_card(image, revision, card);
		if (judgement.coverage != BOOT_COVERAGE_NONE && one.coverage != judgement.coverage)
			one.coverage = BOOT_COVERAGE_PERHAPS;
		judgement = one;
	}
	if (judgement.coverage == BOOT_COVERAGE_NONE)
		judgement = judge_id(image, revision, asking->bus_vendor, asking->bus_device);
	(void)snprintf(
		id, sizeof(id), "PCI\\VEN_%04X&DEV_%04X", asking->bus_vendor, asking->bus_device);
	ret->source = BOOT_CARD_OF_REQUEST;
	keep(ret, &judgement, id);
	say(image, revision, ret);
}

/*
 * Any of them may be the one that the machine boots by. So it is sure of a network only if all are
 * driven, and sure of none only if none is.
 */
static void judge_all(const struct boot_client *client, const struct boot_image *image,
	uint32_t revision, struct boot_card_decision *ret)
{
	const struct boot_card *best = NULL, *worst = NULL;
	struct judgement of_best = {BOOT_COVERAGE_NONE, BOOT_DRIVER_NONE}, of_worst = of_best;
	size_t n = 0, n_covered = 0;
	for (size_t i = 0; i < client->n_cards; i++) {
		struct judgement one = judge_card(image, revision, &client->cards[i]);
		if (one.coverage == BOOT_COVERAGE_NONE)
			continue;
		n++;
		n_covered += one.coverage == BOOT_COVERAGE_COVERED;
		/* The enum goes from good to bad. */
		if (best == NULL || one.coverage < of_best.coverage) {
			best = &client->cards[i];
			of_best = one;
		}
		if (worst == NULL || one.coverage > of_worst.coverage) {
			worst = &client->cards[i];
			of_worst = one;
		}
	}
	if (best == NULL)
		return;
	ret->source = BOOT_CARD_OF_CLIENT;
	if (n_covered == 0 || n_covered == n) {
		keep(ret, &of_best, best->id);
		say(image, revision, ret);
		return;
	}
	of_worst.coverage = BOOT_COVERAGE_PERHAPS;
	keep(ret, &of_worst, worst->id);
	tell(ret, "%s@%u drives %zu of its %zu network cards; not, or not surely, %s", image->name,
		revision, n_covered, n, ret->id);
}

void boot_card_judge(const struct boot_request *request, const struct boot_client *client,
	const struct boot_image *image, uint32_t revision, struct boot_card_decision *ret)
{
	*ret = (struct boot_card_decision){.coverage = BOOT_COVERAGE_NONE};
	if (request->client.has_bus_id)
		judge_asking(client, &request->client, image, revision, ret);
	else
		judge_all(client, image, revision, ret);
}
