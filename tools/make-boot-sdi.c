/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usage: make-boot-sdi VOLUME OUT.sdi OUT.h -- puts the head of an SDI in front of an NTFS volume,
 * and writes the header by which image/boot_sdi.c finds the file. Runs while Pewter is built. */
#include "format/sdi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOLUME_BYTES_MAX (16U << 20)

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *file = fopen(path, "wb");
	if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
		fail(path);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		(void)fputs("usage: make-boot-sdi VOLUME OUT.sdi OUT.h\n", stderr);
		return 2;
	}
	uint8_t *bytes = calloc(1, SDI_HEAD_BYTES + VOLUME_BYTES_MAX);
	FILE *volume = fopen(argv[1], "rb");
	if (bytes == NULL || volume == NULL)
		fail(argv[1]);
	size_t n = fread(bytes + SDI_HEAD_BYTES, 1, VOLUME_BYTES_MAX, volume);
	if (n == 0 || n == VOLUME_BYTES_MAX || ferror(volume) || fclose(volume) != 0)
		fail(argv[1]);

	struct sdi sdi;
	sdi_plan_boot(n, &sdi);
	sdi_write_head(&sdi, bytes);
	write_file(argv[2], bytes, sdi.blobs[sdi.n_blobs - 1].offset);

	char header[4096];
	int length = snprintf(header, sizeof(header),
		"/* Made by tools/make-boot-sdi. */\n#define BOOT_SDI_FILE \"%s\"\n", argv[2]);
	if (length < 0 || (size_t)length >= sizeof(header))
		fail("the path of OUT.sdi is too long");
	write_file(argv[3], header, (size_t)length);
	free(bytes);
	return 0;
}
