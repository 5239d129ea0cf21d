/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of addresses. Every lease hangs in the hash by address; one with a client also in the
 * hash by client; one that can expire also in the heap; and a free one in its pool's queue or an
 * offered one in the queue of offers. attach() and detach() are the only places that know.
 */
#include "session/leases.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define NO_POOL     SIZE_MAX
#define NOT_IN_HEAP SIZE_MAX

struct queue {
	struct lease *oldest, *newest;
	size_t n;
};

struct pool {
	uint32_t first, last;
	uint32_t next_fresh;  /* all addresses below it have a lease or cannot be given */
	bool fresh_exhausted; /* next_fresh would be past last, which may be 255.255.255.255 */
	struct queue free;
};

struct leases {
	const struct reservations *reservations;
	struct pool *pools;
	size_t n_pools;
	size_t n;
	size_t n_buckets; /* a power of two */
	struct lease **by_address, **by_client;
	struct lease **heap; /* by expires_ms */
	size_t n_heap, heap_capacity;
	struct queue offers;
};

/* ---- hashes ---- */

static size_t hash_address(const struct leases *leases, uint32_t address)
{
	/* Fibonacci hashing: neighbours spread over the table. */
	return (size_t)((address * 0x9e3779b97f4a7c15U) >> 32) & (leases->n_buckets - 1);
}

static size_t hash_client(const struct leases *leases, const struct lease_client *client)
{
	uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a */
	for (size_t i = 0; i < client->id_size; i++)
		hash = (hash ^ client->id[i]) * 0x100000001b3U;
	return (size_t)(hash ^ hash >> 32) & (leases->n_buckets - 1);
}

struct lease *leases_by_address(const struct leases *leases, uint32_t address)
{
	struct lease *lease = leases->by_address[hash_address(leases, address)];
	while (lease != NULL && lease->address != address)
		lease = lease->next_by_address;
	return lease;
}

bool lease_is_of(const struct lease *lease, const struct lease_client *client)
{
	return lease->client.id_size == client->id_size && client->id_size > 0 &&
	       memcmp(lease->client.id, client->id, client->id_size) == 0;
}

bool lease_subnet_has(const struct lease_subnet *subnet, uint32_t address)
{
	return ((subnet->address ^ address) & subnet->mask) == 0;
}

struct lease *leases_by_client(const struct leases *leases, const struct lease_client *client,
	const struct lease_subnet *subnet)
{
	struct lease *had = NULL;
	struct lease *lease = leases->by_client[hash_client(leases, client)];
	for (; lease != NULL; lease = lease->next_by_client) {
		if (!lease_is_of(lease, client) || !lease_subnet_has(subnet, lease->address))
			continue;
		if (lease->state != LEASE_FREE)
			return lease;
		if (had == NULL || lease->expires_ms > had->expires_ms)
			had = lease;
	}
	return had;
}

struct lease *leases_other_of(const struct leases *leases, const struct lease_client *client,
	const struct lease_subnet *subnet, uint32_t address)
{
	struct lease *lease = leases->by_client[hash_client(leases, client)];
	while (lease != NULL &&
		(!lease_is_of(lease, client) || !lease_subnet_has(subnet, lease->address) ||
			lease->state == LEASE_FREE || lease->address == address))
		lease = lease->next_by_client;
	return lease;
}

static void unlink_by_address(struct leases *leases, struct lease *lease)
{
	struct lease **link = &leases->by_address[hash_address(leases, lease->address)];
	while (*link != lease)
		link = &(*link)->next_by_address;
	*link = lease->next_by_address;
}

static void unlink_by_client(struct leases *leases, struct lease *lease)
{
	struct lease **link = &leases->by_client[hash_client(leases, &lease->client)];
	while (*link != lease)
		link = &(*link)->next_by_client;
	*link = lease->next_by_client;
}

/* ---- queues ---- */

static void queue_add(struct queue *queue, struct lease *lease)
{
	lease->older = queue->newest;
	lease->newer = NULL;
	if (queue->newest != NULL)
		queue->newest->newer = lease;
	else
		queue->oldest = lease;
	queue->newest = lease;
	queue->n++;
}

static void queue_remove(struct queue *queue, struct lease *lease)
{
	if (lease->older != NULL)
		lease->older->newer = lease->newer;
	else
		queue->oldest = lease->newer;
	if (lease->newer != NULL)
		lease->newer->older = lease->older;
	else
		queue->newest = lease->older;
	queue->n--;
}

static struct queue *queue_of(struct leases *leases, const struct lease *lease)
{
	if (lease->state == LEASE_OFFERED)
		return &leases->offers;
	if (lease->state == LEASE_FREE && lease->pool != NO_POOL)
		return &leases->pools[lease->pool].free;
	return NULL;
}

/* ---- the heap: the next to expire on top ---- */

static void heap_put(struct leases *leases, size_t at, struct lease *lease)
{
	leases->heap[at] = lease;
	lease->heap_at = at;
}

