/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any client against any policy: a decision always has a reason, and what it serves is whole. */
#include "base/bytes.h"
#include "boot/decide.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	struct boot_decision d;
	boot_decide(&q, &c, &p, &(struct boot_catalogue){images, reader_u8(&r) % 4}, &d);
	if (d.n_reasons == 0 || (d.image != NULL) != (d.action == BOOT_SERVE))
		abort();
	if (d.action == BOOT_SERVE && q.port != BOOT_PORT_FILE && d.path[0] == 0)
		abort();
	return 0;
}
