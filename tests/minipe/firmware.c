/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware.h"

#include <stdarg.h>

#define LINE_BYTES 1024

struct efi_system_table *firmware;

/* The compiler itself calls these two, whatever the code says. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memset(void *to, int value, size_t size)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return start;
}

void firmware_start(struct efi_system_table *table)
{
	firmware = table;
	/* The firmware resets the machine five minutes after it started a program, unless told. */
	firmware->boot->set_watchdog_timer(0, 0, 0, NULL);
}

struct writer {
	char *out;
	size_t size, used;
};

static void put(struct writer *writer, char c)
{
	if (writer->used + 1 < writer->size)
		writer->out[writer->used++] = c;
}

static void put_number(struct writer *writer, uint64_t value, unsigned base, unsigned digits)
{
	char text[20];
	unsigned n = 0;

	do {
		text[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (; digits > n; digits--)
		put(writer, '0');
	while (n)
		put(writer, text[--n]);
}

static size_t format_list(char *out, size_t size, const char *format, va_list list)
{
	struct writer writer = {out, size, 0};

	for (; *format; format++) {
		if (*format != '%') {
			put(&writer, *format);
			continue;
		}
		switch (*++format) {
		case 's':
			for (const char *s = va_arg(list, const char *); *s; s++)
				put(&writer, *s);
			break;
		case 'u': put_number(&writer, va_arg(list, uint32_t), 10, 1); break;
		case 'x': put_number(&writer, va_arg(list, uint32_t), 16, 8); break;
		case 'X': put_number(&writer, va_arg(list, uint32_t), 16, 4); break;
		case 'l':
			format += 2;
			put_number(&writer, va_arg(list, uint64_t), 10, 1);
			break;
		default: put(&writer, *format);
		}
	}
	out[writer.used] = '\0';
	return writer.used;
}

size_t format_text(char *out, size_t size, const char *format, ...)
{
	va_list list;
	size_t used;

	va_start(list, format);
	used = format_list(out, size, format, list);
	va_end(list);
	return used;
}

void print(const char *format, ...)
{
	static char text[LINE_BYTES];
	static char16 wide[2 * LINE_BYTES];
	size_t n = 0;
	va_list list;

	va_start(list, format);
	format_list(text, sizeof(text), format, list);
	va_end(list);
	for (const char *p = text; *p; p++) {
		if (*p == '\n')
			wide[n++] = '\r';
		wide[n++] = (char16)*p;
	}
	wide[n] = 0;
	firmware->con_out->output_string(firmware->con_out, wide);
}

void *allocate(size_t size)
{
	uintn n_pages = size / EFI_PAGE_BYTES + 1;
	uint64_t address = 0;

	if (efi_failed(firmware->boot->allocate_pages(
		    EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, n_pages, &address)))
		return NULL;
	memset((void *)address, 0, n_pages * EFI_PAGE_BYTES);
	return (void *)address;
}

void *protocol(efi_handle handle, const struct efi_guid *guid)
{
	void *interface;

	if (!handle || efi_failed(firmware->boot->handle_protocol(handle, guid, &interface)))
		return NULL;
	return interface;
}

void *protocol_upwards(efi_handle handle, const struct efi_guid *guid, efi_handle *ret_handle)
{
	struct efi_device_path *path = protocol(handle, &EFI_DEVICE_PATH_GUID);
	efi_handle found;

	if (!path || efi_failed(firmware->boot->locate_device_path(guid, &path, &found)))
		return NULL;
	if (ret_handle)
		*ret_handle = found;
	return protocol(found, guid);
}

_Noreturn void power_off(void)
{
	print("minipe: power off\n");
	firmware->boot->stall(200000); /* the serial port is slower than we are */
	for (;;)
		firmware->runtime->reset_system(EFI_RESET_SHUTDOWN, EFI_SUCCESS, 0, NULL);
}
