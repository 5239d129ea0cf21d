/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/boots.h"

#include "base/address.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define TABLE_SIZE          4096 /* a power of two; chains stay short up to LIMIT_BOOTS_LIVE */
#define PENDING_MAX         4096 /* events between two flushes */
#define LOAD_MAX            1000
#define STORE_COMPLAINT_MS  60000
#define BUSY_PAUSE_MS       1000 /* before we wait once more for a store that another has locked */
#define BOOT_EVENTS_RESERVE 16   /* of LIMIT_BOOT_EVENTS, kept for verdicts and reports */

struct boots {
	struct store *store;
	uint32_t seed;
	size_t n_made;
	size_t n_boots;
	struct boot *by_id[TABLE_SIZE];
	struct boot *by_mac[TABLE_SIZE];
	struct boot *by_address[TABLE_SIZE];
	struct boot *oldest, *newest;
	size_t n_pending;
	struct boot_event pending[PENDING_MAX];
	bool has_dirty;  /* boots */
	bool is_busy;    /* the store was, at busy_ms */
	uint64_t n_lost; /* events that found no room or no store */
	int64_t complained_ms, busy_ms;
	double start_tokens;
	int64_t start_tokens_ms;
};

/* ---- three tables and a list ---- */

/* FNV-1a from a random seed. */
static size_t table_slot(const struct boots *boots, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;
	uint32_t hash = boots->seed;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ b[i]) * 16777619U;
	return (hash ^ hash >> 16) & (TABLE_SIZE - 1);
}

#define TABLE_INSERT(table, slot, boot, links)                                                     \
	do {                                                                                       \
		struct boot **head_ = &(table)[slot];                                              \
		(boot)->links.next = *head_;                                                       \
		(boot)->links.back = head_;                                                        \
		if (*head_ != NULL)                                                                \
			(*head_)->links.back = &(boot)->links.next;                                \
		*head_ = (boot);                                                                   \
	} while (0)

#define TABLE_REMOVE(boot, links)                                                                  \
	do {                                                                                       \
		if ((boot)->links.back != NULL) {                                                  \
			*(boot)->links.back = (boot)->links.next;                                  \
			if ((boot)->links.next != NULL)                                            \
				(boot)->links.next->links.back = (boot)->links.back;               \
			(boot)->links = (struct boot_links){NULL, NULL};                           \
		}                                                                                  \
	} while (0)

static void list_remove(struct boots *boots, struct boot *boot)
{
	*(boot->older != NULL ? &boot->older->newer : &boots->oldest) = boot->newer;
	*(boot->newer != NULL ? &boot->newer->older : &boots->newest) = boot->older;
	boot->older = boot->newer = NULL;
}

static void list_append(struct boots *boots, struct boot *boot)
{
	boot->older = boots->newest;
	boot->newer = NULL;
	*(boots->newest != NULL ? &boots->newest->newer : &boots->oldest) = boot;
	boots->newest = boot;
}

struct boot *boots_by_id(struct boots *boots, const char *id)
{
	struct boot *boot = boots->by_id[table_slot(boots, id, strlen(id))];
	while (boot != NULL && strcmp(boot->record.id, id) != 0)
		boot = boot->by_id.next;
	return boot;
}

struct boot *boots_by_mac(struct boots *boots, const uint8_t mac[static 6])
{
	struct boot *boot = boots->by_mac[table_slot(boots, mac, 6)];
	while (boot != NULL && memcmp(boot->record.mac, mac, 6) != 0)
		boot = boot->by_mac.next;
	return boot;
}

struct boot *boots_by_address(struct boots *boots, uint32_t address)
{
	struct boot *boot = boots->by_address[table_slot(boots, &address, sizeof(address))];
	while (boot != NULL && boot->record.address != address)
		boot = boot->by_address.next;
	return boot;
}

/* The store is owed its record. */
static void touch(struct boots *boots, struct boot *boot)
{
	boot->is_dirty = true;
	boots->has_dirty = true;
}

/* ---- life ---- */

