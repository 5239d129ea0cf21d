/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/tiers.h"

#include "base/limits.h"
#include "base/text.h"
#include "device/kind.h"
#include "device/pci.h"
#include "driver/match_room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * Buses that are called otherwise than their driver's service, or on which the next tier is not yet
 * the network. Names of devices on them: the INFs of SUSE's vmdp (xennet.inf, pvvxnet.inf), of the
 * Xen project's Windows PV drivers (xenvif.inf, xennet.inf) and of Mellanox' WinOF (mlx4eth63.inf).
 */
static const struct family {
	const char *service, *bus;
	const char *part;  /* what stands in the ids of the part that leads to the network */
	const char *class; /* of who drives that; NULL for any */
} families[] = {
	{"mlx4_bus", "MLX4", "_ETH", "Net"},
	{"pvvxbn", "XEN", "TYPE_VIF", "Net"},
	{"xenbus", "XEN", "TYPE_VIF", "Net"},
	{"xenbus", "XENBUS", "DEV_VIF", NULL},
	{"xenvif", "XENVIF", "DEV_NET", "Net"},
};

/* Where the device below it, a PCI function, stands in the ids of what the bus driver makes:
 * "EBDRV\L2ND&PCI_164E14E4&SUBSYS_100114E4". */
#define PCI_PART       "PCI_"
#define SUBSYSTEM_PART "SUBSYS_"
#define REVISION_PART  "REV_"

void tiers_clear(struct tiers *tiers)
{
	for (size_t i = 0; i < tiers->n; i++)
		device_clear(&tiers->tiers[i].device);
	*tiers = (struct tiers){.n = 0};
}

/* ---- which devices are on the bus ---- */

/* The hexadecimal number behind that part of the id; false if the id has no such part. */
static bool part_of(const char *id, const char *part, size_t n_digits, uint32_t *ret_number)
{
	const char *at = strstr(id, part);
	char digits[9] = "";
	uint8_t bytes[4] = {0};
	if (at == NULL || strnlen(at + strlen(part), n_digits) < n_digits)
		return false;
	memcpy(digits, at + strlen(part), n_digits);
	if (!text_parse_hex(digits, bytes, n_digits / 2))
		return false;
	*ret_number = 0;
	for (size_t i = 0; i < n_digits / 2; i++)
		*ret_number = *ret_number << 8 | bytes[i];
	return true;
}

/* May the driver of that function make a device of this id? */
static bool fits(const char *id, const struct pci_function *function)
{
	uint32_t number;
	if (!part_of(id, PCI_PART, 8, &number) ||
		number != ((uint32_t)function->device << 16 | function->vendor))
		return false;
	if (part_of(id, SUBSYSTEM_PART, 8, &number) &&
		(!function->has_subsystem || number != ((uint32_t)function->subsystem_device << 16 |
							       function->subsystem_vendor)))
		return false;
	return !part_of(id, REVISION_PART, 2, &number) ||
	       (function->has_revision && number == function->revision);
}

/* What says most of the device goes first, as everywhere. */
static int compare_ids(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t n_x = strlen(x), n_y = strlen(y);
	return n_x != n_y ? (n_x < n_y) - (n_x > n_y) : strcmp(x, y);
}

/* function or part: what the ids must fit. */
static int add_ids(struct matching *matching, const struct family *family,
	const struct pci_function *function, struct device *child, struct error *err)
{
	char beginning[LIMIT_HARDWARE_ID_BYTES + 1];
	char **ids;
	size_t n;
	int length = snprintf(beginning, sizeof(beginning), "%s\\", family->bus);
	if (length < 0 || (size_t)length >= sizeof(beginning))
		return 0;
	for (char *at = beginning; *at != 0; at++)
		*at = text_upper(*at);
	int rc = driver_search_beginning(matching->search, beginning, family->class, &ids, &n, err);
	if (rc < 0)
		return rc;
	if (n > 0)
		qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 0; rc == 0 && i < n && child->n_hardware_ids < LIMIT_DEVICE_IDS; i++) {
		bool is_meant = family->part != NULL ? strstr(ids[i], family->part) != NULL
						     : fits(ids[i], function);
		if (is_meant)
			rc = device_add_hardware_id(child, ids[i]);
		/* No device has an id that is none. */
		if (rc == -EINVAL)
			rc = 0;
	}
	driver_ids_free(ids, n);
	return rc == -ENOMEM ? match_no_memory(err) : rc;
}

