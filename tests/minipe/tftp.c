/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TFTP client of a Windows boot manager, as measured on the wire: RFC 1350, 2347, 2348, 2349,
 * 7440 and the variable window ("msftwindow") whose every ACK carries one byte more, the number of
 * blocks wanted next. The firmware's own MTFTP can do none of the last two, so this works on the
 * datagrams of EFI_PXE_BASE_CODE.
 */
#include "fetch.h"
#include "firmware.h"

#define SERVER_PORT      69
#define PACKET_MAX       65536
#define TRIES_MAX        6 /* a read waits three seconds in the firmware */
#define WINDOW_START     4
#define WINDOW_MAX       255 /* it has to fit the byte */
#define PROGRESS_BYTES   (16U << 20)
#define MSFTWINDOW_ASK   "31416"
#define MSFTWINDOW_GRANT 27182

enum opcode {
	OP_RRQ = 1,
	OP_DATA = 3,
	OP_ACK = 4,
	OP_ERROR = 5,
	OP_OACK = 6,
};

struct transfer {
	const char *path;
	uint16_t local_port, remote_port; /* remote: 0 until the first answer */
	uint32_t block_bytes, window_blocks;
	bool has_size, variable;
	uint64_t size;

	uint8_t *data;
	uint64_t done_bytes, done_blocks;
	uint32_t window, left; /* wide, and still to come of it */
	uint32_t clean_windows, gaps, timeouts, widest;
	bool gap_told; /* this gap was reported; the rest of its window says nothing new */
};

static struct {
	struct efi_pxe_base_code *pxe;
	union efi_ip_address server;
	uint16_t next_port;
	uint8_t packet[PACKET_MAX];
} tftp;

static efi_status send(struct transfer *transfer, const void *data, size_t size)
{
	uint16_t port = transfer->remote_port ? transfer->remote_port : SERVER_PORT;
	uintn length = size;

	return tftp.pxe->udp_write(tftp.pxe, EFI_PXE_UDP_MAY_FRAGMENT, &tftp.server, &port, NULL,
		NULL, &transfer->local_port, NULL, NULL, &length, (void *)(uintptr_t)data);
}

/* The next datagram from the server to our port; the size 0 means that none came in time. */
static struct bytes receive(struct transfer *transfer)
{
	uint16_t flags = transfer->remote_port ? 0 : EFI_PXE_UDP_ANY_SRC_PORT;
	uint16_t from = transfer->remote_port;
	uintn size = sizeof(tftp.packet);
	efi_status status = tftp.pxe->udp_read(tftp.pxe, flags, NULL, &transfer->local_port,
		&tftp.server, &from, NULL, NULL, &size, tftp.packet);

	if (efi_failed(status) || size < 4)
		return (struct bytes){NULL, 0};
	transfer->remote_port = from;
	return (struct bytes){tftp.packet, size};
}

static unsigned opcode_of(struct bytes packet)
{
	return (unsigned)(packet.data[0] << 8 | packet.data[1]);
}

static void abort_transfer(struct transfer *transfer)
{
	static const char error[] = "\0\5\0\0TFTP Aborted";

	send(transfer, error, sizeof(error));
}

static size_t add_text(char *out, size_t at, const char *text)
{
	size_t n = text_length(text) + 1;

	bytes_copy(out + at, text, n);
	return at + n;
}

static size_t add_option(char *out, size_t at, const char *name, uint32_t value)
{
	char text[12];

	format_text(text, sizeof(text), "%u", value);
	return add_text(out, add_text(out, at, name), text);
}

static size_t build_request(char out[1024], const char *path, const struct fetch_tuning *tuning)
{
	size_t n = add_text(out, 2, path);

	out[0] = 0;
	out[1] = OP_RRQ;
	n = add_text(out, n, "octet");
	n = add_option(out, n, "tsize", 0);
	if (tuning)
		n = add_option(out, n, "blksize", tuning->block_bytes);
	if (tuning && tuning->window_blocks)
		n = add_option(out, n, "windowsize", tuning->window_blocks);
	if (tuning && tuning->window_blocks && tuning->variable_window)
		n = add_text(out, add_text(out, n, "msftwindow"), MSFTWINDOW_ASK);
	return n;
}

