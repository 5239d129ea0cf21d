/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kind of device it is, told from its class and its ids. */
#pragma once

#include "device/device.h"

#include <stdbool.h>

/* The most specific id that it has, "" for none. */
const char *device_best_id(const struct device *device);
/* Its setup class: as the report has it, else what its PCI class code says; "" if neither does. */
const char *device_setup_class(const struct device *device);
/* Made by Windows itself, on no bus: ROOT\, SWD\, a Wi-Fi Direct or Bluetooth network, ... */
bool device_is_software(const struct device *device);
/* A network adapter that is more than a name of Windows' own: of class Net, or of PCI's network
 * class whatever the report says (the bus driver of a two-tier NIC is of class System). */
bool device_is_nic(const struct device *device);
/* A NIC whose PCI class code is 0280: Wi-Fi. Windows PE does not boot over it. */
bool device_is_wireless(const struct device *device);
/* A controller of disks: SCSIAdapter or HDC. */
bool device_is_storage(const struct device *device);