int boots_new(struct store *store, struct boots **ret_boots)
{
	struct boots *boots = calloc(1, sizeof(*boots));
	if (boots == NULL)
		return -ENOMEM;
	boots->store = store;
	boots->start_tokens = LIMIT_BOOT_STARTS_BURST;
	if (getrandom(&boots->seed, sizeof(boots->seed), 0) != (ssize_t)sizeof(boots->seed)) {
		free(boots);
		return -EIO;
	}
	*ret_boots = boots;
	return 0;
}

static void release_made(struct boots *boots, struct boot *boot)
{
	for (size_t i = 0; i < BOOT_N_MADE; i++) {
		boots->n_made -= boot->made[i] != NULL;
		boot->made[i] = view_unref(boot->made[i]);
	}
}

static void forget(struct boots *boots, struct boot *boot)
{
	TABLE_REMOVE(boot, by_id);
	TABLE_REMOVE(boot, by_mac);
	TABLE_REMOVE(boot, by_address);
	list_remove(boots, boot);
	release_made(boots, boot);
	free(boot);
	boots->n_boots--;
}

static void drop_pending(struct boots *boots)
{
	for (size_t i = 0; i < boots->n_pending; i++)
		boot_event_clear(&boots->pending[i]);
	boots->n_pending = 0;
}

struct boots *boots_free(struct boots *boots)
{
	if (boots == NULL)
		return NULL;
	boots_flush(boots, 0);
	drop_pending(boots);
	while (boots->oldest != NULL)
		forget(boots, boots->oldest);
	free(boots);
	return NULL;
}

int boots_new_id(char ret_id[static BOOT_ID_BYTES])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t bytes[BOOT_ID_BYTES - 1];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		ret_id[i] = alphabet[bytes[i] & 31];
	ret_id[sizeof(bytes)] = 0;
	return 0;
}

static bool may_start(struct boots *boots, int64_t now_ms)
{
	int64_t passed_ms = now_ms - boots->start_tokens_ms;
	if (passed_ms > 0) {
		boots->start_tokens += (double)passed_ms * LIMIT_BOOT_STARTS_PER_SECOND / 1000;
		if (boots->start_tokens > LIMIT_BOOT_STARTS_BURST)
			boots->start_tokens = LIMIT_BOOT_STARTS_BURST;
	}
	boots->start_tokens_ms = now_ms;
	if (boots->start_tokens < 1)
		return false;
	boots->start_tokens -= 1;
	return true;
}

/* What is in memory of a boot that the store is still owed is written before it is forgotten. */
static void make_room(struct boots *boots, int64_t now_ms)
{
	if (boots->n_boots < LIMIT_BOOTS_LIVE)
		return;
	boots_flush(boots, now_ms);
	forget(boots, boots->oldest);
}

static void insert(struct boots *boots, struct boot *boot)
{
	static const uint8_t no_mac[6];
	struct boot_record *record = &boot->record;

	TABLE_INSERT(boots->by_id, table_slot(boots, record->id, strlen(record->id)), boot, by_id);
	if (memcmp(record->mac, no_mac, sizeof(no_mac)) != 0) {
		struct boot *before = boots_by_mac(boots, record->mac);
		if (before != NULL)
			TABLE_REMOVE(before, by_mac);
		TABLE_INSERT(boots->by_mac, table_slot(boots, record->mac, 6), boot, by_mac);
	}
	list_append(boots, boot);
	boots->n_boots++;
	uint32_t address = record->address;
	record->address = 0;
	boots_set_address(boots, boot, address);
}

int boots_start(struct boots *boots, const char *id, const uint8_t mac[static 6], uint32_t address,
	int64_t now_ms, struct boot **ret_boot)
{
	if (!may_start(boots, now_ms))
		return -EBUSY;
	make_room(boots, now_ms);
	struct boot *boot = calloc(1, sizeof(*boot));
	if (boot == NULL)
		return -ENOMEM;

	(void)text_copy(boot->record.id, sizeof(boot->record.id), id);
	memcpy(boot->record.mac, mac, 6);
	boot->record.address = address;
	boot->record.started_ms = now_ms;
	boot->facts.started_ms = now_ms;
	boot->facts.heard_ms = now_ms;
	touch(boots, boot);
	if (address != 0)
		ipv4_format(address, boot->record.client);
	else
		mac_format(mac, boot->record.client);
	insert(boots, boot);
	*ret_boot = boot;
	return 0;
}

