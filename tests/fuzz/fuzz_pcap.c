/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/pcap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcap pcap;
	struct pcap_datagram d;
	struct error err = ERROR_NULL;
	if (pcap_open(data, size, &pcap, &err) != 0)
		return 0;
	while (pcap_next(&pcap, &d, &err) == 1) {
		if (d.n == 0)
			continue; /* bytes points to nothing of the file's */
		size_t at = (size_t)(d.bytes - data);
		if (at > size || d.n > size - at)
			abort();
	}
	return 0;
}
