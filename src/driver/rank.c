/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order of drivers. */
#include "driver/rank.h"

#include <stdio.h>

/*
 * Signature scores, as SetupAPI.h of the Windows SDK names them (SIGNERSCORE_UNSIGNED,
 * _W9X_SUSPECT, _UNKNOWN). Signed ones count alike: AllSignersEqual is on since Windows 7
 * ("Overview of the Driver Package Selection Process"), and every rank of a signed driver in a
 * setupapi.dev.log begins with 00.
 *
 * "Signature Score" gives 0x80 to an unsigned driver whose DDInstall section carries .nt. Windows
 * 10 gives it also where only the Models section does: libwdi's INFs name [USB_Install] in
 * [x.NTamd64], and its issue 83 has a log with "Rank - 0x80ff0001, Not digitally signed". What is
 * doubted is that the INF knows of NT at all.
 */
#define SCORE_UNSIGNED    0x80U
#define SCORE_W9X_SUSPECT 0xC0U
#define SCORE_UNKNOWN     0xFFU

#define NO_FEATURE_SCORE 0xFFU

#define TYPE_MASK      0xF000U
#define POSITION_MASK  0x0FFFU
#define INF_COMPATIBLE 0x1000U /* the id stands among the compatible ids of the Models line */
#define DEV_COMPATIBLE 0x2000U /* the id stands among the compatible ids of the device */

static uint32_t signature_score(enum driver_signature signature, bool is_nt)
{
	switch (signature) {
	case DRIVER_SIGNED: return 0;
	case DRIVER_UNSIGNED:
	case DRIVER_SIGNATURE_INVALID: return is_nt ? SCORE_UNSIGNED : SCORE_W9X_SUSPECT;
	}
	return SCORE_UNKNOWN;
}

/* "Identifier Score": 0xTHHH. */
static uint32_t identifier_score(const struct rank_facts *facts)
{
	uint32_t type = 0;
	uint64_t position = facts->device_index;
	if (facts->is_device_compatible)
		type |= DEV_COMPATIBLE;
	if (facts->inf_position > 0)
		type |= INF_COMPATIBLE;
	if (type == (DEV_COMPATIBLE | INF_COMPATIBLE))
		position += (uint64_t)(facts->inf_position - 1) * 0x100;
	return type | (position < POSITION_MASK ? (uint32_t)position : POSITION_MASK);
}

uint32_t rank_of(const struct rank_facts *facts)
{
	return signature_score(facts->signature, facts->is_nt) << 24 |
	       (uint32_t)facts->feature_score << 16 | identifier_score(facts);
}

static const char *signature_words(uint32_t score)
{
	if (score < SCORE_UNSIGNED)
		return "signed";
	if (score < SCORE_W9X_SUSPECT)
		return "not signed";
	if (score < SCORE_UNKNOWN)
		return "not signed, and nothing in it says that it is for Windows NT";
	return "signature unknown";
}

void rank_words(uint32_t rank, char text[static RANK_WORDS_BYTES])
{
	uint32_t type = rank & TYPE_MASK;
	uint32_t position = rank & POSITION_MASK;
	uint32_t feature = rank >> 16 & 0xFF;
	char feature_words[32] = "";
	if (feature != NO_FEATURE_SCORE)
		(void)snprintf(
			feature_words, sizeof(feature_words), "feature score 0x%02X; ", feature);
	char inf_words[40] = "hardware id";
	if (type == (DEV_COMPATIBLE | INF_COMPATIBLE)) {
		(void)snprintf(
			inf_words, sizeof(inf_words), "compatible id %u", position / 0x100 + 1);
		position %= 0x100;
	} else if (type & INF_COMPATIBLE) {
		(void)snprintf(inf_words, sizeof(inf_words), "a compatible id");
	}
	(void)snprintf(text, RANK_WORDS_BYTES, "%s; %s%s id %u of the device, %s of the INF",
		signature_words(rank >> 24), feature_words,
		type & DEV_COMPATIBLE ? "compatible" : "hardware", position + 1, inf_words);
}

/* "For driver package matches that have equal rank, Windows selects the driver package that has the
 * most recent date; [of those] the highest version": Overview of the Driver Selection Process. */
int driver_version_compare(uint32_t date_a, uint64_t version_a, uint32_t date_b, uint64_t version_b)
{
	if (date_a != date_b)
		return date_a > date_b ? 1 : -1;
	return (version_a > version_b) - (version_a < version_b);
}
