/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/winpe.h"

#include "base/cleanup.h"

#include <stddef.h>

/* The last row whose version is not above the image's, of the same major and minor. */
static const struct {
	uint32_t major, minor, build, service_pack;
	const char *name;
} versions[] = {
	{5, 1, 0, 0, "1.0"},
	{5, 2, 0, 0, "1.5"},
	{6, 0, 6000, 0, "2.0"},
	{6, 0, 6001, 0, "2.1"},
	{6, 0, 6002, 0, "2.2"},
	{6, 1, 7600, 0, "3.0"},
	{6, 1, 7601, 0, "3.1"},
	{6, 2, 9200, 0, "4.0"},
	{6, 3, 9600, 0, "5.0"},
	{6, 3, 9600, 17000, "5.1"}, /* the ADK for 8.1 Update; 5.0 is service pack build 16384 */
	{10, 0, 10240, 0, "10"},
	{10, 0, 22000, 0, "11"},
};

const char *winpe_name(const uint32_t version[static 4])
{
	const char *name = "";
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		if (versions[i].major != version[0] || versions[i].minor != version[1])
			continue;
		if (versions[i].build < version[2] ||
			(versions[i].build == version[2] && versions[i].service_pack <= version[3]))
			name = versions[i].name;
	}
	return name;
}
