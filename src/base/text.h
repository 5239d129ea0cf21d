/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text: UTF-8 inside, UTF-16LE at Windows' edges, ASCII case folding for protocol words and file
 * names. */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 -> UTF-16LE code units, appended without a NUL. Ill-formed input becomes U+FFFD. */
int text_utf8_to_utf16le(const char *text, size_t length, struct buffer *out) MUST_CHECK;
/* UTF-16LE bytes -> UTF-8, appended. Lone surrogates and an odd last byte become U+FFFD. */
int text_utf16le_to_utf8(const uint8_t *bytes, size_t n_bytes, struct buffer *out) MUST_CHECK;
/* One code point as UTF-8 (an invalid one as U+FFFD): how many bytes it took. */
size_t text_put_code_point(uint32_t code_point, uint8_t out[static 4]);
/* Appends one code point (invalid ones as U+FFFD). */
int text_add_code_point(struct buffer *out, uint32_t code_point) MUST_CHECK;

/* ASCII only, whatever the locale. */
char text_lower(char c);
char text_upper(char c);
bool text_equal_nocase(const char *a, const char *b);
bool text_starts_nocase(const char *text, const char *prefix);
int text_compare_nocase(const char *a, const char *b);
/* "Net" is in "HDC,net". */
bool text_is_in_list(const char *word, const char *list);

/* A decimal number and nothing else; false on anything else or past max. */
bool text_parse_u64(const char *text, uint64_t max, uint64_t *ret_value);
/* The value of a hex digit of either case; -1 for any other character. */
int text_hex_digit(char c);
/* Hex digits, both cases; false unless exactly n bytes are given, ':' and '-' between bytes are
 * skipped. */
bool text_parse_hex(const char *text, uint8_t *bytes, size_t n);
/* Lower-case hex; out has room for 2 * n + 1. */
void text_hex(const uint8_t *bytes, size_t n, char *out);
/* Copies at most size - 1 bytes and always ends with NUL; false if it had to cut. */
bool text_copy(char *destination, size_t size, const char *source);
/* Copies length bytes, making control and non-ASCII bytes '?', for text from strangers that goes
 * into logs. */
void text_copy_printable(char *destination, size_t size, const void *source, size_t length);
/* In place, for text from strangers that goes to terminals: what moves a cursor or turns the line
 * round (control characters, DEL, U+0080 to U+009F, marks of direction) and what is no UTF-8 become
 * '?', one for each byte. */
void text_disarm(char *text, size_t length);
