/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `pewter inspect` tells of WIMs, SDIs, BCD stores and programs. */
#include "adapter/file.h"
#include "adapter/hivex.h"
#include "adapter/wimlib.h"
#include "base/text.h"
#include "cli/inspect.h"
#include "cli/words.h"
#include "format/bcd.h"
#include "format/pe.h"
#include "format/sdi.h"
#include "format/volume.h"
#include "format/wim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static json_t *no_memory(json_t *facts, struct error *err)
{
	json_decref(facts);
	(void)error_set(err, -ENOMEM, "out of memory");
	return NULL;
}

static json_t *size_fact(const struct inspected *file)
{
	return json_integer((json_int_t)file->size);
}

/* ---- WIM ---- */

bool inspect_is_wim(const struct inspected *file)
{
	return wim_is_magic(file->head, file->n_head);
}

static int add_images(const struct inspected *file, json_t *images, struct error *err)
{
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	int rc = wim_file_open(file->path, &wim, err);
	for (uint32_t i = 1; rc == 0 && i <= wim_file_n_images(wim); i++) {
		struct wim_image image;
		char version[48] = "";
		rc = wim_file_image(wim, i, &image, err);
		if (rc < 0)
			break;
		if (image.has_version)
			(void)snprintf(version, sizeof(version), "%u.%u.%u.%u", image.version[0],
				image.version[1], image.version[2], image.version[3]);
		json_t *row = json_pack("{s:I, s:o, s:s, s:s, s:o, s:o}", "index", (json_int_t)i,
			"name", json_text(image.name), "arch", image.arch, "version", version,
			"installation", json_text(image.installation), "edition",
			json_text(image.edition));
		if (json_array_append_new(images, row) < 0)
			rc = error_set(err, -ENOMEM, "out of memory");
	}
	return rc;
}

json_t *inspect_wim(const struct inspected *file, struct error *err)
{
	uint8_t tail[WIM_HEADER_BYTES];
	struct wim_header header;
	int rc = wim_header_parse(file->head, file->n_head, &header, err);
	/* The header in front of a pipable one says little; the full one stands at its end. */
	if (rc == 0 && header.is_pipable && file->size >= sizeof(tail)) {
		rc = file_read_at(file->fd, file->size - sizeof(tail), tail, sizeof(tail));
		if (rc == 0)
			rc = wim_header_parse(tail, sizeof(tail), &header, err);
	}
	if (rc == 0)
		rc = wim_header_check(&header, file->size, err);
	if (rc < 0)
		return NULL;
	uint32_t forms = wim_header_forms(&header);
	char guid[GUID_TEXT_BYTES];
	guid_format(&header.guid, guid);
	json_t *images = json_array();
	json_t *facts = json_pack("{s:s, s:o, s:s, s:I, s:s, s:I, s:I, s:I, s:o, s:o}", "kind",
		"wim", "size", size_fact(file), "compression",
		wim_compression_text(header.compression), "chunk_bytes",
		(json_int_t)header.chunk_bytes, "guid", guid, "part", (json_int_t)header.part,
		"parts", (json_int_t)header.n_parts, "boot_index", (json_int_t)header.boot_index,
		"to_convert", forms == 0 ? json_null() : json_string(wim_form_text(forms)),
		"images", images);
	if (facts == NULL)
		return no_memory(facts, err);
	/* What the images are is told by the last part of a split WIM alone. */
	if (header.n_parts == 1 && add_images(file, images, err) < 0) {
		json_decref(facts);
		return NULL;
	}
	return facts;
}

/* ---- SDI ---- */

bool inspect_is_sdi(const struct inspected *file)
{
	return file->n_head >= 8 && memcmp(file->head, "$SDI0001", 8) == 0;
}

/* What a blob begins with: a volume, a disk with one, a WIM. Its type is only a promise. */
static void look_into_blob(const struct inspected *file, const struct sdi_blob *blob,
	struct volume *ret_volume, char *words, size_t size)
{
	uint8_t sector[VOLUME_SECTOR_BYTES];
	uint64_t offset, bytes;
	*ret_volume = (struct volume){.kind = VOLUME_NONE};
	words[0] = 0;
	if (blob->size < sizeof(sector) ||
		file_read_at(file->fd, blob->offset, sector, sizeof(sector)) < 0)
		return;
	volume_read(sector, ret_volume);
	if (ret_volume->kind != VOLUME_NONE)
		(void)snprintf(words, size, "%s volume of %llu bytes%s",
			volume_kind_name(ret_volume->kind), (unsigned long long)ret_volume->bytes,
			ret_volume->bytes > blob->size ? ", of which the end is missing" : "");
	else if (wim_is_magic(sector, sizeof(sector)))
		(void)snprintf(words, size, "WIM");
	else if (volume_first_partition(sector, blob->size, &offset, &bytes))
		(void)snprintf(words, size, "disk, its first partition at offset %llu of the file",
			(unsigned long long)(blob->offset + offset));
}

