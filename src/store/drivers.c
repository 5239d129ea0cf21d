/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages: reading and removing (adding: driver_add.c). */
#include "store/drivers.h"

#include "base/text.h"
#include "store/driver_records.h"
#include "store/internal.h"

#include <errno.h>
#include <string.h>

static const char *const signature_words[] = {
	[DRIVER_UNSIGNED] = "unsigned",
	[DRIVER_SIGNATURE_INVALID] = "invalid",
	[DRIVER_SIGNED] = "signed",
};

static const char *const file_kind_words[] = {
	[DRIVER_FILE_INF] = "inf",
	[DRIVER_FILE_CATALOG] = "catalog",
	[DRIVER_FILE_OTHER] = "other",
};

const char *driver_record_signature(enum driver_signature signature)
{
	return signature_words[signature];
}

const char *driver_record_file_kind(enum driver_file_kind kind)
{
	return file_kind_words[kind];
}

/* 0, the first, for a word that a newer version may have written. */
static unsigned find_word(const char *const *words, size_t n, const char *word)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

void driver_package_clear(struct driver_package *package)
{
	for (size_t i = 0; i < package->n_sections; i++)
		free(package->sections[i].name);
	for (size_t i = 0; i < package->n_models; i++) {
		free(package->models[i].description);
		free(package->models[i].install);
		driver_ids_free(package->models[i].ids, package->models[i].n_ids);
	}
	for (size_t i = 0; i < package->n_installs; i++) {
		struct driver_install *install = &package->installs[i];
		free(install->name);
		free(install->section);
		free(install->service);
		free(install->binary);
		driver_ids_free(install->excluded, install->n_excluded);
		driver_ids_free(install->missing, install->n_missing);
	}
	for (size_t i = 0; i < package->n_files; i++)
		free(package->files[i].path);
	free(package->sections);
	free(package->models);
	free(package->installs);
	free(package->files);
	driver_ids_free(package->missing, package->n_missing);
	driver_ids_free(package->warnings, package->n_warnings);
	*package = (struct driver_package){.row = 0};
}

struct driver_package *driver_packages_free(struct driver_package *packages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		driver_package_clear(&packages[i]);
	free(packages);
	return NULL;
}

/* ---- reading ---- */

void driver_read_record(struct sql_query *query, struct driver_package *package)
{
	char word[16];
	uint8_t version[8];
	*package = (struct driver_package){.row = sql_get_i64(query)};
	sql_get_text(query, package->id, sizeof(package->id));
	sql_get_text(query, package->inf, sizeof(package->inf));
	sql_get_text(query, package->class, sizeof(package->class));
	(void)sql_get_bytes(query, package->class_guid.bytes, sizeof(package->class_guid.bytes));
	sql_get_text(query, package->provider, sizeof(package->provider));
	package->date = (uint32_t)sql_get_u64(query);
	struct reader reader = reader_over(version, sql_get_bytes(query, version, sizeof(version)));
	package->has_version = reader_left(&reader) > 0;
	package->version = package->has_version ? reader_be64(&reader) : 0;
	sql_get_text(query, package->archs, sizeof(package->archs));
	sql_get_text(query, word, sizeof(word));
	package->signature = (enum driver_signature)find_word(
		signature_words, ARRAY_SIZE(signature_words), word);
	sql_get_text(query, package->signer, sizeof(package->signer));
	package->signed_ms = sql_get_i64(query);
	sql_get_text(query, package->source, sizeof(package->source));
	package->added_ms = sql_get_i64(query);
	package->size = sql_get_u64(query);
	package->n_ids = (size_t)sql_get_u64(query);
	package->is_incomplete = sql_get_i64(query) != 0;
}

int driver_damaged(
	const struct store *store, const struct driver_package *package, int rc, struct error *err)
{
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	return error_set(err, rc,
		"%s: the record of driver package %.12s (%s) is damaged; remove it and add it "
		"again",
		store->database, package->id, package->inf);
}

