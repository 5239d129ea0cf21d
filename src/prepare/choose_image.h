/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which boot image a client is prepared for. */
#pragma once

#include "prepare/request.h"

/* The one that was asked for; else the client's; else the default one, if the client's firmware can
 * start it; else the only one that fits. -ENOENT with the choices. ret_why: in words. */
#define CHOICE_BYTES 160
int choose_image(const struct prepare_request *request, const struct client_record *client,
	struct image_record *ret_image, char ret_why[static CHOICE_BYTES],
	struct error *err) MUST_CHECK;
