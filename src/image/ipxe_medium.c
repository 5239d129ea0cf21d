/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/ipxe_medium.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "format/el_torito.h"
#include "format/fat.h"
#include "format/partition.h"
#include "format/pe.h"
#include "image/ipxe_loader.h"
#include "image/loaders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Where ipxe_loader.S has its table of what to load. */
#define TABLE_AT     512
#define LOADER_BLOCK EL_TORITO_END_BLOCK
#define PIECES_BLOCK (LOADER_BLOCK + 1)
/* FAT16, which UEFI reads on removable media as it does FAT32, and which is not large. */
#define VOLUME_BYTES (16U << 20)
#define VOLUME_BLOCK (PARTITION_FIRST_SECTOR * DISK_SECTOR_BYTES / CD_BLOCK_BYTES)
#define MBR_TYPE_EFI 0xef /* UEFI 5.2.2: firmware looks for its volume here on any disk */

/* Linux' boot protocol: where things go, and what the header in the 16-bit part says. */
#define SETUP_ADDRESS   0x90000U
#define KERNEL_ADDRESS  0x100000U
#define SCRIPT_ADDRESS  0x2000000U
#define SETUP_BYTES_MAX 32768U
#define HEAP_END        0xde00U

struct making {
	const struct ipxe_medium_request *request;
	struct buffer lkrn, efi, script;
	uint8_t *start; /* the first PARTITION_FIRST_SECTOR sectors; owned */
	uint32_t next_block;
	uint8_t loader[sizeof(ipxe_loader)];
	struct ipxe_medium medium;
};

static void making_clear(struct making *making)
{
	buffer_free(&making->lkrn);
	buffer_free(&making->efi);
	buffer_free(&making->script);
	free(making->start);
	ipxe_medium_clear(&making->medium);
}

