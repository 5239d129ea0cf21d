/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_xml.h"

#include "base/limits.h"
#include "base/text.h"
#include "format/wim_xml_tags.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BYTE_ORDER_MARK 0xfeff

/* ---- elements ---- */

struct element {
	bool is_there, is_empty;
	size_t begin, end;           /* tags with it */
	size_t content, content_end; /* between them */
};

/* An image's elements that matter, in the order that Windows writes them. */
enum field {
	FIELD_FOLDERS,
	FIELD_FILES,
	FIELD_BYTES,
	FIELD_LINK_BYTES,
	FIELD_MADE,
	FIELD_CHANGED,
	N_FIELDS
};

static const char *const field_names[N_FIELDS] = {"DIRCOUNT", "FILECOUNT", "TOTALBYTES",
	"HARDLINKBYTES", "CREATIONTIME", "LASTMODIFICATIONTIME"};

/* What is looked for, and where it was found. */
struct scan {
	struct xml_text text;
	uint32_t image;
	const char *const *names; /* of the image's elements, n_names of them */
	size_t n_names;
	const char *total_name; /* of the one beside the images */

	struct element wim, total, whole_image;
	struct element *elements; /* n_names */

	struct xml_tag open[LIMIT_XML_DEPTH];
	size_t depth;
	bool is_in_image;
};

/* The element that a tag at this depth begins, if it is one of those looked for. */
static struct element *wanted(struct scan *scan, const struct xml_tag *tag)
{
	if (scan->depth == 0)
		return &scan->wim;
	if (scan->depth == 1 && xml_tag_is(&scan->text, tag, scan->total_name))
		return &scan->total;
	if (scan->depth == 1 && xml_tag_is(&scan->text, tag, "IMAGE") &&
		xml_tag_has_index(&scan->text, tag, scan->image))
		return &scan->whole_image;
	for (size_t i = 0; scan->depth == 2 && scan->is_in_image && i < scan->n_names; i++) {
		if (xml_tag_is(&scan->text, tag, scan->names[i]))
			return &scan->elements[i];
	}
	return NULL;
}

static int begin_element(struct scan *scan, const struct xml_tag *tag, struct error *err)
{
	struct element *element = wanted(scan, tag);

	if (scan->depth == 0 && !xml_tag_is(&scan->text, tag, "WIM"))
		return xml_fault(err, tag->begin, "its first element is not WIM");
	if (element != NULL && !element->is_there) {
		*element = (struct element){
			.is_there = true,
			.is_empty = tag->kind == XML_TAG_EMPTY,
			.begin = tag->begin,
			.end = tag->end,
			.content = tag->end,
			.content_end = tag->end,
		};
		if (element == &scan->whole_image)
			scan->is_in_image = tag->kind == XML_TAG_START;
	}
	if (tag->kind == XML_TAG_EMPTY)
		return 0;
	if (scan->depth == LIMIT_XML_DEPTH)
		return xml_fault(
			err, tag->begin, "more elements within each other than are accepted");
	scan->open[scan->depth++] = *tag;
	return 0;
}

static int end_element(struct scan *scan, const struct xml_tag *tag, struct error *err)
{
	if (scan->depth == 0 || !xml_tag_same(&scan->text, tag, &scan->open[scan->depth - 1]))
		return xml_fault(err, tag->begin, "an element ends that is not the last begun");
	const struct xml_tag *start = &scan->open[--scan->depth];
	struct element *element = wanted(scan, start);
	if (element != NULL && element->begin == start->begin) {
		element->content_end = tag->begin;
		element->end = tag->end;
		if (element == &scan->whole_image)
			scan->is_in_image = false;
	}
	return 0;
}

static int scan_all(struct scan *scan, struct error *err)
{
	size_t at = 0;
	struct xml_tag tag;

	do {
		int rc = xml_next_tag(&scan->text, &at, &tag, err);
		if (rc == 0)
			return xml_fault(err, at, "it ends before its last element does");
		if (rc > 0)
			rc = tag.kind == XML_TAG_END ? end_element(scan, &tag, err)
						     : begin_element(scan, &tag, err);
		if (rc < 0)
			return rc;
	} while (scan->depth > 0);
	if (scan->image > 0 && !scan->whole_image.is_there)
		return error_set(err, -EINVAL, "the WIM's XML does not describe image %" PRIu32,
			scan->image);
	return 0;
}

