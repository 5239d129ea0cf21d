/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/xml.h"

#include "adapter/library.h"
#include "base/limits.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>

#define FUNCTIONS(X)                                                                               \
	X(XML_ErrorString)                                                                         \
	X(XML_GetCurrentLineNumber)                                                                \
	X(XML_GetErrorCode)                                                                        \
	X(XML_Parse)                                                                               \
	X(XML_ParserCreate)                                                                        \
	X(XML_ParserFree)                                                                          \
	X(XML_SetCharacterDataHandler)                                                             \
	X(XML_SetElementHandler)                                                                   \
	X(XML_SetStartDoctypeDeclHandler)                                                          \
	X(XML_SetUserData)                                                                         \
	X(XML_StopParser)
LIBRARY_DECLARE(libexpat, FUNCTIONS);
LIBRARY_DEFINE(libexpat, FUNCTIONS, "libexpat.so.1", "libexpat1", "recommended",
	"reads msinfo32's reports of machines");

struct reading {
	XML_Parser parser;
	const struct xml_events *events;
	struct error *err;
	size_t depth;
	int rc;
};

static void stop(struct reading *reading, int rc)
{
	reading->rc = rc;
	(void)libexpat.XML_StopParser(reading->parser, XML_FALSE);
}

static unsigned long line_of(const struct reading *reading)
{
	return libexpat.XML_GetCurrentLineNumber(reading->parser);
}

static void on_begin(void *data, const XML_Char *element, const XML_Char **attributes)
{
	struct reading *reading = data;
	if (reading->rc < 0)
		return;
	if (++reading->depth > LIMIT_XML_DEPTH) {
		stop(reading, error_set(reading->err, -E2BIG, "%lu: elements lie more than %d deep",
				      line_of(reading), LIMIT_XML_DEPTH));
		return;
	}
	int rc = reading->events->begin(
		reading->events->context, element, (const char *const *)attributes);
	if (rc < 0)
		stop(reading, rc);
}

static void on_end(void *data, const XML_Char *element)
{
	struct reading *reading = data;
	if (reading->rc < 0)
		return;
	reading->depth--;
	int rc = reading->events->end(reading->events->context, element);
	if (rc < 0)
		stop(reading, rc);
}

static void on_text(void *data, const XML_Char *text, int n)
{
	struct reading *reading = data;
	if (reading->rc < 0)
		return;
	int rc = reading->events->text(reading->events->context, text, (size_t)n);
	if (rc < 0)
		stop(reading, rc);
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
	const XML_Char *public, int has_subset)
{
	struct reading *reading = data;
	(void)name, (void)system, (void)public, (void)has_subset;
	stop(reading, error_set(reading->err, -EINVAL,
			      "%lu: has a document type, which is not allowed", line_of(reading)));
}

static int parse(struct reading *reading, const char *text, size_t n)
{
	libexpat.XML_SetUserData(reading->parser, reading);
	libexpat.XML_SetElementHandler(reading->parser, on_begin, on_end);
	libexpat.XML_SetCharacterDataHandler(reading->parser, on_text);
	libexpat.XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
	/* All at once: expat before 2.6 reads a long token anew for every part of it that comes. */
	enum XML_Status status = libexpat.XML_Parse(reading->parser, text, (int)n, XML_TRUE);
	if (reading->rc < 0)
		return reading->rc;
	if (status == XML_STATUS_OK)
		return 0;
	enum XML_Error code = libexpat.XML_GetErrorCode(reading->parser);
	if (code == XML_ERROR_NO_MEMORY)
		return error_set(reading->err, -ENOMEM, "out of memory");
	return error_set(reading->err, -EINVAL, "%lu: no well-formed XML: %s", line_of(reading),
		libexpat.XML_ErrorString(code));
}

int xml_read(const char *text, size_t n, const struct xml_events *events, struct error *err)
{
	struct reading reading = {.events = events, .err = err};
	if (n > INT_MAX)
		return error_set(err, -EFBIG, "too large");
	int rc = library_load(&libexpat_library, err);
	if (rc < 0)
		return rc;
	reading.parser = libexpat.XML_ParserCreate("UTF-8");
	if (reading.parser == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	rc = parse(&reading, text, n);
	libexpat.XML_ParserFree(reading.parser);
	return rc;
}
