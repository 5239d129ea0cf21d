/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/family.h"

#include "base/text.h"
#include "driver/rank.h"

#include <errno.h>
#include <string.h>

static int compare_names(const struct driver_package *a, const struct driver_package *b)
{
	int order = text_compare_nocase(a->inf, b->inf);
	return order != 0 ? order : text_compare_nocase(a->provider, b->provider);
}

bool family_same_name(const struct driver_package *a, const struct driver_package *b)
{
	return compare_names(a, b) == 0;
}

static int compare_members(const void *a, const void *b)
{
	const struct driver_package *x = ((const struct family_member *)a)->package;
	const struct driver_package *y = ((const struct family_member *)b)->package;
	int order = compare_names(x, y);
	if (order == 0)
		order = driver_version_compare(y->date, y->version, x->date, x->version);
	return order != 0 ? order : strcmp(x->id, y->id);
}

/* One id of one member. */
struct mention {
	const char *id;
	size_t member;
};

static int compare_mentions(const void *a, const void *b)
{
	return strcmp(((const struct mention *)a)->id, ((const struct mention *)b)->id);
}

/*
 * Sets as trees: parent[i] is a member of i's family, at last the one that stands for all, which is
 * its own parent: the newest, because the lower index wins.
 */
static size_t find(size_t *parents, size_t i)
{
	for (; parents[i] != i; i = parents[i])
		parents[i] = parents[parents[i]];
	return i;
}

static void join(size_t *parents, size_t a, size_t b)
{
	a = find(parents, a);
	b = find(parents, b);
	if (a < b)
		parents[b] = a;
	else
		parents[a] = b;
}

/* Of members with the same names: those that mention one id become one family. So do those that
 * mention none: nothing tells them apart. */
static int join_by_ids(const struct family_member *members, size_t n, size_t *parents)
{
	size_t n_mentions = 0;
	for (size_t i = 0; i < n; i++)
		n_mentions += members[i].n_ids > 0 ? members[i].n_ids : 1;
	CLEANUP(memory_freep) struct mention *mentions = calloc(n_mentions, sizeof(*mentions));
	if (mentions == NULL)
		return -ENOMEM;
	n_mentions = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < members[i].n_ids; k++)
			mentions[n_mentions++] = (struct mention){members[i].ids[k], i};
		if (members[i].n_ids == 0)
			mentions[n_mentions++] = (struct mention){"", i};
	}
	qsort(mentions, n_mentions, sizeof(*mentions), compare_mentions);
	for (size_t i = 1; i < n_mentions; i++)
		if (strcmp(mentions[i - 1].id, mentions[i].id) == 0)
			join(parents, mentions[i - 1].member, mentions[i].member);
	return 0;
}

struct place {
	size_t family, member;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* Splits members with the same names, newest first, into families. */
static int split(struct family_member *members, size_t first, size_t n,
	struct driver_family *families, size_t *n_families)
{
	CLEANUP(memory_freep) size_t *parents = calloc(n, sizeof(*parents));
	CLEANUP(memory_freep) struct place *places = calloc(n, sizeof(*places));
	CLEANUP(memory_freep) struct family_member *sorted = calloc(n, sizeof(*sorted));
	if (parents == NULL || places == NULL || sorted == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		parents[i] = i;
	int rc = join_by_ids(members + first, n, parents);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){find(parents, i), i};
	qsort(places, n, sizeof(*places), compare_places);
	for (size_t i = 0; i < n; i++) {
		sorted[i] = members[first + places[i].member];
		if (i == 0 || places[i - 1].family != places[i].family)
			families[(*n_families)++] = (struct driver_family){first + i, 0};
		families[*n_families - 1].n++;
	}
	memcpy(members + first, sorted, n * sizeof(*sorted));
	return 0;
}

int families_find(
	struct family_member *members, size_t n, struct driver_family **ret_families, size_t *ret_n)
{
	CLEANUP(memory_freep) struct driver_family *families = calloc(n + 1, sizeof(*families));
	size_t n_families = 0;
	if (families == NULL)
		return -ENOMEM;
	if (n > 0)
		qsort(members, n, sizeof(*members), compare_members);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n; end++)
			if (!family_same_name(members[first].package, members[end].package))
				break;
		int rc = split(members, first, end - first, families, &n_families);
		if (rc < 0)
			return rc;
	}
	*ret_families = TAKE(families);
	*ret_n = n_families;
	return 0;
}
