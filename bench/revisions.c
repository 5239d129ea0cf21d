/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: revisions STATE IMAGE PACKAGE...
 *
 * Makes a revision for each package, one behind the other in one process, as `pewter prepare --own`
 * of several machines does, and prints the seconds that each took: what a revision costs beside the
 * start of a process.
 */
#include "image/revise.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int add(struct store *store, const char *image, const char *package)
{
	CLEANUP(revise_result_clear) struct revise_result result = {.packages = NULL};
	struct error err = ERROR_NULL;
	const struct revise_request request = {.store = store,
		.image = image,
		.now_ms = (int64_t)time(NULL) * 1000,
		.force = true};
	double began = now_s();
	int rc = image_add_drivers(&request, &package, 1, &result, &err);
	if (rc == 0)
		(void)printf("%.6f\n", now_s() - began);
	else
		(void)fprintf(stderr, "%s: %s\n", package, err.text);
	return rc;
}

int main(int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct error err = ERROR_NULL;
	int rc = 0;
	if (argc < 4) {
		(void)fputs("usage: revisions STATE IMAGE PACKAGE...\n", stderr);
		return EXIT_FAILURE;
	}
	if (store_open(argv[1], STORE_READ, &store, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	for (int i = 3; rc == 0 && i < argc; i++)
		rc = add(store, argv[2], argv[i]);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