void ipxe_medium_clear(struct ipxe_medium *medium)
{
	medium->view = view_unref(medium->view);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

static int read_whole(const char *path, const char *remedy, struct buffer *out, struct error *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s%s", path, strerror(errno),
			errno == ENOENT ? remedy : "");
	int rc = file_read_all(fd, out);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

/* ---- BIOS ---- */

/* Bytes from the next free block on, which the boot program is to load to the address. */
static int add_piece(struct making *making, unsigned row, const uint8_t *bytes, size_t n,
	uint32_t address, struct error *err)
{
	const size_t n_blocks = (n + CD_BLOCK_BYTES - 1) / CD_BLOCK_BYTES;
	if (n_blocks > VOLUME_BLOCK - making->next_block)
		return error_set(err, -EFBIG,
			"%s and the script have more than the %u bytes there are for them",
			making->request->lkrn_path, (VOLUME_BLOCK - PIECES_BLOCK) * CD_BLOCK_BYTES);
	memcpy(making->start + (size_t)making->next_block * CD_BLOCK_BYTES, bytes, n);
	struct writer w = writer_over(making->loader + TABLE_AT + (size_t)row * 12, 12);
	writer_le32(&w, making->next_block);
	writer_le32(&w, (uint32_t)n_blocks);
	writer_le32(&w, address);
	making->next_block += (uint32_t)n_blocks;
	return 0;
}

static void put_header(struct making *making, uint8_t *header, size_t size)
{
	struct writer w = writer_over(header, size);
	w.at = 0x210;
	writer_u8(&w, 0xff);    /* a boot loader without a number */
	w.bytes[0x211] |= 0x80; /* heap_end_ptr is right */
	if (making->script.size > 0) {
		w.at = 0x218;
		writer_le32(&w, SCRIPT_ADDRESS);
		writer_le32(&w, (uint32_t)making->script.size);
	}
	w.at = 0x224;
	writer_le16(&w, HEAP_END);
}

static int add_lkrn(struct making *making, struct error *err)
{
	const char *path = making->request->lkrn_path;
	uint8_t *bytes = making->lkrn.bytes;
	const size_t n = making->lkrn.size;
	struct reader head = reader_over(bytes, n);
	reader_seek(&head, 0x1f1);
	const uint8_t setup_sectors = reader_u8(&head);
	reader_seek(&head, 0x202);
	const uint32_t magic = reader_le32(&head);
	const uint16_t version = reader_le16(&head);
	reader_seek(&head, 0x211);
	const uint8_t flags = reader_u8(&head);
	const size_t n_setup = ((setup_sectors != 0 ? setup_sectors : 4U) + 1U) * 512U;
	if (head.failed || magic != 0x53726448 || version < 0x203 || (flags & 1) == 0 ||
		n_setup > SETUP_BYTES_MAX || n_setup >= n || n_setup < 0x240)
		return error_set(err, -EINVAL,
			"%s is not iPXE in the form of a Linux kernel (ipxe.lkrn)", path);
	put_header(making, bytes, n_setup);
	int rc = add_piece(making, 0, bytes, n_setup, SETUP_ADDRESS, err);
	if (rc == 0)
		rc = add_piece(making, 1, bytes + n_setup, n - n_setup, KERNEL_ADDRESS, err);
	if (rc == 0 && making->script.size > 0)
		rc = add_piece(
			making, 2, making->script.bytes, making->script.size, SCRIPT_ADDRESS, err);
	if (rc < 0)
		return rc;
	memcpy(making->start, making->loader, sizeof(making->loader));
	memcpy(making->start + LOADER_BLOCK * CD_BLOCK_BYTES, making->loader,
		sizeof(making->loader));
	making->medium.boots_bios = true;
	return 0;
}

/* ---- UEFI ---- */

static int add_file(struct fat_file *file, const char *path, const struct buffer *bytes)
{
	file->path = path;
	int rc = view_new(&file->view);
	return rc < 0 ? rc : view_add_copy(file->view, bytes->bytes, bytes->size);
}

/* "BOOTX64.EFI", by what the program is for. */
static int efi_path(const struct making *making, char path[static 64], struct error *err)
{
	struct pe_head head;
	const char *arch = NULL, *word = NULL;
	if (making->efi.size > 0 && pe_head_parse(making->efi.bytes, making->efi.size, &head) == 0)
		arch = pe_machine_arch(head.machine);
	if (arch != NULL)
		word = boot_efi_word(arch);
	if (word == NULL)
		return error_set(err, -EINVAL, "%s is no EFI program", making->request->efi_path);
	(void)snprintf(path, 64, "EFI/BOOT/BOOT%s.EFI", word);
	for (char *p = path; *p != 0; p++)
		*p = text_upper(*p);
	return 0;
}

/* iPXE looks for autoexec.ipxe beside itself since 2021; before that it knew no way to read files.
 */
static bool reads_scripts(const struct buffer *efi)
{
	static const char plain[] = "autoexec.ipxe";
	uint8_t wide[2 * (sizeof(plain) - 1)] = {0};
	for (size_t i = 0; i < sizeof(plain) - 1; i++)
		wide[2 * i] = (uint8_t)plain[i];
	return memmem(efi->bytes, efi->size, plain, sizeof(plain) - 1) != NULL ||
	       memmem(efi->bytes, efi->size, wide, sizeof(wide)) != NULL;
}

static int build_volume(
	struct making *making, uint32_t serial, struct view **ret_view, struct error *err)
{
	struct fat_file files[3] = {{.path = NULL}};
	char path[64];
	struct fat_request volume = {
		.files = files,
		.label = "PEWTER_IPXE",
		.serial = serial,
		.time = (uint64_t)(making->request->now_ms / 1000),
		.volume_bytes = VOLUME_BYTES,
		.hidden_sectors = PARTITION_FIRST_SECTOR,
	};
	int rc = 0;
	if (making->efi.size > 0) {
		rc = efi_path(making, path, err);
		if (rc == 0 && add_file(&files[volume.n_files++], path, &making->efi) < 0)
			rc = out_of_memory(err);
		making->medium.boots_uefi = true;
	}
	if (rc == 0 && making->efi.size > 0 && making->script.size > 0) {
		static const char *const places[] = {"autoexec.ipxe", "EFI/BOOT/autoexec.ipxe"};
		for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(places); i++)
			if (add_file(&files[volume.n_files++], places[i], &making->script) < 0)
				rc = out_of_memory(err);
	}
	if (rc == 0)
		rc = fat_build(&volume, ret_view, err);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)view_unref(files[i].view);
	return rc;
}

/* ---- all ---- */