static int check_text(const void *xml, size_t n, struct xml_text *ret_text, struct error *err)
{
	const struct xml_text text = {.bytes = xml, .n = n / 2};
	if (n > LIMIT_WIM_XML_BYTES)
		return error_set(err, -EFBIG, "the WIM's XML has %zu bytes; %u are accepted", n,
			LIMIT_WIM_XML_BYTES);
	const uint16_t first = xml_unit(&text, 0);
	if (n % 2 != 0 || (first != BYTE_ORDER_MARK && first != '<'))
		return error_set(err, -EINVAL, "the WIM's XML is no UTF-16");
	*ret_text = text;
	return 0;
}

/* ---- changing ---- */

#define EDIT_CHARS 160
#define EDITS_MAX  (N_FIELDS + 2)

/* Instead of what lies from begin to end. */
struct edit {
	size_t begin, end;
	char text[EDIT_CHARS];
};

struct edits {
	struct edit list[EDITS_MAX];
	size_t n;
};

/* Keeps them in the order of their places; of one place insertions first, in the order they come.
 */
static struct edit *add_edit(struct edits *edits, size_t begin, size_t end)
{
	size_t i = edits->n++;
	assert(i < EDITS_MAX);
	for (; i > 0; i--) {
		const struct edit *before = &edits->list[i - 1];
		if (before->begin < begin || (before->begin == begin && before->end <= end))
			break;
		edits->list[i] = *before;
	}
	edits->list[i] = (struct edit){.begin = begin, .end = end};
	return &edits->list[i];
}

static void set_number(
	struct edits *edits, const struct element *element, const char *name, uint64_t number)
{
	if (element->is_empty) {
		struct edit *edit = add_edit(edits, element->begin, element->end);
		(void)snprintf(edit->text, EDIT_CHARS, "<%s>%" PRIu64 "</%s>", name, number, name);
	} else {
		struct edit *edit = add_edit(edits, element->content, element->content_end);
		(void)snprintf(edit->text, EDIT_CHARS, "%" PRIu64, number);
	}
}

static void insert_number(struct edits *edits, size_t at, const char *name, uint64_t number)
{
	const struct element nowhere = {.is_empty = true, .begin = at, .end = at};
	set_number(edits, &nowhere, name, number);
}

static uint64_t add(uint64_t number, int64_t more)
{
	uint64_t sum = number + (uint64_t)more;
	if (more < 0)
		return sum > number ? 0 : sum;
	return sum < number ? UINT64_MAX : sum;
}

static void edit_sum(struct edits *edits, const struct scan *scan, enum field field, int64_t more)
{
	const struct element *element = &scan->elements[field];
	uint64_t number;
	if (element->is_there &&
		xml_number(&scan->text, element->content, element->content_end, &number))
		set_number(edits, element, field_names[field], add(number, more));
}

static void edit_time(struct edits *edits, const struct element *element, size_t at, uint64_t time)
{
	struct edit *edit = element->is_there ? add_edit(edits, element->begin, element->end)
					      : add_edit(edits, at, at);
	(void)snprintf(edit->text, EDIT_CHARS,
		"<LASTMODIFICATIONTIME><HIGHPART>0x%08" PRIX32 "</HIGHPART><LOWPART>0x%08" PRIX32
		"</LOWPART></LASTMODIFICATIONTIME>",
		(uint32_t)(time >> 32), (uint32_t)time);
}

static void edit_image(
	struct edits *edits, const struct scan *scan, const struct wim_xml_change *change)
{
	size_t at = scan->whole_image.content; /* for what is not there: behind what is before it */

	for (enum field field = 0; field < N_FIELDS; field++) {
		const struct element *element = &scan->elements[field];
		const bool is_new = !element->is_there && change->all_folders > 0;
		switch (field) {
		case FIELD_FOLDERS:
			edit_sum(edits, scan, field, change->folders);
			if (is_new)
				insert_number(edits, at, field_names[field], change->all_folders);
			break;
		case FIELD_FILES:
			edit_sum(edits, scan, field, change->files);
			if (is_new)
				insert_number(edits, at, field_names[field], change->all_files);
			break;
		case FIELD_BYTES: edit_sum(edits, scan, field, change->bytes); break;
		case FIELD_LINK_BYTES: edit_sum(edits, scan, field, change->link_bytes); break;
		case FIELD_CHANGED: edit_time(edits, element, at, change->time); break;
		case FIELD_MADE:
		case N_FIELDS: break;
		}
		if (element->is_there)
			at = element->end;
	}
}

