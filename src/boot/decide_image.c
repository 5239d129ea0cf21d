/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot/decide_image.h"

#include "base/text.h"
#include "boot/card.h"

#include <stdio.h>
#include <string.h>

static bool fits(const struct thought *t, const struct boot_image *image)
{
	return t->arch == NULL || strcmp(image->arch, t->arch->image_arch[0]) == 0 ||
	       (t->arch->image_arch[1] != NULL && strcmp(image->arch, t->arch->image_arch[1]) == 0);
}

static const struct boot_image *find_image(const struct boot_catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n_images; i++) {
		if (text_equal_nocase(catalogue->images[i].name, name))
			return &catalogue->images[i];
	}
	return NULL;
}

/* The only image that fits, or NULL after a reason that says why there is none. */
static const struct boot_image *only_image(struct thought *t)
{
	const struct boot_image *found = NULL;
	char names[120] = "";
	size_t n = 0;
	for (size_t i = 0; i < t->catalogue->n_images; i++) {
		const struct boot_image *image = &t->catalogue->images[i];
		if (!fits(t, image))
			continue;
		size_t used = strlen(names);
		(void)snprintf(
			names + used, sizeof(names) - used, "%s%s", n > 0 ? ", " : "", image->name);
		found = image;
		n++;
	}
	const char *arch = t->arch != NULL ? t->arch->image_arch[0] : "any machine";
	if (n == 1) {
		thought_reason(t, "%s is the only boot image for %s", found->name, arch);
		return found;
	}
	if (n > 1)
		thought_reason(t, "%zu boot images fit (%s): name one in [boot] image=", n, names);
	else
		thought_reason(t,
			"there is no boot image for %s: `pewter image import SOURCE --name NAME`",
			arch);
	return NULL;
}

const struct boot_image *decide_image(struct thought *t)
{
	const char *name = t->client->image;
	if (name[0] != 0) {
		const struct boot_image *image = find_image(t->catalogue, name);
		if (image == NULL) {
			thought_reason(t,
				"this machine is to boot %s, which is not there: `pewter image "
				"import "
				"SOURCE --name %s`",
				name, name);
			return NULL;
		}
		if (!fits(t, image)) {
			thought_reason(t,
				"this machine is to boot %s, which is for %s and cannot start on "
				"%s: "
				"`pewter client add` with another --image",
				image->name, image->arch, t->arch->words);
			return NULL;
		}
		thought_reason(t, "%s is the image chosen for this machine", image->name);
		if (t->client->old_plan_image[0] != 0)
			thought_reason(t, "its plan was for %s, so it does not count",
				t->client->old_plan_image);
		return image;
	}

	name = t->policy->image;
	if (name[0] == 0)
		return only_image(t);
	const struct boot_image *image = find_image(t->catalogue, name);
	if (image == NULL) {
		thought_reason(t,
			"[boot] image=%s names an image that is not there: `pewter image import "
			"SOURCE "
			"--name %s`",
			name, name);
		return NULL;
	}
	if (fits(t, image)) {
		thought_reason(t, "%s is the default image ([boot] image)", image->name);
		return image;
	}
	/* A default for amd64 should not keep the one ARM machine from its own image. */
	thought_reason(t, "the default image %s is for %s and cannot start on %s", image->name,
		image->arch, t->arch->words);
	return only_image(t);
}

void decide_revision(struct thought *t)
{
	struct boot_decision *d = t->decision;
	uint32_t planned = t->client->revision;
	char machine[1 + MAC_TEXT_BYTES];
	d->revision = d->image->revision;
	if (planned == 0) {
		/* The plan goes with its image when that is replaced. */
		if (t->client->n_cards > 0 && t->client->old_plan_image[0] == 0)
			thought_reason(t,
				"no plan says which revision it needs, so it gets the newest; "
				"`pewter prepare%s` makes one",
				thought_operand(t->request, machine));
		return;
	}
	if (boot_image_revision(d->image, planned) == NULL) {
		thought_reason(t,
			"its plan is for %s@%u, which is gone: it gets the newest; `pewter "
			"prepare%s` makes a new plan",
			d->image->name, planned, thought_operand(t->request, machine));
		return;
	}
	d->revision = planned;
	thought_reason(t, "revision %u is the one of its plan", planned);
}