int boots_load(struct boots *boots, int64_t now_ms, struct error *err)
{
	struct boot_record *records = NULL;
	size_t n = 0;
	int rc = store_boot_list(boots->store, LOAD_MAX, &records, &n, err);
	if (rc < 0)
		return rc;
	/* The newest comes first, and has to be inserted last. */
	for (size_t i = n; i-- > 0;) {
		struct boot_facts facts = {
			.started_ms = records[i].started_ms, .heard_ms = records[i].last_ms};
		if (!boot_verdict_parse(records[i].verdict, &facts.verdict) ||
			now_ms - facts.heard_ms > BOOT_FORGET_MS ||
			boots_by_id(boots, records[i].id) != NULL)
			continue;
		struct boot *boot = calloc(1, sizeof(*boot));
		if (boot == NULL) {
			rc = error_set(err, -ENOMEM, "out of memory");
			break;
		}
		boot->record = records[i];
		boot->facts = facts;
		/* How far it was is not known: whoever asks anew begins anew. */
		boot->facts.loaded_file = true;
		if (!pxe_arch_parse(records[i].arch, &boot->client.arch))
			boot->client.arch = PXE_ARCH_UNKNOWN;
		insert(boots, boot);
	}
	free(records);
	return rc;
}

void boots_set_address(struct boots *boots, struct boot *boot, uint32_t address)
{
	if (address == boot->record.address && (address == 0 || boot->by_address.back != NULL))
		return;
	TABLE_REMOVE(boot, by_address);
	boot->record.address = address;
	touch(boots, boot);
	if (address == 0)
		return;
	struct boot *before = boots_by_address(boots, address);
	if (before != NULL)
		TABLE_REMOVE(before, by_address);
	TABLE_INSERT(
		boots->by_address, table_slot(boots, &address, sizeof(address)), boot, by_address);
}

void boots_heard(struct boots *boots, struct boot *boot, int64_t now_ms)
{
	boot->facts.heard_ms = now_ms;
	touch(boots, boot);
	list_remove(boots, boot);
	list_append(boots, boot);
}

/* ---- the timeline ---- */

