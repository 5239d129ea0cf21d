/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of transfers between two threads. Who puts something into an empty one wakes the other
 * side. */
#pragma once

#include "server/tftp_transfer.h"

#include <pthread.h>

struct tftp_queue {
	pthread_mutex_t lock;
	struct tftp_transfer *first, **end;
};

static inline void tftp_queue_init(struct tftp_queue *queue)
{
	(void)pthread_mutex_init(&queue->lock, NULL); /* cannot fail on Linux */
	queue->first = NULL;
	queue->end = &queue->first;
}

static inline void tftp_queue_destroy(struct tftp_queue *queue)
{
	(void)pthread_mutex_destroy(&queue->lock);
}

static inline void tftp_queue_put(struct tftp_queue *queue, struct tftp_transfer *transfer)
{
	transfer->next_queued = NULL;
	(void)pthread_mutex_lock(&queue->lock);
	*queue->end = transfer;
	queue->end = &transfer->next_queued;
	(void)pthread_mutex_unlock(&queue->lock);
}

/* All that is in it, as a list by next_queued, oldest first. */
static inline struct tftp_transfer *tftp_queue_take_all(struct tftp_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	struct tftp_transfer *all = queue->first;
	queue->first = NULL;
	queue->end = &queue->first;
	(void)pthread_mutex_unlock(&queue->lock);
	return all;
}
