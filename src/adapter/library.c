/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The linker puts these around the section; none of them if the program has no such library. */
extern struct library *const __start_pewter_libraries[] __attribute__((weak));
extern struct library *const __stop_pewter_libraries[] __attribute__((weak));

static int resolve(struct library *library, void *handle, struct error *err)
{
	uint8_t *functions = library->functions;
	for (size_t i = 0; i < library->n_names; i++) {
		void *function = dlsym(handle, library->names[i]);
		if (function == NULL)
			return error_set(err, -ELIBACC, "%s has no %s; install a newer package %s",
				library->soname, library->names[i], library->package);
		memcpy(functions + i * sizeof(function), &function, sizeof(function));
	}
	return 0;
}

/* What is called is not to be changed any more. */
static int close_table(const struct library *library, struct error *err)
{
	if (sysconf(_SC_PAGESIZE) > LIBRARY_PAGE_BYTES)
		return 0; /* other variables are in it */
	if (mprotect(library->functions, library->n_names * sizeof(void *), PROT_READ) != 0)
		return error_set(err, -errno, "%s: mprotect: %s", library->soname, strerror(errno));
	return 0;
}

static int load(struct library *library, struct error *err)
{
	/* LOCAL: its names, and those of what it drags along, are nobody else's business. */
	void *handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		const char *why = dlerror();
		return error_set(err, -ELIBACC, "%s; install the package %s",
			why != NULL ? why : library->soname, library->package);
	}
	int rc = resolve(library, handle, err);
	if (rc == 0)
		rc = close_table(library, err);
	if (rc < 0)
		(void)dlclose(handle);
	return rc;
}

int library_load(struct library *library, struct error *err)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int rc = 0;
	if (atomic_load_explicit(&library->is_loaded, memory_order_acquire))
		return 0;
	(void)pthread_mutex_lock(&mutex);
	if (!atomic_load_explicit(&library->is_loaded, memory_order_relaxed))
		rc = load(library, err);
	if (rc == 0)
		atomic_store_explicit(&library->is_loaded, true, memory_order_release);
	(void)pthread_mutex_unlock(&mutex);
	return rc;
}

struct library *const *library_all(size_t *ret_n)
{
	*ret_n = (size_t)(__stop_pewter_libraries - __start_pewter_libraries);
	return __start_pewter_libraries;
}
