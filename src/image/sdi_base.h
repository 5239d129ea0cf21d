/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SDIs as boot images. What an SDI holds decides what it becomes: a WIM in it is taken out and is
 * an image like any other; a volume (or a disk with one) that holds a system is booted as it is, as
 * a RAM disk of the SDI's own bytes. The empty volume of a boot.sdi is no image at all.
 */
#pragma once

#include "format/volume.h"
#include "image/base.h"

struct sdi_content {
	bool is_wim;             /* else a volume */
	uint64_t offset, length; /* in the SDI, bytes */
	enum volume_kind file_system;
};

/* -EMEDIUMTYPE: a right SDI with nothing to boot in it. -EBADMSG: no right one. */
int sdi_content_find(int fd, struct sdi_content *ret_content, struct error *err) MUST_CHECK;

/* The WIM in it, alone, in a file of the store's without a name. */
int sdi_take_wim(const struct base_request *request, const struct sdi_content *content, int *ret_fd,
	struct error *err) MUST_CHECK;

/* The SDI, byte for byte, around a volume. Its image is what the programs in it say; nothing of a
 * FAT volume. -EMEDIUMTYPE: there is no system in it. */
int sdi_base_make(const struct base_request *request, const struct sdi_content *content,
	struct base *ret_base, struct error *err) MUST_CHECK;