static int read_lists(struct sql_query *query, struct driver_package *package)
{
	size_t n;
	char **ids = NULL;
	size_t n_ids = 0;
	CLEANUP(driver_texts_clear) struct driver_texts texts = {.n = 0};
	const void *bytes = sql_get_bytes_in_place(query, &n);
	struct reader reader = reader_over(bytes, n);
	int rc = driver_unpack_content(&reader, UNPACK_OWNED, UNPACK_ALL, &texts, package);
	if (rc < 0)
		return rc;
	bytes = sql_get_bytes_in_place(query, &n);
	rc = driver_unpack_models(bytes, n, &texts, package, &ids, &n_ids);
	if (rc == 0)
		driver_ids_free(ids, n_ids);
	return rc;
}

static int read_files(struct store *store, struct driver_package *package, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT path, kind, sha256, size, arch, subsystem_major, subsystem_minor, is_listed"
		" FROM driver_file JOIN blob ON blob.sha256 = driver_file.blob WHERE package = ?"
		" ORDER BY path");
	sql_put_i64(&query, package->row);
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		struct driver_file *files =
			sql_grow(package->files, package->n_files, sizeof(*files));
		if (files == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		package->files = files;
		struct driver_file *file = &files[package->n_files];
		char word[16];
		*file = (struct driver_file){.path = NULL};
		if (sql_get_new_text(&query, &file->path) < 0)
			return error_set(err, -ENOMEM, "out of memory");
		package->n_files++;
		sql_get_text(&query, word, sizeof(word));
		file->kind = (enum driver_file_kind)find_word(
			file_kind_words, ARRAY_SIZE(file_kind_words), word);
		sql_get_text(&query, file->blob.sha256, sizeof(file->blob.sha256));
		file->blob.size = sql_get_u64(&query);
		sql_get_text(&query, file->arch, sizeof(file->arch));
		file->subsystem_major = (uint16_t)sql_get_u64(&query);
		file->subsystem_minor = (uint16_t)sql_get_u64(&query);
		file->is_listed = sql_get_i64(&query) != 0;
	}
	return rc;
}

/* The number of the one package whose id begins so. */
static int find_package(struct store *store, const char *id, int64_t *ret_row, struct error *err)
{
	char from[SHA256_TEXT_BYTES], until[SHA256_TEXT_BYTES + 1];
	size_t n = strlen(id);
	if (n < 4 || n >= sizeof(from) || strspn(id, "0123456789abcdefABCDEF") != n)
		return error_set(err, -EINVAL,
			"\"%.80s\" is no id of a driver package: 4 to 64 hex digits; `pewter "
			"driver "
			"list` shows them",
			id);
	for (size_t i = 0; i <= n; i++)
		from[i] = text_lower(id[i]);
	memcpy(until, from, n);
	memcpy(until + n, "g", 2);
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT number FROM driver_package WHERE id >= ? AND id < ? AND " OF_DATABASE
		" ORDER BY id LIMIT 2");
	sql_put_text(&query, from);
	sql_put_text(&query, until);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return error_set(err, -ENOENT,
			"there is no driver package %.64s; `pewter driver list` shows those there "
			"are",
			id);
	if (rc < 0)
		return rc;
	int64_t row = sql_get_i64(&query);
	rc = sql_step(&query, err);
	if (rc > 0)
		return error_set(err, -ENOTUNIQ,
			"several driver packages begin with %.64s: give more digits, as "
			"`pewter driver list --all` shows them",
			id);
	if (rc == 0)
		*ret_row = row;
	return rc;
}

static int read_package(
	struct store *store, int64_t row, struct driver_package *package, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, SELECT_DRIVER ", content, models" FROM_DRIVER "number = ?");
	sql_put_i64(&query, row);
	int rc = sql_step(&query, err);
	if (rc <= 0)
		return rc < 0 ? rc : error_set(err, -ENOENT, "the package has just been removed");
	driver_read_record(&query, package);
	rc = read_lists(&query, package);
	if (rc < 0)
		return driver_damaged(store, package, rc, err);
	return read_files(store, package, err);
}