static void heap_up(struct leases *leases, size_t at, struct lease *lease)
{
	while (at > 0 && leases->heap[(at - 1) / 2]->expires_ms > lease->expires_ms) {
		heap_put(leases, at, leases->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(leases, at, lease);
}

static void heap_down(struct leases *leases, size_t at, struct lease *lease)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= leases->n_heap)
			break;
		if (child + 1 < leases->n_heap &&
			leases->heap[child + 1]->expires_ms < leases->heap[child]->expires_ms)
			child++;
		if (leases->heap[child]->expires_ms >= lease->expires_ms)
			break;
		heap_put(leases, at, leases->heap[child]);
		at = child;
	}
	heap_put(leases, at, lease);
}

static void heap_add(struct leases *leases, struct lease *lease)
{
	assert(leases->n_heap < leases->heap_capacity);
	leases->n_heap++;
	heap_up(leases, leases->n_heap - 1, lease);
}

static void heap_remove(struct leases *leases, struct lease *lease)
{
	size_t at = lease->heap_at;
	struct lease *moved = leases->heap[--leases->n_heap];

	lease->heap_at = NOT_IN_HEAP;
	if (moved == lease)
		return;
	if (at > 0 && leases->heap[(at - 1) / 2]->expires_ms > moved->expires_ms)
		heap_up(leases, at, moved);
	else
		heap_down(leases, at, moved);
}

static int heap_reserve(struct leases *leases)
{
	if (leases->n < leases->heap_capacity)
		return 0;
	size_t capacity = leases->heap_capacity == 0 ? 64 : 2 * leases->heap_capacity;
	struct lease **heap = realloc(leases->heap, capacity * sizeof(struct lease *));
	if (heap == NULL)
		return -ENOMEM;
	leases->heap = heap;
	leases->heap_capacity = capacity;
	return 0;
}

/* ---- leases ---- */

static size_t pool_of(const struct leases *leases, uint32_t address)
{
	for (size_t i = 0; i < leases->n_pools; i++)
		if (address >= leases->pools[i].first && address <= leases->pools[i].last)
			return i;
	return NO_POOL;
}

/* Everything but the hash by address, which a lease never leaves while it lives. */
static void attach(struct leases *leases, struct lease *lease)
{
	struct queue *queue = queue_of(leases, lease);

	if (queue != NULL)
		queue_add(queue, lease);
	if (lease->client.id_size > 0) {
		struct lease **bucket = &leases->by_client[hash_client(leases, &lease->client)];
		lease->next_by_client = *bucket;
		*bucket = lease;
	}
	if (lease->state != LEASE_FREE)
		heap_add(leases, lease);
}

static void detach(struct leases *leases, struct lease *lease)
{
	struct queue *queue = queue_of(leases, lease);

	if (queue != NULL)
		queue_remove(queue, lease);
	if (lease->client.id_size > 0)
		unlink_by_client(leases, lease);
	if (lease->heap_at != NOT_IN_HEAP)
		heap_remove(leases, lease);
}

static int lease_new(struct leases *leases, uint32_t address, struct lease **ret_lease)
{
	if (leases->n >= LIMIT_LEASES)
		return -ENOSPC;
	int rc = heap_reserve(leases);
	if (rc < 0)
		return rc;
	struct lease *lease = calloc(1, sizeof(*lease));
	if (lease == NULL)
		return -ENOMEM;
	lease->address = address;
	lease->heap_at = NOT_IN_HEAP;
	/* A reserved address never goes into its pool's queue of free ones. */
	lease->pool = reservations_by_address(leases->reservations, address) == NULL
			      ? pool_of(leases, address)
			      : NO_POOL;
	struct lease **bucket = &leases->by_address[hash_address(leases, address)];
	lease->next_by_address = *bucket;
	*bucket = lease;
	leases->n++;
	attach(leases, lease);
	*ret_lease = lease;
	return 0;
}

int leases_set(struct leases *leases, uint32_t address, const struct lease_client *client,
	enum lease_state state, int64_t expires_ms, struct lease **ret_lease)
{
	struct lease *lease = leases_by_address(leases, address);

	if (lease == NULL) {
		int rc = lease_new(leases, address, &lease);
		if (rc < 0)
			return rc;
	}
	detach(leases, lease);
	if (client == NULL || !lease_is_of(lease, client))
		lease->was_bound = false;
	if (state == LEASE_BOUND)
		lease->was_bound = true;
	lease->client = client != NULL ? *client : (struct lease_client){0};
	lease->state = state;
	lease->expires_ms = expires_ms;
	lease->is_probed = false;
	attach(leases, lease);
	*ret_lease = lease;
	return 0;
}

void leases_give_back(struct leases *leases, struct lease *lease, int64_t now_ms)
{
	detach(leases, lease);
	if (lease->expires_ms > now_ms)
		lease->expires_ms = now_ms;
	lease->state = LEASE_FREE;
	lease->is_probed = false;
	if (lease->pool == NO_POOL) {
		/* A reservation finds its address without us. */
		unlink_by_address(leases, lease);
		leases->n--;
		free(lease);
		return;
	}
	attach(leases, lease);
}

