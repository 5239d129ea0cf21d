/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records: what goes in comes out, through a second handle too; refusals leave nothing behind. */
#include "../unit.h"

#include "store/store.h"

#include "scratch.h"

#include <errno.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/stat.h>

static void test_open(void **state)
{
	(void)state;
	char path[128];
	struct error err = ERROR_NULL;
	struct store *store = NULL, *other = NULL;
	const char *directory = scratch_make();
	(void)snprintf(path, sizeof(path), "%s/state", directory);

	assert_int_equal(store_open(path, STORE_READ, &store, &err), -ENOENT);
	assert_non_null(strstr(err.text, "pewter image import"));
	assert_int_equal(access(path, F_OK), -1);

	assert_ok(store_open(path, STORE_CREATE, &store, &err));
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777 & ~0750U, 0);
	assert_ok(store_open(path, STORE_READ, &other, &err));
	store = store_close(store);
	other = store_close(other);

	/* A database of the future is not touched. */
	(void)snprintf(path, sizeof(path), "%s/state/pewter.db", directory);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	(void)snprintf(path, sizeof(path), "%s/state", directory);
	assert_int_equal(store_open(path, STORE_CREATE, &store, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, "newer Pewter"));

	/* Nor is something that is no database. */
	(void)snprintf(path, sizeof(path), "%s/state/pewter.db", directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		assert_true(fputs("this is no database\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(path, sizeof(path), "%s/state", directory);
	assert_int_equal(store_open(path, STORE_CREATE, &store, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "damaged"));
	scratch_remove();
}

static void test_images(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store, *other;
	struct image_file files[2];
	struct image_record record, found, *list;
	size_t n;
	const char *directory = scratch_make();
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(store_open(directory, STORE_READ, &other, &err));

	assert_ok(scratch_image(store, "win11", "first", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	assert_ok(store_image_get(other, "win11", &found, &err));
	assert_string_equal(found.name, "win11");
	assert_string_equal(found.version, "10.0.22621.1");
	assert_string_equal(found.winpe, "11");
	assert_string_equal(found.source, "/somewhere/boot.wim");
	assert_int_equal(found.boot_index, 2);
	assert_int_equal(found.revision, 1);
	assert_true(found.created_ms > 0);
	assert_string_equal(found.base.sha256, record.base.sha256);
	assert_int_equal(found.base.size, 5);
	assert_int_equal(found.n_files, 2);
	assert_string_equal(found.files[1].name, "1.efi");
	assert_string_equal(found.files[1].blob.sha256, files[1].blob.sha256);
	image_record_clear(&found);

	/* The same name again: refused, and what was there stays. */
	struct image_file files_2[2];
	struct image_record record_2;
	assert_ok(scratch_image(store, "win11", "second", files_2, &record_2, &err));
	assert_int_equal(store_image_add(store, &record_2, false, &err), -EEXIST);
	assert_non_null(strstr(err.text, "--replace"));
	assert_ok(store_image_get(other, "win11", &found, &err));
	assert_string_equal(found.base.sha256, record.base.sha256);
	image_record_clear(&found);

	/* With replace, in one step: a second file of the same name undoes all. */
	struct image_file twice[2] = {files_2[0], files_2[0]};
	record_2.files = twice;
	assert_true(store_image_add(store, &record_2, true, &err) < 0);
	assert_ok(store_image_get(other, "win11", &found, &err));
	assert_string_equal(found.base.sha256, record.base.sha256);
	assert_int_equal(found.n_files, 2);
	image_record_clear(&found);
	record_2.files = files_2;
	assert_ok(store_image_add(store, &record_2, true, &err));
	assert_ok(store_image_get(other, "win11", &found, &err));
	assert_string_equal(found.base.sha256, record_2.base.sha256);
	image_record_clear(&found);

	/* A record may not name a blob that is not there. */
	struct image_record dangling = record_2;
	(void)snprintf(dangling.name, sizeof(dangling.name), "dangling");
	memset(dangling.base.sha256, '0', SHA256_TEXT_BYTES - 1);
	assert_int_equal(store_image_add(store, &dangling, false, &err), -ENOENT);
	assert_int_equal(store_image_get(other, "dangling", &found, &err), -ENOENT);

	assert_ok(scratch_image(store, "aaa", "third", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	assert_ok(store_image_list(other, &list, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "aaa");
	assert_int_equal(list[1].n_files, 2);
	list = image_records_free(list, n);

	assert_ok(store_image_remove(store, "aaa", &err));
	assert_int_equal(store_image_remove(store, "aaa", &err), -ENOENT);
	assert_ok(store_image_list(other, &list, &n, &err));
	assert_int_equal(n, 1);
	list = image_records_free(list, n);
	store_close(other);
	store_close(store);
	scratch_remove();
}

static void test_transactions(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store, *other;
	struct image_file files[2];
	struct image_record record, found;
	const char *directory = scratch_make();
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(store_open(directory, STORE_READ, &other, &err));

	assert_ok(store_begin(store, &err));
	assert_ok(scratch_image(store, "one", "one", files, &record, &err));
	assert_ok(store_image_add(store, &record, false, &err));
	/* A failure inside undoes only itself. */
	assert_int_equal(store_image_add(store, &record, false, &err), -EEXIST);
	assert_int_equal(store_image_get(other, "one", &found, &err), -ENOENT);
	assert_ok(store_commit(store, &err));
	assert_ok(store_image_get(other, "one", &found, &err));
	image_record_clear(&found);

	assert_ok(store_begin(store, &err));
	assert_ok(store_image_remove(store, "one", &err));
	store_rollback(store);
	assert_ok(store_image_get(store, "one", &found, &err));
	image_record_clear(&found);
	store_close(other);
	store_close(store);
	scratch_remove();
}

static bool is_readable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	return poll(&wait, 1, 0) == 1;
}

static void test_news(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store, *other;
	uint64_t before, after;
	int fd;
	struct boot_record boot = {.id = "abcdefghij23", .verdict = "running"};
	struct boot_record found;
	const char *directory = scratch_make();
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(store_open(directory, STORE_READ, &other, &err));
	assert_ok(store_watch(other, &fd, &err));

	assert_ok(store_change_count(other, &before));
	assert_ok(store_change_count(other, &after));
	assert_int_equal(before, after);
	assert_false(is_readable(fd));
	for (int i = 0; i < 20; i++) {
		boot.last_ms = i;
		assert_ok(store_boot_put(store, &boot, &err));
		/* The news never comes before what it tells of. */
		assert_true(is_readable(fd));
		store_watch_drain(fd);
		assert_false(is_readable(fd));
		assert_ok(store_boot_get(other, boot.id, &found, &err));
		assert_int_equal(found.last_ms, i);
		assert_ok(store_change_count(other, &after));
		assert_int_not_equal(before, after);
		before = after;
	}
	assert_int_equal(close(fd), 0);
	store_close(other);
	store_close(store);
	scratch_remove();
}

static void test_clients(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct client_record found, *list;
	size_t n;
	struct client_record one = {
		.mac = {0x52, 0x54, 0, 0, 0, 1},
		.has_uuid = true,
		.uuid = {{1, 2, 3}},
		.state = "held",
		.first_seen_ms = 5,
		.last_seen_ms = 10,
	};
	struct client_record two = one;
	two.mac[5] = 2;
	two.last_seen_ms = 20;
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_ok(store_client_put(store, &one, &err));
	assert_ok(store_client_put(store, &two, &err));
	assert_true(one.id > 0 && two.id > one.id);

	/* A shared UUID: the MAC tells which; an unknown MAC (a new card) gives the last seen. */
	assert_ok(store_client_find(store, one.mac, &one.uuid, &found, &err));
	assert_int_equal(found.id, one.id);
	assert_ok(store_client_find(store, (uint8_t[6]){9}, &one.uuid, &found, &err));
	assert_int_equal(found.id, two.id);
	assert_ok(store_client_find(store, one.mac, NULL, &found, &err));
	assert_int_equal(found.id, one.id);
	assert_true(found.has_uuid && guid_equal(&found.uuid, &one.uuid));
	assert_int_equal(store_client_find(store, (uint8_t[6]){9}, NULL, &found, &err), -ENOENT);

	(void)strcpy(one.name, "lab-1");
	(void)strcpy(one.state, "approved");
	assert_ok(store_client_put(store, &one, &err));
	assert_ok(store_client_get(store, "lab-1", &found, &err));
	assert_string_equal(found.state, "approved");
	assert_ok(store_client_get(store, "52-54-00-00-00-02", &found, &err));
	assert_int_equal(found.id, two.id);
	assert_ok(store_client_get(store, "{00030201-0000-0000-0000-000000000000}", &found, &err));
	assert_int_equal(store_client_get(store, "", &found, &err), -ENOENT);
	assert_int_equal(store_client_get(store, "nobody", &found, &err), -ENOENT);
	assert_non_null(strstr(err.text, "client list"));

	assert_ok(store_client_seen(store, one.id, one.last_seen_ms + 5, &err));
	assert_ok(store_client_get(store, "lab-1", &found, &err));
	assert_int_equal(found.last_seen_ms, one.last_seen_ms + 5);
	assert_string_equal(found.state, one.state);
	assert_ok(store_client_seen(store, one.id, one.last_seen_ms, &err));
	assert_ok(store_client_list(store, &list, &n, &err));
	assert_int_equal(n, 2);
	assert_int_equal(list[0].id, two.id);
	free(list);
	assert_ok(store_client_remove(store, two.id, &err));
	assert_int_equal(store_client_remove(store, two.id, &err), -ENOENT);
	assert_int_equal(store_client_put(store, &two, &err), -ENOENT);
	store_close(store);
	scratch_remove();
}

/* After aaaaaaaaaaaa and bbbbbbbbbbbb of 52:54:00:00:00:01: what has a machine's UUID, or its MAC,
 * and nothing of those that have neither. */
static void check_boots_of(struct store *store)
{
	static const struct guid uuid = {{1, 2, 3}}, none = {{0}};
	static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 1}, unknown[6];
	static const struct {
		const uint8_t *mac;
		const struct guid *uuid;
		const char *first;
		size_t n;
	} rows[] = {
		{mac, NULL, "bbbbbbbbbbbb", 2},
		{mac, &uuid, "cccccccccccc", 3},
		{unknown, &uuid, "cccccccccccc", 1},
		{unknown, &none, NULL, 0},
		{unknown, NULL, NULL, 0},
	};
	struct error err = ERROR_NULL;
	struct boot_record *list;
	struct boot_record boot = {.id = "cccccccccccc", .has_uuid = true, .started_ms = 300};
	size_t n;
	boot.uuid = uuid;
	assert_ok(store_boot_put(store, &boot, &err));
	(void)strcpy(boot.id, "dddddddddddd");
	boot.has_uuid = false;
	assert_ok(store_boot_put(store, &boot, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_ok(store_boot_list_of(store, rows[i].mac, rows[i].uuid, &list, &n, &err));
		assert_int_equal(n, rows[i].n);
		if (n > 0)
			assert_string_equal(list[0].id, rows[i].first);
		free(list);
	}
}

static void test_boots(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct boot_record found, *list;
	struct boot_event *events;
	size_t n;
	struct boot_record boot = {
		.id = "aaaaaaaaaaaa",
		.client = "52:54:00:00:00:01",
		.mac = {0x52, 0x54, 0, 0, 0, 1},
		.address = 0xc0a80105,
		.arch = "uefi-x64",
		.image = "win11",
		.revision = 1,
		.verdict = "running",
		.started_ms = 100,
		.last_ms = 100,
	};
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_ok(store_boot_put(store, &boot, &err));
	struct boot_event event = {.boot = "aaaaaaaaaaaa", .kind = "offer", .time_ms = 101};
	assert_ok(store_boot_event_add(store, &event, &err));
	event.details = (char *)"{\"file\":\"a'); DROP TABLE boot; --\"}";
	assert_ok(store_boot_event_add(store, &event, &err));

	/* Changing the boot keeps its events. */
	(void)strcpy(boot.verdict, "booted");
	assert_ok(store_boot_put(store, &boot, &err));
	assert_ok(store_boot_get(store, boot.id, &found, &err));
	assert_string_equal(found.verdict, "booted");
	assert_int_equal(found.address, 0xc0a80105);
	assert_false(found.has_uuid);
	assert_ok(store_boot_events(store, boot.id, 0, &events, &n, &err));
	assert_int_equal(n, 2);
	assert_null(events[0].details);
	assert_string_equal(events[1].details, event.details);
	int64_t first = events[0].number;
	events = boot_events_free(events, n);
	assert_ok(store_boot_events(store, boot.id, first, &events, &n, &err));
	assert_int_equal(n, 1);
	events = boot_events_free(events, n);

	(void)strcpy(event.boot, "nosuchboot");
	assert_int_equal(store_boot_event_add(store, &event, &err), -ENOENT);
	assert_int_equal(store_boot_get(store, "nosuchboot", &found, &err), -ENOENT);

	(void)strcpy(boot.id, "bbbbbbbbbbbb");
	boot.started_ms = 200;
	assert_ok(store_boot_put(store, &boot, &err));
	assert_ok(store_boot_list(store, 1, &list, &n, &err));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].id, "bbbbbbbbbbbb");
	free(list);
	check_boots_of(store);
	store_close(store);
	scratch_remove();
}

/* One machine's timeline does not grow without end, and what is left tells the story. */
static void test_event_limit(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct boot_event *events;
	size_t n;
	struct boot_record boot = {.id = "aaaaaaaaaaaa", .verdict = "running"};
	struct boot_event event = {.boot = "aaaaaaaaaaaa", .kind = "offer"};
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	assert_ok(store_boot_put(store, &boot, &err));
	assert_ok(store_boot_event_add(store, &event, &err));
	for (int i = 0; i < 2 * LIMIT_BOOT_EVENTS; i++) {
		(void)strcpy(event.kind, i % 2 == 0 ? "progress" : "absent");
		event.time_ms = i;
		assert_ok(store_boot_event_add(store, &event, &err));
	}
	assert_ok(store_boot_events(store, boot.id, 0, &events, &n, &err));
	assert_int_equal(n, LIMIT_BOOT_EVENTS);
	assert_string_equal(events[0].kind, "offer");
	assert_int_equal(events[n - 1].time_ms, 2 * LIMIT_BOOT_EVENTS - 1);
	events = boot_events_free(events, n);
	store_close(store);
	scratch_remove();
}

static void test_leases(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct lease_record *list;
	size_t n;
	const char *directory = scratch_make();
	struct lease_record lease = {
		.address = 0xffffffff,
		.client_id = {1, 0, 2},
		.client_id_size = 3,
		.mac = {1, 2, 3, 4, 5, 6},
		.expires_ms = INT64_MAX,
		.state = "bound",
	};
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(store_lease_put(store, &lease, &err));
	lease.address = 1;
	lease.client_id_size = 0;
	assert_ok(store_lease_put(store, &lease, &err));
	(void)strcpy(lease.state, "declined");
	assert_ok(store_lease_put(store, &lease, &err));
	store = store_close(store);
	assert_ok(store_open(directory, STORE_CREATE, &store, &err));
	assert_ok(store_lease_list(store, &list, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].state, "declined");
	assert_int_equal(list[0].client_id_size, 0);
	assert_int_equal(list[1].address, 0xffffffff);
	assert_int_equal(list[1].client_id_size, 3);
	assert_memory_equal(list[1].client_id, lease.client_id, 3);
	assert_true(list[1].expires_ms == INT64_MAX);
	free(list);
	assert_ok(store_lease_remove(store, 1, &err));
	assert_ok(store_lease_remove(store, 1, &err));
	assert_ok(store_lease_list(store, &list, &n, &err));
	assert_int_equal(n, 1);
	free(list);
	store_close(store);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_boots),
		cmocka_unit_test(test_event_limit),
		cmocka_unit_test(test_leases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