int store_driver_get(
	struct store *store, const char *id, struct driver_package *ret_package, struct error *err)
{
	struct driver_package package = {.row = 0};
	int64_t row;
	bool began;
	int rc = sql_begin_reading(store->sql, &began, err);
	if (rc < 0)
		return rc;
	rc = find_package(store, id, &row, err);
	if (rc == 0)
		rc = read_package(store, row, &package, err);
	sql_end_reading(store->sql, began);
	if (rc < 0)
		driver_package_clear(&package);
	else
		*ret_package = package;
	return rc;
}

int store_driver_ids(
	struct store *store, int64_t row, char ***ret_ids, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, SELECT_DRIVER ", models" FROM_DRIVER "number = ?");
	struct driver_package package;
	size_t n;
	sql_put_i64(&query, row);
	int rc = sql_step(&query, err);
	if (rc <= 0)
		return rc < 0 ? rc : error_set(err, -ENOENT, "the package has just been removed");
	driver_read_record(&query, &package);
	const void *bytes = sql_get_bytes_in_place(&query, &n);
	rc = driver_unpack_models(bytes, n, NULL, NULL, ret_ids, ret_n);
	if (rc < 0)
		return driver_damaged(store, &package, rc, err);
	/* The empty one, of lines without a hardware id, is the first of a sorted list. */
	if (*ret_n > 0 && (*ret_ids)[0][0] == 0) {
		free((*ret_ids)[0]);
		memmove(*ret_ids, *ret_ids + 1, --*ret_n * sizeof(**ret_ids));
	}
	return 0;
}

void driver_read_listed(struct sql_query *query, void *item)
{
	driver_read_record(query, item);
}

int store_driver_list(
	struct store *store, struct driver_package **ret_packages, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_DRIVER FROM_DRIVER OF_DATABASE
		" ORDER BY lower(inf), lower(provider), date DESC, version DESC, id");
	void *packages = NULL;
	int rc = sql_collect(
		&query, driver_read_listed, sizeof(struct driver_package), &packages, ret_n, err);
	if (rc == 0)
		*ret_packages = packages;
	return rc;
}

/* ---- removing ---- */

static int remove_id(struct store *store, int64_t row, const char *id, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "DELETE FROM driver_id WHERE id = ? AND package = ?");
	sql_put_text(&query, id);
	sql_put_i64(&query, row);
	return sql_execute(&query, err);
}

/* Of a record whose list of ids is damaged: looks at all of them. */
static int remove_ids_the_long_way(struct store *store, int64_t row, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "DELETE FROM driver_id WHERE package = ?");
	sql_put_i64(&query, row);
	return sql_execute(&query, err);
}

static int remove_ids(struct store *store, int64_t row, struct error *err)
{
	char **ids = NULL;
	size_t n = 0;
	int rc = store_driver_ids(store, row, &ids, &n, err);
	if (rc == -EBADMSG)
		return remove_ids_the_long_way(store, row, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = remove_id(store, row, ids[i], err);
	driver_ids_free(ids, n);
	return rc;
}

static int remove_record(struct store *store, int64_t row, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "DELETE FROM driver_package WHERE number = ?");
	sql_put_i64(&query, row);
	return sql_execute(&query, err);
}

int driver_delete(struct store *store, int64_t number, struct error *err)
{
	int rc = remove_ids(store, number, err);
	return rc == 0 ? remove_record(store, number, err) : rc;
}

int store_driver_remove(struct store *store, const char *id, struct error *err)
{
	struct sql_scope scope;
	int64_t row;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = find_package(store, id, &row, err);
	if (rc == 0)
		rc = driver_delete(store, row, err);
	return sql_leave(store->sql, &scope, rc, err);
}
