/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small packs of drivers, made on the spot, and an import that is written down. Include after
 * unit.h. */
#pragma once

#include "../archives.h"
#include "../store/scratch.h"

#include "adapter/file.h"
#include "driver/import.h"

#include <fcntl.h>
#include <sys/stat.h>

/* An INF for amd64 from Windows 6.1 on that copies FILE.sys and, as x86 from 5.1 on, FILE32.sys. */
#define INF_HEAD                                                                                   \
	"[Version]\r\nSignature = \"$Windows NT$\"\r\nClass = Net\r\n"                             \
	"ClassGuid = {4d36e972-e325-11ce-bfc1-08002be10318}\r\nProvider = %P%\r\n"                 \
	"DriverVer = 01/31/2024,1.2.3.4\r\n"
#define INF_BODY                                                                                   \
	"[Manufacturer]\r\n%P% = M, NTx86.5.1, NTamd64.6.1\r\n"                                    \
	"[M.NTx86.5.1]\r\n\"Card\" = I32, PCI\\VEN_1234&DEV_0001\r\n"                              \
	"[M.NTamd64.6.1]\r\n\"Card\" = I64, PCI\\VEN_1234&DEV_0001\r\n"                            \
	"[I32]\r\nCopyFiles = C32\r\n[I64]\r\nCopyFiles = C64\r\n"                                 \
	"[C32]\r\ncard32.sys\r\n[C64]\r\ncard64.sys\r\n"                                           \
	"[DestinationDirs]\r\nDefaultDestDir = 12\r\n[Strings]\r\nP = \"Example\"\r\n"
#define INF_PLAIN_DISK                                                                             \
	"[SourceDisksNames]\r\n1 = Disk\r\n"                                                       \
	"[SourceDisksFiles]\r\ncard32.sys = 1\r\ncard64.sys = 1\r\n"
#define INF_PLAIN (INF_HEAD INF_BODY INF_PLAIN_DISK)

static inline void put_file(const char *root, const char *path, const void *bytes, size_t n)
{
	char whole[4096];
	for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
		(void)snprintf(whole, sizeof(whole), "%s/%.*s", root, (int)(slash - path), path);
		(void)mkdir(whole, 0700);
	}
	(void)snprintf(whole, sizeof(whole), "%s/%s", root, path);
	int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes, n), 0);
	assert_int_equal(close(fd), 0);
}

static inline void put_text(const char *root, const char *path, const char *text)
{
	put_file(root, path, text, strlen(text));
}

#define FAKE_SYS_BYTES 512

/* A driver's head: machine, and the subsystem's version. */
static inline void fake_sys(
	uint8_t bytes[static FAKE_SYS_BYTES], uint16_t machine, uint16_t major, uint16_t minor)
{
	memset(bytes, 0, FAKE_SYS_BYTES);
	memcpy(bytes, "MZ", 2);
	bytes[0x3c] = 0x80;
	memcpy(bytes + 0x80, "PE\0\0", 4);
	struct writer w = writer_over(bytes + 0x84, FAKE_SYS_BYTES - 0x84);
	writer_le16(&w, machine);
	writer_zeros(&w, 14);
	writer_le16(&w, 240);
	writer_zeros(&w, 2);
	writer_le16(&w, 0x20b);
	writer_zeros(&w, 46);
	writer_le16(&w, major);
	writer_le16(&w, minor);
	writer_zeros(&w, 16);
	writer_le16(&w, 1);
	assert_false(w.failed);
}

/* What an import told, a line each: "added a.inf", "already a.inf", "skipped PATH: WHY", "fault
 * PATH: WHY". Of the last package also its id, missing files and warnings. */
struct told {
	char text[8192];
	size_t n_added, n_already, n_skipped, n_faults;
	char id[SHA256_TEXT_BYTES];
	char missing[256]; /* with ';' after each */
	char warnings[1024];
	size_t n_files;
};

static inline void note(char *text, size_t size, const char *more, const char *end)
{
	size_t n = strlen(text);
	(void)snprintf(text + n, size - n, "%s%s", more, end);
}

static inline int write_down(void *context, const struct import_item *item)
{
	struct told *told = context;
	const struct driver_package *package = item->package;
	char line[2048];
	if (item->result == IMPORT_SKIPPED) {
		*(item->is_fault ? &told->n_faults : &told->n_skipped) += 1;
		(void)snprintf(line, sizeof(line), "%s %s: %s\n",
			item->is_fault ? "fault" : "skipped", item->path, item->reason);
		note(told->text, sizeof(told->text), line, "");
		return 0;
	}
	*(item->result == IMPORT_ADDED ? &told->n_added : &told->n_already) += 1;
	(void)snprintf(line, sizeof(line), "%s %s\n",
		item->result == IMPORT_ADDED ? "added" : "already", item->path);
	note(told->text, sizeof(told->text), line, "");
	(void)snprintf(told->id, sizeof(told->id), "%s", package->id);
	told->missing[0] = told->warnings[0] = 0;
	for (size_t i = 0; i < package->n_missing; i++)
		note(told->missing, sizeof(told->missing), package->missing[i], ";");
	for (size_t i = 0; i < package->n_warnings; i++)
		note(told->warnings, sizeof(told->warnings), package->warnings[i], ";");
	told->n_files = package->n_files;
	return 0;
}
