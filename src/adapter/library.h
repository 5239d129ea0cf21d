/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Libraries that only some commands need, loaded when the first of them does: linked like others,
 * they would cost every command their start (GnuTLS 2.5 ms, libarchive and wimlib 3 ms each, most
 * of it for what stands behind them: libxml2, ICU, libstdc++; one that is small and stands alone
 * still 0.05 to 0.15).
 *
 * One list says which functions are used, by their own names:
 *
 *   #define LIBRARY_FUNCTIONS_OF_FOO(X) X(foo_open) X(foo_close)
 *   LIBRARY_DECLARE(libfoo, LIBRARY_FUNCTIONS_OF_FOO);                 where they are used
 *   LIBRARY_DEFINE(libfoo, LIBRARY_FUNCTIONS_OF_FOO, "libfoo.so.1", "libfoo1", "required",
 *           "what it is for");                                          in one file
 *
 *   int rc = library_load(&libfoo_library, err);                        at the way in
 *   libfoo.foo_open(...)                                                typed as in its header
 *
 * For packagers each library is also told in an ELF note (.note.dlopen, as the UAPI group specifies
 * it). Nothing is ever unloaded. The pointers lie in pages of their own, which are closed to
 * writing behind the load, as those to linked functions are by RELRO. A daemon loads what it needs
 * before its sandbox is closed.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct library {
	const char *soname, *package; /* Debian's */
	const char *const *names;
	size_t n_names;
	void *functions; /* one pointer for each of the names; read-only once it is loaded */
	atomic_bool is_loaded;
};

/* Any thread may, any number of times. -ELIBACC with a sentence that says what to install. */
int library_load(struct library *library, struct error *err) MUST_CHECK;

/* All that the program knows; for tests. */
struct library *const *library_all(size_t *ret_n);

#define LIBRARY_PAGE_BYTES 4096

#define LIBRARY_POINTER_(function) typeof(function) *function;
#define LIBRARY_NAME_(function)    #function,

#define LIBRARY_DECLARE(name, list)                                                                \
	extern struct name##_functions {                                                           \
		list(LIBRARY_POINTER_)                                                             \
	} __attribute__((aligned(LIBRARY_PAGE_BYTES))) name;                                       \
	extern struct library name##_library

/* importance: "required", "recommended" or "suggested", as the note wants it. */
#define LIBRARY_DEFINE(name, list, soname_, package_, importance, purpose)                         \
	struct name##_functions name;                                                              \
	static const char *const name##_names[] = {list(LIBRARY_NAME_)};                           \
	static_assert(sizeof(name) - sizeof(name##_names) < LIBRARY_PAGE_BYTES,                    \
		"a pointer for each name, and the rest of a page");                                \
	struct library name##_library = {                                                          \
		.soname = (soname_),                                                               \
		.package = (package_),                                                             \
		.names = name##_names,                                                             \
		.n_names = sizeof(name##_names) / sizeof(name##_names[0]),                         \
		.functions = &(name),                                                              \
	};                                                                                         \
	LIBRARY_PLACED_("pewter_libraries", struct library *)                                      \
	static struct library *const name##_entry = &name##_library;                               \
	LIBRARY_PLACED_(".note.dlopen", uint32_t)                                                  \
	static const struct {                                                                      \
		uint32_t n_vendor, n_text, type;                                                   \
		char vendor[4];                                                                    \
		char text[sizeof(LIBRARY_NOTE_(name, soname_, importance, purpose))];              \
	} name##_note = {sizeof("FDO"), sizeof(LIBRARY_NOTE_(name, soname_, importance, purpose)), \
		0x407c0c0a, "FDO", LIBRARY_NOTE_(name, soname_, importance, purpose)}

#define LIBRARY_PLACED_(place, type)                                                               \
	__attribute__((used, section(place), aligned(__alignof__(type))))

#define LIBRARY_NOTE_(name, soname, importance, purpose)                                           \
	"[{\"feature\":\"" #name "\",\"description\":\"" purpose "\",\"priority\":\"" importance   \
	"\",\"soname\":[\"" soname "\"]}]"
