/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * minipe's readers on the host: `minipe-read wim FILE PATH`, `minipe-read iso FILE PATH` and
 * `minipe-read bcd FILE` print what the firmware program would see. Used by check-readers, beside
 * wimlib, mkisofs and hivex.
 */
#include "bcd.h"
#include "iso.h"
#include "sha256.h"
#include "wim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in the firmware nothing is given back before the end; the list is what frees it then. */
static struct piece {
	struct piece *next;
	uint8_t data[];
} * pieces;

static void *allocate(size_t size)
{
	struct piece *piece = malloc(sizeof(*piece) + size);

	if (!piece)
		return NULL;
	piece->next = pieces;
	pieces = piece;
	return piece->data;
}

static void free_pieces(void)
{
	while (pieces) {
		struct piece *next = pieces->next;

		free(pieces);
		pieces = next;
	}
}

static struct bytes slurp(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 ||
		fseek(file, 0, SEEK_SET))
		exit(2);
	data = allocate((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
		exit(2);
	fclose(file);
	return (struct bytes){data, (size_t)size};
}

static int fail(const char *what)
{
	printf("error: %s\n", what);
	return 1;
}

static int read_wim(struct bytes file, const char *path)
{
	char hex[SHA256_HEX_BYTES];
	struct wim_entry entry;
	struct bytes data;
	struct wim wim;
	const char *wrong = wim_open(file, allocate, &wim);

	if (wrong)
		return fail(wrong);
	if (!wim_find(&wim, path, &entry))
		return fail("no such file");
	wrong = wim_read(&wim, &entry, allocate, &data);
	if (wrong)
		return fail(wrong);
	sha256_hex(data, hex);
	printf("%s  %zu\n", hex, data.size);
	return 0;
}

static int read_bcd(struct bytes file)
{
	struct bcd_choice choice;
	const char *wrong = bcd_choose(file, &choice);

	if (wrong)
		return fail(wrong);
	printf("wim=%s\nloader=%s\nsdi=%s\nblock=%u\nwindow=%u\nvariable=%d\n", choice.wim_path,
		choice.loader_path, choice.sdi_path, choice.tftp_block_bytes,
		choice.tftp_window_blocks, choice.tftp_variable_window);
	return 0;
}

static bool read_blocks(void *context, uint32_t block, uint32_t n_blocks, void *out)
{
	const struct bytes *file = context;
	struct bytes piece = bytes_piece(
		*file, (uint64_t)block * ISO_BLOCK_BYTES, (uint64_t)n_blocks * ISO_BLOCK_BYTES);

	if (piece.data)
		memcpy(out, piece.data, piece.size);
	return piece.data;
}

static int read_iso(struct bytes file, const char *path)
{
	struct iso iso = {.read = read_blocks, .context = &file};
	const char *wrong = iso_open(&iso);
	char hex[SHA256_HEX_BYTES];
	struct iso_entry entry;
	struct bytes data;

	if (wrong)
		return fail(wrong);
	if (!iso_find(&iso, path, &entry) || entry.is_folder)
		return fail("no such file");
	data = bytes_piece(file, (uint64_t)entry.block * ISO_BLOCK_BYTES, entry.size);
	if (entry.size && !data.data)
		return fail("the file is not all there");
	sha256_hex(data, hex);
	printf("%s  %zu\n", hex, data.size);
	return 0;
}

int main(int argc, char **argv)
{
	if (atexit(free_pieces))
		return 2;
	if (argc == 4 && !strcmp(argv[1], "wim"))
		return read_wim(slurp(argv[2]), argv[3]);
	if (argc == 3 && !strcmp(argv[1], "bcd"))
		return read_bcd(slurp(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "iso"))
		return read_iso(slurp(argv[2]), argv[3]);
	fprintf(stderr, "usage: minipe-read wim FILE PATH | bcd FILE | iso FILE PATH\n");
	return 2;
}
