/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot/script.h"

#include "base/address.h"
#include "boot/firmware.h"
#include "boot/url.h"

#include <stdio.h>
#include <string.h>

/* What a template may name. */
struct words {
	char base[96]; /* "http://192.0.2.1/b/ID": the folder of this boot */
	char server[IPV4_TEXT_BYTES];
	char tftp[96]; /* the same folder over TFTP */
	char revision[12];
};

static void set_words(const struct boot_script *script, struct words *words)
{
	ipv4_format(script->server, words->server);
	(void)snprintf(words->revision, sizeof(words->revision), "%u", script->revision);
	char base[BOOT_URL_BASE_BYTES];
	boot_url_base(script->server, 0, base);
	(void)snprintf(words->tftp, sizeof(words->tftp), "%s/b/%.12s", base, script->boot_id);
	boot_url_base(script->server, script->client->ipxe_has_http ? script->http_port : 0, base);
	(void)snprintf(words->base, sizeof(words->base), "%s/b/%.12s", base, script->boot_id);
}

/* ---- the user's own script ---- */

static const char *word(const struct boot_script *script, const struct words *words,
	const char *name, size_t length)
{
	const struct {
		const char *name;
		const char *value;
	} known[] = {
		{"BASE", words->base},
		{"ID", script->boot_id},
		{"SERVER", words->server},
		{"IMAGE", script->image->name},
		{"REVISION", words->revision},
	};
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0)
			return known[i].value;
	}
	return NULL;
}

static int fill_in(const struct boot_script *script, const struct words *words, struct buffer *out)
{
	const char *at = script->template;
	while (*at != 0) {
		size_t plain = strcspn(at, "@");
		int rc = buffer_add(out, at, plain);
		if (rc < 0)
			return rc;
		at += plain;
		if (*at == 0)
			break;
		size_t length = strcspn(at + 1, "@\n");
		const char *value =
			at[1 + length] == '@' ? word(script, words, at + 1, length) : NULL;
		/* An '@' that names nothing of ours is the user's own. */
		rc = value != NULL ? buffer_add_text(out, value) : buffer_add_text(out, "@");
		if (rc < 0)
			return rc;
		at += value != NULL ? length + 2 : 1;
	}
	return 0;
}

/* ---- ours ---- */

static int write_wimboot(const struct words *words, struct buffer *out)
{
	/* The BCD is that of a medium, because wimboot shows the boot manager a disk of its own. */
	return buffer_printf(out,
		"kernel %s/wimboot || goto failed\n"
		"initrd %s/" TREE_MEDIA "/BCD BCD || goto failed\n"
		"initrd %s/boot.sdi boot.sdi || goto failed\n"
		"initrd %s/boot.wim boot.wim || goto failed\n"
		"boot || goto failed\n",
		words->base, words->base, words->base, words->base);
}

static int write_chain(const struct words *words, const char *loader, struct buffer *out)
{
	/* Over TFTP even where there is HTTP: the loader goes on with the protocol and the server
	 * of the PXE packets that iPXE hands down to it. */
	return buffer_printf(out, "chain %s/%s || goto failed\n", words->tftp, loader);
}

static int write_refusal(const struct boot_script *script, const char *loader, struct buffer *out)
{
	return buffer_printf(out,
		"echo %s holds no %s, and there is no wimboot on the server.\n"
		"echo On the server do one of these:\n"
		"echo   put wimboot there and name it in the config file, [boot] wimboot=\n"
		"echo   pewter image import the whole medium, which holds %s\n"
		"goto failed\n",
		script->image->name, loader, loader);
}

bool boot_script_fits_wimboot(const struct boot_image *image)
{
	return !image->is_sdi &&
	       (strcmp(image->arch, "amd64") == 0 || strcmp(image->arch, "x86") == 0);
}

static int write_way(
	const struct boot_script *script, const struct words *words, struct buffer *out)
{
	uint16_t number = script->client->arch;
	if (number == PXE_ARCH_UNKNOWN)
		number = script->client->ipxe_has_efi ? PXE_ARCH_EFI_X64 : PXE_ARCH_BIOS;
	const struct firmware_arch *arch = firmware_arch(number);
	enum boot_loader loader = arch != NULL ? arch->loader : BOOT_LOADER_BOOTMGFW_X64;

	if (script->has_wimboot && boot_script_fits_wimboot(script->image))
		return write_wimboot(words, out);
	if ((script->image->loaders & (UINT32_C(1) << loader)) != 0)
		return write_chain(words, boot_loader_name(loader), out);
	return write_refusal(script, boot_loader_name(loader), out);
}

int boot_script_write(const struct boot_script *script, struct buffer *out)
{
	struct words words;
	set_words(script, &words);
	if (script->template != NULL)
		return fill_in(script, &words, out);

	int rc = buffer_printf(out,
		"#!ipxe\n"
		"# Pewter: %s@%s, boot %s\n"
		"echo Pewter: loading %s revision %s\n",
		script->image->name, words.revision, script->boot_id, script->image->name,
		words.revision);
	if (rc == 0)
		rc = write_way(script, &words, out);
	if (rc < 0)
		return rc;
	return buffer_add_text(out, ":failed\n"
				    "echo This boot failed. On the server, pewter boot list tells "
				    "more.\n"
				    "prompt --timeout 60000 Press any key to go on ||\n"
				    "exit 1\n");
}