static bool find_function(const struct device *device, struct pci_function *ret_function)
{
	for (size_t i = 0; i < device->n_hardware_ids; i++) {
		if (pci_parse_id(device->hardware_ids[i], ret_function))
			return true;
	}
	return false;
}

/* The driver's service -> the ids of the network part on its bus, none if nobody names one. */
static int find_child(struct matching *matching, const struct device *device, const char *service,
	struct device *child, struct error *err)
{
	struct pci_function function;
	bool is_known = false;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(families); i++) {
		if (!text_equal_nocase(families[i].service, service))
			continue;
		is_known = true;
		rc = add_ids(matching, &families[i], NULL, child, err);
	}
	/* "pci" drives bridges, and makes PCI\... itself. */
	if (is_known || text_equal_nocase(service, "pci") || !find_function(device, &function))
		return rc;
	const struct family own = {.service = service, .bus = service, .class = "Net"};
	return add_ids(matching, &own, &function, child, err);
}

/* ---- in words ---- */

static void say_lacking(const struct tier *tier, const char *inf, struct tiers *tiers)
{
	const char *why = tier->device.n_hardware_ids == 0
				  ? "no package has the driver of the network below it; `pewter "
				    "driver add` the card's whole pack"
				  : tier->match->reason;
	(void)snprintf(tiers->reason, sizeof(tiers->reason),
		"%.64s is only the bus driver of this card, and does not make it work alone"
		"%s%.160s: %.200s",
		inf, tier->device.n_hardware_ids > 0 ? "; for " : "", device_best_id(&tier->device),
		why);
}

static void say_complete(const char *bus_inf, struct tiers *tiers)
{
	const struct device_match *last = tiers->tiers[tiers->n - 1].match;
	(void)snprintf(tiers->reason, sizeof(tiers->reason),
		"%.64s is its bus driver, %.64s drives the network on it", bus_inf,
		last->candidates[last->pick].package->inf);
}

/* ---- tiers ---- */

static const struct candidate *pick_of(const struct device_match *match)
{
	return match->pick < 0 ? NULL : &match->candidates[match->pick];
}

static bool is_network(const struct candidate *pick)
{
	return text_equal_nocase(pick->package->class, "Net");
}

/* The next tier above the device that pick drives. 1, or 0 if it is nothing of the network's. */
static int add_tier(struct matching *matching, const struct device *device,
	const struct candidate *pick, struct tiers *tiers, struct error *err)
{
	CLEANUP(device_clear) struct device child = {.class = "Net"};
	int rc = pick->service != NULL ? find_child(matching, device, pick->service, &child, err)
				       : 0;
	if (rc < 0)
		return rc;
	/* A card that is none by what its pick is for lacks something, whether or not a package
	 * tells what. */
	if (child.n_hardware_ids == 0 && tiers->n == 0 && !device_is_nic(device))
		return 0;
	struct tier *tier = &tiers->tiers[tiers->n];
	rc = matching_device(matching, &child, &tier->match, err);
	if (rc < 0)
		return rc;
	tier->device = child;
	child = (struct device){.n_hardware_ids = 0};
	tiers->n++;
	return 1;
}

static int find(struct matching *matching, const struct device *device,
	const struct device_match *match, struct tiers *tiers, struct error *err)
{
	const struct candidate *first = pick_of(match), *pick = first;
	while (pick != NULL && !is_network(pick) && tiers->n < TIERS_MAX) {
		int rc = add_tier(matching, device, pick, tiers, err);
		if (rc <= 0)
			return rc;
		const struct tier *tier = &tiers->tiers[tiers->n - 1];
		if (tier->match->pick < 0) {
			say_lacking(tier, pick->package->inf, tiers);
			return 0;
		}
		device = &tier->device;
		pick = pick_of(tier->match);
	}
	tiers->is_complete = tiers->n > 0 && pick != NULL && is_network(pick);
	if (tiers->is_complete)
		say_complete(first->package->inf, tiers);
	else if (tiers->n > 0)
		(void)snprintf(tiers->reason, sizeof(tiers->reason),
			"%.64s is only its bus driver, and above it are more than %d others",
			first->package->inf, TIERS_MAX);
	return 0;
}

int tiers_find(struct matching *matching, const struct device *device,
	const struct device_match *match, struct tiers *ret_tiers, struct error *err)
{
	struct tiers tiers = {.n = 0};
	int rc = find(matching, device, match, &tiers, err);
	if (rc < 0)
		tiers_clear(&tiers);
	else
		*ret_tiers = tiers;
	return rc;
}
