/* SPDX-License-Identifier: GPL-3.0-or-later */
/* driver_rules_load(): the shipped rules, the files of folders, the marks of the store. */
#include "driver/rules.h"

#include "adapter/file.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct names {
	char **texts;
	size_t n;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->texts[i]);
	free(names->texts);
}

static void directory_closep(DIR **directory)
{
	if (*directory != NULL)
		(void)closedir(*directory);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_rules_file(const char *name)
{
	size_t n = strlen(name);
	return n > 6 && name[0] != '.' && strcmp(name + n - 6, ".rules") == 0;
}

/* In the order of their names, so that a site can say which file has the last word. */
static int list_files(const char *folder, struct names *names, struct error *err)
{
	CLEANUP(directory_closep) DIR *directory = opendir(folder);
	if (directory == NULL && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (directory == NULL)
		return error_set(err, -errno, "%s: %s", folder, strerror(errno));
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_rules_file(entry->d_name))
			continue;
		if (names->n == LIMIT_RULES_FILES)
			return error_set(err, -E2BIG, "%s: more than %d files of rules", folder,
				LIMIT_RULES_FILES);
		char **grown = reallocarray(names->texts, names->n + 1, sizeof(*names->texts));
		if (grown == NULL)
			return -ENOMEM;
		names->texts = grown;
		names->texts[names->n] = strdup(entry->d_name);
		if (names->texts[names->n] == NULL)
			return -ENOMEM;
		names->n++;
	}
	if (names->n > 0)
		qsort(names->texts, names->n, sizeof(*names->texts), compare_names);
	return 0;
}

static int add_file(
	struct driver_rules *rules, const char *folder, const char *name, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	CLEANUP(buffer_free) struct buffer text = buffer_with_max(LIMIT_RULES_BYTES);
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(err, -ENAMETOOLONG, "%s: the path is too long", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? -errno : file_read_all(fd, &text);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", path, strerror(-rc));
	return driver_rules_add(
		rules, path, text.bytes != NULL ? (const char *)text.bytes : "", text.size, err);
}

static int add_folder(struct driver_rules *rules, const char *folder, struct error *err)
{
	CLEANUP(names_clear) struct names names = {0};
	int rc = list_files(folder, &names, err);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = add_file(rules, folder, names.texts[i], err);
	return rc;
}

int driver_rules_load(struct store *store, const char *const *folders, size_t n_folders,
	struct driver_rules **ret_rules, struct error *err)
{
	CLEANUP(driver_rules_freep) struct driver_rules *rules = driver_rules_new();
	size_t n;
	if (rules == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	const char *shipped = driver_rules_shipped(&n);
	int rc = driver_rules_add(rules, DRIVER_RULES_SHIPPED, shipped, n, err);
	for (size_t i = 0; rc == 0 && i < n_folders; i++)
		rc = add_folder(rules, folders[i], err);
	if (rc == 0 && store != NULL)
		rc = store_driver_marks(store, NULL, &rules->marks, &rules->n_marks, err);
	if (rc < 0)
		return rc;
	*ret_rules = TAKE(rules);
	return 0;
}
