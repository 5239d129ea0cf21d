/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state directory for one test, and small things that several tests of the store build. */
#pragma once

#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch_directory[64];

static inline const char *scratch_make(void)
{
	(void)snprintf(scratch_directory, sizeof(scratch_directory), "%s/pewter-store-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(scratch_directory));
	return scratch_directory;
}

static inline void scratch_remove(void)
{
	pid_t child = fork();
	if (child == 0) {
		(void)execlp("rm", "rm", "-rf", "--", scratch_directory, (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Asserts success, with the words of the local err in the output. */
#define assert_ok(call)                                                                            \
	do {                                                                                       \
		int ok_rc = (call);                                                                \
		if (ok_rc != 0)                                                                    \
			fail_msg("%s = %d: %s", #call, ok_rc, err.text);                           \
	} while (0)

/* An image with a base of the given content and two boot files, not yet in the store. */
static inline int scratch_image(struct store *store, const char *name, const char *content,
	struct image_file files[static 2], struct image_record *ret_record, struct error *err)
{
	*ret_record = (struct image_record){.boot_index = 2, .files = files, .n_files = 2};
	(void)snprintf(ret_record->name, sizeof(ret_record->name), "%s", name);
	(void)snprintf(ret_record->arch, sizeof(ret_record->arch), "amd64");
	(void)snprintf(ret_record->version, sizeof(ret_record->version), "10.0.22621.1");
	(void)snprintf(ret_record->winpe, sizeof(ret_record->winpe), "11");
	(void)snprintf(ret_record->description, sizeof(ret_record->description), "Windows PE");
	(void)snprintf(ret_record->source, sizeof(ret_record->source), "/somewhere/boot.wim");
	int rc = store_blob_add_bytes(store, content, strlen(content), &ret_record->base, err);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		char text[128];
		int n = snprintf(text, sizeof(text), "%s, file %zu", content, i);
		(void)snprintf(files[i].name, sizeof(files[i].name), "%zu.efi", i);
		rc = store_blob_add_bytes(store, text, (size_t)n, &files[i].blob, err);
	}
	return rc;
}
