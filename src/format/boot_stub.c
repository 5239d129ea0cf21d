/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/boot_stub.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#define LOADED_AT 0x7c00 /* by every BIOS */

static const char text[] =
	"\r\nThis medium starts machines by UEFI only. To start this one by BIOS, use a CD\r\n"
	"(pewter media iso) or the network. Press a key to go on without the medium.\r\n";

static const uint8_t code[] = {
	0xfa,             /* cli */
	0x31, 0xc0,       /* xor ax, ax */
	0x8e, 0xd8,       /* mov ds, ax */
	0x8e, 0xd0,       /* mov ss, ax */
	0xbc, 0x00, 0x7c, /* mov sp, 0x7c00 */
	0xfb,             /* sti */
	0xfc,             /* cld */
	0xbe, 0x00, 0x00, /* mov si, text (put in below) */
	0xac,             /* next: lodsb */
	0x84, 0xc0,       /* test al, al */
	0x74, 0x09,       /* jz done */
	0xb4, 0x0e,       /* mov ah, 0x0e */
	0xbb, 0x07, 0x00, /* mov bx, 7 */
	0xcd, 0x10,       /* int 0x10: a letter on the screen */
	0xeb, 0xf2,       /* jmp next */
	0x31, 0xc0,       /* done: xor ax, ax */
	0xcd, 0x16,       /* int 0x16: waits for a key */
	0xcd, 0x18,       /* int 0x18: the BIOS's next boot device */
	0xeb, 0xfe,       /* jmp here */
};
#define TEXT_IN_CODE 13 /* where the text's address belongs */

static_assert(BOOT_STUB_AT_MAX + sizeof(code) + sizeof(text) <= 440, "the MBR's table is behind");

void boot_stub_write(uint8_t sector[static 512], size_t at)
{
	assert(at <= BOOT_STUB_AT_MAX);
	const size_t text_at = LOADED_AT + at + sizeof(code);
	memcpy(sector + at, code, sizeof(code));
	sector[at + TEXT_IN_CODE] = (uint8_t)text_at;
	sector[at + TEXT_IN_CODE + 1] = (uint8_t)(text_at >> 8);
	memcpy(sector + at + sizeof(code), text, sizeof(text));
	sector[510] = 0x55;
	sector[511] = 0xaa;
}