static json_t *blob_facts(const struct inspected *file, const struct sdi_blob *blob)
{
	struct volume volume;
	char words[96];
	look_into_blob(file, blob, &volume, words, sizeof(words));
	return json_pack("{s:o, s:I, s:I, s:s, s:s}", "type", json_text(blob->type), "offset",
		(json_int_t)blob->offset, "size", (json_int_t)blob->size, "file_system",
		volume_kind_name(volume.kind), "holds", words);
}

json_t *inspect_sdi(const struct inspected *file, struct error *err)
{
	struct sdi sdi;
	if (sdi_read(file->head, file->n_head, file->size, &sdi, err) < 0)
		return NULL;
	json_t *blobs = json_array();
	json_t *facts = json_pack("{s:s, s:o, s:I, s:o}", "kind", "sdi", "size", size_fact(file),
		"alignment_pages", (json_int_t)sdi.alignment_pages, "blobs", blobs);
	if (facts == NULL)
		return no_memory(facts, err);
	for (size_t i = 0; i < sdi.n_blobs; i++) {
		json_t *row = blob_facts(file, &sdi.blobs[i]);
		if (json_array_append_new(blobs, row) < 0)
			return no_memory(facts, err);
	}
	return facts;
}

/* ---- BCD and other registry hives ---- */

bool inspect_is_bcd(const struct inspected *file)
{
	return file->n_head >= 4 && memcmp(file->head, "regf", 4) == 0;
}

/* Takes the values that are elements of a boot store's objects. */
static int take_value(void *context, const struct hive_value *value)
{
	json_t *elements = context;
	static const char objects[] = "Objects\\";
	const char *object = value->key + sizeof(objects) - 1;
	const char *end = text_starts_nocase(value->key, objects) ? strchr(object, '\\') : NULL;
	struct bcd_element element;
	uint8_t id[4];
	char text[BCD_TEXT_BYTES + 64];

	if (end == NULL || !text_starts_nocase(end, "\\Elements\\") ||
		!text_parse_hex(end + 10, id, sizeof(id)))
		return 0;
	uint32_t number =
		(uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
	if (bcd_element_read(number, value->bytes, value->size, &element) == 0)
		bcd_element_describe(&element, text, sizeof(text));
	else
		(void)snprintf(text, sizeof(text), "(%zu bytes)", value->size);
	const char *name = bcd_element_name(number);
	json_t *row = json_pack("{s:o, s:s, s:s, s:o}", "object",
		json_stringn(object, (size_t)(end - object)), "element", end + 10, "name",
		name != NULL ? name : "", "value", json_text(text));
	return json_array_append_new(elements, row) < 0 ? -ENOMEM : 0;
}

json_t *inspect_bcd(const struct inspected *file, struct error *err)
{
	struct buffer bytes = buffer_with_max(LIMIT_BCD_BYTES);
	json_t *elements = json_array(), *facts = NULL;

	int rc = file_read_all(file->fd, &bytes);
	if (rc < 0)
		(void)error_set(err, rc, "a registry hive of %llu bytes cannot be read: %s",
			(unsigned long long)file->size, strerror(-rc));
	else
		rc = hive_walk(bytes.bytes, bytes.size, take_value, elements, err);
	buffer_free(&bytes);
	if (rc < 0) {
		json_decref(elements);
		return NULL;
	}
	const char *kind = json_array_size(elements) > 0 ? "bcd" : "hive";
	facts = json_pack(
		"{s:s, s:o, s:o}", "kind", kind, "size", size_fact(file), "elements", elements);
	return facts != NULL ? facts : no_memory(facts, err);
}

/* ---- programs ---- */

bool inspect_is_pe(const struct inspected *file)
{
	struct pe_head head;
	return pe_head_parse(file->head, file->n_head, &head) == 0;
}

json_t *inspect_pe(const struct inspected *file, struct error *err)
{
	static const struct {
		uint16_t subsystem;
		const char *name;
	} names[] = {
		{1, "driver"}, /* native: drivers, and programs like smss.exe */
		{2, "Windows program"},
		{3, "console program"},
		{PE_SUBSYSTEM_EFI_APPLICATION, "EFI application"},
		{11, "EFI boot driver"},
		{12, "EFI runtime driver"},
		{PE_SUBSYSTEM_BOOT_APPLICATION, "boot application"},
	};
	struct pe_head head;
	const char *subsystem = "other";
	if (pe_head_parse(file->head, file->n_head, &head) < 0) {
		(void)error_set(err, -EINVAL, "the head of the program is broken");
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].subsystem == head.subsystem)
			subsystem = names[i].name;
	const char *arch = pe_machine_arch(head.machine);
	char version[16];
	(void)snprintf(
		version, sizeof(version), "%u.%u", head.subsystem_major, head.subsystem_minor);
	json_t *facts = json_pack("{s:s, s:o, s:s?, s:I, s:s, s:I, s:s}", "kind", "pe", "size",
		size_fact(file), "arch", arch, "machine", (json_int_t)head.machine, "subsystem",
		subsystem, "subsystem_number", (json_int_t)head.subsystem, "subsystem_version",
		version);
	return facts != NULL ? facts : no_memory(facts, err);
}