void leases_expire(struct leases *leases, int64_t now_ms)
{
	while (leases->n_heap > 0 && leases->heap[0]->expires_ms <= now_ms)
		leases_give_back(leases, leases->heap[0], now_ms);
}

size_t leases_n_offered(const struct leases *leases)
{
	return leases->offers.n;
}

struct lease *leases_oldest_offer(const struct leases *leases)
{
	return leases->offers.oldest;
}

/* ---- choosing ---- */

static bool pool_in_subnet(const struct pool *pool, const struct lease_subnet *subnet)
{
	return lease_subnet_has(subnet, pool->first) && lease_subnet_has(subnet, pool->last);
}

/* The subnet's own address and its broadcast address belong to nobody (but a /31 has neither). */
static bool is_usable(const struct lease_subnet *subnet, uint32_t address)
{
	uint32_t host = address & ~subnet->mask;

	for (size_t i = 0; i < ARRAY_SIZE(subnet->taken); i++)
		if (subnet->taken[i] == address)
			return false;
	return ~subnet->mask <= 1 || (host != 0 && host != ~subnet->mask);
}

bool leases_may_give(
	const struct leases *leases, const struct lease_subnet *subnet, uint32_t address)
{
	size_t pool = pool_of(leases, address);
	return pool != NO_POOL && pool_in_subnet(&leases->pools[pool], subnet) &&
	       is_usable(subnet, address) &&
	       reservations_by_address(leases->reservations, address) == NULL;
}

/* Moves the cursor on to an address that was never given; 0 when the pool has no more. */
static uint32_t choose_fresh(
	const struct leases *leases, struct pool *pool, const struct lease_subnet *subnet)
{
	while (!pool->fresh_exhausted) {
		uint32_t address = pool->next_fresh;
		if (leases_by_address(leases, address) == NULL && is_usable(subnet, address) &&
			reservations_by_address(leases->reservations, address) == NULL)
			return address;
		if (address == pool->last)
			pool->fresh_exhausted = true;
		else
			pool->next_fresh++;
	}
	return 0;
}

uint32_t leases_choose(struct leases *leases, const struct lease_subnet *subnet)
{
	for (size_t i = 0; i < leases->n_pools && leases->n < LIMIT_LEASES; i++) {
		if (!pool_in_subnet(&leases->pools[i], subnet))
			continue;
		uint32_t address = choose_fresh(leases, &leases->pools[i], subnet);
		if (address != 0)
			return address;
	}
	for (size_t i = 0; i < leases->n_pools; i++) {
		if (!pool_in_subnet(&leases->pools[i], subnet))
			continue;
		struct lease *lease = leases->pools[i].free.oldest;
		while (lease != NULL && !is_usable(subnet, lease->address))
			lease = lease->newer;
		if (lease != NULL)
			return lease->address;
	}
	return 0;
}

/* ---- life ---- */

int leases_new(const struct dhcp_pool *pools, size_t n_pools,
	const struct reservations *reservations, struct leases **ret_leases)
{
	CLEANUP(leases_freep) struct leases *leases = calloc(1, sizeof(*leases));
	size_t n_addresses = 0;

	if (leases == NULL)
		return -ENOMEM;
	leases->reservations = reservations;
	leases->pools = calloc(n_pools + 1, sizeof(struct pool));
	if (leases->pools == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n_pools; i++) {
		if (pools[i].first == 0 || pools[i].last < pools[i].first)
			return -EINVAL;
		leases->pools[i] = (struct pool){.first = pools[i].first,
			.last = pools[i].last,
			.next_fresh = pools[i].first};
		n_addresses += (size_t)(pools[i].last - pools[i].first) + 1;
	}
	leases->n_pools = n_pools;
	leases->n_buckets = 64;
	while (leases->n_buckets < n_addresses && leases->n_buckets < LIMIT_LEASES)
		leases->n_buckets *= 2;
	leases->by_address = calloc(leases->n_buckets, sizeof(struct lease *));
	leases->by_client = calloc(leases->n_buckets, sizeof(struct lease *));
	if (leases->by_address == NULL || leases->by_client == NULL)
		return -ENOMEM;
	*ret_leases = TAKE(leases);
	return 0;
}

struct leases *leases_free(struct leases *leases)
{
	if (leases == NULL)
		return NULL;
	for (size_t i = 0; leases->by_address != NULL && i < leases->n_buckets; i++) {
		for (struct lease *lease = leases->by_address[i], *next; lease != NULL;
			lease = next) {
			next = lease->next_by_address;
			free(lease);
		}
	}
	free(leases->by_address);
	free(leases->by_client);
	free(leases->heap);
	free(leases->pools);
	free(leases);
	return NULL;
}
