/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding the Models lines that name a device's ids. Packages are read once and kept: the devices
 * of one machine meet the same ones again and again.
 */
#include "store/driver_records.h"
#include "store/internal.h"

#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

struct seen {
	struct driver_package package;
	uint8_t *bytes; /* owned: what the texts point into */
	struct driver_texts texts;
	struct reader installs; /* where they begin */
	bool has_installs;
	bool is_lent; /* another's: it is in no table */
};

struct driver_search {
	struct store *store;
	char base[SHA256_TEXT_BYTES];    /* "" for none */
	int64_t inbox_first, inbox_last; /* numbers of its packages */
	struct seen **seen;              /* one by one, so that they stay where they are */
	size_t n_seen, n_lent;
	/* From row to index + 1 in seen, 0 for a free place; open addressing, at most half full.
	 * Rows are our own numbers, not a stranger's. */
	uint32_t *places;
	size_t n_places;
	struct driver_hit *hits;
	size_t n_hits;
};

int driver_search_open(
	struct store *store, const char *base, struct driver_search **ret_search, struct error *err)
{
	struct driver_search *search = calloc(1, sizeof(*search));
	if (search == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	search->store = store;
	(void)text_copy(search->base, sizeof(search->base), base != NULL ? base : "");
	*ret_search = search;
	return 0;
}

static void seen_free(struct seen *seen)
{
	if (seen == NULL)
		return;
	if (!seen->is_lent)
		driver_package_clear_borrowed(&seen->package);
	driver_texts_clear(&seen->texts);
	free(seen->bytes);
	free(seen);
}
DEFINE_FREEP(struct seen, seen_free);

struct driver_search *driver_search_close(struct driver_search *search)
{
	if (search == NULL)
		return NULL;
	for (size_t i = 0; i < search->n_seen; i++)
		seen_free(search->seen[i]);
	free(search->seen);
	free(search->places);
	free(search->hits);
	free(search);
	return NULL;
}

/* ---- packages ---- */

/* The place of the row, or the free one where it belongs. */
static uint32_t *find_place(const struct driver_search *search, int64_t row)
{
	size_t at = (size_t)((uint64_t)row * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	for (;; at++) {
		uint32_t *place = &search->places[at & (search->n_places - 1)];
		if (*place == 0 || search->seen[*place - 1]->package.row == row)
			return place;
	}
}

static int make_places(struct driver_search *search)
{
	if (search->n_places > 2 * search->n_seen)
		return 0;
	size_t n = search->n_places == 0 ? 256 : 2 * search->n_places;
	while (n <= 2 * search->n_seen)
		n *= 2;
	uint32_t *places = calloc(n, sizeof(*places));
	if (places == NULL)
		return -ENOMEM;
	free(search->places);
	search->places = places;
	search->n_places = n;
	for (size_t i = 0; i < search->n_seen; i++)
		*find_place(search, search->seen[i]->package.row) = (uint32_t)i + 1;
	return 0;
}

static int read_seen(const struct driver_search *search, struct sql_query *query, struct seen *seen)
{
	size_t n;
	driver_read_record(query, &seen->package);
	if (seen->package.row < 0)
		(void)text_copy(seen->package.base, sizeof(seen->package.base), search->base);
	const void *bytes = sql_get_bytes_in_place(query, &n);
	seen->bytes = malloc(n + 1);
	if (seen->bytes == NULL)
		return -ENOMEM;
	if (n > 0)
		memcpy(seen->bytes, bytes, n);
	seen->installs = reader_over(seen->bytes, n);
	return driver_unpack_content(
		&seen->installs, UNPACK_BORROWED, UNPACK_SECTIONS, &seen->texts, &seen->package);
}

static int load(
	struct driver_search *search, int64_t row, struct seen **ret_seen, struct error *err)
{
	CLEANUP(seen_freep) struct seen *seen = calloc(1, sizeof(*seen));
	if (seen == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(search->store->sql, SELECT_DRIVER ", content" FROM_DRIVER "number = ?");
	sql_put_i64(&query, row);
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	seen->package.row = row;
	rc = rc == 0 ? -EBADMSG : read_seen(search, &query, seen);
	if (rc < 0)
		return driver_damaged(search->store, &seen->package, rc, err);
	*ret_seen = TAKE(seen);
	return 0;
}

static int find_package(
	struct driver_search *search, int64_t row, size_t *ret_index, struct error *err)
{
	int rc = make_places(search);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	uint32_t *place = find_place(search, row);
	if (*place != 0) {
		*ret_index = *place - 1;
		return 0;
	}
	struct seen **grown = sql_grow(search->seen, search->n_seen, sizeof(struct seen *));
	if (grown == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	search->seen = grown;
	rc = load(search, row, &grown[search->n_seen], err);
	if (rc < 0)
		return rc;
	*ret_index = search->n_seen++;
	*place = (uint32_t)search->n_seen;
	return 0;
}

/* Rows of the image's own packages are negative, too, but from the other end. */
int driver_search_lend(
	struct driver_search *search, const struct driver_package *package, struct error *err)
{
	CLEANUP(seen_freep) struct seen *seen = calloc(1, sizeof(*seen));
	struct seen **grown = sql_grow(search->seen, search->n_seen, sizeof(struct seen *));
	if (grown != NULL)
		search->seen = grown;
	if (seen == NULL || grown == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	seen->package = *package;
	seen->package.row = INT64_MIN + (int64_t)search->n_lent;
	seen->is_lent = seen->has_installs = true;
	grown[search->n_seen++] = TAKE(seen);
	search->n_lent++;
	search->n_places = 0; /* with a place for it, they are made anew */
	return 0;
}

/* ---- hits ---- */

static int add_hit(struct driver_search *search, const struct driver_hit *hit, struct error *err)
{
	struct driver_hit *hits = sql_grow(search->hits, search->n_hits, sizeof(*hits));
	if (hits == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	search->hits = hits;
	hits[search->n_hits++] = *hit;
	return 0;
}

static int add_hits(struct driver_search *search, size_t id, size_t package, const void *bytes,
	size_t n, struct error *err)
{
	const struct seen *seen = search->seen[package];
	struct reader reader = reader_over(bytes, n);
	for (;;) {
		struct driver_hit hit = {.package = package, .id = id};
		int rc = driver_unpack_line(&reader, &seen->texts, &hit.model, &hit.position);
		if (rc == 0)
			return 0;
		if (rc > 0 && hit.model.section >= seen->package.n_sections)
			rc = -EBADMSG;
		if (rc < 0)
			return driver_damaged(search->store, &seen->package, rc, err);
		rc = add_hit(search, &hit, err);
		if (rc < 0)
			return rc;
	}
}

/* There are few of them, if any: line by line. */
static int add_hits_of_lent(struct driver_search *search, size_t package, const char *const *ids,
	size_t n_ids, struct error *err)
{
	const struct driver_package *lent = &search->seen[package]->package;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < lent->n_models; i++) {
		const struct driver_model *model = &lent->models[i];
		for (size_t k = 0; rc == 0 && k < model->n_ids; k++) {
			struct driver_hit hit = {
				.package = package, .model = *model, .position = (uint32_t)k};
			for (; rc == 0 && hit.id < n_ids; hit.id++)
				if (strcmp(ids[hit.id], model->ids[k]) == 0)
					rc = add_hit(search, &hit, err);
		}
	}
	return rc;
}

static int search_id(
	struct driver_search *search, const char *const *ids, size_t id, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(search->store->sql, "SELECT package, lines FROM driver_id WHERE id = ?"
					      " AND (package > 0 OR package BETWEEN ? AND ?)");
	sql_put_text(&query, ids[id]);
	sql_put_i64(&query, search->inbox_first);
	sql_put_i64(&query, search->inbox_last);
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		size_t package = 0, n;
		rc = find_package(search, sql_get_i64(&query), &package, err);
		if (rc < 0)
			return rc;
		const void *lines = sql_get_bytes_in_place(&query, &n);
		rc = add_hits(search, id, package, lines, n, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* Each time anew: the image may have been imported again meanwhile, and its packages have other
 * numbers then. */
static int find_inbox(struct driver_search *search, struct error *err)
{
	search->inbox_first = 0;
	search->inbox_last = -1;
	return search->base[0] == 0 ? 0
				    : inbox_numbers(search->store, search->base,
					      &search->inbox_first, &search->inbox_last, err);
}

int driver_search_ids(struct driver_search *search, const char *const *ids, size_t n_ids,
	const struct driver_hit **ret_hits, size_t *ret_n, struct error *err)
{
	bool began;
	int rc = sql_begin_reading(search->store->sql, &began, err);
	if (rc < 0)
		return rc;
	/* sql_grow() begins anew at none. */
	free(search->hits);
	search->hits = NULL;
	search->n_hits = 0;
	rc = find_inbox(search, err);
	for (size_t i = 0; rc == 0 && i < n_ids; i++)
		rc = search_id(search, ids, i, err);
	sql_end_reading(search->store->sql, began);
	for (size_t i = 0; rc == 0 && search->n_lent > 0 && i < search->n_seen; i++)
		if (search->seen[i]->is_lent)
			rc = add_hits_of_lent(search, i, ids, n_ids, err);
	if (rc < 0)
		return rc;
	*ret_hits = search->hits;
	*ret_n = search->n_hits;
	return 0;
}

static void read_id(struct sql_query *query, void *item)
{
	char *id = NULL;
	if (sql_get_new_text(query, &id) < 0)
		id = NULL;
	*(char **)item = id;
}

static int collect_ids(struct driver_search *search, const char *from, const char *until,
	const char *class, char ***ret_ids, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(search->store->sql,
		"SELECT DISTINCT driver_id.id FROM driver_id JOIN driver_package"
		" ON number = driver_id.package WHERE driver_id.id >= ? AND driver_id.id < ?"
		" AND (package > 0 OR package BETWEEN ? AND ?) AND lower(class) = "
		"lower(coalesce(?, class))"
		" ORDER BY driver_id.id");
	sql_put_text(&query, from);
	sql_put_text(&query, until);
	sql_put_i64(&query, search->inbox_first);
	sql_put_i64(&query, search->inbox_last);
	sql_put_text(&query, class);
	void *items = NULL;
	int rc = sql_collect(&query, read_id, sizeof(char *), &items, ret_n, err);
	if (rc == 0)
		*ret_ids = items;
	return rc;
}

/* Those of lent packages, behind the others. */
static int collect_lent_ids(const struct driver_search *search, const char *beginning,
	const char *class, char ***ids, size_t *n_ids)
{
	for (size_t i = 0; search->n_lent > 0 && i < search->n_seen; i++) {
		const struct driver_package *lent = &search->seen[i]->package;
		if (!search->seen[i]->is_lent ||
			(class != NULL && !text_equal_nocase(lent->class, class)))
			continue;
		for (size_t k = 0; k < lent->n_models; k++) {
			const struct driver_model *model = &lent->models[k];
			for (size_t m = 0; m < model->n_ids; m++) {
				if (!text_starts_nocase(model->ids[m], beginning))
					continue;
				char **grown = reallocarray(*ids, *n_ids + 1, sizeof(*grown));
				if (grown == NULL)
					return -ENOMEM;
				*ids = grown;
				grown[(*n_ids)++] = strdup(model->ids[m]);
			}
		}
	}
	return 0;
}

int driver_search_beginning(struct driver_search *search, const char *beginning, const char *class,
	char ***ret_ids, size_t *ret_n, struct error *err)
{
	char until[LIMIT_HARDWARE_ID_BYTES + 1];
	size_t n = strlen(beginning);
	if (n == 0 || n >= sizeof(until))
		return error_set(err, -EINVAL, "ids are looked for by 1 to %u bytes",
			LIMIT_HARDWARE_ID_BYTES);
	(void)text_copy(until, sizeof(until), beginning);
	until[n - 1]++;
	char **ids = NULL;
	size_t n_ids = 0;
	bool began;
	int rc = sql_begin_reading(search->store->sql, &began, err);
	if (rc < 0)
		return rc;
	rc = find_inbox(search, err);
	if (rc == 0)
		rc = collect_ids(search, beginning, until, class, &ids, &n_ids, err);
	sql_end_reading(search->store->sql, began);
	if (rc == 0 && collect_lent_ids(search, beginning, class, &ids, &n_ids) < 0)
		rc = error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; rc == 0 && i < n_ids; i++) {
		if (ids[i] == NULL)
			rc = error_set(err, -ENOMEM, "out of memory");
	}
	if (rc < 0) {
		driver_ids_free(ids, n_ids);
		return rc;
	}
	*ret_ids = ids;
	*ret_n = n_ids;
	return 0;
}

const struct driver_package *driver_search_package(
	const struct driver_search *search, size_t package)
{
	return &search->seen[package]->package;
}

int driver_search_install(struct driver_search *search, size_t package, const char *name,
	const char *arch, const struct driver_install **ret_install, struct error *err)
{
	struct seen *seen = search->seen[package];
	*ret_install = NULL;
	if (!seen->has_installs) {
		seen->has_installs = true;
		int rc = driver_unpack_installs(
			&seen->installs, UNPACK_BORROWED, &seen->texts, &seen->package);
		if (rc < 0)
			return driver_damaged(search->store, &seen->package, rc, err);
	}
	for (size_t i = 0; i < seen->package.n_installs; i++) {
		const struct driver_install *install = &seen->package.installs[i];
		/* A hit's name is most often the very text. */
		if (strcmp(install->arch, arch) == 0 &&
			(install->name == name || text_equal_nocase(install->name, name))) {
			*ret_install = install;
			return 0;
		}
	}
	return 0;
}

int driver_search_subsystem(struct driver_search *search, size_t package, const char *name,
	const char *arch, uint16_t *ret_major, uint16_t *ret_minor, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(search->store->sql,
		"SELECT path, subsystem_major, subsystem_minor FROM driver_file"
		" WHERE package = ? AND arch = ?");
	sql_put_i64(&query, search->seen[package]->package.row);
	sql_put_text(&query, arch);
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		char path[LIMIT_PATH_BYTES];
		sql_get_text(&query, path, sizeof(path));
		if (!text_equal_nocase(path_name(path), name))
			continue;
		*ret_major = (uint16_t)sql_get_u64(&query);
		*ret_minor = (uint16_t)sql_get_u64(&query);
		return 1;
	}
	return rc;
}