void boots_event(
	struct boots *boots, struct boot *boot, int64_t now_ms, const char *kind, json_t *details)
{
	char *text =
		details != NULL ? json_dumps(details, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	json_decref(details);
	bool is_important = strcmp(kind, "verdict") == 0 || strcmp(kind, "report") == 0;
	size_t max = is_important ? LIMIT_BOOT_EVENTS : LIMIT_BOOT_EVENTS - BOOT_EVENTS_RESERVE;
	if (boot->n_events >= max || boots->n_pending == PENDING_MAX) {
		boots->n_lost++;
		free(text);
		return;
	}
	struct boot_event *event = &boots->pending[boots->n_pending++];
	*event = (struct boot_event){.time_ms = now_ms, .details = text};
	(void)text_copy(event->boot, sizeof(event->boot), boot->record.id);
	(void)text_copy(event->kind, sizeof(event->kind), kind);
	boot->n_events++;
	touch(boots, boot);
}

void boots_verdict(struct boots *boots, struct boot *boot, int64_t now_ms,
	enum boot_verdict verdict, const char *words)
{
	const char *name = boot_verdict_name(verdict);
	boot->facts.verdict = verdict;
	boots_event(boots, boot, now_ms, "verdict",
		json_pack("{s:s, s:s*}", "verdict", name, "why", words));
	char printable[200] = "";
	if (words != NULL)
		text_copy_printable(printable, sizeof(printable), words, strlen(words));
	log_info("event=verdict boot=%s client=%s verdict=%s image=%s why=\"%s\"", boot->record.id,
		boot->record.client, name, boot->record.image, printable);
}

/* ---- time ---- */

void boots_tick(struct boots *boots, int64_t now_ms)
{
	struct boot *newer;
	for (struct boot *boot = boots->oldest; boot != NULL; boot = newer) {
		newer = boot->newer;
		/* The list is in order of life signs: what follows was heard even later. */
		if (now_ms - boot->facts.heard_ms <= BOOT_SILENCE_MS)
			break;
		enum boot_verdict verdict = boot_rules_verdict(&boot->facts, now_ms);
		if (verdict != boot->facts.verdict)
			boots_verdict(boots, boot, now_ms, verdict,
				verdict == BOOT_VERDICT_LOADED
					? "the image was delivered, and nothing was heard since"
					: "the machine fell silent");
		else if (!boot->is_dirty && boot_rules_may_forget(&boot->facts, now_ms))
			forget(boots, boot);
	}
}

static int write_boots(struct boots *boots, struct error *err)
{
	for (struct boot *boot = boots->newest; boot != NULL; boot = boot->older) {
		if (!boot->is_dirty)
			continue;
		struct boot_record *record = &boot->record;
		record->last_ms = boot->facts.heard_ms;
		(void)text_copy(record->verdict, sizeof(record->verdict),
			boot_verdict_name(boot->facts.verdict));
		int rc = store_boot_put(boots->store, record, err);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < boots->n_pending; i++) {
		int rc = store_boot_event_add(boots->store, &boots->pending[i], err);
		/* Of a boot that made room for others in the store: those lose nothing by it. */
		if (rc == -ENOENT)
			boots->n_lost++;
		else if (rc < 0)
			return rc;
	}
	return 0;
}

void boots_flush(struct boots *boots, int64_t now_ms)
{
	struct error err = ERROR_NULL;
	int64_t since_busy_ms = now_ms - boots->busy_ms;
	if (boots->n_pending == 0 && !boots->has_dirty)
		return;
	if (boots->is_busy && since_busy_ms >= 0 && since_busy_ms < BUSY_PAUSE_MS)
		return;

	/* To make room for a new boot we may come from within a batch of leases, which commits. */
	bool joins = store_in_transaction(boots->store);
	int rc = joins ? 0 : store_begin(boots->store, &err);
	if (rc == 0) {
		rc = write_boots(boots, &err);
		if (rc == 0 && !joins)
			rc = store_commit(boots->store, &err);
		if (rc < 0 && !joins)
			store_rollback(boots->store);
	}
	boots->is_busy = rc == -EBUSY;
	if (boots->is_busy)
		boots->busy_ms = now_ms; /* all of it is kept, as far as there is room */
	else if (rc < 0)
		boots->n_lost += boots->n_pending;
	/* A full disk must not stop machines from booting: the timeline has a hole, and we say so
	 * once a minute. */
	if (rc < 0 && now_ms - boots->complained_ms > STORE_COMPLAINT_MS) {
		boots->complained_ms = now_ms;
		log_error("event=store-failed lost_events=%llu reason=\"%s\"",
			(unsigned long long)boots->n_lost, err.text);
	}
	if (!boots->is_busy)
		drop_pending(boots);
	/* On failure boots stay dirty and are written with the next flush. */
	if (rc < 0)
		return;
	boots->has_dirty = false;
	for (struct boot *boot = boots->newest; boot != NULL; boot = boot->older)
		boot->is_dirty = false;
}

void boots_made(struct boots *boots, struct boot *boot, enum boot_made which, struct view *view)
{
	if (boots->n_made >= LIMIT_BOOTS_MADE) {
		/* A quarter at once, so that the walk is not taken for each. */
		for (struct boot *old = boots->oldest;
			old != NULL && boots->n_made > LIMIT_BOOTS_MADE / 4 * 3; old = old->newer)
			if (old != boot)
				release_made(boots, old);
	}
	boots->n_made += boot->made[which] == NULL;
	(void)view_unref(boot->made[which]);
	boot->made[which] = view;
}

size_t boots_n_made(const struct boots *boots)
{
	return boots->n_made;
}

size_t boots_count(const struct boots *boots)
{
	return boots->n_boots;
}
