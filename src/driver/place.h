/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where packages are taken from: a folder, or what came out of an archive; and where in it the
 * files are that an INF names: as they are, compressed, or in a cabinet.
 */
#pragma once

#include "driver/models.h"
#include "driver/unpack.h"

/* A cabinet that an INF names: opened once, whoever asks for it. */
struct place_cabinet {
	size_t file; /* in the place's files */
	struct fileset files;
	char fault[160]; /* why it could not be opened; "" if it could */
};

struct place {
	char *label; /* what stands in front of a file's path for people: "pack/", "pack.zip: " */
	struct fileset files;
	struct fileset expanded; /* compressed files of it, expanded: in the order of asking */
	struct place_cabinet *cabinets;
	size_t n_cabinets;
};

/* What unpacking needs. */
struct place_tools {
	struct scratch *scratch;
	struct archive_budget budget;
	const struct progress_sink *progress;
};

/* Where a file is: valid as long as the place, and as nothing is added to the set. */
struct place_part {
	struct fileset *set;
	size_t file;
	uint8_t archs; /* whose sections copy it: 1 << enum inf_arch; 0 of INF and catalogue */
};

struct place place_empty(void);
void place_clear(struct place *place);
/* Nothing is looked up in it any more: only its folders stay. */
void place_rest(struct place *place);

/* folder/name: the path of a file, as the set knows it. False if it is too long. */
bool place_path(const char *folder, const char *name, char *path, size_t size);

/*
 * The file that an INF in that folder ("" or "a/b") names. 1 if it is there, 0 if not, or not in a
 * state to be used: err then says what is wrong with it, or is empty. Negative: our own trouble.
 */
int place_find(struct place *place, struct place_tools *tools, const char *folder,
	const struct inf_file *wanted, struct place_part *ret_part, struct error *err) MUST_CHECK;

/* The files of a cabinet that place_find() opened already, moved out; false if it did not. */
bool place_take_cabinet(struct place *place, size_t file, struct fileset *ret_set);

/* Whose fault it is: the file's that was read (it is passed over), or ours (the import ends). */
bool place_is_our_fault(int rc);
