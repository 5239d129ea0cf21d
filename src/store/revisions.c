/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/revisions.h"

void part_record_clear(struct part_record *part)
{
	for (size_t i = 0; i < part->n_files; i++)
		free(part->files[i].path);
	free(part->files);
	*part = (struct part_record){.files = NULL};
}

void nic_set_clear(struct nic_set *set)
{
	free(set->ids);
	*set = (struct nic_set){.ids = NULL};
}

void revision_record_clear(struct revision_record *record)
{
	free(record->blobs);
	free(record->pieces);
	free(record->packages);
	free(record->files);
	nic_set_clear(&record->nics);
	*record = (struct revision_record){.blobs = NULL};
}

struct revision_record *revision_records_free(struct revision_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		revision_record_clear(&records[i]);
	free(records);
	return NULL;
}
