/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/choose_image.h"

#include "base/text.h"
#include "boot/firmware.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct choice {
	const struct prepare_request *request;
	const struct client_record *client;
	struct image_record *images; /* owned */
	size_t n_images;
	const struct firmware_arch *firmware; /* NULL while unknown */
	char names[200];                      /* "pe10 (amd64), pe7 (x86)" */
};

static void choice_clear(struct choice *choice)
{
	image_records_free(choice->images, choice->n_images);
}

/* Firmware tells itself when it boots: the last time. */
static int find_firmware(struct choice *choice, struct error *err)
{
	struct boot_record *boots = NULL;
	size_t n = 0;
	const struct client_record *client = choice->client;
	int rc = store_boot_list_of(choice->request->store, client->mac,
		client->has_uuid ? &client->uuid : NULL, &boots, &n, err);
	for (size_t i = 0; i < n && choice->firmware == NULL; i++) {
		uint16_t arch;
		if (pxe_arch_parse(boots[i].arch, &arch))
			choice->firmware = firmware_arch(arch);
	}
	free(boots);
	return rc;
}

static bool fits(const struct choice *choice, const struct image_record *image)
{
	const struct firmware_arch *firmware = choice->firmware;
	if (firmware == NULL)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(firmware->image_arch); i++)
		if (firmware->image_arch[i] != NULL &&
			strcmp(firmware->image_arch[i], image->arch) == 0)
			return true;
	return false;
}

static void list_names(struct choice *choice)
{
	for (size_t i = 0; i < choice->n_images; i++) {
		size_t n = strlen(choice->names);
		(void)snprintf(choice->names + n, sizeof(choice->names) - n, "%s%s (%s)",
			i > 0 ? ", " : "", choice->images[i].name, choice->images[i].arch);
	}
}

static const struct image_record *find_image(const struct choice *choice, const char *name)
{
	for (size_t i = 0; i < choice->n_images; i++)
		if (text_equal_nocase(choice->images[i].name, name))
			return &choice->images[i];
	return NULL;
}

/* By a name that somebody gave; whose says where it stands. */
static int take_named(const struct choice *choice, const char *name, const char *whose,
	const struct image_record **ret_image, struct error *err)
{
	const struct image_record *image = find_image(choice, name);
	if (image == NULL)
		return error_set(err, -ENOENT,
			"there is no boot image \"%s\" (%s); there are: %s; name one with --image",
			name, whose, choice->names);
	if (!fits(choice, image))
		return error_set(err, -EINVAL,
			"image %s (%s) is for %s, and this machine's firmware (%s) cannot start "
			"it; there are: %s",
			image->name, whose, image->arch, choice->firmware->words, choice->names);
	*ret_image = image;
	return 0;
}

static int take_only(
	const struct choice *choice, const struct image_record **ret_image, struct error *err)
{
	size_t n = 0;
	for (size_t i = 0; i < choice->n_images; i++) {
		if (!fits(choice, &choice->images[i]))
			continue;
		*ret_image = &choice->images[i];
		n++;
	}
	if (n == 1)
		return 0;
	if (n > 1)
		return error_set(err, -ENOENT,
			"for which boot image? Name one with --image: there are %s", choice->names);
	return error_set(err, -ENOENT, "no boot image is for %s; there are: %s",
		choice->firmware->words, choice->names);
}

static int take(const struct choice *choice, const struct image_record **ret_image,
	char why[static CHOICE_BYTES], struct error *err)
{
	const char *asked = choice->request->image, *standard = choice->request->default_image;
	if (asked != NULL) {
		(void)text_copy(why, CHOICE_BYTES, "asked for");
		return take_named(choice, asked, "--image", ret_image, err);
	}
	if (choice->client->image[0] != 0) {
		(void)text_copy(why, CHOICE_BYTES, "the client's");
		return take_named(choice, choice->client->image, "the client's", ret_image, err);
	}
	if (standard != NULL && standard[0] != 0) {
		const struct image_record *image = find_image(choice, standard);
		(void)text_copy(why, CHOICE_BYTES, "the default one");
		/* One for amd64 should not keep the only ARM machine from its own, as at the boot.
		 */
		if (image == NULL || fits(choice, image))
			return take_named(choice, standard, "[boot] image", ret_image, err);
	}
	if (choice->firmware != NULL)
		(void)snprintf(why, CHOICE_BYTES, "the only one for %s", choice->firmware->words);
	else
		(void)text_copy(why, CHOICE_BYTES, "the only one");
	return take_only(choice, ret_image, err);
}

int choose_image(const struct prepare_request *request, const struct client_record *client,
	struct image_record *ret_image, char ret_why[static CHOICE_BYTES], struct error *err)
{
	CLEANUP(choice_clear) struct choice choice = {.request = request, .client = client};
	const struct image_record *image = NULL;
	int rc = store_image_list(request->store, &choice.images, &choice.n_images, err);
	if (rc == 0 && choice.n_images == 0)
		return error_set(err, -ENOENT,
			"there is no boot image yet: `pewter image import SOURCE --name NAME`");
	if (rc == 0)
		rc = find_firmware(&choice, err);
	if (rc < 0)
		return rc;
	list_names(&choice);
	rc = take(&choice, &image, ret_why, err);
	return rc < 0 ? rc : store_image_get(request->store, image->name, ret_image, err);
}