static int add_units(struct buffer *out, const struct xml_text *text, size_t begin, size_t end)
{
	return buffer_add(out, text->bytes + 2 * begin, 2 * (end - begin));
}

static int apply(const struct edits *edits, const struct xml_text *text, struct buffer *out)
{
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < edits->n; i++) {
		const struct edit *edit = &edits->list[i];
		assert(edit->begin >= at && edit->end >= edit->begin);
		rc = add_units(out, text, at, edit->begin);
		if (rc == 0)
			rc = text_utf8_to_utf16le(edit->text, strlen(edit->text), out);
		at = edit->end;
	}
	return rc < 0 ? rc : add_units(out, text, at, text->n);
}

/* <IMAGE INDEX="1"/> has to become two tags before something can go between them. */
static int open_image(const struct scan *scan, struct buffer *out)
{
	struct edits edits = {0};
	const struct element *image = &scan->whole_image;
	struct edit *edit = add_edit(&edits, image->end - 2, image->end);
	(void)text_copy(edit->text, EDIT_CHARS, "></IMAGE>");
	return apply(&edits, &scan->text, out);
}

static int change_once(const void *xml, size_t n, const struct wim_xml_change *change,
	struct buffer *out, bool *ret_again, struct error *err)
{
	struct element elements[N_FIELDS] = {0};
	struct scan scan = {.image = change->image,
		.names = field_names,
		.n_names = N_FIELDS,
		.total_name = "TOTALBYTES",
		.elements = elements};
	struct edits edits = {0};
	int rc = check_text(xml, n, &scan.text, err);
	if (rc == 0)
		rc = scan_all(&scan, err);
	if (rc < 0)
		return rc;

	*ret_again = scan.whole_image.is_empty;
	if (*ret_again) {
		rc = open_image(&scan, out);
	} else {
		if (scan.total.is_there)
			set_number(&edits, &scan.total, scan.total_name, change->file_bytes);
		else
			insert_number(
				&edits, scan.wim.content, scan.total_name, change->file_bytes);
		edit_image(&edits, &scan, change);
		rc = apply(&edits, &scan.text, out);
	}
	return rc < 0 ? error_set(err, rc, "the WIM's XML would have more than %u bytes",
				LIMIT_WIM_XML_BYTES)
		      : 0;
}

int wim_xml_change(const void *xml, size_t n, const struct wim_xml_change *change,
	struct buffer *out, struct error *err)
{
	struct buffer changed = buffer_with_max(LIMIT_WIM_XML_BYTES);
	struct buffer opened = buffer_with_max(LIMIT_WIM_XML_BYTES);
	bool again;
	assert(change->image > 0);

	int rc = change_once(xml, n, change, &changed, &again, err);
	if (rc == 0 && again) {
		opened = changed;
		changed = buffer_with_max(LIMIT_WIM_XML_BYTES);
		rc = change_once(opened.bytes, opened.size, change, &changed, &again, err);
	}
	if (rc == 0) {
		rc = buffer_add(out, changed.bytes, changed.size);
		if (rc < 0)
			rc = error_set(err, rc, "no room for the WIM's XML");
	}
	buffer_free(&opened);
	buffer_free(&changed);
	return rc;
}

int wim_xml_number(const void *xml, size_t n, uint32_t image, const char *element,
	uint64_t *ret_number, struct error *err)
{
	struct element found = {0};
	struct scan scan = {.image = image,
		.names = &element,
		.n_names = 1,
		.total_name = element,
		.elements = &found};
	int rc = check_text(xml, n, &scan.text, err);
	if (rc == 0)
		rc = scan_all(&scan, err);
	if (rc < 0)
		return rc;
	if (image == 0)
		found = scan.total;
	if (!found.is_there ||
		!xml_number(&scan.text, found.content, found.content_end, ret_number))
		return error_set(err, -ENOENT, "the WIM's XML has no number %s", element);
	return 0;
}