static uint64_t number(const char *text)
{
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9' && value < 1ULL << 50; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	return value;
}

/* Whatever is not in the OACK was not granted (RFC 2347). */
static bool parse_oack(
	struct transfer *transfer, struct bytes oack, const struct fetch_tuning *tuning)
{
	const char *at = (const char *)oack.data + 2, *end = (const char *)oack.data + oack.size;

	if (end[-1])
		return false;
	while (at < end) {
		const char *name = at, *value = at + text_length(at) + 1;
		uint64_t n;

		if (value >= end)
			return false;
		n = number(value);
		at = value + text_length(value) + 1;
		if (text_equal(name, "tsize")) {
			transfer->size = n;
			transfer->has_size = true;
		} else if (tuning && text_equal(name, "blksize")) {
			if (n < 8 || n > tuning->block_bytes)
				return false;
			transfer->block_bytes = (uint32_t)n;
		} else if (tuning && text_equal(name, "windowsize")) {
			if (!n || n > tuning->window_blocks)
				return false;
			transfer->window_blocks = (uint32_t)n;
		} else if (tuning && text_equal(name, "msftwindow")) {
			transfer->variable = n == MSFTWINDOW_GRANT;
		} else {
			return false; /* not asked for */
		}
	}
	return true;
}

/* Sends the request until something comes back: OK means an OACK that is understood. */
static enum fetch_result open(
	struct transfer *transfer, const char *path, const struct fetch_tuning *tuning)
{
	char request[1024];
	size_t length;

	if (text_length(path) > 500)
		return FETCH_BROKEN;
	length = build_request(request, path, tuning);
	*transfer = (struct transfer){
		.path = path,
		.local_port = tftp.next_port++,
		.block_bytes = 512,
		.window_blocks = 1,
	};
	if (tftp.next_port < 2048)
		tftp.next_port = 2048;
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		struct bytes answer;

		if (efi_failed(send(transfer, request, length)))
			return FETCH_BROKEN;
		answer = receive(transfer);
		if (!answer.size)
			continue;
		if (opcode_of(answer) == OP_ERROR)
			return FETCH_ABSENT;
		if (opcode_of(answer) == OP_OACK && parse_oack(transfer, answer, tuning) &&
			transfer->has_size)
			return FETCH_OK;
		abort_transfer(transfer);
		return FETCH_BROKEN;
	}
	return FETCH_TIMEOUT;
}

static enum fetch_result probe(const char *path, uint64_t *ret_size)
{
	struct transfer transfer;
	enum fetch_result result = open(&transfer, path, NULL);

	if (result != FETCH_OK)
		return result;
	abort_transfer(&transfer);
	*ret_size = transfer.size;
	return FETCH_OK;
}

static void acknowledge(struct transfer *transfer)
{
	uint16_t block = (uint16_t)transfer->done_blocks; /* rolls over to 0 */
	uint8_t ack[5] = {
		0, OP_ACK, (uint8_t)(block >> 8), (uint8_t)block, (uint8_t)transfer->window};

	transfer->left = transfer->window;
	if (transfer->window > transfer->widest)
		transfer->widest = transfer->window;
	send(transfer, ack, transfer->variable ? 5 : 4);
}

/* Measured: 4 windows of 4 blocks, 5 of 5, 6 of 6, ... What the genuine one does after a loss was
 * not measured; it must get narrower somehow. */
static void window_done(struct transfer *transfer)
{
	if (!transfer->variable || ++transfer->clean_windows < transfer->window)
		return;
	transfer->clean_windows = 0;
	if (transfer->window < WINDOW_MAX)
		transfer->window++;
}

static void window_lost(struct transfer *transfer)
{
	transfer->clean_windows = 0;
	if (transfer->variable)
		transfer->window = transfer->window > 1 ? transfer->window / 2 : 1;
}

/* A block out of order: acknowledge the last one in order, once for each gap (RFC 7440 section 4).
 * A repetition of the last one in order: our ACK was lost, or the end of a window, after which
 * nothing could come to show the gap, and the server has begun that window again. */
