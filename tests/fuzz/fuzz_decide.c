/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any client against any policy: a decision always has a reason, and what it serves is whole. */
#include "base/bytes.h"
#include "boot/decide.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_cards(
	struct reader *r, struct boot_request *q, struct boot_client *c, struct boot_policy *p)
{
	p->uncovered = reader_u8(r) & 1 ? BOOT_UNCOVERED_REFUSE : BOOT_UNCOVERED_WARN;
	q->client.has_bus_id = reader_u8(r) & 1;
	q->client.bus_vendor = reader_u8(r) & 1;
	q->client.bus_device = reader_u8(r);
	c->n_cards = reader_u8(r) % 8;
	for (size_t i = 0; i < c->n_cards; i++) {
		uint8_t bits = reader_u8(r);
		c->cards[i] = (struct boot_card){.is_pci = bits & 1,
			.is_planned = bits & 2,
			.is_covered = bits & 4,
			.vendor = (bits & 8) != 0,
			.device = reader_u8(r)};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);
	struct boot_request q = {.port = reader_u8(&r) % 4, .server = 0x0a000001};
	q.client = (struct pxe_client){.vendor = reader_u8(&r) % 3, .arch = reader_be16(&r)};
	uint8_t bits = reader_u8(&r);
	q.client.is_ipxe = bits & 1;
	q.client.ipxe_has_http = bits & 2;
	q.client.ipxe_has_efi = bits & 4;
	q.client.has_wds_request = bits & 8;
	q.loaded_ipxe = bits & 16;
	q.http_port = reader_be16(&r);
	struct boot_client c = {.state = reader_u8(&r) % 4, .revision = reader_u8(&r)};
	struct boot_policy p = {.unknown = reader_u8(&r) % 3,
		.chain_ipxe_rom = bits & 32,
		.has_undionly = bits & 64,
		.has_ipxe_x64 = bits & 128};
	reader_copy(&r, c.image, 2);
	reader_copy(&r, p.image, 2);
	struct boot_image images[] = {{.name = "a", .arch = "amd64", .revision = 3},
		{.name = "b", .arch = "x86"}, {.name = "c", .arch = "arm64", .revision = 1}};
	for (size_t i = 0; i < 3; i++)
		images[i].loaders = reader_be16(&r);
	struct boot_catalogue catalogue = {images, reader_u8(&r) % 4};
	struct boot_nic nics[] = {{0, reader_u8(&r), bits & 1}, {1, reader_u8(&r), bits & 2}};
	const struct boot_revision revisions[] = {{reader_u8(&r), {nics, 2}}, {3, {nics + 1, 1}}};
	for (size_t i = 0; i < 3; i++) {
		images[i].inbox = (struct boot_nics){nics, reader_u8(&r) % 3};
		images[i].knows_inbox = reader_u8(&r) & 1;
		images[i].revisions = revisions;
		images[i].n_revisions = i;
	}
	add_cards(&r, &q, &c, &p);
	struct boot_decision d;
	boot_decide(&q, &c, &p, &catalogue, &d);
	if (d.n_reasons == 0 || (d.image != NULL) != (d.action == BOOT_SERVE))
		abort();
	if (d.action == BOOT_SERVE && q.port != BOOT_PORT_FILE && d.path[0] == 0)
		abort();
	if (d.action == BOOT_SERVE && p.uncovered == BOOT_UNCOVERED_REFUSE &&
		d.card.coverage == BOOT_COVERAGE_UNCOVERED)
		abort();
	if ((d.card.coverage == BOOT_COVERAGE_NONE) != (d.card.words[0] == 0))
		abort();
	return 0;
}
