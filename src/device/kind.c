/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device/kind.h"

#include "base/text.h"
#include "device/pci.h"

#include <string.h>

#define PCI_CLASS_NETWORK  0x02
#define PCI_SUBCLASS_OTHER 0x80 /* of network: what cards of Wi-Fi say they are */

const char *device_best_id(const struct device *device)
{
	if (device->n_hardware_ids > 0)
		return device->hardware_ids[0];
	return device->n_compatible_ids > 0 ? device->compatible_ids[0] : "";
}

/* Compatible ids tell it too, where a report has only the first hardware ids: PCI\CC_0200. */
static bool find_pci_class(const struct device *device, struct pci_function *ret_function)
{
	for (size_t i = 0; i < device->n_hardware_ids; i++)
		if (pci_parse_id(device->hardware_ids[i], ret_function) && ret_function->has_class)
			return true;
	for (size_t i = 0; i < device->n_compatible_ids; i++) {
		uint8_t class[2];
		char digits[5] = "";
		const char *id = device->compatible_ids[i];
		if (!text_starts_nocase(id, "PCI\\CC_") || strnlen(id + 7, 4) < 4)
			continue;
		memcpy(digits, id + 7, 4);
		if (!text_parse_hex(digits, class, sizeof(class)))
			continue;
		*ret_function = (struct pci_function){
			.has_class = true, .base_class = class[0], .sub_class = class[1]};
		return true;
	}
	return false;
}

const char *device_setup_class(const struct device *device)
{
	struct pci_function function;
	if (device->class[0] != 0 || !find_pci_class(device, &function))
		return device->class;
	return pci_setup_class(&function);
}

bool device_is_software(const struct device *device)
{
	static const char *const enumerators[] = {
		"ROOT\\", "SWD\\", "SW\\", "HTREE\\", "MS_", "BTH\\", "{"};
	const char *id = device_best_id(device);
	for (size_t i = 0; i < ARRAY_SIZE(enumerators); i++)
		if (text_starts_nocase(id, enumerators[i]))
			return true;
	return strchr(id, '\\') == NULL;
}

bool device_is_nic(const struct device *device)
{
	struct pci_function function;
	if (device_is_software(device))
		return false;
	return text_equal_nocase(device->class, "Net") ||
	       (find_pci_class(device, &function) && function.base_class == PCI_CLASS_NETWORK);
}

bool device_is_wireless(const struct device *device)
{
	struct pci_function function;
	return find_pci_class(device, &function) && function.base_class == PCI_CLASS_NETWORK &&
	       function.sub_class == PCI_SUBCLASS_OTHER;
}

bool device_is_storage(const struct device *device)
{
	const char *class = device_setup_class(device);
	return text_equal_nocase(class, "SCSIAdapter") || text_equal_nocase(class, "HDC");
}
