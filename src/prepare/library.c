/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/library.h"

#include "base/text.h"
#include "driver/served.h"
#include "prepare/forgotten.h"

#include <errno.h>
#include <string.h>

struct book {
	char id[SHA256_TEXT_BYTES];
	struct driver_package package;
	bool is_known;
	const char **ids; /* owned; the texts are the package's */
	size_t n_ids;
};

struct library {
	struct store *store;
	const struct target *target;
	const struct revision_record *newest;
	struct book **books; /* one by one, so that they stay where they are */
	size_t n_books;
};

int library_open(struct store *store, const struct target *target,
	const struct revision_record *newest, struct library **ret_library, struct error *err)
{
	struct library *library = calloc(1, sizeof(*library));
	if (library == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	*library = (struct library){.store = store, .target = target, .newest = newest};
	*ret_library = library;
	return 0;
}

static void book_free(struct book *book)
{
	if (book == NULL)
		return;
	driver_package_clear(&book->package);
	free(book->ids);
	free(book);
}
DEFINE_FREEP(struct book, book_free);

struct library *library_close(struct library *library)
{
	if (library == NULL)
		return NULL;
	for (size_t i = 0; i < library->n_books; i++)
		book_free(library->books[i]);
	free(library->books);
	free(library);
	return NULL;
}

/* ---- asking ---- */

static int read_book(struct library *library, struct book *book, struct error *err)
{
	int rc = store_driver_get(library->store, book->id, &book->package, err);
	book->is_known = rc == 0;
	if (rc != -ENOENT)
		return rc;
	for (size_t i = 0; i < library->newest->n_packages && !book->is_known; i++) {
		const struct revision_package *held = &library->newest->packages[i];
		if (strcmp(held->id, book->id) != 0)
			continue;
		rc = forgotten_read(library->store, held, &book->package, err);
		if (rc == -ENOMEM)
			return rc;
		book->is_known = rc == 0;
	}
	return 0;
}

static int find_book(
	struct library *library, const char *id, struct book **ret_book, struct error *err)
{
	for (size_t i = 0; i < library->n_books; i++) {
		if (strcmp(library->books[i]->id, id) != 0)
			continue;
		*ret_book = library->books[i];
		return 0;
	}
	CLEANUP(book_freep) struct book *book = calloc(1, sizeof(*book));
	struct book **grown =
		reallocarray(library->books, library->n_books + 1, sizeof(struct book *));
	if (grown != NULL)
		library->books = grown;
	if (book == NULL || grown == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	(void)text_copy(book->id, sizeof(book->id), id);
	int rc = read_book(library, book, err);
	if (rc < 0)
		return rc;
	*ret_book = grown[library->n_books++] = TAKE(book);
	return 0;
}

int library_get(struct library *library, const char *id, const struct driver_package **ret_package,
	struct error *err)
{
	struct book *book;
	int rc = find_book(library, id, &book, err);
	if (rc == 0)
		*ret_package = book->is_known ? &book->package : NULL;
	return rc;
}

int library_ids(struct library *library, const char *id, const char *const **ret_ids, size_t *ret_n,
	struct error *err)
{
	struct book *book;
	int rc = find_book(library, id, &book, err);
	if (rc == 0 && book->ids == NULL &&
		served_ids(&book->package, library->target, &book->ids, &book->n_ids) < 0)
		rc = error_set(err, -ENOMEM, "out of memory");
	if (rc < 0)
		return rc;
	*ret_ids = book->ids;
	*ret_n = book->n_ids;
	return 0;
}
