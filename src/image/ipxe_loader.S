/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What BIOS starts of an iPXE medium. 2048 bytes, which are both the first four sectors of a disk
 * (the BIOS loads the first one, that loads the rest) and the boot image of a CD (the BIOS loads
 * all). It reads the pieces that its table names (the two parts of ipxe.lkrn, and a script) to
 * their places in memory and goes on as Linux' 16-bit boot protocol says (Documentation/arch/x86/
 * boot.rst); what that protocol wants written into the kernel's header, image/ipxe_medium.c has
 * written there already.
 *
 * Memory: 0x600 packets of int 0x13; 0x7c00 this, with the stack below; 0x10000 the buffer;
 * 0x90000 the kernel's 16-bit part.
 */
	.intel_syntax noprefix
	.code16
	.text

	.set PACKET, 0x600
	.set BUFFER_SEGMENT, 0x1000
	.set BLOCKS_AT_ONCE, 16		/* of 2048 bytes; 32 KiB */
	.set KERNEL_SEGMENT, 0x9000

	.globl _start
_start:
	cli
	cld
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, 0x7c00
	sti
	.byte 0xea			/* jmp 0:here: some BIOSes start at 0x7c0:0 */
	.word here, 0
here:
	mov [drive], dl
	/* A CD has sectors of 2048 bytes; who does not answer has 512. */
	mov word ptr [PACKET], 0x1a
	mov si, PACKET
	mov ah, 0x48
	int 0x13
	jc disk
	cmp word ptr [PACKET + 0x18], 2048
	jne disk
	mov byte ptr [shift], 0
	jmp load_all
disk:
	/* Sectors 1 to 3, to behind this one. */
	mov eax, 1
	mov cx, 3
	mov bx, 0x7e0
	call read_sectors
	jmp load_all

/* eax: first sector, cx: how many, bx: segment. Three attempts. */
read_sectors:
	mov dword ptr [PACKET], 0x10
	mov [PACKET + 2], cx
	mov word ptr [PACKET + 4], 0
	mov [PACKET + 6], bx
	mov [PACKET + 8], eax
	mov dword ptr [PACKET + 12], 0
	mov bp, 3
attempt:
	mov ah, 0x42
	mov dl, [drive]
	mov si, PACKET
	int 0x13
	jnc read_done
	xor ah, ah			/* reset */
	mov dl, [drive]
	int 0x13
	dec bp
	jnz attempt
	mov si, offset unreadable
	jmp fail
read_done:
	ret

fail:
	lodsb
	test al, al
	jz failed
	mov ah, 0x0e
	mov bx, 7
	int 0x10
	jmp fail
failed:
	xor ax, ax
	int 0x16			/* a key */
	int 0x18			/* the BIOS's next boot device */
	jmp failed

drive:	.byte 0
shift:	.byte 2				/* sectors are blocks of 2048 bytes shifted by it */
unreadable:
	.asciz "\r\nPewter: this medium cannot be read. Press a key.\r\n"

	.org 440			/* the partition table is the disk's: as fails past here */
	.org 512

/* block, how many, where to: put in by image/ipxe_medium.c */
table:
	.fill 36, 1, 0
table_end:

load_all:
	mov di, offset table
piece:
	mov ecx, [di + 4]
	test ecx, ecx
	jz next_piece
	cmp ecx, BLOCKS_AT_ONCE
	jbe some
	mov ecx, BLOCKS_AT_ONCE
some:
	push ecx
	mov eax, [di]
	mov dx, cx
	mov cl, [shift]
	shl eax, cl
	shl dx, cl
	mov cx, dx
	mov bx, BUFFER_SEGMENT
	call read_sectors
	pop ecx
	call move
	add [di], ecx
	sub [di + 4], ecx
	shl ecx, 11
	add [di + 8], ecx
	jmp piece
next_piece:
	add di, 12
	cmp di, offset table_end
	jb piece

	cli
	mov ax, KERNEL_SEGMENT
	mov ds, ax
	mov es, ax
	mov fs, ax
	mov gs, ax
	mov ss, ax
	mov sp, 0xe000
	.byte 0xea			/* jmp 0x9020:0 */
	.word 0, KERNEL_SEGMENT + 0x20

/* ecx blocks from the buffer to [di + 8], by the BIOS, which can write above 1 MiB. Keeps ecx, di. */
move:
	push ecx
	mov eax, [di + 8]
	mov [to_low], ax
	shr eax, 16
	mov [to_middle], al
	mov [to_high], ah
	shl cx, 10			/* words */
	mov si, offset descriptors
	mov ah, 0x87
	int 0x15
	pop ecx
	jc move_failed
	ret
move_failed:
	mov si, offset unmovable
	jmp fail

descriptors:
	.fill 16, 1, 0
	.word 0xffff, 0			/* the buffer, at 0x10000 */
	.byte BUFFER_SEGMENT >> 12, 0x93, 0, 0
	.word 0xffff
to_low:	.word 0
to_middle:
	.byte 0, 0x93, 0
to_high:
	.byte 0
	.fill 16, 1, 0
unmovable:
	.asciz "\r\nPewter: the BIOS does not move memory. Press a key.\r\n"

	.org 2048
