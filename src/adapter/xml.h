/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XML as a stream of events, through expat. Documents of strangers: a document type is refused
 * (entities are what bombs are made of), elements may lie LIMIT_XML_DEPTH deep.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>

struct xml_events {
	void *context;
	/* A negative errno ends the reading and is returned. attributes: name, value, ..., NULL. */
	int (*begin)(void *context, const char *element, const char *const *attributes);
	int (*text)(
		void *context, const char *text, size_t n); /* UTF-8; a text may come in parts */
	int (*end)(void *context, const char *element);
};

/* text is UTF-8, whatever its declaration says. -EINVAL with "LINE: ..." if it is no well-formed
 * XML. */
int xml_read(
	const char *text, size_t n, const struct xml_events *events, struct error *err) MUST_CHECK;
