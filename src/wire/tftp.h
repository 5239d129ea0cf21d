/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TFTP packets: bytes <-> struct (RFC 1350; options: RFC 2347, blksize 2348, tsize and timeout
 * 2349, windowsize 7440; msftwindow as the Windows boot manager speaks it). No socket, no clock, no
 * policy.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TFTP_PORT                69
#define TFTP_HEADER_BYTES        4   /* of DATA: opcode and block */
#define TFTP_DEFAULT_BLOCK_BYTES 512 /* RFC 1350 2 */
#define TFTP_MIN_BLOCK_BYTES     8   /* RFC 2348 */
#define TFTP_OACK_MAX_BYTES      128 /* every option that we grant, with the longest values */
#define TFTP_ERROR_MAX_BYTES     133 /* opcode, code, text and NUL */
/*
 * Microsoft's "variable window": the client asks with 31416, the server grants with 27182, and from
 * then on every ACK, the one of the OACK included, has a fifth byte: the number of blocks that the
 * client wants next.
 */
#define TFTP_MSFTWINDOW_ASK      31416
#define TFTP_MSFTWINDOW_GRANT    27182

enum tftp_opcode {
	TFTP_RRQ = 1,
	TFTP_WRQ = 2,
	TFTP_DATA = 3,
	TFTP_ACK = 4,
	TFTP_ERROR = 5,
	TFTP_OACK = 6,
};

enum tftp_error_code {
	TFTP_ERROR_UNDEFINED = 0,
	TFTP_ERROR_NOT_FOUND = 1,
	TFTP_ERROR_ACCESS = 2,
	TFTP_ERROR_DISK_FULL = 3,
	TFTP_ERROR_ILLEGAL = 4,
	TFTP_ERROR_UNKNOWN_TID = 5,
	TFTP_ERROR_EXISTS = 6,
	TFTP_ERROR_NO_USER = 7,
	TFTP_ERROR_OPTIONS = 8, /* RFC 2347; edk2 also ends a size probe with it */
};

enum tftp_mode {
	TFTP_MODE_OCTET,
	TFTP_MODE_NETASCII,
	TFTP_MODE_OTHER, /* "mail" and inventions */
};

/* Options of a request or of an OACK. A value is meaningful where its has_ is set. */
struct tftp_options {
	bool has_tsize, has_blksize, has_timeout, has_windowsize, has_msftwindow;
	uint64_t tsize;
	uint32_t blksize;    /* 8..65464 */
	uint32_t timeout_s;  /* 1..255 */
	uint32_t windowsize; /* 1..65535 blocks */
	uint32_t msftwindow;
};

/* RRQ or WRQ. */
struct tftp_request {
	enum tftp_opcode opcode;
	const char *path; /* in place: valid as long as the packet; no NUL inside, not normalised */
	size_t path_length;
	enum tftp_mode mode;
	struct tftp_options options;
};

/*
 * -EBADMSG with the reason in err (may be NULL) for what is no request: other opcodes, a name or
 * mode without its NUL, an empty name, more than LIMIT_TFTP_REQUEST_BYTES. Options are read as far
 * as they are well formed; RFC 2347 lets a server leave out what it does not understand, so unknown
 * names, garbage values and repetitions (the first one counts) are no error. A blksize above 65464
 * counts as 65464: granting less than asked is always allowed.
 */
int tftp_request_parse(
	const void *bytes, size_t n, struct tftp_request *ret, struct error *err) MUST_CHECK;

/* What a client sends to the port of its transfer: ACK or ERROR. */
struct tftp_reply {
	enum tftp_opcode opcode; /* TFTP_ACK or TFTP_ERROR */
	uint16_t block;          /* ACK */
	bool has_wanted;         /* ACK of five bytes: */
	uint8_t wanted;          /* blocks wanted next, with msftwindow */
	uint16_t code;           /* ERROR: an enum tftp_error_code where we know it */
	const char *text;        /* ERROR: in place, not NUL-terminated, from a stranger */
	size_t text_length;
};

/* -EBADMSG for anything else. An ERROR text may lack its NUL (some loaders forget it). */
int tftp_reply_parse(const void *bytes, size_t n, struct tftp_reply *ret) MUST_CHECK;

/* What a server sends, for clients and tests. */
struct tftp_answer {
	enum tftp_opcode opcode; /* TFTP_DATA, TFTP_OACK or TFTP_ERROR */
	uint16_t block;          /* DATA */
	const uint8_t *data;     /* DATA: in place */
	size_t data_length;
	struct tftp_options options; /* OACK */
	uint16_t code;               /* ERROR */
	const char *text;            /* ERROR: in place, not NUL-terminated */
	size_t text_length;
};

int tftp_answer_parse(const void *bytes, size_t n, struct tftp_answer *ret) MUST_CHECK;

/* Each writes one packet; -EMSGSIZE if it does not fit. Options go out in one fixed order. */
int tftp_request_write(
	const struct tftp_request *request, void *packet, size_t size, size_t *ret_n) MUST_CHECK;
int tftp_oack_write(
	const struct tftp_options *options, void *packet, size_t size, size_t *ret_n) MUST_CHECK;
/* A text too long for TFTP_ERROR_MAX_BYTES is cut. */
int tftp_error_write(
	uint16_t code, const char *text, void *packet, size_t size, size_t *ret_n) MUST_CHECK;
/* wanted < 0: a plain ACK of four bytes. */
int tftp_ack_write(uint16_t block, int wanted, void *packet, size_t size, size_t *ret_n) MUST_CHECK;
/* The four bytes in front of a block's data. */
void tftp_data_header(uint16_t block, uint8_t header[static TFTP_HEADER_BYTES]);