static int read_parts(struct making *making, struct error *err)
{
	const struct ipxe_medium_request *request = making->request;
	const char *remedy = "; `apt install ipxe` brings it, or the configuration names another "
			     "place";
	int rc = 0;
	if (request->lkrn_path[0] != 0)
		rc = read_whole(request->lkrn_path, remedy, &making->lkrn, err);
	if (rc == 0 && request->efi_path[0] != 0)
		rc = read_whole(request->efi_path, remedy, &making->efi, err);
	if (rc == 0 && request->script_path != NULL)
		rc = read_whole(request->script_path, "", &making->script, err);
	if (rc < 0)
		return rc;
	if (making->lkrn.size == 0 && making->efi.size == 0)
		return error_set(err, -ENOENT,
			"the configuration names no iPXE: set [boot] ipxe_lkrn, ipxe_efi or both");
	/* What does not begin so is not run, and nobody would see why. */
	if (request->script_path != NULL &&
		(making->script.size < 6 || memcmp(making->script.bytes, "#!ipxe", 6) != 0))
		return error_set(err, -EINVAL,
			"%s is no iPXE script: the first line has to be #!ipxe",
			request->script_path);
	return 0;
}

static uint32_t number_of(const struct making *making)
{
	uint8_t digest[SHA256_BYTES] = {0};
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	if (sha256_new(&hash) < 0 || sha256_add(hash, making->lkrn.bytes, making->lkrn.size) < 0 ||
		sha256_add(hash, making->efi.bytes, making->efi.size) < 0 ||
		sha256_add(hash, making->script.bytes, making->script.size) < 0)
		return 1;
	sha256_finish(hash, digest);
	struct reader r = reader_over(digest, sizeof(digest));
	return reader_le32(&r) | 1;
}

static int build_disk(
	struct making *making, uint32_t number, struct view *volume, struct error *err)
{
	const size_t n_start = PARTITION_FIRST_SECTOR * DISK_SECTOR_BYTES;
	const struct el_torito el_torito = {
		.label = "PEWTER_IPXE",
		.n_blocks = (uint32_t)((n_start + view_size(volume)) / CD_BLOCK_BYTES),
		.bios_block = making->medium.boots_bios ? LOADER_BLOCK : 0,
		.bios_sectors = sizeof(ipxe_loader) / DISK_SECTOR_BYTES,
		.uefi_block = making->medium.boots_uefi ? VOLUME_BLOCK : 0,
		.uefi_sectors = VOLUME_BYTES / DISK_SECTOR_BYTES,
	};
	el_torito_write(&el_torito, making->start);
	const struct disk_request disk = {
		.scheme = PARTITION_MBR,
		.volume = volume,
		.mbr_type = MBR_TYPE_EFI,
		.signature = number,
		.boot_code = making->medium.boots_bios ? making->loader : NULL,
		.n_boot_code = making->medium.boots_bios ? MBR_CODE_BYTES : 0,
		.gap = making->start + DISK_SECTOR_BYTES,
		.n_gap = n_start - DISK_SECTOR_BYTES,
	};
	return disk_build(&disk, &making->medium.view, err);
}

int ipxe_medium_build(const struct ipxe_medium_request *request, struct ipxe_medium *ret_medium,
	struct error *err)
{
	CLEANUP(view_unrefp) struct view *volume = NULL;
	CLEANUP(making_clear)
	struct making making = {
		.request = request,
		.lkrn = buffer_with_max(LIMIT_IPXE_BYTES),
		.efi = buffer_with_max(LIMIT_IPXE_BYTES),
		.script = buffer_with_max(LIMIT_IPXE_SCRIPT_BYTES),
		.start = calloc(PARTITION_FIRST_SECTOR, DISK_SECTOR_BYTES),
		.next_block = PIECES_BLOCK,
	};
	if (making.start == NULL)
		return out_of_memory(err);
	memcpy(making.loader, ipxe_loader, sizeof(making.loader));
	int rc = read_parts(&making, err);
	if (rc < 0)
		return rc;
	const uint32_t number = number_of(&making);
	if (making.lkrn.size > 0)
		rc = add_lkrn(&making, err);
	if (rc == 0)
		rc = build_volume(&making, number, &volume, err);
	if (rc == 0)
		rc = build_disk(&making, number, volume, err);
	if (rc < 0)
		return rc;
	if (making.script.size > 0 && making.efi.size > 0 && !reads_scripts(&making.efi))
		(void)snprintf(making.medium.attention, sizeof(making.medium.attention),
			"%s reads no script from media (iPXE does since 2021): UEFI machines do "
			"what it does by itself, and that is DHCP",
			request->efi_path);
	*ret_medium = making.medium;
	making.medium.view = NULL;
	return 0;
}