static void out_of_order(struct transfer *transfer, uint16_t ahead)
{
	bool is_gap = ahead < 0x8000;

	if (is_gap ? transfer->gap_told : ahead != 0xffff)
		return;
	transfer->gap_told = is_gap;
	transfer->gaps++;
	window_lost(transfer);
	acknowledge(transfer);
}

/* True when the file is complete. When its size is a multiple of the block size, the last full
 * block is the end: the empty DATA that RFC 1350 has after it is not waited for (measured). */
static bool take_data(struct transfer *transfer, struct bytes packet)
{
	uint16_t block = (uint16_t)(packet.data[2] << 8 | packet.data[3]);
	uint16_t ahead = (uint16_t)(block - (uint16_t)(transfer->done_blocks + 1));
	size_t size = packet.size - 4;

	if (ahead) {
		out_of_order(transfer, ahead);
		return false;
	}
	if (size > transfer->size - transfer->done_bytes)
		size = (size_t)(transfer->size - transfer->done_bytes);
	bytes_copy(transfer->data + transfer->done_bytes, packet.data + 4, size);
	if (transfer->done_bytes / PROGRESS_BYTES != (transfer->done_bytes + size) / PROGRESS_BYTES)
		print("minipe: %s: %u of %u MiB\n", transfer->path,
			(uint32_t)((transfer->done_bytes + size) >> 20),
			(uint32_t)(transfer->size >> 20));
	transfer->done_bytes += size;
	transfer->done_blocks++;
	transfer->gap_told = false;
	if (size < transfer->block_bytes || transfer->done_bytes == transfer->size) {
		acknowledge(transfer);
		return true;
	}
	if (!--transfer->left) {
		window_done(transfer);
		acknowledge(transfer);
	}
	return false;
}

static enum fetch_result run(struct transfer *transfer)
{
	int silent = 0;

	transfer->window = transfer->variable ? WINDOW_START : transfer->window_blocks;
	acknowledge(transfer);
	while (silent < TRIES_MAX) {
		struct bytes packet = receive(transfer);

		if (!packet.size) {
			silent++;
			transfer->timeouts++;
			transfer->gap_told = false;
			window_lost(transfer);
			acknowledge(transfer);
			continue;
		}
		silent = 0;
		if (opcode_of(packet) == OP_ERROR)
			return FETCH_BROKEN;
		if (opcode_of(packet) == OP_DATA && take_data(transfer, packet))
			return transfer->done_bytes == transfer->size ? FETCH_OK : FETCH_BROKEN;
	}
	return FETCH_TIMEOUT;
}

static enum fetch_result read(
	const char *path, const struct fetch_tuning *tuning, struct bytes *ret_data)
{
	struct transfer transfer;
	enum fetch_result result = open(&transfer, path, tuning);

	if (result != FETCH_OK)
		return result;
	transfer.data = allocate((size_t)transfer.size);
	if (!transfer.data) {
		abort_transfer(&transfer);
		return FETCH_BROKEN;
	}
	result = run(&transfer);
	print("minipe: tftp blksize=%u window=%u variable=%u widest=%u gaps=%u timeouts=%u\n",
		transfer.block_bytes, transfer.window_blocks, (uint32_t)transfer.variable,
		transfer.widest, transfer.gaps, transfer.timeouts);
	if (result == FETCH_OK)
		*ret_data = (struct bytes){transfer.data, (size_t)transfer.size};
	return result;
}

const struct fetch_ways *fetch_over_tftp(const struct station *station)
{
	static const struct fetch_ways ways = {probe, read};

	tftp.pxe = protocol(station->device, &EFI_PXE_BASE_CODE_GUID);
	if (!tftp.pxe)
		return NULL;
	bytes_copy(tftp.server.v4, station->server, 4);
	if (!tftp.next_port) /* not the port of the stage before: its packets may still come */
		tftp.next_port = (uint16_t)(49152 + (__builtin_ia32_rdtsc() & 0x3fff));
	return &ways;
}

void fetch_tftp_mention(const struct station *station, const char *name)
{
	uint64_t size;

	if (fetch_over_tftp(station) && text_length(name) < 500)
		(void)probe(name, &size);
}
